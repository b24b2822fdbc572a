//! The worker's loop, on one thread: read what the station says, decode one sample, paint, answer. The pipe is the
//! queue; with nothing to do the loop sleeps in `read`.

use crate::av::{Pixels, Scaler};
use crate::stream::Stream;
use crate::wall::Wall;
use anyhow::{Context as _, bail};
use easien_mosaic::BlameSlot;
use easien_picture::wire::{self, FromWorker, MAX_TO_WORKER_BYTES, ToWorker, WorkerStats};
use std::collections::{HashMap, VecDeque};
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

/// Bytes asked of the pipe at once.
const READ_BYTES: usize = 256 << 10;
/// A picture is not painted while newer samples of its stream wait, but at least so often.
const PAINT_AT_LEAST: Duration = Duration::from_millis(100);
/// A still waits so long for the newest of the queued pictures, and so long for any.
const STILL_NEWEST: Duration = Duration::from_secs(1);
const STILL_ANY: Duration = Duration::from_secs(10);
/// Most bytes that a stream may have waiting; and when all together have too much, each.
const MAX_QUEUED_BYTES: usize = 24 << 20;
const MAX_QUEUED_TIGHT_BYTES: usize = 512 << 10;
const MAX_QUEUED_ALL_BYTES: usize = 96 << 20;
/// More wishes for stills at a time are refused.
const MAX_STILLS: usize = 64;

/// Serves until stdin is closed.
pub fn run(blame: Option<BlameSlot>) -> anyhow::Result<()> {
    let mut worker = Worker { blame, ..Worker::default() };
    worker.say(&FromWorker::Ready, &[])?;
    let stdin = std::io::stdin();
    let mut buffer = vec![0; READ_BYTES];
    let mut filled = 0;
    loop {
        worker.flush()?;
        let waiting = rustix::io::ioctl_fionread(stdin.as_fd()).unwrap_or(1);
        if worker.ready.is_empty() || waiting > 0 {
            if buffer.len() - filled < READ_BYTES / 2 {
                buffer.resize(filled + READ_BYTES, 0);
            }
            let read = match rustix::io::read(stdin.as_fd(), buffer.get_mut(filled..).unwrap_or_default()) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error).context("reading stdin"),
            };
            filled += read;
            let mut from = 0;
            while let Some((body, used)) =
                wire::split(buffer.get(from..filled).unwrap_or_default(), MAX_TO_WORKER_BYTES)?
            {
                worker.hear(body)?;
                from += used;
            }
            buffer.copy_within(from..filled, 0);
            filled -= from;
        }
        worker.step()?;
    }
}

#[derive(Default)]
struct Worker {
    blame: Option<BlameSlot>,
    streams: HashMap<u32, Stream>,
    /// Streams with something queued, in turn.
    ready: VecDeque<u32>,
    wall: Wall,
    /// Wanted stills: request, stream, since when.
    stills: Vec<(u64, u32, Instant)>,
    out: Vec<u8>,
    stats_at: Option<Instant>,
}

impl Worker {
    fn hear(&mut self, body: &[u8]) -> anyhow::Result<()> {
        let now = Instant::now();
        let (message, payload) = wire::read::<ToWorker>(body).context("a message of the station")?;
        match message {
            ToWorker::Ping { number } => self.say(&FromWorker::Pong { number }, &[])?,
            ToWorker::Open { key, stream, tier } => {
                self.streams.insert(key, Stream::new(key, stream, tier));
            }
            ToWorker::Params { key, params } => {
                if let Some(stream) = self.streams.get_mut(&key) {
                    stream.push_params(params);
                    self.wake(key);
                }
            }
            ToWorker::Sample(head) => {
                let all: usize = self.streams.values().map(Stream::queued_bytes).sum();
                let most = if all > MAX_QUEUED_ALL_BYTES { MAX_QUEUED_TIGHT_BYTES } else { MAX_QUEUED_BYTES };
                if let Some(stream) = self.streams.get_mut(&head.key)
                    && let Some(codec) = stream.codec()
                {
                    stream.push(head, payload, codec, most);
                    self.wake(head.key);
                }
            }
            ToWorker::End { key } => {
                if let Some(stream) = self.streams.get_mut(&key) {
                    stream.push_end();
                    self.wake(key);
                }
            }
            ToWorker::Tier { key, tier } => {
                if let Some(stream) = self.streams.get_mut(&key) {
                    stream.tier = tier;
                }
            }
            ToWorker::Close { key } => {
                self.streams.remove(&key);
            }
            ToWorker::Mosaic { mosaic, place } => self.wall.open(mosaic, &place),
            ToWorker::CloseMosaic { mosaic } => self.wall.close(mosaic),
            ToWorker::Tile { mosaic, slot, assignment, sources } => {
                self.wall.tile((mosaic, slot), assignment, sources, &mut self.streams, now);
            }
            ToWorker::Still { request, key } => {
                if self.stills.len() >= MAX_STILLS {
                    self.say(&FromWorker::NoStill { request }, &[])?;
                } else {
                    self.stills.push((request, key, now));
                    self.give_stills(key, now)?;
                }
            }
        }
        Ok(())
    }

    fn wake(&mut self, key: u32) {
        if !self.ready.contains(&key) {
            self.ready.push_back(key);
        }
    }

    /// Decodes one sample of the stream whose turn it is.
    fn step(&mut self) -> anyhow::Result<()> {
        let now = Instant::now();
        if let Some(key) = self.ready.pop_front()
            && let Some(stream) = self.streams.get_mut(&key)
        {
            if let Some(blame) = &self.blame {
                blame.set(stream.id);
            }
            let outcome = stream.step(now);
            let idle = stream.is_idle();
            if !idle {
                self.ready.push_back(key);
            }
            let due = stream.painted.is_none_or(|at| now.duration_since(at) > PAINT_AT_LEAST);
            if stream.unpainted && (idle || due) {
                self.wall.paint(key, stream, now);
            }
            if let Some(blame) = &self.blame {
                blame.clear();
            }
            match outcome.decodable {
                Some(true) => self.say(&FromWorker::Decodable { key }, &[])?,
                Some(false) => self.say(&FromWorker::Undecodable { key }, &[])?,
                None => {}
            }
            self.give_stills(key, now)?;
        }
        self.say_stats(now)
    }

    /// Answers the wishes for stills of a stream that can be answered.
    fn give_stills(&mut self, key: u32, now: Instant) -> anyhow::Result<()> {
        if !self.stills.iter().any(|(_, wanted, _)| *wanted == key) {
            return Ok(());
        }
        let mut rest = Vec::new();
        for (request, wanted, since) in std::mem::take(&mut self.stills) {
            let waited = now.duration_since(since);
            let stream = self.streams.get(&wanted);
            let shot = stream
                .filter(|stream| stream.is_idle() || waited > STILL_NEWEST)
                .and_then(|stream| stream.latest.as_ref());
            if wanted != key {
                rest.push((request, wanted, since));
            } else if let Some(shot) = shot {
                match rgb(shot) {
                    Some((width_px, height_px, rgb)) => {
                        let (pts, arrived) = (shot.pts, shot.arrived);
                        self.say(&FromWorker::Still { request, width_px, height_px, pts, arrived }, &rgb)?;
                    }
                    None => self.say(&FromWorker::NoStill { request }, &[])?,
                }
            } else if stream.is_none() || waited > STILL_ANY {
                self.say(&FromWorker::NoStill { request }, &[])?;
            } else {
                rest.push((request, wanted, since));
            }
        }
        self.stills = rest;
        Ok(())
    }

    fn say_stats(&mut self, now: Instant) -> anyhow::Result<()> {
        if self.streams.is_empty()
            || self.stats_at.is_some_and(|at| now.duration_since(at) < Duration::from_secs(1))
        {
            return Ok(());
        }
        self.stats_at = Some(now);
        let streams = self.streams.values().map(|stream| stream.stats).collect();
        self.say(&FromWorker::Stats(WorkerStats { cpu_micros: cpu_micros(), streams }), &[])
    }

    fn say(&mut self, message: &FromWorker, payload: &[u8]) -> anyhow::Result<()> {
        Ok(wire::put(&mut self.out, message, payload)?)
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(&self.out).and_then(|()| stdout.flush()).context("writing stdout")?;
        self.out.clear();
        if self.out.capacity() > 1 << 20 {
            self.out = Vec::new();
        }
        Ok(())
    }
}

/// A picture in full size as R, G, B; at its shown aspect where pixels are not square.
fn rgb(shot: &crate::stream::Shot) -> Option<(u32, u32, Vec<u8>)> {
    let shape = shot.picture.shape()?;
    let (width, height) = (f64::from(shape.width_px), f64::from(shape.height_px));
    let shown = (height * shot.picture.aspect()).round();
    // Square pixels, never by leaving out what was decoded.
    let (width_px, height_px) = if (shown - width).abs() <= 1.0 {
        (shape.width_px, shape.height_px)
    } else if shown > width {
        (shown.min(f64::from(crate::av::MAX_SIDE_PX)) as u32, shape.height_px)
    } else {
        (
            shape.width_px,
            (width / shot.picture.aspect()).round().min(f64::from(crate::av::MAX_SIDE_PX)) as u32,
        )
    };
    let mut scaler = Scaler::new(shape, width_px, height_px, Pixels::Rgb)?;
    let stride = width_px as usize * 3;
    let mut pixels = vec![0; stride * height_px as usize];
    scaler.scale(&shot.picture, &mut pixels, 0, stride).then_some((width_px, height_px, pixels))
}

/// CPU time of this process so far, in microseconds.
pub fn cpu_micros() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0) / 1000
}

/// Refuses what is not asked for, so that a mistyped option is not taken for silence.
pub fn blame_of(args: &[String]) -> anyhow::Result<Option<BlameSlot>> {
    match args {
        [] => Ok(None),
        [option, pid, fd] if option == "--blame" => {
            let slot = BlameSlot::open(pid.parse().context("PID")?, fd.parse().context("FD")?)?;
            Ok(Some(slot))
        }
        _ => bail!("usage: easien-picture [--blame PID FD] | easien-picture floor WIDTH HEIGHT [FILE]"),
    }
}
