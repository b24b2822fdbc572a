//! The whole town at one glance: 240 cameras received, recorded (sub streams, as in `record`) and live as 240 tiles on
//! one screen of 1920x1080. How old the pictures on the screen are, what it costs, and whether each tile shows its camera.
//! Every fourth sub stream is H.265, the others H.264.

use crate::pace;
use crate::report::{self, Report, add_percentiles};
use anyhow::{Context, Result, ensure};
use easien_link::commands::call;
use easien_link::data::{Camera, RecordingPhase};
use easien_model::StreamKind;
use easien_tests::fake_window::{FakeWindow, Wish};
use easien_tests::proc::{self, CpuMeter};
use easien_tests::room::{LOOK, Room, cameras_like_in_the_demo};
use easien_tests::schedule::Schedule;
use easien_tests::strips::{self, Seen};
use easien_tests::wait;
use easien_tests::watch::Watch;
use std::collections::{BTreeMap, HashMap};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const CAMERAS: u16 = 240;
/// The size of a tile of the fake window, about that of the real one.
const TILE_PX: (u32, u32) = (93, 52);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The benchmark.
///
/// # Errors
/// When the room does not come up.
pub fn run() -> Result<Report> {
    let mut report = Report::new("overview")?;
    let mut room = Room::new("bench-overview")?;
    room.start_cameras(cameras_like_in_the_demo(CAMERAS))?;
    room.start_station()?;
    room.add_simulated()?;
    let began = Instant::now();
    room.wait_live(usize::from(CAMERAS), Duration::from_secs(240))?;
    report.add("all_live_s", began.elapsed().as_secs_f64(), "s");
    wait_recorded(&room)?;
    at_the_mosaic(&room, &mut report)?;
    on_the_screen(&mut room, &mut report)?;
    Ok(report)
}

fn wait_recorded(room: &Room) -> Result<()> {
    wait::until("every camera is recorded", Duration::from_secs(60), LOOK * 5, || {
        let cameras = room.cameras().map_err(|error| error.to_string())?;
        let is = |camera: &&Camera| {
            camera.recordings.iter().any(|recording| recording.phase == RecordingPhase::Recording)
        };
        let recorded = cameras.iter().filter(is).count();
        if recorded == usize::from(CAMERAS) { Ok(()) } else { Err(recorded.to_string()) }
    })
}

/// The station and its workers alone, by the clock that they put on each picture.
fn at_the_mosaic(room: &Room, report: &mut Report) -> Result<()> {
    let wishes: Vec<Wish> = room
        .cameras()?
        .iter()
        .map(|camera| {
            let (width_px, height_px) = TILE_PX;
            Wish { camera: camera.id, width_px, height_px, large: false, glance: true }
        })
        .collect();
    let mut window = FakeWindow::new("bench");
    let began = Instant::now();
    window.show(room, &wishes)?;
    let firsts = window.firsts(began, Duration::from_secs(20))?;
    let first = firsts.iter().map(|(after, _)| after.as_secs_f64() * 1000.0).fold(0.0, f64::max);
    report.add("mosaic_all_painted_ms", first, "ms from wall.show to the last of 240 first pictures");
    let mut arrived: Vec<i64> = firsts.iter().map(|(_, taken)| taken.arrived.0).collect();
    let mut ages = vec![];
    let mut tiers: BTreeMap<String, u32> = BTreeMap::new();
    sleep(pace::seconds(5, 2));
    let began = Instant::now();
    let settled = Duration::from_secs(3);
    while began.elapsed() < pace::seconds(30, 8) + settled {
        for (arrived, taken) in arrived.iter_mut().zip(window.take()?) {
            if let Some(taken) = taken {
                *arrived = taken.arrived.0;
                *tiers.entry(format!("{:?}", taken.tier).to_lowercase()).or_default() += 1;
            }
        }
        if began.elapsed() > settled {
            let now = now_micros();
            ages.extend(arrived.iter().map(|arrived| (now - arrived) as f64 / 1000.0));
        }
        sleep(LOOK_EVERY);
    }
    add_percentiles(report, "mosaic_age", "ms", &mut ages);
    for (tier, count) in tiers {
        report.add(&format!("mosaic_pictures_{tier}"), f64::from(count), "pictures");
    }
    window.show(room, &[])?;
    Ok(())
}

fn on_the_screen(room: &mut Room, report: &mut Report) -> Result<()> {
    room.start_display(1920, 1080)?;
    room.start_window()?;
    room.wait_seen("a wall", Duration::from_secs(60), |seen| seen.len() >= 16)?;
    room.hands()?.press_char('o')?;
    let seen = wait::until("240 tiles on the screen", Duration::from_secs(60), LOOK, || {
        let seen = strips::small_strips(&room.capture().map_err(|error| error.to_string())?);
        let count = seen.len();
        if count == usize::from(CAMERAS) { Ok(seen) } else { Err(format!("{count} tiles")) }
    });
    let picture = report::file("overview.png")?;
    room.capture()?.save(&picture)?;
    let seen = seen.with_context(|| format!("see {}", picture.display()))?;
    report.add("tile_width_px", f64::from(seen[0].area.width), "px");
    report.add("strips_wrong", f64::from(wrong(room, &seen)?), "of 240 strips");
    sleep(pace::seconds(10, 3)); // what comes with a start is over then

    cost(room, report)?;

    let schedule = Schedule::of(room.sim()?, false);
    let watch = Watch::new(room.screen()?, seen.iter().map(|seen| seen.area).collect());
    let cameras: Vec<u16> = seen.iter().map(|seen| seen.camera).collect();
    let (mut ages, mut unread, mut foreign, mut looks) = (vec![], 0_u32, 0_u32, 0_u32);
    let mut frames: HashMap<u16, u16> = HashMap::new();
    let mut painted = 0_u32;
    let during = pace::seconds(40, 8);
    watch.follow(during, LOOK_EVERY, |look| {
        looks += 1;
        for (strip, camera) in look.strips.iter().zip(&cameras) {
            match strip {
                Some(strip) if strip.camera == *camera => {
                    let age = schedule.age(*strip, StreamKind::Sub, look.at);
                    ages.extend(age.map(|age| age.as_secs_f64() * 1000.0));
                    painted += u32::from(frames.insert(*camera, strip.frame) != Some(strip.frame));
                }
                Some(_) => foreign += 1,
                None => unread += 1,
            }
        }
        false
    })?;
    ensure!(!ages.is_empty(), "no strip could be read");
    let all = f64::from(looks) * f64::from(CAMERAS);
    add_percentiles(report, "age", "ms", &mut ages);
    report.add("looked_at", all, "pictures");
    report.add("unread_share", f64::from(unread) / all, "of the pictures looked at");
    report.add("foreign", f64::from(foreign), "pictures of another camera than the tile's");
    // Seen, five looks a second: a lower bound where tiles are painted more often.
    let each = f64::from(painted) / during.as_secs_f64() / f64::from(CAMERAS);
    report.add("seen_fps", each, "different pictures/s and tile (5 looks a second)");
    room.capture()?.save(&picture)?;
    println!("  screenshot: {}", picture.display());
    Ok(())
}

/// Tiles whose camera is another one than in the order of the units and codes, or is there twice.
fn wrong(room: &Room, seen: &[Seen]) -> Result<u32> {
    let units = room.call::<call::UnitList>(())?;
    let place = |camera: &Camera| units.iter().position(|unit| Some(unit.id) == camera.unit);
    let mut cameras = room.cameras()?;
    cameras.sort_by_key(|camera| (place(camera).unwrap_or(usize::MAX), camera.code.clone()));
    let expected = cameras.iter().map(|camera| camera.code.trim_start_matches('C').parse::<u16>().ok());
    let missing = cameras.len().abs_diff(seen.len());
    let differing = expected.zip(seen).filter(|(expected, seen)| *expected != Some(seen.camera)).count();
    Ok(u32::try_from(missing + differing)?)
}

fn cost(room: &Room, report: &mut Report) -> Result<()> {
    let pids: Vec<u32> =
        [&room.station, &room.window].into_iter().flatten().map(|child| child.pid()).collect();
    let xvfb = room.display.as_ref().context("display")?.0.pid();
    let (meter, x_meter) = (CpuMeter::begin(&pids), CpuMeter::begin(&[xvfb]));
    sleep(pace::seconds(40, 8));
    let (used, x_used) = (meter.end(), x_meter.end());
    let status = room.status()?;
    report.add("cpu_core", used.cores, "core without Xvfb and camsim");
    for (name, cores) in &used.by_name {
        report.add(&format!("of_which_{name}"), *cores, "core");
    }
    report.add("xvfb_core", x_used.cores, "core");
    report.add("rss_mb", used.rss_bytes as f64 / 1e6, "MB, shared pages counted in each process");
    let pss: u64 = proc::tree(&pids).keys().filter_map(|pid| proc::pss_bytes(*pid)).sum();
    report.add("pss_mb", pss as f64 / 1e6, "MB, shared pages counted once");
    report.add("recording", f64::from(status.recording), "cameras");
    report.add(
        "painted_fps",
        status.painted_fps.map_or(f64::NAN, f64::from),
        "pictures/s and tile, as reported",
    );
    Ok(())
}

fn now_micros() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
