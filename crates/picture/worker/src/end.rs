//! How the process ends on a fault: at once, without a handler of its own in a memory that may be destroyed.
#![allow(unsafe_code)]

/// Takes Rust's stack overflow handler away: it would survive one `SIGSEGV` that comes from outside, and adds nothing
/// for one from inside a decoder.
pub fn at_once_on_a_fault() {
    for signal in [libc::SIGSEGV, libc::SIGBUS] {
        // SAFETY: the default action is always valid.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}
