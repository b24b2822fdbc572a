//! Bookmarks: a marked clip on one or several cameras, titled and tagged then or afterwards. Everything that it ever said stays
//! readable, also when it is hidden.

mod list;

use crate::audit;
use crate::error::{Error, Result};
use crate::fold::fold;
use crate::rows::{
    BookmarkDraft, BookmarkEdit, BookmarkFilter, BookmarkRow, BookmarkText, BookmarkVersionRow,
};
use crate::search;
use crate::sql::{check_text, hidden, json, marks, need_camera, need_category, origin, utc, uuid};
use crate::store::{Store, clamp_limit};
use easien_model::{BookmarkId, CameraId, UtcMicros};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde_json::json;
use std::collections::HashSet;

const COLUMNS: &str =
    "SELECT id, at, start_at, end_at, title, category, tags, note, colour, author, created_at, edits,
    hidden_at, hidden_by, hidden_reason FROM bookmark";
const COLOURS: [&str; 7] = ["", "blue", "green", "amber", "violet", "teal", "pink"];

fn read(row: &Row<'_>) -> rusqlite::Result<BookmarkRow> {
    Ok(BookmarkRow {
        id: BookmarkId(uuid(row, 0)?),
        cameras: Vec::new(),
        at: utc(row, 1)?,
        start: utc(row, 2)?,
        end: utc(row, 3)?,
        text: BookmarkText {
            title: row.get(4)?,
            category: row.get(5)?,
            tags: json(row, 6)?,
            note: row.get(7)?,
            colour: row.get(8)?,
        },
        author: row.get(9)?,
        created: utc(row, 10)?,
        edits: row.get(11)?,
        hidden: hidden(row, 12)?,
    })
}

fn with_cameras(db: &Connection, mut row: BookmarkRow) -> Result<BookmarkRow> {
    let mut statement =
        db.prepare_cached("SELECT camera FROM bookmark_camera WHERE bookmark = ?1 ORDER BY position")?;
    let cameras = statement.query_map([row.id.0.into_bytes()], |row| uuid(row, 0).map(CameraId))?;
    row.cameras = cameras.collect::<rusqlite::Result<_>>()?;
    Ok(row)
}

/// One bookmark.
pub(crate) fn find(db: &Connection, id: BookmarkId) -> Result<Option<BookmarkRow>> {
    let query = format!("{COLUMNS} WHERE id = ?1");
    let row = db.prepare_cached(&query)?.query_row([id.0.into_bytes()], read).optional()?;
    row.map(|row| with_cameras(db, row)).transpose()
}

fn existing(db: &Connection, id: BookmarkId) -> Result<BookmarkRow> {
    find(db, id)?.ok_or(Error::NotFound { key: "problem_bookmark_not_found", field: None })
}

fn object(id: BookmarkId) -> String {
    format!("bookmark {id}")
}

fn check(draft: &BookmarkDraft) -> Result<()> {
    let invalid = |key, field| Err(Error::Invalid { key, field });
    let once = draft.cameras.iter().collect::<HashSet<_>>().len() == draft.cameras.len();
    if !(1..=64).contains(&draft.cameras.len()) || !once {
        return invalid("problem_bookmark_cameras", "cameras");
    }
    if draft.start > draft.at || draft.at > draft.end || draft.start >= draft.end {
        return invalid("problem_bookmark_clip", "start");
    }
    Ok(())
}

fn check_says(text: &BookmarkText) -> Result<()> {
    check_text(&text.title, 0, 200, "problem_bookmark_title", "title")?;
    check_text(&text.note, 0, 10_000, "problem_bookmark_note", "note")?;
    if text.tags.len() > 16 {
        return Err(Error::Invalid { key: "problem_bookmark_tags", field: "tags" });
    }
    if !COLOURS.contains(&text.colour.as_str()) {
        return Err(Error::Invalid { key: "problem_bookmark_colour", field: "colour" });
    }
    text.tags.iter().try_for_each(|tag| check_text(tag, 1, 40, "problem_bookmark_tags", "tags"))
}

/// Writes what a bookmark says from now on, beside what it said before.
fn says(db: &Connection, who: &str, id: BookmarkId, text: &BookmarkText, now: UtcMicros) -> Result<u32> {
    let tags = json!(text.tags).to_string();
    let number: u32 = db
        .prepare_cached("SELECT ifnull(max(number), 0) + 1 FROM bookmark_edit WHERE bookmark = ?1")?
        .query_row([id.0.into_bytes()], |row| row.get(0))?;
    db.prepare_cached(
        "INSERT INTO bookmark_edit (bookmark, number, title, category, tags, note, colour, author, edited_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        id.0.into_bytes(),
        number,
        text.title,
        text.category,
        tags,
        text.note,
        text.colour,
        who,
        now.0
    ])?;
    db.prepare_cached(
        "UPDATE bookmark SET title = ?2, category = ?3, tags = ?4, note = ?5, colour = ?6, folded = ?7 WHERE id = ?1",
    )?
    .execute(params![
        id.0.into_bytes(),
        text.title,
        text.category,
        tags,
        text.note,
        text.colour,
        folded(&text.title, &text.tags, &text.note)
    ])?;
    Ok(number)
}

/// Fills the search text of bookmarks that were written before it existed.
pub(crate) fn fold_all(db: &Connection) -> Result<()> {
    let mut statement = db.prepare("SELECT id, title, tags, note FROM bookmark WHERE folded = ''")?;
    let rows = statement.query_map([], |row| {
        Ok((row.get::<_, [u8; 16]>(0)?, row.get(1)?, json::<Vec<String>>(row, 2)?, row.get(3)?))
    })?;
    for row in rows.collect::<rusqlite::Result<Vec<([u8; 16], String, Vec<String>, String)>>>()? {
        let (id, title, tags, note) = row;
        db.prepare_cached("UPDATE bookmark SET folded = ?2 WHERE id = ?1")?
            .execute(params![id, folded(&title, &tags, &note)])?;
    }
    Ok(())
}

/// What a search for a bookmark looks through, beside its cameras.
fn folded(title: &str, tags: &[String], note: &str) -> String {
    fold(&format!("{title} {} {note}", tags.join(" ")))
}

impl Store {
    /// Marks a moment. Marking the same again gives the bookmark as it stands now.
    ///
    /// # Errors
    /// `Invalid`, `NotFound` for a camera, `IdTaken`, or what SQLite says.
    pub fn add_bookmark(&self, who: &str, draft: BookmarkDraft) -> Result<BookmarkRow> {
        check(&draft)?;
        draft.text.as_ref().map_or(Ok(()), check_says)?;
        audit::check_who(who)?;
        let times = [draft.at, draft.start, draft.end].map(|time| time.0.to_be_bytes());
        let mut parts: Vec<&[u8]> = times.iter().map(|time| &time[..]).collect();
        parts.extend(draft.cameras.iter().map(|camera| &camera.0.as_bytes()[..]));
        // What says nothing is as good as absent.
        let text = draft.text.as_ref().filter(|text| **text != BookmarkText::default());
        let said = text
            .map(|text| json!([text.title, text.category, text.tags, text.note, text.colour]).to_string());
        parts.extend(said.as_deref().map(str::as_bytes));
        let origin = origin(self.key(), &parts);
        let now = self.now();
        self.write(|db| {
            let known: Option<[u8; 32]> = db
                .prepare_cached("SELECT origin FROM bookmark WHERE id = ?1")?
                .query_row([draft.id.0.into_bytes()], |row| row.get(0))
                .optional()?;
            match known {
                Some(known) if known != origin => return Err(Error::IdTaken("bookmark")),
                Some(_) => {}
                None => {
                    for camera in &draft.cameras {
                        need_camera(db, *camera, "cameras")?;
                    }
                    db.prepare_cached(
                        "INSERT INTO bookmark (id, at, start_at, end_at, author, origin, created_at)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    )?
                    .execute(params![
                        draft.id.0.into_bytes(),
                        draft.at.0,
                        draft.start.0,
                        draft.end.0,
                        who,
                        origin,
                        now.0
                    ])?;
                    for (position, camera) in (0_i64..).zip(&draft.cameras) {
                        db.prepare_cached(
                            "INSERT INTO bookmark_camera (bookmark, position, camera) VALUES (?1, ?2, ?3)",
                        )?
                        .execute(params![
                            draft.id.0.into_bytes(),
                            position,
                            camera.0.into_bytes()
                        ])?;
                    }
                    let mut detail = json!({
                        "cameras": draft.cameras, "at": draft.at, "start": draft.start, "end": draft.end,
                    });
                    if let (Some(text), Some(detail)) = (text, detail.as_object_mut()) {
                        need_category(db, text.category.as_deref())?;
                        says(db, who, draft.id, text, now)?;
                        detail.extend(summary(text));
                    }
                    audit::write(db, now, who, "bookmark.add", &object(draft.id), &detail)?;
                    search::index(db, "bookmark", draft.id.0)?;
                }
            }
            existing(db, draft.id)
        })
    }

    /// Titles, categorises, tags and colours a bookmark. What it said before is kept. Writing what stands already
    /// changes nothing. Whose bookmark it may be is the station's to say.
    ///
    /// # Errors
    /// `Invalid`, `NotFound` for the bookmark or category, `Conflict` when it was edited more often than the writer
    /// knew, or what SQLite says.
    pub fn edit_bookmark(&self, who: &str, edit: BookmarkEdit) -> Result<BookmarkRow> {
        check_says(&edit.text)?;
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| {
            let before = existing(db, edit.id)?;
            if before.text == edit.text {
                return Ok(before);
            }
            if edit.edits.is_some_and(|known| known != before.edits) {
                return Err(Error::Conflict { key: "problem_bookmark_conflict" });
            }
            need_category(db, edit.text.category.as_deref())?;
            let number = says(db, who, edit.id, &edit.text, now)?;
            db.prepare_cached("UPDATE bookmark SET edits = edits + 1 WHERE id = ?1")?
                .execute([edit.id.0.into_bytes()])?;
            let mut detail = json!({ "number": number });
            if let Some(detail) = detail.as_object_mut() {
                detail.extend(summary(&edit.text));
            }
            audit::write(db, now, who, "bookmark.update", &object(edit.id), &detail)?;
            search::index(db, "bookmark", edit.id.0)?;
            existing(db, edit.id)
        })
    }

    /// Takes a bookmark out of the lists. One that is hidden stays as it is. Whose it may be is the station's to say.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, or what SQLite says.
    pub fn hide_bookmark(&self, who: &str, id: BookmarkId, reason: &str) -> Result<BookmarkRow> {
        check_text(reason, 1, 1000, "problem_reason", "reason")?;
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| {
            let before = existing(db, id)?;
            if before.hidden.is_some() {
                return Ok(before);
            }
            db.prepare_cached(
                "UPDATE bookmark SET hidden_at = ?2, hidden_by = ?3, hidden_reason = ?4 WHERE id = ?1",
            )?
            .execute(params![id.0.into_bytes(), now.0, who, reason])?;
            let detail = json!({ "author": before.author, "title": before.text.title, "reason": reason });
            audit::write(db, now, who, "bookmark.hide", &object(id), &detail)?;
            search::index(db, "bookmark", id.0)?;
            existing(db, id)
        })
    }

    /// One bookmark, also one that is hidden.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn bookmark(&self, id: BookmarkId) -> Result<Option<BookmarkRow>> {
        self.read(|db| find(db, id))
    }

    /// Bookmarks, newest moment first. The next page: `before` = the last one's `at`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn bookmarks(&self, filter: &BookmarkFilter) -> Result<Vec<BookmarkRow>> {
        let limit = clamp_limit(filter.limit) as usize;
        self.read(|db| match list::by_words(db, filter)? {
            Some(expressions) => list::found(db, filter, &expressions, limit),
            None => list::walked(db, filter, limit),
        })
    }

    /// The next moment marked on any of these cameras after `at` (forward), or the last before it.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn next_bookmark(
        &self,
        cameras: &[CameraId],
        at: UtcMicros,
        forward: bool,
    ) -> Result<Option<UtcMicros>> {
        let (sign, order) = if forward { (">", "") } else { ("<", "DESC") };
        let query = format!(
            "SELECT at FROM bookmark WHERE hidden_at IS NULL AND at {sign} ?
                AND EXISTS (SELECT 1 FROM bookmark_camera WHERE bookmark = bookmark.id AND camera IN ({}))
             ORDER BY at {order} LIMIT 1",
            marks(cameras.len())
        );
        let mut values = vec![Value::Integer(at.0)];
        values.extend(cameras.iter().map(|camera| Value::Blob(camera.0.as_bytes().to_vec())));
        self.read(|db| {
            Ok(db
                .prepare_cached(&query)?
                .query_row(params_from_iter(values), |row| utc(row, 0))
                .optional()?)
        })
    }

    /// Everything that a bookmark ever said, first to last.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn bookmark_history(&self, id: BookmarkId) -> Result<Vec<BookmarkVersionRow>> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT number, title, category, tags, note, colour, author, edited_at FROM bookmark_edit
                 WHERE bookmark = ?1 ORDER BY number",
            )?;
            let rows = statement.query_map([id.0.into_bytes()], |row| {
                Ok(BookmarkVersionRow {
                    number: row.get(0)?,
                    text: BookmarkText {
                        title: row.get(1)?,
                        category: row.get(2)?,
                        tags: json(row, 3)?,
                        note: row.get(4)?,
                        colour: row.get(5)?,
                    },
                    author: row.get(6)?,
                    at: utc(row, 7)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

/// For the audit: what it says, without the note, which stands in the history.
fn summary(text: &BookmarkText) -> [(String, serde_json::Value); 4] {
    [
        ("title".to_owned(), json!(text.title)),
        ("category".to_owned(), json!(text.category)),
        ("tags".to_owned(), json!(text.tags)),
        ("colour".to_owned(), json!(text.colour)),
    ]
}
