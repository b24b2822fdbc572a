//! One worker's life: start, serve its pipes, notice its death, blame, start again.

use crate::state::Shared;
use crate::types::{PictureEvent, StillPixels};
use crate::wire::{self, FromWorker, MAX_FROM_WORKER_BYTES, ToWorker};
use easien_mosaic::BlameSlot;
use std::collections::VecDeque;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::Instant;

const PING: Duration = Duration::from_secs(1);
/// Longest side of a picture that is believed.
const MAX_SIDE_PX: u32 = 8192;
/// Longest line of a worker's log that is kept.
const MAX_LINE_BYTES: u64 = 4096;

/// Keeps worker number `worker` running until the scope ends (which drops this future, and with it kills the child).
pub(crate) async fn tend(shared: Arc<Shared>, worker: usize) {
    let mut deaths: VecDeque<Instant> = VecDeque::new();
    loop {
        match start(&shared) {
            Ok((child, blame)) => {
                live(&shared, worker, child, &blame).await;
                let blamed = blame.read();
                let now = Instant::now();
                let guilty = shared.lock().bury(&shared, worker, blamed, blame.is_recorded(), now);
                tracing::warn!(worker, blamed = blamed.map(tracing::field::display), "picture worker died");
                shared.tell(PictureEvent::WorkerDied { worker, blamed });
                if let Some(stream) = blamed.filter(|_| guilty) {
                    let until = shared.clock.utc_now() + shared.options.quarantine;
                    tracing::warn!(%stream, "stream in quarantine: it killed two workers within a minute");
                    shared.tell(PictureEvent::Quarantined { stream, until });
                }
            }
            Err(error) => tracing::error!(worker, %error, "picture worker not started"),
        }
        let now = Instant::now();
        deaths.retain(|at| now.duration_since(*at) < Duration::from_secs(60));
        deaths.push_back(now);
        if deaths.len() > shared.options.max_restarts as usize {
            tokio::time::sleep(shared.options.rest).await;
        }
    }
}

fn start(shared: &Shared) -> std::io::Result<(Child, BlameSlot)> {
    let blame = BlameSlot::create().map_err(std::io::Error::other)?;
    let (pid, fd) = blame.place();
    let child = Command::new(&shared.options.program)
        .arg("--blame")
        .args([pid.to_string(), fd.to_string()])
        // Nothing of the station's surroundings is a decoder's business.
        .env_clear()
        // glibc: planes of pictures and decoders' tables are mapped each on their own and given back when they are free.
        // By itself the threshold grows with what is freed, and pictures that are kept for long among decoders that come
        // and go held the heap open: measured with 240 tiles, 595 MB in two workers, against 240 MB with this.
        .env("MALLOC_MMAP_THRESHOLD_", "32768")
        .env("MALLOC_TRIM_THRESHOLD_", "131072")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Ctrl-C in a terminal is for the station, which ends its workers in order.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    Ok((child, blame))
}

/// Serves a worker until it is dead.
async fn live(shared: &Arc<Shared>, worker: usize, mut child: Child, blame: &BlameSlot) {
    let (Some(stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return;
    };
    let pid = child.id().unwrap_or(0);
    shared.lock().restore(shared, worker, pid, Instant::now());
    shared.tell(PictureEvent::WorkerUp { worker, pid });
    let pong = std::sync::atomic::AtomicU64::new(0);
    let ended = tokio::select! {
        ended = write(shared, worker, stdin) => ended,
        ended = read(shared, worker, stdout, &pong) => ended,
        () = log(worker, stderr) => "closed its log",
        ended = watch(shared, worker, &pong) => ended,
        _ = child.wait() => "ended",
    };
    // Whatever came first: it is over. A death shows itself as the end of a pipe before it can be waited for.
    if ended == HANGS {
        tracing::warn!(worker, blamed = blame.read().map(tracing::field::display), "picture worker hangs");
    }
    let _ = child.start_kill();
    match child.wait().await {
        Ok(status) => tracing::info!(worker, pid, %status, ended, "picture worker ended"),
        Err(error) => tracing::error!(worker, pid, %error, "picture worker cannot be waited for"),
    }
}

const HANGS: &str = "did not answer";

async fn write(shared: &Shared, worker: usize, mut stdin: ChildStdin) -> &'static str {
    let Some(outbox) = shared.lock().workers.get(worker).map(|worker| worker.outbox.clone()) else {
        return "unknown";
    };
    let mut batch = Vec::new();
    loop {
        outbox.take(&mut batch).await;
        if stdin.write_all(&batch).await.is_err() {
            return "closed its input";
        }
        batch.clear();
        if batch.capacity() > 1 << 20 {
            batch = Vec::new();
        }
    }
}

async fn watch(shared: &Shared, worker: usize, pong: &std::sync::atomic::AtomicU64) -> &'static str {
    let mut sent: VecDeque<(u64, Instant)> = VecDeque::new();
    for number in 1.. {
        sent.push_back((number, Instant::now()));
        shared.lock().send(worker, ToWorker::Ping { number });
        tokio::time::sleep(PING).await;
        let answered = pong.load(std::sync::atomic::Ordering::Relaxed);
        sent.retain(|(number, _)| *number > answered);
        if sent.front().is_some_and(|(_, at)| at.elapsed() > shared.options.watchdog) {
            break;
        }
    }
    HANGS
}

async fn read(
    shared: &Shared,
    worker: usize,
    mut stdout: ChildStdout,
    pong: &std::sync::atomic::AtomicU64,
) -> &'static str {
    let mut buffer: Vec<u8> = Vec::with_capacity(64 << 10);
    loop {
        match stdout.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return "closed its output",
            Ok(_) => {}
        }
        let mut from = 0;
        loop {
            match wire::split(buffer.get(from..).unwrap_or_default(), MAX_FROM_WORKER_BYTES) {
                Ok(Some((body, used))) => {
                    let Ok((message, payload)) = wire::read::<FromWorker>(body) else {
                        return "spoke nonsense";
                    };
                    hear(shared, worker, message, payload, pong);
                    from += used;
                }
                Ok(None) => break,
                Err(_) => return "spoke nonsense",
            }
        }
        buffer.drain(..from);
        if buffer.is_empty() && buffer.capacity() > 1 << 20 {
            buffer = Vec::with_capacity(64 << 10);
        }
    }
}

/// Takes a message of a worker, of which nothing is believed unseen.
fn hear(
    shared: &Shared,
    worker: usize,
    message: FromWorker,
    payload: &[u8],
    pong: &std::sync::atomic::AtomicU64,
) {
    let mut state = shared.lock();
    match message {
        FromWorker::Ready => {}
        FromWorker::Pong { number } => pong.store(number, std::sync::atomic::Ordering::Relaxed),
        FromWorker::Still { request, width_px, height_px, pts, arrived } => {
            let side = 1..=MAX_SIDE_PX;
            let bytes = width_px as usize * height_px as usize * 3;
            let asked = state.stills.get(&request).is_some_and(|still| still.worker == worker);
            let fits = side.contains(&width_px) && side.contains(&height_px) && payload.len() == bytes;
            if let Some(still) =
                Some(request).filter(|_| asked && fits).and_then(|it| state.stills.remove(&it))
            {
                let rgb = payload.to_vec();
                let _ = still.answer.send(StillPixels { width_px, height_px, rgb, pts, arrived });
            }
        }
        FromWorker::NoStill { request } => {
            if state.stills.get(&request).is_some_and(|still| still.worker == worker) {
                state.stills.remove(&request);
            }
        }
        FromWorker::Undecodable { key } => {
            if let Some(stream) = state.stream_of(worker, key) {
                tracing::warn!(%stream, "samples come, but no picture");
                shared.tell(PictureEvent::Undecodable { stream });
            }
        }
        FromWorker::Decodable { key } => {
            if let Some(stream) = state.stream_of(worker, key) {
                shared.tell(PictureEvent::Decodable { stream });
            }
        }
        FromWorker::Play { key, epoch, said } => state.hear_play(worker, key, epoch, said),
        FromWorker::Stats(stats) => {
            if let Some(worker) = state.workers.get_mut(worker) {
                worker.cpu_micros = stats.cpu_micros;
                worker.waited_ms = worker.waited_ms.max(stats.waited_ms);
            }
            for of in stats.streams.iter().take(1024) {
                if let Some(stream) =
                    state.streams.values_mut().find(|s| s.worker == worker && s.key == of.key)
                {
                    stream.stats = *of;
                }
            }
        }
    }
}

/// Passes the worker's log on, line by line.
async fn log(worker: usize, stderr: ChildStderr) {
    let mut lines = BufReader::new(stderr);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut lines).take(MAX_LINE_BYTES).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                tracing::info!(worker, line = %String::from_utf8_lossy(&line).trim_end(), "picture worker says")
            }
        }
    }
}
