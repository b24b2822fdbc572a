//! Files that belong to an incident: their name, size and SHA-256, who brought them; struck through like a correction,
//! never taken away. The files themselves belong to the station.

use super::{AttachmentDraft, AttachmentRow, IncidentChange, changed, merge, writable};
use crate::audit;
use crate::error::{Error, Result};
use crate::rows::HiddenRow;
use crate::sql::{check_text, hidden, utc, uuid};
use crate::store::Store;
use easien_model::{AttachmentId, IncidentId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;
use uuid::Uuid;

const COLUMNS: &str =
    "attachment.id, attachment.name, attachment.bytes, attachment.sha256, attachment.incident,
    attachment.author, attachment.created_at, attachment_strike.struck_at, attachment_strike.author,
    attachment_strike.reason";
const FROM: &str = "attachment LEFT JOIN attachment_strike ON attachment_strike.attachment = attachment.id";

fn read(row: &Row<'_>) -> rusqlite::Result<AttachmentRow> {
    Ok(AttachmentRow {
        attachment: AttachmentDraft {
            id: AttachmentId(uuid(row, 0)?),
            name: row.get(1)?,
            bytes: row.get::<_, i64>(2)?.unsigned_abs(),
            sha256: row.get(3)?,
        },
        incident: IncidentId(uuid(row, 4)?),
        author: row.get(5)?,
        created: utc(row, 6)?,
        struck: hidden(row, 7)?,
    })
}

fn find(db: &Connection, id: AttachmentId) -> Result<Option<AttachmentRow>> {
    let query = format!("SELECT {COLUMNS} FROM {FROM} WHERE attachment.id = ?1");
    Ok(db.prepare_cached(&query)?.query_row([id.0.into_bytes()], read).optional()?)
}

/// The attachments of an incident and of what became part of it, in the order they were brought.
pub(super) fn attachments(db: &Connection, id: IncidentId) -> Result<Vec<AttachmentRow>> {
    let query = format!(
        "{} SELECT {COLUMNS} FROM part JOIN {FROM} WHERE attachment.incident = part.id
         ORDER BY attachment.created_at, attachment.id",
        merge::FAMILY
    );
    let mut statement = db.prepare_cached(&query)?;
    let rows = statement.query_map([id.0.into_bytes()], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn content(row: &AttachmentRow) -> String {
    let AttachmentRow { attachment, incident, author, created, .. } = row;
    audit::content(&[
        &attachment.id.0.into_bytes(),
        attachment.name.as_bytes(),
        &attachment.bytes.to_be_bytes(),
        &attachment.sha256,
        &incident.0.into_bytes(),
        author.as_bytes(),
        &created.0.to_be_bytes(),
    ])
}

/// Every attachment, summed up.
pub(crate) fn each_content(db: &Connection, told: &mut dyn FnMut(Uuid, String)) -> Result<()> {
    let mut statement = db.prepare(&format!("SELECT {COLUMNS} FROM {FROM}"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let row = read(row)?;
        told(row.attachment.id.0, content(&row));
    }
    Ok(())
}

fn object(id: AttachmentId) -> String {
    format!("attachment {id}")
}

impl Store {
    /// Files an attachment whose file is written and synced. Filing the same again changes nothing.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Precondition` when the incident is over, `IdTaken`, or what SQLite says.
    pub fn add_attachment(
        &self,
        who: &str,
        incident: IncidentId,
        attachment: &AttachmentDraft,
    ) -> Result<IncidentChange> {
        check_text(&attachment.name, 1, 200, "problem_attachment_name", "name")?;
        let bytes = i64::try_from(attachment.bytes)
            .map_err(|_| Error::Invalid { key: "problem_arguments", field: "bytes" })?;
        if attachment.name.contains(['/', '\\']) {
            return Err(Error::Invalid { key: "problem_attachment_name", field: "name" });
        }
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| {
            if let Some(known) = find(db, attachment.id)? {
                let same = known.incident == incident && known.attachment == *attachment;
                return if same {
                    changed(db, incident, Vec::new())
                } else {
                    Err(Error::IdTaken("attachment"))
                };
            }
            writable(db, incident)?;
            db.prepare_cached(
                "INSERT INTO attachment (id, incident, name, bytes, sha256, author, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                attachment.id.0.into_bytes(),
                incident.0.into_bytes(),
                attachment.name,
                bytes,
                attachment.sha256,
                who,
                now.0
            ])?;
            let row = AttachmentRow {
                attachment: attachment.clone(),
                incident,
                author: who.to_owned(),
                created: now,
                struck: None,
            };
            let detail = json!({
                "incident": incident, "name": attachment.name, "bytes": attachment.bytes,
                "sha256": audit::hex(&attachment.sha256), "content": content(&row),
            });
            audit::write(db, now, who, "incident.attach", &object(attachment.id), &detail)?;
            changed(db, incident, Vec::new())
        })
    }

    /// Strikes an attachment through: who brought it may, and a supervisor. The same person doing it for the same reason
    /// again changes nothing.
    ///
    /// # Errors
    /// `Invalid`, `NotFound` when it does not belong to the incident, `NotOwn`, `Conflict` when it is struck through,
    /// `Precondition` when the incident is over, or what SQLite says.
    pub fn strike_attachment(
        &self,
        who: &str,
        supervisor: bool,
        incident: IncidentId,
        id: AttachmentId,
        reason: &str,
    ) -> Result<IncidentChange> {
        check_text(reason, 1, 1000, "problem_reason", "reason")?;
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| {
            let row = belonging(db, incident, id)?;
            if let Some(HiddenRow { who: by, reason: why, .. }) = &row.struck {
                return match by == who && why == reason {
                    true => changed(db, incident, Vec::new()),
                    false => Err(Error::Conflict { key: "problem_attachment_struck" }),
                };
            }
            writable(db, incident)?;
            if row.author != who && !supervisor {
                return Err(Error::NotOwn { key: "problem_attachment_not_own", author: row.author });
            }
            db.prepare_cached(
                "INSERT INTO attachment_strike (attachment, author, struck_at, reason) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![id.0.into_bytes(), who, now.0, reason])?;
            let detail = json!({ "incident": incident, "name": row.attachment.name, "reason": reason });
            audit::write(db, now, who, "incident.strike", &object(id), &detail)?;
            changed(db, incident, Vec::new())
        })
    }

    /// An attachment of an incident, or of what became part of it.
    ///
    /// # Errors
    /// `NotFound`, or what SQLite says.
    pub fn attachment_of(&self, incident: IncidentId, id: AttachmentId) -> Result<AttachmentRow> {
        self.read(|db| belonging(db, incident, id))
    }

    /// One attachment.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn attachment(&self, id: AttachmentId) -> Result<Option<AttachmentRow>> {
        self.read(|db| find(db, id))
    }

    /// Whether any attachment is this file.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn is_attached(&self, sha256: &[u8; 32]) -> Result<bool> {
        self.read(|db| {
            Ok(db
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM attachment WHERE sha256 = ?1)")?
                .query_row([sha256], |row| row.get(0))?)
        })
    }
}

fn belonging(db: &Connection, incident: IncidentId, id: AttachmentId) -> Result<AttachmentRow> {
    let not_found = Error::NotFound { key: "problem_attachment_not_found", field: None };
    super::existing(db, incident)?;
    match find(db, id)? {
        Some(row) if merge::family(db, incident)?.contains(&row.incident) => Ok(row),
        _ => Err(not_found),
    }
}
