//! Backups: everything but the footage in one file, taken while the station runs, by a plan or because a person asks.

use super::Secret;
use easien_model::{BackupId, Problem, UtcMicros};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// When the station makes backups by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BackupPlan {
    /// It does.
    pub on: bool,
    /// At this minute of the station's local day, 0 to 1439.
    pub at_minute: u32,
    /// Every so many days, 1 to 31.
    pub every_days: u32,
    /// Where to: a folder that is there, absolute, outside the data folder; empty: none was chosen yet.
    pub folder: String,
    /// So many backups of the plan are kept in the folder, 1 to 365; older ones are taken away when a newer one was
    /// rehearsed.
    pub keep: u32,
    /// With the station's keys, sealed with a passphrase: without them cameras' passwords must be typed again after a
    /// restoring.
    pub keys: bool,
    /// In force since then.
    pub since: UtcMicros,
}

/// Sets the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BackupPlanDraft {
    /// See [`BackupPlan`].
    pub on: bool,
    /// See [`BackupPlan`].
    pub at_minute: u32,
    /// See [`BackupPlan`].
    pub every_days: u32,
    /// See [`BackupPlan`].
    pub folder: String,
    /// See [`BackupPlan`].
    pub keep: u32,
    /// See [`BackupPlan`].
    pub keys: bool,
    /// A new passphrase, 12 to 256 characters; absent: the one in force stays.
    #[serde(default)]
    pub passphrase: Option<Secret>,
}

/// Makes a backup now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BackupStart {
    /// Chosen by the client; the same id again is the same backup.
    pub id: BackupId,
    /// Where to; empty: the plan's folder.
    pub folder: String,
    /// With the station's keys.
    pub keys: bool,
    /// What they are sealed with, 12 to 256 characters; absent: the plan's passphrase.
    #[serde(default)]
    pub passphrase: Option<Secret>,
}

/// How a backup goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum BackupPhase {
    /// It is being made.
    Running,
    /// Made, and restored in a rehearsal.
    Done,
    /// Nothing came of it; nothing stayed.
    Failed,
    /// A person stopped it; nothing stayed.
    Cancelled,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum BackupStage {
    /// The database is copied as it is at this moment.
    Database,
    /// The files are written.
    Files,
    /// The file is summed up.
    Sealing,
    /// Its restoring is rehearsed in a scratch folder.
    Rehearsal,
}

/// A backup.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Backup {
    /// Its id.
    pub id: BackupId,
    /// Begun at.
    pub begun: UtcMicros,
    /// Ended at.
    pub ended: Option<UtcMicros>,
    /// The moment of the plan that it is for; absent: a person asked.
    pub due: Option<UtcMicros>,
    /// Who asked; the station for one of the plan.
    pub author: String,
    /// Where it is.
    pub file: String,
    /// With the keys, sealed.
    pub keys: bool,
    /// How it goes.
    pub phase: BackupPhase,
    /// What is being done.
    pub stage: Option<BackupStage>,
    /// How far it is, 0 to 1, about.
    pub share: f32,
    /// The file's size.
    #[ts(type = "number | null")]
    pub bytes: Option<u64>,
    /// What is in it, and what its rehearsal found.
    pub report: Option<BackupReport>,
    /// Why it failed.
    pub problem: Option<Problem>,
    /// Its file was taken away, for newer ones.
    pub removed: Option<UtcMicros>,
    /// Its file is where it was made, in its size.
    pub here: bool,
    /// The command that restores it, for a shell; the station must be stopped, the data folder empty.
    pub restore: String,
}

/// What is in a backup, and what its rehearsal found: it was restored into a scratch folder and compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct BackupReport {
    /// Files in it, the database one of them.
    #[ts(type = "number")]
    pub files: u64,
    /// Their bytes.
    #[ts(type = "number")]
    pub file_bytes: u64,
    /// Tables of the database.
    pub tables: u32,
    /// Rows of the database.
    #[ts(type = "number")]
    pub rows: u64,
    /// Stills.
    #[ts(type = "number")]
    pub stills: u64,
    /// Their bytes.
    #[ts(type = "number")]
    pub stills_bytes: u64,
    /// Attachments.
    #[ts(type = "number")]
    pub attachments: u64,
    /// Their bytes.
    #[ts(type = "number")]
    pub attachments_bytes: u64,
    /// Files that came back with the same SHA-256.
    #[ts(type = "number")]
    pub rehearsed_files: u64,
    /// Rows that came back, table by table as many.
    #[ts(type = "number")]
    pub rehearsed_rows: u64,
    /// Rows of the audit whose codes were checked in the restored database.
    #[ts(type = "number")]
    pub audit_rows: u64,
    /// The keys were opened in it.
    pub keys_opened: bool,
    /// Stills and attachments that were missing or changed in the data folder already: the first ones.
    pub missing: Vec<String>,
    /// How many.
    #[ts(type = "number")]
    pub missing_count: u64,
    /// SHA-256 of the file without its last 64 bytes, which say the same; hexadecimal.
    pub sha256: String,
    /// How long the rehearsal took.
    pub seconds: f32,
}

/// How backups are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct BackupState {
    /// The plan.
    pub plan: BackupPlan,
    /// A passphrase was set, at this time.
    pub passphrase: Option<UtcMicros>,
    /// It was set on another machine, or before this machine's key was made: it must be set again.
    pub passphrase_lost: bool,
    /// The next one of the plan.
    pub next: Option<UtcMicros>,
    /// The newest good backup is older than two intervals.
    pub overdue: bool,
    /// The plan's folder is on the same disk as the data folder.
    pub same_disk: bool,
    /// What a backup takes about, in bytes; as much again while it is rehearsed.
    #[ts(type = "number")]
    pub estimate_bytes: u64,
    /// Free in the plan's folder; absent: it is not there.
    #[ts(type = "number | null")]
    pub free_bytes: Option<u64>,
    /// The newest good one.
    pub good: Option<Backup>,
    /// The newest 50, one that runs first.
    pub list: Vec<Backup>,
}
