//! How fast the archive answers: a day's timeline out of two million segments, a seek to its picture on a screen that
//! plays while sixteen cameras are being recorded, and four cameras in step.

use crate::report::{Report, percentile};
use anyhow::{Context as _, Result, anyhow, ensure};
use easien_link::Event;
use easien_link::client::Events;
use easien_link::commands::call;
use easien_link::data::{
    Camera, RecordProfile, RecordStreams, RecordingPhase, ReviewSet, ReviewState, ReviewTile, TileShow,
    TimelineQuery, WallShow,
};
use easien_model::{StreamKind, UtcMicros};
use easien_tests::room::{Room, cameras_like_in_the_demo};
use easien_tests::wait;
use std::time::{Duration, Instant, SystemTime};

const CAMERAS: u16 = 16;
/// Those whose main stream is recorded too.
const WITH_MAIN: usize = 4;
const FRAME_US: i64 = 1_000_000 / 15;
const RECORDED: Duration = Duration::from_secs(45);
const SEEKS: usize = 60;
const WINDOW: &str = "bench";

/// The benchmark.
///
/// # Errors
/// When the room does not come up, or a picture never comes.
pub fn run() -> Result<Report> {
    let mut report = Report::new("review")?;
    crate::timeline::measure(&mut report)?;
    let mut room = Room::new("bench-review")?;
    room.start_cameras(cameras_like_in_the_demo(CAMERAS))?;
    room.start_station()?;
    for index in 0..usize::from(CAMERAS) {
        let mut draft = room.draft(index)?;
        let streams = if index < WITH_MAIN { RecordStreams::Both } else { RecordStreams::Sub };
        draft.record = Some(RecordProfile { streams, ..RecordProfile::default() });
        room.call::<call::CameraAdd>(draft)?;
    }
    // The simulated main streams are drawn first.
    wait::until("every stream is recorded", Duration::from_secs(240), Duration::from_millis(500), || {
        let cameras = room.cameras().map_err(|error| error.to_string())?;
        let recorded = cameras.iter().flat_map(|camera| &camera.recordings);
        let count = recorded.filter(|one| one.phase == RecordingPhase::Recording).count();
        if count >= usize::from(CAMERAS) + WITH_MAIN { Ok(()) } else { Err(count.to_string()) }
    })?;
    let begun = now();
    std::thread::sleep(RECORDED);
    let cameras = room.cameras()?;
    seeks(&room, &cameras, begun, StreamKind::Sub, &mut report)?;
    seeks(&room, &cameras, begun, StreamKind::Main, &mut report)?;
    in_step(&room, &cameras, begun, &mut report)?;
    live_timeline(&room, &cameras, begun, &mut report)?;
    Ok(report)
}

fn tile(number: u32, camera: &Camera, which: StreamKind) -> TileShow {
    let (width_px, height_px, large) =
        if which == StreamKind::Main { (1920, 1080, true) } else { (640, 360, false) };
    TileShow {
        tile: number,
        camera: camera.id,
        width_px,
        height_px,
        large,
        archive: true,
        glance: false,
        focused: false,
        view: None,
    }
}

/// Random moments, one after the other: until the key frame that stands in is painted, and until the exact picture is.
fn seeks(
    room: &Room,
    cameras: &[Camera],
    begun: UtcMicros,
    which: StreamKind,
    report: &mut Report,
) -> Result<()> {
    let name = if which == StreamKind::Main { "main" } else { "sub" };
    let camera = cameras.first().context("a camera")?;
    room.call::<call::WallShow>(WallShow { window: WINDOW.into(), tiles: vec![tile(0, camera, which)] })?;
    let mut events = room.client()?.events();
    let span_us = now().0 - begun.0 - 8_000_000;
    let (mut first, mut exact) = (vec![], vec![]);
    // The same moments in every run: a linear congruential sequence (Knuth, MMIX).
    let mut seed: u64 = 20_261_123;
    for number in 0..SEEKS {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = UtcMicros(begun.0 + 2_000_000 + i64::try_from(seed >> 33)? % span_us);
        let asked = Instant::now();
        room.call::<call::ReviewSet>(ReviewSet {
            window: WINDOW.into(),
            at: Some(at),
            playing: Some(false),
            ..ReviewSet::default()
        })?;
        let (key_ms, exact_ms) = shown(room, &mut events, at, asked, which)
            .with_context(|| format!("seek {number} of {name} to {}", at.0))?;
        first.push(key_ms);
        exact.push(exact_ms);
    }
    report.add(
        &format!("{name}_seek_p95_ms"),
        percentile(&mut exact, 0.95).unwrap_or(f64::NAN),
        "ms to the exact picture",
    );
    report.add(&format!("{name}_seek_p50_ms"), percentile(&mut exact, 0.5).unwrap_or(f64::NAN), "ms");
    report.add(
        &format!("{name}_key_p95_ms"),
        percentile(&mut first, 0.95).unwrap_or(f64::NAN),
        "ms to the first picture, its age stated",
    );
    Ok(())
}

/// Milliseconds until any picture of this seek, and until the exact one.
fn shown(
    room: &Room,
    events: &mut Events,
    at: UtcMicros,
    asked: Instant,
    which: StreamKind,
) -> Result<(f64, f64)> {
    let mut first = None;
    loop {
        let state = next_state(room, events)?;
        let Some(tile) = state.tiles.first() else { continue };
        let (Some(picture), true) = (tile.at, state.at == at) else { continue };
        ensure!(tile.missing.is_none(), "nothing is recorded there: {tile:?}");
        let ms = asked.elapsed().as_secs_f64() * 1000.0;
        // A picture of the seek before may still stand there.
        let near = picture <= at && at - picture < 2_500_000;
        if near && tile.which == Some(which) {
            first.get_or_insert(ms);
            if !tile.key_only && at - picture <= FRAME_US * 2 {
                return Ok((first.unwrap_or(ms), ms));
            }
        }
    }
}

fn next_state(room: &Room, events: &mut Events) -> Result<ReviewState> {
    let next = async {
        while let Some(event) = events.next().await {
            if let Event::ReviewState(state) = event
                && state.window == WINDOW
            {
                return Ok(state);
            }
        }
        Err(anyhow!("the station is gone"))
    };
    room.block_on(async { tokio::time::timeout(Duration::from_secs(5), next).await })
        .context("no review.state within 5 s")?
}

/// Four cameras play: how far their pictures are apart.
fn in_step(room: &Room, cameras: &[Camera], begun: UtcMicros, report: &mut Report) -> Result<()> {
    let tiles: Vec<TileShow> =
        (0..4).zip(cameras).map(|(number, camera)| tile(number, camera, StreamKind::Sub)).collect();
    room.call::<call::WallShow>(WallShow { window: WINDOW.into(), tiles })?;
    room.call::<call::ReviewSet>(ReviewSet {
        window: WINDOW.into(),
        at: Some(begun.plus_seconds(4)),
        playing: Some(true),
        speed: Some(1.0),
        ..ReviewSet::default()
    })?;
    let mut events = room.client()?.events();
    let began = Instant::now();
    let (mut worst_us, mut looks) = (0, 0);
    while began.elapsed() < Duration::from_secs(15) {
        let state = next_state(room, &mut events)?;
        let times: Vec<i64> = state.tiles.iter().filter_map(|tile: &ReviewTile| Some(tile.at?.0)).collect();
        if times.len() < 4 || began.elapsed() < Duration::from_secs(2) {
            continue;
        }
        looks += 1;
        let (least, most) = (times.iter().min().copied(), times.iter().max().copied());
        worst_us = worst_us.max(most.unwrap_or(0) - least.unwrap_or(0));
    }
    ensure!(looks > 20, "only {looks} looks at four playing cameras");
    // Cameras do not send at the same moment: what is less than a frame apart shows the same moment.
    report.add("apart_frames", (worst_us / FRAME_US) as f64, "whole frames apart at most, 4 cameras at 1x");
    report.add("apart_ms", worst_us as f64 / 1000.0, "ms");
    Ok(())
}

fn live_timeline(room: &Room, cameras: &[Camera], begun: UtcMicros, report: &mut Report) -> Result<()> {
    let query = TimelineQuery {
        cameras: cameras.iter().map(|camera| camera.id).collect(),
        start: begun.plus_seconds(-86_400),
        end: now(),
        buckets: 1000,
    };
    let asked = Instant::now();
    room.call::<call::ReviewTimeline>(query)?;
    report.add(
        "timeline_16_live_ms",
        asked.elapsed().as_secs_f64() * 1000.0,
        "ms for 16 cameras over the link",
    );
    Ok(())
}

fn now() -> UtcMicros {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UtcMicros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
