//! What the room remembers about itself: settings, and each window's wall.

use crate::audit;
use crate::error::{Error, Result};
use crate::rows::{WallRemembered, WallRow};
use crate::sql::{json, need_camera, utc, uuid};
use crate::store::Store;
use easien_model::{CameraId, UtcMicros};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value};

/// Most tiles of a wall.
const TILES_MOST: usize = 256;
/// Longest view, as JSON.
const VIEW_MOST_BYTES: usize = 65_536;
/// Within this time what was written is not written again.
const FRESH_US: i64 = 3_600_000_000;

fn settings(db: &Connection) -> Result<Map<String, Value>> {
    let mut statement = db.prepare_cached("SELECT name, value FROM setting ORDER BY name")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, json(row, 1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The wall as stored, with deleted cameras still in it unless `living`.
fn wall(db: &Connection, window: &str, living: bool) -> Result<Option<WallRemembered>> {
    let found = db
        .prepare_cached("SELECT shape, tiles, view, changed_by, changed_at FROM wall WHERE window = ?1")?
        .query_row([window], |row| {
            let tiles = vec![None; row.get::<_, u32>(1)? as usize];
            let wall =
                WallRow { window: window.to_owned(), shape: json(row, 0)?, tiles, view: json(row, 2)? };
            Ok(WallRemembered { wall, who: row.get(3)?, at: utc(row, 4)? })
        })
        .optional()?;
    let Some(mut found) = found else { return Ok(None) };
    let mut statement = db.prepare_cached(
        "SELECT tile, camera FROM wall_tile JOIN camera ON camera.id = camera
         WHERE window = ?1 AND (deleted_at IS NULL OR NOT ?2)",
    )?;
    let mut rows = statement.query(params![window, living])?;
    while let Some(row) = rows.next()? {
        if let Some(tile) = found.wall.tiles.get_mut(row.get::<_, u32>(0)? as usize) {
            *tile = Some(CameraId(uuid(row, 1)?));
        }
    }
    Ok(Some(found))
}

impl Store {
    /// All settings that were ever put, by name; what is absent has the program's default.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn settings(&self) -> Result<Map<String, Value>> {
        self.read(settings)
    }

    /// Puts the settings named; others stay. Gives all of them. Writing what is stored already changes nothing. No
    /// secret belongs here: values stand in the audit.
    ///
    /// # Errors
    /// `Invalid` for a name that is empty or longer than 64 characters, or what SQLite says.
    pub fn put_settings(&self, who: &str, changes: &Map<String, Value>) -> Result<Map<String, Value>> {
        let now = self.now();
        self.write(|db| {
            let before = settings(db)?;
            let mut detail = Map::new();
            for (name, value) in changes.iter().filter(|(name, value)| before.get(*name) != Some(value)) {
                if !(1..=64).contains(&name.chars().count()) {
                    return Err(Error::Invalid { key: "problem_arguments", field: "settings" });
                }
                db.prepare_cached(
                    "INSERT INTO setting (name, value) VALUES (?1, ?2)
                     ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                )?
                .execute(params![name, value.to_string()])?;
                detail.insert(name.clone(), value.clone());
            }
            if detail.is_empty() {
                return Ok(before);
            }
            audit::write(db, now, who, "room.set", "room", &Value::Object(detail))?;
            settings(db)
        })
    }

    /// A window's wall as remembered. Cameras that were taken out of the room leave an empty tile.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn wall(&self, window: &str) -> Result<Option<WallRemembered>> {
        self.read(|db| wall(db, window, true))
    }

    /// Remembers a window's wall. Writing what one has stored oneself within the hour changes nothing. Which cameras
    /// stand on it is told to the audit if it is `audited`; where the eye is never is.
    ///
    /// # Errors
    /// `Invalid`, `NotFound` for a camera that never was, or what SQLite says.
    pub fn put_wall(&self, who: &str, row: &WallRow, audited: bool) -> Result<()> {
        let named = (1..=64).contains(&row.window.len())
            && row.window.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if !named {
            return Err(Error::Invalid { key: "problem_window_name", field: "window" });
        }
        if !row.shape.is_whole() {
            return Err(Error::Invalid { key: "problem_wall_shape", field: "shape" });
        }
        if row.tiles.len() > TILES_MOST {
            return Err(Error::Invalid { key: "problem_wall_tiles", field: "tiles" });
        }
        let view = row.view.to_string();
        if view.len() > VIEW_MOST_BYTES {
            return Err(Error::Invalid { key: "problem_arguments", field: "view" });
        }
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| {
            let before = wall(db, &row.window, false)?;
            if before.as_ref().is_some_and(|before| {
                before.wall == *row && before.who == who && now.0 - before.at.0 < FRESH_US
            }) {
                return Ok(());
            }
            let shape = serde_json::to_string(&row.shape).map_err(|error| Error::Damaged(error.to_string()))?;
            db.prepare_cached(
                "INSERT INTO wall (window, shape, tiles, view, changed_by, changed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (window) DO UPDATE SET shape = excluded.shape, tiles = excluded.tiles,
                    view = excluded.view, changed_by = excluded.changed_by, changed_at = excluded.changed_at",
            )?
            .execute(params![row.window, shape, row.tiles.len() as i64, view, who, now.0])?;
            if before.as_ref().is_some_and(|before| before.wall.tiles == row.tiles) {
                // Only where the eye is, or the shape.
                let same_shape = before.is_some_and(|before| before.wall.shape == row.shape);
                return if same_shape || !audited { Ok(()) } else { tell(db, now, who, row) };
            }
            db.prepare_cached("DELETE FROM wall_tile WHERE window = ?1")?.execute([&row.window])?;
            for (tile, camera) in (0_i64..).zip(&row.tiles) {
                if let Some(camera) = camera {
                    need_camera(db, *camera, "tiles")?;
                    db.prepare_cached("INSERT INTO wall_tile (window, tile, camera) VALUES (?1, ?2, ?3)")?
                        .execute(params![row.window, tile, camera.0.into_bytes()])?;
                }
            }
            if audited { tell(db, now, who, row) } else { Ok(()) }
        })
    }
}

/// The audit of what stands on a wall.
fn tell(db: &Connection, now: UtcMicros, who: &str, row: &WallRow) -> Result<()> {
    let detail = serde_json::json!({
        "form": row.shape.form, "cameras": row.tiles.iter().flatten().count(),
    });
    audit::write(db, now, who, "wall.remember", &format!("wall {}", row.window), &detail)
}
