//! Lists of bookmarks, newest moment first. Words, tags and a few cameras are found by the full-text index; everything
//! else is looked at on the way through the moments.

use super::{COLUMNS, read, with_cameras};
use crate::error::Result;
use crate::fold::fold;
use crate::rows::{BookmarkFilter, BookmarkRow};
use crate::search::{self, Look, Wanted};
use crate::sql::{marks, uuid};
use easien_model::{CameraId, UtcMicros};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

/// Longest clip: a day, as the station has it.
const CLIP_US: i64 = 86_400 * 1_000_000;
/// So few cameras are found by the index; more of them are met on the way soon enough.
const FEW_CAMERAS: usize = 3;
/// Finds that are looked at for a quick page.
const LOOKED_AT: usize = 10_000;
/// As long as is looked for it beyond the newest entries.
const TIME: Duration = Duration::from_millis(8);

/// What the full-text index is asked; None: it is not needed. An empty text inside: nothing can be found.
pub(super) fn by_words(db: &Connection, filter: &BookmarkFilter) -> Result<Option<String>> {
    let mut all = Vec::new();
    for word in fold(&filter.text).split(' ').filter(|word| !word.is_empty()) {
        let Some(wanted) = Wanted::read(word) else { return Ok(Some(String::new())) };
        let mut any = vec![wanted.expression_open(db)];
        // Or the camera says it.
        let mut statement = db.prepare_cached("SELECT id FROM camera WHERE instr(folded, ?1) > 0")?;
        let cameras = statement.query_map([word], |row| uuid(row, 0).map(CameraId))?;
        for camera in cameras {
            any.push(search::camera_token(camera?));
        }
        all.push(format!("({})", any.join(" OR ")));
    }
    if let Some(tag) = &filter.tag {
        let Some(wanted) = Wanted::read(&format!("\"{}\"", tag.replace('"', " "))) else {
            return Ok(Some(String::new()));
        };
        all.push(wanted.expression_whole());
    }
    if (1..=FEW_CAMERAS).contains(&filter.cameras.len()) {
        let any: Vec<String> = filter.cameras.iter().map(|camera| search::camera_token(*camera)).collect();
        all.push(format!("({})", any.join(" OR ")));
    }
    if all.is_empty() {
        return Ok(None);
    }
    all.push(search::kind_token("bookmark"));
    Ok(Some(all.join(" AND ")))
}

/// By the index: those that were written last come first there, so it ends when nothing later can come.
pub(super) fn found(
    db: &Connection,
    filter: &BookmarkFilter,
    expression: &str,
    limit: usize,
) -> Result<Vec<BookmarkRow>> {
    if expression.is_empty() {
        return Ok(Vec::new());
    }
    let (condition, values) = condition(filter);
    let columns = COLUMNS.trim_start_matches("SELECT ").split(" FROM ").next().unwrap_or_default();
    let columns: Vec<String> = columns.split(',').map(|name| format!("bookmark.{}", name.trim())).collect();
    let look = Look {
        table: "search_words",
        expression,
        columns: &format!("{}, entry.latest_at", columns.join(", ")),
        joined: "CROSS JOIN bookmark ON bookmark.id = entry.id",
        and: &format!("AND {condition}"),
        values,
        spans: search::everywhere(db)?,
        begun: Instant::now(),
        time: if filter.quick { TIME } else { Duration::MAX },
    };
    let tag = filter.tag.as_deref().map(fold);
    let mut rows: Vec<BookmarkRow> = Vec::new();
    let mut newest: BinaryHeap<Reverse<i64>> = BinaryHeap::new();
    search::walk(db, &look, |row| {
        let latest: i64 = row.get(columns.len())?;
        let row = read(row)?;
        if has_tag(&row, tag.as_deref()) {
            newest.push(Reverse(row.at.0));
            rows.push(row);
        }
        if newest.len() > limit + 1 {
            newest.pop();
        }
        let full = newest.len() > limit && newest.peek().is_some_and(|Reverse(at)| *at > latest);
        Ok(!full && (rows.len() < LOOKED_AT || !filter.quick))
    })?;
    rows.sort_by_key(|row| Reverse((row.at, row.id)));
    rows.dedup_by_key(|row| row.id);
    // It ends at a time, never between two of one time.
    let last = limit.checked_sub(1).and_then(|last| rows.get(last)).map(|row| row.at);
    if let Some(last) = last {
        rows.retain(|row| row.at >= last);
    }
    rows.into_iter().map(|row| with_cameras(db, row)).collect()
}

/// Through the moments.
pub(super) fn walked(db: &Connection, filter: &BookmarkFilter, limit: usize) -> Result<Vec<BookmarkRow>> {
    let (condition, values) = condition(filter);
    let query = format!("{COLUMNS} WHERE {condition} ORDER BY at DESC, id DESC");
    let mut statement = db.prepare_cached(&query)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found: Vec<BookmarkRow> = Vec::new();
    // Left as soon as the page is full; it ends at a time, never between two of one time.
    while let Some(row) = rows.next()? {
        let row = read(row)?;
        if found.len() >= limit && found.last().is_some_and(|last| last.at != row.at) {
            break;
        }
        found.push(with_cameras(db, row)?);
    }
    Ok(found)
}

fn has_tag(row: &BookmarkRow, tag: Option<&str>) -> bool {
    tag.is_none_or(|tag| row.text.tags.iter().any(|known| fold(known) == tag))
}

/// The filter as a condition on `bookmark`, with its values in order; without its words and its tag.
fn condition(filter: &BookmarkFilter) -> (String, Vec<Value>) {
    let mut condition = String::from(
        "bookmark.at < ? AND bookmark.at >= ? AND bookmark.end_at > ? AND bookmark.start_at < ?",
    );
    let to = filter.to.map_or(i64::MAX, |to| to.0);
    let from = filter.from.map_or(i64::MIN, |from| from.0);
    // A clip holds its moment, and is no longer than a day.
    let latest = UtcMicros(to.saturating_add(CLIP_US)).min(filter.before.unwrap_or(UtcMicros(i64::MAX)));
    let mut values = vec![
        Value::Integer(latest.0),
        Value::Integer(from.saturating_sub(CLIP_US)),
        Value::Integer(from),
        Value::Integer(to),
    ];
    let blob = |id: &uuid::Uuid| Value::Blob(id.as_bytes().to_vec());
    if !filter.hidden {
        condition.push_str(" AND bookmark.hidden_at IS NULL");
    }
    if !filter.cameras.is_empty() {
        condition.push_str(&format!(
            " AND EXISTS (SELECT 1 FROM bookmark_camera WHERE bookmark = bookmark.id AND camera IN ({}))",
            marks(filter.cameras.len())
        ));
        values.extend(filter.cameras.iter().map(|camera| blob(&camera.0)));
    }
    if let Some(unit) = filter.unit {
        condition.push_str(
            " AND EXISTS (SELECT 1 FROM bookmark_camera JOIN camera ON camera.id = bookmark_camera.camera
                WHERE bookmark = bookmark.id AND camera.unit = ?)",
        );
        values.push(blob(&unit.0));
    }
    for (column, wanted) in [("category", &filter.category), ("author", &filter.author)] {
        if let Some(wanted) = wanted {
            condition.push_str(&format!(" AND bookmark.{column} = ?"));
            values.push(Value::Text(wanted.clone()));
        }
    }
    (condition, values)
}
