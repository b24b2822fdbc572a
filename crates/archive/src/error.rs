//! What can go wrong with recordings. Nothing here holds a credential.

use crate::index::IndexError;
use easien_model::{Code, VolumeId};
use std::path::{Path, PathBuf};

/// An error of the archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A file or folder could not be read or written.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was tried: `read`, `write`, `sync` and so on.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The index failed.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A file does not say who it is, or not in words that this program knows.
    #[error("not an identity: {0}")]
    Identity(String),
    /// A file's bytes are not what was written.
    #[error("{} is damaged: {detail}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// A volume is not there.
    #[error("volume {0} is not there")]
    NoVolume(VolumeId),
    /// There is no recording of that.
    #[error("no recording there")]
    NotFound,
    /// What was asked for cannot be right.
    #[error("{0}")]
    Invalid(String),
    /// Not enough room for it.
    #[error("{needed_bytes} bytes are needed, {free_bytes} are free")]
    NoRoom {
        /// Bytes needed.
        needed_bytes: u64,
        /// Bytes free.
        free_bytes: u64,
    },
    /// Stopped on request.
    #[error("cancelled")]
    Cancelled,
}

impl ArchiveError {
    /// An error of the file system.
    #[must_use]
    pub fn io(what: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io { what, path: path.to_owned(), source }
    }

    /// What kind of failure it is, for programs.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Io { source, .. } => match source.kind() {
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Code::DiskFull,
                std::io::ErrorKind::NotFound => Code::NotFound,
                _ => Code::Unavailable,
            },
            Self::Index(_) => Code::Internal,
            Self::Identity(_) | Self::Damaged { .. } => Code::DataLoss,
            Self::NoVolume(_) => Code::Unavailable,
            Self::NotFound => Code::NotFound,
            Self::Invalid(_) => Code::Invalid,
            Self::NoRoom { .. } => Code::DiskFull,
            Self::Cancelled => Code::Cancelled,
        }
    }
}
