//! From access units and audio frames to samples: runs, sequence numbers, unwrapped times, parameters and key frames.
//!
//! A video sample is a key frame when decoding can start there:
//! - H.264 IDR; H.265 IDR, CRA, BLA (all IRAP types);
//! - a recovery point SEI in an access unit of intra slices (open GOP);
//! - a recovery point SEI without intra slices (intra refresh): the picture builds up from there. Only taken where no
//!   better key frame came within [`WEAK_AFTER`], at most once a second, since some cameras mark every picture so;
//! - a picture of intra slices without SEI, under the same condition: cameras exist whose only IDR is the first.

use crate::depay::nal::{Role, has_recovery_point};
use crate::depay::unit::Unit;
use crate::depay::{AudioFrame, nal::VideoCodec};
use crate::params::ParamSets;
use crate::ticks::RtpClock;
use bytes::Bytes;
use easien_model::{AudioParams, MediaKind, Params, RunId, Sample, StreamId, UtcMicros};
use std::sync::Arc;
use std::time::Duration;

/// How long a stream may do without an IDR before lesser key frames are taken.
const WEAK_AFTER: Duration = Duration::from_secs(4);

/// Lesser key frames are at least this far apart.
const WEAK_APART: Duration = Duration::from_millis(900);

/// Makes the video samples of one session.
#[derive(Debug)]
pub(crate) struct VideoTrack {
    stream: StreamId,
    codec: VideoCodec,
    sets: ParamSets,
    stale_params: bool,
    params: Arc<Params>,
    run: RunId,
    seq: u64,
    clock: RtpClock,
    began: Option<UtcMicros>,
    last_strong: Option<UtcMicros>,
    last_key: Option<UtcMicros>,
    end_run: bool,
    /// The access unit before was lost.
    after_loss: bool,
    /// Access units that had nothing to show after losses.
    pub(crate) lost_units: u64,
}

impl VideoTrack {
    pub(crate) fn new(stream: StreamId, codec: VideoCodec, sets: ParamSets, rate_hz: u32) -> Self {
        let params = Arc::new(Params::Video(sets.video_params()));
        Self {
            stream,
            codec,
            sets,
            stale_params: false,
            params,
            run: RunId::new(),
            seq: 0,
            clock: RtpClock::new(rate_hz),
            began: None,
            last_strong: None,
            last_key: None,
            end_run: false,
            after_loss: false,
            lost_units: 0,
        }
    }

    /// The run ends at the next key frame (a recorder lost samples, the clock stepped).
    pub(crate) fn end_run(&mut self) {
        self.end_run = true;
    }

    /// The sample of an access unit; `None` when it holds no picture.
    pub(crate) fn sample(&mut self, unit: &Unit) -> Option<Sample> {
        self.stale_params |= self.sets.absorb(unit);
        if unit.slices().next().is_none() {
            self.seq += 1;
            self.lost_units += 1;
            self.after_loss = true;
            return None;
        }
        let damaged = unit.damaged || std::mem::take(&mut self.after_loss);
        self.began.get_or_insert(unit.arrived);
        let key = self.is_key(unit);
        if key {
            self.last_key = Some(unit.arrived);
            if let Some(slice) = unit.slices().next() {
                self.stale_params |= self.sets.note_active(slice);
            }
        }
        let placed = self.clock.place(unit.timestamp, unit.arrived);
        let mut new_run = placed.leap || (key && self.end_run);
        if self.stale_params && (key || self.seq == 0) {
            self.stale_params = false;
            let params = Params::Video(self.sets.video_params());
            if *self.params != params {
                self.params = Arc::new(params);
                new_run = true;
            }
        }
        if new_run {
            self.end_run = false;
            self.run = RunId::new();
            self.seq = 0;
        } else {
            self.seq += u64::from(unit.missing_before);
        }
        let seq = self.seq;
        self.seq += 1;
        Some(Sample {
            stream: self.stream,
            kind: MediaKind::Video,
            run: self.run,
            seq,
            pts: placed.pts,
            arrived: unit.arrived,
            key,
            damaged,
            params: Arc::clone(&self.params),
            data: Bytes::copy_from_slice(&unit.bytes),
        })
    }

    fn is_key(&mut self, unit: &Unit) -> bool {
        let mut random_access = false;
        let mut recovery = false;
        for place in &unit.nals {
            match place.role {
                Role::Slice { random_access: true } => random_access = true,
                Role::Sei => recovery |= has_recovery_point(self.codec, unit.nal(place)),
                _ => {}
            }
        }
        if random_access {
            self.last_strong = Some(unit.arrived);
            return true;
        }
        let strong_is_far = match self.last_strong.or(self.began) {
            Some(last) => unit.arrived.since(last) >= WEAK_AFTER,
            None => false,
        };
        if !recovery && !strong_is_far {
            return false;
        }
        let intra = self.sets.all_intra(unit);
        if recovery && intra {
            self.last_strong = Some(unit.arrived);
            return true;
        }
        let apart = self.last_key.is_none_or(|last| unit.arrived.since(last) >= WEAK_APART);
        // The very first recovery point of a session is taken at once when nothing better was seen.
        let first = recovery && self.last_key.is_none();
        (recovery || intra) && apart && (strong_is_far || first)
    }

    /// The parameters now in force.
    pub(crate) fn params(&self) -> &Arc<Params> {
        &self.params
    }
}

/// Makes the audio samples of one session. Audio is a run of its own: RTP gives it a clock of its own.
#[derive(Debug)]
pub(crate) struct AudioTrack {
    stream: StreamId,
    params: Arc<Params>,
    run: RunId,
    seq: u64,
    clock: RtpClock,
}

impl AudioTrack {
    pub(crate) fn new(stream: StreamId, params: AudioParams, rate_hz: u32) -> Self {
        Self {
            stream,
            params: Arc::new(Params::Audio(params)),
            run: RunId::new(),
            seq: 0,
            clock: RtpClock::new(rate_hz),
        }
    }

    /// The audio's parameters.
    pub(crate) fn params(&self) -> &Arc<Params> {
        &self.params
    }

    pub(crate) fn sample(&mut self, frame: AudioFrame) -> Sample {
        let placed = self.clock.place(frame.timestamp, frame.arrived);
        if placed.leap {
            self.run = RunId::new();
            self.seq = 0;
        } else if frame.damaged {
            self.seq += 1;
        }
        let seq = self.seq;
        self.seq += 1;
        Sample {
            stream: self.stream,
            kind: MediaKind::Audio,
            run: self.run,
            seq,
            pts: placed.pts,
            arrived: frame.arrived,
            key: true,
            damaged: frame.damaged,
            params: Arc::clone(&self.params),
            data: frame.data,
        }
    }
}
