//! One stream's recording: samples gather to fragments, fragments make segments, what is missing makes gaps. Everything
//! here is done on the caller's task or the keeper's thread, quickly and without the disk; jobs go to a volume's queue.

use crate::activity::Activity;
use crate::assemble::{self, AudioAxis, Rhythm, VideoAxis};
use crate::core::{Core, lock};
use crate::events::{ArchiveEvent, Phase, StreamStatus};
use crate::fmp4::{self, Seal};
use crate::gaps::{Gaps, OpenGap};
use crate::identity::{FORMAT_VERSION, Identity, SEAL_BYTES};
use crate::index::{Change, GapRow};
use crate::labels::{self, SLEWED_US, Taken};
use crate::place::{self, Rate};
use crate::run_clock::{Course, RunClock, ticks_us};
use crate::scan::picture_utc;
use crate::writer::plan::{FragmentJob, Job, Plan};
use crate::writer::queue::Offer;
use crate::volume::VolumeState;
use crate::writer::{Failure, Mount, gap_of_ended};
use easien_model::{
    AudioParams, Codec, GapCause, LossReason, MediaKind, Params, RunId, Sample, SegmentId, StreamId, UtcMicros,
    VideoParams,
};
use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

/// Whole GOPs shorter than this are put together into one fragment, in ticks of 1/90000 s.
const SHORT_GOP_90K: i64 = 36_000;

/// No picture for longer than this, on the camera's own clock, is a gap (where pictures come often).
const HOLE_90K: i64 = 5 * 90_000;

/// Sound that was heard within this is expected to go on.
const AUDIO_HEARD_US: i64 = 5_000_000;

/// So many of the last segments and gaps are remembered.
const RECENT: usize = 64;

/// Sound that waits for a picture is bounded by this many frames.
const MOST_AUDIO: usize = 2000;

/// A fragment larger than this ends early.
const MOST_FRAGMENT_BYTES: usize = 48 << 20;

/// After a failure a stream without key frames begins again with any picture after this long.
const NO_KEY_US: i64 = 10_000_000;

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
            let known = |part: &Taken| state.recent.iter().any(|own| own.start == part.start && own.gap.is_some() == part.gap.is_some());
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
                    let gap = GapRow { stream: self.id, start: end, end: Some(first), cause: GapCause::StationDied };
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

    fn audio(&mut self, sample: Arc<Sample>) {
        if audio_params(&sample.params).is_none() {
            return;
        }
        let run = match &mut self.audio {
            Some(audio) if audio.run == sample.run && audio.params == sample.params => audio,
            _ => self.audio.insert(AudioRun {
                run: sample.run,
                params: Arc::clone(&sample.params),
                clock: RunClock::new(sample.pts.0),
                heard_us: sample.arrived.0,
            }),
        };
        run.heard_us = sample.arrived.0;
        run.clock.observe(sample.pts.0, sample.arrived, None);
        if let Some(segment) = &mut self.segment {
            let fits = segment.audio.as_ref().is_some_and(|(_, params, _)| *params == sample.params);
            segment.turn |= !fits;
        }
        // Sound without pictures is not kept for long: there is no segment for it.
        if self.pending_audio.len() >= MOST_AUDIO || self.video.is_none() {
            self.dropped += u64::from(self.video.is_some());
            return;
        }
        self.pending_bytes += sample.data.len();
        self.pending_audio.push(sample);
    }

    fn video(&mut self, core: &Core, stream: StreamId, sample: Arc<Sample>, uptime_us: i64) {
        if let Some(since) = self.waits_for_key_us {
            if !sample.key && uptime_us - since < NO_KEY_US {
                self.dropped += 1;
                return;
            }
            self.waits_for_key_us = None;
        }
        self.follow(core, stream, &sample);
        let pts = sample.pts.0;
        let begun = match &self.video {
            Some(video) if video.run == sample.run => true,
            _ => false,
        };
        if !begun {
            let Some(params) = video_params(&sample.params) else { return };
            self.video = Some(VideoRun {
                run: sample.run,
                params: Arc::clone(&sample.params),
                clock: RunClock::new(pts),
                rhythm: Rhythm::new(params.declared_fps),
                last_pts: pts,
            });
            self.want_lookup(sample.arrived);
        }
        let label = self.edge();
        let mut leapt = None;
        if let Some(video) = &mut self.video {
            let label = label.map(|(tick, label)| video.clock.label_offset_us(tick, label).saturating_sub(self.shift_us));
            if let Course::Leapt(by) = video.clock.observe(pts, sample.arrived, label) {
                leapt = Some(by);
            }
        }
        if let Some(by) = leapt {
            tracing::info!(%stream, by_us = by, "the camera's time leapt");
            self.split(core, stream, GapCause::TimestampLeap);
            self.video(core, stream, sample, uptime_us);
            return;
        }
        if let Some(first) = self.pending.first() {
            let (first_pts, first_key) = (first.pts.0, first.key);
            let highest = self.pending.iter().map(|pending| pending.pts.0).max().unwrap_or(first_pts);
            let span = highest.max(pts).saturating_sub(first_pts);
            let most = micros(core.options.fragment) * 9 / 100;
            // A run's first fragment waits for the sound, so that it is known whether there is any.
            let short = if self.segment.is_none() && self.audio.is_none() { most } else { SHORT_GOP_90K.min(most) };
            let at_key = sample.key && !(first_key && span < short);
            let at_time = span >= most && (pts > highest || span >= most * 2);
            if at_key || at_time || self.pending_bytes > MOST_FRAGMENT_BYTES {
                self.flush(core, stream, Some(pts));
                self.turn_if_due(core, stream, sample.key);
            }
        }
        if self.pending.is_empty() {
            self.pending_since_us = uptime_us;
        }
        if let Some(video) = &mut self.video {
            video.last_pts = pts;
        }
        self.pending_bytes += sample.data.len();
        self.pending.push(sample);
    }

    /// Ends the run that a sample does not belong to.
    fn follow(&mut self, core: &Core, stream: StreamId, sample: &Arc<Sample>) {
        let Some(video) = &self.video else { return };
        if video.run != sample.run || video.params != sample.params {
            let cause = if video.params == sample.params {
                GapCause::TimestampLeap
            } else {
                GapCause::ParametersChanged
            };
            self.split(core, stream, cause);
            return;
        }
        let hole = sample.pts.0.saturating_sub(video.last_pts);
        if hole > HOLE_90K && hole > video.rhythm.interval.saturating_mul(4) {
            self.split(core, stream, GapCause::CameraLost { reason: Some(LossReason::Stalled) });
        }
    }

    /// Ends the run here; what follows is another part of the recording.
    fn split(&mut self, core: &Core, stream: StreamId, cause: GapCause) {
        let had = self.segment.is_some() || !self.pending.is_empty();
        self.end_run(core, stream);
        if had {
            let at = self.end.unwrap_or_else(|| core.now());
            self.open_gap(core, at, cause);
        }
    }

    fn clock_stepped(&mut self, core: &Core, stream: StreamId, sample: &Sample, uptime_us: i64, steps: usize) {
        while self.steps_seen < steps {
            let Some(step) = core.step(self.steps_seen) else { break };
            if !step.precedes(sample.arrived, uptime_us) {
                return;
            }
            self.steps_seen += 1;
            self.split(core, stream, GapCause::ClockStep { step_us: step.step_us });
            self.audio = None;
            // Labels that went on as before would now be off by that.
            self.shift_us = self.shift_us.saturating_sub(step.step_us);
        }
    }

    /// The tick and label up to which the run is labelled.
    fn edge(&self) -> Option<(i64, UtcMicros)> {
        if let Some(segment) = &self.segment {
            return Some((segment.axis.rtp_start.saturating_add(segment.axis.next), segment.edge));
        }
        let run = self.video.as_ref()?.run;
        self.joins.filter(|(joined, ..)| *joined == run).map(|(_, tick, label)| (tick, label))
    }

    fn remember(&mut self, part: Taken) {
        let same = |own: &&mut Taken| own.start == part.start && own.gap.is_some() == part.gap.is_some();
        if let Some(own) = self.recent.iter_mut().find(same) {
            own.end = part.end;
            return;
        }
        self.recent.push_back(part);
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }

    fn set_end(&mut self, end: UtcMicros) {
        self.end = Some(end);
        self.latest = self.latest.max(Some(end));
    }

    /// Recordings may lie where this run, or the gap before it, would: the index knows.
    fn want_lookup(&mut self, arrived: UtcMicros) {
        let (Some(end), Some(latest)) = (self.end, self.latest) else { return };
        if latest - arrived > SLEWED_US || latest > end {
            let from = arrived.0.saturating_sub(SLEWED_US).min(end.0.saturating_sub(1));
            self.lookup = Lookup::Wanted(UtcMicros(from));
        }
    }

    /// What is pending becomes a fragment.
    fn flush(&mut self, core: &Core, stream: StreamId, next_pts: Option<i64>) {
        if self.pending.is_empty() {
            return;
        }
        if matches!(self.lookup, Lookup::Wanted(_)) {
            // Not knowable here; at worst the run is placed after everything.
            if next_pts.is_some() && self.pending_bytes < MOST_FRAGMENT_BYTES {
                return;
            }
            self.lookup = Lookup::No;
        }
        if self.segment.is_none() && !self.begin_segment(core, stream) {
            let lost = self.pending.len() as u64;
            self.dropped += lost;
            self.forget_pending();
            return;
        }
        let (Some(segment), Some(video)) = (&mut self.segment, &mut self.video) else { return };
        let samples = std::mem::take(&mut self.pending);
        let from = segment.axis.next;
        let (video_time, metas) = assemble::video(&mut segment.axis, &mut video.rhythm, &samples, next_pts);
        let first = i64::try_from(video_time).unwrap_or(0);
        let begin = UtcMicros(segment.edge.0.saturating_add(ticks_us(first.saturating_sub(from))));
        let rtp_start = segment.axis.rtp_start;
        let slewed = if self.shift_us.abs() > SLEWED_US { 0 } else { i64::MAX };
        let end = video.clock.extend(
            rtp_start.saturating_add(first),
            begin,
            rtp_start.saturating_add(segment.axis.next),
            slewed,
        );
        segment.edge = end;
        for (meta, at) in metas.iter().zip(presentations(video_time, &metas)) {
            let utc = picture_utc(begin, end, at.saturating_sub(first), segment.axis.next.saturating_sub(first));
            segment.activity.push(utc, meta.size, meta.key);
        }
        let sounds = self.take_sounds();
        let Some(segment) = &mut self.segment else { return };
        let audio_metas = match (&mut segment.audio, &self.audio) {
            (Some((_, _, axis)), Some(audio)) => {
                let shift_us = self.shift_us;
                let start = segment.start;
                axis.audio(&sounds, |sample| {
                    let utc = audio.clock.utc(sample.pts.0).unwrap_or(sample.arrived);
                    utc.0.saturating_add(shift_us).saturating_sub(start.0).saturating_mul(9) / 100
                })
            }
            _ => (0, Vec::new()),
        };
        segment.fragments = segment.fragments.saturating_add(1);
        let frames = u32::try_from(samples.len()).unwrap_or(u32::MAX);
        let key = samples.first().is_some_and(|sample| sample.key);
        let fragment = assemble::fragment(segment.fragments, (video_time, metas), audio_metas);
        let head = fmp4::moof(&fragment);
        let is_first = segment.fragments == 1;
        let mut bytes = head.len() + SEAL_BYTES + usize::try_from(fragment.data_bytes()).unwrap_or(0);
        let mut before = Vec::new();
        if is_first {
            bytes += segment.plan.head.len();
            before.extend(segment.ended_gap.iter().cloned());
        }
        let job = FragmentJob {
            plan: Arc::clone(&segment.plan),
            first: is_first,
            before,
            head,
            samples: samples.into_iter().chain(sounds).collect(),
            seal: Seal { number: segment.fragments, start: begin, end, key, frames, sha256: [0; 32] },
            video_time,
            bytes,
        };
        self.outbox.push_back((Arc::clone(&segment.mount), Job::Fragment(Box::new(job))));
        let start = segment.start;
        self.remember(Taken { start, end, gap: None });
        self.set_end(end);
        self.pending_bytes = 0;
        self.rate.add(bytes as u64, &core.options.uptime);
        self.say(core, stream, Phase::Recording, None);
    }

    /// The sound that belongs to what is flushed.
    fn take_sounds(&mut self) -> Vec<Arc<Sample>> {
        let sounds = std::mem::take(&mut self.pending_audio);
        let Some(segment) = &self.segment else { return Vec::new() };
        let Some((_, params, _)) = &segment.audio else {
            self.dropped += sounds.len() as u64;
            return Vec::new();
        };
        let all = sounds.len();
        let kept: Vec<_> = sounds.into_iter().filter(|sample| sample.params == *params).collect();
        self.dropped += (all - kept.len()) as u64;
        kept
    }

    fn forget_pending(&mut self) {
        self.pending.clear();
        self.pending_audio.clear();
        self.pending_bytes = 0;
    }

    /// Begins a segment for what is pending. False: no volume takes it.
    fn begin_segment(&mut self, core: &Core, stream: StreamId) -> bool {
        let Some(video) = &self.video else { return false };
        let (run, of_run) = (video.run, Arc::clone(&video.params));
        let Some(params) = video_params(&of_run) else { return false };
        let Some(rtp_start) = self.pending.iter().map(|sample| sample.pts.0).min() else { return false };
        let mount = match core.volumes.place() {
            Ok(mount) => mount,
            Err(cause) => {
                self.open_gap(core, core.now(), cause);
                self.joins = None;
                self.waits_for_key_us = Some(core.options.uptime.now_us());
                self.say(core, stream, Phase::Failing, Some(cause));
                return false;
            }
        };
        let truth = video.clock.utc(rtp_start).unwrap_or_else(|| core.now());
        let least = self.latest.max(self.gaps.least_end()).unwrap_or(UtcMicros(i64::MIN));
        let mut bound = None;
        let mut trims = None;
        let mut there = Vec::new();
        let joined = self.joins.take().filter(|(joined, ..)| *joined == run && self.gaps.open().is_none());
        let start = if let Some((_, tick, label)) = joined {
            bound = self.bound;
            UtcMicros(label.0.saturating_add(ticks_us(rtp_start.saturating_sub(tick)).max(0)))
        } else {
            let wish = UtcMicros(truth.0.saturating_add(self.shift_us)).max(least);
            match std::mem::replace(&mut self.lookup, Lookup::No) {
                Lookup::Found(taken) => {
                    there = taken;
                    // What this gap covers is not taken: it ends here.
                    let open = self.gaps.open().map(|gap| gap.start);
                    there.retain(|part| part.gap.is_none() || Some(part.start) != open);
                    let spot = labels::find(truth, wish, least, &there);
                    (bound, trims) = (spot.bound, spot.trims);
                    spot.start
                }
                _ if truth >= least => truth,
                _ if self.shift_us.abs() > SLEWED_US => wish,
                _ => least,
            }
        };
        self.bound = bound;
        self.shift_us = start - truth;
        let ended_gap = self.close_gap(stream, start, &there, trims);
        if let Some(unsettled) = &mut self.unsettled {
            unsettled.get_or_insert(start);
        }
        let audio = self.audio.as_ref().filter(|audio| {
            let newest = self.pending.last().map_or(0, |sample| sample.arrived.0);
            newest - audio.heard_us < AUDIO_HEARD_US
        });
        let sound = audio.and_then(|audio| audio_params(&audio.params));
        let identity = Identity {
            v: FORMAT_VERSION,
            segment: SegmentId::new(),
            station: core.options.station,
            volume: mount.id,
            camera: stream.camera,
            code: self.label.code.clone(),
            name: self.label.name.clone(),
            stream: stream.which,
            run,
            start_us: start.0,
            rtp_start,
            clock_offset_us: self.clock_offset_us,
            shift_us: self.shift_us,
            codec: params.codec,
            width: params.width_px,
            height: params.height_px,
            audio: sound.map(|sound| sound.codec),
        };
        let payload = identity.to_payload().unwrap_or_default();
        let head = fmp4::head(&payload, params, sound);
        core.begun(identity.segment);
        let folder = place::folder(stream, &self.label.code, start);
        let plan = Arc::new(Plan::new(identity, folder, place::time(start), head));
        let (due, overdue) = dues(core, stream, start);
        mount.streams.fetch_add(1, Ordering::Relaxed);
        self.segment = Some(OpenSegment {
            plan,
            axis: VideoAxis { rtp_start, next: 0 },
            audio: audio.map(|audio| {
                let (rate, frame) = match audio_params(&audio.params) {
                    Some(sound) => (sound.rate_hz, if sound.codec == Codec::Aac { 1024 } else { 0 }),
                    None => (8000, 0),
                };
                (audio.run, Arc::clone(&audio.params), AudioAxis::new(rate, frame))
            }),
            start,
            edge: start,
            fragments: 0,
            activity: Activity::new(start),
            ended_gap,
            due,
            overdue,
            turn: false,
            mount,
        });
        true
    }

    /// The gap ends at `start`; its rows say so when the first fragment is written. Around what is recorded in it, too.
    fn close_gap(&mut self, stream: StreamId, start: UtcMicros, there: &[Taken], trims: Option<Taken>) -> Vec<Change> {
        let row = |from, to, cause| Change::Gap(GapRow { stream, start: from, end: Some(to), cause });
        let mut changes = Vec::new();
        if let Some(part) = trims
            && let Some(cause) = part.gap
        {
            changes.push(row(part.start, start, cause));
        }
        if let Some(gap) = self.gaps.take() {
            let free = labels::free_between(gap.start, start, there);
            if free.is_empty() {
                // The labels went back: nothing is missing there, but the run ended.
                changes.push(row(gap.start, UtcMicros(gap.start.0.saturating_add(1)), gap.cause));
            }
            changes.extend(free.into_iter().map(|(from, to)| row(from, to, gap.cause)));
        }
        for change in &changes {
            if let Change::Gap(GapRow { start, end: Some(end), cause, .. }) = change {
                self.remember(Taken { start: *start, end: *end, gap: Some(*cause) });
            }
        }
        changes
    }

    /// A time of the station's clock on the stream's time line.
    fn shifted(&self, at: UtcMicros) -> UtcMicros {
        UtcMicros(at.0.saturating_add(self.shift_us))
    }

    fn open_gap(&mut self, core: &Core, since: UtcMicros, cause: GapCause) {
        // Before the first recording nothing is missing.
        let Some(end) = self.end else { return };
        if self.unsettled.is_some_and(|first| first.is_none()) {
            self.late_gap = Some((since, cause));
            return;
        }
        let at = if self.gaps.open().is_some() { self.shifted(since).max(end) } else { end };
        let changes = self.gaps.begin(at, cause);
        if let Some(gap) = self.gaps.open() {
            self.set_end(end.max(gap.start));
        }
        core.feed.send(changes);
    }

    fn turn_if_due(&mut self, core: &Core, stream: StreamId, key: bool) {
        let Some(segment) = &self.segment else { return };
        let edge = segment.edge;
        if let Some(bound) = self.bound.filter(|bound| *bound - edge < micros(core.options.fragment) * 3) {
            // Recordings are ahead: the run is placed anew, behind them.
            let truth = UtcMicros(edge.0.saturating_sub(self.shift_us));
            self.end_segment();
            self.joins = None;
            let cause = GapCause::ClockStep { step_us: 0 };
            core.feed.send(vec![Change::Gap(GapRow { stream, start: edge, end: Some(bound), cause })]);
            self.lookup = Lookup::Wanted(truth);
            return;
        }
        let out = segment.mount.is_retired();
        if (key && (edge >= segment.due || segment.turn || out)) || edge >= segment.overdue {
            let run = segment.plan.identity.run;
            self.joins = Some((run, segment.axis.rtp_start.saturating_add(segment.axis.next), edge));
            self.end_segment();
        }
    }

    fn end_segment(&mut self) {
        let Some(segment) = self.segment.take() else { return };
        segment.mount.streams.fetch_sub(1, Ordering::Relaxed);
        let activity = segment.activity.finish();
        self.outbox.push_back((segment.mount, Job::End { plan: segment.plan, activity, end: segment.edge }));
    }

    fn end_run(&mut self, core: &Core, stream: StreamId) {
        self.flush(core, stream, None);
        self.forget_pending();
        self.end_segment();
        self.joins = None;
        self.video = None;
        self.lookup = Lookup::No;
    }

    fn drain(&mut self, core: &Core, stream: StreamId) -> Option<Arc<Mount>> {
        while let Some((mount, job)) = self.outbox.pop_front() {
            match mount.queue.offer(job) {
                Offer::Taken => {}
                Offer::Full(job) => {
                    self.outbox.push_front((Arc::clone(&mount), job));
                    return Some(mount);
                }
                Offer::Closed(job) => {
                    self.lost_job(core, &mount, &job);
                    self.check_mount(core, stream);
                }
            }
        }
        None
    }

    /// A job that no writer takes any more.
    fn lost_job(&mut self, core: &Core, mount: &Mount, job: &Job) {
        match job {
            Job::Fragment(job) => self.dropped += job.samples.len() as u64,
            Job::End { plan, end, .. } => {
                let failure = mount.failure().cloned().unwrap_or(Failure {
                    state: VolumeState::Disabled,
                    detail: String::new(),
                    written_is_good: true,
                });
                core.feed.send(gap_of_ended(plan, *end, &failure).into_iter().collect());
            }
        }
    }

    /// If the segment's volume failed: the recording ends where it can be trusted, and goes on elsewhere.
    fn check_mount(&mut self, core: &Core, stream: StreamId) {
        let Some(segment) = &self.segment else { return };
        let Some(failure) = segment.mount.failure().cloned() else { return };
        let Some(segment) = self.segment.take() else { return };
        segment.mount.streams.fetch_sub(1, Ordering::Relaxed);
        self.set_aside(core, stream, &segment, &failure);
    }

    fn set_aside(&mut self, core: &Core, stream: StreamId, segment: &OpenSegment, failure: &Failure) {
        let extent = segment.plan.freeze(failure.written_is_good);
        let written = segment.plan.written().end.is_some();
        let begun = written && !(failure.written_is_good && extent.end.is_none());
        let mut changes = Vec::new();
        let trusted = if begun {
            crate::writer::file::end_of(&segment.plan, &extent)
        } else {
            // Nothing of it is anywhere: the gap before it goes on, with another cause from here.
            changes.extend(segment.ended_gap.iter().cloned());
            segment.start
        };
        let lost: usize = self
            .outbox
            .iter()
            .map(|(_, job)| if let Job::Fragment(job) = job { job.samples.len() } else { 0 })
            .sum();
        self.outbox.retain(|(mount, _)| !Arc::ptr_eq(mount, &segment.mount));
        if lost > 0 {
            self.dropped += lost as u64;
            core.say(ArchiveEvent::Lost { stream, samples: lost as u64, cause: failure.cause() });
        }
        self.set_end(trusted);
        changes.extend(self.gaps.begin(trusted, failure.cause()));
        core.feed.send(changes);
        self.joins = None;
        // What waits and can be decoded goes to the next volume; else the next key frame does.
        if !self.pending.first().is_some_and(|sample| sample.key) {
            self.dropped += self.pending.len() as u64;
            self.forget_pending();
            self.waits_for_key_us = Some(core.options.uptime.now_us());
        }
        self.say(core, stream, Phase::Failing, Some(failure.cause()));
    }
}

fn presentations(first: u64, metas: &[fmp4::SampleMeta]) -> impl Iterator<Item = i64> + '_ {
    let mut at = i64::try_from(first).unwrap_or(0);
    metas.iter().map(move |meta| {
        let shown = at.saturating_add(i64::from(meta.offset));
        at = at.saturating_add(i64::from(meta.duration));
        shown
    })
}

/// When a segment that begins at `start` ends: at a time of its stream's own, so that not all end at once.
fn dues(core: &Core, stream: StreamId, start: UtcMicros) -> (UtcMicros, UtcMicros) {
    let length = micros(core.options.segment).max(1);
    let phase = i64::try_from(place::spread(stream) % u64::try_from(length).unwrap_or(1)).unwrap_or(0);
    let into = start.0.saturating_sub(phase).rem_euclid(length);
    let mut left = length - into;
    if left < length / 5 {
        left = left.saturating_add(length);
    }
    let due = start.0.saturating_add(left);
    (UtcMicros(due), UtcMicros(due.saturating_add(length / 2)))
}
