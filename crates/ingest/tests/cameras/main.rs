//! Sessions against simulated cameras, well-behaved and not.
#![allow(clippy::expect_used, clippy::panic, reason = "the helpers of tests fail as tests do")]

mod faults;
mod lanes;
mod leaks;
mod media;
mod room;
mod ways;
