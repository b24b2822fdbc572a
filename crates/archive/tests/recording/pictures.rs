//! What comes in is what is on disk.

use crate::footage::{Camera, Footage, decodes, ffprobe, h264, h264_reordered, h265, sound};
use crate::room::{Room, same, stream, whole};
use easien_model::{Clock, Codec, GapCause, RunId};
use std::time::Duration;

const FRAME_US: i64 = 66_667;

async fn record(footage: &Footage, frames: usize, with_sound: bool) -> (Room, easien_model::StreamId) {
    let room = Room::new();
    let id = stream();
    let mut camera = Camera::new(id, footage);
    let mut recorder = room.recorder(id);
    let mut pushed = Vec::new();
    let run = RunId::new();
    let mut sounds = 0;
    for _ in 0..frames {
        room.time.pass(FRAME_US);
        let picture = camera.picture(room.time.utc_now());
        pushed.push(picture.clone());
        recorder.push(picture).await;
        while with_sound && sounds * 20_000 < FRAME_US * i64::try_from(pushed.len()).unwrap() {
            recorder.push(sound(id, run, sounds, room.time.utc_now())).await;
            sounds += 1;
        }
    }
    recorder.stop(GapCause::Stopped);
    room.close().await;
    let (rows, gaps) = room.line(id);
    same(&room, &rows, &pushed);
    assert_eq!(gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [GapCause::Stopped]);
    for row in &rows {
        whole(&room, row);
        let path = room.path(row);
        decodes(&path);
        assert_eq!(row.audio, with_sound.then_some(Codec::Pcmu));
        let packets = ffprobe(&path, &["-show_entries", "packet=pts", "-of", "csv=p=0"]);
        assert_eq!(packets.lines().count() as u64, row.end.as_ref().unwrap().frames);
    }
    (room, id)
}

#[tokio::test]
async fn h264_is_what_came_and_plays() {
    let (room, id) = record(h264(), 450, false).await;
    let (rows, _) = room.line(id);
    assert!((3..=5).contains(&rows.len()), "{}", rows.len());
    let whole = rows.last().unwrap().end.as_ref().unwrap().end - rows[0].start;
    assert!((whole - 450 * FRAME_US).abs() < 100_000, "{whole}");
}

#[tokio::test]
async fn h264_with_reordered_pictures_and_sound() {
    record(h264_reordered(), 300, true).await;
}

#[tokio::test]
async fn h265_is_what_came_and_plays() {
    record(h265(), 300, true).await;
}

#[tokio::test]
async fn a_stalled_camera_does_not_keep_pictures_from_the_disk() {
    let room = Room::new();
    let id = stream();
    let mut camera = Camera::new(id, h264());
    let mut recorder = room.recorder(id);
    for _ in 0..5 {
        room.time.pass(FRAME_US);
        recorder.push(camera.picture(room.time.utc_now())).await;
    }
    room.time.pass(2_000_000);
    room.wait("the flush", |room| room.archive.streams()[0].written_until.is_some());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(room.index.all().len(), 1);
    recorder.stop(GapCause::Stopped);
    room.close().await;
    room.line(id);
}
