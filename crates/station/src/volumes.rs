//! Volumes: where recordings are written to, as a person sets it. The first one is made by the station itself; a volume
//! is known by the file in its root, so a folder becomes one only by the command of a person.

use crate::copies::place::writable;
use crate::station::Station;
use easien_archive::{Change, GapRow, SegmentIndex, VolumeConfig, VolumeIdentity, VolumeStatus};
use easien_link::data::{Volume, VolumeDraft, VolumeInspection, VolumeState};
use easien_link::{Caller, Event, problems};
use easien_model::{Code, GapCause, Problem, UtcMicros, VolumeId};
use easien_store::{Store, VolumeRow};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

/// Left free on the first volume's disk: so much, or a share of the disk if that is more, but never more than half of
/// what is free.
const RESERVE_BYTES: u64 = 5 << 30;
const RESERVE_SHARE: u64 = 20;
/// A smaller quota is a slip of the hand: segments are written to the end.
const QUOTA_LEAST_BYTES: u64 = 1 << 30;
/// Lets tests have small volumes.
const SMALL_VARIABLE: &str = "EASIEN_SMALL_VOLUMES";
/// Setting that remembers that the first volume was made: one that a person forgot does not come back.
const SETTING: &str = "first_volume";
/// How often the sizes are told.
const SIZES: Duration = Duration::from_secs(10);
/// Who makes the first volume, in the audit.
pub(crate) const STATION: &str = "easien-station";

/// A disk, as the system tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Space {
    pub total_bytes: u64,
    /// For programs that are not root's.
    pub free_bytes: u64,
    /// Tells file systems apart.
    pub device: u64,
}

/// How large and how free the disk is that a folder is on.
pub(crate) fn space(path: &Path) -> io::Result<Space> {
    let stat = rustix::fs::statvfs(path)?;
    Ok(Space {
        total_bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
        free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
        device: fs::metadata(path)?.dev(),
    })
}

/// What is left free on a disk where nobody says otherwise.
pub(crate) fn default_reserve(space: Space) -> u64 {
    RESERVE_BYTES.max(space.total_bytes / RESERVE_SHARE).min(space.free_bytes / 2)
}

fn config(row: &VolumeRow) -> VolumeConfig {
    VolumeConfig {
        id: row.id,
        name: row.name.clone(),
        path: PathBuf::from(&row.path),
        quota_bytes: row.quota_bytes,
        reserve_bytes: row.reserve_bytes,
        enabled: row.enabled,
        create: false,
    }
}

/// The volumes as stored, for the archive.
pub(crate) fn configs(store: &Store) -> easien_store::Result<Vec<VolumeConfig>> {
    Ok(store.volumes()?.iter().map(config).collect())
}

/// Makes the first volume in the data folder, once in the room's life. Whatever hinders that is said and does not keep
/// the station from starting: the alarm that there is no volume tells.
pub(crate) fn make_first(store: &Store, root: &Path, station: Uuid, now: UtcMicros) {
    let made = || -> anyhow::Result<()> {
        let volumes = store.volumes()?;
        let path = root.join("recordings");
        let known = |row: &VolumeRow| matches!(VolumeIdentity::read(Path::new(&row.path)), Ok(Some(known)) if known.volume == row.id);
        // A restored room whose disks are all elsewhere records into its own folder, rather than not at all.
        let astray = root.join(crate::backup::RESTORED_FILE).exists() && !volumes.iter().any(known);
        if !astray && (!volumes.is_empty() || store.settings()?.contains_key(SETTING)) {
            return Ok(());
        }
        DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        let same_place = volumes.iter().find(|row| Path::new(&row.path) == path).map(|row| row.id);
        let id = match VolumeIdentity::read(&path)? {
            // The database is new, the recordings are not.
            Some(known) => known.volume,
            None => {
                let id = same_place.unwrap_or_else(VolumeId::new);
                VolumeIdentity { v: 1, volume: id, station, created_us: now.0 }.create(&path)?;
                id
            }
        };
        if same_place == Some(id) {
            return Ok(());
        }
        let row = VolumeRow {
            id,
            name: format!("Ổ {}", volumes.len() + 1),
            path: path.display().to_string(),
            quota_bytes: None,
            reserve_bytes: default_reserve(space(&path)?),
            enabled: true,
        };
        store.put_volume(STATION, row)?;
        let mut remembered = Map::new();
        remembered.insert(SETTING.to_owned(), Value::String(id.to_string()));
        store.put_settings(STATION, &remembered)?;
        Ok(())
    };
    if let Err(error) = made() {
        tracing::error!(error = format!("{error:#}"), "the first volume was not made");
    }
}

pub(crate) fn state(state: easien_archive::VolumeState) -> VolumeState {
    use easien_archive::VolumeState as A;
    match state {
        A::Ready => VolumeState::Ready,
        A::Disabled => VolumeState::Disabled,
        A::Missing => VolumeState::Missing,
        A::Foreign => VolumeState::Foreign,
        A::Full => VolumeState::Full,
        A::ReadOnly => VolumeState::ReadOnly,
        A::Degraded => VolumeState::Degraded,
    }
}

fn volume(status: VolumeStatus) -> Volume {
    let config = status.config;
    Volume {
        set: VolumeDraft {
            id: config.id,
            name: config.name,
            path: config.path.display().to_string(),
            quota_bytes: config.quota_bytes,
            reserve_bytes: config.reserve_bytes,
            enabled: config.enabled,
        },
        state: state(status.state),
        since: status.since,
        detail: status.detail,
        total_bytes: status.total_bytes,
        free_bytes: status.free_bytes,
        used_bytes: status.used_bytes,
        streams: status.streams,
    }
}

fn bad_path(path: &str, detail: impl std::fmt::Display) -> Problem {
    Problem::new(Code::Invalid, problems::VOLUME_PATH).field("path").with("path", path).detail(detail)
}

/// An absolute path without `..`.
fn absolute(path: &str) -> Result<PathBuf, Problem> {
    let typed = Path::new(path.trim());
    let plain = typed.is_absolute()
        && !path.contains('\0')
        && typed.components().all(|part| !matches!(part, Component::ParentDir));
    if plain { Ok(typed.to_owned()) } else { Err(bad_path(path, "not an absolute path")) }
}

fn check(draft: &VolumeDraft) -> Result<PathBuf, Problem> {
    let name = draft.name.trim();
    if !(1..=120).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Problem::new(Code::Invalid, problems::VOLUME_NAME).field("name"));
    }
    let least = if std::env::var_os(SMALL_VARIABLE).is_some() { 1 } else { QUOTA_LEAST_BYTES };
    if draft.quota_bytes.is_some_and(|quota| quota < least || i64::try_from(quota).is_err()) {
        return Err(Problem::new(Code::Invalid, problems::VOLUME_SIZES).field("quota_bytes"));
    }
    absolute(&draft.path)
}

/// Makes sure that the folder is the volume, before it is set. A new volume's folder is made (its last part at most)
/// and marked. Answers whether there may be recordings on it that the index does not know.
fn settle(
    draft: &VolumeDraft,
    path: &Path,
    new: bool,
    station: Uuid,
    now: UtcMicros,
) -> Result<bool, Problem> {
    if new && !path.exists() {
        DirBuilder::new().mode(0o700).create(path).map_err(|error| bad_path(&draft.path, error))?;
    }
    let known = match VolumeIdentity::read(path) {
        Ok(known) => known,
        Err(error) => return Err(bad_path(&draft.path, error)),
    };
    if let Some(known) = &known
        && known.volume != draft.id
    {
        return Err(Problem::new(Code::Conflict, problems::VOLUME_TAKEN)
            .field("path")
            .with("id", known.volume));
    }
    if known.is_none() && !new {
        return Err(bad_path(&draft.path, "the folder is not this volume"));
    }
    if !path.is_dir() || !writable(path) {
        return Err(bad_path(&draft.path, "not a folder that can be written to"));
    }
    let disk = space(path).map_err(|error| bad_path(&draft.path, error))?;
    if draft.reserve_bytes > disk.total_bytes {
        return Err(Problem::new(Code::Invalid, problems::VOLUME_SIZES).field("reserve_bytes"));
    }
    if known.is_none() {
        VolumeIdentity { v: 1, volume: draft.id, station, created_us: now.0 }
            .create(path)
            .map_err(|error| bad_path(&draft.path, error))?;
    }
    Ok(new && known.is_some())
}

impl Station {
    pub(crate) fn list_volumes(&self) -> Vec<Volume> {
        self.archive.volumes().into_iter().map(volume).collect()
    }

    /// Tells the windows of all volumes, and of the room where the possibility to record came or went.
    pub(crate) fn tell_volumes(&self) {
        self.tell(Event::VolumeChanged(self.list_volumes()));
    }

    /// Some disk can be recorded to now.
    pub(crate) fn can_record(&self) -> bool {
        self.archive.volumes().iter().any(|status| status.state == easien_archive::VolumeState::Ready)
    }

    /// Tells sizes now and then, and the room when it can record again or no more, until the scope is stopped.
    pub(crate) async fn tell_sizes(self) {
        let mut ticks = tokio::time::interval(SIZES);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.tell_volumes();
        }
    }

    pub(crate) async fn inspect_volume(&self, path: String) -> Result<VolumeInspection, Problem> {
        let folder = absolute(&path)?;
        let volumes = self.archive.volumes();
        self.blocking(move || {
            if !folder.is_dir() {
                return Err(bad_path(&path, "not a folder"));
            }
            let disk = space(&folder).map_err(|error| bad_path(&path, error))?;
            let id = match VolumeIdentity::read(&folder) {
                Ok(known) => known.map(|known| known.volume),
                Err(error) => return Err(bad_path(&path, error)),
            };
            let same_disk_as = volumes
                .iter()
                .filter(|status| Some(status.config.id) != id)
                .find(|status| space(&status.config.path).is_ok_and(|other| other.device == disk.device))
                .map(|status| status.config.id);
            Ok(VolumeInspection {
                id,
                writable: writable(&folder),
                same_disk_as,
                total_bytes: disk.total_bytes,
                free_bytes: disk.free_bytes,
            })
        })
        .await?
    }

    pub(crate) async fn put_volume(&self, caller: &Caller, draft: VolumeDraft) -> Result<Volume, Problem> {
        let path = check(&draft)?;
        let _order = self.changes.lock().await;
        let known = self.store(|store| store.volumes()).await?;
        let before = known.iter().find(|row| row.id == draft.id);
        let id = draft.id;
        // Where it was found counts as where it was set: the list shows that path.
        let found = self.archive.volumes().into_iter().find(|status| status.config.id == id);
        let here = found.is_some_and(|status| status.config.path == path)
            || before.is_some_and(|row| Path::new(&row.path) == path);
        let (station, now) = (self.station_id, self.clock.utc_now());
        let mut adopt = false;
        // A volume that is away can be renamed and switched off all the same.
        if !(before.is_some() && here) {
            let (checked, folder, new) = (draft.clone(), path.clone(), before.is_none());
            adopt = self.blocking(move || settle(&checked, &folder, new, station, now)).await??;
        }
        let row = VolumeRow {
            id,
            name: draft.name.trim().to_owned(),
            path: path.display().to_string(),
            quota_bytes: draft.quota_bytes,
            reserve_bytes: draft.reserve_bytes,
            enabled: draft.enabled,
        };
        let who = caller.name.clone();
        let all = self
            .store(move |store| {
                store.put_volume(&who, row)?;
                configs(store)
            })
            .await?;
        self.archive.set_volumes(all);
        self.retention.look();
        if adopt {
            self.take_up(id, path);
        }
        self.tell_volumes();
        self.list_volumes()
            .into_iter()
            .find(|volume| volume.set.id == id)
            .ok_or_else(|| Problem::new(Code::NotFound, problems::VOLUME_NOT_FOUND))
    }

    pub(crate) async fn remove_volume(&self, caller: &Caller, id: VolumeId) -> Result<(), Problem> {
        let _order = self.changes.lock().await;
        let rows = self.store(|store| store.volumes()).await?;
        let row = rows
            .into_iter()
            .find(|row| row.id == id)
            .ok_or_else(|| Problem::new(Code::NotFound, problems::VOLUME_NOT_FOUND))?;
        let away = self
            .archive
            .volumes()
            .iter()
            .any(|status| status.config.id == id && status.state == easien_archive::VolumeState::Missing);
        let index = self.index.clone();
        let (used, open) =
            self.blocking(move || (index.oldest(Some(id), None, None, 1), index.open_segments(id))).await?;
        let failed = |error: easien_archive::IndexError| {
            tracing::error!(%error, "the index of recordings failed");
            Problem::new(Code::Internal, problems::STORAGE).detail(error)
        };
        let empty = used.map_err(failed)?.is_empty() && open.map_err(failed)?.is_empty();
        if !empty && !away {
            return Err(Problem::new(Code::Precondition, problems::VOLUME_IN_USE).with("name", &row.name));
        }
        let who = caller.name.clone();
        let all = self
            .store(move |store| {
                store.remove_volume(&who, id)?;
                configs(store)
            })
            .await?;
        self.archive.set_volumes(all);
        if !empty {
            self.forget_segments(id).await;
        }
        self.tell_volumes();
        Ok(())
    }

    /// The rows of a volume that is gone for good: what was on it is missing from now on, and says so.
    async fn forget_segments(&self, id: VolumeId) {
        const AT_ONCE: usize = 500;
        let index = self.index.clone();
        let forgotten = self.blocking(move || {
            let mut count = 0;
            loop {
                let mut rows = index.open_segments(id)?;
                rows.extend(index.deleting(id)?);
                rows.extend(index.oldest(Some(id), None, None, AT_ONCE)?);
                if rows.is_empty() {
                    return Ok::<usize, easien_archive::IndexError>(count);
                }
                count += rows.len();
                let mut changes = Vec::with_capacity(2 * rows.len());
                for row in rows {
                    changes.push(Change::Removed { id: row.id });
                    let end = row.end.map_or(row.start, |end| end.end);
                    let gap = GapRow {
                        stream: row.stream,
                        start: row.start,
                        end: Some(end),
                        cause: GapCause::FileDamaged,
                    };
                    changes.push(Change::Gap(gap));
                }
                index.apply(&changes)?;
            }
        });
        match forgotten.await {
            Ok(Ok(count)) => {
                tracing::warn!(%id, count, "recordings of a forgotten volume are out of the index")
            }
            Ok(Err(error)) => tracing::error!(%error, "a forgotten volume's recordings stay in the index"),
            Err(_) => {}
        }
    }

    /// Free for recordings on all volumes that are written to: what quota and reserve leave, each disk counted once.
    pub(crate) fn storage_free_bytes(&self) -> u64 {
        free_for_recordings(&self.archive.volumes(), |path| space(path).ok().map(|space| space.device))
    }
}

/// See [`Station::storage_free_bytes`].
pub(crate) fn free_for_recordings(volumes: &[VolumeStatus], device: impl Fn(&Path) -> Option<u64>) -> u64 {
    use easien_archive::VolumeState as A;
    let mut disks: HashMap<Option<u64>, (u64, u64)> = HashMap::new();
    let mut alone = 0_u64;
    for status in volumes.iter().filter(|status| matches!(status.state, A::Ready | A::Full)) {
        let config = &status.config;
        let on_disk = status.free_bytes.saturating_sub(config.reserve_bytes);
        let quota = config.quota_bytes.map_or(u64::MAX, |quota| quota.saturating_sub(status.used_bytes));
        let room = on_disk.min(quota);
        match device(&config.path) {
            Some(device) => {
                let (sum, most) = disks.entry(Some(device)).or_insert((0, 0));
                *sum = sum.saturating_add(room);
                *most = (*most).max(on_disk);
            }
            None => alone = alone.saturating_add(room),
        }
    }
    disks.values().fold(alone, |all, (sum, most)| all.saturating_add(*sum.min(most)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    fn disk(total: u64, free: u64) -> Space {
        Space { total_bytes: total, free_bytes: free, device: 1 }
    }

    fn status(path: &str, free: u64, reserve: u64, quota: Option<u64>, used: u64) -> VolumeStatus {
        VolumeStatus {
            config: VolumeConfig {
                id: VolumeId::new(),
                name: path.into(),
                path: path.into(),
                quota_bytes: quota,
                reserve_bytes: reserve,
                enabled: true,
                create: false,
            },
            state: easien_archive::VolumeState::Ready,
            since: UtcMicros(0),
            detail: String::new(),
            total_bytes: 1000 * GIB,
            free_bytes: free,
            used_bytes: used,
            streams: 0,
        }
    }

    #[test]
    fn the_first_volume_leaves_a_part_and_small_disks_work() {
        assert_eq!(default_reserve(disk(4000 * GIB, 3000 * GIB)), 200 * GIB);
        assert_eq!(default_reserve(disk(50 * GIB, 40 * GIB)), 5 * GIB);
        assert_eq!(default_reserve(disk(50 * GIB, 4 * GIB)), 2 * GIB);
        assert_eq!(default_reserve(disk(64 << 20, 60 << 20)), 30 << 20);
    }

    #[test]
    fn one_disk_is_not_counted_twice() {
        let one = status("/a", 100 * GIB, 10 * GIB, None, 0);
        let same = status("/b", 100 * GIB, 20 * GIB, None, 0);
        let other = status("/c", 100 * GIB, 0, Some(30 * GIB), 25 * GIB);
        let device = |path: &Path| Some(if path == Path::new("/c") { 2 } else { 1 });
        assert_eq!(free_for_recordings(&[one.clone(), same.clone()], device), 90 * GIB);
        assert_eq!(free_for_recordings(&[one, same, other], device), 95 * GIB);
        let mut full = status("/d", 3 * GIB, 5 * GIB, None, 0);
        full.state = easien_archive::VolumeState::Full;
        assert_eq!(free_for_recordings(&[full], device), 0);
    }

    #[test]
    fn drafts_are_checked() {
        let draft = |name: &str, path: &str, quota| VolumeDraft {
            id: VolumeId::new(),
            name: name.into(),
            path: path.into(),
            quota_bytes: quota,
            reserve_bytes: 0,
            enabled: true,
        };
        let field = |draft| check(&draft).err().and_then(|problem| problem.field);
        assert_eq!(field(draft("Ổ 2", "/mnt/b", None)), None);
        assert_eq!(field(draft(" ", "/mnt/b", None)).as_deref(), Some("name"));
        assert_eq!(field(draft("x", "mnt/b", None)).as_deref(), Some("path"));
        assert_eq!(field(draft("x", "/mnt/../b", None)).as_deref(), Some("path"));
        assert_eq!(field(draft("x", "/mnt/b", Some(5))).as_deref(), Some("quota_bytes"));
    }

    #[test]
    fn a_folder_becomes_the_volume_that_was_asked_for_and_no_other() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("disk");
        let draft = VolumeDraft {
            id: VolumeId::new(),
            name: "x".into(),
            path: path.display().to_string(),
            quota_bytes: None,
            reserve_bytes: 1,
            enabled: true,
        };
        let station = Uuid::now_v7();
        let settle = |draft: &VolumeDraft, new| settle(draft, &path, new, station, UtcMicros(1));
        assert_eq!(settle(&draft, false).unwrap_err().key, problems::VOLUME_PATH, "it is not there");
        assert!(!settle(&draft, true).unwrap());
        assert_eq!(VolumeIdentity::read(&path).unwrap().unwrap().volume, draft.id);
        assert!(settle(&draft, true).unwrap(), "it was one already");
        let other = VolumeDraft { id: VolumeId::new(), ..draft.clone() };
        let taken = settle(&other, true).unwrap_err();
        assert_eq!(taken.key, problems::VOLUME_TAKEN);
        assert_eq!(taken.params.get("id"), Some(&draft.id.to_string()));
        let vast = VolumeDraft { reserve_bytes: u64::MAX, ..draft };
        assert_eq!(settle(&vast, false).unwrap_err().field.as_deref(), Some("reserve_bytes"));
    }
}
