//! The directions of ARCHITECTURE.md, checked against `cargo metadata`, the sources and the linked libraries. A
//! failure prints the offending path: who reaches what, through whom.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // failing is what a test's helpers do

mod directions;
mod graph;
mod sources;
