//! The store's index of recordings as the archive asks for it. Archive and store do not see each other: the rows are
//! carried across here, field by field, and nothing else happens.

use easien_archive::{
    Change, GapRow, IndexError, SegmentEnd, SegmentIndex, SegmentQuery, SegmentRow, SegmentState,
};
use easien_model::{SegmentId, StreamId, UtcMicros, VolumeId};
use easien_store::{Recordings, recordings as kept};

/// The index in `recordings.db`.
#[derive(Clone, Debug)]
pub(crate) struct Index(pub(crate) Recordings);

fn failed(error: easien_store::Error) -> IndexError {
    IndexError(Box::new(error))
}

fn state(state: kept::SegmentState) -> SegmentState {
    match state {
        kept::SegmentState::Open => SegmentState::Open,
        kept::SegmentState::Whole => SegmentState::Whole,
        kept::SegmentState::Recovered => SegmentState::Recovered,
        kept::SegmentState::Damaged => SegmentState::Damaged,
        kept::SegmentState::Deleting => SegmentState::Deleting,
    }
}

fn to_state(state: SegmentState) -> kept::SegmentState {
    match state {
        SegmentState::Open => kept::SegmentState::Open,
        SegmentState::Whole => kept::SegmentState::Whole,
        SegmentState::Recovered => kept::SegmentState::Recovered,
        SegmentState::Damaged => kept::SegmentState::Damaged,
        SegmentState::Deleting => kept::SegmentState::Deleting,
    }
}

fn end(end: kept::SegmentEnd) -> SegmentEnd {
    let kept::SegmentEnd { end, bytes, frames, sha256, activity } = end;
    SegmentEnd { end, bytes, frames, sha256, activity }
}

fn to_end(end: &SegmentEnd) -> kept::SegmentEnd {
    let SegmentEnd { end, bytes, frames, sha256, activity } = end.clone();
    kept::SegmentEnd { end, bytes, frames, sha256, activity }
}

fn segment(row: kept::SegmentRow) -> SegmentRow {
    SegmentRow {
        id: row.id,
        stream: row.stream,
        volume: row.volume,
        path: row.path,
        run: row.run,
        start: row.start,
        rtp_start_90k: row.rtp_start_90k,
        clock_offset_us: row.clock_offset_us,
        shift_us: row.shift_us,
        codec: row.codec,
        width_px: row.width_px,
        height_px: row.height_px,
        audio: row.audio,
        end: row.end.map(end),
        state: state(row.state),
    }
}

fn to_segment(row: &SegmentRow) -> kept::SegmentRow {
    kept::SegmentRow {
        id: row.id,
        stream: row.stream,
        volume: row.volume,
        path: row.path.clone(),
        run: row.run,
        start: row.start,
        rtp_start_90k: row.rtp_start_90k,
        clock_offset_us: row.clock_offset_us,
        shift_us: row.shift_us,
        codec: row.codec,
        width_px: row.width_px,
        height_px: row.height_px,
        audio: row.audio,
        end: row.end.as_ref().map(to_end),
        state: to_state(row.state),
    }
}

fn gap(row: kept::GapRow) -> GapRow {
    let kept::GapRow { stream, start, end, cause } = row;
    GapRow { stream, start, end, cause }
}

fn to_change(change: &Change) -> kept::Change {
    match change {
        Change::Added(row) => kept::Change::Added(to_segment(row)),
        Change::Closed { id, end, state } => {
            kept::Change::Closed { id: *id, end: to_end(end), state: to_state(*state) }
        }
        Change::Marked { id, state } => kept::Change::Marked { id: *id, state: to_state(*state) },
        Change::Removed { id } => kept::Change::Removed { id: *id },
        Change::Gap(GapRow { stream, start, end, cause }) => {
            kept::Change::Gap(kept::GapRow { stream: *stream, start: *start, end: *end, cause: *cause })
        }
        Change::GapClosed { stream, start, end } => {
            kept::Change::GapClosed { stream: *stream, start: *start, end: *end }
        }
    }
}

fn segments(rows: easien_store::Result<Vec<kept::SegmentRow>>) -> Result<Vec<SegmentRow>, IndexError> {
    Ok(rows.map_err(failed)?.into_iter().map(segment).collect())
}

fn gaps(rows: easien_store::Result<Vec<kept::GapRow>>) -> Result<Vec<GapRow>, IndexError> {
    Ok(rows.map_err(failed)?.into_iter().map(gap).collect())
}

impl SegmentIndex for Index {
    fn apply(&self, changes: &[Change]) -> Result<(), IndexError> {
        let changes: Vec<_> = changes.iter().map(to_change).collect();
        self.0.apply(&changes).map_err(failed)
    }

    fn segments(&self, query: &SegmentQuery) -> Result<Vec<SegmentRow>, IndexError> {
        segments(self.0.segments(query.stream, query.from, query.to, query.limit))
    }

    fn neighbour(
        &self,
        stream: StreamId,
        at: UtcMicros,
        forward: bool,
    ) -> Result<Option<SegmentRow>, IndexError> {
        Ok(self.0.neighbour(stream, at, forward).map_err(failed)?.map(segment))
    }

    fn open_segments(&self, volume: VolumeId) -> Result<Vec<SegmentRow>, IndexError> {
        segments(self.0.open_segments(volume))
    }

    fn deleting(&self, volume: VolumeId) -> Result<Vec<SegmentRow>, IndexError> {
        segments(self.0.deleting(volume))
    }

    fn gaps(&self, stream: StreamId, from: UtcMicros, to: UtcMicros) -> Result<Vec<GapRow>, IndexError> {
        gaps(self.0.gaps(stream, from, to))
    }

    fn open_gaps(&self) -> Result<Vec<GapRow>, IndexError> {
        gaps(self.0.open_gaps())
    }

    fn streams(&self) -> Result<Vec<(StreamId, UtcMicros, UtcMicros)>, IndexError> {
        self.0.streams().map_err(failed)
    }

    fn oldest(
        &self,
        volume: Option<VolumeId>,
        stream: Option<StreamId>,
        after: Option<(UtcMicros, SegmentId)>,
        limit: usize,
    ) -> Result<Vec<SegmentRow>, IndexError> {
        segments(self.0.oldest(volume, stream, after, limit))
    }

    fn used_bytes(&self, volume: VolumeId) -> Result<u64, IndexError> {
        self.0.used_bytes(volume).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use easien_model::{CameraId, Codec, GapCause, RunId, StreamKind};

    #[test]
    fn rows_come_across_and_back_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (recordings, _) = Recordings::open(folder.path(), UtcMicros(0)).unwrap();
        let index = Index(recordings);
        let stream = StreamId { camera: CameraId::new(), which: StreamKind::Main };
        let volume = VolumeId::new();
        let start = UtcMicros(1_795_420_800_000_000);
        let ended = SegmentEnd {
            end: start.plus_seconds(300),
            bytes: 15_000_000,
            frames: 4500,
            sha256: Some([5; 32]),
            activity: vec![1, 2, 255],
        };
        for (number, kind) in (0..).zip([
            SegmentState::Open,
            SegmentState::Whole,
            SegmentState::Recovered,
            SegmentState::Damaged,
            SegmentState::Deleting,
        ]) {
            let row = SegmentRow {
                id: SegmentId::new(),
                stream,
                volume,
                path: "C017_1234abcd/main/2026-11-23/080000.mp4".to_owned(),
                run: RunId::new(),
                start: start.plus_seconds(number * 300),
                rtp_start_90k: 90,
                clock_offset_us: Some(-4),
                shift_us: 8,
                codec: Codec::H265,
                width_px: 1920,
                height_px: 1080,
                audio: Some(Codec::Pcma),
                end: (kind != SegmentState::Open)
                    .then(|| SegmentEnd { end: start.plus_seconds(number * 300 + 299), ..ended.clone() }),
                state: kind,
            };
            index.apply(&[Change::Added(row.clone())]).unwrap();
            let found = match kind {
                SegmentState::Open => index.open_segments(volume),
                SegmentState::Deleting => index.deleting(volume),
                _ => index.oldest(Some(volume), None, Some((row.start.plus_seconds(-1), row.id)), 1),
            };
            assert_eq!(found.unwrap(), std::slice::from_ref(&row));
            index.apply(&[Change::Marked { id: row.id, state: SegmentState::Damaged }]).unwrap();
        }
        let gap = GapRow {
            stream,
            start: start.plus_seconds(1500),
            end: None,
            cause: GapCause::ClockStep { step_us: -3_600_000_000 },
        };
        index.apply(&[Change::Gap(gap)]).unwrap();
        assert_eq!(index.open_gaps().unwrap(), [gap]);
        assert_eq!(index.gaps(stream, start, gap.start).unwrap(), [gap]);
        assert_eq!(index.streams().unwrap(), [(stream, start, gap.start)]);
        assert_eq!(index.used_bytes(volume).unwrap(), 4 * ended.bytes);
    }
}
