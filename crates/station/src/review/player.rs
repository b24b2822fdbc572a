//! One camera's pictures at the window's clock: which group of pictures is needed, what the worker is told, what it
//! said. No I/O and no clock of its own: it is driven by the window's task and asks it for what it wants to read.

mod ask;
mod find;
#[cfg(test)]
mod tests;

pub(crate) use ask::drive_of;

use super::footage::{Answer, Group, Missing, Request};
use super::screen::{Said, Screen};
use easien_model::{CameraId, GapCause, Sample, StreamId, StreamKind, UtcMicros};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A tile that lags holds the clock so long; then the others play on without it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);
/// How often the end of what is being written is looked at.
pub(crate) const POLL: Duration = Duration::from_millis(200);
/// How often a gap without an end is looked at.
const RECHECK: Duration = Duration::from_secs(1);
/// Groups that the worker is believed to keep.
const KEPT: usize = 4;
/// Further behind than this, pictures are left out to catch up.
const CATCH_UP: usize = 4;
/// So many pictures in a row that were not kept: the group is given to the worker again.
const MOST_NOT_KEPT: u32 = 8;
/// Bad pictures that are remembered.
const MOST_BAD: usize = 1000;
/// Without a picture for so long, a stream is said to be undecodable.
const UNDECODABLE_AFTER: Duration = Duration::from_secs(1);

/// What the window's clock does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Drive {
    /// It stands: the exact picture, and its neighbours at hand.
    Still,
    /// It runs on: every picture that is at least so many microseconds after the one before (0: every one).
    Forward(i64),
    /// It runs back: every picture, with the same distance.
    Backward(i64),
    /// Key frames only, one for each so many microseconds (0: wherever the clock is; the person drags).
    Keys(i64),
}

/// How a player does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    /// Its picture is due and not there: the clock must wait.
    pub lagging: bool,
    /// It is at the end of what is being written.
    pub edge: bool,
    /// There is nothing here.
    pub missing: bool,
    /// When, by the clock, there is something to do again.
    pub due: Option<UtcMicros>,
}

/// A picture that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// When it was taken.
    pub at: UtcMicros,
    /// From which stream.
    pub which: StreamKind,
    /// A key frame stands in for the exact one.
    pub key_only: bool,
}

/// How far a group was given to the worker.
struct Fed {
    group: Arc<Group>,
    /// Samples pushed.
    upto: usize,
    /// The decoder was told that this is the end.
    ended: bool,
}

/// A group that the worker is believed to keep the pictures of.
#[derive(Clone, Copy)]
struct Kept {
    stream: StreamId,
    start: UtcMicros,
    end: UtcMicros,
    samples: usize,
}

impl Kept {
    fn of(group: &Group) -> Self {
        Self { stream: group.stream, start: group.start, end: group.end, samples: group.samples.len() }
    }

    fn same_as(&self, group: &Group) -> bool {
        (self.stream, self.start) == (group.stream, group.start)
    }
}

/// What lies beside the group.
enum Beside {
    Unknown,
    Group(Arc<Group>),
    Missing(Missing),
    /// Not written yet; looked at then.
    Edge(Instant),
}

/// Where the clock is, seen from here.
enum Where {
    /// In the group.
    Here(Arc<Group>),
    /// At its end, and what follows is not written yet.
    Edge(Arc<Group>),
    /// Nothing is recorded.
    Missing,
    /// Not known yet.
    Reading,
}

/// One camera's player.
pub(crate) struct Player<S> {
    /// The camera.
    pub camera: CameraId,
    /// Its streams, the most wanted first.
    wanted: Vec<StreamKind>,
    screens: Vec<(StreamKind, S)>,
    /// The one that is shown.
    lit: Option<StreamKind>,
    cur: Option<Arc<Group>>,
    next: Beside,
    prev: Beside,
    missing: Option<(Missing, Instant)>,
    /// The key frame for a moment.
    key: Option<(UtcMicros, Arc<Sample>)>,
    request: Option<Request>,
    reading: Option<(u64, Request)>,
    numbers: u64,
    fed: Option<Fed>,
    kept: VecDeque<Kept>,
    asked: VecDeque<Shown>,
    /// The picture asked for last.
    last: Option<UtcMicros>,
    /// What was not kept, and so is decoded anew: only once.
    again: Option<UtcMicros>,
    /// Pictures in a row that were not kept.
    not_kept: u32,
    driving: Drive,
    shown: Option<Shown>,
    lag_since: Option<Instant>,
    given_up: Option<Instant>,
    failing_since: Option<Instant>,
    /// Pictures of the group that nothing came of.
    bad: Vec<UtcMicros>,
    undecodable: bool,
}

impl<S: Screen> Player<S> {
    /// A player that shows nothing yet. `screens` has one for each stream that may be recorded.
    pub(crate) fn new(camera: CameraId, wanted: Vec<StreamKind>, screens: Vec<(StreamKind, S)>) -> Self {
        Self {
            camera,
            wanted,
            screens,
            lit: None,
            cur: None,
            next: Beside::Unknown,
            prev: Beside::Unknown,
            missing: None,
            key: None,
            request: None,
            reading: None,
            numbers: 0,
            fed: None,
            kept: VecDeque::new(),
            asked: VecDeque::new(),
            last: None,
            again: None,
            not_kept: 0,
            driving: Drive::Still,
            shown: None,
            lag_since: None,
            given_up: None,
            failing_since: None,
            bad: Vec::new(),
            undecodable: false,
        }
    }

    /// The tile's size changed, or its place: what is shown has to be painted again, perhaps from another stream.
    pub(crate) fn placed(&mut self, wanted: Vec<StreamKind>) {
        if self.wanted != wanted {
            self.wanted = wanted;
            self.forget_place();
        }
        self.last = None;
        self.key = None;
    }

    /// Where the clock is has to be found anew.
    fn forget_place(&mut self) {
        (self.cur, self.missing) = (None, None);
        (self.next, self.prev) = (Beside::Unknown, Beside::Unknown);
    }

    /// The clock was put somewhere else.
    pub(crate) fn sought(&mut self) {
        (self.lag_since, self.given_up) = (None, None);
        self.bad.clear();
        self.key = None;
        self.last = None;
        if let Some((missing, checked)) = &mut self.missing
            && missing.until.is_none()
        {
            // What was missing then may be there now.
            *checked = checked.checked_sub(RECHECK).unwrap_or(*checked);
        }
    }

    /// The person drags on: what is under way is done first.
    pub(crate) fn dragged(&mut self) {
        (self.lag_since, self.given_up) = (None, None);
    }

    /// The clock was put onto a picture of this group.
    pub(crate) fn stepped(&mut self, group: Arc<Group>) {
        let beside = |beside: &Beside| matches!(beside, Beside::Group(known) if known.same_as(&group));
        if self.cur.as_ref().is_some_and(|cur| cur.same_as(&group)) {
            self.cur = Some(group);
        } else if beside(&self.next) {
            self.prev = self.cur.take().map_or(Beside::Unknown, Beside::Group);
            (self.cur, self.next) = (Some(group), Beside::Unknown);
        } else if beside(&self.prev) {
            self.next = self.cur.take().map_or(Beside::Unknown, Beside::Group);
            (self.cur, self.prev) = (Some(group), Beside::Unknown);
        } else {
            self.forget_place();
            self.cur = Some(group);
        }
        self.missing = None;
        (self.lag_since, self.given_up) = (None, None);
    }

    /// The group that the clock is in, for a step.
    pub(crate) fn group(&self) -> Option<Arc<Group>> {
        self.cur.clone()
    }

    /// The streams in the order in which they are wanted.
    pub(crate) fn wanted(&self) -> &[StreamKind] {
        &self.wanted
    }

    /// What is shown.
    pub(crate) fn shown(&self) -> Option<Shown> {
        self.shown
    }

    /// What is missing where the clock is. Of another moment nothing is told: there it is not known yet.
    pub(crate) fn missing(&self, at: UtcMicros) -> Option<Missing> {
        let damaged = Missing { cause: Some(GapCause::FileDamaged), since: None, until: None };
        let gap = self.missing.as_ref().map(|(missing, _)| *missing).filter(|missing| missing.covers(at));
        gap.or(self.undecodable.then_some(damaged))
    }

    /// What is missing here by the recordings, not by the decoder.
    pub(crate) fn gap(&self) -> Option<Missing> {
        self.missing.as_ref().map(|(missing, _)| *missing)
    }

    /// The end of what is known to be readable here.
    pub(crate) fn readable_until(&self) -> Option<UtcMicros> {
        self.cur.as_ref().map(|group| group.end)
    }

    /// What it wants to read, if nothing is being read for it.
    pub(crate) fn wish(&mut self) -> Option<(u64, Request)> {
        if self.reading.is_some() {
            return None;
        }
        let request = self.request.take()?;
        self.numbers += 1;
        self.reading = Some((self.numbers, request.clone()));
        Some((self.numbers, request))
    }

    /// Drives it to `at`, and says how it does.
    pub(crate) fn drive(&mut self, at: UtcMicros, drive: Drive, now: Instant) -> Status {
        self.request = None;
        self.driving = drive;
        if let Some(since) = self.given_up
            && now.saturating_duration_since(since) >= PATIENCE
        {
            // Another try.
            self.given_up = None;
            self.lag_since = Some(now);
            if !self.asked.is_empty() {
                self.start_over();
            }
        }
        let mut status = match drive {
            Drive::Still => self.stand(at, now),
            Drive::Forward(distance_us) => self.forward(at, distance_us, now),
            Drive::Backward(distance_us) => self.backward(at, distance_us, now),
            Drive::Keys(quantum_us) => self.keys(at, quantum_us),
        };
        if !status.lagging {
            self.lag_since = None;
        } else if now.saturating_duration_since(*self.lag_since.get_or_insert(now)) >= PATIENCE {
            self.given_up.get_or_insert(now);
        }
        status.lagging &= self.given_up.is_none();
        status.missing = self.missing.is_some();
        status
    }

    /// What was asked for is not waited for any more, and pushed again.
    fn start_over(&mut self) {
        for (_, screen) in &self.screens {
            screen.reset();
        }
        self.asked.clear();
        (self.fed, self.last, self.key) = (None, None, None);
    }

    /// What was read. The clock is at `at`.
    pub(crate) fn read(&mut self, number: u64, answer: Answer, at: UtcMicros, now: Instant) {
        let Some((_, request)) = self.reading.take_if(|(reading, _)| *reading == number) else { return };
        let here =
            |group: &Arc<Group>, of: &Option<Arc<Group>>| of.as_ref().is_some_and(|of| of.same_as(group));
        match (request, answer) {
            (Request::At(_), Answer::Group(group)) if group.stands_for(at) || self.cur.is_none() => {
                self.forget_place();
                self.cur = Some(group);
            }
            (Request::At(asked), Answer::Edge(Some(group))) if at >= asked || self.cur.is_none() => {
                self.forget_place();
                (self.cur, self.next) = (Some(group), Beside::Edge(now));
            }
            (Request::At(_), Answer::Edge(None)) => self.vanish(Missing::default(), now),
            (Request::At(_) | Request::Key(_), Answer::Missing(missing)) if missing.covers(at) => {
                self.vanish(missing, now);
            }
            (Request::After(of), Answer::Group(group)) if here(&of, &self.cur) => {
                if group.same_as(&of) {
                    if let Some(fed) = self.fed.as_mut().filter(|fed| fed.group.same_as(&group)) {
                        // What was pushed is the begin of what there is now.
                        fed.group = group.clone();
                    }
                    self.kept.retain(|kept| !kept.same_as(&group));
                    self.cur = Some(group);
                    self.next = Beside::Unknown;
                } else {
                    self.next = Beside::Group(group);
                }
            }
            (Request::After(of), Answer::Missing(missing)) if here(&of, &self.cur) => {
                self.next = Beside::Missing(missing);
            }
            (Request::After(of), Answer::Edge(_)) if here(&of, &self.cur) => self.next = Beside::Edge(now),
            (Request::Before(of), Answer::Group(group)) if here(&of, &self.cur) => {
                self.prev = Beside::Group(group);
            }
            (Request::Before(of), Answer::Missing(missing)) if here(&of, &self.cur) => {
                self.prev = Beside::Missing(missing);
            }
            (Request::Key(asked), Answer::Key(key)) => {
                self.missing = None;
                self.key = Some((asked, key));
            }
            _ => {}
        }
    }

    /// What the worker said of one of its screens.
    pub(crate) fn said(&mut self, which: StreamKind, said: Said, now: Instant) {
        let position = |asked: &VecDeque<Shown>, at: UtcMicros| {
            asked.iter().position(|asked| asked.at == at && asked.which == which)
        };
        match said {
            Said::Painted(at) => {
                if let Some(place) = position(&self.asked, at) {
                    self.shown = self.asked.drain(..=place).next_back();
                    self.light(which);
                    self.given_up = None;
                    (self.failing_since, self.undecodable) = (None, false);
                    self.not_kept = 0;
                    if self.again == Some(at) {
                        self.again = None;
                    }
                }
            }
            Said::NotKept(at) => {
                if let Some(place) = position(&self.asked, at) {
                    self.asked.remove(place);
                    self.not_kept += 1;
                    if matches!(self.driving, Drive::Backward(_)) && self.not_kept < MOST_NOT_KEPT {
                        // Large tiles: not every picture of a group fits. The next one may.
                        return;
                    }
                    self.not_kept = 0;
                    if self.last == Some(at) {
                        self.last = None;
                    }
                    self.kept.retain(|kept| kept.stream.which != which || at < kept.start || kept.end <= at);
                    if self.fed.as_ref().is_some_and(|fed| fed.group.which() == which) {
                        self.fed = None;
                    }
                    self.again = Some(at);
                }
            }
            Said::Undecodable(at) => {
                if let Some(place) = at.and_then(|at| position(&self.asked, at)) {
                    let failed = self.asked.remove(place).map(|asked| asked.at);
                    if self.bad.len() >= MOST_BAD {
                        self.bad.clear();
                    }
                    self.bad.extend(failed);
                    let since = *self.failing_since.get_or_insert(now);
                    self.undecodable |= now.saturating_duration_since(since) >= UNDECODABLE_AFTER;
                } else if at.is_none() {
                    self.undecodable = true;
                    self.asked.clear();
                }
            }
            Said::Restarted => {
                self.asked.retain(|asked| asked.which != which);
                self.kept.retain(|kept| kept.stream.which != which);
                if self.fed.as_ref().is_some_and(|fed| fed.group.which() == which) {
                    self.fed = None;
                }
                (self.last, self.key) = (None, None);
            }
        }
    }

    /// Only this stream's screen is shown from now on.
    fn light(&mut self, which: StreamKind) {
        if self.lit != Some(which) {
            self.lit = Some(which);
            for (_, screen) in self.screens.iter().filter(|(other, _)| *other != which) {
                screen.blank(true);
            }
        }
    }

    /// Nothing is recorded here: nothing is shown.
    fn vanish(&mut self, missing: Missing, now: Instant) {
        let known = self.missing.is_some();
        self.missing = Some((missing, now));
        if known && self.shown.is_none() {
            return;
        }
        self.cur = None;
        (self.next, self.prev) = (Beside::Unknown, Beside::Unknown);
        for (_, screen) in &self.screens {
            screen.reset();
            screen.blank(true);
        }
        self.asked.clear();
        (self.fed, self.last, self.key, self.shown, self.lit) = (None, None, None, None, None);
        (self.failing_since, self.undecodable) = (None, false);
    }
}
