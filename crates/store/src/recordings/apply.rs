//! Changes of the index, many in one transaction. What is kept beside the rows (what a stream takes on a volume, how
//! much of an hour is recorded) is summed up in memory and written once, at the end of the transaction.

use super::rows::{Change, GapRow, SegmentEnd, SegmentRow, SegmentState};
use super::words::{LONG_US, cause_parts, codec_number, split, state_number, which_number};
use crate::error::Result;
use easien_model::{SegmentId, StreamId, UtcMicros, VolumeId};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashMap;

/// Microseconds of an hour.
pub(super) const HOUR_US: i64 = 3_600_000_000;
/// Nothing longer than this is spread over hours: it is no segment.
const HOURS_MOST: i64 = 24 * 31;

/// The small numbers that stand for streams, volumes and folders. Only what is committed may be in it.
#[derive(Default)]
pub(super) struct Numbers {
    streams: HashMap<StreamId, i64>,
    volumes: HashMap<VolumeId, i64>,
    folders: HashMap<String, i64>,
}

/// What is known of a segment before a change.
struct Known {
    stream: i64,
    start: i64,
    state: i64,
    end: Option<i64>,
    bytes: i64,
    volume: i64,
}

struct Work<'a> {
    db: &'a Connection,
    numbers: &'a mut Numbers,
    /// (volume, stream) -> segments, bytes.
    usage: HashMap<(i64, i64), (i64, i64)>,
    /// (stream, hour) -> microseconds.
    hours: HashMap<(i64, i64), i64>,
}

/// Makes the changes in order. After an error `numbers` must be thrown away with the transaction.
pub(super) fn apply(db: &Connection, numbers: &mut Numbers, changes: &[Change]) -> Result<()> {
    let mut work = Work { db, numbers, usage: HashMap::new(), hours: HashMap::new() };
    for change in changes {
        match change {
            Change::Added(row) => work.add(row)?,
            Change::Closed { id, end, state } => work.close(*id, end, *state)?,
            Change::Marked { id, state } => work.mark(*id, *state)?,
            Change::Removed { id } => work.remove(*id)?,
            Change::Gap(row) => work.gap(row)?,
            Change::GapClosed { stream, start, end } => work.close_gap(*stream, *start, *end)?,
        }
    }
    work.sum_up()
}

fn is_long(start: i64, end: Option<i64>) -> bool {
    end.is_none_or(|end| end.saturating_sub(start) > LONG_US)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Work<'_> {
    fn stream(&mut self, stream: StreamId) -> Result<i64> {
        if let Some(number) = self.numbers.streams.get(&stream) {
            return Ok(*number);
        }
        let which = which_number(stream.which);
        let camera = stream.camera.0.into_bytes();
        self.db
            .prepare_cached("INSERT INTO stream (camera, which) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute(params![camera, which])?;
        let number = stream_number(self.db, stream)?.unwrap_or_default();
        self.numbers.streams.insert(stream, number);
        Ok(number)
    }

    fn volume(&mut self, volume: VolumeId) -> Result<i64> {
        if let Some(number) = self.numbers.volumes.get(&volume) {
            return Ok(*number);
        }
        self.db
            .prepare_cached("INSERT INTO volume (volume) VALUES (?1) ON CONFLICT DO NOTHING")?
            .execute([volume.0.into_bytes()])?;
        let number = volume_number(self.db, volume)?.unwrap_or_default();
        self.numbers.volumes.insert(volume, number);
        Ok(number)
    }

    fn folder(&mut self, path: &str) -> Result<i64> {
        if let Some(number) = self.numbers.folders.get(path) {
            return Ok(*number);
        }
        self.db
            .prepare_cached("INSERT INTO folder (path) VALUES (?1) ON CONFLICT DO NOTHING")?
            .execute([path])?;
        let number = self
            .db
            .prepare_cached("SELECT id FROM folder WHERE path = ?1")?
            .query_row([path], |row| row.get(0))?;
        self.numbers.folders.insert(path.to_owned(), number);
        Ok(number)
    }

    fn known(&self, id: SegmentId) -> Result<Option<Known>> {
        Ok(self
            .db
            .prepare_cached(
                "SELECT stream, start_at, state, end_at, ifnull(bytes, 0), volume FROM segment WHERE id = ?1",
            )?
            .query_row([id.0.into_bytes()], |row| {
                Ok(Known {
                    stream: row.get(0)?,
                    start: row.get(1)?,
                    state: row.get(2)?,
                    end: row.get(3)?,
                    bytes: row.get(4)?,
                    volume: row.get(5)?,
                })
            })
            .optional()?)
    }

    /// Counts a closed segment in (`sign` 1) or out (-1).
    fn count(&mut self, known: &Known, sign: i64) {
        let Some(end) = known.end else { return };
        let usage = self.usage.entry((known.volume, known.stream)).or_default();
        usage.0 += sign;
        usage.1 = usage.1.saturating_add(sign * known.bytes);
        let (first, last) = (known.start.div_euclid(HOUR_US), (end - 1).div_euclid(HOUR_US));
        for hour in first..=last.min(first.saturating_add(HOURS_MOST)) {
            let from = known.start.max(hour * HOUR_US);
            let to = end.min((hour + 1) * HOUR_US);
            *self.hours.entry((known.stream, hour)).or_default() += sign * (to - from);
        }
    }

    fn add(&mut self, row: &SegmentRow) -> Result<()> {
        if let Some(known) = self.known(row.id)? {
            let further = known.state != state_number(SegmentState::Open);
            if row.end.is_none() && row.state == SegmentState::Open && further {
                return Ok(());
            }
            self.take_out(row.id, &known)?;
        }
        let (folder, name) = split(&row.path, row.start);
        let end = row.end.as_ref().map(|end| self.end_of(row.start.0, end, row.id));
        let known = Known {
            stream: self.stream(row.stream)?,
            start: row.start.0,
            state: state_number(row.state),
            end,
            bytes: row.end.as_ref().map_or(0, |end| signed(end.bytes)),
            volume: self.volume(row.volume)?,
        };
        let folder = self.folder(folder)?;
        self.db
            .prepare_cached(
                "INSERT INTO segment (stream, start_at, id, end_at, state, long, activity, bytes, frames, volume, folder,
                    name, run, rtp_start_90k, clock_offset_us, shift_us, codec, width_px, height_px, audio, sha256)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
            )?
            .execute(params![
                known.stream,
                known.start,
                row.id.0.into_bytes(),
                known.end,
                known.state,
                is_long(known.start, known.end),
                row.end.as_ref().map(|end| &end.activity),
                row.end.as_ref().map(|end| signed(end.bytes)),
                row.end.as_ref().map(|end| signed(end.frames)),
                known.volume,
                folder,
                name,
                row.run.0.into_bytes(),
                row.rtp_start_90k,
                row.clock_offset_us,
                row.shift_us,
                codec_number(row.codec),
                row.width_px,
                row.height_px,
                row.audio.map(codec_number),
                row.end.as_ref().and_then(|end| end.sha256),
            ])?;
        self.count(&known, 1);
        Ok(())
    }

    /// The end as it can stand: one bad row must not keep the others of its transaction out.
    fn end_of(&self, start: i64, end: &SegmentEnd, id: SegmentId) -> i64 {
        if end.end.0 <= start {
            tracing::warn!(segment = %id, "a segment ends before it begins; it stands with an end just after its begin");
        }
        end.end.0.max(start.saturating_add(1))
    }

    fn close(&mut self, id: SegmentId, end: &SegmentEnd, state: SegmentState) -> Result<()> {
        let Some(mut known) = self.known(id)? else {
            tracing::debug!(segment = %id, "closed, but not in the index");
            return Ok(());
        };
        self.count(&known, -1);
        known.end = Some(self.end_of(known.start, end, id));
        known.bytes = signed(end.bytes);
        self.db
            .prepare_cached(
                "UPDATE segment SET end_at = ?4, state = ?5, long = ?6, activity = ?7, bytes = ?8, frames = ?9,
                    sha256 = ?10 WHERE stream = ?1 AND start_at = ?2 AND id = ?3",
            )?
            .execute(params![
                known.stream,
                known.start,
                id.0.into_bytes(),
                known.end,
                state_number(state),
                is_long(known.start, known.end),
                end.activity,
                known.bytes,
                signed(end.frames),
                end.sha256,
            ])?;
        self.count(&known, 1);
        Ok(())
    }

    fn mark(&mut self, id: SegmentId, state: SegmentState) -> Result<()> {
        let Some(known) = self.known(id)? else { return Ok(()) };
        self.db
            .prepare_cached("UPDATE segment SET state = ?4 WHERE stream = ?1 AND start_at = ?2 AND id = ?3")?
            .execute(params![known.stream, known.start, id.0.into_bytes(), state_number(state)])?;
        Ok(())
    }

    fn take_out(&mut self, id: SegmentId, known: &Known) -> Result<()> {
        self.db
            .prepare_cached("DELETE FROM segment WHERE stream = ?1 AND start_at = ?2 AND id = ?3")?
            .execute(params![known.stream, known.start, id.0.into_bytes()])?;
        self.count(known, -1);
        Ok(())
    }

    fn remove(&mut self, id: SegmentId) -> Result<()> {
        let Some(known) = self.known(id)? else { return Ok(()) };
        self.take_out(id, &known)?;
        // What was missing before anything that is left says nothing any more.
        self.db
            .prepare_cached(
                "DELETE FROM gap WHERE stream = ?1 AND start_at < ?2 AND end_at <= ?2
                    AND NOT EXISTS (SELECT 1 FROM segment WHERE segment.stream = ?1 AND segment.start_at < ?2)",
            )?
            .execute(params![known.stream, known.start])?;
        Ok(())
    }

    fn gap(&mut self, row: &GapRow) -> Result<()> {
        let stream = self.stream(row.stream)?;
        let end = row.end.map(|end| end.max(row.start).0);
        let (cause, reason, step) = cause_parts(row.cause)?;
        self.db
            .prepare_cached(
                "INSERT INTO gap (stream, start_at, end_at, long, cause, reason, step_us)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (stream, start_at) DO UPDATE SET end_at = excluded.end_at, long = excluded.long,
                    cause = excluded.cause, reason = excluded.reason, step_us = excluded.step_us",
            )?
            .execute(params![stream, row.start.0, end, is_long(row.start.0, end), cause, reason, step])?;
        Ok(())
    }

    fn close_gap(&mut self, stream: StreamId, start: UtcMicros, end: UtcMicros) -> Result<()> {
        let Some(stream) = stream_number(self.db, stream)? else { return Ok(()) };
        let end = end.max(start).0;
        self.db
            .prepare_cached("UPDATE gap SET end_at = ?3, long = ?4 WHERE stream = ?1 AND start_at = ?2")?
            .execute(params![stream, start.0, end, is_long(start.0, Some(end))])?;
        Ok(())
    }

    fn sum_up(self) -> Result<()> {
        for ((volume, stream), (segments, bytes)) in self.usage {
            self.db
                .prepare_cached(
                    "INSERT INTO usage (volume, stream, segments, bytes) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (volume, stream) DO UPDATE SET segments = segments + excluded.segments,
                        bytes = bytes + excluded.bytes",
                )?
                .execute([volume, stream, segments, bytes])?;
        }
        for ((stream, hour), recorded) in self.hours.into_iter().filter(|(_, recorded)| *recorded != 0) {
            self.db
                .prepare_cached(
                    "INSERT INTO hour (stream, hour, recorded_us) VALUES (?1, ?2, ?3)
                     ON CONFLICT (stream, hour) DO UPDATE SET recorded_us = recorded_us + excluded.recorded_us",
                )?
                .execute([stream, hour, recorded])?;
            if recorded < 0 {
                self.db
                    .prepare_cached("DELETE FROM hour WHERE stream = ?1 AND hour = ?2 AND recorded_us <= 0")?
                    .execute([stream, hour])?;
            }
        }
        Ok(())
    }
}

/// The number of a stream, if it was ever recorded.
pub(super) fn stream_number(db: &Connection, stream: StreamId) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached("SELECT id FROM stream WHERE camera = ?1 AND which = ?2")?
        .query_row(params![stream.camera.0.into_bytes(), which_number(stream.which)], |row| row.get(0))
        .optional()?)
}

/// The number of a volume, if anything was ever recorded on it.
pub(super) fn volume_number(db: &Connection, volume: VolumeId) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached("SELECT id FROM volume WHERE volume = ?1")?
        .query_row([volume.0.into_bytes()], |row| row.get(0))
        .optional()?)
}
