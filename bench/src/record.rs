//! What recording costs: 240 streams received and recorded by the station alone, against one `ffmpeg -c copy -f segment`
//! process a camera (16 measured in the same run, scaled); and whether anything is missing afterwards.

use crate::report::Report;
use anyhow::{Context, Result, bail, ensure};
use easien_link::call;
use easien_link::data::{RecordingPhase, TimelineQuery};
use easien_model::{CameraId, UtcMicros};
use easien_tests::child::{self, Child};
use easien_tests::proc::{self, CpuMeter};
use easien_tests::programs;
use easien_tests::room::Room;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

const CAMERAS: usize = 240;
/// Measured with `ffmpeg`, then scaled.
const PEERS: usize = 16;
const SECONDS: u64 = 60;
const PEER_SECONDS: u64 = 30;
/// Bytes written to learn what the disk takes.
const FLOOR_BYTES: u64 = 3 << 30;

/// 240 sub streams.
///
/// # Errors
/// When not every camera can be recorded.
pub fn sub() -> Result<Report> {
    let mut report = Report::new("record")?;
    let mut room = Room::new("bench-record")?;
    let (camsim, mut cameras) = simulate(&room, &[])?;
    for camera in &mut cameras {
        camera["record"] = serde_json::json!({ "streams": "sub", "schedule": [], "keep_days": null });
    }
    let measured = measure(&mut room, &cameras, &mut report)?;
    let urls: Vec<String> =
        cameras.iter().take(PEERS).map(|camera| with_credential(camera, "sub_url")).collect::<Result<_>>()?;
    room.station = None; // the peers have the machine to themselves, as the station had
    let peer_core = peers(&room, &urls)?;
    drop(camsim);
    report.add_ratio(
        "cpu_ratio_to_ffmpeg",
        measured.station_core / peer_core,
        "x",
        Some("ffmpeg -c copy -f segment, one a camera"),
    );
    report.add("ffmpeg_240_core", peer_core, "core (16 measured, scaled)");
    Ok(report)
}

/// 240 main streams, about 700 Mbit/s, on a disk whose floor is measured first.
///
/// # Errors
/// When not every camera can be recorded.
pub fn main_streams() -> Result<Report> {
    let mut report = Report::new("record-main")?;
    let mut room = Room::new("bench-record-main")?;
    let floor = write_floor(room.folder())?;
    println!("  disk write floor: {floor:.0} MB/s (written in 4 MiB pieces, one fsync at the end)");
    report.add("disk_floor_mb_s", floor, "MB/s");
    let clips = room.folder().join("clips");
    draw_main(&clips)?;
    let clips = clips.to_str().context("a path")?.to_owned();
    let (camsim, mut cameras) = simulate(&room, &["--clips", &clips])?;
    for camera in &mut cameras {
        camera["sub_url"] = Value::from("");
        camera["record"] = serde_json::json!({ "streams": "main", "schedule": [], "keep_days": null });
    }
    measure(&mut room, &cameras, &mut report)?;
    drop(camsim);
    Ok(report)
}

struct Measured {
    station_core: f64,
}

/// Starts the station on these cameras, waits until all are recorded, measures a minute, and looks what is missing.
fn measure(room: &mut Room, cameras: &[Value], report: &mut Report) -> Result<Measured> {
    let list = room.folder().join("cameras.json");
    std::fs::write(&list, serde_json::to_string(cameras)?)?;
    room.station_args = vec!["--add-cameras".to_owned(), list.display().to_string()];
    room.start_station()?;
    let began = Instant::now();
    room.wait_live(CAMERAS, Duration::from_secs(180))?;
    report.add("all_live_s", began.elapsed().as_secs_f64(), "s");
    wait_recording(room)?;
    sleep(Duration::from_secs(10)); // what comes with a start is over then
    let station = room.station.as_ref().context("station")?.pid();
    let from = now();
    let meter = CpuMeter::begin(&[station]);
    let begun = Instant::now();
    let stored_before = stored_bytes(room)?;
    sleep(Duration::from_secs(SECONDS));
    let used = meter.end();
    let seconds = begun.elapsed().as_secs_f64();
    let to = now();
    let network: f64 = room.status()?.network_bps as f64;
    let own = proc::all().get(&station).map_or(0, |process| process.rss_bytes);
    // Everything is on its way for at most a fragment and a sync.
    sleep(Duration::from_secs(6));
    let stored = stored_bytes(room)? - stored_before;
    let (gaps, covered_s, asked_s) = missing(room, from, to)?;
    wait_recording(room)?;
    let station_core = used.by_name.get("easien-station").copied().unwrap_or(used.cores);
    report.add("station_core", station_core, "core");
    report.add("tree_core", used.cores, "core with the idle picture workers");
    report.add("rss_mb", own as f64 / 1e6, "MB of the station");
    report.add("tree_rss_mb", used.rss_bytes as f64 / 1e6, "MB with the idle picture workers");
    report.add("network_mbit_s", network / 1e6, "Mbit/s");
    report.add("stored_mb_s", stored as f64 / 1e6 / (seconds + 6.0), "MB/s");
    report.add("gaps", gaps as f64, "");
    // Pieces that meet are rounded to the microsecond each.
    report.add("not_covered_s", ((asked_s - covered_s).max(0.0) * 100.0).floor() / 100.0, "camera-seconds");
    Ok(Measured { station_core })
}

/// Gaps of all cameras in this time, and seconds covered of those asked for.
fn missing(room: &Room, start: UtcMicros, end: UtcMicros) -> Result<(usize, f64, f64)> {
    let ids: Vec<CameraId> = room.cameras()?.iter().map(|camera| camera.id).collect();
    let (mut gaps, mut covered) = (0, 0.0);
    for part in ids.chunks(60) {
        let lanes = room.call::<call::ReviewTimeline>(TimelineQuery {
            cameras: part.to_vec(),
            start,
            end,
            buckets: 0,
        })?;
        for lane in lanes {
            gaps += lane.gaps.len();
            for gap in &lane.gaps {
                eprintln!("bench: gap: {} {gap:?}", lane.camera);
            }
            covered += lane
                .spans
                .iter()
                .map(|span| (span.end.0.min(end.0) - span.start.0.max(start.0)).max(0) as f64 / 1e6)
                .sum::<f64>();
        }
    }
    Ok((gaps, covered, (end - start) as f64 / 1e6 * ids.len() as f64))
}

fn stored_bytes(room: &Room) -> Result<u64> {
    fn under(path: &Path) -> u64 {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries
            .map(|entry| match entry.metadata() {
                Ok(data) if data.is_dir() => under(&entry.path()),
                Ok(data) => data.len(),
                Err(_) => 0,
            })
            .sum()
    }
    Ok(room.call::<call::VolumeList>(())?.iter().map(|volume| under(Path::new(&volume.set.path))).sum())
}

pub(crate) fn wait_recording(room: &Room) -> Result<()> {
    let began = Instant::now();
    loop {
        let recorded = room
            .cameras()?
            .iter()
            .filter(|camera| camera.recordings.iter().any(|one| one.phase == RecordingPhase::Recording))
            .count();
        if recorded >= CAMERAS {
            return Ok(());
        }
        ensure!(
            began.elapsed() < Duration::from_secs(60),
            "only {recorded} of {CAMERAS} cameras are recorded"
        );
        sleep(Duration::from_millis(500));
    }
}

/// The simulator, a program of its own, and its cameras as a list that the station reads.
pub(crate) fn simulate(room: &Room, more: &[&str]) -> Result<(Child, Vec<Value>)> {
    let log = room.logs().join("camsim.log");
    let mut command = child::command(programs::find("camsim")?);
    command.args(["--cameras", &CAMERAS.to_string(), "--json"]).args(more);
    command.arg("--cache").arg(programs::repository().join("target/camsim"));
    command.stdout(Stdio::piped()).stderr(std::fs::File::create(&log)?);
    let mut camsim = Child::start_as_is("camsim", command, &log)?;
    let mut line = String::new();
    BufReader::new(camsim.stdout().context("camsim's output")?).read_line(&mut line)?;
    camsim.check()?;
    let ready: Value = serde_json::from_str(&line).context("camsim's JSON line")?;
    let cameras = ready["cameras"].as_array().context("cameras")?.clone();
    Ok((camsim, cameras))
}

fn with_credential(camera: &Value, url: &str) -> Result<String> {
    let text = |name: &str| camera[name].as_str().unwrap_or_default().to_owned();
    let mut url = url::Url::parse(&text(url))?;
    let set = url.set_username(&text("username")).and_then(|()| url.set_password(Some(&text("password"))));
    ensure!(set.is_ok(), "an address takes no credential");
    Ok(url.to_string())
}

/// Cores that one `ffmpeg -c copy -f segment` a camera uses, for all cameras.
fn peers(room: &Room, urls: &[String]) -> Result<f64> {
    let folder = room.folder().join("peers");
    std::fs::create_dir(&folder)?;
    let mut children = vec![];
    for (number, url) in urls.iter().enumerate() {
        let mut command = child::command("ffmpeg");
        command.args(["-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp", "-i", url]);
        command.args(["-c", "copy", "-f", "segment", "-segment_time", "300", "-reset_timestamps", "1"]);
        // Matroska: `ffmpeg` writes no G.711 into MP4, and some cameras have it.
        command.arg(folder.join(format!("{number}-%03d.mkv")));
        children.push(Child::start("ffmpeg", command, &room.logs().join("ffmpeg.log"))?);
    }
    sleep(Duration::from_secs(8)); // its look at the streams is over then
    for child in &mut children {
        child.check()?;
    }
    let pids: Vec<u32> = children.iter().map(Child::pid).collect();
    let meter = CpuMeter::begin(&pids);
    sleep(Duration::from_secs(PEER_SECONDS));
    let used = meter.end();
    for child in &mut children {
        child.check()?;
    }
    if used.cores <= 0.0 {
        bail!("the peers did nothing");
    }
    Ok(used.cores / urls.len() as f64 * CAMERAS as f64)
}

/// What the disk below `folder` takes, in MB/s.
fn write_floor(folder: &Path) -> Result<f64> {
    let path = folder.join("floor");
    let mut piece = vec![0; 4 << 20];
    // Not zeros: a disk may make nothing of them.
    std::fs::File::open("/dev/urandom")?.read_exact(&mut piece)?;
    let began = Instant::now();
    let mut file = std::fs::File::create(&path)?;
    for _ in 0..FLOOR_BYTES / piece.len() as u64 {
        file.write_all(&piece)?;
    }
    file.sync_all()?;
    let seconds = began.elapsed().as_secs_f64();
    std::fs::remove_file(path)?;
    Ok(FLOOR_BYTES as f64 / 1e6 / seconds)
}

/// A clip of 1920x1080 at about 2.9 Mbit/s, for every camera's main stream.
fn draw_main(folder: &Path) -> Result<()> {
    std::fs::create_dir(folder)?;
    let output = std::process::Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-f", "lavfi", "-i"])
        .arg("testsrc2=size=1920x1080:rate=25:duration=12,noise=alls=6:allf=t")
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "50", "-sc_threshold", "0"])
        .args(["-b:v", "2900k", "-minrate", "2900k", "-maxrate", "2900k", "-bufsize", "2900k"])
        .args(["-x264-params", "nal-hrd=cbr", "-pix_fmt", "yuv420p"])
        .arg(folder.join("main.mp4"))
        .output()?;
    ensure!(output.status.success(), "ffmpeg: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

fn now() -> UtcMicros {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UtcMicros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
