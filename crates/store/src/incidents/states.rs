//! How far an incident is: from new to closed, and back. Who may move it where stands in the model.

use super::holding::{self, After};
use super::{IncidentChange, changed, existing, object, read_word, read_word_opt, word};
use crate::audit;
use crate::error::{Error, Result};
use crate::sql::check_text;
use crate::store::Store;
use easien_model::{IncidentId, IncidentState, Mover, UtcMicros};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

/// Moves an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentMove {
    /// Which.
    pub id: IncidentId,
    /// The state that the mover saw.
    pub from: IncidentState,
    /// Where to.
    pub to: IncidentState,
    /// Why, 1,000 characters at most; needed to send back, to reopen, to cancel.
    pub reason: String,
}

/// Writes down that the state was moved.
pub(super) fn step(
    db: &Connection,
    who: &str,
    id: IncidentId,
    from: Option<IncidentState>,
    to: IncidentState,
    reason: &str,
    now: UtcMicros,
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO incident_step (incident, number, from_state, to_state, reason, author, moved_at)
         SELECT ?1, ifnull(max(number) + 1, 0), ?2, ?3, ?4, ?5, ?6 FROM incident_step WHERE incident = ?1",
    )?
    .execute(params![id.0.into_bytes(), from.map(word).transpose()?, word(to)?, reason, who, now.0])?;
    Ok(())
}

/// Whether the last step was this one already: a retry whose reply was lost.
fn is_done(db: &Connection, who: &str, wish: &IncidentMove) -> Result<bool> {
    let last = db
        .prepare_cached(
            "SELECT from_state, to_state, reason, author FROM incident_step WHERE incident = ?1
             ORDER BY number DESC LIMIT 1",
        )?
        .query_row([wish.id.0.into_bytes()], |row| {
            let states = (read_word_opt::<IncidentState>(row, 0)?, read_word::<IncidentState>(row, 1)?);
            Ok((states, row.get::<_, String>(2)?, row.get::<_, String>(3)?))
        })
        .optional()?;
    Ok(last.is_some_and(|(states, reason, author)| {
        states == (Some(wish.from), wish.to) && reason == wish.reason && author == who
    }))
}

impl Store {
    /// Moves an incident. Closing and cancelling let its holds run out `hold_days` later, opening again makes them
    /// stand. The same move by the same person again changes nothing.
    ///
    /// # Errors
    /// `Invalid` without a reason where one is needed, `NotFound`, `Conflict` when it is not (or no more) in the state
    /// that the mover saw, `Forbidden` when the mover may not, or what SQLite says.
    pub fn move_incident(
        &self,
        who: &str,
        supervisor: bool,
        wish: &IncidentMove,
        hold_days: u32,
    ) -> Result<IncidentChange> {
        check_text(&wish.reason, 0, 1000, "problem_reason", "reason")?;
        audit::check_who(who)?;
        let now = self.now();
        self.write_incident(|db| {
            let before = existing(db, wish.id)?;
            if wish.from == wish.to {
                return Err(Error::Conflict { key: "problem_incident_moved" });
            }
            if before.state == wish.to && is_done(db, who, wish)? {
                return changed(db, wish.id, Vec::new());
            }
            if before.state != wish.from {
                return Err(Error::Conflict { key: "problem_incident_moved" });
            }
            let mover = Mover { supervisor, opener: before.opened_by == who };
            if !wish.from.may_become(wish.to, mover) {
                return Err(Error::Forbidden { key: "problem_incident_move" });
            }
            if wish.from.needs_reason(wish.to) {
                check_text(&wish.reason, 1, 1000, "problem_reason", "reason")?;
            }
            db.prepare_cached("UPDATE incident SET state = ?2, state_at = ?3 WHERE id = ?1")?
                .execute(params![wish.id.0.into_bytes(), word(wish.to)?, now.0])?;
            if wish.to == IncidentState::Closed {
                db.prepare_cached("UPDATE incident SET approved_by = ?2, closed_at = ?3 WHERE id = ?1")?
                    .execute(params![wish.id.0.into_bytes(), who, now.0])?;
            }
            step(db, who, wish.id, Some(wish.from), wish.to, &wish.reason, now)?;
            let detail = json!({
                "number": before.number, "from": wish.from, "to": wish.to, "reason": wish.reason,
            });
            audit::write(db, now, who, "incident.move", &object(wish.id), &detail)?;
            let after = match wish.to {
                IncidentState::Closed | IncidentState::Cancelled => After::days(now, hold_days),
                IncidentState::Reopened => After::Stands,
                _ => return changed(db, wish.id, Vec::new()),
            };
            let holds = holding::set_all(db, who, &before, after, now)?;
            changed(db, wish.id, holds)
        })
    }
}
