//! The program easien-station.
fn main() {}
