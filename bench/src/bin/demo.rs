//! `./dev demo`: simulated roadside cameras and the whole room on a throw-away data folder. With `--shots` it saves each
//! main screen as a person sees it; with `--seconds` it ends by itself with one JSON line and says whether all was well.

use anyhow::{Context, Result};
use clap::Parser;
use easien_camsim::Mode;
use easien_link::commands::call;
use easien_link::data::{Camera, NoteDraft, WallMemory};
use easien_model::{NoteId, SessionPhase, StreamKind, UtcMicros};
use easien_tests::hands::key;
use easien_tests::proc::CpuMeter;
use easien_tests::room::{Room, cameras_like_in_the_demo};
use easien_tests::wait;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The demo of the control room.
#[derive(Debug, Parser)]
struct Args {
    /// Simulated cameras, 1 to 240.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=240))]
    cameras: u16,
    /// Serve the video files of this folder instead of drawn scenes.
    #[arg(long)]
    clips: Option<PathBuf>,
    /// End after this many seconds with one JSON line; exit 1 when a camera is not live.
    #[arg(long)]
    seconds: Option<u64>,
    /// Save a screenshot of each main screen into this folder.
    #[arg(long)]
    shots: Option<PathBuf>,
    /// Language of the screens.
    #[arg(long, default_value = "vi", value_parser = ["vi", "en"])]
    lang: String,
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
    let cameras = room.add_simulated()?;
    let wall = wall_of(&cameras);
    let on_wall = wall.tiles.iter().flatten().count();
    room.call::<call::WallRemember>(wall)?;
    if own_display {
        room.start_display(1920, 1080)?;
    }
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
    let meter = meter(&room);
    let measured = Instant::now();
    if let Some(folder) = &args.shots {
        std::fs::create_dir_all(folder).context("the folder for screenshots")?;
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
    let status = room.status()?;
    let tiles_seen = if own_display { Some(room.seen()?.len()) } else { None };
    if let Some(folder) = &args.shots {
        other_screens(&mut room, &cameras, folder, &args.lang)?;
    }
    let well = status.live == status.cameras && usize::try_from(status.cameras)? == cameras.len();
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

/// The smallest grid that holds all cameras, at most 64.
fn wall_of(cameras: &[Camera]) -> WallMemory {
    let grids = [1_u32, 4, 9, 16, 25, 36, 64];
    let grid = grids.into_iter().find(|grid| *grid as usize >= cameras.len()).unwrap_or(64);
    let mut tiles: Vec<_> = cameras.iter().take(grid as usize).map(|camera| Some(camera.id)).collect();
    tiles.resize(grid as usize, None);
    WallMemory { window: "main".to_owned(), grid, tiles }
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

/// In the list of cameras at 1920x1080, the first of them.
const FIRST_ROW: (u32, u32) = (400, 173);
/// At 1920x1080, what opens the settings.
const GEAR: (u32, u32) = (1893, 22);

/// Each of the other screens, by its key, as a person would go there.
fn other_screens(room: &mut Room, cameras: &[Camera], folder: &Path, lang: &str) -> Result<()> {
    let shoot = |room: &Room, name: &str| -> Result<()> {
        sleep(Duration::from_millis(900));
        room.capture()?.save(&folder.join(name))
    };
    let first = cameras.first().context("a camera")?;
    let text = match lang {
        "vi" => "Xe máy đi ngược chiều, hai người không đội mũ bảo hiểm, chạy về hướng chợ.",
        _ => "Motorbike against the traffic, two riders without helmets, towards the market.",
    };
    room.call::<call::NoteAdd>(NoteDraft {
        id: NoteId::new(),
        text: text.to_owned(),
        camera: Some(first.id),
        at: now(),
        category: Some("traffic".to_owned()),
    })?;
    {
        let hands = room.hands()?;
        let seen = room.seen()?;
        if let Some(tile) = seen.first() {
            hands.click(tile.area.middle())?;
        }
        hands.press_char('s')?;
        sleep(Duration::from_secs(2));
        hands.press_char('b')?;
        shoot(room, "bookmark.png")?;
        hands.press(key::ESCAPE)?;
        shoot(room, "feed.png")?;
        hands.press(key::ENTER)?; // enlarge
        sleep(Duration::from_secs(2));
        // The main stream is drawn when it is first asked for, and begins with its next key frame.
        let main_is_live = || -> Result<(), String> {
            let cameras = room.cameras().map_err(|error| error.to_string())?;
            let mut sessions = cameras.iter().flat_map(|camera| &camera.sessions);
            let main = sessions.find(|session| session.which == StreamKind::Main);
            let live =
                main.is_some_and(|main| main.state.phase == SessionPhase::Live && main.stats.width_px > 0);
            if live { Ok(()) } else { Err(format!("{:?}", main.map(|main| &main.state))) }
        };
        if let Err(error) =
            wait::until("the main stream", Duration::from_secs(60), Duration::from_millis(200), main_is_live)
        {
            eprintln!("demo: {error:#}");
        }
        sleep(Duration::from_secs(3));
        shoot(room, "enlarged.png")?;
        hands.press(key::ESCAPE)?;
        hands.press_char('?')?;
        shoot(room, "keys.png")?;
        hands.press(key::ESCAPE)?;
        sleep(Duration::from_millis(500)); // the dialog gives the keyboard back
        hands.press_with(&[key::CONTROL], u32::from('k'))?;
        sleep(Duration::from_millis(300));
        hands.type_text("truong")?; // finds "Trường": tone marks and case do not matter
        shoot(room, "search.png")?;
        hands.press(key::ESCAPE)?;
        hands.press(key::ESCAPE)?;
        hands.press(key::F1 + 3)?;
        sleep(Duration::from_secs(2));
        shoot(room, "cameras.png")?;
        hands.double_click(FIRST_ROW)?;
        shoot(room, "camera-form.png")?;
        hands.press(key::ESCAPE)?;
        hands.press(key::F1 + 5)?;
        shoot(room, "stills.png")?;
        hands.press(key::F1)?;
        hands.click(GEAR)?;
        shoot(room, "settings.png")?;
        hands.press(key::ESCAPE)?;
        hands.press_with(&[key::ALT], u32::from('3'))?;
        sleep(Duration::from_secs(2));
        shoot(room, "grid-9.png")?;
        hands.press_with(&[key::ALT], u32::from('4'))?;
        sleep(Duration::from_secs(1));
    }
    let lost = cameras.get(2).unwrap_or(first);
    room.sim()?.set_mode(&lost.code, StreamKind::Sub, Mode::NotFound)?;
    sleep(Duration::from_secs(6));
    shoot(room, "lost.png")?;
    first_run(folder, lang)
}

/// A room without cameras.
fn first_run(folder: &Path, lang: &str) -> Result<()> {
    let mut room = Room::new("demo-empty")?;
    room.start_station()?;
    room.set(|settings| lang.clone_into(&mut settings.language))?;
    room.start_display(1920, 1080)?;
    room.start_window()?;
    sleep(Duration::from_secs(3));
    room.capture()?.save(&folder.join("first-run.png"))
}

fn tenth(value: f32) -> f64 {
    (f64::from(value) * 10.0).round() / 10.0
}

fn now() -> UtcMicros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UtcMicros(i64::try_from(since.as_micros()).unwrap_or(0))
}
