//! What asking the index of recordings costs when thirty days of 240 cameras stand in it: the index alone, and a day's
//! timeline of a camera as a window gets it over the link.

use crate::report::{Report, percentile};
use anyhow::{Result, ensure};
use easien_link::commands::call;
use easien_link::data::{CalendarQuery, TimelineLane, TimelineQuery};
use easien_model::{
    CameraId, Codec, GapCause, LossReason, RunId, SegmentId, StreamId, StreamKind, UtcMicros, VolumeId,
};
use easien_store::Recordings;
use easien_store::recordings::{CameraSpan, Change, GapRow, SegmentEnd, SegmentRow, SegmentState};
use easien_tests::room::Room;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

const S: i64 = 1_000_000;
const HOUR: i64 = 3600 * S;
const DAY: i64 = 24 * HOUR;
/// A segment.
const SEGMENT: i64 = 300 * S;

/// Measures into `report`.
///
/// # Errors
/// When the index cannot be made, the station does not come up, or something asked for is not there.
pub fn measure(report: &mut Report) -> Result<()> {
    measure_with(240, 30, report)
}

fn measure_with(count: usize, days: i64, report: &mut Report) -> Result<()> {
    let mut room = Room::new("bench-timeline")?;
    std::fs::create_dir_all(room.data())?;
    let begin = begin(days)?;
    let cameras = fill(&room.data(), begin, count, days, report)?;
    index_alone(&room.data(), &cameras, begin, days, report)?;

    room.start_station()?;
    let day = UtcMicros(begin.0 + days / 2 * DAY);
    let mut times = Vec::new();
    for camera in &cameras {
        let query =
            TimelineQuery { cameras: vec![*camera], start: day, end: UtcMicros(day.0 + DAY), buckets: 1440 };
        let asked = Instant::now();
        let lanes = room.call::<call::ReviewTimeline>(query)?;
        times.push(asked.elapsed());
        let known = |lane: &TimelineLane| lane.activity.iter().filter(|part| **part < 255).count();
        ensure!(lanes.iter().all(|lane| !lane.spans.is_empty() && known(lane) > 1400), "{lanes:?}");
    }
    report.add("timeline_day_ms", ms(&times, 0.95), "ms, 95th percentile of 240 cameras, over the link");
    report.add("timeline_day_median_ms", ms(&times, 0.5), "ms");
    let borders = (0..=days).map(|day| UtcMicros(begin.0 + day * DAY)).collect();
    let asked = Instant::now();
    let calendar = room.call::<call::ReviewCalendar>(CalendarQuery { cameras: vec![], days: borders })?;
    report.add("calendar_all_ms", asked.elapsed().as_secs_f64() * 1e3, "ms, a month of all cameras");
    ensure!(calendar.iter().all(|seconds| *seconds > 80_000.0), "{calendar:?}");
    room.stop_station()
}

/// So many days ago, at a full hour.
fn begin(days: i64) -> Result<UtcMicros> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(UtcMicros((i64::try_from(now.as_micros())? - days * DAY).div_euclid(HOUR) * HOUR))
}

/// Five-minute segments of every camera, side by side and staggered, with a loss of 40 s each day.
fn fill(
    folder: &Path,
    begin: UtcMicros,
    count: usize,
    days: i64,
    report: &mut Report,
) -> Result<Vec<CameraId>> {
    let (index, _) = Recordings::open(folder, begin)?;
    let cameras: Vec<CameraId> = (0..count).map(|_| CameraId::new()).collect();
    let runs: Vec<RunId> = cameras.iter().map(|_| RunId::new()).collect();
    let (volume, mut rows, filling) = (VolumeId::new(), 0, Instant::now());
    for day in 0..days {
        let mut changes = Vec::new();
        for slot in 0..DAY / SEGMENT {
            for (number, (camera, run)) in cameras.iter().zip(&runs).enumerate() {
                let stream = StreamId { camera: *camera, which: StreamKind::Sub };
                let stagger = i64::try_from(number)? * SEGMENT / i64::try_from(count)?;
                let at = begin.0 + day * DAY + slot * SEGMENT + stagger;
                let lost = slot == 36;
                let length = if lost { SEGMENT - 40 * S } else { SEGMENT };
                changes.push(Change::Added(segment(stream, volume, *run, number, at, length)));
                if lost {
                    changes.push(Change::Gap(GapRow {
                        stream,
                        start: UtcMicros(at + length),
                        end: Some(UtcMicros(at + SEGMENT)),
                        cause: GapCause::CameraLost { reason: Some(LossReason::Timeout) },
                    }));
                }
                rows += 1;
            }
        }
        index.apply(&changes)?;
    }
    index.close()?;
    report.add("index_rows", rows as f64, "segments");
    report.add("index_fill_s", filling.elapsed().as_secs_f64(), "s");
    let bytes = std::fs::metadata(folder.join(easien_store::RECORDINGS_FILE))?.len();
    report.add("index_bytes_a_row", bytes as f64 / rows as f64, "bytes");
    Ok(cameras)
}

fn segment(
    stream: StreamId,
    volume: VolumeId,
    run: RunId,
    number: usize,
    at: i64,
    length: i64,
) -> SegmentRow {
    SegmentRow {
        id: SegmentId::new(),
        stream,
        volume,
        // Not the usual name: what a name costs is in.
        path: format!("C{:03}_{number:08x}/sub/{}/{}.mp4", number + 1, at / DAY, at / S % 86_400),
        run,
        start: UtcMicros(at),
        rtp_start_90k: 123_456,
        clock_offset_us: Some(-40_000),
        shift_us: 0,
        codec: Codec::H264,
        width_px: 640,
        height_px: 360,
        audio: None,
        end: Some(SegmentEnd {
            end: UtcMicros(at + length),
            bytes: 15_000_000,
            frames: 4500,
            sha256: Some([at.to_le_bytes()[1]; 32]),
            activity: (0..length / (5 * S)).map(|part| (part * 37 % 255) as u8).collect(),
        }),
        state: SegmentState::Whole,
    }
}

/// The index without the station.
fn index_alone(
    folder: &Path,
    cameras: &[CameraId],
    begin: UtcMicros,
    days: i64,
    report: &mut Report,
) -> Result<()> {
    let (index, _) = Recordings::open(folder, begin)?;
    let noon = UtcMicros(begin.0 + days / 2 * DAY);
    let stream = |camera: &CameraId| StreamId { camera: *camera, which: StreamKind::Sub };
    let mut ask = |name: &str, unit: &str, ask: &dyn Fn(&CameraId) -> Result<()>| -> Result<()> {
        let mut times = Vec::new();
        for camera in cameras.iter().take(48) {
            let asked = Instant::now();
            ask(camera)?;
            times.push(asked.elapsed());
        }
        report.add(name, ms(&times, 0.5), unit);
        Ok(())
    };
    ask("index_day_ms", "ms, a day of a stream, the index alone", &|camera| {
        let mut seen = 0;
        index.stretches(stream(camera), noon, UtcMicros(noon.0 + DAY), |stretch| {
            seen += stretch.activity.len()
        })?;
        ensure!(seen > 280 * 60, "{seen} parts of activity");
        Ok(())
    })?;
    ask("index_month_ms", "ms, all days of a stream", &|camera| {
        index.stretches(stream(camera), begin, UtcMicros(begin.0 + days * DAY), |_| {})?;
        Ok(())
    })?;
    ask("index_seek_ms", "ms, the segment at a moment", &|camera| {
        let rows = index.segments(stream(camera), noon, UtcMicros(noon.0 + 1), 1)?;
        ensure!(rows.len() == 1, "{} segments", rows.len());
        Ok(())
    })?;
    let clips: Vec<Vec<CameraSpan>> = (0..500_i64)
        .map(|number| {
            let start = UtcMicros(begin.0 + number * 7919 % days * DAY + HOUR);
            let span = |camera: &CameraId| CameraSpan { camera: *camera, start, end: start.plus_seconds(90) };
            cameras.iter().cycle().skip(usize::try_from(number).unwrap_or(0)).take(4).map(span).collect()
        })
        .collect();
    ask("index_500_bookmarks_ms", "ms, which of 500 bookmarks are recorded", &|_| {
        ensure!(index.recorded(&clips)?.iter().all(|recorded| *recorded), "one is not");
        Ok(())
    })?;
    ask("index_500_holds_ms", "ms, what 500 holds protect", &|_| {
        ensure!(index.overlapping_bytes(&clips)?.iter().all(|bytes| *bytes > 0), "one protects nothing");
        Ok(())
    })?;
    index.close()?;
    Ok(())
}

fn ms(times: &[Duration], share: f64) -> f64 {
    let mut times: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
    percentile(&mut times, share).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use crate::report::Report;

    /// The timeline without the rest of the benchmark: `cargo nextest run -p easien-bench --run-ignored only`, with
    /// `EASIEN_FULL=1` two million rows.
    #[test]
    #[ignore = "a measurement"]
    fn the_timeline_alone() {
        let (cameras, days) = if std::env::var_os("EASIEN_FULL").is_some() { (240, 30) } else { (24, 4) };
        let mut report = Report::new("timeline").unwrap();
        super::measure_with(cameras, days, &mut report).unwrap();
        report.finish().unwrap();
    }
}
