//! Samples as they come: which run they belong to, when a fragment is complete.

use super::{AudioRun, Lookup, MOST_FRAGMENT_BYTES, State, VideoRun, audio_params, micros, video_params};
use crate::assemble::Rhythm;
use crate::core::Core;
use crate::labels::{SLEWED_US, Taken};
use crate::run_clock::{Course, RunClock};
use easien_model::{GapCause, LossReason, Sample, StreamId, UtcMicros};
use std::sync::Arc;

/// No picture for longer than this, on the camera's own clock, is a gap (where pictures come often).
const HOLE_90K: i64 = 5 * 90_000;

/// Sound that waits for a picture is bounded by this many frames.
const MOST_AUDIO: usize = 2000;

/// Whole GOPs shorter than this are put together into one fragment, in ticks of 1/90000 s.
const SHORT_GOP_90K: i64 = 36_000;

/// After a failure a stream without key frames begins again with any picture after this long.
const NO_KEY_US: i64 = 10_000_000;

/// So many of the last segments and gaps are remembered.
const RECENT: usize = 64;

impl State {
    pub(super) fn audio(&mut self, sample: Arc<Sample>) {
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

    pub(super) fn video(&mut self, core: &Core, stream: StreamId, sample: Arc<Sample>, uptime_us: i64) {
        if let Some(since) = self.waits_for_key_us {
            if !sample.key && uptime_us - since < NO_KEY_US {
                self.dropped += 1;
                return;
            }
            self.waits_for_key_us = None;
        }
        self.follow(core, stream, &sample);
        let pts = sample.pts.0;
        let begun = self.video.as_ref().is_some_and(|video| video.run == sample.run);
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
            let label = label
                .map(|(tick, label)| video.clock.label_offset_us(tick, label).saturating_sub(self.shift_us));
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
            let short =
                if self.segment.is_none() && self.audio.is_none() { most } else { SHORT_GOP_90K.min(most) };
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
    pub(super) fn follow(&mut self, core: &Core, stream: StreamId, sample: &Arc<Sample>) {
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
    pub(super) fn split(&mut self, core: &Core, stream: StreamId, cause: GapCause) {
        let had = self.segment.is_some() || !self.pending.is_empty();
        self.end_run(core, stream);
        if had {
            let at = self.end.unwrap_or_else(|| core.now());
            self.open_gap(core, at, cause);
        }
    }

    pub(super) fn clock_stepped(
        &mut self,
        core: &Core,
        stream: StreamId,
        sample: &Sample,
        uptime_us: i64,
        steps: usize,
    ) {
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
    pub(super) fn edge(&self) -> Option<(i64, UtcMicros)> {
        if let Some(segment) = &self.segment {
            return Some((segment.axis.rtp_start.saturating_add(segment.axis.next), segment.edge));
        }
        let run = self.video.as_ref()?.run;
        self.joins.filter(|(joined, ..)| *joined == run).map(|(_, tick, label)| (tick, label))
    }

    /// Recordings may lie where this run, or the gap before it, would: the index knows.
    pub(super) fn want_lookup(&mut self, arrived: UtcMicros) {
        let (Some(end), Some(latest)) = (self.end, self.latest) else { return };
        if latest - arrived > SLEWED_US || latest > end {
            let from = arrived.0.saturating_sub(SLEWED_US).min(end.0.saturating_sub(1));
            self.lookup = Lookup::Wanted(UtcMicros(from));
        }
    }

    pub(super) fn remember(&mut self, part: Taken) {
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

    pub(super) fn set_end(&mut self, end: UtcMicros) {
        self.end = Some(end);
        self.latest = self.latest.max(Some(end));
    }
}
