//! Tests of reading back.

use super::*;
use crate::identity::Identity;
use crate::index::{Change, GapRow, SegmentState};
use crate::memory_index::MemoryIndex;
use crate::parse::Head;
use crate::scan::{Depth, scan};
use crate::sketch::Sketch;
use easien_model::{CameraId, RunId, StreamKind};
use std::path::Path;
use std::sync::Mutex;

/// A folder with segments, their rows, and a reader over them.
pub struct Shelf {
    pub root: tempfile::TempDir,
    pub index: Arc<MemoryIndex>,
    pub reader: Reader,
    pub stream: StreamId,
    pub run: RunId,
    pub told: Arc<Mutex<Vec<String>>>,
}

struct Told(PathBuf, Arc<Mutex<Vec<String>>>);

impl Places for Told {
    fn root(&self, _: VolumeId) -> Option<PathBuf> {
        Some(self.0.clone())
    }
    fn damaged(&self, _: &SegmentRow, detail: &str) {
        self.1.lock().unwrap().push(detail.to_owned());
    }
}

impl Shelf {
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let index = Arc::new(MemoryIndex::default());
        let told = Arc::new(Mutex::new(Vec::new()));
        let reader = Reader::new(index.clone(), Arc::new(Told(root.path().to_owned(), told.clone())));
        let stream = StreamId { camera: CameraId::new(), which: StreamKind::Sub };
        Self { root, index, reader, stream, run: RunId::new(), told }
    }

    pub fn sketch(&self, start_s: i64) -> Sketch {
        Sketch {
            camera: self.stream.camera,
            run: self.run,
            start_us: start_s * 1_000_000,
            ..Sketch::default()
        }
    }

    /// Puts a segment there, as the index would know it.
    pub fn put(&self, sketch: &Sketch) -> SegmentRow {
        let path = format!("{}.mp4", sketch.segment);
        std::fs::write(self.root.path().join(&path), sketch.bytes()).unwrap();
        let row = row_of(self.root.path(), &path, sketch.closed);
        self.index.apply(&[Change::Added(row.clone())]).unwrap();
        row
    }
}

pub fn row_of(root: &Path, path: &str, closed: bool) -> SegmentRow {
    let file = File::open(root.join(path)).unwrap();
    let identity: Identity = Head::read(&file).unwrap().identity.into();
    let mut row = identity.row(path.to_owned());
    if closed {
        let scan = scan(&file, Depth::Seals).unwrap();
        row.state = SegmentState::Whole;
        row.end = Some(crate::index::SegmentEnd {
            end: scan.readable_end(),
            bytes: scan.file_bytes,
            frames: scan.readable_frames(),
            sha256: scan.sha256,
            activity: scan.activity,
        });
    }
    row
}

fn utc(seconds: f64) -> UtcMicros {
    UtcMicros((seconds * 1e6) as i64)
}

fn pictures(sketch: &Sketch, range: std::ops::Range<u32>) -> Vec<Vec<u8>> {
    range.map(|index| sketch.picture(index)).collect()
}

fn data(gop: &Gop) -> Vec<Vec<u8>> {
    gop.samples.iter().map(|sample| sample.data.to_vec()).collect()
}

#[test]
fn a_gop_is_found_by_any_moment_in_it_exactly_as_written() {
    let shelf = Shelf::new();
    let sketch = Sketch { key_every: 2, fragments: 6, audio: 320, ..shelf.sketch(1000) };
    shelf.put(&sketch);
    for (at, pictures_of) in [(1000.0, 0..30), (1001.999, 0..30), (1002.0, 30..60), (1005.99, 60..90)] {
        let gop = shelf.reader.gop(shelf.stream, utc(at)).unwrap().unwrap();
        assert_eq!(data(&gop), pictures(&sketch, pictures_of.clone()), "at {at}");
        assert!(gop.key && !gop.damaged);
        assert_eq!(gop.begin, utc(1000.0 + f64::from(pictures_of.start) / 15.0));
        assert_eq!(gop.end, utc(1000.0 + f64::from(pictures_of.end) / 15.0));
        let first = &gop.samples[0];
        assert_eq!(first.pts.0, 123_456 + i64::from(pictures_of.start) * 6000);
        assert_eq!(first.run, shelf.run);
        assert!(first.key && !gop.samples[1].key);
        assert_eq!((gop.audio.len(), gop.audio[0].data.len()), (4, 160));
        assert!(gop.samples.is_sorted_by(|a, b| a.seq + 1 == b.seq && a.arrived < b.arrived));
        let key = shelf.reader.key_frame(shelf.stream, utc(at)).unwrap().unwrap();
        assert_eq!((key.data.clone(), key.arrived), (first.data.clone(), first.arrived));
    }
    for outside in [999.9, 1006.0] {
        assert!(shelf.reader.gop(shelf.stream, utc(outside)).unwrap().is_none());
        assert!(shelf.reader.key_frame(shelf.stream, utc(outside)).unwrap().is_none());
    }
}

#[test]
fn next_and_previous_go_over_segments_and_gaps() {
    let shelf = Shelf::new();
    let first = Sketch { key_every: 2, fragments: 4, ..shelf.sketch(1000) };
    let second = Sketch { rtp_start: 123_456 + 360_000, ..shelf.sketch(1004) };
    let third = Sketch { run: RunId::new(), ..shelf.sketch(2000) };
    for sketch in [&first, &second, &third] {
        shelf.put(sketch);
    }
    let mut gop = shelf.reader.gop(shelf.stream, utc(1000.5)).unwrap().unwrap();
    let mut begins = vec![gop.begin.0 / 1_000_000];
    let mut all = gop.samples.clone();
    while let Some(next) = shelf.reader.next_gop(&gop).unwrap() {
        begins.push(next.begin.0 / 1_000_000);
        all.extend(next.samples.clone());
        gop = next;
    }
    assert_eq!(begins, [1000, 1002, 1004, 1005, 1006, 1007, 1008, 2000, 2001, 2002, 2003, 2004]);
    let (unbroken, after) = all.split_at(60 + 75);
    assert!(unbroken.is_sorted_by(|a, b| a.seq + 1 == b.seq && a.pts.0 + 6000 == b.pts.0));
    assert!(after[0].seq > unbroken[134].seq + 1, "a gap is a jump");
    let mut back = vec![gop.begin.0 / 1_000_000];
    let mut backwards = gop.samples.clone();
    while let Some(before) = shelf.reader.previous_gop(&gop).unwrap() {
        back.push(before.begin.0 / 1_000_000);
        backwards.splice(0..0, before.samples.clone());
        gop = before;
    }
    back.reverse();
    assert_eq!(back, begins);
    let numbers = |samples: &[Arc<Sample>]| {
        samples.iter().map(|sample| (sample.arrived, sample.pts)).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&backwards), numbers(&all));
}

#[test]
fn short_gops_share_a_fragment_and_are_still_apart() {
    let shelf = Shelf::new();
    // Written by hand: a fragment of 3 GOPs of 5 pictures.
    let sketch = Sketch { inner_key: 5, ..shelf.sketch(1000) };
    shelf.put(&sketch);
    let gop = shelf.reader.gop(shelf.stream, utc(1001.5)).unwrap().unwrap();
    assert_eq!(data(&gop), pictures(&sketch, 20..25));
    let next = shelf.reader.next_gop(&gop).unwrap().unwrap();
    assert_eq!(data(&next), pictures(&sketch, 25..30));
    let before = shelf.reader.previous_gop(&gop).unwrap().unwrap();
    assert_eq!(data(&before), pictures(&sketch, 15..20));
    let before = shelf.reader.previous_gop(&before).unwrap().unwrap();
    assert_eq!(data(&before), pictures(&sketch, 10..15));
    let key = shelf.reader.key_frame(shelf.stream, utc(1001.5)).unwrap().unwrap();
    assert_eq!(key.data, gop.samples[0].data);
}

#[test]
fn a_gop_over_two_segments_is_given_with_its_key_frame() {
    let shelf = Shelf::new();
    let first = Sketch { key_every: 2, fragments: 3, ..shelf.sketch(1000) };
    let second = Sketch { keyless: 2, fragments: 4, rtp_start: 123_456 + 270_000, ..shelf.sketch(1003) };
    shelf.put(&first);
    shelf.put(&second);
    let gop = shelf.reader.gop(shelf.stream, utc(1004.2)).unwrap().unwrap();
    let mut expected = pictures(&first, 30..45);
    expected.extend(pictures(&second, 0..30));
    assert_eq!(data(&gop), expected);
    assert!(gop.key && gop.samples.is_sorted_by(|a, b| a.seq + 1 == b.seq));
    assert_eq!((gop.begin, gop.end), (utc(1002.0), utc(1005.0)));
    let next = shelf.reader.next_gop(&gop).unwrap().unwrap();
    assert_eq!(next.begin, utc(1005.0));
    let before = shelf.reader.previous_gop(&gop).unwrap().unwrap();
    assert_eq!((before.begin, before.end), (utc(1000.0), utc(1002.0)));
    let before = shelf.reader.previous_gop(&next).unwrap().unwrap();
    assert_eq!(data(&before), expected);
    let key = shelf.reader.key_frame(shelf.stream, utc(1004.2)).unwrap().unwrap();
    assert_eq!(key.arrived, utc(1002.0));
}

#[test]
fn without_a_key_frame_before_it_what_is_there_is_given() {
    let shelf = Shelf::new();
    let sketch = Sketch { keyless: 2, ..shelf.sketch(1000) };
    shelf.put(&sketch);
    let gop = shelf.reader.gop(shelf.stream, utc(1000.1)).unwrap().unwrap();
    assert!(!gop.key);
    assert_eq!(data(&gop), pictures(&sketch, 0..30));
    assert!(shelf.reader.key_frame(shelf.stream, utc(1000.1)).unwrap().is_none());
    assert!(shelf.reader.gop(shelf.stream, utc(1002.1)).unwrap().unwrap().key);
}

#[test]
fn what_is_being_written_is_read_as_it_grows() {
    let shelf = Shelf::new();
    let sketch = Sketch { closed: false, ..shelf.sketch(1000) };
    let (bytes, places) = sketch.bytes_and_places();
    let path = shelf.root.path().join(format!("{}.mp4", sketch.segment));
    shelf.put(&sketch);
    std::fs::write(&path, &bytes[..places[2] + 50]).unwrap();
    let at = |seconds: f64| shelf.reader.locate(shelf.stream, utc(seconds)).unwrap();
    assert!(matches!(at(1001.9), Place::In(_)));
    assert_eq!(at(1002.0), Place::Later { newest: utc(1002.0) });
    assert!(shelf.reader.gop(shelf.stream, utc(1002.0)).unwrap().is_none());
    assert!(shelf.reader.key_frame(shelf.stream, utc(1002.5)).unwrap().is_none());
    let gop = shelf.reader.gop(shelf.stream, utc(1001.5)).unwrap().unwrap();
    assert_eq!(data(&gop), pictures(&sketch, 15..30));
    assert!(shelf.reader.next_gop(&gop).unwrap().is_none());
    std::fs::write(&path, &bytes[..places[4]]).unwrap();
    let next = shelf.reader.next_gop(&gop).unwrap().unwrap();
    assert_eq!(data(&next), pictures(&sketch, 30..45));
    assert!(matches!(at(1003.5), Place::In(_)));
    assert!(shelf.told.lock().unwrap().is_empty());
    // Closed now: what is known of it goes on to serve.
    let closed = Sketch { closed: true, ..sketch };
    shelf.put(&closed);
    assert!(matches!(at(1004.5), Place::In(_)));
    assert_eq!(
        data(&shelf.reader.gop(shelf.stream, utc(1004.5)).unwrap().unwrap()),
        pictures(&closed, 60..75)
    );
}

#[test]
fn gaps_are_told_with_their_cause() {
    let shelf = Shelf::new();
    shelf.put(&shelf.sketch(1000));
    shelf.put(&shelf.sketch(1010));
    let unknown = shelf.reader.locate(shelf.stream, utc(1006.0)).unwrap();
    assert_eq!(unknown, Place::Gap { since: Some(utc(1005.0)), until: Some(utc(1010.0)), cause: None });
    let cause = GapCause::Overload;
    let gap = GapRow { stream: shelf.stream, start: utc(1005.0), end: Some(utc(1010.0)), cause };
    shelf.index.apply(&[Change::Gap(gap)]).unwrap();
    let known = shelf.reader.locate(shelf.stream, utc(1006.0)).unwrap();
    assert_eq!(known, Place::Gap { since: Some(utc(1005.0)), until: Some(utc(1010.0)), cause: Some(cause) });
    assert!(matches!(shelf.reader.locate(shelf.stream, utc(1010.0)).unwrap(), Place::In(_)));
}

#[test]
fn damage_is_told_once_and_the_rest_is_still_read() {
    let shelf = Shelf::new();
    let sketch = Sketch { key_every: 3, fragments: 6, ..shelf.sketch(1000) };
    let row = shelf.put(&sketch);
    let (mut bytes, places) = sketch.bytes_and_places();
    bytes[places[1]] = 0x77;
    std::fs::write(shelf.root.path().join(&row.path), &bytes).unwrap();
    let gop = shelf.reader.gop(shelf.stream, utc(1000.5)).unwrap().unwrap();
    assert!(gop.damaged && gop.key);
    let mut expected = pictures(&sketch, 0..15);
    expected.extend(pictures(&sketch, 30..45));
    assert_eq!(data(&gop), expected);
    shelf.reader.gop(shelf.stream, utc(1000.5)).unwrap().unwrap();
    assert_eq!(shelf.told.lock().unwrap().len(), 1);
    let whole = shelf.reader.gop(shelf.stream, utc(1004.0)).unwrap().unwrap();
    assert!(!whole.damaged);
    std::fs::remove_file(shelf.root.path().join(&row.path)).unwrap();
    assert!(shelf.reader.gop(shelf.stream, utc(1000.5)).is_err());
}

#[test]
fn labels_slewed_against_the_ticks_are_found_by_their_seals() {
    let shelf = Shelf::new();
    // 300 s at 500 ppm: the last GOP begins 150 ms after what its ticks say.
    let sketch = Sketch { fragments: 300, bytes: 20, slew_ppm: 500, ..shelf.sketch(1000) };
    shelf.put(&sketch);
    let begin = 1000.0 + 299.0 * 1.0005;
    let exact = shelf.reader.gop(shelf.stream, utc(begin + 0.001)).unwrap().unwrap();
    assert_eq!(data(&exact), pictures(&sketch, 299 * 15..300 * 15));
    let before = shelf.reader.gop(shelf.stream, utc(begin - 0.001)).unwrap().unwrap();
    assert_eq!(data(&before), pictures(&sketch, 298 * 15..299 * 15));
    let key = shelf.reader.key_frame(shelf.stream, utc(begin - 0.001)).unwrap().unwrap();
    assert_eq!(key.arrived, before.begin);
}

#[test]
fn a_gop_that_is_too_large_comes_in_parts() {
    let shelf = Shelf::new();
    shelf.put(&shelf.sketch(1000));
    // 9 fragments of 10 MB, and only the first begins with a key frame.
    let large = Sketch {
        rtp_start: 123_456 + 450_000,
        fragments: 9,
        frames: 5,
        ticks: 18_000,
        bytes: 2_000_000,
        key_every: 100,
        ..shelf.sketch(1005)
    };
    shelf.put(&large);
    shelf.put(&Sketch { rtp_start: 123_456 + 1_260_000, ..shelf.sketch(1014) });
    let first = shelf.reader.gop(shelf.stream, utc(1013.5)).unwrap().unwrap();
    assert!(first.key && !first.damaged);
    assert_eq!((first.begin, first.end, first.samples.len()), (utc(1005.0), utc(1011.0), 30));
    let second = shelf.reader.next_gop(&first).unwrap().unwrap();
    assert!(!second.key && !second.damaged);
    assert_eq!((second.begin, second.end, second.samples.len()), (utc(1011.0), utc(1014.0), 15));
    assert_eq!(second.samples[0].seq, first.samples[29].seq + 1);
    let after = shelf.reader.next_gop(&second).unwrap().unwrap();
    assert_eq!(after.begin, utc(1014.0));
    let back = shelf.reader.previous_gop(&after).unwrap().unwrap();
    assert_eq!((back.begin, back.samples.len()), (utc(1011.0), 15));
    let back = shelf.reader.previous_gop(&back).unwrap().unwrap();
    assert_eq!((back.begin, back.samples.len(), back.key), (utc(1005.0), 30, true));
    let back = shelf.reader.previous_gop(&back).unwrap().unwrap();
    assert_eq!((back.begin, back.key), (utc(1004.0), true));
}

mod anything {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: if std::env::var_os("EASIEN_FULL").is_some() { 3000 } else { 150 }, ..ProptestConfig::default() })]

        /// Files changed in any way are read, walked in both directions and copied out without a panic or an endless loop.
        #[test]
        fn changed_files_end_in_errors_or_in_what_is_readable(
            changes in prop::collection::vec((0.0..1.0_f64, any::<u8>()), 1..40),
            cut in 0.3..1.3_f64,
            in_head in any::<bool>(),
            closed in any::<bool>(),
        ) {
            let shelf = Shelf::new();
            let sketch = Sketch { key_every: 2, inner_key: 3, audio: 64, bytes: 10, frames: 6, ticks: 15_000, closed, ..shelf.sketch(1000) };
            let row = shelf.put(&sketch);
            shelf.put(&Sketch { rtp_start: 123_456 + 450_000, ..shelf.sketch(1005) });
            let mut bytes = sketch.bytes();
            let len = bytes.len() as f64;
            for (at, value) in changes {
                // In the head, or anywhere.
                let at = if in_head { (at * 900.0) as usize } else { (at * len) as usize };
                if let Some(byte) = bytes.get_mut(at) { *byte = value; }
            }
            bytes.truncate((cut * len) as usize);
            std::fs::write(shelf.root.path().join(&row.path), &bytes).unwrap();
            for at in [1000.0, 1002.5, 1004.9] {
                let _ = shelf.reader.locate(shelf.stream, utc(at));
                let _ = shelf.reader.key_frame(shelf.stream, utc(at));
                let Ok(Some(gop)) = shelf.reader.gop(shelf.stream, utc(at)) else { continue };
                let (mut forward, mut backward) = (gop.clone(), gop);
                for _ in 0..60 {
                    if let Ok(Some(next)) = shelf.reader.next_gop(&forward) { forward = next; }
                    if let Ok(Some(before)) = shelf.reader.previous_gop(&backward) { backward = before; }
                }
                prop_assert!(matches!(shelf.reader.next_gop(&forward), Ok(None) | Err(_)), "it goes on for ever");
            }
            let folder = tempfile::tempdir().unwrap();
            let wish = crate::ClipWish { stream: shelf.stream, start: utc(1001.0), end: utc(1008.0) };
            let _ = shelf.reader.clip_plan(&wish);
            if let Ok(files) = shelf.reader.copy_clip(&wish, &folder.path().join("a.mp4"), &|_| true) {
                prop_assert!(files.iter().all(|file| file.end >= file.start && file.frames > 0));
            }
        }
    }
}
