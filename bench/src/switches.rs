//! How soon the wall shows what was asked for: a page of other cameras, from `wall.show` to the mosaic and from the key
//! to the screen, and an enlarged tile's main stream. At moments spread over the cameras' GOPs; in both codecs.

use crate::pace;
use crate::report::{Report, add_percentiles, percentile};
use anyhow::{Context, Result, ensure};
use easien_link::commands::call;
use easien_link::data::{Camera, WallMemory};
use easien_model::{CameraId, SessionPhase, StreamKind};
use easien_tests::dice::Dice;
use easien_tests::fake_window::{FakeWindow, Wish};
use easien_tests::hands::key;
use easien_tests::room::{Room, cameras_like_in_the_demo};
use easien_tests::schedule::Schedule;
use easien_tests::screen::Area;
use easien_tests::watch::Watch;
use std::collections::HashMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Every fourth sub stream is H.265: so many cameras have two pages of sixteen of each.
const SIMULATED: u16 = 128;
const PAGE: usize = 16;
const TILE_PX: (u32, u32) = (416, 234);
const LIMIT: Duration = Duration::from_secs(8);
/// Between two switches: a GOP and more.
const PAUSE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_millis(2600));
/// A picture of a main stream that is older does not count as the main stream on the screen.
const MAIN_AGE: Duration = Duration::from_millis(600);
/// Cameras whose main streams are drawn and enlarged: on the first page (H.264), and on the third (C008 and C024: the
/// main stream is H.265 too).
const ENLARGED: [&[u16]; 2] = [&[1, 2, 3, 5, 6, 7], &[4, 8, 12, 24]];

/// Measures it.
///
/// # Errors
/// When the room does not come up, or a tile stays empty.
pub fn measure(report: &mut Report) -> Result<()> {
    let mut dice = Dice::new("switches");
    let mut room = Room::new("bench-switches")?;
    room.start_cameras(cameras_like_in_the_demo(SIMULATED))?;
    room.start_station()?;
    let h265 = |number: u16| number.is_multiple_of(4);
    let cameras = room.add_some(|number| h265(number) || number <= 42)?;
    room.wait_live(4 * PAGE, Duration::from_secs(120))?;
    let (second, first): (Vec<u16>, Vec<u16>) = cameras.iter().map(number).partition(|n| h265(*n));
    let order: Vec<u16> = first.into_iter().chain(second).collect();
    ensure!(order.len() == 4 * PAGE, "four pages of cameras");
    let pages: Vec<&[u16]> = order.chunks(PAGE).collect();
    let ids: HashMap<u16, CameraId> = cameras.iter().map(|camera| (number(camera), camera.id)).collect();
    sleep(Duration::from_secs(3)); // every stream has a whole GOP behind it

    for (codec, at) in [("h264", 0), ("h265", 2)] {
        to_the_mosaic(&room, codec, [pages[at], pages[at + 1]], &ids, &mut dice, report)?;
    }
    let tiles = order.iter().map(|number| ids.get(number).copied()).collect();
    room.call::<call::WallRemember>(WallMemory { window: "main".into(), tiles, ..WallMemory::default() })?;
    room.start_display(1920, 1080)?;
    room.start_window()?;
    let seen = room.wait_cameras(pages[0], Duration::from_secs(60))?;
    let areas: Vec<Area> = seen.iter().map(|seen| seen.area).collect();
    room.hands()?.click(areas[0].middle())?;
    sleep(Duration::from_secs(3));
    let mut foreign = 0;
    for (codec, at) in [("h264", 0), ("h265", 2)] {
        foreign += to_the_screen(&room, codec, [pages[at], pages[at + 1]], &areas, &mut dice, report)?;
        // On to the next codec's pages; there and back ends on the first of two.
        if at == 0 {
            room.hands()?.press(key::PAGE_DOWN)?;
            sleep(Duration::from_millis(300));
            room.hands()?.press(key::PAGE_DOWN)?;
            room.wait_cameras(pages[2], LIMIT)?;
        }
    }
    for _ in 0..2 {
        room.hands()?.press(key::PAGE_UP)?;
        sleep(Duration::from_millis(300));
    }
    room.wait_cameras(pages[0], LIMIT)?;
    foreign += enlarge(&room, &pages, &areas, &mut dice, report)?;
    report.add(
        "foreign",
        f64::from(foreign),
        "pictures of a camera that belongs on neither side of a switch",
    );
    Ok(())
}

fn number(camera: &Camera) -> u16 {
    camera.code.trim_start_matches('C').parse().unwrap_or(0)
}

fn to_the_mosaic(
    room: &Room,
    codec: &str,
    pages: [&[u16]; 2],
    ids: &HashMap<u16, CameraId>,
    dice: &mut Dice,
    report: &mut Report,
) -> Result<()> {
    let mut window = FakeWindow::new("bench");
    let (mut all, mut each, mut calls) = (vec![], vec![], vec![]);
    for round in 0..=pace::rounds(40, 10) {
        let (width_px, height_px) = TILE_PX;
        let wishes: Vec<Wish> = pages[round % 2]
            .iter()
            .filter_map(|number| ids.get(number))
            .map(|camera| Wish { camera: *camera, width_px, height_px, large: false, glance: false })
            .collect();
        let began = Instant::now();
        let answered = window.show(room, &wishes)?;
        let firsts = window.firsts(began, LIMIT)?;
        for ((_, taken), number) in firsts.iter().zip(pages[round % 2]) {
            ensure!(
                taken.strip.is_some_and(|strip| strip.camera == *number),
                "another camera's picture: {taken:?}"
            );
        }
        let millis: Vec<f64> = firsts.iter().map(|(after, _)| after.as_secs_f64() * 1000.0).collect();
        // The first round starts decoders; a switch begins from a wall.
        if round > 0 {
            all.push(millis.iter().copied().fold(0.0, f64::max));
            calls.push((answered - began).as_secs_f64() * 1000.0);
            each.extend(millis);
        }
        pause(&window, dice.between(PAUSE.0, PAUSE.1))?;
    }
    window.show(room, &[])?;
    add_percentiles(report, &format!("mosaic_{codec}_all16"), "ms", &mut all);
    report.add(&format!("mosaic_{codec}_tile_p50_ms"), percentile(&mut each, 0.5).unwrap_or(f64::NAN), "ms");
    report.add(
        &format!("mosaic_{codec}_answer_p95_ms"),
        percentile(&mut calls, 0.95).unwrap_or(f64::NAN),
        "ms",
    );
    Ok(())
}

/// The fake window goes on taking pictures meanwhile, as a presenter does.
fn pause(window: &FakeWindow, time: Duration) -> Result<()> {
    let began = Instant::now();
    while began.elapsed() < time {
        window.take()?;
        sleep(Duration::from_millis(33));
    }
    Ok(())
}

/// Pages there and back, by the keys, from the key's press to the strips on the screen. Pictures of foreign cameras.
fn to_the_screen(
    room: &Room,
    codec: &str,
    pages: [&[u16]; 2],
    areas: &[Area],
    dice: &mut Dice,
    report: &mut Report,
) -> Result<u32> {
    let watch = Watch::new(room.screen()?, areas.to_vec());
    let schedule = Schedule::of(room.sim()?, false);
    let (mut all, mut ages, mut first) = (vec![], vec![], vec![]);
    let mut foreign = 0;
    // Ends where it began.
    for round in 0..pace::rounds(40, 10) / 2 * 2 {
        sleep(dice.between(PAUSE.0, PAUSE.1));
        let (from, to) = (pages[round % 2], pages[(round + 1) % 2]);
        let began = Instant::now();
        room.hands()?.press(if round % 2 == 0 { key::PAGE_DOWN } else { key::PAGE_UP })?;
        let mut done = None;
        let mut seen_first: Vec<Option<Duration>> = vec![None; to.len()];
        watch.follow(LIMIT, Duration::from_millis(4), |look| {
            for (((strip, from), to), first) in look.strips.iter().zip(from).zip(to).zip(&mut seen_first) {
                match strip.map(|strip| strip.camera) {
                    Some(camera) if camera == *to => {
                        first.get_or_insert(look.at - began);
                    }
                    // What was there goes once; it does not come back.
                    Some(camera) => foreign += u32::from(camera != *from || first.is_some()),
                    None => {}
                }
            }
            if look.shows(to) {
                done = Some(look.clone());
            }
            done.is_some()
        })?;
        let done = done.with_context(|| format!("not all of {to:?} on the screen within {LIMIT:?}"))?;
        all.push((done.at - began).as_secs_f64() * 1000.0);
        first.extend(seen_first.iter().flatten().map(|after| after.as_secs_f64() * 1000.0));
        let age = |strip| schedule.age(strip, StreamKind::Sub, done.at);
        ages.extend(
            done.strips
                .iter()
                .flatten()
                .filter_map(|strip| age(*strip))
                .map(|age| age.as_secs_f64() * 1000.0),
        );
    }
    add_percentiles(report, &format!("switch_{codec}_all16"), "ms", &mut all);
    report.add(&format!("switch_{codec}_tile_p50_ms"), percentile(&mut first, 0.5).unwrap_or(f64::NAN), "ms");
    let old = percentile(&mut ages, 0.95).unwrap_or(f64::NAN);
    report.add(&format!("switch_{codec}_age_p95_ms"), old, "ms, of the pictures at that moment");
    Ok(foreign)
}

#[derive(Default)]
struct Enlarged {
    main_ms: Vec<f64>,
    h265_ms: Vec<f64>,
    cold_ms: Vec<f64>,
    first_ms: Vec<f64>,
    hole_ms: Vec<f64>,
    late: u32,
}

/// Enter on a tile, at a random moment, until a picture of the main stream stands there; Escape. Every second time the
/// tile had the frame for a while, every other time it gets the frame just before, as with a double click.
fn enlarge(
    room: &Room,
    pages: &[&[u16]],
    areas: &[Area],
    dice: &mut Dice,
    report: &mut Report,
) -> Result<u32> {
    let schedule = Schedule::of(room.sim()?, false);
    let mut took = Enlarged::default();
    let mut foreign = 0;
    for (wanted, page) in ENLARGED.iter().zip([0, 2]) {
        if page == 2 {
            for _ in 0..2 {
                room.hands()?.press(key::PAGE_DOWN)?;
                sleep(Duration::from_millis(300));
            }
            room.wait_cameras(pages[2], LIMIT)?;
        }
        // Draws the main streams, and says where a large picture stands.
        let mut large = Area::default();
        for camera in *wanted {
            let tile = tile_of(pages[page], *camera)?;
            room.hands()?.click(areas[tile].middle())?;
            room.hands()?.press(key::ENTER)?;
            wait_main(room, *camera, true)?;
            let seen = room.wait_seen("a large picture", LIMIT, |seen| {
                seen.len() == 1 && seen[0].camera == *camera && seen[0].area.width > 2 * areas[tile].width
            })?;
            large = seen[0].area;
            room.hands()?.press(key::ESCAPE)?;
            room.wait_cameras(pages[page], LIMIT)?;
        }
        let watch = Watch::new(room.screen()?, vec![large]);
        // Each waits until nobody's main stream is closed, about ten seconds.
        let rounds = if page == 0 { pace::rounds(24, 6) } else { pace::rounds(12, 4) };
        for round in 0..rounds {
            let camera = wanted[round % wanted.len()];
            let tile = tile_of(pages[page], camera)?;
            // The frame takes a main stream up: always the same other one, so that no more are drawn than need be.
            let other = PAGE - 1;
            room.hands()?.click(areas[other].middle())?;
            wait_main(room, camera, false)?;
            let cold = round / wanted.len() % 2 == 1;
            if !cold {
                room.hands()?.click(areas[tile].middle())?;
            }
            sleep(dice.between(Duration::from_millis(1000), Duration::from_millis(3000)));
            while !schedule.tells_apart(camera, Instant::now(), Duration::from_secs(3), MAIN_AGE) {
                sleep(dice.between(Duration::from_millis(100), Duration::from_millis(2100)));
            }
            if cold {
                room.hands()?.click(areas[tile].middle())?;
            }
            let began = Instant::now();
            room.hands()?.press(key::ENTER)?;
            let (mut first, mut main, mut hole) = (None, None, Duration::ZERO);
            let mut last = None;
            watch.follow(Duration::from_secs(3), Duration::from_millis(4), |look| {
                // The wall that was there before has pictures on the same pixels, but no strip of this width.
                let Some(strip) = look.strips[0] else { return false };
                if strip.camera != camera {
                    foreign += 1;
                    return false;
                }
                if let Some(last) = last {
                    hole = hole.max(look.at - last);
                }
                last = Some(look.at);
                first.get_or_insert(look.at - began);
                if schedule.which(strip, look.at, MAIN_AGE) == Some(StreamKind::Main) {
                    main = Some(look.at - began);
                }
                main.is_some()
            })?;
            let millis = |time: Duration| time.as_secs_f64() * 1000.0;
            took.first_ms.extend(first.map(millis));
            took.hole_ms.push(millis(hole));
            took.late += u32::from(main.is_none());
            let main = millis(main.unwrap_or(Duration::from_secs(3)));
            match (cold, camera % 16 == 8) {
                (true, _) => took.cold_ms.push(main),
                (false, true) => took.h265_ms.push(main),
                (false, false) => took.main_ms.push(main),
            }
            sleep(Duration::from_millis(500));
            room.hands()?.press(key::ESCAPE)?;
            room.wait_cameras(pages[page], LIMIT)?;
        }
    }
    let mut both: Vec<f64> = took.main_ms.iter().chain(&took.h265_ms).copied().collect();
    report.add("enlarge_rounds", (both.len() + took.cold_ms.len()) as f64, "enlarged tiles");
    add_percentiles(report, "enlarge_main", "ms", &mut both);
    let p95 = |values: &mut Vec<f64>| percentile(values, 0.95).unwrap_or(f64::NAN);
    report.add("enlarge_main_h264_p95_ms", p95(&mut took.main_ms), "ms, main stream in H.264");
    report.add("enlarge_main_h265_p95_ms", p95(&mut took.h265_ms), "ms, main stream in H.265");
    add_percentiles(report, "enlarge_cold_main", "ms", &mut took.cold_ms);
    report.add("enlarge_first_p95_ms", p95(&mut took.first_ms), "ms to the large sub picture");
    report.add(
        "enlarge_hole_max_ms",
        took.hole_ms.iter().copied().fold(0.0, f64::max),
        "ms without new look at a picture",
    );
    report.add("enlarge_late", f64::from(took.late), "without the main stream after 3 s");
    Ok(foreign)
}

fn tile_of(page: &[u16], camera: u16) -> Result<usize> {
    page.iter().position(|on| *on == camera).with_context(|| format!("C{camera:03} is not on this page"))
}

/// Waits until the main stream is live, or not there at all.
fn wait_main(room: &Room, camera: u16, live: bool) -> Result<()> {
    let code = format!("C{camera:03}");
    let began = Instant::now();
    // A main stream that is held ready for a tile that has the frame goes some time after the frame does.
    while began.elapsed() < Duration::from_secs(if live { 60 } else { 40 }) {
        let cameras = room.cameras()?;
        let camera = cameras.iter().find(|camera| camera.code == code).context("no such camera")?;
        let main = camera.sessions.iter().find(|session| session.which == StreamKind::Main);
        if main.is_some_and(|session| session.state.phase == SessionPhase::Live) == live {
            return Ok(());
        }
        sleep(Duration::from_millis(100));
    }
    anyhow::bail!("{code}'s main stream is {}", if live { "not live" } else { "still there" })
}
