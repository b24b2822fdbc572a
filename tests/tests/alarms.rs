//! Alarms in the real window: a line goes down, one thing flashes, a key ends that, and all is quiet when it is back.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // failing is what a test's helpers do

use anyhow::Result;
use easien_camsim::Mode;
use easien_link::commands::call;
use easien_link::data::{Alarm, AlarmKind, AlarmQuery};
use easien_model::StreamKind;
use easien_tests::room::{LOOK, Room, cameras_like_in_the_demo};
use easien_tests::wait;
use easien_tests::webdriver::Page;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(30);
const LOST: std::ops::RangeInclusive<u16> = 1..=6;

fn set(room: &Room, mode: Mode) -> Result<()> {
    for number in LOST {
        // The main stream too: that of the camera in focus is open beside the sub stream.
        for which in [StreamKind::Sub, StreamKind::Main] {
            room.sim()?.set_mode(&format!("C{number:03}"), which, mode)?;
        }
    }
    Ok(())
}

fn alarms(room: &Room) -> Result<Vec<Alarm>> {
    room.call::<call::AlarmList>(AlarmQuery { kinds: vec![AlarmKind::CameraLost], ..AlarmQuery::default() })
}

/// What flashes, what stands in the strip, and what its text is.
fn strip(page: &Page) -> Result<(u64, String, String)> {
    let script = "const shown = document.querySelector('[data-alarm-shown]');
        return [document.querySelectorAll('.flash').length, shown?.dataset.alarmShown ?? '', shown?.textContent ?? ''];";
    let seen = page.script(script, &[])?;
    let text =
        |n: usize| seen[n].as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    Ok((seen[0].as_u64().unwrap_or_default(), text(1), text(2)))
}

fn wait_strip(page: &Page, what: &str, is: impl Fn(&(u64, String, String)) -> bool) -> Result<()> {
    wait::until(what, SOON, LOOK, || {
        let seen = strip(page).map_err(|error| error.to_string())?;
        if is(&seen) { Ok(()) } else { Err(format!("{seen:?}")) }
    })
}

#[test]
fn a_line_down_is_one_flashing_thing_until_somebody_takes_note() -> Result<()> {
    let mut room = Room::new("alarms")?;
    room.start_cameras(easien_camsim::Options { small: true, ..cameras_like_in_the_demo(8) })?;
    room.start_station()?;
    room.add_simulated()?;
    room.set(|settings| settings.alarm_after_s = 4)?;
    room.wait_live(8, Duration::from_secs(60))?;
    room.start_display(1280, 720)?;
    let page = room.start_driven_window()?;
    room.wait_cameras(&(1..=8).collect::<Vec<_>>(), SOON)?;
    assert_eq!(strip(&page)?.0, 0, "nothing flashes while all is well");

    set(&room, Mode::NotFound)?;
    wait_strip(&page, "one flashing alarm of six cameras", |(flashing, kind, text)| {
        *flashing == 1 && kind == "camera_lost" && text.contains('6')
    })?;
    assert_eq!(alarms(&room)?.len(), 1, "six cameras of one address are one alarm");
    wait::until("six dark cells in the strip", SOON, LOOK, || {
        let script = "return document.querySelector('[data-cells]').dataset.dark";
        let dark = page.script(script, &[]).map_err(|error| error.to_string())?;
        if dark == "6" { Ok(()) } else { Err(dark.to_string()) }
    })?;

    // A: seen. Nothing flashes any more, the alarm stands.
    room.hands()?.press_char('a')?;
    wait_strip(&page, "nothing flashing", |(flashing, kind, _)| *flashing == 0 && kind == "camera_lost")?;
    let seen = alarms(&room)?.remove(0);
    assert!(seen.acknowledged.is_some() && seen.cleared.is_none(), "{seen:?}");

    set(&room, Mode::None)?;
    wait_strip(&page, "an empty strip", |(flashing, kind, _)| *flashing == 0 && kind.is_empty())?;
    let over = alarms(&room)?;
    assert!(over.len() == 1 && over[0].cleared.is_some(), "{over:?}");
    Ok(())
}
