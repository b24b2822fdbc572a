//! The audit of an incident: who did what to it, and to what belongs to it.

use super::{IncidentAuditRow, attachments, existing, holding, links, merge, notes, object};
use crate::audit;
use crate::error::Result;
use crate::sql::{marks, utc};
use crate::store::{Store, clamp_limit};
use easien_model::{IncidentId, Linked};
use rusqlite::params_from_iter;
use rusqlite::types::Value as Sql;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A look within so long of the same person's last one is the same look: the page asks again whenever somebody else
/// changed something.
const SAME_LOOK_US: i64 = 5 * 60 * 1_000_000;

impl Store {
    /// Writes down that somebody looked at an incident.
    ///
    /// # Errors
    /// `NotFound`, or what SQLite says.
    pub fn saw_incident(&self, who: &str, id: IncidentId) -> Result<()> {
        let (now, object) = (self.now(), object(id));
        let fresh: bool = self.read(|db| {
            existing(db, id)?;
            Ok(db
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM audit WHERE object = ?1 AND command = 'incident.get' AND who = ?2
                        AND at > ?3 AND at <= ?4)",
                )?
                .query_row(rusqlite::params![object, who, now.0 - SAME_LOOK_US, now.0], |row| row.get(0))?)
        })?;
        if fresh {
            return Ok(());
        }
        self.write(|db| audit::write(db, now, who, "incident.get", &object, &json!({})))
    }

    /// The audit of an incident, its duplicates, and what belongs to them (notes, holds, bookmarks, stills, attachments),
    /// newest first: at most `limit` (1 to 500) rows.
    ///
    /// # Errors
    /// `NotFound`, or what SQLite says.
    pub fn incident_audit(&self, id: IncidentId, limit: u32) -> Result<Vec<IncidentAuditRow>> {
        self.read(|db| {
            existing(db, id)?;
            let mut objects: BTreeMap<String, String> = BTreeMap::new();
            for part in merge::family(db, id)? {
                objects.insert(object(part), existing(db, part)?.number);
                for (_, what) in links::ever(db, part)? {
                    match what {
                        Linked::Bookmark(id) => drop(objects.insert(format!("bookmark {id}"), String::new())),
                        Linked::Still(id) => drop(objects.insert(format!("still {id}"), String::new())),
                        Linked::Footage(_) | Linked::Incident(_) => {}
                    }
                }
                for note in notes::ids(db, part)? {
                    objects.insert(format!("note {note}"), String::new());
                }
                for hold in holding::of(db, part)? {
                    objects.insert(format!("hold {hold}"), String::new());
                }
                for row in attachments::attachments(db, part)? {
                    let attachment = row.attachment;
                    objects.insert(format!("attachment {}", attachment.id), attachment.name);
                }
            }
            let query = format!(
                "SELECT seq, at, who, command, object, detail FROM audit WHERE object IN ({}) ORDER BY seq DESC LIMIT ?",
                marks(objects.len())
            );
            let values = objects.keys().cloned().map(Sql::Text);
            let values = values.chain([Sql::Integer(i64::from(clamp_limit(limit)))]);
            let mut statement = db.prepare(&query)?;
            let rows = statement.query_map(params_from_iter(values), |row| {
                let (object, detail): (String, String) = (row.get(4)?, row.get(5)?);
                Ok(IncidentAuditRow {
                    seq: row.get(0)?,
                    at: utc(row, 1)?,
                    who: row.get(2)?,
                    command: row.get(3)?,
                    object_name: objects.get(&object).cloned().unwrap_or_default(),
                    object,
                    detail: serde_json::from_str(&detail).unwrap_or(Value::String(detail)),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
