//! What every stream and the archive itself share.

use crate::events::ArchiveEvent;
use crate::index_feed::IndexFeed;
use crate::options::Options;
use crate::run_clock::{ClockStep, StationClock};
use crate::volumes::Volumes;
use easien_model::{Clock, SegmentId, UtcMicros};
use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;

/// A poisoned lock is taken all the same: every change behind our locks is complete before anything can panic.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug, Default)]
struct Watch {
    clock: StationClock,
    steps: Vec<ClockStep>,
}

/// Shared by all streams.
pub(crate) struct Core {
    pub(crate) options: Options,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) feed: IndexFeed,
    pub(crate) volumes: Volumes,
    pub(crate) events: broadcast::Sender<ArchiveEvent>,
    watch: Mutex<Watch>,
    steps: AtomicUsize,
    /// The newest segments that this process began.
    begun: Mutex<VecDeque<SegmentId>>,
}

/// So many of the newest segments are remembered: more than are ever open at once.
const BEGUN: usize = 20_000;

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").finish_non_exhaustive()
    }
}

impl Core {
    pub(crate) fn new(
        options: Options,
        clock: Arc<dyn Clock>,
        feed: IndexFeed,
        volumes: Volumes,
        events: broadcast::Sender<ArchiveEvent>,
    ) -> Self {
        Self {
            options,
            clock,
            feed,
            volumes,
            events,
            watch: Mutex::default(),
            steps: AtomicUsize::new(0),
            begun: Mutex::default(),
        }
    }

    pub(crate) fn begun(&self, id: SegmentId) {
        let mut begun = lock(&self.begun);
        begun.push_back(id);
        if begun.len() > BEGUN {
            begun.pop_front();
        }
    }

    /// Whether this process began a segment, so that it is nobody's to recover.
    pub(crate) fn is_own(&self, id: SegmentId) -> bool {
        lock(&self.begun).contains(&id)
    }

    pub(crate) fn now(&self) -> UtcMicros {
        self.clock.utc_now()
    }

    pub(crate) fn say(&self, event: ArchiveEvent) {
        // Nobody listens: nobody is told.
        let _ = self.events.send(event);
    }

    /// Looks at the station's clock; how many steps there were so far.
    pub(crate) fn look_at_clock(&self, uptime_us: i64) -> usize {
        let utc = self.clock.utc_now();
        let step = {
            let mut watch = lock(&self.watch);
            let step = watch.clock.look(utc, uptime_us);
            if let Some(step) = step {
                watch.steps.push(step);
                self.steps.store(watch.steps.len(), Ordering::Release);
            }
            step
        };
        if let Some(step) = step {
            tracing::warn!(step_us = step.step_us, "the station's clock was set");
            self.say(ArchiveEvent::ClockStepped { step_us: step.step_us, at: step.after });
        }
        self.steps.load(Ordering::Acquire)
    }

    pub(crate) fn step(&self, number: usize) -> Option<ClockStep> {
        lock(&self.watch).steps.get(number).copied()
    }
}
