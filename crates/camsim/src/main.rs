//! The program camsim.
fn main() {}
