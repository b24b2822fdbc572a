//! The station's handle on all workers.

use crate::state::{Shared, Showing, State, Still};
use crate::tend;
use crate::tier::Tier;
use crate::types::{
    OpenFeed, Options, PictureError, PictureEvent, Result, Shown, SlotPlace, StillPixels, StreamInfo,
    TileWant, WorkerInfo,
};
use crate::wire::ToWorker;
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
const MAX_ONE_BYTES: usize = 8 << 20;
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

    /// Plugs the feeds in. `open` is called when a stream is first needed, and again after a worker died; it must
    /// yield samples beginning with a key frame.
    pub fn set_feeds(&self, open: OpenFeed) {
        let mut state = self.shared.lock();
        state.feeds = Some(open);
        state.restart_feeds(&self.shared);
    }

    /// Shows these tiles in a window, in a new mosaic that replaces the window's former one. Cameras that are decoded
    /// already are painted at once.
    ///
    /// # Errors
    /// More or larger tiles than a mosaic takes.
    pub fn show(&self, window: &str, tiles: &[TileWant]) -> Result<Shown> {
        let sizes: Vec<SlotSize> = tiles
            .iter()
            .map(|want| SlotSize { width_px: want.width_px, height_px: want.height_px })
            .collect();
        let mut state = self.shared.lock();
        let generation = state.generation();
        // A window without tiles has a mosaic too, so that its reader need not know the difference.
        let none = [SlotSize { width_px: 1, height_px: 1 }];
        let mosaic = Mosaic::create(if sizes.is_empty() { &none } else { &sizes }, generation)?;
        let mut showing = Showing::new(mosaic, state.number());
        let mut places = Vec::with_capacity(tiles.len());
        for want in tiles {
            let (slot, assignment) = showing.add(want, !state.blanked.contains(&want.camera))?;
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

    /// The last picture of these samples, for trying a camera: they must begin with a key frame.
    ///
    /// # Errors
    /// No picture comes of them, or there is no video among them.
    ///
    /// # Cancel safety
    /// Dropping the future takes the wish back.
    pub async fn decode_one(&self, samples: Vec<Arc<Sample>>) -> Result<StillPixels> {
        let mut video = samples.iter().filter(|sample| sample.kind == MediaKind::Video).peekable();
        let Some(first) = video.peek() else { return Err(PictureError::NoSamples) };
        let Params::Video(params) = &*first.params else { return Err(PictureError::NoSamples) };
        let (answer, answered) = oneshot::channel();
        let wish = {
            let mut state = self.shared.lock();
            let worker = state.home(first.stream.camera);
            let (key, request) = (state.number(), state.request());
            state.send(worker, ToWorker::Open { key, stream: first.stream, tier: Tier::Main });
            state.send(worker, ToWorker::Params { key, params: params.clone() });
            let mut bytes = 0;
            for sample in video {
                bytes += sample.len_bytes();
                if bytes > MAX_ONE_BYTES {
                    break;
                }
                if let Some(worker) = state.workers.get(worker) {
                    worker.outbox.push_sample(key, sample);
                }
            }
            state.send(worker, ToWorker::End { key });
            state.stills.insert(request, Still { answer, worker, key, stream: None });
            state.send(worker, ToWorker::Still { request, key });
            Wish { shared: self.shared.clone(), request, own: Some((worker, key)) }
        };
        wish.wait(answered, self.shared.options.still, PictureError::WorkerDied).await
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
