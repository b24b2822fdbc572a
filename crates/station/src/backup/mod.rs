//! Backups: everything but the footage in one file, taken while the station runs, because a person asks or at the plan's
//! time, and rehearsed before it counts. `file` makes one, `restore` restores and rehearses, `seal` has the passphrase,
//! `plan` knows when, `report` says it in plain words, `tend` does it by itself. Here: what the commands mean.

mod fault;
mod file;
mod plan;
mod report;
mod restore;
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
use easien_link::data::{
    Backup, BackupPhase, BackupPlan, BackupPlanDraft, BackupStage, BackupStart, BackupState, Secret,
};
use easien_link::{Caller, Event, problems};
use easien_model::{BackupId, Code, Problem, Scope, UtcMicros};
use easien_store::{BackupDraft, BackupOutcome, BackupRow};
use file::{Stage, estimate, room_for};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::MissedTickBehavior;

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

/// About: writing, summing up, reading, restoring.
fn share(stage: Stage, done_bytes: u64, total_bytes: u64) -> f32 {
    let part = (done_bytes as f32 / total_bytes.max(1) as f32).min(1.0);
    match stage {
        Stage::Database => 0.0,
        Stage::Files => 0.02 + 0.43 * part,
        Stage::Sealing => 0.45 + 0.1 * part,
        Stage::Reading => 0.55 + 0.1 * part,
        Stage::Rehearsal => 0.65 + 0.34 * part,
    }
}

fn wire_stage(stage: Stage) -> BackupStage {
    match stage {
        Stage::Database => BackupStage::Database,
        Stage::Files => BackupStage::Files,
        Stage::Sealing => BackupStage::Sealing,
        Stage::Reading | Stage::Rehearsal => BackupStage::Rehearsal,
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
        Ok(stored.and_then(|plan| serde_json::from_value(plan).ok()).unwrap_or_else(default_plan))
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

    /// From here on it is a backup, whatever comes of it.
    async fn begin_backup(&self, wish: Wish) -> Result<Backup, Problem> {
        let now = self.clock.utc_now();
        let settings = lock(&self.settings).clone();
        let folder = PathBuf::from(&wish.folder);
        let prefix = crate::room::prefix(&settings);
        let name = crate::copies::place::stamped(&prefix, now, &TimeZone::system());
        let file = self.blocking(move || free_name(&folder, &name)).await?;
        let backup = Backup {
            id: wish.id,
            begun: now,
            ended: None,
            due: wish.due,
            author: wish.author.clone(),
            file: file.display().to_string(),
            keys: wish.keys,
            phase: BackupPhase::Running,
            stage: Some(BackupStage::Database),
            share: 0.0,
            bytes: None,
            report: None,
            problem: None,
            removed: None,
            here: false,
            restore: restore_command(self.folder.root(), &file, wish.keys),
        };
        let control = Arc::new(Control::default());
        {
            let mut running = lock(&self.backups.running);
            match running.as_ref() {
                Some(known) if known.backup.id == wish.id => return Ok(known.backup.clone()),
                Some(_) => return Err(Problem::new(Code::Unavailable, problems::BACKUP_BUSY)),
                None => *running = Some(Running { backup: backup.clone(), control: control.clone() }),
            }
        }
        let (who, object) = (wish.author.clone(), format!("backup {}", wish.id));
        let detail = json!({ "file": backup.file, "keys": wish.keys, "due": wish.due });
        let noted = self.store(move |store| store.add_audit(&who, "backup.start", &object, &detail)).await;
        if let Err(problem) = noted {
            *lock(&self.backups.running) = None;
            return Err(problem);
        }
        self.tell(Event::BackupChanged(Box::new(backup.clone())));
        let station = self.clone();
        self.backups.scope.spawn_graceful(async move { station.run_backup(wish, file, control, now).await });
        Ok(backup)
    }

    async fn run_backup(self, wish: Wish, file: PathBuf, control: Arc<Control>, begun: UtcMicros) {
        let result = self.write_backup(&wish, &file, &control).await;
        let stopped = control.cancelled.load(Ordering::Relaxed);
        let (outcome, bytes, report) = match &result {
            Ok(made) => (BackupOutcome::Done, Some(made.bytes), stored(Some(&of_made(made)), None)),
            Err(_) if stopped => (BackupOutcome::Cancelled, None, json!({})),
            Err(problem) => {
                tracing::error!(%problem, "a backup failed");
                (BackupOutcome::Failed, None, stored(None, Some(problem)))
            }
        };
        let draft = BackupDraft {
            id: wish.id,
            begun,
            due: wish.due,
            file: file.display().to_string(),
            keys: wish.keys,
            outcome,
            bytes,
            report,
        };
        let author = wish.author.clone();
        let row = self.store(move |store| store.add_backup(&author, &draft)).await;
        if let (Ok(made), Ok(row)) = (&result, &row) {
            self.report_beside(row, made).await;
        }
        let shown = lock(&self.backups.running).take().map(|running| running.backup);
        let told = match row {
            Ok(row) => {
                let station = self.clone();
                self.blocking(move || station.wire_backup(row)).await.ok()
            }
            // Made, and not written down: the file is there, and says so itself.
            Err(problem) => {
                tracing::error!(%problem, "a backup is not written down");
                shown.map(|backup| Backup {
                    phase: BackupPhase::Failed,
                    problem: Some(problem),
                    stage: None,
                    ended: Some(self.clock.utc_now()),
                    ..backup
                })
            }
        };
        if let Some(backup) = told {
            self.tell(Event::BackupChanged(Box::new(backup)));
        }
        if wish.due.is_some() && result.is_ok() {
            self.rotate_backups(&file).await;
        }
        self.backups.look.notify_one();
    }

    /// Writes and rehearses on a thread of its own, and tells how far it is.
    async fn write_backup(&self, wish: &Wish, file: &Path, control: &Arc<Control>) -> Result<Made, Problem> {
        let locker = match (wish.keys, &wish.passphrase) {
            (false, _) => None,
            (true, Some(phrase)) => {
                let phrase = phrase.clone();
                let made = self.blocking(move || Locker::new(&phrase.0)).await?;
                Some(made.map_err(|fault| fault.problem())?)
            }
            (true, None) => Some(self.kept_locker().await?),
        };
        let (station, file, folder) = (self.clone(), file.to_owned(), wish.folder.clone());
        let shared = control.clone();
        let root = self.folder.root().to_owned();
        let total_bytes = Arc::new(AtomicU64::new(0));
        let total = total_bytes.clone();
        let mut writing = tokio::task::spawn_blocking(move || {
            let real = check_folder(&folder, &root)?;
            clear_left(&real, &format!("{SUFFIX}{}", file::PART));
            total.store(estimate(&root).map_err(|fault| fault.problem())?, Ordering::Relaxed);
            let progress = |stage: Stage, done: u64| {
                *lock(&shared.stage) = Some(stage);
                shared.done_bytes.store(done, Ordering::Relaxed);
                !shared.cancelled.load(Ordering::Relaxed)
            };
            make(&root, &station.store, &file, locker.as_ref(), &progress).map_err(|fault| fault.problem())
        });
        let mut ticks = tokio::time::interval(PROGRESS);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                done = &mut writing => return done.unwrap_or_else(|error| {
                    tracing::error!(%error, "a backup died");
                    Err(Problem::new(Code::Internal, problems::INTERNAL))
                }),
                _ = ticks.tick() => self.tell_backup_progress(control, total_bytes.load(Ordering::Relaxed)),
            }
        }
    }

    fn tell_backup_progress(&self, control: &Control, total_bytes: u64) {
        let Some(stage) = *lock(&control.stage) else { return };
        let done = control.done_bytes.load(Ordering::Relaxed);
        let backup = lock(&self.backups.running).as_mut().map(|running| {
            running.backup.stage = Some(wire_stage(stage));
            running.backup.share = share(stage, done, total_bytes);
            running.backup.clone()
        });
        if let Some(backup) = backup {
            self.tell(Event::BackupChanged(Box::new(backup)));
        }
    }

    /// A plain report beside the file, for whoever finds it years later.
    async fn report_beside(&self, row: &BackupRow, made: &Made) {
        let settings = lock(&self.settings).clone();
        let command = restore_command(self.folder.root(), Path::new(&row.backup.file), row.backup.keys);
        let text = file_text(&settings, row, &of_made(made), &command, &TimeZone::system());
        let path = report_path(Path::new(&row.backup.file));
        let written = self.blocking(move || report::write(&path, &text)).await;
        if let Ok(Err(error)) = written {
            tracing::warn!(%error, "the report beside a backup was not written");
        }
    }

    pub(crate) async fn cancel_backup(&self, caller: &Caller, id: BackupId) -> Result<Backup, Problem> {
        let running = lock(&self.backups.running).clone().filter(|running| running.backup.id == id);
        if let Some(running) = running {
            running.control.cancelled.store(true, Ordering::Relaxed);
            let (who, object) = (caller.name.clone(), format!("backup {id}"));
            self.store(move |store| {
                store.add_audit(&who, "backup.cancel", &object, &Value::Object(Default::default()))
            })
            .await?;
            return Ok(running.backup);
        }
        let row = self.store(move |store| store.backup(id)).await?;
        let row = row.ok_or_else(|| Problem::new(Code::NotFound, problems::BACKUP_NOT_FOUND))?;
        let station = self.clone();
        self.blocking(move || station.wire_backup(row)).await
    }
}

/// The plain report beside a backup.
pub(crate) fn report_path(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_os_string();
    name.push(".txt");
    file.with_file_name(name)
}

/// A name in the folder that nothing has.
fn free_name(folder: &Path, name: &str) -> PathBuf {
    let taken = |path: &Path| path.symlink_metadata().is_ok();
    let mut path = folder.join(format!("{name}{SUFFIX}"));
    for number in 2..1000_u32 {
        if !taken(&path) {
            break;
        }
        path = folder.join(format!("{name}-{number}{SUFFIX}"));
    }
    path
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
        assert_eq!(free_name(base.path(), "ES"), base.path().join("ES.easien-backup"));
        std::fs::write(base.path().join("ES.easien-backup"), "").unwrap();
        assert_eq!(free_name(base.path(), "ES"), base.path().join("ES-2.easien-backup"));
    }
}
