//! Holds on an incident's footage: they stand while the incident does, and run out some days after it is over. A hold
//! is never changed: the one that stands is lifted and another placed with its end. One that a person lifted is left
//! lifted.

use super::IncidentRow;
use crate::bookmarks;
use crate::error::{Error, Result};
use crate::holds::{self, HoldDraft, HoldRow};
use crate::sql::uuid;
use easien_model::{BookmarkId, CameraId, HoldId, IncidentId, Linked, UtcMicros};
use rusqlite::{Connection, OptionalExtension, params};

const DAY_S: i64 = 86_400;

/// What becomes of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// It stands until further notice.
    Stands,
    /// It protects until then.
    Until(UtcMicros),
}

impl After {
    /// So many days from now.
    pub(super) fn days(now: UtcMicros, days: u32) -> Self {
        Self::Until(now.plus_seconds(i64::from(days) * DAY_S))
    }
}

/// The hold that a link placed last.
pub(super) fn last(db: &Connection, link: i64) -> Result<Option<HoldRow>> {
    let id = db
        .prepare_cached("SELECT hold FROM incident_hold WHERE link = ?1 ORDER BY seq DESC LIMIT 1")?
        .query_row([link], |row| uuid(row, 0).map(HoldId))
        .optional()?;
    match id {
        None => Ok(None),
        Some(id) => holds::find(db, id),
    }
}

/// Places a hold for a link of footage or a bookmark; other links have none.
pub(super) fn place(
    db: &Connection,
    who: &str,
    number: &str,
    (link, what): (i64, &Linked),
    until: Option<UtcMicros>,
    now: UtcMicros,
) -> Result<Option<HoldRow>> {
    let (cameras, start, end, bookmark): (Vec<CameraId>, _, _, Option<BookmarkId>) = match what {
        Linked::Footage(footage) => (vec![footage.camera], footage.start, footage.end, None),
        Linked::Bookmark(id) => {
            let marked = bookmarks::find(db, *id)?
                .ok_or(Error::NotFound { key: "problem_bookmark_not_found", field: Some("what") })?;
            (marked.cameras, marked.start, marked.end, Some(*id))
        }
        Linked::Still(_) | Linked::Incident(_) => return Ok(None),
    };
    let draft =
        HoldDraft { id: HoldId::new(), cameras, start, end, reason: number.to_owned(), until, bookmark };
    let row = holds::place(db, now, who, draft)?;
    db.prepare_cached("INSERT INTO incident_hold (link, hold) VALUES (?1, ?2)")?
        .execute(params![link, row.hold.id.0.into_bytes()])?;
    Ok(Some(row))
}

/// Gives one link's hold another end.
pub(super) fn set(
    db: &Connection,
    who: &str,
    number: &str,
    link: (i64, &Linked),
    after: After,
    now: UtcMicros,
    changed: &mut Vec<HoldRow>,
) -> Result<()> {
    let Some(known) = last(db, link.0)? else { return Ok(()) };
    let until = match after {
        After::Stands => None,
        After::Until(until) => Some(until),
    };
    // A person lifted it, or it is so already. One that ran out may stand again, but gets no other end.
    if known.lifted.is_some() || known.hold.until == until || (until.is_some() && !known.is_active(now)) {
        return Ok(());
    }
    if known.is_active(now) {
        changed.push(holds::lift(db, now, who, known.hold.id, number)?);
    }
    if until.is_none_or(|until| until > now) {
        changed.extend(place(db, who, number, link, until, now)?);
    }
    Ok(())
}

/// Gives all holds of an incident another end. Gives those that changed.
pub(super) fn set_all(
    db: &Connection,
    who: &str,
    incident: &IncidentRow,
    after: After,
    now: UtcMicros,
) -> Result<Vec<HoldRow>> {
    let mut changed = Vec::new();
    for (link, what) in super::links::standing(db, incident.id)? {
        set(db, who, &incident.number, (link, &what), after, now, &mut changed)?;
    }
    Ok(changed)
}

/// All holds that an incident ever placed.
pub(super) fn of(db: &Connection, id: IncidentId) -> Result<Vec<HoldId>> {
    let mut statement = db.prepare_cached(
        "SELECT incident_hold.hold FROM incident_link JOIN incident_hold ON incident_hold.link = incident_link.seq
         WHERE incident_link.incident = ?1",
    )?;
    let rows = statement.query_map([id.0.into_bytes()], |row| uuid(row, 0).map(HoldId))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
