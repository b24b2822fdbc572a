//! Cameras lost and back. The station writes these by itself, nobody ordered them: they carry no audit row.

use crate::error::Result;
use crate::rows::CameraEventRow;
use crate::sql::{need_camera, reason, reason_text, utc, utc_opt, uuid};
use crate::store::Store;
use easien_model::{CameraId, LossReason, UtcMicros};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

const COLUMNS: &str = "SELECT id, camera, lost_at, back_at, reason FROM camera_event";

fn read(row: &Row<'_>) -> rusqlite::Result<CameraEventRow> {
    Ok(CameraEventRow {
        id: uuid(row, 0)?,
        camera: CameraId(uuid(row, 1)?),
        lost: utc(row, 2)?,
        back: utc_opt(row, 3)?,
        reason: reason(row, 4)?,
    })
}

fn open(db: &Connection, camera: CameraId) -> Result<Option<CameraEventRow>> {
    Ok(db
        .prepare_cached(&format!("{COLUMNS} WHERE camera = ?1 AND back_at IS NULL"))?
        .query_row([camera.0.into_bytes()], read)
        .optional()?)
}

/// One event.
pub(crate) fn find(db: &Connection, id: Uuid) -> Result<CameraEventRow> {
    Ok(db.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?.query_row([id.into_bytes()], read)?)
}

/// Events that were not over before `from`, newest first.
pub(crate) fn since(
    db: &Connection,
    camera: Option<CameraId>,
    from: UtcMicros,
    limit: u32,
) -> Result<Vec<CameraEventRow>> {
    let of = if camera.is_some() { "camera = ?2" } else { "?2 IS NULL" };
    let query = format!(
        "{COLUMNS} WHERE {of} AND (back_at IS NULL OR back_at > ?1) ORDER BY lost_at DESC, id DESC LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&query)?;
    let rows = statement.query_map(params![from.0, camera.map(|id| id.0.into_bytes()), limit], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Ends the camera's open event, if there is one.
pub(crate) fn close(db: &Connection, camera: CameraId, at: UtcMicros) -> Result<Option<CameraEventRow>> {
    let Some(mut row) = open(db, camera)? else { return Ok(None) };
    // A clock that was set back meanwhile must not make the loss end before it began.
    let at = at.max(row.lost);
    db.prepare_cached("UPDATE camera_event SET back_at = ?2 WHERE id = ?1")?
        .execute(params![row.id.into_bytes(), at.0])?;
    row.back = Some(at);
    Ok(Some(row))
}

impl Store {
    /// The camera was lost at `at`. While it is lost already, the first loss stands and is given back.
    ///
    /// # Errors
    /// `NotFound` for a camera that never was, or what SQLite says.
    pub fn camera_lost(&self, camera: CameraId, reason: LossReason, at: UtcMicros) -> Result<CameraEventRow> {
        self.write(|db| {
            need_camera(db, camera, "camera")?;
            if let Some(row) = open(db, camera)? {
                return Ok(row);
            }
            let row = CameraEventRow { id: Uuid::now_v7(), camera, lost: at, back: None, reason };
            db.prepare_cached(
                "INSERT INTO camera_event (id, camera, lost_at, reason) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                row.id.into_bytes(),
                camera.0.into_bytes(),
                at.0,
                reason_text(reason)?
            ])?;
            Ok(row)
        })
    }

    /// The camera came back at `at`. `None`: it was not lost. An event left open by a station that was killed is
    /// ended by this, too.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn camera_back(&self, camera: CameraId, at: UtcMicros) -> Result<Option<CameraEventRow>> {
        // Most calls find nothing to do; they shall not cost a write.
        if self.read(|db| open(db, camera))?.is_none() {
            return Ok(None);
        }
        self.write(|db| close(db, camera, at))
    }

    /// Cameras that are lost now, as far as was written, the longest lost first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn cameras_lost(&self) -> Result<Vec<CameraEventRow>> {
        self.read(|db| {
            let mut statement =
                db.prepare_cached(&format!("{COLUMNS} WHERE back_at IS NULL ORDER BY lost_at, id"))?;
            let rows = statement.query_map([], read)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
