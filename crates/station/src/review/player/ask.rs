//! What the worker is told: groups of pictures, and which of them is to be seen.

use super::{Beside, CATCH_UP, Drive, Fed, KEPT, Kept, Player, Shown, Status, Where};
use crate::review::footage::{Group, Picture, Request};
use crate::review::screen::{Due, Screen};
use easien_model::{StreamKind, UtcMicros};
use std::sync::Arc;
use std::time::Instant;

/// Pictures asked for and not answered, while the person steps or drags quickly.
const UNANSWERED: usize = 3;

/// How a picture is come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// As soon as possible, whatever is under way; its key frame stands in for it.
    Jump,
    /// As the next one.
    Follow,
    /// With all of its group, which the pictures before it are painted from.
    Whole,
}

impl<S: Screen> Player<S> {
    /// The clock stands.
    pub(super) fn stand(&mut self, at: UtcMicros, now: Instant) -> Status {
        let (cur, edge) = match self.find(at, false, now) {
            Where::Here(cur) => (cur, false),
            Where::Edge(cur) => (cur, true),
            Where::Missing => return Status::default(),
            Where::Reading => return Status { lagging: true, ..Status::default() },
        };
        let mut number = cur.picture_at(at);
        while number > 0 && self.bad.contains(&cur.picture(number).at) {
            number -= 1;
        }
        let picture = cur.picture(number);
        if self.bad.contains(&picture.at) {
            self.undecodable = true;
            return Status { edge, ..Status::default() };
        }
        let shown = self.shown.is_some_and(|shown| shown.at == picture.at && shown.which == cur.which());
        let asked = self
            .asked
            .iter()
            .any(|asked| asked.at == picture.at && asked.which == cur.which() && !asked.key_only);
        if self.last != Some(picture.at) || !(shown || asked) {
            if self.asked.len() < UNANSWERED || !self.has(&cur, picture) {
                self.ask(&cur, picture, How::Jump);
            }
        } else if shown {
            if let Some(shown) = &mut self.shown {
                shown.key_only = false;
            }
            // For steps either way.
            self.feed_rest(&cur);
            self.look_ahead(false);
            self.look_ahead(true);
        }
        Status { lagging: !shown, edge, ..Status::default() }
    }

    /// The clock runs on.
    pub(super) fn forward(&mut self, at: UtcMicros, distance_us: i64, now: Instant) -> Status {
        let (cur, edge) = match self.find(at, false, now) {
            Where::Here(cur) => (cur, false),
            Where::Edge(cur) => (cur, true),
            Where::Missing => return self.beyond(true),
            Where::Reading => return Status { lagging: true, ..Status::default() },
        };
        let newest = cur.picture_at(at);
        let newest_at = cur.picture(newest).at;
        let due = match self.last {
            None => Some(newest),
            Some(last) if last > at => Some(newest),
            Some(last) if last >= newest_at => None,
            // The one behind the last, unless too much was missed.
            Some(last) if distance_us == 0 => {
                let next = cur.pictures.partition_point(|picture| picture.at <= last);
                Some(if newest - next > CATCH_UP { newest } else { next })
            }
            Some(last) => (newest_at - last >= distance_us).then_some(newest),
        };
        let mut status = self.next(&cur, due, newest);
        status.edge = edge;
        self.look_ahead(false);
        let next_at = cur.pictures.get(newest + 1).map_or(cur.end, |picture| picture.at);
        let apart = self.last.map_or(next_at, |last| UtcMicros(last.0 + distance_us));
        status.due = (!edge).then_some(next_at.max(apart.min(cur.end)));
        status
    }

    /// The clock runs back.
    pub(super) fn backward(&mut self, at: UtcMicros, distance_us: i64, now: Instant) -> Status {
        let cur = match self.find(at, true, now) {
            Where::Here(cur) | Where::Edge(cur) => cur,
            Where::Missing => return self.beyond(false),
            Where::Reading => return Status { lagging: true, ..Status::default() },
        };
        let newest = cur.picture_at(at);
        let newest_at = cur.picture(newest).at;
        let due = match self.last {
            None => Some(newest),
            Some(last) if last < cur.start => Some(newest),
            Some(last) if last <= newest_at => None,
            Some(last) if distance_us == 0 => {
                let next = cur.pictures.partition_point(|picture| picture.at < last).saturating_sub(1);
                Some(if next - newest > CATCH_UP { newest } else { next })
            }
            Some(last) => (last - newest_at >= distance_us).then_some(newest),
        };
        let mut status = self.next(&cur, due, newest);
        self.look_ahead(true);
        if let Beside::Group(before) = &self.prev {
            let before = before.clone();
            self.feed_before(&before);
        }
        status.due = Some(UtcMicros(newest_at.0 - 1));
        status
    }

    /// Asks for the picture that is due, unless the one before is not there yet: then the clock has to wait.
    fn next(&mut self, cur: &Arc<Group>, due: Option<usize>, newest: usize) -> Status {
        let mut lagging = false;
        if let Some(number) = due {
            if self.asked.is_empty() || self.last.is_none() {
                let how = match self.driving {
                    Drive::Backward(_) => How::Whole,
                    _ if self.last.is_none() => How::Jump,
                    _ => How::Follow,
                };
                self.ask(cur, cur.picture(number), how);
                lagging = number != newest;
            } else {
                lagging = true;
            }
        } else if let Some(shown) = &mut self.shown
            && shown.at == cur.picture(newest).at
        {
            shown.key_only = false;
        }
        // After a leap the exact picture is waited for.
        let waits = match self.shown {
            None => true,
            Some(shown) => shown.key_only || self.asked.iter().any(|asked| asked.key_only),
        };
        Status { lagging: lagging || (waits && !self.asked.is_empty()), ..Status::default() }
    }

    /// The end of the gap that the clock is in.
    fn beyond(&self, forward: bool) -> Status {
        let missing = self.gap().unwrap_or_default();
        let due = if forward { missing.until } else { missing.since.map(|since| UtcMicros(since.0 - 1)) };
        Status { due, ..Status::default() }
    }

    /// Key frames only.
    pub(super) fn keys(&mut self, at: UtcMicros, quantum_us: i64) -> Status {
        let wanted = if quantum_us > 0 { UtcMicros(at.0.div_euclid(quantum_us) * quantum_us) } else { at };
        let due = (quantum_us > 0).then_some(UtcMicros(wanted.0 + quantum_us));
        if let Some((missing, _)) = &self.missing
            && missing.covers(wanted)
            && missing.since.is_some()
            && missing.until.is_some()
        {
            return Status { due, ..Status::default() };
        }
        // Groups are found anew afterwards.
        self.cur = None;
        (self.next, self.prev) = (Beside::Unknown, Beside::Unknown);
        let known = self.key.as_ref().is_some_and(|(of, _)| *of == wanted);
        if !known {
            self.request = Some(Request::Key(wanted));
        }
        let Some((_, key)) = self.key.clone() else {
            return Status { lagging: true, due, ..Status::default() };
        };
        if self.last != Some(key.arrived) {
            if self.asked.is_empty() || self.fed.is_some() {
                let which = key.stream.which;
                let fresh = self.fed.take().is_some();
                self.to(which);
                if let Some(screen) = self.screen(which) {
                    if fresh {
                        screen.reset();
                    }
                    screen.push(&key, Due::Show);
                    screen.end_of_gop();
                }
                if fresh {
                    self.asked.clear();
                }
                self.asked(key.arrived, which, true);
            } else {
                return Status { lagging: true, due, ..Status::default() };
            }
        }
        // The one before is still being read, and the next is due.
        let behind = matches!(&self.reading, Some((_, Request::Key(of))) if *of != wanted);
        Status { lagging: behind && quantum_us > 0, due, ..Status::default() }
    }

    fn screen(&self, which: StreamKind) -> Option<&S> {
        self.screens.iter().find(|(of, _)| *of == which).map(|(_, screen)| screen)
    }

    /// The next picture comes from this stream.
    fn to(&mut self, which: StreamKind) {
        if self.lit == Some(which) {
            return;
        }
        if let Some(screen) = self.screen(which) {
            screen.blank(false);
        }
        for (_, screen) in self.screens.iter().filter(|(of, _)| *of != which) {
            screen.reset();
        }
        self.asked.retain(|asked| asked.which == which);
    }

    fn asked(&mut self, at: UtcMicros, which: StreamKind, key_only: bool) {
        self.last = Some(at);
        self.asked.push_back(Shown { at, which, key_only });
    }

    /// The worker has this picture, or will have decoded it when it has done what it was told.
    fn has(&self, group: &Arc<Group>, picture: Picture) -> bool {
        self.kept.iter().any(|kept| kept.same_as(group) && kept.samples >= group.samples.len())
            || self.fed.as_ref().is_some_and(|fed| fed.group.same_as(group) && fed.upto > picture.index)
    }

    fn ask(&mut self, group: &Arc<Group>, picture: Picture, how: How) {
        let which = group.which();
        self.to(which);
        if self.again != Some(picture.at) && self.has(group, picture) {
            if let Some(screen) = self.screen(which) {
                screen.paint(picture.at);
            }
            self.asked(picture.at, which, false);
            return;
        }
        let part = self.fed.as_ref().is_some_and(|fed| fed.group.same_as(group) && fed.upto <= picture.index);
        if !part {
            let follows = self.fed.as_ref().is_some_and(|fed| fed.group.which() == which);
            if let Some(screen) = self.screen(which) {
                match how {
                    How::Follow if follows && !self.leaps(group) => {}
                    How::Whole if follows => screen.end_of_gop(),
                    _ => {
                        screen.reset();
                        self.asked.retain(|asked| asked.which != which);
                    }
                }
            }
            self.fed = Some(Fed { group: group.clone(), upto: 0, ended: false });
        }
        let again = self.again == Some(picture.at);
        if how == How::Whole || group.reordered {
            // All of it, and then that one of what is kept. What was not kept the first time is painted as it comes.
            let show = again.then_some(picture.index);
            self.feed(group.samples.len(), show);
            self.end_fed();
            if !again && let Some(screen) = self.screen(which) {
                screen.paint(picture.at);
            }
        } else {
            if how == How::Jump && !part && picture.index > 0 {
                if let Some(key) = group.samples.first() {
                    self.asked(key.arrived, which, true);
                }
                self.feed(1, Some(0));
            }
            self.feed(picture.index + 1, Some(picture.index));
        }
        self.asked(picture.at, which, false);
    }

    /// Something was left out between what was given last and this group.
    fn leaps(&self, group: &Group) -> bool {
        self.fed.as_ref().is_none_or(|fed| {
            fed.upto < fed.group.samples.len() || group.start - fed.group.end > super::super::footage::NEAR_US
        })
    }

    /// Pushes samples of the group that was begun, up to this one (exclusive).
    fn feed(&mut self, upto: usize, show: Option<usize>) {
        let Some(fed) = &mut self.fed else { return };
        let which = fed.group.which();
        let Some((_, screen)) = self.screens.iter().find(|(of, _)| *of == which) else { return };
        for (index, sample) in fed.group.samples.iter().enumerate().take(upto).skip(fed.upto) {
            screen.push(sample, if show == Some(index) { Due::Show } else { Due::Keep });
        }
        fed.upto = fed.upto.max(upto);
        if fed.upto >= fed.group.samples.len() {
            let group = fed.group.clone();
            self.keep(&group);
        }
    }

    fn keep(&mut self, group: &Group) {
        self.kept.retain(|kept| !kept.same_as(group));
        self.kept.push_back(Kept::of(group));
        while self.kept.len() > KEPT {
            self.kept.pop_front();
        }
    }

    fn end_fed(&mut self) {
        let Some(fed) = &mut self.fed else { return };
        if !fed.ended && fed.upto >= fed.group.samples.len() {
            fed.ended = true;
            let which = fed.group.which();
            if let Some(screen) = self.screen(which) {
                screen.end_of_gop();
            }
        }
    }

    /// The rest of the group, so that every picture of it is at hand.
    fn feed_rest(&mut self, group: &Arc<Group>) {
        let begun = self.fed.as_ref().is_some_and(|fed| fed.group.same_as(group));
        if !begun && !self.kept.iter().any(|kept| kept.same_as(group)) {
            self.end_fed();
            if let Some(screen) = self.screen(group.which()) {
                screen.end_of_gop();
            }
            self.fed = Some(Fed { group: group.clone(), upto: 0, ended: false });
        }
        if self.fed.as_ref().is_some_and(|fed| fed.group.same_as(group)) {
            self.feed(group.samples.len(), None);
            self.end_fed();
        }
    }

    /// The group before, while the pictures of this one are painted.
    fn feed_before(&mut self, group: &Arc<Group>) {
        let known = self.kept.iter().any(|kept| kept.same_as(group));
        let busy = self.fed.as_ref().is_none_or(|fed| !fed.ended || fed.group.which() != group.which());
        if known || busy || self.again.is_some() {
            return;
        }
        self.fed = Some(Fed { group: group.clone(), upto: 0, ended: false });
        self.feed(group.samples.len(), None);
        self.end_fed();
    }
}

/// At most so many pictures a second are shown.
const SHOWN_A_SECOND: f32 = 30.0;
/// From this speed on, key frames only.
const KEYS_FROM: f32 = 8.0;
/// Pace of key frames: one for each so many seconds of the person's time.
const KEYS_EACH_S: f32 = 0.1;

/// How a speed is played.
pub(crate) fn drive_of(speed: f32) -> Drive {
    let fast = speed.abs();
    #[allow(clippy::cast_possible_truncation)]
    let us = |seconds: f32| (seconds * fast * 1e6) as i64;
    if fast >= KEYS_FROM {
        return Drive::Keys(us(KEYS_EACH_S));
    }
    // A little less, so that a rate just above is not halved.
    let distance_us = if fast >= 4.0 { us(0.8 / SHOWN_A_SECOND) } else { 0 };
    if speed < 0.0 { Drive::Backward(distance_us) } else { Drive::Forward(distance_us) }
}
