//! Stills: what each file of the stills folder is and must be. The files themselves belong to the station.

use crate::audit;
use crate::error::{Error, Result};
use crate::rows::{StillDraft, StillRow};
use crate::sql::{need_camera, stream, stream_text, utc, uuid};
use crate::store::{Store, clamp_limit};
use easien_model::{CameraId, StillId, UtcMicros};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

const COLUMNS: &str =
    "SELECT id, camera, stream, at, clock_offset_us, width_px, height_px, file, bytes, sha256, author,
    created_at, thumbnail FROM still";
/// Largest thumbnail.
const THUMBNAIL_BYTES: usize = 256 * 1024;

fn read(row: &Row<'_>) -> rusqlite::Result<StillRow> {
    Ok(StillRow {
        still: StillDraft {
            id: StillId(uuid(row, 0)?),
            camera: CameraId(uuid(row, 1)?),
            which: stream(row, 2)?,
            at: utc(row, 3)?,
            clock_offset_us: row.get(4)?,
            width_px: row.get(5)?,
            height_px: row.get(6)?,
            file: row.get(7)?,
            bytes: row.get::<_, i64>(8)?.unsigned_abs(),
            sha256: row.get(9)?,
            thumbnail: row.get(12)?,
        },
        author: row.get(10)?,
        created: utc(row, 11)?,
    })
}

/// One still.
pub(crate) fn find(db: &Connection, id: StillId) -> Result<Option<StillRow>> {
    Ok(db
        .prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?
        .query_row([id.0.into_bytes()], read)
        .optional()?)
}

fn check(still: &StillDraft) -> Result<()> {
    let invalid = |field| Err(Error::Invalid { key: "problem_still_write", field });
    let sides = 1..=65_535;
    // Relative, and nothing in it that leads out of the folder.
    let filed = (1..=255).contains(&still.file.chars().count())
        && still.file.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && !still.file.contains(['\0', '\\']);
    if !filed {
        return invalid("file");
    }
    if !sides.contains(&still.width_px) || !sides.contains(&still.height_px) {
        return invalid("width_px");
    }
    if still.bytes == 0 || i64::try_from(still.bytes).is_err() {
        return invalid("bytes");
    }
    if still.thumbnail.len() > THUMBNAIL_BYTES {
        return invalid("thumbnail");
    }
    Ok(())
}

impl Store {
    /// Files a still whose file is written and synced. Filing the same again gives the still that stands.
    ///
    /// # Errors
    /// `Invalid`, `NotFound` for the camera, `IdTaken`, or what SQLite says (a file name that another still has is a
    /// constraint).
    pub fn add_still(&self, who: &str, still: StillDraft) -> Result<StillRow> {
        check(&still)?;
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| {
            if let Some(row) = find(db, still.id)? {
                return if row.still == still { Ok(row) } else { Err(Error::IdTaken("still")) };
            }
            need_camera(db, still.camera, "camera")?;
            db.prepare_cached(
                "INSERT INTO still (id, camera, stream, at, clock_offset_us, width_px, height_px, file, bytes, sha256,
                    author, created_at, thumbnail)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?
            .execute(params![
                still.id.0.into_bytes(),
                still.camera.0.into_bytes(),
                stream_text(still.which),
                still.at.0,
                still.clock_offset_us,
                still.width_px,
                still.height_px,
                still.file,
                still.bytes as i64,
                still.sha256,
                who,
                now.0,
                still.thumbnail
            ])?;
            let sha256: String = still.sha256.iter().map(|byte| format!("{byte:02x}")).collect();
            let detail = json!({
                "camera": still.camera, "at": still.at, "file": still.file, "bytes": still.bytes, "sha256": sha256,
            });
            audit::write(db, now, who, "still.take", &format!("still {}", still.id), &detail)?;
            Ok(StillRow { still, author: who.to_owned(), created: now })
        })
    }

    /// One still.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn still(&self, id: StillId) -> Result<Option<StillRow>> {
        self.read(|db| find(db, id))
    }

    /// Stills, newest first: at most `limit` (1 to 500) taken before `before`, and those that tie with the last.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn stills(&self, before: Option<UtcMicros>, limit: u32) -> Result<Vec<StillRow>> {
        self.read(|db| {
            let before = before.map_or(i64::MAX, |before| before.0);
            // The page ends at a time, never between two stills of one time: the next page begins below it.
            let last: Option<i64> = db
                .prepare_cached(
                    "SELECT at FROM still WHERE at < ?1 ORDER BY at DESC, id DESC LIMIT 1 OFFSET ?2 - 1",
                )?
                .query_row(params![before, clamp_limit(limit)], |row| row.get(0))
                .optional()?;
            let mut statement = db
                .prepare_cached(&format!("{COLUMNS} WHERE at < ?1 AND at >= ?2 ORDER BY at DESC, id DESC"))?;
            let rows = statement.query_map(params![before, last.unwrap_or(i64::MIN)], read)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
