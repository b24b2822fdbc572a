//! `./dev demo`: simulated roadside cameras and the whole room on a throw-away data folder. With `--shots` it saves each
//! main screen as a person sees it; with `--seconds` it ends by itself with one JSON line and says whether all was well.

mod shots;

use anyhow::{Context, Result};
use clap::Parser;
use easien_link::commands::call;
use easien_link::data::{Camera, CameraDraft, RecordProfile, RecordStreams, Unit, WallMemory};
use easien_model::{UnitId, WallShape};
use easien_tests::proc::CpuMeter;
use easien_tests::room::{LOOK, Room, cameras_like_in_the_demo};
use easien_tests::wait;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Of more cameras only the sub streams are recorded: the simulator draws a main stream when it is first asked for, and
/// that takes seconds each.
const MOST_MAINS: u16 = 16;
/// With so many seconds, a camera that is not recorded is a fault.
const LONG_ENOUGH_S: u64 = 30;

/// The demo of the control room.
#[derive(Debug, Parser)]
struct Args {
    /// Simulated cameras, 1 to 240.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=240))]
    cameras: u16,
    /// Serve the video files of this folder instead of drawn scenes.
    #[arg(long)]
    clips: Option<PathBuf>,
    /// End after this many seconds with one JSON line; exit 1 when a camera is not live, or (from 30
    /// seconds on) not recorded.
    #[arg(long)]
    seconds: Option<u64>,
    /// Save a screenshot of each main screen into this folder.
    #[arg(long)]
    shots: Option<PathBuf>,
    /// Language of the screens.
    #[arg(long, default_value = "vi", value_parser = ["vi", "en"])]
    lang: String,
    /// Size of the display that the demo brings itself.
    #[arg(long, value_name = "WxH", default_value = "1920x1080", value_parser = read_size)]
    size: (u32, u32),
    /// Theme of the window.
    #[arg(long, default_value = "dark", value_parser = ["dark", "day", "contrast"])]
    theme: String,
    /// Size of the window's text in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 100)]
    text: u32,
}

fn main() -> ExitCode {
    match demo(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// True when all is well.
fn demo(args: &Args) -> Result<bool> {
    let began = Instant::now();
    let say = |text: &str| eprintln!("demo: {:4.1} s  {text}", began.elapsed().as_secs_f32());
    let own_display =
        args.shots.is_some() || std::env::var_os("DISPLAY").is_none_or(|value| value.is_empty());

    let mut room = Room::new("demo")?;
    let stopped = stop_on_signal(&room);
    say(&format!("{} simulated cameras (the first time their pictures are drawn)", args.cameras));
    let mut options = cameras_like_in_the_demo(args.cameras);
    options.clips.clone_from(&args.clips);
    options.progress = Some(|done, of| {
        if done % 8 == 0 || done == of {
            eprintln!("demo:         {done} of {of} pictures are ready");
        }
    });
    room.start_cameras(options)?;
    say("the station");
    room.start_station()?;
    room.set(|settings| settings.language.clone_from(&args.lang))?;
    let (cameras, drafts) = add_cameras(&room)?;
    let wall = wall_of(&cameras);
    let on_wall = wall.tiles.iter().flatten().count();
    room.call::<call::WallRemember>(wall)?;
    if own_display {
        room.start_display(args.size.0, args.size.1)?;
    }
    set_look(&room, args)?;
    say("the window");
    if own_display {
        room.start_window()?
    } else {
        room.start_window_here()?
    }
    let live = room.wait_live(cameras.len(), Duration::from_secs(45 + u64::from(args.cameras) / 4));
    match &live {
        Ok(()) => say("all cameras are live"),
        Err(error) => say(&format!("{error:#}")),
    }
    // Pictures of a demo that is looked at or judged are on the screen before anything else happens. A clip has no strip.
    if own_display && args.clips.is_none() {
        room.wait_seen("every tile's picture", Duration::from_secs(30), |seen| seen.len() >= on_wall.min(64))
            .map(drop)
            .unwrap_or_else(|error| say(&format!("{error:#}")));
    }
    // The wall stands; now the main streams, which are drawn meanwhile. Before, their drawing would slow it down.
    if args.cameras <= MOST_MAINS {
        say(
            "both streams of every camera are recorded; main streams that were never drawn come in within a minute",
        );
        for mut draft in drafts {
            draft.password = None;
            draft.record = Some(RecordProfile::default());
            room.call::<call::CameraUpdate>(draft)?;
        }
    } else {
        say(&format!(
            "only the sub streams are recorded: the simulator would have to draw {} main streams first (up to \
             {MOST_MAINS} cameras it does)",
            args.cameras
        ));
    }
    let meter = meter(&room);
    let measured = Instant::now();
    if let Some(folder) = &args.shots {
        std::fs::create_dir_all(folder).context("the folder for screenshots")?;
        if let Err(error) = wait_recorded(&room, cameras.len()) {
            say(&format!("{error:#}"));
        }
        // The page learns of the last camera a moment after its picture is there.
        sleep(Duration::from_secs(2));
        room.capture()?.save(&folder.join("live.png"))?;
        sleep(Duration::from_secs(2));
        room.capture()?.save(&folder.join("live_2s.png"))?;
        say(&format!("screenshots go to {}", folder.display()));
    }
    if !own_display {
        say("the room is open; it ends when you close the window or press Ctrl+C here");
    } else if args.seconds.is_none() && args.shots.is_none() {
        let display = room.display.as_ref().map_or("", |(display, _)| display.name());
        say(&format!("the room is open on display {display}; it ends with Ctrl+C"));
    }
    // With screenshots and no time given: as long as they take.
    let seconds = args.seconds.or(args.shots.is_some().then_some(0));
    loop {
        let spent = measured.elapsed();
        if stopped.load(Ordering::SeqCst) || window_ended(&mut room)? {
            break;
        }
        if seconds.is_some_and(|seconds| spent >= Duration::from_secs(seconds)) {
            break;
        }
        sleep(Duration::from_millis(200));
    }
    if stopped.load(Ordering::SeqCst) || seconds.is_none() {
        return Ok(true);
    }
    let used = meter.end();
    let long_enough = seconds.is_some_and(|seconds| seconds >= LONG_ENOUGH_S);
    if long_enough && let Err(error) = wait_recorded(&room, cameras.len()) {
        say(&format!("{error:#}"));
    }
    let status = room.status()?;
    let tiles_seen = if own_display { Some(room.seen()?.len()) } else { None };
    if let Some(folder) = &args.shots {
        shots::take(&mut room, &cameras, folder, &args.lang, args.size, &|room| set_look(room, args))?;
    }
    let all = |count: u32| usize::try_from(count).is_ok_and(|count| count == cameras.len());
    let well = all(status.cameras) && all(status.live) && (!long_enough || all(status.recording));
    println!(
        "{}",
        json!({
            "cameras": status.cameras,
            "live": status.live,
            "recording": status.recording,
            "painted_fps": status.painted_fps.map(tenth),
            "glass_ms": status.glass_ms.map(tenth),
            "cpu_core": (used.cores * 1000.0).round() / 1000.0,
            "rss_mb": used.rss_bytes / 1_000_000,
            "workers": status.workers,
            "tiles_seen": tiles_seen,
            "seconds": measured.elapsed().as_secs(),
            "lang": args.lang,
        })
    );
    Ok(well)
}

fn read_size(text: &str) -> Result<(u32, u32), String> {
    let size = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    size.filter(|(w, h)| (640..=7680).contains(w) && (480..=4320).contains(h))
        .ok_or_else(|| "a size is written as 1920x1080".to_owned())
}

/// As if a person had chosen it when the window was last open.
fn set_look(room: &Room, args: &Args) -> Result<()> {
    let look = json!({ "theme": args.theme, "text_percent": args.text });
    std::fs::write(room.data().join("window-main.look.json"), look.to_string()).context("the window's look")
}

/// Every simulated camera with its unit, as a person would write it into the form, and what was written. Only the sub
/// streams are recorded for now.
fn add_cameras(room: &Room) -> Result<(Vec<Camera>, Vec<CameraDraft>)> {
    let mut units: BTreeMap<String, UnitId> = BTreeMap::new();
    let (mut cameras, mut drafts) = (vec![], vec![]);
    for (index, camera) in room.sim()?.cameras().iter().enumerate() {
        let name = &camera.entry.unit;
        if !units.contains_key(name) {
            let unit = room.call::<call::UnitPut>(Unit { id: UnitId::new(), name: name.clone() })?;
            units.insert(name.clone(), unit.id);
        }
        let record = RecordProfile { streams: RecordStreams::Sub, ..RecordProfile::default() };
        let draft =
            CameraDraft { unit: units.get(name).copied(), record: Some(record), ..room.draft(index)? };
        cameras.push(room.call::<call::CameraAdd>(draft.clone())?);
        drafts.push(draft);
    }
    Ok((cameras, drafts))
}

/// Until of each camera at least one stream reaches the disk.
fn wait_recorded(room: &Room, cameras: usize) -> Result<()> {
    wait::until(&format!("{cameras} recorded cameras"), Duration::from_secs(15), 5 * LOOK, || {
        let recorded = room.status().map_err(|error| error.to_string())?.recording;
        if usize::try_from(recorded) == Ok(cameras) { Ok(()) } else { Err(format!("{recorded} are")) }
    })
}

/// The smallest grid that holds all cameras, at most 64.
fn wall_of(cameras: &[Camera]) -> WallMemory {
    let shape = WallShape::grid_for(cameras.len());
    let mut tiles: Vec<_> = cameras.iter().take(shape.tiles()).map(|camera| Some(camera.id)).collect();
    tiles.resize(shape.tiles(), None);
    WallMemory { window: "main".to_owned(), shape, tiles, ..WallMemory::default() }
}

/// Station, workers, window and WebKit; neither the X server nor the simulated cameras.
fn meter(room: &Room) -> CpuMeter {
    let pids: Vec<u32> =
        [&room.station, &room.window].into_iter().flatten().map(|child| child.pid()).collect();
    CpuMeter::begin(&pids)
}

fn window_ended(room: &mut Room) -> Result<bool> {
    if let Some(station) = &mut room.station {
        station.check()?;
    }
    Ok(match &mut room.window {
        Some(window) => window.ended()?.is_some(),
        None => false,
    })
}

fn stop_on_signal(room: &Room) -> Arc<AtomicBool> {
    let stopped = Arc::new(AtomicBool::new(false));
    let flag = stopped.clone();
    room.spawn(async move {
        use tokio::signal::unix::{SignalKind, signal};
        if let (Ok(mut int), Ok(mut term)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        {
            tokio::select! { _ = int.recv() => {}, _ = term.recv() => {} }
            flag.store(true, Ordering::SeqCst);
        }
    });
    stopped
}

fn tenth(value: f32) -> f64 {
    (f64::from(value) * 10.0).round() / 10.0
}
