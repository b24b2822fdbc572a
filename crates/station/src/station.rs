//! The station as its use cases see it: what it holds, and the little that they share.

use crate::backup::Backups;
use crate::copies::Copies;
use crate::folder::Folder;
use crate::index::Index;
use crate::pixels::PageWindows;
use crate::rebuild::Rebuilds;
use crate::record::Recorders;
use crate::retention::Retention;
use crate::review::Reviews;
use crate::sessions::Sessions;
use crate::simulate::Simulator;
use crate::status::Figures;
use crate::wall::Walls;
use easien_archive::Archive;
use easien_ingest::Ingest;
use easien_link::data::RoomSettings;
use easien_link::page::PageServer;
use easien_link::{Caller, Desk, Event, Heard, Reception, problems};
use easien_model::{CameraId, Clock, Code, Problem, Scope, UtcMicros};
use easien_picture::Pictures;
use easien_store::{CameraRow, Recordings, Store};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

/// The running station. Cheap to clone.
#[derive(Clone)]
pub struct Station(Arc<Parts>);

/// What it holds.
pub struct Parts {
    pub(crate) folder: Folder,
    pub(crate) store: Store,
    /// What is recorded where.
    pub(crate) index: Index,
    pub(crate) archive: Archive,
    pub(crate) recorders: Recorders,
    /// What is remembered of alarms.
    pub(crate) alarms: crate::alarms::Alarms,
    pub(crate) health: crate::health::Measured,
    pub(crate) retention: Retention,
    pub(crate) copies: Copies,
    pub(crate) attachments: crate::attachments::Attachments,
    pub(crate) backups: Backups,
    pub(crate) rebuilds: Rebuilds,
    /// What goes on by itself and ends with the station.
    pub(crate) background: Scope,
    /// When this station was started.
    pub(crate) started: UtcMicros,
    /// Who this station is, as it stands in each file of recording.
    pub(crate) station_id: Uuid,
    pub(crate) ingest: Ingest,
    pub(crate) pictures: Pictures,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) settings: Mutex<RoomSettings>,
    /// The cameras of the room, as stored.
    pub(crate) cameras: Mutex<BTreeMap<CameraId, CameraRow>>,
    pub(crate) people: crate::people::People,
    pub(crate) checkpoints: crate::checkpoints::Checkpoints,
    /// Rows that the audit could not take when they were due.
    pub(crate) owed: crate::owed::Owed,
    pub(crate) sessions: Sessions,
    pub(crate) walls: Mutex<Walls>,
    /// The windows that show the archive.
    pub(crate) reviews: Reviews,
    pub(crate) figures: Mutex<Figures>,
    pub(crate) page_windows: PageWindows,
    pub(crate) page: tokio::sync::Mutex<Option<PageServer>>,
    pub(crate) page_origins: Vec<String>,
    pub(crate) simulator: tokio::sync::Mutex<Option<Simulator>>,
    /// Held over commit, memory and event, so that events come in the order of the commits.
    pub(crate) changes: tokio::sync::Mutex<()>,
    /// Who asked quickly for what last: asked wholly next, it is one search in the audit.
    pub(crate) quick_search: Mutex<Option<(String, String)>>,
    /// Walls are shown in the order in which they were asked for.
    pub(crate) show_order: tokio::sync::Mutex<()>,
    pub(crate) desk: OnceLock<Desk<Station>>,
    pub(crate) stopping: AtomicBool,
    /// A person wants it to end.
    pub(crate) stop_wish: crate::stop::StopWish,
    /// Who listens to which camera.
    pub(crate) listeners: crate::audio::Listeners,
    pub(crate) trace: Option<crate::arrivals::Trace>,
}

impl Deref for Station {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Locks, also after a panic elsewhere: every change under these locks is a single step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Station {
    /// Puts a station together; nothing runs yet.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Runs a call of the store on a blocking thread.
    pub(crate) async fn store<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Store) -> easien_store::Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let store = self.store.clone();
        let done = self.blocking(move || call(&store)).await?;
        done.map_err(|error| {
            let problem = error.problem();
            use Code::{Conflict, Forbidden, Invalid, NotFound, Precondition};
            if !matches!(problem.code, Invalid | NotFound | Conflict | Forbidden | Precondition) {
                tracing::error!(%error, "the store failed");
            }
            problem
        })
    }

    /// Runs a call of the index of recordings on a blocking thread.
    pub(crate) async fn ask_index<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Recordings) -> easien_store::Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let index = self.index.clone();
        let done = self.blocking(move || call(&index.0)).await?;
        done.map_err(|error| {
            tracing::error!(%error, "the index of recordings failed");
            error.problem()
        })
    }

    /// Runs something that blocks on a blocking thread.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        tokio::task::spawn_blocking(work).await.map_err(|error| {
            tracing::error!(%error, "a blocking piece of work died");
            Problem::new(Code::Internal, problems::INTERNAL)
        })
    }

    /// The same for work that takes a while: `tell` is called every so often until it is done, not at once, because most
    /// is done before anybody could see how far it is.
    pub(crate) async fn blocking_told<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
        every: Duration,
        mut tell: impl FnMut(),
    ) -> Result<T, Problem> {
        let mut work = std::pin::pin!(self.blocking(work));
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.tick().await;
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = ticks.tick() => tell(),
            }
        }
    }

    /// Tells every window. Call it after commit.
    pub(crate) fn tell(&self, event: Event) {
        // Nobody may be listening.
        let _ = self.events.send(event);
    }

    /// The camera as stored.
    pub(crate) fn camera_row(&self, id: CameraId) -> Option<CameraRow> {
        lock(&self.cameras).get(&id).cloned()
    }

    /// The camera as stored, or the problem that there is none.
    pub(crate) fn need_camera(&self, id: CameraId) -> Result<CameraRow, Problem> {
        self.camera_row(id).ok_or_else(|| Problem::new(Code::NotFound, problems::CAMERA_NOT_FOUND))
    }
}

impl Reception for Station {
    fn caller(&self, connection: u64) -> Result<Caller, Problem> {
        if self.stopping.load(Ordering::SeqCst) {
            return Err(Problem::new(Code::Unavailable, problems::STOPPING));
        }
        Ok(self.caller_of(connection))
    }

    fn hears(&self, connection: u64, event: &Event) -> Option<Heard> {
        self.heard_by(connection, event)
    }

    fn gone(&self, connection: u64) {
        self.stop_audio(connection);
        self.window_gone(connection);
        self.desk_gone(connection);
    }
}
