//! Times with their units. UTC microseconds in storage and on the wire; local time only on the screen.

use serde::{Deserialize, Serialize};
use std::ops::{Add, Sub};
use std::time::Duration;
use ts_rs::TS;

/// Microseconds since 1970-01-01T00:00:00 UTC (leap seconds not counted, as in Unix time).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[ts(type = "number")]
pub struct UtcMicros(pub i64);

impl UtcMicros {
    /// How long after `earlier` this is; zero if it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// This time moved by `seconds` (negative: earlier).
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }
}

impl Add<Duration> for UtcMicros {
    type Output = Self;
    fn add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl Sub for UtcMicros {
    /// Signed microseconds.
    type Output = i64;
    fn sub(self, other: Self) -> i64 {
        self.0.saturating_sub(other.0)
    }
}

/// Ticks of 1/90000 s on one run's own clock, already unwrapped from RTP's 32 bits (RFC 3550 section 5.1).
/// Ticks of different runs do not compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ticks90k(pub i64);

impl Ticks90k {
    /// Ticks in a second.
    pub const PER_SECOND: i64 = 90_000;

    /// The signed distance from `earlier` in seconds.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn seconds_since(self, earlier: Self) -> f64 {
        (self.0 - earlier.0) as f64 / Self::PER_SECOND as f64
    }
}
