//! The program easien-picture: samples to pixels. The only FFmpeg.
fn main() {}
