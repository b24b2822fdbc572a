//! Where the clock is: in which group, in which gap, or at the end of what is written.

use super::{Beside, POLL, Player, RECHECK, Where};
use crate::review::footage::Request;
use crate::review::screen::Screen;
use easien_model::UtcMicros;
use std::time::Instant;

/// Further away than this, the neighbours are not asked one by one.
const FAR_US: i64 = 5_000_000;

impl<S: Screen> Player<S> {
    fn want(&mut self, request: Request) {
        self.request = Some(request);
    }

    /// Finds the clock, and asks for what is not known yet.
    pub(super) fn find(&mut self, at: UtcMicros, backward: bool, now: Instant) -> Where {
        // A few short groups may have passed since last time.
        for _ in 0..8 {
            if let Some((missing, checked)) = &self.missing {
                let covers = missing.covers(at);
                let known = missing.until.is_some() && missing.since.is_some();
                if !covers || (!known && now.saturating_duration_since(*checked) >= RECHECK) {
                    self.want(Request::At(at));
                }
                if covers {
                    return Where::Missing;
                }
                // What is read says where we are; until then nothing is shown.
                if self.cur.as_ref().is_none_or(|cur| !cur.covers(at)) {
                    return Where::Reading;
                }
                self.missing = None;
            }
            let Some(cur) = self.cur.clone() else {
                self.want(Request::At(at));
                return Where::Reading;
            };
            if at < cur.start {
                match std::mem::replace(&mut self.prev, Beside::Unknown) {
                    Beside::Group(before) if at >= before.start || cur.start - at < FAR_US => {
                        // What follows the one before is this one.
                        let hole =
                            at >= before.end && cur.start - before.end > super::super::footage::NEAR_US;
                        if hole {
                            self.want(Request::At(at));
                            return Where::Reading;
                        }
                        self.next = Beside::Group(cur);
                        self.cur = Some(before);
                        if at >= self.cur.as_ref().map_or(at, |cur| cur.end) {
                            // In the short hole between them: the picture before stands for it.
                            return self.cur.clone().map_or(Where::Reading, Where::Here);
                        }
                        continue;
                    }
                    Beside::Missing(missing) if missing.covers(at) => {
                        self.vanish(missing, now);
                        return Where::Missing;
                    }
                    Beside::Unknown if backward && cur.start - at < FAR_US => self.want(Request::Before(cur)),
                    _ => self.want(Request::At(at)),
                }
                return Where::Reading;
            }
            if at < cur.end {
                return Where::Here(cur);
            }
            match std::mem::replace(&mut self.next, Beside::Unknown) {
                Beside::Group(after) if at >= after.start => {
                    self.prev = Beside::Group(cur);
                    self.cur = Some(after);
                }
                Beside::Group(after) => {
                    // A short hole: the last picture stands for it.
                    self.next = Beside::Group(after);
                    return Where::Here(cur);
                }
                Beside::Missing(missing) if missing.covers(at) => {
                    self.vanish(missing, now);
                    return Where::Missing;
                }
                Beside::Missing(missing) if missing.since.is_some_and(|since| at < since) => {
                    self.next = Beside::Missing(missing);
                    return Where::Here(cur);
                }
                Beside::Edge(looked) => {
                    self.next = Beside::Edge(looked);
                    if now.saturating_duration_since(looked) >= POLL {
                        let near = at - cur.end < FAR_US;
                        self.want(if near { Request::After(cur.clone()) } else { Request::At(at) });
                    }
                    return Where::Edge(cur);
                }
                Beside::Unknown if at - cur.end < FAR_US => {
                    self.want(Request::After(cur));
                    return Where::Reading;
                }
                _ => {
                    self.want(Request::At(at));
                    return Where::Reading;
                }
            }
        }
        self.want(Request::At(at));
        Where::Reading
    }

    /// Reads what will be needed next, while there is nothing more urgent.
    pub(super) fn look_ahead(&mut self, backward: bool) {
        if self.request.is_some() {
            return;
        }
        let Some(cur) = self.cur.clone() else { return };
        if backward && matches!(self.prev, Beside::Unknown) {
            self.want(Request::Before(cur));
        } else if !backward && matches!(self.next, Beside::Unknown) {
            self.want(Request::After(cur));
        }
    }
}
