//! The shared memory between the picture workers, which write pictures, and the presenters, which paint them; and the
//! blame slot, in which a worker leaves the name of the stream it is busy with. Everything `unsafe` outside the worker
//! lives in this crate, behind safe types.
//!
//! # Who does what
//! - The station makes a [`Mosaic`] (one per window and layout), says which slot shows which camera
//!   ([`Mosaic::assign`]) and whether it may be seen at all ([`Mosaic::set_shown`]).
//! - A worker opens it as a [`MosaicWriter`] and writes pictures into slots. Each slot has **one** writer at a time.
//! - One presenter opens it as a [`MosaicView`] and paints. A mosaic has **one** presenter at a time; a second one
//!   would take pictures away from the first.
//!
//! # Triple buffering
//! A slot has three buffers. One word holds who owns which: `back` (the writer's), `middle` (nobody's), `front` (the
//! presenter's), and `fresh` (the middle is newer than the front). The writer fills the back buffer and its
//! description, then exchanges back and middle and sets `fresh`; the presenter exchanges middle and front if `fresh`
//! is set, and clears it. Both are one compare-and-swap with `AcqRel`: its release half makes the pixels (or the
//! end of reading them) visible before the buffer changes hands, its acquire half makes the other side's use of the
//! buffer received happen before. So nobody waits, no buffer ever has two owners, and a side that dies at any
//! instruction leaves a valid state: its successor goes on from the same word. After publishing, the writer
//! increments the mosaic's change counter with `Release`; a presenter that reads the new count with `Acquire` finds
//! the picture.
//!
//! # Trust
//! A worker decodes untrusted input, so nothing in the shared memory is believed: the size is sealed (no `SIGBUS` by
//! truncation), sizes are checked once at opening and kept outside the memory, offsets are computed and never read,
//! and buffer numbers are checked at each use. A worker gone mad can show wrong pixels; it cannot make another process
//! read or write outside the mapping.
#![allow(unsafe_code)]

mod blame;
mod layout;
mod memory;
mod mosaic;
mod view;
mod writer;

pub use blame::BlameSlot;
pub use layout::{Frame, MAX_MOSAIC_BYTES, MAX_SIDE_PX, MAX_SLOTS, SlotSize, Tier};
pub use mosaic::{Mosaic, MosaicPlace};
pub use view::{Front, MosaicView, Pixels, SlotView};
pub use writer::{MosaicWriter, SlotWriter};

use easien_model::Code;

/// What can go wrong with shared memory.
#[derive(Debug, thiserror::Error)]
pub enum MosaicError {
    /// The operating system refused.
    #[error("shared memory: {what}: {source}")]
    Os {
        /// What was tried.
        what: &'static str,
        /// Why not.
        source: std::io::Error,
    },
    /// What was opened is not what it should be.
    #[error("shared memory is not as expected: {0}")]
    Invalid(&'static str),
    /// More was asked for than the limits allow.
    #[error("too large: {0}")]
    TooLarge(&'static str),
}

impl MosaicError {
    pub(crate) fn os(what: &'static str, source: impl Into<std::io::Error>) -> Self {
        Self::Os { what, source: source.into() }
    }

    /// For the wire.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Os { .. } => Code::Unavailable,
            Self::Invalid(_) => Code::DataLoss,
            Self::TooLarge(_) => Code::Invalid,
        }
    }
}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, MosaicError>;
