//! The simulated cameras as clients see them: on the wire, and in ffmpeg and GStreamer.

mod basics;
mod client;
mod load;
mod modes;
mod players;
