//! What each kind of alarm weighs, and how it ends: one table.

use easien_link::data::{AlarmKind, AlarmPriority};

/// How an alarm ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    /// By itself, when the state is over.
    WithItsState,
    /// It is over at once, or when a person took note.
    WhenSeen,
}

/// Critical: footage is being lost. High: to be looked at now. Medium: in this shift. Low: to be known.
fn of(kind: AlarmKind) -> (AlarmPriority, Ends) {
    use AlarmPriority::{Critical, High, Low, Medium};
    use Ends::{WhenSeen, WithItsState};
    match kind {
        AlarmKind::NoVolume => (Critical, WithItsState),
        AlarmKind::RecordingOverload => (Critical, WithItsState),
        AlarmKind::NotRecording => (Critical, WithItsState),
        AlarmKind::VolumeFailed => (High, WithItsState),
        AlarmKind::VolumeMissing => (High, WithItsState),
        AlarmKind::VolumeForeign => (High, WithItsState),
        AlarmKind::VolumeFull => (High, WithItsState),
        AlarmKind::CameraLost => (High, WithItsState),
        AlarmKind::CameraUndecodable => (High, WithItsState),
        AlarmKind::WorkersFailing => (High, WithItsState),
        AlarmKind::FilesDamaged => (High, WhenSeen),
        AlarmKind::StationCrashed => (High, WhenSeen),
        AlarmKind::SealOpened => (High, WhenSeen),
        AlarmKind::AuditFailing => (High, WithItsState),
        AlarmKind::CheckpointAway => (Medium, WithItsState),
        AlarmKind::Overloaded => (Medium, WithItsState),
        AlarmKind::BackupOverdue => (Medium, WithItsState),
        AlarmKind::ClockStepped => (Medium, WhenSeen),
        AlarmKind::IndexRebuilt => (Low, WhenSeen),
    }
}

/// How much a kind weighs.
pub fn priority(kind: AlarmKind) -> AlarmPriority {
    of(kind).0
}

/// Whether a kind lasts and clears by itself.
pub fn lasts(kind: AlarmKind) -> bool {
    of(kind).1 == Ends::WithItsState
}

/// The kinds that are about cameras.
pub const CAMERA_KINDS: [AlarmKind; 3] =
    [AlarmKind::CameraLost, AlarmKind::CameraUndecodable, AlarmKind::NotRecording];

/// The kinds that are about the programs, the computer, its backups, and who sits at it.
pub const PROGRAM_KINDS: [AlarmKind; 5] = [
    AlarmKind::Overloaded,
    AlarmKind::WorkersFailing,
    AlarmKind::StationCrashed,
    AlarmKind::SealOpened,
    AlarmKind::BackupOverdue,
];

/// Whether a kind is about cameras, several as one.
pub fn about_cameras(kind: AlarmKind) -> bool {
    CAMERA_KINDS.contains(&kind)
}

/// Whether a kind is about the archive.
pub fn about_archive(kind: AlarmKind) -> bool {
    !CAMERA_KINDS.contains(&kind) && !PROGRAM_KINDS.contains(&kind)
}
