//! From the last packet of an access unit, as the station's trace has it, to its strip on the X screen, read by polling
//! one row of pixels of each tile; then how soon the wall shows what was asked for.

use crate::report::{Report, percentile};
use crate::{pace, switches};
use anyhow::{Context, Result, bail};
use easien_camsim::strip;
use easien_tests::room::{Room, cameras_like_in_the_demo};
use easien_tests::screen::Area;
use std::collections::HashMap;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const CAMERAS: u16 = 16;
const FPS: i64 = 15;
const SECONDS: u64 = 20;
/// A picture is on the screen up to so much longer than it is known to be, half of that on average.
const POLL: Duration = Duration::from_millis(4);

/// The benchmark.
///
/// # Errors
/// When the room does not come up, or too few pictures were recognised.
pub fn run() -> Result<Report> {
    let mut report = Report::new("latency")?;
    to_glass(&mut report)?;
    switches::measure(&mut report)?;
    Ok(report)
}

fn to_glass(report: &mut Report) -> Result<()> {
    let mut room = Room::new("bench-latency")?;
    let trace = room.folder().join("arrivals.csv");
    room.station_args = vec!["--trace-arrivals".to_owned(), trace.display().to_string()];
    room.start_cameras(cameras_like_in_the_demo(CAMERAS))?;
    room.start_station()?;
    room.add_simulated()?;
    room.wait_live(usize::from(CAMERAS), Duration::from_secs(60))?;
    room.start_display(1920, 1080)?;
    room.start_window()?;
    let all: Vec<u16> = (1..=CAMERAS).collect();
    let tiles = room.wait_cameras(&all, Duration::from_secs(60))?;
    sleep(Duration::from_secs(5));

    let rows: Vec<Area> = tiles
        .iter()
        .map(|tile| Area { y: tile.area.y + strip::height_px(tile.area.height) / 2, height: 1, ..tile.area })
        .collect();
    let screen = room.screen()?;
    let mut last: HashMap<u16, u16> = HashMap::new();
    let mut painted: Vec<(u16, u16, i64)> = vec![];
    let mut polls = 0_u32;
    let began = Instant::now();
    let during = pace::seconds(SECONDS, 6);
    while began.elapsed() < during {
        let shots = screen.capture_areas(&rows)?;
        let at = now_micros();
        for (shot, tile) in shots.iter().zip(&tiles) {
            let read = strip::read_with(tile.area.width, tile.area.height, |x, _| shot.luma(x, 0));
            let Some(read) = read.filter(|read| read.camera == tile.camera) else { continue };
            if last.insert(read.camera, read.frame) != Some(read.frame) {
                painted.push((read.camera, read.frame, at));
            }
        }
        polls += 1;
        sleep(POLL);
    }
    sleep(Duration::from_secs(1)); // the trace's last lines
    let text = std::fs::read_to_string(&trace).context("the trace of arrivals")?;
    let frames_in_loop = i64::from(painted.iter().map(|(_, frame, _)| *frame).max().unwrap_or(0)) + 1;
    let arrivals = arrivals(&text, frames_in_loop);
    let mut millis = vec![];
    let mut unknown = 0_u32;
    // The first picture of a camera was on the screen before the first look.
    let mut first: HashMap<u16, ()> = HashMap::new();
    for (camera, frame, at) in &painted {
        if first.insert(*camera, ()).is_none() {
            continue;
        }
        let known = arrivals.get(&(*camera, i64::from(*frame)));
        match known.and_then(|times| times.iter().rev().find(|arrived| **arrived <= *at)) {
            #[allow(clippy::cast_precision_loss)]
            Some(arrived) if at - arrived < 5_000_000 => millis.push((at - arrived) as f64 / 1000.0),
            _ => unknown += 1,
        }
    }
    let expected = usize::from(CAMERAS) * during.as_secs() as usize * FPS as usize;
    if millis.len() < expected / 2 {
        bail!("only {} of about {expected} pictures were recognised ({unknown} unknown)", millis.len());
    }
    let took = |share: f64, millis: &mut [f64]| percentile(millis, share).unwrap_or(f64::NAN);
    report.add("glass_p50_ms", took(0.50, &mut millis), "ms");
    report.add("glass_p95_ms", took(0.95, &mut millis), "ms");
    report.add("glass_p99_ms", took(0.99, &mut millis), "ms");
    report.add("glass_max_ms", took(1.0, &mut millis), "ms");
    #[allow(clippy::cast_precision_loss)]
    report.add("pictures_seen", millis.len() as f64, &format!("of about {expected} sent"));
    report.add(
        "poll_ms",
        began.elapsed().as_secs_f64() * 1000.0 / f64::from(polls.max(1)),
        "ms between looks",
    );
    Ok(())
}

/// When the last packet of each frame of each camera arrived, in order; a frame comes again with every loop.
fn arrivals(csv: &str, frames_in_loop: i64) -> HashMap<(u16, i64), Vec<i64>> {
    let mut known: HashMap<(u16, i64), Vec<i64>> = HashMap::new();
    for line in csv.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [code, "sub", pts, arrived] = fields[..] else { continue };
        let number = code.trim_start_matches('C').parse::<u16>();
        if let (Ok(camera), Ok(pts), Ok(arrived)) = (number, pts.parse::<i64>(), arrived.parse::<i64>()) {
            // camsim: RTP time of frame n is n * 90000 / fps, and its strip says n modulo the loop.
            let frame = (pts * FPS + 45_000).div_euclid(90_000).rem_euclid(frames_in_loop);
            known.entry((camera, frame)).or_default().push(arrived);
        }
    }
    known
}

fn now_micros() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_in_the_trace_over_loops() {
        let csv = "camera_code,which,pts_90k,arrived_micros\n\
                   C003,sub,0,100\nC003,sub,6000,200\nC003,main,6000,5\nC003,sub,900000,900\nbroken\n";
        let known = arrivals(csv, 150);
        assert_eq!(known[&(3, 0)], [100, 900]);
        assert_eq!(known[&(3, 1)], [200]);
        assert_eq!(known.len(), 2);
    }
}
