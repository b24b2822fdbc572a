//! Backups: what was made when, by whom or for which moment of the plan, how it ended; the plan; and what seals the keys
//! of backups that the station makes by itself. The files themselves belong to the station.

use crate::audit;
use crate::error::{Error, Result};
use crate::secret::Place;
use crate::sql::{json, utc, utc_opt, uuid};
use crate::store::{Store, clamp_limit};
use easien_model::{BackupId, UtcMicros};
use rusqlite::{Connection, OptionalExtension, Row, params};
use secrecy::zeroize::Zeroizing;
use serde_json::{Value, json};

/// The setting that holds the plan, as JSON.
const PLAN: &str = "backup_plan";
const LOCK: Place<'static> = Place { column: "backup_lock.sealed", row: &[1] };

/// How a backup ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackupOutcome {
    /// Made and rehearsed.
    Done,
    /// Nothing came of it.
    Failed,
    /// A person stopped it.
    Cancelled,
}

impl BackupOutcome {
    fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A backup that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct BackupDraft {
    /// Chosen by the client, or by the station for one of the plan.
    pub id: BackupId,
    /// Begun at.
    pub begun: UtcMicros,
    /// The moment of the plan that it is for; absent: a person asked.
    pub due: Option<UtcMicros>,
    /// Where it is or should have been, absolute.
    pub file: String,
    /// With the keys, sealed.
    pub keys: bool,
    /// How it ended.
    pub outcome: BackupOutcome,
    /// Its size; given when it is done.
    pub bytes: Option<u64>,
    /// What is in it and what its rehearsal found, or why it failed.
    pub report: Value,
}

/// A backup.
#[derive(Clone, Debug, PartialEq)]
pub struct BackupRow {
    /// As it ended.
    pub backup: BackupDraft,
    /// Who asked for it; the station for one of the plan.
    pub author: String,
    /// Ended at.
    pub ended: UtcMicros,
    /// Its file was taken away, for newer ones.
    pub removed: Option<UtcMicros>,
}

/// A file that a row of the database names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReference {
    /// Below the data folder.
    pub path: String,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

const COLUMNS: &str = "SELECT id, begun_at, ended_at, due_at, author, file, keys, outcome, bytes, report, removed_at FROM backup";

fn read(row: &Row<'_>) -> rusqlite::Result<BackupRow> {
    let outcome = match row.get::<_, String>(7)?.as_str() {
        "done" => BackupOutcome::Done,
        "cancelled" => BackupOutcome::Cancelled,
        _ => BackupOutcome::Failed,
    };
    Ok(BackupRow {
        backup: BackupDraft {
            id: BackupId(uuid(row, 0)?),
            begun: utc(row, 1)?,
            due: utc_opt(row, 3)?,
            file: row.get(5)?,
            keys: row.get(6)?,
            outcome,
            bytes: row.get::<_, Option<i64>>(8)?.map(i64::unsigned_abs),
            report: json(row, 9)?,
        },
        author: row.get(4)?,
        ended: utc(row, 2)?,
        removed: utc_opt(row, 10)?,
    })
}

fn find(db: &Connection, id: BackupId) -> Result<Option<BackupRow>> {
    let query = format!("{COLUMNS} WHERE id = ?1");
    Ok(db.prepare_cached(&query)?.query_row([id.0.into_bytes()], read).optional()?)
}

fn existing(db: &Connection, id: BackupId) -> Result<BackupRow> {
    find(db, id)?.ok_or(Error::NotFound { key: "problem_backup_not_found", field: None })
}

fn object(id: BackupId) -> String {
    format!("backup {id}")
}

impl Store {
    /// A backup ended. The same again changes nothing.
    ///
    /// # Errors
    /// `IdTaken`, or what SQLite says.
    pub fn add_backup(&self, who: &str, draft: &BackupDraft) -> Result<BackupRow> {
        audit::check_who(who)?;
        let now = self.now();
        let bytes = draft.bytes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        self.write(|db| {
            if let Some(row) = find(db, draft.id)? {
                return if row.backup == *draft { Ok(row) } else { Err(Error::IdTaken("backup")) };
            }
            db.prepare_cached(
                "INSERT INTO backup (id, begun_at, ended_at, due_at, author, file, keys, outcome, bytes, report)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                draft.id.0.into_bytes(),
                draft.begun.0,
                now.0,
                draft.due.map(|at| at.0),
                who,
                draft.file,
                draft.keys,
                draft.outcome.word(),
                bytes,
                draft.report.to_string(),
            ])?;
            let detail = json!({
                "file": draft.file, "keys": draft.keys, "due": draft.due, "bytes": bytes, "report": draft.report,
            });
            let command = format!("backup.{}", draft.outcome.word());
            audit::write(db, now, who, &command, &object(draft.id), &detail)?;
            existing(db, draft.id)
        })
    }

    /// A backup's file was taken away, for newer ones. Once.
    ///
    /// # Errors
    /// `NotFound`, or what SQLite says.
    pub fn remove_backup(&self, id: BackupId) -> Result<BackupRow> {
        let now = self.now();
        self.write(|db| {
            let row = existing(db, id)?;
            if row.removed.is_none() {
                db.prepare_cached("UPDATE backup SET removed_at = ?2 WHERE id = ?1")?
                    .execute(params![id.0.into_bytes(), now.0])?;
                let detail = json!({ "file": row.backup.file });
                audit::write(db, now, audit::STATION, "backup.remove", &object(id), &detail)?;
            }
            existing(db, id)
        })
    }

    /// One backup.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn backup(&self, id: BackupId) -> Result<Option<BackupRow>> {
        self.read(|db| find(db, id))
    }

    /// Backups, the newest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn backups(&self, limit: u32) -> Result<Vec<BackupRow>> {
        self.list_backups("ORDER BY begun_at DESC, id DESC LIMIT ?1", i64::from(clamp_limit(limit)))
    }

    /// The newest backup that is good; not one of a clock that was ahead.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn newest_good_backup(&self) -> Result<Option<BackupRow>> {
        let rest = "WHERE outcome = 'done' AND begun_at <= ?1 ORDER BY begun_at DESC LIMIT 1";
        Ok(self.list_backups(rest, self.now().0)?.pop())
    }

    /// Good backups of the plan whose files were not taken away, the oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn planned_backups_kept(&self) -> Result<Vec<BackupRow>> {
        let rest =
            "WHERE outcome = 'done' AND due_at IS NOT NULL AND removed_at IS NULL AND begun_at IS NOT ?1
            ORDER BY begun_at, id";
        self.list_backups(rest, i64::MIN)
    }

    /// What was tried for a moment of the plan, the oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn backups_for(&self, due: UtcMicros) -> Result<Vec<BackupRow>> {
        self.list_backups("WHERE due_at = ?1 ORDER BY begun_at, id", due.0)
    }

    fn list_backups(&self, rest: &str, value: i64) -> Result<Vec<BackupRow>> {
        self.read(|db| {
            let mut statement = db.prepare_cached(&format!("{COLUMNS} {rest}"))?;
            let rows = statement.query_map([value], read)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The plan as it was set; absent: none was ever.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn backup_plan(&self) -> Result<Option<Value>> {
        self.read(|db| {
            Ok(db
                .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
                .query_row([PLAN], |row| json(row, 0))
                .optional()?)
        })
    }

    /// Sets the plan, and what seals the keys if it is given: that is kept sealed with the master key and stands in no
    /// audit.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_backup_plan(&self, who: &str, plan: &Value, locker: Option<&[u8]>) -> Result<()> {
        audit::check_who(who)?;
        let now = self.now();
        let sealed = locker.map(|locker| self.key().seal(LOCK, locker)).transpose()?;
        self.write(|db| {
            db.prepare_cached(
                "INSERT INTO setting (name, value) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            )?
            .execute(params![PLAN, plan.to_string()])?;
            if let Some(sealed) = &sealed {
                db.prepare_cached(
                    "INSERT INTO backup_lock (only, sealed, set_by, set_at) VALUES (1, ?1, ?2, ?3)
                     ON CONFLICT (only) DO UPDATE SET sealed = excluded.sealed, set_by = excluded.set_by,
                        set_at = excluded.set_at",
                )?
                .execute(params![sealed, who, now.0])?;
            }
            let detail = json!({ "plan": plan, "passphrase": sealed.is_some() });
            audit::write(db, now, who, "backup.set", "backup", &detail)
        })
    }

    /// When what seals the keys was set.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn backup_lock_set(&self) -> Result<Option<UtcMicros>> {
        self.read(|db| {
            Ok(db
                .prepare_cached("SELECT set_at FROM backup_lock")?
                .query_row([], |row| utc(row, 0))
                .optional()?)
        })
    }

    /// What seals the keys of backups.
    ///
    /// # Errors
    /// `Unopenable` when this machine's key is another one now, or what SQLite says.
    pub fn backup_lock(&self) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let sealed: Option<Vec<u8>> = self.read(|db| {
            Ok(db
                .prepare_cached("SELECT sealed FROM backup_lock")?
                .query_row([], |row| row.get(0))
                .optional()?)
        })?;
        sealed.map(|sealed| self.key().open(LOCK, &sealed)).transpose()
    }

    /// The files that rows name: stills and attachments.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn file_references(&self) -> Result<Vec<FileReference>> {
        self.read(|db| {
            let mut statement = db.prepare(
                "SELECT 'stills/' || file, lower(hex(sha256)), bytes FROM still UNION ALL
                 SELECT DISTINCT 'attachments/' || lower(substr(hex(sha256), 1, 2)) || '/' || lower(hex(sha256)),
                    lower(hex(sha256)), bytes FROM attachment",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(FileReference {
                    path: row.get(0)?,
                    sha256: row.get(1)?,
                    bytes: row.get::<_, i64>(2)?.unsigned_abs(),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
