//! The C heap, which FFmpeg's buffers live in: what a closed stream leaves goes back to the system. A wall opens and
//! closes streams all day, and glibc would keep for good what lay highest at its busiest moment.
#![allow(unsafe_code)]

/// Buffers from this size on are mappings of their own, which end with them. glibc begins with this value and raises
/// it up to 32 MiB with the largest buffer freed (mallopt(3), "dynamic mmap threshold"); set, it stays.
const MAPPED_FROM_BYTES: libc::c_int = 128 << 10;

/// Pictures are mappings of their own from now on.
pub fn map_pictures() {
    // SAFETY: called before any other thread is; the parameters are documented ones.
    #[cfg(target_env = "gnu")]
    if unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED_FROM_BYTES) } == 0 {
        tracing::warn!("the heap keeps its own threshold");
    }
}

/// Gives whole free pages back.
pub fn give_back() {
    // SAFETY: without preconditions; the heap's own lock is taken inside.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::malloc_trim(0);
    }
}
