//! Playing a recording in tiles: the station pushes samples and says what their pictures are for; a worker does it in
//! order, drops nothing, and answers. When which picture is due is the station's business, not this crate's.
//!
//! - Every sample pushed is answered once: [`PlayEvent::Painted`] (to be shown), [`PlayEvent::Decoded`] (only to be
//!   kept), [`PlayEvent::Undecodable`]; every wish to paint by `Painted` or `NotKept`. With reordered pictures an answer comes
//!   with the picture, not with its sample.
//! - [`Play::reset`] makes everything of before moot: it is dropped here and in the worker, and no answer to it is
//!   given out any more. What is kept stays kept.
//! - After [`PlayEvent::Restarted`], [`PlayEvent::Overflow`] and a quarantine everything unanswered is moot too: push again,
//!   from a key frame.

use crate::backlog;
use crate::outbox::Outbox;
use crate::pictures::Pictures;
use crate::state::{Shared, State};
use crate::wire::{Due, PlaySaid, ToWorker};
use easien_model::{MediaKind, Params, RunId, Sample, StreamId, UtcMicros};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Most events of a play that wait for its listener.
const MOST_EVENTS: usize = 4096;

/// A play's number, for [`crate::TileSource::Play`]. Not used again in the life of a [`Pictures`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlayId(pub(crate) u32);

/// What happened to what was pushed. Times are the samples' `arrived`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlayEvent {
    /// The picture is in the play's tiles.
    Painted {
        /// Which.
        at: UtcMicros,
        /// From those kept; else as it was decoded.
        kept: bool,
    },
    /// A wish to paint a picture that is not kept (any more, or in this size): nothing was painted.
    NotKept {
        /// Which.
        at: UtcMicros,
    },
    /// A picture that was not to be shown is decoded, and kept if there was room.
    Decoded {
        /// Which.
        at: UtcMicros,
    },
    /// No picture that may be shown comes of this sample: damaged, or before the first key frame.
    Undecodable {
        /// Which.
        at: UtcMicros,
    },
    /// There was no room for this sample: it and what is pushed after it is not taken until [`Play::reset`].
    Overflow {
        /// Which.
        at: UtcMicros,
    },
    /// The worker is up (again) with nothing in it: whatever is unanswered must be pushed again. May also be the first.
    Restarted,
    /// Recordings of the stream killed two workers within a minute. Nothing is taken until then; `Restarted` follows.
    Quarantined {
        /// Until when.
        until: UtcMicros,
    },
}

/// The way into one play. Dropping it closes the play in the worker; its tiles keep their last picture until they are
/// shown anew.
pub struct Play {
    shared: Arc<Shared>,
    id: PlayId,
    stream: StreamId,
}

/// What happens to a play. One listener.
pub struct PlayEvents {
    waiting: Arc<Waiting>,
}

/// A play as the rest sees it.
pub(crate) struct Playing {
    pub(crate) key: u32,
    pub(crate) worker: usize,
    pub(crate) stream: StreamId,
    epoch: u32,
    /// The run and parameters that the worker was told last.
    told: Option<(RunId, Arc<Params>)>,
    /// Refused something; takes nothing until reset.
    overflowed: bool,
    blanked: bool,
    /// Not blanked any more, but what its tiles hold is of before: they are shown with the next picture.
    unblanks: bool,
    waiting: Arc<Waiting>,
}

#[derive(Default)]
struct Queue {
    events: VecDeque<PlayEvent>,
    closed: bool,
}

/// Events on their way to the listener. When there are too many, those of pictures that are only kept go first.
#[derive(Default)]
struct Waiting {
    queue: Mutex<Queue>,
    filled: Notify,
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, event: PlayEvent) {
        let mut queue = self.lock();
        if queue.events.len() >= MOST_EVENTS {
            let least = queue.events.iter().position(|event| matches!(event, PlayEvent::Decoded { .. }));
            queue.events.remove(least.unwrap_or(0));
            tracing::warn!("nobody listens to a play: an event was dropped");
        }
        queue.events.push_back(event);
        drop(queue);
        self.filled.notify_one();
    }

    /// Answers that are moot.
    fn forget(&self) {
        self.lock()
            .events
            .retain(|event| matches!(event, PlayEvent::Restarted | PlayEvent::Quarantined { .. }));
    }
}

impl Pictures {
    /// Opens a play of a stream's recordings. Its tiles are those shown with [`crate::TileSource::Play`] of its id.
    #[must_use]
    pub fn play(&self, stream: StreamId) -> (Play, PlayEvents) {
        let waiting = Arc::new(Waiting::default());
        let id = self.shared().lock().begin_play(self.shared(), stream, waiting.clone());
        (Play { shared: self.shared().clone(), id, stream }, PlayEvents { waiting })
    }
}

impl Play {
    /// For [`crate::TileSource::Play`].
    #[must_use]
    pub fn id(&self) -> PlayId {
        self.id
    }

    /// Which stream's recordings.
    #[must_use]
    pub fn stream(&self) -> StreamId {
        self.stream
    }

    /// Forgets what is queued, here and in the worker, and its answers; a key frame must follow. What is kept stays,
    /// and so does what was painted, until something else is.
    pub fn reset(&self) {
        let mut state = self.shared.lock();
        let Some((playing, outbox)) = state.playing(self.id) else { return };
        playing.epoch = playing.epoch.wrapping_add(1);
        (playing.told, playing.overflowed) = (None, false);
        playing.waiting.forget();
        outbox.reset_play(playing.key, playing.epoch);
    }

    /// Decodes a sample of video (others are passed over). `show`: paints its picture as soon as it is decoded, and
    /// keeps it; else keeps it only, scaled as its tiles want it, as far as there is room.
    pub fn push(&self, sample: &Arc<Sample>, show: bool) {
        self.push_due(sample, if show { Due::Show } else { Due::Keep });
    }

    /// Decodes a sample of video only because later pictures refer to its: neither painted nor kept, which saves the
    /// scaling.
    pub fn pass(&self, sample: &Arc<Sample>) {
        self.push_due(sample, Due::Pass);
    }

    /// What the decoder holds back is due now; a key frame must follow. To be said where what follows is not the
    /// continuation of what was pushed, or is not pushed yet: at the end of what there is, after each picture of key
    /// frames alone. Not needed between a group of pictures and the next (and where the next begins with pictures that
    /// refer to the one before, an open GOP, they are `Undecodable` after it).
    pub fn end_of_gop(&self) {
        if let Some((playing, outbox)) = self.shared.lock().playing(self.id) {
            outbox.push_play(playing.key, ToWorker::EndOfGop { key: playing.key });
        }
    }

    /// Paints exactly this picture from those kept, before samples that are only to be kept and wait. If its sample
    /// is on its way, it is painted when it comes.
    pub fn paint(&self, at: UtcMicros) {
        if let Some((playing, outbox)) = self.shared.lock().playing(self.id) {
            outbox.push_play_paint(playing.key, at);
        }
    }

    /// Its tiles show nothing (`true`: there is no recording here), as far as no other play of theirs has something. Else they
    /// show again, but only with the next picture painted: not what they held before.
    pub fn blank(&self, blank: bool) {
        let mut state = self.shared.lock();
        let Some((playing, _)) = state.playing(self.id) else { return };
        playing.unblanks = !blank && playing.blanked;
        if blank && !playing.blanked {
            playing.blanked = true;
            state.show_plays(self.id);
        }
    }

    fn push_due(&self, sample: &Arc<Sample>, due: Due) {
        let Params::Video(params) = &*sample.params else { return };
        if sample.kind != MediaKind::Video {
            return;
        }
        let mut state = self.shared.lock();
        let Some((playing, outbox)) = state.playing(self.id) else { return };
        if playing.overflowed {
            return;
        }
        let key = playing.key;
        if !backlog::fits_a_frame(sample.len_bytes()) {
            playing.waiting.tell(PlayEvent::Undecodable { at: sample.arrived });
            return;
        }
        let same = playing.told.as_ref().is_some_and(|(run, told)| {
            *run == sample.run && (Arc::ptr_eq(told, &sample.params) || **told == *sample.params)
        });
        if !same {
            outbox.push_play(key, ToWorker::Params { key, params: params.clone() });
            playing.told = Some((sample.run, sample.params.clone()));
        }
        if !outbox.push_play_sample(key, sample, due) {
            playing.overflowed = true;
            tracing::warn!(stream = %self.stream, "more was pushed to a play than there is room for");
            playing.waiting.tell(PlayEvent::Overflow { at: sample.arrived });
        }
    }
}

impl Drop for Play {
    fn drop(&mut self) {
        self.shared.lock().end_play(self.id);
    }
}

impl std::fmt::Debug for Play {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Play({} of {})", self.id.0, self.stream)
    }
}

impl PlayEvents {
    /// The next; None: the play is closed.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn next(&mut self) -> Option<PlayEvent> {
        loop {
            {
                let mut queue = self.waiting.lock();
                if let Some(event) = queue.events.pop_front() {
                    return Some(event);
                }
                if queue.closed {
                    return None;
                }
            }
            self.waiting.filled.notified().await;
        }
    }
}

impl std::fmt::Debug for PlayEvents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PlayEvents")
    }
}

impl State {
    fn begin_play(&mut self, shared: &Shared, stream: StreamId, waiting: Arc<Waiting>) -> PlayId {
        let id = PlayId(self.number());
        let worker = self.play_home(stream);
        let playing = Playing {
            key: id.0,
            worker,
            stream,
            epoch: 0,
            told: None,
            overflowed: false,
            blanked: false,
            unblanks: false,
            waiting,
        };
        self.open_play(&playing);
        if let Some(until) = self.play_quarantine.get(&stream) {
            let until = shared.clock.utc_now() + until.duration_since(Instant::now());
            playing.waiting.tell(PlayEvent::Quarantined { until });
        }
        self.plays.insert(id, playing);
        id
    }

    fn end_play(&mut self, id: PlayId) {
        if let Some(playing) = self.plays.remove(&id) {
            playing.waiting.lock().closed = true;
            playing.waiting.filled.notify_one();
            self.send(playing.worker, ToWorker::Close { key: playing.key });
        }
    }

    /// The worker of a camera's recordings: a tile's plays must be in one. Else the one with the least to do.
    pub(crate) fn play_home(&self, stream: StreamId) -> usize {
        let of_camera = self.plays.values().find(|playing| playing.stream.camera == stream.camera);
        of_camera.map_or_else(|| self.idlest(), |playing| playing.worker)
    }

    fn open_play(&self, playing: &Playing) {
        if self.play_quarantine.contains_key(&playing.stream) {
            return;
        }
        self.send(playing.worker, ToWorker::OpenPlay { key: playing.key, stream: playing.stream });
        if let Some(worker) = self.workers.get(playing.worker) {
            worker.outbox.open_play(playing.key, playing.epoch);
            // A play's epoch counts over the lives of its worker.
            worker
                .outbox
                .push_play(playing.key, ToWorker::ResetPlay { key: playing.key, epoch: playing.epoch });
        }
    }

    fn playing(&mut self, id: PlayId) -> Option<(&mut Playing, &Arc<Outbox>)> {
        let playing = self.plays.get_mut(&id)?;
        let outbox = &self.workers.get(playing.worker)?.outbox;
        Some((playing, outbox))
    }

    /// A worker is up with nothing in it, or a quarantine is over: the plays chosen begin anew.
    pub(crate) fn restart_plays(&mut self, which: impl Fn(&Playing) -> bool) {
        let mut plays = std::mem::take(&mut self.plays);
        for playing in plays.values_mut().filter(|playing| which(playing)) {
            playing.epoch = playing.epoch.wrapping_add(1);
            (playing.told, playing.overflowed) = (None, false);
            self.open_play(playing);
            if !self.play_quarantine.contains_key(&playing.stream) {
                playing.waiting.forget();
                playing.waiting.tell(PlayEvent::Restarted);
            }
        }
        self.plays = plays;
    }

    /// A recording was blamed for a worker's death: the second time within a minute, the stream's recordings go into
    /// quarantine. Live samples are blamed apart from them: a damaged file says nothing of what the camera sends now,
    /// so neither stops the other.
    pub(crate) fn blame_play(&mut self, shared: &Shared, blamed: StreamId, now: Instant) {
        let minute = std::time::Duration::from_secs(60);
        let times = self.play_blames.entry(blamed).or_default();
        times.retain(|at| now.duration_since(*at) < minute);
        times.push(now);
        let guilty = times.len() >= 2;
        self.play_blames.retain(|_, times| times.iter().any(|at| now.duration_since(*at) < minute));
        if !guilty {
            return;
        }
        self.play_blames.remove(&blamed);
        self.play_quarantine.insert(blamed, now + shared.options.play_quarantine);
        let until = shared.clock.utc_now() + shared.options.play_quarantine;
        tracing::warn!(stream = %blamed, "recordings in quarantine: they killed two workers within a minute");
        let of_it: Vec<&Playing> = self.plays.values().filter(|playing| playing.stream == blamed).collect();
        for playing in of_it {
            self.send(playing.worker, ToWorker::Close { key: playing.key });
            playing.waiting.forget();
            playing.waiting.tell(PlayEvent::Quarantined { until });
        }
    }

    /// Quarantines of recordings that are over.
    pub(crate) fn sweep_plays(&mut self, now: Instant) {
        let over: Vec<StreamId> = self
            .play_quarantine
            .iter()
            .filter(|(_, until)| **until <= now)
            .map(|(stream, _)| *stream)
            .collect();
        for stream in over {
            self.play_quarantine.remove(&stream);
            self.restart_plays(|playing| playing.stream == stream);
            self.forget_told_plays(|playing| playing.stream == stream);
        }
    }

    /// Hears a worker about a play.
    pub(crate) fn hear_play(&mut self, worker: usize, key: u32, epoch: u32, said: PlaySaid) {
        if let PlaySaid::Taken { bytes } = said {
            if let Some(worker) = self.workers.get(worker) {
                worker.outbox.credit_play(key, epoch, bytes);
            }
            return;
        }
        let id = PlayId(key);
        let Some((playing, _)) = self.playing(id) else { return };
        if playing.worker != worker || playing.epoch != epoch {
            return;
        }
        playing.waiting.tell(match said {
            PlaySaid::Painted { at, kept } => PlayEvent::Painted { at, kept },
            PlaySaid::NotKept { at } => PlayEvent::NotKept { at },
            PlaySaid::Decoded { at } => PlayEvent::Decoded { at },
            PlaySaid::Undecodable { at } => PlayEvent::Undecodable { at },
            PlaySaid::Taken { .. } => return,
        });
        if matches!(said, PlaySaid::Painted { .. }) && playing.unblanks {
            (playing.unblanks, playing.blanked) = (false, false);
            self.show_plays(id);
        }
    }

    /// Whether a tile of these plays shows anything: one that is not blank is enough.
    pub(crate) fn plays_shown(&self, ids: &[PlayId]) -> bool {
        ids.is_empty() || ids.iter().any(|id| self.plays.get(id).is_some_and(|playing| !playing.blanked))
    }
}
