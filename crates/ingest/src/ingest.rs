//! The station's handle on all sessions.

use crate::hub::Hub;
use crate::lane::{AudioLane, RecorderLane, ViewerLane};
use crate::pace::Turns;
use crate::session::Task;
use crate::source::{Limits, Source};
use easien_model::{Clock, Scope, SessionState, SessionStats, StreamId};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::broadcast;

/// States that a slow listener may be behind before it misses some (and asks [`Ingest::sessions`] for all).
const STATES: usize = 4096;

struct Open {
    source: Source,
    hub: Arc<Hub>,
    scope: Scope,
}

struct Shared {
    runtime: Handle,
    scope: Scope,
    clock: Arc<dyn Clock>,
    limits: Arc<Limits>,
    turns: Arc<Turns>,
    states: broadcast::Sender<(StreamId, SessionState)>,
    open: Mutex<BTreeMap<StreamId, Open>>,
}

/// All sessions with all cameras. Cheap to clone; every clone is the same. Sessions end with the scope it was given.
#[derive(Clone)]
pub struct Ingest(Arc<Shared>);

impl fmt::Debug for Ingest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ingest").field("sessions", &self.lock().len()).finish()
    }
}

impl Ingest {
    /// Nothing is open yet. All sessions run on `runtime` and end with `scope`.
    #[must_use]
    pub fn new(runtime: Handle, scope: Scope, clock: Arc<dyn Clock>, limits: Limits) -> Self {
        let turns = Arc::new(Turns::new(limits.setups_per_s));
        let (states, _) = broadcast::channel(STATES);
        Self(Arc::new(Shared {
            runtime,
            scope,
            clock,
            limits: Arc::new(limits),
            turns,
            states,
            open: Mutex::new(BTreeMap::new()),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<StreamId, Open>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a stream, or replaces it when its URL, credential or transport changed; lanes go on over the change.
    /// With the same source nothing happens.
    pub fn open(&self, source: Source) {
        let source = source.tidied();
        let stream = source.stream;
        let shared = &self.0;
        let mut open = self.lock();
        let hub = match open.get(&stream) {
            Some(present) if present.source == source => return,
            Some(present) => {
                present.scope.cancel();
                Arc::clone(&present.hub)
            }
            None => Arc::new(Hub::new(
                stream,
                shared.states.clone(),
                Arc::clone(&shared.limits),
                shared.clock.utc_now(),
            )),
        };
        let scope = shared.scope.child("session");
        let task = Task {
            source: source.clone(),
            hub: Arc::clone(&hub),
            generation: hub.take_over(),
            clock: Arc::clone(&shared.clock),
            limits: Arc::clone(&shared.limits),
            turns: Arc::clone(&shared.turns),
            scope: scope.clone(),
        };
        open.insert(stream, Open { source, hub, scope: scope.clone() });
        drop(open);
        let _inside = shared.runtime.enter();
        scope.spawn_graceful(task.run());
    }

    /// Ends a stream's session (TEARDOWN) and its lanes.
    pub fn close(&self, stream: StreamId) {
        let Some(open) = self.lock().remove(&stream) else { return };
        open.scope.cancel();
        open.hub.close(self.0.clock.utc_now());
    }

    /// Every change of a state. A listener that falls behind is told so and asks [`Ingest::sessions`].
    #[must_use]
    pub fn states(&self) -> broadcast::Receiver<(StreamId, SessionState)> {
        self.0.states.subscribe()
    }

    fn hub(&self, stream: StreamId) -> Option<Arc<Hub>> {
        self.lock().get(&stream).map(|open| Arc::clone(&open.hub))
    }

    /// A stream's state; `None` when it is not open.
    #[must_use]
    pub fn state(&self, stream: StreamId) -> Option<SessionState> {
        self.hub(stream).map(|hub| hub.state())
    }

    /// A stream's figures; `None` when it is not open.
    #[must_use]
    pub fn stats(&self, stream: StreamId) -> Option<SessionStats> {
        self.hub(stream).map(|hub| hub.stats())
    }

    /// All open streams with their states and figures.
    #[must_use]
    pub fn sessions(&self) -> Vec<(StreamId, SessionState, SessionStats)> {
        self.lock().iter().map(|(stream, open)| (*stream, open.hub.state(), open.hub.stats())).collect()
    }

    /// A lane for a viewer: begins with the samples since the last key frame; `None` when the stream is not open.
    #[must_use]
    pub fn view(&self, stream: StreamId) -> Option<ViewerLane> {
        self.hub(stream)?.view()
    }

    /// A lane for somebody who listens; `None` when the stream is not open.
    #[must_use]
    pub fn listen(&self, stream: StreamId) -> Option<AudioLane> {
        self.hub(stream)?.listen()
    }

    /// A lane for a recorder: lossless, or loud; `None` when the stream is not open.
    #[must_use]
    pub fn record(&self, stream: StreamId) -> Option<RecorderLane> {
        self.hub(stream)?.record()
    }
}
