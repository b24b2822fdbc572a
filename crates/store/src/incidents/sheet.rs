//! Opening an incident, and changing what its sheet says.

use super::links::{self, LINKED_ONCE};
use super::{IncidentChange, IncidentDraft, changed, existing, notes, number, object, word};
use crate::audit;
use crate::error::{Error, Result};
use crate::fold::fold;
use crate::search;
use crate::sql::{check_text, need, need_category, origin};
use crate::store::Store;
use easien_model::{IncidentId, IncidentState, IncidentText, Linked, NoteId, Severity, UtcMicros};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};
use uuid::Uuid;

/// Most forms on a sheet.
const FORMS_MOST: usize = 16;

fn check(text: &IncidentText) -> Result<()> {
    check_text(&text.title, 1, 200, "problem_incident_title", "title")?;
    check_text(&text.road, 0, 200, "problem_incident_text", "road")?;
    check_text(&text.place, 0, 200, "problem_incident_text", "place")?;
    check_text(&text.forces, 0, 2_000, "problem_incident_text", "forces")?;
    check_text(&text.outcome_note, 0, 10_000, "problem_incident_text", "outcome_note")?;
    if text.forms.len() > FORMS_MOST {
        return Err(Error::Invalid { key: "problem_incident_forms", field: "forms" });
    }
    text.forms.iter().try_for_each(|form| check_text(form, 1, 80, "problem_incident_forms", "forms"))?;
    if let (Some(occurred), Some(ended)) = (text.occurred, text.ended)
        && ended < occurred
    {
        return Err(Error::Invalid { key: "problem_incident_times", field: "ended" });
    }
    Ok(())
}

/// What the sheet points at must be there.
fn check_names(db: &Connection, text: &IncidentText) -> Result<()> {
    need_category(db, text.category.as_deref())?;
    if let Some(unit) = text.unit {
        let exists = "SELECT EXISTS (SELECT 1 FROM unit WHERE id = ?1)";
        need(db, exists, unit.0.into_bytes(), "problem_unit_not_found", "unit")?;
    }
    Ok(())
}

/// Graver is more.
pub(super) fn severity_number(severity: Severity) -> i64 {
    match severity {
        Severity::Low => 1,
        Severity::Medium => 2,
        Severity::High => 3,
        Severity::Critical => 4,
    }
}

/// What a list of incidents looks through, beside notes and subjects.
fn folded(number: &str, text: &IncidentText) -> String {
    fold(&format!("{number} {} {} {}", text.title, text.road, text.place))
}

/// Keeps what the sheet says from now on.
fn keep(
    db: &Connection,
    who: &str,
    id: IncidentId,
    number: u32,
    text: &IncidentText,
    now: UtcMicros,
) -> Result<()> {
    let sheet = serde_json::to_string(text).map_err(|error| Error::Damaged(error.to_string()))?;
    db.prepare_cached(
        "INSERT INTO incident_edit (incident, number, sheet, author, edited_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![id.0.into_bytes(), number, sheet, who, now.0])?;
    Ok(())
}

/// A sheet summed up for the audit.
fn content(id: IncidentId, text: &IncidentText) -> Result<String> {
    let sheet = serde_json::to_string(text).map_err(|error| Error::Damaged(error.to_string()))?;
    Ok(audit::content(&[&id.0.into_bytes(), sheet.as_bytes()]))
}

/// Every sheet as it stands, summed up.
pub(crate) fn each_content(db: &Connection, told: &mut dyn FnMut(Uuid, String)) -> Result<()> {
    super::read::each(db, &mut |row| {
        told(row.id.0, content(row.id, &row.text)?);
        Ok(())
    })
}

/// Names of the fields that differ.
fn differing(before: &IncidentText, after: &IncidentText) -> Vec<String> {
    let fields = |text: &IncidentText| match serde_json::to_value(text) {
        Ok(Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let before = fields(before);
    fields(after)
        .into_iter()
        .filter(|(name, value)| before.get(name) != Some(value))
        .map(|(name, _)| name)
        .collect()
}

impl Store {
    /// Opens an incident with the next number of `year` (the local one) behind `prefix`, and holds its footage. Opening
    /// the same again gives the incident as it stands now.
    ///
    /// # Errors
    /// `Invalid`, `NotFound` for what it points at, `IdTaken`, `Damaged` when the file of numbers is, `File` when it
    /// cannot be written, or what SQLite says.
    pub fn open_incident(
        &self,
        who: &str,
        draft: &IncidentDraft,
        prefix: &str,
        year: i32,
    ) -> Result<IncidentChange> {
        let text = &draft.text;
        check(text)?;
        audit::check_who(who)?;
        if !draft.note.is_empty() {
            check_text(&draft.note, 1, 10_000, "problem_note_text", "note")?;
        }
        let what = [
            (draft.footage.len(), "footage"),
            (draft.bookmarks.len(), "bookmarks"),
            (draft.stills.len(), "stills"),
        ];
        if let Some((_, field)) = what.into_iter().find(|(count, _)| *count > LINKED_ONCE) {
            return Err(Error::Invalid { key: "problem_incident_links", field });
        }
        let said = json!([text, draft.footage, draft.bookmarks, draft.stills, draft.note]).to_string();
        let origin = origin(self.key(), &[said.as_bytes()]);
        let now = self.now();
        self.write_incident(|db| {
            let known: Option<[u8; 32]> = db
                .prepare_cached("SELECT origin FROM incident WHERE id = ?1")?
                .query_row([draft.id.0.into_bytes()], |row| row.get(0))
                .optional()?;
            if let Some(known) = known {
                return if known == origin {
                    changed(db, draft.id, Vec::new())
                } else {
                    Err(Error::IdTaken("incident"))
                };
            }
            check_names(db, text)?;
            let footage = draft.footage.iter().copied().map(Linked::Footage);
            let bookmarks = draft.bookmarks.iter().copied().map(Linked::Bookmark);
            let stills = draft.stills.iter().copied().map(Linked::Still);
            let linked: Vec<Linked> = footage.chain(bookmarks).chain(stills).collect();
            // All that may be refused before a number is taken.
            linked.iter().try_for_each(|what| links::check(db, draft.id, what))?;
            let sequence = match self.in_bulk() {
                false => number::next(db, self.folder(), year)?,
                true => number::written(db, year)? + 1,
            };
            let number = number::text(prefix, year, sequence);
            db.prepare_cached(
                "INSERT INTO incident (id, prefix, year, sequence, title, category, severity, source, detected_at,
                    occurred_at, ended_at, unit, road, place, forces, outcome, outcome_note, forms, folded, state,
                    state_at, opened_by, opened_at, origin)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
                    ?22, ?23, ?24)",
            )?
            .execute(params![
                draft.id.0.into_bytes(),
                prefix,
                year,
                sequence,
                text.title,
                text.category,
                severity_number(text.severity),
                word(text.source)?,
                text.detected.0,
                text.occurred.map(|at| at.0),
                text.ended.map(|at| at.0),
                text.unit.map(|unit| unit.0.into_bytes()),
                text.road,
                text.place,
                text.forces,
                text.outcome.map(word).transpose()?,
                text.outcome_note,
                json!(text.forms).to_string(),
                folded(&number, text),
                word(IncidentState::New)?,
                now.0,
                who,
                now.0,
                origin
            ])?;
            keep(db, who, draft.id, 0, text, now)?;
            super::states::step(db, who, draft.id, None, IncidentState::New, "", now)?;
            let detail = json!({
                "content": content(draft.id, text)?, "number": number, "title": text.title, "category": text.category, "footage": draft.footage,
                "bookmarks": draft.bookmarks, "stills": draft.stills,
            });
            audit::write(db, now, who, "incident.open", &object(draft.id), &detail)?;
            search::index(db, "incident", draft.id.0)?;
            let mut holds = Vec::new();
            for what in &linked {
                links::add(db, who, draft.id, &number, what, now, &mut holds)?;
            }
            if !draft.note.is_empty() {
                let id = NoteId::new();
                notes::insert(db, who, draft.id, id, &draft.note, text.detected, None, now)?;
            }
            changed(db, draft.id, holds)
        })
    }

    /// Changes what the sheet says. What it said before is kept. Writing what stands already changes nothing.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Precondition` when the incident is over, `Conflict` when it was changed more often than
    /// the writer knew, or what SQLite says.
    pub fn update_incident(
        &self,
        who: &str,
        id: IncidentId,
        text: &IncidentText,
        edits: u32,
    ) -> Result<IncidentChange> {
        check(text)?;
        audit::check_who(who)?;
        let now = self.now();
        self.write_incident(|db| {
            let before = existing(db, id)?;
            if before.text == *text {
                return changed(db, id, Vec::new());
            }
            if before.state.is_over() {
                return Err(Error::Precondition { key: "problem_incident_over" });
            }
            if before.edits != edits {
                return Err(Error::Conflict { key: "problem_incident_conflict" });
            }
            check_names(db, text)?;
            let number = before.edits + 1;
            keep(db, who, id, number, text, now)?;
            db.prepare_cached(
                "UPDATE incident SET title = ?2, category = ?3, severity = ?4, source = ?5, detected_at = ?6,
                    occurred_at = ?7, ended_at = ?8, unit = ?9, road = ?10, place = ?11, forces = ?12, outcome = ?13,
                    outcome_note = ?14, forms = ?15, folded = ?16, edits = ?17 WHERE id = ?1",
            )?
            .execute(params![
                id.0.into_bytes(),
                text.title,
                text.category,
                severity_number(text.severity),
                word(text.source)?,
                text.detected.0,
                text.occurred.map(|at| at.0),
                text.ended.map(|at| at.0),
                text.unit.map(|unit| unit.0.into_bytes()),
                text.road,
                text.place,
                text.forces,
                text.outcome.map(word).transpose()?,
                text.outcome_note,
                json!(text.forms).to_string(),
                folded(&before.number, text),
                number
            ])?;
            // The text stands in the history, which cannot change; the audit says what was changed, and sums it up.
            let detail = json!({
                "content": content(id, text)?, "number": number, "fields": differing(&before.text, text),
                "title": text.title,
            });
            audit::write(db, now, who, "incident.update", &object(id), &detail)?;
            search::index(db, "incident", id.0)?;
            changed(db, id, Vec::new())
        })
    }
}
