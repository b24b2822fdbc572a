//! The archive: recorders, volumes, the threads that look after both.

use crate::core::{Core, lock};
use crate::error::ArchiveError;
use crate::events::{ArchiveEvent, StreamStatus};
use crate::gaps::OpenGap;
use crate::index::{SegmentIndex, SegmentRow};
use crate::index_feed::{IndexFeed, Thread, join};
use crate::options::Options;
use crate::reader::{Places, Reader};
use crate::recorder::Recorder;
use crate::recover;
use crate::stream::{CameraLabel, Past, Stream};
use crate::volume::{VolumeConfig, VolumeStatus};
use crate::volumes::{Found, Volumes};
use easien_model::{Clock, GapCause, StreamId, UtcMicros, VolumeId};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};
use tokio::sync::broadcast;

/// How often the keeper looks whether a volume failed or a camera stalls.
const TICK: Duration = Duration::from_millis(250);

/// Events that wait for a slow listener.
const EVENTS: usize = 1024;

/// All recordings of a station. Cheap to clone.
#[derive(Clone)]
pub struct Archive(Arc<Inner>);

struct Inner {
    core: Arc<Core>,
    index: Arc<dyn SegmentIndex>,
    streams: Mutex<HashMap<StreamId, Arc<Stream>>>,
    past: Mutex<HashMap<StreamId, Past>>,
    /// The past of all streams is known.
    settled: AtomicBool,
    recovering: AtomicUsize,
    ended: AtomicBool,
    keeper: Thread,
    feeder: Thread,
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archive").finish_non_exhaustive()
    }
}

impl Archive {
    /// Opens the archive over an index; nothing is recorded before there are volumes ([`Archive::set_volumes`]). Blocking.
    ///
    /// # Errors
    /// The index cannot be read, or no thread can be started.
    pub fn open(
        options: Options,
        clock: Arc<dyn Clock>,
        index: Arc<dyn SegmentIndex>,
    ) -> Result<Self, ArchiveError> {
        let gaps: HashMap<StreamId, OpenGap> = index
            .open_gaps()?
            .into_iter()
            .map(|row| (row.stream, OpenGap { start: row.start, cause: row.cause }))
            .collect();
        let past = index
            .streams()?
            .into_iter()
            .map(|(stream, _, end)| {
                let gap = gaps.get(&stream).copied();
                (stream, Past { end: Some(gap.map_or(end, |gap| gap.start.max(end))), gap, unsettled: true })
            })
            .collect();
        let (feed, feeder) =
            IndexFeed::start(Arc::clone(&index)).map_err(|error| thread("archive-index", error))?;
        let (events, _) = broadcast::channel(EVENTS);
        let on_lost = {
            let events = events.clone();
            Arc::new(move |stream, samples, cause| {
                tracing::error!(%stream, samples, ?cause, "samples that waited for a disk are lost");
                let _ = events.send(ArchiveEvent::Lost { stream, samples, cause });
            })
        };
        let volumes = Volumes::new(
            options.clone(),
            Arc::clone(&clock),
            Arc::clone(&index),
            feed.clone(),
            events.clone(),
            on_lost,
        );
        let inner = Arc::new(Inner {
            core: Arc::new(Core::new(options, clock, feed, volumes, events)),
            index,
            streams: Mutex::default(),
            past: Mutex::new(past),
            settled: AtomicBool::new(false),
            recovering: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
            keeper: Mutex::new(None),
            feeder: Mutex::new(Some(feeder)),
        });
        let weak = Arc::downgrade(&inner);
        let keeper = std::thread::Builder::new()
            .name("archive-keeper".into())
            .spawn(move || keep(&weak))
            .map_err(|error| thread("archive-keeper", error))?;
        *lock(&inner.keeper) = Some(keeper);
        Ok(Self(inner))
    }

    /// What volumes there should be. From then on they are looked after: found, set aside when they fail, taken back.
    /// One that was set aside is tried again. Blocking (looks at disks).
    pub fn set_volumes(&self, volumes: Vec<VolumeConfig>) {
        // Counted before the look, so that nobody takes the past for settled meanwhile.
        self.0.recovering.fetch_add(1, Ordering::AcqRel);
        let found = self.0.core.volumes.set(volumes);
        self.0.attend(found);
        let inner = Arc::clone(&self.0);
        let done = std::thread::Builder::new().name("archive-settle".into()).spawn(move || inner.recovered());
        if done.is_err() {
            self.0.recovered();
        }
    }

    /// The volumes as they are now.
    #[must_use]
    pub fn volumes(&self) -> Vec<VolumeStatus> {
        self.0.core.volumes.statuses()
    }

    /// Begins to record a stream. One recorder a stream.
    #[must_use]
    pub fn recorder(&self, stream: StreamId, label: CameraLabel) -> Recorder {
        let shared = self.0.stream(stream);
        shared.set_label(label);
        Recorder { core: Arc::clone(&self.0.core), stream: shared, index: Arc::clone(&self.0.index) }
    }

    /// A stream is not recorded now, and why: `Stopped` or `Scheduled`. So its gap says that, whatever it said before.
    pub fn not_recorded(&self, stream: StreamId, cause: GapCause) {
        let known = lock(&self.0.streams).contains_key(&stream) || lock(&self.0.past).contains_key(&stream);
        if known {
            self.0.stream(stream).gap(&self.0.core, cause, self.0.core.now());
        }
    }

    /// What happens from now on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<ArchiveEvent> {
        self.0.core.events.subscribe()
    }

    /// Every stream that was recorded, or asked for, since the begin.
    #[must_use]
    pub fn streams(&self) -> Vec<StreamStatus> {
        let streams: Vec<Arc<Stream>> = lock(&self.0.streams).values().cloned().collect();
        streams.iter().map(|stream| stream.status()).collect()
    }

    /// How much moves in what is being written of a stream, a byte for each 5 s from the segment's begin (as
    /// [`crate::Activity::finish`]); nothing where nothing is being written.
    #[must_use]
    pub fn activity(&self, stream: StreamId) -> Vec<u8> {
        let known = lock(&self.0.streams).get(&stream).cloned();
        known.map(|stream| stream.activity()).unwrap_or_default()
    }

    /// Reads recordings.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader::new(Arc::clone(&self.0.index), Arc::new(Roots(Arc::clone(&self.0.core))))
    }

    /// The index.
    #[must_use]
    pub fn index(&self) -> &Arc<dyn SegmentIndex> {
        &self.0.index
    }

    /// Where a volume is, if it is there now.
    #[must_use]
    pub fn root(&self, volume: VolumeId) -> Option<PathBuf> {
        self.0.core.volumes.root(volume)
    }

    /// Tells the listeners.
    pub(crate) fn say(&self, event: ArchiveEvent) {
        self.0.core.say(event);
    }

    /// The station's clock.
    pub(crate) fn now(&self) -> UtcMicros {
        self.0.core.now()
    }

    /// Waits until all rows known now are in the index. False: not in time. Blocking.
    #[must_use]
    pub fn flush_index(&self, limit: Duration) -> bool {
        self.0.core.feed.flush(limit)
    }

    /// Closes, syncs and indexes every segment; what is missing from then on is because the station was stopped. Nothing
    /// is recorded afterwards.
    pub async fn close(&self, limit: Duration) {
        let inner = Arc::clone(&self.0);
        let closed = tokio::task::spawn_blocking(move || inner.close(limit)).await;
        if !matches!(closed, Ok(true)) {
            tracing::error!("the archive did not close in time; what is open is recovered at the next start");
        }
    }
}

fn thread(name: &'static str, error: std::io::Error) -> ArchiveError {
    ArchiveError::io("start thread", name.as_ref(), error)
}

/// Where the reader finds volumes.
struct Roots(Arc<Core>);

impl Places for Roots {
    fn root(&self, volume: VolumeId) -> Option<PathBuf> {
        self.0.volumes.root(volume)
    }

    fn damaged(&self, row: &SegmentRow, detail: &str) {
        tracing::warn!(path = row.path, detail, "a file of recording is damaged");
        self.0.say(ArchiveEvent::FileDamaged {
            segment: row.id,
            stream: row.stream,
            volume: row.volume,
            path: row.path.clone(),
            detail: detail.to_owned(),
        });
    }
}

impl Inner {
    fn stream(&self, id: StreamId) -> Arc<Stream> {
        let mut streams = lock(&self.streams);
        if let Some(stream) = streams.get(&id) {
            return Arc::clone(stream);
        }
        let mut past = lock(&self.past).get(&id).copied().unwrap_or_default();
        past.unsettled &= !self.settled.load(Ordering::Acquire);
        let stream = Arc::new(Stream::new(id, past, &self.core));
        streams.insert(id, Arc::clone(&stream));
        stream
    }

    /// Does what a look at the volumes found to be done.
    fn attend(self: &Arc<Self>, found: Found) {
        if !found.retired.is_empty() {
            let streams: Vec<Arc<Stream>> = lock(&self.streams).values().cloned().collect();
            for mount in &found.retired {
                for stream in &streams {
                    stream.leave(&self.core, mount);
                }
            }
        }
        for (volume, root) in found.attached {
            self.recovering.fetch_add(1, Ordering::AcqRel);
            let inner = Arc::clone(self);
            let work = move || {
                match recover::recover(&inner.core, &*inner.index, volume, &root) {
                    Ok(ends) => inner.ends(&ends),
                    Err(error) => tracing::error!(%volume, %error, "a volume was not recovered"),
                }
                inner.recovered();
            };
            if let Err(error) = std::thread::Builder::new().name("archive-recover".into()).spawn(work) {
                tracing::error!(%volume, %error, "a volume was not recovered");
                self.recovered();
            }
        }
    }

    fn ends(&self, ends: &recover::Ends) {
        let mut past = lock(&self.past);
        for (stream, end) in ends {
            let known = past.entry(*stream).or_insert(Past { end: Some(*end), gap: None, unsettled: true });
            known.end = known.end.max(Some(*end));
        }
    }

    /// A recovery ended. When it was the last one of the begin, the past is known.
    fn recovered(&self) {
        if self.recovering.fetch_sub(1, Ordering::AcqRel) != 1 || self.settled.load(Ordering::Acquire) {
            return;
        }
        // Streams that were recorded when the station died: the gap is said even where the camera never comes back.
        let past: Vec<(StreamId, Past)> =
            lock(&self.past).iter().map(|(stream, past)| (*stream, *past)).collect();
        // Twice: one that was made between the first look and the flag is settled by the second.
        for settled in [false, true] {
            self.settled.store(settled, Ordering::Release);
            for (id, past) in &past {
                if past.gap.is_none()
                    && let Some(end) = past.end
                {
                    self.stream(*id).settle(&self.core, end);
                }
            }
        }
    }

    fn close(&self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        let left = || until.saturating_duration_since(Instant::now());
        if self.ended.swap(true, Ordering::AcqRel) {
            return true;
        }
        if let Some(keeper) = lock(&self.keeper).as_ref() {
            keeper.thread().unpark();
        }
        join(&self.keeper);
        let streams: Vec<Arc<Stream>> = lock(&self.streams).values().cloned().collect();
        for stream in &streams {
            stream.station_stops(&self.core);
        }
        while streams.iter().any(|stream| stream.has_jobs()) && Instant::now() < until {
            for stream in &streams {
                stream.drain(&self.core);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let mut in_time = self.core.volumes.stop(left());
        in_time &= self.core.feed.flush(left().max(Duration::from_millis(500)));
        self.core.feed.end();
        if in_time {
            join(&self.feeder);
        }
        in_time
    }
}

impl Drop for Inner {
    /// Without [`Archive::close`]: what is queued is still written and synced, by threads that are not waited for.
    fn drop(&mut self) {
        self.core.volumes.let_go();
    }
}

/// The keeper's thread: until the archive is closed, or gone.
fn keep(archive: &Weak<Inner>) {
    loop {
        std::thread::park_timeout(TICK);
        let Some(inner) = archive.upgrade() else { return };
        if inner.ended.load(Ordering::Acquire) {
            return;
        }
        let uptime_us = inner.core.options.uptime.now_us();
        inner.core.look_at_clock(uptime_us);
        let found = inner.core.volumes.look(false);
        inner.attend(found);
        let streams: Vec<Arc<Stream>> = lock(&inner.streams).values().cloned().collect();
        for stream in streams {
            stream.tick(&inner.core);
        }
    }
}
