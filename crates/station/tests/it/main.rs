//! The station as a process, with simulated cameras over real RTSP and without a window.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used)]

mod alarms;
mod attachments;
mod authority;
mod backup;
mod cameras;
mod casebook;
mod checkpoints;
mod incidents;
mod life;
mod limits;
mod people;
mod recording;
mod refused;
mod review;
mod room;
mod shell;
mod shifts;
mod simulated;
mod storm;
mod texts;
mod walls;
mod words;
