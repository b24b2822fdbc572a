//! Places on disks that recordings are written to: what a person set, what they are like now. A volume is known by
//! the file in its root, never by its path.

use easien_model::{UtcMicros, VolumeId};
use std::path::PathBuf;

/// A volume as a person set it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeConfig {
    /// Its id, as in its file.
    pub id: VolumeId,
    /// Its name, for people.
    pub name: String,
    /// Where it should be: an absolute path of a folder.
    pub path: PathBuf,
    /// Recordings take at most so much; absent: what the disk has, less the reserve.
    pub quota_bytes: Option<u64>,
    /// So much is always left free.
    pub reserve_bytes: u64,
    /// It is written to.
    pub enabled: bool,
    /// A person adds it just now: a folder that is new or empty is made a volume. Never kept over a restart.
    pub create: bool,
}

/// What a volume is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VolumeState {
    /// It is written to.
    Ready,
    /// A person switched it off; what is on it can be read.
    Disabled,
    /// It is not there.
    Missing,
    /// Another volume, or none, is at its path.
    Foreign,
    /// No room is left that retention could make.
    Full,
    /// Reading only.
    ReadOnly,
    /// It failed while writing or syncing, and is set aside until a person looks.
    Degraded,
}

/// A volume as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeStatus {
    /// As set, but `path` is where it was found.
    pub config: VolumeConfig,
    /// What it is like.
    pub state: VolumeState,
    /// Since when.
    pub since: UtcMicros,
    /// What the system said; empty: nothing.
    pub detail: String,
    /// The disk's size.
    pub total_bytes: u64,
    /// Free on the disk, for this program.
    pub free_bytes: u64,
    /// Taken by recordings.
    pub used_bytes: u64,
    /// Streams written to it now.
    pub streams: u32,
}
