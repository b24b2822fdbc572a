//! The picture workers with real programs and real encoded clips: what is painted is read back from the mosaic by the
//! strip that each simulated picture carries.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cost;
mod faults;
mod layouts;
mod looks;
mod pictures;
mod play;
mod road;
