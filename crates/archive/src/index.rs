//! What the index of recordings must be able to do, and the rows that it keeps. The rows say nothing that could not be
//! read from the files again; the index only finds it faster.

use easien_model::{Codec, GapCause, RunId, SegmentId, StreamId, UtcMicros, VolumeId};

/// A segment as the index knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentRow {
    /// Its id, as in the file.
    pub id: SegmentId,
    /// Whose it is.
    pub stream: StreamId,
    /// On which volume.
    pub volume: VolumeId,
    /// Relative to the volume's root, with `/`.
    pub path: String,
    /// The run that it is a part of.
    pub run: RunId,
    /// UTC of the first picture.
    pub start: UtcMicros,
    /// The first picture's pts on the run's clock, in ticks of 1/90000 s.
    pub rtp_start_90k: i64,
    /// The camera's clock minus the station's at the begin, in microseconds, if known.
    pub clock_offset_us: Option<i64>,
    /// How far the labels are ahead of the station's clock (after it was set back into recorded time), in microseconds.
    pub shift_us: i64,
    /// Video codec.
    pub codec: Codec,
    /// Width in pixels; 0: not known.
    pub width_px: u32,
    /// Height in pixels; 0: not known.
    pub height_px: u32,
    /// Audio codec, if there is audio in it.
    pub audio: Option<Codec>,
    /// What is only known at its end; absent while it is open.
    pub end: Option<SegmentEnd>,
    /// Whether it can be relied on.
    pub state: SegmentState,
}

/// What is known of a segment at its end.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentEnd {
    /// UTC of the end of the last picture, exclusive; after `start`.
    pub end: UtcMicros,
    /// Size of the file that counts.
    pub bytes: u64,
    /// Pictures.
    pub frames: u64,
    /// SHA-256 of the file's bytes; absent for one that was not read whole (recovered, damaged).
    pub sha256: Option<[u8; 32]>,
    /// How much moves, a byte for each 5 s from `start`: 0 to 254; 255: not known.
    pub activity: Vec<u8>,
}

/// Whether a segment can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SegmentState {
    /// Being written, or left open by a crash.
    Open,
    /// Whole, as it was closed.
    Whole,
    /// Found open after a crash and closed at its last good seal.
    Recovered,
    /// Set aside: a write or sync failed, or its bytes are not what was sealed. Readable to its last good seal.
    Damaged,
    /// About to be deleted by retention.
    Deleting,
}

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GapRow {
    /// Of which stream.
    pub stream: StreamId,
    /// From, inclusive: the end of what came before. With the stream, the gap's name.
    pub start: UtcMicros,
    /// To, exclusive, not before `start`; absent: it goes on.
    pub end: Option<UtcMicros>,
    /// Why.
    pub cause: GapCause,
}

/// A change of the index.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A segment was begun (`end` absent), or found by a rebuild.
    Added(SegmentRow),
    /// A segment was closed.
    Closed {
        /// Which.
        id: SegmentId,
        /// How it ended.
        end: SegmentEnd,
        /// What it is now.
        state: SegmentState,
    },
    /// A segment's state changed.
    Marked {
        /// Which.
        id: SegmentId,
        /// What it is now.
        state: SegmentState,
    },
    /// A segment's file is gone.
    Removed {
        /// Which.
        id: SegmentId,
    },
    /// Something is missing from here on, or, with an end, was missing. Replaces the stream's row of the same start.
    Gap(GapRow),
    /// What was missing has ended.
    GapClosed {
        /// Of which stream.
        stream: StreamId,
        /// Which gap.
        start: UtcMicros,
        /// When; not before `start`.
        end: UtcMicros,
    },
}

/// Which segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentQuery {
    /// Of which stream.
    pub stream: StreamId,
    /// Ending after this (open ones end never).
    pub from: UtcMicros,
    /// Beginning before this.
    pub to: UtcMicros,
    /// At most so many.
    pub limit: usize,
}

/// The index failed; nothing of the call happened.
#[derive(Debug, thiserror::Error)]
#[error("the index of recordings failed: {0}")]
pub struct IndexError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Where the rows are kept. Every call may block; none is made by the threads that write samples.
pub trait SegmentIndex: Send + Sync + 'static {
    /// Makes these changes in one transaction, in order. Doing so twice is harmless.
    ///
    /// # Errors
    /// Nothing was changed.
    fn apply(&self, changes: &[Change]) -> Result<(), IndexError>;

    /// Segments of a stream by their begin, ascending. `Deleting` ones are left out.
    ///
    /// # Errors
    /// The index cannot be read. So for all that follow.
    fn segments(&self, query: &SegmentQuery) -> Result<Vec<SegmentRow>, IndexError>;

    /// The first segment that begins at or after `at` (forward), or the last that begins before it.
    ///
    /// # Errors
    /// See [`SegmentIndex::segments`].
    fn neighbour(
        &self,
        stream: StreamId,
        at: UtcMicros,
        forward: bool,
    ) -> Result<Option<SegmentRow>, IndexError>;

    /// Segments left open on a volume.
    ///
    /// # Errors
    /// See [`SegmentIndex::segments`].
    fn open_segments(&self, volume: VolumeId) -> Result<Vec<SegmentRow>, IndexError>;

    /// Segments of a volume in state `Deleting`.
    ///
    /// # Errors
    /// See [`SegmentIndex::segments`].
    fn deleting(&self, volume: VolumeId) -> Result<Vec<SegmentRow>, IndexError>;

    /// Gaps of a stream that overlap `[from, to)` or touch it, ascending.
    ///
    /// # Errors
    /// See [`SegmentIndex::segments`].
    fn gaps(&self, stream: StreamId, from: UtcMicros, to: UtcMicros) -> Result<Vec<GapRow>, IndexError>;

    /// Gaps that go on, of all streams.
    ///
    /// # Errors
    /// See [`SegmentIndex::segments`].
    fn open_gaps(&self) -> Result<Vec<GapRow>, IndexError>;

    /// Each stream that was ever recorded, with the begin of its first and the end of its last segment or gap (an open
    /// segment's or gap's begin where there is nothing later).
    ///
    /// # Errors
    /// See [`SegmentIndex::segments`].
    fn streams(&self) -> Result<Vec<(StreamId, UtcMicros, UtcMicros)>, IndexError>;

    /// Closed segments of a volume (of one stream, if given), oldest first, those after `after` (exclusive, by begin and id).
    ///
    /// # Errors
    /// See [`SegmentIndex::segments`].
    fn oldest(
        &self,
        volume: Option<VolumeId>,
        stream: Option<StreamId>,
        after: Option<(UtcMicros, SegmentId)>,
        limit: usize,
    ) -> Result<Vec<SegmentRow>, IndexError>;

    /// Bytes of all closed segments of a volume.
    ///
    /// # Errors
    /// See [`SegmentIndex::segments`].
    fn used_bytes(&self, volume: VolumeId) -> Result<u64, IndexError>;
}
