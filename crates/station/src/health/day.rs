//! The daily sheet of camera conditions: what a day of every camera was like, from what was measured and recorded.

use super::LOSSES_MOST;
use crate::station::{Station, lock};
use easien_link::Sight;
use easien_link::data::{CameraDay, DayQuery, DaySheet};
use easien_link::problems;
use easien_model::{CameraId, Code, GapCause, Problem, StreamId, StreamKind, UtcMicros};
use easien_store::recordings::GapRow;
use easien_store::{CameraEventRow, CameraMeasurementRow, CameraRow, RecordStreams};
use std::collections::HashMap;

/// A day on which clocks are set, and some more.
const LONGEST_US: i64 = 30 * 3_600_000_000;
/// A row of a camera's measurements stands for so much.
const ROW_S: i64 = 300;

/// What is known of a camera's day.
struct Known<'a> {
    measured: &'a [CameraMeasurementRow],
    losses: &'a [CameraEventRow],
    recorded_us: i64,
    gaps: &'a [GapRow],
}

fn seconds(us: i64) -> u32 {
    u32::try_from(us.max(0) / 1_000_000).unwrap_or(u32::MAX)
}

/// The part of a time that lies in the day.
fn within(start: UtcMicros, end: Option<UtcMicros>, from: UtcMicros, to: UtcMicros) -> i64 {
    (end.unwrap_or(to).min(to) - start.max(from)).max(0)
}

/// Whether something should have been recorded, and whether a disk or the station's haste is why it was not.
fn is_missing(cause: &GapCause) -> Option<bool> {
    match cause {
        GapCause::Overload | GapCause::DiskFull | GapCause::DiskFailed | GapCause::FileDamaged => Some(true),
        GapCause::CameraLost { .. } | GapCause::StationStopped | GapCause::StationDied => Some(false),
        GapCause::Stopped
        | GapCause::Scheduled
        | GapCause::ClockStep { .. }
        | GapCause::TimestampLeap
        | GapCause::ParametersChanged => None,
    }
}

/// Pure.
fn day(camera: CameraId, known: &Known<'_>, from: UtcMicros, to: UtcMicros) -> CameraDay {
    let rows = known.measured.len();
    let live = known.measured.iter().map(|row| row.up).sum::<f64>() / rows.max(1) as f64;
    let whole = (to - from).max(0);
    let lost: Vec<i64> =
        known.losses.iter().map(|loss| within(loss.lost, loss.back, from, to)).filter(|us| *us > 0).collect();
    let (mut missing, mut disk) = (0, 0);
    for gap in known.gaps {
        let length = within(gap.start, gap.end, from, to);
        if let Some(by_disk) = is_missing(&gap.cause) {
            missing += length;
            disk += if by_disk { length } else { 0 };
        }
    }
    CameraDay {
        camera,
        live: (rows > 0).then_some(live.clamp(0.0, 1.0) as f32),
        measured_s: seconds((rows as i64 * ROW_S * 1_000_000).min(whole)),
        losses: u32::try_from(lost.len()).unwrap_or(u32::MAX),
        lost_s: seconds(lost.iter().sum::<i64>().min(whole)),
        longest_s: seconds(lost.iter().copied().max().unwrap_or(0)),
        recorded_s: seconds(known.recorded_us.min(whole)),
        missing_s: seconds(missing.min(whole)),
        disk_s: seconds(disk.min(whole)),
    }
}

/// The stream whose recording is meant first.
fn meant(row: &CameraRow) -> StreamId {
    let sub = row.record.streams == RecordStreams::Sub && !row.sub_url.is_empty();
    StreamId { camera: row.id, which: if sub { StreamKind::Sub } else { StreamKind::Main } }
}

impl Station {
    pub(crate) async fn day_sheet(&self, sight: &Sight, query: DayQuery) -> Result<DaySheet, Problem> {
        let now = self.clock.utc_now();
        let length = query.to.0.saturating_sub(query.from.0);
        if length <= 0 || length > LONGEST_US || query.from >= now || query.from.0 < 0 {
            return Err(Problem::new(Code::Invalid, problems::DAY_TIME).field("from"));
        }
        let (from, to) = (query.from, query.to.min(now));
        let seen = |row: &&CameraRow| sight.sees(row.id);
        let mut rows: Vec<CameraRow> = lock(&self.cameras).values().filter(seen).cloned().collect();
        rows.sort_by(|a, b| a.code.cmp(&b.code));
        let ids: Vec<CameraId> = rows.iter().map(|row| row.id).collect();
        let (losses, measured) = self
            .store(move |store| {
                let losses = store.camera_losses(None, from, LOSSES_MOST)?;
                // A row stands for the minutes before it.
                let after = |at: UtcMicros| UtcMicros(at.0 + 1);
                let measured = ids
                    .iter()
                    .map(|id| store.camera_measurements(*id, after(from), after(to)))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok((losses, measured))
            })
            .await?;
        let mut of: HashMap<CameraId, Vec<CameraEventRow>> = HashMap::new();
        for loss in losses.into_iter().filter(|loss| loss.lost < to) {
            of.entry(loss.camera).or_default().push(loss);
        }
        let streams: Vec<(CameraId, StreamId)> = rows.iter().map(|row| (row.id, meant(row))).collect();
        let recorded = self
            .ask_index(move |index| {
                streams
                    .iter()
                    .map(|(camera, meant)| {
                        let both = [StreamKind::Main, StreamKind::Sub]
                            .map(|which| StreamId { camera: *camera, which });
                        let sums = index.recorded_between(&both, &[from, to])?;
                        Ok((sums.first().copied().unwrap_or(0), index.gaps(*meant, from, to)?))
                    })
                    .collect::<easien_store::Result<Vec<_>>>()
            })
            .await?;
        let cameras =
            rows.iter().zip(&measured).zip(&recorded).map(|((row, measured), (recorded_us, gaps))| {
                let losses = of.get(&row.id).map_or(&[] as &[_], Vec::as_slice);
                day(row.id, &Known { measured, losses, recorded_us: *recorded_us, gaps }, from, to)
            });
        Ok(DaySheet {
            from,
            to,
            cameras: cameras.collect(),
            volumes: self.list_volumes(),
            storage_days: self.storage_days(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use easien_model::LossReason;
    use uuid::Uuid;

    const HOUR_US: i64 = 3_600_000_000;
    const FROM: UtcMicros = UtcMicros(100 * HOUR_US);
    const TO: UtcMicros = UtcMicros(124 * HOUR_US);

    fn hour(hour: i64) -> UtcMicros {
        UtcMicros((100 + hour) * HOUR_US)
    }

    #[test]
    fn a_day_is_what_was_measured_lost_and_recorded_within_it() {
        let camera = CameraId::new();
        let measured = |up, minutes: i64| CameraMeasurementRow {
            camera,
            at: UtcMicros(FROM.0 + minutes * 60_000_000),
            up,
            fps: None,
            bitrate_bps: None,
            loss: None,
        };
        let loss = |lost, back| CameraEventRow {
            id: Uuid::now_v7(),
            camera,
            lost,
            back,
            reason: LossReason::Closed,
        };
        let stream = StreamId { camera, which: StreamKind::Main };
        let gap = |start, end, cause| GapRow { stream, start, end, cause };
        // Lost over midnight, in the middle, and still at the end.
        let losses = [loss(hour(-2), Some(hour(1))), loss(hour(5), Some(hour(8))), loss(hour(22), None)];
        let gaps = [
            gap(hour(-2), Some(hour(1)), GapCause::CameraLost { reason: None }),
            gap(hour(2), Some(hour(3)), GapCause::Scheduled),
            gap(hour(10), Some(hour(12)), GapCause::DiskFull),
            gap(hour(22), None, GapCause::CameraLost { reason: None }),
        ];
        let rows = [measured(1.0, 5), measured(0.5, 10)];
        let found = day(
            camera,
            &Known { measured: &rows, losses: &losses, recorded_us: 30 * HOUR_US, gaps: &gaps },
            FROM,
            TO,
        );
        assert_eq!((found.live, found.measured_s), (Some(0.75), 600));
        assert_eq!((found.losses, found.lost_s, found.longest_s), (3, 6 * 3600, 3 * 3600));
        assert_eq!((found.recorded_s, found.missing_s, found.disk_s), (24 * 3600, 5 * 3600, 2 * 3600));
        let none = day(camera, &Known { measured: &[], losses: &[], recorded_us: 0, gaps: &[] }, FROM, TO);
        assert_eq!((none.live, none.measured_s, none.losses, none.missing_s), (None, 0, 0, 0));
    }
}
