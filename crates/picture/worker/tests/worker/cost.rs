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
