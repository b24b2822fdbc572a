//! Fills an index of recordings with cameras x days of five-minute segments and says what asking it costs.
//! `cargo run -p easien-store --example synthetic_index -- [CAMERAS] [DAYS] [FOLDER]`

use easien_model::{
    CameraId, Codec, GapCause, LossReason, RunId, SegmentId, StreamId, StreamKind, UtcMicros, VolumeId,
};
use easien_store::recordings::{CameraSpan, Change, GapRow, SegmentEnd, SegmentRow, SegmentState};
use easien_store::{RECORDINGS_FILE, Recordings};
use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const S: i64 = 1_000_000;
const DAY: i64 = 86_400 * S;
/// A segment.
const SEGMENT: i64 = 300 * S;
/// 2026-10-24T00:00:00Z.
const BEGIN: i64 = 1_792_800_000 * S;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let cameras: usize = args.next().map_or(Ok(240), |text| text.parse())?;
    let days: i64 = args.next().map_or(Ok(30), |text| text.parse())?;
    let temporary = tempfile::tempdir()?;
    let folder = args.next().map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    let (index, _) = Recordings::open(&folder, UtcMicros(BEGIN))?;
    let streams: Vec<StreamId> = (0..cameras)
        .map(|_| StreamId { camera: CameraId::new(), which: StreamKind::Sub })
        .collect();

    let begun = Instant::now();
    let volume = VolumeId::new();
    let mut rows = 0_usize;
    let runs: Vec<RunId> = streams.iter().map(|_| RunId::new()).collect();
    // As it comes about: all cameras side by side, staggered, with a loss of 40 s each day.
    for hour in 0..days * 24 {
        let mut changes = Vec::new();
        for slot in 0..12 {
            for (number, stream) in streams.iter().enumerate() {
                let at = BEGIN + (hour * 12 + slot) * SEGMENT + number as i64 * SEGMENT / cameras as i64;
                let lost = (hour % 24, slot) == (3, 0);
                let length = if lost { SEGMENT - 40 * S } else { SEGMENT };
                changes.push(Change::Added(segment(*stream, volume, runs[number], number, at, length)));
                if lost {
                    changes.push(Change::Gap(GapRow {
                        stream: *stream,
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
    index.checkpoint()?;
    let bytes = std::fs::metadata(folder.join(RECORDINGS_FILE))?.len();
    println!(
        "{rows} rows in {:.1} s, {} MB, {} bytes a row",
        begun.elapsed().as_secs_f64(),
        bytes / 1_000_000,
        bytes / rows.max(1) as u64
    );

    let noon = UtcMicros(BEGIN + days / 2 * DAY);
    let day = |stream: &StreamId| -> easien_store::Result<()> {
        let mut count = 0;
        index.stretches(*stream, noon, UtcMicros(noon.0 + DAY), |stretch| count += stretch.activity.len())?;
        index.gaps(*stream, noon, UtcMicros(noon.0 + DAY))?;
        assert!(count > 280 * 60 || days < 2);
        Ok(())
    };
    told("a day's stretches, activity and gaps of a stream", &streams, day)?;
    told("a day's rows, whole", &streams, |stream| {
        index.segments(*stream, noon, UtcMicros(noon.0 + DAY), usize::MAX).map(drop)
    })?;
    told("all days' stretches of a stream", &streams, |stream| {
        index.stretches(*stream, UtcMicros(BEGIN), UtcMicros(BEGIN + days * DAY), |_| {})
    })?;
    told("the segment at a moment", &streams, |stream| {
        index.segments(*stream, noon, UtcMicros(noon.0 + 1), 1).map(drop)
    })?;
    told("the next segment", &streams, |stream| index.neighbour(*stream, noon, true).map(drop))?;
    let borders: Vec<UtcMicros> = (0..=days).map(|day| UtcMicros(BEGIN + day * DAY)).collect();
    told("calendar of a camera", &streams, |stream| index.recorded_between(&[*stream], &borders).map(drop))?;
    told("calendar of all", &streams[..1], |_| index.recorded_between(&[], &borders).map(drop))?;
    let clips: Vec<Vec<CameraSpan>> = (0..500)
        .map(|number| {
            let start = UtcMicros(BEGIN + (number * 7919) % days.max(1) * DAY + 3600 * S);
            let span = |stream: &StreamId| CameraSpan { camera: stream.camera, start, end: start.plus_seconds(90) };
            streams.iter().cycle().skip(number as usize).take(4).map(span).collect()
        })
        .collect();
    told("whether 500 bookmarks are recorded", &streams[..1], |_| index.recorded(&clips).map(drop))?;
    told("bytes of 500 holds", &streams[..1], |_| index.overlapping_bytes(&clips).map(drop))?;
    told("the 200 oldest of a volume", &streams[..1], |_| {
        index.oldest(Some(volume), None, None, 200).map(drop)
    })?;
    told("bytes of a volume", &streams[..1], |_| index.used_bytes(volume).map(drop))?;
    told("what every stream takes", &streams[..1], |_| index.usage().map(drop))?;
    told("every stream, from when to when", &streams[..1], |_| index.streams().map(drop))?;
    let oldest = index.oldest(Some(volume), None, None, 1000)?;
    let removed: Vec<Change> = oldest.iter().map(|row| Change::Removed { id: row.id }).collect();
    let begun = Instant::now();
    index.apply(&removed)?;
    println!("{:>9.2} ms  1000 oldest removed", begun.elapsed().as_secs_f64() * 1e3);
    index.close()?;
    Ok(())
}

fn segment(stream: StreamId, volume: VolumeId, run: RunId, number: usize, at: i64, length: i64) -> SegmentRow {
    SegmentRow {
        id: SegmentId::new(),
        stream,
        volume,
        path: format!("C{:03}_{number:08x}/sub/{}", number + 1, dated(at)),
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

/// `YYYY-MM-DD/HHMMSS.mp4`; the days of October and November 2026 are enough here.
fn dated(at: i64) -> String {
    let seconds = (at - BEGIN) / S;
    let day = 24 + seconds / 86_400;
    let (month, day) = if day > 31 { (11, day - 31) } else { (10, day) };
    let rest = seconds % 86_400;
    format!("2026-{month:02}-{day:02}/{:02}{:02}{:02}.mp4", rest / 3600, rest / 60 % 60, rest % 60)
}

/// Median and worst of asking once for each of `streams`, the first (cold) one apart.
fn told(
    what: &str,
    streams: &[StreamId],
    ask: impl Fn(&StreamId) -> easien_store::Result<()>,
) -> easien_store::Result<()> {
    let mut times: Vec<Duration> = Vec::new();
    for stream in streams.iter().chain(streams.iter().take(if streams.len() == 1 { 4 } else { 0 })) {
        let begun = Instant::now();
        ask(stream)?;
        times.push(begun.elapsed());
    }
    times.sort();
    let ms = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1e3);
    println!("{:>9.2} ms  {what} (worst {:.2})", ms(times.get(times.len() / 2)), ms(times.last()));
    Ok(())
}
