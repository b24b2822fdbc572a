//! The heads of boxes (ISO/IEC 14496-12 section 4.2), and a cursor over bytes that never reads past their end.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Bytes that can be read at a place.
pub trait ReadAt {
    /// Reads at `offset`; fewer bytes than asked for only at the end.
    ///
    /// # Errors
    /// The medium cannot be read.
    fn read_some(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// How many bytes there are.
    ///
    /// # Errors
    /// The medium cannot be asked.
    fn len_bytes(&self) -> io::Result<u64>;

    /// Reads until the buffer is full or the bytes end; how many were read.
    ///
    /// # Errors
    /// The medium cannot be read.
    fn read_up_to(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match self.read_some(rest, offset.saturating_add(done as u64)) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// Reads exactly so many bytes, `None` when there are fewer.
    ///
    /// # Errors
    /// The medium cannot be read.
    fn read_vec(&self, offset: u64, bytes: usize) -> io::Result<Option<Vec<u8>>> {
        let mut buffer = vec![0; bytes];
        Ok((self.read_up_to(&mut buffer, offset)? == bytes).then_some(buffer))
    }
}

impl ReadAt for File {
    fn read_some(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.read_at(buffer, offset)
    }

    fn len_bytes(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}

impl ReadAt for [u8] {
    fn read_some(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|from| self.get(from..)).unwrap_or(&[]);
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        Ok(count)
    }

    fn len_bytes(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }
}

/// A box's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoxHead {
    /// Its four letters.
    pub kind: [u8; 4],
    /// The 16 bytes of a `uuid` box's own type.
    pub user: Option<[u8; 16]>,
    /// Bytes of the head.
    pub head_bytes: u64,
    /// Bytes of the whole box, head included.
    pub bytes: u64,
}

/// The longest head: 64-bit size and a `uuid`.
pub const HEAD_BYTES: usize = 32;

impl BoxHead {
    /// Reads a head from the first bytes of a box. `None`: too few bytes, or a size that cannot be (smaller than its
    /// own head, or "to the end of the file", which a segment never has).
    #[must_use]
    pub fn parse(data: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(data);
        let short = cursor.u32()?;
        let kind = cursor.array::<4>()?;
        let mut head_bytes = 8;
        let bytes = if short == 1 {
            head_bytes += 8;
            cursor.u64()?
        } else {
            u64::from(short)
        };
        let user = if &kind == b"uuid" {
            head_bytes += 16;
            Some(cursor.array::<16>()?)
        } else {
            None
        };
        (bytes >= head_bytes).then_some(Self { kind, user, head_bytes, bytes })
    }

    /// Reads the head of the box at `offset`.
    ///
    /// # Errors
    /// The medium cannot be read.
    pub fn read(source: &(impl ReadAt + ?Sized), offset: u64) -> io::Result<Option<Self>> {
        let mut buffer = [0; HEAD_BYTES];
        let count = source.read_up_to(&mut buffer, offset)?;
        Ok(buffer.get(..count).and_then(Self::parse))
    }

    /// Whether it is of these four letters.
    #[must_use]
    pub fn is(&self, kind: &[u8; 4]) -> bool {
        &self.kind == kind
    }
}

/// The boxes inside of a box's body, in order. Ends early where a size does not fit.
pub fn children(mut body: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let head = BoxHead::parse(body)?;
        let all = body.get(..usize::try_from(head.bytes).ok()?)?;
        body = body.get(all.len()..)?;
        Some((head.kind, all.get(usize::try_from(head.head_bytes).ok()?..)?))
    })
}

/// The first box of these four letters inside of a box's body.
#[must_use]
pub fn child<'a>(body: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    children(body).find(|(found, _)| found == kind).map(|(_, inner)| inner)
}

/// Reads big-endian numbers one after another; `None` at the end.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    rest: &'a [u8],
}

#[allow(missing_docs)]
impl<'a> Cursor<'a> {
    #[must_use]
    pub fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(bytes)?;
        self.rest = rest;
        Some(taken)
    }

    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*taken)
    }

    pub fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_be_bytes)
    }

    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_be_bytes)
    }

    /// A full box's version and flags.
    pub fn version_flags(&mut self) -> Option<(u8, u32)> {
        let both = self.u32()?;
        Some(((both >> 24) as u8, both & 0x00ff_ffff))
    }
}
