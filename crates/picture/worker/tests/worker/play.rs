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

#[tokio::test]
async fn scrubbing_answers_the_newest_only_and_nothing_piles_up() {
    let room = Room::open(options());
    up(&room).await;
    let clip = clip(1, StreamKind::Main, Codec::H264, Variant::Usual);
    let mut desk = Desk::open(&room, clip, 100, 320, 180);
    let groups = desk.samples.chunk_by(|_, next| !next.key).map(<[_]>::to_vec).collect::<Vec<_>>();
    // How long one group takes on this machine now.
    let begun = std::time::Instant::now();
    groups[0].iter().for_each(|sample| desk.play.push(sample, true));
    desk.play.end_of_gop();
    desk.answers(groups[0].len()).await;
    let one = begun.elapsed();
    let begun = std::time::Instant::now();
    for round in 0..60 {
        let group = &groups[round % groups.len()];
        desk.play.reset();
        for (index, sample) in group.iter().enumerate() {
            desk.play.push(sample, index == 0 || index == 12);
        }
        desk.play.end_of_gop();
        tokio::time::sleep(Duration::from_millis(if round % 3 == 0 { 0 } else { 8 })).await;
    }
    let scrubbed = begun.elapsed();
    let last = &groups[59 % groups.len()];
    let answers = desk.answers(last.len()).await;
    let late = begun.elapsed() - scrubbed;
    for answer in &answers {
        let (PlayEvent::Painted { at, .. } | PlayEvent::Decoded { at }) = answer else {
            panic!("{answer:?}")
        };
        assert!(last.iter().any(|sample| sample.arrived == *at), "of before the last reset: {answer:?}");
    }
    println!("one group in {one:?}; 60 resets in {scrubbed:?}, the last group done {late:?} later");
    assert!(late < 8 * one + SECOND / 5, "{late:?}");
    assert!(tokio::time::timeout(SECOND / 5, desk.events.next()).await.is_err(), "an answer too many");
    let seen = desk.wall.next(0, SECOND).await.unwrap();
    assert_eq!(seen.frame.arrived, last[12].arrived);
    room.close().await;
}

#[tokio::test]
async fn what_is_kept_is_bounded_and_evenly_thinned() {
    let room = Room::open(options());
    up(&room).await;
    // In tiles as large as the pictures: 352 KiB each, 1000 of them twice the room.
    let clip = clip(1, StreamKind::Main, Codec::H264, Variant::Usual);
    let mut desk = Desk::open(&room, clip, 1000, 640, 360);
    desk.play.push(&desk.samples[0], true);
    for sample in &desk.samples[1..] {
        desk.play.push(sample, false);
    }
    desk.play.end_of_gop();
    desk.answers(1000).await;
    let rss_kib = |pid: u32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let most = room.pictures.workers().iter().filter_map(|worker| worker.pid).map(rss_kib).max().unwrap();
    println!("{} MiB", most / 1024);
    assert!(most < 370 * 1024, "{most} KiB");
    let mut kept = Vec::new();
    for index in 0..1000 {
        let at = desk.samples[index].arrived;
        desk.play.paint(at);
        match desk.event().await {
            PlayEvent::Painted { kept: true, .. } => kept.push(index),
            PlayEvent::NotKept { at: not } => assert_eq!(not, at),
            event => panic!("{event:?}"),
        }
    }
    // Dense where somebody looked (at the first), and something everywhere near it.
    println!("{} of 1000 kept", kept.len());
    assert!((300..800).contains(&kept.len()), "{}", kept.len());
    assert!(kept.iter().filter(|index| **index < 50).count() >= 40, "{kept:?}");
    room.close().await;
}

#[tokio::test]
async fn live_and_recorded_in_several_windows_and_layouts() {
    let room = Room::open(options());
    let camera = room.road.sub(usual(1));
    let stream = StreamId { camera, which: StreamKind::Sub };
    let (play, mut events) = room.pictures.play(stream);
    let (other, _others) = room.pictures.play(stream);
    // Another number than the live one, to be told apart.
    let clip = usual(2);
    let samples = recorded(stream, &clip, 30);
    up(&room).await;
    let tiles = [want(0, camera, 320, 180), TileWant { tile: 1, ..play_tile(camera, &[&play], 240, 135) }];
    let main = room.show(&tiles);
    let second = Wall::open(room.pictures.show("wall-2", &[play_tile(camera, &[&play], 320, 180)]).unwrap());
    let third = Wall::open(room.pictures.show("wall-3", &[play_tile(camera, &[&other], 320, 180)]).unwrap());
    assert_eq!(main.next(0, 5 * SECOND).await.unwrap().camera(), Some(1));
    for sample in &samples[..=9] {
        play.push(sample, sample.key || sample.seq == 9);
    }
    for wall in [(&main, 1), (&second, 0)] {
        let seen = wall.0.next_where(wall.1, SECOND, |seen| seen.frame.arrived == samples[9].arrived).await;
        assert_eq!(seen.unwrap().camera(), Some(2));
    }
    assert!(third.next(0, SECOND / 5).await.is_none(), "another play's picture");
    // The live tile has never anything but live pictures, and a lost camera's recording is shown.
    for _ in 0..10 {
        assert_eq!(main.next(0, SECOND).await.unwrap().camera(), Some(1));
    }
    room.pictures.blank(camera, true);
    assert!(!main.view.slot(0).unwrap().shown() && main.view.slot(1).unwrap().shown());
    // A new layout has the picture at once, without anything being pushed, in any size.
    let again = room.show(&[play_tile(camera, &[&play], 640, 360)]);
    let seen = again.next(0, SECOND).await.expect("at once");
    assert_eq!((seen.camera(), seen.frame.arrived), (Some(2), samples[9].arrived));
    // In the larger tile the kept small ones would be blurred; those that were kept whole are not.
    play.paint(samples[5].arrived);
    let seen = again.next_where(0, SECOND, |seen| seen.frame.arrived == samples[5].arrived).await;
    assert!(seen.is_some());
    while let Ok(Some(event)) = tokio::time::timeout(SECOND / 5, events.next()).await {
        assert!(!matches!(event, PlayEvent::NotKept { .. } | PlayEvent::Undecodable { .. }), "{event:?}");
    }
    // Closed, its tile keeps what it shows, and the live one goes on.
    drop(play);
    assert_eq!(events.next().await, None);
    room.pictures.blank(camera, false);
    let main = room.show(&[want(0, camera, 320, 180)]);
    assert_eq!(main.next(0, SECOND).await.unwrap().camera(), Some(1));
    room.close().await;
}

#[tokio::test]
async fn a_tile_that_grew_wants_its_pictures_again() {
    let room = Room::open(options());
    up(&room).await;
    let clip = clip(1, StreamKind::Main, Codec::H264, Variant::Usual);
    let mut desk = Desk::open(&room, clip, 25, 160, 90);
    for sample in &desk.samples {
        desk.play.push(sample, sample.key);
    }
    desk.play.end_of_gop();
    desk.answers(25).await;
    let at = desk.samples[20].arrived;
    desk.play.paint(at);
    assert_eq!(desk.event().await, PlayEvent::Painted { at, kept: true });
    let camera = desk.play.stream().camera;
    desk.wall = room.show(&[play_tile(camera, &[&desk.play], 480, 270)]);
    desk.expect(20).await;
    desk.play.paint(at);
    assert_eq!(desk.event().await, PlayEvent::NotKept { at });
    room.close().await;
}

#[tokio::test]
async fn main_is_painted_over_sub_and_sub_alone_where_main_has_nothing() {
    let room = Room::open(options());
    up(&room).await;
    let camera = CameraId::new();
    let (main, sub) =
        (StreamId { camera, which: StreamKind::Main }, StreamId { camera, which: StreamKind::Sub });
    let ((large, _large_events), (small, _small_events)) =
        (room.pictures.play(main), room.pictures.play(sub));
    // Told apart by their numbers. Both show the same moments.
    let mains = recorded(main, &clip(51, StreamKind::Main, Codec::H264, Variant::Usual), 25);
    let subs = recorded(sub, &usual(1), 15);
    let wall = room.show(&[play_tile(camera, &[&large, &small], 480, 270)]);
    let shows = async |number: u16| {
        let seen = wall.next_where(0, SECOND, |seen| seen.camera() == Some(number)).await;
        seen.unwrap_or_else(|| panic!("{number} is not painted"))
    };
    small.push(&subs[0], true);
    assert_eq!(shows(1).await.frame.tier, Tier::Sub);
    large.push(&mains[0], true);
    assert_eq!(shows(51).await.frame.tier, Tier::Main);
    // The same moment again from sub: main's is the better one. Half a second on it is not.
    small.paint(subs[0].arrived);
    assert!(wall.next(0, SECOND / 5).await.is_none());
    subs[1..9].iter().for_each(|sample| small.push(sample, sample.seq == 8));
    assert_eq!(shows(1).await.frame.arrived, subs[8].arrived);
    // No main recording here: the tile shows sub. None at all: nothing, until there is a new picture.
    large.blank(true);
    assert!(wall.view.slot(0).unwrap().shown());
    small.blank(true);
    assert!(!wall.view.slot(0).unwrap().shown());
    let other = room.show(&[play_tile(camera, &[&large, &small], 480, 270)]);
    assert!(!other.view.slot(0).unwrap().shown(), "a new layout shows what is blank");
    small.blank(false);
    assert!(!other.view.slot(0).unwrap().shown(), "what was there before a gap is shown after it");
    small.push(&subs[9], true);
    let seen = other.next_where(0, SECOND, |seen| seen.frame.arrived == subs[9].arrived).await;
    assert_eq!(seen.unwrap().camera(), Some(1));
    room.close().await;
}

#[tokio::test]
async fn a_worker_that_died_is_pushed_to_again() {
    let room = Room::open(options());
    up(&room).await;
    let mut desk = Desk::open(&room, usual(4), 30, 320, 180);
    desk.samples[..5].iter().for_each(|sample| desk.play.push(sample, true));
    desk.answers(5).await;
    for worker in room.pictures.workers() {
        kill(worker.pid.unwrap());
    }
    let event = tokio::time::timeout(5 * SECOND, desk.events.next()).await.unwrap();
    assert_eq!(event, Some(PlayEvent::Restarted));
    desk.play.paint(desk.samples[2].arrived);
    assert_eq!(desk.event().await, PlayEvent::NotKept { at: desk.samples[2].arrived });
    desk.samples[..8].iter().for_each(|sample| desk.play.push(sample, true));
    desk.answers(8).await;
    desk.expect(7).await;
    room.close().await;
}

fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::SEGV).unwrap();
}

#[tokio::test]
async fn a_recording_that_kills_workers_is_left_alone_and_its_camera_is_not() {
    let room = Room::open(easien_picture::Options { play_quarantine: 2 * SECOND, ..options() });
    let camera = room.road.sub(usual(1));
    let stream = StreamId { camera, which: StreamKind::Sub };
    let live = room.show(&[want(0, camera, 240, 135)]);
    live.next(0, 5 * SECOND).await.unwrap();
    up(&room).await;
    let (play, mut events) = room.pictures.play(stream);
    let samples = recorded(stream, &clip(5, StreamKind::Main, Codec::H265, Variant::Usual), 600);
    let mut quarantined = false;
    let until = std::time::Instant::now() + 60 * SECOND;
    while !quarantined && std::time::Instant::now() < until {
        up(&room).await;
        play.reset();
        samples.iter().for_each(|sample| play.push(sample, true));
        // Killed while it is busy with it: the first answer is here, most are not.
        loop {
            match tokio::time::timeout(5 * SECOND, events.next()).await {
                Ok(Some(PlayEvent::Restarted)) => samples.iter().for_each(|sample| play.push(sample, true)),
                Ok(Some(PlayEvent::Quarantined { .. })) => break quarantined = true,
                _ => break,
            }
        }
        let before = room.pictures.workers();
        for (worker, info) in before.iter().enumerate() {
            let live_here = room.pictures.streams().iter().any(|info| info.worker == worker);
            if !live_here && let Some(pid) = info.pid {
                kill(pid);
            }
        }
        let gone = std::time::Instant::now() + SECOND / 4;
        while let Ok(event) = tokio::time::timeout_at(gone.into(), events.next()).await {
            quarantined |= matches!(event, Some(PlayEvent::Quarantined { .. }));
        }
    }
    assert!(quarantined);
    // A new play of it says so at once, and a still of it is refused.
    let (_again, mut told) = room.pictures.play(stream);
    assert!(matches!(told.next().await, Some(PlayEvent::Quarantined { .. })));
    assert!(room.pictures.decode_one(samples[..3].to_vec()).await.is_err());
    let since = std::time::Instant::now();
    assert!(live.next_where(0, 2 * SECOND, |seen| seen.age < since.elapsed()).await.is_some());
    assert!(room.pictures.streams().iter().any(|info| info.stream == stream), "live of it was stopped too");
    // Over.
    let event = tokio::time::timeout(5 * SECOND, events.next()).await.unwrap();
    assert_eq!(event, Some(PlayEvent::Restarted));
    play.push(&samples[0], true);
    play.end_of_gop();
    let event = tokio::time::timeout(5 * SECOND, events.next()).await.unwrap();
    assert_eq!(event, Some(PlayEvent::Painted { at: samples[0].arrived, kept: false }));
    room.close().await;
}

#[tokio::test]
async fn what_does_not_fit_is_said() {
    let room = Room::open(options());
    up(&room).await;
    let mut desk = Desk::open(&room, usual(4), 5, 320, 180);
    let huge = Sample { data: vec![0; 15 << 20].into(), ..Sample::clone(&desk.samples[0]) };
    let huge = Arc::new(huge);
    (0..9).for_each(|_| desk.play.push(&huge, false));
    let answers: Vec<PlayEvent> = desk.answers(1).await;
    assert_eq!(answers, [PlayEvent::Overflow { at: huge.arrived }]);
    desk.play.reset();
    let too_large = Arc::new(Sample { data: vec![0; 17 << 20].into(), ..Sample::clone(&huge) });
    desk.play.push(&too_large, true);
    assert_eq!(desk.event().await, PlayEvent::Undecodable { at: too_large.arrived });
    desk.play.push(&desk.samples[0], true);
    assert_eq!(desk.event().await, PlayEvent::Painted { at: desk.samples[0].arrived, kept: false });
    room.close().await;
}

#[tokio::test]
async fn live_tiles_go_on_beside_a_backlog_of_recordings() {
    let room = Room::open(options());
    let cameras: Vec<CameraId> = (1..=4).map(|camera| room.road.sub(usual(camera))).collect();
    let tiles: Vec<TileWant> =
        cameras.iter().zip(0..).map(|(camera, tile)| want(tile, *camera, 240, 135)).collect();
    let wall = room.show(&tiles);
    for tile in 0..4 {
        wall.next(tile, 5 * SECOND).await.unwrap();
    }
    let clip = clip(5, StreamKind::Main, Codec::H265, Variant::Usual);
    let mut plays = Vec::new();
    for _ in 0..4 {
        let stream = StreamId { camera: CameraId::new(), which: StreamKind::Main };
        let (play, events) = room.pictures.play(stream);
        recorded(stream, &clip, 2000).iter().for_each(|sample| play.push(sample, true));
        plays.push((play, events));
    }
    let mut ages = Vec::new();
    for _ in 0..20 {
        for tile in 0..4 {
            ages.push(wall.next(tile, 2 * SECOND).await.expect("a live picture").age.as_millis());
        }
    }
    ages.sort_unstable();
    println!("ages of live pictures beside four plays: {:?} ms", [ages[40], ages[76]]);
    // On a machine with nothing else to do 64; tests have others beside them.
    assert!(ages[40] < 400 && ages[76] < 1000, "{ages:?}");
    // And they got their turn too.
    for (_, events) in &mut plays {
        assert!(tokio::time::timeout(2 * SECOND, events.next()).await.is_ok());
    }
    room.close().await;
}

#[tokio::test]
async fn a_still_of_a_long_group_is_its_last_picture() {
    let room = Room::open(options());
    up(&room).await;
    let stream = StreamId { camera: CameraId::new(), which: StreamKind::Main };
    for (variant, count) in [(Variant::Usual, 600), (Variant::BFrames, 60)] {
        let clip = clip(6, StreamKind::Main, Codec::H264, variant);
        let samples = recorded(stream, &clip, count);
        let last = samples.iter().map(|sample| sample.arrived).max().unwrap();
        let still = room.pictures.decode_one(samples).await.unwrap();
        assert_eq!((still.arrived, still.width_px), (last, 640), "{variant:?}");
    }
    room.close().await;
}
