//! The program `easien-picture`.
mod annexb;
mod av;
fn main() {}
