//! What is done by itself: a backup at each moment of the plan, one that was missed when the station is back, old ones
//! taken away for newer ones, and the first words of a station that was restored.

use super::restore::{RESTORED_FILE, Restored};
use super::{STATION, Wish, folder_of, plan, report_path};
use crate::station::{Station, lock};
use easien_link::data::BackupPlan;
use easien_link::problems;
use easien_model::{BackupId, Code, Problem};
use easien_store::{BackupOutcome, BackupRow};
use jiff::tz::TimeZone;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Cameras and windows come first after the start.
const AFTER_START: Duration = Duration::from_secs(10);
/// How often it is looked whether a backup is due.
const LOOK: Duration = Duration::from_secs(20);

impl Station {
    /// Makes the backups of the plan until the scope is stopped.
    pub(crate) async fn tend_backups(self) {
        self.tell_of_restoring().await;
        tokio::time::sleep(AFTER_START).await;
        loop {
            if let Err(problem) = self.look_at_backups().await {
                tracing::error!(%problem, "whether a backup is due is not known");
            }
            // A person changed the plan, or a backup ended.
            let _ = tokio::time::timeout(LOOK, self.backups.look.notified()).await;
        }
    }

    async fn look_at_backups(&self) -> Result<(), Problem> {
        let plan = self.plan_of_backups().await?;
        let good = self.store(|store| store.newest_good_backup()).await?;
        let now = self.clock.utc_now();
        *lock(&self.backups.overdue) = Some(plan::overdue_days(&plan, good.map(|row| row.backup.begun), now));
        let Some(due) = plan::due(&plan, now, &TimeZone::system()) else { return Ok(()) };
        if lock(&self.backups.running).is_some() {
            return Ok(());
        }
        let tries: Vec<_> = self
            .store(move |store| store.backups_for(due))
            .await?
            .into_iter()
            .map(|row| (row.ended, row.backup.outcome != BackupOutcome::Failed))
            .collect();
        if plan::wants(&tries, now) {
            let BackupPlan { folder, keys, .. } = plan;
            let (id, author) = (BackupId::new(), STATION.to_owned());
            self.begin_backup(Wish { id, due: Some(due), author, folder, keys, passphrase: None }).await?;
        }
        Ok(())
    }

    /// Takes away what is more than the plan keeps, the oldest first; only what the station made by the plan itself, in
    /// the folder of the one that was just made and rehearsed, and is still what it made.
    pub(super) async fn rotate_backups(&self, newest: &Path) {
        let folder = folder_of(newest).to_owned();
        let rows = self.store(|store| store.planned_backups_kept()).await;
        let (rows, keep) = match (rows, self.plan_of_backups().await) {
            (Ok(rows), Ok(plan)) => (rows, plan.keep),
            (Err(problem), _) | (_, Err(problem)) => {
                return tracing::error!(%problem, "older backups are not known");
            }
        };
        let here: Vec<BackupRow> =
            rows.into_iter().filter(|row| folder_of(Path::new(&row.backup.file)) == folder).collect();
        let more = here.len().saturating_sub(usize::try_from(keep).unwrap_or(usize::MAX));
        for row in here.into_iter().take(more).filter(|row| Path::new(&row.backup.file) != newest) {
            let (file, bytes, id) = (row.backup.file.clone(), row.backup.bytes, row.backup.id);
            let (looked, object) = (file.clone(), format!("backup {id}"));
            let detail = json!({ "file": file, "by": "plan" });
            // What goes stands in the audit first, or does not go.
            let gone = async {
                self.blocking(move || is_as_made(Path::new(&looked), bytes)).await?.map_err(stays)?;
                self.store(move |store| store.add_audit(STATION, "backup.take_away", &object, &detail))
                    .await?;
                self.blocking(move || take_away(Path::new(&file), bytes)).await?.map_err(stays)?;
                self.store(move |store| store.remove_backup(id)).await
            };
            if let Err(problem) = gone.await {
                tracing::error!(%problem, file = row.backup.file, "an old backup stays, or that it went is not written down");
            }
        }
    }

    /// The first start after a restoring: the audit says so.
    async fn tell_of_restoring(&self) {
        let path = self.folder.root().join(RESTORED_FILE);
        let Ok(bytes) = fs::read(&path) else { return };
        let told = serde_json::from_slice::<Restored>(&bytes).ok();
        let detail = told.map_or_else(
            || json!({}),
            |told| json!({ "from": told.from, "made": told.made_us, "sha256": told.sha256 }),
        );
        match self.store(move |store| store.add_audit(STATION, "backup.restored", "backup", &detail)).await {
            Ok(()) => {
                if let Err(error) = fs::remove_file(&path) {
                    tracing::warn!(%error, "the note of the restoring stays");
                }
            }
            Err(problem) => tracing::error!(%problem, "the restoring is not in the audit"),
        }
    }
}

fn stays(error: std::io::Error) -> Problem {
    Problem::new(Code::Unavailable, problems::STORAGE).detail(error)
}

/// Whether a file is there; an error when it is another than was made.
fn is_as_made(file: &Path, bytes: Option<u64>) -> std::io::Result<bool> {
    match file.symlink_metadata() {
        Ok(found) if found.is_file() && Some(found.len()) == bytes => Ok(true),
        Ok(_) => Err(std::io::Error::other("it is not what was made")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes a file that is what was made, with its report. One that is gone already is as good.
fn take_away(file: &Path, bytes: Option<u64>) -> std::io::Result<()> {
    if is_as_made(file, bytes)? {
        fs::remove_file(file)?;
    }
    let _ = fs::remove_file(report_path(file));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_made_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.easien-backup");
        fs::write(&file, "1234").unwrap();
        fs::write(report_path(&file), "x").unwrap();
        assert!(take_away(&file, Some(5)).is_err() && file.exists(), "somebody put another file there");
        take_away(&file, Some(4)).unwrap();
        assert!(!file.exists() && !report_path(&file).exists());
        take_away(&file, Some(4)).unwrap();
        fs::create_dir(&file).unwrap();
        assert!(take_away(&file, Some(4)).is_err());
    }
}
