//! What is indexed: the words of each thing as it stands, with what lists narrow by.

use super::{plate, words};
use crate::error::Result;
use crate::sql::{uuid, uuid_opt};
use easien_model::CameraId;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

/// Beginnings of words are looked for among the words themselves from so many letters on; shorter ones have an index.
pub(super) const TERM_LETTERS: usize = 5;

/// What is found: kind, its table, when its row was made, and its words, its plate, the incident it stands in and its
/// moment for one id; no row: it is not to be found (any more).
const SOURCES: [(&str, &str, &str, &str); 7] = [
    (
        "camera",
        "camera",
        "created_at",
        "SELECT code || ' ' || name || ' ' || place || ' ' || ifnull((SELECT name FROM unit WHERE unit.id = camera.unit), ''), '',
            NULL, NULL
         FROM camera WHERE id = ?1 AND deleted_at IS NULL",
    ),
    (
        "incident",
        "incident",
        "opened_at",
        "SELECT prefix || '-' || year || '-' || printf('%04d', sequence) || ' ' || title || ' ' || road || ' ' || place
            || ' ' || forces || ' ' || outcome_note, '', id, detected_at FROM incident WHERE id = ?1",
    ),
    (
        "subject",
        "subject",
        "created_at",
        "SELECT plate || ' ' || colour || ' ' || description, plate, incident,
            (SELECT detected_at FROM incident WHERE incident.id = subject.incident)
         FROM subject WHERE id = ?1 AND hidden_at IS NULL",
    ),
    (
        "note",
        "note",
        "created_at",
        "SELECT text, '', (SELECT incident FROM incident_note WHERE incident_note.note = note.id), at FROM note WHERE id = ?1",
    ),
    (
        "bookmark",
        "bookmark",
        "created_at",
        "SELECT title || ' ' || note || ' ' || ifnull((SELECT group_concat(value, ' ') FROM json_each(tags)), ''), '', NULL, at
         FROM bookmark WHERE id = ?1",
    ),
    (
        "person",
        "person",
        "created_at",
        "SELECT name || ' ' || login, '', NULL, NULL FROM person WHERE id = ?1 AND retired_at IS NULL",
    ),
    (
        "shift",
        "shift",
        "begun_at",
        "SELECT name || ' ' || person || ' ' || commander || ' '
            || ifnull((SELECT remarks FROM handover WHERE handover.shift = shift.id), ''), '', NULL, begun_at
         FROM shift WHERE id = ?1",
    ),
];

/// Entries of a stretch, and of a longer one, as powers of two: each has a word of its own that is in all its entries.
/// Looked for beside it, what is never found together is not looked for beyond the stretch's end. (A bound on the number
/// of the row is no end to that: it is looked at when something was found.)
pub(super) const SHORT: u32 = 14;
pub(super) const LONG: u32 = 17;

/// The word of a stretch of entries.
pub(super) fn stretch_token(seq: i64, power: u32) -> String {
    format!("qzstretch{power}x{}", seq >> power)
}

/// A word that nobody types, in everything of this kind.
pub(crate) fn kind_token(kind: &str) -> String {
    format!("qzkind{kind}")
}

/// A word that nobody types, in every bookmark of this camera.
pub(crate) fn camera_token(camera: CameraId) -> String {
    format!("qzcamera{}", camera.0.simple())
}

/// Everything is indexed afterwards: many writes are under way, and each statement with a trigger would write the words
/// gathered so far to the disk.
#[cfg(feature = "bulk")]
pub(crate) static LATER: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// A thing was written or changed: its words are what they are now.
pub(crate) fn index(db: &Connection, kind: &str, id: Uuid) -> Result<()> {
    #[cfg(feature = "bulk")]
    if LATER.load(std::sync::atomic::Ordering::Relaxed) {
        return Ok(());
    }
    take(db, kind, id)?;
    let Some((.., source)) = SOURCES.iter().find(|(known, ..)| *known == kind) else { return Ok(()) };
    let mut read_source = db.prepare_cached(source)?;
    let mut rows = read_source.query([id.into_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(()) };
    let (text, read): (String, String) = (row.get(0)?, row.get(1)?);
    let (within, at): (Option<[u8; 16]>, Option<i64>) = (row.get(2)?, row.get(3)?);
    db.prepare_cached(
        "INSERT INTO search_entry (kind, id, within, at, latest_at)
         VALUES (?1, ?2, ?3, ?4, max(ifnull(?4, 0), ifnull((SELECT latest_at FROM search_entry ORDER BY seq DESC LIMIT 1), 0)))",
    )?
    .execute(params![kind, id.into_bytes(), within, at])?;
    let seq = db.last_insert_rowid();
    let mut words = words(&text);
    for word in words.split(' ').filter(|word| word.chars().count() >= TERM_LETTERS) {
        db.prepare_cached("INSERT INTO search_term (term) VALUES (?1) ON CONFLICT DO NOTHING")?
            .execute([word])?;
    }
    for token in [kind_token(kind), stretch_token(seq, SHORT), stretch_token(seq, LONG)] {
        words.push(' ');
        words.push_str(&token);
    }
    if kind == "bookmark" {
        let mut statement = db.prepare_cached("SELECT camera FROM bookmark_camera WHERE bookmark = ?1")?;
        let cameras = statement.query_map([id.into_bytes()], |row| uuid(row, 0).map(CameraId))?;
        for camera in cameras {
            words.push(' ');
            words.push_str(&camera_token(camera?));
        }
    }
    db.prepare_cached("INSERT INTO search_words (rowid, words) VALUES (?1, ?2)")?
        .execute(params![seq, words])?;
    let plate = plate(&read);
    if !plate.is_empty() {
        db.prepare_cached("INSERT INTO search_plates (rowid, plate) VALUES (?1, ?2)")?
            .execute(params![seq, plate])?;
    }
    Ok(())
}

/// Everything of a database from before the index, in the order it was written.
pub(crate) fn fill(db: &Connection) -> Result<()> {
    let mut all: Vec<(i64, &str, Uuid)> = Vec::new();
    for (kind, table, made, _) in SOURCES {
        let mut statement = db.prepare(&format!("SELECT {made}, id FROM {table}"))?;
        let rows =
            statement.query_map([], |row| Ok((row.get(0)?, kind, uuid_opt(row, 1)?.unwrap_or_default())))?;
        for row in rows {
            all.push(row?);
        }
    }
    all.sort();
    all.into_iter().try_for_each(|(_, kind, id)| index(db, kind, id))
}

/// A thing is not found any more.
fn take(db: &Connection, kind: &str, id: Uuid) -> Result<()> {
    let seq: Option<i64> = db
        .prepare_cached("SELECT seq FROM search_entry WHERE kind = ?1 AND id = ?2")?
        .query_row(params![kind, id.into_bytes()], |row| row.get(0))
        .optional()?;
    let Some(seq) = seq else { return Ok(()) };
    for table in ["search_words", "search_plates"] {
        db.prepare_cached(&format!("DELETE FROM {table} WHERE rowid = ?1"))?.execute([seq])?;
    }
    db.prepare_cached("DELETE FROM search_entry WHERE seq = ?1")?.execute([seq])?;
    Ok(())
}
