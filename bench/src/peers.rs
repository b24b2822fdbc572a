//! The same sixteen cameras on the same kind of screen, shown by Easien, by a GStreamer compositor, and by sixteen mpv:
//! what each costs, how late its pictures are, what memory it takes. In turns, three times each; the median counts.

use crate::pace;
use crate::report::{self, Report, percentile};
use anyhow::{Context, Result, ensure};
use easien_link::commands::call;
use easien_link::data::{CameraDraft, RecordProfile, RecordStreams};
use easien_model::StreamKind;
use easien_tests::child::{self, Child};
use easien_tests::display::Display;
use easien_tests::proc::{self, CpuMeter};
use easien_tests::room::{Room, cameras_like_in_the_demo};
use easien_tests::schedule::Schedule;
use easien_tests::screen::Area;
use easien_tests::watch::Watch;
use secrecy::ExposeSecret;
use std::collections::HashMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

const CAMERAS: u16 = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Who {
    Easien,
    EasienRecording,
    GStreamer,
    Mpv,
}

impl Who {
    fn name(self) -> &'static str {
        match self {
            Self::Easien => "easien",
            Self::EasienRecording => "easien_recording",
            Self::GStreamer => "gstreamer",
            Self::Mpv => "mpv",
        }
    }
}

/// What one run of one of them gave.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    core: f64,
    xvfb_core: f64,
    glass_p50_ms: f64,
    glass_p95_ms: f64,
    fps: f64,
    rss_mb: f64,
    pss_mb: f64,
}

/// The benchmark.
///
/// # Errors
/// When the room does not come up, or GStreamer or mpv are not installed.
pub fn run() -> Result<Report> {
    let mut report = Report::new("peers")?;
    let mut room = Room::new("bench-peers")?;
    room.start_cameras(cameras_like_in_the_demo(CAMERAS))?;
    room.start_station()?;
    let drafts: Vec<CameraDraft> =
        (0..usize::from(CAMERAS)).map(|index| room.draft(index)).collect::<Result<_>>()?;
    for draft in &drafts {
        room.call::<call::CameraAdd>(draft.clone())?;
    }
    room.stop_station()?;
    room.start_display(1920, 1080)?;

    let mut runs: HashMap<Who, Vec<Run>> = HashMap::new();
    let mut tiles: Vec<Area> = vec![];
    for round in 0..pace::rounds(3, 1) {
        for who in [Who::Easien, Who::GStreamer, Who::Mpv, Who::EasienRecording] {
            let run = match who {
                Who::Easien | Who::EasienRecording => {
                    easien(&mut room, &drafts, who == Who::EasienRecording, &mut tiles)?
                }
                Who::GStreamer => gstreamer(&room, &tiles)?,
                Who::Mpv => mpv(&room, &tiles)?,
            };
            println!("  round {}: {:<17} {run:.3?}", round + 1, who.name());
            runs.entry(who).or_default().push(run);
        }
    }
    tell(&runs, &tiles, &mut report);
    Ok(report)
}

fn tell(runs: &HashMap<Who, Vec<Run>>, tiles: &[Area], report: &mut Report) {
    let median = |who: Who, of: fn(&Run) -> f64| {
        let mut values: Vec<f64> = runs.get(&who).into_iter().flatten().map(of).collect();
        percentile(&mut values, 0.5).unwrap_or(f64::NAN)
    };
    let core = |who| median(who, |run| run.core);
    let cheaper = core(Who::GStreamer).min(core(Who::Mpv));
    let name = if core(Who::GStreamer) <= core(Who::Mpv) { "the GStreamer wall" } else { "16 mpv" };
    report.add_ratio("cpu_ratio_to_cheaper", core(Who::Easien) / cheaper, "x", Some(name));
    report.add_ratio("recording_cpu_ratio", core(Who::EasienRecording) / cheaper, "x", Some(name));
    for who in [Who::Easien, Who::EasienRecording, Who::GStreamer, Who::Mpv] {
        let named = |what: &str| format!("{}_{what}", who.name());
        report.add(&named("core"), core(who), "core without Xvfb");
        report.add(&named("xvfb_core"), median(who, |run| run.xvfb_core), "core of Xvfb");
        report.add(
            &named("glass_p50_ms"),
            median(who, |run| run.glass_p50_ms),
            "ms from the camera to the screen",
        );
        report.add(&named("glass_p95_ms"), median(who, |run| run.glass_p95_ms), "ms");
        report.add(&named("fps"), median(who, |run| run.fps), "pictures/s and tile, seen");
        report.add(
            &named("rss_mb"),
            median(who, |run| run.rss_mb),
            "MB, shared pages counted in each process",
        );
        report.add(&named("pss_mb"), median(who, |run| run.pss_mb), "MB, shared pages counted once");
    }
    report.add(
        "tile_width_px",
        tiles.first().map_or(f64::NAN, |tile| f64::from(tile.width)),
        "px, the same for all",
    );
}

/// Our own, with the station recording (which the others do not do) or not. Says where the tiles stand.
fn easien(room: &mut Room, drafts: &[CameraDraft], recording: bool, tiles: &mut Vec<Area>) -> Result<Run> {
    room.start_station()?;
    let streams = if recording { RecordStreams::Sub } else { RecordStreams::Off };
    for draft in drafts {
        let record = Some(RecordProfile { streams, ..RecordProfile::default() });
        room.call::<call::CameraUpdate>(CameraDraft { record, ..draft.clone() })?;
    }
    room.wait_live(usize::from(CAMERAS), Duration::from_secs(60))?;
    room.start_window()?;
    let all: Vec<u16> = (1..=CAMERAS).collect();
    let seen = room.wait_cameras(&all, Duration::from_secs(60))?;
    *tiles = seen.iter().map(|seen| seen.area).collect();
    let pids: Vec<u32> = [&room.station, &room.window].into_iter().flatten().map(Child::pid).collect();
    let run = measure(room, &pids, tiles)?;
    room.window = None;
    room.stop_station()?;
    Ok(run)
}

/// Cost first, with nobody looking; then how late the pictures are.
fn measure(room: &Room, pids: &[u32], tiles: &[Area]) -> Result<Run> {
    let watch = Watch::new(room.screen()?, tiles.to_vec());
    let all: Vec<u16> = (1..=CAMERAS).collect();
    let mut shows = false;
    watch.follow(Duration::from_secs(30), Duration::from_millis(100), |look| {
        shows = look.shows(&all);
        shows
    })?;
    if !shows {
        let picture = report::file("peers-failed.png")?;
        room.capture()?.save(&picture)?;
        anyhow::bail!("not every camera is on the screen: see {}", picture.display());
    }
    sleep(pace::seconds(8, 4));
    let xvfb = room.display.as_ref().context("display")?.0.pid();
    let (meter, x_meter) = (CpuMeter::begin(pids), CpuMeter::begin(&[xvfb]));
    sleep(pace::seconds(20, 6));
    let (used, x_used) = (meter.end(), x_meter.end());
    let pss: u64 = proc::tree(pids).keys().filter_map(|pid| proc::pss_bytes(*pid)).sum();

    let schedule = Schedule::of(room.sim()?, false);
    let mut last: HashMap<u16, u16> = HashMap::new();
    let mut millis = vec![];
    let began = Instant::now();
    watch.follow(pace::seconds(12, 4), Duration::from_millis(4), |look| {
        for strip in look.strips.iter().flatten() {
            // The first one of each was there before the first look.
            if last.insert(strip.camera, strip.frame).is_some_and(|before| before != strip.frame)
                && let Some(age) = schedule.age(*strip, StreamKind::Sub, look.at)
            {
                millis.push(age.as_secs_f64() * 1000.0);
            }
        }
        false
    })?;
    let fps = millis.len() as f64 / began.elapsed().as_secs_f64() / f64::from(CAMERAS);
    Ok(Run {
        core: used.cores,
        xvfb_core: x_used.cores,
        glass_p50_ms: percentile(&mut millis, 0.50).unwrap_or(f64::NAN),
        glass_p95_ms: percentile(&mut millis, 0.95).unwrap_or(f64::NAN),
        fps,
        rss_mb: used.rss_bytes as f64 / 1e6,
        pss_mb: pss as f64 / 1e6,
    })
}

/// The sub streams' addresses with their credentials, and whether they are H.265.
fn streams(room: &Room) -> Result<Vec<(String, bool)>> {
    let sim = room.sim()?;
    let credential = sim.credential();
    let url = |(camera, number): (&easien_camsim::Camera, u16)| {
        let mut url = url::Url::parse(&camera.sub_url)?;
        let set = url
            .set_username(&credential.username)
            .and_then(|()| url.set_password(Some(credential.password.expose_secret())));
        ensure!(set.is_ok(), "an address takes no credential");
        Ok((url.to_string(), number.is_multiple_of(4)))
    };
    sim.cameras().iter().zip(1..).map(url).collect()
}

fn display(room: &Room) -> Result<&Display> {
    Ok(&room.display.as_ref().context("display")?.0)
}

fn gstreamer(room: &Room, tiles: &[Area]) -> Result<Run> {
    let mut command = child::command("gst-launch-1.0");
    // Composed in I420 and converted once: cheaper than converting each picture (0.32 against 0.35 core).
    command.args(["-q", "compositor", "name=wall", "background=black"]);
    for (number, tile) in tiles.iter().enumerate() {
        command.arg(format!("sink_{number}::xpos={}", tile.x)).arg(format!("sink_{number}::ypos={}", tile.y));
    }
    command.args(["!", "video/x-raw,width=1920,height=1080,framerate=15/1", "!", "videoconvert", "!"]);
    command.args(["ximagesink", "sync=false"]);
    for (number, ((url, h265), tile)) in streams(room)?.iter().zip(tiles).enumerate() {
        let codec = if *h265 { "265" } else { "264" };
        command.args(["rtspsrc", &format!("location={url}"), "latency=100", "protocols=tcp", "!"]);
        command.args([&format!("rtph{codec}depay"), "!", &format!("h{codec}parse"), "!"]);
        command.args([&format!("avdec_h{codec}"), "max-threads=1", "!", "videoscale", "!"]);
        command.arg(format!("video/x-raw,width={},height={}", tile.width, tile.height));
        command.args(["!", "queue", "!", &format!("wall.sink_{number}")]);
    }
    display(room)?.dress(&mut command);
    let log = room.logs().join("gstreamer.log");
    let mut wall =
        Child::start("gst-launch-1.0", command, &log).context("GStreamer's tools (gstreamer1.0-tools)")?;
    room.screen()?.maximise(Duration::from_secs(30))?;
    let run = measure(room, &[wall.pid()], tiles);
    wall.check()?;
    run
}

fn mpv(room: &Room, tiles: &[Area]) -> Result<Run> {
    let mut players = vec![];
    for ((url, _), tile) in streams(room)?.iter().zip(tiles) {
        let mut command = child::command("mpv");
        command.args(["--no-config", "--no-terminal", "--no-audio", "--profile=low-latency", "--no-osc"]);
        // Of the outputs and scalers that need no GPU, these were the cheapest (sdl: 1.8 times; xv, gpu: none here).
        command.args(["--vo=x11", "--rtsp-transport=tcp", "--no-border", "--no-input-default-bindings"]);
        command.arg("--vd-lavc-threads=1");
        command.arg(format!("--geometry={}x{}+{}+{}", tile.width, tile.height, tile.x, tile.y)).arg(url);
        display(room)?.dress(&mut command);
        players.push(Child::start("mpv", command, &room.logs().join("mpv.log")).context("mpv")?);
    }
    let pids: Vec<u32> = players.iter().map(Child::pid).collect();
    let run = measure(room, &pids, tiles);
    for player in &mut players {
        player.check()?;
    }
    run
}
