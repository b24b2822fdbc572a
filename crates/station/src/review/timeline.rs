//! The timeline: what is recorded of some cameras, what is missing and why, what moves. From the index alone, no file
//! is opened. The arithmetic is pure and stands first.

use crate::station::Station;
use easien_archive::StreamStatus;
use easien_archive::activity::{PART_US, UNKNOWN};
use easien_link::data::{TimelineGap, TimelineLane, TimelineQuery, TimelineSpan};
use easien_link::problems;
use easien_model::{CameraId, Code, GapCause, Problem, StreamId, StreamKind, UtcMicros};
use easien_store::Recordings;
use easien_store::recordings::GapRow;
use std::collections::HashMap;

/// Most cameras asked for at once.
pub(super) const CAMERAS_MOST: usize = 64;
/// Longest time asked for: 400 days.
const LONGEST_US: i64 = 400 * 86_400 * 1_000_000;
/// Most parts of the activity.
const BUCKETS_MOST: u32 = 4000;
/// Without parts, what is nearer together than this is one.
const NEAR_US: i64 = 500_000;
/// What one stream misses this much longer than the other for the same cause is told as one.
const ALIKE_US: i64 = 3_000_000;

/// Begin and end, in microseconds.
type Span = (i64, i64);

/// What is known of one stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Track {
    /// What is recorded, ascending.
    pub spans: Vec<Span>,
    /// What is missing, ascending.
    pub gaps: Vec<(Span, GapCause, bool)>,
    /// Bucket by bucket.
    pub activity: Vec<u8>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub start: i64,
    pub end: i64,
    pub buckets: usize,
}

impl Frame {
    /// What is nearer together than this is one.
    fn near(self) -> i64 {
        let buckets = i64::try_from(self.buckets).unwrap_or(i64::MAX);
        if buckets == 0 { NEAR_US } else { ((self.end - self.start) / buckets).max(NEAR_US) }
    }

    /// A part's activity goes into every bucket that it touches; the most counts.
    fn mark(self, activity: &mut [u8], from: i64, to: i64, value: u8) {
        if value == UNKNOWN || self.buckets == 0 || to <= self.start || from >= self.end {
            return;
        }
        let length = i128::from(self.end - self.start);
        let place = |at: i64| i128::from(at - self.start) * self.buckets as i128 / length;
        let first = usize::try_from(place(from.max(self.start))).unwrap_or(0);
        let last = usize::try_from(place(to.min(self.end) - 1)).unwrap_or(0);
        for bucket in activity.get_mut(first..=last.min(self.buckets - 1)).into_iter().flatten() {
            if *bucket == UNKNOWN || *bucket < value {
                *bucket = value;
            }
        }
    }
}

impl Track {
    /// A segment: from, to, and a byte for each 5 s of it.
    pub(super) fn segment(&mut self, frame: Frame, from: i64, to: i64, activity: &[u8]) {
        self.activity.resize(frame.buckets, UNKNOWN);
        let clipped = (from.max(frame.start), to.min(frame.end));
        if clipped.0 < clipped.1 {
            match self.spans.last_mut() {
                Some(last) if clipped.0 - last.1 <= frame.near() && clipped.0 >= last.0 => {
                    last.1 = last.1.max(clipped.1);
                }
                _ => self.spans.push(clipped),
            }
        }
        for (part, value) in (0_i64..).zip(activity) {
            let begin = from + part * PART_US;
            frame.mark(&mut self.activity, begin, (begin + PART_US).min(to), *value);
        }
    }

    /// A row of what is missing.
    fn gap(&mut self, frame: Frame, row: &GapRow) {
        let end = row.end.map_or(i64::MAX, |end| end.0);
        // What misses nothing is no gap on a timeline: pictures go on.
        if end > row.start.0 && end > frame.start && row.start.0 < frame.end {
            self.gaps.push(((row.start.0, end), row.cause, row.end.is_none()));
        }
    }
}

/// The spans of both streams as one list without overlap.
pub(super) fn merge(frame: Frame, main: &[Span], sub: &[Span]) -> Vec<TimelineSpan> {
    let mut cuts: Vec<i64> = main.iter().chain(sub).flat_map(|span| [span.0, span.1]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let mut out: Vec<TimelineSpan> = Vec::new();
    let (mut m, mut s) = (0, 0);
    for pair in cuts.windows(2) {
        let [from, to] = *pair else { continue };
        let inside = |spans: &[Span], at: &mut usize| {
            while spans.get(*at).is_some_and(|span| span.1 <= from) {
                *at += 1;
            }
            spans.get(*at).is_some_and(|span| span.0 <= from)
        };
        let (in_main, in_sub) = (inside(main, &mut m), inside(sub, &mut s));
        if !in_main && !in_sub {
            continue;
        }
        let piece = TimelineSpan { start: UtcMicros(from), end: UtcMicros(to), main: in_main, sub: in_sub };
        match out.last_mut() {
            Some(last) if from - last.end.0 <= frame.near() => {
                let same = (last.main, last.sub) == (in_main, in_sub);
                let sliver = to - from < frame.near();
                let was_sliver = last.end - last.start < frame.near();
                if same || sliver || was_sliver {
                    (last.main, last.sub) = (last.main || in_main, last.sub || in_sub);
                    last.end = piece.end;
                } else {
                    out.push(piece);
                }
            }
            _ => out.push(piece),
        }
    }
    // Slivers may have made neighbours alike.
    out.dedup_by(|next, last| {
        let one = next.start - last.end <= frame.near() && (next.main, next.sub) == (last.main, last.sub);
        if one {
            last.end = next.end;
        }
        one
    });
    out
}

/// The gaps of both streams: where both are missing, as one.
fn merge_gaps(frame: Frame, main: &Track, sub: &Track) -> Vec<TimelineGap> {
    let both = |track: &Track| !track.spans.is_empty() || !track.gaps.is_empty();
    let told = |span: &(Span, GapCause, bool), which| TimelineGap {
        start: UtcMicros(span.0.0),
        end: (!span.2).then_some(UtcMicros(span.0.1)),
        which,
        cause: span.1,
    };
    match (both(main), both(sub)) {
        (_, false) => return main.gaps.iter().map(|gap| told(gap, None)).collect(),
        (false, _) => return sub.gaps.iter().map(|gap| told(gap, None)).collect(),
        _ => {}
    }
    let mut cuts: Vec<i64> =
        main.gaps.iter().chain(&sub.gaps).flat_map(|(span, ..)| [span.0, span.1]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let mut out: Vec<TimelineGap> = Vec::new();
    let (mut m, mut s) = (0, 0);
    for pair in cuts.windows(2) {
        let [from, to] = *pair else { continue };
        let inside = |gaps: &[(Span, GapCause, bool)], at: &mut usize| {
            while gaps.get(*at).is_some_and(|(span, ..)| span.1 <= from) {
                *at += 1;
            }
            gaps.get(*at).filter(|(span, ..)| span.0 <= from).map(|(_, cause, open)| (*cause, *open))
        };
        let (in_main, in_sub) = (inside(&main.gaps, &mut m), inside(&sub.gaps, &mut s));
        let (which, (cause, open)) = match (in_main, in_sub) {
            (Some(main), Some(sub)) => {
                // Wanted or not: what went wrong is the more telling of two causes.
                let wanted = matches!(main.0, GapCause::Stopped | GapCause::Scheduled);
                (None, (if wanted { sub.0 } else { main.0 }, main.1 && sub.1))
            }
            (Some(main), None) => (Some(StreamKind::Main), main),
            (None, Some(sub)) => (Some(StreamKind::Sub), sub),
            (None, None) => continue,
        };
        let open = open && to == i64::MAX;
        let end = (!open).then_some(UtcMicros(to));
        let piece = TimelineGap { start: UtcMicros(from), end, which, cause };
        match out.last_mut().filter(|last| last.end == Some(UtcMicros(from))) {
            Some(last) if last.cause == cause && last.which == which => last.end = end,
            // The streams did not end or begin in the same instant.
            Some(last) if last.cause == cause && which.is_none() && short(frame, last) => {
                (last.which, last.end) = (None, end);
            }
            Some(last) if last.cause == cause && last.which.is_none() && short(frame, &piece) => {
                last.end = end;
            }
            _ => out.push(piece),
        }
    }
    out
}

fn short(frame: Frame, gap: &TimelineGap) -> bool {
    gap.end.is_some_and(|end| end - gap.start <= frame.near().max(ALIKE_US))
}

/// A camera's lane.
pub(super) fn lane(camera: CameraId, frame: Frame, main: &Track, sub: &Track) -> TimelineLane {
    let mut activity = vec![UNKNOWN; frame.buckets];
    for (place, out) in activity.iter_mut().enumerate() {
        let of = |track: &Track| track.activity.get(place).copied().unwrap_or(UNKNOWN);
        *out = match of(sub) {
            UNKNOWN => of(main),
            value => value,
        };
    }
    TimelineLane {
        camera,
        spans: merge(frame, &main.spans, &sub.spans),
        gaps: merge_gaps(frame, main, sub),
        activity,
    }
}

/// How far the open segments go.
pub(super) struct Open {
    streams: HashMap<StreamId, StreamStatus>,
    /// How much moves in them.
    activity: HashMap<StreamId, Vec<u8>>,
    now: UtcMicros,
}

impl Open {
    /// As the archive says now.
    pub(super) fn new(streams: Vec<StreamStatus>, now: UtcMicros) -> Self {
        let streams = streams.into_iter().map(|status| (status.stream, status)).collect();
        Self { streams, activity: HashMap::new(), now }
    }

    /// With how much moves in what is being written of these streams.
    fn with_activity(mut self, streams: impl Iterator<Item = (StreamId, Vec<u8>)>) -> Self {
        self.activity.extend(streams);
        self
    }

    /// How much moves in the segment that begins here, if it is the one being written.
    fn activity(&self, stream: StreamId, start: i64) -> &[u8] {
        let begin = self.streams.get(&stream).and_then(|status| status.segment_begin);
        let is_open = begin.is_some_and(|begin| begin.0 == start);
        self.activity.get(&stream).filter(|_| is_open).map_or(&[], Vec::as_slice)
    }

    /// What is being written, from and to.
    fn newest(&self, stream: StreamId) -> Option<Span> {
        let status = self.streams.get(&stream)?;
        Some((status.segment_begin?.0, status.written_until?.0.min(self.now.0)))
    }

    /// The end of a segment without one in the index, by what comes after it, if anything does. It is being written,
    /// or its end has not reached the index yet: every moment lies in a segment or in a gap.
    fn until(&self, stream: StreamId, start: i64, next: Option<i64>, gaps: &[GapRow]) -> i64 {
        let status = self.streams.get(&stream);
        let begin = status.and_then(|status| status.segment_begin).map(|begin| begin.0);
        if begin == Some(start) {
            let written = status.and_then(|status| status.written_until);
            return written.map_or(start, |written| written.0.min(self.now.0));
        }
        let gap = gaps.iter().map(|gap| gap.start.0).find(|gap| *gap > start);
        // One that a crash left open ends nobody knows where, until it was looked at.
        next.into_iter().chain(begin.filter(|begin| *begin > start)).chain(gap).min().unwrap_or(start)
    }
}

/// Reads one stream's part.
pub(super) fn track(
    index: &Recordings,
    stream: StreamId,
    frame: Frame,
    open: &Open,
) -> easien_store::Result<Track> {
    let mut track = Track::default();
    let (from, to) = (UtcMicros(frame.start), UtcMicros(frame.end));
    let gaps = index.gaps(stream, from, to)?;
    let mut unended = None;
    let mut last = None;
    index.stretches(stream, from, to, |stretch| {
        if let Some(start) = unended.take() {
            track.segment(frame, start, open.until(stream, start, Some(stretch.start.0), &gaps), &[]);
        }
        match stretch.end {
            Some(end) => track.segment(frame, stretch.start.0, end.0, stretch.activity),
            None => unended = Some(stretch.start.0),
        }
        last = Some(stretch.start.0);
    })?;
    if let Some(start) = unended {
        let until = open.until(stream, start, None, &gaps);
        track.segment(frame, start, until, open.activity(stream, start));
    }
    // The newest one's row may be on its way.
    if let Some((begin, until)) =
        open.newest(stream).filter(|(begin, _)| last.is_none_or(|last| last < *begin))
    {
        track.segment(frame, begin, until, open.activity(stream, begin));
    }
    for row in &gaps {
        track.gap(frame, row);
    }
    Ok(track)
}

impl Station {
    pub(crate) async fn timeline(&self, query: TimelineQuery) -> Result<Vec<TimelineLane>, Problem> {
        check_cameras(&query.cameras)?;
        let length = query.end.0.checked_sub(query.start.0);
        if !length.is_some_and(|length| (1..=LONGEST_US).contains(&length)) {
            return Err(Problem::new(Code::Invalid, problems::INTERVAL).field("end"));
        }
        if query.buckets > BUCKETS_MOST {
            return Err(Problem::new(Code::Invalid, problems::INTERVAL).field("buckets"));
        }
        let frame = Frame { start: query.start.0, end: query.end.0, buckets: query.buckets as usize };
        let cameras = query.cameras;
        let both = cameras
            .iter()
            .flat_map(|&camera| [StreamKind::Main, StreamKind::Sub].map(|which| StreamId { camera, which }));
        let open = Open::new(self.archive.streams(), self.clock.utc_now())
            .with_activity(both.map(|stream| (stream, self.archive.activity(stream))));
        self.ask_index(move |index| {
            let mut lanes = Vec::with_capacity(cameras.len());
            for camera in cameras {
                let of = |which| track(index, StreamId { camera, which }, frame, &open);
                lanes.push(lane(camera, frame, &of(StreamKind::Main)?, &of(StreamKind::Sub)?));
            }
            Ok(lanes)
        })
        .await
    }
}

/// 1 to 64 cameras.
pub(super) fn check_cameras(cameras: &[CameraId]) -> Result<(), Problem> {
    match (1..=CAMERAS_MOST).contains(&cameras.len()) {
        true => Ok(()),
        false => Err(Problem::new(Code::Invalid, problems::CAMERAS_COUNT).field("cameras")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use easien_model::CameraId;
    use proptest::prelude::*;

    const S: i64 = 1_000_000;
    const FRAME: Frame = Frame { start: 0, end: 1000 * S, buckets: 0 };

    fn span(start: i64, end: i64, main: bool, sub: bool) -> TimelineSpan {
        TimelineSpan { start: UtcMicros(start * S), end: UtcMicros(end * S), main, sub }
    }

    fn seconds(spans: &[(i64, i64)]) -> Vec<Span> {
        spans.iter().map(|(from, to)| (from * S, to * S)).collect()
    }

    #[test]
    fn both_streams_are_one_list() {
        let main = seconds(&[(100, 200), (300, 400)]);
        let sub = seconds(&[(50, 150), (300, 400), (500, 600)]);
        assert_eq!(
            merge(FRAME, &main, &sub),
            [
                span(50, 100, false, true),
                span(100, 150, true, true),
                span(150, 200, true, false),
                span(300, 400, true, true),
                span(500, 600, false, true),
            ]
        );
    }

    #[test]
    fn segments_join_and_clip_and_bring_their_activity() {
        let frame = Frame { buckets: 10, end: 100 * S, ..FRAME };
        let mut track = Track::default();
        track.segment(frame, -20 * S, 12 * S, &[9, 9, 9, 9, 50, 60, 70]);
        track.segment(frame, 12 * S, 30 * S, &[1, 255, 3, 100]);
        track.segment(frame, 80 * S, 130 * S, &[7; 10]);
        assert_eq!(track.spans, seconds(&[(0, 30), (80, 100)]));
        assert_eq!(track.activity, [60, 70, 100, 255, 255, 255, 255, 255, 7, 7]);
    }

    #[test]
    fn gaps_of_both_are_one_and_of_one_are_named() {
        let lost = GapCause::CameraLost { reason: None };
        let mut main = Track { spans: seconds(&[(0, 100)]), ..Track::default() };
        let mut sub = main.clone();
        main.gaps = vec![((100 * S, 200 * S), lost, false), ((500 * S, i64::MAX), GapCause::Stopped, true)];
        sub.gaps = vec![
            ((101 * S, 199 * S), lost, false),
            ((300 * S, 310 * S), GapCause::Overload, false),
            ((600 * S, i64::MAX), lost, true),
        ];
        let gap = |start: i64, end: Option<i64>, which, cause| TimelineGap {
            start: UtcMicros(start * S),
            end: end.map(|end| UtcMicros(end * S)),
            which,
            cause,
        };
        assert_eq!(
            merge_gaps(FRAME, &main, &sub),
            [
                gap(100, Some(200), None, lost),
                gap(300, Some(310), Some(StreamKind::Sub), GapCause::Overload),
                gap(500, Some(600), Some(StreamKind::Main), GapCause::Stopped),
                gap(600, None, None, lost),
            ]
        );
        // Of a camera with one stream there is nothing to name.
        let alone = merge_gaps(FRAME, &main, &Track::default());
        assert!(alone.iter().all(|gap| gap.which.is_none()));
    }

    proptest! {
        #[test]
        fn every_moment_is_told_as_it_is(
            main in proptest::collection::vec((0_i64..900, 1_i64..60), 0..12),
            sub in proptest::collection::vec((0_i64..900, 1_i64..60), 0..12),
        ) {
            let tidy = |mut spans: Vec<(i64, i64)>| {
                spans.sort_unstable();
                let mut out: Vec<Span> = Vec::new();
                for (from, length) in spans {
                    match out.last_mut() {
                        Some(last) if from * S <= last.1 => last.1 = last.1.max((from + length) * S),
                        _ => out.push((from * S, (from + length) * S)),
                    }
                }
                out
            };
            let (main, sub) = (tidy(main), tidy(sub));
            let merged = merge(FRAME, &main, &sub);
            for pair in merged.windows(2) {
                prop_assert!(pair[0].end <= pair[1].start);
            }
            for second in 0..1000 {
                let at = second * S + S / 2;
                let inside = |spans: &[Span]| spans.iter().any(|span| span.0 <= at && at < span.1);
                let told = merged.iter().find(|span| span.start.0 <= at && at < span.end.0);
                prop_assert_eq!(told.is_some_and(|span| span.main), inside(&main));
                prop_assert_eq!(told.is_some_and(|span| span.sub), inside(&sub));
            }
        }
    }

    #[test]
    fn cameras_are_counted() {
        assert!(check_cameras(&[]).is_err());
        assert!(check_cameras(&vec![CameraId::new(); 64]).is_ok());
        assert!(check_cameras(&vec![CameraId::new(); 65]).is_err());
    }
}
