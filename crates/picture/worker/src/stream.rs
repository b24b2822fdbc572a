//! One stream in the worker: its queue, its decoder, and the judgement whether what comes out may be shown.

use crate::annexb;
use crate::av::{self, Decoder, Packet, Picture};
use crate::spare;
use easien_model::{Codec, StreamId, StreamKind, Ticks90k, UtcMicros, VideoParams};
use easien_mosaic::Tier;
use easien_picture::wire::{SampleHead, StreamStats};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// A sample that waited longer than this in the queue is late; the stream then jumps to its newest key frame.
const LATE: Duration = Duration::from_millis(500);
/// Samples for so long without any picture: not decodable.
const UNDECODABLE_AFTER: Duration = Duration::from_secs(8);
/// After damage the last good picture is held until the next key frame, but in a stream with rare key frames not
/// longer than this, if the decoder is content by then.
const HOLD_MOST: Duration = Duration::from_secs(4);
/// "Content": so many samples in a row without a complaint.
const CONTENT_AFTER: u32 = 10;
/// After a complaint, so many samples without one are asked for before a picture is believed, a key frame's too: of
/// noise in a right frame, a decoder that knows no better (H.265) takes one in some for a picture.
const BELIEVED_AFTER: u32 = 5;
/// Or so much time, and two samples.
const BELIEVED_AFTER_TIME: Duration = Duration::from_secs(2);
/// A decoder that murmured over so many samples without ever complaining is not listened to any more.
const MURMURS_HEEDED: u32 = 30;
/// Complaints in a row after which the decoder is made anew.
const RENEW_AFTER: u32 = 30;

/// A picture that may be shown.
pub struct Shot {
    /// Its pixels.
    pub picture: Picture,
    /// Presentation time on the run's clock.
    pub pts: Ticks90k,
    /// When its last packet arrived, by the station's clock.
    pub arrived: UtcMicros,
    /// When it was decoded, by the worker's clock.
    pub decoded: Instant,
}

enum Item {
    Params(VideoParams),
    Sample { packet: Packet, head: SampleHead, received: Instant },
    End,
}

/// What became of a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// There is a newer picture in [`Stream::latest`].
    pub picture: bool,
    /// It was said, or taken back, that the stream cannot be decoded.
    pub decodable: Option<bool>,
}

/// One opened stream.
pub struct Stream {
    /// Which stream.
    pub id: StreamId,
    /// How much of it is decoded.
    pub tier: Tier,
    /// The newest picture that may be shown.
    pub latest: Option<Shot>,
    /// When a picture of it was last painted.
    pub painted: Option<Instant>,
    /// The newest picture was not painted yet.
    pub unpainted: bool,
    /// Its figures.
    pub stats: StreamStats,
    /// The longest that a sample waited for its turn since somebody asked.
    pub waited: Duration,
    queue: VecDeque<Item>,
    queued_bytes: usize,
    params: Option<VideoParams>,
    decoder: Option<Decoder>,
    /// The open decoder leaves the loop filter out.
    light: bool,
    spare: Option<Picture>,
    /// Nothing goes to the decoder before a key frame.
    needs_key: bool,
    next_seq: Option<u64>,
    /// Arrival times of what the decoder may still hold, by presentation time.
    arrivals: VecDeque<(i64, UtcMicros)>,
    /// Something before was damaged or missing: pictures may refer to it.
    suspect: bool,
    suspect_since: Option<Instant>,
    /// Pictures before this time belong to what was damaged.
    clean_from: i64,
    complaints: u32,
    /// Complaints since the decoder was last content for a while, over renewed decoders too: many are noise, not a loss.
    noise: u32,
    contents: u32,
    /// Samples over which the decoder murmured, since the last complaint.
    murmurs: u32,
    /// The last complaint, until pictures are believed again.
    wary_since: Option<Instant>,
    /// The first sample since the last good picture.
    waiting_since: Option<Instant>,
    said_undecodable: bool,
}

impl Stream {
    /// A stream without parameters and samples yet.
    pub fn new(key: u32, id: StreamId, tier: Tier) -> Self {
        Self {
            id,
            tier,
            latest: None,
            painted: None,
            unpainted: false,
            stats: StreamStats { key, ..StreamStats::default() },
            waited: Duration::ZERO,
            queue: VecDeque::new(),
            queued_bytes: 0,
            params: None,
            decoder: None,
            light: false,
            spare: Picture::empty(),
            needs_key: true,
            next_seq: None,
            arrivals: VecDeque::new(),
            suspect: false,
            suspect_since: None,
            clean_from: i64::MIN,
            complaints: 0,
            noise: 0,
            contents: 0,
            murmurs: 0,
            wary_since: None,
            waiting_since: None,
            said_undecodable: false,
        }
    }

    /// A new run with these parameters begins with the next sample.
    pub fn push_params(&mut self, params: VideoParams) {
        self.queue.push_back(Item::Params(params));
    }

    /// No more samples will come: the pictures that the decoder holds back are due.
    pub fn push_end(&mut self) {
        self.queue.push_back(Item::End);
    }

    /// Bytes that wait.
    pub fn queued_bytes(&self) -> usize {
        self.queued_bytes
    }

    /// Queues a sample. What waits already is dropped if it would be more than `most_bytes` with it.
    pub fn push(&mut self, head: SampleHead, data: &[u8], codec: Codec, most_bytes: usize) {
        if self.queued_bytes + data.len() > most_bytes {
            let before = self.queue.len();
            self.queue.retain(|item| !matches!(item, Item::Sample { .. }));
            self.stats.late += (before - self.queue.len()) as u64;
            self.queued_bytes = 0;
        }
        let Some(mut packet) = Packet::new(data.len()) else { return };
        let len = annexb::annex_b(codec, data, packet.data_mut());
        if len == 0 {
            self.stats.errors += 1;
            return;
        }
        packet.shrink(len);
        packet.set_pts(head.pts.0);
        self.queued_bytes += packet.len();
        self.queue.push_back(Item::Sample { packet, head, received: Instant::now() });
    }

    /// The codec of what is pushed next.
    pub fn codec(&self) -> Option<Codec> {
        let queued = self.queue.iter().rev().find_map(|item| match item {
            Item::Params(params) => Some(params.codec),
            Item::Sample { .. } | Item::End => None,
        });
        queued.or_else(|| self.params.as_ref().map(|params| params.codec))
    }

    /// Whether anything waits.
    pub fn is_idle(&self) -> bool {
        self.queue.is_empty()
    }

    /// Which tier a picture of it is painted as.
    pub fn painted_tier(&self) -> Tier {
        match (self.id.which, self.tier) {
            (StreamKind::Main, Tier::Sub | Tier::SubLight | Tier::Main) => Tier::Main,
            (_, tier) => tier,
        }
    }

    /// Decodes the next sample.
    pub fn step(&mut self, now: Instant) -> Outcome {
        self.skip_late(now);
        match self.queue.pop_front() {
            None => Outcome::default(),
            Some(Item::Params(params)) => {
                self.begin_run(params);
                Outcome::default()
            }
            Some(Item::Sample { packet, head, received }) => {
                self.waited = self.waited.max(now.duration_since(received));
                self.queued_bytes = self.queued_bytes.saturating_sub(packet.len());
                self.sample(&packet, &head, now)
            }
            Some(Item::End) => {
                let mut outcome = Outcome::default();
                if let Some(decoder) = &mut self.decoder {
                    decoder.finish();
                    self.receive(now, &mut outcome);
                }
                self.decoder = None;
                self.needs_key = true;
                outcome
            }
        }
    }

    /// Behind: everything before the newest key frame is dropped, whole groups of pictures at once.
    fn skip_late(&mut self, now: Instant) {
        let late = matches!(self.queue.front(), Some(Item::Sample { received, .. }) if now.duration_since(*received) > LATE);
        if !late {
            return;
        }
        let newest_key = self
            .queue
            .iter()
            .rposition(|item| matches!(item, Item::Sample { head, .. } if head.is_key && !head.damaged));
        for _ in 0..newest_key.unwrap_or(0) {
            match self.queue.pop_front() {
                Some(Item::Params(params)) => self.begin_run(params),
                Some(Item::Sample { packet, .. }) => {
                    self.queued_bytes = self.queued_bytes.saturating_sub(packet.len());
                    self.stats.late += 1;
                }
                Some(Item::End) | None => break,
            }
        }
    }

    fn begin_run(&mut self, params: VideoParams) {
        let same = self
            .params
            .as_ref()
            .is_some_and(|old| old.codec == params.codec && old.parameter_sets == params.parameter_sets);
        if !same {
            self.decoder = None;
        } else if let Some(decoder) = &mut self.decoder {
            decoder.flush();
        }
        self.params = Some(params);
        self.needs_key = true;
        self.next_seq = None;
        self.arrivals.clear();
        self.clean_from = i64::MIN;
        self.murmurs = 0;
    }

    fn sample(&mut self, packet: &Packet, head: &SampleHead, now: Instant) -> Outcome {
        let mut outcome = Outcome::default();
        let gap = self.next_seq.is_some_and(|next| next != head.seq);
        self.next_seq = Some(head.seq + 1);
        if self.tier == Tier::Held || (self.tier == Tier::KeyFrames && !head.is_key) {
            return outcome;
        }
        let waiting = *self.waiting_since.get_or_insert(now);
        if head.is_key && !head.damaged {
            self.suspect = false;
            self.clean_from = head.pts.0;
        } else if gap || head.damaged {
            self.suspect(now);
        }
        if !self.needs_key || head.is_key {
            self.decode(packet, head, now, &mut outcome);
        }
        if outcome.picture {
            self.waiting_since = None;
            if std::mem::take(&mut self.said_undecodable) {
                outcome.decodable = Some(true);
            }
        } else if !self.said_undecodable && now.duration_since(waiting) > UNDECODABLE_AFTER {
            self.said_undecodable = true;
            outcome.decodable = Some(false);
        }
        outcome
    }

    fn decode(&mut self, packet: &Packet, head: &SampleHead, now: Instant, outcome: &mut Outcome) {
        let light = matches!(self.tier, Tier::SubLight | Tier::KeyFrames);
        if self.complaints >= RENEW_AFTER || (head.is_key && light != self.light) {
            self.decoder = None;
            if !head.is_key {
                self.needs_key = true;
                self.complaints = 0;
                return;
            }
        }
        let key_only = self.tier == Tier::KeyFrames;
        if key_only && self.decoder.is_none() && self.complaints == 0 {
            self.decoder = self.params.as_ref().and_then(spare::take);
            self.light = true;
        }
        if self.decoder.is_none() && !self.open(light) {
            return;
        }
        self.needs_key = false;
        if self.arrivals.len() >= 64 {
            self.arrivals.pop_front();
        }
        self.arrivals.push_back((head.pts.0, head.arrived));
        let Some(decoder) = &mut self.decoder else { return };
        let murmurs = av::murmurs();
        let refused = decoder.send(packet).is_err();
        if av::murmurs() != murmurs {
            // Said only in the log, e.g. that pictures are missing which this one refers to. Held like after a loss;
            // but a camera that always makes the decoder murmur must be shown nevertheless.
            self.murmurs = self.murmurs.saturating_add(1);
            if self.murmurs <= MURMURS_HEEDED {
                self.suspect(now);
            }
        }
        let mut damaged = self.receive(now, outcome);
        if key_only {
            // Nothing follows for seconds: what is held back is due, and the decoder is free for another stream.
            if let Some(decoder) = &mut self.decoder {
                decoder.finish();
            }
            damaged |= self.receive(now, outcome);
            self.needs_key = true;
            // One picture is kept, not two: there are hundreds of such streams.
            self.spare = None;
            if let (Some(mut decoder), Some(params)) = (self.decoder.take(), &self.params)
                && !refused
                && !damaged
            {
                decoder.flush();
                spare::put(params, decoder);
            }
        }
        if refused || damaged {
            self.stats.errors += 1;
            self.complaints += 1;
            (self.contents, self.murmurs) = (0, 0);
            self.wary_since = Some(now);
            self.suspect(now);
            self.noise = self.noise.saturating_add(1);
            if self.noise >= RENEW_AFTER {
                // The patience of `HOLD_MOST` is for a loss; after noise it begins only when the noise has ended, or the
                // first pictures after it, made from nothing that was ever seen, would be shown at once.
                self.suspect_since = Some(now);
            }
        } else {
            self.complaints = 0;
            self.contents = self.contents.saturating_add(1);
            if self.contents >= CONTENT_AFTER {
                self.noise = 0;
            }
        }
    }

    /// Takes what the decoder has; true: it complained, or a picture is damaged.
    fn receive(&mut self, now: Instant, outcome: &mut Outcome) -> bool {
        let mut complained = false;
        let Some(mut decoder) = self.decoder.take() else { return false };
        while let Some(mut picture) = self.spare.take().or_else(Picture::empty) {
            match decoder.receive(&mut picture) {
                Ok(true) if picture.is_damaged() || picture.shape().is_none() => {
                    complained = true;
                    self.spare = Some(picture);
                }
                Ok(true) if self.may_show(picture.pts(), now) => {
                    self.keep(picture, now);
                    outcome.picture = true;
                }
                Ok(true) => self.spare = Some(picture),
                refused_or_empty => {
                    complained |= refused_or_empty.is_err();
                    self.spare = Some(picture);
                    break;
                }
            }
        }
        self.decoder = Some(decoder);
        complained
    }

    fn open(&mut self, light: bool) -> bool {
        let Some(params) = &self.params else { return false };
        match Decoder::open(params.codec, &annexb::parameter_sets(&params.parameter_sets), light) {
            Ok(decoder) => {
                self.decoder = Some(decoder);
                self.light = light;
                self.complaints = 0;
                self.arrivals.clear();
                true
            }
            Err(refused) => {
                self.stats.errors += 1;
                tracing::warn!(stream = %self.id, error = refused.0, "no decoder");
                false
            }
        }
    }

    fn suspect(&mut self, now: Instant) {
        self.suspect = true;
        self.suspect_since.get_or_insert(now);
    }

    fn may_show(&mut self, pts: i64, now: Instant) -> bool {
        if let Some(since) = self.wary_since {
            let long = self.contents >= 2 && now.duration_since(since) > BELIEVED_AFTER_TIME;
            if self.contents < BELIEVED_AFTER && !long {
                return false;
            }
        }
        if !self.suspect && pts >= self.clean_from {
            self.wary_since = None;
            self.suspect_since = None;
            return true;
        }
        self.contents >= CONTENT_AFTER
            && self.suspect_since.is_some_and(|since| now.duration_since(since) > HOLD_MOST)
    }

    /// Makes it the newest picture; the former one is received into next.
    fn keep(&mut self, picture: Picture, now: Instant) {
        let pts = picture.pts();
        let arrived = match self.arrivals.iter().rposition(|(at, _)| *at == pts) {
            Some(index) => self.arrivals.get(index).map(|(_, arrived)| *arrived),
            None => self.arrivals.back().map(|(_, arrived)| *arrived),
        };
        if let Some(shape) = picture.shape() {
            (self.stats.width_px, self.stats.height_px) = (shape.width_px, shape.height_px);
        }
        self.stats.decoded += 1;
        self.unpainted = true;
        let shot = Shot { picture, pts: Ticks90k(pts), arrived: arrived.unwrap_or_default(), decoded: now };
        self.spare = self.latest.replace(shot).map(|shot| shot.picture);
    }
}

#[cfg(test)]
pub(crate) mod tests;
