//! The station as a process, with simulated cameras over real RTSP and without a window.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used)]

mod alarms;
mod backup;
mod cameras;
mod casebook;
mod incidents;
mod life;
mod people;
mod recording;
mod review;
mod room;
mod shell;
mod shifts;
mod simulated;
mod texts;
mod walls;
mod words;
