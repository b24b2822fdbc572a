//! The way from the streams to a volume's writer: bounded in bytes; who finds it full waits (without blocking a thread), and
//! what comes meanwhile overflows the stream's lane, loudly.

use super::plan::Job;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

#[derive(Debug, Default)]
struct State {
    jobs: VecDeque<Job>,
    bytes: usize,
    /// Nothing is taken any more.
    closed: bool,
}

/// The queue of a volume.
#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    room: Notify,
    most_bytes: usize,
}

/// What came of an offer.
#[derive(Debug)]
pub(crate) enum Offer {
    Taken,
    /// No room now.
    Full(Job),
    /// Never again.
    Closed(Job),
}

impl Queue {
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self { state: Mutex::default(), filled: Condvar::new(), room: Notify::new(), most_bytes }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A job larger than the whole queue is taken when the queue is empty.
    pub(crate) fn offer(&self, job: Job) -> Offer {
        let mut state = self.lock();
        if state.closed {
            return Offer::Closed(job);
        }
        let bytes = job.bytes();
        if bytes > 0 && state.bytes > 0 && state.bytes + bytes > self.most_bytes {
            return Offer::Full(job);
        }
        state.bytes += bytes;
        let wake = state.jobs.is_empty();
        state.jobs.push_back(job);
        drop(state);
        if wake {
            self.filled.notify_one();
        }
        Offer::Taken
    }

    /// Resolves when there may be room again. Wakes now and then by itself, so that no missed wake-up can hang a stream.
    pub(crate) async fn room(&self) {
        let _ = tokio::time::timeout(Duration::from_millis(200), self.room.notified()).await;
    }

    /// All jobs, or none after `limit`. Second: nothing more will come.
    pub(crate) fn take(&self, limit: Duration, into: &mut VecDeque<Job>) -> bool {
        let mut state = self.lock();
        if state.jobs.is_empty() && !state.closed {
            state = self.filled.wait_timeout(state, limit).unwrap_or_else(PoisonError::into_inner).0;
        }
        std::mem::swap(&mut state.jobs, into);
        state.closed && into.is_empty()
    }

    /// So many bytes are written.
    pub(crate) fn done(&self, bytes: usize) {
        let mut state = self.lock();
        state.bytes = state.bytes.saturating_sub(bytes);
        drop(state);
        self.room.notify_waiters();
    }

    /// Nothing is taken any more; what is in it is still written.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
        self.room.notify_waiters();
    }

    /// Bytes that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.lock().bytes
    }
}
