//! Reading one incident: as lists show it, and with everything that belongs to it.

use super::{
    IncidentFileRow, IncidentRow, IncidentStepRow, LinkedFootageRow, RelatedRow, attachments, existing,
    holding, links, notes, number, read_word, read_word_opt, subjects,
};
use crate::error::{Error, Result};
use crate::sql::{damaged, json, utc, utc_opt, uuid, uuid_opt};
use crate::store::Store;
use crate::{bookmarks, stills};
use easien_model::{CameraId, IncidentId, IncidentText, Linked, Severity, UnitId, UtcMicros};
use rusqlite::{Connection, OptionalExtension, Row, ToSql};

const COLUMNS: &str = "SELECT id, prefix, year, sequence, title, category, severity, source, detected_at, occurred_at,
    ended_at, unit, road, place, forces, outcome, outcome_note, forms, state, state_at, opened_by, opened_at, approved_by,
    closed_at, merged_into, edits, (SELECT count(*) FROM incident_note WHERE incident = incident.id) FROM incident";

fn severity(row: &Row<'_>, column: usize) -> rusqlite::Result<Severity> {
    match row.get(column)? {
        1 => Ok(Severity::Low),
        2 => Ok(Severity::Medium),
        3 => Ok(Severity::High),
        4 => Ok(Severity::Critical),
        _ => Err(damaged(column, "not a severity")),
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<IncidentRow> {
    let prefix: String = row.get(1)?;
    Ok(IncidentRow {
        id: IncidentId(uuid(row, 0)?),
        number: number::text(&prefix, row.get(2)?, row.get(3)?),
        text: IncidentText {
            title: row.get(4)?,
            category: row.get(5)?,
            severity: severity(row, 6)?,
            source: read_word(row, 7)?,
            detected: utc(row, 8)?,
            occurred: utc_opt(row, 9)?,
            ended: utc_opt(row, 10)?,
            unit: uuid_opt(row, 11)?.map(UnitId),
            road: row.get(12)?,
            place: row.get(13)?,
            forces: row.get(14)?,
            outcome: read_word_opt(row, 15)?,
            outcome_note: row.get(16)?,
            forms: json(row, 17)?,
        },
        state: read_word(row, 18)?,
        state_since: utc(row, 19)?,
        opened_by: row.get(20)?,
        opened: utc(row, 21)?,
        approved_by: row.get(22)?,
        closed: utc_opt(row, 23)?,
        merged_into: uuid_opt(row, 24)?.map(IncidentId),
        edits: row.get(25)?,
        cameras: Vec::new(),
        notes: row.get(26)?,
    })
}

/// Cameras of its footage and its bookmarks, in the order they came.
fn cameras(db: &Connection, id: IncidentId) -> Result<Vec<CameraId>> {
    let mut statement = db.prepare_cached(
        "SELECT camera FROM (
            SELECT seq, 0 AS position, camera FROM incident_link
            WHERE incident = ?1 AND removed_at IS NULL AND kind = 'footage'
            UNION ALL
            SELECT seq, bookmark_camera.position, bookmark_camera.camera
            FROM incident_link JOIN bookmark_camera ON bookmark_camera.bookmark = incident_link.bookmark
            WHERE incident_link.incident = ?1 AND removed_at IS NULL AND kind = 'bookmark')
         GROUP BY camera ORDER BY min(seq), min(position)",
    )?;
    let rows = statement.query_map([id.0.into_bytes()], |row| uuid(row, 0).map(CameraId))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// One incident.
pub(crate) fn find(db: &Connection, id: IncidentId) -> Result<Option<IncidentRow>> {
    let query = format!("{COLUMNS} WHERE id = ?1");
    let row = db.prepare_cached(&query)?.query_row([id.0.into_bytes()], read).optional()?;
    row.map(|row| Ok(IncidentRow { cameras: cameras(db, id)?, ..row })).transpose()
}

/// Every incident, without its cameras.
pub(super) fn each(db: &Connection, told: &mut dyn FnMut(IncidentRow) -> Result<()>) -> Result<()> {
    let mut statement = db.prepare(COLUMNS)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        told(read(row)?)?;
    }
    Ok(())
}

/// Few of all: found by what is wanted, then sorted (`+` keeps the index of numbers out of it).
fn related(db: &Connection, wanted: &str, way: &str, value: impl ToSql) -> Result<Vec<RelatedRow>> {
    let query = format!(
        "SELECT id, prefix, year, sequence, title, state FROM incident {wanted}
         ORDER BY +year {way}, sequence {way} LIMIT 500"
    );
    let mut statement = db.prepare_cached(&query)?;
    let rows = statement.query_map([value], |row| {
        let prefix: String = row.get(1)?;
        Ok(RelatedRow {
            id: IncidentId(uuid(row, 0)?),
            number: number::text(&prefix, row.get(2)?, row.get(3)?),
            title: row.get(4)?,
            state: read_word(row, 5)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn footage(db: &Connection, id: IncidentId, now: UtcMicros) -> Result<Vec<LinkedFootageRow>> {
    let mut found = Vec::new();
    for (seq, what) in links::standing(db, id)? {
        let Linked::Footage(footage) = what else { continue };
        let (who, at) = db
            .prepare_cached("SELECT author, created_at FROM incident_link WHERE seq = ?1")?
            .query_row([seq], |row| Ok((row.get(0)?, utc(row, 1)?)))?;
        let hold = holding::last(db, seq)?.filter(|hold| hold.is_active(now)).map(|hold| hold.hold.id);
        found.push(LinkedFootageRow { footage, who, at, hold });
    }
    Ok(found)
}

/// What happened to sheet and state, newest first.
fn history(db: &Connection, id: IncidentId) -> Result<Vec<IncidentStepRow>> {
    let mut edits = db.prepare_cached(
        "SELECT sheet, author, edited_at FROM incident_edit WHERE incident = ?1 ORDER BY number",
    )?;
    let sheets = edits
        .query_map([id.0.into_bytes()], |row| {
            Ok((json::<IncidentText>(row, 0)?, row.get::<_, String>(1)?, utc(row, 2)?))
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    // What a sheet said until the next one was written.
    let changes = sheets.windows(2).filter_map(|pair| match pair {
        [(before, ..), (_, who, at)] => Some(IncidentStepRow {
            at: *at,
            who: who.clone(),
            state: None,
            before: Some(before.clone()),
            reason: String::new(),
        }),
        _ => None,
    });
    let mut steps = db.prepare_cached(
        "SELECT to_state, author, moved_at, reason FROM incident_step WHERE incident = ?1 ORDER BY number",
    )?;
    let moves = steps
        .query_map([id.0.into_bytes()], |row| {
            Ok(IncidentStepRow {
                at: utc(row, 2)?,
                who: row.get(1)?,
                state: Some(read_word(row, 0)?),
                before: None,
                reason: row.get(3)?,
            })
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut all = Vec::new();
    let mut moves = moves.into_iter();
    // It was opened before anything else happened to it, whatever the clock did since.
    all.extend(moves.next());
    let mut later: Vec<IncidentStepRow> = changes.chain(moves).collect();
    later.sort_by_key(|step| step.at);
    all.extend(later);
    all.reverse();
    Ok(all)
}

impl Store {
    /// One incident.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn incident(&self, id: IncidentId) -> Result<Option<IncidentRow>> {
        self.read(|db| find(db, id))
    }

    /// What was opened at `since` or later, and what is open; the newest first, 500 at most of each.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn incidents_for_handover(&self, since: UtcMicros) -> Result<(Vec<RelatedRow>, Vec<RelatedRow>)> {
        self.read(|db| {
            let new = related(db, "WHERE opened_at >= ?1", "DESC", since.0)?;
            let states =
                "state IN ('new', 'verifying', 'handling', 'waiting', 'reopened') AND ?1 IS NOT NULL";
            let open = related(db, &format!("WHERE {states}"), "DESC", since.0)?;
            Ok((new, open))
        })
    }

    /// One incident with everything that belongs to it.
    ///
    /// # Errors
    /// `NotFound`, or what SQLite says.
    pub fn incident_file(&self, id: IncidentId) -> Result<IncidentFileRow> {
        let now = self.now();
        self.read(|db| {
            let gone = || Error::Damaged("what belongs to an incident is not in its table".to_owned());
            let incident = existing(db, id)?;
            let (mut marked, mut taken) = (Vec::new(), Vec::new());
            for (_, what) in links::standing(db, id)? {
                match what {
                    Linked::Bookmark(id) => marked.push(bookmarks::find(db, id)?.ok_or_else(gone)?),
                    Linked::Still(id) => taken.push(stills::find(db, id)?.ok_or_else(gone)?),
                    Linked::Footage(_) | Linked::Incident(_) => {}
                }
            }
            Ok(IncidentFileRow {
                incident,
                notes: notes::all(db, id)?,
                footage: footage(db, id, now)?,
                bookmarks: marked,
                stills: taken,
                subjects: subjects::subjects(db, id)?,
                notices: subjects::notices(db, id)?,
                attachments: attachments::attachments(db, id)?,
                related: related(
                    db,
                    "WHERE id IN (
                        SELECT other FROM incident_link WHERE incident = ?1 AND kind = 'incident' AND removed_at IS NULL
                        UNION SELECT incident FROM incident_link WHERE other = ?1 AND removed_at IS NULL)",
                    "",
                    id.0.into_bytes(),
                )?,
                merged: related(db, "WHERE merged_into = ?1", "", id.0.into_bytes())?,
                history: history(db, id)?,
            })
        })
    }
}
