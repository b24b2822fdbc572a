//! The audit: who did what, when, to what. A row is written inside the transaction of the change it tells of, by every
//! function that changes something for a person. Each row's hash covers the row before it, so that a change made past
//! the append-only triggers shows; rows cut off the end do not show by the hashes alone.

use crate::error::{Error, Result};
use crate::rows::AuditRow;
use crate::store::{Store, clamp_limit};
use easien_model::UtcMicros;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Longest name of a person, in characters.
const WHO_MOST: usize = 120;

/// Writes one row.
pub(crate) fn write(
    db: &Connection,
    at: UtcMicros,
    who: &str,
    command: &str,
    object: &str,
    detail: &Value,
) -> Result<()> {
    check_who(who)?;
    let detail = detail.to_string();
    let (seq, before) = db
        .prepare_cached("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?)))
        .optional()?
        .unwrap_or((0, [0; 32]));
    let seq = seq + 1;
    let hash = chain(&before, seq, at, [who, command, object, &detail]);
    db.prepare_cached(
        "INSERT INTO audit (seq, at, who, command, object, detail, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![seq, at.0, who, command, object, detail, hash])?;
    Ok(())
}

/// Refuses a name that would not stand in the audit.
pub(crate) fn check_who(who: &str) -> Result<()> {
    if (1..=WHO_MOST).contains(&who.trim().chars().count()) && who.chars().count() <= WHO_MOST {
        Ok(())
    } else {
        Err(Error::Invalid { key: "problem_room_operator", field: "operator" })
    }
}

/// SHA-256 over the row before, then this row's number and time as 8 bytes big-endian and its texts, each behind its
/// length as 8 bytes big-endian.
fn chain(before: &[u8; 32], seq: i64, at: UtcMicros, texts: [&str; 4]) -> [u8; 32] {
    let mut hash = Sha256::new()
        .chain_update(b"easien audit 1")
        .chain_update(before)
        .chain_update(seq.to_be_bytes())
        .chain_update(at.0.to_be_bytes());
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hash.finalize().into()
}

fn read(row: &Row<'_>) -> rusqlite::Result<AuditRow> {
    let detail: String = row.get(5)?;
    Ok(AuditRow {
        seq: row.get(0)?,
        at: UtcMicros(row.get(1)?),
        who: row.get(2)?,
        command: row.get(3)?,
        object: row.get(4)?,
        // The schema checks that it is JSON; whoever got past that shall still see the rest of the row.
        detail: serde_json::from_str(&detail).unwrap_or(Value::String(detail)),
        hash: row.get(6)?,
    })
}

impl Store {
    /// The audit, newest first: at most `limit` (1 to 500) rows with a number below `before`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn audit(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditRow>> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT seq, at, who, command, object, detail, hash FROM audit WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2",
            )?;
            let rows = statement.query_map(params![before.unwrap_or(i64::MAX), clamp_limit(limit)], read)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Goes through the whole audit and gives the number of the first row that is not what was written, or is
    /// missing. `None`: all is as it was written.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn audit_broken_at(&self) -> Result<Option<i64>> {
        self.read(|db| {
            let mut statement =
                db.prepare("SELECT seq, at, who, command, object, detail, hash FROM audit ORDER BY seq")?;
            let mut rows = statement.query([])?;
            let (mut expected, mut before) = (1, [0; 32]);
            while let Some(row) = rows.next()? {
                let seq: i64 = row.get(0)?;
                let texts: [String; 4] = [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?];
                let hash = chain(&before, seq, UtcMicros(row.get(1)?), texts.each_ref().map(String::as_str));
                if seq != expected || hash != row.get::<_, [u8; 32]>(6)? {
                    return Ok(Some(expected));
                }
                (expected, before) = (seq + 1, hash);
            }
            Ok(None)
        })
    }

    /// Writes an audit row for something that changes nothing in the database: a camera tested, a still looked at,
    /// the station started.
    ///
    /// # Errors
    /// `Invalid` for an empty name, else what SQLite says.
    pub fn add_audit(&self, who: &str, command: &str, object: &str, detail: &Value) -> Result<()> {
        let now = self.now();
        self.write(|db| write(db, now, who, command, object, detail))
    }
}
