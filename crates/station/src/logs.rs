//! Logs: JSON lines in the data folder, rotated by size and capped; short lines for people on stderr; panics without
//! what they say, which may hold anything.

use anyhow::Context;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// A file is put aside when it is this large.
const FILE_BYTES: u64 = 8 << 20;
/// Files kept, the current one included.
const FILES: u32 = 8;

/// Starts logging for the whole process. `EASIEN_LOG` sets what is logged, in the usual form (`info`,
/// `debug,easien_ingest=trace`). Hold the guard until the end: it writes the last lines.
///
/// # Errors
/// When the log file cannot be opened, or the filter makes no sense.
pub fn start(folder: &Path) -> anyhow::Result<WorkerGuard> {
    let file = RotatingFile::open(folder, "station", FILE_BYTES, FILES)
        .with_context(|| format!("no log can be written in {}", folder.display()))?;
    // Lossy when the disk is slower than the log: the station goes on.
    let (writer, guard): (NonBlocking, WorkerGuard) =
        NonBlockingBuilder::default().buffered_lines_limit(16_384).lossy(true).finish(file);
    let json = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .log_internal_errors(false)
        .with_writer(writer)
        .with_filter(filter()?);
    let people = tracing_subscriber::fmt::layer()
        .compact()
        .with_target(false)
        .with_ansi(false)
        // Whoever started the station may be gone, and its end of stderr with it: that must not hurt.
        .log_internal_errors(false)
        .with_writer(io::stderr)
        .with_filter(filter()?);
    tracing_subscriber::registry().with(json).with(people).init();
    std::panic::set_hook(Box::new(|panic| {
        let thread = std::thread::current();
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        // A literal is ours; anything put together may hold what a camera, a file or a person sent.
        let said = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("(not shown)");
        tracing::error!(place, thread = thread.name().unwrap_or_default(), said, "panic");
    }));
    Ok(guard)
}

fn filter() -> anyhow::Result<EnvFilter> {
    let wanted = std::env::var("EASIEN_LOG").unwrap_or_else(|_| "info".to_owned());
    let mut filter = EnvFilter::try_new(&wanted).context("EASIEN_LOG")?;
    // These print requests with their authorization, and whole messages, when asked for detail. Never.
    for quiet in ["retina=warn", "rtsp_types=warn", "tungstenite=warn", "tokio_tungstenite=warn"] {
        filter = filter.add_directive(quiet.parse()?);
    }
    Ok(filter)
}

/// `NAME.jsonl`, and older ones as `NAME.1.jsonl` (the youngest) and so on.
struct RotatingFile {
    folder: PathBuf,
    name: &'static str,
    file: File,
    bytes: u64,
    file_bytes: u64,
    files: u32,
}

impl RotatingFile {
    fn open(folder: &Path, name: &'static str, file_bytes: u64, files: u32) -> io::Result<Self> {
        let file = Self::current(folder, name)?;
        let bytes = file.metadata()?.len();
        Ok(Self { folder: folder.to_owned(), name, file, bytes, file_bytes, files })
    }

    fn current(folder: &Path, name: &str) -> io::Result<File> {
        OpenOptions::new().create(true).append(true).mode(0o600).open(folder.join(format!("{name}.jsonl")))
    }

    fn rotate(&mut self) -> io::Result<()> {
        let place = |number: u32| match number {
            0 => self.folder.join(format!("{}.jsonl", self.name)),
            _ => self.folder.join(format!("{}.{number}.jsonl", self.name)),
        };
        let _ = fs::remove_file(place(self.files - 1));
        for number in (0..self.files - 1).rev() {
            let _ = fs::rename(place(number), place(number + 1));
        }
        self.file = Self::current(&self.folder, self.name)?;
        self.bytes = 0;
        Ok(())
    }
}

impl Write for RotatingFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // Whole lines come here, so no line is cut in two.
        if self.bytes > 0 && self.bytes + line.len() as u64 > self.file_bytes {
            self.rotate()?;
        }
        self.file.write_all(line)?;
        self.bytes += line.len() as u64;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_and_nothing_grows_beyond_the_cap() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = RotatingFile::open(folder.path(), "station", 100, 3).unwrap();
        for number in 0..100 {
            file.write_all(format!("line {number:04} of twenty\n").as_bytes()).unwrap();
        }
        drop(file);
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(read("station.jsonl").ends_with("line 0099 of twenty\n"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
        let all = read("station.2.jsonl") + &read("station.1.jsonl") + &read("station.jsonl");
        assert!(all.len() <= 300);
        let numbers: Vec<u32> = all.lines().map(|line| line[5..9].parse().unwrap()).collect();
        assert!(
            numbers.windows(2).all(|pair| pair[1] == pair[0] + 1),
            "no line is missing or twice: {numbers:?}"
        );
        // Goes on where it was after a restart.
        let mut again = RotatingFile::open(folder.path(), "station", 100, 3).unwrap();
        again.write_all(b"again\n").unwrap();
        assert!(read("station.jsonl").ends_with("again\n"));
    }
}
