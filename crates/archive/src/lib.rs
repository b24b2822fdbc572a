//! Recordings: segments on volumes, written, sealed, synced, indexed, recovered, read, checked, retained, copied out.
//! Disk only, pure Rust: no network, no decoding, no SQL (the index is a trait that the station plugs the store into).
//! The file's format is docs/reference/segment.md.

pub mod activity;
pub mod archive;
pub mod check;
pub mod clip;
pub mod error;
pub mod events;
pub mod fmp4;
pub mod identity;
pub mod index;
pub mod memory_index;
pub mod options;
pub mod parse;
pub mod place;
pub mod reader;
pub mod rebuild;
pub mod recorder;
pub mod retain;
pub mod run_clock;
pub mod scan;
pub mod volume;

mod assemble;
mod core;
mod gaps;
mod index_feed;
mod labels;
mod recover;
mod stream;
mod volumes;
mod writer;

#[cfg(test)]
mod sketch;

pub use activity::Activity;
pub use archive::Archive;
pub use check::{Checked, FileReport, Finding, check};
pub use clip::{ClipFile, ClipPlan, ClipWish};
pub use error::ArchiveError;
pub use events::{ArchiveEvent, Phase, StreamStatus};
pub use identity::{Identity, VolumeIdentity};
pub use index::{
    Change, GapRow, IndexError, SegmentEnd, SegmentIndex, SegmentQuery, SegmentRow, SegmentState,
};
pub use options::{Options, Uptime};
pub use reader::{Gop, Place, Places, Reader};
pub use rebuild::{Rebuilt, rebuild};
pub use recorder::Recorder;
pub use retain::{Planned, Policy, Short, Swept, SweptStream};
pub use scan::{Damage, Depth, FragmentPlace, Scan, ScanError, scan};
pub use stream::CameraLabel;
pub use volume::{VolumeConfig, VolumeState, VolumeStatus};
