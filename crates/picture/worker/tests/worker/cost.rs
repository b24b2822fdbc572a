//! What painting costs, beside bare decoding and scaling of the same samples. Run by hand:
//! `cargo nextest run -p easien-picture-worker -E 'test(cost)' --run-ignored all --no-capture`

use crate::road::*;
use easien_camsim::clip::Variant;
use easien_camsim::clip::encode::Recipe;
use easien_model::{CameraId, Codec, StreamId, StreamKind};
use easien_picture::TileWant;
use easien_picture::wire::{self, SampleHead, ToWorker};
use std::time::{Duration, Instant};

/// CPU seconds of a process so far.
fn cpu_s(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

#[tokio::test]
#[ignore = "measures for half a minute; a machine at rest is needed"]
async fn cost_of_sixteen_tiles() {
    let recipe = |camera| Recipe {
        camera,
        which: StreamKind::Sub,
        codec: Codec::H264,
        variant: Variant::Usual,
        small: false,
    };
    let clips: Vec<_> = (1..=4).map(|camera| clip_of(recipe(camera))).collect();
    let seconds = 10;

    let mut samples = Vec::new();
    for key in 0..16_u32 {
        let stream = StreamId { camera: CameraId::new(), which: StreamKind::Sub };
        let easien_model::Params::Video(params) = &*params(&clips[key as usize % 4]) else { unreachable!() };
        wire::put(&mut samples, &ToWorker::Params { key, params: params.clone() }, &[]).unwrap();
        for sample in gop(stream, &clips[key as usize % 4], 15 * seconds) {
            wire::put(&mut samples, &ToWorker::Sample(SampleHead::of(key, &sample)), &sample.data).unwrap();
        }
    }
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("floor.samples");
    std::fs::write(&file, &samples).unwrap();
    let floor = std::process::Command::new(env!("CARGO_BIN_EXE_easien-picture"))
        .args(["floor", "480", "270"])
        .arg(&file)
        .output()
        .unwrap();
    println!("floor of {seconds} s: {}", String::from_utf8_lossy(&floor.stdout).trim());

    let room = Room::open(options());
    let cameras: Vec<CameraId> = (0..16).map(|index| room.road.sub(clips[index % 4].clone())).collect();
    let tiles: Vec<TileWant> =
        cameras.iter().zip(0..).map(|(camera, tile)| want(tile, *camera, 480, 270)).collect();
    let wall = room.show(&tiles);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let own = std::process::id();
    let workers: Vec<u32> = room.pictures.workers().iter().filter_map(|worker| worker.pid).collect();
    let cpu = || (cpu_s(own), workers.iter().map(|pid| cpu_s(*pid)).sum::<f64>());
    let (before, begun) = (cpu(), Instant::now());
    let mut ages = Vec::new();
    let mut painted = 0;
    while begun.elapsed() < Duration::from_secs(seconds as u64) {
        // Like a window: 30 looks a second.
        tokio::time::sleep(Duration::from_millis(33)).await;
        if wall.view.changed() {
            for tile in 0..16 {
                if let Some(front) = wall.view.slot(tile).unwrap().take() {
                    painted += 1;
                    let now = easien_model::Clock::utc_now(&easien_model::SystemClock);
                    ages.push(now.since(front.frame.arrived).as_micros());
                }
            }
        }
    }
    let (after, passed) = (cpu(), begun.elapsed().as_secs_f64());
    ages.sort_unstable();
    println!(
        "{painted} pictures in {passed:.1} s; station's side {:.3} core, workers {:.3} core; arrival to taken p50 {} us, p95 {} us",
        (after.0 - before.0) / passed,
        (after.1 - before.1) / passed,
        ages[ages.len() / 2],
        ages[ages.len() * 95 / 100],
    );
    room.close().await;
}

/// Milliseconds from pushing a group of pictures to its key frame painted, its target painted, and all of it decoded.
async fn seek(
    desk: (&easien_picture::Play, &mut easien_picture::PlayEvents),
    group: &[std::sync::Arc<easien_model::Sample>],
    target: usize,
    keep: bool,
) -> [f64; 3] {
    use easien_picture::PlayEvent;
    let (play, events) = desk;
    let begun = Instant::now();
    play.reset();
    for (index, sample) in group.iter().enumerate() {
        if index == 0 || index == target {
            play.push(sample, true);
        } else if keep || index > target {
            play.push(sample, false);
        } else {
            play.pass(sample);
        }
    }
    play.end_of_gop();
    let mut took = [0.0; 3];
    for answer in 0..group.len() {
        let event = events.next().await.unwrap();
        let at_ms = begun.elapsed().as_secs_f64() * 1000.0;
        match event {
            PlayEvent::Painted { at, .. } if at == group[target].arrived => took[1] = at_ms,
            PlayEvent::Painted { .. } => took[0] = at_ms,
            PlayEvent::Decoded { .. } => {}
            event => panic!("{event:?}"),
        }
        if answer + 1 == group.len() {
            took[2] = at_ms;
        }
    }
    took
}

#[tokio::test]
#[ignore = "measures; a machine at rest is needed"]
async fn cost_of_a_seek() {
    use easien_picture::TileSource;
    let room = Room::open(options());
    tokio::time::sleep(Duration::from_millis(300)).await;
    // EASIEN_LIVE=16: beside a live wall.
    let live: u32 = std::env::var("EASIEN_LIVE").ok().and_then(|live| live.parse().ok()).unwrap_or(0);
    let sub = |camera| Recipe {
        camera,
        which: StreamKind::Sub,
        codec: Codec::H264,
        variant: Variant::Usual,
        small: false,
    };
    let tiles: Vec<TileWant> = (0..live)
        .map(|tile| want(tile, room.road.sub(clip_of(sub(tile as u16 % 4 + 1))), 480, 270))
        .collect();
    let _live = room.pictures.show("live", &tiles).unwrap();
    for (which, codec, width, height) in [
        (StreamKind::Sub, Codec::H264, 480, 270),
        (StreamKind::Main, Codec::H264, 960, 544),
        (StreamKind::Main, Codec::H264, 1600, 900),
        (StreamKind::Main, Codec::H265, 960, 544),
    ] {
        let clip = clip_of(Recipe { camera: 1, which, codec, variant: Variant::Usual, small: false });
        let stream = StreamId { camera: CameraId::new(), which };
        let samples = recorded(stream, &clip, clip.units.len());
        let (play, mut events) = room.pictures.play(stream);
        let source = TileSource::Play(vec![play.id()]);
        let _wall = room.show(&[TileWant { source, ..want(0, stream.camera, width, height) }]);
        for keep in [true, false] {
            let mut all: Vec<[f64; 3]> = Vec::new();
            let groups: Vec<_> = samples.chunk_by(|_, next| !next.key).collect();
            for round in 0..40 {
                let group = groups[round % groups.len()];
                let target = round * 7 % (group.len() - 1) + 1;
                all.push(seek((&play, &mut events), group, target, keep).await);
            }
            let mut line = format!("{which:?} {codec:?} to {width}x{height}, group of {}", groups[0].len());
            for (index, what) in ["key frame", "target", "whole group"].iter().enumerate() {
                let mut ms: Vec<f64> = all.iter().map(|took| took[index]).collect();
                ms.sort_by(f64::total_cmp);
                line +=
                    &format!(", {what} p50 {:.0} p95 {:.0} ms", ms[ms.len() / 2], ms[ms.len() * 95 / 100]);
            }
            println!("{line}; what comes before {}", if keep { "kept" } else { "passed" });
        }
    }
    room.close().await;
}
