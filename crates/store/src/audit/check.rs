//! Goes through the whole audit, and through what people wrote: is all of it as it was written?

use super::tree::{Root, TreeHasher};
use super::{leaf, mac};
use crate::error::Result;
use crate::store::Store;
use easien_model::UtcMicros;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// The first thing that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditFault {
    /// This row is not what was written, or a row before it is missing or was put in.
    Row(i64),
    /// What the audit says was written under this row is not there.
    Missing {
        /// The audit's row.
        row: i64,
        /// Kind and id.
        object: String,
    },
    /// What was written under this row was changed since.
    Changed {
        /// The audit's row.
        row: i64,
        /// Kind and id.
        object: String,
    },
    /// This stands in the casebook, and the audit does not know who wrote it.
    Unwritten {
        /// Kind and id.
        object: String,
    },
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditCheck {
    /// Rows.
    pub rows: u64,
    /// The first fault; absent: all is as it was written.
    pub fault: Option<AuditFault>,
    /// The tree's root after as many rows as were asked for; absent: there are fewer.
    pub root: Option<Root>,
}

/// What people wrote and nobody may change: kind, the query for its rows, and how they are summed up. The query gives id
/// and the summed up content ([`super::content`]).
type Written = fn(&Connection, &mut dyn FnMut(Uuid, String)) -> Result<()>;
const WRITTEN: [(&str, Written); 4] = [
    ("note", crate::notes::each_content),
    ("incident", crate::incidents::sheet::each_content),
    ("handover", crate::shifts::each_content),
    ("attachment", crate::incidents::attachments::each_content),
];

impl Store {
    /// Goes through all of it, and sums up the first `rows` rows (all: `None`). Seconds for millions of rows.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn check_audit(&self, rows: Option<u64>) -> Result<AuditCheck> {
        self.walk_audit(rows, true)
    }

    /// As [`Store::check_audit`]; without `contents` only the rows themselves are looked at, in a few kilobytes.
    pub(super) fn walk_audit(&self, rows: Option<u64>, contents: bool) -> Result<AuditCheck> {
        let key = self.key_shared();
        self.read(|db| {
            let mut written: HashMap<String, (i64, String)> = HashMap::new();
            let mut tree = TreeHasher::default();
            let mut fault = None;
            let mut root = (rows == Some(0)).then(|| tree.root());
            let mut statement = db
                .prepare("SELECT seq, at, who, command, object, detail, leaf, mac FROM audit ORDER BY seq")?;
            let mut query = statement.query([])?;
            let (mut expected, mut before) = (1, [0; 32]);
            while let Some(row) = query.next()? {
                let seq: i64 = row.get(0)?;
                let texts: [String; 4] = [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?];
                let made = leaf(seq, UtcMicros(row.get(1)?), texts.each_ref().map(String::as_str));
                let code = mac(&key, &before, seq, &made);
                let as_written = seq == expected
                    && row.get::<_, [u8; 32]>(6)? == made
                    && row.get::<_, Option<[u8; 32]>>(7)? == Some(code);
                if !as_written && fault.is_none() {
                    fault = Some(AuditFault::Row(expected));
                }
                let [_, _, object, detail] = texts;
                if contents
                    && detail.contains("\"content\"")
                    && let Ok(serde_json::Value::Object(detail)) = serde_json::from_str(&detail)
                    && let Some(content) = detail.get("content").and_then(serde_json::Value::as_str)
                {
                    written.insert(object, (seq, content.to_owned()));
                }
                tree.push(made);
                if rows == Some(tree.leaves()) {
                    root = Some(tree.root());
                }
                (expected, before) = (seq + 1, code);
            }
            let count = tree.leaves();
            let root = if rows.is_none() { Some(tree.root()) } else { root };
            if contents && fault.is_none() {
                fault = check_written(db, written)?;
            }
            Ok(AuditCheck { rows: count, fault, root })
        })
    }

    /// The tree's roots after each of these numbers of rows, as far as there are so many; from what the rows say now.
    pub(super) fn audit_roots(&self, sizes: BTreeSet<u64>) -> Result<BTreeMap<u64, Root>> {
        self.read(|db| {
            let mut roots = BTreeMap::new();
            let mut tree = TreeHasher::default();
            if sizes.contains(&0) {
                roots.insert(0, tree.root());
            }
            let last = sizes.last().copied().unwrap_or(0);
            let mut statement =
                db.prepare("SELECT seq, at, who, command, object, detail FROM audit ORDER BY seq LIMIT ?1")?;
            let mut query = statement.query([i64::try_from(last).unwrap_or(i64::MAX)])?;
            while let Some(row) = query.next()? {
                let texts: [String; 4] = [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?];
                tree.push(leaf(row.get(0)?, UtcMicros(row.get(1)?), texts.each_ref().map(String::as_str)));
                if sizes.contains(&tree.leaves()) {
                    roots.insert(tree.leaves(), tree.root());
                }
            }
            Ok(roots)
        })
    }

    /// The number of the first row that is not what was written, or is missing. `None`: all is as it was written.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn audit_broken_at(&self) -> Result<Option<i64>> {
        Ok(self.check_audit(None)?.fault.map(|fault| match fault {
            AuditFault::Row(row) | AuditFault::Missing { row, .. } | AuditFault::Changed { row, .. } => row,
            AuditFault::Unwritten { .. } => 0,
        }))
    }
}

/// Compares what stands in the casebook with what the audit says was written.
fn check_written(db: &Connection, mut written: HashMap<String, (i64, String)>) -> Result<Option<AuditFault>> {
    for (kind, each) in WRITTEN {
        let mut fault = None;
        // Rows from before contents were summed up have no entry: they are covered by the codes of the audit only as far
        // as it says that they were written.
        let first: Option<i64> = written.values().map(|(row, _)| *row).min();
        each(db, &mut |id, content| {
            let object = format!("{kind} {id}");
            match written.remove(&object) {
                Some((row, known)) if known != content => {
                    fault.get_or_insert(AuditFault::Changed { row, object });
                }
                Some(_) => {}
                None if known_without(db, &object, first).unwrap_or(false) => {}
                None => {
                    fault.get_or_insert(AuditFault::Unwritten { object });
                }
            }
        })?;
        if fault.is_some() {
            return Ok(fault);
        }
    }
    let missing = written.into_iter().min_by_key(|(_, (row, _))| *row);
    Ok(missing.map(|(object, (row, _))| AuditFault::Missing { row, object }))
}

/// The audit says that this was written, before contents were summed up in it.
fn known_without(db: &Connection, object: &str, first: Option<i64>) -> Result<bool> {
    Ok(db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM audit WHERE object = ?1 AND seq < ?2)")?
        .query_row(rusqlite::params![object, first.unwrap_or(i64::MAX)], |row| row.get(0))?)
}
