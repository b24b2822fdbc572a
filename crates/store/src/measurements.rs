//! How the station and its cameras were: figures over time. The station writes them by itself, and old ones are deleted:
//! they are no evidence. Here belongs what is kept, not what is measured.

use crate::error::Result;
use crate::events;
use crate::rows::CameraEventRow;
use crate::sql::{utc, uuid};
use crate::store::Store;
use easien_model::{CameraId, UtcMicros};
use rusqlite::params;
use uuid::Uuid;

/// The station's figures over a minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeasurementRow {
    /// The end of that minute.
    pub at: UtcMicros,
    /// Share of all cores, 0 to 1.
    pub cpu: Option<f64>,
    /// Memory of station and workers.
    pub memory_bytes: u64,
    /// Received from all cameras.
    pub network_bps: u64,
    /// Written to disks.
    pub disk_write_bps: Option<u64>,
    /// Arrival to painting.
    pub glass_ms: Option<f64>,
    /// Pictures per second and tile.
    pub painted_fps: Option<f64>,
    /// Cameras with pictures.
    pub live: u32,
    /// Cameras recorded.
    pub recording: u32,
}

/// A camera's figures over some minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CameraMeasurementRow {
    /// Which.
    pub camera: CameraId,
    /// The end of that time.
    pub at: UtcMicros,
    /// Share of the time that it brought pictures, 0 to 1.
    pub up: f64,
    /// Pictures per second while it did; absent: it did not.
    pub fps: Option<f64>,
    /// Bits per second while it did.
    pub bitrate_bps: Option<u64>,
    /// Share of packets lost while it did, 0 to 1.
    pub loss: Option<f64>,
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

impl Store {
    /// Writes the station's figures, and those of cameras if there are any. The same time again is put over the first:
    /// a clock may be set back.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn put_measurements(&self, station: &MeasurementRow, cameras: &[CameraMeasurementRow]) -> Result<()> {
        self.write(|db| {
            db.prepare_cached(
                "INSERT OR REPLACE INTO measurement
                 (at, cpu, memory_bytes, network_bps, disk_write_bps, glass_ms, painted_fps, live, recording)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                station.at.0,
                station.cpu,
                signed(station.memory_bytes),
                signed(station.network_bps),
                station.disk_write_bps.map(signed),
                station.glass_ms,
                station.painted_fps,
                station.live,
                station.recording
            ])?;
            for row in cameras {
                db.prepare_cached(
                    "INSERT OR REPLACE INTO camera_measurement (camera, at, up, fps, bitrate_bps, loss)
                     SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM camera WHERE id = ?1)",
                )?
                .execute(params![
                    row.camera.0.into_bytes(),
                    row.at.0,
                    row.up.clamp(0.0, 1.0),
                    row.fps,
                    row.bitrate_bps.map(signed),
                    row.loss.map(|loss| loss.clamp(0.0, 1.0))
                ])?;
            }
            Ok(())
        })
    }

    /// Deletes figures from before: of the station, of cameras. Gives how many.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn prune_measurements(&self, station: UtcMicros, cameras: UtcMicros) -> Result<usize> {
        self.write(|db| {
            let mut deleted = db.execute("DELETE FROM measurement WHERE at < ?1", [station.0])?;
            // Camera by camera: so its key finds them.
            let ids: Vec<Uuid> = {
                let mut statement = db.prepare_cached("SELECT id FROM camera")?;
                let rows = statement.query_map([], |row| uuid(row, 0))?;
                rows.collect::<rusqlite::Result<_>>()?
            };
            for id in ids {
                deleted += db
                    .prepare_cached("DELETE FROM camera_measurement WHERE camera = ?1 AND at < ?2")?
                    .execute(params![id.into_bytes(), cameras.0])?;
            }
            Ok(deleted)
        })
    }

    /// The station's figures in `[from, to)`, the oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn measurements(&self, from: UtcMicros, to: UtcMicros) -> Result<Vec<MeasurementRow>> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT at, cpu, memory_bytes, network_bps, disk_write_bps, glass_ms, painted_fps, live, recording
                 FROM measurement WHERE at >= ?1 AND at < ?2 ORDER BY at",
            )?;
            let rows = statement.query_map([from.0, to.0], |row| {
                Ok(MeasurementRow {
                    at: utc(row, 0)?,
                    cpu: row.get(1)?,
                    memory_bytes: row.get::<_, i64>(2)?.unsigned_abs(),
                    network_bps: row.get::<_, i64>(3)?.unsigned_abs(),
                    disk_write_bps: row.get::<_, Option<i64>>(4)?.map(i64::unsigned_abs),
                    glass_ms: row.get(5)?,
                    painted_fps: row.get(6)?,
                    live: row.get(7)?,
                    recording: row.get(8)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// A camera's figures in `[from, to)`, the oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn camera_measurements(
        &self,
        camera: CameraId,
        from: UtcMicros,
        to: UtcMicros,
    ) -> Result<Vec<CameraMeasurementRow>> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT at, up, fps, bitrate_bps, loss FROM camera_measurement
                 WHERE camera = ?1 AND at >= ?2 AND at < ?3 ORDER BY at",
            )?;
            let rows = statement.query_map(params![camera.0.into_bytes(), from.0, to.0], |row| {
                Ok(CameraMeasurementRow {
                    camera,
                    at: utc(row, 0)?,
                    up: row.get(1)?,
                    fps: row.get(2)?,
                    bitrate_bps: row.get::<_, Option<i64>>(3)?.map(i64::unsigned_abs),
                    loss: row.get(4)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Losses that were not over before `from`, newest first: of one camera, or of all; `limit` at most.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn camera_losses(
        &self,
        camera: Option<CameraId>,
        from: UtcMicros,
        limit: u32,
    ) -> Result<Vec<CameraEventRow>> {
        self.read(|db| events::since(db, camera, from, limit))
    }
}
