//! What waits of one play on its way into a worker. Unlike live samples nothing is ever dropped here in silence: what
//! does not fit is refused, and said. The worker has at most [`MOST_AHEAD_BYTES`] of it at a time and gives them back
//! as it decodes, so that the rest waits on this side: a reset drops it at once, and live samples are not held up.

use crate::wire::{Due, MAX_TO_WORKER_BYTES, SampleHead, ToWorker};
use bytes::Bytes;
use easien_model::UtcMicros;
use std::collections::VecDeque;

/// Most bytes of samples of a play in the worker's hands, or one sample.
const MOST_AHEAD_BYTES: u64 = 512 << 10;
/// Most bytes of samples waiting of one play: the largest group of pictures that there is, and a half. The bytes are
/// shared with whoever read them from the disk.
pub(crate) const MOST_WAITING_BYTES: usize = 96 << 20;

pub(crate) enum Item {
    Message(ToWorker),
    Sample { head: SampleHead, due: Due, data: Bytes },
}

/// The queue of one play.
#[derive(Default)]
pub(crate) struct Backlog {
    queue: VecDeque<Item>,
    waiting_bytes: usize,
    ahead_bytes: u64,
    epoch: u32,
}

impl Backlog {
    pub(crate) fn new(epoch: u32) -> Self {
        Self { epoch, ..Self::default() }
    }

    pub(crate) fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    pub(crate) fn push(&mut self, message: ToWorker) {
        self.queue.push_back(Item::Message(message));
    }

    /// False: it does not fit and was not taken. Whether a sample can be a picture at all is asked before, by
    /// [`fits_a_frame`].
    pub(crate) fn push_sample(&mut self, head: SampleHead, due: Due, data: Bytes) -> bool {
        if self.waiting_bytes + data.len() > MOST_WAITING_BYTES {
            return false;
        }
        self.waiting_bytes += data.len();
        self.queue.push_back(Item::Sample { head, due, data });
        true
    }

    /// A picture asked for does not wait for samples that are only to be kept: it goes behind its own sample, and
    /// behind whatever is to be painted before it, else to the front.
    pub(crate) fn push_paint(&mut self, key: u32, at: UtcMicros) {
        let before = self.queue.iter().rposition(|item| match item {
            Item::Message(ToWorker::Paint { .. } | ToWorker::ResetPlay { .. }) => true,
            Item::Message(_) => false,
            Item::Sample { head, due, .. } => *due == Due::Show || head.arrived == at,
        });
        self.queue.insert(before.map_or(0, |index| index + 1), Item::Message(ToWorker::Paint { key, at }));
    }

    /// Drops everything that waits; the reset itself is next.
    pub(crate) fn reset(&mut self, key: u32, epoch: u32) {
        *self = Self::new(epoch);
        self.push(ToWorker::ResetPlay { key, epoch });
    }

    /// The worker is done with so many bytes.
    pub(crate) fn credit(&mut self, epoch: u32, bytes: u64) {
        if epoch == self.epoch {
            self.ahead_bytes = self.ahead_bytes.saturating_sub(bytes);
        }
    }

    /// The next that may go.
    pub(crate) fn pop(&mut self) -> Option<Item> {
        if let Item::Sample { data, .. } = self.queue.front()? {
            let len = data.len() as u64;
            if self.ahead_bytes > 0 && self.ahead_bytes + len > MOST_AHEAD_BYTES {
                return None;
            }
            self.ahead_bytes += len;
            self.waiting_bytes = self.waiting_bytes.saturating_sub(data.len());
        }
        self.queue.pop_front()
    }
}

/// Whether the wire takes a sample of so many bytes.
pub(crate) fn fits_a_frame(bytes: usize) -> bool {
    bytes <= MAX_TO_WORKER_BYTES - 1024
}

#[cfg(test)]
mod tests {
    use super::*;
    use easien_model::Ticks90k;

    fn head(at: i64) -> SampleHead {
        SampleHead {
            key: 1,
            seq: 0,
            pts: Ticks90k(at),
            arrived: UtcMicros(at),
            is_key: at == 0,
            damaged: false,
        }
    }

    fn sample(backlog: &mut Backlog, at: i64, due: Due, bytes: usize) -> bool {
        backlog.push_sample(head(at), due, Bytes::from(vec![0; bytes]))
    }

    fn drain(backlog: &mut Backlog) -> Vec<String> {
        std::iter::from_fn(|| backlog.pop())
            .map(|item| match item {
                Item::Message(ToWorker::Paint { at, .. }) => format!("paint {}", at.0),
                Item::Message(message) => format!("{message:?}"),
                Item::Sample { head, due, .. } => format!("{due:?} {}", head.arrived.0),
            })
            .collect()
    }

    #[test]
    fn the_worker_has_little_at_a_time_and_nothing_is_lost() {
        let mut backlog = Backlog::new(0);
        for at in 0..100 {
            assert!(sample(&mut backlog, at, Due::Keep, 100 << 10));
        }
        let mut came = 0;
        loop {
            let some = drain(&mut backlog).len();
            assert!(some <= 5);
            if some == 0 {
                break;
            }
            came += some;
            backlog.credit(7, 1 << 20); // of an earlier life
            assert!(drain(&mut backlog).is_empty());
            backlog.credit(0, some as u64 * (100 << 10));
        }
        assert_eq!((came, backlog.waiting_bytes()), (100, 0));
        // One that is larger than all that may be ahead goes alone.
        assert!(sample(&mut backlog, 0, Due::Show, 4 << 20) && sample(&mut backlog, 1, Due::Show, 1));
        assert_eq!(drain(&mut backlog), ["Show 0"]);
    }

    #[test]
    fn what_does_not_fit_is_refused_and_a_reset_makes_room() {
        let mut backlog = Backlog::new(0);
        let some = Bytes::from(vec![0; 8 << 20]);
        let taken = (0..20).filter(|at| backlog.push_sample(head(*at), Due::Keep, some.clone())).count();
        assert_eq!(taken, 12);
        backlog.reset(1, 1);
        assert_eq!(backlog.waiting_bytes(), 0);
        assert!(backlog.push_sample(head(0), Due::Show, some));
        assert_eq!(drain(&mut backlog), ["ResetPlay { key: 1, epoch: 1 }", "Show 0"]);
    }

    #[test]
    fn a_picture_asked_for_overtakes_what_is_only_kept_but_not_itself() {
        let mut backlog = Backlog::new(0);
        for at in 0..4 {
            sample(&mut backlog, at, if at == 1 { Due::Show } else { Due::Keep }, 10);
        }
        backlog.push_paint(1, UtcMicros(-5));
        backlog.push_paint(1, UtcMicros(2));
        backlog.push_paint(1, UtcMicros(-9));
        let order = ["Keep 0", "Show 1", "paint -5", "Keep 2", "paint 2", "paint -9", "Keep 3"];
        assert_eq!(drain(&mut backlog), order);
        // But never a reset: its answer would be of before it.
        backlog.reset(1, 1);
        sample(&mut backlog, 9, Due::Keep, 10);
        backlog.push_paint(1, UtcMicros(3));
        assert_eq!(drain(&mut backlog), ["ResetPlay { key: 1, epoch: 1 }", "paint 3", "Keep 9"]);
    }
}
