//! The review desk in the real window: what was recorded is found, stepped through, marked and held; retention takes
//! what is not held; and a window that dies costs no frame of recording. Judged by the strips in the pictures.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // failing is what a test's helpers do

use anyhow::{Context, Result, ensure};
use easien_link::commands::call;
use easien_link::data::{
    BookmarkQuery, Hold, HoldQuery, RecordingPhase, ReviewSet, ReviewState, TimelineLane, TimelineQuery,
};
use easien_model::UtcMicros;
use easien_tests::hands::key;
use easien_tests::room::{LOOK, Room, cameras_like_in_the_demo};
use easien_tests::wait;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SOON: Duration = Duration::from_secs(20);
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
const TWO_DAYS_US: i64 = 2 * 86_400_000_000;
/// Frames in the loop of a small simulated camera: 4 s at 15 a second.
const LOOP: i64 = 60;

fn now() -> UtcMicros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    UtcMicros(i64::try_from(since.as_micros()).unwrap())
}

fn wait_recording(room: &Room, count: usize) -> Result<()> {
    wait::until("recorded cameras", Duration::from_secs(40), LOOK, || {
        let cameras = room.cameras().map_err(|error| error.to_string())?;
        let recorded = cameras
            .iter()
            .flat_map(|camera| &camera.recordings)
            .filter(|one| one.phase == RecordingPhase::Recording)
            .count();
        if recorded >= count { Ok(()) } else { Err(recorded) }.map_err(|seen| seen.to_string())
    })
}

fn lanes(room: &Room, start: UtcMicros, end: UtcMicros) -> Result<Vec<TimelineLane>> {
    let cameras = room.cameras()?.iter().map(|camera| camera.id).collect();
    room.call::<call::ReviewTimeline>(TimelineQuery { cameras, start, end, buckets: 0 })
}

/// The window's playhead as it is; asking moves nothing.
fn playhead(room: &Room) -> Result<ReviewState> {
    room.call::<call::ReviewSet>(ReviewSet { window: "main".into(), ..ReviewSet::default() })
}

/// As a person in this time zone would type it.
fn typed(at: UtcMicros) -> Result<String> {
    let output = Command::new("date")
        .args(["-d", &format!("@{}", at.0 / 1_000_000), "+%d/%m/%Y %H:%M:%S"])
        .output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Types a moment, waits until the first tile shows its exact picture, and says which frame stands on the screen.
fn go_to(room: &Room, at: UtcMicros) -> Result<(i64, UtcMicros)> {
    let at = UtcMicros(at.0 / 1_000_000 * 1_000_000);
    room.hands()?.press_char('g')?;
    std::thread::sleep(Duration::from_millis(300));
    room.hands()?.type_text(&typed(at)?)?;
    room.hands()?.press(key::ENTER)?;
    settled(room, |state| state.at == at)
}

/// Waits until the playhead is where it should be and its exact picture stands on the screen.
fn settled(room: &Room, is: impl Fn(&ReviewState) -> bool) -> Result<(i64, UtcMicros)> {
    let picture = wait::until("the exact picture", SOON, LOOK, || {
        let state = playhead(room).map_err(|error| error.to_string())?;
        let tile = state.tiles.first().filter(|tile| !tile.key_only && tile.missing.is_none());
        match tile.and_then(|tile| tile.at) {
            Some(picture) if is(&state) => Ok(picture),
            _ => Err(format!("{state:?}")),
        }
    })?;
    std::thread::sleep(Duration::from_millis(250)); // from the mosaic to the screen
    let seen = room.wait_seen("a recorded picture", SOON, |seen| !seen.is_empty())?;
    ensure!(seen[0].camera == 1, "another camera's picture: {seen:?}");
    Ok((i64::from(seen[0].frame), picture))
}

/// Frames apart in the loop, by what the pictures say and by what the times say.
fn agree(a: (i64, UtcMicros), b: (i64, UtcMicros)) -> Result<()> {
    let by_picture = (b.0 - a.0).rem_euclid(LOOP);
    let by_time = ((b.1 - a.1) as f64 * 15.0 / 1e6).round() as i64;
    let apart = (by_picture - by_time.rem_euclid(LOOP)).rem_euclid(LOOP);
    ensure!(
        apart <= 1 || apart >= LOOP - 1,
        "pictures {a:?} and {b:?}: {by_picture} frames apart, by time {by_time}"
    );
    Ok(())
}

fn cameras_and_station(room: &mut Room) -> Result<()> {
    room.start_cameras(easien_camsim::Options { small: true, ..cameras_like_in_the_demo(2) })?;
    room.start_station()?;
    room.add_simulated()?;
    wait_recording(room, 2)
}

#[test]
fn what_was_recorded_is_found_marked_and_held_and_a_dead_window_costs_no_frame() -> Result<()> {
    let mut room = Room::new("review")?;
    // Two days ago: two stretches, the first of which will be held.
    for (name, value) in
        [("LD_PRELOAD", FAKETIME), ("FAKETIME", "-2d"), ("FAKETIME_DONT_FAKE_MONOTONIC", "1")]
    {
        room.env.push((name.into(), value.into()));
    }
    cameras_and_station(&mut room)?;
    let first = UtcMicros(now().0 - TWO_DAYS_US);
    std::thread::sleep(Duration::from_secs(16));
    room.stop_station()?;
    room.start_station()?;
    wait_recording(&room, 2)?;
    let second = UtcMicros(now().0 - TWO_DAYS_US);
    std::thread::sleep(Duration::from_secs(5));
    room.stop_station()?;
    room.env.clear();

    // Today.
    room.start_station()?;
    wait_recording(&room, 2)?;
    let today = now();
    room.start_display(1920, 1080)?;
    let page = room.start_driven_window()?;
    let live = room.wait_cameras(&[1, 2], SOON)?;
    room.hands()?.click(live[0].area.middle())?;
    std::thread::sleep(Duration::from_secs(3));
    room.hands()?.press_char('r')?;
    wait::until("the review desk", SOON, LOOK, || match playhead(&room) {
        Ok(state) if !state.tiles.is_empty() => Ok(()),
        other => Err(format!("{other:?}")),
    })?;

    // A moment typed by hand shows the picture of that moment; so do steps, both ways.
    let at_5 = go_to(&room, first.plus_seconds(5))?;
    let at_9 = go_to(&room, first.plus_seconds(9))?;
    agree(at_5, at_9)?;
    for _ in 0..3 {
        room.hands()?.press_char('.')?;
        std::thread::sleep(Duration::from_millis(250));
    }
    let stepped = settled(&room, |state| state.at > at_9.1)?;
    agree(at_9, stepped)?;
    let by = ((stepped.1 - at_9.1) as f64 * 15.0 / 1e6).round();
    ensure!(by == 3.0, "three steps went {by} frames");
    for _ in 0..3 {
        room.hands()?.press_char(',')?;
        std::thread::sleep(Duration::from_millis(250));
    }
    let back = settled(&room, |state| state.at < stepped.1)?;
    ensure!(
        back.1 == at_9.1 && back.0 == at_9.0,
        "three steps back from {stepped:?}: {back:?}, not {at_9:?}"
    );

    // Played, time goes on by itself.
    room.hands()?.press_char(' ')?;
    std::thread::sleep(Duration::from_secs(2));
    room.hands()?.press_char(' ')?;
    let played = playhead(&room)?;
    ensure!(!played.playing, "{played:?}");
    let went_us = played.at - back.1;
    ensure!((1_000_000..3_500_000).contains(&went_us), "2 s of playing went {went_us} us");

    // Scrubbing with the mouse on the timeline.
    let canvas = page.rect(".timeline canvas")?;
    let before = playhead(&room)?.at;
    let y = canvas.y + 12; // the ruler
    room.hands()?.drag((canvas.x + canvas.width / 2, y), (canvas.x + canvas.width / 2 + 120, y))?;
    wait::until("the playhead follows the hand", SOON, LOOK, || match playhead(&room) {
        Ok(state) if state.at != before => Ok(()),
        other => Err(format!("{other:?}")),
    })?;

    // From I to O, then a bookmark and a hold of it.
    go_to(&room, first.plus_seconds(3))?;
    room.hands()?.press_char('i')?;
    go_to(&room, first.plus_seconds(7))?;
    room.hands()?.press_char('o')?;
    std::thread::sleep(Duration::from_millis(300));
    room.hands()?.press_char('b')?;
    std::thread::sleep(Duration::from_millis(600));
    room.hands()?.type_text("Nghi vấn mang pháo")?;
    room.hands()?.press(key::ENTER)?;
    let mark = wait::until("the bookmark", SOON, LOOK, || {
        let all =
            room.call::<call::BookmarkList>(BookmarkQuery::default()).map_err(|error| error.to_string())?;
        all.into_iter().next().ok_or_else(|| "none".to_owned())
    })?;
    ensure!(mark.text.title == "Nghi vấn mang pháo" && mark.recorded, "{mark:?}");
    ensure!((mark.end - mark.start - 4_000_000).abs() < 200_000, "{mark:?}");
    std::thread::sleep(Duration::from_millis(600));
    room.hands()?.press_char('h')?;
    std::thread::sleep(Duration::from_millis(600));
    room.hands()?.type_text("Chờ xác minh")?;
    room.hands()?.press_with(&[key::CONTROL], key::ENTER)?;
    let hold = wait::until("the hold", SOON, LOOK, || {
        let all = room.call::<call::HoldList>(HoldQuery::default()).map_err(|error| error.to_string())?;
        all.into_iter().next().ok_or_else(|| "none".to_owned())
    })?;
    ensure!(hold.active && hold.reason == "Chờ xác minh" && hold.cameras == mark.cameras, "{hold:?}");

    // The window dies: the recording does not notice.
    drop(page);
    std::thread::sleep(Duration::from_secs(3));
    let later = now();
    for lane in lanes(&room, today, later)? {
        ensure!(lane.gaps.is_empty() && lane.spans.len() == 1, "the dead window cost footage: {lane:?}");
    }

    retention(&room, &hold, first, second)?;

    // What is held still plays.
    let page = room.start_driven_window()?;
    room.wait_seen("a picture", SOON, |seen| !seen.is_empty())?;
    room.hands()?.press(key::F1 + 1)?;
    wait::until("the review desk again", SOON, LOOK, || match playhead(&room) {
        Ok(state) if !state.tiles.is_empty() => Ok(()),
        other => Err(format!("{other:?}")),
    })?;
    let again = go_to(&room, first.plus_seconds(5))?;
    ensure!(again == at_5, "the held clip shows {again:?}, before it was {at_5:?}");
    drop(page);
    Ok(())
}

/// Everything older than a day goes, but for what is held.
fn retention(room: &Room, hold: &Hold, first: UtcMicros, second: UtcMicros) -> Result<()> {
    room.set(|settings| settings.keep_days = 1)?;
    let held = *hold.cameras.first().context("a camera")?;
    wait::until("retention has run", Duration::from_secs(100), Duration::from_millis(500), || {
        let all = lanes(room, first.plus_seconds(-60), second.plus_seconds(60))
            .map_err(|error| error.to_string())?;
        let of = |lane: &TimelineLane| lane.spans.len();
        let gone = all.iter().all(|lane| {
            if lane.camera == held {
                of(lane) == 1 && lane.spans.iter().all(|span| span.start < second)
            } else {
                of(lane) == 0
            }
        });
        if gone { Ok(()) } else { Err(format!("{all:?}")) }
    })
}
