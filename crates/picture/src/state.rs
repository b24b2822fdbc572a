//! What is shown where, which streams that needs, and what the workers must be told. All changes happen under one
//! lock that is never held over an await.

mod costs;
mod showing;

pub(crate) use showing::{Showing, Tile};

use crate::feed::{self, Measured, Target};
use crate::governor::Governor;
use crate::machine::Ticks;
use crate::outbox::Outbox;
use crate::play::{PlayId, Playing};
use crate::tier::{Plan, Tier};
use crate::types::{OpenFeed, Options, PictureEvent, StillPixels, TileSource};
use crate::wire::{StreamStats, ToWorker};
use easien_model::{CameraId, Clock, Scope, StreamId, StreamKind};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::{broadcast, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Replaced mosaics kept per window at most, however fast it changes.
const MAX_RETIRED: usize = 2;

/// What everything here shares.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) scope: Scope,
    pub(crate) runtime: Handle,
    pub(crate) events: broadcast::Sender<PictureEvent>,
    state: Mutex<State>,
}

impl Shared {
    pub(crate) fn new(
        options: Options,
        clock: Arc<dyn Clock>,
        scope: Scope,
        runtime: Handle,
        events: broadcast::Sender<PictureEvent>,
    ) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let state = State {
            governor: Some(Governor::new(cores as f64, options.budget_core)),
            workers: (0..options.workers).map(|_| Worker::default()).collect(),
            // Differs from those of an earlier life of the station, and is exact as a JavaScript number.
            next_generation: u64::try_from(clock.utc_now().0).unwrap_or(1).max(1),
            ..State::default()
        };
        Self { options, clock, scope, runtime, events, state: Mutex::new(state) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody listening is no failure.
    pub(crate) fn tell(&self, event: PictureEvent) {
        let _ = self.events.send(event);
    }
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) workers: Vec<Worker>,
    pub(crate) feeds: Option<OpenFeed>,
    pub(crate) windows: HashMap<String, Showing>,
    /// Replaced or hidden, with when and of which window.
    pub(crate) retired: Vec<(Instant, String, Showing)>,
    pub(crate) streams: HashMap<StreamId, Stream>,
    pub(crate) blanked: HashSet<CameraId>,
    /// Cameras whose sub stream is lost while their main stream is live.
    pub(crate) stood_in: HashSet<CameraId>,
    pub(crate) stills: HashMap<u64, Still>,
    /// When each stream was blamed for a death, within the last minute.
    pub(crate) blames: HashMap<StreamId, Vec<Instant>>,
    pub(crate) quarantine: HashMap<StreamId, Instant>,
    pub(crate) plays: HashMap<PlayId, Playing>,
    /// As `blames` and `quarantine`, of recordings.
    pub(crate) play_blames: HashMap<StreamId, Vec<Instant>>,
    pub(crate) play_quarantine: HashMap<StreamId, Instant>,
    pub(crate) plan: Plan,
    /// Always there; absent only in the default that is filled in.
    governor: Option<Governor>,
    /// The last look at the machine: when, its ticks, CPU of all workers in microseconds.
    looked: Option<(Instant, Option<Ticks>, u64)>,
    used_core: Option<f64>,
    next_number: u32,
    next_request: u64,
    next_generation: u64,
}

/// One worker as the rest sees it.
#[derive(Default)]
pub(crate) struct Worker {
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) pid: Option<u32>,
    pub(crate) restarts: u32,
    pub(crate) cpu_micros: u64,
    /// CPU of its former lives.
    pub(crate) cpu_before_micros: u64,
    /// The longest that a live sample waited in it, since the last look.
    pub(crate) waited_ms: u32,
}

/// A stream that is decoded.
pub(crate) struct Stream {
    pub(crate) key: u32,
    pub(crate) worker: usize,
    pub(crate) tier: Tier,
    pub(crate) stats: StreamStats,
    measured: Arc<Measured>,
    feed: CancellationToken,
    unneeded: Option<Instant>,
}

/// A wish for a still.
pub(crate) struct Still {
    pub(crate) answer: oneshot::Sender<StillPixels>,
    pub(crate) worker: usize,
    pub(crate) key: u32,
    /// Keeps the stream open; none for a stream of its own (`decode_one`).
    pub(crate) stream: Option<StreamId>,
}

impl State {
    pub(crate) fn number(&mut self) -> u32 {
        self.next_number = self.next_number.wrapping_add(1);
        self.next_number
    }

    pub(crate) fn request(&mut self) -> u64 {
        self.next_request += 1;
        self.next_request
    }

    pub(crate) fn generation(&mut self) -> u64 {
        self.next_generation += 1;
        self.next_generation
    }

    pub(crate) fn send(&self, worker: usize, message: ToWorker) {
        if let Some(worker) = self.workers.get(worker) {
            worker.outbox.push(message);
        }
    }

    /// Takes a new showing for a window; the former one is kept for a while.
    pub(crate) fn put(&mut self, window: &str, showing: Option<Showing>, now: Instant) {
        let former = match showing {
            Some(showing) => self.windows.insert(window.to_owned(), showing),
            None => self.windows.remove(window),
        };
        if let Some(former) = former {
            self.retired.push((now, window.to_owned(), former));
        }
        let mut kept = self.retired.iter().filter(|(_, of, _)| of == window).count();
        while kept > MAX_RETIRED {
            if let Some(oldest) = self.retired.iter().position(|(_, of, _)| of == window) {
                let (_, _, showing) = self.retired.remove(oldest);
                self.drop_showing(&showing);
            }
            kept -= 1;
        }
    }

    /// Nothing of a window is shown any more, its former pictures neither.
    pub(crate) fn close_window(&mut self, window: &str) {
        let (gone, kept): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.retired).into_iter().partition(|(_, of, _)| of == window);
        self.retired = kept;
        for showing in gone.into_iter().map(|(_, _, showing)| showing).chain(self.windows.remove(window)) {
            for tile in &showing.tiles {
                showing.set_shown(tile, false);
            }
            self.drop_showing(&showing);
        }
    }

    fn drop_showing(&self, showing: &Showing) {
        for worker in &showing.told {
            self.send(*worker, ToWorker::CloseMosaic { mosaic: showing.number });
        }
    }

    fn showings(&self) -> impl Iterator<Item = &Showing> {
        self.windows.values().chain(self.retired.iter().map(|(_, _, showing)| showing))
    }

    /// Which live streams of the camera a tile is painted from, the most wanted first, leaving out those in quarantine.
    fn sources(&self, tile: &Tile) -> Vec<StreamId> {
        if tile.source != TileSource::Live {
            return Vec::new();
        }
        let of = |which| StreamId { camera: tile.camera, which };
        let wanted = match (tile.main, tile.has_sub) {
            (false, true) if !self.stood_in.contains(&tile.camera) => vec![of(StreamKind::Sub)],
            (_, true) => vec![of(StreamKind::Main), of(StreamKind::Sub)],
            (_, false) => vec![of(StreamKind::Main)],
        };
        wanted.into_iter().filter(|stream| !self.quarantine.contains_key(stream)).collect()
    }

    /// The worker of a camera: the one that has a stream of it, else the one with the least to do.
    pub(crate) fn home(&self, camera: CameraId) -> usize {
        if let Some(stream) =
            self.streams.iter().find(|(id, _)| id.camera == camera).map(|(_, stream)| stream)
        {
            return stream.worker;
        }
        self.idlest()
    }

    /// The worker with the least to do.
    pub(crate) fn idlest(&self) -> usize {
        let live = self.streams.iter().map(|(id, stream)| (stream.worker, id.which));
        let played = self.plays.values().map(|playing| (playing.worker, playing.stream.which));
        let all: Vec<(usize, StreamKind)> = live.chain(played).collect();
        let load = |worker: usize| -> u64 {
            let of_it = all.iter().filter(|(of, _)| *of == worker);
            of_it.map(|(_, which)| if *which == StreamKind::Main { 10 } else { 1 }).sum()
        };
        let down = |worker: usize| self.workers.get(worker).is_none_or(|worker| worker.pid.is_none());
        (0..self.workers.len()).min_by_key(|worker| (down(*worker), load(*worker))).unwrap_or(0)
    }

    /// Opens a stream unless it is open; None: it is in quarantine.
    pub(crate) fn open(&mut self, shared: &Shared, id: StreamId) -> Option<&Stream> {
        if self.quarantine.contains_key(&id) {
            return None;
        }
        if !self.streams.contains_key(&id) {
            let worker = self.home(id.camera);
            let tier = if id.which == StreamKind::Main { Tier::Main } else { Tier::Sub };
            let mut stream = Stream {
                key: self.number(),
                worker,
                tier,
                stats: StreamStats::default(),
                measured: Arc::new(Measured::new(id.which)),
                feed: CancellationToken::new(),
                unneeded: None,
            };
            self.start(shared, id, &mut stream);
            self.streams.insert(id, stream);
        }
        self.streams.get(&id)
    }

    /// Tells the worker of a stream and begins to feed it.
    fn start(&self, shared: &Shared, id: StreamId, stream: &mut Stream) {
        self.send(stream.worker, ToWorker::Open { key: stream.key, stream: id, tier: stream.tier });
        self.feed(shared, id, stream);
    }

    /// Feeds a stream from its newest key frame on, in place of whatever fed it before.
    fn feed(&self, shared: &Shared, id: StreamId, stream: &mut Stream) {
        stream.feed.cancel();
        stream.feed = CancellationToken::new();
        let (Some(worker), Some(open)) = (self.workers.get(stream.worker), &self.feeds) else { return };
        let target = Target {
            stream: id,
            key: stream.key,
            gate: worker.outbox.open_gate(stream.key, stream.tier),
            outbox: worker.outbox.clone(),
            measured: stream.measured.clone(),
        };
        let _entered = shared.runtime.enter();
        shared.scope.spawn("picture feed", feed::pump(open.clone(), target, stream.feed.clone()));
    }

    /// Feeds were plugged in: everything that is open begins again.
    pub(crate) fn restart_feeds(&mut self, shared: &Shared) {
        let mut streams = std::mem::take(&mut self.streams);
        for (id, stream) in &mut streams {
            self.send(stream.worker, ToWorker::Close { key: stream.key });
            self.start(shared, *id, stream);
        }
        self.streams = streams;
    }

    /// Brings streams and workers in line with what is shown: opens what is missing, marks what is not needed, tells
    /// tiles, sets tiers.
    pub(crate) fn settle(&mut self, shared: &Shared, now: Instant) {
        let needed: Vec<StreamId> =
            self.showings().flat_map(|showing| &showing.tiles).flat_map(|tile| self.sources(tile)).collect();
        let mut unneeded: HashSet<StreamId> = self.streams.keys().copied().collect();
        for id in &needed {
            self.open(shared, *id);
            unneeded.remove(id);
        }
        for still in self.stills.values() {
            if let Some(id) = still.stream {
                unneeded.remove(&id);
            }
        }
        for (id, stream) in &mut self.streams {
            if unneeded.contains(id) {
                stream.unneeded.get_or_insert(now);
            } else {
                stream.unneeded = None;
            }
        }
        self.plan(shared);
        self.tell_tiles();
    }

    /// Sends what the workers do not know yet of mosaics and tiles.
    fn tell_tiles(&mut self) {
        let mut windows = std::mem::take(&mut self.windows);
        let mut retired = std::mem::take(&mut self.retired);
        for showing in windows.values_mut().chain(retired.iter_mut().map(|(_, _, showing)| showing)) {
            for tile in &mut showing.tiles {
                let Some((worker, keys)) = self.keys(tile) else { continue };
                let telling = (keys, tile.part);
                if tile.told.as_ref() == Some(&telling) {
                    continue;
                }
                if showing.told.insert(worker) {
                    self.send(
                        worker,
                        ToWorker::Mosaic { mosaic: showing.number, place: showing.mosaic.place() },
                    );
                }
                let (mosaic, slot, assignment) = (showing.number, tile.slot, tile.assignment);
                let (sources, part) = telling.clone();
                self.send(worker, ToWorker::Tile { mosaic, slot, assignment, sources, part });
                tile.told = Some(telling);
            }
        }
        self.windows = windows;
        self.retired = retired;
    }

    /// The numbers of what a tile is painted from, and their worker; None: of nothing now.
    fn keys(&self, tile: &Tile) -> Option<(usize, Vec<u32>)> {
        let of: Vec<(usize, u32)> = match &tile.source {
            TileSource::Live => self
                .sources(tile)
                .iter()
                .filter_map(|id| self.streams.get(id))
                .map(|stream| (stream.worker, stream.key))
                .collect(),
            TileSource::Play(ids) => ids
                .iter()
                .filter_map(|id| self.plays.get(id))
                .map(|playing| (playing.worker, playing.key))
                .collect(),
        };
        // One writer a slot: plays of another camera, in another worker, have no place here.
        let worker = of.first()?.0;
        Some((worker, of.iter().filter(|(of, _)| *of == worker).map(|(_, key)| *key).collect()))
    }

    /// Shows or blanks the slots of a play's tiles.
    pub(crate) fn show_plays(&self, id: PlayId) {
        for showing in self.showings() {
            for tile in &showing.tiles {
                if let TileSource::Play(ids) = &tile.source
                    && ids.contains(&id)
                {
                    showing.set_shown(tile, self.plays_shown(ids));
                }
            }
        }
    }

    /// What the workers were told of the tiles of these plays does not hold any more.
    pub(crate) fn forget_told_plays(&mut self, which: impl Fn(&Playing) -> bool) {
        let ids: Vec<PlayId> =
            self.plays.iter().filter(|(_, playing)| which(playing)).map(|(id, _)| *id).collect();
        for showing in self.windows.values_mut().chain(self.retired.iter_mut().map(|(_, _, showing)| showing))
        {
            for tile in &mut showing.tiles {
                if matches!(&tile.source, TileSource::Play(of) if of.iter().any(|id| ids.contains(id))) {
                    tile.told = None;
                }
            }
        }
    }

    /// What is due by time alone.
    pub(crate) fn sweep(&mut self, shared: &Shared, now: Instant) {
        let (kept, gone): (Vec<_>, Vec<_>) = std::mem::take(&mut self.retired)
            .into_iter()
            .partition(|(at, _, _)| now.duration_since(*at) < shared.options.change_over);
        self.retired = kept;
        for (_, _, showing) in &gone {
            self.drop_showing(showing);
        }
        let released: Vec<StreamId> =
            self.quarantine.iter().filter(|(_, until)| **until <= now).map(|(stream, _)| *stream).collect();
        for stream in released {
            self.quarantine.remove(&stream);
            shared.tell(PictureEvent::Released { stream });
        }
        self.sweep_plays(now);
        self.govern(shared, now);
        self.settle(shared, now);
        let grace = shared.options.grace;
        let closed: Vec<StreamId> = self
            .streams
            .iter()
            .filter(|(_, stream)| stream.unneeded.is_some_and(|since| now.duration_since(since) >= grace))
            .map(|(id, _)| *id)
            .collect();
        for id in closed {
            self.close(id);
        }
    }

    pub(crate) fn close(&mut self, id: StreamId) {
        if let Some(stream) = self.streams.remove(&id) {
            stream.feed.cancel();
            if let Some(worker) = self.workers.get(stream.worker) {
                worker.outbox.close_gate(stream.key);
            }
            self.send(stream.worker, ToWorker::Close { key: stream.key });
        }
    }

    /// A worker is up with nothing in it: tells it everything that is its.
    pub(crate) fn restore(&mut self, shared: &Shared, worker: usize, pid: u32, now: Instant) {
        if let Some(worker) = self.workers.get_mut(worker) {
            worker.pid = Some(pid);
            worker.outbox.reset(true);
        }
        let mut streams = std::mem::take(&mut self.streams);
        for (id, stream) in streams.iter_mut().filter(|(_, stream)| stream.worker == worker) {
            self.start(shared, *id, stream);
        }
        let mine: HashSet<u32> = streams.values().filter(|s| s.worker == worker).map(|s| s.key).collect();
        self.streams = streams;
        for showing in self.windows.values_mut().chain(self.retired.iter_mut().map(|(_, _, showing)| showing))
        {
            showing.told.remove(&worker);
            for tile in &mut showing.tiles {
                if tile.told.as_ref().is_some_and(|(keys, _)| keys.iter().any(|key| mine.contains(key))) {
                    tile.told = None;
                }
            }
        }
        self.restart_plays(|playing| playing.worker == worker);
        self.forget_told_plays(|playing| playing.worker == worker);
        self.settle(shared, now);
        for (request, still) in self.stills.iter().filter(|(_, still)| still.worker == worker) {
            self.send(worker, ToWorker::Still { request: *request, key: still.key });
        }
    }

    /// A worker is gone. True: the stream blamed goes into quarantine; never for a recording of it.
    pub(crate) fn bury(
        &mut self,
        shared: &Shared,
        worker: usize,
        blamed: Option<StreamId>,
        recorded: bool,
        now: Instant,
    ) -> bool {
        if let Some(worker) = self.workers.get_mut(worker) {
            worker.pid = None;
            worker.cpu_before_micros += std::mem::take(&mut worker.cpu_micros);
            worker.restarts += 1;
            worker.outbox.reset(false);
        }
        for stream in self.streams.values().filter(|stream| stream.worker == worker) {
            stream.feed.cancel();
        }
        // Streams of their own do not come back.
        self.stills.retain(|_, still| still.worker != worker || still.stream.is_some());
        let Some(blamed) = blamed else { return false };
        if recorded {
            self.blame_play(shared, blamed, now);
            return false;
        }
        let minute = std::time::Duration::from_secs(60);
        let times = self.blames.entry(blamed).or_default();
        times.retain(|at| now.duration_since(*at) < minute);
        times.push(now);
        let guilty = times.len() >= 2;
        self.blames.retain(|_, times| times.iter().any(|at| now.duration_since(*at) < minute));
        if guilty {
            self.blames.remove(&blamed);
            self.quarantine.insert(blamed, now + shared.options.quarantine);
            self.close(blamed);
            self.stills.retain(|_, still| still.stream != Some(blamed));
        }
        guilty
    }

    /// The stream of a number that a worker used.
    pub(crate) fn stream_of(&self, worker: usize, key: u32) -> Option<StreamId> {
        self.streams
            .iter()
            .find(|(_, stream)| stream.worker == worker && stream.key == key)
            .map(|(id, _)| *id)
    }
}
