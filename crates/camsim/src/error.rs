//! What can go wrong in the simulator itself. What it does wrong on purpose is in [`crate::Mode`].

use easien_model::Code;
use std::path::PathBuf;

/// An error of the simulator. Never holds a credential.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The options contradict each other or name something that does not exist.
    #[error("{0}")]
    Options(String),
    /// A program that is needed did not start.
    #[error("cannot start {program}: {source} (is it installed?)")]
    Program {
        /// Its name.
        program: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// A program that is needed failed.
    #[error("{program} failed: {said}")]
    Failed {
        /// Its name.
        program: &'static str,
        /// The end of what it wrote to stderr.
        said: String,
    },
    /// A file or folder could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A clip is not what it should be.
    #[error("clip {path}: {what}")]
    Clip {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The port cannot be opened.
    #[error("cannot listen: {0}")]
    Listen(std::io::Error),
}

impl Error {
    /// The kind of failure, for programs.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Options(_) => Code::Invalid,
            Self::Program { .. } | Self::Listen(_) => Code::Unavailable,
            Self::Failed { .. } => Code::Internal,
            Self::File { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => Code::DiskFull,
            Self::File { .. } => Code::Unavailable,
            Self::Clip { .. } => Code::DataLoss,
        }
    }
}
