//! The shared memory that picture workers write and windows paint.
