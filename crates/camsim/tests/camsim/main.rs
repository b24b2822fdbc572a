//! The simulated cameras as clients see them: on the wire, and in ffmpeg and GStreamer.

mod basics;
mod client;
mod modes;
mod players;
