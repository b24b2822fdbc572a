//! Fragments and segments from what is pending; where they lie on the stream's time line.

use super::{Lookup, MOST_FRAGMENT_BYTES, OpenSegment, State, audio_params, micros, video_params};
use crate::activity::Activity;
use crate::assemble::{self, AudioAxis, VideoAxis};
use crate::core::Core;
use crate::events::Phase;
use crate::fmp4::{self, Seal};
use crate::identity::{FORMAT_VERSION, Identity, SEAL_BYTES};
use crate::index::{Change, GapRow};
use crate::labels::{self, SLEWED_US, Taken};
use crate::place;
use crate::run_clock::ticks_us;
use crate::scan::picture_utc;
use crate::writer::plan::{FragmentJob, Job, Plan};
use easien_model::{Codec, GapCause, Sample, SegmentId, StreamId, UtcMicros};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Sound that was heard within this is expected to go on.
const AUDIO_HEARD_US: i64 = 5_000_000;

/// A larger hole is not made by the times of one camera: leaps and clocks that were set have gaps of their own.
const HOLE_MOST_US: i64 = 2_500_000;

impl State {
    /// What is pending becomes a fragment.
    pub(super) fn flush(&mut self, core: &Core, stream: StreamId, next_pts: Option<i64>) {
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
            let utc =
                picture_utc(begin, end, at.saturating_sub(first), segment.axis.next.saturating_sub(first));
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
    pub(super) fn take_sounds(&mut self) -> Vec<Arc<Sample>> {
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

    pub(super) fn forget_pending(&mut self) {
        self.pending.clear();
        self.pending_audio.clear();
        self.pending_bytes = 0;
    }

    /// Begins a segment for what is pending. False: no volume takes it.
    pub(super) fn begin_segment(&mut self, core: &Core, stream: StreamId) -> bool {
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
    pub(super) fn close_gap(
        &mut self,
        stream: StreamId,
        start: UtcMicros,
        there: &[Taken],
        trims: Option<Taken>,
    ) -> Vec<Change> {
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
        } else if let Some(end) = self.end.filter(|end| *end < start && start - *end < HOLE_MOST_US)
            && trims.is_none()
            && self.unsettled.is_none()
        {
            // Nobody said that something is missing, but the camera's times leave a hole: it is told, whatever made it.
            let holes = labels::free_between(end, start, there).into_iter();
            changes.extend(holes.map(|(from, to)| row(from, to, GapCause::TimestampLeap)));
        }
        for change in &changes {
            if let Change::Gap(GapRow { start, end: Some(end), cause, .. }) = change {
                self.remember(Taken { start: *start, end: *end, gap: Some(*cause) });
            }
        }
        changes
    }

    /// A time of the station's clock on the stream's time line.
    pub(super) fn shifted(&self, at: UtcMicros) -> UtcMicros {
        UtcMicros(at.0.saturating_add(self.shift_us))
    }

    pub(super) fn open_gap(&mut self, core: &Core, since: UtcMicros, cause: GapCause) {
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

    pub(super) fn turn_if_due(&mut self, core: &Core, stream: StreamId, key: bool) {
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

    pub(super) fn end_segment(&mut self) {
        let Some(segment) = self.segment.take() else { return };
        segment.mount.streams.fetch_sub(1, Ordering::Relaxed);
        let activity = segment.activity.finish();
        self.outbox.push_back((segment.mount, Job::End { plan: segment.plan, activity, end: segment.edge }));
    }

    pub(super) fn end_run(&mut self, core: &Core, stream: StreamId) {
        self.flush(core, stream, None);
        self.forget_pending();
        self.end_segment();
        self.joins = None;
        self.video = None;
        self.lookup = Lookup::No;
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
