//! Recording through the station: what the cameras send lies in files that any player plays, the index says the same as
//! the files, and what is missing has its cause.

use crate::room::{Station, cameras, command, list_with, now, start, until};
use easien_camsim::{Mode, Sim};
use easien_link::data::*;
use easien_link::{Event, call};
use easien_model::{CopyId, GapCause, LossReason, StreamId, StreamKind, UtcMicros, VolumeId};
use easien_store::{Found, Recordings, recordings::SegmentRow};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// More than the small cameras write in a minute.
const QUOTA_BYTES: u64 = 3 << 20;

/// One picture of the small cameras.
const PICTURE_US: i64 = 1_000_000 / 15 + 1000;

/// Small segments.
async fn begin(sim: &Sim, data: &Path, streams: &str) -> Station {
    let file = data.with_extension("cameras");
    std::fs::create_dir_all(data.parent().unwrap()).unwrap();
    std::fs::write(&file, list_with(sim, json!({ "streams": streams, "schedule": [], "keep_days": null })))
        .unwrap();
    start(data, &["--segment-seconds", "4", "--add-cameras", file.to_str().unwrap()]).await
}

async fn recorded(station: &Station, count: usize) -> Vec<Camera> {
    until("recordings", 40, async || {
        let cameras = station.client.call::<call::CameraList>(()).await.unwrap();
        let all = cameras
            .iter()
            .flat_map(|camera| &camera.recordings)
            .filter(|recording| recording.phase == RecordingPhase::Recording)
            .count();
        (all == count).then_some(cameras)
    })
    .await
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_of(&path));
        } else if path.extension().is_some_and(|ending| ending == "mp4") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Pictures in a file, as somebody else reads it.
fn pictures(file: &Path) -> u64 {
    let out = Command::new("ffprobe")
        .args(["-v", "error", "-count_packets", "-select_streams", "v", "-of", "json", "-show_streams"])
        .arg(file)
        .output()
        .unwrap();
    assert!(
        out.status.success() && out.stderr.is_empty(),
        "{}: {}",
        file.display(),
        String::from_utf8_lossy(&out.stderr)
    );
    let streams: Value = serde_json::from_slice(&out.stdout).unwrap();
    streams["streams"][0]["nb_read_packets"].as_str().unwrap().parse().unwrap()
}

fn index(data: &Path) -> Recordings {
    let (index, found) = Recordings::open(data, now()).unwrap();
    assert_eq!(found, Found::Kept);
    index
}

fn rows(index: &Recordings) -> Vec<SegmentRow> {
    index.oldest(None, None, None, 10_000).unwrap()
}

/// For every moment of every stream there is a segment or a gap, and nothing overlaps.
fn whole(index: &Recordings) {
    for (stream, first, last) in index.streams().unwrap() {
        let segments = index.segments(stream, first, UtcMicros(i64::MAX), 10_000).unwrap();
        let gaps = index.gaps(stream, first, UtcMicros(i64::MAX)).unwrap();
        let mut spans: Vec<(i64, i64)> = segments
            .iter()
            .map(|row| (row.start.0, row.end.as_ref().map_or(i64::MAX, |end| end.end.0)))
            .chain(gaps.iter().map(|gap| (gap.start.0, gap.end.map_or(i64::MAX, |end| end.0))))
            .collect();
        spans.sort_unstable();
        let mut at = spans[0].0;
        for (start, end) in spans {
            assert!((start - at).abs() <= 1000, "{stream}: {at} to {start}; {segments:?} {gaps:?}");
            at = end;
        }
        assert!(at >= last.0);
    }
}

#[tokio::test]
async fn what_cameras_send_is_on_the_disk_and_rows_are_files() {
    let sim = cameras(2, 0).await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let station = begin(&sim, &data, "sub").await;
    let client = &station.client;
    let cameras = recorded(&station, 2).await;
    assert!(client.call::<call::RoomGet>(()).await.unwrap().recording);
    assert_eq!(cameras[0].recordings.len(), 2);
    let off = cameras[0].recordings.iter().find(|one| one.which == StreamKind::Main).unwrap();
    assert_eq!((off.phase, off.cause), (RecordingPhase::Off, Some(GapCause::Stopped)));
    tokio::time::sleep(Duration::from_secs(7)).await;
    let plan = client.call::<call::StoragePlan>(()).await.unwrap();
    assert!(plan.cameras.iter().all(|one| one.sub_bps > 10_000 && one.main_bps == 0), "{plan:?}");
    assert!(plan.days_fit.unwrap() > 0.0 && plan.capacity_bytes > 0);

    // Off and on again, by a person.
    let mut events = client.events();
    let mut draft = draft_of(&cameras[0]);
    draft.record = Some(RecordProfile { streams: RecordStreams::Off, ..RecordProfile::default() });
    let camera = client.call::<call::CameraUpdate>(draft.clone()).await.unwrap();
    assert_eq!(camera.record.streams, RecordStreams::Off);
    let told = until("the news", 5, async || match events.next().await {
        Some(Event::RecordingChanged(one)) if one.phase == RecordingPhase::Off => Some(one),
        _ => None,
    })
    .await;
    assert_eq!(
        (told.camera, told.which, told.cause),
        (cameras[0].id, StreamKind::Sub, Some(GapCause::Stopped))
    );
    recorded(&station, 1).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    draft.record = Some(RecordProfile { streams: RecordStreams::Sub, ..RecordProfile::default() });
    client.call::<call::CameraUpdate>(draft).await.unwrap();
    recorded(&station, 2).await;

    // A camera that falls silent.
    sim.set_mode("C002", StreamKind::Sub, Mode::Stall).unwrap();
    recorded(&station, 1).await;
    sim.set_mode("C002", StreamKind::Sub, Mode::None).unwrap();
    recorded(&station, 2).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(station.stop(Signal::TERM).await.success());
    sim.stop().await;

    let index = index(&data);
    let rows = rows(&index);
    let volume = data.join("recordings");
    let mut paths: Vec<PathBuf> = rows.iter().map(|row| volume.join(&row.path)).collect();
    paths.sort();
    assert_eq!(paths, files_of(&volume));
    assert!(rows.len() >= 4, "{}", rows.len());
    for row in &rows {
        let end = row.end.as_ref().unwrap();
        let file = volume.join(&row.path);
        assert_eq!(pictures(&file), end.frames, "{}", row.path);
        assert_eq!(std::fs::metadata(&file).unwrap().len(), end.bytes);
    }
    whole(&index);
    let causes = |camera| {
        let stream = StreamId { camera, which: StreamKind::Sub };
        let gaps = index.gaps(stream, UtcMicros(0), UtcMicros(i64::MAX)).unwrap();
        gaps.into_iter().map(|gap| gap.cause).collect::<Vec<_>>()
    };
    assert!(causes(cameras[0].id).contains(&GapCause::Stopped), "{:?}", causes(cameras[0].id));
    let lost = |cause: &GapCause| {
        matches!(cause, GapCause::CameraLost { reason: Some(LossReason::Stalled | LossReason::Closed) })
    };
    assert!(causes(cameras[1].id).iter().any(lost), "{:?}", causes(cameras[1].id));
}

fn draft_of(camera: &Camera) -> CameraDraft {
    CameraDraft {
        id: camera.id,
        code: camera.code.clone(),
        name: camera.name.clone(),
        unit: camera.unit,
        place: camera.place.clone(),
        main_url: camera.main_url.clone(),
        sub_url: camera.sub_url.clone(),
        username: camera.username.clone(),
        password: None,
        transport: camera.transport,
        record: None,
    }
}

#[tokio::test]
async fn a_killed_station_loses_little_and_says_so_and_files_bring_the_index_back() {
    let sim = cameras(2, 0).await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let station = begin(&sim, &data, "sub").await;
    recorded(&station, 2).await;
    tokio::time::sleep(Duration::from_secs(6)).await;
    station.signal(Signal::KILL);
    let killed = now();
    station.stop(Signal::KILL).await;
    let station = start(&data, &["--segment-seconds", "4"]).await;
    recorded(&station, 2).await;
    tokio::time::sleep(Duration::from_secs(3)).await;

    // While it runs its files can be checked.
    let check = archive(&data, "check").await;
    assert_eq!(check.0, 0, "{}", check.1);
    let refused = archive(&data, "rebuild").await;
    assert_ne!(refused.0, 0, "a station runs: {}", refused.1);
    assert!(station.stop(Signal::TERM).await.success());

    let kept = index(&data);
    whole(&kept);
    for (stream, _, _) in kept.streams().unwrap() {
        let gaps = kept.gaps(stream, UtcMicros(0), UtcMicros(i64::MAX)).unwrap();
        let died = gaps.iter().find(|gap| gap.cause == GapCause::StationDied).expect("a gap for the kill");
        assert!(killed - died.start < 2_000_000, "{} us were lost", killed - died.start);
    }
    let before = rows(&kept);
    kept.close().unwrap();

    // The index is lost: it comes back from the files, the old one is kept aside.
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(data.join(format!("recordings.db{end}")));
    }
    let rebuilt = archive(&data, "rebuild").await;
    assert_eq!(rebuilt.0, 0, "{}", rebuilt.1);
    let anew = index(&data);
    let key = |row: &SegmentRow| {
        let end = row.end.clone().unwrap();
        (row.id, row.start, end.end, end.frames, end.bytes, row.path.clone())
    };
    let sorted = |rows: &[SegmentRow]| {
        let mut keys: Vec<_> = rows.iter().map(key).collect();
        keys.sort();
        keys
    };
    assert_eq!(sorted(&rows(&anew)), sorted(&before));
    anew.close().unwrap();

    // A bit flips: it is found.
    let victim = data.join("recordings").join(&before[0].path);
    let mut bytes = std::fs::read(&victim).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&victim, bytes).unwrap();
    let check = archive(&data, "check").await;
    assert_eq!(check.0, 1, "{}", check.1);
    assert!(check.1.contains(&before[0].path), "{}", check.1);

    // Without an index at all a station records at once and takes up what there was.
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(data.join(format!("recordings.db{end}")));
    }
    let station = start(&data, &[]).await;
    recorded(&station, 2).await;
    let alarm = until("the alarm", 20, async || {
        let alarms = station.client.call::<call::AlarmList>(AlarmQuery::default()).await.unwrap();
        alarms.into_iter().find(|alarm| alarm.kind == AlarmKind::IndexRebuilt)
    })
    .await;
    assert_eq!(alarm.acknowledged, None);
    let wish = AlarmAcknowledge { ids: vec![alarm.id], comment: String::new() };
    let seen = station.client.call::<call::AlarmAcknowledge>(wish).await.unwrap().remove(0);
    assert!(seen.acknowledged.is_some() && seen.cleared.is_some());
    assert!(station.stop(Signal::TERM).await.success());
    sim.stop().await;
    let again = index(&data);
    let known: Vec<_> = rows(&again).iter().map(|row| row.id).collect();
    assert!(before.iter().skip(1).all(|row| known.contains(&row.id)), "{} of {}", known.len(), before.len());
}

async fn archive(data: &Path, what: &str) -> (i32, String) {
    let program = env!("CARGO_BIN_EXE_easien-station");
    let out = tokio::process::Command::new(program)
        .args(["archive", what, "--data"])
        .arg(data)
        .output()
        .await
        .unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    (out.status.code().unwrap_or(-1), text)
}

#[tokio::test]
async fn volumes_come_and_go_retention_keeps_the_quota_and_clips_are_copied() {
    let sim = cameras(2, 0).await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = folder.path().join("cameras");
    std::fs::write(&file, list_with(&sim, json!({ "streams": "sub", "schedule": [], "keep_days": null })))
        .unwrap();
    let child = command(&data)
        .args(["--segment-seconds", "2", "--add-cameras", file.to_str().unwrap()])
        .env("EASIEN_SMALL_VOLUMES", "1")
        .spawn()
        .unwrap();
    let client = until("a station", 10, async || easien_link::Client::connect(&data).await.ok()).await;
    let station = Station { child, client };
    let client = &station.client;
    let cameras = recorded(&station, 2).await;
    let begun = now();

    // A second disk; the first is switched off: everything goes there.
    let second = folder.path().join("second");
    let inspected = client.call::<call::VolumeInspect>(folder.path().display().to_string()).await.unwrap();
    assert!(inspected.writable && inspected.id.is_none() && inspected.same_disk_as.is_some());
    let draft = VolumeDraft {
        id: VolumeId::new(),
        name: "Ổ 2".into(),
        path: second.display().to_string(),
        quota_bytes: Some(QUOTA_BYTES),
        reserve_bytes: 1 << 20,
        enabled: true,
    };
    let made = client.call::<call::VolumePut>(draft.clone()).await.unwrap();
    assert_eq!(made.set, draft);
    let first = client
        .call::<call::VolumeList>(())
        .await
        .unwrap()
        .into_iter()
        .find(|v| v.set.id != draft.id)
        .unwrap();
    assert_eq!((first.set.name.as_str(), first.state), ("Ổ 1", VolumeState::Ready));
    client.call::<call::VolumePut>(VolumeDraft { enabled: false, ..first.set.clone() }).await.unwrap();
    let in_use = client.call::<call::VolumeRemove>(first.set.id).await.unwrap_err();
    assert_eq!(in_use.key, "problem_volume_in_use");

    // A clip of what was recorded so far, to the newest second.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let copy = CopyDraft {
        id: CopyId::new(),
        cameras: cameras.iter().map(|camera| camera.id).collect(),
        start: begun.plus_seconds(1),
        end: begun.plus_seconds(3),
        which: None,
        folder: String::new(),
    };
    let plan = client.call::<call::CopyEstimate>(copy.clone()).await.unwrap();
    assert!(plan.bytes > 0 && plan.files.len() == 2, "{plan:?}");
    let started = client.call::<call::CopyStart>(copy.clone()).await.unwrap();
    assert_eq!(client.call::<call::CopyStart>(copy.clone()).await.unwrap().asked.id, started.asked.id);
    let done = until("the copy", 20, async || {
        let copy = client.call::<call::CopyList>(()).await.unwrap().remove(0);
        (copy.phase != CopyPhase::Running).then_some(copy)
    })
    .await;
    assert_eq!((done.phase, &done.problem), (CopyPhase::Done, &None));
    let own = Path::new(&done.asked.folder);
    assert!(own.starts_with(data.join("copies")));
    assert_eq!(done.files.len(), 2);
    for file in &done.files {
        assert_eq!(pictures(&own.join(&file.file)), file.frames);
        let whole = file.start <= copy.start && file.end >= UtcMicros(copy.end.0 - PICTURE_US);
        assert!(whole && file.gaps.is_empty(), "{file:?} of {} to {}", copy.start.0, copy.end.0);
    }
    let text = std::fs::read_to_string(own.join("copy.txt")).unwrap();
    assert!(text.contains("BẢN SAO LÀM VIỆC") && text.contains(&done.files[0].file), "{text}");
    let json: Value = serde_json::from_slice(&std::fs::read(own.join("copy.json")).unwrap()).unwrap();
    assert_eq!(json["cameras"].as_array().unwrap().len(), 2);
    let nothing = CopyDraft {
        id: CopyId::new(),
        start: begun.plus_seconds(-500),
        end: begun.plus_seconds(-400),
        ..copy
    };
    assert_eq!(client.call::<call::CopyStart>(nothing).await.unwrap_err().key, "problem_not_recorded");

    // The quota holds. Nothing younger than a minute is deleted, so this takes its time.
    if std::env::var_os("EASIEN_FULL").is_none() {
        assert!(station.stop(Signal::TERM).await.success());
        sim.stop().await;
        return;
    }
    until("the first deletion", 150, async || {
        let volumes = client.call::<call::VolumeList>(()).await.unwrap();
        let volume = volumes.iter().find(|volume| volume.set.id == draft.id)?;
        let files = files_of(&second).len();
        (files > 2 && volume.used_bytes > QUOTA_BYTES / 2 && deleted(&data) > 0).then_some(())
    })
    .await;
    recorded(&station, 2).await;
    let size: u64 = files_of(&second).iter().map(|file| std::fs::metadata(file).unwrap().len()).sum();
    assert!(size < QUOTA_BYTES * 5 / 4, "{size} bytes");
    assert!(station.stop(Signal::TERM).await.success());
    let store = easien_store::Store::open(&data, std::sync::Arc::new(easien_model::SystemClock)).unwrap();
    let audit = store.audit(None, 500).unwrap();
    assert!(
        audit
            .iter()
            .any(|row| row.command == "recording.delete" && row.detail["segments"].as_u64() > Some(0))
    );
    assert!(audit.iter().any(|row| row.command == "copy.done"));
    sim.stop().await;
}

/// Deletions in the audit so far.
fn deleted(data: &Path) -> usize {
    let store = easien_store::Store::open(data, std::sync::Arc::new(easien_model::SystemClock)).unwrap();
    store.audit(None, 500).unwrap().iter().filter(|row| row.command == "recording.delete").count()
}
