//! Random numbers with a seed that is printed, so that a round can be had again.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A sequence of random numbers (Knuth's MMIX linear congruential one): the same for the same seed.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// With the seed of `EASIEN_SEED`, else one of the clock; says which.
    #[must_use]
    pub fn new(what: &str) -> Self {
        let asked = std::env::var("EASIEN_SEED").ok().and_then(|text| text.parse().ok());
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let seed = asked.unwrap_or(u64::from(since.subsec_nanos()) ^ since.as_secs());
        println!("  {what}: seed {seed} (again with EASIEN_SEED={seed})");
        Self(seed)
    }

    /// With this seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// From 0 to `most` - 1.
    pub fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % most.max(1)
    }

    /// Between two durations.
    pub fn between(&mut self, least: Duration, most: Duration) -> Duration {
        #[allow(clippy::cast_precision_loss)]
        let share = self.below(10_000) as f64 / 10_000.0;
        least + most.saturating_sub(least).mul_f64(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dice_fall_the_same_for_the_same_seed_and_everywhere() {
        let (mut a, mut b) = (Dice::of(7), Dice::of(7));
        let mut seen = [0; 6];
        for _ in 0..600 {
            let side = a.below(6);
            assert_eq!(side, b.below(6));
            seen[side] += 1;
        }
        assert!(seen.iter().all(|count| *count > 60), "{seen:?}");
        let (least, most) = (Duration::from_millis(400), Duration::from_millis(2400));
        assert!((0..100).all(|_| (least..=most).contains(&a.between(least, most))));
    }
}
