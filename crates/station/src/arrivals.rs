//! `--trace-arrivals FILE`: when each picture's last packet arrived, for the latency bench. One CSV line a video
//! sample: `camera_code,which,pts_90k,arrived_micros`.

use crate::station::Station;
use easien_model::{Scope, StreamId, StreamKind};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

/// Lines that may wait for the disk; more are dropped and counted at the end.
const WAITING: usize = 8192;

/// How long a line may wait in memory.
const FLUSH: Duration = Duration::from_millis(200);

/// The open trace.
pub struct Trace {
    lines: mpsc::SyncSender<String>,
    followed: Arc<Mutex<HashSet<StreamId>>>,
    scope: Scope,
}

impl Trace {
    /// Makes the file (an older one is overwritten) and the thread that writes it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn start(path: &Path, scope: Scope) -> io::Result<Self> {
        let mut file = BufWriter::new(File::create(path)?);
        writeln!(file, "camera_code,which,pts_90k,arrived_micros")?;
        let (lines, queue) = mpsc::sync_channel::<String>(WAITING);
        std::thread::Builder::new().name("trace".to_owned()).spawn(move || {
            // Readers look while it runs, and a kill must not cost much.
            let mut flushed = Instant::now();
            loop {
                let written = match queue.recv_timeout(FLUSH) {
                    Ok(line) => file.write_all(line.as_bytes()),
                    Err(mpsc::RecvTimeoutError::Timeout) => Ok(()),
                    Err(mpsc::RecvTimeoutError::Disconnected) => return drop(file.flush()),
                };
                if written.is_err() {
                    return;
                }
                if flushed.elapsed() >= FLUSH {
                    drop(file.flush());
                    flushed = Instant::now();
                }
            }
        })?;
        Ok(Self { lines, followed: Arc::default(), scope })
    }

    /// Writes a stream's samples down until it is closed.
    pub(crate) fn follow(&self, station: &Station, stream: StreamId, code: &str) {
        if !self.followed.lock().unwrap_or_else(PoisonError::into_inner).insert(stream) {
            return;
        }
        let (lines, followed, code) = (self.lines.clone(), self.followed.clone(), code.to_owned());
        let ingest = station.ingest.clone();
        self.scope.spawn("trace", async move {
            let which = if stream.which == StreamKind::Main { "main" } else { "sub" };
            let mut dropped = 0_u64;
            if let Some(mut lane) = ingest.view(stream) {
                while let Some(sample) = lane.next().await {
                    let line = format!("{code},{which},{},{}\n", sample.pts.0, sample.arrived.0);
                    dropped += u64::from(lines.try_send(line).is_err());
                }
            }
            if dropped > 0 {
                tracing::warn!(dropped, %stream, "lines of the trace were dropped");
            }
            followed.lock().unwrap_or_else(PoisonError::into_inner).remove(&stream);
        });
    }
}
