//! What stands between the streams and a volume: a bounded queue, one thread that writes, one that syncs. A mount is one
//! attachment of a volume; when anything on it fails it is given up for good, and a later attachment is another mount.
//!
//! Order: data, sync, directory sync, row. Neither thread ever waits for the index.

pub(crate) mod file;
pub(crate) mod plan;
pub(crate) mod queue;
mod sync;

use crate::index::{Change, GapRow, SegmentEnd, SegmentState};
use crate::index_feed::IndexFeed;
use crate::options::{Options, Uptime};
use crate::volume::VolumeState;
use easien_model::{GapCause, SegmentId, StreamId, VolumeId};
use file::SegmentFile;
use plan::{FragmentJob, Job};
use queue::Queue;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Why a mount was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) state: VolumeState,
    pub(crate) detail: String,
    /// What was written before is whole (the disk is full); else only what was synced is.
    pub(crate) written_is_good: bool,
}

impl Failure {
    /// What a failed call says of the volume.
    pub(crate) fn of(what: &str, error: &io::Error, syncing: bool) -> Self {
        let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        let gone = matches!(
            rustix::io::Errno::from_io_error(error),
            Some(
                rustix::io::Errno::NOENT
                    | rustix::io::Errno::NODEV
                    | rustix::io::Errno::NXIO
                    | rustix::io::Errno::STALE
                    | rustix::io::Errno::NOTCONN
                    | rustix::io::Errno::NOTDIR
            )
        );
        let state = match (full, gone) {
            (true, _) => VolumeState::Full,
            (_, true) => VolumeState::Missing,
            _ => VolumeState::Degraded,
        };
        Self { state, detail: format!("{what}: {error}"), written_is_good: full && !syncing }
    }

    /// The cause of the gaps that it makes.
    pub(crate) fn cause(&self) -> GapCause {
        if self.state == VolumeState::Full { GapCause::DiskFull } else { GapCause::DiskFailed }
    }
}

/// Who is told that samples were thrown away.
pub(crate) type OnLost = Arc<dyn Fn(StreamId, u64, GapCause) + Send + Sync>;

/// One attachment of a volume.
#[derive(Debug)]
pub(crate) struct Mount {
    pub(crate) id: VolumeId,
    pub(crate) root: PathBuf,
    pub(crate) root_fd: OwnedFd,
    pub(crate) queue: Queue,
    failure: OnceLock<Failure>,
    /// No new segments; those that are open end in order.
    retired: AtomicBool,
    /// Segments that streams write to now.
    pub(crate) streams: AtomicU32,
    /// Bytes of the files that are not closed yet.
    pub(crate) open_bytes: AtomicU64,
    /// Since when the writer is in one call, by the uptime; 0: it is not.
    busy_since_us: AtomicI64,
    ended: AtomicBool,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Mount {
    /// Starts the threads of a volume whose root was checked.
    pub(crate) fn start(
        id: VolumeId,
        root: &Path,
        options: &Options,
        feed: IndexFeed,
        on_lost: OnLost,
    ) -> io::Result<Arc<Self>> {
        use rustix::fs::{Mode, OFlags};
        let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
        let mount = Arc::new(Self {
            id,
            root: root.to_owned(),
            root_fd: rustix::fs::open(root, flags, Mode::empty())?,
            queue: Queue::new(options.queue_bytes),
            failure: OnceLock::new(),
            retired: AtomicBool::new(false),
            streams: AtomicU32::new(0),
            open_bytes: AtomicU64::new(0),
            busy_since_us: AtomicI64::new(0),
            ended: AtomicBool::new(false),
            threads: Mutex::default(),
        });
        let (orders, taken) = std::sync::mpsc::sync_channel(0);
        let syncer = {
            let (mount, feed) = (Arc::clone(&mount), feed.clone());
            std::thread::Builder::new()
                .name("archive-sync".into())
                .spawn(move || sync::run(&mount, &taken, &feed))?
        };
        let writer = {
            let (mount, uptime, every) = (Arc::clone(&mount), options.uptime.clone(), options.sync);
            std::thread::Builder::new().name("archive-write".into()).spawn(move || {
                let writer = Writer {
                    mount: &mount,
                    uptime,
                    feed,
                    on_lost,
                    files: HashMap::new(),
                    closing: Vec::new(),
                    dirty: false,
                    orders,
                };
                writer.run(every);
                mount.ended.store(true, Ordering::Release);
            })?
        };
        mount.threads.lock().unwrap_or_else(PoisonError::into_inner).extend([writer, syncer]);
        Ok(mount)
    }

    /// Gives the mount up. The first reason counts.
    pub(crate) fn fail(&self, failure: Failure) {
        if self.failure.set(failure).is_ok() {
            if let Some(failure) = self.failure() {
                tracing::error!(volume = %self.id, root = %self.root.display(), state = ?failure.state,
                    detail = failure.detail, "a volume failed and is set aside");
            }
            self.queue.close();
        }
    }

    pub(crate) fn failure(&self) -> Option<&Failure> {
        self.failure.get()
    }

    /// Takes no new segments from now on.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Release);
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }

    /// New segments may be put here.
    pub(crate) fn is_open(&self) -> bool {
        !self.is_retired() && self.failure().is_none()
    }

    /// How long the writer has been in one call to the system.
    pub(crate) fn busy_for(&self, uptime: &Uptime) -> Duration {
        match self.busy_since_us.load(Ordering::Acquire) {
            0 => Duration::ZERO,
            since => Duration::from_micros(u64::try_from(uptime.now_us() - since).unwrap_or(0)),
        }
    }

    /// Writes what is queued, syncs, ends the threads. False: they did not end in time, and are left behind.
    pub(crate) fn stop(&self, limit: Duration) -> bool {
        self.retire();
        self.queue.close();
        let until = Instant::now() + limit;
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        while threads.iter().any(|thread| !thread.is_finished()) {
            if Instant::now() >= until {
                tracing::error!(volume = %self.id, "the threads of a volume did not end in time");
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        threads.into_iter().all(|thread| thread.join().is_ok())
    }

    /// Its threads have ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }
}

/// The thread that writes.
struct Writer<'a> {
    mount: &'a Mount,
    uptime: Uptime,
    feed: IndexFeed,
    on_lost: OnLost,
    files: HashMap<SegmentId, SegmentFile>,
    closing: Vec<sync::Closing>,
    dirty: bool,
    orders: std::sync::mpsc::SyncSender<sync::Order>,
}

impl Writer<'_> {
    fn run(mut self, every: Duration) {
        let mut jobs = VecDeque::new();
        let mut due = Instant::now() + every;
        loop {
            let wait = due.saturating_duration_since(Instant::now()).min(Duration::from_millis(250));
            let last = self.mount.queue.take(wait, &mut jobs);
            while let Some(job) = jobs.pop_front() {
                if self.mount.failure().is_some() {
                    jobs.push_front(job);
                    return self.abandon(jobs);
                }
                let bytes = job.bytes();
                self.mount.busy_since_us.store(self.uptime.now_us().max(1), Ordering::Release);
                let done = self.job(job);
                self.mount.busy_since_us.store(0, Ordering::Release);
                self.mount.queue.done(bytes);
                if let Err(failure) = done {
                    self.mount.fail(failure);
                    return self.abandon(jobs);
                }
                if Instant::now() >= due {
                    due = Instant::now() + every;
                    self.order_sync(false);
                }
            }
            if self.mount.failure().is_some() {
                return self.abandon(jobs);
            }
            if last {
                break;
            }
            if Instant::now() >= due {
                due = Instant::now() + every;
                self.order_sync(false);
            }
        }
        // Whatever is open still (streams that did not end it) is closed as it is.
        for (_, mut file) in std::mem::take(&mut self.files) {
            match file.finish(Vec::new()) {
                Ok(end) => self.closing.push(sync::Closing::new(file, end, SegmentState::Whole)),
                Err(error) => {
                    self.mount.fail(Failure::of("write", &error, false));
                    self.closing.push(sync::Closing::damaged(&file));
                }
            }
        }
        self.order_sync(true);
    }

    fn job(&mut self, job: Job) -> Result<(), Failure> {
        match job {
            Job::Fragment(job) => self.fragment(&job),
            Job::End { plan, activity, .. } => {
                let Some(mut file) = self.files.remove(&plan.identity.segment) else { return Ok(()) };
                match file.finish(activity) {
                    Ok(end) => {
                        self.closing.push(sync::Closing::new(file, end, SegmentState::Whole));
                        Ok(())
                    }
                    Err(error) => {
                        self.files.insert(plan.identity.segment, file);
                        Err(Failure::of("write", &error, false))
                    }
                }
            }
        }
    }

    fn fragment(&mut self, job: &FragmentJob) -> Result<(), Failure> {
        let id = job.plan.identity.segment;
        if job.first {
            let file = SegmentFile::create(&self.mount.root_fd, Arc::clone(&job.plan))
                .map_err(|error| Failure::of("create", &error, false))?;
            self.files.insert(id, file);
        }
        let Some(file) = self.files.get_mut(&id) else {
            tracing::error!(segment = %id, "a fragment of a segment that is not open");
            return Ok(());
        };
        let bytes = file.fragment(job).map_err(|error| Failure::of("write", &error, false))?;
        self.dirty = true;
        self.mount.open_bytes.fetch_add(bytes, Ordering::Relaxed);
        if job.first {
            let mut changes = job.before.clone();
            let path = file.path.to_string_lossy().into_owned();
            changes.push(Change::Added(job.plan.identity.row(path)));
            self.feed.send(changes);
        }
        Ok(())
    }

    /// Hands what was written to the syncer; when that is still busy it is said again with the next turn, unless `wait`.
    fn order_sync(&mut self, wait: bool) {
        if !self.dirty && self.closing.is_empty() {
            return;
        }
        let order = sync::Order {
            written: self.files.values().map(|file| (Arc::clone(&file.plan), file.extent)).collect(),
            closing: std::mem::take(&mut self.closing),
        };
        let refused = if wait {
            self.orders.send(order).err().map(|error| error.0)
        } else {
            match self.orders.try_send(order) {
                Ok(()) => None,
                Err(
                    std::sync::mpsc::TrySendError::Full(order)
                    | std::sync::mpsc::TrySendError::Disconnected(order),
                ) => Some(order),
            }
        };
        match refused {
            None => self.dirty = false,
            Some(order) => self.closing = order.closing,
        }
    }

    /// The mount has failed: says of every segment how far it can be trusted, of every sample that waited that it is lost.
    fn abandon(mut self, jobs: VecDeque<Job>) {
        let Some(failure) = self.mount.failure().cloned() else { return };
        let mut left = jobs;
        let mut late = VecDeque::new();
        self.mount.queue.take(Duration::ZERO, &mut late);
        left.append(&mut late);
        let mut lost: HashMap<StreamId, u64> = HashMap::new();
        let mut gaps = Vec::new();
        for job in &left {
            match job {
                Job::Fragment(job) => {
                    *lost.entry(job.plan.identity.stream_id()).or_default() += job.samples.len() as u64;
                }
                Job::End { plan, end, .. } => gaps.extend(gap_of_ended(plan, *end, &failure)),
            }
        }
        for (stream, samples) in lost {
            (self.on_lost)(stream, samples, failure.cause());
        }
        let mut changes = Vec::new();
        for (id, file) in std::mem::take(&mut self.files) {
            let extent = file.plan.freeze(failure.written_is_good);
            let state = if !failure.written_is_good {
                SegmentState::Damaged
            } else if extent.end.is_none() && file.remove().is_ok() {
                continue;
            } else if file.cut(extent.bytes).is_ok() {
                SegmentState::Recovered
            } else {
                SegmentState::Damaged
            };
            if file.extent.end.is_some() {
                let end = SegmentEnd {
                    end: file::end_of(&file.plan, &extent),
                    bytes: extent.bytes,
                    frames: extent.frames,
                    sha256: None,
                    activity: Vec::new(),
                };
                changes.push(Change::Closed { id, end, state });
            }
        }
        // Those that had ended, but were not synced yet.
        for closing in std::mem::take(&mut self.closing) {
            if failure.written_is_good && closing.sync_file().is_ok() {
                changes.push(closing.change());
            } else {
                changes.extend(closing.set_aside(&failure));
            }
        }
        changes.append(&mut gaps);
        self.feed.send(changes);
    }
}

/// What is missing of a segment that its stream has ended, and whose volume failed before it was written whole.
pub(crate) fn gap_of_ended(
    plan: &plan::Plan,
    end: easien_model::UtcMicros,
    failure: &Failure,
) -> Option<Change> {
    let extent = plan.freeze(failure.written_is_good);
    gap_behind(plan.identity.stream_id(), file::end_of(plan, &extent), end, failure.cause())
}

/// What is missing of a segment that had ended, from where it can be trusted on.
pub(crate) fn gap_behind(
    stream: StreamId,
    from: easien_model::UtcMicros,
    to: easien_model::UtcMicros,
    cause: GapCause,
) -> Option<Change> {
    (to > from).then_some(Change::Gap(GapRow { stream, start: from, end: Some(to), cause }))
}
