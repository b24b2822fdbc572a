//! Tests of scanning files, whole and hostile.

use super::*;
use crate::sketch::Sketch;
use easien_model::Params;
use proptest::prelude::*;

fn scan_bytes(bytes: &[u8]) -> Scan {
    scan(bytes, Depth::Seals).unwrap()
}

#[test]
fn a_closed_segment_is_whole() {
    let sketch = Sketch { audio: 320, key_every: 2, ..Sketch::default() };
    let (bytes, places) = sketch.bytes_and_places();
    for depth in [Depth::Boxes, Depth::Seals] {
        let scan = scan(&bytes[..], depth).unwrap();
        assert!(scan.whole, "{scan:?}");
        assert_eq!((scan.damage, scan.good, scan.frames), (None, 5, 75));
        assert_eq!(scan.end, UtcMicros(sketch.start_us + 5_000_000));
        assert_eq!(scan.fragments.iter().map(|place| place.offset as usize).collect::<Vec<_>>(), places);
        assert_eq!(
            scan.fragments.iter().map(|place| place.key).collect::<Vec<_>>(),
            [true, false, true, false, true]
        );
        assert_eq!(scan.identity.segment, sketch.segment);
        assert_eq!(scan.identity.name, "Cổng chợ");
        let Params::Video(video) = &*scan.tracks.video.params else { panic!("no video") };
        assert_eq!(video.parameter_sets, [&[0x67, 0x42, 0xc0, 30][..], &[0x68, 0xce][..]]);
        assert_eq!((video.width_px, video.height_px), (640, 360));
        let Params::Audio(audio) = &*scan.tracks.audio.as_ref().unwrap().params else { panic!("no audio") };
        assert_eq!((audio.rate_hz, audio.channels), (8000, 1));
        assert_eq!(scan.sha256.is_some(), depth == Depth::Seals);
    }
    let scan = scan_bytes(&bytes);
    assert_eq!(scan.sha256.unwrap().as_slice(), Sha256::digest(&bytes).as_slice());
    assert_eq!(scan.activity.len(), 1);
}

#[test]
fn a_cut_file_is_good_up_to_its_last_whole_seal() {
    let (bytes, places) = Sketch::default().bytes_and_places();
    for cut in (0..bytes.len()).step_by(3).chain(places.clone()) {
        let cut_bytes = &bytes[..cut];
        let Ok(scan) = scan(cut_bytes, Depth::Seals) else {
            assert!(cut < places[0], "cut at {cut}");
            continue;
        };
        let whole = places.iter().skip(1).filter(|place| **place <= cut).count();
        let last = bytes.len() - 8 - (4 + 12 + 5 * 19 + 8) - 16;
        let whole = if cut >= last { 5 } else { whole };
        assert_eq!(scan.good, whole, "cut at {cut}");
        assert_eq!(scan.frames, whole as u64 * 15);
        assert!(!scan.whole);
        let at_seal = places.contains(&cut) || cut == last;
        match scan.damage {
            None => assert!(at_seal, "cut at {cut}"),
            Some(Damage::Torn { at }) => assert_eq!(at, scan.good_bytes),
            Some(Damage::Tail { at }) => assert_eq!(at, last as u64),
            other => panic!("cut at {cut}: {other:?}"),
        }
    }
}

#[test]
fn zeros_after_a_power_cut_are_a_torn_end() {
    let (mut bytes, places) = Sketch { closed: false, ..Sketch::default() }.bytes_and_places();
    bytes[places[3] + 40..].fill(0);
    bytes.resize(bytes.len() + 300_000, 0);
    let scan = scan_bytes(&bytes);
    assert_eq!((scan.good, scan.damage), (3, Some(Damage::Torn { at: places[3] as u64 })));
    assert!(matches!(super::scan(&vec![0; 9000][..], Depth::Boxes), Err(HeadError::Empty)));
    assert!(matches!(super::scan(&[][..], Depth::Boxes), Err(HeadError::Empty)));
    assert!(matches!(super::scan(&b"<html>hello</html>"[..], Depth::Boxes), Err(HeadError::Foreign(_))));
}

#[test]
fn behind_a_flipped_size_the_rest_is_found_again() {
    let (mut bytes, places) = Sketch::default().bytes_and_places();
    bytes[places[2]] = 0x7f;
    let scan = scan_bytes(&bytes);
    assert_eq!(scan.damage, Some(Damage::Flipped { fragment: 3, at: places[2] as u64 }));
    assert_eq!((scan.good, scan.fragments.len()), (2, 4));
    assert_eq!(scan.readable_frames(), 60);
    assert!(!scan.whole && scan.sha256.is_none());
}

#[test]
fn what_is_appended_is_found_from_where_one_was() {
    let sketch = Sketch { closed: false, ..Sketch::default() };
    let (bytes, places) = sketch.bytes_and_places();
    let mut found = Vec::new();
    fragments_after(&bytes[..places[4] + 30], places[0] as u64, 0, &mut found).unwrap();
    assert_eq!(found.len(), 4);
    let last = found[3];
    fragments_after(&bytes[..], last.offset + last.bytes, 4, &mut found).unwrap();
    assert_eq!(found, scan_bytes(&bytes).fragments);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: if std::env::var_os("EASIEN_FULL").is_some() { 4000 } else { 300 }, ..ProptestConfig::default() })]

    /// One flipped bit anywhere is never taken for whole, and what is called good is what was written.
    #[test]
    fn a_flipped_bit_is_never_whole(at in 0.0..1.0_f64, bit in 0..8_u32, audio in prop::sample::select(vec![0_usize, 320])) {
        let sketch = Sketch { audio, bytes: 20, frames: 5, ticks: 18_000, ..Sketch::default() };
        let (mut bytes, places) = sketch.bytes_and_places();
        let at = (at * bytes.len() as f64) as usize;
        bytes[at] ^= 1 << bit;
        if let Ok(scan) = scan(&bytes[..], Depth::Seals) {
            prop_assert!(!scan.whole, "flipped at {at}");
            prop_assert!(scan.damage.is_some());
            let before = places.iter().filter(|place| **place <= at).count();
            let in_tail = scan.damage.is_some_and(|damage| matches!(damage, Damage::Tail { .. } | Damage::Torn { .. }));
            prop_assert!(scan.good < before.max(1) || in_tail, "good {} flipped at {at} of {places:?}", scan.good);
        }
    }

    /// Anything at all: no panic, no endless loop, no more memory than the bytes give reason for.
    #[test]
    fn anything_can_be_scanned(changes in prop::collection::vec((0.0..1.0_f64, any::<u8>()), 1..60), cut in 0.0..1.2_f64, keep in any::<bool>()) {
        let sketch = Sketch { audio: 64, bytes: 10, frames: 4, fragments: 3, ..Sketch::default() };
        let mut bytes = sketch.bytes();
        let len = bytes.len() as f64;
        for (at, value) in changes {
            // Mostly in the boxes' heads, where sizes lie.
            let at = if keep { (at * 400.0) as usize } else { (at * len) as usize };
            if let Some(byte) = bytes.get_mut(at) { *byte = value; }
        }
        bytes.truncate((cut * len) as usize);
        for depth in [Depth::Boxes, Depth::Seals] {
            if let Ok(scan) = scan(&bytes[..], depth) {
                prop_assert!(scan.fragments.len() <= bytes.len() / 100 + 1);
                prop_assert!(scan.good_bytes <= bytes.len() as u64);
                prop_assert!(scan.good <= scan.fragments.len());
            }
        }
    }
}
