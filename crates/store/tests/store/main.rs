//! The store from outside: every test has its own data folder.

// clippy.toml allows these in test functions; here the functions around them need them, too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod canary;
mod casebook;
mod commands;
mod crash;
mod feed;
mod incident_lists;
mod incidents;
mod keys;
mod layouts;
mod moves;
mod numbers;
mod recordings;
mod reports;
mod room;
mod schema;
mod search;
mod tampering;

use easien_model::{CameraId, ManualClock, UtcMicros};
use easien_store::{CameraDraft, Store};
use std::sync::Arc;
use tempfile::TempDir;

/// 2026-11-23 08:00:00 UTC.
pub(crate) const NOW: UtcMicros = UtcMicros(1_795_420_800_000_000);

/// A store in a folder of its own, at a clock that stands still.
pub(crate) struct Room {
    pub(crate) folder: TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Store,
}

impl Room {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(NOW));
        let store = Store::open_with(folder.path(), clock.clone(), None).unwrap();
        Self { folder, clock, store }
    }

    /// Closes the store and opens it again.
    pub(crate) fn reopen(&mut self) {
        self.store.close().unwrap();
        self.store = Store::open_with(self.folder.path(), self.clock.clone(), None).unwrap();
    }

    /// Another door to the same database, as somebody with a tool would open it.
    pub(crate) fn raw(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join(easien_store::DATABASE_FILE)).unwrap()
    }

    pub(crate) fn camera(&self, name: &str) -> CameraId {
        let draft = draft(name);
        self.store.add_camera("Y Moan", draft.clone(), None).unwrap();
        draft.id
    }
}

/// A camera as somebody would write it in the form.
pub(crate) fn draft(name: &str) -> CameraDraft {
    CameraDraft {
        id: CameraId::new(),
        code: String::new(),
        name: name.to_owned(),
        unit: None,
        place: "Quốc lộ 14, km 42".to_owned(),
        main_url: "rtsp://192.0.2.17:554/main".to_owned(),
        sub_url: "rtsp://192.0.2.17:554/sub".to_owned(),
        username: "viewer".to_owned(),
        transport: None,
        record: None,
    }
}
