//! The real window and the page in a browser, by keyboard and mouse, judged by what stands on the X screen and in the
//! database.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // failing is what a test's helpers do

use anyhow::{Context, Result};
use easien_camsim::strip;
use easien_link::commands::call;
use easien_link::data::{Bookmark, FeedItem, Note, Page as Part, Still};
use easien_model::{CameraId, SessionPhase, StreamKind};
use easien_tests::hands::key;
use easien_tests::room::{LOOK, Room, cameras_like_in_the_demo};
use easien_tests::screen::Area;
use easien_tests::seat::Seat;
use easien_tests::strips::Seen;
use easien_tests::wait;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(20);

fn room(seat: Seat, name: &str, cameras: u16) -> Result<Room> {
    let mut room = Room::new(name)?;
    room.prepare_seat(seat)?;
    room.start_cameras(easien_camsim::Options { small: true, ..cameras_like_in_the_demo(cameras) })?;
    room.start_station()?;
    room.add_simulated()?;
    room.wait_live(usize::from(cameras), Duration::from_secs(60))?;
    room.start_display(1920, 1080)?;
    Ok(room)
}

fn frames(seen: &[Seen]) -> BTreeMap<u16, u16> {
    seen.iter().map(|seen| (seen.camera, seen.frame)).collect()
}

/// Every picture on the screen is another one a moment later.
fn all_move(room: &Room) -> Result<()> {
    let before = frames(&room.seen()?);
    wait::until("every picture moves", Duration::from_secs(6), LOOK, || {
        let after = frames(&room.seen().map_err(|error| error.to_string())?);
        let frozen: Vec<_> =
            before.iter().filter(|(camera, frame)| after.get(camera) == Some(frame)).collect();
        if frozen.is_empty() { Ok(()) } else { Err(format!("frozen: {frozen:?}")) }
    })
}

fn grid_key(room: &Room, digit: char) -> Result<()> {
    room.hands()?.press_with(&[key::ALT], u32::from(digit))
}

/// Each of these holds at both seats: the window's native surface, and the page in a browser.
macro_rules! at_both_seats {
    ($($name:ident)*) => {
        mod window {
            use super::Seat;
            $(#[test] fn $name() -> anyhow::Result<()> { super::$name(Seat::Native) })*
        }
        mod browser {
            use super::Seat;
            $(#[test] fn $name() -> anyhow::Result<()> { super::$name(Seat::Browser) })*
        }
    };
}

at_both_seats! {
    the_keyboard_works_without_a_click
    grids_swapping_and_enlarging_show_the_right_cameras
    what_is_marked_and_written_in_the_window_is_there_after_a_restart
}

fn the_keyboard_works_without_a_click(seat: Seat) -> Result<()> {
    let mut room = room(seat, "keyboard", 4)?;
    let _page = room.start_seat(seat)?;
    room.wait_cameras(&[1, 2, 3, 4], SOON)?;
    grid_key(&room, '1')?;
    room.wait_cameras(&[1], SOON)?;
    Ok(())
}

fn grids_swapping_and_enlarging_show_the_right_cameras(seat: Seat) -> Result<()> {
    let mut room = room(seat, "wall", 16)?;
    let _page = room.start_seat(seat)?;
    let all: Vec<u16> = (1..=16).collect();
    let first = room.wait_cameras(&all, SOON)?;
    room.hands()?.click(first[0].area.middle())?;
    all_move(&room)?;
    for (digit, grid) in [('3', 9), ('2', 4), ('1', 1), ('5', 16), ('6', 16), ('7', 16), ('4', 16)] {
        grid_key(&room, digit)?;
        room.wait_cameras(&all[..grid], SOON).with_context(|| format!("after Alt+{digit}"))?;
        all_move(&room).with_context(|| format!("after Alt+{digit}"))?;
    }

    // Two tiles change places.
    let seen = room.seen()?;
    room.hands()?.drag(seen[0].area.middle(), seen[5].area.middle())?;
    let mut swapped = all.clone();
    swapped.swap(0, 5);
    room.wait_cameras(&swapped, SOON)?;

    // Enlarged by Enter: one picture, the same camera, and never a hole for longer than a blink.
    let small = seen[0].area.width;
    room.hands()?.click(seen[0].area.middle())?;
    std::thread::sleep(Duration::from_millis(200));
    room.hands()?.press(key::ENTER)?;
    let is_large = |seen: &[Seen]| seen.len() == 1 && seen[0].camera == 6 && seen[0].area.width > 2 * small;
    room.wait_seen("camera 6 large", SOON, is_large)?;
    let began = Instant::now();
    let mut hole: Option<Instant> = None;
    let mut longest = Duration::ZERO;
    while began.elapsed() < Duration::from_secs(6) {
        let seen = room.seen()?;
        assert!(seen.iter().all(|seen| seen.camera == 6), "another camera's picture: {seen:?}");
        if seen.is_empty() {
            longest = longest.max(hole.get_or_insert_with(Instant::now).elapsed());
        } else {
            hole = None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(longest < Duration::from_millis(300), "no picture for {longest:?} while the main stream came");
    main_is_live(&room, 6)?;

    // Double click makes it small again.
    let large = room.seen()?;
    room.hands()?.double_click(large.first().context("the large picture")?.area.middle())?;
    room.wait_cameras(&swapped, SOON)?;
    Ok(())
}

fn main_is_live(room: &Room, number: u16) -> Result<()> {
    let code = format!("C{number:03}");
    wait::until(&format!("{code}'s main stream is live"), SOON, LOOK, || {
        let cameras = room.cameras().map_err(|error| error.to_string())?;
        let camera = cameras.iter().find(|camera| camera.code == code).ok_or("no camera")?;
        let main = camera.sessions.iter().find(|session| session.which == StreamKind::Main);
        match main.map(|session| session.state.phase) {
            Some(SessionPhase::Live) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
}

#[test]
fn a_layout_is_saved_by_keys_and_the_wall_comes_back_after_the_window_is_killed() -> Result<()> {
    let mut room = room(Seat::Native, "layouts", 8)?;
    room.start_window()?;
    room.wait_cameras(&[1, 2, 3, 4, 5, 6, 7, 8], SOON)?;
    // One large, five around it.
    let lead = |cameras: std::ops::RangeInclusive<u16>| {
        move |seen: &[Seen]| {
            let mut shown: Vec<u16> = seen.iter().map(|seen| seen.camera).collect();
            shown.sort_unstable();
            let width =
                |camera: u16| seen.iter().find(|seen| seen.camera == camera).map(|seen| seen.area.width);
            let large = width(*cameras.start()).zip(width(cameras.start() + 1));
            shown.into_iter().eq(cameras.clone()) && large.is_some_and(|(large, small)| 2 * large > 3 * small)
        }
    };
    let hands = room.hands()?;
    hands.press_with(&[key::ALT], u32::from('8'))?;
    room.wait_seen("1+5", SOON, lead(1..=6))?;
    hands.press_with(&[key::CONTROL], u32::from('s'))?;
    std::thread::sleep(Duration::from_millis(600));
    hands.type_text("Chợ và trường")?;
    hands.press(key::ENTER)?;
    let saved = wait::until("the layout", SOON, LOOK, || {
        let layouts = room.call::<call::LayoutList>(()).map_err(|error| error.to_string())?;
        layouts.into_iter().next().ok_or_else(|| "none".to_owned())
    })?;
    assert_eq!((saved.name.as_str(), saved.cameras.len()), ("Chợ và trường", 8));
    // The dialog goes when the layout is saved; the wall has the keyboard then.
    std::thread::sleep(Duration::from_millis(800));
    // The next page; the second of its two cameras is in focus.
    hands.press(key::PAGE_DOWN)?;
    room.wait_seen("the second page", SOON, lead(7..=8))?;
    hands.press(key::RIGHT)?;
    let remembered = |room: &Room| -> Result<_, String> {
        let wall = room.call::<call::WallRecall>("main".into()).map_err(|error| error.to_string())?;
        let view = wall.ok_or("nothing")?.view;
        if (view.page, view.focus, view.layout) == (1, 1, Some(saved.id)) {
            Ok(view)
        } else {
            Err(format!("{view:?}"))
        }
    };
    let before = wait::until("page, focus and layout remembered", SOON, LOOK, || remembered(&room))?;
    room.window.as_mut().context("window")?.kill()?;
    room.start_window()?;
    room.wait_seen("the second page again", SOON, lead(7..=8))?;
    // The keyboard goes on where it was.
    room.hands()?.press(key::ENTER)?;
    room.wait_seen("camera 8 large", SOON, |seen| seen.len() == 1 && seen[0].camera == 8)?;
    assert!(!before.large);
    Ok(())
}

/// Whether these are the cameras from 1 on, each once, wherever they stand.
fn is_whole_room(seen: &[Seen], cameras: u16) -> bool {
    let mut numbers: Vec<u16> = seen.iter().map(|seen| seen.camera).collect();
    numbers.sort_unstable();
    numbers == (1..=cameras).collect::<Vec<_>>()
}

#[test]
fn the_overview_shows_every_camera_and_a_typed_number_brings_one_up() -> Result<()> {
    const CAMERAS: u16 = 60;
    let mut room = room(Seat::Native, "overview", CAMERAS)?;
    let page = room.start_driven_window()?;
    let all: Vec<u16> = (1..=CAMERAS).collect();
    room.wait_seen("the wall", SOON, |seen| seen.len() == 16)?;

    // All at once, in order: by unit is by number here. Each is another picture within the next key frames.
    room.hands()?.press_char('o')?;
    let first = room.wait_cameras(&all, SOON)?;
    // Read from the strips: a pixel more or less is the reading's.
    let widths: Vec<u32> = first.iter().map(|seen| seen.area.width).collect();
    assert!(widths.iter().all(|width| width.abs_diff(widths[0]) <= 2), "all are of one size: {widths:?}");
    all_move(&room)?;
    let wrong = page.script(
        "return [...document.querySelectorAll('[data-tile]')].filter((tile, i) => \
         tile.dataset.camera !== `C${String(i + 1).padStart(3, '0')}`).length",
        &[],
    )?;
    assert_eq!(wrong, 0, "captions stand under their pictures");

    // A number: that camera alone and large; Esc: the overview again, nothing moved.
    room.hands()?.type_text("57")?;
    let large = |camera: u16| {
        move |seen: &[Seen]| seen.len() == 1 && seen[0].camera == camera && seen[0].area.width > 1000
    };
    room.wait_seen("camera 57 large", SOON, large(57))?;
    room.hands()?.press(key::ESCAPE)?;
    let again = room.wait_cameras(&all, SOON)?;
    assert_eq!(again[30].area.x.abs_diff(first[30].area.x) + again[30].area.y.abs_diff(first[30].area.y), 0);

    // A double click, and the wheel: the strip of the whole picture is not all on the screen any more.
    room.hands()?.double_click(again[4].area.middle())?;
    let seen = room.wait_seen("camera 5 large", SOON, large(5))?;
    room.hands()?.point(seen[0].area.middle())?;
    for _ in 0..3 {
        room.hands()?.press_char('+')?;
    }
    wait::until("a part of the picture fills the tile", SOON, LOOK, || {
        let seen = room.seen().map_err(|error| error.to_string())?;
        let said = page.text("[data-zoom]").unwrap_or_default();
        if seen.is_empty() && said.contains('×') { Ok(()) } else { Err(format!("{seen:?} {said}")) }
    })?;
    room.hands()?.press_char('z')?;
    room.wait_seen("camera 5 whole again", SOON, large(5))?;
    room.hands()?.press(key::ESCAPE)?;
    room.wait_cameras(&all, SOON)?;

    // A lost camera is hatched, the others go on.
    room.sim()?.set_mode("C033", StreamKind::Sub, easien_camsim::Mode::NotFound)?;
    let others: Vec<u16> = all.iter().copied().filter(|camera| *camera != 33).collect();
    room.wait_cameras(&others, SOON)?;
    wait::until("the lost camera says so", SOON, LOOK, || {
        let said = page.text("[data-camera=C033][data-tile]").map_err(|error| error.to_string())?;
        if said.contains("Mất") { Ok(()) } else { Err(said) }
    })?;
    room.sim()?.set_mode("C033", StreamKind::Sub, easien_camsim::Mode::None)?;
    room.wait_seen("camera 33 is back", Duration::from_secs(60), |seen| is_whole_room(seen, CAMERAS))?;
    Ok(())
}

struct Feed {
    bookmarks: Vec<Bookmark>,
    notes: Vec<Note>,
    stills: Vec<Still>,
}

fn feed(room: &Room) -> Result<Feed> {
    let mut feed = Feed { bookmarks: vec![], notes: vec![], stills: vec![] };
    for item in room.call::<call::FeedList>(Part { before: None, limit: 100 })? {
        match item {
            FeedItem::Bookmark(bookmark) => feed.bookmarks.push(bookmark),
            FeedItem::Note(note) => feed.notes.push(note),
            FeedItem::Still(still) => feed.stills.push(still),
            FeedItem::Camera(_) | FeedItem::Alarm(_) | FeedItem::Incident(_) => {}
        }
    }
    Ok(feed)
}

fn wait_feed<T>(room: &Room, what: &str, find: impl Fn(&Feed) -> Option<T>) -> Result<T> {
    wait::until(what, SOON, LOOK, || {
        let feed = feed(room).map_err(|error| error.to_string())?;
        find(&feed).ok_or_else(|| format!("{:?} {:?} {}", feed.bookmarks, feed.notes, feed.stills.len()))
    })
}

fn id_of(room: &Room, number: u16) -> Result<CameraId> {
    let code = format!("C{number:03}");
    Ok(room.cameras()?.iter().find(|camera| camera.code == code).context("camera")?.id)
}

fn tile(page: &easien_tests::webdriver::Page, number: u32) -> Result<Area> {
    page.rect(&format!("[data-tile=\"{number}\"]"))
}

fn what_is_marked_and_written_in_the_window_is_there_after_a_restart(seat: Seat) -> Result<()> {
    let mut room = room(seat, "mark", 4)?;
    let page = room.start_seat(seat)?;
    room.wait_cameras(&[1, 2, 3, 4], SOON)?;

    // From the tree into a tile: camera 3 goes where camera 1 was.
    let from =
        page.rect("[role=\"treeitem\"][data-camera=\"C003\"], [data-camera=\"C003\"]:not([data-tile])")?;
    room.hands()?.drag(from.middle(), tile(&page, 0)?.middle())?;
    let seen = room.wait_seen("camera 3 in the first tile", SOON, |seen| {
        seen.first().is_some_and(|first| first.camera == 3)
    })?;
    let wall: Vec<u16> = seen.iter().map(|seen| seen.camera).collect();

    // B: the moment, then its title, while the video goes on.
    let hands = room.hands()?;
    hands.click(seen[0].area.middle())?;
    hands.press_char('b')?;
    let third = id_of(&room, 3)?;
    let made = wait_feed(&room, "the bookmark", |feed| feed.bookmarks.first().cloned())?;
    assert_eq!(made.cameras, [third]);
    assert_eq!(made.end - made.start, 90_000_000, "30 s before, 60 s after");
    all_move(&room)?;
    hands.type_text("Đốt rác ven đường")?;
    hands.press(key::ENTER)?;
    wait_feed(&room, "the bookmark's title", |feed| {
        feed.bookmarks.iter().any(|bookmark| bookmark.text.title == "Đốt rác ven đường").then_some(())
    })?;

    // S: a still of what the camera shows, at full resolution.
    hands.press(key::ESCAPE)?;
    hands.click(seen[0].area.middle())?;
    hands.press_char('s')?;
    let still = wait_feed(&room, "the still", |feed| feed.stills.first().cloned())?;
    let file = room.data().join("stills").join(&still.file);
    let picture = image::open(&file).with_context(|| file.display().to_string())?.to_rgb8();
    assert_eq!((still.camera, (still.width_px, still.height_px)), (third, picture.dimensions()));
    assert_eq!(strip::read(&picture).map(|strip| strip.camera), Some(3), "the still is of camera 3");
    assert!(still.file.contains("C003"), "named by camera and time: {}", still.file);

    // G: the quick note, tied to camera and time.
    hands.press_char('g')?;
    std::thread::sleep(Duration::from_millis(300));
    let text = "Xe máy đi ngược chiều";
    hands.type_text(text)?;
    hands.press(key::ENTER)?;
    let note = wait_feed(&room, "the note", |feed| feed.notes.first().cloned())?;
    assert_eq!((note.text.as_str(), note.camera), (text, Some(third)));
    wait::until("the note on the screen", SOON, LOOK, || {
        let shown = page.text("body").map_err(|error| error.to_string())?;
        if shown.contains(text) && shown.contains("Đốt rác ven đường") { Ok(()) } else { Err(shown) }
    })?;

    // Window and station are closed in order and come back as they were.
    drop(page);
    let before = feed(&room)?;
    room.station.as_mut().context("station")?.stop(Duration::from_secs(15))?;
    room.start_station()?;
    room.wait_live(4, Duration::from_secs(60))?;
    let page = room.start_seat(seat)?;
    room.wait_cameras(&wall, SOON)?;
    let after = feed(&room)?;
    assert_eq!(after.bookmarks, before.bookmarks);
    assert_eq!(after.notes, before.notes);
    assert_eq!(after.stills, before.stills);
    wait::until("the feed on the screen again", SOON, LOOK, || {
        let shown = page.text("body").map_err(|error| error.to_string())?;
        if shown.contains(text) && shown.contains("Đốt rác ven đường") { Ok(()) } else { Err(shown) }
    })
}
