//! The begin of a segment: `ftyp`, identity, `moov`.

use super::boxes::{BoxHead, ReadAt};
use super::identity::{IDENTITY, Identity};
use super::moov::Tracks;
use std::io;

/// A longer identity than this is nonsense.
const IDENTITY_BYTES: u64 = 64 << 10;

/// A longer `moov` than this is nonsense: it holds no samples.
const MOOV_BYTES: u64 = 4 << 20;

/// What the begin of a segment says.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Whose it is.
    pub identity: Identity,
    /// Its tracks.
    pub tracks: Tracks,
    /// Where the fragments begin.
    pub bytes: u64,
}

/// Why there is no head.
#[derive(Debug, thiserror::Error)]
pub enum HeadError {
    /// Nothing is in the file, or only zeros.
    #[error("the file is empty")]
    Empty,
    /// It is no segment.
    #[error("the file is no segment: {0}")]
    Foreign(String),
    /// It begins as a segment does, and ends before its first fragment could begin.
    #[error("the file ends within its head, at byte {at}")]
    Torn {
        /// Where the box begins that is not whole.
        at: u64,
    },
    /// The medium cannot be read.
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
}

impl Head {
    /// Reads the begin of a segment.
    ///
    /// # Errors
    /// See [`HeadError`].
    pub fn read(source: &(impl ReadAt + ?Sized)) -> Result<Self, HeadError> {
        let mut begin = vec![0; 8 << 10];
        let count = source.read_up_to(&mut begin, 0)?;
        begin.truncate(count);
        if begin.iter().all(|byte| *byte == 0) {
            return Err(HeadError::Empty);
        }
        let (ftyp, _) = Self::part(source, &begin, 0, 4096, |head| head.is(b"ftyp"), "it is no MP4 file")?;
        let (next, identity) = Self::part(
            source,
            &begin,
            ftyp,
            IDENTITY_BYTES,
            |head| head.user == Some(IDENTITY),
            "it has no identity",
        )?;
        let identity = Identity::parse(&identity)
            .map_err(|error| HeadError::Foreign(format!("its identity cannot be read: {error}")))?;
        let (bytes, moov) =
            Self::part(source, &begin, next, MOOV_BYTES, |head| head.is(b"moov"), "it has no tracks")?;
        let tracks = Tracks::parse(&moov)
            .ok_or_else(|| HeadError::Foreign("its tracks are not those of a segment".to_owned()))?;
        Ok(Self { identity, tracks, bytes })
    }

    /// One box of the head: where it ends, and its body.
    fn part(
        source: &(impl ReadAt + ?Sized),
        begin: &[u8],
        at: u64,
        most: u64,
        right: impl Fn(&BoxHead) -> bool,
        wrong: &str,
    ) -> Result<(u64, Vec<u8>), HeadError> {
        let here = usize::try_from(at).ok().and_then(|at| begin.get(at..)).unwrap_or(&[]);
        let head = match BoxHead::parse(here) {
            Some(head) => Some(head),
            None => BoxHead::read(source, at)?,
        };
        let len = source.len_bytes()?;
        let Some(head) = head else {
            // Too few bytes for a head: cut off here, unless even the first box is not one.
            let torn = at > 0 && at.saturating_add(32) > len;
            return Err(if torn { HeadError::Torn { at } } else { HeadError::Foreign(wrong.to_owned()) });
        };
        if !right(&head) || head.bytes > most {
            return Err(HeadError::Foreign(wrong.to_owned()));
        }
        let end = at.saturating_add(head.bytes);
        if end > len {
            return Err(HeadError::Torn { at });
        }
        let body = (head.bytes - head.head_bytes) as usize;
        let from = head.head_bytes as usize;
        let body = match here.get(from..from + body) {
            Some(body) => body.to_vec(),
            None => source.read_vec(at + head.head_bytes, body)?.ok_or(HeadError::Torn { at })?,
        };
        Ok((end, body))
    }
}
