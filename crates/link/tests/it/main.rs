//! The wire end to end: a small room on one side, clients on the other.

#![allow(clippy::unwrap_used, clippy::panic, clippy::cast_possible_truncation)]

mod page;
mod room;
mod socket;
