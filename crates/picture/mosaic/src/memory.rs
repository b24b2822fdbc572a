//! A sealed piece of memory that several processes map: making, opening, and checked access to words and byte ranges.
//! All pointer work of the crate is here.

use crate::{MosaicError, Result};
use memmap2::{MmapOptions, MmapRaw};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, ftruncate, memfd_create};
use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;

/// Without these, another process could shrink the file under a mapping and kill the reader by `SIGBUS`.
const SIZE_SEALS: SealFlags = SealFlags::SHRINK.union(SealFlags::GROW);

/// A mapping. Zero-filled when made.
#[derive(Debug)]
pub(crate) struct Memory {
    map: MmapRaw,
    /// Kept by the maker, so that others can open it by `/proc/PID/fd/N`.
    fd: Option<OwnedFd>,
}

impl Memory {
    pub(crate) fn create(name: &str, bytes: usize) -> Result<Self> {
        let fd = memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)
            .map_err(|error| MosaicError::os("memfd_create", error))?;
        ftruncate(&fd, bytes as u64).map_err(|error| MosaicError::os("ftruncate", error))?;
        fcntl_add_seals(&fd, SIZE_SEALS | SealFlags::SEAL).map_err(|error| MosaicError::os("seal", error))?;
        let map =
            MmapOptions::new().len(bytes).map_raw(&fd).map_err(|error| MosaicError::os("mmap", error))?;
        Ok(Self { map, fd: Some(fd) })
    }

    /// Maps another process's memory of exactly `bytes`.
    pub(crate) fn open(pid: u32, fd: i32, bytes: usize) -> Result<Self> {
        // O_NONBLOCK (0o4000): should the number stand for a pipe by now, opening it must not hang.
        let file: File = File::options()
            .read(true)
            .write(true)
            .custom_flags(0o4000)
            .open(format!("/proc/{pid}/fd/{fd}"))
            .map_err(|error| MosaicError::os("open", error))?;
        let seals = fcntl_get_seals(&file).map_err(|error| MosaicError::os("read seals", error))?;
        if !seals.contains(SIZE_SEALS) {
            return Err(MosaicError::Invalid("the size is not sealed"));
        }
        let stat = fstat(&file).map_err(|error| MosaicError::os("fstat", error))?;
        if usize::try_from(stat.st_size).ok() != Some(bytes) {
            return Err(MosaicError::Invalid("the size is another"));
        }
        let map =
            MmapOptions::new().len(bytes).map_raw(&file).map_err(|error| MosaicError::os("mmap", error))?;
        Ok(Self { map, fd: None })
    }

    /// The maker's descriptor; none in a process that opened it.
    pub(crate) fn raw_fd(&self) -> Option<i32> {
        self.fd.as_ref().map(AsRawFd::as_raw_fd)
    }

    pub(crate) fn len(&self) -> usize {
        self.map.len()
    }

    /// The word at `offset` (computed by `layout`, never read from the memory).
    ///
    /// # Panics
    /// If the offset is outside or not a multiple of 8: a defect of ours.
    pub(crate) fn word(&self, offset: usize) -> &AtomicU64 {
        assert!(offset.is_multiple_of(8) && offset.checked_add(8).is_some_and(|end| end <= self.map.len()));
        // SAFETY: inside the mapping (checked above), aligned (the mapping is page aligned), alive as long as `self`;
        // every process accesses these words through atomics only.
        unsafe { AtomicU64::from_ptr(self.map.as_mut_ptr().add(offset).cast()) }
    }

    /// Where the byte range begins; the caller must own the range by the buffer protocol before reading or writing.
    ///
    /// # Panics
    /// If the range is outside: a defect of ours.
    pub(crate) fn bytes(&self, offset: usize, len: usize) -> NonNull<u8> {
        assert!(offset.checked_add(len).is_some_and(|end| end <= self.map.len()));
        // SAFETY: inside the mapping (checked above), so not null and in one allocation.
        unsafe { NonNull::new_unchecked(self.map.as_mut_ptr().add(offset)) }
    }
}
