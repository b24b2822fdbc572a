//! One play in the worker: recorded samples, decoded exactly as told, in order. Nothing is dropped for being late; the
//! station keeps no more in here than it is ready to lose by a reset.
//!
//! What may be shown: a recording is evidence, so a picture is shown as it was recorded, also after a loss (the recording says
//! where one is), as long as the decoder does not complain of it. What the decoder refuses or calls damaged is not
//! painted as if it were a picture, nor what it only murmurs of in its log (that pictures are missing which this one
//! refers to), unless it always does; and after a complaint nothing is for [`WARY`] samples or until a key frame that it
//! takes without one: of noise, a decoder that knows no better takes one in some for a picture.

use crate::annexb;
use crate::av::{self, Decoder, Packet, Picture, Shape, Shrinker};
use crate::kept::Kept;
use crate::stream::Shot;
use crate::wall::Wall;
use easien_model::{Codec, StreamId, Ticks90k, UtcMicros, VideoParams};
use easien_picture::wire::{Due, PlaySaid, SampleHead};
use std::collections::VecDeque;
use std::time::Instant;

/// Samples without a complaint after one, before pictures are shown again.
const WARY: u32 = 5;
/// A decoder that murmured over so many samples without ever complaining is not listened to any more.
const MURMURS_HEEDED: u32 = 30;
/// More pictures than that no decoder holds back: the oldest will not come any more.
const MOST_HELD_BACK: usize = 40;
/// Bytes given back to the station at once.
const GIVE_BACK_BYTES: u64 = 64 << 10;

enum Item {
    Params(VideoParams),
    Sample { packet: Option<Packet>, bytes: u64, is_key: bool, wanted: Wanted },
    End,
    Paint(UtcMicros),
    Still(u64),
}

/// What a sample's picture is for.
#[derive(Clone, Copy)]
struct Wanted {
    at: UtcMicros,
    pts: Ticks90k,
    due: Due,
    /// Comes back with the picture, through whatever order the decoder gives out: times may repeat, this does not.
    ticket: i64,
    /// The decoder murmured over it.
    murmured: bool,
}

/// What a step needs and what comes of it.
pub struct Step<'a> {
    /// The tiles.
    pub wall: &'a mut Wall,
    /// The time.
    pub now: Instant,
    /// Most bytes that this play may keep.
    pub most_bytes: usize,
    /// What is to be said, in order.
    pub said: Vec<PlaySaid>,
    /// The wish for a still whose turn it is.
    pub still: Option<u64>,
}

/// One play.
pub struct Play {
    /// Which stream's recording.
    pub id: StreamId,
    /// What was shown last.
    pub latest: Option<Shot>,
    key: u32,
    epoch: u32,
    queue: VecDeque<Item>,
    next_ticket: i64,
    /// Samples done with, not yet said.
    taken_bytes: u64,
    params: Option<VideoParams>,
    /// Of what is pushed next.
    pushed_codec: Option<Codec>,
    decoder: Option<Decoder>,
    /// Something is in the decoder.
    fed: bool,
    /// The last sample decoded was a key frame, and nothing followed it.
    only_key: bool,
    needs_key: bool,
    /// The stream was seen to show its pictures in another order than it sends them, without saying so.
    reorders: bool,
    /// The decoder waits for them.
    patient: bool,
    newest_pts: i64,
    /// What the decoder has not given out yet.
    held_back: VecDeque<Wanted>,
    wary: u32,
    /// Samples over which the decoder murmured, since the last complaint.
    murmurs: u32,
    spare: Option<Picture>,
    /// The latest is in its own size, not a small one of those kept.
    latest_is_whole: bool,
    kept: Kept<KeptShot>,
    shrinker: Option<Shrinker>,
    /// The size that the tiles wanted when a picture was kept last.
    wanted_px: (u32, u32),
}

impl Play {
    /// One without parameters and samples yet.
    pub fn new(key: u32, id: StreamId) -> Self {
        Self {
            id,
            latest: None,
            key,
            epoch: 0,
            queue: VecDeque::new(),
            next_ticket: 0,
            taken_bytes: 0,
            params: None,
            pushed_codec: None,
            decoder: None,
            fed: false,
            only_key: false,
            needs_key: true,
            reorders: false,
            patient: false,
            newest_pts: i64::MIN,
            held_back: VecDeque::new(),
            wary: 0,
            murmurs: 0,
            spare: None,
            kept: Kept::default(),
            latest_is_whole: false,
            shrinker: None,
            wanted_px: (0, 0),
        }
    }

    /// As of the last reset.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Whether there is nothing to do.
    pub fn is_idle(&self) -> bool {
        self.queue.is_empty()
    }

    /// What its pictures hold.
    pub fn kept_bytes(&self) -> usize {
        self.kept.bytes()
    }

    /// Lets one of them go.
    pub fn forget_one(&mut self) {
        self.kept.forget_one();
    }

    /// Forgets what is queued and what the decoder has. What is kept stays, and so does what was shown.
    pub fn reset(&mut self, epoch: u32) {
        self.epoch = epoch;
        self.queue.clear();
        self.held_back.clear();
        self.taken_bytes = 0;
        self.wary = 0;
        self.begin_anew();
    }

    /// The next sample has these parameters, or is of another run.
    pub fn push_params(&mut self, params: VideoParams) {
        self.pushed_codec = Some(params.codec);
        self.queue.push_back(Item::Params(params));
    }

    /// Queues a sample.
    pub fn push_sample(&mut self, head: &SampleHead, due: Due, data: &[u8]) {
        let packet = self.pushed_codec.and_then(|codec| {
            let mut packet = Packet::new(data.len())?;
            let len = annexb::annex_b(codec, data, packet.data_mut());
            packet.shrink(len);
            packet.set_pts(self.next_ticket);
            (len > 0).then_some(packet)
        });
        let wanted =
            Wanted { at: head.arrived, pts: head.pts, due, ticket: self.next_ticket, murmured: false };
        self.next_ticket += 1;
        self.queue.push_back(Item::Sample { packet, bytes: data.len() as u64, is_key: head.is_key, wanted });
    }

    /// What the decoder holds back is due.
    pub fn push_end(&mut self) {
        self.queue.push_back(Item::End);
    }

    /// Paints a picture that is kept: before whatever waits only to be kept, unless it is among that.
    pub fn push_paint(&mut self, at: UtcMicros) {
        let before = self.queue.iter().rposition(|item| match item {
            Item::Paint(_) | Item::Still(_) => true,
            Item::Sample { wanted, .. } => wanted.due == Due::Show || wanted.at == at,
            Item::Params(_) | Item::End => false,
        });
        self.queue.insert(before.map_or(0, |index| index + 1), Item::Paint(at));
    }

    /// Gives the picture shown last in full size, when everything before is done.
    pub fn push_still(&mut self, request: u64) {
        self.queue.push_back(Item::Still(request));
    }

    /// Does the next thing.
    pub fn step(&mut self, step: &mut Step<'_>) {
        match self.queue.pop_front() {
            None => {}
            Some(Item::Params(params)) => {
                self.drain(step);
                let same = self.params.as_ref().is_some_and(|old| {
                    old.codec == params.codec && old.parameter_sets == params.parameter_sets
                });
                if !same {
                    self.decoder = None;
                    (self.reorders, self.murmurs) = (false, 0);
                }
                self.params = Some(params);
            }
            Some(Item::Sample { packet, bytes, is_key, wanted }) => {
                self.taken_bytes += bytes;
                self.sample(packet.as_ref(), is_key, wanted, step);
            }
            Some(Item::End) => self.drain(step),
            Some(Item::Paint(at)) => self.paint(at, step),
            Some(Item::Still(request)) => step.still = Some(request),
        }
        if self.taken_bytes >= GIVE_BACK_BYTES || (self.queue.is_empty() && self.taken_bytes > 0) {
            step.said.push(PlaySaid::Taken { bytes: std::mem::take(&mut self.taken_bytes) });
        }
    }

    fn sample(&mut self, packet: Option<&Packet>, is_key: bool, wanted: Wanted, step: &mut Step<'_>) {
        if is_key && self.only_key {
            // Key frames alone: nothing comes between them that one would have to wait for.
            self.drain(step);
        }
        if is_key {
            self.newest_pts = i64::MIN;
        }
        self.heed_order(wanted.pts.0);
        let Some(packet) = packet.filter(|_| is_key || !self.needs_key) else {
            step.said.push(PlaySaid::Undecodable { at: wanted.at });
            return;
        };
        if is_key && self.reorders != self.patient {
            self.drain(step);
            self.decoder = None;
        }
        if self.decoder.is_none() && !self.open() {
            step.said.push(PlaySaid::Undecodable { at: wanted.at });
            return;
        }
        let Some(decoder) = &mut self.decoder else { return };
        let murmurs = av::murmurs();
        let refused = decoder.send(packet).is_err();
        let murmured = av::murmurs() != murmurs;
        self.murmurs = self.murmurs.saturating_add(u32::from(murmured));
        let murmured = murmured && self.murmurs <= MURMURS_HEEDED;
        self.held_back.push_back(Wanted { murmured, ..wanted });
        (self.fed, self.needs_key, self.only_key) = (true, false, is_key);
        let damaged = self.receive(step);
        if refused || damaged {
            (self.wary, self.murmurs) = (WARY, 0);
            self.answer(wanted.ticket, step);
        } else if is_key {
            self.wary = 0;
        } else {
            self.wary = self.wary.saturating_sub(1);
        }
        while self.held_back.len() > MOST_HELD_BACK {
            if let Some(lost) = self.held_back.pop_front() {
                step.said.push(PlaySaid::Undecodable { at: lost.at });
            }
        }
        let next_is_key = matches!(self.queue.front(), Some(Item::Sample { is_key: true, .. }));
        if is_key && next_is_key {
            self.drain(step);
        }
    }

    /// Finds out whether pictures come in another order than they are shown in, as early as can be seen: in what is
    /// queued behind a key frame, before anything is decoded in the wrong belief.
    fn heed_order(&mut self, pts: i64) {
        // H.265 always says it.
        if self.reorders || self.params.as_ref().is_none_or(|params| params.codec != Codec::H264) {
            return;
        }
        self.reorders |= pts < self.newest_pts;
        if self.newest_pts == i64::MIN {
            let mut newest = pts;
            for item in &self.queue {
                let Item::Sample { is_key: false, wanted, .. } = item else { break };
                self.reorders |= wanted.pts.0 < newest && wanted.pts.0 > pts;
                newest = newest.max(wanted.pts.0);
            }
        }
        self.newest_pts = self.newest_pts.max(pts);
    }

    fn open(&mut self) -> bool {
        let Some(params) = &self.params else { return false };
        let sets = annexb::parameter_sets(&params.parameter_sets);
        self.patient = self.reorders;
        let opened = if self.patient {
            Decoder::open_patient(params.codec, &sets)
        } else {
            Decoder::open(params.codec, &sets, false)
        };
        match opened {
            Ok(decoder) => self.decoder = Some(decoder),
            Err(refused) => tracing::warn!(stream = %self.id, error = refused.0, "no decoder"),
        }
        self.decoder.is_some()
    }

    /// Takes out what the decoder holds back; what does not come now never will. A key frame must follow.
    fn drain(&mut self, step: &mut Step<'_>) {
        if self.fed {
            if let Some(decoder) = &mut self.decoder {
                decoder.finish();
            }
            self.receive(step);
        }
        for lost in std::mem::take(&mut self.held_back) {
            step.said.push(PlaySaid::Undecodable { at: lost.at });
        }
        self.begin_anew();
    }

    fn begin_anew(&mut self) {
        if self.fed
            && let Some(decoder) = &mut self.decoder
        {
            decoder.flush();
        }
        (self.fed, self.only_key, self.needs_key) = (false, false, true);
        self.newest_pts = i64::MIN;
    }

    /// Takes what the decoder has; true: it complained, or a picture is damaged.
    fn receive(&mut self, step: &mut Step<'_>) -> bool {
        let mut complained = false;
        let Some(mut decoder) = self.decoder.take() else { return false };
        while let Some(mut picture) = self.spare.take().or_else(Picture::empty) {
            match decoder.receive(&mut picture) {
                Ok(true) => {
                    let wanted = self.held_back.iter().position(|held| held.ticket == picture.pts());
                    let wanted = wanted.and_then(|index| self.held_back.remove(index));
                    let whole = !picture.is_damaged() && picture.shape().is_some();
                    complained |= !whole;
                    match wanted {
                        Some(wanted) if whole && !wanted.murmured && (self.wary == 0 || self.only_key) => {
                            self.come(picture, wanted, step);
                        }
                        Some(wanted) => {
                            step.said.push(PlaySaid::Undecodable { at: wanted.at });
                            self.spare = Some(picture);
                        }
                        None => self.spare = Some(picture),
                    }
                }
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

    /// Nothing will come of a sample that the decoder refused.
    fn answer(&mut self, ticket: i64, step: &mut Step<'_>) {
        if let Some(index) = self.held_back.iter().position(|held| held.ticket == ticket)
            && let Some(lost) = self.held_back.remove(index)
        {
            step.said.push(PlaySaid::Undecodable { at: lost.at });
        }
    }

    /// A picture came.
    fn come(&mut self, picture: Picture, wanted: Wanted, step: &mut Step<'_>) {
        let shot = Shot { picture, pts: wanted.pts, arrived: wanted.at, decoded: step.now };
        if wanted.due == Due::Show {
            step.wall.paint_play(self.key, self.id, &shot, step.now);
            step.said.push(PlaySaid::Painted { at: wanted.at, kept: false });
            self.kept.look_at(wanted.at.0);
        } else {
            step.said.push(PlaySaid::Decoded { at: wanted.at });
        }
        if wanted.due != Due::Pass {
            self.keep(&shot, step);
        }
        if wanted.due == Due::Show {
            self.spare = self.latest.replace(shot).map(|former| former.picture);
            self.latest_is_whole = true;
        } else {
            self.spare = Some(shot.picture);
        }
    }

    /// Keeps a picture as small as its tiles want it, if it is worth its room.
    fn keep(&mut self, shot: &Shot, step: &mut Step<'_>) {
        let Some(shape) = shot.picture.shape() else { return };
        let Some(wanted_px) = step.wall.wanted_px(self.key, shot.picture.aspect()) else { return };
        if wanted_px != self.wanted_px {
            self.wanted_px = wanted_px;
            self.kept.retain(|kept| kept.is_enough(wanted_px));
        }
        let whole = wanted_px.0 >= shape.width_px || wanted_px.1 >= shape.height_px;
        let bytes = if whole {
            shot.picture.held_bytes()
        } else {
            wanted_px.0 as usize * wanted_px.1 as usize * 3 / 2
        };
        if !self.kept.make_room(shot.arrived.0, bytes, step.most_bytes) {
            return;
        }
        let picture =
            if whole { shot.picture.another() } else { self.shrink(shape, wanted_px, &shot.picture) };
        if let Some(picture) = picture {
            let bytes = picture.held_bytes();
            let shot = Shot { picture, pts: shot.pts, arrived: shot.arrived, decoded: step.now };
            self.kept.put(shot.arrived.0, KeptShot { shot, whole }, bytes);
        }
    }

    fn shrink(
        &mut self,
        shape: Shape,
        (width_px, height_px): (u32, u32),
        picture: &Picture,
    ) -> Option<Picture> {
        if !self.shrinker.as_ref().is_some_and(|shrinker| shrinker.fits(shape, width_px, height_px)) {
            self.shrinker = Shrinker::new(shape, width_px, height_px);
        }
        self.shrinker.as_mut()?.shrink(picture)
    }

    fn paint(&mut self, at: UtcMicros, step: &mut Step<'_>) {
        self.kept.look_at(at.0);
        if let Some(held) = self.held_back.iter_mut().find(|held| held.at == at) {
            // Decoded already, but not given out yet.
            held.due = Due::Show;
            return;
        }
        // What was shown last is there in full size, unless it was painted from those kept.
        if let Some(latest) =
            self.latest.as_mut().filter(|latest| latest.arrived == at && self.latest_is_whole)
        {
            latest.decoded = step.now;
            step.wall.paint_play(self.key, self.id, latest, step.now);
            step.said.push(PlaySaid::Painted { at, kept: true });
            return;
        }
        let wanted_px = |shot: &Shot| step.wall.wanted_px(self.key, shot.picture.aspect()).unwrap_or((0, 0));
        let kept = self.kept.get(at.0).filter(|kept| kept.is_enough(wanted_px(&kept.shot)));
        let Some(KeptShot { shot, whole }) = kept else {
            step.said.push(PlaySaid::NotKept { at });
            return;
        };
        step.wall.paint_play(self.key, self.id, shot, step.now);
        if let Some(picture) = shot.picture.another() {
            let shot = Shot { picture, pts: shot.pts, arrived: shot.arrived, decoded: step.now };
            (self.latest, self.latest_is_whole) = (Some(shot), *whole);
        }
        step.said.push(PlaySaid::Painted { at, kept: true });
    }
}

/// A picture that is kept.
struct KeptShot {
    shot: Shot,
    /// In its own size; else as small as tiles wanted it.
    whole: bool,
}

impl KeptShot {
    /// Whether it is large enough for tiles that want this size: in one that has grown, small ones would be blurred. A
    /// tenth less is not seen.
    fn is_enough(&self, wanted_px: (u32, u32)) -> bool {
        let Some(shape) = self.shot.picture.shape() else { return false };
        self.whole || (shape.width_px * 11 >= wanted_px.0 * 10 && shape.height_px * 11 >= wanted_px.1 * 10)
    }
}

#[cfg(test)]
mod tests;
