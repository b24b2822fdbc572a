//! RTP time: 32 bits that wrap become ticks of 1/90000 s that do not, and leaps are told from waiting.

use easien_model::{Ticks90k, UtcMicros};

/// A timestamp that moves further than this against the arrival is another clock.
const LEAP_S: f64 = 3.0;

/// One run's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RtpClock {
    rate_hz: u32,
    /// The unwrapped time of the last packet, in the stream's own ticks, and its arrival.
    last: Option<(i64, UtcMicros)>,
}

/// Where a timestamp lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) pts: Ticks90k,
    /// It does not continue the clock: a new run begins here.
    pub(crate) leap: bool,
}

impl RtpClock {
    /// `rate_hz` ticks a second; 0 is taken for 90000.
    pub(crate) fn new(rate_hz: u32) -> Self {
        Self { rate_hz: if rate_hz == 0 { 90_000 } else { rate_hz }, last: None }
    }

    /// Places the low 32 bits of a timestamp that arrived at `arrived`.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_wrap, clippy::cast_possible_truncation)]
    pub(crate) fn place(&mut self, timestamp: u32, arrived: UtcMicros) -> Placed {
        let Some((last, last_arrived)) = self.last else {
            self.last = Some((i64::from(timestamp), arrived));
            return Placed { pts: self.ticks_90k(i64::from(timestamp)), leap: false };
        };
        let delta = i64::from(timestamp.wrapping_sub(last as u32) as i32);
        let moved_s = delta as f64 / f64::from(self.rate_hz);
        let waited_s = (arrived - last_arrived).max(0) as f64 / 1e6;
        let leap = moved_s < -LEAP_S || moved_s > LEAP_S + waited_s;
        let now = if leap { i64::from(timestamp) } else { last + delta };
        self.last = Some((now, arrived));
        Placed { pts: self.ticks_90k(now), leap }
    }

    /// Exact as long as the rate divides; audio rates that do not (44100 Hz) are rounded down to the tick.
    fn ticks_90k(&self, ticks: i64) -> Ticks90k {
        if self.rate_hz == 90_000 {
            return Ticks90k(ticks);
        }
        let scaled = i128::from(ticks) * 90_000 / i128::from(self.rate_hz);
        Ticks90k(i64::try_from(scaled).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wraps_without_a_leap() {
        let mut clock = RtpClock::new(90_000);
        let before = clock.place(u32::MAX - 99, UtcMicros(0));
        let after = clock.place(5900, UtcMicros(66_000));
        assert!(!after.leap);
        assert_eq!(after.pts.0 - before.pts.0, 6000);
    }

    #[test]
    fn reordered_pictures_are_no_leap_a_jump_is_and_waiting_is_not() {
        let mut clock = RtpClock::new(90_000);
        clock.place(90_000, UtcMicros(0));
        assert!(!clock.place(60_000, UtcMicros(1000)).leap);
        assert!(clock.place(90_000 * 60, UtcMicros(2000)).leap);
        assert!(clock.place(90_000, UtcMicros(3000)).leap);
        assert!(!clock.place(90_000 * 31, UtcMicros(30_000_000)).leap);
    }

    proptest! {
        #[test]
        fn steady_streams_stay_one_run(start: u32, step in 1u32..90_000, count in 1usize..200) {
            let mut clock = RtpClock::new(90_000);
            let mut last = clock.place(start, UtcMicros(0)).pts;
            for i in 1..count {
                let timestamp = start.wrapping_add(step.wrapping_mul(u32::try_from(i).unwrap()));
                let placed = clock.place(timestamp, UtcMicros(0));
                prop_assert!(!placed.leap);
                prop_assert_eq!(placed.pts.0 - last.0, i64::from(step));
                last = placed.pts;
            }
        }
    }
}
