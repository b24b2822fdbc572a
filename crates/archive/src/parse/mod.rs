//! Reading what a segment's file says: boxes, identity, tracks, fragments, seals, the index at its end. Pure parsing of
//! bytes that may be anything: bounded memory, no panics, no trust in sizes. Written from docs/reference/segment.md,
//! not from the code that writes, so that the two check each other.

pub mod boxes;
pub mod entry;
pub mod head;
pub mod identity;
pub mod mfra;
pub mod moof;
pub mod moov;
pub mod seal;

pub use boxes::{BoxHead, ReadAt};
pub use head::{Head, HeadError};
pub use identity::Identity;
pub use moof::{Fragment, FragmentSample};
pub use moov::{Track, Tracks};
pub use seal::Seal;
