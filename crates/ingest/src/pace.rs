//! When the next try is due: exponential back-off with jitter per stream, and one rate for all streams together, so
//! that a switch that comes back does not see 240 handshakes at once.

use crate::source::Limits;
use easien_model::LossReason;
use rand::Rng;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The pauses of one stream.
#[derive(Debug, Default)]
pub(crate) struct BackOff {
    failures: u32,
    denied: u32,
}

impl BackOff {
    /// A session lasted: the next pause is the first again.
    pub(crate) fn settle(&mut self) {
        *self = Self::default();
    }

    /// The pause after one more failure, with ±25 % jitter.
    pub(crate) fn next(&mut self, reason: LossReason, limits: &Limits) -> Duration {
        let (count, first, most) = match reason {
            LossReason::Unauthorized | LossReason::Forbidden => {
                (&mut self.denied, limits.back_off_denied_first, limits.back_off_denied_most)
            }
            _ => (&mut self.failures, limits.back_off_first, limits.back_off_most),
        };
        let pause = first.saturating_mul(1 << (*count).min(16)).min(most);
        *count = count.saturating_add(1);
        pause.mul_f64(rand::rng().random_range(0.75..1.25))
    }
}

/// Gives turns at a fixed rate.
#[derive(Debug)]
pub(crate) struct Turns {
    apart: Duration,
    next: Mutex<Option<Instant>>,
}

impl Turns {
    pub(crate) fn new(per_s: f64) -> Self {
        let apart =
            if per_s > 0.0 { Duration::from_secs_f64((1.0 / per_s).min(10.0)) } else { Duration::ZERO };
        Self { apart, next: Mutex::new(None) }
    }

    /// Waits for a turn.
    pub(crate) async fn turn(&self) {
        let due = {
            let now = Instant::now();
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let due = next.map_or(now, |next| next.max(now));
            *next = Some(due + self.apart);
            due
        };
        tokio::time::sleep_until(due).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_their_bound_and_begin_anew() {
        let (mut back_off, limits) = (BackOff::default(), Limits::default());
        let mut last = Duration::ZERO;
        for step in 0..8u32 {
            last = back_off.next(LossReason::Refused, &limits);
            let middle = Duration::from_secs(1 << step).min(Duration::from_secs(30));
            assert!(last >= middle.mul_f64(0.74) && last <= middle.mul_f64(1.26), "{step}: {last:?}");
        }
        assert!(last > Duration::from_secs(20));
        assert!(back_off.next(LossReason::Unauthorized, &limits) > Duration::from_secs(20));
        back_off.settle();
        assert!(back_off.next(LossReason::Closed, &limits) < Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn turns_are_apart() {
        let turns = Turns::new(10.0);
        let began = Instant::now();
        for _ in 0..11 {
            turns.turn().await;
        }
        let took = began.elapsed();
        assert!(took >= Duration::from_millis(990) && took < Duration::from_millis(1100), "{took:?}");
    }
}
