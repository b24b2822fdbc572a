//! An incident's chronology: notes, and notes that correct notes. Nothing of it is ever changed.

use super::{IncidentChange, IncidentNoteDraft, IncidentNoteRow, changed, merge, writable};
use crate::audit;
use crate::error::{Error, Result};
use crate::fold::fold;
use crate::rows::{NoteDraft, NoteRow};
use crate::search;
use crate::sql::{check_text, utc, uuid, uuid_opt};
use crate::store::Store;
use easien_model::{CameraId, IncidentId, NoteId, UtcMicros};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

/// Writes a note that was checked, with its audit row.
#[allow(clippy::too_many_arguments)]
pub(super) fn insert(
    db: &Connection,
    who: &str,
    incident: IncidentId,
    id: NoteId,
    text: &str,
    at: UtcMicros,
    corrects: Option<NoteId>,
    now: UtcMicros,
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO note (id, text, at, author, created_at, in_incident) VALUES (?1, ?2, ?3, ?4, ?5, 1)",
    )?
    .execute(params![id.0.into_bytes(), text, at.0, who, now.0])?;
    db.prepare_cached(
        "INSERT INTO incident_note (note, incident, corrects, folded) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![
        id.0.into_bytes(),
        incident.0.into_bytes(),
        corrects.map(|id| id.0.into_bytes()),
        fold(text)
    ])?;
    // The text stands in the note, which cannot change; the audit says that it was written, and sums it up.
    let note = NoteDraft { id, text: text.to_owned(), camera: None, at, category: None };
    let content = crate::notes::content_in(incident, &note, who, now, corrects);
    let detail = json!({ "incident": incident, "at": at, "corrects": corrects, "content": content });
    audit::write(db, now, who, "incident.note", &format!("note {id}"), &detail)?;
    search::index(db, "note", id.0)
}

/// A note as it was asked for.
fn find(db: &Connection, id: NoteId) -> Result<Option<(IncidentNoteDraft, String)>> {
    let mut statement = db.prepare_cached(
        "SELECT note.text, note.at, note.author, incident_note.incident, incident_note.corrects
         FROM incident_note JOIN note ON note.id = incident_note.note WHERE incident_note.note = ?1",
    )?;
    let row = statement.query_row([id.0.into_bytes()], |row| {
        let draft = IncidentNoteDraft {
            id,
            incident: IncidentId(uuid(row, 3)?),
            text: row.get(0)?,
            at: utc(row, 1)?,
            corrects: uuid_opt(row, 4)?.map(NoteId),
        };
        Ok((draft, row.get(2)?))
    });
    Ok(row.optional()?)
}

/// The chronology of an incident and of what became part of it, oldest moment first. (CROSS: with its statistics the
/// planner would go through all notes, to have them in their order.)
pub(super) fn all(db: &Connection, id: IncidentId) -> Result<Vec<IncidentNoteRow>> {
    let mut statement = db.prepare_cached(&format!(
        "{} SELECT note.id, note.text, note.camera, note.at, note.category, note.author, note.created_at,
            incident_note.incident, incident_note.corrects, correction.note
         FROM part CROSS JOIN incident_note ON incident_note.incident = part.id
            CROSS JOIN note ON note.id = incident_note.note
            LEFT JOIN incident_note AS correction ON correction.corrects = note.id
         ORDER BY note.at, note.seq",
        merge::FAMILY
    ))?;
    let rows = statement.query_map([id.0.into_bytes()], |row| {
        Ok(IncidentNoteRow {
            note: NoteRow {
                note: NoteDraft {
                    id: NoteId(uuid(row, 0)?),
                    text: row.get(1)?,
                    camera: uuid_opt(row, 2)?.map(CameraId),
                    at: utc(row, 3)?,
                    category: row.get(4)?,
                },
                author: row.get(5)?,
                created: utc(row, 6)?,
            },
            incident: IncidentId(uuid(row, 7)?),
            corrects: uuid_opt(row, 8)?.map(NoteId),
            corrected_by: uuid_opt(row, 9)?.map(NoteId),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The notes of an incident's own chronology.
pub(super) fn ids(db: &Connection, id: IncidentId) -> Result<Vec<NoteId>> {
    let mut statement = db.prepare_cached("SELECT note FROM incident_note WHERE incident = ?1")?;
    let rows = statement.query_map([id.0.into_bytes()], |row| uuid(row, 0).map(NoteId))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Refuses a correction of what is not there, was corrected already, or is somebody else's.
fn check_correction(
    db: &Connection,
    who: &str,
    supervisor: bool,
    incident: IncidentId,
    corrects: NoteId,
) -> Result<()> {
    let not_found = Error::NotFound { key: "problem_incident_note_not_found", field: Some("corrects") };
    let Some((known, author)) = find(db, corrects)? else { return Err(not_found) };
    if !merge::family(db, incident)?.contains(&known.incident) {
        return Err(not_found);
    }
    if author != who && !supervisor {
        return Err(Error::NotOwn { key: "problem_incident_note_not_own", author });
    }
    let corrected: bool = db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM incident_note WHERE corrects = ?1)")?
        .query_row([corrects.0.into_bytes()], |row| row.get(0))?;
    if corrected { Err(Error::Conflict { key: "problem_incident_note_corrected" }) } else { Ok(()) }
}

impl Store {
    /// The incident that a note was written in; absent: it is the feed's.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn incident_of_note(&self, id: NoteId) -> Result<Option<IncidentId>> {
        self.read(|db| Ok(find(db, id)?.map(|(draft, _)| draft.incident)))
    }

    /// Adds to an incident's chronology. Adding the same again changes nothing. A note is corrected once, by its
    /// writer or a supervisor; the correction may be corrected.
    ///
    /// # Errors
    /// `Invalid`, `NotFound` for the incident or the note that is corrected, `Precondition` when the incident is over,
    /// `Conflict` when it was corrected already, `NotOwn`, `IdTaken`, or what SQLite says.
    pub fn add_incident_note(
        &self,
        who: &str,
        supervisor: bool,
        draft: &IncidentNoteDraft,
    ) -> Result<IncidentChange> {
        check_text(&draft.text, 1, 10_000, "problem_note_text", "text")?;
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| {
            if let Some((known, author)) = find(db, draft.id)? {
                let same = known == *draft && author == who;
                return if same {
                    changed(db, draft.incident, Vec::new())
                } else {
                    Err(Error::IdTaken("note"))
                };
            }
            if crate::notes::find(db, draft.id)?.is_some() {
                return Err(Error::IdTaken("note"));
            }
            writable(db, draft.incident)?;
            if let Some(corrects) = draft.corrects {
                check_correction(db, who, supervisor, draft.incident, corrects)?;
            }
            insert(db, who, draft.incident, draft.id, &draft.text, draft.at, draft.corrects, now)?;
            changed(db, draft.incident, Vec::new())
        })
    }
}
