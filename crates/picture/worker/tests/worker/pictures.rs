//! The right pictures, in time.

use crate::road::*;
use easien_camsim::clip::Variant;
use easien_camsim::strip;
use easien_model::{CameraId, Codec, StreamId, StreamKind};
use easien_mosaic::Tier;
use easien_picture::TileWant;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn every_kind_of_stream_is_painted_whole_and_moves() {
    let room = Room::open(options());
    let kinds = [
        clip(1, StreamKind::Sub, Codec::H264, Variant::Usual),
        clip(2, StreamKind::Sub, Codec::H265, Variant::Usual),
        clip(3, StreamKind::Sub, Codec::H264, Variant::BFrames),
        clip(4, StreamKind::Sub, Codec::H264, Variant::RecoveryPoint),
        clip(5, StreamKind::Main, Codec::H265, Variant::Usual),
        clip(6, StreamKind::Sub, Codec::H264, Variant::OtherIds),
    ];
    let cameras: Vec<CameraId> = kinds.iter().map(|clip| room.road.sub(clip.clone())).collect();
    let tiles: Vec<TileWant> =
        cameras.iter().zip(0..).map(|(camera, tile)| want(tile, *camera, 240, 135)).collect();
    let wall = room.show(&tiles);
    for (tile, camera) in cameras.iter().enumerate() {
        let first = wall.next(tile, 5 * SECOND).await.unwrap_or_else(|| panic!("no picture of {tile}"));
        assert_eq!(first.frame.camera, *camera);
        assert_eq!(first.frame.tier, Tier::Sub);
        assert_eq!(first.frame.assignment, wall.shown.tiles[tile].assignment);
        let mut frames = vec![first.strip.unwrap_or_else(|| panic!("no strip in {tile}: {first:?}")).frame];
        for _ in 0..8 {
            let seen = wall.next(tile, 2 * SECOND).await.unwrap();
            let strip = seen.strip.unwrap_or_else(|| panic!("no strip in {tile}: {seen:?}"));
            assert_eq!(usize::from(strip.camera), tile + 1);
            frames.push(strip.frame);
        }
        frames.dedup();
        assert!(frames.len() >= 7, "{tile} does not move: {frames:?}");
    }
    room.close().await;
}

#[tokio::test]
async fn painted_soon_after_arrival_also_with_b_frames_unknown() {
    let room = Room::open(options());
    let cameras: Vec<CameraId> = (1..=4).map(|camera| room.road.sub(usual(camera))).collect();
    let tiles: Vec<TileWant> =
        cameras.iter().zip(0..).map(|(camera, tile)| want(tile, *camera, 320, 180)).collect();
    let wall = room.show(&tiles);
    wall.next(0, 5 * SECOND).await.unwrap();
    tokio::time::sleep(SECOND / 2).await;
    let mut ages = Vec::new();
    for _ in 0..15 {
        for tile in 0..4 {
            ages.push(wall.next(tile, SECOND).await.unwrap().age.as_millis());
        }
    }
    ages.sort_unstable();
    // A stream delayed by one picture would be at 67 ms and more everywhere.
    assert!(ages[ages.len() / 2] < 60, "{ages:?}");
    room.close().await;
}

#[tokio::test]
async fn a_layout_of_known_cameras_is_there_at_once() {
    let room = Room::open(options());
    let cameras: Vec<CameraId> = (1..=4).map(|camera| room.road.sub(usual(camera))).collect();
    let small: Vec<TileWant> =
        cameras.iter().zip(0..).map(|(camera, tile)| want(tile, *camera, 320, 180)).collect();
    let wall = room.show(&small);
    for tile in 0..4 {
        wall.next(tile, 5 * SECOND).await.unwrap();
    }
    // The streams stop: what comes now can only be the pictures that the workers keep.
    for camera in &cameras {
        let sends = Sends { silent: true, ..Sends::new(usual(1)) };
        room.road.set(StreamId { camera: *camera, which: StreamKind::Sub }, sends);
    }
    tokio::time::sleep(SECOND / 4).await;
    let large: Vec<TileWant> =
        cameras.iter().rev().zip(0..).map(|(camera, tile)| want(tile, *camera, 477, 268)).collect();
    let wall = room.show(&large);
    for tile in 0..4 {
        let seen = wall.next(tile, SECOND).await.unwrap();
        assert_eq!(seen.camera(), Some(4 - tile as u16));
    }
    room.close().await;
}

#[tokio::test]
async fn enlarging_goes_from_sub_to_main_and_back_when_main_is_lost() {
    let room = Room::open(options());
    let camera = room.road.sub(usual(1));
    let main = StreamId { camera, which: StreamKind::Main };
    // Told apart by their numbers; a real camera's two streams would not be.
    let main_clip = clip(51, StreamKind::Main, Codec::H264, Variant::Usual);
    room.road.set(main, Sends { silent: true, ..Sends::new(main_clip.clone()) });
    let wall = room.show(&[want(0, camera, 320, 180)]);
    assert_eq!(wall.next(0, 5 * SECOND).await.unwrap().camera(), Some(1));

    let wall = room.show(&[TileWant { main: true, ..want(0, camera, 640, 360) }]);
    let first = wall.next(0, SECOND).await.unwrap();
    assert_eq!((first.camera(), first.frame.tier), (Some(1), Tier::Sub));
    room.road.set(main, Sends::new(main_clip.clone()));
    let large = wall.next_where(0, 6 * SECOND, |seen| seen.camera() == Some(51)).await.expect("main");
    assert_eq!(large.frame.tier, Tier::Main);
    for _ in 0..10 {
        let seen = wall.next(0, SECOND).await.unwrap();
        assert_eq!(seen.camera(), Some(51), "back to sub while main lives");
    }
    room.road.set(main, Sends { silent: true, ..Sends::new(main_clip) });
    let seen = wall.next_where(0, 8 * SECOND, |seen| seen.camera() == Some(1)).await;
    assert!(seen.is_some(), "no sub picture after main was lost");
    room.close().await;
}

#[tokio::test]
async fn a_blanked_camera_is_not_given_out() {
    let room = Room::open(options());
    let camera = room.road.sub(usual(1));
    let wall = room.show(&[want(0, camera, 320, 180)]);
    wall.next(0, 5 * SECOND).await.unwrap();
    room.pictures.blank(camera, true);
    assert!(wall.next(0, SECOND / 2).await.is_none());
    let again = room.show(&[want(0, camera, 320, 180)]);
    assert!(again.next(0, SECOND / 2).await.is_none());
    room.pictures.blank(camera, false);
    assert!(again.next(0, SECOND).await.is_some());
    room.close().await;
}

#[tokio::test]
async fn stills_are_of_full_size_and_new() {
    let room = Room::open(options());
    let camera = room.road.sub(usual(1));
    let main = StreamId { camera, which: StreamKind::Main };
    room.road.set(main, Sends::new(clip(51, StreamKind::Main, Codec::H264, Variant::Usual)));
    // Of a stream that nobody shows.
    let still = room.pictures.still(main).await.unwrap();
    assert_eq!((still.width_px, still.height_px), (640, 360));
    let at = |x: u32, y: u32| {
        let at = ((y * 640 + x) * 3) as usize;
        strip::luma(still.rgb[at], still.rgb[at + 1], still.rgb[at + 2])
    };
    assert_eq!(strip::read_with(640, 360, at).unwrap().camera, 51);
    let age = easien_model::Clock::utc_now(&easien_model::SystemClock).since(still.arrived);
    assert!(age < SECOND, "{age:?}");
    // Of one that is nowhere.
    let nowhere = StreamId { camera: CameraId::new(), which: StreamKind::Main };
    let short = easien_picture::Options { still: SECOND / 2, ..options() };
    let other = Room::open(short);
    assert!(other.pictures.still(nowhere).await.is_err());
    other.close().await;
    // Streams opened for stills are let go.
    tokio::time::sleep(5 * SECOND).await;
    assert!(room.pictures.streams().is_empty(), "{:?}", room.pictures.streams());
    room.close().await;
}

#[tokio::test]
async fn one_gop_gives_its_last_picture() {
    let room = Room::open(options());
    tokio::time::sleep(SECOND / 4).await;
    let stream = StreamId { camera: CameraId::new(), which: StreamKind::Main };
    for (codec, variant) in
        [(Codec::H264, Variant::Usual), (Codec::H265, Variant::Usual), (Codec::H264, Variant::BFrames)]
    {
        let clip = clip(3, StreamKind::Sub, codec, variant);
        for most in [1, 12] {
            let still = room.pictures.decode_one(gop(stream, &clip, most)).await.unwrap();
            assert_eq!((still.width_px, still.height_px), (320, 180));
            let last = clip.units[..most].iter().map(|unit| unit.pts_90k).max().unwrap();
            assert_eq!(still.pts.0, last, "{codec:?} {variant:?} {most}");
        }
    }
    assert!(room.pictures.decode_one(vec![]).await.is_err());
    room.close().await;
}
