//! The station's side of the picture workers: start, feed, restart, blame, decode tiers.

pub mod wire;
