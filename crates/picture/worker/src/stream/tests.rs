//! What a decoder makes of noise.

use super::*;
use easien_camsim::clip::cache::Cache;
use easien_camsim::clip::encode::Recipe;
use easien_camsim::clip::{AccessUnits, Variant};
use easien_model::CameraId;
use std::path::Path;

pub(crate) fn clip(codec: Codec) -> AccessUnits {
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
    push(stream, clip, index, noise);
    stream.step(Instant::now()).picture
}

fn push(stream: &mut Stream, clip: &AccessUnits, index: usize, noise: Option<u64>) {
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
    stream.push(head, &data, clip.codec, 1 << 20);
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

#[test]
fn key_frames_only_and_back_and_the_loop_filter_from_the_next_key_frame() {
    let clip = clip(Codec::H264);
    let mut stream = opened(&clip);
    assert!(give(&mut stream, &clip, 0, None) && give(&mut stream, &clip, 1, None));
    stream.tier = Tier::KeyFrames;
    for index in 2..120 {
        let key = clip.units[index % clip.units.len()].key;
        assert_eq!(give(&mut stream, &clip, index, None), key, "{index}");
        assert_eq!(stream.painted_tier(), Tier::KeyFrames);
    }
    // All again, but only from a key frame on: what lies between was never decoded.
    stream.tier = Tier::SubLight;
    let mut begun = false;
    for index in 120..200 {
        begun |= clip.units[index % clip.units.len()].key;
        assert_eq!(give(&mut stream, &clip, index, None), begun, "{index}");
    }
    assert!(stream.light);
    stream.tier = Tier::Held;
    assert!((200..260).all(|index| !give(&mut stream, &clip, index, None)));
    assert!(stream.latest.is_some());
}

#[test]
fn behind_it_jumps_to_the_newest_key_frame() {
    let clip = clip(Codec::H264);
    let mut stream = opened(&clip);
    give(&mut stream, &clip, 0, None);
    let keys: Vec<usize> = (1..90).filter(|index| clip.units[index % clip.units.len()].key).collect();
    for index in 1..90 {
        push(&mut stream, &clip, index, None);
    }
    // In time: one after the other.
    stream.step(Instant::now());
    assert_eq!(stream.stats.late, 0);
    let later = Instant::now() + LATE + Duration::from_millis(1);
    assert!(stream.step(later).picture);
    let newest = keys[keys.len() - 1];
    assert_eq!(stream.latest.as_ref().map(|shot| shot.pts.0), Some(newest as i64 * 6000));
    assert_eq!(stream.stats.late, newest as u64 - 2);
    // Nothing newer to jump to: on in order.
    assert!(stream.step(later).picture);
    assert_eq!(stream.stats.late, newest as u64 - 2);
}

/// Takes the video usability information out of an H.264 SPS (Main profile), as many cameras leave it out.
pub(crate) fn without_vui(sps: &[u8]) -> Vec<u8> {
    let bits: Vec<bool> =
        sps[1..].iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect();
    // Past an Exp-Golomb number that begins at `at`.
    let past = |at: usize| at + 2 * bits[at..].iter().take_while(|bit| !**bit).count() + 1;
    assert_eq!(sps[1], 77, "Main profile");
    let order_type = past(past(24));
    assert!(bits[order_type], "type 0: the order is counted, B frames would be possible");
    let gaps = past(past(past(order_type)));
    let frames_only = past(past(gaps + 1));
    assert!(bits[frames_only]);
    let cropping = frames_only + 2;
    let vui = if bits[cropping] { past(past(past(past(cropping + 1)))) } else { cropping + 1 };
    let kept: Vec<bool> = bits[..vui].iter().copied().chain([false, true]).collect();
    let byte = |bits: &[bool]| (0..8).fold(0, |byte, at| byte << 1 | u8::from(bits.get(at) == Some(&true)));
    std::iter::once(sps[0]).chain(kept.chunks(8).map(byte)).collect()
}

#[test]
fn a_stream_that_says_nothing_of_its_order_is_not_delayed() {
    // B frames are allowed, but in noise the encoder finds no use for one.
    let output = std::process::Command::new("ffmpeg")
        .args("-hide_banner -loglevel error -f lavfi -i testsrc=s=320x180:r=15,noise=alls=90:allf=t -frames:v 40 -pix_fmt yuv420p".split(' '))
        .args("-c:v libx264 -profile:v main -x264-params bframes=1:b-adapt=1:b-bias=-100:keyint=20 -f h264 pipe:1".split(' '))
        .output()
        .unwrap();
    let units = easien_camsim::clip::nal::access_units(
        Codec::H264,
        easien_camsim::clip::nal::split(&output.stdout.into()),
    );
    assert_eq!(units.len(), 40);
    let units: Vec<_> = (0..)
        .zip(units)
        .map(|(index, nals)| easien_camsim::clip::AccessUnit {
            key: nals.iter().any(|nal| nal[0] & 31 == 5),
            nals: nals
                .into_iter()
                .map(|nal| if nal[0] & 31 == 7 { without_vui(&nal).into() } else { nal })
                .collect(),
            pts_90k: index * 6000,
            due_90k: index * 6000,
        })
        .collect();
    let clip =
        AccessUnits { codec: Codec::H264, width_px: 320, height_px: 180, fps: 15.0, loop_90k: 0, units };
    let mut stream = opened(&clip);
    for index in 0..40 {
        assert!(give(&mut stream, &clip, index, None), "{index} is delayed");
        assert_eq!(stream.latest.as_ref().map(|shot| shot.pts.0), Some(index as i64 * 6000));
    }
}

#[test]
fn hundreds_of_runs_cost_no_memory() {
    let clips = [clip(Codec::H264), clip(Codec::H265)];
    let mut stream = opened(&clips[0]);
    let rss_kib = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let mut at_100 = 0;
    for run in 0..500 {
        let clip = &clips[run / 2 % 2];
        stream.push_params(VideoParams {
            codec: clip.codec,
            parameter_sets: clip.parameter_sets(),
            width_px: 0,
            height_px: 0,
            declared_fps: None,
        });
        stream.step(Instant::now());
        for index in 0..3 {
            assert!(give(&mut stream, clip, index, None));
        }
        if run == 100 {
            at_100 = rss_kib();
        }
    }
    let grown = rss_kib().saturating_sub(at_100);
    println!("{grown} KiB from run 100 to 500");
    assert!(grown < 5 * 1024, "{grown} KiB");
}

#[test]
fn what_waits_is_bounded() {
    let clip = clip(Codec::H264);
    let mut stream = opened(&clip);
    for index in 0..2000 {
        push(&mut stream, &clip, index, None);
        assert!(stream.queued_bytes() <= 1 << 20);
    }
    assert!(stream.stats.late > 0);
}
