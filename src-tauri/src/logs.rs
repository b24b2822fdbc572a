//! The window's own log: JSON lines in the data folder, a new file each day, the oldest deleted.

use anyhow::Context;
use std::io::IsTerminal;
use std::path::Path;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{Builder, Rotation};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Days kept.
const FILES_MOST: usize = 14;

/// Opens the log. Lines reach the file as long as the guard lives.
///
/// # Errors
/// The folder cannot be written.
pub fn open(data: &Path) -> anyhow::Result<WorkerGuard> {
    let folder = data.join("logs");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let file = Builder::new()
        .rotation(Rotation::DAILY)
        .filename_prefix("window")
        .filename_suffix("log")
        .max_log_files(FILES_MOST)
        .build(&folder)
        .with_context(|| folder.display().to_string())?;
    // Bounded; when the disk is too slow, lines are dropped rather than pictures.
    let (writer, guard) = tracing_appender::non_blocking(file);
    let filter = EnvFilter::try_from_env("EASIEN_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let to_file = tracing_subscriber::fmt::layer().json().with_writer(writer);
    let to_terminal = tracing_subscriber::fmt::layer()
        .compact()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_filter(tracing_subscriber::filter::LevelFilter::WARN);
    tracing_subscriber::registry().with(filter).with(to_file).with(to_terminal).init();
    Ok(guard)
}
