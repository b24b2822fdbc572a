//! What can go wrong in the store, and how it is said outside. No error holds a value that was to be stored: neither
//! addresses nor passwords, only the names of fields.

use easien_model::{Code, Problem};
use rusqlite::ErrorCode;
use std::path::PathBuf;

/// The store's result.
pub type Result<T> = std::result::Result<T, Error>;

/// Why the store refused or failed. Nothing was written unless a function says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was given cannot be right. `key` names its sentence in the page's catalogue.
    #[error("{field} is not acceptable ({key})")]
    Invalid {
        /// Sentence, e.g. `problem_camera_name`.
        key: &'static str,
        /// Field of the command's arguments.
        field: &'static str,
    },
    /// The thing named does not exist. `key` names its sentence in the page's catalogue.
    #[error("not found ({key})")]
    NotFound {
        /// Sentence, e.g. `problem_camera_not_found`.
        key: &'static str,
        /// Field of the command's arguments that named it, if one did.
        field: Option<&'static str>,
    },
    /// The id stands for something else already.
    #[error("the id of this {0} stands for something else already")]
    IdTaken(&'static str),
    /// Somebody else changed it meanwhile. `key` names its sentence in the page's catalogue.
    #[error("somebody else changed it meanwhile ({key})")]
    Conflict {
        /// Sentence, e.g. `problem_bookmark_conflict`.
        key: &'static str,
    },
    /// Not as things stand. `key` names its sentence in the page's catalogue.
    #[error("not as things stand ({key})")]
    Precondition {
        /// Sentence, e.g. `problem_hold_ended`.
        key: &'static str,
    },
    /// The person may not. `key` names its sentence in the page's catalogue.
    #[error("not allowed ({key})")]
    Forbidden {
        /// Sentence, e.g. `problem_incident_move`.
        key: &'static str,
    },
    /// It is somebody else's. `key` names its sentence in the page's catalogue.
    #[error("somebody else's ({key})")]
    NotOwn {
        /// Sentence, e.g. `problem_incident_note_not_own`.
        key: &'static str,
        /// Whose.
        author: String,
    },
    /// Another camera in the room has this code.
    #[error("another camera has the code {0}")]
    CodeTaken(String),
    /// Another unit in force has this name.
    #[error("another unit has the name {0}")]
    UnitNameTaken(String),

    /// The database was written by a newer program.
    #[error(
        "the database has version {found}, this program knows versions up to {known}: start the newer program"
    )]
    Newer {
        /// Its version.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The file is a database, but not one of this program.
    #[error("{} is not a database of this program", .0.display())]
    Foreign(PathBuf),
    /// The disk of the data folder cannot hold the database.
    #[error("the data folder cannot hold the database: {0}")]
    Unsuitable(String),
    /// Stored data is damaged.
    #[error("the database is damaged: {0}")]
    Damaged(String),

    /// Passwords are stored, but the master key that sealed them is not there.
    #[error(
        "the master key is missing ({}) but sealed passwords are stored: put the key back from its backup; \
         no new key is made, because the stored passwords would be lost with it", .0.display()
    )]
    KeyMissing(PathBuf),
    /// The master key is there, but not the one that sealed the stored passwords.
    #[error("the master key ({}) is not the one that sealed the stored passwords: put the right one back", .0.display())]
    KeyWrong(PathBuf),
    /// The master key cannot be used as it is.
    #[error("the master key ({}) cannot be used: {why}", path.display())]
    KeyUnusable {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A sealed value does not open with the right key: it was changed, or moved from another row.
    #[error("a sealed value cannot be opened: it was changed or moved")]
    Unopenable,

    /// No room left on the disk.
    #[error("no room left on the disk")]
    DiskFull,
    /// Somebody else holds the database.
    #[error("the database is held by another program")]
    Busy,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The machine has no random numbers.
    #[error("no random numbers: {0}")]
    Random(String),
    /// A file of the data folder.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Anything else that SQLite says.
    #[error("the database refused: {0}")]
    Sqlite(rusqlite::Error),
}

impl Error {
    /// What kind of failure, for programs.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Invalid { .. } => Code::Invalid,
            Self::NotFound { .. } => Code::NotFound,
            Self::IdTaken(_) | Self::CodeTaken(_) | Self::UnitNameTaken(_) | Self::Conflict { .. } => {
                Code::Conflict
            }
            Self::Precondition { .. } => Code::Precondition,
            Self::Forbidden { .. } | Self::NotOwn { .. } => Code::Forbidden,
            Self::Newer { .. } | Self::Foreign(_) | Self::Unsuitable(_) => Code::Precondition,
            Self::KeyMissing(_) | Self::KeyWrong(_) | Self::KeyUnusable { .. } => Code::Precondition,
            Self::Damaged(_) | Self::Unopenable => Code::DataLoss,
            Self::DiskFull => Code::DiskFull,
            Self::Busy | Self::Closed | Self::Random(_) => Code::Unavailable,
            Self::File { source, .. } => match source.kind() {
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Code::DiskFull,
                _ => Code::Unavailable,
            },
            Self::Sqlite(error) => match error.sqlite_error_code() {
                Some(
                    ErrorCode::SystemIoFailure
                    | ErrorCode::CannotOpen
                    | ErrorCode::ReadOnly
                    | ErrorCode::PermissionDenied
                    | ErrorCode::OutOfMemory
                    | ErrorCode::FileLockingProtocolFailed
                    | ErrorCode::OperationInterrupted,
                ) => Code::Unavailable,
                // The functions check first, so what a constraint still catches is a value they let through.
                Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig) => Code::Invalid,
                _ => Code::Internal,
            },
        }
    }

    /// The same for the wire, with the key of its sentence in the page's catalogue.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let code = self.code();
        let problem = match self {
            Self::Invalid { key, field } => Problem::new(code, *key).field(field),
            Self::NotFound { key, field: Some(field) } => Problem::new(code, *key).field(field),
            Self::NotFound { key, field: None } => Problem::new(code, *key),
            Self::Conflict { key } | Self::Precondition { key } | Self::Forbidden { key } => {
                Problem::new(code, *key)
            }
            Self::NotOwn { key, author } => Problem::new(code, *key).with("author", author),
            Self::IdTaken(_) => Problem::new(code, "problem_id_taken").field("id"),
            Self::CodeTaken(taken) => {
                Problem::new(code, "problem_camera_code_taken").with("code", taken).field("code")
            }
            Self::UnitNameTaken(name) => {
                Problem::new(code, "problem_unit_name_taken").with("name", name).field("name")
            }
            _ => Problem::new(
                code,
                match code {
                    Code::DiskFull => "problem_disk_full",
                    Code::DataLoss => "problem_damaged",
                    _ => "problem_storage",
                },
            ),
        };
        problem.detail(self)
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        // Extended codes of SQLITE_IOERR that mean "the bytes are wrong" (SQLITE_IOERR_CORRUPTFS, SQLITE_IOERR_DATA)
        // and "no room for the shared memory file" (SQLITE_IOERR_SHMSIZE).
        const CORRUPT_FS: i32 = 10 | (33 << 8);
        const IO_DATA: i32 = 10 | (32 << 8);
        const SHM_SIZE: i32 = 10 | (19 << 8);
        match (error.sqlite_error_code(), error.sqlite_extended_error_code()) {
            (Some(ErrorCode::DiskFull), _) | (_, Some(SHM_SIZE)) => Self::DiskFull,
            (Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked), _) => Self::Busy,
            (Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase), _)
            | (_, Some(CORRUPT_FS | IO_DATA)) => Self::Damaged(error.to_string()),
            _ => match error {
                // A column that does not hold what the schema says.
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::Utf8Error(..) => Self::Damaged(error.to_string()),
                other => Self::Sqlite(other),
            },
        }
    }
}
