//! The station's clock is set by an hour, back and forth, while it records (libfaketime).

use super::{complete, wait_recording};
use anyhow::{Context, Result, ensure};
use easien_link::commands::call;
use easien_link::data::{TimelineLane, TimelineQuery};
use easien_model::{GapCause, UtcMicros};
use easien_tests::room::{Room, cameras_like_in_the_demo};
use std::path::Path;
use std::time::Duration;

const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
const HOUR_US: i64 = 3_600_000_000;

fn all_day(room: &Room) -> Result<Vec<TimelineLane>> {
    let now = super::now();
    let cameras = room.cameras()?.iter().map(|camera| camera.id).collect();
    let query = TimelineQuery {
        cameras,
        start: UtcMicros(now.0 - 6 * HOUR_US),
        end: UtcMicros(now.0 + 6 * HOUR_US),
        buckets: 0,
    };
    room.call::<call::ReviewTimeline>(query)
}

fn step(name: &str, by: &str, step_us: i64) -> Result<()> {
    ensure!(Path::new(FAKETIME).is_file(), "libfaketime is not installed");
    let mut room = Room::new(name)?;
    let file = room.folder().join("clock");
    std::fs::write(&file, "+0\n")?;
    for (name, value) in [
        ("LD_PRELOAD", FAKETIME),
        ("FAKETIME_TIMESTAMP_FILE", file.to_str().context("a path")?),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ("FAKETIME_CACHE_DURATION", "1"),
    ] {
        room.env.push((name.into(), value.into()));
    }
    room.start_cameras(easien_camsim::Options { small: true, ..cameras_like_in_the_demo(2) })?;
    room.start_station()?;
    room.add_simulated()?;
    wait_recording(&room, 2)?;
    std::thread::sleep(Duration::from_secs(6));
    std::fs::write(&file, format!("{by}\n"))?;
    std::thread::sleep(Duration::from_secs(10));
    for lane in all_day(&room)? {
        complete(&lane, UtcMicros(super::now().0 + step_us))?;
        ensure!(lane.spans.len() >= 2, "the run was not split: {lane:?}");
        let found = lane.gaps.iter().find_map(|gap| match gap.cause {
            GapCause::ClockStep { step_us } => Some((gap, step_us)),
            _ => None,
        });
        let (gap, told_us) =
            found.with_context(|| format!("no gap says that the clock was set: {lane:?}"))?;
        ensure!((told_us - step_us).abs() < 1_500_000, "set by {step_us} us, told {told_us} us");
        ensure!(gap.end.is_some_and(|end| end >= gap.start), "{gap:?}");
        // What was recorded before stays what it was, and what follows is where the clock says.
        let after = lane.spans.iter().any(|span| (span.end.0 - super::now().0 - step_us).abs() < 8_000_000);
        ensure!(after, "nothing is labelled by the clock as it is now: {lane:?}");
    }
    wait_recording(&room, 2)
}

#[test]
fn an_hour_forward() -> Result<()> {
    step("clock-forward", "+3600", HOUR_US)
}

#[test]
fn an_hour_back() -> Result<()> {
    step("clock-back", "-3600", -HOUR_US)
}
