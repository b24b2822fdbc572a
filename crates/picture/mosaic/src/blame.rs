//! The blame slot: where a worker leaves the name of the stream it is busy with, so that its death is blamed on one.

use crate::memory::Memory;
use crate::{MosaicError, Result};
use easien_model::{CameraId, StreamId, StreamKind};
use std::sync::atomic::Ordering;
use uuid::Uuid;

const MAGIC: u64 = u64::from_le_bytes(*b"EaSienBl");
const BYTES: usize = 4096;
const AT_WHICH: usize = 64;
const AT_HIGH: usize = 72;
const AT_LOW: usize = 80;
/// Set in the word at [`AT_WHICH`] for a recording.
const RECORDED: u64 = 4;

/// One worker's blame slot. The worker writes, the station reads it after the worker's death.
#[derive(Debug)]
pub struct BlameSlot {
    memory: Memory,
}

impl BlameSlot {
    /// Makes an empty one.
    ///
    /// # Errors
    /// No memory.
    pub fn create() -> Result<Self> {
        let memory = Memory::create("easien-blame", BYTES)?;
        memory.word(0).store(MAGIC, Ordering::Release);
        Ok(Self { memory })
    }

    /// Opens the one that process `pid` holds as descriptor `fd`.
    ///
    /// # Errors
    /// It is gone, or is not a blame slot.
    pub fn open(pid: u32, fd: i32) -> Result<Self> {
        let memory = Memory::open(pid, fd, BYTES)?;
        if memory.word(0).load(Ordering::Acquire) != MAGIC {
            return Err(MosaicError::Invalid("not a blame slot"));
        }
        Ok(Self { memory })
    }

    /// The maker's process and descriptor, for [`BlameSlot::open`].
    #[must_use]
    pub fn place(&self) -> (u32, i32) {
        (std::process::id(), self.memory.raw_fd().unwrap_or(-1))
    }

    /// From now on the live samples of `stream` are to blame. Three writes to memory, no system call.
    pub fn set(&self, stream: StreamId) {
        self.put(stream, 0);
    }

    /// From now on a recording of `stream` is to blame: its live samples may be as good as ever.
    pub fn set_recorded(&self, stream: StreamId) {
        self.put(stream, RECORDED);
    }

    fn put(&self, stream: StreamId, recorded: u64) {
        let (high, low) = stream.camera.0.as_u64_pair();
        let which = recorded
            + match stream.which {
                StreamKind::Main => 1,
                StreamKind::Sub => 2,
            };
        self.memory.word(AT_HIGH).store(high, Ordering::Relaxed);
        self.memory.word(AT_LOW).store(low, Ordering::Relaxed);
        self.memory.word(AT_WHICH).store(which, Ordering::Release);
    }

    /// From now on nobody is to blame.
    pub fn clear(&self) {
        self.memory.word(AT_WHICH).store(0, Ordering::Release);
    }

    /// Who is to blame, live or recorded.
    #[must_use]
    pub fn read(&self) -> Option<StreamId> {
        let which = match self.memory.word(AT_WHICH).load(Ordering::Acquire) & !RECORDED {
            1 => StreamKind::Main,
            2 => StreamKind::Sub,
            _ => return None,
        };
        let word = |at| self.memory.word(at).load(Ordering::Relaxed);
        Some(StreamId { camera: CameraId(Uuid::from_u64_pair(word(AT_HIGH), word(AT_LOW))), which })
    }

    /// Whether what is to blame was a recording.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        self.memory.word(AT_WHICH).load(Ordering::Acquire) & RECORDED != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_process_sets_another_reads() {
        let slot = BlameSlot::create().unwrap();
        let (pid, fd) = slot.place();
        let other = BlameSlot::open(pid, fd).unwrap();
        assert_eq!(slot.read(), None);
        let stream = StreamId { camera: CameraId::new(), which: StreamKind::Main };
        other.set(stream);
        assert_eq!((slot.read(), slot.is_recorded()), (Some(stream), false));
        other.set_recorded(stream);
        assert_eq!((slot.read(), slot.is_recorded()), (Some(stream), true));
        other.clear();
        assert_eq!(slot.read(), None);
    }
}
