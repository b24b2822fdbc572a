//! The rows of the index of recordings, shaped as `easien-archive` asks for them (archive and store do not see each
//! other; the station carries them across).

use easien_model::{CameraId, Codec, GapCause, RunId, SegmentId, StreamId, UtcMicros, VolumeId};

/// A segment.
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
    /// How far the labels are ahead of the station's clock, in microseconds.
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
    /// UTC of the end of the last picture, exclusive; after the begin.
    pub end: UtcMicros,
    /// Size of the file that counts.
    pub bytes: u64,
    /// Pictures.
    pub frames: u64,
    /// SHA-256 of the file's bytes, if it was read whole.
    pub sha256: Option<[u8; 32]>,
    /// How much moves, a byte for each 5 s from the begin: 0 to 254; 255: not known.
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
    /// Set aside.
    Damaged,
    /// About to be deleted by retention.
    Deleting,
}

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GapRow {
    /// Of which stream.
    pub stream: StreamId,
    /// From, inclusive. With the stream, the gap's name.
    pub start: UtcMicros,
    /// To, exclusive, not before `start`; absent: it goes on.
    pub end: Option<UtcMicros>,
    /// Why.
    pub cause: GapCause,
}

/// A change of the index.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A segment was begun (`end` absent), or found. An open row never takes the place of one that is known further.
    Added(SegmentRow),
    /// A segment was closed. Of one that is not there: nothing happens.
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
    /// A segment's file is gone. Gaps from before the stream's first segment go with it.
    Removed {
        /// Which.
        id: SegmentId,
    },
    /// Something is missing. Replaces the stream's row of the same start.
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

/// A stretch of recording, for a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch<'a> {
    /// Begin, inclusive.
    pub start: UtcMicros,
    /// End, exclusive; absent: it is being written.
    pub end: Option<UtcMicros>,
    /// Whether it can be relied on.
    pub state: SegmentState,
    /// How much moves, a byte for each 5 s from the begin; 255: not known. Empty: not known.
    pub activity: &'a [u8],
}

/// What a stream takes on a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageRow {
    /// The volume.
    pub volume: VolumeId,
    /// The stream.
    pub stream: StreamId,
    /// Closed segments.
    pub segments: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A part of a camera's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CameraSpan {
    /// The camera.
    pub camera: CameraId,
    /// Begin, inclusive.
    pub start: UtcMicros,
    /// End, exclusive.
    pub end: UtcMicros,
}

/// What was there when the index was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The index, as it was left.
    Kept,
    /// None; a new, empty one was made. Where recordings exist, it must be made from them.
    Missing,
    /// One that cannot be used; it was renamed and a new, empty one was made, which must be filled from the files.
    SetAside {
        /// Where it is now.
        path: std::path::PathBuf,
        /// What was wrong with it; English, technical.
        why: String,
    },
}
