//! One clock for all tiles of a window: from the machine's monotonic time to the recorded moment. Pure.

use easien_model::UtcMicros;
use std::time::{Duration, Instant};

/// Slowest and fastest, times real time.
pub(crate) const SLOWEST: f32 = 0.125;
/// See [`SLOWEST`].
pub(crate) const FASTEST: f32 = 64.0;

/// The clock of a window. While it is held it stands still, whatever it is told to do.
#[derive(Clone, Debug)]
pub(crate) struct Playhead {
    at: UtcMicros,
    since: Instant,
    playing: bool,
    speed: f32,
    held: bool,
}

impl Playhead {
    /// Stands at `at`.
    pub(crate) fn new(at: UtcMicros, now: Instant) -> Self {
        Self { at, since: now, playing: false, speed: 1.0, held: false }
    }

    fn moves(&self) -> bool {
        self.playing && !self.held
    }

    /// The moment.
    pub(crate) fn at(&self, now: Instant) -> UtcMicros {
        if !self.moves() {
            return self.at;
        }
        let passed_us = now.saturating_duration_since(self.since).as_secs_f64() * 1e6 * f64::from(self.speed);
        // At 64x a million years fit.
        #[allow(clippy::cast_possible_truncation)]
        UtcMicros(self.at.0.saturating_add(passed_us as i64))
    }

    fn rebase(&mut self, now: Instant) {
        (self.at, self.since) = (self.at(now), now);
    }

    /// Puts it there.
    pub(crate) fn put(&mut self, at: UtcMicros, now: Instant) {
        (self.at, self.since) = (at, now);
    }

    /// Whether it is to move.
    pub(crate) fn playing(&self) -> bool {
        self.playing
    }

    /// Plays or pauses.
    pub(crate) fn set_playing(&mut self, playing: bool, now: Instant) {
        self.rebase(now);
        self.playing = playing;
    }

    /// Times real time; negative: back.
    pub(crate) fn speed(&self) -> f32 {
        self.speed
    }

    /// Sets the speed.
    pub(crate) fn set_speed(&mut self, speed: f32, now: Instant) {
        self.rebase(now);
        self.speed = speed;
    }

    /// Holds it, or lets it go.
    pub(crate) fn hold(&mut self, held: bool, now: Instant) {
        if self.held != held {
            self.rebase(now);
            self.held = held;
        }
    }

    /// How long until it passes `at`; `None`: it does not move that way.
    pub(crate) fn until(&self, at: UtcMicros, now: Instant) -> Option<Duration> {
        if !self.moves() {
            return None;
        }
        #[allow(clippy::cast_precision_loss)]
        let seconds = (at - self.at(now)) as f64 / 1e6 / f64::from(self.speed);
        // A little more, so that it has passed it for certain.
        (seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(3600.0)) + Duration::from_micros(50))
    }
}

/// Whether it is a speed to play with.
pub(crate) fn fits(speed: f32) -> bool {
    speed.is_finite() && (SLOWEST..=FASTEST).contains(&speed.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const S: i64 = 1_000_000;

    #[test]
    fn it_moves_with_its_speed_and_stands_while_held() {
        let begun = Instant::now();
        let after = |ms: u64| begun + Duration::from_millis(ms);
        let mut head = Playhead::new(UtcMicros(100 * S), begun);
        assert_eq!(head.at(after(500)), UtcMicros(100 * S));
        head.set_playing(true, after(1000));
        assert_eq!(head.at(after(2000)), UtcMicros(101 * S));
        head.hold(true, after(2000));
        assert_eq!(head.at(after(5000)), UtcMicros(101 * S));
        head.hold(false, after(5000));
        head.set_speed(-8.0, after(6000));
        assert_eq!(head.at(after(7000)), UtcMicros(94 * S));
        assert_eq!(head.until(UtcMicros(86 * S), after(7000)).unwrap().as_millis(), 1000);
        assert_eq!(head.until(UtcMicros(95 * S), after(7000)), None);
        head.put(UtcMicros(7 * S), after(8000));
        assert_eq!(head.at(after(8125)), UtcMicros(6 * S));
        head.set_playing(false, after(8125));
        assert_eq!(head.at(after(9999)), UtcMicros(6 * S));
    }

    #[test]
    fn speeds_are_bounded() {
        for speed in [0.125, 1.0, 64.0, -64.0, -0.125] {
            assert!(fits(speed));
        }
        for speed in [0.0, 0.1, 65.0, -65.0, f32::NAN, f32::INFINITY] {
            assert!(!fits(speed));
        }
    }

    proptest! {
        #[test]
        fn whatever_happens_it_never_leaps(
            steps in proptest::collection::vec((0_u8..4, 0_u64..500, -64.0_f32..64.0), 1..40)
        ) {
            let mut now = Instant::now();
            let mut head = Playhead::new(UtcMicros(S), now);
            head.set_playing(true, now);
            for (what, ms, speed) in steps {
                let before = head.at(now);
                match what {
                    0 => head.set_speed(speed, now),
                    1 => head.set_playing(speed > 0.0, now),
                    2 => head.hold(speed > 0.0, now),
                    _ => {}
                }
                prop_assert!((head.at(now) - before).abs() <= 1);
                let most = (ms * 64_000) as i64;
                now += Duration::from_millis(ms);
                prop_assert!((head.at(now) - before).abs() <= most + 2);
            }
        }
    }
}
