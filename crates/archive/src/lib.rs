//! Recordings: write, sync, index, recover, read, retain. Disk only, pure Rust.
