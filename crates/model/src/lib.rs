//! The words that every room of the house shares: ids, times with units, samples, session states, error codes,
//! the clock and the task scope. No I/O here: no sockets, no files, no database.

pub mod clock;
pub mod error;
pub mod gap;
pub mod ids;
pub mod incident;
pub mod sample;
pub mod scope;
pub mod session;
pub mod shape;
pub mod time;

pub use clock::{Clock, ManualClock, SystemClock};
pub use error::{Code, Problem};
pub use gap::GapCause;
pub use ids::{
    AlarmId, AttachmentId, BackupId, BookmarkId, CameraId, CopyId, FilterId, HoldId, IncidentId, LayoutId,
    NoteId, NoticeId, PersonId, SegmentId, ShiftId, StillId, StreamId, StreamKind, SubjectId, TaskId, TourId,
    UnitId, VolumeId,
};
pub use incident::{
    Footage, IncidentOrder, IncidentSource, IncidentState, IncidentText, Linked, Mover, Outcome, Severity,
    SubjectKind,
};
pub use sample::{AudioParams, Codec, MediaKind, Params, RunId, Sample, VideoParams};
pub use scope::Scope;
pub use session::{LossReason, SessionPhase, SessionState, SessionStats, Transport};
pub use shape::{WALL_UNITS, WallCell, WallForm, WallShape};
pub use time::{Ticks90k, UtcMicros};
