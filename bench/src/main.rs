//! `./dev bench [NAME] [--check]`: what is measured, beside its floor or peer.

mod camsim;
mod clip;
mod latency;
mod memory;
mod record;
mod report;
mod review;
mod samples;
mod timeline;
mod wall;

use anyhow::Result;
use clap::Parser;
use report::Report;
use std::process::ExitCode;

/// Benchmarks of the control room.
#[derive(Debug, Parser)]
struct Args {
    /// Which; none: all that exist.
    names: Vec<String>,
    /// Exit 1 when a limit of bench/limits.toml is not met.
    #[arg(long)]
    check: bool,
    /// `record` with main streams: the same as `record-main`.
    #[arg(long = "main")]
    main_streams: bool,
}

type Bench = fn() -> Result<Report>;

const BENCHES: [(&str, Bench); 8] = [
    ("wall", wall::run),
    ("latency", latency::run),
    ("camsim", camsim::run),
    ("memory", memory::run),
    ("record", record::sub),
    ("record-main", record::main_streams),
    ("review", review::run),
    ("clip", clip::run),
];

/// Named by the issues, measured when what they measure exists.
const LATER: [&str; 4] = ["overview", "scale", "search", "start"];

fn main() -> ExitCode {
    let mut args = Args::parse();
    if args.main_streams {
        args.names
            .iter_mut()
            .filter(|name| *name == "record")
            .for_each(|name| *name = "record-main".to_owned());
    }
    let mut broken = vec![];
    let mut failed = false;
    for name in &args.names {
        if LATER.contains(&name.as_str()) {
            eprintln!("bench: {name} measures what a later issue builds");
            return ExitCode::from(2);
        }
        if !BENCHES.iter().any(|(known, _)| known == name) {
            eprintln!("bench: there is no {name}; there are {}", BENCHES.map(|(name, _)| name).join(", "));
            return ExitCode::from(2);
        }
    }
    for (name, bench) in BENCHES {
        if !args.names.is_empty() && !args.names.iter().any(|wanted| wanted == name) {
            continue;
        }
        eprintln!("bench: {name}");
        match bench().and_then(Report::finish) {
            Ok(over) => broken.extend(over),
            Err(error) => {
                eprintln!("bench: {name}: {error:#}");
                failed = true;
            }
        }
    }
    for line in &broken {
        eprintln!("bench: limit not met: {line}");
    }
    if failed || (args.check && !broken.is_empty()) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
