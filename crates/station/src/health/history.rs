//! Figures over time as the page draws them: averaged into as many points as a chart can show. Pure.

use easien_link::data::{History, HistoryFigure, HistorySeries};
use easien_model::UtcMicros;
use easien_store::{CameraMeasurementRow, MeasurementRow};

/// One figure of a row.
type Figure<R> = (HistoryFigure, fn(&R) -> Option<f64>);

const STATION: [Figure<MeasurementRow>; 8] = [
    (HistoryFigure::Cpu, |row| row.cpu),
    (HistoryFigure::Memory, |row| Some(row.memory_bytes as f64)),
    (HistoryFigure::Network, |row| Some(row.network_bps as f64)),
    (HistoryFigure::DiskWrite, |row| row.disk_write_bps.map(|value| value as f64)),
    (HistoryFigure::Latency, |row| row.glass_ms),
    (HistoryFigure::Painted, |row| row.painted_fps),
    (HistoryFigure::Live, |row| Some(f64::from(row.live))),
    (HistoryFigure::Recording, |row| Some(f64::from(row.recording))),
];

const CAMERA: [Figure<CameraMeasurementRow>; 4] = [
    (HistoryFigure::Network, |row| row.bitrate_bps.map(|value| value as f64)),
    (HistoryFigure::Fps, |row| row.fps),
    (HistoryFigure::Loss, |row| row.loss),
    (HistoryFigure::Up, |row| Some(row.up)),
];

/// The station's.
pub fn of_station(rows: &[MeasurementRow], from: UtcMicros, to: UtcMicros, bucket_us: i64) -> History {
    draw(rows, |row| row.at, &STATION, from, to, bucket_us)
}

/// A camera's.
pub fn of_camera(rows: &[CameraMeasurementRow], from: UtcMicros, to: UtcMicros, bucket_us: i64) -> History {
    draw(rows, |row| row.at, &CAMERA, from, to, bucket_us)
}

/// One point a bucket that has rows, at its newest row's time.
fn draw<R>(
    rows: &[R],
    at: fn(&R) -> UtcMicros,
    figures: &[Figure<R>],
    from: UtcMicros,
    to: UtcMicros,
    bucket_us: i64,
) -> History {
    let inside: Vec<&R> = rows.iter().filter(|row| at(row) >= from && at(row) <= to).collect();
    let buckets: Vec<&[&R]> =
        inside.chunk_by(|a, b| at(a).0.div_euclid(bucket_us) == at(b).0.div_euclid(bucket_us)).collect();
    let series = figures
        .iter()
        .map(|&(figure, of)| {
            let mean = |bucket: &&[&R]| {
                let known: Vec<f64> = bucket.iter().filter_map(|row| of(row)).collect();
                (!known.is_empty()).then(|| (known.iter().sum::<f64>() / known.len() as f64) as f32)
            };
            HistorySeries { figure, values: buckets.iter().map(mean).collect() }
        })
        .collect();
    History {
        from,
        to,
        // A look may come late, and a bucket's newest row lies anywhere in it.
        step_us: bucket_us * 5 / 2,
        at: buckets.iter().filter_map(|bucket| bucket.last().map(|row| at(row))).collect(),
        series,
    }
}

/// The mean of some rows, at the newest one's time.
pub fn average<'a>(rows: impl Iterator<Item = &'a MeasurementRow>) -> Option<MeasurementRow> {
    let rows: Vec<&MeasurementRow> = rows.collect();
    let newest = **rows.iter().max_by_key(|row| row.at)?;
    let mean = |of: fn(&MeasurementRow) -> Option<f64>| {
        let known: Vec<f64> = rows.iter().filter_map(|row| of(row)).collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    let whole = |of: fn(&MeasurementRow) -> Option<f64>| mean(of).map(|value| value as u64);
    Some(MeasurementRow {
        at: newest.at,
        cpu: mean(|row| row.cpu),
        memory_bytes: whole(|row| Some(row.memory_bytes as f64)).unwrap_or(newest.memory_bytes),
        network_bps: whole(|row| Some(row.network_bps as f64)).unwrap_or(newest.network_bps),
        disk_write_bps: whole(|row| row.disk_write_bps.map(|value| value as f64)),
        glass_ms: mean(|row| row.glass_ms),
        painted_fps: mean(|row| row.painted_fps),
        live: newest.live,
        recording: newest.recording,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(second: i64, network_bps: u64) -> MeasurementRow {
        MeasurementRow {
            at: UtcMicros(second * 1_000_000),
            cpu: None,
            memory_bytes: 1,
            network_bps,
            disk_write_bps: None,
            glass_ms: None,
            painted_fps: None,
            live: 1,
            recording: 1,
        }
    }

    #[test]
    fn many_rows_become_few_points_and_what_was_not_measured_none() {
        let mut rows: Vec<MeasurementRow> = (0..100).map(|n| row(n * 10, n as u64)).collect();
        rows.drain(20..50);
        let history = of_station(&rows, UtcMicros(0), UtcMicros(990_000_000), 100_000_000);
        assert_eq!(history.at.len(), 7, "{:?}", history.at);
        let network = history.series.iter().find(|series| series.figure == HistoryFigure::Network).unwrap();
        assert_eq!(network.values[..3], [Some(4.5), Some(14.5), Some(54.5)]);
        let cpu = history.series.iter().find(|series| series.figure == HistoryFigure::Cpu).unwrap();
        assert!(cpu.values.iter().all(Option::is_none) && cpu.values.len() == 7);
        assert!(history.at.is_sorted());
        assert_eq!(of_station(&[], UtcMicros(0), UtcMicros(1), 10).at, []);
    }

    #[test]
    fn a_mean_is_of_what_is_known() {
        let rows = [MeasurementRow { cpu: Some(0.5), ..row(1, 10) }, row(2, 20)];
        let mean = average(rows.iter()).unwrap();
        assert_eq!((mean.at.0, mean.cpu, mean.network_bps), (2_000_000, Some(0.5), 15));
        assert!(average([].iter()).is_none());
    }
}
