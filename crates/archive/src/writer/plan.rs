//! What a stream tells the writer, and what the writer tells back.

use crate::fmp4::Seal;
use crate::identity::Identity;
use crate::index::Change;
use easien_model::{Sample, UtcMicros};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A segment that is being written, shared by its stream, the writer and the syncer.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) identity: Identity,
    /// Folder relative to the volume's root.
    pub(crate) folder: PathBuf,
    /// File name without ending: `HHMMSS`.
    pub(crate) name: String,
    /// Everything before the first fragment.
    pub(crate) head: Vec<u8>,
    progress: Mutex<Progress>,
}

/// How far a segment got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Bytes of the file up to the last seal.
    pub(crate) bytes: u64,
    /// Pictures.
    pub(crate) frames: u64,
    /// UTC of the end of the last picture; absent before the first fragment.
    pub(crate) end: Option<UtcMicros>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    written: Extent,
    synced: Extent,
    /// The volume failed: what is here now counts, whatever a late answer of the disk says.
    frozen: bool,
}

impl Plan {
    pub(crate) fn new(identity: Identity, folder: PathBuf, name: String, head: Vec<u8>) -> Self {
        Self { identity, folder, name, head, progress: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_written(&self, extent: Extent) {
        let mut progress = self.lock();
        if !progress.frozen {
            progress.written = extent;
        }
    }

    pub(crate) fn set_synced(&self, extent: Extent) {
        let mut progress = self.lock();
        if !progress.frozen {
            progress.synced = extent;
        }
    }

    /// What has reached the file, not necessarily the disk.
    pub(crate) fn written(&self) -> Extent {
        self.lock().written
    }

    /// The volume failed: how far the segment can be trusted. The same answer ever after.
    pub(crate) fn freeze(&self, written_is_good: bool) -> Extent {
        let mut progress = self.lock();
        progress.frozen = true;
        if written_is_good { progress.written } else { progress.synced }
    }
}

/// A fragment to be written.
#[derive(Debug)]
pub(crate) struct FragmentJob {
    pub(crate) plan: Arc<Plan>,
    /// The segment's first: makes the file.
    pub(crate) first: bool,
    /// Rows that become true with this fragment on its way to the disk.
    pub(crate) before: Vec<Change>,
    /// `moof` and the head of `mdat`.
    pub(crate) head: Vec<u8>,
    /// Video, then audio.
    pub(crate) samples: Vec<Arc<Sample>>,
    /// Its hash is the writer's.
    pub(crate) seal: Seal,
    /// Decode time of the first video sample.
    pub(crate) video_time: u64,
    /// Bytes of everything, seal included.
    pub(crate) bytes: usize,
}

/// What a writer is told.
#[derive(Debug)]
pub(crate) enum Job {
    /// Write this.
    Fragment(Box<FragmentJob>),
    /// The segment is complete.
    End {
        plan: Arc<Plan>,
        activity: Vec<u8>,
        /// UTC of the end of its last picture, as its stream knows it.
        end: UtcMicros,
    },
}

impl Job {
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Fragment(job) => job.bytes,
            Self::End { .. } => 0,
        }
    }
}
