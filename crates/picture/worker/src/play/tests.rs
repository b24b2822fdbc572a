//! What comes of samples in which order, without tiles.

use super::*;
use crate::stream::tests::{clip, without_vui};
use easien_camsim::clip::cache::Cache;
use easien_camsim::clip::encode::Recipe;
use easien_camsim::clip::{AccessUnit, AccessUnits, Variant, nal};
use easien_model::{CameraId, StreamKind};
use std::path::Path;
use std::process::{Command, Stdio};

/// A play with its samples; the time of each is its number in the order of sending.
struct Reel {
    play: Play,
    wall: Wall,
    units: Vec<AccessUnit>,
}

impl Reel {
    fn new(codec: Codec, units: Vec<AccessUnit>, parameter_sets: Vec<bytes::Bytes>) -> Self {
        let mut play = Play::new(1, StreamId { camera: CameraId::new(), which: StreamKind::Sub });
        play.push_params(VideoParams {
            codec,
            parameter_sets,
            width_px: 0,
            height_px: 0,
            declared_fps: None,
        });
        Self { play, wall: Wall::default(), units }
    }

    fn of(clip: AccessUnits) -> Self {
        let sets = clip.parameter_sets();
        Self::new(clip.codec, clip.units, sets)
    }

    /// What `ffmpeg` makes, as a raw stream; times of showing are not known.
    fn encoded(codec: Codec, frames: u32, options: &str) -> Self {
        let format = if codec == Codec::H265 { "hevc" } else { "h264" };
        let output = Command::new("ffmpeg")
            .args(["-hide_banner", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=s=320x180:r=15"])
            .args(["-frames:v", &frames.to_string(), "-pix_fmt", "yuv420p"])
            .args(options.split_whitespace())
            .args(["-f", format, "pipe:1"])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let units = nal::access_units(codec, nal::split(&output.stdout.into()));
        assert_eq!(units.len(), frames as usize);
        let units = (0_i64..)
            .zip(units)
            .map(|(index, nals)| AccessUnit {
                key: nals.iter().any(|unit| {
                    matches!(nal::kind(codec, unit), nal::NalKind::Slice { key: true, .. })
                        || (codec == Codec::H265 && (unit[0] >> 1) & 63 == 21)
                        || matches!(nal::kind(codec, unit), nal::NalKind::Sei { recovery: true })
                }),
                nals,
                pts_90k: index * 6000,
                due_90k: index * 6000,
            })
            .collect();
        Self::new(codec, units, vec![])
    }

    fn push(&mut self, index: usize, due: Due) {
        let unit = &self.units[index];
        let data: Vec<u8> = unit
            .nals
            .iter()
            .flat_map(|nal| (nal.len() as u32).to_be_bytes().into_iter().chain(nal.to_vec()))
            .collect();
        let head = SampleHead {
            key: 1,
            seq: index as u64,
            pts: Ticks90k(unit.pts_90k),
            arrived: UtcMicros(index as i64),
            is_key: unit.key,
            damaged: false,
        };
        self.play.push_sample(&head, due, &data);
    }

    /// Everything that is to be said until there is nothing left to do.
    fn run(&mut self) -> Vec<PlaySaid> {
        let mut all = Vec::new();
        while !self.play.is_idle() {
            let mut step = Step {
                wall: &mut self.wall,
                now: Instant::now(),
                most_bytes: 10 << 20,
                said: vec![],
                still: None,
            };
            self.play.step(&mut step);
            all.extend(step.said.into_iter().filter(|said| !matches!(said, PlaySaid::Taken { .. })));
        }
        all
    }

    fn keys(&self) -> Vec<usize> {
        (0..self.units.len()).filter(|index| self.units[*index].key).collect()
    }
}

fn numbers(said: &[PlaySaid], of: impl Fn(&PlaySaid) -> Option<UtcMicros>) -> Vec<i64> {
    said.iter().filter_map(|said| of(said).map(|at| at.0)).collect()
}

fn undecodable(said: &[PlaySaid]) -> Vec<i64> {
    numbers(said, |said| match said {
        PlaySaid::Undecodable { at } => Some(*at),
        _ => None,
    })
}

fn painted(said: &[PlaySaid]) -> Vec<i64> {
    numbers(said, |said| match said {
        PlaySaid::Painted { at, .. } => Some(*at),
        _ => None,
    })
}

fn decoded(said: &[PlaySaid]) -> Vec<i64> {
    numbers(said, |said| match said {
        PlaySaid::Decoded { at } => Some(*at),
        _ => None,
    })
}

fn with_b_frames() -> AccessUnits {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/tmp/clips");
    let recipe = Recipe {
        camera: 1,
        which: StreamKind::Sub,
        codec: Codec::H264,
        variant: Variant::BFrames,
        small: true,
    };
    recipe.load(&Cache::new(&dir).unwrap()).unwrap()
}

/// Open groups of pictures: a CRA, then pictures shown before it that refer to the group before.
const OPEN_GOP: &str = "-c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=15:min-keyint=15:scenecut=0:open-gop=1:bframes=3:b-adapt=0:repeat-headers=1";

#[test]
fn pictures_out_of_order_all_come_also_where_the_stream_does_not_say_it() {
    av_quiet();
    for silent in [false, true] {
        for pushed_at_once in [true, false] {
            let mut clip = with_b_frames();
            if silent {
                for nal in
                    clip.units.iter_mut().flat_map(|unit| &mut unit.nals).filter(|nal| nal[0] & 31 == 7)
                {
                    *nal = without_vui(nal).into();
                }
            }
            let count = clip.units.len();
            let group = (1..count).find(|index| clip.units[*index].key).unwrap();
            let mut reel = Reel::of(clip);
            let mut said = Vec::new();
            for index in 0..count {
                reel.push(index, if index == 7 { Due::Show } else { Due::Keep });
                if !pushed_at_once {
                    said.extend(reel.run());
                }
            }
            reel.play.push_end();
            said.extend(reel.run());
            assert_eq!(said.len(), count);
            let mut lost = undecodable(&said);
            // Not said, and not seen either until the second picture came: of the first group one or two are lost, and
            // never again.
            if silent && !pushed_at_once {
                lost.retain(|at| *at >= group as i64);
            }
            assert!(lost.is_empty(), "silent {silent}, at once {pushed_at_once}: {lost:?}");
            if !silent || pushed_at_once {
                assert_eq!(painted(&said), [7]);
            }
        }
    }
}

#[test]
fn key_frames_alone_come_at_once() {
    av_quiet();
    let reels = [
        Reel::of(clip(Codec::H264)),
        Reel::of(clip(Codec::H265)),
        Reel::of(with_b_frames()),
        Reel::encoded(Codec::H265, 60, OPEN_GOP),
        Reel::encoded(Codec::H264, 60, "-c:v libx264 -g 15 -bf 3 -sc_threshold 0 -x264-params open-gop=1"),
    ];
    for (number, mut reel) in reels.into_iter().enumerate() {
        let keys = reel.keys();
        assert!(keys.len() >= 2, "{number}: {keys:?}");
        // One by one, each said to be the last; as in fast play forward and backward.
        for key in keys.iter().chain(keys.iter().rev()) {
            reel.push(*key, Due::Show);
            reel.play.push_end();
            assert_eq!(painted(&reel.run()), [*key as i64], "{number}");
        }
        // All at once.
        for key in &keys {
            reel.push(*key, Due::Show);
        }
        reel.play.push_end();
        assert_eq!(painted(&reel.run()), keys.iter().map(|key| *key as i64).collect::<Vec<_>>(), "{number}");
    }
}

#[test]
fn open_groups_go_on_in_one_piece_and_begin_anywhere() {
    av_quiet();
    let mut reel = Reel::encoded(Codec::H265, 60, OPEN_GOP);
    for index in 0..60 {
        reel.push(index, Due::Keep);
    }
    reel.play.push_end();
    let said = reel.run();
    assert_eq!((decoded(&said).len(), undecodable(&said)), (60, vec![]));
    // From the second key frame on: what refers to the group before is said not to come, the rest comes.
    let from = reel.keys()[1];
    assert!(!reel.units[from + 1].key);
    reel.play.reset(1);
    for index in from..60 {
        reel.push(index, Due::Keep);
    }
    reel.play.push_end();
    let said = reel.run();
    let lost = undecodable(&said);
    assert!((1..=3).contains(&lost.len()), "{lost:?}");
    assert!(lost.iter().all(|at| (from as i64 + 1..from as i64 + 4).contains(at)), "{lost:?}");
    assert_eq!(decoded(&said).len() + lost.len(), 60 - from);
}

#[test]
fn after_a_reset_nothing_of_before_is_answered_and_a_key_frame_is_waited_for() {
    av_quiet();
    let mut reel = Reel::of(clip(Codec::H264));
    for index in 0..10 {
        reel.push(index, Due::Show);
    }
    reel.play.reset(1);
    assert_eq!(reel.run(), []);
    reel.push(3, Due::Show);
    reel.push(0, Due::Show);
    reel.push(1, Due::Pass);
    // The parameters went with the reset, so they come again, as the station sends them.
    assert_eq!(undecodable(&reel.run()), [3, 0, 1]);
    let clip = clip(Codec::H264);
    reel.play.push_params(VideoParams {
        codec: clip.codec,
        parameter_sets: clip.parameter_sets(),
        width_px: 0,
        height_px: 0,
        declared_fps: None,
    });
    for index in [3, 0, 1, 2] {
        reel.push(index, if index == 1 { Due::Pass } else { Due::Show });
    }
    let said = reel.run();
    assert_eq!((undecodable(&said), painted(&said), decoded(&said)), (vec![3], vec![0, 2], vec![1]));
}

#[test]
fn noise_is_not_painted_and_a_loss_is_played_over() {
    av_quiet();
    for codec in [Codec::H264, Codec::H265] {
        let clip = clip(codec);
        let noisy = |unit: &AccessUnit, seed: u64| {
            let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            let nals = unit.nals.iter().map(|nal| {
                let mut nal = nal.to_vec();
                for byte in nal.iter_mut().skip(3) {
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    *byte = random as u8;
                }
                nal.into()
            });
            AccessUnit { nals: nals.collect(), ..unit.clone() }
        };
        let mut wrong = 0;
        for round in 0..60 {
            let mut units = clip.units.clone();
            for (index, unit) in units.iter_mut().enumerate().take(25).skip(5) {
                *unit = noisy(unit, round * 100 + index as u64);
            }
            let mut reel = Reel::new(codec, units, clip.parameter_sets());
            (0..60).for_each(|index| reel.push(index, Due::Show));
            reel.play.push_end();
            let said = painted(&reel.run());
            let taken: Vec<&i64> = said.iter().filter(|at| (5..25).contains(*at)).collect();
            if !taken.is_empty() {
                println!("{codec:?} round {round}: {taken:?}");
            }
            wrong += taken.len();
            assert!((0..5).all(|at| said.contains(&at)), "{codec:?} {said:?}");
            // Whole again from a key frame on, at the latest.
            assert!((45..60).all(|at| said.contains(&at)), "{codec:?} {said:?}");
        }
        println!("{codec:?}: {wrong} of 1200 samples of noise painted");
        assert!(wrong <= 6, "{codec:?} {wrong}");
        // A sample lost: shown as it was recorded, not held.
        let mut reel = Reel::of(clip);
        (0..30).filter(|index| *index != 8).for_each(|index| reel.push(index, Due::Show));
        reel.play.push_end();
        let said = painted(&reel.run());
        assert!(said.len() >= 20, "{codec:?} {said:?}");
    }
}

fn av_quiet() {
    crate::av::quiet();
}
