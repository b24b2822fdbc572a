//! What lists and timelines want to know of many rows at once: stretches, days, bytes.

use super::Recordings;
use super::apply::{HOUR_US, stream_number, volume_number};
use super::query::stream as read_stream;
use super::rows::{CameraSpan, Stretch, UsageRow};
use super::words::{LONG_US, state};
use crate::error::Result;
use crate::sql::{damaged, utc, utc_opt, uuid};
use easien_model::{CameraId, StreamId, StreamKind, UtcMicros, VolumeId};
use rusqlite::{Connection, params};
use std::collections::HashMap;

impl Recordings {
    /// Shows `visit` what is recorded of a stream in `[from, to)`, ascending, without making a row of it: a day of
    /// one stream takes well under a millisecond.
    ///
    /// # Errors
    /// What SQLite says. So for all that follow.
    pub fn stretches(
        &self,
        stream: StreamId,
        from: UtcMicros,
        to: UtcMicros,
        mut visit: impl FnMut(Stretch<'_>),
    ) -> Result<()> {
        self.read(|db| {
            let Some(number) = stream_number(db, stream)? else { return Ok(()) };
            let near = from.0.saturating_sub(LONG_US);
            for rest in [
                "INDEXED BY segment_long WHERE stream = ?1 AND long = 1 AND start_at < min(?2, ?4)
                    AND (end_at IS NULL OR end_at > ?3) AND state <> 4 ORDER BY start_at",
                "WHERE stream = ?1 AND start_at >= ?2 AND start_at < ?4
                    AND (end_at IS NULL OR end_at > ?3) AND state <> 4 ORDER BY start_at",
            ] {
                let mut statement = db.prepare_cached(&format!(
                    "SELECT start_at, end_at, state, activity FROM segment {rest}"
                ))?;
                let mut rows = statement.query(params![number, near, from.0, to.0])?;
                while let Some(row) = rows.next()? {
                    visit(Stretch {
                        start: utc(row, 0)?,
                        end: utc_opt(row, 1)?,
                        state: state(row, 2)?,
                        activity: row
                            .get_ref(3)?
                            .as_blob_or_null()
                            .map_err(|error| damaged(3, error))?
                            .unwrap_or_default(),
                    });
                }
            }
            Ok(())
        })
    }

    /// Microseconds recorded between each two of `days`, which ascend: of the stream that has the most; of no stream
    /// named, of any. Taken from sums by the hour: a border within an hour counts a share of that hour.
    ///
    /// # Errors
    /// See [`Recordings::stretches`].
    pub fn recorded_between(&self, streams: &[StreamId], days: &[UtcMicros]) -> Result<Vec<i64>> {
        let mut most = vec![0_i64; days.len().saturating_sub(1)];
        let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(most) };
        self.read(|db| {
            let mut numbers = Vec::new();
            if streams.is_empty() {
                let mut statement = db.prepare_cached("SELECT id FROM stream")?;
                for number in statement.query_map([], |row| row.get(0))? {
                    numbers.push(number?);
                }
            }
            for stream in streams {
                numbers.extend(stream_number(db, *stream)?);
            }
            let mut statement = db.prepare_cached(
                "SELECT hour, recorded_us FROM hour WHERE stream = ?1 AND hour >= ?2 AND hour <= ?3 ORDER BY hour",
            )?;
            let mut sums = vec![0_i64; most.len()];
            for number in numbers {
                sums.fill(0);
                let (from, to) = (first.0.div_euclid(HOUR_US), last.0.div_euclid(HOUR_US));
                let mut rows = statement.query([number, from, to])?;
                let mut day = 0;
                while let Some(row) = rows.next()? {
                    let (hour, recorded): (i64, i64) = (row.get(0)?, row.get(1)?);
                    let (begin, end) = (hour * HOUR_US, (hour + 1) * HOUR_US);
                    while days.get(day + 1).is_some_and(|next| next.0 <= begin) {
                        day += 1;
                    }
                    for (pair, sum) in days.windows(2).zip(&mut sums).skip(day) {
                        let [from, to] = pair else { break };
                        if from.0 >= end {
                            break;
                        }
                        let part = end.min(to.0) - begin.max(from.0);
                        if part > 0 {
                            *sum += i64::try_from(i128::from(recorded) * i128::from(part) / i128::from(HOUR_US))
                                .unwrap_or(i64::MAX);
                        }
                    }
                }
                for (most, sum) in most.iter_mut().zip(&sums) {
                    *most = (*most).max(*sum);
                }
            }
            Ok(())
        })?;
        Ok(most)
    }

    /// What each stream takes on each volume.
    ///
    /// # Errors
    /// See [`Recordings::stretches`].
    pub fn usage(&self) -> Result<Vec<UsageRow>> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT volume.volume, stream.camera, stream.which, usage.segments, usage.bytes FROM usage
                 JOIN volume ON volume.id = usage.volume JOIN stream ON stream.id = usage.stream
                 WHERE usage.segments > 0 ORDER BY usage.volume, usage.stream",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(UsageRow {
                    volume: VolumeId(uuid(row, 0)?),
                    stream: read_stream(row, 1)?,
                    segments: row.get::<_, i64>(3)?.unsigned_abs(),
                    bytes: row.get::<_, i64>(4)?.unsigned_abs(),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Bytes of all closed segments of a volume, also of those about to be deleted.
    ///
    /// # Errors
    /// See [`Recordings::stretches`].
    pub fn used_bytes(&self, volume: VolumeId) -> Result<u64> {
        self.read(|db| {
            let Some(number) = volume_number(db, volume)? else { return Ok(0) };
            let bytes: i64 = db
                .prepare_cached("SELECT ifnull(sum(bytes), 0) FROM usage WHERE volume = ?1")?
                .query_row([number], |row| row.get(0))?;
            Ok(u64::try_from(bytes).unwrap_or(0))
        })
    }

    /// Of each list of spans: whether anything is recorded in any of them, main or sub.
    ///
    /// # Errors
    /// See [`Recordings::stretches`].
    pub fn recorded(&self, lists: &[Vec<CameraSpan>]) -> Result<Vec<bool>> {
        self.read(|db| {
            let mut numbers = Numbers::default();
            let mut found = Vec::with_capacity(lists.len());
            for spans in lists {
                let mut any = false;
                for span in spans {
                    for number in numbers.of(db, span.camera)?.into_iter().flatten() {
                        any = any || overlaps(db, number, span.start, span.end)?;
                    }
                    if any {
                        break;
                    }
                }
                found.push(any);
            }
            Ok(found)
        })
    }

    /// Of each list of spans: the bytes of the segments that any of them overlaps, main and sub, each segment once.
    ///
    /// # Errors
    /// See [`Recordings::stretches`].
    pub fn overlapping_bytes(&self, lists: &[Vec<CameraSpan>]) -> Result<Vec<u64>> {
        self.read(|db| {
            let mut numbers = Numbers::default();
            let mut sums = Vec::with_capacity(lists.len());
            for spans in lists {
                let mut spans = spans.clone();
                spans.sort_by_key(|span| (span.camera, span.start));
                let mut sum = 0_u64;
                // A segment's begin names it within its stream: what the span before took is not taken again.
                let (mut camera, mut taken) = (None, [i64::MIN; 2]);
                for span in spans {
                    if camera.replace(span.camera) != Some(span.camera) {
                        taken = [i64::MIN; 2];
                    }
                    for (number, taken) in numbers.of(db, span.camera)?.into_iter().zip(&mut taken) {
                        let Some(number) = number else { continue };
                        let (bytes, last) = bytes(db, number, span.start, span.end, *taken)?;
                        sum = sum.saturating_add(bytes);
                        *taken = last.max(*taken);
                    }
                }
                sums.push(sum);
            }
            Ok(sums)
        })
    }
}

/// The numbers of a camera's streams, looked up once.
#[derive(Default)]
struct Numbers(HashMap<CameraId, [Option<i64>; 2]>);

impl Numbers {
    fn of(&mut self, db: &Connection, camera: CameraId) -> Result<[Option<i64>; 2]> {
        if let Some(known) = self.0.get(&camera) {
            return Ok(*known);
        }
        let main = stream_number(db, StreamId { camera, which: StreamKind::Main })?;
        let sub = stream_number(db, StreamId { camera, which: StreamKind::Sub })?;
        self.0.insert(camera, [main, sub]);
        Ok([main, sub])
    }
}

/// Whether anything of the stream lies in `[from, to)`.
fn overlaps(db: &Connection, stream: i64, from: UtcMicros, to: UtcMicros) -> Result<bool> {
    let near = from.0.saturating_sub(LONG_US);
    for query in [
        "SELECT EXISTS (SELECT 1 FROM segment WHERE stream = ?1 AND start_at >= ?2 AND start_at < ?4
                AND (end_at IS NULL OR end_at > ?3) AND state <> 4)",
        "SELECT EXISTS (SELECT 1 FROM segment INDEXED BY segment_long WHERE stream = ?1 AND long = 1
                AND start_at < min(?2, ?4) AND (end_at IS NULL OR end_at > ?3) AND state <> 4)",
    ] {
        let found: bool =
            db.prepare_cached(query)?.query_row(params![stream, near, from.0, to.0], |row| row.get(0))?;
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Bytes of the stream's segments that overlap `[from, to)` and begin after `taken`, and the begin of the last.
fn bytes(db: &Connection, stream: i64, from: UtcMicros, to: UtcMicros, taken: i64) -> Result<(u64, i64)> {
    let near = from.0.saturating_sub(LONG_US);
    let (mut sum, mut last) = (0_u64, taken);
    for query in [
        "SELECT ifnull(sum(bytes), 0), max(start_at) FROM segment INDEXED BY segment_long
         WHERE stream = ?1 AND long = 1 AND start_at < min(?2, ?4) AND start_at > ?5
            AND (end_at IS NULL OR end_at > ?3) AND state <> 4",
        "SELECT ifnull(sum(bytes), 0), max(start_at) FROM segment
         WHERE stream = ?1 AND start_at >= ?2 AND start_at < ?4 AND start_at > ?5
            AND (end_at IS NULL OR end_at > ?3) AND state <> 4",
    ] {
        let (bytes, begin): (i64, Option<i64>) = db
            .prepare_cached(query)?
            .query_row(params![stream, near, from.0, to.0, taken], |row| Ok((row.get(0)?, row.get(1)?)))?;
        sum = sum.saturating_add(u64::try_from(bytes).unwrap_or(0));
        last = last.max(begin.unwrap_or(i64::MIN));
    }
    Ok((sum, last))
}
