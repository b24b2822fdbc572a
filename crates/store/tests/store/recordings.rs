//! The index of recordings against a plain list that does the same by going through everything.

use easien_model::{
    CameraId, Codec, GapCause, LossReason, RunId, SegmentId, StreamId, StreamKind, UtcMicros, VolumeId,
};
use easien_store::recordings::{CameraSpan, Change, GapRow, SegmentEnd, SegmentRow, SegmentState};
use easien_store::{Error, Found, RECORDINGS_FILE, Recordings};
use proptest::prelude::*;
use std::collections::BTreeMap;

const S: i64 = 1_000_000;
/// 2026-11-23 08:00:00 UTC.
const T0: i64 = 1_795_420_800_000_000;

pub(crate) fn open() -> (tempfile::TempDir, Recordings) {
    let folder = tempfile::tempdir().unwrap();
    let (index, found) = Recordings::open(folder.path(), UtcMicros(T0)).unwrap();
    assert_eq!(found, Found::Missing);
    (folder, index)
}

pub(crate) fn stream(which: StreamKind) -> StreamId {
    StreamId { camera: CameraId::new(), which }
}

pub(crate) fn segment(stream: StreamId, volume: VolumeId, start: i64, seconds: Option<i64>) -> SegmentRow {
    let start = UtcMicros(start);
    SegmentRow {
        id: SegmentId::new(),
        stream,
        volume,
        path: format!("C017_1234abcd/sub/2026-11-23/{}.mp4", start.0 % 86_400),
        run: RunId::new(),
        start,
        rtp_start_90k: -7,
        clock_offset_us: Some(-120_000),
        shift_us: 3,
        codec: Codec::H265,
        width_px: 640,
        height_px: 360,
        audio: Some(Codec::Aac),
        end: seconds.map(|seconds| end(start, seconds)),
        state: if seconds.is_some() { SegmentState::Whole } else { SegmentState::Open },
    }
}

pub(crate) fn end(start: UtcMicros, seconds: i64) -> SegmentEnd {
    SegmentEnd {
        end: start.plus_seconds(seconds),
        bytes: 1000 + seconds.unsigned_abs(),
        frames: 15 * seconds.unsigned_abs(),
        sha256: Some([9; 32]),
        activity: vec![7; usize::try_from(seconds / 5).unwrap()],
    }
}

/// The same, by going through everything.
#[derive(Default)]
struct Plain {
    segments: BTreeMap<SegmentId, SegmentRow>,
    gaps: BTreeMap<(StreamId, UtcMicros), GapRow>,
}

impl Plain {
    fn apply(&mut self, change: &Change) {
        match change.clone() {
            Change::Added(row) => {
                let further =
                    self.segments.get(&row.id).is_some_and(|known| known.state != SegmentState::Open);
                if !(further && row.state == SegmentState::Open && row.end.is_none()) {
                    self.segments.insert(row.id, row);
                }
            }
            Change::Closed { id, end, state } => {
                if let Some(row) = self.segments.get_mut(&id) {
                    (row.end, row.state) = (Some(end), state);
                }
            }
            Change::Marked { id, state } => {
                if let Some(row) = self.segments.get_mut(&id) {
                    row.state = state;
                }
            }
            Change::Removed { id } => {
                if let Some(gone) = self.segments.remove(&id)
                    && !self.segments.values().any(|row| row.stream == gone.stream && row.start < gone.start)
                {
                    self.gaps.retain(|_, gap| {
                        gap.stream != gone.stream
                            || gap.start >= gone.start
                            || gap.end.is_none_or(|end| end > gone.start)
                    });
                }
            }
            Change::Gap(row) => {
                self.gaps.insert((row.stream, row.start), row);
            }
            Change::GapClosed { stream, start, end } => {
                if let Some(row) = self.gaps.get_mut(&(stream, start)) {
                    row.end = Some(end);
                }
            }
        }
    }

    fn sorted(&self, wanted: impl Fn(&SegmentRow) -> bool) -> Vec<SegmentRow> {
        let mut rows: Vec<_> = self.segments.values().filter(|row| wanted(row)).cloned().collect();
        rows.sort_by_key(|row| (row.start, row.id));
        rows
    }
}

fn compare(
    index: &Recordings,
    plain: &Plain,
    streams: &[StreamId],
    volumes: &[VolumeId],
    windows: &[(i64, i64)],
) {
    let deleting = |row: &SegmentRow| row.state == SegmentState::Deleting;
    let bytes = |row: &SegmentRow| row.end.as_ref().map_or(0, |end| end.bytes);
    for stream in streams {
        for (from, to) in windows.iter().map(|(from, to)| (UtcMicros(*from), UtcMicros(*to))) {
            let over = |row: &SegmentRow| {
                row.stream == *stream
                    && !deleting(row)
                    && row.start < to
                    && row.end.as_ref().is_none_or(|end| end.end > from)
            };
            let wanted = plain.sorted(over);
            assert_eq!(index.segments(*stream, from, to, usize::MAX).unwrap(), wanted);
            assert_eq!(index.segments(*stream, from, to, 2).unwrap(), wanted[..wanted.len().min(2)]);
            let mut seen = Vec::new();
            index
                .stretches(*stream, from, to, |s| seen.push((s.start, s.end, s.state, s.activity.to_vec())))
                .unwrap();
            let lean = |row: &SegmentRow| {
                let activity = row.end.as_ref().map(|end| end.activity.clone()).unwrap_or_default();
                (row.start, row.end.as_ref().map(|end| end.end), row.state, activity)
            };
            assert_eq!(seen, wanted.iter().map(lean).collect::<Vec<_>>());
            let before =
                plain.sorted(|row| row.stream == *stream && !deleting(row) && row.start < from).pop();
            assert_eq!(index.neighbour(*stream, from, false).unwrap(), before);
            let after = plain.sorted(|row| row.stream == *stream && !deleting(row) && row.start >= from);
            assert_eq!(index.neighbour(*stream, from, true).unwrap(), after.first().cloned());
            let touching = |gap: &&GapRow| {
                gap.stream == *stream && gap.start <= to && gap.end.is_none_or(|end| end >= from)
            };
            let gaps: Vec<GapRow> = plain.gaps.values().filter(touching).copied().collect();
            assert_eq!(index.gaps(*stream, from, to).unwrap(), gaps);
            let span = CameraSpan { camera: stream.camera, start: from, end: to };
            let camera = plain.sorted(|row| {
                row.stream.camera == stream.camera
                    && !deleting(row)
                    && row.start < to
                    && row.end.as_ref().is_none_or(|end| end.end > from)
            });
            assert_eq!(index.recorded(&[vec![span]]).unwrap(), [!camera.is_empty()]);
            let sum: u64 = camera.iter().map(bytes).sum();
            // Twice the same span is the same footage.
            assert_eq!(index.overlapping_bytes(&[vec![span], vec![span, span]]).unwrap(), [sum, sum]);
        }
    }
    for volume in volumes {
        let on = plain.sorted(|row| row.volume == *volume);
        assert_eq!(index.used_bytes(*volume).unwrap(), on.iter().map(bytes).sum::<u64>());
        let mut open: Vec<_> =
            on.iter().filter(|row| row.state == SegmentState::Open).map(|row| row.id).collect();
        let mut got: Vec<_> = index.open_segments(*volume).unwrap().iter().map(|row| row.id).collect();
        open.sort();
        got.sort();
        assert_eq!(got, open);
        assert_eq!(index.deleting(*volume).unwrap().len(), on.iter().filter(|row| deleting(row)).count());
        let closed = |row: &SegmentRow| !deleting(row) && row.state != SegmentState::Open;
        let all: Vec<_> = on.iter().filter(|row| closed(row)).cloned().collect();
        let mut pages = Vec::new();
        loop {
            let after = pages.last().map(|row: &SegmentRow| (row.start, row.id));
            let page = index.oldest(Some(*volume), None, after, 3).unwrap();
            if page.is_empty() {
                break;
            }
            pages.extend(page);
        }
        assert_eq!(pages, all);
        for stream in streams {
            let of: Vec<_> = all.iter().filter(|row| row.stream == *stream).cloned().collect();
            assert_eq!(index.oldest(Some(*volume), Some(*stream), None, 1000).unwrap(), of);
        }
        assert_eq!(index.oldest(None, None, None, 1000).unwrap(), plain.sorted(closed));
    }
    let open: Vec<GapRow> = plain.gaps.values().filter(|gap| gap.end.is_none()).copied().collect();
    let mut got = index.open_gaps().unwrap();
    got.sort_by_key(|gap| (gap.stream, gap.start));
    assert_eq!(got, open);
}

/// A change as numbers: what, which stream, which volume or segment, when, how long.
type Step = (u8, usize, usize, i64, i64);

fn change(step: &Step, streams: &[StreamId], volumes: &[VolumeId], plain: &Plain) -> Change {
    let (what, stream, which, start, length) = *step;
    let stream = streams[stream % streams.len()];
    let known: Vec<SegmentId> = plain.segments.keys().copied().collect();
    let id = known.get(which % known.len().max(1)).copied().unwrap_or_else(SegmentId::new);
    let states =
        [SegmentState::Whole, SegmentState::Recovered, SegmentState::Damaged, SegmentState::Deleting];
    let begin = T0 + start * S;
    match what {
        0 | 1 => Change::Added(segment(stream, volumes[which % volumes.len()], begin, Some(length))),
        2 => Change::Added(segment(stream, volumes[which % volumes.len()], begin, None)),
        3 => {
            let start = plain.segments.get(&id).map_or(UtcMicros(begin), |row| row.start);
            Change::Closed { id, end: end(start, length), state: states[which % 3] }
        }
        // What is marked as something else than deleting is closed already.
        4 if plain.segments.get(&id).is_some_and(|row| row.end.is_some()) => {
            Change::Marked { id, state: states[which % 4] }
        }
        4 => Change::Marked { id, state: SegmentState::Deleting },
        5 => Change::Removed { id },
        6 => Change::Gap(GapRow {
            stream,
            start: UtcMicros(begin),
            end: (which % 3 > 0).then(|| UtcMicros(begin).plus_seconds(length)),
            cause: [
                GapCause::CameraLost { reason: Some(LossReason::Closed) },
                GapCause::ClockStep { step_us: -3_600_000_000 },
                GapCause::DiskFull,
                GapCause::CameraLost { reason: None },
            ][which % 4],
        }),
        _ => match plain.gaps.values().nth(which % plain.gaps.len().max(1)) {
            Some(gap) => Change::GapClosed {
                stream: gap.stream,
                start: gap.start,
                end: gap.start.plus_seconds(length),
            },
            None => Change::Removed { id },
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if std::env::var_os("EASIEN_FULL").is_some() { 200 } else { 20 }, ..ProptestConfig::default() })]

    #[test]
    fn the_index_is_what_a_plain_list_is(
        steps in proptest::collection::vec((0..8_u8, 0..3_usize, 0..40_usize, 0..7200_i64, 1..4000_i64), 1..120),
        windows in proptest::collection::vec((-100..8000_i64, 0..3000_i64), 4),
        batch in 1..20_usize,
    ) {
        let (folder, index) = open();
        let camera = CameraId::new();
        let streams = [
            StreamId { camera, which: StreamKind::Main },
            StreamId { camera, which: StreamKind::Sub },
            stream(StreamKind::Main),
        ];
        let volumes = [VolumeId::new(), VolumeId::new()];
        let windows: Vec<(i64, i64)> =
            windows.into_iter().map(|(from, length)| (T0 + from * S, T0 + (from + length) * S)).collect();
        let mut plain = Plain::default();
        let mut taken = std::collections::HashSet::new();
        for batched in steps.chunks(batch) {
            let mut changes = Vec::new();
            for step in batched {
                let next = change(step, &streams, &volumes, &plain);
                if let Change::Added(row) = &next
                    && !taken.insert((row.stream, row.start))
                {
                    continue;
                }
                plain.apply(&next);
                changes.push(next);
            }
            index.apply(&changes).unwrap();
        }
        compare(&index, &plain, &streams, &volumes, &windows);
        index.check().unwrap();
        index.close().unwrap();
        let (index, found) = Recordings::open(folder.path(), UtcMicros(T0)).unwrap();
        prop_assert_eq!(found, Found::Kept);
        compare(&index, &plain, &streams, &volumes, &windows);
    }
}

#[test]
fn the_same_changes_twice_are_once() {
    let (_folder, index) = open();
    let (stream, volume) = (stream(StreamKind::Sub), VolumeId::new());
    let row = segment(stream, volume, T0, None);
    let changes = [
        Change::Gap(GapRow { stream, start: UtcMicros(T0 - S), end: None, cause: GapCause::StationDied }),
        Change::Added(row.clone()),
        Change::GapClosed { stream, start: UtcMicros(T0 - S), end: UtcMicros(T0) },
        Change::Closed { id: row.id, end: end(row.start, 300), state: SegmentState::Whole },
    ];
    index.apply(&changes).unwrap();
    let once =
        (index.segments(stream, UtcMicros(0), UtcMicros(i64::MAX), 9).unwrap(), index.usage().unwrap());
    index.apply(&changes).unwrap();
    // A late repetition of its begin does not open it again.
    index.apply(&changes[..2]).unwrap();
    let twice =
        (index.segments(stream, UtcMicros(0), UtcMicros(i64::MAX), 9).unwrap(), index.usage().unwrap());
    assert_eq!(once, twice);
    assert_eq!((once.1.len(), once.1[0].bytes, index.used_bytes(volume).unwrap()), (1, 1300, 1300));
    assert_eq!(index.streams().unwrap(), [(stream, UtcMicros(T0 - S), UtcMicros(T0 + 300 * S))]);
}

#[test]
fn a_calendar_counts_seconds() {
    let (_folder, index) = open();
    let (stream, other, volume) = (stream(StreamKind::Sub), stream(StreamKind::Main), VolumeId::new());
    let day = T0.div_euclid(86_400 * S) * 86_400 * S;
    let rows: Vec<SegmentRow> =
        (0..12).map(|n| segment(stream, volume, day + n * 300 * S, Some(300))).collect();
    let mut changes: Vec<Change> = rows.iter().cloned().map(Change::Added).collect();
    // Over midnight, on another camera.
    changes.push(Change::Added(segment(other, volume, day + 86_400 * S - 100 * S, Some(300))));
    index.apply(&changes).unwrap();
    let days = [day - 86_400 * S, day, day + 86_400 * S, day + 2 * 86_400 * S].map(UtcMicros);
    assert_eq!(index.recorded_between(&[stream], &days).unwrap(), [0, 3600 * S, 0]);
    assert_eq!(index.recorded_between(&[other], &days).unwrap(), [0, 100 * S, 200 * S]);
    assert_eq!(index.recorded_between(&[], &days).unwrap(), [0, 3600 * S, 200 * S]);
    index.apply(&[Change::Removed { id: rows[0].id }]).unwrap();
    assert_eq!(index.recorded_between(&[stream], &days).unwrap(), [0, 3300 * S, 0]);
}

#[test]
fn one_that_cannot_be_used_is_set_aside_and_a_new_one_made() {
    let (folder, index) = open();
    let row = segment(stream(StreamKind::Sub), VolumeId::new(), T0, Some(300));
    index.apply(&[Change::Added(row.clone())]).unwrap();
    index.close().unwrap();
    drop(index);
    let path = folder.path().join(RECORDINGS_FILE);
    let whole = std::fs::read(&path).unwrap();
    let mut torn = whole.clone();
    torn[8192 * 2..8192 * 4].fill(0x5a);
    for (number, bytes) in
        [torn, whole[..9000].to_vec(), b"not a database at all, but long enough".repeat(99)]
            .into_iter()
            .enumerate()
    {
        std::fs::write(&path, &bytes).unwrap();
        let (index, found) = Recordings::open(folder.path(), UtcMicros(T0)).unwrap();
        let Found::SetAside { path: aside, why } = found else { panic!("{number}: {found:?}") };
        println!("{why}");
        assert_eq!(std::fs::read(&aside).unwrap(), bytes, "nothing is lost of what was there");
        assert!(index.is_empty().unwrap());
        index.apply(&[Change::Added(row.clone())]).unwrap();
        index.close().unwrap();
    }
    // The casebook is no index.
    let other = tempfile::tempdir().unwrap();
    crate::Room::new().store.close().unwrap();
    let room = crate::Room::new();
    room.store.close().unwrap();
    std::fs::copy(room.folder.path().join(easien_store::DATABASE_FILE), other.path().join(RECORDINGS_FILE))
        .unwrap();
    let (_, found) = Recordings::open(other.path(), UtcMicros(T0)).unwrap();
    assert!(matches!(found, Found::SetAside { .. }), "{found:?}");
}

#[test]
fn damage_found_in_use_is_remembered_to_the_next_start() {
    let (folder, index) = open();
    let stream = stream(StreamKind::Sub);
    index.apply(&[Change::Added(segment(stream, VolumeId::new(), T0, Some(300)))]).unwrap();
    // A value that no program of ours writes.
    let raw = rusqlite::Connection::open(folder.path().join(RECORDINGS_FILE)).unwrap();
    raw.execute_batch("PRAGMA ignore_check_constraints = 1; UPDATE segment SET width_px = -1").unwrap();
    drop(raw);
    let error = index.segments(stream, UtcMicros(0), UtcMicros(i64::MAX), 9).unwrap_err();
    assert!(matches!(error, Error::Damaged(_)) && index.is_damaged(), "{error}");
    index.close().unwrap();
    let (index, found) = Recordings::open(folder.path(), UtcMicros(T0)).unwrap();
    assert!(matches!(found, Found::SetAside { .. }), "{found:?}");
    index.close().unwrap();
    assert_eq!(Recordings::open(folder.path(), UtcMicros(T0)).unwrap().1, Found::Kept);
}
