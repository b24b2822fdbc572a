//! The worker's loop, on one thread: read what the station says, decode one sample, paint, answer. The pipe is the
//! queue; with nothing to do the loop sleeps in `read`.

use crate::av::{Pixels, Scaler};
use crate::heap;
use crate::play::{Play, Step};
use crate::stream::{Shot, Stream};
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
/// Most bytes of pictures kept for painting again, over all plays: two groups of 50 in a tile of 1600x900.
const MOST_KEPT_BYTES: usize = 224 << 20;
/// Bytes read before something is decoded again: what was told last may make moot what was told before.
const MOST_READ_BYTES: usize = 2 << 20;
/// How far decoding of recordings may run ahead of that of live streams, or behind, when both have something to do.
const FAIR_US: i64 = 20_000;
/// More wishes for stills at a time are refused.
const MAX_STILLS: usize = 64;

/// Serves until stdin is closed.
pub fn run(blame: Option<BlameSlot>) -> anyhow::Result<()> {
    let mut worker = Worker { blame, ..Worker::default() };
    worker.say(&FromWorker::Ready, &[])?;
    let stdin = std::io::stdin();
    let mut buffer = vec![0; READ_BYTES];
    let mut filled = 0;
    // More room in the pipe means fewer turns between the two programs; the system's own size does too.
    let _ = rustix::pipe::fcntl_setpipe_size(stdin.as_fd(), 1 << 20);
    loop {
        worker.flush()?;
        let mut read_bytes = 0;
        loop {
            let waiting = rustix::io::ioctl_fionread(stdin.as_fd()).unwrap_or(1);
            let busy = worker.is_busy() || read_bytes > 0;
            if busy && (waiting == 0 || read_bytes > worker.most_read_bytes()) {
                break;
            }
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
            read_bytes += read;
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
    plays: HashMap<u32, Play>,
    /// Plays with something to do, in turn.
    ready_plays: VecDeque<u32>,
    /// Time that plays took more than live streams while both had something to do.
    plays_ahead_us: i64,
    wall: Wall,
    /// Wanted stills: request, stream, since when.
    stills: Vec<(u64, u32, Instant)>,
    out: Vec<u8>,
    stats_at: Option<Instant>,
    /// Something was closed since memory was given back.
    freed: bool,
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
                if let Some(play) = self.plays.get_mut(&key) {
                    play.push_params(params);
                    self.wake_play(key);
                } else if let Some(stream) = self.streams.get_mut(&key) {
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
                self.plays.remove(&key);
                self.freed = true;
            }
            ToWorker::OpenPlay { key, stream } => {
                self.plays.insert(key, Play::new(key, stream));
            }
            ToWorker::PlaySample { head, due } => {
                if let Some(play) = self.plays.get_mut(&head.key) {
                    play.push_sample(&head, due, payload);
                    self.wake_play(head.key);
                }
            }
            ToWorker::ResetPlay { key, epoch } => {
                if let Some(play) = self.plays.get_mut(&key) {
                    play.reset(epoch);
                }
            }
            ToWorker::EndOfGop { key } => {
                if let Some(play) = self.plays.get_mut(&key) {
                    play.push_end();
                    self.wake_play(key);
                }
            }
            ToWorker::Paint { key, at } => {
                if let Some(play) = self.plays.get_mut(&key) {
                    play.push_paint(at);
                    self.wake_play(key);
                }
            }
            ToWorker::Mosaic { mosaic, place } => self.wall.open(mosaic, &place),
            ToWorker::CloseMosaic { mosaic } => self.wall.close(mosaic),
            ToWorker::Tile { mosaic, slot, assignment, sources, part } => {
                let all = (&mut self.streams, &self.plays);
                self.wall.tile((mosaic, slot), assignment, (sources, part), all, now);
            }
            ToWorker::Still { request, key } => {
                if let Some(play) = self.plays.get_mut(&key) {
                    play.push_still(request);
                    self.wake_play(key);
                } else if self.stills.len() >= MAX_STILLS {
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

    fn wake_play(&mut self, key: u32) {
        if !self.ready_plays.contains(&key) {
            self.ready_plays.push_back(key);
        }
    }

    /// Live samples wait in the pipe as well as anywhere; of recordings a reset may follow.
    fn most_read_bytes(&self) -> usize {
        if self.plays.is_empty() { 0 } else { MOST_READ_BYTES }
    }

    fn is_busy(&self) -> bool {
        !self.ready.is_empty() || !self.ready_plays.is_empty()
    }

    /// Decodes one sample: of a live stream or of a play, so that both get the same time while both want it. A backlog of
    /// recordings leaves live tiles half of the worker, and the other way round.
    fn step(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        let both = !self.ready.is_empty() && !self.ready_plays.is_empty();
        let is_play = self.ready.is_empty() || (both && self.plays_ahead_us <= 0);
        if is_play {
            self.step_play(begun)?;
        } else {
            self.step_live(begun)?;
        }
        if both {
            let took_us = i64::try_from(begun.elapsed().as_micros()).unwrap_or(FAIR_US);
            let ahead_us = self.plays_ahead_us + if is_play { took_us } else { -took_us };
            self.plays_ahead_us = ahead_us.clamp(-FAIR_US, FAIR_US);
        }
        self.say_stats(begun)
    }

    /// Decodes one sample of the play whose turn it is, or paints what it is told.
    fn step_play(&mut self, now: Instant) -> anyhow::Result<()> {
        let Some(key) = self.ready_plays.pop_front() else { return Ok(()) };
        let kept_bytes = |plays: &HashMap<u32, Play>| plays.values().map(Play::kept_bytes).sum::<usize>();
        let shown = self.plays.keys().filter(|key| self.wall.shows(**key)).count();
        let others_bytes =
            kept_bytes(&self.plays).saturating_sub(self.plays.get(&key).map_or(0, Play::kept_bytes));
        // What the others leave, and a fair share in any case.
        let most_bytes = MOST_KEPT_BYTES.saturating_sub(others_bytes).max(MOST_KEPT_BYTES / shown.max(1));
        let Some(play) = self.plays.get_mut(&key) else { return Ok(()) };
        if let Some(blame) = &self.blame {
            blame.set_recorded(play.id);
        }
        let mut step = Step { wall: &mut self.wall, now, most_bytes, said: Vec::new(), still: None };
        play.step(&mut step);
        let (said, still, epoch) = (step.said, step.still, play.epoch());
        if let Some(blame) = &self.blame {
            blame.clear();
        }
        if let Some(request) = still {
            let given = play.latest.as_ref().and_then(|shot| Some((rgb(shot)?, shot.pts, shot.arrived)));
            match given {
                Some(((width_px, height_px, rgb), pts, arrived)) => {
                    self.say(&FromWorker::Still { request, width_px, height_px, pts, arrived }, &rgb)?;
                }
                None => self.say(&FromWorker::NoStill { request }, &[])?,
            }
        }
        if self.plays.get(&key).is_some_and(|play| !play.is_idle()) {
            self.ready_plays.push_back(key);
        }
        for said in said {
            self.say(&FromWorker::Play { key, epoch, said }, &[])?;
        }
        while kept_bytes(&self.plays) > MOST_KEPT_BYTES {
            let Some(most) = self.plays.values_mut().max_by_key(|play| play.kept_bytes()) else { break };
            most.forget_one();
        }
        Ok(())
    }

    /// Decodes one sample of the live stream whose turn it is.
    fn step_live(&mut self, now: Instant) -> anyhow::Result<()> {
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
        Ok(())
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
        if (self.streams.is_empty() && self.plays.is_empty())
            || self.stats_at.is_some_and(|at| now.duration_since(at) < Duration::from_secs(1))
        {
            return Ok(());
        }
        self.stats_at = Some(now);
        if std::mem::take(&mut self.freed) {
            heap::give_back();
        }
        let streams = self.streams.values().map(|stream| stream.stats).collect();
        let waited = self.streams.values_mut().map(|stream| std::mem::take(&mut stream.waited)).max();
        let waited_ms = u32::try_from(waited.unwrap_or_default().as_millis()).unwrap_or(u32::MAX);
        self.say(&FromWorker::Stats(WorkerStats { cpu_micros: cpu_micros(), waited_ms, streams }), &[])
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
fn rgb(shot: &Shot) -> Option<(u32, u32, Vec<u8>)> {
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
