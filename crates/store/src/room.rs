//! What the room remembers about itself: settings, and each window's wall.

use crate::audit;
use crate::error::{Error, Result};
use crate::rows::WallRow;
use crate::sql::{json, need_camera, uuid};
use crate::store::Store;
use easien_model::CameraId;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value};

/// Most tiles of a wall.
const TILES_MOST: usize = 256;

fn settings(db: &Connection) -> Result<Map<String, Value>> {
    let mut statement = db.prepare_cached("SELECT name, value FROM setting ORDER BY name")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, json(row, 1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The wall as stored, with deleted cameras still in it unless `living`.
fn wall(db: &Connection, window: &str, living: bool) -> Result<Option<WallRow>> {
    let found: Option<(u32, u32)> = db
        .prepare_cached("SELECT grid, tiles FROM wall WHERE window = ?1")?
        .query_row([window], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((grid, length)) = found else { return Ok(None) };
    let mut tiles = vec![None; length as usize];
    let mut statement = db.prepare_cached(
        "SELECT tile, camera FROM wall_tile JOIN camera ON camera.id = camera
         WHERE window = ?1 AND (deleted_at IS NULL OR NOT ?2)",
    )?;
    let mut rows = statement.query(params![window, living])?;
    while let Some(row) = rows.next()? {
        if let Some(tile) = tiles.get_mut(row.get::<_, u32>(0)? as usize) {
            *tile = Some(CameraId(uuid(row, 1)?));
        }
    }
    Ok(Some(WallRow { window: window.to_owned(), grid, tiles }))
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
    pub fn wall(&self, window: &str) -> Result<Option<WallRow>> {
        self.read(|db| wall(db, window, true))
    }

    /// Remembers a window's wall. Writing what is stored already changes nothing.
    ///
    /// # Errors
    /// `Invalid`, `NotFound` for a camera that never was, or what SQLite says.
    pub fn put_wall(&self, who: &str, row: &WallRow) -> Result<()> {
        let named = (1..=64).contains(&row.window.len())
            && row.window.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if !named {
            return Err(Error::Invalid { key: "problem_window_name", field: "window" });
        }
        if ![1, 4, 9, 16, 25, 36, 64].contains(&row.grid) {
            return Err(Error::Invalid { key: "problem_wall_grid", field: "grid" });
        }
        if row.tiles.len() > TILES_MOST {
            return Err(Error::Invalid { key: "problem_wall_tiles", field: "tiles" });
        }
        let now = self.now();
        self.write(|db| {
            if wall(db, &row.window, false)?.as_ref() == Some(row) {
                return Ok(());
            }
            db.prepare_cached(
                "INSERT INTO wall (window, grid, tiles, changed_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (window) DO UPDATE SET grid = excluded.grid, tiles = excluded.tiles,
                    changed_at = excluded.changed_at",
            )?
            .execute(params![row.window, row.grid, row.tiles.len() as i64, now.0])?;
            db.prepare_cached("DELETE FROM wall_tile WHERE window = ?1")?.execute([&row.window])?;
            for (tile, camera) in (0_i64..).zip(&row.tiles) {
                if let Some(camera) = camera {
                    need_camera(db, *camera, "tiles")?;
                    db.prepare_cached("INSERT INTO wall_tile (window, tile, camera) VALUES (?1, ?2, ?3)")?
                        .execute(params![row.window, tile, camera.0.into_bytes()])?;
                }
            }
            let detail = serde_json::json!({
                "grid": row.grid, "cameras": row.tiles.iter().flatten().count(),
            });
            audit::write(db, now, who, "wall.remember", &format!("wall {}", row.window), &detail)
        })
    }
}
