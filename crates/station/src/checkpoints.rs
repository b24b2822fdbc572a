//! Signed checkpoints of the audit, made at the end of each planned shift (handed over or not) and at an orderly end, and
//! their copies off the machine: every folder that is set (a USB stick, a share) gets each checkpoint as a file of its own,
//! whole or not at all, and what it missed while it was away. A folder that is away for longer than a day is an alarm.

use crate::station::{Station, lock};
use easien_link::data::{CheckpointFolder, ShiftPlan};
use easien_link::problems;
use easien_model::{Code, Problem, UtcMicros};
use easien_store::CheckpointRow;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How often it is looked whether a shift ended and whether a folder is back.
const LOOK: Duration = Duration::from_secs(20);
/// Tried again, when a checkpoint could not be made.
const AGAIN: Duration = Duration::from_secs(300);
/// A share that hangs keeps nobody.
const PATIENCE: Duration = Duration::from_secs(30);
/// A folder that is away for longer is an alarm.
const AWAY_US: i64 = 24 * 3_600_000_000;
/// How old what is remembered of a folder may get before it is written down anew.
const REMEMBER_US: i64 = 600_000_000;
/// Folders at most.
const FOLDERS: usize = 4;
/// Longest path.
const PATH: usize = 400;

/// What is known of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Known {
    /// It had every checkpoint then; at first, since when it is set.
    whole: UtcMicros,
    /// Rows of the newest checkpoint in it.
    #[serde(default)]
    rows: u64,
}

/// What is remembered of the folders, by their paths.
#[derive(Default)]
pub struct Checkpoints {
    wanted: Notify,
    known: Mutex<HashMap<String, Known>>,
    /// Why a folder did not take the last one.
    wrong: Mutex<HashMap<String, String>>,
    /// Folders that are being looked at: one that hangs takes one thread, not one each time.
    busy: Mutex<HashSet<String>>,
    failed: Mutex<Option<Instant>>,
    /// The begin of the shift at which one was made, or was found not to be needed.
    made_at: Mutex<Option<UtcMicros>>,
}

impl Checkpoints {
    /// There is a new checkpoint, or another folder.
    pub(crate) fn look(&self) {
        self.wanted.notify_one();
    }
}

/// A folder that is being looked at, until that ends, however it ends.
struct Busy {
    station: Station,
    folder: String,
}

impl Drop for Busy {
    fn drop(&mut self) {
        lock(&self.station.checkpoints.busy).remove(&self.folder);
    }
}

/// The folders as they are set, tidy.
///
/// # Errors
/// `Invalid` for paths that are none.
pub(crate) fn check(folders: &[String]) -> Result<(), Problem> {
    let fits =
        |folder: &String| Path::new(folder).is_absolute() && folder.len() <= PATH && !folder.contains('\0');
    if folders.len() <= FOLDERS && folders.iter().all(fits) {
        return Ok(());
    }
    Err(Problem::new(Code::Invalid, problems::CHECKPOINT_FOLDER).field("checkpoint_folders"))
}

/// A checkpoint's file: sorted by name they are sorted by time.
fn file_name(station: uuid::Uuid, row: &CheckpointRow) -> String {
    let station = station.simple().to_string();
    format!("easien-{}-{:012}.checkpoint.txt", station.get(..8).unwrap_or_default(), row.rows)
}

/// Whole or not at all, down to the disk.
fn write_whole(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let part = folder.join(format!(".{name}.part"));
    let _ = fs::remove_file(&part);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&part)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    drop(file);
    written.and_then(|()| fs::rename(&part, folder.join(name))).inspect_err(|_| {
        let _ = fs::remove_file(&part);
    })?;
    // A share may not know how.
    if let Ok(open) = fs::File::open(folder) {
        let _ = open.sync_all();
    }
    Ok(())
}

/// A folder that is there. It is never made: where a stick should be, its mount point alone would look like it.
fn is_there(folder: &Path) -> io::Result<()> {
    if fs::metadata(folder)?.is_dir() { Ok(()) } else { Err(io::ErrorKind::NotADirectory.into()) }
}

/// Brings every checkpoint that is not there into a folder; how many.
fn deliver(folder: &Path, station: uuid::Uuid, all: &[CheckpointRow]) -> io::Result<usize> {
    is_there(folder)?;
    let mut brought = 0;
    for row in all {
        let name = file_name(station, row);
        // One that was cut or changed there is brought anew.
        if fs::read_to_string(folder.join(&name)).is_ok_and(|text| text == row.text) {
            continue;
        }
        write_whole(folder, &name, &row.text)?;
        brought += 1;
    }
    if brought == 0 {
        // Nothing to bring is no sign that something could be.
        let probe = folder.join(".easien.part");
        fs::write(&probe, b"")?;
        fs::remove_file(&probe)?;
    }
    Ok(brought)
}

/// When the planned shift that is on now began.
fn last_begin(plan: &ShiftPlan, now: UtcMicros, zone: &jiff::tz::TimeZone) -> Option<UtcMicros> {
    let local = zone.to_datetime(jiff::Timestamp::from_microsecond(now.0).ok()?);
    let begins = [local.date(), local.date().yesterday().ok()?].into_iter().flat_map(|day| {
        plan.shifts.iter().filter_map(move |shift| {
            let (hour, minute) =
                (i8::try_from(shift.begin_min / 60).ok()?, i8::try_from(shift.begin_min % 60).ok()?);
            Some(day.at(hour, minute, 0, 0))
        })
    });
    let begins = begins.filter_map(|at| Some(UtcMicros(zone.to_timestamp(at).ok()?.as_microsecond())));
    begins.filter(|at| *at <= now).max()
}

impl Station {
    fn folders_file(&self) -> PathBuf {
        self.folder.root().join("checkpoints.json")
    }

    fn checkpoint_folders(&self) -> Vec<String> {
        lock(&self.settings).checkpoint_folders.clone()
    }

    /// Makes checkpoints and brings them away, until the scope is stopped.
    pub(crate) async fn tend_checkpoints(self) {
        let file = self.folders_file();
        match self.blocking(move || fs::read_to_string(file)).await {
            Ok(Ok(text)) => match serde_json::from_str(&text) {
                Ok(known) => *lock(&self.checkpoints.known) = known,
                Err(error) => {
                    tracing::warn!(%error, "since when folders for checkpoints are away is not known")
                }
            },
            Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "since when folders for checkpoints are away is not known");
            }
            Err(problem) => tracing::error!(%problem, "how the folders for checkpoints are was not read"),
        }
        loop {
            self.checkpoint_if_due().await;
            self.bring_checkpoints().await;
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = self.checkpoints.wanted.notified() => {}
            }
        }
    }

    /// A planned shift ended since the last checkpoint: the next one is made, whether or not anybody hands over.
    async fn checkpoint_if_due(&self) {
        if lock(&self.checkpoints.failed).is_some_and(|at| at.elapsed() < AGAIN) {
            return;
        }
        let Ok(plan) = self.shift_plan().await else { return };
        let begin = last_begin(&plan, self.clock.utc_now(), &jiff::tz::TimeZone::system());
        // All rows are gone through for one: once a shift, also where nothing happened in it.
        if begin.is_none() || *lock(&self.checkpoints.made_at) == begin {
            return;
        }
        let known =
            self.store(|store| Ok((store.newest_checkpoint()?, store.audit(None, 1)?.is_empty()))).await;
        let Ok((newest, empty)) = known else { return };
        let due = newest.is_none_or(|newest| Some(newest.at) < begin) && !empty;
        if !due || self.checkpoint_now().await {
            *lock(&self.checkpoints.made_at) = begin;
        }
    }

    /// Signs a checkpoint over what there is; whether that could be.
    pub(crate) async fn checkpoint_now(&self) -> bool {
        match self.store(|store| store.sign_checkpoint()).await {
            Ok(row) => {
                tracing::info!(rows = row.rows, "a checkpoint of the audit was signed");
                *lock(&self.checkpoints.failed) = None;
                self.checkpoints.look();
                true
            }
            Err(problem) => {
                tracing::error!(%problem, "no checkpoint of the audit");
                *lock(&self.checkpoints.failed) = Some(Instant::now());
                false
            }
        }
    }

    /// Brings what is not there to every folder that is there. One that has all of them is only seen to be there; each
    /// file in it is read again when what is known of it gets old.
    pub(crate) async fn bring_checkpoints(&self) {
        let folders = self.checkpoint_folders();
        lock(&self.checkpoints.known).retain(|folder, _| folders.contains(folder));
        if folders.is_empty() {
            return;
        }
        let Ok(newest) = self.store(|store| store.newest_checkpoint()).await else { return };
        let (newest, now) = (newest.map_or(0, |row| row.rows), self.clock.utc_now());
        let mut changed = false;
        for folder in folders {
            let known = lock(&self.checkpoints.known).get(&folder).copied();
            let fresh = known.is_some_and(|known| known.rows == newest && now - known.whole < REMEMBER_US)
                && !lock(&self.checkpoints.wrong).contains_key(&folder);
            match self.bring_to(&folder, fresh).await {
                Ok(brought) => {
                    if brought > 0 {
                        tracing::info!(folder, brought, "checkpoints were brought away");
                    }
                    lock(&self.checkpoints.wrong).remove(&folder);
                    if !fresh {
                        lock(&self.checkpoints.known).insert(folder, Known { whole: now, rows: newest });
                        changed = true;
                    }
                }
                Err(error) => {
                    if lock(&self.checkpoints.wrong).insert(folder.clone(), error.clone()).is_none() {
                        tracing::warn!(folder, error, "a folder for checkpoints is not there");
                    }
                    lock(&self.checkpoints.known).entry(folder).or_insert_with(|| {
                        changed = true;
                        Known { whole: now, rows: 0 }
                    });
                }
            }
        }
        if changed {
            let kept: BTreeMap<String, Known> = lock(&self.checkpoints.known).clone().into_iter().collect();
            let file = self.folders_file();
            let written = self.blocking(move || -> io::Result<()> {
                let text = serde_json::to_string(&kept)?;
                let part = file.with_extension("part");
                fs::write(&part, text)?;
                fs::rename(part, file)
            });
            if let Ok(Err(error)) = written.await {
                tracing::warn!(%error, "how the folders for checkpoints are is not written down");
            }
        }
    }

    /// To one folder; how many, or why not.
    async fn bring_to(&self, folder: &str, fresh: bool) -> Result<usize, String> {
        const SILENT: &str = "it does not answer";
        if !lock(&self.checkpoints.busy).insert(folder.to_owned()) {
            return Err(SILENT.to_owned());
        }
        let busy = Busy { station: self.clone(), folder: folder.to_owned() };
        let all = if fresh { Ok(Vec::new()) } else { self.store(|store| store.checkpoints()).await };
        let all = all.map_err(|problem| problem.to_string())?;
        let (place, station) = (PathBuf::from(folder), self.station_id);
        let work = self.blocking(move || {
            let _busy = busy;
            if fresh { is_there(&place).map(|()| 0) } else { deliver(&place, station, &all) }
        });
        match tokio::time::timeout(PATIENCE, work).await {
            Ok(done) => done.map_err(|problem| problem.to_string())?.map_err(|error| error.to_string()),
            Err(_) => Err(SILENT.to_owned()),
        }
    }

    /// How the folders are.
    pub(crate) fn list_checkpoint_folders(&self) -> Vec<CheckpointFolder> {
        let (known, wrong) = (lock(&self.checkpoints.known).clone(), lock(&self.checkpoints.wrong).clone());
        let now = self.clock.utc_now();
        self.checkpoint_folders()
            .into_iter()
            .map(|path| {
                let of = known.get(&path);
                let problem = wrong.get(&path).cloned();
                CheckpointFolder {
                    whole: of.filter(|of| of.rows > 0).map(|of| of.whole),
                    rows: of.map_or(0, |of| of.rows),
                    late: problem.is_some() && of.is_some_and(|of| now - of.whole > AWAY_US),
                    problem,
                    path,
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use easien_link::data::PlannedShift;

    fn row(rows: u64) -> CheckpointRow {
        CheckpointRow { at: UtcMicros(1), rows, root: [0; 32], text: format!("checkpoint {rows}\n") }
    }

    #[test]
    fn a_folder_gets_what_it_missed_and_what_was_changed_in_it() {
        let base = tempfile::tempdir().unwrap();
        let (folder, station) = (base.path().join("stick"), uuid::Uuid::nil());
        assert_eq!(deliver(&folder, station, &[row(1)]).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(!folder.exists(), "a mount point without its stick stays empty");
        fs::create_dir(&folder).unwrap();
        assert_eq!(deliver(&folder, station, &[row(1), row(2), row(30)]).unwrap(), 3);
        assert_eq!(deliver(&folder, station, &[row(1), row(2), row(30)]).unwrap(), 0);
        let names = || {
            let mut names: Vec<_> =
                fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        assert_eq!(names().len(), 3, "{:?}", names());
        assert_eq!(names()[2], "easien-00000000-000000000030.checkpoint.txt");
        fs::write(folder.join(&names()[1]), "x").unwrap();
        fs::remove_file(folder.join(&names()[0])).unwrap();
        assert_eq!(deliver(&folder, station, &[row(1), row(2), row(30)]).unwrap(), 2);
        assert_eq!(fs::read_to_string(folder.join(&names()[1])).unwrap(), "checkpoint 2\n");
    }

    #[test]
    fn the_shift_that_is_on_began_today_or_yesterday() {
        let zone = jiff::tz::TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        let shift = |begin_min| PlannedShift { name: "Ca".into(), begin_min };
        let plan = ShiftPlan { shifts: vec![shift(6 * 60), shift(14 * 60), shift(22 * 60 + 30)] };
        let at = |day: i8, hour: i8, minute: i8| {
            let civil = jiff::civil::date(2026, 11, day).at(hour, minute, 0, 0);
            UtcMicros(zone.to_timestamp(civil).unwrap().as_microsecond())
        };
        for (now, begin) in [
            (at(29, 6, 0), at(29, 6, 0)),
            (at(29, 13, 59), at(29, 6, 0)),
            (at(29, 23, 0), at(29, 22, 30)),
            (at(29, 5, 59), at(28, 22, 30)),
        ] {
            assert_eq!(last_begin(&plan, now, &zone), Some(begin));
        }
        assert_eq!(last_begin(&ShiftPlan { shifts: vec![] }, at(29, 6, 0), &zone), None);
    }

    #[test]
    fn folders_are_whole_paths_and_few() {
        let folders =
            |of: &[&str]| check(&of.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>()).is_ok();
        assert!(folders(&[]) && folders(&["/media/usb", "/mnt/share"]));
        assert!(!folders(&["usb"]) && !folders(&[""]) && !folders(&["/a", "/b", "/c", "/d", "/e"]));
    }
}
