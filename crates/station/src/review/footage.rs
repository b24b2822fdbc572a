//! What is recorded, as players need it: groups of pictures at a time, beside one another, and what is missing between
//! them; and which of a camera's streams a moment is taken from. A trait, so that players can be tried without disks.
//! Everything here may block.

use easien_link::data::ReviewMissing;
use easien_model::{CameraId, GapCause, MediaKind, Sample, StreamId, StreamKind, UtcMicros};
use std::any::Any;
use std::sync::Arc;

/// Nearer together than this, two groups are shown as one: the last picture of the first stands so long.
pub(crate) const NEAR_US: i64 = 500_000;

/// A picture of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    /// When it was taken, by the station's clock.
    pub at: UtcMicros,
    /// Its sample's place in [`Group::samples`].
    pub index: usize,
}

/// The samples from a key frame to the last before the next.
pub(crate) struct Group {
    /// Of which stream.
    pub stream: StreamId,
    /// Video in decoding order; the first is a key frame.
    pub samples: Vec<Arc<Sample>>,
    /// The same in the order of showing.
    pub pictures: Vec<Picture>,
    /// The first picture's.
    pub start: UtcMicros,
    /// When the last picture is over, exclusive.
    pub end: UtcMicros,
    /// Pictures are shown in another order than that of decoding.
    pub reordered: bool,
    /// What the archive knows it by.
    pub token: Option<Arc<dyn Any + Send + Sync>>,
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Group({} {}..{}, {})", self.stream, self.start.0, self.end.0, self.samples.len())
    }
}

impl Group {
    /// Of these samples, if there is a picture among them. `end`: when the last one is over, if that is known.
    pub(crate) fn new(
        samples: impl IntoIterator<Item = Arc<Sample>>,
        end: Option<UtcMicros>,
        token: Option<Arc<dyn Any + Send + Sync>>,
    ) -> Option<Self> {
        let samples: Vec<Arc<Sample>> =
            samples.into_iter().filter(|sample| sample.kind == MediaKind::Video).collect();
        let stream = samples.first()?.stream;
        let mut pictures: Vec<Picture> =
            samples.iter().enumerate().map(|(index, sample)| Picture { at: sample.arrived, index }).collect();
        let reordered = pictures.windows(2).any(|pair| matches!(pair, [a, b] if b.at < a.at));
        pictures.sort_by_key(|picture| picture.at);
        // Two of one time: the later one counts.
        pictures.reverse();
        pictures.dedup_by_key(|picture| picture.at);
        pictures.reverse();
        let (start, last) = (pictures.first()?.at, pictures.last()?.at);
        let end = end.filter(|end| *end > last).unwrap_or_else(|| {
            let count = i64::try_from(pictures.len()).unwrap_or(1);
            let each = if count > 1 { (last - start) / (count - 1) } else { 40_000 };
            UtcMicros(last.0 + each.clamp(1000, 1_000_000))
        });
        Some(Self { stream, samples, pictures, start, end, reordered, token })
    }

    /// Which of the camera's streams.
    pub(crate) fn which(&self) -> StreamKind {
        self.stream.which
    }

    /// The newest picture not after `at` (or the first), by its place in [`Group::pictures`].
    pub(crate) fn picture_at(&self, at: UtcMicros) -> usize {
        self.pictures.partition_point(|picture| picture.at <= at).saturating_sub(1)
    }

    /// A picture; the last one for a number beyond.
    pub(crate) fn picture(&self, number: usize) -> Picture {
        let first = Picture { at: self.start, index: 0 };
        *self.pictures.get(number).or(self.pictures.last()).unwrap_or(&first)
    }

    /// The moment lies in it.
    pub(crate) fn covers(&self, at: UtcMicros) -> bool {
        self.start <= at && at < self.end
    }

    /// The moment lies in it, or so short behind it that its last picture stands.
    pub(crate) fn stands_for(&self, at: UtcMicros) -> bool {
        self.start <= at && at - self.end <= NEAR_US
    }

    /// The same group as `other`, perhaps grown.
    pub(crate) fn same_as(&self, other: &Self) -> bool {
        self.stream == other.stream && self.start == other.start
    }
}

/// Nothing is recorded over a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Missing {
    /// Why, if it is known.
    pub cause: Option<GapCause>,
    /// Since when; absent: ever.
    pub since: Option<UtcMicros>,
    /// When it goes on; absent: not known.
    pub until: Option<UtcMicros>,
}

impl Missing {
    /// The moment lies in it.
    pub(crate) fn covers(&self, at: UtcMicros) -> bool {
        self.since.is_none_or(|since| since <= at) && self.until.is_none_or(|until| at < until)
    }

    /// What is missing of both.
    fn and(self, other: Self) -> Self {
        let since = match (self.since, other.since) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
        let until = match (self.until, other.until) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        // What went wrong says more than what was not wanted.
        let unwanted = matches!(self.cause, None | Some(GapCause::Stopped | GapCause::Scheduled));
        let cause = if unwanted { other.cause.or(self.cause) } else { self.cause };
        Self { cause, since, until }
    }

    /// As the page is told.
    pub(crate) fn told(self) -> ReviewMissing {
        ReviewMissing { cause: self.cause, since: self.since, until: self.until }
    }
}

/// What there is at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is recorded.
    Recorded,
    /// It is not.
    Missing(Missing),
    /// It is being recorded, and not readable yet.
    Edge,
}

/// The recordings. Damaged files and disks that are gone are told as [`Missing`].
pub(crate) trait Footage: Send + Sync + 'static {
    /// What there is at `at`.
    fn place(&self, stream: StreamId, at: UtcMicros) -> Place;
    /// The group that `at` lies in, or the one before when `at` is less than a picture behind its end.
    fn group(&self, stream: StreamId, at: UtcMicros) -> Option<Group>;
    /// The next group of the same stream, over gaps.
    fn after(&self, group: &Group) -> Option<Group>;
    /// The group before, of the same stream, over gaps.
    fn before(&self, group: &Group) -> Option<Group>;
    /// The newest key frame not after `at`, of the group that `at` lies in.
    fn key(&self, stream: StreamId, at: UtcMicros) -> Option<Arc<Sample>>;
    /// The newest group that there is.
    fn newest(&self, stream: StreamId) -> Option<Group>;
}

/// What a player asks for.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    /// What is at this moment.
    At(UtcMicros),
    /// What follows.
    After(Arc<Group>),
    /// What comes before.
    Before(Arc<Group>),
    /// The key frame at this moment.
    Key(UtcMicros),
    /// So many pictures on from the one at this moment; the group is the one that it lies in, if that is known.
    Step(Option<Arc<Group>>, UtcMicros, i32),
}

/// What it gets.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// A group.
    Group(Arc<Group>),
    /// Nothing is recorded there.
    Missing(Missing),
    /// What is asked for is not written yet; for a moment: the newest that there is.
    Edge(Option<Arc<Group>>),
    /// A key frame.
    Key(Arc<Sample>),
    /// The picture that a step leads to; none: there is none further.
    Step(Option<(Arc<Group>, UtcMicros)>),
}

/// Reads what was asked for, from the streams in the order in which they are wanted.
pub(crate) fn read(
    footage: &dyn Footage,
    camera: CameraId,
    wanted: &[StreamKind],
    request: &Request,
) -> Answer {
    let from = Wanted { footage, camera, wanted };
    match request {
        Request::At(at) => from.at(*at),
        Request::After(group) => from.after(group),
        Request::Before(group) => from.before(group),
        Request::Key(at) => from.key(*at),
        Request::Step(group, at, pictures) => Answer::Step(from.step(group.clone(), *at, *pictures)),
    }
}

struct Wanted<'a> {
    footage: &'a dyn Footage,
    camera: CameraId,
    wanted: &'a [StreamKind],
}

impl Wanted<'_> {
    fn streams(&self) -> impl Iterator<Item = StreamId> + '_ {
        self.wanted.iter().map(|&which| StreamId { camera: self.camera, which })
    }

    fn covering(&self, stream: StreamId, at: UtcMicros) -> Option<Group> {
        self.footage.group(stream, at).filter(|group| group.covers(at))
    }

    /// What there is, where no group of any stream covers the moment.
    fn nothing(&self, at: UtcMicros) -> Answer {
        let mut missing: Option<Missing> = None;
        for stream in self.streams() {
            match self.footage.place(stream, at) {
                Place::Edge => return Answer::Edge(None),
                Place::Missing(this) => missing = Some(missing.map_or(this, |that| that.and(this))),
                // It should be there, and cannot be read: for about as long as a group may be.
                Place::Recorded => {
                    let this = Missing {
                        cause: Some(GapCause::FileDamaged),
                        since: Some(UtcMicros(at.0 - 1)),
                        until: Some(at.plus_seconds(1)),
                    };
                    missing = Some(missing.map_or(this, |that| that.and(this)));
                }
            }
        }
        Answer::Missing(missing.unwrap_or_default())
    }

    fn at(&self, at: UtcMicros) -> Answer {
        for stream in self.streams() {
            if let Some(group) = self.covering(stream, at) {
                return Answer::Group(Arc::new(group));
            }
        }
        // Between two pictures of a run, or a hole so short that the last picture stands for it.
        for stream in self.streams() {
            if let Some(group) = self.footage.group(stream, at).filter(|group| group.start <= at)
                && at - group.end <= NEAR_US
                && self.footage.after(&group).is_some_and(|next| next.start - group.end <= NEAR_US)
            {
                return Answer::Group(Arc::new(group));
            }
        }
        match self.nothing(at) {
            Answer::Edge(_) => {
                let newest = self.streams().filter_map(|stream| self.footage.newest(stream));
                Answer::Edge(newest.max_by_key(|group| group.end).map(Arc::new))
            }
            other => other,
        }
    }

    fn after(&self, group: &Group) -> Answer {
        let same = self.footage.after(group);
        let next = same.as_ref().is_some_and(|next| next.start - group.end <= NEAR_US);
        let first = self.wanted.first() == Some(&group.which());
        if !(first && next) {
            for stream in self.streams().filter(|stream| stream.which != group.which()) {
                if (!next || self.wanted.first() == Some(&stream.which))
                    && let Some(other) = self.covering(stream, group.end)
                {
                    return Answer::Group(Arc::new(other));
                }
            }
        }
        if next && let Some(same) = same {
            return Answer::Group(Arc::new(same));
        }
        // The one being written may have grown.
        if let Some(again) = self.footage.group(group.stream, group.start)
            && again.same_as(group)
            && again.samples.len() > group.samples.len()
        {
            return Answer::Group(Arc::new(again));
        }
        match self.nothing(group.end) {
            Answer::Missing(missing) => Answer::Missing(Missing {
                since: Some(missing.since.map_or(group.end, |since| since.max(group.end))),
                // Where the place does not know it, the next group may.
                until: missing.until.or(same.map(|next| next.start)),
                ..missing
            }),
            other => other,
        }
    }

    fn before(&self, group: &Group) -> Answer {
        let same = self.footage.before(group);
        let next = same.as_ref().is_some_and(|before| group.start - before.end <= NEAR_US);
        let just_before = UtcMicros(group.start.0 - 1);
        if !(next && self.wanted.first() == Some(&group.which())) {
            for stream in self.streams().filter(|stream| stream.which != group.which()) {
                if (!next || self.wanted.first() == Some(&stream.which))
                    && let Some(other) = self.covering(stream, just_before)
                {
                    return Answer::Group(Arc::new(other));
                }
            }
        }
        if next && let Some(same) = same {
            return Answer::Group(Arc::new(same));
        }
        match self.nothing(just_before) {
            Answer::Missing(missing) => Answer::Missing(Missing {
                since: missing.since.or(same.map(|before| before.end)),
                until: Some(missing.until.map_or(group.start, |until| until.min(group.start))),
                ..missing
            }),
            other => other,
        }
    }

    fn key(&self, at: UtcMicros) -> Answer {
        for stream in self.streams() {
            if let Some(key) = self.footage.key(stream, at) {
                return Answer::Key(key);
            }
        }
        match self.nothing(at) {
            Answer::Edge(_) => {
                let newest = self.streams().filter_map(|stream| self.footage.newest(stream));
                let newest = newest.max_by_key(|group| group.end);
                match newest.and_then(|group| group.samples.first().cloned()) {
                    Some(key) => Answer::Key(key),
                    None => Answer::Edge(None),
                }
            }
            other => other,
        }
    }

    /// The group after or before, over gaps, whichever stream has something first.
    fn beside(&self, group: &Group, forward: bool) -> Option<Arc<Group>> {
        let answer = if forward { self.after(group) } else { self.before(group) };
        match answer {
            // The same one, grown: see `step`.
            Answer::Group(next) => return Some(next),
            Answer::Edge(_) => return None,
            _ => {}
        }
        if forward { self.footage.after(group) } else { self.footage.before(group) }.map(Arc::new)
    }

    fn step(
        &self,
        group: Option<Arc<Group>>,
        at: UtcMicros,
        pictures: i32,
    ) -> Option<(Arc<Group>, UtcMicros)> {
        let forward = pictures >= 0;
        let mut left = i64::from(pictures);
        let mut group = match group.filter(|group| group.covers(at)) {
            Some(group) => group,
            None => match self.at(at) {
                Answer::Group(group) | Answer::Edge(Some(group)) => group,
                Answer::Missing(missing) => {
                    // Out of a gap: the first picture after it, or the last before it, is one step.
                    let to = if forward { missing.until? } else { UtcMicros(missing.since?.0 - 1) };
                    let Answer::Group(group) = self.at(to) else { return None };
                    let there = if forward { group.start } else { group.picture(usize::MAX).at };
                    left -= if forward { 1 } else { -1 };
                    return if left == 0 || forward != (left > 0) {
                        Some((group, there))
                    } else {
                        self.step(Some(group), there, i32::try_from(left).ok()?)
                    };
                }
                _ => return None,
            },
        };
        let mut number = i64::try_from(group.picture_at(at)).ok()? + left;
        // So many groups at most, should each have one picture only.
        for _ in 0..=pictures.unsigned_abs() {
            let count = i64::try_from(group.pictures.len()).ok()?;
            if (0..count).contains(&number) {
                let there = group.picture(usize::try_from(number).ok()?).at;
                return Some((group, there));
            }
            let Some(next) = self.beside(&group, forward) else {
                // No further: as far as there is something.
                let last = if forward { usize::MAX } else { 0 };
                let there = group.picture(last).at;
                return Some((group, there));
            };
            if next.same_as(&group) {
                // Grown: the numbers stay.
            } else if next.which() == group.which() {
                let of_next = i64::try_from(next.pictures.len()).ok()?;
                number = if forward { number - count } else { number + of_next };
            } else if forward {
                // Another stream takes over: its pictures after the end of this one's count.
                let begin = i64::try_from(next.pictures.partition_point(|p| p.at < group.end)).ok()?;
                number = number - count + begin;
            } else {
                let end = i64::try_from(next.pictures.partition_point(|p| p.at < group.start)).ok()?;
                number += end;
            }
            group = next;
        }
        None
    }
}
