//! Review over real recordings and real workers. What a picture is, is read from the strip that the simulated camera
//! drew into it; what the station says of itself is compared with that, never believed.

use crate::room::{Station, cameras, list, now, start, until};
use easien_camsim::{Sim, strip};
use easien_link::client::Events;
use easien_link::data::*;
use easien_link::{Event, call};
use easien_model::{GapCause, StillId, StreamKind, UtcMicros};
use easien_mosaic::MosaicView;
use rustix::process::Signal;
use std::path::Path;
use std::time::{Duration, Instant};

/// The simulated sub streams: pictures per second, and in their loop.
const FPS: i64 = 15;
const LOOP: i64 = 60;
const FRAME_US: i64 = 1_000_000 / FPS;
const WINDOW: &str = "main";

/// A room whose cameras are recorded, and a window that shows them.
struct Desk<'a> {
    sim: &'a Sim,
    station: &'a Station,
    list: Vec<Camera>,
    view: MosaicView,
    shown: Vec<TileShown>,
    events: Events,
    state: ReviewState,
    /// The simulated cameras' begin on the station's clock.
    started: UtcMicros,
}

/// What a tile really shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    at: UtcMicros,
    camera: u16,
    frame: i64,
}

async fn record(sim: &Sim, data: &Path) -> Station {
    let file = data.with_extension("cameras");
    std::fs::write(&file, list(sim)).unwrap();
    let station = start(data, &["--segment-seconds", "4", "--add-cameras", file.to_str().unwrap()]).await;
    station.all_live(sim.cameras().len()).await;
    station
}

/// Waits until so many seconds are recorded of every camera without a break, up to now; gives the begin, which is
/// after the moment given.
async fn recorded(station: &Station, seconds: i64, after: UtcMicros) -> UtcMicros {
    let list = station.client.call::<call::CameraList>(()).await.unwrap();
    let cameras: Vec<_> = list.iter().map(|camera| camera.id).collect();
    let begin = until("footage", 60, async || {
        let (start, end) = (now().plus_seconds(-600), now().plus_seconds(1));
        let query = TimelineQuery { cameras: cameras.clone(), start, end, buckets: 0 };
        let lanes = station.client.call::<call::ReviewTimeline>(query).await.unwrap();
        let last: Vec<_> = lanes.iter().filter_map(|lane| lane.spans.last()).collect();
        let begin = last.iter().map(|span| span.start).max()?;
        let end = last.iter().map(|span| span.end).min()?;
        let enough = last.len() == cameras.len() && end - begin >= seconds * 1_000_000;
        (enough && last.iter().all(|span| span.start > after)).then_some(begin)
    })
    .await;
    // A segment's row comes behind its first sync.
    tokio::time::sleep(Duration::from_secs(4)).await;
    begin
}

impl<'a> Desk<'a> {
    async fn open(sim: &'a Sim, station: &'a Station) -> Desk<'a> {
        let list = station.client.call::<call::CameraList>(()).await.unwrap();
        let events = station.client.events();
        let tiles = (0..)
            .zip(&list)
            .map(|(tile, camera)| TileShow {
                tile,
                camera: camera.id,
                width_px: 320,
                height_px: 180,
                large: false,
                archive: true,
                glance: false,
                focused: false,
                view: None,
            })
            .collect();
        let wall = WallShow { window: WINDOW.into(), tiles };
        let shown = station.client.call::<call::WallShow>(wall).await.unwrap();
        let view = MosaicView::open(shown.mosaic.pid, shown.mosaic.fd, shown.mosaic.bytes).unwrap();
        let passed = i64::try_from(sim.started().elapsed().as_micros()).unwrap();
        let started = UtcMicros(now().0 - passed);
        let state = station
            .client
            .call::<call::ReviewSet>(ReviewSet { window: WINDOW.into(), ..ReviewSet::default() });
        let state = state.await.unwrap();
        Self { sim, station, list, view, shown: shown.tiles, events, state, started }
    }

    async fn set(&mut self, set: ReviewSet) {
        let set = ReviewSet { window: WINDOW.into(), ..set };
        self.state = self.station.client.call::<call::ReviewSet>(set).await.unwrap();
    }

    async fn at(&mut self, at: UtcMicros) {
        self.set(ReviewSet { at: Some(at), playing: Some(false), ..ReviewSet::default() }).await;
    }

    /// Waits for a state of this kind.
    async fn when(&mut self, what: &str, fits: impl Fn(&ReviewState) -> bool) -> ReviewState {
        let begun = Instant::now();
        while !fits(&self.state) {
            let left = Duration::from_secs(10).saturating_sub(begun.elapsed());
            let Ok(event) = tokio::time::timeout(left, self.events.next()).await else {
                panic!("{what} did not come: {:?}", self.state)
            };
            if let Some(Event::ReviewState(state)) = event {
                self.state = state;
            }
        }
        self.state.clone()
    }

    /// Waits until every tile shows the exact picture of this moment.
    async fn exact(&mut self, at: UtcMicros) {
        self.when("the exact picture", |state| {
            state.tiles.iter().all(|tile| {
                !tile.key_only
                    && (tile.missing.is_some()
                        || tile.at.is_some_and(|shown| shown <= at && at - shown <= FRAME_US + 3_000))
            })
        })
        .await;
    }

    /// What a tile shows, by its strip; none: nothing.
    fn seen(&self, tile: usize) -> Option<Seen> {
        let slot = self.view.slot(self.shown[tile].slot as usize).unwrap();
        if !slot.shown() {
            return None;
        }
        let front = slot.take().or_else(|| slot.front())?;
        let (width, height) = (front.size.width_px, front.size.height_px);
        let pixels = front.pixels.as_ref();
        let found = strip::read_with(width, height, |x, y| {
            let at = (y * width + x) as usize * 4;
            let word = u32::from_ne_bytes(pixels[at..at + 4].try_into().unwrap()).to_be_bytes();
            strip::luma(word[1], word[2], word[3])
        });
        let found = found.unwrap_or_else(|| panic!("no strip on tile {tile} of {}", front.frame.arrived.0));
        Some(Seen { at: front.frame.arrived, camera: found.camera, frame: i64::from(found.frame) })
    }

    /// The frame that the camera of a tile sent at this moment.
    fn sent(&self, tile: usize, at: UtcMicros) -> i64 {
        let phase = i64::try_from(self.sim.cameras()[tile].phase.as_micros()).unwrap();
        let passed = at - self.started + phase;
        (passed + FRAME_US / 2).div_euclid(FRAME_US).rem_euclid(LOOP)
    }

    /// What a tile shows is of its camera, and what was sent when it is said to have been taken.
    fn honest(&self, tile: usize) -> Option<Seen> {
        let seen = self.seen(tile)?;
        assert_eq!(usize::from(seen.camera), tile + 1);
        let off = (seen.frame - self.sent(tile, seen.at)).rem_euclid(LOOP);
        // Frames are sent and arrive a little late.
        assert!(
            off == 0 || off == LOOP - 1,
            "tile {tile} shows frame {} for {}",
            seen.frame,
            self.sent(tile, seen.at)
        );
        Some(seen)
    }
}

#[tokio::test]
async fn the_archive_is_shown_exactly_in_step_both_ways() {
    let sim = cameras(4, 0).await;
    let folder = tempfile::tempdir().unwrap();
    let station = record(&sim, &folder.path().join("data")).await;
    let begun = recorded(&station, 12, UtcMicros(0)).await;
    let mut desk = Desk::open(&sim, &station).await;

    // Exactly, wherever.
    for seconds in [9.5, 2.0, 6.13, 6.2, 4.0, 10.9] {
        let at = UtcMicros(begun.0 + (seconds * 1e6) as i64);
        desk.at(at).await;
        desk.exact(at).await;
        for tile in 0..4 {
            let said = desk.state.tiles[tile].clone();
            assert_eq!(said.which, Some(StreamKind::Sub), "{said:?} at {seconds}");
            let seen = desk.honest(tile).unwrap();
            assert_eq!(Some(seen.at), said.at, "tile {tile}");
            assert!(seen.at <= at && at - seen.at <= FRAME_US + 3_000);
        }
    }

    // Picture by picture, over groups and files, there and back.
    let from = UtcMicros(begun.0 + 3_000_000);
    desk.at(from).await;
    desk.exact(from).await;
    let first = desk.honest(0).unwrap();
    let mut steps = 0;
    for frames in std::iter::repeat_n(1, 40).chain(std::iter::repeat_n(-1, 40)).chain([30, -30]) {
        let step = ReviewStep { window: WINDOW.into(), tile: 0, frames };
        desk.state = station.client.call::<call::ReviewStep>(step).await.unwrap();
        steps += i64::from(frames);
        let at = desk.state.at;
        desk.when("the next picture", |state| {
            state.at == at && state.tiles[0].at == Some(at) && state.tiles.iter().all(|tile| !tile.key_only)
        })
        .await;
        let seen = desk.honest(0).unwrap();
        assert_eq!(seen.at, at);
        assert_eq!(seen.frame, (first.frame + steps).rem_euclid(LOOP), "after {steps} steps");
    }
    assert_eq!(desk.honest(0).unwrap(), first);

    // In step, each picture what it is said to be.
    for (speed, from) in [(1.0, 2.0), (2.0, 1.0), (-1.0, 9.0), (-2.0, 10.5)] {
        let from = UtcMicros(begun.0 + (from * 1e6) as i64);
        desk.at(from).await;
        desk.exact(from).await;
        desk.set(ReviewSet { playing: Some(true), speed: Some(speed), ..ReviewSet::default() }).await;
        let begun = Instant::now();
        let mut shown: Vec<Vec<UtcMicros>> = vec![Vec::new(); 4];
        let (mut most, mut mixed) = (0, 0);
        while begun.elapsed() < Duration::from_secs(3) {
            tokio::time::sleep(Duration::from_millis(8)).await;
            let seen: Vec<UtcMicros> = (0..4).map(|tile| desk.honest(tile).unwrap().at).collect();
            // What changed while it was looked at is not of one moment.
            if (0..4).any(|tile| desk.view.slot(desk.shown[tile].slot as usize).unwrap().fresh()) {
                mixed += 1;
                continue;
            }
            most = most.max(*seen.iter().max().unwrap() - *seen.iter().min().unwrap());
            for (list, at) in shown.iter_mut().zip(seen) {
                if list.last() != Some(&at) {
                    list.push(at);
                }
            }
        }
        // Cameras do not send at the same instant: a frame apart is less than two frames in time.
        assert!(most <= 2 * FRAME_US + 10_000, "{most} us apart at {speed}x");
        for list in &shown {
            assert!(list.is_sorted_by(|a, b| if speed > 0.0 { a < b } else { a > b }), "{speed}x: {list:?}");
            // The machine may be busy with other tests; what was mixed was not counted.
            let wanted = ((3.0 * FPS as f32 * speed.abs()) as usize).saturating_sub(mixed) / 2;
            assert!(list.len() >= wanted.min(60), "{} pictures at {speed}x", list.len());
        }
        let state = desk.when("a state", |_| true).await;
        assert!(state.playing && (state.speed - speed).abs() < 0.01);
    }

    // Fast, and dragging.
    desk.set(ReviewSet {
        at: Some(UtcMicros(begun.0 + 1_000_000)),
        playing: Some(true),
        speed: Some(8.0),
        ..ReviewSet::default()
    })
    .await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!((0..4).all(|tile| desk.honest(tile).is_some()));
    for tick in 0..30_i64 {
        let at = UtcMicros(begun.0 + 1_000_000 + tick * 300_000);
        desk.set(ReviewSet { at: Some(at), playing: Some(false), scrubbing: true, ..ReviewSet::default() })
            .await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let rest = UtcMicros(begun.0 + 1_000_000 + 29 * 300_000);
    desk.exact(rest).await;
    assert!((0..4).all(|tile| desk.honest(tile).is_some()));

    // What is being recorded this second.
    desk.set(ReviewSet {
        at: Some(UtcMicros(now().0 + 60_000_000)),
        playing: Some(true),
        speed: Some(1.0),
        ..ReviewSet::default()
    })
    .await;
    desk.when("the newest", |state| state.newest).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    for tile in 0..4 {
        let behind = now() - desk.honest(tile).unwrap().at;
        assert!(behind < 4_500_000, "{behind} us behind");
    }
    sim.stop().await;
}

#[tokio::test]
async fn what_is_missing_is_said_and_what_is_there_is_found() {
    let sim = cameras(2, 0).await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let station = record(&sim, &data).await;
    let begun = recorded(&station, 5, UtcMicros(0)).await;
    assert!(station.stop(Signal::TERM).await.success());
    let stopped = now();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let station = start(&data, &["--segment-seconds", "4"]).await;
    station.all_live(2).await;
    recorded(&station, 3, stopped).await;
    let client = &station.client;

    let none =
        client.call::<call::ReviewSet>(ReviewSet { window: "other".into(), ..ReviewSet::default() }).await;
    assert_eq!(none.unwrap_err().key, "problem_review_no_tiles");
    let mut desk = Desk::open(&sim, &station).await;
    let wrong = ReviewSet { window: WINDOW.into(), speed: Some(100.0), ..ReviewSet::default() };
    assert_eq!(client.call::<call::ReviewSet>(wrong).await.unwrap_err().key, "problem_review_speed");

    // The gap.
    let before = UtcMicros(begun.0 + 3_000_000);
    desk.at(before).await;
    desk.exact(before).await;
    let inside = UtcMicros(stopped.0 + 1_500_000);
    desk.at(inside).await;
    let state = desk.when("the gap", |state| state.tiles.iter().all(|tile| tile.missing.is_some())).await;
    let missing = state.tiles[0].missing.clone().unwrap();
    assert_eq!(missing.cause, Some(GapCause::StationStopped));
    assert!(missing.since.unwrap() <= inside && missing.until.unwrap() > inside);
    assert_eq!(desk.seen(0), None, "nothing is shown where nothing is recorded");
    // One step out of it leads to its borders.
    let step = ReviewStep { window: WINDOW.into(), tile: 0, frames: 1 };
    desk.state = client.call::<call::ReviewStep>(step.clone()).await.unwrap();
    let after = desk.state.at;
    assert!((after - missing.until.unwrap()).abs() < 100_000, "{}", after - missing.until.unwrap());
    desk.when("the first picture", |state| state.tiles[0].at == Some(after)).await;
    desk.honest(0).unwrap();
    desk.state = client.call::<call::ReviewStep>(ReviewStep { frames: -1, ..step }).await.unwrap();
    let last = desk.state.at;
    desk.when("the last picture", |state| state.tiles[0].at == Some(last)).await;
    assert!(last < missing.since.unwrap() && desk.honest(0).unwrap().at == last);
    // Played over, it is skipped when nothing is there for two seconds.
    desk.set(ReviewSet { playing: Some(true), speed: Some(1.0), ..ReviewSet::default() }).await;
    let until_at = missing.until.unwrap();
    desk.when("what comes after", |state| {
        state.at >= until_at && state.tiles.iter().all(|tile| tile.at.is_some())
    })
    .await;
    desk.honest(1).unwrap();

    // The timeline says the same.
    let cameras: Vec<_> = desk.list.iter().map(|camera| camera.id).collect();
    let (from, to) = (UtcMicros(begun.0 - 10_000_000), now().plus_seconds(1));
    let query = TimelineQuery { cameras: cameras.clone(), start: from, end: to, buckets: 400 };
    let lanes = client.call::<call::ReviewTimeline>(query).await.unwrap();
    for lane in &lanes {
        assert_eq!(lane.spans.len(), 2, "{:?}", lane.spans);
        assert!(lane.spans.iter().all(|span| span.sub && !span.main));
        let gap = lane.gaps.iter().find(|gap| gap.cause == GapCause::StationStopped).unwrap();
        assert!(gap.start <= inside && gap.end.unwrap() > inside);
        assert_eq!((lane.activity.len(), gap.which), (400, None));
    }
    let wrong = TimelineQuery { cameras: vec![], start: from, end: to, buckets: 0 };
    assert_eq!(client.call::<call::ReviewTimeline>(wrong).await.unwrap_err().key, "problem_cameras_count");

    let days = vec![
        UtcMicros(begun.0 - 3_600_000_000),
        UtcMicros(begun.0 + 3_600_000_000),
        UtcMicros(begun.0 + 7_200_000_000),
    ];
    let calendar =
        client.call::<call::ReviewCalendar>(CalendarQuery { cameras: vec![], days }).await.unwrap();
    assert!(calendar[0] > 3.0 && calendar[0] < 60.0 && calendar[1] < 0.1, "{calendar:?}");

    let jump = |at, to, forward| Jump { cameras: cameras.clone(), at, to, forward };
    let found = client.call::<call::ReviewJump>(jump(before, JumpTo::Gap, true)).await.unwrap().unwrap();
    assert!((found - missing.since.unwrap()).abs() < 1_000_000);
    let found = client.call::<call::ReviewJump>(jump(before, JumpTo::Footage, true)).await.unwrap().unwrap();
    assert!((found - until_at).abs() < 1_000_000, "{}", found - until_at);
    let found = client.call::<call::ReviewJump>(jump(before, JumpTo::Footage, false)).await.unwrap().unwrap();
    assert!(found <= begun && begun - found < 10_000_000);
    assert_eq!(client.call::<call::ReviewJump>(jump(before, JumpTo::Bookmark, true)).await.unwrap(), None);

    // Small pictures and stills.
    let thumbnail = ThumbnailQuery { camera: cameras[0], at: before, width_px: 160 };
    let small = client.call::<call::ReviewThumbnail>(thumbnail.clone()).await.unwrap().unwrap();
    assert!(
        small.url.starts_with("data:image/jpeg;base64,")
            && small.at <= before
            && before - small.at < 1_100_000
    );
    assert_eq!(client.call::<call::ReviewThumbnail>(thumbnail.clone()).await.unwrap(), Some(small));
    let early = ThumbnailQuery { at: UtcMicros(begun.0 - 60_000_000), ..thumbnail };
    assert_eq!(client.call::<call::ReviewThumbnail>(early).await.unwrap(), None);
    let draft =
        StillDraft { id: StillId::new(), camera: cameras[0], which: StreamKind::Sub, at: Some(before) };
    let still = client.call::<call::StillTake>(draft.clone()).await.unwrap();
    assert!(still.at <= before && before - still.at <= FRAME_US + 5_000, "{}", before - still.at);
    let picture = image::open(data.join("stills").join(&still.file)).unwrap().to_rgb8();
    let found = strip::read(&picture).unwrap();
    assert_eq!((found.camera, picture.width()), (1, 320));
    let off = (i64::from(found.frame) - desk.sent(0, still.at)).rem_euclid(LOOP);
    assert!(off == 0 || off == LOOP - 1, "the still is the picture of its time");
    let gone = StillDraft { id: StillId::new(), at: Some(inside), ..draft };
    assert_eq!(client.call::<call::StillTake>(gone).await.unwrap_err().key, "problem_not_recorded");
    until("nothing", 1, async || Some(())).await;
    sim.stop().await;
}
