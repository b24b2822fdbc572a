//! A ten-minute clip of a main stream copied out of the archive, against `cp` and fsync of the same bytes on the same
//! disk; then whether it plays from its first picture and is as long as what was recorded.

use crate::report::{Report, percentile};
use anyhow::{Context as _, Result, ensure};
use easien_archive::memory_index::MemoryIndex;
use easien_archive::{Archive, ArchiveEvent, CameraLabel, ClipWish, Options, Uptime, VolumeConfig};
use easien_model::{
    CameraId, Codec, ManualClock, MediaKind, Params, RunId, Sample, StreamId, StreamKind, Ticks90k,
    UtcMicros, VideoParams, VolumeId,
};
use easien_tests::programs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

const FPS: i64 = 25;
const SECONDS: i64 = 600;
/// Rounds of copying and of `cp`, in turn.
const ROUNDS: usize = 5;

/// The benchmark.
///
/// # Errors
/// When `ffmpeg` is not there, or a copy is not what it should be.
pub fn run() -> Result<Report> {
    let mut report = Report::new("clip")?;
    // Beside the build, where there is a disk; /tmp may be memory.
    let target = programs::repository().join("target");
    let folder = tempfile::Builder::new().prefix("bench-clip-").tempdir_in(target)?;
    let units = access_units(folder.path())?;
    let stream = StreamId { camera: CameraId::new(), which: StreamKind::Main };
    let (archive, clock) = record(folder.path(), stream, &units)?;
    let start = UtcMicros(0).plus_seconds(1_700_000_000);
    let wish = ClipWish { stream, start, end: clock };
    let reader = archive.reader();
    let (mut ours, mut theirs, mut bytes, mut frames, mut length_s) = (vec![], vec![], 0, 0, 0.0);
    for round in 0..ROUNDS {
        let target = folder.path().join(format!("clip-{round}.mp4"));
        let began = Instant::now();
        let files = reader.copy_clip(&wish, &target, &|_| true)?;
        ours.push(began.elapsed().as_secs_f64());
        ensure!(files.len() == 1, "{} parts", files.len());
        let file = files.first().context("a file")?;
        ensure!(file.gaps.is_empty(), "it has gaps: {:?}", file.gaps);
        ensure!(file.frames == (SECONDS * FPS) as u64, "{} pictures", file.frames);
        (bytes, frames) = (file.bytes, file.frames);
        length_s = (file.end - file.start) as f64 / 1e6;
        let copy = folder.path().join(format!("cp-{round}.mp4"));
        let began = Instant::now();
        std::fs::copy(&target, &copy)?;
        std::fs::File::open(&copy)?.sync_all()?;
        theirs.push(began.elapsed().as_secs_f64());
        if round + 1 < ROUNDS {
            std::fs::remove_file(&target)?;
        }
        std::fs::remove_file(&copy)?;
    }
    let clip = folder.path().join(format!("clip-{}.mp4", ROUNDS - 1));
    let played = played(&clip)?;
    ensure!(played.frames == frames, "{} of {frames} pictures are decoded", played.frames);
    let (ours, theirs) =
        (percentile(&mut ours, 0.5).unwrap_or(f64::NAN), percentile(&mut theirs, 0.5).unwrap_or(f64::NAN));
    report.add_ratio("time_ratio_to_cp", ours / theirs, "x", Some("cp and fsync of the same bytes"));
    report.add("copy_s", ours, "s (median)");
    report.add("cp_s", theirs, "s (median)");
    report.add("mb", bytes as f64 / 1e6, "MB");
    report.add("frames", frames as f64, "");
    report.add("first_picture_s", played.first_s, "s in the file");
    let expected_s = units.len() as f64 * (SECONDS * FPS / units.len() as i64) as f64 / FPS as f64;
    let error_s = (played.length_s - expected_s).abs().max((length_s - expected_s).abs());
    report.add("duration_error_frames", (error_s * FPS as f64).floor(), "frames");
    ensure!(played.first_s.abs() < 0.001, "it does not play from its first picture: {}", played.first_s);
    Ok(report)
}

/// Ten seconds of 1920x1080 at about 3 Mbit/s, as access units of 4-byte lengths and NAL units.
fn access_units(folder: &Path) -> Result<Vec<Vec<u8>>> {
    let file = folder.join("main.h264");
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-f", "lavfi", "-i"])
        .arg("testsrc2=size=1920x1080:rate=25:duration=10,noise=alls=6:allf=t")
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "50", "-sc_threshold", "0"])
        .args([
            "-b:v",
            "3050k",
            "-maxrate",
            "3050k",
            "-bufsize",
            "3050k",
            "-x264-params",
            "aud=1:nal-hrd=cbr",
        ])
        .args(["-pix_fmt", "yuv420p", "-f", "h264"])
        .arg(&file)
        .output()
        .context("ffmpeg")?;
    ensure!(output.status.success(), "ffmpeg: {}", String::from_utf8_lossy(&output.stderr));
    let stream = std::fs::read(&file)?;
    let mut units: Vec<Vec<u8>> = vec![];
    for nal in nal_units(&stream) {
        // An access unit delimiter begins each (ITU-T H.264 section 7.4.1.2.3).
        if nal.first().is_some_and(|head| head & 31 == 9) {
            units.push(vec![]);
        }
        if let Some(unit) = units.last_mut() {
            unit.extend_from_slice(&u32::try_from(nal.len())?.to_be_bytes());
            unit.extend_from_slice(nal);
        }
    }
    ensure!(units.len() == 250, "{} pictures", units.len());
    Ok(units)
}

/// NAL units of an Annex B byte stream.
fn nal_units(stream: &[u8]) -> Vec<&[u8]> {
    let starts: Vec<usize> =
        stream.windows(3).enumerate().filter(|(_, code)| code == &[0, 0, 1]).map(|(at, _)| at).collect();
    starts
        .iter()
        .enumerate()
        .map(|(index, start)| {
            let end = starts.get(index + 1).copied().unwrap_or(stream.len());
            let mut nal = &stream[start + 3..end];
            while nal.last() == Some(&0) {
                nal = &nal[..nal.len() - 1];
            }
            nal
        })
        .collect()
}

/// Records the units again and again for ten minutes, by a clock of its own. The archive, and when it ended.
fn record(folder: &Path, stream: StreamId, units: &[Vec<u8>]) -> Result<(Archive, UtcMicros)> {
    let first = units.first().context("a unit")?;
    let head = Sample {
        data: first.clone().into(),
        ..sample(stream, RunId::new(), &params(vec![]), 0, &[], UtcMicros(0))
    };
    let sets =
        head.nal_units().filter(|nal| matches!(nal[0] & 31, 7 | 8)).map(|nal| nal.to_vec().into()).collect();
    let params = params(sets);
    let start = UtcMicros(0).plus_seconds(1_700_000_000);
    let clock = Arc::new(ManualClock::new(start));
    let up = Arc::new(AtomicI64::new(0));
    let uptime = up.clone();
    let options = Options {
        uptime: Uptime::new(move || uptime.load(Ordering::SeqCst)),
        ..Options::new(uuid::Uuid::now_v7())
    };
    let archive = Archive::open(options, clock.clone(), Arc::new(MemoryIndex::default()))?;
    let mut events = archive.events();
    let root = folder.join("volume");
    std::fs::create_dir(&root)?;
    archive.set_volumes(vec![VolumeConfig {
        id: VolumeId::new(),
        name: "bench".into(),
        path: root,
        quota_bytes: None,
        reserve_bytes: 0,
        enabled: true,
        create: true,
    }]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut recorder = archive.recorder(stream, CameraLabel { code: "C001".into(), name: "bench".into() });
    let run = RunId::new();
    let frames = SECONDS * FPS;
    let mut now = start;
    for number in 0..frames {
        let unit = &units[usize::try_from(number)? % units.len()];
        now = UtcMicros(start.0 + number * 1_000_000 / FPS);
        clock.set(now);
        up.store(now - start, Ordering::SeqCst);
        let sample = Arc::new(sample(stream, run, &params, number, unit, now));
        runtime.block_on(recorder.push(sample));
    }
    runtime.block_on(archive.close(Duration::from_secs(30)));
    while let Ok(event) = events.try_recv() {
        // What makes a gap would make the figures another recording's.
        if !matches!(event, ArchiveEvent::RecordingChanged(_)) {
            eprintln!("bench: {event:?}");
        }
    }
    Ok((archive, UtcMicros(now.0 + 1_000_000 / FPS)))
}

fn params(parameter_sets: Vec<bytes::Bytes>) -> Arc<Params> {
    Arc::new(Params::Video(VideoParams {
        codec: Codec::H264,
        parameter_sets,
        width_px: 1920,
        height_px: 1080,
        declared_fps: Some(25.0),
    }))
}

fn sample(
    stream: StreamId,
    run: RunId,
    params: &Arc<Params>,
    number: i64,
    unit: &[u8],
    arrived: UtcMicros,
) -> Sample {
    Sample {
        stream,
        kind: MediaKind::Video,
        run,
        seq: u64::try_from(number).unwrap_or(0),
        pts: Ticks90k(number * 90_000 / FPS),
        arrived,
        key: number % 50 == 0,
        damaged: false,
        params: params.clone(),
        data: unit.to_vec().into(),
    }
}

struct Played {
    frames: u64,
    first_s: f64,
    length_s: f64,
}

/// What a player makes of a file: every picture decoded, none complained about.
fn played(file: &Path) -> Result<Played> {
    let output = Command::new("ffprobe")
        .args(["-v", "warning", "-select_streams", "v:0", "-count_frames"])
        .args(["-show_entries", "stream=nb_read_frames,start_time,duration", "-of", "json"])
        .arg(file)
        .output()
        .context("ffprobe")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success() && complaint.trim().is_empty(), "ffprobe: {complaint}");
    let all: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let stream = &all["streams"][0];
    let number =
        |name: &str| stream[name].as_str().and_then(|text| text.parse::<f64>().ok()).context("ffprobe");
    Ok(Played {
        frames: number("nb_read_frames")? as u64,
        first_s: number("start_time")?,
        length_s: number("duration")?,
    })
}
