//! What the archive tells of itself: events as they happen, and the state of each stream when asked.

use crate::volume::VolumeStatus;
use easien_model::{GapCause, SegmentId, StreamId, UtcMicros, VolumeId};

/// Something happened. Subscribers that are too slow lose the oldest (`broadcast`); states can be asked for at any time.
#[derive(Clone, Debug)]
pub enum ArchiveEvent {
    /// A volume's state changed, or it came or went.
    VolumeChanged(VolumeStatus),
    /// A stream's recording began, stopped, or failed.
    RecordingChanged(StreamStatus),
    /// The station's clock was set.
    ClockStepped {
        /// By how much, in microseconds; negative: back.
        step_us: i64,
        /// When, by the clock after it.
        at: UtcMicros,
    },
    /// A file of recording is damaged or gone.
    FileDamaged {
        /// Which segment.
        segment: SegmentId,
        /// Of which stream.
        stream: StreamId,
        /// On which volume.
        volume: VolumeId,
        /// Relative to the volume's root.
        path: String,
        /// In English, technical.
        detail: String,
    },
    /// Retention would have to delete what is held to make room.
    OnlyHeldLeft {
        /// On which volume.
        volume: VolumeId,
    },
    /// Segments that a crash had left open were closed.
    Recovered {
        /// On which volume.
        volume: VolumeId,
        /// How many.
        segments: usize,
        /// How many files no row knew, and are indexed now.
        found: usize,
        /// How many files were damaged or gone.
        damaged: usize,
    },
    /// Samples were thrown away because a volume was too slow or failed with samples waiting.
    Lost {
        /// Of which stream.
        stream: StreamId,
        /// How many samples.
        samples: u64,
        /// Why.
        cause: GapCause,
    },
}

/// What is going on with a stream that is to be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// No samples come.
    Waiting,
    /// Samples reach the disk.
    Recording,
    /// Samples come, but no disk takes them.
    Failing,
}

/// A stream's recording as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamStatus {
    /// Which stream.
    pub stream: StreamId,
    /// What is going on.
    pub phase: Phase,
    /// Why not, unless recording.
    pub cause: Option<GapCause>,
    /// Since when.
    pub since: UtcMicros,
    /// Written per second over the last minutes, in bits; 0: not measured yet.
    pub bitrate_bps: u64,
    /// The segment being written.
    pub segment: Option<SegmentId>,
    /// Its begin.
    pub segment_begin: Option<UtcMicros>,
    /// The volume that it is on.
    pub volume: Option<VolumeId>,
    /// UTC of the end of what has reached the disk (not necessarily synced).
    pub written_until: Option<UtcMicros>,
    /// Samples thrown away since the station began.
    pub dropped: u64,
}
