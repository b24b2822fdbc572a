//! Dead workers, hanging workers, bad streams.

use crate::road::*;
use easien_camsim::clip::Variant;
use easien_model::{CameraId, Codec, StreamId, StreamKind};
use easien_picture::{Options, PictureEvent, TileWant};
use rustix::process::{Pid, Signal, kill_process};
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
}

#[tokio::test]
async fn after_a_segfault_the_tiles_are_back_within_two_seconds() {
    let room = Room::open(options());
    let mut events = room.pictures.events();
    let cameras: Vec<CameraId> = (1..=6).map(|number| room.road.sub(usual(number))).collect();
    let tiles: Vec<TileWant> =
        cameras.iter().zip(0..).map(|(camera, tile)| want(tile, *camera, 240, 135)).collect();
    let wall = room.show(&tiles);
    for tile in 0..6 {
        wall.next(tile, 5 * SECOND).await.unwrap();
    }
    for _ in 0..2 {
        // Three cameras each.
        for worker in 0..2 {
            let before = room.pictures.workers();
            let pid = before[worker].pid.unwrap();
            signal(pid, Signal::SEGV);
            let killed = Instant::now();
            let dead = loop {
                if let PictureEvent::WorkerDied { worker, .. } = events.recv().await.unwrap() {
                    break worker;
                }
            };
            assert_eq!(dead, worker);
            let noticed = killed.elapsed();
            for (tile, number) in (1..=6).enumerate() {
                // Pictures that arrived after the death, from every tile.
                let new = |seen: &Seen| seen.age < killed.elapsed();
                let seen = wall.next_where(tile, 2 * SECOND, new).await;
                assert_eq!(seen.unwrap_or_else(|| panic!("tile {tile} is not back")).camera(), Some(number));
            }
            let back = killed.elapsed();
            println!("noticed after {noticed:?}, all back after {back:?}");
            assert!(back < 2 * SECOND, "{back:?}");
            let after = room.pictures.workers();
            assert_ne!(after[worker].pid, Some(pid));
            assert_eq!(after[1 - worker].pid, before[1 - worker].pid);
        }
    }
    assert!(room.pictures.workers().iter().all(|worker| worker.restarts == 2));
    room.close().await;
}

#[tokio::test]
async fn a_hanging_worker_is_replaced() {
    let room = Room::open(Options { watchdog: SECOND, ..options() });
    let camera = room.road.sub(usual(1));
    let wall = room.show(&[want(0, camera, 240, 135)]);
    wall.next(0, 5 * SECOND).await.unwrap();
    for worker in room.pictures.workers() {
        signal(worker.pid.unwrap(), Signal::STOP);
    }
    let stopped = Instant::now();
    let seen = wall.next_where(0, 6 * SECOND, |seen| seen.age < stopped.elapsed()).await;
    assert!(seen.is_some());
    room.close().await;
}

#[tokio::test]
async fn a_stream_that_kills_two_workers_is_left_alone_and_the_others_go_on() {
    let room = Room::open(Options { quarantine: 3 * SECOND, ..options() });
    let mut events = room.pictures.events();
    let good = room.road.sub(usual(1));
    let bad = room.road.sub(clip(5, StreamKind::Main, Codec::H265, Variant::Usual));
    let stream = StreamId { camera: bad, which: StreamKind::Sub };
    // Its worker does nothing else, so a signal hits it in this stream's decoder.
    room.road.set(
        stream,
        Sends { flood: true, ..Sends::new(clip(5, StreamKind::Main, Codec::H265, Variant::Usual)) },
    );
    let wall = room.show(&[want(0, good, 240, 135), want(1, bad, 240, 135)]);
    wall.next(0, 5 * SECOND).await.unwrap();
    wall.next(1, 5 * SECOND).await.unwrap();
    let home = room.pictures.streams().iter().find(|info| info.stream == stream).unwrap().worker;
    let mut quarantined = false;
    for _ in 0..12 {
        tokio::time::sleep(SECOND / 4).await;
        let Some(pid) = room.pictures.workers()[home].pid else { continue };
        signal(pid, Signal::SEGV);
        tokio::time::sleep(SECOND / 4).await;
        while let Ok(event) = events.try_recv() {
            quarantined |=
                matches!(event, PictureEvent::Quarantined { stream: guilty, .. } if guilty == stream);
        }
        if quarantined {
            break;
        }
    }
    assert!(quarantined);
    assert!(room.pictures.streams().iter().all(|info| info.stream != stream));
    assert!(room.pictures.still(stream).await.is_err());
    let since = Instant::now();
    assert!(wall.next_where(0, 2 * SECOND, |seen| seen.age < since.elapsed()).await.is_some());
    // And tried again afterwards.
    room.road.set(stream, Sends::new(clip(5, StreamKind::Main, Codec::H265, Variant::Usual)));
    let since = Instant::now();
    assert!(wall.next_where(1, 6 * SECOND, |seen| seen.age < since.elapsed()).await.is_some());
    room.close().await;
}

#[tokio::test]
async fn garbage_is_never_painted_and_said_within_fifteen_seconds() {
    for codec in [Codec::H264, Codec::H265] {
        let room = Room::open(options());
        let mut events = room.pictures.events();
        let good = clip(7, StreamKind::Sub, codec, Variant::Usual);
        let camera = room.road.sub(good.clone());
        let stream = StreamId { camera, which: StreamKind::Sub };
        let wall = room.show(&[want(0, camera, 240, 135)]);
        wall.next(0, 5 * SECOND).await.unwrap();
        room.road.set(stream, Sends { garbage: true, ..Sends::new(good.clone()) });
        // What was on its way.
        tokio::time::sleep(SECOND / 4).await;
        let _ = wall.view.slot(0).unwrap().take();
        let begun = Instant::now();
        let mut said = false;
        while begun.elapsed() < 15 * SECOND && !said {
            if let Some(seen) = wall.next(0, SECOND / 10).await {
                assert_eq!(seen.camera(), Some(7), "{codec:?}: garbage painted after {:?}", begun.elapsed());
            }
            said =
                matches!(events.try_recv(), Ok(PictureEvent::Undecodable { stream: bad }) if bad == stream);
        }
        assert!(said, "{codec:?}");
        println!("{codec:?} said after {:?}", begun.elapsed());
        // Good again: painted from the next key frame on.
        room.road.set(stream, Sends::new(good));
        let seen = wall.next(0, 5 * SECOND).await.expect("a picture again");
        assert_eq!(seen.camera(), Some(7));
        let again = async { while !matches!(events.recv().await, Ok(PictureEvent::Decodable { .. })) {} };
        tokio::time::timeout(2 * SECOND, again).await.expect("said again");
        room.close().await;
    }
}

#[tokio::test]
async fn a_new_size_mid_stream_is_painted_in_its_shape() {
    let room = Room::open(options());
    let camera = room.road.sub(usual(9));
    let stream = StreamId { camera, which: StreamKind::Sub };
    let wall = room.show(&[want(0, camera, 240, 135)]);
    wall.next(0, 5 * SECOND).await.unwrap();
    for variant in [Variant::Smaller, Variant::Usual] {
        for codec in [Codec::H264, Codec::H265] {
            let other = clip(9, StreamKind::Sub, codec, variant);
            room.road.set(stream, Sends::new(other.clone()));
            let fits = |seen: &Seen| seen.frame.tier == easien_mosaic::Tier::Sub && seen.camera() == Some(9);
            let begun = Instant::now();
            loop {
                assert!(begun.elapsed() < 5 * SECOND, "{codec:?} {variant:?} not painted");
                let seen = wall.next(0, SECOND).await;
                assert!(seen.as_ref().is_none_or(fits), "{seen:?}");
                let stats = room.pictures.streams()[0].stats;
                if stats.width_px == other.width_px && seen.is_some() {
                    break;
                }
            }
        }
    }
    room.close().await;
}

#[tokio::test]
async fn a_long_gop_is_shown_at_once_and_the_worker_catches_up() {
    let room = Room::open(options());
    let camera = room.road.sub(clip(10, StreamKind::Sub, Codec::H264, Variant::Gop10));
    tokio::time::sleep(4 * SECOND).await;
    let wall = room.show(&[want(0, camera, 240, 135)]);
    assert!(wall.next(0, SECOND).await.is_some());
    let caught_up = wall.next_where(0, 2 * SECOND, |seen| seen.age < SECOND / 5).await;
    assert!(caught_up.is_some());
    room.close().await;
}
