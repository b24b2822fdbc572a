//! What belongs to an incident: footage, bookmarks, stills, other incidents. What is taken away keeps its row.

use super::holding::{self, After};
use super::{IncidentChange, changed, object, writable};
use crate::audit;
use crate::error::{Error, Result};
use crate::holds::HoldRow;
use crate::sql::{check_text, need, need_camera, utc, uuid_opt};
use crate::store::Store;
use easien_model::{BookmarkId, CameraId, Footage, IncidentId, Linked, StillId, UtcMicros};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

/// Most of a kind when an incident is opened.
pub(super) const LINKED_ONCE: usize = 64;
/// Most in all.
const LINKED_MOST: i64 = 500;
/// Longest footage.
const LONGEST_US: i64 = 31 * 86_400 * 1_000_000;

const SAME: &str = "incident = ?1 AND kind = ?2 AND camera IS ?3 AND start_at IS ?4 AND end_at IS ?5
    AND bookmark IS ?6 AND still IS ?7 AND other IS ?8";

/// The columns that say what is linked.
struct Columns {
    kind: &'static str,
    camera: Option<[u8; 16]>,
    start: Option<i64>,
    end: Option<i64>,
    bookmark: Option<[u8; 16]>,
    still: Option<[u8; 16]>,
    other: Option<[u8; 16]>,
}

fn columns(what: &Linked) -> Columns {
    let none =
        Columns { kind: "", camera: None, start: None, end: None, bookmark: None, still: None, other: None };
    match what {
        Linked::Footage(footage) => Columns {
            kind: "footage",
            camera: Some(footage.camera.0.into_bytes()),
            start: Some(footage.start.0),
            end: Some(footage.end.0),
            ..none
        },
        Linked::Bookmark(id) => Columns { kind: "bookmark", bookmark: Some(id.0.into_bytes()), ..none },
        Linked::Still(id) => Columns { kind: "still", still: Some(id.0.into_bytes()), ..none },
        Linked::Incident(id) => Columns { kind: "incident", other: Some(id.0.into_bytes()), ..none },
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<(i64, Option<Linked>)> {
    let bookmark = uuid_opt(row, 4)?.map(|id| Linked::Bookmark(BookmarkId(id)));
    let still = uuid_opt(row, 5)?.map(|id| Linked::Still(StillId(id)));
    let other = uuid_opt(row, 6)?.map(|id| Linked::Incident(IncidentId(id)));
    let what = match uuid_opt(row, 1)?.map(CameraId) {
        Some(camera) => Some(Linked::Footage(Footage { camera, start: utc(row, 2)?, end: utc(row, 3)? })),
        None => bookmark.or(still).or(other),
    };
    Ok((row.get(0)?, what))
}

/// What belongs to an incident now, in the order it came.
pub(super) fn standing(db: &Connection, id: IncidentId) -> Result<Vec<(i64, Linked)>> {
    let mut statement = db.prepare_cached(
        "SELECT seq, camera, start_at, end_at, bookmark, still, other FROM incident_link
         WHERE incident = ?1 AND removed_at IS NULL ORDER BY seq",
    )?;
    let rows = statement.query_map([id.0.into_bytes()], read)?;
    let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(rows.into_iter().filter_map(|(seq, what)| Some((seq, what?))).collect())
}

/// What belongs to an incident, or ever did.
pub(super) fn ever(db: &Connection, id: IncidentId) -> Result<Vec<(i64, Linked)>> {
    let mut statement = db.prepare_cached(
        "SELECT seq, camera, start_at, end_at, bookmark, still, other FROM incident_link
         WHERE incident = ?1 ORDER BY seq",
    )?;
    let rows = statement.query_map([id.0.into_bytes()], read)?;
    let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(rows.into_iter().filter_map(|(seq, what)| Some((seq, what?))).collect())
}

/// Refuses what is not there or makes no sense.
pub(super) fn check(db: &Connection, id: IncidentId, what: &Linked) -> Result<()> {
    match what {
        Linked::Footage(Footage { camera, start, end }) => {
            if start >= end || *end - *start > LONGEST_US {
                return Err(Error::Invalid { key: "problem_incident_footage", field: "footage" });
            }
            need_camera(db, *camera, "footage")
        }
        Linked::Bookmark(bookmark) => {
            let exists = "SELECT EXISTS (SELECT 1 FROM bookmark WHERE id = ?1)";
            need(db, exists, bookmark.0.into_bytes(), "problem_bookmark_not_found", "bookmarks")
        }
        Linked::Still(still) => {
            let exists = "SELECT EXISTS (SELECT 1 FROM still WHERE id = ?1)";
            need(db, exists, still.0.into_bytes(), "problem_still_not_found", "stills")
        }
        Linked::Incident(other) if *other == id => {
            Err(Error::Invalid { key: "problem_incident_itself", field: "what" })
        }
        Linked::Incident(other) => {
            let exists = "SELECT EXISTS (SELECT 1 FROM incident WHERE id = ?1)";
            need(db, exists, other.0.into_bytes(), "problem_incident_not_found", "what")
        }
    }
}

/// The standing link, if there is one.
fn find(db: &Connection, id: IncidentId, what: &Linked) -> Result<Option<i64>> {
    let c = columns(what);
    let query = format!("SELECT seq FROM incident_link WHERE {SAME} AND removed_at IS NULL");
    Ok(db
        .prepare_cached(&query)?
        .query_row(
            params![id.0.into_bytes(), c.kind, c.camera, c.start, c.end, c.bookmark, c.still, c.other],
            |row| row.get(0),
        )
        .optional()?)
}

/// The same, also from the other side of two related incidents. Gives which incident the link stands in.
fn find_both_ways(db: &Connection, id: IncidentId, what: &Linked) -> Result<Option<(IncidentId, i64)>> {
    if let Some(seq) = find(db, id, what)? {
        return Ok(Some((id, seq)));
    }
    match what {
        Linked::Incident(other) => Ok(find(db, *other, &Linked::Incident(id))?.map(|seq| (*other, seq))),
        _ => Ok(None),
    }
}

/// Adds a link that was checked, holds its footage. One that stands already is left as it is. Gives whether it is new.
pub(super) fn add(
    db: &Connection,
    who: &str,
    id: IncidentId,
    number: &str,
    what: &Linked,
    now: UtcMicros,
    holds: &mut Vec<HoldRow>,
) -> Result<bool> {
    if find_both_ways(db, id, what)?.is_some() {
        return Ok(false);
    }
    let c = columns(what);
    db.prepare_cached(
        "INSERT INTO incident_link (incident, kind, camera, start_at, end_at, bookmark, still, other, author, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        id.0.into_bytes(),
        c.kind,
        c.camera,
        c.start,
        c.end,
        c.bookmark,
        c.still,
        c.other,
        who,
        now.0
    ])?;
    let link = (db.last_insert_rowid(), what);
    holds.extend(holding::place(db, who, number, link, None, now)?);
    Ok(true)
}

impl Store {
    /// Adds what belongs to an incident; footage and bookmarks are held. What belongs to it already stays as it is.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Precondition` when the incident is over, or what SQLite says.
    pub fn link_incident(&self, who: &str, id: IncidentId, what: &Linked) -> Result<IncidentChange> {
        audit::check_who(who)?;
        let now = self.now();
        self.write_incident(|db| {
            if find_both_ways(db, id, what)?.is_some() {
                return changed(db, id, Vec::new());
            }
            let incident = writable(db, id)?;
            check(db, id, what)?;
            let count: i64 = db
                .prepare_cached(
                    "SELECT count(*) FROM incident_link WHERE incident = ?1 AND removed_at IS NULL",
                )?
                .query_row([id.0.into_bytes()], |row| row.get(0))?;
            if count >= LINKED_MOST {
                return Err(Error::Invalid { key: "problem_incident_links", field: "what" });
            }
            let mut holds = Vec::new();
            add(db, who, id, &incident.number, what, now, &mut holds)?;
            audit::write(db, now, who, "incident.link", &object(id), &json!({ "added": what }))?;
            let mut change = changed(db, id, holds)?;
            if let Linked::Incident(other) = what {
                change.others.push(super::existing(db, *other)?);
            }
            Ok(change)
        })
    }

    /// Takes away what belongs to an incident; its hold runs out `hold_days` later. The same person doing it for the
    /// same reason again changes nothing.
    ///
    /// # Errors
    /// `Invalid`, `NotFound` when it does not belong to it, `Precondition` when the incident is over, or what SQLite
    /// says.
    pub fn unlink_incident(
        &self,
        who: &str,
        id: IncidentId,
        what: &Linked,
        reason: &str,
        hold_days: u32,
    ) -> Result<IncidentChange> {
        check_text(reason, 1, 1000, "problem_reason", "removed")?;
        audit::check_who(who)?;
        let now = self.now();
        self.write_incident(|db| {
            let Some((holder, seq)) = find_both_ways(db, id, what)? else {
                super::existing(db, id)?;
                return if was_removed(db, id, what, who, reason)? {
                    changed(db, id, Vec::new())
                } else {
                    Err(Error::NotFound { key: "problem_incident_not_linked", field: Some("what") })
                };
            };
            let incident = writable(db, id)?;
            db.prepare_cached(
                "UPDATE incident_link SET removed_at = ?2, removed_by = ?3, removed_reason = ?4 WHERE seq = ?1",
            )?
            .execute(params![seq, now.0, who, reason])?;
            let mut holds = Vec::new();
            let after = After::days(now, hold_days);
            if holder == id {
                holding::set(db, who, &incident.number, (seq, what), after, now, &mut holds)?;
            }
            let detail = json!({ "removed": what, "reason": reason });
            audit::write(db, now, who, "incident.link", &object(id), &detail)?;
            let mut change = changed(db, id, holds)?;
            if let Linked::Incident(other) = what {
                change.others.push(super::existing(db, *other)?);
            }
            Ok(change)
        })
    }
}

/// Whether that person took it away last, for that reason: a retry whose reply was lost.
fn was_removed(db: &Connection, id: IncidentId, what: &Linked, who: &str, reason: &str) -> Result<bool> {
    let last = |id: IncidentId, what: &Linked| -> Result<Option<(String, String)>> {
        let c = columns(what);
        let query = format!(
            "SELECT removed_by, removed_reason FROM incident_link WHERE {SAME} AND removed_at IS NOT NULL
             ORDER BY seq DESC LIMIT 1"
        );
        Ok(db
            .prepare_cached(&query)?
            .query_row(
                params![id.0.into_bytes(), c.kind, c.camera, c.start, c.end, c.bookmark, c.still, c.other],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?)
    };
    let same = |(by, why): (String, String)| by == who && why == reason;
    let here = last(id, what)?.is_some_and(same);
    match what {
        Linked::Incident(other) if !here => Ok(last(*other, &Linked::Incident(id))?.is_some_and(same)),
        _ => Ok(here),
    }
}
