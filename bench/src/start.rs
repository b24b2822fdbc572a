//! kill -9 of station, workers and window, all at once and each alone: how long until the room is as it was, with the
//! same wall, page, and frame, and a picture in each tile that is newer than the kill. The window starts the station; who
//! starts a killed window is the machine (or this benchmark in its place).

use crate::pace;
use crate::report::{self, Report, percentile};
use anyhow::{Context, Result, bail, ensure};
use easien_link::commands::call;
use easien_link::data::WallMemory;
use easien_model::StreamKind;
use easien_tests::child::Child;
use easien_tests::dice::Dice;
use easien_tests::hands::key;
use easien_tests::proc;
use easien_tests::room::{Room, cameras_like_in_the_demo};
use easien_tests::schedule::Schedule;
use easien_tests::screen::Area;
use easien_tests::watch::Watch;
use rustix::process::{Pid, Signal, kill_process};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Two pages.
const CAMERAS: u16 = 32;
const PAGE: u16 = 16;
const LIMIT: Duration = Duration::from_secs(30);
/// The tile that has the frame.
const FOCUS: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Killed {
    All,
    Station,
    Workers,
    Window,
}

const WAYS: [(Killed, &str); 4] = [
    (Killed::All, "all"),
    (Killed::Station, "station"),
    (Killed::Workers, "workers"),
    (Killed::Window, "window"),
];

/// The benchmark.
///
/// # Errors
/// When the room does not come up, or never comes back.
pub fn run() -> Result<Report> {
    let mut report = Report::new("start")?;
    let mut dice = Dice::new("start");
    let mut room = Room::new("bench-start")?;
    room.start_cameras(cameras_like_in_the_demo(CAMERAS))?;
    room.start_station()?;
    let cameras = room.add_simulated()?;
    room.wait_live(usize::from(CAMERAS), Duration::from_secs(120))?;
    let tiles = cameras.iter().map(|camera| Some(camera.id)).collect();
    room.call::<call::WallRemember>(WallMemory { window: "main".into(), tiles, ..WallMemory::default() })?;
    // From now on the window is who starts the station.
    room.stop_station()?;
    room.start_display(1920, 1080)?;
    let began = Instant::now();
    room.start_window()?;
    let first: Vec<u16> = (1..=PAGE).collect();
    room.wait_cameras(&first, Duration::from_secs(60))?;
    report.add(
        "first_start_s",
        began.elapsed().as_secs_f64(),
        "s from the window's start, nothing running before",
    );
    room.connect(Duration::from_secs(20))?;

    // As an operator leaves it: the second page, the frame on one of its tiles.
    room.hands()?.press(key::PAGE_DOWN)?;
    let wall: Vec<u16> = (PAGE + 1..=2 * PAGE).collect();
    let seen = room.wait_cameras(&wall, LIMIT)?;
    let areas: Vec<Area> = seen.iter().map(|seen| seen.area).collect();
    room.hands()?.click(areas[FOCUS].middle())?;
    sleep(Duration::from_secs(3));
    let before = Standing { frame: frame_at(&room, &areas)? };
    ensure!(before.frame == Some(FOCUS), "the clicked tile has the frame: {:?}", before.frame);

    for (killed, name) in WAYS {
        let mut took = vec![];
        for _ in 0..pace::rounds(10, 3) {
            // A worker that dies twice within a minute may be blamed on a stream: its quarantine is another matter.
            sleep(dice.between(Duration::from_millis(3000), Duration::from_millis(5000)));
            let back = kill(&mut room, killed, &areas, &wall)?;
            took.push(back.as_secs_f64());
            room.connect(Duration::from_secs(20))?;
        }
        report.add(&format!("{name}_p95_s"), percentile(&mut took, 0.95).unwrap_or(f64::NAN), "s");
        let most = percentile(&mut took, 1.0).unwrap_or(f64::NAN);
        report.add(
            &format!("{name}_max_s"),
            most,
            &format!("s until 16 fresh pictures, {} rounds", took.len()),
        );
        ensure!(frame_at(&room, &areas)? == before.frame, "{name}: the frame is on another tile");
    }
    Ok(report)
}

struct Standing {
    frame: Option<usize>,
}

/// Kills, starts what the machine would start, and waits until all tiles show pictures sent after the kill.
fn kill(room: &mut Room, killed: Killed, areas: &[Area], wall: &[u16]) -> Result<Duration> {
    let data = room.data().display().to_string();
    let of = |name: &str| -> Vec<u32> {
        let all = proc::all();
        let mine = proc::with_word(&data);
        mine.into_iter().filter(|pid| all.get(pid).is_some_and(|process| process.name == name)).collect()
    };
    let stations = of("easien-station");
    let workers = proc::named(&stations, "easien-picture");
    ensure!(
        stations.len() == 1 && workers.len() >= 2,
        "one station and its workers: {stations:?} {workers:?}"
    );
    let mut victims = match killed {
        Killed::All => [stations, workers].concat(),
        Killed::Station => stations,
        Killed::Workers => workers,
        Killed::Window => vec![],
    };
    let window = matches!(killed, Killed::All | Killed::Window);
    if window {
        // The program, and whoever watches over it.
        victims.extend(room.window.as_ref().map(Child::pid));
        victims.extend(of("easien"));
    }
    let schedule = Schedule::of(room.sim()?, false);
    let began = Instant::now();
    for pid in victims {
        let pid = Pid::from_raw(i32::try_from(pid)?).context("a process")?;
        // It may be gone already: a worker ends with its station.
        let _ = kill_process(pid, Signal::KILL);
    }
    if window {
        if let Some(mut ended) = room.window.take() {
            ended.kill()?;
        }
        room.start_window()?;
    }
    let watch = Watch::new(room.screen()?, areas.to_vec());
    let mut back = None;
    let mut last = vec![];
    watch.follow(LIMIT, Duration::from_millis(20), |look| {
        let fresh = look.strips.iter().flatten().all(|strip| {
            schedule.age(*strip, StreamKind::Sub, look.at).is_some_and(|age| age < look.at - began)
        });
        if look.shows(wall) && fresh {
            back = Some(look.at - began);
        }
        last.clone_from(&look.strips);
        back.is_some()
    })?;
    if back.is_none() {
        let picture = report::file("start-failed.png")?;
        room.capture()?.save(&picture)?;
        bail!("{killed:?}: not as it was after {LIMIT:?}: {last:?}, see {}", picture.display());
    }
    back.context("back")
}

/// The tile that has the frame: the strip under its picture has another ground than those of the others.
fn frame_at(room: &Room, areas: &[Area]) -> Result<Option<usize>> {
    let shot = room.capture()?;
    // Bluer than the grey of panels and text.
    let blue = |(x, y): (u32, u32)| {
        let [r, _, b] = shot.rgb(x, y);
        b > r.saturating_add(25)
    };
    let share = |area: &Area| {
        let (top, left) = (area.y + area.height, area.x);
        let places: Vec<(u32, u32)> = (top + 4..top + 20)
            .step_by(4)
            .flat_map(|y| (left..left + area.width).step_by(5).map(move |x| (x, y)))
            .collect();
        let count = places.iter().filter(|place| blue(**place)).count();
        count as f64 / places.len().max(1) as f64
    };
    let shares = areas.iter().map(share).enumerate();
    Ok(shares.filter(|(_, share)| *share > 0.4).max_by(|a, b| a.1.total_cmp(&b.1)).map(|(tile, _)| tile))
}
