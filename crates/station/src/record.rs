//! Recording: which streams, and one task a stream that carries its samples from ingest's lossless lane to the archive,
//! says what is missing and why, and ends in order. Runs on ingest's thread, whether anybody looks or not; nothing here
//! waits for a window, a picture worker or the database.

use crate::convert;
use crate::schedule::{self, Wish};
use crate::sessions::Holder;
use crate::station::{Station, lock};
use easien_archive::{Archive, CameraLabel, Phase, Recorder, StreamStatus};
use easien_ingest::{GapCause as LaneCause, Ingest, Recorded};
use easien_link::Event;
use easien_link::data::{Recording, RecordingPhase};
use easien_model::{CameraId, Clock, GapCause, LossReason, Scope, StreamId, StreamKind, UtcMicros};
use easien_store::CameraRow;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};

/// How often the wishes are looked at again, for the times of the week and a clock that was set.
const WISHES: Duration = Duration::from_secs(2);
/// How often a stream that brings nothing is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// How often the camera's clock offset is asked for.
const OFFSET_US: i64 = 10_000_000;
/// How long what waits in a lane may take to reach the archive when the station stops.
const DRAIN: Duration = Duration::from_secs(3);

/// What a stream's task is told.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Order {
    wish: Wish,
    label: CameraLabel,
}

/// A stream's task, seen from outside.
struct Task {
    order: watch::Sender<Order>,
    /// Since when the wish is what it is.
    since: UtcMicros,
}

/// All recording tasks.
pub struct Recorders {
    runtime: Handle,
    scope: Scope,
    tasks: Mutex<BTreeMap<StreamId, Task>>,
    settling: tokio::sync::Mutex<()>,
    changed: Notify,
    opened: Arc<Notify>,
    overflows: Arc<AtomicU64>,
}

impl Recorders {
    /// Nothing is recorded yet. Tasks run on `runtime` (ingest's) and end with `scope`.
    pub(crate) fn new(runtime: Handle, scope: Scope) -> Self {
        Self {
            runtime,
            scope,
            tasks: Mutex::default(),
            settling: tokio::sync::Mutex::default(),
            changed: Notify::new(),
            opened: Arc::default(),
            overflows: Arc::default(),
        }
    }

    /// Cameras or profiles are others now.
    pub(crate) fn look(&self) {
        self.changed.notify_one();
    }

    /// A session was opened: whoever waits for one looks.
    pub(crate) fn opened(&self) {
        self.opened.notify_waiters();
    }

    /// How often samples were thrown away because the archive was behind, since the start.
    pub(crate) fn overflows(&self) -> u64 {
        self.overflows.load(Ordering::Relaxed)
    }

    /// Says to every task that the station stops: what is in the lanes goes to the archive, then they end.
    pub(crate) fn cancel(&self) {
        self.scope.cancel();
    }

    /// Waits for them. False: some were still busy.
    pub(crate) async fn stop(&self, limit: Duration) -> bool {
        self.scope.stop(limit).await
    }
}

/// What is wished of each stream of a camera at `now`.
fn wishes(row: &CameraRow, now: UtcMicros, zone: &TimeZone) -> Vec<(StreamId, Order)> {
    let has_sub = !row.sub_url.is_empty();
    let label = CameraLabel { code: row.code.clone(), name: row.name.clone() };
    let profile = convert::record(&row.record);
    let order =
        |which| Order { wish: schedule::wish(&profile, has_sub, which, now, zone), label: label.clone() };
    schedule::streams_of(has_sub)
        .iter()
        .map(|&which| (StreamId { camera: row.id, which }, order(which)))
        .collect()
}

impl Station {
    /// Starts and stops recordings as cameras, profiles and the time of the week ask, until the scope is stopped.
    pub(crate) async fn tend_recordings(self) {
        loop {
            self.settle_recordings().await;
            tokio::select! {
                () = self.recorders.changed.notified() => {}
                () = tokio::time::sleep(WISHES) => {}
            }
        }
    }

    /// Brings what is recorded in line with what is wished, once.
    pub(crate) async fn settle_recordings(&self) {
        let _order = self.recorders.settling.lock().await;
        let now = self.clock.utc_now();
        let zone = TimeZone::system();
        let rows: Vec<CameraRow> = lock(&self.cameras).values().cloned().collect();
        let mut wanted = BTreeMap::new();
        for row in &rows {
            wanted.extend(wishes(row, now, &zone));
        }
        for row in &rows {
            let main = StreamId { camera: row.id, which: StreamKind::Main };
            let wish_main =
                !row.sub_url.is_empty() && wanted.get(&main).is_some_and(|order| order.wish.is_ok());
            let held = self.holds_main(row.id, &Holder::Recording);
            if !wish_main && held {
                self.release_main(row.id, &Holder::Recording);
            } else if wish_main
                && !held
                // A camera whose sessions are not opened yet (simulated ones wait for their program) waits.
                && self.ingest.state(crate::sessions::base(row)).is_some()
                && let Err(problem) = self.hold_main(row, Holder::Recording).await
            {
                tracing::error!(code = row.code, %problem, "a main stream was not opened for recording");
            }
        }
        self.order_recordings(wanted, now);
    }

    fn order_recordings(&self, wanted: BTreeMap<StreamId, Order>, now: UtcMicros) {
        let mut told = Vec::new();
        {
            let mut tasks = lock(&self.recorders.tasks);
            tasks.retain(|stream, task| {
                let keep = wanted.contains_key(stream);
                if !keep {
                    // The stream is gone: its task stops what it records, and ends when it hears nothing more.
                    task.order.send_if_modified(|order| {
                        let recorded = order.wish.is_ok();
                        order.wish = Err(GapCause::Stopped);
                        recorded
                    });
                }
                keep
            });
            for (stream, order) in wanted {
                match tasks.get_mut(&stream) {
                    Some(task) => {
                        let (same, same_wish) = {
                            let before = task.order.borrow();
                            (*before == order, before.wish == order.wish)
                        };
                        if same {
                            continue;
                        }
                        if same_wish && order.wish.is_ok() {
                            // It has another code or name from its next file on.
                            drop(self.archive.recorder(stream, order.label.clone()));
                        }
                        if !same_wish {
                            task.since = now;
                            told.push(stream);
                        }
                        task.order.send_replace(order);
                    }
                    None => {
                        let (sender, receiver) = watch::channel(order);
                        tasks.insert(stream, Task { order: sender, since: now });
                        self.start_task(stream, receiver);
                        told.push(stream);
                    }
                }
            }
        }
        self.tell_recordings(&told);
    }

    fn start_task(&self, stream: StreamId, order: watch::Receiver<Order>) {
        let task = StreamTask {
            stream,
            order,
            ingest: self.ingest.clone(),
            archive: self.archive.clone(),
            clock: self.clock.clone(),
            scope: self.recorders.scope.clone(),
            overflows: self.recorders.overflows.clone(),
            opened: self.recorders.opened.clone(),
        };
        let _inside = self.recorders.runtime.enter();
        self.recorders.scope.spawn_graceful(task.run());
    }

    /// A person takes a camera out: its recordings end as such, before its sessions are closed.
    pub(crate) fn stop_recordings_of(&self, camera: CameraId) {
        let mut tasks = lock(&self.recorders.tasks);
        for which in [StreamKind::Main, StreamKind::Sub] {
            if let Some(task) = tasks.remove(&StreamId { camera, which }) {
                task.order.send_modify(|order| order.wish = Err(GapCause::Stopped));
            }
        }
    }

    /// Every stream's recording as it is now.
    pub(crate) fn recordings(&self) -> HashMap<StreamId, Recording> {
        let archived: HashMap<StreamId, StreamStatus> =
            self.archive.streams().into_iter().map(|status| (status.stream, status)).collect();
        lock(&self.recorders.tasks)
            .iter()
            .map(|(&stream, task)| {
                let wish = task.order.borrow().wish;
                (stream, recording(stream, wish, task.since, archived.get(&stream)))
            })
            .collect()
    }

    /// Tells the windows how these streams' recordings are.
    pub(crate) fn tell_recordings(&self, streams: &[StreamId]) {
        if streams.is_empty() {
            return;
        }
        let mut all = self.recordings();
        for stream in streams {
            if let Some(recording) = all.remove(stream) {
                self.tell(Event::RecordingChanged(recording));
            }
        }
    }

    /// As [`Station::tell_recordings`], of every stream.
    pub(crate) fn tell_all_recordings(&self) {
        for recording in self.recordings().into_values() {
            self.tell(Event::RecordingChanged(recording));
        }
    }

    /// Cameras that are recorded in at least one stream, and cameras that should be recorded now and are not in one.
    pub(crate) fn count_recordings(&self) -> (u32, u32) {
        let (recorded, missing) = self.cameras_recorded();
        let count = |set: HashSet<CameraId>| u32::try_from(set.len()).unwrap_or(u32::MAX);
        (count(recorded), count(missing))
    }

    /// Cameras that should be recorded now and are not, in any of the streams that should be; by id.
    pub(crate) fn not_recording(&self) -> Vec<CameraId> {
        let mut missing: Vec<_> = self.cameras_recorded().1.into_iter().collect();
        missing.sort();
        missing
    }

    /// Cameras that are recorded, and those that should be and are not, in any stream.
    pub(crate) fn cameras_recorded(&self) -> (HashSet<CameraId>, HashSet<CameraId>) {
        let (mut recorded, mut missing) = (HashSet::new(), HashSet::new());
        for recording in self.recordings().into_values() {
            match recording.phase {
                RecordingPhase::Recording => {
                    recorded.insert(recording.camera);
                }
                RecordingPhase::Waiting | RecordingPhase::Failing => {
                    missing.insert(recording.camera);
                }
                RecordingPhase::Off => {}
            }
        }
        (recorded, missing)
    }

    /// A camera's recordings: one for each stream that it has.
    pub(crate) fn recordings_of(
        &self,
        row: &CameraRow,
        all: &HashMap<StreamId, Recording>,
    ) -> Vec<Recording> {
        let now = self.clock.utc_now();
        schedule::streams_of(!row.sub_url.is_empty())
            .iter()
            .map(|&which| {
                let stream = StreamId { camera: row.id, which };
                // Just added: the next look begins it.
                all.get(&stream).cloned().unwrap_or_else(|| recording(stream, Ok(()), now, None))
            })
            .collect()
    }
}

/// A stream's recording for the screen.
fn recording(stream: StreamId, wish: Wish, since: UtcMicros, status: Option<&StreamStatus>) -> Recording {
    let StreamId { camera, which } = stream;
    let unknown = Some(GapCause::CameraLost { reason: None });
    match (wish, status) {
        (Err(cause), _) => {
            Recording { camera, which, phase: RecordingPhase::Off, since, cause: Some(cause), bitrate_bps: 0 }
        }
        (Ok(()), None) => {
            Recording { camera, which, phase: RecordingPhase::Waiting, since, cause: unknown, bitrate_bps: 0 }
        }
        (Ok(()), Some(status)) => {
            let (phase, cause) = match status.phase {
                Phase::Recording => (RecordingPhase::Recording, None),
                Phase::Waiting => (RecordingPhase::Waiting, status.cause.or(unknown)),
                Phase::Failing => (RecordingPhase::Failing, status.cause.or(Some(GapCause::DiskFailed))),
            };
            Recording { camera, which, phase, since: status.since, cause, bitrate_bps: status.bitrate_bps }
        }
    }
}

/// One stream's recording, as a task.
struct StreamTask {
    stream: StreamId,
    order: watch::Receiver<Order>,
    ingest: Ingest,
    archive: Archive,
    clock: Arc<dyn Clock>,
    scope: Scope,
    overflows: Arc<AtomicU64>,
    opened: Arc<Notify>,
}

impl StreamTask {
    async fn run(mut self) {
        let scope = self.scope.clone();
        let mut cancelled = pin!(scope.cancelled());
        loop {
            let order = self.order.borrow_and_update().clone();
            if let Err(cause) = order.wish {
                self.archive.not_recorded(self.stream, cause);
                tokio::select! {
                    changed = self.order.changed() => if changed.is_err() { return },
                    () = &mut cancelled => return,
                }
                continue;
            }
            let mut recorder = self.archive.recorder(self.stream, order.label);
            let cause = self.record(&mut recorder).await;
            recorder.stop(cause);
            if cause == GapCause::StationStopped {
                return;
            }
        }
    }

    /// Records until that is not wished any more; answers why.
    async fn record(&mut self, recorder: &mut Recorder) -> GapCause {
        let scope = self.scope.clone();
        let mut cancelled = pin!(scope.cancelled());
        let mut orders = self.order.clone();
        let mut ended = pin!(async move {
            match orders.wait_for(|order| order.wish.is_err()).await {
                Ok(order) => order.wish.err().unwrap_or(GapCause::Stopped),
                // Its stream is gone.
                Err(_) => GapCause::Stopped,
            }
        });
        let mut drain_until = pin!(tokio::time::sleep(Duration::MAX));
        let mut look = pin!(tokio::time::sleep(Duration::ZERO));
        let mut draining = false;
        // Nothing comes: since when, and what is known of why.
        let mut nothing: Option<Nothing> =
            Some(Nothing { since: self.clock.utc_now(), reason: None, said: false });
        let mut offset_at = UtcMicros(i64::MIN);
        let mut lane = self.ingest.record(self.stream);
        loop {
            let closed = lane.is_none();
            if let Some(nothing) = nothing.as_mut().filter(|_| !draining) {
                self.say(nothing, recorder);
            }
            let item = async {
                match &mut lane {
                    Some(lane) => lane.next().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                cause = &mut ended => return cause,
                () = &mut drain_until, if draining => return GapCause::StationStopped,
                () = &mut cancelled, if !draining => {
                    if closed {
                        return GapCause::StationStopped;
                    }
                    draining = true;
                    drain_until.as_mut().reset(tokio::time::Instant::now() + DRAIN);
                }
                item = item => match item {
                    Some(Recorded::Sample(sample)) => {
                        if sample.arrived - offset_at >= OFFSET_US || sample.arrived < offset_at {
                            offset_at = sample.arrived;
                            let stats = self.ingest.stats(self.stream);
                            recorder.set_clock_offset(stats.and_then(|stats| stats.clock_offset_us));
                        }
                        nothing = None;
                        tokio::select! {
                            biased;
                            () = recorder.push(sample) => {}
                            cause = &mut ended => return cause,
                            () = &mut drain_until, if draining => return GapCause::StationStopped,
                        }
                    }
                    Some(Recorded::Gap(gap)) => {
                        let cause = match gap.cause {
                            LaneCause::Overflow => {
                                self.overflows.fetch_add(1, Ordering::Relaxed);
                                GapCause::Overload
                            }
                            LaneCause::Lost(reason) => {
                                let since = gap.since;
                                nothing = Some(Nothing { since, reason: Some(reason), said: true });
                                GapCause::CameraLost { reason: Some(reason) }
                            }
                        };
                        recorder.gap(cause, gap.since);
                    }
                    None if draining => return GapCause::StationStopped,
                    None => {
                        lane = None;
                        nothing = Some(Nothing { since: self.clock.utc_now(), reason: None, said: false });
                    }
                },
                () = self.opened.notified(), if closed => {
                    lane = self.ingest.record(self.stream);
                }
                () = &mut look, if nothing.is_some() && !draining => {
                    look.as_mut().reset(tokio::time::Instant::now() + LOOK);
                    if closed {
                        lane = self.ingest.record(self.stream);
                    }
                }
            }
        }
    }

    /// Says that nothing comes, and why as soon as that is known.
    fn say(&self, nothing: &mut Nothing, recorder: &mut Recorder) {
        let reason = self.ingest.state(self.stream).and_then(|state| state.reason).or(nothing.reason);
        if nothing.said && reason == nothing.reason {
            return;
        }
        nothing.reason = reason;
        nothing.said = true;
        recorder.gap(GapCause::CameraLost { reason }, nothing.since);
    }
}

/// Nothing comes from a camera.
struct Nothing {
    since: UtcMicros,
    reason: Option<LossReason>,
    /// The archive knows.
    said: bool,
}
