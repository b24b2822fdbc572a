//! Disks that fill, die, or do not sync. Needs root (mounts), as CI has.

use super::{alarms, complete_lanes, now, recording, segments, wait_alarm, wait_recording};
use anyhow::{Context, Result, ensure};
use easien_link::commands::call;
use easien_link::data::{AlarmKind, HoldDraft, RecordingPhase, Volume, VolumeDraft, VolumeState};
use easien_model::{GapCause, HoldId, VolumeId};
use easien_tests::mounts::Mount;
use easien_tests::room::{Room, cameras_like_in_the_demo};
use easien_tests::wait;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const LOOK: Duration = Duration::from_millis(100);

fn add_volume(room: &Room, name: &str, path: &Path) -> Result<VolumeId> {
    let id = VolumeId::new();
    let path = path.to_str().context("a path")?.to_owned();
    let draft =
        VolumeDraft { id, name: name.into(), path, quota_bytes: None, reserve_bytes: 1 << 20, enabled: true };
    room.call::<call::VolumePut>(draft)?;
    Ok(id)
}

/// The volume that the station made by itself is not written to any more.
fn switch_first_off(room: &Room) -> Result<()> {
    for volume in room.call::<call::VolumeList>(())? {
        if volume.set.path.ends_with("/recordings") {
            room.call::<call::VolumePut>(VolumeDraft { enabled: false, ..volume.set })?;
        }
    }
    Ok(())
}

fn volume(room: &Room, id: VolumeId) -> Result<Volume> {
    let all = room.call::<call::VolumeList>(())?;
    all.into_iter().find(|volume| volume.set.id == id).context("the volume is not in the list")
}

fn wait_on_volume(room: &Room, id: VolumeId, streams: u32) -> Result<()> {
    wait::until("streams on the volume", Duration::from_secs(40), LOOK, || {
        let volume = volume(room, id).map_err(|error| error.to_string())?;
        if volume.streams >= streams { Ok(()) } else { Err(format!("{volume:?}")) }
    })
}

#[test]
fn a_full_disk_is_said_at_once_keeps_what_is_held_and_is_used_again() -> Result<()> {
    let room = recording("disk-full", 4, false)?;
    let disk = Mount::tmpfs(&room.folder().join("disk"), 64)?;
    let began = now();
    let id = add_volume(&room, "Ổ nhỏ", disk.path())?;
    switch_first_off(&room)?;
    wait_on_volume(&room, id, 4)?;
    std::thread::sleep(Duration::from_secs(4));
    let cameras: Vec<_> = room.cameras()?.iter().map(|camera| camera.id).collect();
    let hold = HoldDraft {
        id: HoldId::new(),
        cameras: cameras.clone(),
        start: began,
        end: now(),
        reason: "Thử".into(),
        until: None,
        bookmark: None,
    };
    room.call::<call::HoldAdd>(hold)?;
    let held = segments(disk.path());
    ensure!(held.len() >= 4, "{held:?}");
    // Somebody else's file takes all but a little.
    let filler = disk.path().join("filler");
    let free = rustix::fs::statvfs(disk.path())?;
    let free_bytes = free.f_bavail * free.f_frsize;
    std::fs::write(&filler, vec![7; usize::try_from(free_bytes.saturating_sub(3 << 20))?])?;
    let full = |alarm: &easien_link::data::Alarm| {
        alarm.cleared.is_none()
            && matches!(alarm.kind, AlarmKind::VolumeFull | AlarmKind::NoVolume | AlarmKind::VolumeFailed)
    };
    let alarm = wait_alarm(&room, "an alarm that the disk is full", Duration::from_secs(60), full)?;
    wait::until("the recording says so", Duration::from_secs(10), LOOK, || {
        let cameras = room.cameras().map_err(|error| error.to_string())?;
        let failing = cameras
            .iter()
            .flat_map(|camera| &camera.recordings)
            .filter(|one| one.phase == RecordingPhase::Failing)
            .count();
        if failing >= 4 { Ok(()) } else { Err(format!("{failing} failing; {:?}", alarms(&room))) }
    })?;
    std::thread::sleep(Duration::from_secs(6)); // what was written is synced, what is lost is told
    let seen = now();
    let all = complete_lanes(&room, began, seen)?;
    for lane in &all {
        let gap = lane.gaps.iter().find(|gap| gap.cause == GapCause::DiskFull);
        let gap = gap.with_context(|| format!("no gap says that the disk is full: {lane:?}"))?;
        let late_us = alarm.raised.0 - gap.start.0;
        ensure!(late_us <= 5_000_000, "the alarm came {late_us} us after the first loss");
    }
    for file in &held {
        ensure!(file.is_file(), "{} was held and is gone", file.display());
    }
    // Room again: it goes on by itself.
    std::fs::remove_file(&filler)?;
    wait_recording(&room, 4)?;
    std::thread::sleep(Duration::from_secs(3));
    let later = now();
    for lane in complete_lanes(&room, began, later)? {
        ensure!(lane.gaps.iter().all(|gap| gap.end.is_some()), "a gap goes on: {lane:?}");
    }
    for file in &held {
        ensure!(file.is_file(), "{} was held and is gone", file.display());
    }
    Ok(())
}

#[test]
fn a_disk_that_dies_is_set_aside_and_the_other_goes_on() -> Result<()> {
    let room = recording("disk-dies", 6, true)?;
    let (a, b) = (room.folder().join("a"), room.folder().join("b"));
    let disk_a = Mount::ext4(&a, 256)?;
    let _disk_b = Mount::ext4(&b, 256)?;
    let began = now();
    let id_a = add_volume(&room, "A", &a)?;
    let id_b = add_volume(&room, "B", &b)?;
    switch_first_off(&room)?;
    wait::until("both are written to", Duration::from_secs(40), LOOK, || {
        let on = |id| volume(&room, id).map(|volume| volume.streams).unwrap_or(0);
        if on(id_a) >= 1 && on(id_b) >= 1 && on(id_a) + on(id_b) >= 6 {
            Ok(())
        } else {
            Err((on(id_a), on(id_b)))
        }
    })?;
    std::thread::sleep(Duration::from_secs(4));
    let died = now();
    disk_a.shut_down()?;
    let alarm = wait_alarm(&room, "an alarm that the disk failed", Duration::from_secs(10), |alarm| {
        alarm.volume == Some(id_a) && alarm.cleared.is_none()
    })?;
    ensure!(alarm.raised.0 - died.0 <= 5_000_000, "the alarm came {} us late", alarm.raised.0 - died.0);
    ensure!(!matches!(volume(&room, id_a)?.state, VolumeState::Ready), "{:?}", volume(&room, id_a)?);
    wait_on_volume(&room, id_b, 6)?;
    wait_recording(&room, 6)?;
    std::thread::sleep(Duration::from_secs(4));
    let later = now();
    for lane in complete_lanes(&room, began, later)? {
        let newest = lane.spans.iter().map(|span| span.end.0).max().unwrap_or(0);
        ensure!(later.0 - newest < 4_000_000, "recording does not go on: {lane:?}");
    }
    Ok(())
}

#[test]
fn a_sync_that_fails_is_never_trusted_and_recording_goes_on() -> Result<()> {
    let mut room = Room::new("disk-sync")?;
    let preload = "/usr/lib/fiu/fiu_run_preload.so:/usr/lib/fiu/fiu_posix_preload.so";
    let fifo = room.folder().join("fiu");
    room.env.push(("LD_PRELOAD".into(), preload.into()));
    room.env.push(("FIU_CTRL_FIFO".into(), fifo.display().to_string()));
    room.start_cameras(easien_camsim::Options { small: true, ..cameras_like_in_the_demo(2) })?;
    room.start_station()?;
    room.add_simulated()?;
    wait_recording(&room, 2)?;
    let began = now();
    std::thread::sleep(Duration::from_secs(3));
    let pid = room.station.as_ref().context("station")?.pid();
    for name in ["posix/io/sync/fsync", "posix/io/sync/fdatasync"] {
        let output = Command::new("fiu-ctrl")
            .args(["-f", fifo.to_str().context("a path")?])
            .args(["-c", &format!("enable name={name},failinfo=5"), &pid.to_string()])
            .output()
            .context("fiu-ctrl")?;
        ensure!(output.status.success(), "fiu-ctrl: {}", String::from_utf8_lossy(&output.stderr));
    }
    // A new segment makes the next sync: the camera's parameters change with its profile.
    let failing_since = now();
    for camera in room.sim()?.cameras() {
        let code = camera.entry.code.clone();
        room.sim()?.set_mode(&code, easien_model::StreamKind::Sub, easien_camsim::Mode::AbsoluteControl)?;
    }
    let alarm = wait_alarm(&room, "an alarm that a sync failed", Duration::from_secs(30), |alarm| {
        alarm.kind == AlarmKind::VolumeFailed
    })?;
    ensure!(alarm.raised >= failing_since, "{alarm:?}");
    std::thread::sleep(Duration::from_secs(6));
    let later = now();
    complete_lanes(&room, began, later)?;
    Ok(())
}
