//! Bookmarks: a marked clip on one or several cameras, titled and tagged afterwards. Every edit stays readable.

use crate::audit;
use crate::error::{Error, Result};
use crate::fold::fold;
use crate::rows::{BookmarkDraft, BookmarkEdit, BookmarkEditRow, BookmarkRow};
use crate::sql::{check_text, json, need_camera, need_category, origin, utc, uuid};
use crate::store::Store;
use easien_model::{BookmarkId, CameraId};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;
use std::collections::HashSet;

/// One bookmark.
pub(crate) fn find(db: &Connection, id: BookmarkId) -> Result<Option<BookmarkRow>> {
    let row = db
        .prepare_cached(
            "SELECT at, start_at, end_at, title, category, tags, note, author, created_at, edits
             FROM bookmark WHERE id = ?1",
        )?
        .query_row([id.0.into_bytes()], |row| {
            Ok(BookmarkRow {
                id,
                cameras: Vec::new(),
                at: utc(row, 0)?,
                start: utc(row, 1)?,
                end: utc(row, 2)?,
                title: row.get(3)?,
                category: row.get(4)?,
                tags: json(row, 5)?,
                note: row.get(6)?,
                author: row.get(7)?,
                created: utc(row, 8)?,
                edits: row.get(9)?,
            })
        })
        .optional()?;
    let Some(mut row) = row else { return Ok(None) };
    let mut statement =
        db.prepare_cached("SELECT camera FROM bookmark_camera WHERE bookmark = ?1 ORDER BY position")?;
    let cameras = statement.query_map([id.0.into_bytes()], |row| uuid(row, 0).map(CameraId))?;
    row.cameras = cameras.collect::<rusqlite::Result<_>>()?;
    Ok(Some(row))
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
        return invalid("problem_bookmark_seconds", "pre_s");
    }
    Ok(())
}

fn check_edit(edit: &BookmarkEdit) -> Result<()> {
    check_text(&edit.title, 0, 200, "problem_bookmark_title", "title")?;
    check_text(&edit.note, 0, 10_000, "problem_bookmark_note", "note")?;
    if edit.tags.len() > 16 {
        return Err(Error::Invalid { key: "problem_bookmark_tags", field: "tags" });
    }
    edit.tags.iter().try_for_each(|tag| check_text(tag, 1, 40, "problem_bookmark_tags", "tags"))
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
        audit::check_who(who)?;
        let times = [draft.at, draft.start, draft.end].map(|time| time.0.to_be_bytes());
        let mut parts: Vec<&[u8]> = times.iter().map(|time| &time[..]).collect();
        parts.extend(draft.cameras.iter().map(|camera| &camera.0.as_bytes()[..]));
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
                    let detail = json!({
                        "cameras": draft.cameras, "at": draft.at, "start": draft.start, "end": draft.end,
                    });
                    audit::write(db, now, who, "bookmark.add", &object(draft.id), &detail)?;
                }
            }
            existing(db, draft.id)
        })
    }

    /// Titles, categorises and tags a bookmark. The edit is kept beside those before it. Writing what stands already
    /// changes nothing. Whose bookmark it may be is the station's to say.
    ///
    /// # Errors
    /// `Invalid`, `NotFound` for the bookmark or category, or what SQLite says.
    pub fn edit_bookmark(&self, who: &str, edit: BookmarkEdit) -> Result<BookmarkRow> {
        check_edit(&edit)?;
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| {
            let before = existing(db, edit.id)?;
            let same = before.title == edit.title
                && before.category == edit.category
                && before.tags == edit.tags
                && before.note == edit.note;
            if same {
                return Ok(before);
            }
            need_category(db, edit.category.as_deref())?;
            let number = before.edits + 1;
            let tags = json!(edit.tags).to_string();
            db.prepare_cached(
                "INSERT INTO bookmark_edit (bookmark, number, title, category, tags, note, author, edited_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                edit.id.0.into_bytes(),
                number,
                edit.title,
                edit.category,
                tags,
                edit.note,
                who,
                now.0
            ])?;
            db.prepare_cached(
                "UPDATE bookmark SET title = ?2, category = ?3, tags = ?4, note = ?5, edits = ?6 WHERE id = ?1",
            )?
            .execute(params![
                edit.id.0.into_bytes(),
                edit.title,
                edit.category,
                tags,
                edit.note,
                number
            ])?;
            let detail = json!({
                "number": number, "title": edit.title, "category": edit.category, "tags": edit.tags,
            });
            audit::write(db, now, who, "bookmark.update", &object(edit.id), &detail)?;
            existing(db, edit.id)
        })
    }

    /// One bookmark.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn bookmark(&self, id: BookmarkId) -> Result<Option<BookmarkRow>> {
        self.read(|db| find(db, id))
    }

    /// A bookmark's edits, first to last.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn bookmark_edits(&self, id: BookmarkId) -> Result<Vec<BookmarkEditRow>> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT number, title, category, tags, note, author, edited_at FROM bookmark_edit
                 WHERE bookmark = ?1 ORDER BY number",
            )?;
            let rows = statement.query_map([id.0.into_bytes()], |row| {
                Ok(BookmarkEditRow {
                    number: row.get(0)?,
                    edit: BookmarkEdit {
                        id,
                        title: row.get(1)?,
                        category: row.get(2)?,
                        tags: json(row, 3)?,
                        note: row.get(4)?,
                    },
                    author: row.get(5)?,
                    edited: utc(row, 6)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
