//! Attachments: any file that a person adds to an incident, kept below `attachments/` in the data folder by its SHA-256:
//! the same file twice is stored once. A window hands over a path: it runs as the same person on the same machine. Here:
//! what the commands mean, and whether the files are still what they were; `take` reads and writes them.

mod name;
mod take;

use crate::station::{Station, lock};
use easien_link::commands::Role;
use easien_link::data::{
    AttachmentProgress, AttachmentSave, AttachmentSaved, AttachmentState, AttachmentStrike, AttachmentWish,
    IncidentFile,
};
use easien_link::{Caller, Event, problems};
use easien_model::{AttachmentId, Code, IncidentId, Problem};
use easien_store::{AttachmentDraft, AttachmentRow};
use serde_json::json;
use std::collections::{HashMap, HashSet};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Read at the same time; more only take turns with the disk.
const AT_ONCE: usize = 2;
/// How often progress is told.
const PROGRESS: Duration = Duration::from_millis(500);
/// Files whose sums are remembered.
const REMEMBERED: usize = 10_000;

/// What is remembered of attachments.
pub struct Attachments {
    turns: Arc<Semaphore>,
    /// Those that are being read, to be stopped.
    reading: Mutex<HashMap<AttachmentId, Arc<AtomicBool>>>,
    /// Held over a file's naming and its row, so that nobody takes a file away that another row names.
    order: tokio::sync::Mutex<()>,
    /// How a file was when it was summed up, and whether it was what it should be.
    summed: Mutex<HashMap<[u8; 32], (Stamp, bool)>>,
    summing: Mutex<HashSet<[u8; 32]>>,
    one_by_one: Arc<Semaphore>,
}

impl Default for Attachments {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            reading: Mutex::default(),
            order: Default::default(),
            summed: Mutex::default(),
            summing: Mutex::default(),
            one_by_one: Arc::new(Semaphore::new(1)),
        }
    }
}

impl Attachments {
    /// The station stops: what is being read ends, and nothing of it stays.
    pub(crate) fn stop(&self) {
        lock(&self.reading).values().for_each(|stopped| stopped.store(true, Ordering::Relaxed));
    }
}

/// Tells whether a file was touched since it was summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(found: &Metadata) -> Self {
        Self {
            inode: found.ino(),
            bytes: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        }
    }
}

/// Takes its entry out when it ends, however it ends.
struct Reading<'a> {
    all: &'a Mutex<HashMap<AttachmentId, Arc<AtomicBool>>>,
    id: AttachmentId,
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        lock(self.all).remove(&self.id);
    }
}

impl Station {
    /// Takes away what a crash left half read.
    pub(crate) async fn clear_attachments(&self) {
        let root = self.folder.root().to_owned();
        let _ = self.blocking(move || take::clear_left(&root)).await;
    }

    pub(crate) async fn attach(
        &self,
        caller: &Caller,
        wish: AttachmentWish,
    ) -> Result<IncidentFile, Problem> {
        self.need_incident(caller, wish.incident).await?;
        let (id, incident) = (wish.id, wish.incident);
        // A retry whose reply was lost: it is there.
        if let Some(known) = self.store(move |store| store.attachment(id)).await? {
            let name = Path::new(&wish.path).file_name().map(|name| name::kept(&name.to_string_lossy()));
            if known.incident == incident && name.as_deref() == Some(known.attachment.name.as_str()) {
                return self.incident_file(caller, incident).await;
            }
            return Err(Problem::new(Code::Conflict, problems::ID_TAKEN).field("id"));
        }
        // Refused before a long file is read.
        let row = self.store(move |store| store.incident(incident)).await?;
        if row.is_some_and(|row| row.state.is_over()) {
            return Err(Problem::new(Code::Precondition, problems::INCIDENT_OVER));
        }
        let stopped = Arc::new(AtomicBool::new(false));
        if lock(&self.attachments.reading).insert(id, stopped.clone()).is_some() {
            return Err(Problem::new(Code::Conflict, problems::ID_TAKEN).field("id"));
        }
        let _reading = Reading { all: &self.attachments.reading, id };
        let taken = self.take_attachment(&wish, stopped).await?;
        let draft =
            AttachmentDraft { id, name: taken.name.clone(), bytes: taken.bytes, sha256: taken.sha256 };
        let _named = self.attachments.order.lock().await;
        let root = self.folder.root().to_owned();
        let (kept, sha256) = (root.clone(), draft.sha256);
        let new = self.blocking(move || take::keep(&taken, &kept)).await??;
        let who = caller.name.clone();
        let _order = self.changes.lock().await;
        match self.store(move |store| store.add_attachment(&who, incident, &draft)).await {
            Ok(change) => self.tell_change(caller, change).await,
            Err(problem) => {
                // Nothing is half stored: a file that no row names goes again.
                if new && matches!(self.store(move |store| store.is_attached(&sha256)).await, Ok(false)) {
                    let _ = self.blocking(move || std::fs::remove_file(take::place(&root, &sha256))).await;
                }
                Err(problem)
            }
        }
    }

    /// Reads it on a thread of its own, and tells how far it is.
    async fn take_attachment(
        &self,
        wish: &AttachmentWish,
        stopped: Arc<AtomicBool>,
    ) -> Result<take::Taken, Problem> {
        let cancelled = || Problem::new(Code::Cancelled, problems::ATTACHMENT_STOPPED);
        let turns = self.attachments.turns.clone();
        let _turn = turns.acquire_owned().await.map_err(|_| cancelled())?;
        let most_bytes = u64::from(lock(&self.settings).attachment_most_mb) << 20;
        let (path, root) = (wish.path.clone(), self.folder.root().to_owned());
        let done = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
        let told = done.clone();
        let reading = move || {
            take::take(&path, &root, most_bytes, &|bytes, total| {
                told.0.store(bytes, Ordering::Relaxed);
                told.1.store(total, Ordering::Relaxed);
                !stopped.load(Ordering::Relaxed)
            })
        };
        let tell = || {
            self.tell(Event::AttachmentProgress(AttachmentProgress {
                id: wish.id,
                incident: wish.incident,
                done_bytes: done.0.load(Ordering::Relaxed),
                total_bytes: done.1.load(Ordering::Relaxed),
            }));
        };
        self.blocking_told(reading, PROGRESS, tell).await?
    }

    pub(crate) fn stop_attaching(&self, id: AttachmentId) {
        if let Some(stopped) = lock(&self.attachments.reading).get(&id) {
            stopped.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) async fn strike_attachment(
        &self,
        caller: &Caller,
        strike: AttachmentStrike,
    ) -> Result<IncidentFile, Problem> {
        self.need_incident(caller, strike.incident).await?;
        let (who, supervisor) = (caller.name.clone(), caller.roles.contains(&Role::Supervisor));
        let reason = strike.reason.trim().to_owned();
        let _order = self.changes.lock().await;
        let change = self
            .store(move |store| {
                store.strike_attachment(&who, supervisor, strike.incident, strike.id, &reason)
            })
            .await?;
        self.tell_change(caller, change).await
    }

    pub(crate) async fn save_attachment(
        &self,
        caller: &Caller,
        save: AttachmentSave,
    ) -> Result<AttachmentSaved, Problem> {
        self.need_incident(caller, save.incident).await?;
        let row = self.store(move |store| store.attachment_of(save.incident, save.id)).await?;
        let (folder, root) = (save.folder.trim().to_owned(), self.folder.root().to_owned());
        let out = self.blocking(move || take::target(&folder, &root)).await??;
        // What leaves the room stands in the audit, or does not leave.
        let AttachmentDraft { id, name, bytes, sha256 } = row.attachment;
        let (who, object) = (caller.name.clone(), format!("attachment {id}"));
        let detail = json!({ "incident": row.incident, "name": name, "folder": out.display().to_string() });
        self.store(move |store| store.add_audit(&who, "incident.save_attachment", &object, &detail)).await?;
        let root = self.folder.root().to_owned();
        let path = self.blocking(move || take::save(&root, &out, &name, (sha256, bytes))).await??;
        Ok(AttachmentSaved { path: path.display().to_string() })
    }

    /// Whether files are there and what they were when they were brought. Those that were not summed up since they were
    /// touched are summed up meanwhile; the incident is told again when one turns out to be another.
    pub(crate) async fn states_of(
        &self,
        incident: IncidentId,
        rows: &[AttachmentRow],
    ) -> Vec<AttachmentState> {
        let known: Vec<_> = rows.iter().map(|row| (row.attachment.sha256, row.attachment.bytes)).collect();
        if known.is_empty() {
            return Vec::new();
        }
        let (station, count) = (self.clone(), known.len());
        let states = self.blocking(move || {
            let mut to_sum = Vec::new();
            let states = known.into_iter().map(|(sha256, bytes)| {
                let state = station.state_of(&sha256, bytes);
                if state == AttachmentState::Checking {
                    to_sum.push((sha256, bytes));
                }
                state
            });
            (states.collect::<Vec<_>>(), to_sum)
        });
        let (states, to_sum) = match states.await {
            Ok(found) => found,
            Err(_) => return vec![AttachmentState::Checking; count],
        };
        let new: Vec<_> = {
            let mut summing = lock(&self.attachments.summing);
            to_sum.into_iter().filter(|(sha256, _)| summing.insert(*sha256)).collect()
        };
        if !new.is_empty() {
            let station = self.clone();
            self.background.spawn("sums of attachments", async move { station.sum_up(incident, new).await });
        }
        states
    }

    fn state_of(&self, sha256: &[u8; 32], bytes: u64) -> AttachmentState {
        let Ok(found) = take::place(self.folder.root(), sha256).symlink_metadata() else {
            return AttachmentState::Missing;
        };
        if !found.is_file() || found.len() != bytes {
            return AttachmentState::Changed;
        }
        match lock(&self.attachments.summed).get(sha256) {
            Some((stamp, whole)) if *stamp == Stamp::of(&found) => match whole {
                true => AttachmentState::Whole,
                false => AttachmentState::Changed,
            },
            _ => AttachmentState::Checking,
        }
    }

    async fn sum_up(self, incident: IncidentId, files: Vec<([u8; 32], u64)>) {
        let turns = self.attachments.one_by_one.clone();
        for (sha256, bytes) in files {
            let Ok(_turn) = turns.acquire().await else { return };
            let path = take::place(self.folder.root(), &sha256);
            let summed = self.blocking(move || {
                // Before it is read: what is written meanwhile is looked at again.
                let stamp = path.symlink_metadata().map(|found| Stamp::of(&found));
                stamp.and_then(|stamp| Ok((stamp, take::sum(&path)? == (sha256, bytes))))
            });
            let summed = summed.await;
            lock(&self.attachments.summing).remove(&sha256);
            match summed {
                Ok(Ok((stamp, whole))) => {
                    if !whole {
                        let hex = crate::convert::hex(&sha256);
                        tracing::error!(sha256 = hex, %incident, "an attachment is not what was brought");
                    }
                    let mut known = lock(&self.attachments.summed);
                    if known.len() >= REMEMBERED {
                        known.clear();
                    }
                    known.insert(sha256, (stamp, whole));
                }
                Ok(Err(error)) => tracing::error!(%error, %incident, "an attachment cannot be read"),
                Err(_) => return,
            }
        }
        if let Ok(Some(row)) = self.store(move |store| store.incident(incident)).await {
            self.tell(Event::IncidentChanged(crate::incidents::show::incident(row)));
        }
    }
}
