//! Recordings: segments on volumes, written, sealed, synced, indexed, recovered, read, checked, retained, copied out.
//! Disk only, pure Rust: no network, no decoding, no SQL (the index is a trait that the station plugs the store into).
//! The file's format is docs/reference/segment.md.

pub mod activity;
pub mod error;
pub mod events;
pub mod identity;
pub mod index;
pub mod options;
pub mod parse;
pub mod reader;
pub mod scan;
pub mod volume;

#[cfg(test)]
mod memory_index;
#[cfg(test)]
mod sketch;

pub use activity::Activity;
pub use error::ArchiveError;
pub use events::{ArchiveEvent, Phase, StreamStatus};
pub use identity::{Identity, VolumeIdentity};
pub use index::{
    Change, GapRow, IndexError, SegmentEnd, SegmentIndex, SegmentQuery, SegmentRow, SegmentState,
};
pub use options::Options;
pub use reader::{Gop, Place, Places, Reader};
pub use scan::{Damage, Depth, FragmentPlace, Scan, ScanError, scan};
pub use volume::{VolumeConfig, VolumeState, VolumeStatus};
