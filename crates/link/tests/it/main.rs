//! The wire end to end: a small room on one side, clients on the other.

mod page;
mod room;
mod socket;
