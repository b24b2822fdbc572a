//! Samples on their way to the speaker: another rate, and a queue that is never far behind. Pure but for its lock.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// What waits beyond this is late, and dropped
const BEHIND_MOST_MS: u32 = 500;
/// down to this.
const BEHIND_USUAL_MS: u32 = 150;
/// Playing begins, also after a gap, when so much waits: frames do not come as evenly as a speaker wants them.
const BEGIN_MS: u32 = 120;

/// From one rate to another, by straight lines between samples: what cameras send has little above the half of it.
#[derive(Debug)]
pub struct Resampler {
    from_hz: u32,
    to_hz: u32,
    /// Place of the next sample between `last` and the first of what comes, in steps of 1 / `to_hz` of a source sample.
    place: u64,
    last: f32,
}

impl Resampler {
    /// Rates above 0.
    #[must_use]
    pub fn new(from_hz: u32, to_hz: u32) -> Self {
        Self { from_hz: from_hz.max(1), to_hz: to_hz.max(1), place: 0, last: 0.0 }
    }

    /// Whether it is for these rates.
    #[must_use]
    pub fn is_between(&self, from_hz: u32, to_hz: u32) -> bool {
        (self.from_hz, self.to_hz) == (from_hz, to_hz)
    }

    /// The same sound at the other rate; goes on where the last piece ended.
    pub fn convert(&mut self, samples: &[f32]) -> Vec<f32> {
        if self.from_hz == self.to_hz {
            return samples.to_vec();
        }
        let (step, whole) = (u64::from(self.from_hz), u64::from(self.to_hz));
        let mut out = Vec::with_capacity(samples.len() * self.to_hz as usize / self.from_hz as usize + 2);
        let mut place = self.place;
        // Between `last` (index 0) and the samples (from index 1 on).
        let at = |n: u64| match n.checked_sub(1) {
            None => Some(self.last),
            Some(n) => usize::try_from(n).ok().and_then(|n| samples.get(n)).copied(),
        };
        while let (Some(before), Some(after)) = (at(place / whole), at(place / whole + 1)) {
            let part = (place % whole) as f32 / whole as f32;
            out.push(before + (after - before) * part);
            place += step;
        }
        self.place = place.saturating_sub(samples.len() as u64 * whole);
        self.last = samples.last().copied().unwrap_or(self.last);
        out
    }
}

/// Between the thread that decodes and the speaker's own.
#[derive(Clone, Debug)]
pub struct PcmQueue(Arc<Mutex<Queue>>);

#[derive(Debug)]
struct Queue {
    rate_hz: u32,
    samples: VecDeque<f32>,
    playing: bool,
    dropped: u64,
}

impl PcmQueue {
    /// For a speaker of this rate.
    #[must_use]
    pub fn new(rate_hz: u32) -> Self {
        let queue = Queue { rate_hz, samples: VecDeque::new(), playing: false, dropped: 0 };
        Self(Arc::new(Mutex::new(queue)))
    }

    /// Adds samples; what is late is dropped, the oldest first.
    pub fn push(&self, samples: &[f32]) {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |ms: u32, rate: u32| (u64::from(ms) * u64::from(rate) / 1000) as usize;
        queue.samples.extend(samples);
        if queue.samples.len() > of(BEHIND_MOST_MS, queue.rate_hz) {
            let late = queue.samples.len() - of(BEHIND_USUAL_MS, queue.rate_hz);
            queue.samples.drain(..late);
            queue.dropped += late as u64;
        }
        if queue.samples.len() >= of(BEGIN_MS, queue.rate_hz) {
            queue.playing = true;
        }
    }

    /// Fills `frames` frames through `put`: the next samples, and silence where there are none.
    pub fn pull(&self, frames: usize, mut put: impl FnMut(usize, f32)) {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for n in 0..frames {
            let level = if queue.playing { queue.samples.pop_front() } else { None };
            if level.is_none() {
                queue.playing = false;
            }
            put(n, level.unwrap_or(0.0));
        }
    }

    /// Samples that were dropped so far.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).dropped
    }

    /// How far behind it is, in milliseconds.
    #[must_use]
    pub fn behind_ms(&self) -> u32 {
        let queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        u32::try_from(queue.samples.len() as u64 * 1000 / u64::from(queue.rate_hz.max(1))).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn late_sound_is_dropped() {
        let queue = PcmQueue::new(1000);
        queue.push(&vec![0.1; 450]);
        assert_eq!((queue.behind_ms(), queue.dropped()), (450, 0));
        queue.push(&vec![0.2; 100]);
        assert_eq!((queue.behind_ms(), queue.dropped()), (150, 400));
        let mut first = None;
        queue.pull(1, |_, level| first = Some(level));
        assert_eq!(first, Some(0.1), "the newest 150 ms stay, in their order");
        queue.push(&vec![0.3; 1_000_000]);
        assert_eq!(queue.behind_ms(), 150);
    }

    #[test]
    fn it_begins_and_begins_again_with_a_little_in_hand() {
        let queue = PcmQueue::new(1000);
        let mut heard = Vec::new();
        queue.push(&[0.5; 60]);
        queue.pull(30, |_, level| heard.push(level));
        assert_eq!(heard, [0.0; 30], "not yet");
        queue.push(&[0.5; 60]);
        heard.clear();
        queue.pull(121, |_, level| heard.push(level));
        assert_eq!((heard[0], heard[119], heard[120]), (0.5, 0.5, 0.0));
        queue.push(&[0.5; 60]);
        heard.clear();
        queue.pull(10, |_, level| heard.push(level));
        assert_eq!(heard, [0.0; 10], "it ran dry, so it waits again");
    }

    proptest! {
        #[test]
        fn the_other_rate_has_the_other_number_of_samples(
            from in 4_000..96_000u32, to in 8_000..192_000u32, pieces in prop::collection::vec(1..3000usize, 1..8),
        ) {
            let mut resampler = Resampler::new(from, to);
            let (mut given, mut got) = (0_u64, 0_u64);
            for piece in pieces {
                given += piece as u64;
                let out = resampler.convert(&vec![0.25; piece]);
                prop_assert!(out.iter().all(|level| (0.0..=0.25).contains(level)));
                got += out.len() as u64;
            }
            let wanted = given * u64::from(to) / u64::from(from);
            prop_assert!(got.abs_diff(wanted) <= 1 + u64::from(to / from), "{} samples, wanted {}", got, wanted);
        }
    }
}
