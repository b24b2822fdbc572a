//! The shift book: who was on duty, what was handed over.

use super::Secret;
use easien_model::{CameraId, IncidentId, ShiftId, TaskId, UtcMicros};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// When shifts begin, in the room's local time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ShiftPlan {
    /// The shifts of a day, 1 to 6, in the order of their begin. A shift ends where the next one begins.
    pub shifts: Vec<PlannedShift>,
}

/// A shift that comes every day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PlannedShift {
    /// Its name, 1 to 40 characters, another one than those of the same day: "Ca 1".
    pub name: String,
    /// Begin, minutes after midnight, 0 to 1439.
    pub begin_min: u32,
}

/// One turn on duty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Shift {
    /// Its id.
    pub id: ShiftId,
    /// Its name: "Ca 1".
    pub name: String,
    /// Taken over at.
    pub begun: UtcMicros,
    /// Handed over at; absent: it is the present one.
    pub ended: Option<UtcMicros>,
    /// Who is on duty, the one who took over first.
    pub persons: Vec<String>,
    /// Who commands.
    pub commander: String,
    /// The clock as it was compared at the begin.
    pub clock: Option<ClockCheck>,
    /// What was handed over at its end; absent: it is the present one.
    pub handover: Option<Handover>,
    /// What was handed over to it at its begin; absent: nothing was.
    pub taken_over: Option<Handover>,
}

/// The station's clock against a reference (phone, radio), typed in by a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ClockCheck {
    /// When, by the station's clock.
    pub at: UtcMicros,
    /// Reference - station, milliseconds.
    pub offset_ms: i32,
    /// So much the offset may be wrong by, milliseconds.
    pub uncertainty_ms: u32,
    /// The reference: "117", "VOV", 1 to 120 characters.
    pub source: String,
    /// Who compared.
    pub by: String,
}

/// Types in a reference time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ClockCheckDraft {
    /// What the reference showed.
    pub reference: UtcMicros,
    /// What the station's clock showed when the key was pressed.
    pub station: UtcMicros,
    /// The reference.
    pub source: String,
}

/// A task passed on from shift to shift.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Task {
    /// Chosen by the client.
    pub id: TaskId,
    /// What is to be done, 1 to 1,000 characters.
    pub text: String,
    /// The incident it belongs to.
    #[serde(default)]
    pub incident: Option<IncidentId>,
    /// Who wrote it.
    #[serde(default)]
    pub by: String,
    /// When.
    #[serde(default)]
    pub at: Option<UtcMicros>,
    /// Done when, and by whom; absent: not yet.
    #[serde(default)]
    pub done: Option<UtcMicros>,
    /// By whom.
    #[serde(default)]
    pub done_by: Option<String>,
}

/// What is handed over, as the station finds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct HandoverState {
    /// When it was looked at.
    pub at: UtcMicros,
    /// Cameras in the room.
    pub cameras: u32,
    /// Of them live.
    pub live: u32,
    /// Of them lost.
    pub lost: Vec<CameraId>,
    /// Of them not recorded although they should be.
    pub not_recording: Vec<CameraId>,
    /// Days of recording that fit; absent: not known.
    pub storage_days: Option<f32>,
    /// The clock as it was compared last in this shift.
    pub clock: Option<ClockCheck>,
    /// Incidents opened in this shift.
    pub new_incidents: Vec<super::RelatedIncident>,
    /// Incidents that are open, the new ones included.
    pub open_incidents: Vec<super::RelatedIncident>,
    /// Tasks not done.
    pub tasks: Vec<Task>,
}

/// What was handed over, and by whom to whom. Locked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Handover {
    /// As it was.
    pub state: HandoverState,
    /// Remarks, 10,000 characters at most.
    pub remarks: String,
    /// Who handed over, having signed in for it.
    pub from: String,
    /// Who took over, having signed in for it.
    pub to: String,
    /// When both had.
    pub at: UtcMicros,
}

/// Begins the first shift of a station, or one after a time without.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ShiftBegin {
    /// Chosen by the client.
    pub id: ShiftId,
    /// Its name; empty: as planned for this hour.
    pub name: String,
    /// Who commands, 120 characters at most.
    pub commander: String,
}

/// Hands the shift over. Both persons give their passwords; the window is the second one's afterwards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct HandoverDraft {
    /// The shift that ends.
    pub shift: ShiftId,
    /// The shift that begins; chosen by the client.
    pub next: ShiftId,
    /// Name of the next shift; empty: as planned for this hour.
    pub next_name: String,
    /// Who commands the next shift.
    pub commander: String,
    /// Remarks, 10,000 characters at most.
    pub remarks: String,
    /// The one who hands over: login.
    pub from: String,
    /// And password.
    pub from_password: Secret,
    /// The one who takes over: login.
    pub to: String,
    /// And password.
    pub to_password: Secret,
}
