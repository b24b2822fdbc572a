//! One stream's middle: the session puts samples in, lanes carry them out. Holds the GOP cache, the state and the
//! figures. Survives sessions; closed when the stream is not wanted any more.

use crate::lane::{AudioLane, Lane, Recorded, RecorderLane, ViewerLane};
use crate::source::Limits;
use easien_model::{LossReason, MediaKind, Sample, SessionState, SessionStats, StreamId, UtcMicros};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::broadcast;

#[derive(Debug)]
struct Inner {
    /// Counts sources: what an earlier one's session still says is not heard.
    generation: u64,
    closed: bool,
    state: SessionState,
    stats: SessionStats,
    gop: VecDeque<Arc<Sample>>,
    gop_bytes: usize,
    /// The cache does not reach from the key frame to now.
    gop_cut: bool,
    viewers: Vec<Weak<Lane<Arc<Sample>>>>,
    recorders: Vec<Weak<Lane<Recorded>>>,
    listeners: Vec<Weak<Lane<Arc<Sample>>>>,
    viewer_drops: u64,
    reconnects: u32,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Hub {
    stream: StreamId,
    states: broadcast::Sender<(StreamId, SessionState)>,
    limits: Arc<Limits>,
    inner: Mutex<Inner>,
}

impl Hub {
    pub(crate) fn new(
        stream: StreamId,
        states: broadcast::Sender<(StreamId, SessionState)>,
        limits: Arc<Limits>,
        now: UtcMicros,
    ) -> Self {
        let inner = Inner {
            generation: 0,
            closed: false,
            state: SessionState::idle(now),
            stats: SessionStats::default(),
            gop: VecDeque::new(),
            gop_bytes: 0,
            gop_cut: false,
            viewers: Vec::new(),
            recorders: Vec::new(),
            listeners: Vec::new(),
            viewer_drops: 0,
            reconnects: 0,
        };
        Self { stream, states, limits, inner: Mutex::new(inner) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new source takes over; answers its generation.
    pub(crate) fn take_over(&self) -> u64 {
        let mut inner = self.lock();
        inner.generation += 1;
        inner.forget_pictures();
        inner.stats = SessionStats::default();
        inner.generation
    }

    /// Sets the state and tells everybody, if it is another one.
    pub(crate) fn set_state(&self, generation: u64, state: SessionState) {
        let mut inner = self.lock();
        if inner.closed || inner.generation != generation || inner.state == state {
            return;
        }
        inner.state = state.clone();
        drop(inner);
        // Nobody listening is no fault.
        let _ = self.states.send((self.stream, state));
    }

    pub(crate) fn state(&self) -> SessionState {
        self.lock().state.clone()
    }

    /// Sets the figures that the session measured.
    pub(crate) fn set_stats(&self, generation: u64, stats: SessionStats) {
        let mut inner = self.lock();
        if inner.generation == generation {
            inner.stats = stats;
        }
    }

    pub(crate) fn stats(&self) -> SessionStats {
        let inner = self.lock();
        SessionStats { viewer_drops: inner.viewer_drops, reconnects: inner.reconnects, ..inner.stats.clone() }
    }

    /// A session is made anew.
    pub(crate) fn count_reconnect(&self) {
        let mut inner = self.lock();
        inner.reconnects = inner.reconnects.saturating_add(1);
    }

    /// A sample for everybody; true when a recorder's lane overflowed, so that the run must end.
    pub(crate) fn publish(&self, generation: u64, sample: Arc<Sample>) -> bool {
        let mut guard = self.lock();
        let inner = &mut *guard;
        if inner.closed || inner.generation != generation {
            return false;
        }
        if sample.kind == MediaKind::Video {
            inner.stats.last_sample = Some(sample.arrived);
            inner.cache(&sample, self.limits.gop_cache_bytes);
            let mut dropped = 0;
            inner.viewers.retain(|lane| match lane.upgrade() {
                Some(lane) => {
                    dropped += lane.offer(&sample, &self.limits);
                    true
                }
                None => false,
            });
            inner.viewer_drops += dropped;
        } else {
            inner.listeners.retain(|lane| match lane.upgrade() {
                Some(lane) => {
                    lane.offer_audio(&sample);
                    true
                }
                None => false,
            });
        }
        let mut overflowed = false;
        inner.recorders.retain(|lane| match lane.upgrade() {
            Some(lane) => {
                overflowed |= lane.offer(&sample, &self.limits);
                true
            }
            None => false,
        });
        overflowed
    }

    /// The session was lost: an old picture must not look live to a new viewer.
    pub(crate) fn lost(&self, generation: u64, reason: LossReason, now: UtcMicros) {
        let mut inner = self.lock();
        if inner.generation != generation {
            return;
        }
        inner.forget_pictures();
        for lane in inner.recorders.iter().filter_map(Weak::upgrade) {
            lane.lost(reason, now);
        }
    }

    pub(crate) fn view(&self) -> Option<ViewerLane> {
        let mut inner = self.lock();
        if inner.closed {
            return None;
        }
        let lane = ViewerLane::new(inner.gop.iter().cloned(), !inner.gop_cut);
        inner.viewers.retain(|lane| lane.strong_count() > 0);
        inner.viewers.push(Arc::downgrade(&lane.0));
        Some(lane)
    }

    pub(crate) fn listen(&self) -> Option<AudioLane> {
        let mut inner = self.lock();
        if inner.closed {
            return None;
        }
        let lane = AudioLane::new();
        inner.listeners.retain(|lane| lane.strong_count() > 0);
        inner.listeners.push(Arc::downgrade(&lane.0));
        Some(lane)
    }

    pub(crate) fn record(&self) -> Option<RecorderLane> {
        let mut inner = self.lock();
        if inner.closed {
            return None;
        }
        let lane = RecorderLane::new();
        inner.recorders.retain(|lane| lane.strong_count() > 0);
        inner.recorders.push(Arc::downgrade(&lane.0));
        Some(lane)
    }

    /// The stream is not wanted any more: every lane ends.
    pub(crate) fn close(&self, now: UtcMicros) {
        let mut inner = self.lock();
        inner.closed = true;
        inner.forget_pictures();
        inner.state = SessionState::idle(now);
        for lane in inner.viewers.drain(..).filter_map(|lane| lane.upgrade()) {
            lane.close();
        }
        for lane in inner.listeners.drain(..).filter_map(|lane| lane.upgrade()) {
            lane.close();
        }
        for lane in inner.recorders.drain(..).filter_map(|lane| lane.upgrade()) {
            lane.close();
        }
        drop(inner);
        let _ = self.states.send((self.stream, SessionState::idle(now)));
    }
}

impl Inner {
    fn forget_pictures(&mut self) {
        self.gop = VecDeque::new();
        self.gop_bytes = 0;
        self.gop_cut = false;
    }

    /// Keeps the samples since the last key frame. When they are too many, only the key frame stays: a new viewer has
    /// a picture at once and goes on at the next key frame.
    fn cache(&mut self, sample: &Arc<Sample>, most_bytes: usize) {
        let new_run = self.gop.front().is_some_and(|first| first.run != sample.run);
        if sample.key || new_run {
            self.gop.clear();
            self.gop_bytes = 0;
            self.gop_cut = false;
        }
        if !sample.key && (self.gop.is_empty() || self.gop_cut) {
            return;
        }
        if self.gop_bytes + sample.len_bytes() > most_bytes && !sample.key {
            self.gop.truncate(1);
            self.gop.shrink_to(64);
            self.gop_bytes = self.gop.front().map_or(0, |first| first.len_bytes());
            self.gop_cut = true;
            return;
        }
        self.gop_bytes += sample.len_bytes();
        self.gop.push_back(Arc::clone(sample));
    }
}
