//! The program easien: windows, the video surface; forwards calls to the station. The only Tauri.
fn main() {}
