//! How many days of recording fit, from what is measured. The arithmetic is pure and stands first; where its figures
//! come from stands below.

use crate::convert;
use crate::schedule;
use crate::station::{Station, lock};
use easien_archive::{SegmentIndex, SegmentQuery, VolumeState};
use easien_link::data::{CameraPlan, StoragePlan};
use easien_model::{CameraId, Problem, StreamId, StreamKind, UtcMicros};
use easien_store::CameraRow;
use easien_store::recordings::UsageRow;
use std::collections::HashMap;

/// Bytes that a second of one bit per second takes in a day: 86400 s / 8.
const DAY_BYTES_PER_BPS: f64 = 10_800.0;

/// What is known of a camera.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub camera: CameraId,
    /// Rates of the streams that its profile asks for; 0: not measured, or not asked for.
    pub main_bps: u64,
    pub sub_bps: u64,
    /// Share of the week that it is recorded, 0 to 1.
    pub share: f32,
    pub keep_days: u32,
    pub oldest: Option<UtcMicros>,
    pub used_bytes: u64,
}

/// What is known of the disks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Room {
    /// Used and free on all volumes that can be written to.
    pub capacity_bytes: u64,
    pub used_bytes: u64,
    pub held_bytes: u64,
}

/// How many days fit. Cameras come in the order of `cameras`.
pub(crate) fn plan(room: Room, cameras: &[Measured]) -> StoragePlan {
    let rates: Vec<f64> = cameras
        .iter()
        .map(|one| {
            let bps = one.main_bps.saturating_add(one.sub_bps) as f64;
            bps * DAY_BYTES_PER_BPS * f64::from(one.share.clamp(0.0, 1.0))
        })
        .collect();
    let all: f64 = rates.iter().sum();
    // What is held stays, and takes its place from what comes.
    let usable = room.capacity_bytes.saturating_sub(room.held_bytes) as f64;
    let wished: Vec<(f64, f64)> =
        rates.iter().zip(cameras).map(|(rate, one)| (*rate, f64::from(one.keep_days))).collect();
    let level = level(usable, &wished);
    StoragePlan {
        capacity_bytes: room.capacity_bytes,
        used_bytes: room.used_bytes,
        held_bytes: room.held_bytes,
        bytes_per_day: all as u64,
        days_fit: (all > 0.0).then(|| (usable / all) as f32),
        needed_bytes: wished.iter().map(|(rate, days)| rate * days).sum::<f64>() as u64,
        oldest: cameras.iter().filter_map(|one| one.oldest).min(),
        cameras: cameras
            .iter()
            .zip(&rates)
            .map(|(one, rate)| CameraPlan {
                camera: one.camera,
                main_bps: one.main_bps,
                sub_bps: one.sub_bps,
                share: one.share,
                bytes_per_day: *rate as u64,
                keep_days: one.keep_days,
                days_fit: level.filter(|_| *rate > 0.0).map(|days| days as f32),
                oldest: one.oldest,
                used_bytes: one.used_bytes,
            })
            .collect(),
    }
}

/// To how many days back recordings reach when the oldest go first, whosever they are, and none is kept longer than
/// wished: where `sum(rate * min(days, wished)) = usable`. What is left when all wishes are met is shared alike. `None`
/// while nothing is written.
fn level(usable: f64, wished: &[(f64, f64)]) -> Option<f64> {
    let mut by_wish: Vec<(f64, f64)> = wished.iter().copied().filter(|(rate, _)| *rate > 0.0).collect();
    if by_wish.is_empty() {
        return None;
    }
    by_wish.sort_by(|one, two| one.1.total_cmp(&two.1));
    let all: f64 = by_wish.iter().map(|(rate, _)| rate).sum();
    let (mut left, mut rate, mut reached) = (usable, all, 0.0);
    for (own, days) in &by_wish {
        let step = (days - reached).max(0.0) * rate;
        if step >= left {
            return Some(reached + left / rate);
        }
        left -= step;
        reached = reached.max(*days);
        rate = (rate - own).max(f64::MIN_POSITIVE);
    }
    Some(reached + left / all)
}

/// Bits per second of a stream's recordings of the last day; 0: none.
fn past_bps(index: &dyn SegmentIndex, stream: StreamId, now: UtcMicros) -> u64 {
    let query = SegmentQuery { stream, from: now.plus_seconds(-86_400), to: now, limit: 2000 };
    let rows = match index.segments(&query) {
        Ok(rows) => rows,
        Err(error) => {
            tracing::error!(%error, "the index of recordings failed");
            return 0;
        }
    };
    let ended = rows.iter().filter_map(|row| row.end.as_ref().map(|end| (end.bytes, end.end - row.start)));
    let (bytes, micros) = ended.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    if micros <= 0 { 0 } else { (bytes as f64 * 8e6 / micros as f64) as u64 }
}

impl Station {
    /// How many days fit, measured now.
    pub(crate) async fn plan_storage(&self) -> Result<StoragePlan, Problem> {
        let held = self.store(|store| store.held()).await?;
        let (held_bytes, usage, firsts) = self
            .ask_index(move |index| {
                let held = index.overlapping_bytes(&[held])?.into_iter().sum::<u64>();
                Ok((held, index.usage()?, index.streams()?))
            })
            .await?;
        let firsts: HashMap<StreamId, UtcMicros> =
            firsts.into_iter().map(|(stream, first, _)| (stream, first)).collect();
        let station = self.clone();
        self.blocking(move || station.plan_with(held_bytes, &usage, &firsts)).await
    }

    /// Room for recordings on all volumes that can be written to, and what is used of it.
    fn storage_room(&self, held_bytes: u64) -> Room {
        let volumes = self.archive.volumes();
        let used_bytes = volumes
            .iter()
            .filter(|status| matches!(status.state, VolumeState::Ready | VolumeState::Full))
            .map(|status| status.used_bytes)
            .sum();
        let capacity_bytes = self.storage_free_bytes().saturating_add(used_bytes);
        Room { capacity_bytes, used_bytes, held_bytes }
    }

    /// A stream's rate: as it is written, else as it is received, else as it was written in the last day.
    fn rate(&self, stream: StreamId, written: &HashMap<StreamId, u64>, now: UtcMicros, deep: bool) -> u64 {
        let received = || self.ingest.stats(stream).map_or(0, |stats| stats.bitrate_bps);
        let past = || if deep { past_bps(&self.index, stream, now) } else { 0 };
        [written.get(&stream).copied().unwrap_or(0)]
            .into_iter()
            .chain(std::iter::once_with(received))
            .chain(std::iter::once_with(past))
            .find(|bps| *bps > 0)
            .unwrap_or(0)
    }

    fn measured(&self, row: &CameraRow, rates: impl Fn(StreamId) -> u64, room_days: u32) -> Measured {
        let has_sub = !row.sub_url.is_empty();
        let profile = convert::record(&row.record);
        let bps = |which| {
            let has = which == StreamKind::Main || has_sub;
            match has && schedule::chosen(&profile, has_sub, which) {
                true => rates(StreamId { camera: row.id, which }),
                false => 0,
            }
        };
        Measured {
            camera: row.id,
            main_bps: bps(StreamKind::Main),
            sub_bps: bps(StreamKind::Sub),
            share: schedule::share(&profile),
            keep_days: profile.keep_days.unwrap_or(room_days),
            oldest: None,
            used_bytes: 0,
        }
    }

    fn cameras_by_code(&self) -> Vec<CameraRow> {
        let mut rows: Vec<CameraRow> = lock(&self.cameras).values().cloned().collect();
        rows.sort_by(|a, b| (a.code.len(), &a.code).cmp(&(b.code.len(), &b.code)));
        rows
    }

    fn plan_with(
        &self,
        held_bytes: u64,
        usage: &[UsageRow],
        firsts: &HashMap<StreamId, UtcMicros>,
    ) -> StoragePlan {
        let now = self.clock.utc_now();
        let room_days = lock(&self.settings).keep_days;
        let written: HashMap<StreamId, u64> =
            self.archive.streams().into_iter().map(|status| (status.stream, status.bitrate_bps)).collect();
        let cameras: Vec<Measured> = self
            .cameras_by_code()
            .iter()
            .map(|row| {
                let mut measured =
                    self.measured(row, |stream| self.rate(stream, &written, now, true), room_days);
                measured.used_bytes =
                    usage.iter().filter(|one| one.stream.camera == row.id).map(|one| one.bytes).sum();
                measured.oldest = [StreamKind::Main, StreamKind::Sub]
                    .iter()
                    .filter_map(|&which| firsts.get(&StreamId { camera: row.id, which }).copied())
                    .min();
                measured
            })
            .collect();
        plan(self.storage_room(held_bytes), &cameras)
    }

    /// Days that fit, for the bottom strip: without the database.
    pub(crate) fn storage_days(&self) -> Option<f32> {
        let now = self.clock.utc_now();
        let room_days = lock(&self.settings).keep_days;
        let written: HashMap<StreamId, u64> =
            self.archive.streams().into_iter().map(|status| (status.stream, status.bitrate_bps)).collect();
        let cameras: Vec<Measured> = self
            .cameras_by_code()
            .iter()
            .map(|row| self.measured(row, |stream| self.rate(stream, &written, now, false), room_days))
            .collect();
        plan(self.storage_room(0), &cameras).days_fit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: u64 = 1_000_000_000;

    fn camera(main_bps: u64, sub_bps: u64, share: f32, keep_days: u32) -> Measured {
        Measured { camera: CameraId::new(), main_bps, sub_bps, share, keep_days, oldest: None, used_bytes: 0 }
    }

    fn room(capacity: u64, held: u64) -> Room {
        Room { capacity_bytes: capacity, used_bytes: 0, held_bytes: held }
    }

    #[test]
    fn a_towns_cameras() {
        // 240 cameras of 2.6 and 0.4 Mbit/s write 7.776 TB a day.
        let cameras: Vec<_> = (0..240).map(|_| camera(2_600_000, 400_000, 1.0, 30)).collect();
        let plan = plan(room(100_000 * GB, 0), &cameras);
        assert_eq!(plan.bytes_per_day, 7_776 * GB);
        assert_eq!(plan.needed_bytes, 30 * 7_776 * GB);
        assert!((plan.days_fit.unwrap() - 12.86).abs() < 0.01);
        assert!((plan.cameras[7].days_fit.unwrap() - 12.86).abs() < 0.01);
        assert_eq!(plan.cameras[7].bytes_per_day, 32_400_000_000);
    }

    #[test]
    fn what_is_held_leaves_less_and_the_schedule_makes_it_last() {
        let whole = [camera(1_000_000, 0, 1.0, 30)];
        let half = [camera(1_000_000, 0, 0.5, 30)];
        let days = |room, cameras: &[Measured]| plan(room, cameras).days_fit.unwrap();
        assert!((days(room(108 * GB, 0), &whole) - 10.0).abs() < 1e-3);
        assert!((days(room(108 * GB, 54 * GB), &whole) - 5.0).abs() < 1e-3);
        assert!((days(room(108 * GB, 0), &half) - 20.0).abs() < 1e-3);
        assert!(days(room(GB, 2 * GB), &whole).abs() < 1e-6, "more is held than fits");
    }

    #[test]
    fn cameras_kept_for_shorter_leave_room_for_the_others() {
        // 10.8 GB a day each; one is kept for 2 days only.
        let cameras = [camera(1_000_000, 0, 1.0, 2), camera(1_000_000, 0, 1.0, 30)];
        let plan = plan(room(108 * GB, 0), &cameras);
        assert!((plan.days_fit.unwrap() - 5.0).abs() < 1e-3);
        assert!((plan.cameras[1].days_fit.unwrap() - 8.0).abs() < 1e-3);
    }

    #[test]
    fn without_a_measure_nothing_is_claimed() {
        let unknown = [camera(0, 0, 1.0, 30)];
        let none = plan(room(108 * GB, 0), &unknown);
        assert_eq!((none.days_fit, none.cameras[0].days_fit, none.bytes_per_day), (None, None, 0));
        assert_eq!(plan(room(0, 0), &[]).days_fit, None);
        let one = [camera(0, 0, 1.0, 30), camera(1_000_000, 0, 1.0, 30)];
        assert_eq!(plan(room(108 * GB, 0), &one).cameras[0].days_fit, None);
    }

    #[test]
    fn the_level_fills_what_there_is() {
        for seed in 0..200_u32 {
            let wished: Vec<(f64, f64)> = (0..5_u32)
                .map(|i| (f64::from((seed * 31 + i * 17) % 9), f64::from((seed * 7 + i * 13) % 40 + 1)))
                .collect();
            let usable = f64::from(seed * 5);
            let Some(level) = super::level(usable, &wished) else { continue };
            let most = wished.iter().filter(|w| w.0 > 0.0).map(|w| w.1).fold(0.0, f64::max);
            let taken: f64 = wished.iter().map(|(rate, days)| rate * days.min(level)).sum();
            if level <= most {
                assert!((taken - usable).abs() < 1e-6, "seed {seed}: {taken} of {usable}");
            } else {
                assert!(taken < usable + 1e-6, "seed {seed}");
            }
        }
    }
}
