//! Recordings in tiles: shown when told, kept, painted again, and nothing else.

use crate::road::*;
use easien_camsim::clip::{AccessUnits, Variant};
use easien_model::{CameraId, Codec, Sample, StreamId, StreamKind, UtcMicros};
use easien_mosaic::Tier;
use easien_picture::{Play, PlayEvent, PlayEvents, TileSource, TileWant};
use std::sync::Arc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// A play with its recording and one tile.
struct Desk {
    play: Play,
    events: PlayEvents,
    samples: Vec<Arc<Sample>>,
    wall: Wall,
    clip: Arc<AccessUnits>,
}

impl Desk {
    fn open(room: &Room, clip: Arc<AccessUnits>, count: usize, width_px: u32, height_px: u32) -> Self {
        let stream = StreamId { camera: CameraId::new(), which: StreamKind::Sub };
        let (play, events) = room.pictures.play(stream);
        let wall = room.show(&[play_tile(stream.camera, &[&play], width_px, height_px)]);
        Self { play, events, samples: recorded(stream, &clip, count), wall, clip }
    }

    async fn event(&mut self) -> PlayEvent {
        loop {
            let event = tokio::time::timeout(5 * SECOND, self.events.next()).await;
            match event.expect("an answer").expect("open") {
                // Workers come up at their time; nothing was pushed before in these tests.
                PlayEvent::Restarted => {}
                event => return event,
            }
        }
    }

    /// Answers to so many.
    async fn answers(&mut self, count: usize) -> Vec<PlayEvent> {
        let mut all = Vec::new();
        for _ in 0..count {
            all.push(self.event().await);
        }
        all
    }

    /// The picture in the tile is this one of the recording.
    async fn expect(&self, index: usize) {
        let at = self.samples[index].arrived;
        let frame = self.frame_of(index);
        let seen = self.wall.next_where(0, SECOND, |seen| seen.frame.arrived == at).await;
        let seen = seen.unwrap_or_else(|| panic!("{index} is not painted"));
        let strip = seen.strip.expect("a strip");
        assert_eq!(usize::from(strip.frame), frame, "picture {index}");
    }

    /// The number drawn into a picture: clips are drawn in the order of showing.
    fn frame_of(&self, index: usize) -> usize {
        let count = self.clip.units.len();
        let pts = self.clip.units[index % count].pts_90k;
        self.clip.units.iter().filter(|unit| unit.pts_90k < pts).count()
    }
}

fn play_tile(camera: CameraId, plays: &[&Play], width_px: u32, height_px: u32) -> TileWant {
    let source = TileSource::Play(plays.iter().map(|play| play.id()).collect());
    TileWant { source, ..want(0, camera, width_px, height_px) }
}

async fn up(room: &Room) {
    while room.pictures.workers().iter().any(|worker| worker.pid.is_none()) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_group_is_shown_kept_and_painted_again_backwards() {
    let room = Room::open(options());
    up(&room).await;
    for (codec, variant) in
        [(Codec::H264, Variant::Usual), (Codec::H265, Variant::Usual), (Codec::H264, Variant::BFrames)]
    {
        // Kept as it is (a tile as large), kept small, kept small in an odd shape.
        for (width, height) in [(320, 180), (240, 135), (257, 145)] {
            let mut desk = Desk::open(&room, clip(3, StreamKind::Sub, codec, variant), 15, width, height);
            let target = 9;
            for (index, sample) in desk.samples.iter().enumerate() {
                desk.play.push(sample, index == 0 || index == target);
            }
            desk.play.end_of_gop();
            let mut answers = desk.answers(15).await;
            for index in 0..15 {
                let at = desk.samples[index].arrived;
                let expected = if index == 0 || index == target {
                    PlayEvent::Painted { at, kept: false }
                } else {
                    PlayEvent::Decoded { at }
                };
                let found = answers.iter().position(|answer| *answer == expected);
                answers.remove(found.unwrap_or_else(|| panic!("{codec:?} {variant:?} {index}: {answers:?}")));
            }
            desk.expect(target).await;
            let seen = desk.wall.view.slot(0).unwrap().frame().unwrap();
            assert_eq!(seen.tier, Tier::Sub);
            for index in (0..15).rev() {
                let at = desk.samples[index].arrived;
                desk.play.paint(at);
                assert_eq!(desk.event().await, PlayEvent::Painted { at, kept: true }, "{codec:?} {index}");
                desk.expect(index).await;
            }
            let never = UtcMicros(desk.samples[3].arrived.0 + 1);
            desk.play.paint(never);
            assert_eq!(desk.event().await, PlayEvent::NotKept { at: never });
        }
    }
    room.close().await;
}
