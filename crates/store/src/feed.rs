//! The feed: notes (not those of incidents), bookmarks, stills, camera events, alarms and incidents in one list, newest first.

use crate::error::{Error, Result};
use crate::rows::FeedRow;
use crate::sql::uuid;
use crate::store::{Store, clamp_limit};
use crate::{alarms, bookmarks, events, incidents, notes, stills};
use easien_model::{AlarmId, BookmarkId, IncidentId, NoteId, StillId, UtcMicros};
use rusqlite::{Connection, params};
use uuid::Uuid;

/// Six walks down six indexes, merged: what it costs follows the page, not the tables. `?1`: only older than this.
/// The order must be the indexes' own, or SQLite sorts everything first (a test reads the plan).
pub(crate) const MERGE: &str = "
    SELECT at, id, 'note' AS kind FROM note WHERE at < ?1 AND in_incident = 0
    UNION ALL SELECT at, id, 'bookmark' FROM bookmark WHERE at < ?1 AND hidden_at IS NULL
    UNION ALL SELECT at, id, 'still' FROM still WHERE at < ?1
    UNION ALL SELECT lost_at, id, 'camera' FROM camera_event WHERE lost_at < ?1
    UNION ALL SELECT raised_at, id, 'alarm' FROM alarm WHERE raised_at < ?1
    UNION ALL SELECT opened_at, id, 'incident' FROM incident WHERE opened_at < ?1
    ORDER BY 1 DESC, 2 DESC";

fn keys(db: &Connection, before: i64, limit: u32) -> Result<Vec<(i64, Uuid, String)>> {
    let mut statement = db.prepare_cached(MERGE)?;
    let mut rows = statement.query(params![before])?;
    let mut keys: Vec<(i64, Uuid, String)> = Vec::new();
    // The walk is lazy: it is left as soon as the page is full. A page ends at a time, never between two things of
    // one time, because the next page begins below that time.
    while let Some(row) = rows.next()? {
        let at = row.get(0)?;
        if keys.len() >= limit as usize && keys.last().is_some_and(|(last, ..)| *last != at) {
            break;
        }
        keys.push((at, uuid(row, 1)?, row.get(2)?));
    }
    Ok(keys)
}

fn load(db: &Connection, id: Uuid, kind: &str) -> Result<FeedRow> {
    let gone = || Error::Damaged("a thing of the feed is not in its table".to_owned());
    Ok(match kind {
        "note" => FeedRow::Note(notes::find(db, NoteId(id))?.ok_or_else(gone)?),
        "bookmark" => FeedRow::Bookmark(bookmarks::find(db, BookmarkId(id))?.ok_or_else(gone)?),
        "still" => FeedRow::Still(stills::find(db, StillId(id))?.ok_or_else(gone)?),
        "alarm" => FeedRow::Alarm(alarms::find(db, AlarmId(id))?.ok_or_else(gone)?),
        "incident" => FeedRow::Incident(Box::new(incidents::find(db, IncidentId(id))?.ok_or_else(gone)?)),
        _ => FeedRow::Camera(events::find(db, id)?),
    })
}

impl Store {
    /// The feed, without hidden bookmarks, newest first by [`FeedRow::at`]: at most `limit` (1 to 500) things from before `before`, and those
    /// that tie with the last. The next page: `before` = the last one's `at()`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn feed(&self, before: Option<UtcMicros>, limit: u32) -> Result<Vec<FeedRow>> {
        self.read(|db| {
            keys(db, before.map_or(i64::MAX, |before| before.0), clamp_limit(limit))?
                .into_iter()
                .map(|(_, id, kind)| load(db, id, &kind))
                .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::MERGE;
    use crate::Store;
    use easien_model::SystemClock;
    use std::sync::Arc;

    #[test]
    fn the_merge_walks_the_indexes_and_sorts_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_with(folder.path(), Arc::new(SystemClock), None).unwrap();
        let plan: Vec<String> = store
            .read(|db| {
                let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {MERGE}"))?;
                let rows = statement.query_map([0], |row| row.get(3))?;
                Ok(rows.collect::<rusqlite::Result<_>>()?)
            })
            .unwrap();
        let plan = plan.join("\n");
        for index in
            ["note_feed", "bookmark_shown", "still_at", "camera_event_at", "alarm_at", "incident_opened"]
        {
            assert!(plan.contains(&format!("COVERING INDEX {index} ")), "{index} is not used alone:\n{plan}");
        }
        assert!(plan.contains("MERGE") && !plan.contains("B-TREE") && !plan.contains("SCAN"), "{plan}");
    }
}
