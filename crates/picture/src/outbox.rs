//! What waits on its way into a worker's stdin. Bounded by bytes: a worker that is too slow costs its streams whole
//! groups of pictures, never the station's memory, and never holds ingest up. Plays have a backlog each beside it, of
//! which nothing is dropped; they get a turn with every batch.

use crate::backlog::{self, Backlog};
use crate::wire::{self, Due, MAX_TO_WORKER_BYTES, SampleHead, ToWorker};
use bytes::Bytes;
use easien_model::{Sample, UtcMicros, VideoParams};
use easien_mosaic::Tier;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Most bytes of samples waiting for one worker.
const MAX_WAITING_BYTES: usize = 16 << 20;
/// Bytes written at once, about.
const BATCH_BYTES: usize = 256 << 10;
/// Most bytes of recorded samples waiting for one worker, over all plays.
const MOST_PLAYS_BYTES: usize = 256 << 20;

enum Item {
    Message(ToWorker),
    Sample { head: SampleHead, data: Bytes },
}

#[derive(Default)]
struct Inner {
    /// Nobody takes anything out while closed, so nothing is put in.
    open: bool,
    queue: VecDeque<Item>,
    waiting_bytes: usize,
    /// Streams that lost samples: nothing until a key frame.
    skipping: HashSet<u32>,
    /// By stream: which of its feeds may put samples in, and which of them.
    gates: HashMap<u32, (u64, Tier)>,
    next_gate: u64,
    dropped: u64,
    /// By number, in turn.
    plays: VecDeque<(u32, Backlog)>,
}

/// The queue towards one worker.
#[derive(Default)]
pub(crate) struct Outbox {
    inner: Mutex<Inner>,
    filled: Notify,
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Empties it and takes from now on (`true`), or refuses everything (`false`: the worker is down, and whatever
    /// it must know will be told again when it is up).
    pub(crate) fn reset(&self, open: bool) {
        let mut inner = self.lock();
        inner.queue.clear();
        inner.waiting_bytes = 0;
        inner.skipping.clear();
        inner.gates.clear();
        inner.plays.clear();
        inner.open = open;
    }

    /// Samples dropped since the start.
    pub(crate) fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    pub(crate) fn push(&self, message: ToWorker) {
        let mut inner = self.lock();
        if !inner.open {
            return;
        }
        match message {
            // A question whether the worker is there overtakes what it is to do.
            ToWorker::Ping { .. } => inner.queue.push_front(Item::Message(message)),
            ToWorker::Close { key } => {
                inner.drop_samples(key);
                inner.skipping.remove(&key);
                inner.plays.retain(|(play, _)| *play != key);
                inner.queue.push_back(Item::Message(message));
            }
            _ => inner.queue.push_back(Item::Message(message)),
        }
        drop(inner);
        self.filled.notify_one();
    }

    /// A feed of stream `key` begins, from a key frame on: its number. What an earlier one put in and still waits is
    /// dropped, and nothing more of it is taken.
    pub(crate) fn open_gate(&self, key: u32, tier: Tier) -> u64 {
        let mut inner = self.lock();
        inner.next_gate += 1;
        let gate = inner.next_gate;
        inner.gates.insert(key, (gate, tier));
        inner.drop_samples(key);
        inner.skipping.remove(&key);
        gate
    }

    /// So much of stream `key` is decoded from now on; what is not does not travel.
    pub(crate) fn set_gate(&self, key: u32, tier: Tier) {
        if let Some((_, of)) = self.lock().gates.get_mut(&key) {
            *of = tier;
        }
    }

    /// Stream `key` is closed.
    pub(crate) fn close_gate(&self, key: u32) {
        self.lock().gates.remove(&key);
    }

    /// A new run of stream `key` begins, if its feed `gate` is still the one.
    pub(crate) fn push_params(&self, key: u32, gate: u64, params: &VideoParams) {
        let mut inner = self.lock();
        if inner.open && inner.gates.get(&key).is_some_and(|(now, _)| *now == gate) {
            inner.queue.push_back(Item::Message(ToWorker::Params { key, params: params.clone() }));
            drop(inner);
            self.filled.notify_one();
        }
    }

    /// Queues a sample of stream `key` that its feed `gate` brought, or drops it.
    pub(crate) fn push_sample(&self, key: u32, gate: u64, sample: &Sample) {
        let mut inner = self.lock();
        if !inner.open {
            return;
        }
        match inner.gates.get(&key) {
            Some((now, tier)) if *now == gate => {
                if *tier == Tier::Held || (*tier == Tier::KeyFrames && !sample.key) {
                    return;
                }
            }
            _ => return,
        }
        let len = sample.data.len();
        if inner.skipping.contains(&key) && !sample.key {
            inner.dropped += 1;
            return;
        }
        if inner.waiting_bytes + len > MAX_WAITING_BYTES {
            let dropped = inner.drop_samples(key);
            inner.dropped += dropped;
            inner.skipping.insert(key);
        }
        if len > MAX_TO_WORKER_BYTES - 1024
            || inner.waiting_bytes + len > MAX_WAITING_BYTES
            || (inner.skipping.contains(&key) && !sample.key)
        {
            inner.skipping.insert(key);
            inner.dropped += 1;
            return;
        }
        inner.skipping.remove(&key);
        inner.waiting_bytes += len;
        let was_empty = inner.queue.is_empty();
        inner.queue.push_back(Item::Sample { head: SampleHead::of(key, sample), data: sample.data.clone() });
        drop(inner);
        if was_empty {
            self.filled.notify_one();
        }
    }

    /// A play begins; its `OpenPlay` was pushed.
    pub(crate) fn open_play(&self, key: u32, epoch: u32) {
        let mut inner = self.lock();
        if inner.open {
            inner.plays.retain(|(play, _)| *play != key);
            inner.plays.push_back((key, Backlog::new(epoch)));
        }
    }

    /// Queues something of a play. While the worker is down nothing is taken: all plays begin anew with it.
    fn with_play<R>(&self, key: u32, change: impl FnOnce(&mut Backlog) -> R) -> Option<R> {
        let mut inner = self.lock();
        let (_, backlog) = inner.plays.iter_mut().find(|(play, _)| *play == key)?;
        let done = change(backlog);
        drop(inner);
        self.filled.notify_one();
        Some(done)
    }

    /// Queues a message in a play's order.
    pub(crate) fn push_play(&self, key: u32, message: ToWorker) {
        self.with_play(key, |backlog| backlog.push(message));
    }

    /// Queues a recorded sample. False: there is no room, it was not taken.
    pub(crate) fn push_play_sample(&self, key: u32, sample: &Sample, due: Due) -> bool {
        let waiting: usize = self.lock().plays.iter().map(|(_, backlog)| backlog.waiting_bytes()).sum();
        if waiting + sample.data.len() > MOST_PLAYS_BYTES {
            return false;
        }
        let head = SampleHead::of(key, sample);
        self.with_play(key, |backlog| backlog.push_sample(head, due, sample.data.clone())).unwrap_or(true)
    }

    /// Queues the wish for a picture that is kept.
    pub(crate) fn push_play_paint(&self, key: u32, at: UtcMicros) {
        self.with_play(key, |backlog| backlog.push_paint(key, at));
    }

    /// Drops everything of a play that waits here, and tells the worker to.
    pub(crate) fn reset_play(&self, key: u32, epoch: u32) {
        self.with_play(key, |backlog| backlog.reset(key, epoch));
    }

    /// The worker is done with so many bytes of a play.
    pub(crate) fn credit_play(&self, key: u32, epoch: u32, bytes: u64) {
        self.with_play(key, |backlog| backlog.credit(epoch, bytes));
    }

    /// Waits for something and appends a batch of it to `out`. Cancel safe: what is taken is in `out`.
    pub(crate) async fn take(&self, out: &mut Vec<u8>) {
        loop {
            {
                let mut inner = self.lock();
                while out.len() < BATCH_BYTES {
                    let Some(item) = inner.queue.pop_front() else { break };
                    let put = match item {
                        Item::Message(message) => wire::put(out, &message, &[]),
                        Item::Sample { head, data } => {
                            inner.waiting_bytes = inner.waiting_bytes.saturating_sub(data.len());
                            wire::put(out, &ToWorker::Sample(head), &data)
                        }
                    };
                    if let Err(error) = put {
                        tracing::error!(%error, "a message to a worker");
                    }
                }
                inner.take_plays(out);
            }
            if !out.is_empty() {
                return;
            }
            self.filled.notified().await;
        }
    }
}

impl Inner {
    /// One item of each play in turn, until there is another batch or none may go.
    fn take_plays(&mut self, out: &mut Vec<u8>) {
        let most = out.len() + BATCH_BYTES;
        let mut fruitless = 0;
        while out.len() < most && fruitless < self.plays.len() {
            let Some((key, mut backlog)) = self.plays.pop_front() else { break };
            let put = match backlog.pop() {
                Some(backlog::Item::Message(message)) => wire::put(out, &message, &[]),
                Some(backlog::Item::Sample { head, due, data }) => {
                    wire::put(out, &ToWorker::PlaySample { head, due }, &data)
                }
                None => {
                    fruitless += 1;
                    self.plays.push_back((key, backlog));
                    continue;
                }
            };
            fruitless = 0;
            self.plays.push_back((key, backlog));
            if let Err(error) = put {
                tracing::error!(%error, "a message to a worker");
            }
        }
    }

    /// Takes a stream's waiting samples out; how many.
    fn drop_samples(&mut self, key: u32) -> u64 {
        let before = self.queue.len();
        let mut freed = 0;
        self.queue.retain(|item| match item {
            Item::Sample { head, data } if head.key == key => {
                freed += data.len();
                false
            }
            _ => true,
        });
        self.waiting_bytes = self.waiting_bytes.saturating_sub(freed);
        (before - self.queue.len()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use easien_model::{
        CameraId, Codec, MediaKind, Params, RunId, StreamId, StreamKind, Ticks90k, UtcMicros, VideoParams,
    };
    use std::sync::Arc;

    fn sample(seq: u64, key: bool, bytes: usize) -> Sample {
        let params = VideoParams {
            codec: Codec::H264,
            parameter_sets: vec![],
            width_px: 0,
            height_px: 0,
            declared_fps: None,
        };
        Sample {
            stream: StreamId { camera: CameraId::new(), which: StreamKind::Sub },
            kind: MediaKind::Video,
            run: RunId::new(),
            seq,
            pts: Ticks90k(0),
            arrived: UtcMicros(0),
            key,
            damaged: false,
            params: Arc::new(Params::Video(params)),
            data: Bytes::from(vec![0; bytes]),
        }
    }

    async fn taken(outbox: &Outbox) -> Vec<ToWorker> {
        let mut said = Vec::new();
        while !outbox.lock().queue.is_empty() {
            let mut out = Vec::new();
            outbox.take(&mut out).await;
            let mut rest = out.as_slice();
            while let Some((body, used)) = wire::split(rest, MAX_TO_WORKER_BYTES).unwrap() {
                said.push(wire::read::<ToWorker>(body).unwrap().0);
                rest = &rest[used..];
            }
        }
        said
    }

    #[tokio::test]
    async fn a_slow_worker_costs_whole_groups_of_pictures() {
        let outbox = Outbox::default();
        outbox.reset(true);
        let mib = 1 << 20;
        let (one, two) = (outbox.open_gate(1, Tier::Sub), outbox.open_gate(2, Tier::Sub));
        outbox.push_sample(1, one, &sample(0, true, mib));
        for seq in 0..14 {
            outbox.push_sample(2, two, &sample(seq, seq == 0, mib));
        }
        // Stream 1 has room for one more, then all of it goes, until its next key frame.
        outbox.push_sample(1, one, &sample(1, false, mib));
        outbox.push_sample(1, one, &sample(2, false, mib));
        outbox.push_sample(1, one, &sample(3, false, 1));
        outbox.push_sample(1, one, &sample(4, true, mib));
        outbox.push(ToWorker::Ping { number: 1 });
        outbox.push(ToWorker::Close { key: 2 });
        let seqs = |said: &[ToWorker], of: u32| -> Vec<u64> {
            said.iter()
                .filter_map(|m| match m {
                    ToWorker::Sample(head) if head.key == of => Some(head.seq),
                    _ => None,
                })
                .collect()
        };
        let said = taken(&outbox).await;
        assert_eq!(said.first(), Some(&ToWorker::Ping { number: 1 }));
        assert_eq!(said.last(), Some(&ToWorker::Close { key: 2 }));
        assert_eq!(seqs(&said, 1), [4]);
        assert!(seqs(&said, 2).is_empty());
        assert_eq!((outbox.dropped(), outbox.lock().waiting_bytes), (4, 0));
    }

    #[tokio::test]
    async fn closed_it_takes_nothing() {
        let outbox = Outbox::default();
        outbox.push(ToWorker::Ping { number: 1 });
        let gate = outbox.open_gate(1, Tier::Sub);
        outbox.push_sample(1, gate, &sample(0, true, 10));
        assert!(taken(&outbox).await.is_empty());
    }

    fn seqs(said: &[ToWorker]) -> Vec<u64> {
        said.iter()
            .filter_map(|m| if let ToWorker::Sample(head) = m { Some(head.seq) } else { None })
            .collect()
    }

    #[tokio::test]
    async fn what_is_not_decoded_does_not_travel() {
        let outbox = Outbox::default();
        outbox.reset(true);
        let gate = outbox.open_gate(1, Tier::KeyFrames);
        let push = |from: u64| {
            (from..from + 4).for_each(|seq| outbox.push_sample(1, gate, &sample(seq, seq % 4 == 0, 10)));
        };
        push(0);
        outbox.set_gate(1, Tier::Held);
        push(4);
        outbox.set_gate(1, Tier::Sub);
        push(8);
        assert_eq!(seqs(&taken(&outbox).await), [0, 8, 9, 10, 11]);
    }

    #[tokio::test]
    async fn a_feed_that_was_replaced_puts_nothing_in_any_more() {
        let outbox = Outbox::default();
        outbox.reset(true);
        let old = outbox.open_gate(1, Tier::Sub);
        outbox.push_sample(1, old, &sample(0, true, 10));
        outbox.push_sample(1, old, &sample(1, false, 10));
        let new = outbox.open_gate(1, Tier::Sub);
        outbox.push_sample(1, old, &sample(2, false, 10));
        outbox.push_sample(1, new, &sample(0, true, 10));
        outbox.push_sample(1, old, &sample(3, false, 10));
        assert_eq!(seqs(&taken(&outbox).await), [0]);
        outbox.close_gate(1);
        outbox.push_sample(1, new, &sample(1, false, 10));
        assert!(taken(&outbox).await.is_empty());
        assert_eq!(outbox.lock().waiting_bytes, 0);
    }
}
