//! How long and how often: whole rounds for a measurement, shortened ones (`--quick`) to see that a benchmark works.

use std::sync::OnceLock;
use std::time::Duration;

static QUICK: OnceLock<bool> = OnceLock::new();
static MINUTES: OnceLock<f64> = OnceLock::new();
static SIZE: OnceLock<u32> = OnceLock::new();

/// Says once, at the start, whether rounds are shortened, how many minutes were asked for, and how large a casebook.
pub fn set(quick: bool, minutes: Option<f64>, size: Option<u32>) {
    if let Some(size) = size {
        SIZE.get_or_init(|| size.clamp(1, 1000));
    }
    QUICK.get_or_init(|| quick);
    if let Some(minutes) = minutes {
        MINUTES.get_or_init(|| minutes);
    }
}

/// Whether rounds are shortened.
#[must_use]
pub fn is_quick() -> bool {
    QUICK.get().copied().unwrap_or(false)
}

/// Minutes asked for on the command line, else these.
#[must_use]
pub fn minutes(whole: f64, quick: f64) -> f64 {
    MINUTES.get().copied().unwrap_or(if is_quick() { quick } else { whole })
}

/// How large a casebook is, in thousandths of its whole size.
#[must_use]
pub fn size() -> u32 {
    SIZE.get().copied().unwrap_or(if is_quick() { 20 } else { 1000 })
}

/// So many rounds.
#[must_use]
pub fn rounds(whole: usize, quick: usize) -> usize {
    if is_quick() { quick } else { whole }
}

/// So many seconds.
#[must_use]
pub fn seconds(whole: u64, quick: u64) -> Duration {
    Duration::from_secs(if is_quick() { quick } else { whole })
}
