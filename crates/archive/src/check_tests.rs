//! Tests of checking: every kind of damage is told, nothing else is.

use super::*;
use crate::index::{Change, GapRow};
use crate::memory_index::MemoryIndex;
use crate::rebuild::{Rebuilt, rebuild};
use crate::sketch::Sketch;
use easien_model::{CameraId, GapCause, RunId, StreamId, StreamKind};
use std::sync::Mutex;

struct Disk {
    root: tempfile::TempDir,
    volume: VolumeId,
    index: MemoryIndex,
}

impl Disk {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let volume = VolumeId::new();
        VolumeIdentity { v: 1, volume, station: uuid::Uuid::nil(), created_us: 1 }
            .create(root.path())
            .unwrap();
        Self { root, volume, index: MemoryIndex::default() }
    }

    /// Where the sketch belongs.
    fn path(&self, sketch: &Sketch) -> String {
        let which = if sketch.which == "main" { StreamKind::Main } else { StreamKind::Sub };
        let start = UtcMicros(sketch.start_us);
        let stream = StreamId { camera: sketch.camera, which };
        format!("{}/{}.mp4", place::folder(stream, "C017", start).display(), place::time(start))
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// Puts a segment there and into the index, as the writer would.
    fn put(&self, sketch: &Sketch) -> String {
        let sketch = Sketch { volume: self.volume, ..sketch.clone() };
        let path = self.path(&sketch);
        self.write(&path, &sketch.bytes());
        let row = crate::reader::tests::row_of(self.root.path(), &path, sketch.closed);
        self.index.apply(&[Change::Added(row)]).unwrap();
        path
    }

    fn check(&self, depth: Depth) -> (Checked, Vec<FileReport>) {
        let mut reports = Vec::new();
        let checked = check(self.root.path(), Some(&self.index), depth, &mut |report| {
            reports.push(report.clone());
            true
        });
        (checked.unwrap(), reports)
    }

    fn rebuild(&self, depth: Depth) -> (MemoryIndex, Rebuilt, Vec<FileReport>) {
        let index = MemoryIndex::default();
        let mut reports = Vec::new();
        let rebuilt = rebuild(self.root.path(), &index, depth, &mut |report| {
            reports.push(report.clone());
            true
        });
        reports.sort_by(|a, b| a.path.cmp(&b.path));
        (index, rebuilt.unwrap(), reports)
    }
}

fn findings<'a>(reports: &'a [FileReport], path: &str) -> &'a [Finding] {
    &reports
        .iter()
        .find(|report| report.path == path)
        .unwrap_or_else(|| panic!("no report of {path}"))
        .findings
}

#[test]
fn each_kind_of_fault_is_told_and_nothing_bad_is_indexed_as_whole() {
    let disk = Disk::new();
    let camera = CameraId::new();
    let at = |minute: i64| Sketch {
        camera,
        start_us: 1_763_870_400_000_000 + minute * 300_000_000,
        key_every: 2,
        ..Sketch::default()
    };
    let whole = disk.put(&at(0));
    let torn = disk.put(&at(1));
    let flipped = disk.put(&at(2));
    let empty = disk.put(&at(3));
    let unclosed = disk.put(&Sketch { closed: false, ..at(4) });
    let gone = disk.put(&at(5));
    let headless = disk.put(&at(6));
    let moved = disk.put(&at(7));
    let unknown = Sketch { volume: disk.volume, ..at(8) };
    disk.write(&disk.path(&unknown), &unknown.bytes());
    let foreign = "notes/list.txt";
    disk.write(foreign, b"nothing of ours");
    let stranger = Sketch { volume: VolumeId::new(), ..at(9) };
    disk.write(&disk.path(&stranger), &stranger.bytes());
    let read = |path: &str| std::fs::read(disk.root.path().join(path)).unwrap();
    let cut = read(&torn);
    disk.write(&torn, &cut[..cut.len() / 2]);
    let mut bits = read(&flipped);
    let places = Sketch { volume: disk.volume, ..at(2) }.bytes_and_places().1;
    // Within a picture: no structure is touched.
    let middle = places[2] + (places[3] - places[2]) / 2;
    bits[middle] ^= 4;
    disk.write(&flipped, &bits);
    disk.write(&empty, b"");
    let head = read(&headless);
    disk.write(&headless, &head[..300]);
    std::fs::remove_file(disk.root.path().join(&gone)).unwrap();
    let elsewhere = moved.replace("C017_", "C018_");
    disk.write(&elsewhere, &read(&moved));
    std::fs::remove_file(disk.root.path().join(&moved)).unwrap();
    let copy = whole.replace(".mp4", "-2.mp4");
    disk.write(&copy, &read(&whole));

    let (checked, reports) = disk.check(Depth::Seals);
    let of = |path: &str| findings(&reports, path).to_vec();
    assert_eq!(of(&whole), [Finding::Whole]);
    assert_eq!(of(&copy), [Finding::Whole, Finding::Twice(whole.clone())]);
    assert!(matches!(of(&torn)[..], [Finding::Torn { .. }, Finding::Differs(_), ..]), "{:?}", of(&torn));
    assert!(matches!(of(&flipped)[..], [Finding::Flipped { fragment: 3, .. }, ..]), "{:?}", of(&flipped));
    assert_eq!(of(&empty), [Finding::Empty]);
    assert_eq!(of(&unclosed), [Finding::Recording]);
    assert_eq!(of(&gone), [Finding::NoFile]);
    assert!(matches!(of(&headless)[..], [Finding::Torn { .. }]), "{:?}", of(&headless));
    assert!(matches!(of(&elsewhere)[..], [Finding::Whole, Finding::Misplaced(_), Finding::Differs(_)]));
    assert_eq!(of(&moved), [Finding::NoFile]);
    assert_eq!(of(&disk.path(&unknown)), [Finding::Whole, Finding::NoRow]);
    assert!(matches!(of(foreign)[..], [Finding::Foreign(_)]));
    assert!(matches!(of(&disk.path(&stranger))[..], [Finding::Whole, Finding::Misplaced(_), Finding::NoRow]));
    assert_eq!((checked.missing, checked.files), (2, 11));
    assert_eq!(checked.well, reports.iter().filter(|report| report.is_well()).count() as u64);

    let (index, rebuilt, reports) = disk.rebuild(Depth::Seals);
    let rows = index.all();
    let state = |path: &str| rows.iter().find(|row| row.path == path).map(|row| row.state);
    assert_eq!(state(&torn), Some(SegmentState::Recovered));
    assert_eq!(state(&flipped), Some(SegmentState::Damaged));
    assert_eq!(state(&unclosed), Some(SegmentState::Recovered));
    assert_eq!(state(&elsewhere), Some(SegmentState::Whole));
    assert_eq!(state(&disk.path(&unknown)), Some(SegmentState::Whole));
    for path in [&empty, &headless, &gone, &foreign.to_owned()] {
        assert_eq!(state(path), None, "{path}");
    }
    let flipped_row = rows.iter().find(|row| row.path == flipped).unwrap();
    assert_eq!(flipped_row.end.as_ref().unwrap().frames, 75, "what is behind the flip stays readable");
    assert_eq!(flipped_row.end.as_ref().unwrap().sha256, None);
    assert_eq!((rebuilt.damaged, rebuilt.recovered, rebuilt.left_out, rebuilt.files), (1, 2, 4, 11));
    assert_eq!(reports.len(), 11);
    // No moment between the first and the last is unaccounted for.
    for pair in rows.windows(2) {
        let end = pair[0].end.as_ref().unwrap().end;
        let gap = GapRow {
            stream: pair[0].stream,
            start: end,
            end: Some(pair[1].start),
            cause: GapCause::StationDied,
        };
        assert!(index.all_gaps().contains(&gap), "{gap:?}");
    }
    assert!(rows.iter().all(|row| row.end.is_some()));
    let (quick, _, _) = disk.rebuild(Depth::Boxes);
    assert!(
        quick.all().iter().all(|row| row.state != SegmentState::Whole),
        "unread bytes are not called whole"
    );
}

#[test]
fn the_index_of_many_segments_comes_back_as_it_was() {
    let full = std::env::var_os("EASIEN_FULL").is_some();
    let (cameras, each) = if full { (40, 250) } else { (10, 50) };
    let disk = Disk::new();
    for number in 0..cameras {
        let (camera, mut run) = (CameraId::new(), RunId::new());
        let mut start_us = 1_763_870_400_000_000 + number * 7_000_000;
        for segment in 0..each {
            if segment % 20 == 19 {
                run = RunId::new();
                let gap = GapRow {
                    stream: StreamId { camera, which: StreamKind::Sub },
                    start: UtcMicros(start_us),
                    end: Some(UtcMicros(start_us + 40_000_000)),
                    cause: GapCause::StationDied,
                };
                disk.index.apply(&[Change::Gap(gap)]).unwrap();
                start_us += 40_000_000;
            }
            let sketch = Sketch {
                camera,
                run,
                start_us,
                fragments: 3,
                frames: 4,
                bytes: 30,
                ticks: 22_500,
                ..Sketch::default()
            };
            disk.put(&sketch);
            start_us += 3_000_000;
        }
    }
    let begun = std::time::Instant::now();
    let (index, rebuilt, reports) = disk.rebuild(Depth::Seals);
    println!("{} segments indexed anew in {:.2?}", rebuilt.files, begun.elapsed());
    assert_eq!(rebuilt.whole, (cameras * each) as u64);
    assert!(reports.iter().all(FileReport::is_well));
    assert_eq!(index.all(), disk.index.all());
    assert_eq!(index.all_gaps(), disk.index.all_gaps());
    // Once more over what is there already: nothing changes.
    let again = rebuild(disk.root.path(), &index, Depth::Seals, &mut |_| true).unwrap();
    assert_eq!((again.gaps, again.removed), (0, 0));
    assert_eq!(index.all(), disk.index.all());
    assert!(disk.check(Depth::Boxes).1.iter().all(FileReport::is_well));
}

#[test]
fn rows_without_a_file_go_and_are_said_to_be_missing() {
    let disk = Disk::new();
    let sketch = Sketch::default();
    let path = disk.put(&sketch);
    let stream = StreamId { camera: sketch.camera, which: StreamKind::Sub };
    std::fs::remove_file(disk.root.path().join(&path)).unwrap();
    let rebuilt = rebuild(disk.root.path(), &disk.index, Depth::Seals, &mut |_| true).unwrap();
    assert_eq!((rebuilt.removed, rebuilt.gaps), (1, 1));
    let start = UtcMicros(sketch.start_us);
    let gap = GapRow { stream, start, end: Some(start.plus_seconds(5)), cause: GapCause::FileDamaged };
    assert_eq!(disk.index.all_gaps(), [gap]);
}

#[test]
fn both_can_be_stopped_and_refuse_what_is_no_volume() {
    let disk = Disk::new();
    for minute in 0..20 {
        disk.put(&Sketch { start_us: 1_763_870_400_000_000 + minute * 60_000_000, ..Sketch::default() });
    }
    let told = Mutex::new(0);
    let mut stop = |_: &FileReport| {
        *told.lock().unwrap() += 1;
        *told.lock().unwrap() < 3
    };
    assert!(matches!(check(disk.root.path(), None, Depth::Boxes, &mut stop), Err(ArchiveError::Cancelled)));
    assert_eq!(*told.lock().unwrap(), 3);
    *told.lock().unwrap() = 0;
    let mut stop = |_: &FileReport| {
        *told.lock().unwrap() += 1;
        *told.lock().unwrap() < 3
    };
    let index = MemoryIndex::default();
    assert!(matches!(
        rebuild(disk.root.path(), &index, Depth::Boxes, &mut stop),
        Err(ArchiveError::Cancelled)
    ));
    assert_eq!(index.all().len(), 3, "what was looked at is indexed");
    let nowhere = tempfile::tempdir().unwrap();
    assert!(matches!(
        check(nowhere.path(), None, Depth::Boxes, &mut |_| true),
        Err(ArchiveError::Invalid(_))
    ));
}
