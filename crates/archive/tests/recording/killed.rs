//! The station is killed while it records: what was written is found again, what is missing is said.

use crate::footage::{Camera, ffprobe, h264};
use crate::memory_index::MemoryIndex;
use crate::room::{Room, Time, stream, volume};
use easien_archive::{Archive, CameraLabel, Change, SegmentIndex, SegmentState};
use easien_model::{CameraId, Clock, GapCause, StreamId, StreamKind, SystemClock, VolumeId};
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

const CHILD: &str = "EASIEN_ARCHIVE_TEST_CHILD";

/// Not a test by itself: what is started and killed. Records one camera in real time until then; writes the arrival of
/// each picture that it has passed on.
#[tokio::test]
async fn child() {
    let Ok(place) = std::env::var(CHILD) else { return };
    let mut words = place.split('|');
    let (path, id, camera) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
    let mut config = volume(path.into());
    config.id = VolumeId(id.parse().unwrap());
    let id = StreamId { camera: CameraId(camera.parse().unwrap()), which: StreamKind::Sub };
    let mut options = easien_archive::Options::new(uuid::Uuid::now_v7());
    options.segment = Duration::from_secs(60);
    let clock = Arc::new(SystemClock);
    let archive = Archive::open(options, clock.clone(), Arc::new(MemoryIndex::default())).unwrap();
    archive.set_volumes(vec![config]);
    let mut recorder = archive.recorder(id, CameraLabel { code: "C1".into(), name: String::new() });
    let mut camera = Camera::new(id, h264());
    loop {
        let picture = camera.picture(clock.utc_now());
        let arrived = picture.arrived.0;
        recorder.push(picture).await;
        println!("pushed {arrived}");
        std::io::stdout().flush().unwrap();
        tokio::time::sleep(Duration::from_millis(66)).await;
    }
}

#[tokio::test]
async fn killed_while_recording_loses_two_seconds_at_most() {
    let folder = tempfile::tempdir().unwrap();
    let config = volume(folder.path().join("disk0"));
    let id = stream();
    h264();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["killed::child", "--exact", "--nocapture"])
        .env(CHILD, format!("{}|{}|{}", config.path.display(), config.id, id.camera))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = child.stdout.take().unwrap();
    let pushed = std::thread::spawn(move || {
        BufReader::new(out)
            .lines()
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("pushed ").and_then(|rest| rest.parse::<i64>().ok()))
            .collect::<Vec<_>>()
    });
    std::thread::sleep(Duration::from_millis(8500));
    child.kill().unwrap();
    child.wait().unwrap();
    let pushed = pushed.join().unwrap();
    assert!(pushed.len() > 60);
    // Another station, without any row: the files of the crash are found, those before them are `rebuild`'s.
    let time = Time::new();
    time.step(SystemClock.utc_now().0 - time.utc_now().0);
    let room = Room::on(folder, vec![config], time, Arc::default());
    room.wait("the recovery", |room| room.index.all().iter().any(|row| row.state == SegmentState::Recovered));
    room.close().await;
    let rows = room.index.all();
    let end = rows.iter().filter_map(|row| row.end.as_ref()).map(|end| end.end.0).max().unwrap();
    let lost = pushed.last().unwrap() - end;
    assert!(lost < 2_000_000, "{lost} us lost");
    for row in &rows {
        let packets = ffprobe(&room.path(row), &["-show_entries", "packet=pts", "-of", "csv=p=0"]);
        assert_eq!(packets.lines().count() as u64, row.end.as_ref().unwrap().frames);
    }
}

/// A segment as a crash leaves it: its row is open, its file ends in the middle of anything.
async fn crashed(damage: impl Fn(&Path)) -> (Room, StreamId) {
    let room = Room::new();
    let id = stream();
    let mut recorder = room.recorder(id);
    let mut camera = Camera::new(id, h264());
    for _ in 0..140 {
        room.time.pass(66_667);
        recorder.push(camera.picture(room.time.utc_now())).await;
    }
    recorder.stop(GapCause::StationStopped);
    room.close().await;
    let (rows, _) = room.line(id);
    let row = rows.last().unwrap().clone();
    damage(&room.path(&row));
    // As if nothing had been said of its end.
    let fresh = Arc::new(MemoryIndex::default());
    for other in &rows {
        let mut open = other.clone();
        if other.id == row.id {
            open.end = None;
            open.state = SegmentState::Open;
        }
        fresh.apply(&[Change::Added(open)]).unwrap();
    }
    room.time.pass(60_000_000);
    let Room { folder, time, volumes, archive, .. } = room;
    drop(archive);
    (Room::on(folder, volumes, time, fresh), id)
}

async fn goes_on(
    room: Room,
    id: StreamId,
) -> (Vec<easien_archive::SegmentRow>, Vec<easien_archive::GapRow>, Room) {
    room.wait("the recovery", |room| room.index.open_segments(room.volumes[0].id).unwrap().is_empty());
    let mut recorder = room.recorder(id);
    recorder.gap(GapCause::CameraLost { reason: None }, room.time.utc_now());
    let mut camera = Camera::new(id, h264());
    for _ in 0..60 {
        room.time.pass(66_667);
        recorder.push(camera.picture(room.time.utc_now())).await;
    }
    recorder.stop(GapCause::Stopped);
    room.close().await;
    let (rows, gaps) = room.line(id);
    (rows, gaps, room)
}

fn cut(path: &Path, off: u64) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    let bytes = file.metadata().unwrap().len();
    file.set_len(bytes.saturating_sub(off)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_tail_is_cut_to_the_last_seal() {
    for off in [1_u64, 100, 2000] {
        let (room, id) = crashed(|path| cut(path, off)).await;
        let (rows, gaps, room) = goes_on(room, id).await;
        let recovered: Vec<_> = rows.iter().filter(|row| row.state == SegmentState::Recovered).collect();
        assert_eq!(recovered.len(), 1, "{off}");
        assert!(gaps.iter().any(|gap| gap.cause == GapCause::StationDied), "{gaps:#?}");
        let file = std::fs::File::open(room.path(recovered[0])).unwrap();
        let found = easien_archive::scan(&file, easien_archive::Depth::Seals).unwrap();
        assert!(found.whole, "{:?}", found.damage);
        crate::footage::decodes(&room.path(recovered[0]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_gone_is_a_gap() {
    let (room, id) = crashed(|path| std::fs::remove_file(path).unwrap()).await;
    let (_, gaps, _) = goes_on(room, id).await;
    assert!(gaps.iter().any(|gap| gap.cause == GapCause::FileDamaged), "{gaps:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_is_damage() {
    let flip = |path: &Path| {
        let mut file = OpenOptions::new().read(true).write(true).open(path).unwrap();
        let at = SeekFrom::Start(file.metadata().unwrap().len() / 2);
        let mut byte = [0];
        file.seek(at).unwrap();
        file.read_exact(&mut byte).unwrap();
        file.seek(at).unwrap();
        file.write_all(&[byte[0] ^ 4]).unwrap();
    };
    let (room, id) = crashed(flip).await;
    let (rows, ..) = goes_on(room, id).await;
    assert!(rows.iter().any(|row| row.state == SegmentState::Damaged), "{rows:#?}");
}
