//! The audit: who did what, when, to what. A row is written inside the transaction of the change it tells of, by every
//! function that changes something for a person.
//!
//! Its rows are the leaves of a Merkle tree (RFC 6962), so that a signed checkpoint shows later whether what it covered
//! is still there; and each row carries a code made with the station's master key over the row before it, so that
//! whoever has the database but not the key can neither change, remove, swap nor insert one. Rows cut off the end are
//! only shown by a checkpoint that is kept elsewhere.

mod check;
mod checkpoint;
mod list;
mod tree;

pub use check::{AuditCheck, AuditFault};
pub use checkpoint::{CheckpointRow, CheckpointText, CheckpointVerdict};
pub use tree::{Root, TreeHasher};

use crate::error::{Error, Result};
use crate::rows::{AuditFilter, AuditRow};
use crate::secret::MasterKey;
use crate::store::Store;
use easien_model::UtcMicros;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Longest name of a person, in characters.
const WHO_MOST: usize = 120;

/// The station itself, as it stands in the audit.
pub(crate) const STATION: &str = "easien-station";

const COLUMNS: &str = "SELECT seq, at, who, command, object, detail, leaf, mac FROM audit";

/// The function that makes a row's code, on the writer's connection alone: SQL has it, files do not.
const MAC: &str = "audit_mac";

/// Lets a connection write the audit.
pub(crate) fn admit(db: &Connection, key: Arc<MasterKey>) -> Result<()> {
    db.create_scalar_function(MAC, 3, FunctionFlags::SQLITE_DIRECTONLY, move |context| {
        let before: [u8; 32] = context.get(0)?;
        let seq: i64 = context.get(1)?;
        let leaf: [u8; 32] = context.get(2)?;
        Ok(mac(&key, &before, seq, &leaf))
    })?;
    Ok(())
}

/// A row's code: HMAC-SHA-256 with the master key over the code of the row before, this row's number and its leaf.
fn mac(key: &MasterKey, before: &[u8; 32], seq: i64, leaf: &[u8; 32]) -> [u8; 32] {
    key.digest(&[&b"easien audit row"[..], before, &seq.to_be_bytes(), leaf].concat())
}

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
        .prepare_cached("SELECT seq, mac FROM audit ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<[u8; 32]>>(1)?)))
        .optional()?
        .unwrap_or((0, None));
    let seq = seq + 1;
    let leaf = leaf(seq, at, [who, command, object, &detail]);
    db.prepare_cached(
        "INSERT INTO audit (seq, at, who, command, object, detail, leaf, mac)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, audit_mac(?8, ?1, ?7))",
    )?
    .execute(params![seq, at.0, who, command, object, detail, leaf, before.unwrap_or([0; 32])])?;
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

/// What a person wrote, summed up for the audit row of its writing: SHA-256, hexadecimal, over each part behind its
/// length. Text changed past the triggers then differs from what the audit says was written.
pub(crate) fn content(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A row's leaf: SHA-256 over a zero byte (RFC 6962, 2.1), then its number and time as 8 bytes big-endian and its texts,
/// each behind its length as 8 bytes big-endian.
fn leaf(seq: i64, at: UtcMicros, texts: [&str; 4]) -> [u8; 32] {
    let mut hash = Sha256::new()
        .chain_update([0])
        .chain_update(b"easien audit 2")
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
        leaf: row.get(6)?,
    })
}

/// Rows of a database from before the tree, into the new table; their codes are made when the key is there
/// ([`adopt`]). A chain that was broken then is told to the log, and the rows are kept as they are.
pub(crate) fn carry_over(db: &Connection) -> Result<()> {
    let mut statement =
        db.prepare("SELECT seq, at, who, command, object, detail FROM audit_before ORDER BY seq")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (seq, at): (i64, i64) = (row.get(0)?, row.get(1)?);
        let texts: [String; 4] = [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?];
        let leaf = leaf(seq, UtcMicros(at), texts.each_ref().map(String::as_str));
        let [who, command, object, detail] = texts;
        db.prepare_cached(
            "INSERT INTO audit (seq, at, who, command, object, detail, leaf) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![seq, at, who, command, object, detail, leaf])?;
    }
    drop(rows);
    drop(statement);
    db.execute_batch(
        "DROP TABLE audit_before;
         CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
         WHEN OLD.mac IS NOT NULL OR NEW.mac IS NULL OR NEW.seq IS NOT OLD.seq OR NEW.leaf IS NOT OLD.leaf
         BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
         CREATE TRIGGER audit_keep BEFORE DELETE ON audit
         BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
         CREATE TRIGGER audit_replace BEFORE INSERT ON audit
         WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit) OR NEW.mac IS NULL
         BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;",
    )?;
    Ok(())
}

/// Rows carried over get their codes: once, when a database of before is opened with its key.
pub(crate) fn adopt(db: &mut Connection, key: &MasterKey, at: UtcMicros) -> Result<()> {
    // Only the first row is looked at: a log of millions of rows must not be read at each start.
    let old: bool =
        db.query_row("SELECT EXISTS (SELECT 1 FROM audit WHERE seq = 1 AND mac IS NULL)", [], |row| {
            row.get(0)
        })?;
    if !old {
        // Either there is none, or a row in the middle lost its code, which only the check may say.
        return Ok(());
    }
    let change = db.transaction()?;
    let mut before = [0; 32];
    let rows: Vec<(i64, [u8; 32])> = change
        .prepare("SELECT seq, leaf FROM audit ORDER BY seq")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let count = rows.len();
    for (seq, leaf) in rows {
        before = mac(key, &before, seq, &leaf);
        change.prepare_cached("UPDATE audit SET mac = ?2 WHERE seq = ?1")?.execute(params![seq, before])?;
    }
    write(&change, at, STATION, "audit.adopt", "audit", &json!({ "rows": count }))?;
    change.commit()?;
    Ok(())
}

impl Store {
    /// Rows of the audit, newest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn audit_rows(&self, filter: &AuditFilter) -> Result<Vec<AuditRow>> {
        self.read(|db| list::rows(db, filter))
    }

    /// The audit, newest first: at most `limit` (1 to 500) rows with a number below `before`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn audit(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditRow>> {
        self.audit_rows(&AuditFilter { before, limit, ..AuditFilter::default() })
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
