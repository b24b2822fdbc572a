//! Cameras as the world has them: every test is one habit that was seen in a real camera or that a broken one could
//! have. The pictures must arrive as they were sent, or the state must say in time what is wrong.

// The parts that are not tests themselves may fail a test too.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod answers;
mod auth;
mod clip;
mod codecs;
mod controls;
mod descriptions;
mod ends;
mod guard;
mod packets;
mod room;
mod server;
mod udp;
