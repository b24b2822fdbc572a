//! What is counted of incidents: of all in a time, one row each, by the index of when the room learned of them.

use super::read_word;
use crate::error::Result;
use crate::sql::{utc, utc_opt, uuid, uuid_opt};
use crate::store::Store;
use easien_model::{CameraId, IncidentState, UnitId, UtcMicros};
use std::collections::HashMap;

/// An incident, as far as it is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFigures {
    /// Code of its category.
    pub category: Option<String>,
    /// Its unit.
    pub unit: Option<UnitId>,
    /// When the room learned of it.
    pub detected: UtcMicros,
    /// How far it is.
    pub state: IncidentState,
    /// When it was closed last, also when it was opened again.
    pub closed: Option<UtcMicros>,
    /// It became part of another.
    pub merged: bool,
    /// Cameras of its footage and its bookmarks.
    pub cameras: Vec<CameraId>,
    /// Who was told when, and when they answered.
    pub notices: Vec<(UtcMicros, Option<UtcMicros>)>,
}

impl Store {
    /// Incidents that the room learned of in `[from, to)`, the oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn case_figures(&self, from: UtcMicros, to: UtcMicros) -> Result<Vec<CaseFigures>> {
        self.read(|db| {
            let span = [from.0, to.0];
            let mut cases = Vec::new();
            let mut places: HashMap<uuid::Uuid, usize> = HashMap::new();
            let mut statement = db.prepare_cached(
                "SELECT id, category, unit, detected_at, state, closed_at, merged_into IS NOT NULL FROM incident
                 WHERE detected_at >= ?1 AND detected_at < ?2 ORDER BY detected_at, id",
            )?;
            let mut rows = statement.query(span)?;
            while let Some(row) = rows.next()? {
                places.insert(uuid(row, 0)?, cases.len());
                cases.push(CaseFigures {
                    category: row.get(1)?,
                    unit: uuid_opt(row, 2)?.map(UnitId),
                    detected: utc(row, 3)?,
                    state: read_word(row, 4)?,
                    closed: utc_opt(row, 5)?,
                    merged: row.get(6)?,
                    cameras: Vec::new(),
                    notices: Vec::new(),
                });
            }
            let mut statement = db.prepare_cached(
                "SELECT incident.id, incident_link.camera FROM incident
                    JOIN incident_link ON incident_link.incident = incident.id
                 WHERE detected_at >= ?1 AND detected_at < ?2 AND removed_at IS NULL AND kind = 'footage'
                 UNION
                 SELECT incident.id, bookmark_camera.camera FROM incident
                    JOIN incident_link ON incident_link.incident = incident.id
                    JOIN bookmark_camera ON bookmark_camera.bookmark = incident_link.bookmark
                 WHERE detected_at >= ?1 AND detected_at < ?2 AND removed_at IS NULL AND kind = 'bookmark'",
            )?;
            let mut rows = statement.query(span)?;
            while let Some(row) = rows.next()? {
                if let Some(case) = places.get(&uuid(row, 0)?).and_then(|at| cases.get_mut(*at)) {
                    case.cameras.push(CameraId(uuid(row, 1)?));
                }
            }
            let mut statement = db.prepare_cached(
                "SELECT incident.id, notified_at, responded_at FROM incident
                    JOIN notice ON notice.incident = incident.id
                 WHERE detected_at >= ?1 AND detected_at < ?2
                    AND notice.number = (SELECT max(number) FROM notice AS other WHERE other.id = notice.id)",
            )?;
            let mut rows = statement.query(span)?;
            while let Some(row) = rows.next()? {
                if let Some(case) = places.get(&uuid(row, 0)?).and_then(|at| cases.get_mut(*at)) {
                    case.notices.push((utc(row, 1)?, utc_opt(row, 2)?));
                }
            }
            Ok(cases)
        })
    }
}
