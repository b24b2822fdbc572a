//! SQLite: the casebook (cameras, layouts, bookmarks, holds, alarms, notes, stills, audit; secrets at rest) and, in a
//! file of its own, the index of recordings.
//!
//! One writer, several readers, every call synchronous (the station calls through `spawn_blocking`). A function that
//! changes something for a person writes the change and its audit row in one transaction, takes the client's id, and
//! may be repeated: the same id with the same content is the same row, with other content a conflict. A call that
//! returned `Ok` is on the disk (WAL, `synchronous=FULL`). Here belongs what is stored and how it stays true; what a
//! command means and who may give it belongs to `station`. Tables: docs/reference/schema.md, migrations/schema.sql.

mod alarms;
mod audit;
mod backups;
mod bookmarks;
mod cameras;
pub mod catalogue;
mod database;
mod error;
mod events;
mod feed;
mod filters;
pub mod fold;
mod holds;
mod incidents;
mod keys;
mod layouts;
mod measurements;
pub mod migrate;
mod neighbours;
mod notes;
mod people;
mod profile;
pub mod recordings;
mod room;
mod rows;
pub mod search;
pub mod secret;
mod shifts;
mod sql;
mod stills;
mod store;
mod units;
mod volumes;

pub use alarms::{AlarmCameraRow, AlarmDraft, AlarmFilter, AlarmRow};
pub use audit::{AuditCheck, AuditFault, CheckpointRow, CheckpointText, CheckpointVerdict, Root, TreeHasher};
pub use backups::{BackupDraft, BackupOutcome, BackupRow, FileReference};
pub use error::{Error, Result};
pub use filters::FilterRow;
pub use fold::fold;
pub use holds::{HoldDraft, HoldFilter, HoldRow};
pub use incidents::{
    AttachmentDraft, AttachmentRow, CaseFigures, IncidentAuditRow, IncidentChange, IncidentDraft,
    IncidentFileRow, IncidentFilter, IncidentMove, IncidentNoteDraft, IncidentNoteRow, IncidentPageRow,
    IncidentRow, IncidentStepRow, LinkedFootageRow, NUMBERS_FILE, NoticeDraft, NoticeRow, RelatedRow,
    SubjectDraft, SubjectRow, fold_plate, raise_numbers,
};
pub use keys::StationKeyRow;
pub use layouts::{LayoutDraft, LayoutRow, TourDraft, TourRow, TourStep};
pub use measurements::{CameraMeasurementRow, MeasurementRow};
pub use neighbours::NeighbourRow;
pub use people::{PersonDraft, PersonRow, SealedRow, SignInRow};
pub use profile::{RecordProfile, RecordStreams, WeekSpan};
pub use recordings::{CameraSpan, Found, RECORDINGS_FILE, Recordings, UsageRow};
pub use rows::*;
pub use secret::KeyOrigin;
pub use shifts::{ClockCheckRow, HandoverRow, ShiftDraft, ShiftRow, TaskRow};
pub use store::{DATABASE_FILE, Store, table_rows};
pub use volumes::VolumeRow;
