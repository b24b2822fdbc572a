//! What reconnecting costs in memory: cameras whose settings are changed again and again, which closes their sessions,
//! and the resident memory of station and workers after 100 and after 500 reconnects, each time with all cameras live.

use crate::report::Report;
use anyhow::{Context, Result, bail};
use easien_camsim::Mode;
use easien_model::{SessionPhase, StreamKind};
use easien_tests::proc;
use easien_tests::room::{Room, cameras_like_in_the_demo};
use std::thread::sleep;
use std::time::{Duration, Instant};

const CAMERAS: u16 = 40;

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
    let all = usize::from(CAMERAS);
    room.wait_live(all, Duration::from_secs(120))?;
    // A window, so that the decoders are begun anew too.
    room.start_display(1920, 1080)?;
    room.start_window()?;
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
    // Both are good cameras; going from one to the other closes the session.
    let mut modes = [Mode::AbsoluteControl, Mode::None].into_iter().cycle();
    for wanted in [100, 500] {
        while plays()? - first < wanted {
            if began.elapsed() > Duration::from_secs(900) {
                bail!("only {} reconnects in 15 minutes", plays()? - first);
            }
            let mode = modes.next().unwrap_or_default();
            for camera in room.cameras()? {
                let live = camera.sessions.iter().any(|session| session.state.phase == SessionPhase::Live);
                if live {
                    room.sim()?.set_mode(&camera.code, StreamKind::Sub, mode)?;
                }
            }
            sleep(Duration::from_secs(4));
        }
        room.wait_live(all, Duration::from_secs(120))?;
        sleep(Duration::from_secs(5));
        // The mean of some seconds: a single look catches whatever is just under way.
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
