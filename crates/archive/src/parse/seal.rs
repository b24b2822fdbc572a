//! The seal behind each fragment: what it says and whether the box is one.

use super::boxes::{BoxHead, Cursor, ReadAt};
use easien_model::UtcMicros;
use std::io;

/// Type of the box.
pub const SEAL: [u8; 16] = uuid::uuid!("45617369-656e-5365-616c-000000000001").into_bytes();

/// Size of the box.
pub const SEAL_BYTES: u64 = 84;

/// The first bytes of every seal, to find one in the middle of anything.
pub const SEAL_BEGIN: [u8; 24] = {
    let mut begin = [0; 24];
    let head = [0, 0, 0, SEAL_BYTES as u8, b'u', b'u', b'i', b'd'];
    let mut at = 0;
    while at < 8 {
        begin[at] = head[at];
        at += 1;
    }
    while at < 24 {
        begin[at] = SEAL[at - 8];
        at += 1;
    }
    begin
};

/// No label is further from 1970 than this (some 2000 years).
const MOST_US: u64 = 1 << 56;

/// What a seal says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Number of the fragment, from 1.
    pub number: u32,
    /// UTC of the first picture.
    pub begin: UtcMicros,
    /// UTC of the end of the last picture.
    pub end: UtcMicros,
    /// The fragment begins with a key frame.
    pub key: bool,
    /// Pictures in it.
    pub samples: u32,
    /// SHA-256 of every byte of the file before these.
    pub sha256: [u8; 32],
}

impl Seal {
    /// Reads a seal from the bytes of its box. `None`: it is none.
    #[must_use]
    pub fn parse(data: &[u8]) -> Option<Self> {
        let head = BoxHead::parse(data)?;
        if head.user != Some(SEAL) || head.bytes != SEAL_BYTES || head.head_bytes != 24 {
            return None;
        }
        let mut cursor = Cursor::new(data.get(24..)?);
        let number = cursor.u32()?;
        let begin = UtcMicros(cursor.i64()?);
        let end = UtcMicros(cursor.i64()?);
        let flags = cursor.u32()?;
        let samples = cursor.u32()?;
        let sha256 = cursor.array::<32>()?;
        let known = |at: UtcMicros| at.0.unsigned_abs() < MOST_US;
        (begin <= end && known(begin) && known(end)).then_some(Self {
            number,
            begin,
            end,
            key: flags & 1 != 0,
            samples,
            sha256,
        })
    }

    /// Reads the seal at `offset`.
    ///
    /// # Errors
    /// The medium cannot be read.
    pub fn read(source: &(impl ReadAt + ?Sized), offset: u64) -> io::Result<Option<Self>> {
        let mut buffer = [0; SEAL_BYTES as usize];
        let count = source.read_up_to(&mut buffer, offset)?;
        Ok(buffer.get(..count).and_then(Self::parse))
    }
}
