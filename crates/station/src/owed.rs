//! Rows that the audit could not take when they were due (its disk was full, its database refused) and that must not be
//! lost, because what they tell of was done all the same: recordings that went so that recording could go on, somebody who
//! signed in so that the room could see. They are kept in memory and in a file beside the database, and written as soon
//! as that can be, with when it really was. Everything else is not done without its row.

use crate::station::{Station, lock};
use easien_model::UtcMicros;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;
use uuid::Uuid;

/// How often they are tried again.
const AGAIN: Duration = Duration::from_secs(5);
/// Owed at the same time; more are only told to the log.
const MOST: usize = 10_000;

/// A row that is owed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    id: Uuid,
    at: UtcMicros,
    who: String,
    command: String,
    object: String,
    detail: Value,
}

/// What the audit is owed.
pub struct Owed {
    file: PathBuf,
    rows: Mutex<Vec<Row>>,
}

impl Owed {
    /// What was owed when the station ended.
    pub(crate) fn open(data: &Path) -> Self {
        let file = data.join("audit.owed");
        let bytes = fs::read(&file).unwrap_or_else(|error| {
            if error.kind() != io::ErrorKind::NotFound {
                tracing::error!(%error, "what the audit is owed from before cannot be read");
            }
            Vec::new()
        });
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let rows: Vec<Row> = lines
            .filter_map(|line| {
                let row = serde_json::from_slice(line);
                // Torn by the crash or the full disk that it was written in.
                row.inspect_err(|error| {
                    let line = String::from_utf8_lossy(line);
                    tracing::error!(%error, %line, "a row that the audit is owed is damaged");
                })
                .ok()
            })
            .collect();
        if !rows.is_empty() {
            tracing::warn!(rows = rows.len(), "the audit is owed rows from before");
        }
        Self { file, rows: Mutex::new(rows) }
    }

    fn add(&self, row: Row) {
        let mut rows = lock(&self.rows);
        if rows.len() >= MOST {
            tracing::error!(?row, "a row of the audit is lost");
            return;
        }
        if let Err(error) = append(&self.file, &row) {
            tracing::error!(%error, "a row that the audit is owed is only in memory");
        }
        rows.push(row);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        lock(&self.rows).len()
    }
}

fn append(file: &Path, row: &Row) -> io::Result<()> {
    // A line of its own, also behind one that was torn.
    let mut line = vec![b'\n'];
    serde_json::to_writer(&mut line, row)?;
    line.push(b'\n');
    let mut open = fs::OpenOptions::new().append(true).create(true).mode(0o600).open(file)?;
    open.write_all(&line)?;
    open.sync_all()
}

impl Station {
    /// Something was done, and its row is owed to the audit.
    pub(crate) fn owe(&self, who: &str, command: &str, object: &str, detail: Value) {
        self.owed.add(Row {
            id: Uuid::now_v7(),
            at: self.clock.utc_now(),
            who: who.to_owned(),
            command: command.to_owned(),
            object: object.to_owned(),
            detail,
        });
    }

    /// Writes what is owed, until the scope is stopped.
    pub(crate) async fn pay_audit(self) {
        loop {
            if self.owed.count() > 0 {
                let station = self.clone();
                let _ = self.blocking(move || station.pay_now()).await;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Writes what is owed, as far as the audit takes it. Blocking.
    pub(crate) fn pay_now(&self) {
        loop {
            let first = lock(&self.owed.rows).first().cloned();
            let Some(row) = first else { return };
            let mut detail = row.detail;
            if let Value::Object(fields) = &mut detail {
                // Written twice after a crash between the two, it is the same row by this.
                fields.insert("late".to_owned(), json!({ "at": row.at, "id": row.id }));
            }
            if let Err(error) = self.store.add_audit(&row.who, &row.command, &row.object, &detail) {
                tracing::debug!(%error, "the audit does not take yet what it is owed");
                return;
            }
            let mut rows = lock(&self.owed.rows);
            rows.retain(|other| other.id != row.id);
            if rows.is_empty()
                && let Err(error) = fs::remove_file(&self.owed.file)
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(%error, "the file of what the audit was owed stays");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_owed_survives_the_end_of_the_station() {
        let folder = tempfile::tempdir().unwrap();
        let owed = Owed::open(folder.path());
        let row = |command: &str| Row {
            id: Uuid::now_v7(),
            at: UtcMicros(1),
            who: "x".into(),
            command: command.into(),
            object: "y".into(),
            detail: json!({ "a": 1 }),
        };
        owed.add(row("one"));
        owed.add(row("two"));
        let again = Owed::open(folder.path());
        assert_eq!(*lock(&again.rows), *lock(&owed.rows));
        assert_eq!(again.count(), 2);
        // A row that was torn takes no other along: neither those before it nor the next.
        let file = folder.path().join("audit.owed");
        let mut bytes = fs::read(&file).unwrap();
        bytes.truncate(bytes.len() - 5);
        bytes.push(0xff);
        fs::write(&file, bytes).unwrap();
        let torn = Owed::open(folder.path());
        assert_eq!(torn.count(), 1);
        torn.add(row("three"));
        let commands: Vec<_> =
            lock(&Owed::open(folder.path()).rows).iter().map(|row| row.command.clone()).collect();
        assert_eq!(commands, ["one", "three"]);
    }
}
