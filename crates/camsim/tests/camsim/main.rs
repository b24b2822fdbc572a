//! The simulated cameras as clients see them: on the wire, and in ffmpeg and GStreamer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod basics;
mod client;
mod drawing;
mod load;
mod modes;
mod players;
