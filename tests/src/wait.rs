//! Waiting for something to hold, with a limit and the last thing seen in the complaint.

use anyhow::{Result, bail};
use std::fmt::Debug;
use std::time::{Duration, Instant};

/// Asks `look` every `every` until it gives a value, at most `limit`. `look` gives what it saw instead in its error.
///
/// # Errors
/// After `limit`: what was waited for and what was seen last.
pub fn until<T, S: Debug>(
    what: &str,
    limit: Duration,
    every: Duration,
    mut look: impl FnMut() -> Result<T, S>,
) -> Result<T> {
    let began = Instant::now();
    loop {
        let seen = match look() {
            Ok(value) => return Ok(value),
            Err(seen) => seen,
        };
        if began.elapsed() >= limit {
            bail!("{what}: not within {} s; last seen: {seen:?}", limit.as_secs_f32());
        }
        std::thread::sleep(every);
    }
}

/// Rounds of a repeated test: `few` normally, `all` in the full run (`EASIEN_FULL=1`).
#[must_use]
pub fn rounds(few: u32, all: u32) -> u32 {
    if std::env::var_os("EASIEN_FULL").is_some_and(|value| value != "0") { all } else { few }
}
