//! What is asked of the index: segments and gaps by stream and time, by volume and age.

use super::Recordings;
use super::apply::{stream_number, volume_number};
use super::rows::{GapRow, SegmentEnd, SegmentRow, SegmentState};
use super::words::{LONG_US, cause, codec, codec_opt, join, state, state_number, which};
use crate::error::Result;
use crate::sql::{utc, utc_opt, uuid};
use easien_model::{CameraId, RunId, SegmentId, StreamId, UtcMicros, VolumeId};
use rusqlite::{Connection, OptionalExtension, Params, Row, ToSql, params};

/// The columns of [`segment`], and where they come from, behind the index that is to be used.
const SEGMENT: [&str; 2] = ["SELECT segment.id, stream.camera, stream.which, volume.volume, folder.path, segment.name,
    segment.run, segment.start_at, segment.rtp_start_90k, segment.clock_offset_us, segment.shift_us, segment.codec,
    segment.width_px, segment.height_px, segment.audio, segment.end_at, segment.bytes, segment.frames, segment.sha256,
    segment.activity, segment.state FROM segment", "CROSS JOIN stream ON stream.id = segment.stream CROSS JOIN volume ON volume.id = segment.volume
    CROSS JOIN folder ON folder.id = segment.folder"];
const GAP: [&str; 2] = [
    "SELECT stream.camera, stream.which, gap.start_at, gap.end_at, gap.cause, gap.reason, gap.step_us
    FROM gap",
    "CROSS JOIN stream ON stream.id = gap.stream",
];

fn segment(row: &Row<'_>) -> rusqlite::Result<SegmentRow> {
    let start = utc(row, 7)?;
    let name: Option<String> = row.get(5)?;
    let end = match utc_opt(row, 15)? {
        None => None,
        Some(end) => Some(SegmentEnd {
            end,
            bytes: row.get::<_, Option<i64>>(16)?.unwrap_or_default().unsigned_abs(),
            frames: row.get::<_, Option<i64>>(17)?.unwrap_or_default().unsigned_abs(),
            sha256: row.get(18)?,
            activity: row.get::<_, Option<Vec<u8>>>(19)?.unwrap_or_default(),
        }),
    };
    Ok(SegmentRow {
        id: SegmentId(uuid(row, 0)?),
        stream: stream(row, 1)?,
        volume: VolumeId(uuid(row, 3)?),
        path: join(row.get_ref(4)?.as_str()?, name.as_deref(), start),
        run: RunId(uuid(row, 6)?),
        start,
        rtp_start_90k: row.get(8)?,
        clock_offset_us: row.get(9)?,
        shift_us: row.get(10)?,
        codec: codec(row, 11)?,
        width_px: row.get(12)?,
        height_px: row.get(13)?,
        audio: codec_opt(row, 14)?,
        end,
        state: state(row, 20)?,
    })
}

/// Reads a stream from two columns.
pub(super) fn stream(row: &Row<'_>, column: usize) -> rusqlite::Result<StreamId> {
    Ok(StreamId { camera: CameraId(uuid(row, column)?), which: which(row, column + 1)? })
}

fn gap(row: &Row<'_>) -> rusqlite::Result<GapRow> {
    Ok(GapRow { stream: stream(row, 0)?, start: utc(row, 2)?, end: utc_opt(row, 3)?, cause: cause(row, 4)? })
}

/// A query: `rest` is an index and a condition, or a condition alone.
fn text([columns, joined]: [&str; 2], rest: &str) -> String {
    match rest.find("WHERE") {
        Some(at) => format!("{columns} {} {joined} {}", &rest[..at], &rest[at..]),
        None => format!("{columns} {joined} {rest}"),
    }
}

fn segments(db: &Connection, rest: &str, values: impl Params) -> Result<Vec<SegmentRow>> {
    let mut statement = db.prepare_cached(&text(SEGMENT, rest))?;
    let rows = statement.query_map(values, segment)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn gaps(db: &Connection, rest: &str, values: &[&dyn ToSql]) -> Result<Vec<GapRow>> {
    let mut statement = db.prepare_cached(&text(GAP, rest))?;
    let rows = statement.query_map(values, gap)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn size(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

impl Recordings {
    /// Segments of a stream that overlap `[from, to)`, by their begin, ascending, `limit` at most; open ones end
    /// never. Those about to be deleted are left out.
    ///
    /// # Errors
    /// What SQLite says. So for all that follow.
    pub fn segments(
        &self,
        stream: StreamId,
        from: UtcMicros,
        to: UtcMicros,
        limit: usize,
    ) -> Result<Vec<SegmentRow>> {
        self.read(|db| {
            let Some(number) = stream_number(db, stream)? else { return Ok(Vec::new()) };
            let near = from.0.saturating_sub(LONG_US);
            let mut rows = segments(
                db,
                "INDEXED BY segment_long WHERE segment.stream = ?1 AND segment.long = 1 AND segment.start_at < min(?2, ?4)
                    AND (segment.end_at IS NULL OR segment.end_at > ?3) AND segment.state <> 4
                 ORDER BY segment.start_at, segment.id LIMIT ?5",
                params![number, near, from.0, to.0, size(limit)],
            )?;
            let left = limit.saturating_sub(rows.len());
            rows.extend(segments(
                db,
                "WHERE segment.stream = ?1 AND segment.start_at >= ?2 AND segment.start_at < ?4
                    AND (segment.end_at IS NULL OR segment.end_at > ?3) AND segment.state <> 4
                 ORDER BY segment.start_at, segment.id LIMIT ?5",
                params![number, near, from.0, to.0, size(left)],
            )?);
            Ok(rows)
        })
    }

    /// The first segment that begins at or after `at` (forward), or the last that begins before it; none that is about
    /// to be deleted.
    ///
    /// # Errors
    /// See [`Recordings::segments`].
    pub fn neighbour(&self, stream: StreamId, at: UtcMicros, forward: bool) -> Result<Option<SegmentRow>> {
        self.read(|db| {
            let Some(number) = stream_number(db, stream)? else { return Ok(None) };
            let rest = if forward {
                "WHERE segment.stream = ?1 AND segment.start_at >= ?2 AND segment.state <> 4
                 ORDER BY segment.start_at, segment.id LIMIT 1"
            } else {
                "WHERE segment.stream = ?1 AND segment.start_at < ?2 AND segment.state <> 4
                 ORDER BY segment.start_at DESC, segment.id DESC LIMIT 1"
            };
            Ok(segments(db, rest, params![number, at.0])?.pop())
        })
    }

    /// One segment.
    ///
    /// # Errors
    /// See [`Recordings::segments`].
    pub fn segment(&self, id: SegmentId) -> Result<Option<SegmentRow>> {
        self.read(|db| Ok(segments(db, "WHERE segment.id = ?1", [id.0.into_bytes()])?.pop()))
    }

    /// Segments of a volume in state `Open`.
    ///
    /// # Errors
    /// See [`Recordings::segments`].
    pub fn open_segments(&self, volume: VolumeId) -> Result<Vec<SegmentRow>> {
        self.busy(volume, SegmentState::Open)
    }

    /// Segments of a volume in state `Deleting`.
    ///
    /// # Errors
    /// See [`Recordings::segments`].
    pub fn deleting(&self, volume: VolumeId) -> Result<Vec<SegmentRow>> {
        self.busy(volume, SegmentState::Deleting)
    }

    fn busy(&self, volume: VolumeId, state: SegmentState) -> Result<Vec<SegmentRow>> {
        self.read(|db| {
            let Some(number) = volume_number(db, volume)? else { return Ok(Vec::new()) };
            segments(
                db,
                "INDEXED BY segment_busy WHERE segment.volume = ?1 AND segment.state = ?2
                    AND segment.state IN (0, 4) ORDER BY segment.stream, segment.start_at",
                params![number, state_number(state)],
            )
        })
    }

    /// Gaps of a stream that overlap `[from, to)` or touch it, ascending.
    ///
    /// # Errors
    /// See [`Recordings::segments`].
    pub fn gaps(&self, stream: StreamId, from: UtcMicros, to: UtcMicros) -> Result<Vec<GapRow>> {
        self.read(|db| {
            let Some(number) = stream_number(db, stream)? else { return Ok(Vec::new()) };
            let near = from.0.saturating_sub(LONG_US);
            let mut rows = gaps(
                db,
                "INDEXED BY gap_long WHERE gap.stream = ?1 AND gap.long = 1 AND gap.start_at < ?2 AND gap.start_at <= ?4
                    AND (gap.end_at IS NULL OR gap.end_at >= ?3) ORDER BY gap.start_at",
                &[&number, &near, &from.0, &to.0],
            )?;
            rows.extend(gaps(
                db,
                "WHERE gap.stream = ?1 AND gap.start_at >= ?2 AND gap.start_at <= ?4
                    AND (gap.end_at IS NULL OR gap.end_at >= ?3) ORDER BY gap.start_at",
                &[&number, &near, &from.0, &to.0],
            )?);
            Ok(rows)
        })
    }

    /// Gaps that go on, of all streams.
    ///
    /// # Errors
    /// See [`Recordings::segments`].
    pub fn open_gaps(&self) -> Result<Vec<GapRow>> {
        self.read(|db| gaps(db, "WHERE gap.end_at IS NULL ORDER BY gap.stream, gap.start_at", &[]))
    }

    /// The next gap of a stream that begins after `at` (forward), or the last that begins before it, and lasts at
    /// least `least_us`.
    ///
    /// # Errors
    /// See [`Recordings::segments`].
    pub fn next_gap(
        &self,
        stream: StreamId,
        at: UtcMicros,
        forward: bool,
        least_us: i64,
    ) -> Result<Option<GapRow>> {
        self.read(|db| {
            let Some(number) = stream_number(db, stream)? else { return Ok(None) };
            let rest = if forward {
                "WHERE gap.stream = ?1 AND gap.start_at > ?2 AND (gap.end_at IS NULL OR gap.end_at - gap.start_at >= ?3)
                 ORDER BY gap.start_at LIMIT 1"
            } else {
                "WHERE gap.stream = ?1 AND gap.start_at < ?2 AND (gap.end_at IS NULL OR gap.end_at - gap.start_at >= ?3)
                 ORDER BY gap.start_at DESC LIMIT 1"
            };
            Ok(gaps(db, rest, &[&number, &at.0, &least_us])?.pop())
        })
    }

    /// Each stream that was ever recorded, with the begin of its first and the end of its last segment or gap (an open
    /// one's begin where there is nothing later).
    ///
    /// # Errors
    /// See [`Recordings::segments`].
    pub fn streams(&self) -> Result<Vec<(StreamId, UtcMicros, UtcMicros)>> {
        self.read(|db| {
            let mut statement = db.prepare_cached("SELECT camera, which, id FROM stream ORDER BY id")?;
            let rows = statement.query_map([], |row| Ok((stream(row, 0)?, row.get::<_, i64>(2)?)))?;
            let mut streams = Vec::new();
            for row in rows {
                let (stream, number) = row?;
                let (mut first, mut last) = (None, None);
                for table in ["segment", "gap"] {
                    let begin: Option<i64> = db
                        .prepare_cached(&format!("SELECT min(start_at) FROM {table} WHERE stream = ?1"))?
                        .query_row([number], |row| row.get(0))?;
                    // The last few: one that was cut short may begin after the one that ends last.
                    let end: Option<i64> = db
                        .prepare_cached(&format!(
                            "SELECT max(last) FROM (SELECT ifnull(end_at, start_at) AS last FROM {table}
                             WHERE stream = ?1 ORDER BY start_at DESC LIMIT 8)"
                        ))?
                        .query_row([number], |row| row.get(0))?;
                    first = begin.into_iter().chain(first).min();
                    last = end.into_iter().chain(last).max();
                }
                if let (Some(first), Some(last)) = (first, last) {
                    streams.push((stream, UtcMicros(first), UtcMicros(last)));
                }
            }
            Ok(streams)
        })
    }

    /// Closed segments of a volume, of a stream, or of all, oldest first, those after `after` (exclusive, by begin and
    /// id). Those about to be deleted are left out.
    ///
    /// # Errors
    /// See [`Recordings::segments`].
    pub fn oldest(
        &self,
        volume: Option<VolumeId>,
        stream: Option<StreamId>,
        after: Option<(UtcMicros, SegmentId)>,
        limit: usize,
    ) -> Result<Vec<SegmentRow>> {
        let (at, id) = match after {
            Some((at, id)) => (at.0, id.0.into_bytes().to_vec()),
            None => (i64::MIN, Vec::new()),
        };
        self.read(|db| {
            let volumes: Vec<i64> = match volume {
                Some(volume) => volume_number(db, volume)?.into_iter().collect(),
                None => {
                    let mut statement = db.prepare_cached("SELECT id FROM volume")?;
                    let rows = statement.query_map([], |row| row.get(0))?;
                    rows.collect::<rusqlite::Result<_>>()?
                }
            };
            if let Some(stream) = stream {
                let Some(number) = stream_number(db, stream)? else { return Ok(Vec::new()) };
                let only = volume.map(|_| volumes.first().copied().unwrap_or(-1));
                return segments(
                    db,
                    "WHERE segment.stream = ?1 AND segment.start_at >= ?2 AND (segment.start_at, segment.id) > (?2, ?3)
                        AND segment.state NOT IN (0, 4) AND (?4 IS NULL OR segment.volume = ?4)
                     ORDER BY segment.start_at, segment.id LIMIT ?5",
                    params![number, at, id, only, size(limit)],
                );
            }
            let mut rows = Vec::new();
            for number in volumes {
                rows.extend(segments(
                    db,
                    "INDEXED BY segment_volume WHERE segment.volume = ?1 AND segment.start_at >= ?2
                        AND (segment.start_at, segment.id) > (?2, ?3) AND segment.state NOT IN (0, 4)
                     ORDER BY segment.start_at, segment.id LIMIT ?4",
                    params![number, at, id, size(limit)],
                )?);
            }
            rows.sort_by_key(|row| (row.start, row.id));
            rows.truncate(limit);
            Ok(rows)
        })
    }

    /// Whether anything at all stands in the index.
    ///
    /// # Errors
    /// See [`Recordings::segments`].
    pub fn is_empty(&self) -> Result<bool> {
        self.read(|db| {
            let found: Option<i64> =
                db.query_row("SELECT 1 FROM segment LIMIT 1", [], |row| row.get(0)).optional()?;
            Ok(found.is_none())
        })
    }
}
