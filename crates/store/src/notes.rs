//! Notes: append-only text by a person at a time.

use crate::audit;
use crate::error::{Error, Result};
use crate::rows::{NoteDraft, NoteRow};
use crate::search;
use crate::sql::{check_text, need_camera, need_category, utc, uuid, uuid_opt};
use crate::store::Store;
use easien_model::{CameraId, IncidentId, NoteId, UtcMicros};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;
use uuid::Uuid;

/// One note.
pub(crate) fn find(db: &Connection, id: NoteId) -> Result<Option<NoteRow>> {
    let mut statement = db.prepare_cached(
        "SELECT id, text, camera, at, category, author, created_at FROM note WHERE id = ?1",
    )?;
    Ok(statement.query_row([id.0.into_bytes()], read).optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<NoteRow> {
    Ok(NoteRow {
        note: NoteDraft {
            id: NoteId(uuid(row, 0)?),
            text: row.get(1)?,
            camera: uuid_opt(row, 2)?.map(CameraId),
            at: utc(row, 3)?,
            category: row.get(4)?,
        },
        author: row.get(5)?,
        created: utc(row, 6)?,
    })
}

/// A note summed up for the audit.
pub(crate) fn content(note: &NoteDraft, author: &str, created: UtcMicros) -> String {
    audit::content(&[
        &note.id.0.into_bytes(),
        note.text.as_bytes(),
        &note.camera.map_or([0; 16], |camera| camera.0.into_bytes()),
        &note.at.0.to_be_bytes(),
        note.category.as_deref().unwrap_or_default().as_bytes(),
        author.as_bytes(),
        &created.0.to_be_bytes(),
    ])
}

/// Every note, summed up.
pub(crate) fn each_content(db: &Connection, told: &mut dyn FnMut(Uuid, String)) -> Result<()> {
    let mut statement = db.prepare(
        "SELECT id, text, camera, at, category, author, created_at, incident, corrects, in_incident
         FROM note LEFT JOIN incident_note ON incident_note.note = note.id",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (place, corrects) = (uuid_opt(row, 7)?.map(IncidentId), uuid_opt(row, 8)?.map(NoteId));
        let in_incident: bool = row.get(9)?;
        let row = read(row)?;
        let content = match place {
            Some(incident) => content_in(incident, &row.note, &row.author, row.created, corrects),
            // One that lost its incident is not what was written.
            None if in_incident => String::new(),
            None => content(&row.note, &row.author, row.created),
        };
        told(row.note.id.0, content);
    }
    Ok(())
}

/// A note of an incident, summed up with where it stands and what it corrects.
pub(crate) fn content_in(
    incident: IncidentId,
    note: &NoteDraft,
    author: &str,
    created: UtcMicros,
    corrects: Option<NoteId>,
) -> String {
    let note = content(note, author, created);
    let corrects = corrects.map_or([0; 16], |id| id.0.into_bytes());
    audit::content(&[note.as_bytes(), &incident.0.into_bytes(), &corrects])
}

impl Store {
    /// Writes a note. Writing the same again gives the note that stands.
    ///
    /// # Errors
    /// `Invalid`, `NotFound` for the camera or category, `IdTaken`, or what SQLite says.
    pub fn add_note(&self, who: &str, note: NoteDraft) -> Result<NoteRow> {
        check_text(&note.text, 1, 10_000, "problem_note_text", "text")?;
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| {
            if let Some(row) = find(db, note.id)? {
                return if row.note == note { Ok(row) } else { Err(Error::IdTaken("note")) };
            }
            if let Some(camera) = note.camera {
                need_camera(db, camera, "camera")?;
            }
            need_category(db, note.category.as_deref())?;
            db.prepare_cached(
                "INSERT INTO note (id, text, camera, at, category, author, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                note.id.0.into_bytes(),
                note.text,
                note.camera.map(|camera| camera.0.into_bytes()),
                note.at.0,
                note.category,
                who,
                now.0
            ])?;
            // The text stands in the note, which cannot change; the audit says that it was written, and sums it up.
            let content = content(&note, who, now);
            let detail =
                json!({ "camera": note.camera, "at": note.at, "category": note.category, "content": content });
            audit::write(db, now, who, "note.add", &format!("note {}", note.id), &detail)?;
            search::index(db, "note", note.id.0)?;
            Ok(NoteRow { note, author: who.to_owned(), created: now })
        })
    }

    /// One note.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn note(&self, id: NoteId) -> Result<Option<NoteRow>> {
        self.read(|db| find(db, id))
    }
}
