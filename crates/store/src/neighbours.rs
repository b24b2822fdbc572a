//! Neighbours: where a camera's road goes on. Edited data; what stood before is in the audit.

use crate::audit;
use crate::error::{Error, Result};
use crate::sql::{check_text, need_living, uuid};
use crate::store::Store;
use easien_model::CameraId;
use rusqlite::{Connection, params};
use serde::Serialize;
use serde_json::json;
use std::collections::HashSet;

/// Most neighbours of a camera.
const MOST: usize = 8;
const KEY: &str = "problem_neighbours";

/// Where a camera's road goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NeighbourRow {
    /// The next camera.
    pub camera: CameraId,
    /// About how long one drives there, 0 to 3600.
    pub seconds: u32,
    /// Which way; may be empty, at most 120 characters.
    pub direction: String,
}

/// The neighbours that are in the room, in their order.
fn of(db: &Connection, camera: CameraId) -> Result<Vec<NeighbourRow>> {
    let mut statement = db.prepare_cached(
        "SELECT next, seconds, direction FROM neighbour JOIN camera ON camera.id = next
         WHERE neighbour.camera = ?1 AND deleted_at IS NULL ORDER BY neighbour.position",
    )?;
    let rows = statement.query_map([camera.0.into_bytes()], |row| {
        Ok(NeighbourRow { camera: CameraId(uuid(row, 0)?), seconds: row.get(1)?, direction: row.get(2)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

impl Store {
    /// Every camera's neighbours, of those that have any; cameras that were taken out are left out.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn neighbours(&self) -> Result<Vec<(CameraId, Vec<NeighbourRow>)>> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT DISTINCT camera.id FROM neighbour JOIN camera ON camera.id = neighbour.camera
                 WHERE deleted_at IS NULL ORDER BY length(code), code",
            )?;
            let cameras = statement.query_map([], |row| uuid(row, 0).map(CameraId))?;
            let mut all = Vec::new();
            for camera in cameras {
                let camera = camera?;
                let next = of(db, camera)?;
                if !next.is_empty() {
                    all.push((camera, next));
                }
            }
            Ok(all)
        })
    }

    /// Sets a camera's neighbours. Writing what stands changes nothing.
    ///
    /// # Errors
    /// `Invalid`, `NotFound` for a camera that is not in the room, or what SQLite says.
    pub fn put_neighbours(
        &self,
        who: &str,
        camera: CameraId,
        next: Vec<NeighbourRow>,
    ) -> Result<Vec<NeighbourRow>> {
        let invalid = Err(Error::Invalid { key: KEY, field: "next" });
        let once = next.iter().map(|row| row.camera).collect::<HashSet<_>>();
        if next.len() > MOST || once.len() != next.len() || once.contains(&camera) {
            return invalid;
        }
        if next.iter().any(|row| row.seconds > 3600) {
            return invalid;
        }
        next.iter().try_for_each(|row| check_text(&row.direction, 0, 120, KEY, "next"))?;
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| {
            need_living(db, camera, "camera")?;
            for row in &next {
                need_living(db, row.camera, "next")?;
            }
            let before = of(db, camera)?;
            if before == next {
                return Ok(before);
            }
            db.prepare_cached("DELETE FROM neighbour WHERE camera = ?1")?.execute([camera.0.into_bytes()])?;
            for (position, row) in (0_i64..).zip(&next) {
                db.prepare_cached(
                    "INSERT INTO neighbour (camera, position, next, seconds, direction) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![
                    camera.0.into_bytes(),
                    position,
                    row.camera.0.into_bytes(),
                    row.seconds,
                    row.direction
                ])?;
            }
            let detail = json!({ "before": before, "next": next });
            audit::write(db, now, who, "neighbour.put", &format!("camera {camera}"), &detail)?;
            of(db, camera)
        })
    }
}
