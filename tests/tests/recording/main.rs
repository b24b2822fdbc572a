//! What is recorded when things go wrong: everything is killed, disks fill, die or do not sync, clocks are set. The
//! rule under all of it: for every moment there is footage or a gap with its cause, and nothing held is lost.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // failing is what a test's helpers do

mod clocks;
mod disks;
mod killed;

use anyhow::{Result, ensure};
use easien_link::commands::call;
use easien_link::data::{Alarm, AlarmQuery, RecordingPhase, TimelineLane, TimelineQuery};
use easien_model::UtcMicros;
use easien_tests::room::{Room, cameras_like_in_the_demo};
use easien_tests::wait;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Adjacent pieces may be this far apart: a rounding, not a hole.
const TOLERANCE_US: i64 = 2_000;

/// The machine's clock.
pub fn now() -> UtcMicros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    UtcMicros(i64::try_from(since.as_micros()).unwrap())
}

/// A room whose cameras' sub streams are recorded.
pub fn recording(name: &str, cameras: u16, small: bool) -> Result<Room> {
    let mut room = Room::new(name)?;
    room.start_cameras(easien_camsim::Options { small, ..cameras_like_in_the_demo(cameras) })?;
    room.start_station()?;
    room.add_simulated()?;
    wait_recording(&room, usize::from(cameras))?;
    Ok(room)
}

/// Waits until so many streams are recorded.
pub fn wait_recording(room: &Room, count: usize) -> Result<()> {
    wait::until("recorded cameras", Duration::from_secs(40), Duration::from_millis(100), || {
        let cameras = room.cameras().map_err(|error| error.to_string())?;
        let recorded =
            |phase| cameras.iter().flat_map(|c| &c.recordings).filter(|r| r.phase == phase).count();
        if recorded(RecordingPhase::Recording) >= count {
            return Ok(());
        }
        Err(format!("{:?}", cameras.iter().map(|c| (&c.code, &c.recordings)).collect::<Vec<_>>()))
    })
}

/// What is recorded of every camera.
pub fn lanes(room: &Room, start: UtcMicros, end: UtcMicros) -> Result<Vec<TimelineLane>> {
    let cameras = room.cameras()?.iter().map(|camera| camera.id).collect();
    room.call::<call::ReviewTimeline>(TimelineQuery { cameras, start, end, buckets: 0 })
}

/// Every moment from the lane's first footage to `until` is footage or a gap; nothing overlaps, nothing is negative.
pub fn complete(lane: &TimelineLane, until: UtcMicros) -> Result<()> {
    let mut pieces: Vec<(i64, i64, String)> = vec![];
    for span in &lane.spans {
        ensure!(span.start < span.end, "a span that is none: {span:?}");
        pieces.push((span.start.0, span.end.0, "footage".to_owned()));
    }
    for pair in lane.spans.windows(2) {
        ensure!(pair[0].end <= pair[1].start, "spans overlap: {pair:?}");
    }
    // An open gap that footage follows would hide whatever else is missing.
    let newest = lane.spans.last().map_or(0, |span| span.end.0);
    let open = lane.gaps.iter().find(|gap| gap.end.is_none() && gap.start.0 < newest);
    ensure!(open.is_none(), "a gap goes on although there is footage after it: {lane:?}");
    for gap in &lane.gaps {
        let end = gap.end.map_or(i64::MAX, |end| end.0);
        ensure!(gap.start.0 <= end, "a negative gap: {gap:?}");
        pieces.push((gap.start.0, end, format!("{:?}", gap.cause)));
    }
    pieces.sort();
    let first = pieces.iter().find(|piece| piece.2 == "footage");
    let Some((mut at, _, _)) = first.cloned() else { anyhow::bail!("no footage at all: {lane:?}") };
    for (start, end, what) in pieces.iter().filter(|piece| piece.0 <= until.0) {
        ensure!(
            *start <= at + TOLERANCE_US,
            "nothing says what is from {at} to {start} ({what}): {pieces:?}"
        );
        at = at.max(*end);
    }
    ensure!(
        at.saturating_add(4_000_000) >= until.0,
        "nothing says what is from {at} to {}: {pieces:?}",
        until.0
    );
    Ok(())
}

/// As [`lanes`], once every lane is [`complete`] (what has just happened is in the index within a sync or two).
pub fn complete_lanes(room: &Room, start: UtcMicros, end: UtcMicros) -> Result<Vec<TimelineLane>> {
    wait::until("complete lanes", Duration::from_secs(8), Duration::from_millis(250), || {
        let all = lanes(room, start, end).map_err(|error| error.to_string())?;
        all.iter().try_for_each(|lane| complete(lane, end)).map_err(|error| error.to_string())?;
        Ok::<_, String>(all)
    })
}

/// All alarms, newest first.
pub fn alarms(room: &Room) -> Result<Vec<Alarm>> {
    room.call::<call::AlarmList>(AlarmQuery::default())
}

/// Waits for an alarm that `is` one.
pub fn wait_alarm(room: &Room, what: &str, limit: Duration, is: impl Fn(&Alarm) -> bool) -> Result<Alarm> {
    wait::until(what, limit, Duration::from_millis(50), || {
        let all = alarms(room).map_err(|error| error.to_string())?;
        all.iter().find(|alarm| is(alarm)).cloned().ok_or_else(|| format!("{all:?}"))
    })
}

/// Every segment below `folder`.
pub fn segments(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(segments(&path));
        } else if path.extension().is_some_and(|ending| ending == "mp4") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// What `ffprobe` counts in a file, and that it complains about nothing.
pub fn probed(file: &Path) -> Result<u64> {
    let output = Command::new("ffprobe")
        .args(["-v", "warning", "-count_packets", "-select_streams", "v:0"])
        .args(["-show_entries", "stream=nb_read_packets", "-of", "csv=p=0"])
        .arg(file)
        .output()?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success() && complaint.trim().is_empty(), "{}: {complaint}", file.display());
    let counted = String::from_utf8_lossy(&output.stdout);
    Ok(counted.trim().trim_end_matches(',').parse()?)
}

/// The index says what the files say: `easien-station archive check`.
pub fn checked(room: &Room) -> Result<()> {
    let output = Command::new(easien_tests::programs::find("easien-station")?)
        .args(["archive", "check", "--data"])
        .arg(room.data())
        .output()?;
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "archive check: {said}");
    Ok(())
}
