//! The directions of ARCHITECTURE.md, checked against `cargo metadata`, the sources and the linked libraries. A
//! failure prints the offending path: who reaches what, through whom.

mod directions;
mod graph;
mod sources;
