//! The shift book: who was on duty, how the clock was, what was passed on, what was handed over.

use crate::audit;
use crate::error::{Error, Result};
use crate::people::SignInRow;
use crate::sql::{check_text, utc, utc_opt, uuid, uuid_opt};
use crate::store::{Store, clamp_limit};
use easien_model::{IncidentId, ShiftId, TaskId, UtcMicros};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};
use uuid::Uuid;

/// One turn on duty.
#[derive(Clone, Debug, PartialEq)]
pub struct ShiftRow {
    /// Its id.
    pub id: ShiftId,
    /// Its name.
    pub name: String,
    /// Taken over at.
    pub begun: UtcMicros,
    /// Who is on duty.
    pub person: String,
    /// Who commands.
    pub commander: String,
    /// The clock as it was compared last in it.
    pub clock: Option<ClockCheckRow>,
    /// What was handed over at its end.
    pub handover: Option<HandoverRow>,
    /// What was handed over to it.
    pub taken_over: Option<HandoverRow>,
}

/// What was handed over.
#[derive(Clone, Debug, PartialEq)]
pub struct HandoverRow {
    /// When.
    pub at: UtcMicros,
    /// As the station found it.
    pub state: Value,
    /// Remarks.
    pub remarks: String,
    /// Who handed over.
    pub from: String,
    /// Who took over.
    pub to: String,
}

/// The clock against a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockCheckRow {
    /// When, by the station's clock.
    pub at: UtcMicros,
    /// Reference - station, milliseconds.
    pub offset_ms: i32,
    /// So much it may be wrong by, milliseconds.
    pub uncertainty_ms: u32,
    /// The reference.
    pub source: String,
    /// Who compared.
    pub by: String,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRow {
    /// Its id.
    pub id: TaskId,
    /// What is to be done.
    pub text: String,
    /// The incident it belongs to.
    pub incident: Option<IncidentId>,
    /// Who wrote it.
    pub by: String,
    /// When.
    pub at: UtcMicros,
    /// Done when, by whom.
    pub done: Option<(UtcMicros, String)>,
}

/// A shift that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShiftDraft {
    /// Chosen by the client.
    pub id: ShiftId,
    /// Its name, 1 to 40 characters.
    pub name: String,
    /// Who commands, 120 characters at most.
    pub commander: String,
}

const COLUMNS: &str = "SELECT id, name, begun_at, person, commander FROM shift";

fn find(db: &Connection, condition: &str, values: impl rusqlite::Params) -> Result<Option<ShiftRow>> {
    let row = db.prepare_cached(&format!("{COLUMNS} {condition}"))?.query_row(values, read).optional()?;
    row.map(|row| dress(db, row)).transpose()
}

fn read(row: &Row<'_>) -> rusqlite::Result<ShiftRow> {
    Ok(ShiftRow {
        id: ShiftId(uuid(row, 0)?),
        name: row.get(1)?,
        begun: utc(row, 2)?,
        person: row.get(3)?,
        commander: row.get(4)?,
        clock: None,
        handover: None,
        taken_over: None,
    })
}

fn dress(db: &Connection, mut shift: ShiftRow) -> Result<ShiftRow> {
    let id = shift.id.0.into_bytes();
    let handover = |which: &str| -> Result<Option<HandoverRow>> {
        Ok(db
            .prepare_cached(&format!(
                "SELECT at, state, remarks, handed_by, taken_by FROM handover WHERE {which} = ?1"
            ))?
            .query_row([id], |row| {
                Ok(HandoverRow {
                    at: utc(row, 0)?,
                    state: crate::sql::json(row, 1)?,
                    remarks: row.get(2)?,
                    from: row.get(3)?,
                    to: row.get(4)?,
                })
            })
            .optional()?)
    };
    shift.handover = handover("shift")?;
    shift.taken_over = handover("next")?;
    shift.clock = db
        .prepare_cached(
            "SELECT at, offset_ms, uncertainty_ms, source, person FROM clock_check WHERE shift = ?1
             ORDER BY seq DESC LIMIT 1",
        )?
        .query_row([id], |row| {
            Ok(ClockCheckRow {
                at: utc(row, 0)?,
                offset_ms: row.get(1)?,
                uncertainty_ms: row.get(2)?,
                source: row.get(3)?,
                by: row.get(4)?,
            })
        })
        .optional()?;
    Ok(shift)
}

/// The present shift: the newest one, unless it was handed over to none.
fn present(db: &Connection) -> Result<Option<ShiftRow>> {
    find(
        db,
        "WHERE NOT EXISTS (SELECT 1 FROM handover WHERE handover.shift = shift.id) ORDER BY begun_at DESC, id DESC LIMIT 1",
        [],
    )
}

/// What was handed over, summed up for the audit: the state as it stands in its column, and the remarks.
fn content(state: &str, remarks: &str) -> String {
    audit::content(&[state.as_bytes(), remarks.as_bytes()])
}

/// Every handover, summed up, by the shift that it ended.
pub(crate) fn each_content(db: &Connection, told: &mut dyn FnMut(Uuid, String)) -> Result<()> {
    let mut statement = db.prepare("SELECT shift, state, remarks FROM handover")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        told(uuid(row, 0)?, content(&row.get::<_, String>(1)?, &row.get::<_, String>(2)?));
    }
    Ok(())
}

/// Whether this very comparison is written down: a retry whose reply was lost.
fn is_compared(db: &Connection, check: &ClockCheckRow) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM clock_check WHERE at = ?1 AND offset_ms = ?2 AND source = ?3 AND person = ?4)",
        )?
        .query_row(params![check.at.0, check.offset_ms, check.source, check.by], |row| row.get(0))?)
}

fn task_read(row: &Row<'_>) -> rusqlite::Result<TaskRow> {
    let done = utc_opt(row, 5)?;
    let by: Option<String> = row.get(6)?;
    Ok(TaskRow {
        id: TaskId(uuid(row, 0)?),
        text: row.get(1)?,
        incident: uuid_opt(row, 2)?.map(IncidentId),
        by: row.get(3)?,
        at: utc(row, 4)?,
        done: done.zip(by),
    })
}

const TASK: &str = "SELECT id, text, incident, person, at, done_at, done_by FROM task";

fn insert(db: &Connection, draft: &ShiftDraft, who: &str, at: UtcMicros) -> Result<()> {
    check_text(&draft.name, 1, 40, "problem_shift_name", "name")?;
    check_text(&draft.commander, 0, 120, "problem_shift_commander", "commander")?;
    db.prepare_cached(
        "INSERT INTO shift (id, name, begun_at, person, commander) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![draft.id.0.into_bytes(), draft.name, at.0, who, draft.commander])?;
    Ok(())
}

impl Store {
    /// The present shift.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn shift_now(&self) -> Result<Option<ShiftRow>> {
        self.read(present)
    }

    /// A shift.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn shift(&self, id: ShiftId) -> Result<Option<ShiftRow>> {
        self.read(|db| find(db, "WHERE id = ?1", [id.0.into_bytes()]))
    }

    /// Shifts that began before a time, the newest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn shifts(&self, before: Option<UtcMicros>, limit: u32) -> Result<Vec<ShiftRow>> {
        self.read(|db| {
            let mut statement = db.prepare_cached(&format!(
                "{COLUMNS} WHERE begun_at < ?1 ORDER BY begun_at DESC, id DESC LIMIT ?2"
            ))?;
            let before = before.map_or(i64::MAX, |at| at.0);
            let rows = statement.query_map(params![before, clamp_limit(limit)], read)?;
            rows.map(|row| dress(db, row?)).collect()
        })
    }

    /// Begins a shift where none is. The same id again is the same shift.
    ///
    /// # Errors
    /// `Conflict` while there is another one, `Invalid`, or what SQLite says.
    pub fn begin_shift(&self, who: &str, draft: ShiftDraft) -> Result<ShiftRow> {
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| {
            if let Some(known) = find(db, "WHERE id = ?1", [draft.id.0.into_bytes()])? {
                return Ok(known);
            }
            if present(db)?.is_some() {
                return Err(Error::Conflict { key: "problem_shift_present" });
            }
            insert(db, &draft, who, now)?;
            let detail = json!({ "name": draft.name, "commander": draft.commander });
            audit::write(db, now, who, "shift.begin", &format!("shift {}", draft.id), &detail)?;
            crate::search::index(db, "shift", draft.id.0)?;
            find(db, "WHERE id = ?1", [draft.id.0.into_bytes()])?
                .ok_or_else(|| Error::Damaged("a shift that was just written".to_owned()))
        })
    }

    /// Writes down how the clock was. The same comparison again (its moment tells) changes nothing.
    ///
    /// # Errors
    /// `NotFound` without a shift, `Invalid`, or what SQLite says.
    pub fn check_clock(&self, check: ClockCheckRow) -> Result<ShiftRow> {
        check_text(&check.source, 1, 120, "problem_clock_source", "source")?;
        audit::check_who(&check.by)?;
        let now = self.now();
        self.write(|db| {
            let shift = present(db)?.ok_or(Error::NotFound { key: "problem_shift_none", field: None })?;
            if is_compared(db, &check)? {
                return Ok(shift);
            }
            db.prepare_cached(
                "INSERT INTO clock_check (shift, at, offset_ms, uncertainty_ms, source, person)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                shift.id.0.into_bytes(),
                check.at.0,
                check.offset_ms,
                check.uncertainty_ms,
                check.source,
                check.by
            ])?;
            let detail = json!({
                "at": check.at, "offset_ms": check.offset_ms, "uncertainty_ms": check.uncertainty_ms,
                "source": check.source,
            });
            audit::write(db, now, &check.by, "shift.clock", &format!("shift {}", shift.id), &detail)?;
            dress(db, shift)
        })
    }

    /// Ends the present shift and begins the next one, which is the second person's; their window is signed in.
    /// The same again is the same handover.
    ///
    /// # Errors
    /// `Conflict` when `shift` is not the present one, `Invalid`, or what SQLite says.
    pub fn hand_over(
        &self,
        shift: ShiftId,
        next: ShiftDraft,
        handover: HandoverRow,
        sign_in: Option<&SignInRow>,
    ) -> Result<(ShiftRow, ShiftRow)> {
        check_text(&handover.remarks, 0, 10_000, "problem_shift_remarks", "remarks")?;
        if handover.from == handover.to {
            return Err(Error::Invalid { key: "problem_handover_same", field: "to" });
        }
        let now = self.now();
        self.write(|db| {
            let by_id = |id: ShiftId| -> Result<ShiftRow> {
                find(db, "WHERE id = ?1", [id.0.into_bytes()])?
                    .ok_or(Error::NotFound { key: "problem_shift_none", field: Some("shift") })
            };
            let ending = by_id(shift)?;
            if let Some(known) = &ending.handover {
                let same = find(db, "WHERE id = ?1", [next.id.0.into_bytes()])?
                    .is_some_and(|row| row.taken_over.as_ref() == Some(known));
                return if same {
                    Ok((ending.clone(), by_id(next.id)?))
                } else {
                    Err(Error::Conflict { key: "problem_shift_over" })
                };
            }
            insert(db, &next, &handover.to, now)?;
            db.prepare_cached(
                "INSERT INTO handover (shift, next, at, state, remarks, handed_by, taken_by)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                shift.0.into_bytes(),
                next.id.0.into_bytes(),
                now.0,
                handover.state.to_string(),
                handover.remarks,
                handover.from,
                handover.to
            ])?;
            let detail = json!({
                "next": next.id, "from": handover.from, "to": handover.to,
                "content": content(&handover.state.to_string(), &handover.remarks),
            });
            for who in [&handover.from, &handover.to] {
                audit::write(db, now, who, "shift.handover", &format!("handover {shift}"), &detail)?;
            }
            crate::search::index(db, "shift", shift.0)?;
            crate::search::index(db, "shift", next.id.0)?;
            if let Some(row) = sign_in {
                crate::people::put_sign_in(db, row)?;
            }
            Ok((by_id(shift)?, by_id(next.id)?))
        })
    }

    /// Tasks that are not done, the oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn tasks_open(&self) -> Result<Vec<TaskRow>> {
        self.read(|db| {
            let mut statement =
                db.prepare_cached(&format!("{TASK} WHERE done_at IS NULL ORDER BY at, id"))?;
            Ok(statement.query_map([], task_read)?.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// A task.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn task(&self, id: TaskId) -> Result<Option<TaskRow>> {
        self.read(|db| {
            Ok(db
                .prepare_cached(&format!("{TASK} WHERE id = ?1"))?
                .query_row([id.0.into_bytes()], task_read)
                .optional()?)
        })
    }

    /// Writes a task down. The same id with the same words again is the same task.
    ///
    /// # Errors
    /// `Invalid`, `NotFound` for the incident, `IdTaken`, or what SQLite says.
    pub fn add_task(
        &self,
        who: &str,
        id: TaskId,
        text: &str,
        incident: Option<IncidentId>,
    ) -> Result<TaskRow> {
        check_text(text, 1, 1000, "problem_task_text", "text")?;
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| {
            let by_id = |db: &Connection| {
                db.prepare_cached(&format!("{TASK} WHERE id = ?1"))?
                    .query_row([id.0.into_bytes()], task_read)
                    .optional()
            };
            if let Some(known) = by_id(db)? {
                let same = known.text == text && known.incident == incident;
                return if same { Ok(known) } else { Err(Error::IdTaken("task")) };
            }
            if let Some(incident) = incident
                && crate::incidents::find(db, incident)?.is_none()
            {
                return Err(Error::NotFound { key: "problem_incident_not_found", field: Some("incident") });
            }
            db.prepare_cached(
                "INSERT INTO task (id, text, incident, person, at) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                id.0.into_bytes(),
                text,
                incident.map(|incident| incident.0.into_bytes()),
                who,
                now.0
            ])?;
            let detail = json!({ "incident": incident });
            audit::write(db, now, who, "task.put", &format!("task {id}"), &detail)?;
            by_id(db)?.ok_or_else(|| Error::Damaged("a task that was just written".to_owned()))
        })
    }

    /// A task is done. Again: it stays as it is.
    ///
    /// # Errors
    /// `NotFound`, or what SQLite says.
    pub fn end_task(&self, who: &str, id: TaskId) -> Result<TaskRow> {
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| {
            let changed = db
                .prepare_cached(
                    "UPDATE task SET done_at = ?2, done_by = ?3 WHERE id = ?1 AND done_at IS NULL",
                )?
                .execute(params![id.0.into_bytes(), now.0, who])?;
            if changed > 0 {
                audit::write(db, now, who, "task.done", &format!("task {id}"), &json!({}))?;
            }
            db.prepare_cached(&format!("{TASK} WHERE id = ?1"))?
                .query_row([id.0.into_bytes()], task_read)
                .optional()?
                .ok_or(Error::NotFound { key: "problem_not_found", field: Some("id") })
        })
    }
}
