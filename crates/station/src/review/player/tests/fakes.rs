//! Recordings and workers that exist only in memory, and a machine that lets time pass between them.

use crate::review::footage::{Footage, Group, Missing, Place, read};
use crate::review::player::Player;
use crate::review::screen::{Due, Said, Screen};
use crate::review::window::{Tile, Window};
use bytes::Bytes;
use easien_link::data::ReviewState;
use easien_model::{
    CameraId, Codec, GapCause, MediaKind, Params, RunId, Sample, StreamId, StreamKind, Ticks90k, UtcMicros,
    VideoParams,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// When every made-up recording begins.
pub const T0: i64 = 1_795_000_000_000_000;

/// So many seconds after the begin.
pub fn at(seconds: f64) -> UtcMicros {
    UtcMicros(T0 + (seconds * 1e6) as i64)
}

fn params() -> Arc<Params> {
    Arc::new(Params::Video(VideoParams {
        codec: Codec::H264,
        parameter_sets: vec![],
        width_px: 640,
        height_px: 360,
        declared_fps: None,
    }))
}

/// A recording: pictures every `frame_us` from `from_s` to `to_s`, a key frame every `gop`.
#[derive(Clone, Copy, Debug)]
pub struct Take {
    pub from_s: f64,
    pub to_s: f64,
    pub frame_us: i64,
    pub gop: usize,
}

#[derive(Default)]
struct Shelf {
    groups: HashMap<StreamId, Vec<Vec<Arc<Sample>>>>,
    /// Of these streams more is being written.
    open: BTreeSet<StreamId>,
    damaged: BTreeSet<i64>,
}

/// Made-up recordings.
#[derive(Clone, Default)]
pub struct Tapes(Arc<Mutex<Shelf>>);

impl Tapes {
    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap()
    }

    /// Adds a recording of one run.
    pub fn record(&self, stream: StreamId, take: Take) {
        let (run, params) = (RunId::new(), params());
        let (mut time, end) = (at(take.from_s).0, at(take.to_s).0);
        let mut shelf = self.lock();
        let groups = shelf.groups.entry(stream).or_default();
        let mut seq = 0_u64;
        while time < end {
            let mut group = Vec::new();
            while group.len() < take.gop && time < end {
                group.push(Arc::new(Sample {
                    stream,
                    kind: MediaKind::Video,
                    run,
                    seq,
                    pts: Ticks90k(time * 9 / 100),
                    arrived: UtcMicros(time),
                    key: group.is_empty(),
                    damaged: false,
                    params: params.clone(),
                    data: Bytes::from(time.to_le_bytes().to_vec()),
                }));
                (seq, time) = (seq + 1, time + take.frame_us);
            }
            groups.push(group);
        }
    }

    /// More is being written of this stream, or not.
    pub fn open(&self, stream: StreamId, open: bool) {
        let mut shelf = self.lock();
        if open {
            shelf.open.insert(stream)
        } else {
            shelf.open.remove(&stream)
        };
    }

    /// Retention took what begins before this.
    pub fn delete_before(&self, stream: StreamId, before: UtcMicros) {
        if let Some(groups) = self.lock().groups.get_mut(&stream) {
            groups.retain(|group| group[0].arrived >= before);
        }
    }

    /// Appends to the last group, as the writer of an open segment does.
    pub fn grow(&self, stream: StreamId, pictures: usize, frame_us: i64) {
        let mut shelf = self.lock();
        let group = shelf.groups.get_mut(&stream).unwrap().last_mut().unwrap();
        for _ in 0..pictures {
            let last = group.last().unwrap();
            let mut next = (**last).clone();
            (next.seq, next.key) = (last.seq + 1, false);
            next.arrived = UtcMicros(last.arrived.0 + frame_us);
            group.push(Arc::new(next));
        }
    }

    /// Every picture of a stream.
    pub fn all(&self, stream: StreamId) -> Vec<UtcMicros> {
        let shelf = self.lock();
        shelf.groups.get(&stream).into_iter().flatten().flatten().map(|sample| sample.arrived).collect()
    }

    fn made(&self, stream: StreamId, number: usize) -> Option<Group> {
        let shelf = self.lock();
        let groups = shelf.groups.get(&stream)?;
        let samples = groups.get(number)?;
        let frame_us = match samples.as_slice() {
            [a, b, ..] => b.arrived.0 - a.arrived.0,
            _ => 66_000,
        };
        let last = samples.last()?.arrived.0 + frame_us;
        let next = groups.get(number + 1).map(|next| next[0].arrived.0);
        let end = next.filter(|next| (last - 20_000..=last + 20_000).contains(next)).unwrap_or(last);
        if shelf.damaged.contains(&samples[0].arrived.0) {
            return None;
        }
        Group::new(samples.clone(), Some(UtcMicros(end)), None)
    }

    fn number(&self, stream: StreamId, at: UtcMicros) -> Option<usize> {
        let shelf = self.lock();
        let groups = shelf.groups.get(&stream)?;
        groups.partition_point(|group| group[0].arrived <= at).checked_sub(1)
    }
}

impl Footage for Tapes {
    fn place(&self, stream: StreamId, at: UtcMicros) -> Place {
        let number = self.number(stream, at);
        let here = number.and_then(|number| self.made(stream, number));
        if here.as_ref().is_some_and(|group| group.covers(at)) {
            return Place::Recorded;
        }
        let next = self.made(stream, number.map_or(0, |number| number + 1)).map(|group| group.start);
        if next.is_none() && here.is_some() && self.lock().open.contains(&stream) {
            return Place::Edge;
        }
        Place::Missing(Missing {
            cause: Some(GapCause::StationStopped),
            since: here.map(|group| group.end),
            until: next,
        })
    }
    fn group(&self, stream: StreamId, at: UtcMicros) -> Option<Group> {
        self.made(stream, self.number(stream, at)?)
    }
    fn after(&self, group: &Group) -> Option<Group> {
        self.made(group.stream, self.number(group.stream, group.start).map_or(0, |number| number + 1))
            .filter(|next| next.start > group.start)
    }
    fn before(&self, group: &Group) -> Option<Group> {
        self.made(group.stream, self.number(group.stream, UtcMicros(group.start.0 - 1))?)
    }
    fn key(&self, stream: StreamId, at: UtcMicros) -> Option<Arc<Sample>> {
        self.group(stream, at).filter(|group| group.covers(at))?.samples.first().cloned()
    }
    fn newest(&self, stream: StreamId) -> Option<Group> {
        let count = self.lock().groups.get(&stream).map_or(0, Vec::len);
        self.made(stream, count.checked_sub(1)?)
    }
}

enum Told {
    Push(Arc<Sample>, Due),
    End,
    Paint(UtcMicros),
}

#[derive(Default)]
pub struct Worker {
    queue: VecDeque<Told>,
    decoded: Option<(RunId, u64)>,
    kept: BTreeMap<i64, ()>,
    wanted: BTreeSet<i64>,
    pub said: Vec<Said>,
    pub blank: bool,
    /// Most pictures kept.
    pub room: usize,
    /// Nothing comes of what it is given.
    pub deaf: bool,
    /// It takes so many microseconds a sample.
    pub each_us: u64,
    busy_us: u64,
    /// Shows that waited at once, at most.
    pub most_shows: usize,
    pub pushed: usize,
}

/// A made-up play.
#[derive(Clone, Default)]
pub struct Canvas(pub Arc<Mutex<Worker>>);

impl Canvas {
    pub fn lock(&self) -> MutexGuard<'_, Worker> {
        self.0.lock().unwrap()
    }

    /// The worker died.
    pub fn restart(&self) {
        let mut worker = self.lock();
        worker.queue.clear();
        worker.kept.clear();
        worker.decoded = None;
        worker.said = vec![Said::Restarted];
    }
}

impl Screen for Canvas {
    fn reset(&self) {
        let mut worker = self.lock();
        worker.queue.clear();
        worker.wanted.clear();
        worker.decoded = None;
        worker.said.retain(|said| *said == Said::Restarted);
    }
    fn push(&self, sample: &Arc<Sample>, due: Due) {
        let mut worker = self.lock();
        worker.pushed += 1;
        worker.queue.push_back(Told::Push(sample.clone(), due));
        let shows =
            worker.queue.iter().filter(|told| matches!(told, Told::Push(_, Due::Show) | Told::Paint(_)));
        worker.most_shows = worker.most_shows.max(shows.count());
    }
    fn end_of_gop(&self) {
        self.lock().queue.push_back(Told::End);
    }
    fn paint(&self, at: UtcMicros) {
        self.lock().queue.push_back(Told::Paint(at));
    }
    fn blank(&self, blank: bool) {
        let mut worker = self.lock();
        worker.blank = blank;
    }
}

impl Worker {
    /// Works for a millisecond.
    fn work(&mut self) {
        self.busy_us = self.busy_us.saturating_sub(1000);
        while self.busy_us < 1000 {
            let Some(told) = self.queue.pop_front() else { return };
            match told {
                Told::End => self.decoded = None,
                Told::Paint(at) if self.kept.contains_key(&at.0) => self.said.push(Said::Painted(at)),
                Told::Paint(at) => {
                    let comes =
                        self.queue.iter().any(|told| matches!(told, Told::Push(s, _) if s.arrived == at));
                    if comes { _ = self.wanted.insert(at.0) } else { self.said.push(Said::NotKept(at)) }
                }
                Told::Push(sample, due) => {
                    self.busy_us += self.each_us;
                    let fits = sample.key
                        || self.decoded.is_some_and(|(run, seq)| run == sample.run && seq + 1 == sample.seq);
                    if !fits || self.deaf {
                        self.said.push(Said::Undecodable(Some(sample.arrived)));
                        continue;
                    }
                    self.decoded = Some((sample.run, sample.seq));
                    if due == Due::Show || self.wanted.remove(&sample.arrived.0) {
                        self.said.push(Said::Painted(sample.arrived));
                    }
                    if self.kept.len() < self.room {
                        self.kept.insert(sample.arrived.0, ());
                    } else if self.room > 0 && due == Due::Keep {
                        self.kept.pop_first();
                        self.kept.insert(sample.arrived.0, ());
                    }
                }
            }
        }
    }
}

/// A picture on a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Milliseconds since the machine was started.
    pub ms: u64,
    pub camera: CameraId,
    pub which: StreamKind,
    pub at: UtcMicros,
}

/// Everything together, in made-up time.
pub struct Machine {
    pub window: Window<Canvas>,
    pub tapes: Tapes,
    pub screens: HashMap<StreamId, Canvas>,
    pub cameras: Vec<CameraId>,
    pub seen: Vec<Seen>,
    pub states: Vec<(u64, ReviewState)>,
    pub wall: UtcMicros,
    /// Reading takes so many milliseconds.
    pub read_ms: u64,
    pub reads: usize,
    pub stepped: usize,
    begun: Instant,
    pub ms: u64,
    waiting: Vec<(u64, CameraId, u64, crate::review::footage::Answer)>,
    wake_ms: u64,
}

impl Machine {
    /// So many cameras on tiles 0 and on; streams as wanted.
    pub fn new(cameras: usize, wanted: &[StreamKind]) -> Self {
        let begun = Instant::now();
        let mut machine = Self {
            window: Window::new("main".into(), at(0.0), begun),
            tapes: Tapes::default(),
            screens: HashMap::new(),
            cameras: (0..cameras).map(|_| CameraId::new()).collect(),
            seen: Vec::new(),
            states: Vec::new(),
            wall: at(100_000.0),
            read_ms: 3,
            reads: 0,
            stepped: 0,
            begun,
            ms: 0,
            waiting: Vec::new(),
            wake_ms: 0,
        };
        machine.place(wanted);
        machine
    }

    /// Lays the tiles out.
    pub fn place(&mut self, wanted: &[StreamKind]) {
        let tiles = self.cameras.iter().zip(0..).map(|(&camera, tile)| Tile { tile, camera }).collect();
        let screens = &mut self.screens;
        self.window.place(
            tiles,
            |_| wanted.to_vec(),
            |camera| {
                let made = [StreamKind::Main, StreamKind::Sub].map(|which| {
                    let canvas = Canvas::default();
                    canvas.lock().room = 1000;
                    canvas.lock().each_us = 700;
                    screens.insert(StreamId { camera, which }, canvas.clone());
                    (which, canvas)
                });
                Some(Player::new(camera, wanted.to_vec(), made.into()))
            },
        );
    }

    pub fn sub(&self, number: usize) -> StreamId {
        StreamId { camera: self.cameras[number], which: StreamKind::Sub }
    }

    pub fn main(&self, number: usize) -> StreamId {
        StreamId { camera: self.cameras[number], which: StreamKind::Main }
    }

    pub fn now(&self) -> Instant {
        self.begun + Duration::from_millis(self.ms)
    }

    pub fn set(&mut self, at: Option<UtcMicros>, playing: Option<bool>, speed: Option<f32>, scrubbing: bool) {
        self.window.set(at, playing, speed, scrubbing, (self.now(), self.wall));
        self.wake_ms = 0;
    }

    pub fn step(&mut self, pictures: i32) {
        assert!(self.window.step(0, pictures, self.now()));
        self.wake_ms = 0;
    }

    pub fn state(&self) -> ReviewState {
        self.window.state(self.now())
    }

    /// What a tile shows.
    pub fn shown(&self, number: usize) -> Option<UtcMicros> {
        self.state().tiles[number].at
    }

    /// Lets so many milliseconds pass.
    pub fn run(&mut self, ms: u64) {
        for _ in 0..ms {
            self.ms += 1;
            self.wall = UtcMicros(self.wall.0 + 1000);
            let mut woken = self.ms >= self.wake_ms;
            for (stream, screen) in &self.screens {
                let said = {
                    let mut worker = screen.lock();
                    worker.work();
                    std::mem::take(&mut worker.said)
                };
                for said in said {
                    woken = true;
                    if let Said::Painted(at) = said {
                        self.seen.push(Seen { ms: self.ms, camera: stream.camera, which: stream.which, at });
                    }
                    self.window.said(
                        stream.camera,
                        stream.which,
                        said,
                        self.begun + Duration::from_millis(self.ms),
                    );
                }
            }
            let now = self.now();
            let due: Vec<_> = self.waiting.extract_if(.., |(ms, ..)| *ms <= self.ms).collect();
            for (_, camera, number, answer) in due {
                woken = true;
                self.window.read(camera, number, answer, now);
            }
            if !woken {
                continue;
            }
            let turn = self.window.turn(now, self.wall);
            self.stepped += usize::from(turn.stepped);
            for wish in turn.wishes {
                self.reads += 1;
                let answer = read(&self.tapes, wish.camera, &wish.wanted, &wish.request);
                self.waiting.push((self.ms + self.read_ms, wish.camera, wish.number, answer));
            }
            self.states.extend(turn.state.map(|state| (self.ms, state)));
            self.wake_ms = self.ms + u64::try_from(turn.wake.as_micros().div_ceil(1000)).unwrap().max(1);
        }
    }

    /// What was seen of a camera.
    pub fn of(&self, number: usize) -> Vec<UtcMicros> {
        self.seen.iter().filter(|seen| seen.camera == self.cameras[number]).map(|seen| seen.at).collect()
    }
}
