//! The wire between station and window (and page): the commands with their roles, the events, the data they carry,
//! and the two transports: a local socket for the window program, a loopback WebSocket for the page presenter and
//! for UI tests. Here belongs what both sides must agree on; what a command does belongs to `station`.

mod access;
pub mod bindings;
pub mod client;
pub mod commands;
pub mod data;
pub mod event;
pub mod page;
pub mod permissions;
pub mod place;
pub mod problems;
pub mod server;
pub mod sight;
pub mod wire;

pub use client::Client;
pub use commands::{
    Access, Caller, Command, CommandInfo, DeskState, Handlers, ObjectKind, Role, Whose, call, dispatch,
};
pub use event::Event;
pub use server::{Desk, Heard, Listener, Reception, serve};
pub use sight::Sight;
