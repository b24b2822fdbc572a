//! The page presenter: the page itself paints what comes over the loopback WebSocket, in the window program and in a
//! plain browser. Judged, as everything, by the strips that stand on the X screen.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // failing is what a test's helpers do

use anyhow::{Context, Result};
use easien_camsim::Mode;
use easien_model::StreamKind;
use easien_tests::hands::key;
use easien_tests::room::{LOOK, Room, cameras_like_in_the_demo};
use easien_tests::screen::{Area, Shot};
use easien_tests::seat::Seat;
use easien_tests::strips::Seen;
use easien_tests::wait;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(20);
const CAMERAS: [u16; 4] = [1, 2, 3, 4];

fn room(name: &str, seat: Seat) -> Result<Room> {
    let mut room = Room::new(name)?;
    room.prepare_seat(seat)?;
    room.start_cameras(easien_camsim::Options { small: true, ..cameras_like_in_the_demo(4) })?;
    room.start_station()?;
    room.add_simulated()?;
    room.wait_live(CAMERAS.len(), Duration::from_secs(60))?;
    room.start_display(1280, 720)?;
    Ok(room)
}

#[test]
fn the_window_paints_by_the_page_when_it_is_told_to() -> Result<()> {
    let mut room = room("page", Seat::PageWindow)?;
    let page = room.start_seat(Seat::PageWindow)?;
    room.wait_cameras(&CAMERAS, SOON)?;
    let painter =
        page.script("return document.querySelector('.stage > canvas.page-presenter') !== null", &[])?;
    assert_eq!(painter, true, "the page has the canvas that it paints on");
    the_wall_holds(&room, Mode::NotFound)
}

#[test]
fn a_browser_on_the_station_s_websocket_shows_the_wall() -> Result<()> {
    let mut room = room("browser", Seat::Browser)?;
    let _page = room.start_seat(Seat::Browser)?;
    room.wait_cameras(&CAMERAS, Duration::from_secs(30))?;
    the_wall_holds(&room, Mode::Stall)
}

// ------------------------------------------------------------------------------------------- what must hold for both

fn the_wall_holds(room: &Room, fault: Mode) -> Result<()> {
    let all = room.wait_cameras(&CAMERAS, SOON)?;
    all_move(room)?;

    // Grids: the right cameras, in their order, and none that froze on the way.
    room.hands()?.click(all[0].area.middle())?;
    for (digit, shown) in [('1', &CAMERAS[..1]), ('3', &CAMERAS[..]), ('2', &CAMERAS[..])] {
        room.hands()?.press_with(&[key::ALT], u32::from(digit))?;
        room.wait_cameras(shown, SOON).with_context(|| format!("after Alt+{digit}"))?;
        all_move(room).with_context(|| format!("after Alt+{digit}"))?;
    }

    // Enlarged and back.
    let all = room.wait_cameras(&CAMERAS, SOON)?;
    let small = all[1].area.width;
    room.hands()?.click(all[1].area.middle())?;
    std::thread::sleep(Duration::from_millis(200));
    room.hands()?.press(key::ENTER)?;
    room.wait_seen("camera 2 alone and large", SOON, |seen| {
        seen.len() == 1 && seen[0].camera == 2 && seen[0].area.width * 2 > small * 3
    })?;
    all_move(room)?;
    room.hands()?.press(key::ESCAPE)?;
    let all = room.wait_cameras(&CAMERAS, SOON)?;

    // A lost or stalled camera: hatched, not its last picture; the others go on; it comes back by itself.
    let place = all[2].area;
    let camera_3 = |mode| room.sim()?.set_mode("C003", StreamKind::Sub, mode).map_err(anyhow::Error::from);
    camera_3(fault)?;
    room.wait_cameras(&[1, 2, 4], SOON)?;
    wait::until("the lost camera's tile is hatched", SOON, LOOK, || {
        let shot = room.capture().map_err(|error| error.to_string())?;
        let share = hatched(&shot, place);
        if share > 0.8 { Ok(()) } else { Err(format!("{share:.2} of it")) }
    })?;
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(2) {
        let seen = room.seen()?;
        assert!(seen.iter().all(|seen| seen.camera != 3), "a lost camera's picture: {seen:?}");
        std::thread::sleep(LOOK);
    }
    all_move(room)?;
    camera_3(Mode::None)?;
    room.wait_cameras(&CAMERAS, Duration::from_secs(30))?;
    all_move(room)
}

/// Every picture on the screen is another one a moment later.
fn all_move(room: &Room) -> Result<()> {
    let before = room.seen()?;
    wait::until("every picture moves", Duration::from_secs(6), LOOK, || {
        let after = room.seen().map_err(|error| error.to_string())?;
        let frozen: Vec<&Seen> = before
            .iter()
            .filter(|seen| !after.iter().any(|now| now.camera == seen.camera && now.frame != seen.frame))
            .collect();
        if frozen.is_empty() { Ok(()) } else { Err(format!("frozen or gone: {frozen:?}")) }
    })
}

/// The share of an area that has the dark greys of the hatching; a picture of a road has few of them.
fn hatched(shot: &Shot, area: Area) -> f64 {
    let mut dark = 0_u32;
    for y in area.y..area.y + area.height {
        for x in area.x..area.x + area.width {
            let [r, g, b] = shot.rgb(x, y);
            dark += u32::from(r < 48 && g < 52 && b < 64 && r.abs_diff(b) < 24);
        }
    }
    f64::from(dark) / f64::from((area.width * area.height).max(1))
}
