//! The station's handle on all workers.

use crate::state::{Shared, Showing, State, Still};
use crate::tend;
use crate::types::{
    Load, OpenFeed, Options, PictureError, PictureEvent, Result, Shown, SlotPlace, StillPixels, StreamInfo,
    TileSource, TileWant, WorkerInfo,
};
use crate::wire::{Due, ToWorker};
use easien_model::{CameraId, Clock, MediaKind, Params, Sample, Scope, StreamId};
use easien_mosaic::{Mosaic, SlotSize};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{broadcast, oneshot};
use tokio::time::Instant;

/// How often what is due by time alone is looked after.
const SWEEP: Duration = Duration::from_millis(500);
/// Most bytes of samples that one picture is decoded from.
const MAX_ONE_BYTES: usize = 64 << 20;
/// What is granted for each of them beyond the usual time for a still: one of 1080p on a busy machine.
const ONE_SAMPLE: Duration = Duration::from_millis(30);
/// Events kept for a slow listener.
const EVENTS: usize = 256;

/// The station's handle on the picture workers. Cheap to clone; the workers live as long as the scope.
#[derive(Clone)]
pub struct Pictures {
    shared: Arc<Shared>,
}

impl Pictures {
    /// Starts the workers on `runtime`; they end with `scope`.
    ///
    /// # Errors
    /// The program is not there.
    pub fn new(runtime: Handle, scope: Scope, clock: Arc<dyn Clock>, options: Options) -> Result<Self> {
        if !options.program.is_file() {
            return Err(PictureError::NoProgram(options.program));
        }
        let options = Options { workers: options.workers.max(2), ..options };
        let (events, _) = broadcast::channel(EVENTS);
        let shared = Arc::new(Shared::new(options, clock, scope, runtime, events));
        let _entered = shared.runtime.enter();
        for worker in 0..shared.options.workers {
            shared.scope.spawn("picture worker", tend::tend(shared.clone(), worker));
        }
        let sweeping = shared.clone();
        shared.scope.spawn("picture sweep", async move {
            let mut ticks = tokio::time::interval(SWEEP);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                sweeping.lock().sweep(&sweeping, Instant::now());
            }
        });
        drop(_entered);
        Ok(Self { shared })
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Plugs the feeds in. `open` is called when a stream is first needed, and again after a worker died; it must
    /// yield samples beginning with a key frame.
    pub fn set_feeds(&self, open: OpenFeed) {
        let mut state = self.shared.lock();
        state.feeds = Some(open);
        state.restart_feeds(&self.shared);
    }

    /// Shows these tiles in a window. Where cameras or sizes differ from before, in a new mosaic that replaces the window's
    /// former one. Cameras that are decoded already are painted at once.
    ///
    /// # Errors
    /// More or larger tiles than a mosaic takes.
    pub fn show(&self, window: &str, tiles: &[TileWant]) -> Result<Shown> {
        let sizes: Vec<SlotSize> = tiles
            .iter()
            .map(|want| SlotSize { width_px: want.width_px, height_px: want.height_px })
            .collect();
        let mut state = self.shared.lock();
        if let Some(showing) = state.windows.get_mut(window)
            && showing.take(tiles)
        {
            let places = tiles.iter().zip(&showing.tiles);
            let places = places.map(|(want, tile)| SlotPlace {
                tile: want.tile,
                slot: tile.slot,
                assignment: tile.assignment,
            });
            let shown = Shown { handle: showing.mosaic.place(), tiles: places.collect() };
            state.settle(&self.shared, Instant::now());
            return Ok(shown);
        }
        let generation = state.generation();
        // A window without tiles has a mosaic too, so that its reader need not know the difference.
        let none = [SlotSize { width_px: 1, height_px: 1 }];
        let mosaic = Mosaic::create(if sizes.is_empty() { &none } else { &sizes }, generation)?;
        let mut showing = Showing::new(mosaic, state.number());
        let mut places = Vec::with_capacity(tiles.len());
        for want in tiles {
            let is_shown = match &want.source {
                TileSource::Live => !state.blanked.contains(&want.camera),
                TileSource::Play(ids) => state.plays_shown(ids),
            };
            let (slot, assignment) = showing.add(want, is_shown)?;
            places.push(SlotPlace { tile: want.tile, slot, assignment });
        }
        let handle = showing.mosaic.place();
        let now = Instant::now();
        state.put(window, Some(showing), now);
        state.settle(&self.shared, now);
        Ok(Shown { handle, tiles: places })
    }

    /// The window shows nothing any more.
    pub fn hide(&self, window: &str) {
        let mut state = self.shared.lock();
        let now = Instant::now();
        state.put(window, None, now);
        state.settle(&self.shared, now);
    }

    /// The window shows nothing any more, and neither does what it showed before, from this moment on: for whoever may
    /// not see it any longer. [`Pictures::hide`] leaves the last pictures while they are changed for others.
    pub fn close(&self, window: &str) {
        let mut state = self.shared.lock();
        state.close_window(window);
        state.settle(&self.shared, Instant::now());
    }

    /// A lost camera is not painted (`true`), or is again (`false`). Takes effect at once in all windows, and in those
    /// shown later.
    pub fn blank(&self, camera: CameraId, blank: bool) {
        let mut state = self.shared.lock();
        if blank {
            state.blanked.insert(camera)
        } else {
            state.blanked.remove(&camera)
        };
        for showing in state.windows.values() {
            showing.blank(camera, blank);
        }
        for (_, _, showing) in &state.retired {
            showing.blank(camera, blank);
        }
    }

    /// While a camera's sub stream is lost, its live main stream is painted in its place (`true`), until the sub stream
    /// is back (`false`).
    pub fn stand_in(&self, camera: CameraId, main: bool) {
        let mut state = self.shared.lock();
        let changed = if main { state.stood_in.insert(camera) } else { state.stood_in.remove(&camera) };
        if changed {
            state.settle(&self.shared, Instant::now());
        }
    }

    /// The newest picture of a stream in full size; the stream is opened if it is not decoded now.
    ///
    /// # Errors
    /// No picture in time, or the stream is in quarantine.
    ///
    /// # Cancel safety
    /// Dropping the future takes the wish back.
    pub async fn still(&self, stream: StreamId) -> Result<StillPixels> {
        let (answer, answered) = oneshot::channel();
        let wish = {
            let mut state = self.shared.lock();
            let Some((key, worker)) = state.open(&self.shared, stream).map(|open| (open.key, open.worker))
            else {
                return Err(PictureError::Quarantined);
            };
            let request = state.request();
            state.stills.insert(request, Still { answer, worker, key, stream: Some(stream) });
            state.settle(&self.shared, Instant::now());
            state.send(worker, ToWorker::Still { request, key });
            Wish { shared: self.shared.clone(), request, own: None }
        };
        wish.wait(answered, self.shared.options.still, PictureError::NoPicture).await
    }

    /// The last picture of these samples, in the order of showing: for trying a camera, for a still of a recording.
    /// They must begin with a key frame, and be no more than 64 MiB.
    ///
    /// # Errors
    /// No picture comes of them, or there is no video among them; too many; their stream's recordings are in quarantine.
    ///
    /// # Cancel safety
    /// Dropping the future takes the wish back.
    pub async fn decode_one(&self, samples: Vec<Arc<Sample>>) -> Result<StillPixels> {
        let video: Vec<&Arc<Sample>> =
            samples.iter().filter(|sample| sample.kind == MediaKind::Video).collect();
        let first = video.first().ok_or(PictureError::NoSamples)?;
        let Params::Video(params) = &*first.params else { return Err(PictureError::NoSamples) };
        if video.iter().map(|sample| sample.len_bytes()).sum::<usize>() > MAX_ONE_BYTES {
            return Err(PictureError::TooMuch);
        }
        let (answer, answered) = oneshot::channel();
        let wish = {
            let mut state = self.shared.lock();
            if state.play_quarantine.contains_key(&first.stream) {
                return Err(PictureError::Quarantined);
            }
            let worker = state.idlest();
            let (key, request) = (state.number(), state.request());
            let Some(outbox) = state.workers.get(worker).map(|worker| worker.outbox.clone()) else {
                return Err(PictureError::WorkerDied);
            };
            outbox.push(ToWorker::OpenPlay { key, stream: first.stream });
            outbox.open_play(key, 0);
            outbox.push_play(key, ToWorker::Params { key, params: params.clone() });
            // All are shown, in no tile: the last one shown is the still.
            if !video.iter().all(|sample| outbox.push_play_sample(key, sample, Due::Show)) {
                outbox.push(ToWorker::Close { key });
                return Err(PictureError::TooMuch);
            }
            outbox.push_play(key, ToWorker::EndOfGop { key });
            outbox.push_play(key, ToWorker::Still { request, key });
            state.stills.insert(request, Still { answer, worker, key, stream: None });
            Wish { shared: self.shared.clone(), request, own: Some((worker, key)) }
        };
        let samples = u32::try_from(video.len()).unwrap_or(u32::MAX);
        let limit = self.shared.options.still + ONE_SAMPLE.saturating_mul(samples);
        wish.wait(answered, limit, PictureError::WorkerDied).await
    }

    /// What happens to workers and streams. A listener that is too slow loses the oldest.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<PictureEvent> {
        self.shared.events.subscribe()
    }

    /// The workers.
    #[must_use]
    pub fn workers(&self) -> Vec<WorkerInfo> {
        let info = |worker: &crate::state::Worker| WorkerInfo {
            pid: worker.pid,
            restarts: worker.restarts,
            dropped: worker.outbox.dropped(),
            cpu_micros: worker.cpu_micros,
        };
        self.shared.lock().workers.iter().map(info).collect()
    }

    /// What the pictures cost, and may cost.
    #[must_use]
    pub fn load(&self) -> Load {
        self.shared.lock().load()
    }

    /// The streams that are decoded now.
    #[must_use]
    pub fn streams(&self) -> Vec<StreamInfo> {
        let state: &State = &self.shared.lock();
        let info = |(id, stream): (&StreamId, &crate::state::Stream)| StreamInfo {
            stream: *id,
            worker: stream.worker,
            tier: stream.tier,
            stats: stream.stats,
        };
        state.streams.iter().map(info).collect()
    }
}

/// A still that is waited for; taken back when dropped.
struct Wish {
    shared: Arc<Shared>,
    request: u64,
    /// The stream opened for it alone.
    own: Option<(usize, u32)>,
}

impl Wish {
    async fn wait(
        self,
        answered: oneshot::Receiver<StillPixels>,
        limit: Duration,
        dropped: PictureError,
    ) -> Result<StillPixels> {
        match tokio::time::timeout(limit, answered).await {
            Ok(Ok(pixels)) => Ok(pixels),
            Ok(Err(_)) => Err(dropped),
            Err(_) => Err(PictureError::NoPicture),
        }
    }
}

impl Drop for Wish {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.stills.remove(&self.request);
        if let Some((worker, key)) = self.own {
            state.send(worker, ToWorker::Close { key });
        }
    }
}
