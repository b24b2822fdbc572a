//! From a run's own ticks to UTC: by arrival, the earliest arrivals win. Pure; no clock is read here.
//!
//! A picture cannot arrive before it was taken, and whatever delays it (a busy network, a burst after a stall) only
//! makes it later: so the least of (arrival - ticks) over the last minutes is the best that arrivals can say. What the
//! labels of a recording are moves towards it by at most [`SLEW_PPM`].

use easien_model::UtcMicros;
use std::collections::VecDeque;

/// Labels run at most so much faster or slower than the camera's ticks, in parts per million.
pub const SLEW_PPM: i64 = 500;

/// A deviation beyond this, sustained, is a step.
pub const STEP_US: i64 = 500_000;

/// Arrivals are remembered in blocks of this length...
const BLOCK_US: i64 = 5_000_000;

/// ...and so many of them.
const BLOCKS: usize = 24;

/// Pictures that arrive before their label show a step when they do so for this long,
const EARLY_US: i64 = 1_000_000;

/// those that come after it, when the ticks were seen to jump back, for this long,
const BACK_US: i64 = 2_000_000;

/// and when nothing was seen (a network that is slow from now on, a slow leap), for this long.
const LATE_US: i64 = 30_000_000;

/// 1/90000 s to microseconds.
#[must_use]
pub fn ticks_us(ticks_90k: i64) -> i64 {
    // 100/9, in 128 bits: a hostile camera's ticks may be anything.
    i64::try_from(i128::from(ticks_90k) * 100 / 9).unwrap_or(if ticks_90k < 0 { i64::MIN } else { i64::MAX })
}

/// Whether a run goes on as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// It does.
    Steady,
    /// The camera's time leapt against the arrivals, by so many microseconds (positive: ahead).
    Leapt(i64),
}

/// One run's clock.
#[derive(Clone, Debug)]
pub struct RunClock {
    origin_90k: i64,
    /// (block of arrival, least offset in it), oldest first.
    least: VecDeque<(i64, i64)>,
    /// Since when pictures are before (negative) or after (positive) their labels, and how many were.
    off: Option<(i64, i8, u32)>,
    jumped_back: bool,
    last_90k: i64,
}

impl RunClock {
    /// A run whose first picture has this time.
    #[must_use]
    pub fn new(first_90k: i64) -> Self {
        Self {
            origin_90k: first_90k,
            least: VecDeque::new(),
            off: None,
            jumped_back: false,
            last_90k: first_90k,
        }
    }

    fn offset_us(&self, ticks_90k: i64, utc: UtcMicros) -> i64 {
        utc.0.saturating_sub(ticks_us(ticks_90k.saturating_sub(self.origin_90k)))
    }

    /// A picture arrived. `label_offset_us` is how the labels stand now ([`RunClock::label_offset_us`]), once there are any.
    pub fn observe(&mut self, pts_90k: i64, arrived: UtcMicros, label_offset_us: Option<i64>) -> Course {
        let offset = self.offset_us(pts_90k, arrived);
        let block = arrived.0.div_euclid(BLOCK_US);
        match self.least.back_mut() {
            // Arrivals that run backwards (the station's clock, a little) count to the newest block.
            Some((last, least)) if *last >= block => *least = (*least).min(offset),
            _ => self.least.push_back((block, offset)),
        }
        while self.least.len() > BLOCKS {
            self.least.pop_front();
        }
        if pts_90k.saturating_sub(self.last_90k) < -(STEP_US * 9 / 100) {
            self.jumped_back = true;
        }
        self.last_90k = pts_90k;
        let Some(label) = label_offset_us else { return Course::Steady };
        self.course(offset.saturating_sub(label), arrived)
    }

    fn course(&mut self, deviation_us: i64, arrived: UtcMicros) -> Course {
        let side = match deviation_us {
            d if d < -STEP_US => -1,
            d if d > STEP_US => 1,
            _ => {
                self.off = None;
                self.jumped_back = false;
                return Course::Steady;
            }
        };
        let (since, count) = match self.off {
            Some((since, former, count)) if former == side => (since, count.saturating_add(1)),
            _ => (arrived.0, 1),
        };
        self.off = Some((since, side, count));
        let patience = match side {
            -1 => EARLY_US,
            _ if self.jumped_back => BACK_US,
            _ => LATE_US,
        };
        if count >= 3 && arrived.0.saturating_sub(since) >= patience {
            return Course::Leapt(deviation_us.saturating_neg());
        }
        Course::Steady
    }

    /// UTC of a tick as the arrivals say it; `None` before the first arrival.
    #[must_use]
    pub fn utc(&self, ticks_90k: i64) -> Option<UtcMicros> {
        let least = self.least.iter().map(|(_, offset)| *offset).min()?;
        Some(UtcMicros(least.saturating_add(ticks_us(ticks_90k.saturating_sub(self.origin_90k)))))
    }

    /// How labels stand that give `label` to the tick `ticks_90k`.
    #[must_use]
    pub fn label_offset_us(&self, ticks_90k: i64, label: UtcMicros) -> i64 {
        self.offset_us(ticks_90k, label)
    }

    /// The label of the tick `to_90k`, where `from_90k` has the label `from`: as far away as the ticks say, moved towards the
    /// arrivals by [`SLEW_PPM`] at most (not at all beyond `most_us` of distance). Always after `from` when `to_90k` is.
    #[must_use]
    pub fn extend(&self, from_90k: i64, from: UtcMicros, to_90k: i64, most_us: i64) -> UtcMicros {
        let length = ticks_us(to_90k.saturating_sub(from_90k)).max(0);
        let plain = from.0.saturating_add(length);
        let target = self.utc(to_90k).map_or(plain, |utc| utc.0);
        let off = target.saturating_sub(plain);
        let most = if off.saturating_abs() > most_us { 0 } else { length / (1_000_000 / SLEW_PPM) };
        let at_least = from.0.saturating_add(i64::from(to_90k > from_90k));
        UtcMicros(plain.saturating_add(off.clamp(-most, most)).max(at_least))
    }
}

/// What was found of the station's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockStep {
    /// By how much; negative: back.
    pub step_us: i64,
    /// What it would have shown.
    pub before: UtcMicros,
    /// What it showed.
    pub after: UtcMicros,
    /// When, by the uptime.
    pub uptime_us: i64,
}

impl ClockStep {
    /// Whether the step came before a sample with this arrival, looked at at `uptime_us`, was stamped.
    #[must_use]
    pub fn precedes(&self, arrived: UtcMicros, uptime_us: i64) -> bool {
        const SLACK_US: i64 = 100_000;
        let since = uptime_us.saturating_sub(self.uptime_us).max(0);
        if self.step_us >= 0 {
            // After a step ahead, nothing can have been stamped between the old time and the new.
            arrived.0 >= self.after.0.saturating_sub(STEP_US)
        } else {
            // After a step back, nothing stamped later than now.
            arrived.0 <= self.after.0.saturating_add(since).saturating_add(SLACK_US)
        }
    }
}

/// Watches the station's clock against the uptime.
#[derive(Clone, Copy, Debug, Default)]
pub struct StationClock {
    /// UTC less uptime.
    base_us: Option<i64>,
}

impl StationClock {
    /// Both clocks now. A difference that grows slowly (NTP) is followed; one that jumps is a step.
    pub fn look(&mut self, utc: UtcMicros, uptime_us: i64) -> Option<ClockStep> {
        let now = utc.0.saturating_sub(uptime_us);
        let base = self.base_us.replace(now)?;
        let step_us = now.saturating_sub(base);
        (step_us.saturating_abs() > STEP_US).then(|| ClockStep {
            step_us,
            before: UtcMicros(base.saturating_add(uptime_us)),
            after: utc,
            uptime_us,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FRAME_90K: i64 = 6000;
    const FRAME_US: i64 = 66_666;

    #[test]
    fn a_burst_after_a_stall_does_not_move_the_labels() {
        let mut clock = RunClock::new(0);
        for frame in 0..600 {
            // Frames 150 to 300 wait for ten seconds and come at once.
            let on_time = frame * FRAME_US;
            let arrived = if (150..300).contains(&frame) { 300 * FRAME_US } else { on_time };
            let label = clock.utc(0).map(|_| 0);
            assert_eq!(clock.observe(frame * FRAME_90K, UtcMicros(arrived), label), Course::Steady);
        }
        assert!((clock.utc(0).unwrap().0).abs() <= 600);
    }

    #[test]
    fn leaps_of_the_camera_are_seen_both_ways() {
        for leap in [1_000_000_i64, -1_000_000, 2_900_000, -2_900_000] {
            let mut clock = RunClock::new(0);
            let mut seen = None;
            for frame in 0..300 {
                let pts = frame * FRAME_90K + if frame >= 100 { leap * 9 / 100 } else { 0 };
                if let Course::Leapt(by) = clock.observe(pts, UtcMicros(frame * FRAME_US), Some(0)) {
                    seen = Some((frame, by));
                    break;
                }
            }
            let (frame, by) = seen.unwrap();
            assert!(frame < 140 && (by - leap).abs() < 10_000, "{leap}: frame {frame}, {by}");
        }
    }

    #[test]
    fn one_odd_time_is_no_leap() {
        let mut clock = RunClock::new(0);
        for frame in 0..300 {
            let odd = if frame == 100 { 90_000 } else { 0 };
            let course = clock.observe(frame * FRAME_90K + odd, UtcMicros(frame * FRAME_US), Some(0));
            assert_eq!(course, Course::Steady);
        }
    }

    #[test]
    fn the_clock_being_set_is_seen_and_drift_is_not() {
        let mut clock = StationClock::default();
        assert_eq!(clock.look(UtcMicros(1_000_000_000), 0), None);
        assert_eq!(clock.look(UtcMicros(1_001_100_000), 1_000_000), None);
        let step = clock.look(UtcMicros(1_002_000_000 - 3_600_000_000), 2_000_000).unwrap();
        assert_eq!(step.step_us, -3_600_100_000);
        assert!(step.precedes(UtcMicros(1_002_000_000 - 3_600_000_000), 2_000_000));
        assert!(!step.precedes(UtcMicros(1_001_900_000), 2_000_000));
        let step = clock.look(UtcMicros(1_003_000_000), 3_000_000).unwrap();
        assert!(step.precedes(UtcMicros(1_003_050_000), 3_100_000));
        assert!(!step.precedes(UtcMicros(1_002_990_000 - 3_600_000_000), 3_100_000));
    }

    proptest! {
        /// Jitter of any kind, a camera that runs up to 200 ppm wrong: labels rise, and stay within the slew and the
        /// jitter of the truth.
        #[test]
        fn labels_rise_and_follow(
            delays in proptest::collection::vec(0_i64..300_000, 400..900),
            ppm in -200_i64..200,
        ) {
            let mut clock = RunClock::new(0);
            let mut edge: Option<(i64, UtcMicros)> = None;
            for (frame, delay) in delays.iter().enumerate() {
                let frame = i64::try_from(frame).unwrap();
                let real = frame * FRAME_US;
                let pts = (real + real * ppm / 1_000_000) * 9 / 100;
                let label = edge.map(|(tick, label)| clock.label_offset_us(tick, label));
                prop_assert_eq!(clock.observe(pts, UtcMicros(real + delay), label), Course::Steady);
                if frame % 15 == 14 {
                    let next = match edge {
                        None => (pts, clock.utc(pts).unwrap()),
                        Some((tick, label)) => (pts, clock.extend(tick, label, pts, i64::MAX)),
                    };
                    if let Some((tick, label)) = edge {
                        prop_assert!(next.1 > label);
                        let off = (next.1 - label) - ticks_us(pts - tick);
                        prop_assert!(off.abs() <= ticks_us(pts - tick) * SLEW_PPM / 1_000_000 + 1);
                    }
                    prop_assert!((next.1.0 - real).abs() <= 320_000, "{} at {}", next.1.0, real);
                    edge = Some(next);
                }
            }
        }

        #[test]
        fn any_times_are_survived(times: Vec<(i64, i64)>) {
            let mut clock = RunClock::new(times.first().map_or(0, |time| time.0));
            let mut last = (0, UtcMicros(0));
            for (pts, arrived) in times {
                let label = clock.label_offset_us(last.0, last.1);
                clock.observe(pts, UtcMicros(arrived), Some(label));
                let to = pts.max(last.0);
                let next = clock.extend(last.0, last.1, to, 5_000_000);
                prop_assert!(next >= last.1);
                last = (to, next);
            }
        }
    }
}
