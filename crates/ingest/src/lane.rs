//! Ways out of a stream. A lane is a bounded queue with a policy: viewers may skip to a key frame, recorders may not
//! skip silently. Belongs here: the queues. Who gets which sample is `hub`'s.

use crate::source::Limits;
use easien_model::{LossReason, MediaKind, RunId, Sample, UtcMicros};
use futures::Stream;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// What a recorder gets.
#[derive(Clone, Debug)]
pub enum Recorded {
    /// The next sample.
    Sample(Arc<Sample>),
    /// Samples are missing from here on; the run of the samples before it has ended.
    Gap(Gap),
}

/// A hole in what a recorder got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Why.
    pub cause: GapCause,
    /// The run that ended, if there were samples.
    pub run: Option<RunId>,
    /// When it began.
    pub since: UtcMicros,
}

/// Why samples are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapCause {
    /// The recorder was too slow: its lane was full. What follows begins with a key frame of a new run.
    Overflow,
    /// The session was lost.
    Lost(LossReason),
}

/// Audio frames that may wait for a listener: about a second.
const AUDIO_WAITING: usize = 64;
const AUDIO_WAITING_BYTES: usize = 256 << 10;

#[derive(Debug)]
struct Queue<T> {
    items: VecDeque<(T, usize)>,
    bytes: usize,
    waker: Option<Waker>,
    closed: bool,
    /// Nothing is taken until the next key frame.
    waits_for_key: bool,
    dropped: u64,
    last_run: Option<RunId>,
}

/// The shared part of a lane.
#[derive(Debug)]
pub(crate) struct Lane<T>(Mutex<Queue<T>>);

impl<T> Lane<T> {
    fn new(waits_for_key: bool) -> Self {
        Self(Mutex::new(Queue {
            items: VecDeque::new(),
            bytes: 0,
            waker: None,
            closed: false,
            waits_for_key,
            dropped: 0,
            last_run: None,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Queue<T>> {
        // A panic elsewhere cannot leave a queue half changed: every change is complete before anything can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// No more samples will come.
    pub(crate) fn close(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        let waker = queue.waker.take();
        drop(queue);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut queue = self.lock();
        if let Some((item, bytes)) = queue.items.pop_front() {
            queue.bytes -= bytes;
            return Poll::Ready(Some(item));
        }
        if queue.closed {
            return Poll::Ready(None);
        }
        if !queue.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            queue.waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl<T> Queue<T> {
    fn push(&mut self, item: T, bytes: usize) -> Option<Waker> {
        self.items.push_back((item, bytes));
        self.bytes += bytes;
        self.waker.take()
    }

    fn clear(&mut self) -> u64 {
        let dropped = self.items.len() as u64;
        self.items.clear();
        self.items.shrink_to(64);
        self.bytes = 0;
        self.dropped += dropped;
        dropped
    }
}

impl Lane<Arc<Sample>> {
    /// Offers a video sample to a viewer; answers how many samples were dropped for it.
    pub(crate) fn offer(&self, sample: &Arc<Sample>, limits: &Limits) -> u64 {
        let mut queue = self.lock();
        let mut dropped = 0;
        if queue.last_run != Some(sample.run) {
            queue.last_run = Some(sample.run);
            queue.waits_for_key = true;
        }
        if sample.key {
            let behind = queue.items.front().map(|(oldest, _)| sample.arrived.since(oldest.arrived));
            if behind.is_some_and(|behind| behind > limits.viewer_lag) {
                dropped += queue.clear();
            }
            queue.waits_for_key = false;
        }
        let bytes = sample.len_bytes();
        if !queue.waits_for_key && queue.bytes + bytes > limits.lane_bytes && !queue.items.is_empty() {
            dropped += queue.clear();
            queue.waits_for_key = !sample.key;
        }
        if queue.waits_for_key {
            // Waiting after an overflow is a drop too; waiting for the first key frame is not.
            if queue.dropped > 0 {
                queue.dropped += 1;
                dropped += 1;
            }
            return dropped;
        }
        let waker = queue.push(Arc::clone(sample), bytes);
        drop(queue);
        if let Some(waker) = waker {
            waker.wake();
        }
        dropped
    }
}

impl Lane<Arc<Sample>> {
    /// Offers an audio sample to a listener: what is old makes room, and nobody waits.
    pub(crate) fn offer_audio(&self, sample: &Arc<Sample>) {
        let mut queue = self.lock();
        while queue.items.len() >= AUDIO_WAITING || queue.bytes + sample.len_bytes() > AUDIO_WAITING_BYTES {
            let Some((_, bytes)) = queue.items.pop_front() else { return };
            queue.bytes -= bytes;
            queue.dropped += 1;
        }
        let waker = queue.push(Arc::clone(sample), sample.len_bytes());
        drop(queue);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Lane<Recorded> {
    /// Offers a sample to a recorder; true when the lane overflowed with it, so that the run must end.
    pub(crate) fn offer(&self, sample: &Arc<Sample>, limits: &Limits) -> bool {
        let most_bytes = limits.recorder_bytes.unwrap_or(limits.lane_bytes);
        let mut queue = self.lock();
        let bytes = sample.len_bytes();
        let starts = sample.kind == MediaKind::Video && sample.key && queue.last_run != Some(sample.run);
        if queue.waits_for_key {
            // Room again and a new run's key frame: on with it.
            if !starts || queue.bytes + bytes > most_bytes / 2 {
                queue.dropped += 1;
                return false;
            }
            queue.waits_for_key = false;
        } else if queue.bytes + bytes > most_bytes {
            queue.waits_for_key = true;
            queue.dropped += 1;
            let gap = Gap { cause: GapCause::Overflow, run: queue.last_run, since: sample.arrived };
            let waker = queue.push(Recorded::Gap(gap), 0);
            drop(queue);
            if let Some(waker) = waker {
                waker.wake();
            }
            return true;
        }
        if sample.kind == MediaKind::Video {
            queue.last_run = Some(sample.run);
        }
        let waker = queue.push(Recorded::Sample(Arc::clone(sample)), bytes);
        drop(queue);
        if let Some(waker) = waker {
            waker.wake();
        }
        false
    }

    /// The session was lost.
    pub(crate) fn lost(&self, reason: LossReason, since: UtcMicros) {
        let mut queue = self.lock();
        // One gap is enough: an overflow's says it already, and a lost session may be lost again and again.
        let Some(run) = queue.last_run.take() else { return };
        if queue.waits_for_key {
            queue.waits_for_key = false;
            return;
        }
        let waker =
            queue.push(Recorded::Gap(Gap { cause: GapCause::Lost(reason), run: Some(run), since }), 0);
        drop(queue);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// A stream's video for viewers: begins with the samples since the last key frame, skips to a key frame when the
/// viewer is slow, goes on over reconnects. Audio is not in it.
#[derive(Debug)]
pub struct ViewerLane(pub(crate) Arc<Lane<Arc<Sample>>>);

impl ViewerLane {
    pub(crate) fn new(backlog: impl Iterator<Item = Arc<Sample>>, complete: bool) -> Self {
        let lane = Lane::new(true);
        {
            let mut queue = lane.lock();
            for sample in backlog {
                queue.last_run = Some(sample.run);
                queue.waits_for_key = !complete;
                let bytes = sample.len_bytes();
                queue.push(sample, bytes);
            }
        }
        Self(Arc::new(lane))
    }

    /// The next sample; `None` when the session is closed.
    ///
    /// # Cancel safety
    /// Cancel safe: a sample is taken only when it is returned.
    pub async fn next(&mut self) -> Option<Arc<Sample>> {
        std::future::poll_fn(|cx| self.0.poll(cx)).await
    }

    /// Samples dropped for this viewer so far.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.lock().dropped
    }
}

impl Stream for ViewerLane {
    type Item = Arc<Sample>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll(cx)
    }
}

/// A stream's audio for somebody who listens: begins now, drops what is old when the listener is slow, goes on over
/// reconnects.
#[derive(Debug)]
pub struct AudioLane(pub(crate) Arc<Lane<Arc<Sample>>>);

impl AudioLane {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Lane::new(false)))
    }

    /// The next frame; `None` when the session is closed.
    ///
    /// # Cancel safety
    /// Cancel safe: a sample is taken only when it is returned.
    pub async fn next(&mut self) -> Option<Arc<Sample>> {
        std::future::poll_fn(|cx| self.0.poll(cx)).await
    }

    /// Frames dropped for this listener so far.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.lock().dropped
    }
}

/// A stream's video and audio for a recorder: everything that comes, bounded in bytes; where it overflows or the
/// session is lost, a [`Gap`] says so.
#[derive(Debug)]
pub struct RecorderLane(pub(crate) Arc<Lane<Recorded>>);

impl RecorderLane {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Lane::new(false)))
    }

    /// The next sample or gap; `None` when the session is closed.
    ///
    /// # Cancel safety
    /// Cancel safe: an item is taken only when it is returned.
    pub async fn next(&mut self) -> Option<Recorded> {
        std::future::poll_fn(|cx| self.0.poll(cx)).await
    }

    /// Samples dropped because this lane was full.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.lock().dropped
    }
}

impl Stream for RecorderLane {
    type Item = Recorded;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use easien_model::{AudioParams, CameraId, Codec, Params, StreamId, StreamKind, Ticks90k};
    use futures::FutureExt;

    #[test]
    fn a_listener_that_is_slow_has_the_newest_second() {
        let params = Arc::new(Params::Audio(AudioParams {
            codec: Codec::Pcma,
            rate_hz: 8000,
            channels: 1,
            config: Bytes::new(),
        }));
        let (stream, run) = (StreamId { camera: CameraId::new(), which: StreamKind::Sub }, RunId::new());
        let sample = |seq: u64, bytes: usize| {
            Arc::new(Sample {
                stream,
                kind: MediaKind::Audio,
                run,
                seq,
                pts: Ticks90k(0),
                arrived: UtcMicros(0),
                key: true,
                damaged: false,
                params: params.clone(),
                data: vec![0; bytes].into(),
            })
        };
        let mut lane = AudioLane::new();
        for seq in 0..100 {
            lane.0.offer_audio(&sample(seq, 320));
        }
        assert_eq!(lane.dropped(), 100 - AUDIO_WAITING as u64);
        let first = lane.next().now_or_never().flatten().expect("a frame");
        assert_eq!(first.seq, 100 - AUDIO_WAITING as u64, "the oldest went");
        // However large the frames are.
        for seq in 100..110 {
            lane.0.offer_audio(&sample(seq, AUDIO_WAITING_BYTES / 3));
        }
        let rest: Vec<u64> =
            std::iter::from_fn(|| lane.next().now_or_never().flatten()).map(|sample| sample.seq).collect();
        assert_eq!(rest, [107, 108, 109]);
        lane.0.offer_audio(&sample(110, AUDIO_WAITING_BYTES + 1));
        assert!(lane.next().now_or_never().is_none(), "a frame of that size is none");
    }
}
