//! The program `easien-picture`: a child of the station that turns samples into pixels. It reads samples and tile
//! assignments from stdin ([`easien_picture::wire`]), decodes, scales into mosaics, answers on stdout, logs JSON lines
//! on stderr, and ends when stdin is closed. It opens no file and no socket, and is the only program with FFmpeg in
//! it: what a camera sends can at worst end this process.

mod annexb;
mod av;
mod end;
mod floor;
mod heap;
mod kept;
mod play;
mod run;
mod spare;
mod stream;
mod wall;

use rustix::process::{Resource, Rlimit, setrlimit};

/// Most address space: mosaics and decoders of 64 tiles need a tenth of it.
const MAX_ADDRESS_BYTES: u64 = 6 << 30;

fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().json().with_writer(std::io::stderr).with_max_level(tracing::Level::INFO).init();
    let limit = Rlimit { current: Some(MAX_ADDRESS_BYTES), maximum: Some(MAX_ADDRESS_BYTES) };
    if let Err(error) = setrlimit(Resource::As, limit) {
        tracing::warn!(%error, "no limit of memory");
    }
    // A core dump would put pictures on the disk.
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!(%error, "no limit of core dumps");
    }
    end::at_once_on_a_fault();
    heap::map_pictures();
    av::quiet();
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.split_first() {
        Some((first, rest)) if first == "floor" => floor::run(rest),
        _ => run::run(run::blame_of(&args)?),
    }
}
