//! Where the eye is: tiles glanced at, looked at, zoomed into.

use crate::road::*;
use easien_camsim::clip::Variant;
use easien_model::{Codec, StreamId, StreamKind};
use easien_mosaic::Tier;
use easien_picture::{Part, TileWant};
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_part_of_the_picture_fills_the_tile_without_another_mosaic() {
    let room = Room::open(options());
    let camera = room.road.sub(usual(1));
    let wall = room.show(&[want(0, camera, 320, 180)]);
    wall.next(0, 5 * SECOND).await.unwrap();
    let silent = Sends { silent: true, ..Sends::new(usual(1)) };
    room.road.set(StreamId { camera, which: StreamKind::Sub }, silent);
    tokio::time::sleep(SECOND / 2).await;
    let slot = || wall.view.slot(0).unwrap();
    // The one that the worker keeps, painted anew.
    let pixels = async |part: Option<Part>| {
        // What was painted before and nobody took.
        drop(slot().take());
        let shown = room.pictures.show("main", &[TileWant { part, ..want(0, camera, 320, 180) }]).unwrap();
        assert_eq!(shown.handle, wall.shown.handle, "another mosaic");
        let until = Instant::now() + SECOND;
        loop {
            if let Some(front) = slot().take() {
                break front.pixels.as_ref().to_vec();
            }
            assert!(Instant::now() < until, "not painted anew for {part:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let part = Part { x: 0.5, y: 0.25, w: 0.5, h: 0.5 };
    let near = pixels(Some(part)).await;
    let whole = pixels(None).await;
    let luma = |pixels: &[u8], x: usize, y: usize| -> i32 {
        let at = (y * 320 + x) * 4;
        pixels[at..at + 3].iter().map(|byte| i32::from(*byte)).sum::<i32>() / 3
    };
    let (mut same, mut other) = (0, 0);
    for y in 2..178 {
        for x in 2..318 {
            let seen = luma(&near, x, y);
            same += (seen - luma(&whole, 160 + x / 2, 45 + y / 2)).abs();
            other += (seen - luma(&whole, x, y)).abs();
        }
    }
    assert!(same * 3 < other, "{same} where it should be, {other} where it was");
    room.close().await;
}

#[tokio::test]
async fn every_part_of_every_kind_of_picture_can_be_shown() {
    let room = Room::open(options());
    let kinds = [
        clip(1, StreamKind::Sub, Codec::H264, Variant::Usual),
        clip(2, StreamKind::Sub, Codec::H265, Variant::Usual),
    ];
    for clip in kinds {
        let camera = room.road.sub(clip);
        let wall = room.show(&[want(0, camera, 333, 187)]);
        wall.next(0, 5 * SECOND).await.unwrap();
        let edges = [0.0, 0.001, 0.33, 0.5, 0.999];
        for (x, y) in edges.iter().flat_map(|x| edges.iter().map(move |y| (*x, *y))) {
            for size in [0.001_f64, 0.0625, 0.5, 1.0] {
                let part = Part { x, y, w: size.min(1.0 - x), h: size.min(1.0 - y) };
                let wanted = TileWant { part: Some(part), ..want(0, camera, 333, 187) };
                room.pictures.show("main", &[wanted]).unwrap();
                wall.next(0, SECOND).await.unwrap_or_else(|| panic!("no picture of {part:?}"));
            }
        }
    }
    assert!(room.pictures.workers().iter().all(|worker| worker.restarts == 0), "a worker died");
    room.close().await;
}

#[tokio::test]
async fn what_is_glanced_at_shows_key_frames_and_runs_as_soon_as_it_is_looked_at() {
    let room = Room::open(options());
    let cameras: Vec<_> = (1..=6).map(|camera| room.road.sub(usual(camera))).collect();
    let tiles = |looked_at: Option<usize>| -> Vec<TileWant> {
        let tile = |(index, camera): (usize, &_)| TileWant {
            glance: true,
            focused: looked_at == Some(index),
            ..want(index as u32, *camera, 96, 54)
        };
        cameras.iter().enumerate().map(tile).collect()
    };
    let wall = room.show(&tiles(None));
    for tile in 0..6 {
        let seen = wall.next(tile, 5 * SECOND).await.unwrap();
        assert_eq!(seen.camera(), Some(tile as u16 + 1));
    }
    // What is taken at first for a stream that runs is over soon.
    tokio::time::sleep(SECOND).await;
    let decoded = || room.pictures.streams().iter().map(|info| info.stats.decoded).sum::<u64>();
    let before = decoded();
    tokio::time::sleep(4 * SECOND).await;
    let each = (decoded() - before) as f64 / 6.0;
    // 15 pictures a second, a key frame every two.
    assert!((1.0..=6.0).contains(&each), "{each} pictures decoded of each in four seconds");
    let seen = wall.next(3, 3 * SECOND).await.unwrap();
    assert_eq!((seen.camera(), seen.frame.tier), (Some(4), Tier::KeyFrames));

    room.pictures.show("main", &tiles(Some(3))).unwrap();
    let asked = Instant::now();
    let runs = |seen: &Seen| seen.frame.tier == Tier::Sub && seen.age < SECOND / 4;
    let seen = wall.next_where(3, 2 * SECOND, runs).await.expect("it does not run");
    assert_eq!(seen.camera(), Some(4));
    assert!(asked.elapsed() < SECOND, "only after {:?}", asked.elapsed());
    room.close().await;
}
