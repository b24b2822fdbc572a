//! The archive's reading side over what its writing side recorded from real encoded pictures: what comes out is what came
//! in, and players play the copies.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../src/memory_index.rs"]
#[allow(dead_code)]
mod memory_index;

/// The index in memory names its types as the archive's own modules do.
mod index {
    pub use easien_archive::index::*;
}

#[path = "../recording/footage.rs"]
#[allow(dead_code)]
mod footage;
#[path = "../recording/room.rs"]
#[allow(dead_code)]
mod room;

mod back;
