//! The station's clock is set, the camera's leaps: labels never overlap, never run backwards, and every break is said.

use crate::footage::{Camera, h264, h265};
use crate::room::{Room, same, stream};
use easien_archive::{GapRow, Recorder, SegmentRow};
use easien_model::{Clock, GapCause, LossReason, RunId, Sample, StreamId};
use std::sync::Arc;

const FRAME_US: i64 = 66_667;

struct Scene {
    room: Room,
    id: StreamId,
    camera: Camera<'static>,
    recorder: Recorder,
    pushed: Vec<Arc<Sample>>,
}

impl Scene {
    fn new() -> Self {
        let room = Room::new();
        let id = stream();
        let recorder = room.recorder(id);
        Self { room, id, camera: Camera::new(id, h264()), recorder, pushed: Vec::new() }
    }

    async fn run(&mut self, frames: usize) {
        for _ in 0..frames {
            self.room.time.pass(FRAME_US);
            let picture = self.camera.picture(self.room.time.utc_now());
            self.pushed.push(picture.clone());
            self.recorder.push(picture).await;
        }
    }

    /// The camera is lost for so long.
    fn lost(&mut self, us: i64) {
        let since = self.room.time.utc_now();
        self.recorder.gap(GapCause::CameraLost { reason: Some(LossReason::Closed) }, since);
        self.room.time.pass(us);
        self.camera.reconnect();
    }

    async fn end(self) -> (Room, StreamId, Vec<SegmentRow>, Vec<GapRow>, Vec<Arc<Sample>>) {
        self.recorder.stop(GapCause::Stopped);
        self.room.close().await;
        let (rows, gaps) = self.room.line(self.id);
        (self.room, self.id, rows, gaps, self.pushed)
    }
}

fn steps(gaps: &[GapRow]) -> usize {
    gaps.iter().filter(|gap| matches!(gap.cause, GapCause::ClockStep { .. })).count()
}

#[tokio::test]
async fn an_hour_back_goes_on_behind_what_is_there() {
    let mut scene = Scene::new();
    scene.run(150).await;
    scene.lost(2 * 3_600_000_000);
    scene.run(300).await;
    scene.room.time.step(-3_600_000_000);
    scene.run(300).await;
    // The camera is lost for longer than that: then the true time is free again.
    scene.lost(2 * 3_600_000_000);
    scene.run(150).await;
    let now = scene.room.time.utc_now();
    let (room, _, rows, gaps, pushed) = scene.end().await;
    same(&room, &rows, &pushed);
    let step = gaps.iter().find(|gap| matches!(gap.cause, GapCause::ClockStep { .. })).unwrap();
    assert!(
        matches!(step.cause, GapCause::ClockStep { step_us } if (step_us + 3_600_000_000).abs() < 1_000_000)
    );
    let missing = step.end.unwrap() - step.start;
    assert!((1..200_000).contains(&missing), "{missing}");
    let shifted: Vec<_> = rows.iter().map(|row| row.shift_us).collect();
    assert!(shifted.iter().any(|shift| (shift - 3_600_000_000).abs() < 1_000_000), "{shifted:?}");
    let last = rows.last().unwrap();
    assert!(last.shift_us.abs() < 100_000, "{shifted:?}");
    assert!((last.end.as_ref().unwrap().end - now).abs() < 200_000);
}

#[tokio::test]
async fn an_hour_ahead_is_a_gap_and_back_again_fits_into_it() {
    let mut scene = Scene::new();
    scene.run(150).await;
    scene.room.time.step(120_000_000);
    scene.run(150).await;
    scene.room.time.step(-120_000_000);
    // Long enough to meet what was recorded ahead.
    scene.run(2000).await;
    let (_, _, rows, gaps, pushed) = scene.end().await;
    let frames: u64 = rows.iter().map(|row| row.end.as_ref().unwrap().frames).sum();
    assert_eq!(frames, pushed.len() as u64);
    assert!(steps(&gaps) >= 3, "{gaps:#?}");
    let in_the_hole = rows.iter().filter(|row| row.shift_us.abs() < 100_000).count();
    assert!(in_the_hole >= rows.len() - 6, "{:?}", rows.iter().map(|row| row.shift_us).collect::<Vec<_>>());
}

#[tokio::test]
async fn set_back_while_the_station_was_off() {
    let mut scene = Scene::new();
    scene.run(150).await;
    scene.lost(2 * 3_600_000_000);
    scene.run(150).await;
    let (room, id, ..) = scene.end().await;
    room.time.step(-3_600_000_000);
    let room = room.again();
    let mut recorder = room.recorder(id);
    let mut camera = Camera::new(id, h264());
    for _ in 0..150 {
        room.time.pass(FRAME_US);
        recorder.push(camera.picture(room.time.utc_now())).await;
    }
    recorder.stop(GapCause::Stopped);
    room.close().await;
    let (rows, _) = room.line(id);
    assert!(rows.last().unwrap().shift_us > 3_000_000_000);
}

#[tokio::test]
async fn the_cameras_time_leaps() {
    for leap in [135_000_i64, -135_000, 90_000 * 3600, -90_000 * 3600] {
        let mut scene = Scene::new();
        scene.run(150).await;
        scene.camera.pts_base += leap;
        if leap.abs() > 90_000 * 3 {
            // Ingest makes this another run.
            scene.camera.run = RunId::new();
        }
        scene.run(150).await;
        let (room, _, rows, gaps, pushed) = scene.end().await;
        same(&room, &rows, &pushed);
        assert!(gaps.iter().any(|gap| gap.cause == GapCause::TimestampLeap), "{leap}: {gaps:#?}");
        let length = rows.last().unwrap().end.as_ref().unwrap().end - rows[0].start;
        assert!((length - 300 * FRAME_US).abs() < 2_100_000, "{leap}: {length}");
    }
}

#[tokio::test]
async fn a_network_stall_changes_nothing() {
    let mut scene = Scene::new();
    scene.run(150).await;
    let mut late = Vec::new();
    for _ in 0..60 {
        scene.room.time.pass(FRAME_US);
        late.push(());
    }
    for () in late {
        let picture = scene.camera.picture(scene.room.time.utc_now());
        scene.pushed.push(picture.clone());
        scene.recorder.push(picture).await;
    }
    scene.run(150).await;
    let (room, _, rows, gaps, pushed) = scene.end().await;
    same(&room, &rows, &pushed);
    assert_eq!(gaps.len(), 1, "{gaps:#?}");
}

#[tokio::test]
async fn other_parameters_are_another_segment() {
    let mut scene = Scene::new();
    scene.run(150).await;
    let mut other = Camera::new(scene.id, h265());
    for _ in 0..150 {
        scene.room.time.pass(FRAME_US);
        let picture = other.picture(scene.room.time.utc_now());
        scene.pushed.push(picture.clone());
        scene.recorder.push(picture).await;
    }
    let (room, _, rows, gaps, pushed) = scene.end().await;
    same(&room, &rows, &pushed);
    assert!(gaps.iter().any(|gap| gap.cause == GapCause::ParametersChanged));
    for row in &rows {
        crate::footage::decodes(&room.path(row));
    }
}
