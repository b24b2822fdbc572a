//! One stream's recording: samples gather to fragments, fragments make segments, what is missing makes gaps. Everything
//! here is done on the caller's task or the keeper's thread, quickly and without the disk; jobs go to a volume's queue.

mod jobs;
mod segment;
mod take;

use crate::activity::Activity;
use crate::assemble::{AudioAxis, Rhythm, VideoAxis};
use crate::core::{Core, lock};
use crate::events::{ArchiveEvent, Phase, StreamStatus};
use crate::gaps::{Gaps, OpenGap};
use crate::index::{Change, GapRow};
use crate::labels::Taken;
use crate::place::Rate;
use crate::run_clock::RunClock;
use crate::writer::Mount;
use crate::writer::plan::{Job, Plan};
use easien_model::{
    AudioParams, GapCause, MediaKind, Params, RunId, Sample, StreamId, UtcMicros, VideoParams,
};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// A fragment larger than this ends early.
const MOST_FRAGMENT_BYTES: usize = 48 << 20;

/// The camera as it is called in the files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CameraLabel {
    /// E.g. `C017`.
    pub code: String,
    /// E.g. `Cổng chợ`.
    pub name: String,
}

/// What a stream's past says, when it is recorded first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Past {
    /// The end of everything that is recorded or known to be missing.
    pub(crate) end: Option<UtcMicros>,
    /// The gap that was open.
    pub(crate) gap: Option<OpenGap>,
    /// Segments that were left open are still looked at: `end` may be later.
    pub(crate) unsettled: bool,
}

struct VideoRun {
    run: RunId,
    params: Arc<Params>,
    clock: RunClock,
    rhythm: Rhythm,
    last_pts: i64,
}

struct AudioRun {
    run: RunId,
    params: Arc<Params>,
    clock: RunClock,
    heard_us: i64,
}

struct OpenSegment {
    plan: Arc<Plan>,
    mount: Arc<Mount>,
    axis: VideoAxis,
    audio: Option<(RunId, Arc<Params>, AudioAxis)>,
    start: UtcMicros,
    /// UTC of `axis.next`.
    edge: UtcMicros,
    fragments: u32,
    activity: Activity,
    /// The rows of the gap that its first fragment ends.
    ended_gap: Vec<Change>,
    /// It ends at the next key frame after this.
    due: UtcMicros,
    /// ... or here, key frame or not.
    overdue: UtcMicros,
    /// The next key frame begins another (sound came, or is another).
    turn: bool,
}

/// Whether the time line must be looked at before the run's begin can be placed.
enum Lookup {
    No,
    Wanted(UtcMicros),
    Found(Vec<Taken>),
}

pub(crate) struct State {
    label: CameraLabel,
    clock_offset_us: Option<i64>,
    video: Option<VideoRun>,
    audio: Option<AudioRun>,
    pending: Vec<Arc<Sample>>,
    pending_audio: Vec<Arc<Sample>>,
    pending_bytes: usize,
    /// When the first of them came, by the uptime.
    pending_since_us: i64,
    segment: Option<OpenSegment>,
    /// The end of what was recorded last in this run: what follows goes on there.
    joins: Option<(RunId, i64, UtcMicros)>,
    gaps: Gaps,
    /// The end of what was recorded, or known to be missing, last.
    end: Option<UtcMicros>,
    /// The latest of all such ends: later than `end` where the station's clock was set back.
    latest: Option<UtcMicros>,
    /// What was recorded or missing last: the index may not have its rows yet.
    recent: VecDeque<Taken>,
    /// Something else is recorded there: the run cannot go on over it.
    bound: Option<UtcMicros>,
    /// Labels less the station's clock.
    shift_us: i64,
    lookup: Lookup,
    /// The end of the past is not known yet; what was recorded first began here.
    unsettled: Option<Option<UtcMicros>>,
    /// What was said to be missing meanwhile.
    late_gap: Option<(UtcMicros, GapCause)>,
    steps_seen: usize,
    waits_for_key_us: Option<i64>,
    outbox: VecDeque<(Arc<Mount>, Job)>,
    phase: Phase,
    cause: Option<GapCause>,
    since: UtcMicros,
    rate: Rate,
    dropped: u64,
}

/// One stream, shared by its recorder and the keeper.
pub(crate) struct Stream {
    pub(crate) id: StreamId,
    state: Mutex<State>,
}

impl Stream {
    pub(crate) fn new(id: StreamId, past: Past, core: &Core) -> Self {
        let uptime_us = core.options.uptime.now_us();
        let state = State {
            label: CameraLabel::default(),
            clock_offset_us: None,
            video: None,
            audio: None,
            pending: Vec::new(),
            pending_audio: Vec::new(),
            pending_bytes: 0,
            pending_since_us: 0,
            segment: None,
            joins: None,
            gaps: Gaps::new(id, past.gap),
            end: past.end,
            latest: past.end,
            recent: VecDeque::new(),
            bound: None,
            shift_us: 0,
            lookup: Lookup::No,
            unsettled: (past.unsettled && past.gap.is_none() && past.end.is_some()).then_some(None),
            late_gap: None,
            steps_seen: core.look_at_clock(uptime_us),
            waits_for_key_us: None,
            outbox: VecDeque::new(),
            phase: Phase::Waiting,
            cause: past.gap.map(|gap| gap.cause),
            since: core.now(),
            rate: Rate::default(),
            dropped: 0,
        };
        Self { id, state: Mutex::new(state) }
    }

    /// Takes a sample. What it makes goes to the outbox.
    pub(crate) fn take(&self, core: &Core, sample: Arc<Sample>) {
        let mut state = lock(&self.state);
        let uptime_us = core.options.uptime.now_us();
        let steps = core.look_at_clock(uptime_us);
        state.check_mount(core, self.id);
        if steps > state.steps_seen {
            state.clock_stepped(core, self.id, &sample, uptime_us, steps);
        }
        match sample.kind {
            MediaKind::Audio => state.audio(sample),
            MediaKind::Video => state.video(core, self.id, sample, uptime_us),
        }
    }

    /// Passes jobs on; answers the mount whose queue is full, if one is.
    pub(crate) fn drain(&self, core: &Core) -> Option<Arc<Mount>> {
        lock(&self.state).drain(core, self.id)
    }

    /// What time of its line must be looked up before it can go on.
    /// Second: the end of all that is known here.
    pub(crate) fn wants_lookup(&self) -> Option<(UtcMicros, UtcMicros)> {
        let state = lock(&self.state);
        match state.lookup {
            Lookup::Wanted(from) => Some((from, state.latest.unwrap_or(from))),
            _ => None,
        }
    }

    pub(crate) fn found(&self, mut taken: Vec<Taken>) {
        let mut state = lock(&self.state);
        if let Lookup::Wanted(from) = state.lookup {
            let known = |part: &Taken| {
                state
                    .recent
                    .iter()
                    .any(|own| own.start == part.start && own.gap.is_some() == part.gap.is_some())
            };
            taken.retain(|part| !known(part));
            taken.extend(state.recent.iter().filter(|own| own.end > from));
            taken.sort_by_key(|part| (part.start, part.end));
            state.lookup = Lookup::Found(taken);
        }
    }

    /// Now and then: notices a failed volume, and does not let pictures wait for a camera that stalls.
    pub(crate) fn tick(&self, core: &Core) {
        let mut state = lock(&self.state);
        let uptime_us = core.options.uptime.now_us();
        state.check_mount(core, self.id);
        let most_us = micros(core.options.fragment) * 3 / 2;
        if !state.pending.is_empty() && uptime_us - state.pending_since_us > most_us {
            state.flush(core, self.id, None);
        }
        state.drain(core, self.id);
    }

    /// Something is missing from here on.
    pub(crate) fn gap(&self, core: &Core, cause: GapCause, since: UtcMicros) {
        let mut state = lock(&self.state);
        state.check_mount(core, self.id);
        state.end_run(core, self.id);
        state.open_gap(core, since, cause);
        state.drain(core, self.id);
        state.say(core, self.id, Phase::Waiting, Some(cause));
    }

    /// The station stops. What a person or the schedule stopped stays so.
    pub(crate) fn station_stops(&self, core: &Core) {
        let why = lock(&self.state).gaps.open().map(|gap| gap.cause);
        if !matches!(why, Some(GapCause::Stopped | GapCause::Scheduled)) {
            self.gap(core, GapCause::StationStopped, core.now());
        }
    }

    /// Jobs wait that no queue has taken yet.
    pub(crate) fn has_jobs(&self) -> bool {
        !lock(&self.state).outbox.is_empty()
    }

    /// Ends the segment in order; the run goes on where there is room (a volume is taken out of use).
    pub(crate) fn leave(&self, core: &Core, mount: &Arc<Mount>) {
        let mut state = lock(&self.state);
        if let Some(segment) = state.segment.as_mut().filter(|segment| Arc::ptr_eq(&segment.mount, mount)) {
            segment.turn = true;
            segment.overdue = UtcMicros(i64::MIN);
        }
        state.drain(core, self.id);
    }

    pub(crate) fn set_label(&self, label: CameraLabel) {
        lock(&self.state).label = label;
    }

    pub(crate) fn set_clock_offset(&self, us: Option<i64>) {
        lock(&self.state).clock_offset_us = us;
    }

    /// The past is known now: its recordings end here.
    pub(crate) fn settle(&self, core: &Core, end: UtcMicros) {
        let mut state = lock(&self.state);
        let Some(first) = state.unsettled.take() else { return };
        match first {
            // Recorded again already: what is between is what the station missed.
            Some(first) => {
                if end < first {
                    let gap = GapRow {
                        stream: self.id,
                        start: end,
                        end: Some(first),
                        cause: GapCause::StationDied,
                    };
                    core.feed.send(vec![Change::Gap(gap)]);
                }
            }
            None => {
                let end = state.end.map_or(end, |known| known.max(end));
                state.set_end(end);
                let mut changes = state.gaps.begin(end, GapCause::StationDied);
                if let Some((since, cause)) = state.late_gap.take() {
                    changes.extend(state.gaps.begin(since.max(end), cause));
                }
                if let Some(gap) = state.gaps.open() {
                    state.set_end(end.max(gap.start));
                }
                core.feed.send(changes);
            }
        }
    }

    pub(crate) fn status(&self) -> StreamStatus {
        lock(&self.state).status(self.id)
    }

    /// How much moves in the segment that is being written, so far.
    pub(crate) fn activity(&self) -> Vec<u8> {
        let open = lock(&self.state).segment.as_ref().map(|segment| segment.activity.clone());
        open.map(|activity| activity.finish()).unwrap_or_default()
    }
}

fn micros(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn video_params(params: &Params) -> Option<&VideoParams> {
    match params {
        Params::Video(video) => Some(video),
        Params::Audio(_) => None,
    }
}

fn audio_params(params: &Params) -> Option<&AudioParams> {
    match params {
        Params::Audio(audio) => Some(audio),
        Params::Video(_) => None,
    }
}

impl State {
    fn status(&self, stream: StreamId) -> StreamStatus {
        let segment = self.segment.as_ref();
        StreamStatus {
            stream,
            phase: self.phase,
            cause: self.cause,
            since: self.since,
            bitrate_bps: if self.phase == Phase::Recording { self.rate.bps() } else { 0 },
            segment: segment.map(|segment| segment.plan.identity.segment),
            segment_begin: segment.map(|segment| segment.start),
            volume: segment.map(|segment| segment.mount.id),
            written_until: segment.and_then(|segment| segment.plan.written().end),
            dropped: self.dropped,
        }
    }

    fn say(&mut self, core: &Core, stream: StreamId, phase: Phase, cause: Option<GapCause>) {
        if self.phase == phase && self.cause == cause {
            return;
        }
        if self.phase != phase {
            self.since = core.now();
        }
        self.phase = phase;
        self.cause = cause;
        core.say(ArchiveEvent::RecordingChanged(self.status(stream)));
    }
}
