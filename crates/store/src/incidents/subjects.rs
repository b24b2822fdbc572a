//! What is written down beside the sheet: persons and vehicles, who was told.

use super::{
    IncidentChange, NoticeDraft, NoticeRow, SubjectDraft, SubjectRow, changed, object, read_word, word,
    writable,
};
use crate::audit;
use crate::error::{Error, Result};
use crate::fold::fold;
use crate::search;
use crate::sql::{check_text, hidden, utc, utc_opt, uuid};
use crate::store::Store;
use easien_model::{IncidentId, NoticeId, SubjectId, SubjectKind, UtcMicros};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

/// A plate for searching: letters as capitals without marks, digits, nothing else. `47K1-123.45` is `47K112345`.
#[must_use]
pub fn fold_plate(plate: &str) -> String {
    search::plate(plate)
}

const SUBJECT: &str = "SELECT id, kind, plate, colour, description, incident, hidden_at, hidden_by, hidden_reason, edits FROM subject";

fn read_subject(row: &Row<'_>) -> rusqlite::Result<SubjectRow> {
    Ok(SubjectRow {
        subject: SubjectDraft {
            id: SubjectId(uuid(row, 0)?),
            kind: read_word(row, 1)?,
            plate: row.get(2)?,
            colour: row.get(3)?,
            description: row.get(4)?,
        },
        incident: IncidentId(uuid(row, 5)?),
        hidden: hidden(row, 6)?,
        edits: row.get(9)?,
    })
}

fn find_subject(db: &Connection, id: SubjectId) -> Result<Option<SubjectRow>> {
    let query = format!("{SUBJECT} WHERE id = ?1");
    Ok(db.prepare_cached(&query)?.query_row([id.0.into_bytes()], read_subject).optional()?)
}

/// The subjects of an incident, in the order they were written down.
pub(super) fn subjects(db: &Connection, id: IncidentId) -> Result<Vec<SubjectRow>> {
    let mut statement =
        db.prepare_cached(&format!("{SUBJECT} WHERE incident = ?1 ORDER BY created_at, id"))?;
    let rows = statement.query_map([id.0.into_bytes()], read_subject)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn read_notice(row: &Row<'_>) -> rusqlite::Result<(NoticeDraft, IncidentId, String)> {
    let notice = NoticeDraft {
        id: NoticeId(uuid(row, 0)?),
        whom: row.get(1)?,
        notified: utc(row, 2)?,
        responded: utc_opt(row, 3)?,
        remark: row.get(4)?,
    };
    Ok((notice, IncidentId(uuid(row, 5)?), row.get(6)?))
}

/// The notices of an incident as they were written last, by the time of telling.
pub(super) fn notices(db: &Connection, id: IncidentId) -> Result<Vec<NoticeRow>> {
    let mut statement = db.prepare_cached(
        "SELECT id, whom, notified_at, responded_at, remark, incident,
            (SELECT author FROM notice AS first WHERE first.id = notice.id AND first.number = 0)
         FROM notice WHERE incident = ?1
            AND number = (SELECT max(number) FROM notice AS newest WHERE newest.id = notice.id)
         ORDER BY notified_at, id",
    )?;
    let rows = statement.query_map([id.0.into_bytes()], |row| {
        read_notice(row).map(|(notice, _, author)| NoticeRow { notice, author })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn check_subject(subject: &SubjectDraft) -> Result<()> {
    check_text(&subject.plate, 0, 20, "problem_subject_plate", "plate")?;
    check_text(&subject.colour, 0, 40, "problem_subject_text", "colour")?;
    check_text(&subject.description, 0, 1000, "problem_subject_text", "description")?;
    let plate = !subject.plate.trim().is_empty();
    if plate && (subject.kind == SubjectKind::Person || fold_plate(&subject.plate).is_empty()) {
        return Err(Error::Invalid { key: "problem_subject_plate", field: "plate" });
    }
    if !plate && subject.description.trim().is_empty() {
        return Err(Error::Invalid { key: "problem_subject_text", field: "description" });
    }
    Ok(())
}

/// Keeps what a subject says from now on.
fn keep_subject(db: &Connection, who: &str, subject: &SubjectDraft, now: UtcMicros) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO subject_edit (subject, number, kind, plate, colour, description, author, edited_at)
         SELECT ?1, edits, ?2, ?3, ?4, ?5, ?6, ?7 FROM subject WHERE id = ?1",
    )?
    .execute(params![
        subject.id.0.into_bytes(),
        word(subject.kind)?,
        subject.plate,
        subject.colour,
        subject.description,
        who,
        now.0
    ])?;
    Ok(())
}

impl Store {
    /// One subject, also one that was taken away.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn subject(&self, id: SubjectId) -> Result<Option<SubjectRow>> {
        self.read(|db| find_subject(db, id))
    }

    /// Writes a person or a vehicle down, changes what is written of it, or (`removed`: why) takes it away. What was
    /// written before stays readable. The same again changes nothing. `edits`: as often it had been changed when it was
    /// looked at; `None`: whatever it says now.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Conflict` when it was changed meanwhile, `Precondition` when the incident is over, `IdTaken`
    /// for another incident's subject or one that was taken away, or what SQLite says.
    pub fn put_subject(
        &self,
        who: &str,
        incident: IncidentId,
        subject: &SubjectDraft,
        edits: Option<u32>,
        removed: Option<&str>,
    ) -> Result<IncidentChange> {
        audit::check_who(who)?;
        match removed {
            Some(reason) => check_text(reason, 1, 1000, "problem_reason", "removed")?,
            None => check_subject(subject)?,
        }
        let id = subject.id.0.into_bytes();
        let now = self.now();
        self.write(|db| {
            let known = find_subject(db, subject.id)?;
            if let Some(known) = &known {
                if known.incident != incident {
                    return Err(Error::IdTaken("subject"));
                }
                let as_wished = match (&known.hidden, removed) {
                    (None, None) => known.subject == *subject,
                    (Some(gone), Some(reason)) => gone.who == who && gone.reason == reason,
                    (Some(_), None) => return Err(Error::IdTaken("subject")),
                    (None, Some(_)) => false,
                };
                if as_wished {
                    return changed(db, incident, Vec::new());
                }
                if edits.is_some_and(|edits| edits != known.edits) {
                    return Err(Error::Conflict { key: "problem_subject_conflict" });
                }
            }
            writable(db, incident)?;
            let said = (word(subject.kind)?, fold_plate(&subject.plate));
            let folded = fold(&format!("{} {}", subject.colour, subject.description));
            match (&known, removed) {
                (None, Some(_)) => {
                    return Err(Error::NotFound { key: "problem_incident_not_linked", field: Some("subject") });
                }
                (Some(_), Some(reason)) => {
                    db.prepare_cached(
                        "UPDATE subject SET hidden_at = ?2, hidden_by = ?3, hidden_reason = ?4
                         WHERE id = ?1 AND hidden_at IS NULL",
                    )?
                    .execute(params![id, now.0, who, reason])?;
                }
                (Some(_), None) => {
                    db.prepare_cached(
                        "UPDATE subject SET kind = ?2, plate = ?3, plate_folded = ?4, colour = ?5, description = ?6,
                            folded = ?7, edits = edits + 1 WHERE id = ?1",
                    )?
                    .execute(params![
                        id,
                        said.0,
                        subject.plate,
                        said.1,
                        subject.colour,
                        subject.description,
                        folded
                    ])?;
                    keep_subject(db, who, subject, now)?;
                }
                (None, None) => {
                    db.prepare_cached(
                        "INSERT INTO subject (id, incident, kind, plate, plate_folded, colour, description, folded,
                            author, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                    )?
                    .execute(params![
                        id,
                        incident.0.into_bytes(),
                        said.0,
                        subject.plate,
                        said.1,
                        subject.colour,
                        subject.description,
                        folded,
                        who,
                        now.0
                    ])?;
                    keep_subject(db, who, subject, now)?;
                }
            }
            // What is written of a person stands in the history, which cannot change.
            let detail = json!({
                "subject": subject.id, "kind": subject.kind, "plate": subject.plate, "removed": removed,
            });
            audit::write(db, now, who, "incident.subject", &object(incident), &detail)?;
            search::index(db, "subject", subject.id.0)?;
            changed(db, incident, Vec::new())
        })
    }

    /// Writes down who was told, or that they answered. What was written before stays. The same again changes nothing.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Precondition` when the incident is over, `IdTaken` for another incident's notice, or
    /// what SQLite says.
    pub fn put_notice(
        &self,
        who: &str,
        incident: IncidentId,
        notice: &NoticeDraft,
    ) -> Result<IncidentChange> {
        check_text(&notice.whom, 1, 200, "problem_notice_text", "whom")?;
        check_text(&notice.remark, 0, 1000, "problem_notice_text", "remark")?;
        if notice.responded.is_some_and(|at| at < notice.notified) {
            return Err(Error::Invalid { key: "problem_notice_times", field: "responded" });
        }
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| {
            let known = db
                .prepare_cached(
                    "SELECT id, whom, notified_at, responded_at, remark, incident, author FROM notice
                     WHERE id = ?1 ORDER BY number DESC LIMIT 1",
                )?
                .query_row([notice.id.0.into_bytes()], read_notice)
                .optional()?;
            match known {
                Some((_, whose, _)) if whose != incident => return Err(Error::IdTaken("notice")),
                Some((known, ..)) if known == *notice => return changed(db, incident, Vec::new()),
                _ => {}
            }
            writable(db, incident)?;
            db.prepare_cached(
                "INSERT INTO notice (id, number, incident, whom, notified_at, responded_at, remark, author, created_at)
                 SELECT ?1, ifnull(max(number) + 1, 0), ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM notice WHERE id = ?1",
            )?
            .execute(params![
                notice.id.0.into_bytes(),
                incident.0.into_bytes(),
                notice.whom,
                notice.notified.0,
                notice.responded.map(|at| at.0),
                notice.remark,
                who,
                now.0
            ])?;
            let detail = json!({
                "notice": notice.id, "whom": notice.whom, "notified": notice.notified, "responded": notice.responded,
            });
            audit::write(db, now, who, "incident.notice", &object(incident), &detail)?;
            changed(db, incident, Vec::new())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::fold_plate;

    #[test]
    fn a_plate_is_its_letters_and_digits() {
        for (read, folded) in [
            ("47K1-123.45", "47K112345"),
            ("47-k1 123 45", "47K112345"),
            ("29-LĐ 001.23", "29LD00123"),
            ("", ""),
            (" -. ", ""),
        ] {
            assert_eq!(fold_plate(read), folded, "{read}");
        }
    }
}
