//! Volumes as people set them. What they are like now is the archive's to know.

use crate::audit;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::sql::{check_text, uuid};
use crate::store::{DATABASE_FILE, KEEPING, Store};
use easien_model::VolumeId;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Map, Value, json};
use std::path::Path;

/// A place on a disk that recordings are written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeRow {
    /// Its id, which also stands in a file in its folder.
    pub id: VolumeId,
    /// 1 to 120 characters.
    pub name: String,
    /// Absolute path of its folder, where it was last; 1 to 4096 characters.
    pub path: String,
    /// Recordings take at most so much; absent: what the disk has, less the reserve.
    pub quota_bytes: Option<u64>,
    /// So much is left free.
    pub reserve_bytes: u64,
    /// It is written to.
    pub enabled: bool,
}

const COLUMNS: &str = "SELECT id, name, path, quota_bytes, reserve_bytes, enabled, removed_at FROM volume";

fn read(row: &Row<'_>) -> rusqlite::Result<(VolumeRow, bool)> {
    let volume = VolumeRow {
        id: VolumeId(uuid(row, 0)?),
        name: row.get(1)?,
        path: row.get(2)?,
        quota_bytes: row.get::<_, Option<i64>>(3)?.map(i64::unsigned_abs),
        reserve_bytes: row.get::<_, i64>(4)?.unsigned_abs(),
        enabled: row.get(5)?,
    };
    Ok((volume, row.get::<_, Option<i64>>(6)?.is_some()))
}

fn list(db: &Connection) -> Result<Vec<VolumeRow>> {
    let query = format!("{COLUMNS} WHERE removed_at IS NULL ORDER BY created_at, id");
    let mut statement = db.prepare_cached(&query)?;
    let rows = statement.query_map([], |row| read(row).map(|(volume, _)| volume))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A volume, and whether it was forgotten.
fn find(db: &Connection, id: VolumeId) -> Result<Option<(VolumeRow, bool)>> {
    let query = format!("{COLUMNS} WHERE id = ?1");
    Ok(db.prepare_cached(&query)?.query_row([id.0.into_bytes()], read).optional()?)
}

fn bytes(bytes: u64, field: &'static str) -> Result<i64> {
    i64::try_from(bytes).map_err(|_| Error::Invalid { key: "problem_volume_sizes", field })
}

fn object(id: VolumeId) -> String {
    format!("volume {id}")
}

impl Store {
    /// The volumes of the room in the order they were added, without those forgotten.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn volumes(&self) -> Result<Vec<VolumeRow>> {
        self.read(list)
    }

    /// The volumes of a data folder's room without opening its store: only read, also while a station runs.
    ///
    /// # Errors
    /// `Foreign`, `Newer`, `Unsuitable` (of an older program), or what SQLite says.
    pub fn volumes_of(folder: &Path) -> Result<Vec<VolumeRow>> {
        Database::open_to_read(folder.join(DATABASE_FILE), KEEPING)?.read(list)
    }

    /// Adds a volume, or changes it if the id exists, also one that was forgotten. Writing what stands changes nothing.
    ///
    /// # Errors
    /// `Invalid`, or what SQLite says.
    pub fn put_volume(&self, who: &str, row: VolumeRow) -> Result<VolumeRow> {
        check_text(&row.name, 1, 120, "problem_volume_name", "name")?;
        check_text(&row.path, 1, 4096, "problem_volume_path", "path")?;
        let quota = row.quota_bytes.map(|quota| bytes(quota, "quota_bytes")).transpose()?;
        let reserve = bytes(row.reserve_bytes, "reserve_bytes")?;
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| {
            let before = find(db, row.id)?;
            if before.as_ref().is_some_and(|(known, forgotten)| *known == row && !forgotten) {
                return Ok(row.clone());
            }
            db.prepare_cached(
                "INSERT INTO volume (id, name, path, quota_bytes, reserve_bytes, enabled, created_at, changed_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)
                 ON CONFLICT (id) DO UPDATE SET name = excluded.name, path = excluded.path,
                    quota_bytes = excluded.quota_bytes, reserve_bytes = excluded.reserve_bytes,
                    enabled = excluded.enabled, changed_at = excluded.changed_at, removed_at = NULL",
            )?
            .execute(params![
                row.id.0.into_bytes(),
                row.name,
                row.path,
                quota,
                reserve,
                row.enabled,
                now.0
            ])?;
            let detail = changes(before.as_ref().filter(|(_, forgotten)| !forgotten).map(|(known, _)| known), &row);
            audit::write(db, now, who, "volume.put", &object(row.id), &Value::Object(detail))?;
            Ok(row.clone())
        })
    }

    /// Forgets a volume; its row stays for what speaks of it. Doing it again changes nothing.
    ///
    /// # Errors
    /// `NotFound`, or what SQLite says.
    pub fn remove_volume(&self, who: &str, id: VolumeId) -> Result<()> {
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| {
            let (before, forgotten) =
                find(db, id)?.ok_or(Error::NotFound { key: "problem_volume_not_found", field: None })?;
            if forgotten {
                return Ok(());
            }
            db.prepare_cached("UPDATE volume SET removed_at = ?2, changed_at = ?2 WHERE id = ?1")?
                .execute(params![id.0.into_bytes(), now.0])?;
            let detail = json!({ "name": before.name, "path": before.path });
            audit::write(db, now, who, "volume.remove", &object(id), &detail)
        })
    }
}

/// For the audit: of a new volume all, of a known one old and new side by side.
fn changes(before: Option<&VolumeRow>, row: &VolumeRow) -> Map<String, Value> {
    let values = |row: &VolumeRow| {
        [
            ("name", json!(row.name)),
            ("path", json!(row.path)),
            ("quota_bytes", json!(row.quota_bytes)),
            ("reserve_bytes", json!(row.reserve_bytes)),
            ("enabled", json!(row.enabled)),
        ]
    };
    let mut detail = Map::new();
    match before {
        None => detail.extend(values(row).map(|(name, value)| (name.to_owned(), value))),
        Some(before) => {
            for ((name, old), (_, new)) in values(before).into_iter().zip(values(row)) {
                if old != new {
                    detail.insert(name.to_owned(), json!([old, new]));
                }
            }
        }
    }
    detail
}
