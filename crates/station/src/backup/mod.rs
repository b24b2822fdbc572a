//! Backups: everything but the footage in one file, taken while the station runs, because a person asks or at the plan's
//! time, and rehearsed before it counts. `file` makes one, `restore` restores and rehearses, `seal` has the passphrase,
//! `plan` knows when, `report` says it in plain words, `tend` does it by itself, `run` sees one through. Here: what the commands mean.

mod fault;
mod file;
mod plan;
mod report;
mod restore;
mod run;
mod seal;
mod tend;

pub use fault::Fault;
pub(crate) use file::{Made, clear_left, folder_of, make};
pub(crate) use report::{file_text, of_made, stored};
pub(crate) use restore::{RESTORED_FILE, restore};
pub use seal::{Locker, Opener};

use crate::copies::place::writable;
use crate::station::{Station, lock};
use crate::volumes::space;
use easien_link::data::{Backup, BackupPhase, BackupPlan, BackupPlanDraft, BackupStart, BackupState, Secret};
use easien_link::{Caller, problems};
use easien_model::{BackupId, Code, Problem, Scope, UtcMicros};
use easien_store::{BackupOutcome, BackupRow};
use file::{Stage, estimate, room_for};
use jiff::tz::TimeZone;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Ends the name of a backup.
pub(crate) const SUFFIX: &str = ".easien-backup";
/// How often a backup's progress is told.
const PROGRESS: Duration = Duration::from_millis(500);
/// Backups that the screen lists.
const LISTED: u32 = 50;
/// Who makes backups of the plan, in the audit.
const STATION: &str = "easien-station";

/// What is remembered of backups.
pub struct Backups {
    scope: Scope,
    /// One at a time.
    running: Mutex<Option<Running>>,
    /// Absent until it was looked at.
    overdue: Mutex<Option<Option<u64>>>,
    /// The plan was changed, or a backup ended.
    look: tokio::sync::Notify,
}

#[derive(Clone)]
struct Running {
    backup: Backup,
    control: Arc<Control>,
}

/// Shared with the thread that writes.
#[derive(Default)]
struct Control {
    cancelled: AtomicBool,
    stage: Mutex<Option<Stage>>,
    done_bytes: AtomicU64,
}

impl Backups {
    pub(crate) fn new(scope: Scope) -> Self {
        Self { scope, running: Mutex::default(), overdue: Mutex::default(), look: Default::default() }
    }

    /// The station stops: a backup that is being made ends, and takes away what is not complete.
    pub(crate) async fn stop(&self, limit: Duration) {
        if let Some(running) = lock(&self.running).as_ref() {
            running.control.cancelled.store(true, Ordering::Relaxed);
        }
        self.scope.stop(limit).await;
    }

    /// Days without a good backup, when those are too many. `None`: it was not looked at yet.
    pub(crate) fn overdue(&self) -> Option<Option<u64>> {
        *lock(&self.overdue)
    }
}

/// What a room starts with: nothing is made by itself until somebody chose a folder.
fn default_plan() -> BackupPlan {
    BackupPlan {
        on: false,
        at_minute: 150,
        every_days: 1,
        folder: String::new(),
        keep: 14,
        keys: true,
        since: UtcMicros(0),
    }
}

/// As a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// The command that restores a backup.
fn restore_command(data: &Path, file: &Path, keys: bool) -> String {
    let passphrase = if keys { " --passphrase-file PASSPHRASE.txt" } else { "" };
    format!("easien-station --data {} backup restore {}{passphrase}", quoted(data), quoted(file))
}

/// Refuses a folder where no backup can be: not there, not writable, or inside the data folder.
fn check_folder(folder: &str, data: &Path) -> Result<PathBuf, Problem> {
    let bad = |key: &str, code| Problem::new(code, key).with("folder", folder).field("folder");
    let path = Path::new(folder);
    if !path.is_absolute() || folder.contains('\0') {
        return Err(bad(problems::BACKUP_FOLDER, Code::Invalid).detail("not an absolute path"));
    }
    let real =
        path.canonicalize().map_err(|error| bad(problems::BACKUP_FOLDER, Code::Invalid).detail(error))?;
    if real.starts_with(data) {
        return Err(bad(problems::BACKUP_INSIDE, Code::Invalid));
    }
    if !real.is_dir() || !writable(&real) {
        return Err(bad(problems::BACKUP_FOLDER, Code::Unavailable).detail("nothing can be written there"));
    }
    Ok(real)
}

/// A backup that is to be made.
struct Wish {
    id: BackupId,
    due: Option<UtcMicros>,
    author: String,
    folder: String,
    keys: bool,
    passphrase: Option<Secret>,
}

impl Station {
    pub(super) async fn plan_of_backups(&self) -> Result<BackupPlan, Problem> {
        let stored = self.store(|store| store.backup_plan()).await?;
        let Some(plan) = stored else { return Ok(default_plan()) };
        // A plan that cannot be read is not one that is off.
        serde_json::from_value(plan).map_err(|error| {
            Problem::new(Code::Internal, problems::STORAGE)
                .detail(format_args!("the plan of backups: {error}"))
        })
    }

    fn wire_backup(&self, row: BackupRow) -> Backup {
        let BackupRow { backup: draft, author, ended, removed } = row;
        let file = PathBuf::from(&draft.file);
        let size = std::fs::metadata(&file).ok().map(|found| found.len());
        let (report, problem) = report::read(draft.report);
        Backup {
            id: draft.id,
            begun: draft.begun,
            ended: Some(ended),
            due: draft.due,
            author,
            keys: draft.keys,
            phase: match draft.outcome {
                BackupOutcome::Done => BackupPhase::Done,
                BackupOutcome::Failed => BackupPhase::Failed,
                BackupOutcome::Cancelled => BackupPhase::Cancelled,
            },
            stage: None,
            share: if draft.outcome == BackupOutcome::Done { 1.0 } else { 0.0 },
            here: draft.bytes.is_some() && size == draft.bytes,
            bytes: draft.bytes,
            report,
            problem,
            removed,
            restore: restore_command(self.folder.root(), &file, draft.keys),
            file: draft.file,
        }
    }

    pub(crate) async fn backup_state(&self) -> Result<BackupState, Problem> {
        let plan = self.plan_of_backups().await?;
        let (rows, good, passphrase, lost) = self
            .store(|store| {
                let lost = matches!(store.backup_lock(), Err(easien_store::Error::Unopenable));
                Ok((store.backups(LISTED)?, store.newest_good_backup()?, store.backup_lock_set()?, lost))
            })
            .await?;
        let station = self.clone();
        let running = lock(&self.backups.running).as_ref().map(|running| running.backup.clone());
        let now = self.clock.utc_now();
        self.blocking(move || {
            let root = station.folder.root();
            let folder = Some(plan.folder.as_str()).filter(|folder| !folder.is_empty());
            let there = folder.and_then(|folder| space(Path::new(folder)).ok());
            let list = rows.into_iter().map(|row| station.wire_backup(row));
            BackupState {
                next: plan::next(&plan, now, &TimeZone::system()),
                overdue: plan::overdue_days(&plan, good.as_ref().map(|row| row.backup.begun), now).is_some(),
                same_disk: there
                    .zip(space(root).ok())
                    .is_some_and(|(there, here)| there.device == here.device),
                estimate_bytes: estimate(root).unwrap_or_default(),
                free_bytes: there.map(|there| there.free_bytes),
                good: good.map(|row| station.wire_backup(row)),
                list: running.into_iter().chain(list).collect(),
                passphrase,
                passphrase_lost: lost,
                plan,
            }
        })
        .await
    }

    pub(crate) async fn set_backup_plan(
        &self,
        caller: &Caller,
        draft: BackupPlanDraft,
    ) -> Result<BackupState, Problem> {
        let bounds = [
            (draft.at_minute < 1440, "at_minute"),
            ((1..=31).contains(&draft.every_days), "every_days"),
            ((1..=365).contains(&draft.keep), "keep"),
        ];
        if let Some((_, field)) = bounds.into_iter().find(|(fits, _)| !fits) {
            return Err(Problem::new(Code::Invalid, problems::BACKUP_PLAN).field(field));
        }
        let folder = draft.folder.trim().to_owned();
        if draft.on || !folder.is_empty() {
            let (folder, root) = (folder.clone(), self.folder.root().to_owned());
            self.blocking(move || check_folder(&folder, &root)).await??;
        }
        let locker = match draft.passphrase {
            Some(phrase) => {
                Some(self.blocking(move || Locker::new(&phrase.0)).await?.map_err(|f| f.problem())?)
            }
            None => None,
        };
        if draft.on && draft.keys && locker.is_none() {
            self.kept_locker().await?;
        }
        let _order = self.changes.lock().await;
        let before = self.plan_of_backups().await?;
        let same_time =
            (before.on, before.at_minute, before.every_days) == (draft.on, draft.at_minute, draft.every_days);
        let plan = BackupPlan {
            on: draft.on,
            at_minute: draft.at_minute,
            every_days: draft.every_days,
            folder,
            keep: draft.keep,
            keys: draft.keys,
            // What was due by another plan is not caught up.
            since: if same_time { before.since } else { self.clock.utc_now() },
        };
        let value = serde_json::to_value(&plan)
            .map_err(|error| Problem::new(Code::Internal, problems::INTERNAL).detail(error))?;
        let who = caller.name.clone();
        self.store(move |store| {
            store.set_backup_plan(
                &who,
                &value,
                locker.as_ref().map(|locker| locker.export()).as_deref().map(|v| &**v),
            )
        })
        .await?;
        self.backups.look.notify_one();
        self.backup_state().await
    }

    /// What seals the keys of backups that the station makes by itself.
    async fn kept_locker(&self) -> Result<Locker, Problem> {
        let none = |key: &str| Problem::new(Code::Precondition, key).field("passphrase");
        let kept = self.store(|store| match store.backup_lock() {
            Err(easien_store::Error::Unopenable) => Ok(Err(())),
            other => other.map(Ok),
        });
        match kept.await? {
            Ok(Some(bytes)) => Locker::import(&bytes).ok_or_else(|| none(problems::BACKUP_PASSPHRASE_LOST)),
            Ok(None) => Err(none(problems::BACKUP_PASSPHRASE_NONE)),
            Err(()) => Err(none(problems::BACKUP_PASSPHRASE_LOST)),
        }
    }

    pub(crate) async fn start_backup(&self, caller: &Caller, start: BackupStart) -> Result<Backup, Problem> {
        if let Some(row) = self.store(move |store| store.backup(start.id)).await? {
            let station = self.clone();
            return self.blocking(move || station.wire_backup(row)).await;
        }
        let folder = match start.folder.trim() {
            "" => self.plan_of_backups().await?.folder,
            folder => folder.to_owned(),
        };
        let (named, root) = (folder.clone(), self.folder.root().to_owned());
        // What is wrong at once is said to whoever asks, and is no backup that failed.
        self.blocking(move || {
            let real = check_folder(&named, &root)?;
            estimate(&root).and_then(|bytes| room_for(bytes, &real)).map_err(|fault| fault.problem())
        })
        .await??;
        if start.keys && start.passphrase.is_none() {
            self.kept_locker().await?;
        }
        if let Some(phrase) = &start.passphrase {
            seal::check_passphrase(&phrase.0).map_err(|fault| fault.problem())?;
        }
        self.begin_backup(Wish {
            id: start.id,
            due: None,
            author: caller.name.clone(),
            folder,
            keys: start.keys,
            passphrase: start.passphrase,
        })
        .await
    }
}

/// The plain report beside a backup.
pub(crate) fn report_path(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_os_string();
    name.push(".txt");
    file.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_quoted_for_a_shell() {
        assert_eq!(
            restore_command(Path::new("/srv/easien"), Path::new("/mnt/Ổ 1/it's.easien-backup"), true),
            "easien-station --data /srv/easien backup restore '/mnt/Ổ 1/it'\\''s.easien-backup' \
             --passphrase-file PASSPHRASE.txt"
        );
        assert_eq!(
            restore_command(Path::new("/a"), Path::new("/b"), false),
            "easien-station --data /a backup restore /b"
        );
    }

    #[test]
    fn a_folder_is_there_is_ours_to_write_and_is_not_the_data_folder() {
        let base = tempfile::tempdir().unwrap();
        let data = base.path().join("data");
        std::fs::create_dir_all(data.join("copies")).unwrap();
        std::fs::create_dir(base.path().join("out")).unwrap();
        std::os::unix::fs::symlink(&data, base.path().join("link")).unwrap();
        let key = |folder: &str| check_folder(folder, &data).err().map(|problem| problem.key);
        let at = |name: &str| base.path().join(name).display().to_string();
        assert_eq!(key(&at("out")), None);
        assert_eq!(key("out").as_deref(), Some(problems::BACKUP_FOLDER));
        assert_eq!(key(&at("missing")).as_deref(), Some(problems::BACKUP_FOLDER));
        assert_eq!(key("/proc").as_deref(), Some(problems::BACKUP_FOLDER));
        for inside in ["data", "data/copies", "link", "out/../data"] {
            assert_eq!(key(&at(inside)).as_deref(), Some(problems::BACKUP_INSIDE), "{inside}");
        }
    }
}
