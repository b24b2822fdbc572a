//! Disks that are full, gone, another, back: recording goes on where it can, and what is lost is said.

use crate::footage::{Camera, h264};
use crate::room::{Room, drain, same, stream, volume};
use easien_archive::{ArchiveEvent, SegmentState, VolumeState};
use easien_model::{Clock, GapCause};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const FRAME_US: i64 = 66_667;

/// A file system in memory, unmounted at the end. `None`: not allowed here.
struct Tmpfs(PathBuf);

impl Tmpfs {
    fn new(path: &Path, bytes: u64) -> Option<Self> {
        std::fs::create_dir_all(path).unwrap();
        let size = format!("size={bytes}");
        let made =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(path).output().ok()?;
        if !made.status.success() {
            eprintln!("skipped: no tmpfs here: {}", String::from_utf8_lossy(&made.stderr));
            return None;
        }
        Some(Self(path.to_owned()))
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_left_for_another() {
    let mut room = Room::with(0);
    let small = room.folder.path().join("small");
    let Some(_mounted) = Tmpfs::new(&small, 700_000) else { return };
    room.volumes = vec![volume(small)];
    room.archive.set_volumes(room.volumes.clone());
    let id = stream();
    let mut events = room.archive.events();
    let mut recorder = room.recorder(id);
    let mut camera = Camera::new(id, h264());
    let mut pushed = 0;
    // Until it is full; nothing else is there.
    for _ in 0..4000 {
        room.time.pass(FRAME_US);
        recorder.push(camera.picture(room.time.utc_now())).await;
        pushed += 1;
        if pushed % 30 == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        if room.state(0) == VolumeState::Full {
            break;
        }
    }
    room.wait("the full disk", |room| room.state(0) == VolumeState::Full);
    assert!(drain(&mut events).iter().any(
        |event| matches!(event, ArchiveEvent::VolumeChanged(status) if status.state == VolumeState::Full)
    ));
    room.volumes.push(volume(room.folder.path().join("other")));
    room.archive.set_volumes(room.volumes.clone());
    for _ in 0..300 {
        room.time.pass(FRAME_US);
        recorder.push(camera.picture(room.time.utc_now())).await;
    }
    recorder.stop(GapCause::Stopped);
    room.close().await;
    let (rows, gaps) = room.line(id);
    assert!(gaps.iter().any(|gap| gap.cause == GapCause::DiskFull), "{gaps:#?}");
    let on_other = rows.iter().filter(|row| row.volume == room.volumes[1].id).count();
    assert!(on_other >= 2, "{rows:#?}");
    for row in rows.iter().filter(|row| row.state != SegmentState::Damaged) {
        crate::footage::decodes(&room.path(row));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_is_set_aside_and_the_rest_go_on() {
    let mut room = Room::with(1);
    let image = room.folder.path().join("disk.img");
    let point = room.folder.path().join("ext4");
    let Some(mounted) = loop_ext4(&image, &point) else { return };
    // Smaller than the other one, which is to be written to when it fails.
    room.volumes[0].quota_bytes = Some(20 << 20);
    room.volumes.push(volume(point.join("recordings")));
    room.archive.set_volumes(room.volumes.clone());
    let ids: Vec<_> = (0..6).map(|_| stream()).collect();
    let mut recorders: Vec<_> = ids.iter().map(|id| room.recorder(*id)).collect();
    let mut cameras: Vec<_> = ids.iter().map(|id| Camera::new(*id, h264())).collect();
    let mut events = room.archive.events();
    let mut failed_at = None;
    let mut noticed = None;
    for frame in 0..600 {
        room.time.pass(FRAME_US);
        for (recorder, camera) in recorders.iter_mut().zip(&mut cameras) {
            recorder.push(camera.picture(room.time.utc_now())).await;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
        if noticed.is_none() && room.state(1) == VolumeState::Degraded {
            noticed = failed_at.map(|at: Instant| at.elapsed());
        }
        if frame == 300 {
            assert!(room.archive.streams().iter().any(|status| status.volume == Some(room.volumes[1].id)));
            shut_down(&point);
            failed_at = Some(Instant::now());
        }
    }
    room.wait("the failure", |room| matches!(room.state(1), VolumeState::Degraded | VolumeState::Missing));
    let noticed = noticed.unwrap_or_else(|| failed_at.unwrap().elapsed());
    assert!(noticed < Duration::from_secs(5), "{noticed:?}");
    assert!(drain(&mut events).iter().any(
        |event| matches!(event, ArchiveEvent::VolumeChanged(status) if status.config.id == room.volumes[1].id
            && status.state == VolumeState::Degraded)
    ));
    for recorder in recorders {
        recorder.stop(GapCause::Stopped);
    }
    room.close().await;
    let mut moved = 0;
    for id in ids {
        let (rows, gaps) = room.line(id);
        let last = rows.last().unwrap();
        assert_eq!(last.volume, room.volumes[0].id);
        if rows.iter().any(|row| row.volume == room.volumes[1].id && row.state == SegmentState::Damaged) {
            moved += 1;
            assert!(gaps.iter().any(|gap| gap.cause == GapCause::DiskFailed), "{gaps:#?}");
        }
    }
    assert!(moved > 0);
    drop(mounted);
}

struct LoopExt4(PathBuf);

impl Drop for LoopExt4 {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

fn loop_ext4(image: &Path, point: &Path) -> Option<LoopExt4> {
    std::fs::create_dir_all(point).unwrap();
    std::fs::File::create(image).unwrap().set_len(64 << 20).unwrap();
    let ok = |command: &mut Command| match command.output() {
        Ok(output) if output.status.success() => true,
        Ok(output) => {
            eprintln!("skipped: {}", String::from_utf8_lossy(&output.stderr));
            false
        }
        Err(error) => {
            eprintln!("skipped: {error}");
            false
        }
    };
    (ok(Command::new("mkfs.ext4").arg("-q").arg(image))
        && ok(Command::new("mount").args(["-o", "loop"]).arg(image).arg(point)))
    .then(|| LoopExt4(point.to_owned()))
}

/// FS_IOC_SHUTDOWN, as when the disk is pulled out.
fn shut_down(point: &Path) {
    // _IOR('X', 125, __u32), NOLOGFLUSH; by perl, since the workspace denies `unsafe`.
    let script =
        r#"open(F, "<", $ARGV[0]) or die; my $how = pack("L", 2); ioctl(F, 0x8004587d, $how) or die "$!";"#;
    let done = Command::new("perl").args(["-e", script]).arg(point).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_without_the_identity_is_never_written_to() {
    let mut room = Room::with(0);
    let other = room.folder.path().join("other");
    std::fs::create_dir_all(&other).unwrap();
    std::fs::write(other.join("letter.txt"), "dear").unwrap();
    let empty = room.folder.path().join("mount-point");
    std::fs::create_dir_all(&empty).unwrap();
    let mut not_new = volume(empty.clone());
    not_new.create = false;
    room.volumes = vec![volume(other.clone()), not_new];
    room.archive.set_volumes(room.volumes.clone());
    assert_eq!((room.state(0), room.state(1)), (VolumeState::Foreign, VolumeState::Missing));
    let id = stream();
    let mut recorder = room.recorder(id);
    let mut camera = Camera::new(id, h264());
    for _ in 0..100 {
        room.time.pass(FRAME_US);
        recorder.push(camera.picture(room.time.utc_now())).await;
    }
    assert_eq!(std::fs::read_dir(&other).unwrap().count(), 1);
    assert_eq!(std::fs::read_dir(&empty).unwrap().count(), 0);
    assert!(room.archive.streams()[0].dropped > 0);
    recorder.stop(GapCause::Stopped);
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_goes_and_comes_back_at_another_place() {
    let room = Room::new();
    let id = stream();
    let mut recorder = room.recorder(id);
    let mut camera = Camera::new(id, h264());
    let mut pushed = Vec::new();
    for frame in 0..450 {
        room.time.pass(FRAME_US);
        let picture = camera.picture(room.time.utc_now());
        pushed.push(picture.clone());
        recorder.push(picture).await;
        if frame % 30 == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    // Switched off by a person: ends in order at the next key frame.
    let mut off = room.volumes.clone();
    off[0].enabled = false;
    off[0].create = false;
    room.archive.set_volumes(off);
    assert_eq!(room.state(0), VolumeState::Disabled);
    for _ in 0..60 {
        room.time.pass(FRAME_US);
        recorder.push(camera.picture(room.time.utc_now())).await;
    }
    let (from, to) = (room.volumes[0].path.clone(), room.folder.path().join("elsewhere"));
    room.wait("the end of the files", |room| crate::room::open_rows(&room.index, room.volumes[0].id) == 0);
    std::fs::rename(&from, &to).unwrap();
    room.wait("the missing disk", |room| room.state(0) == VolumeState::Missing);
    std::fs::create_dir_all(&from).unwrap();
    std::fs::rename(&to, &from).unwrap();
    let mut on = room.volumes.clone();
    on[0].create = false;
    room.archive.set_volumes(on);
    room.wait("the disk", |room| room.state(0) == VolumeState::Ready);
    for _ in 0..300 {
        room.time.pass(FRAME_US);
        recorder.push(camera.picture(room.time.utc_now())).await;
    }
    recorder.stop(GapCause::Stopped);
    room.close().await;
    let (rows, gaps) = room.line(id);
    assert!(gaps.iter().any(|gap| gap.cause == GapCause::DiskFailed), "{gaps:#?}");
    assert!(rows.iter().all(|row| row.state == SegmentState::Whole));
    let before: u64 = rows
        .iter()
        .take_while(|row| row.end.as_ref().unwrap().end <= gaps[0].start)
        .map(|row| row.end.as_ref().unwrap().frames)
        .sum();
    assert!(before >= 450);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_disks_share_the_streams() {
    let room = Room::with(2);
    let ids: Vec<_> = (0..8).map(|_| stream()).collect();
    let mut recorders: Vec<_> = ids.iter().map(|id| room.recorder(*id)).collect();
    let mut cameras: Vec<_> = ids.iter().map(|id| Camera::new(*id, h264())).collect();
    let mut pushed = vec![Vec::new(); ids.len()];
    for _ in 0..150 {
        room.time.pass(FRAME_US);
        for ((recorder, camera), pushed) in recorders.iter_mut().zip(&mut cameras).zip(&mut pushed) {
            let picture = camera.picture(room.time.utc_now());
            pushed.push(picture.clone());
            recorder.push(picture).await;
        }
    }
    for recorder in recorders {
        recorder.stop(GapCause::Stopped);
    }
    room.close().await;
    let mut on_first = 0;
    for (id, pushed) in ids.iter().zip(&pushed) {
        let (rows, _) = room.line(*id);
        same(&room, &rows, pushed);
        on_first += usize::from(rows[0].volume == room.volumes[0].id);
    }
    assert_eq!(on_first, 4);
}
