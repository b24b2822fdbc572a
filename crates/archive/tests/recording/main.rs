//! The archive's writing side, over temporary folders: what comes in is what is on disk, for every moment there is a
//! segment or a gap, and faults cost what they must and no more.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../src/memory_index.rs"]
#[allow(dead_code)]
mod memory_index;

/// The index in memory names its types as the archive's own modules do.
mod index {
    pub use easien_archive::index::*;
}

mod clocks;
mod disks;
mod footage;
mod killed;
mod odd;
mod pictures;
mod room;
