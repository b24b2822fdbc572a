//! The error codes that reach a person or a program outside, and the wire form of an error. Each crate has its own
//! `thiserror` enum with a `code()`; the station turns it into a [`Problem`], the page into a sentence.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use ts_rs::TS;

/// What kind of failure, for programs. Few on purpose: the sentence for a person is [`Problem::key`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub enum Code {
    /// Nobody is signed in.
    Unauthenticated,
    /// Signed in, but without the role.
    Forbidden,
    /// The thing named does not exist.
    NotFound,
    /// Somebody else was first, or the id stands for something else already.
    Conflict,
    /// What was given cannot be right.
    Invalid,
    /// Right in itself, but not now.
    Precondition,
    /// Something needed is not there; trying again may help.
    Unavailable,
    /// It took too long.
    Timeout,
    /// No room left on a disk.
    DiskFull,
    /// Stored data is damaged.
    DataLoss,
    /// Not something this program does.
    Unsupported,
    /// Stopped on request.
    Cancelled,
    /// A defect of ours.
    Internal,
}

/// An error as it crosses the wire. Never holds a credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, thiserror::Error)]
pub struct Problem {
    /// For programs.
    pub code: Code,
    /// Name of the sentence in the page's catalogue, e.g. `problem_camera_code_taken`. Letters, digits, underscores.
    pub key: String,
    /// What the sentence is filled with, e.g. `code -> C017`.
    #[serde(default)]
    pub params: BTreeMap<String, String>,
    /// Name of the form field that is wrong, as in the command's arguments, if it is one field.
    #[serde(default)]
    pub field: Option<String>,
    /// For the log and the curious: English, technical, without credentials.
    #[serde(default)]
    pub detail: String,
}

impl Problem {
    /// A problem with a code and the key of its sentence.
    #[must_use]
    pub fn new(code: Code, key: impl Into<String>) -> Self {
        Self { code, key: key.into(), params: BTreeMap::new(), field: None, detail: String::new() }
    }

    /// Fills one placeholder of the sentence.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }

    /// Says which form field is wrong.
    #[must_use]
    pub fn field(mut self, name: &str) -> Self {
        self.field = Some(name.to_owned());
        self
    }

    /// Adds the technical detail.
    #[must_use]
    pub fn detail(mut self, detail: impl fmt::Display) -> Self {
        self.detail = detail.to_string();
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.code, self.key)?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}
