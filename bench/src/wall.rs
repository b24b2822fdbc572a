//! What sixteen tiles cost: station, workers, window and WebKit, against bare decoding and scaling of the same samples
//! in one process of the same run; then sixty-four of them, and what becomes of those when the machine is taken away.

use crate::report::Report;
use crate::samples::{self, Sessions};
use crate::{ladder, pace};
use anyhow::{Context, Result, bail};
use easien_tests::hands::key;
use easien_tests::proc::CpuMeter;
use easien_tests::room::Room;
use std::thread::sleep;
use std::time::Duration;

const CAMERAS: u16 = 16;
const FPS: f64 = 15.0;
/// Long enough for three loops of the clips.
const SECONDS: u64 = 30;

/// The benchmark.
///
/// # Errors
/// When the room does not come up.
pub fn run() -> Result<Report> {
    let mut report = Report::new("wall")?;
    sixteen(&mut report)?;
    ladder::measure(&mut report)?;
    Ok(report)
}

fn sixteen(report: &mut Report) -> Result<()> {
    let room = Room::with_wall("bench-wall", CAMERAS)?;
    let all: Vec<u16> = (1..=CAMERAS).collect();
    let seen = room.wait_cameras(&all, Duration::from_secs(60))?;
    let (width_px, height_px) = (seen[0].area.width, seen[0].area.height);
    sleep(Duration::from_secs(5)); // what comes with a start is over then

    let pids = |room: &Room| -> Vec<u32> {
        [&room.station, &room.window].into_iter().flatten().map(|child| child.pid()).collect()
    };
    let xvfb = room.display.as_ref().context("display")?.0.pid();
    let meter = CpuMeter::begin(&pids(&room));
    let x_meter = CpuMeter::begin(&[xvfb]);
    let mut painted = vec![];
    for _ in 0..pace::seconds(SECONDS, 6).as_secs() / 2 {
        painted.extend(room.status()?.painted_fps.map(f64::from));
    }
    let used = meter.end();
    let x_used = x_meter.end();
    if room.seen()?.len() != usize::from(CAMERAS) {
        bail!("not every tile was painted at the end");
    }

    // The same samples, bare. The sessions of the benchmark are open only now: they do not weigh on the measurement.
    let sessions = Sessions::open(&room)?;
    let taken_s = pace::seconds(20, 5).as_secs();
    let bytes = sessions.collect(&room, taken_s)?;
    // The page and its window at rest: another screen, nothing painted, cameras still live.
    room.hands()?.press(key::F1 + 5)?;
    sleep(Duration::from_secs(4));
    let rest = CpuMeter::begin(&[room.window.as_ref().context("window")?.pid()]);
    sleep(pace::seconds(15, 5));
    let rest = rest.end();
    drop(room);
    let floor = samples::floor(&bytes, width_px, height_px)?;
    // Per picture, then for the pictures of this wall in a second: what was taken may be a GOP longer than its time.
    let floor_core = floor.cpu_seconds / floor.frames * f64::from(CAMERAS) * FPS;

    report.add_ratio("cpu_ratio_to_floor", used.cores / floor_core, "x", Some("bare decode and swscale"));
    report.add("cpu_core", used.cores, "core without Xvfb");
    report.add("cpu_with_xvfb_core", used.cores + x_used.cores, "core with Xvfb");
    report.add("floor_core", floor_core, "core");
    for (name, cores) in &used.by_name {
        report.add(&format!("of_which_{name}"), *cores, "core");
    }
    report.add("page_at_rest_core", rest.cores, "core");
    #[allow(clippy::cast_precision_loss)]
    let rss_mb = used.rss_bytes as f64 / 1e6;
    report.add("rss_mb", rss_mb, "MB");
    if !painted.is_empty() {
        #[allow(clippy::cast_precision_loss)]
        report.add("painted_fps", painted.iter().sum::<f64>() / painted.len() as f64, "pictures/s and tile");
    }
    report.add("tile_width_px", f64::from(width_px), "px");
    Ok(())
}
