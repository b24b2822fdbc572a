//! What can go wrong with a backup, each with its plain reason: English for the command line, a key for the screens.

use easien_link::problems;
use easien_model::{Code, Problem};
use std::io;
use std::path::{Path, PathBuf};

/// Why a backup was not made or not restored.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A person stopped it.
    #[error("it was stopped")]
    Cancelled,
    /// The file to be made is there.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// The folder cannot be used.
    #[error("nothing can be written in {}: {source}", .folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is too little room.
    #[error("{needed_bytes} bytes are needed and {free_bytes} are free")]
    NoRoom {
        /// For the backup and its rehearsal.
        needed_bytes: u64,
        /// There is.
        free_bytes: u64,
    },
    /// A passphrase is too short or too long.
    #[error("a passphrase has 12 to 256 characters")]
    ShortPassphrase,
    /// A file that cannot be read or written.
    #[error("{}: {source}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is nothing in it.
    #[error("the file is empty: this is no backup")]
    Empty,
    /// Another kind of file.
    #[error("this is no backup of Easien")]
    NotABackup,
    /// It is not as it was made.
    #[error("the backup is damaged: {0}")]
    Damaged(String),
    /// It was made by a newer program.
    #[error("this backup is of a newer program ({0})")]
    Newer(String),
    /// It holds sealed keys and no passphrase was given.
    #[error("this backup holds sealed keys: give its passphrase")]
    NeedsPassphrase,
    /// The passphrase opens nothing.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// Nothing is written over.
    #[error("{} is not empty: nothing is written over", .0.display())]
    NotEmpty(PathBuf),
    /// Left by another restoring.
    #[error("{} is left from another restoring: take it away first", .0.display())]
    LeftOver(PathBuf),
    /// What was restored in the rehearsal is not what was taken.
    #[error("the rehearsal of its restoring failed: {0}")]
    Rehearsal(Box<Fault>),
    /// The store.
    #[error(transparent)]
    Store(#[from] easien_store::Error),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl Fault {
    /// For `map_err` on a file.
    pub(crate) fn file(path: &Path) -> impl Fn(io::Error) -> Self + '_ {
        |source| Self::File { path: path.to_owned(), source }
    }

    /// The same for the wire.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let full = |error: &io::Error| {
            matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
        };
        let problem = match self {
            Self::Cancelled => Problem::new(Code::Cancelled, problems::BACKUP_FAILED),
            Self::NoRoom { needed_bytes, free_bytes } => {
                Problem::new(Code::DiskFull, problems::BACKUP_NO_ROOM)
                    .with("needed", needed_bytes)
                    .with("free", free_bytes)
            }
            Self::Folder { source, .. } | Self::File { source, .. } if full(source) => {
                Problem::new(Code::DiskFull, problems::DISK_FULL)
            }
            Self::Folder { folder, .. } => Problem::new(Code::Unavailable, problems::BACKUP_FOLDER)
                .with("folder", folder.display())
                .field("folder"),
            Self::ShortPassphrase => {
                Problem::new(Code::Invalid, problems::BACKUP_PASSPHRASE).field("passphrase")
            }
            Self::Rehearsal(why) => match why.as_ref() {
                Self::Cancelled => return why.problem(),
                Self::File { source, .. } if full(source) => return why.problem(),
                _ => Problem::new(Code::DataLoss, problems::BACKUP_REHEARSAL),
            },
            Self::Store(error) => return error.problem(),
            _ => Problem::new(Code::Unavailable, problems::BACKUP_FAILED),
        };
        problem.detail(self)
    }
}
