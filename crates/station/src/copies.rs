//! Working copies of clips: plain MP4 files for now, one a camera (or several where its parameters changed), with what
//! is in them and what is missing beside them. Two are written at a time; what is not complete never looks whole.

mod missing;
pub(crate) mod place;
mod sidecar;
mod write;

use crate::people::within;
use crate::station::{Station, lock};
use crate::volumes::space;
use easien_archive::ArchiveError;
use easien_link::data::{Copy, CopyDraft, CopyPhase, CopyPlan};
use easien_link::{Caller, Event, problems};
use easien_model::{CameraId, Code, CopyId, Problem, Scope, UtcMicros};
use serde_json::json;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use write::{Job, Part};

/// Written at the same time; more only take turns with the disk.
const AT_ONCE: usize = 2;
/// Written or waiting.
const MOST: usize = 8;
/// Ended ones that are remembered.
const REMEMBERED: usize = 200;
/// Cameras of one copy.
const CAMERAS: usize = 16;
/// Longest copy.
const LONGEST_US: i64 = 24 * 3_600_000_000;
/// Always left free where copies go: a full disk would stop the recording too, if it is the same.
const LEFT_FREE_BYTES: u64 = 256 << 20;
/// A clip's first key frame lies at most so long before it.
const KEY_BEFORE_S: i64 = 60;
/// How often a copy's progress is told.
const PROGRESS: Duration = Duration::from_millis(500);

/// All copies since the start.
pub struct Copies {
    scope: Scope,
    turns: Arc<Semaphore>,
    all: Mutex<Vec<Known>>,
}

struct Known {
    copy: Copy,
    /// As it was asked for: `folder` as typed.
    draft: CopyDraft,
    control: Arc<Control>,
}

/// Shared with the thread that writes.
#[derive(Default)]
pub(crate) struct Control {
    pub cancelled: AtomicBool,
    pub done_bytes: AtomicU64,
}

impl Copies {
    pub(crate) fn new(scope: Scope) -> Self {
        Self { scope, turns: Arc::new(Semaphore::new(AT_ONCE)), all: Mutex::default() }
    }

    /// The station stops: every copy ends, and takes away what is not complete.
    pub(crate) async fn stop(&self, limit: Duration) {
        for known in lock(&self.all).iter() {
            known.control.cancelled.store(true, Ordering::Relaxed);
        }
        self.scope.stop(limit).await;
    }

    /// What running copies still read: retention leaves it alone.
    pub(crate) fn reading(&self) -> Vec<(CameraId, UtcMicros, UtcMicros)> {
        let all = lock(&self.all);
        let running = all.iter().filter(|known| known.copy.phase == CopyPhase::Running);
        running
            .flat_map(|known| {
                let draft = &known.draft;
                // The first key frame may lie before.
                let start = draft.start.plus_seconds(-KEY_BEFORE_S);
                draft.cameras.iter().map(move |camera| (*camera, start, draft.end))
            })
            .collect()
    }

    fn with<T>(&self, id: CopyId, change: impl FnOnce(&mut Copy) -> T) -> Option<T> {
        lock(&self.all)
            .iter_mut()
            .find(|known| known.copy.asked.id == id)
            .map(|known| change(&mut known.copy))
    }
}

/// What an error of the archive says to a person.
pub(crate) fn problem(error: &ArchiveError) -> Problem {
    let problem = match error {
        ArchiveError::NoRoom { needed_bytes, free_bytes } => {
            Problem::new(Code::DiskFull, problems::COPY_NO_ROOM)
                .with("needed", needed_bytes)
                .with("free", free_bytes)
        }
        ArchiveError::NoVolume(volume) => {
            Problem::new(Code::Unavailable, problems::VOLUME_AWAY).with("volume", volume)
        }
        ArchiveError::Damaged { path, .. } => {
            Problem::new(Code::DataLoss, problems::SEGMENT_DAMAGED).with("file", path.display())
        }
        ArchiveError::NotFound => Problem::new(Code::NotFound, problems::NOT_RECORDED),
        other if other.code() == Code::DiskFull => Problem::new(Code::DiskFull, problems::DISK_FULL),
        other => Problem::new(other.code(), problems::STORAGE),
    };
    problem.detail(error)
}

fn check(draft: &CopyDraft, now: UtcMicros) -> Result<(), Problem> {
    let unique: HashSet<CameraId> = draft.cameras.iter().copied().collect();
    if !(1..=CAMERAS).contains(&draft.cameras.len()) || unique.len() != draft.cameras.len() {
        return Err(Problem::new(Code::Invalid, problems::COPY_CAMERAS).field("cameras"));
    }
    let length = draft.end - draft.start;
    if length <= 0 || length > LONGEST_US || draft.start >= now {
        return Err(Problem::new(Code::Invalid, problems::INTERVAL).field("end"));
    }
    Ok(())
}

fn bad_folder(folder: &Path, detail: impl std::fmt::Display) -> Problem {
    Problem::new(Code::Invalid, problems::COPY_FOLDER)
        .field("folder")
        .with("folder", folder.display())
        .detail(detail)
}

/// The folder that copies go to, there and writable. Only the default one is made.
fn open_base(folder: &Path, default: bool) -> Result<(), Problem> {
    if default && !folder.exists() {
        use std::os::unix::fs::DirBuilderExt;
        let mut make = std::fs::DirBuilder::new();
        make.mode(0o700).create(folder).map_err(|error| bad_folder(folder, error))?;
    }
    if !folder.is_absolute() || !folder.is_dir() || !place::writable(folder) {
        return Err(bad_folder(folder, "not a folder that can be written to"));
    }
    Ok(())
}

/// Enough room for `needed` and what is always left.
fn room_for(needed: u64, folder: &Path) -> Result<u64, Problem> {
    let free = space(folder).map_err(|error| bad_folder(folder, error))?.free_bytes;
    if free < needed.saturating_add(LEFT_FREE_BYTES) {
        return Err(Problem::new(Code::DiskFull, problems::COPY_NO_ROOM)
            .field("folder")
            .with("needed", needed.saturating_add(LEFT_FREE_BYTES))
            .with("free", free));
    }
    Ok(free)
}

impl Station {
    /// Where a copy goes, and whether that is the folder of the data folder.
    fn copy_base(&self, draft: &CopyDraft) -> (PathBuf, bool) {
        let wished = draft.folder.trim();
        let set = lock(&self.settings).copy_folder.clone();
        match (wished, set.as_str()) {
            ("", "") => (self.folder.root().join("copies"), true),
            ("", set) => (PathBuf::from(set), false),
            (wished, _) => (PathBuf::from(wished), false),
        }
    }

    /// Codes and names of the cameras, also of those that were taken out.
    async fn copy_cameras(&self, draft: &CopyDraft) -> Result<Vec<(CameraId, String, String)>, Problem> {
        let ids = draft.cameras.clone();
        let rows = self
            .store(move |store| ids.iter().map(|id| store.camera(*id)).collect::<Result<Vec<_>, _>>())
            .await?;
        rows.into_iter()
            .map(|row| {
                row.map(|row| (row.id, row.code, row.name))
                    .ok_or_else(|| Problem::new(Code::NotFound, problems::CAMERA_NOT_FOUND).field("cameras"))
            })
            .collect()
    }

    async fn plan_copy(&self, draft: &CopyDraft) -> Result<Vec<Part>, Problem> {
        check(draft, self.clock.utc_now())?;
        let cameras = self.copy_cameras(draft).await?;
        let (reader, index, draft) = (self.archive.reader(), self.index.clone(), draft.clone());
        self.blocking(move || write::plan(&reader, &index, &draft, &cameras))
            .await?
            .map_err(|error| problem(&error))
    }

    pub(crate) async fn estimate_copy(&self, draft: CopyDraft) -> Result<CopyPlan, Problem> {
        let parts = self.plan_copy(&draft).await?;
        let (base, default) = self.copy_base(&draft);
        let folder = base.clone();
        let free_bytes = self
            .blocking(move || {
                open_base(&folder, default)?;
                space(&folder).map(|space| space.free_bytes).map_err(|error| bad_folder(&folder, error))
            })
            .await??;
        let zone = jiff::tz::TimeZone::system();
        Ok(CopyPlan {
            bytes: parts.iter().map(|part| part.bytes).sum(),
            free_bytes,
            folder: base.display().to_string(),
            files: parts.iter().map(|part| part.expected(&zone)).collect(),
        })
    }

    pub(crate) async fn start_copy(&self, caller: &Caller, draft: CopyDraft) -> Result<Copy, Problem> {
        if let Some(known) = lock(&self.copies.all).iter().find(|known| known.draft.id == draft.id) {
            // A retry: it is under way, or was.
            return match known.draft == draft {
                true => Ok(known.copy.clone()),
                false => Err(Problem::new(Code::Conflict, problems::ID_TAKEN).field("id")),
            };
        }
        let parts = self.plan_copy(&draft).await?;
        if parts.iter().all(|part| part.is_empty()) {
            return Err(Problem::new(Code::NotFound, problems::NOT_RECORDED).field("start"));
        }
        let total_bytes = parts.iter().map(|part| part.bytes).sum();
        let (base, default) = self.copy_base(&draft);
        let folder = base.clone();
        self.blocking(move || {
            open_base(&folder, default)?;
            room_for(total_bytes, &folder)
        })
        .await??;
        let detail = json!({
            "cameras": draft.cameras, "start": draft.start, "end": draft.end, "bytes": total_bytes,
            "folder": base.display().to_string(),
        });
        let (who, object) = (caller.name.clone(), format!("copy {}", draft.id));
        self.store(move |store| store.add_audit(&who, "copy.start", &object, &detail)).await?;

        // A sweep that runs does not know yet what this copy reads.
        let _pause = self.retention.pause().await;
        let control = Arc::new(Control::default());
        let copy = Copy {
            asked: CopyDraft { folder: base.display().to_string(), ..draft.clone() },
            phase: CopyPhase::Running,
            author: caller.name.clone(),
            created: self.clock.utc_now(),
            done_bytes: 0,
            total_bytes,
            seconds_left: None,
            files: Vec::new(),
            problem: None,
        };
        {
            let mut all = lock(&self.copies.all);
            if let Some(known) = all.iter().find(|known| known.draft.id == draft.id) {
                return Ok(known.copy.clone());
            }
            if all.iter().filter(|known| known.copy.phase == CopyPhase::Running).count() >= MOST {
                return Err(Problem::new(Code::Unavailable, problems::COPY_BUSY));
            }
            all.push(Known { copy: copy.clone(), draft: draft.clone(), control: control.clone() });
            while all.len() > REMEMBERED {
                let Some(old) = all.iter().position(|known| known.copy.phase != CopyPhase::Running) else {
                    break;
                };
                all.remove(old);
            }
        }
        let settings = lock(&self.settings).clone();
        let job = Job {
            id: draft.id,
            station: settings.name,
            author: caller.name.clone(),
            made: copy.created,
            start: draft.start,
            end: draft.end,
            base,
            vietnamese: settings.language != "en",
            parts,
            control,
        };
        self.tell(Event::CopyChanged(copy.clone()));
        let station = self.clone();
        self.copies.scope.spawn_graceful(async move { station.run_copy(job).await });
        Ok(copy)
    }

    /// From its turn to its end.
    async fn run_copy(self, job: Job) {
        let (id, author, control) = (job.id, job.author.clone(), job.control.clone());
        let turns = self.copies.turns.clone();
        let turn = async {
            // Whoever is cancelled while waiting need not wait.
            while !control.cancelled.load(Ordering::Relaxed) {
                if let Ok(Ok(turn)) = tokio::time::timeout(PROGRESS, turns.clone().acquire_owned()).await {
                    return Some(turn);
                }
            }
            None
        };
        let result = match turn.await {
            None => Err(Problem::new(Code::Cancelled, problems::INTERNAL)),
            Some(_turn) => {
                let reader = self.archive.reader();
                let begun = Instant::now();
                let tell = || self.tell_progress(id, &control, begun.elapsed());
                self.blocking_told(move || job.write(&reader), PROGRESS, tell).await.and_then(|done| done)
            }
        };
        self.end_copy(id, author, &control, result).await;
    }

    fn tell_progress(&self, id: CopyId, control: &Control, spent: Duration) {
        let done = control.done_bytes.load(Ordering::Relaxed);
        let copy = self.copies.with(id, |copy| {
            copy.done_bytes = done;
            let share = done as f32 / copy.total_bytes.max(1) as f32;
            copy.seconds_left = (share > 0.01).then(|| (spent.as_secs_f32() * (1.0 / share - 1.0)).max(0.0));
            copy.clone()
        });
        if let Some(copy) = copy {
            self.tell(Event::CopyChanged(copy));
        }
    }

    async fn end_copy(
        &self,
        id: CopyId,
        author: String,
        control: &Control,
        result: Result<write::Written, Problem>,
    ) {
        let cancelled = control.cancelled.load(Ordering::Relaxed);
        let (command, detail) = match &result {
            Ok((folder, _, json)) => {
                ("copy.done", json!({ "folder": folder.display().to_string(), "cameras": json["cameras"] }))
            }
            Err(_) if cancelled => ("copy.cancelled", json!({})),
            Err(problem) => ("copy.failed", json!({ "problem": problem.key, "detail": problem.detail })),
        };
        let object = format!("copy {id}");
        if let Err(problem) =
            self.store(move |store| store.add_audit(&author, command, &object, &detail)).await
        {
            tracing::error!(%problem, "the end of a copy is not in the audit");
        }
        let copy = self.copies.with(id, |copy| {
            copy.seconds_left = None;
            match result {
                Ok((folder, files, _)) => {
                    copy.phase = CopyPhase::Done;
                    copy.total_bytes = files.iter().map(|file| file.bytes).sum();
                    copy.done_bytes = copy.total_bytes;
                    copy.asked.folder = folder.display().to_string();
                    copy.files = files;
                }
                Err(_) if cancelled => copy.phase = CopyPhase::Cancelled,
                Err(problem) => {
                    tracing::error!(%problem, "a copy failed");
                    copy.phase = CopyPhase::Failed;
                    copy.problem = Some(problem);
                }
            }
            copy.clone()
        });
        if let Some(copy) = copy {
            self.tell(Event::CopyChanged(copy));
        }
    }

    pub(crate) async fn cancel_copy(&self, caller: &Caller, id: CopyId) -> Result<Copy, Problem> {
        let copy = {
            let all = lock(&self.copies.all);
            let known = all
                .iter()
                .find(|known| known.copy.asked.id == id)
                .filter(|known| caller.sight.sees_all(&known.copy.asked.cameras))
                .ok_or_else(|| Problem::new(Code::NotFound, problems::COPY_NOT_FOUND))?;
            if known.copy.phase != CopyPhase::Running {
                return Ok(known.copy.clone());
            }
            known.control.cancelled.store(true, Ordering::Relaxed);
            known.copy.clone()
        };
        let (who, object) = (caller.name.clone(), format!("copy {id}"));
        self.store(move |store| store.add_audit(&who, "copy.cancel", &object, &json!({}))).await?;
        Ok(copy)
    }

    pub(crate) fn list_copies(&self, caller: &Caller) -> Vec<Copy> {
        let all = lock(&self.copies.all);
        all.iter().rev().filter_map(|known| within::copy(&caller.sight, known.copy.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drafts_are_checked() {
        let now = UtcMicros(1_000_000_000_000_000);
        let draft = |count: usize, start: i64, end: i64| CopyDraft {
            id: CopyId::new(),
            cameras: (0..count).map(|_| CameraId::new()).collect(),
            start: now.plus_seconds(start),
            end: now.plus_seconds(end),
            which: None,
            folder: String::new(),
        };
        let field = |draft: &CopyDraft| check(draft, now).err().and_then(|problem| problem.field);
        assert_eq!(field(&draft(1, -60, 10)), None);
        assert_eq!(field(&draft(16, -86_400, 0)), None);
        for wrong in [draft(0, -60, 0), draft(17, -60, 0)] {
            assert_eq!(field(&wrong).as_deref(), Some("cameras"));
        }
        let mut twice = draft(1, -60, 0);
        twice.cameras.push(twice.cameras[0]);
        assert_eq!(field(&twice).as_deref(), Some("cameras"));
        for wrong in [draft(1, -60, -60), draft(1, -86_401, 0), draft(1, 1, 2)] {
            assert_eq!(field(&wrong).as_deref(), Some("end"));
        }
    }

    #[test]
    fn only_the_default_folder_is_made() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("copies");
        assert_eq!(open_base(&folder, false).unwrap_err().key, problems::COPY_FOLDER);
        open_base(&folder, true).unwrap();
        open_base(&folder, false).unwrap();
        let none = room_for(u64::MAX / 2, &folder).unwrap_err();
        assert_eq!((none.code, none.key.as_str()), (Code::DiskFull, problems::COPY_NO_ROOM));
    }
}
