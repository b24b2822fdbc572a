//! What a decoder makes of noise.

use super::*;
use easien_camsim::clip::cache::Cache;
use easien_camsim::clip::encode::Recipe;
use easien_camsim::clip::{AccessUnits, Variant};
use easien_model::CameraId;
use std::path::Path;

fn clip(codec: Codec) -> AccessUnits {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/tmp/clips");
    let recipe = Recipe { camera: 1, which: StreamKind::Sub, codec, variant: Variant::Usual, small: true };
    recipe.load(&Cache::new(&dir).unwrap()).unwrap()
}

fn opened(clip: &AccessUnits) -> Stream {
    let id = StreamId { camera: CameraId::new(), which: StreamKind::Sub };
    let mut stream = Stream::new(1, id, Tier::Sub);
    stream.push_params(VideoParams {
        codec: clip.codec,
        parameter_sets: clip.parameter_sets(),
        width_px: clip.width_px,
        height_px: clip.height_px,
        declared_fps: None,
    });
    stream.step(Instant::now());
    stream
}

/// One access unit as a sample; `noise`: everything behind the NAL unit headers is random.
fn give(stream: &mut Stream, clip: &AccessUnits, index: usize, noise: Option<u64>) -> bool {
    let unit = &clip.units[index % clip.units.len()];
    let mut data = Vec::new();
    let mut random = noise.unwrap_or(0).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for nal in &unit.nals {
        data.extend_from_slice(&u32::try_from(nal.len()).unwrap().to_be_bytes());
        let from = data.len();
        data.extend_from_slice(nal);
        for byte in data[from..].iter_mut().skip(if noise.is_some() { 3 } else { usize::MAX }) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            *byte = random as u8;
        }
    }
    let head = SampleHead {
        key: 1,
        seq: index as u64,
        pts: Ticks90k(index as i64 * 6000),
        arrived: UtcMicros(0),
        is_key: unit.key,
        damaged: false,
    };
    stream.push(head, &data, clip.codec);
    stream.step(Instant::now()).picture
}

#[test]
fn noise_is_hardly_ever_taken_for_a_picture() {
    av::quiet();
    for codec in [Codec::H264, Codec::H265] {
        let clip = clip(codec);
        let (mut first, mut later, rounds) = (0, 0, 300);
        for round in 0..rounds {
            let mut stream = opened(&clip);
            let good = 3 + round as usize % 30;
            for index in 0..good {
                assert!(give(&mut stream, &clip, index, None), "{codec:?} {index}");
            }
            for index in good..good + 40 {
                let shown = give(&mut stream, &clip, index, Some(round * 1000 + index as u64));
                if index == good {
                    first += u32::from(shown)
                } else {
                    later += u32::from(shown)
                };
            }
        }
        println!("{codec:?}: first {first}, later {later} of {rounds}");
        // Of 12,000 samples of noise each.
        assert!(first + later <= 2, "{codec:?}: {first} {later}");
    }
}

#[test]
fn after_a_loss_nothing_is_shown_before_the_next_key_frame() {
    av::quiet();
    for codec in [Codec::H264, Codec::H265] {
        let clip = clip(codec);
        let mut stream = opened(&clip);
        let mut whole = false;
        for index in 0..300 {
            let key = clip.units[index % clip.units.len()].key;
            whole = (whole || key) && index % 10 != 9;
            if index % 10 == 9 {
                continue;
            }
            let shown = give(&mut stream, &clip, index, None);
            assert_eq!(shown, whole, "{codec:?} {index}");
        }
    }
}
