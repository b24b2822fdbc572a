//! Holds: what protects footage from retention, from when to when on which cameras, who placed it and why, who lifted
//! it and why. Nothing of that is ever changed.

use crate::audit;
use crate::database::lock;
use crate::error::{Error, Result};
use crate::recordings::CameraSpan;
use crate::rows::HiddenRow;
use crate::sql::{check_text, hidden, marks, need, need_camera, utc, utc_opt, uuid, uuid_opt};
use crate::store::Store;
use easien_model::{BookmarkId, CameraId, HoldId, UtcMicros};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde_json::json;
use std::cell::Cell;
use std::collections::HashSet;
use std::sync::Arc;

/// Holds that stand, each camera's part by itself, and until when.
pub(crate) type Standing = Arc<Vec<(CameraSpan, Option<UtcMicros>)>>;

thread_local! {
    /// The change that is being made on this thread places or lifts a hold.
    static CHANGED: Cell<bool> = const { Cell::new(false) };
}

/// Whether the change that was made on this thread placed or lifted one; asked once.
pub(crate) fn take_changed() -> bool {
    CHANGED.take()
}

/// Longest hold.
const LONGEST_US: i64 = 31 * 86_400 * 1_000_000;
/// Most holds in a list.
const LISTED: i64 = 500;
const INTERVAL_KEY: &str = "problem_hold_interval";

/// Protects footage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldDraft {
    /// Chosen by the client.
    pub id: HoldId,
    /// 1 to 64 cameras, each once.
    pub cameras: Vec<CameraId>,
    /// Begin, inclusive.
    pub start: UtcMicros,
    /// End, exclusive; at most 31 days after the begin.
    pub end: UtcMicros,
    /// 1 to 1000 characters.
    pub reason: String,
    /// Until when; absent: until lifted.
    pub until: Option<UtcMicros>,
    /// The bookmark it was made from.
    pub bookmark: Option<BookmarkId>,
}

/// What protects footage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldRow {
    /// As it was placed.
    pub hold: HoldDraft,
    /// Who placed it.
    pub author: String,
    /// When.
    pub created: UtcMicros,
    /// Lifted: when, by whom, why.
    pub lifted: Option<HiddenRow>,
}

impl HoldRow {
    /// It protects at `now`.
    #[must_use]
    pub fn is_active(&self, now: UtcMicros) -> bool {
        self.lifted.is_none() && self.hold.until.is_none_or(|until| until > now)
    }
}

/// Which holds; newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HoldFilter {
    /// With any of these cameras; empty: any.
    pub cameras: Vec<CameraId>,
    /// Ending after this.
    pub from: Option<UtcMicros>,
    /// Beginning before this.
    pub to: Option<UtcMicros>,
    /// Those that protect no more too.
    pub ended: bool,
}

const COLUMNS: &str =
    "SELECT id, start_at, end_at, reason, until_at, bookmark, author, created_at, lifted_at,
    lifted_by, lifted_reason FROM hold";

fn read(row: &Row<'_>) -> rusqlite::Result<HoldRow> {
    Ok(HoldRow {
        hold: HoldDraft {
            id: HoldId(uuid(row, 0)?),
            cameras: Vec::new(),
            start: utc(row, 1)?,
            end: utc(row, 2)?,
            reason: row.get(3)?,
            until: utc_opt(row, 4)?,
            bookmark: uuid_opt(row, 5)?.map(BookmarkId),
        },
        author: row.get(6)?,
        created: utc(row, 7)?,
        lifted: hidden(row, 8)?,
    })
}

fn with_cameras(db: &Connection, mut row: HoldRow) -> Result<HoldRow> {
    let mut statement =
        db.prepare_cached("SELECT camera FROM hold_camera WHERE hold = ?1 ORDER BY position")?;
    let cameras = statement.query_map([row.hold.id.0.into_bytes()], |row| uuid(row, 0).map(CameraId))?;
    row.hold.cameras = cameras.collect::<rusqlite::Result<_>>()?;
    Ok(row)
}

/// One hold.
pub(crate) fn find(db: &Connection, id: HoldId) -> Result<Option<HoldRow>> {
    let query = format!("{COLUMNS} WHERE id = ?1");
    let row = db.prepare_cached(&query)?.query_row([id.0.into_bytes()], read).optional()?;
    row.map(|row| with_cameras(db, row)).transpose()
}

fn existing(db: &Connection, id: HoldId) -> Result<HoldRow> {
    find(db, id)?.ok_or(Error::NotFound { key: "problem_hold_not_found", field: None })
}

fn list(db: &Connection, rest: &str, values: Vec<Value>) -> Result<Vec<HoldRow>> {
    let mut statement = db.prepare_cached(&format!("{COLUMNS} {rest}"))?;
    let rows = statement.query_map(params_from_iter(values), read)?;
    rows.map(|row| with_cameras(db, row?)).collect()
}

fn object(id: HoldId) -> String {
    format!("hold {id}")
}

fn check(draft: &HoldDraft) -> Result<()> {
    let once = draft.cameras.iter().collect::<HashSet<_>>().len() == draft.cameras.len();
    if !(1..=64).contains(&draft.cameras.len()) || !once {
        return Err(Error::Invalid { key: "problem_hold_cameras", field: "cameras" });
    }
    if draft.start >= draft.end || draft.end - draft.start > LONGEST_US {
        return Err(Error::Invalid { key: INTERVAL_KEY, field: "end" });
    }
    check_text(&draft.reason, 1, 1000, "problem_reason", "reason")
}

/// Places a hold, with its audit row. Placing the same again gives the hold as it stands now.
pub(crate) fn place(db: &Connection, now: UtcMicros, who: &str, draft: HoldDraft) -> Result<HoldRow> {
    check(&draft)?;
    if let Some(row) = find(db, draft.id)? {
        return if row.hold == draft { Ok(row) } else { Err(Error::IdTaken("hold")) };
    }
    if draft.until.is_some_and(|until| until <= now) {
        return Err(Error::Invalid { key: INTERVAL_KEY, field: "until" });
    }
    for camera in &draft.cameras {
        need_camera(db, *camera, "cameras")?;
    }
    if let Some(bookmark) = draft.bookmark {
        let exists = "SELECT EXISTS (SELECT 1 FROM bookmark WHERE id = ?1)";
        need(db, exists, bookmark.0.into_bytes(), "problem_bookmark_not_found", "bookmark")?;
    }
    CHANGED.set(true);
    db.prepare_cached(
        "INSERT INTO hold (id, start_at, end_at, reason, until_at, bookmark, author, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        draft.id.0.into_bytes(),
        draft.start.0,
        draft.end.0,
        draft.reason,
        draft.until.map(|until| until.0),
        draft.bookmark.map(|bookmark| bookmark.0.into_bytes()),
        who,
        now.0
    ])?;
    for (position, camera) in (0_i64..).zip(&draft.cameras) {
        db.prepare_cached("INSERT INTO hold_camera (hold, position, camera) VALUES (?1, ?2, ?3)")?
            .execute(params![draft.id.0.into_bytes(), position, camera.0.into_bytes()])?;
    }
    let detail = json!({
        "cameras": draft.cameras, "start": draft.start, "end": draft.end, "reason": draft.reason,
        "until": draft.until, "bookmark": draft.bookmark,
    });
    audit::write(db, now, who, "hold.add", &object(draft.id), &detail)?;
    existing(db, draft.id)
}

/// Lifts a hold, with its audit row. The same person lifting it for the same reason again changes nothing.
pub(crate) fn lift(db: &Connection, now: UtcMicros, who: &str, id: HoldId, reason: &str) -> Result<HoldRow> {
    let row = existing(db, id)?;
    if row.lifted.as_ref().is_some_and(|lifted| lifted.who == who && lifted.reason == reason) {
        return Ok(row);
    }
    if !row.is_active(now) {
        return Err(Error::Precondition { key: "problem_hold_ended" });
    }
    CHANGED.set(true);
    db.prepare_cached("UPDATE hold SET lifted_at = ?2, lifted_by = ?3, lifted_reason = ?4 WHERE id = ?1")?
        .execute(params![id.0.into_bytes(), now.0, who, reason])?;
    let detail = json!({ "author": row.author, "reason": reason });
    audit::write(db, now, who, "hold.lift", &object(id), &detail)?;
    existing(db, id)
}

fn read_span(row: &Row<'_>) -> rusqlite::Result<CameraSpan> {
    Ok(CameraSpan { camera: CameraId(uuid(row, 0)?), start: utc(row, 1)?, end: utc(row, 2)? })
}

/// What is protected now.
fn active(db: &Connection, now: UtcMicros) -> Result<Vec<(CameraSpan, Option<UtcMicros>)>> {
    let mut statement = db.prepare_cached(
        "SELECT hold_camera.camera, hold.start_at, hold.end_at, hold.until_at FROM (
            SELECT id, start_at, end_at, until_at FROM hold INDEXED BY hold_until
                WHERE lifted_at IS NULL AND until_at IS NULL
            UNION ALL
            SELECT id, start_at, end_at, until_at FROM hold INDEXED BY hold_until WHERE lifted_at IS NULL AND until_at > ?1
         ) AS hold CROSS JOIN hold_camera ON hold_camera.hold = hold.id",
    )?;
    let rows = statement.query_map([now.0], |row| Ok((read_span(row)?, utc_opt(row, 3)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

impl Store {
    /// Protects footage. Placing the same again gives the hold as it stands now.
    ///
    /// # Errors
    /// `Invalid`, `NotFound` for a camera or the bookmark, `IdTaken`, or what SQLite says.
    pub fn add_hold(&self, who: &str, draft: HoldDraft) -> Result<HoldRow> {
        check(&draft)?;
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| place(db, now, who, draft))
    }

    /// Lifts a hold. The same person lifting it for the same reason again changes nothing. Whose it may be is the
    /// station's to say.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Precondition` when it protects no more already, or what SQLite says.
    pub fn lift_hold(&self, who: &str, id: HoldId, reason: &str) -> Result<HoldRow> {
        check_text(reason, 1, 1000, "problem_reason", "reason")?;
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| lift(db, now, who, id, reason))
    }

    /// One hold.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn hold(&self, id: HoldId) -> Result<Option<HoldRow>> {
        self.read(|db| find(db, id))
    }

    /// Holds, newest first, 500 at most.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn holds(&self, filter: &HoldFilter) -> Result<Vec<HoldRow>> {
        let now = self.now();
        let mut rest = String::from("WHERE start_at < ? AND end_at > ?");
        let mut values = vec![
            Value::Integer(filter.to.map_or(i64::MAX, |at| at.0)),
            Value::Integer(filter.from.map_or(i64::MIN, |at| at.0)),
        ];
        if !filter.ended {
            rest.push_str(" AND lifted_at IS NULL AND (until_at IS NULL OR until_at > ?)");
            values.push(Value::Integer(now.0));
        }
        if !filter.cameras.is_empty() {
            let marks = marks(filter.cameras.len());
            rest.push_str(&format!(
                " AND EXISTS (SELECT 1 FROM hold_camera WHERE hold = hold.id AND camera IN ({marks}))"
            ));
            values.extend(filter.cameras.iter().map(|camera| Value::Blob(camera.0.as_bytes().to_vec())));
        }
        rest.push_str(" ORDER BY created_at DESC, id DESC LIMIT ?");
        values.push(Value::Integer(LISTED));
        self.read(|db| list(db, &rest, values))
    }

    /// What is protected now, camera by camera.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn held(&self) -> Result<Vec<CameraSpan>> {
        self.held_within(UtcMicros(i64::MIN), UtcMicros(i64::MAX))
    }

    /// The same, as far as it meets this time.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn held_within(&self, from: UtcMicros, to: UtcMicros) -> Result<Vec<CameraSpan>> {
        let now = self.now();
        let standing = self.standing_holds(now)?;
        let meets = |(span, until): &&(CameraSpan, Option<UtcMicros>)| {
            span.start < to && span.end > from && until.is_none_or(|until| until > now)
        };
        Ok(standing.iter().filter(meets).map(|(span, _)| *span).collect())
    }

    /// Every hold that was not lifted and had not run out when they were read; read again after any of them changed, or
    /// the clock was set back.
    fn standing_holds(&self, now: UtcMicros) -> Result<Standing> {
        // Before the look: what is changed meanwhile is read again.
        let generation = self.holds_generation();
        if let Some((of, at, standing)) = lock(self.standing()).as_ref()
            && *of == generation
            && *at <= now
        {
            return Ok(Arc::clone(standing));
        }
        let standing: Standing = Arc::new(self.read(|db| active(db, now))?);
        *lock(self.standing()) = Some((generation, now, Arc::clone(&standing)));
        Ok(standing)
    }

    /// Holds that ran out by themselves after `after`, up to `upto` (inclusive).
    ///
    /// # Errors
    /// What SQLite says.
    pub fn holds_run_out(&self, after: UtcMicros, upto: UtcMicros) -> Result<Vec<HoldRow>> {
        self.read(|db| {
            let rest = "WHERE lifted_at IS NULL AND until_at > ? AND until_at <= ? ORDER BY until_at, id";
            list(db, rest, vec![Value::Integer(after.0), Value::Integer(upto.0)])
        })
    }
}
