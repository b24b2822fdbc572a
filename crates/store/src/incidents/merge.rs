//! Duplicates: one incident becomes part of another. Both histories stay, the duplicate is cancelled and points at what
//! it became part of; its footage, bookmarks and stills belong to that one too, and are held by it.

use super::holding::{self, After};
use super::{IncidentChange, changed, existing, links, object, states, word};
use crate::audit;
use crate::error::{Error, Result};
use crate::sql::{check_text, uuid};
use crate::store::Store;
use easien_model::{IncidentId, IncidentState, Linked};
use rusqlite::{Connection, params};
use serde_json::json;

/// The incident, and every one that became part of it, also by way of another.
pub(super) const FAMILY: &str = "WITH RECURSIVE part (id) AS (
    SELECT ?1 UNION SELECT incident.id FROM part JOIN incident ON incident.merged_into = part.id)";

/// The same as ids, the incident itself first.
pub(super) fn family(db: &Connection, id: IncidentId) -> Result<Vec<IncidentId>> {
    let mut statement = db.prepare_cached(&format!("{FAMILY} SELECT id FROM part"))?;
    let rows = statement.query_map([id.0.into_bytes()], |row| uuid(row, 0).map(IncidentId))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

impl Store {
    /// Makes a duplicate part of another incident. The change tells of the duplicate; the other is in `others`. Doing
    /// it again changes nothing.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Precondition` when either of them is over, or what SQLite says.
    pub fn merge_incident(
        &self,
        who: &str,
        id: IncidentId,
        into: IncidentId,
        reason: &str,
        hold_days: u32,
    ) -> Result<IncidentChange> {
        check_text(reason, 1, 1000, "problem_reason", "reason")?;
        audit::check_who(who)?;
        if id == into {
            return Err(Error::Invalid { key: "problem_incident_itself", field: "into" });
        }
        let now = self.now();
        self.write_incident(|db| {
            let (duplicate, target) = (existing(db, id)?, existing(db, into)?);
            let mut holds = Vec::new();
            if duplicate.merged_into != Some(into) {
                if duplicate.state.is_over() || target.state.is_over() {
                    return Err(Error::Precondition { key: "problem_incident_over" });
                }
                for (_, what) in links::standing(db, id)? {
                    if !matches!(what, Linked::Incident(_)) {
                        links::add(db, who, into, &target.number, &what, now, &mut holds)?;
                    }
                }
                holds.extend(holding::set_all(db, who, &duplicate, After::days(now, hold_days), now)?);
                let cancelled = IncidentState::Cancelled;
                db.prepare_cached(
                    "UPDATE incident SET state = ?2, state_at = ?3, merged_into = ?4 WHERE id = ?1",
                )?
                .execute(params![
                    id.0.into_bytes(),
                    word(cancelled)?,
                    now.0,
                    into.0.into_bytes()
                ])?;
                states::step(db, who, id, Some(duplicate.state), cancelled, reason, now)?;
                let detail = json!({ "number": duplicate.number, "into": target.number, "reason": reason });
                audit::write(db, now, who, "incident.merge", &object(id), &detail)?;
                audit::write(db, now, who, "incident.merge", &object(into), &detail)?;
            }
            let mut change = changed(db, id, holds)?;
            change.others.push(existing(db, into)?);
            Ok(change)
        })
    }
}
