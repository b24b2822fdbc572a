//! What reconnecting costs in memory: cameras that cut every connection after some seconds, and the resident memory of
//! station and workers at the 100th and at the 500th reconnect.

use crate::report::Report;
use anyhow::{Context, Result, bail};
use easien_camsim::Mode;
use easien_model::StreamKind;
use easien_tests::proc;
use easien_tests::room::{Room, cameras_like_in_the_demo};
use std::thread::sleep;
use std::time::{Duration, Instant};

const CAMERAS: u16 = 24;

/// The benchmark.
///
/// # Errors
/// When the room does not come up, or reconnects stop.
pub fn run() -> Result<Report> {
    let mut report = Report::new("memory")?;
    let mut room = Room::new("bench-memory")?;
    room.start_cameras(easien_camsim::Options { small: true, ..cameras_like_in_the_demo(CAMERAS) })?;
    room.start_station()?;
    room.add_simulated()?;
    room.wait_live(usize::from(CAMERAS), Duration::from_secs(60))?;
    for camera in room.sim()?.cameras() {
        room.sim()?.set_mode(&camera.entry.code, StreamKind::Sub, Mode::CutMidFrame)?;
    }
    let station = room.station.as_ref().context("station")?.pid();
    let rss_mb = || {
        #[allow(clippy::cast_precision_loss)]
        let bytes = proc::tree(&[station]).values().map(|process| process.rss_bytes).sum::<u64>() as f64;
        bytes / 1e6
    };
    let plays = || -> Result<u64> { Ok(room.sim()?.stats().plays) };
    let first = plays()?;
    let mut at = vec![];
    let began = Instant::now();
    for wanted in [100, 500] {
        while plays()? - first < wanted {
            if began.elapsed() > Duration::from_secs(900) {
                bail!("only {} reconnects in 15 minutes", plays()? - first);
            }
            sleep(Duration::from_millis(200));
        }
        // The mean of some seconds: a single look catches whatever is just being connected.
        let mut sum = 0.0;
        for _ in 0..20 {
            sum += rss_mb();
            sleep(Duration::from_millis(200));
        }
        at.push(sum / 20.0);
    }
    let seconds = began.elapsed().as_secs_f64();
    report.add("rss_growth_mb", at[1] - at[0], "MB from reconnect 100 to 500");
    report.add("rss_at_100_mb", at[0], "MB");
    report.add("rss_at_500_mb", at[1], "MB");
    report.add("reconnects_per_s", 500.0 / seconds, "1/s");
    Ok(report)
}
