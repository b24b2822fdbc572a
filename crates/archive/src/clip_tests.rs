//! Tests of copying clips out.

use super::*;
use crate::index::{Change, SegmentIndex};
use crate::parse::boxes::{Cursor, child, children};
use crate::reader::tests::Shelf;
use crate::sketch::Sketch;
use easien_model::RunId;
use sha2::{Digest, Sha256};

/// A track as any player would read it.
#[derive(Debug, Default)]
struct Played {
    samples: Vec<Vec<u8>>,
    /// Presentation times in ticks, edit lists considered.
    times: Vec<i64>,
    keys: Vec<u32>,
    length: u64,
    stsd: Vec<u8>,
}

fn numbers(body: &[u8], skip: usize) -> Vec<u32> {
    body[skip..].chunks_exact(4).map(|word| u32::from_be_bytes(word.try_into().unwrap())).collect()
}

/// Reads a plain MP4 by its tables, in a simple way of its own.
fn play(path: &Path) -> Vec<Played> {
    let bytes = std::fs::read(path).unwrap();
    let kinds: Vec<[u8; 4]> = children(&bytes).map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [*b"ftyp", *b"moov", *b"mdat"]);
    let moov = child(&bytes, b"moov").unwrap();
    let tracks = children(moov).filter(|(kind, _)| kind == b"trak").map(|(_, trak)| {
        let mdia = child(trak, b"mdia").unwrap();
        let mut mdhd = Cursor::new(child(mdia, b"mdhd").unwrap());
        mdhd.take(20).unwrap();
        let timescale = mdhd.u32().unwrap();
        let stbl = child(child(mdia, b"minf").unwrap(), b"stbl").unwrap();
        let sizes = numbers(child(stbl, b"stsz").unwrap(), 12);
        let offsets = numbers(child(stbl, b"stco").unwrap(), 8);
        let stsc = numbers(child(stbl, b"stsc").unwrap(), 8);
        let per_chunk =
            |chunk: usize| stsc.chunks_exact(3).rfind(|entry| entry[0] as usize <= chunk + 1).unwrap()[1];
        let mut played = Played::default();
        let mut sample = 0;
        for (chunk, offset) in offsets.iter().enumerate() {
            let mut at = *offset as usize;
            for _ in 0..per_chunk(chunk) {
                let size = sizes[sample] as usize;
                played.samples.push(bytes[at..at + size].to_vec());
                at += size;
                sample += 1;
            }
        }
        assert_eq!(sample, sizes.len());
        let spread = |name: &[u8; 4]| {
            child(stbl, name).map(|body| {
                numbers(body, 8)
                    .chunks_exact(2)
                    .flat_map(|run| vec![i64::from(run[1]); run[0] as usize])
                    .collect::<Vec<_>>()
            })
        };
        let compositions = spread(b"ctts").unwrap_or_else(|| vec![0; sizes.len()]);
        let (mut first, mut delay) = (0, 0);
        if let Some(elst) = child(trak, b"edts").and_then(|edts| child(edts, b"elst")) {
            for edit in elst[8..].chunks_exact(20) {
                let length = i64::from_be_bytes(edit[..8].try_into().unwrap());
                match i64::from_be_bytes(edit[8..16].try_into().unwrap()) {
                    -1 => delay = length * i64::from(timescale) / 90_000,
                    from => first = from,
                }
            }
        }
        let mut decode = 0;
        for (duration, composition) in spread(b"stts").unwrap().into_iter().zip(compositions) {
            played.times.push(decode + composition - first + delay);
            decode += duration;
        }
        played.length = decode as u64;
        played.keys = child(stbl, b"stss").map(|stss| numbers(stss, 8)).unwrap_or_default();
        played.stsd = child(stbl, b"stsd").unwrap().to_vec();
        played
    });
    tracks.collect()
}

fn utc(seconds: f64) -> UtcMicros {
    UtcMicros((seconds * 1e6).round() as i64)
}

fn copy(shelf: &Shelf, start: f64, end: f64) -> (tempfile::TempDir, Vec<ClipFile>) {
    let folder = tempfile::tempdir().unwrap();
    let wish = ClipWish { stream: shelf.stream, start: utc(start), end: utc(end) };
    let plan = shelf.reader.clip_plan(&wish).unwrap();
    let files = shelf.reader.copy_clip(&wish, &folder.path().join("C017 main.mp4"), &|_| true).unwrap();
    // Exact but where the first segment begins without a key frame.
    assert!(plan.start <= files[0].start && files[0].start - plan.start <= 1_000_000);
    assert!(plan.bytes >= files.iter().map(|file| file.bytes).sum());
    for file in &files {
        assert_eq!(std::fs::metadata(&file.path).unwrap().len(), file.bytes);
    }
    (folder, files)
}

#[test]
fn a_clip_holds_every_sample_as_it_came_from_the_key_frame_on() {
    let shelf = Shelf::new();
    let first = Sketch { key_every: 2, fragments: 4, audio: 320, ..shelf.sketch(1000) };
    let second = Sketch { rtp_start: 123_456 + 360_000, audio: 320, fragments: 4, ..shelf.sketch(1004) };
    shelf.put(&first);
    shelf.put(&second);
    let (_folder, files) = copy(&shelf, 1003.2, 1005.5);
    assert_eq!(files.len(), 1);
    assert_eq!((files[0].start, files[0].frames), (utc(1002.0), 30 + 15 + 8));
    assert!((files[0].end - utc(1005.0 + 8.0 / 15.0)).abs() <= 20, "{:?}", files[0].end);
    assert!(files[0].gaps.is_empty() && !files[0].damaged);
    let tracks = play(&files[0].path);
    let expected: Vec<Vec<u8>> = (30..60)
        .map(|index| first.picture(index))
        .chain((0..23).map(|index| second.picture(index)))
        .collect();
    assert_eq!(tracks[0].samples, expected);
    assert_eq!(tracks[0].times, (0..53).map(|index| index * 6000).collect::<Vec<_>>());
    assert_eq!(tracks[0].keys, [1, 31, 46]);
    assert_eq!(tracks[0].length, 53 * 6000);
    // Sound: two packets of half a second in each fragment, all that begin before the end.
    assert_eq!(tracks[1].times, [0, 4000, 8000, 12_000, 16_000, 20_000, 24_000, 28_000]);
    assert!(tracks[1].samples.iter().all(|sample| sample.len() == 160));
}

#[test]
fn time_is_kept_over_a_gap_and_the_gap_is_told() {
    let shelf = Shelf::new();
    shelf.put(&shelf.sketch(1000));
    let after = Sketch { run: RunId::new(), rtp_start: 5, keyless: 1, ..shelf.sketch(1020) };
    shelf.put(&after);
    let gap = GapRow {
        stream: shelf.stream,
        start: utc(1005.0),
        end: Some(utc(1020.0)),
        cause: GapCause::Overload,
    };
    shelf.index.apply(&[Change::Gap(gap)]).unwrap();
    let (_folder, files) = copy(&shelf, 1003.0, 1022.0);
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].gaps, [gap]);
    let tracks = play(&files[0].path);
    assert_eq!(tracks[0].times[29..32], [29 * 6000, 17 * 90_000, 17 * 90_000 + 6000]);
    assert_eq!(tracks[0].length, 19 * 90_000);
    // In the gap: from the first key frame behind it.
    let (_folder, files) = copy(&shelf, 1010.0, 1023.0);
    assert_eq!((files[0].start, files[0].frames), (utc(1021.0), 30));
}

#[test]
fn other_parameters_begin_another_part() {
    let shelf = Shelf::new();
    shelf.put(&shelf.sketch(1000));
    shelf.put(&Sketch { run: RunId::new(), sps: 0x64, ..shelf.sketch(1005) });
    shelf.put(&Sketch { run: RunId::new(), sps: 0x64, ..shelf.sketch(1010) });
    let (_folder, files) = copy(&shelf, 1001.0, 1012.0);
    let names: Vec<_> = files.iter().map(|file| file.path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["C017 main.mp4", "C017 main-2.mp4"]);
    assert_eq!((files[0].start, files[0].end, files[1].start), (utc(1001.0), utc(1005.0), utc(1005.0)));
    assert_eq!(files[1].frames, 75 + 30);
    assert_ne!(play(&files[0].path)[0].stsd, play(&files[1].path)[0].stsd);
}

#[test]
fn reordered_pictures_keep_their_times() {
    let shelf = Shelf::new();
    shelf.put(&Sketch { reorder: true, ..shelf.sketch(1000) });
    let (_folder, files) = copy(&shelf, 1000.0, 1002.0);
    let times = play(&files[0].path).remove(0).times;
    assert_eq!(times[..5], [0, 12_000, 6000, 24_000, 18_000]);
    let mut sorted = times.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..30).map(|index| index * 6000).collect::<Vec<_>>());
}

#[test]
fn labels_are_followed_less_than_a_picture_apart() {
    let shelf = Shelf::new();
    shelf.put(&Sketch { fragments: 300, bytes: 20, slew_ppm: 500, ..shelf.sketch(1000) });
    let (_folder, files) = copy(&shelf, 1000.0, 1400.0);
    let tracks = play(&files[0].path);
    assert_eq!(files[0].end, utc(1000.0 + 300.0 * 1.0005));
    let expected = (files[0].end - files[0].start) * 9 / 100;
    assert!((tracks[0].length as i64 - expected).abs() < 6000, "{} {expected}", tracks[0].length);
    for (index, time) in tracks[0].times.iter().enumerate() {
        assert!((*time - index as i64 * 6003).abs() < 900, "{index}: {time}");
    }
}

#[test]
fn what_is_damaged_is_left_out_and_told() {
    let shelf = Shelf::new();
    let sketch = shelf.sketch(1000);
    let row = shelf.put(&sketch);
    let gone = shelf.put(&Sketch { rtp_start: 123_456 + 450_000, ..shelf.sketch(1005) });
    shelf.put(&Sketch { rtp_start: 123_456 + 900_000, ..shelf.sketch(1010) });
    let (mut bytes, places) = sketch.bytes_and_places();
    bytes[places[1] + 4] = b'x';
    bytes[places[2] + 4] = b'x';
    std::fs::write(shelf.root.path().join(&row.path), &bytes).unwrap();
    std::fs::remove_file(shelf.root.path().join(&gone.path)).unwrap();
    let (_folder, files) = copy(&shelf, 1000.0, 1012.0);
    let gaps: Vec<_> = files[0].gaps.iter().map(|gap| (gap.start, gap.end.unwrap(), gap.cause)).collect();
    let cause = GapCause::FileDamaged;
    assert_eq!(gaps, [(utc(1001.0), utc(1003.0), cause), (utc(1005.0), utc(1010.0), cause)]);
    assert!(files[0].damaged);
    assert_eq!(files[0].frames, 45 + 30);
    assert_eq!(play(&files[0].path)[0].length, 12 * 90_000);
}

#[test]
fn stopped_or_impossible_copies_leave_nothing() {
    let shelf = Shelf::new();
    shelf.put(&Sketch { bytes: 500_000, ..shelf.sketch(1000) });
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("clip.mp4");
    let wish = ClipWish { stream: shelf.stream, start: utc(1000.0), end: utc(1004.0) };
    let result = shelf.reader.copy_clip(&wish, &target, &|done| done < 8_000_000);
    assert!(matches!(result, Err(ArchiveError::Cancelled)), "{result:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let nothing = ClipWish { start: utc(2000.0), end: utc(2001.0), ..wish };
    assert!(matches!(shelf.reader.copy_clip(&nothing, &target, &|_| true), Err(ArchiveError::NotFound)));
    std::fs::write(&target, b"mine").unwrap();
    assert!(shelf.reader.copy_clip(&wish, &target, &|_| true).is_err());
    assert_eq!(std::fs::read(&target).unwrap(), b"mine");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_copy_by_hand_is_the_same_as_one_by_the_kernel() {
    // /dev/shm is another file system than the temporary folder, mostly: copy_file_range may refuse.
    let shelf = Shelf::new();
    shelf.put(&Sketch { bytes: 30_000, audio: 320, ..shelf.sketch(1000) });
    let wish = ClipWish { stream: shelf.stream, start: utc(1000.0), end: utc(1004.0) };
    let hash = |folder: &Path| {
        let files = shelf.reader.copy_clip(&wish, &folder.join("a.mp4"), &|_| true).unwrap();
        Sha256::digest(std::fs::read(&files[0].path).unwrap())
    };
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir_in("/dev/shm").unwrap());
    assert_eq!(hash(here.path()), hash(there.path()));
}

/// Ten minutes of a main stream (`EASIEN_FULL=1`; else one minute) against a plain copy of the same bytes.
#[test]
fn a_long_clip_takes_about_as_long_as_a_plain_copy() {
    let minutes = if std::env::var_os("EASIEN_FULL").is_some() { 10 } else { 1 };
    let shelf = Shelf::new();
    for minute in 0..minutes {
        let sketch = Sketch {
            fragments: 60,
            frames: 25,
            ticks: 3600,
            bytes: 15_300,
            key_every: 2,
            ..shelf.sketch(1000 + minute * 60)
        };
        shelf.put(&Sketch { rtp_start: 123_456 + minute * 5_400_000, ..sketch });
    }
    let folder = tempfile::tempdir().unwrap();
    let wish =
        ClipWish { stream: shelf.stream, start: utc(1000.0), end: utc(1000.0 + 60.0 * minutes as f64) };
    let (mut ours, mut theirs, mut bytes) = (f64::MAX, f64::MAX, 0);
    for round in 0..3 {
        let target = folder.path().join(format!("{round}.mp4"));
        let begun = std::time::Instant::now();
        let files = shelf.reader.copy_clip(&wish, &target, &|_| true).unwrap();
        ours = ours.min(begun.elapsed().as_secs_f64());
        assert_eq!(files[0].frames, minutes as u64 * 1500);
        assert!((files[0].end - files[0].start - minutes * 60_000_000).abs() <= 40_000);
        bytes = files[0].bytes;
        let copy = folder.path().join("copy");
        let begun = std::time::Instant::now();
        std::fs::copy(&target, &copy).unwrap();
        File::open(&copy).unwrap().sync_all().unwrap();
        theirs = theirs.min(begun.elapsed().as_secs_f64());
    }
    println!("{bytes} bytes: clip {ours:.3} s, plain copy {theirs:.3} s");
    // Loose: the machine is shared. `./dev bench clip` is strict.
    assert!(ours < theirs * 4.0 + 0.5, "clip {ours:.3} s, plain copy {theirs:.3} s");
    let begun = std::time::Instant::now();
    let moments = 50;
    for moment in 0..moments {
        // A reader of its own each: nothing is known of the file yet.
        let reader = Reader::new(shelf.index.clone(), shelf.reader.places().clone());
        let at = utc(1000.5 + f64::from(moment) * 60.0 * minutes as f64 / 51.0);
        assert!(reader.gop(shelf.stream, at).unwrap().unwrap().key);
    }
    println!("a GOP of {} KB by its moment: {:.2?}", 2 * 25 * 15, begun.elapsed() / moments as u32);
}
