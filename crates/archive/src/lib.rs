//! Recordings: segments on volumes, written, sealed, synced, indexed, recovered, read, checked, retained, copied out.
//! Disk only, pure Rust: no network, no decoding, no SQL (the index is a trait that the station plugs the store into).
//! The file's format is docs/reference/segment.md.

pub mod index;

pub use index::{
    Change, GapRow, IndexError, SegmentEnd, SegmentIndex, SegmentQuery, SegmentRow, SegmentState,
};
