//! The wire between station and window (and page): the commands with their roles, the events, the data they carry,
//! and the two transports: a local socket for the window program, a loopback WebSocket for the page presenter and
//! for UI tests. Here belongs what both sides must agree on; what a command does belongs to `station`.

pub mod bindings;
pub mod commands;
pub mod data;
pub mod event;
pub mod problems;

pub use commands::{Caller, Command, CommandInfo, Handlers, dispatch};
pub use event::Event;
