//! `./dev bench [NAME] [--check]`: what is measured, beside its floor or peer.

mod camsim;
mod casebook;
mod clip;
mod ladder;
mod latency;
mod memory;
mod overview;
mod pace;
mod peers;
mod record;
mod report;
mod review;
mod samples;
mod soak;
mod start;
mod switches;
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
    /// Shortened rounds: to see that a benchmark works, not to measure.
    #[arg(long)]
    quick: bool,
    /// How many minutes `soak` takes; 30 without.
    #[arg(long)]
    minutes: Option<f64>,
    /// How large `casebook` is, in thousandths of its whole size; 1000 without.
    #[arg(long)]
    size: Option<u32>,
}

type Bench = fn() -> Result<Report>;

const BENCHES: [(&str, Bench); 13] = [
    ("wall", wall::run),
    ("latency", latency::run),
    ("overview", overview::run),
    ("start", start::run),
    ("peers", peers::run),
    ("camsim", camsim::run),
    ("memory", memory::run),
    ("record", record::sub),
    ("record-main", record::main_streams),
    ("review", review::run),
    ("clip", clip::run),
    ("casebook", casebook::run),
    ("soak", soak::run),
];

/// Too long, or in need of programs that nothing else needs: only when asked for by name.
const ONLY_BY_NAME: [&str; 3] = ["peers", "casebook", "soak"];

/// Named by the issues, measured when what they measure exists.
const LATER: [&str; 1] = ["scale"];

fn main() -> ExitCode {
    let mut args = Args::parse();
    if args.main_streams {
        args.names
            .iter_mut()
            .filter(|name| *name == "record")
            .for_each(|name| *name = "record-main".to_owned());
    }
    pace::set(args.quick, args.minutes, args.size);
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
        let asked = args.names.iter().any(|wanted| wanted == name);
        if !asked && (!args.names.is_empty() || ONLY_BY_NAME.contains(&name)) {
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
