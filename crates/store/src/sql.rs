//! Between the model's types and SQLite's: ids, times, the few words that are stored as text.

use crate::error::{Error, Result};
use crate::rows::HiddenRow;
use easien_model::{CameraId, LossReason, StreamKind, Transport, UtcMicros};
use rusqlite::types::Type;
use rusqlite::{Connection, Row};
use uuid::Uuid;

/// Reads an id.
pub(crate) fn uuid(row: &Row<'_>, column: usize) -> rusqlite::Result<Uuid> {
    row.get(column).map(Uuid::from_bytes)
}

/// Reads an id that may be absent.
pub(crate) fn uuid_opt(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Uuid>> {
    Ok(row.get::<_, Option<[u8; 16]>>(column)?.map(Uuid::from_bytes))
}

/// Reads a time.
pub(crate) fn utc(row: &Row<'_>, column: usize) -> rusqlite::Result<UtcMicros> {
    row.get(column).map(UtcMicros)
}

/// Reads a time that may be absent.
pub(crate) fn utc_opt(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<UtcMicros>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(UtcMicros))
}

/// Reads text that is JSON.
pub(crate) fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    serde_json::from_str(&row.get::<_, String>(column)?).map_err(|error| damaged(column, error))
}

/// How packets travel, as stored.
pub(crate) fn transport_text(transport: Option<Transport>) -> Option<&'static str> {
    transport.map(|transport| match transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
    })
}

/// Reads how packets travel.
pub(crate) fn transport(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Transport>> {
    match row.get::<_, Option<String>>(column)?.as_deref() {
        None => Ok(None),
        Some("tcp") => Ok(Some(Transport::Tcp)),
        Some("udp") => Ok(Some(Transport::Udp)),
        Some(_) => Err(damaged(column, "not a transport")),
    }
}

/// A stream's kind, as stored.
pub(crate) fn stream_text(which: StreamKind) -> &'static str {
    match which {
        StreamKind::Main => "main",
        StreamKind::Sub => "sub",
    }
}

/// Reads a stream's kind.
pub(crate) fn stream(row: &Row<'_>, column: usize) -> rusqlite::Result<StreamKind> {
    match row.get::<_, String>(column)?.as_str() {
        "main" => Ok(StreamKind::Main),
        "sub" => Ok(StreamKind::Sub),
        _ => Err(damaged(column, "not a stream")),
    }
}

/// A reason as stored: its name on the wire.
pub(crate) fn reason_text(reason: LossReason) -> Result<String> {
    match serde_json::to_value(reason) {
        Ok(serde_json::Value::String(text)) => Ok(text),
        _ => Err(Error::Damaged("a reason without a name".to_owned())),
    }
}

/// Reads a reason.
pub(crate) fn reason(row: &Row<'_>, column: usize) -> rusqlite::Result<LossReason> {
    serde_json::from_value(serde_json::Value::String(row.get(column)?))
        .map_err(|error| damaged(column, error))
}

/// A stored value that cannot be what it should.
pub(crate) fn damaged(
    column: usize,
    why: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, why.into())
}

/// Refuses a camera that was never in the room; one that was taken out is fine.
pub(crate) fn need_camera(db: &Connection, id: CameraId, field: &'static str) -> Result<()> {
    need(
        db,
        "SELECT EXISTS (SELECT 1 FROM camera WHERE id = ?1)",
        id.0.into_bytes(),
        "problem_camera_not_found",
        field,
    )
}

/// Refuses a camera that is not in the room.
pub(crate) fn need_living(db: &Connection, id: CameraId, field: &'static str) -> Result<()> {
    need(
        db,
        "SELECT EXISTS (SELECT 1 FROM camera WHERE id = ?1 AND deleted_at IS NULL)",
        id.0.into_bytes(),
        "problem_camera_not_found",
        field,
    )
}

/// So many `?`, for a list in a query.
pub(crate) fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}

/// Reads when, by whom and why something was ended, from three columns.
pub(crate) fn hidden(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<HiddenRow>> {
    let Some(at) = utc_opt(row, column)? else { return Ok(None) };
    Ok(Some(HiddenRow { at, who: row.get(column + 1)?, reason: row.get(column + 2)? }))
}

/// Refuses a category that is not there.
pub(crate) fn need_category(db: &Connection, code: Option<&str>) -> Result<()> {
    let Some(code) = code else { return Ok(()) };
    need(
        db,
        "SELECT EXISTS (SELECT 1 FROM category WHERE code = ?1)",
        code,
        "problem_category_not_found",
        "category",
    )
}

/// Refuses what `exists` does not find.
pub(crate) fn need(
    db: &Connection,
    exists: &str,
    what: impl rusqlite::ToSql,
    key: &'static str,
    field: &'static str,
) -> Result<()> {
    if db.prepare_cached(exists)?.query_row([what], |row| row.get(0))? {
        Ok(())
    } else {
        Err(Error::NotFound { key, field: Some(field) })
    }
}

/// Refuses text whose length in characters is not between `least` and `most`, or that holds a zero byte (SQLite's
/// `length` would stop there).
pub(crate) fn check_text(
    text: &str,
    least: usize,
    most: usize,
    key: &'static str,
    field: &'static str,
) -> Result<()> {
    if (least..=most).contains(&text.chars().count())
        && !text.contains('\0')
        && (least == 0 || !text.trim().is_empty())
    {
        Ok(())
    } else {
        Err(Error::Invalid { key, field })
    }
}

/// A digest of what a row is created from, keyed so that it says nothing about a password in it. Each part stands
/// behind its length, so that no two lists of parts are the same bytes.
pub(crate) fn origin(key: &crate::secret::MasterKey, parts: &[&[u8]]) -> [u8; 32] {
    let mut bytes = secrecy::zeroize::Zeroizing::new(Vec::new());
    bytes.reserve_exact(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    key.digest(&bytes)
}
