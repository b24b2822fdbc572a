//! A backup from its beginning to its end: written and rehearsed on a thread of its own, told as it goes, written down
//! when it ends, stopped when a person says so.

use super::{
    Control, Locker, Made, PROGRESS, Running, SUFFIX, Stage, Wish, check_folder, clear_left, estimate, file,
    file_text, make, of_made, report, report_path, restore_command, stored,
};
use crate::station::{Station, lock};
use easien_link::data::{Backup, BackupPhase, BackupStage};
use easien_link::{Caller, Event, problems};
use easien_model::{BackupId, Code, Problem, UtcMicros};
use easien_store::{BackupDraft, BackupOutcome, BackupRow};
use jiff::tz::TimeZone;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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

impl Station {
    /// From here on it is a backup, whatever comes of it.
    pub(super) async fn begin_backup(&self, wish: Wish) -> Result<Backup, Problem> {
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
        let writing = move || {
            let real = check_folder(&folder, &root)?;
            clear_left(&real, &format!("{SUFFIX}{}", file::PART));
            total.store(estimate(&root).map_err(|fault| fault.problem())?, Ordering::Relaxed);
            let progress = |stage: Stage, done: u64| {
                *lock(&shared.stage) = Some(stage);
                shared.done_bytes.store(done, Ordering::Relaxed);
                !shared.cancelled.load(Ordering::Relaxed)
            };
            make(&root, &station.store, &file, locker.as_ref(), &progress).map_err(|fault| fault.problem())
        };
        let tell = || self.tell_backup_progress(control, total_bytes.load(Ordering::Relaxed));
        self.blocking_told(writing, PROGRESS, tell).await?
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
            self.store(move |store| store.add_audit(&who, "backup.cancel", &object, &json!({}))).await?;
            return Ok(running.backup);
        }
        let row = self.store(move |store| store.backup(id)).await?;
        let row = row.ok_or_else(|| Problem::new(Code::NotFound, problems::BACKUP_NOT_FOUND))?;
        let station = self.clone();
        self.blocking(move || station.wire_backup(row)).await
    }
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
    fn a_name_that_is_taken_gets_a_number() {
        let base = tempfile::tempdir().unwrap();
        assert_eq!(free_name(base.path(), "ES"), base.path().join("ES.easien-backup"));
        std::fs::write(base.path().join("ES.easien-backup"), "").unwrap();
        assert_eq!(free_name(base.path(), "ES"), base.path().join("ES-2.easien-backup"));
    }

    #[test]
    fn the_share_only_grows() {
        let order = [Stage::Database, Stage::Files, Stage::Sealing, Stage::Reading, Stage::Rehearsal];
        let shares: Vec<f32> =
            order.iter().flat_map(|stage| [0, 50, 100].map(|done| share(*stage, done, 100))).collect();
        // Where one stage ends and the next begins the last digit of a float may differ.
        let grows = shares.windows(2).all(|pair| pair[1] > pair[0] - 1e-6);
        assert!(grows && shares.last().is_some_and(|last| *last < 1.0), "{shares:?}");
    }
}
