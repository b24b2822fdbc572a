//! Sessions against simulated cameras, well-behaved and not.

mod faults;
mod lanes;
mod leaks;
mod media;
mod room;
mod ways;
