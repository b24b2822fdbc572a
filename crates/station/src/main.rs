//! The program easien-station: reads how it shall run, and runs.

use clap::{Parser, Subcommand};
use easien_station::run::{Start, run};
use easien_station::{Folder, archive_program, audit_program, backup_program};
use std::path::PathBuf;
use std::process::ExitCode;

/// The station runs for months, and packets of all sizes live side by side with what is kept for long: what glibc's
/// allocator leaves in pieces between them this one gives back (`./dev bench soak`).
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The running control centre without a window. One per data folder; a second one says so and ends with 3.
#[derive(Parser)]
#[command(name = "easien-station", version, about)]
struct Arguments {
    /// The data folder; absent: $XDG_DATA_HOME/easien.
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    /// Open the loopback WebSocket for pages and write its address (with its token) into this file.
    #[arg(long, value_name = "FILE")]
    page_port_file: Option<PathBuf>,
    /// An origin that may use it, e.g. http://127.0.0.1:5173; several times.
    #[arg(long = "page-origin", value_name = "ORIGIN")]
    page_origins: Vec<String>,
    /// Add the cameras of this list (the JSON line that camsim prints).
    #[arg(long, value_name = "FILE")]
    add_cameras: Option<PathBuf>,
    /// Picture workers, at least 2; absent: one a core.
    #[arg(long, value_name = "N")]
    workers: Option<usize>,
    /// Write down when each picture's last packet arrived, for the latency bench.
    #[arg(long, value_name = "FILE")]
    trace_arrivals: Option<PathBuf>,
    /// Length of a file of recording, for tests and benchmarks.
    #[arg(long, value_name = "N", hide = true, value_parser = clap::value_parser!(u64).range(1..=3600))]
    segment_seconds: Option<u64>,
    /// Do something else than run.
    #[command(subcommand)]
    instead: Option<Instead>,
}

/// What else this program does.
#[derive(Subcommand)]
enum Instead {
    /// Looks at the files of recording, without the station.
    Archive {
        /// What is to be done.
        #[command(subcommand)]
        what: Archive,
    },
    /// Everything but the footage in one file, taken while the station runs.
    Backup {
        /// What is to be done.
        #[command(subcommand)]
        what: Backup,
    },
    /// Looks at the audit: who did what, when, to what.
    Audit {
        /// What is to be done.
        #[command(subcommand)]
        what: Audit,
    },
}

/// What can be done with backups.
#[derive(Subcommand)]
enum Backup {
    /// Takes a backup and rehearses its restoring into a scratch folder.
    Make {
        /// The file to be made; nothing is written over.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// A file with the passphrase, 12 characters or more: the station's keys are sealed with it. Without, the backup
        /// holds no keys.
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// Restores a backup into the data folder, which must be empty.
    Restore {
        /// The backup.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// A file with its passphrase.
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
}

/// What can be done with the audit.
#[derive(Subcommand)]
enum Audit {
    /// Goes through the audit and everything that people wrote, and says what is not as it was written; ends with 1
    /// then. A station may run.
    Verify {
        /// A checkpoint that was kept elsewhere, or the folder that they are copied to: shows also what was cut off the end.
        #[arg(long, value_name = "FILE|FOLDER")]
        checkpoint: Option<PathBuf>,
    },
}

/// What can be done with the files of recording.
#[derive(Subcommand)]
enum Archive {
    /// Reads every file and says which are not what was written; ends with 1 if there is one. Changes nothing; a
    /// station may run.
    Check {
        /// This volume only: its folder; absent: all of the data folder's.
        #[arg(long, value_name = "PATH")]
        volume: Option<PathBuf>,
        /// One JSON line a file.
        #[arg(long)]
        json: bool,
    },
    /// Makes the index (recordings.db) anew from the files; the old one is kept aside. No station may run.
    Rebuild {
        /// This volume too, beside the data folder's.
        #[arg(long, value_name = "PATH")]
        volume: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Some(data) = arguments.data.or_else(Folder::default_root) else {
        eprintln!("easien-station: no data folder: give --data DIR, or set HOME");
        return ExitCode::from(2);
    };
    match arguments.instead {
        Some(Instead::Archive { what: Archive::Check { volume, json } }) => {
            return archive_program::check(&data, volume.as_deref(), json);
        }
        Some(Instead::Archive { what: Archive::Rebuild { volume } }) => {
            return archive_program::rebuild(&data, volume.as_deref());
        }
        Some(Instead::Backup { what: Backup::Make { file, passphrase_file } }) => {
            return backup_program::make(&data, &file, passphrase_file.as_deref());
        }
        Some(Instead::Backup { what: Backup::Restore { file, passphrase_file } }) => {
            return backup_program::restore(&file, &data, passphrase_file.as_deref());
        }
        Some(Instead::Audit { what: Audit::Verify { checkpoint } }) => {
            return audit_program::verify(&data, checkpoint.as_deref());
        }
        None => {}
    }
    run(Start {
        data,
        page_port_file: arguments.page_port_file,
        page_origins: arguments.page_origins,
        add_cameras: arguments.add_cameras,
        workers: arguments.workers,
        trace_arrivals: arguments.trace_arrivals,
        segment_seconds: arguments.segment_seconds,
    })
}
