//! Writing of MP4 boxes (ISO/IEC 14496-12, -14, -15): the head of a segment, its fragments, seals and index. Pure: bytes
//! in memory, no files. Reading them is `parse`'s.

pub mod entry;
pub mod fragment;
pub mod head;
pub mod sps;

pub use fragment::{Fragment, SampleMeta, Seal, mfra, moof};
pub use head::{VIDEO_TIMESCALE, head};

/// Boxes being written.
#[derive(Debug, Default)]
pub struct BoxWriter {
    out: Vec<u8>,
}

impl BoxWriter {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// Bytes so far.
    #[must_use]
    pub fn position(&self) -> usize {
        self.out.len()
    }

    /// A box around what `inside` writes.
    pub fn boxed(&mut self, kind: &[u8; 4], inside: impl FnOnce(&mut Self)) {
        let begin = self.out.len();
        self.u32(0);
        self.bytes(kind);
        inside(self);
        let size = u32::try_from(self.out.len() - begin).unwrap_or(u32::MAX);
        self.patch_u32(begin, size);
    }

    /// A box with version and flags.
    pub fn full(&mut self, kind: &[u8; 4], version: u8, flags: u32, inside: impl FnOnce(&mut Self)) {
        self.boxed(kind, |w| {
            w.u32(u32::from(version) << 24 | flags & 0x00ff_ffff);
            inside(w);
        });
    }

    /// Overwrites four bytes at `place`.
    pub fn patch_u32(&mut self, place: usize, value: u32) {
        if let Some(bytes) = self.out.get_mut(place..place + 4) {
            bytes.copy_from_slice(&value.to_be_bytes());
        }
    }

    /// One byte.
    pub fn u8(&mut self, value: u8) {
        self.out.push(value);
    }

    /// Two bytes.
    pub fn u16(&mut self, value: u16) {
        self.bytes(&value.to_be_bytes());
    }

    /// Four bytes.
    pub fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    /// Eight bytes.
    pub fn u64(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes());
    }

    /// As they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// So many zero bytes.
    pub fn zeros(&mut self, count: usize) {
        self.out.resize(self.out.len() + count, 0);
    }
}
