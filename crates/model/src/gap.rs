//! What is honestly missing in a recording, and why.

use crate::LossReason;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Why there is no recording. One sentence each in the page's catalogue (`gap_...`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum GapCause {
    /// The camera was lost, or could not be reached yet.
    CameraLost {
        /// As the session knew it.
        reason: Option<LossReason>,
    },
    /// The disk was too slow: samples were thrown away, loudly.
    Overload,
    /// No room left on any disk that may be written.
    DiskFull,
    /// Every disk failed, or is missing.
    DiskFailed,
    /// A person switched the recording off, or took the camera out.
    Stopped,
    /// The weekly schedule asks for no recording.
    Scheduled,
    /// The station was stopped in order.
    StationStopped,
    /// The station ended without saying so: killed, crashed, power lost.
    StationDied,
    /// The station's clock was set.
    ClockStep {
        /// By how much, in microseconds; negative: back.
        #[ts(type = "number")]
        step_us: i64,
    },
    /// The camera's own time leapt; the pictures go on, nothing may be missing.
    TimestampLeap,
    /// The camera's parameters changed in the middle; the pictures go on, nothing may be missing.
    ParametersChanged,
    /// The file of recording was there and is damaged or gone.
    FileDamaged,
}

impl GapCause {
    /// As stored: a short code; what belongs to it stands beside it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::CameraLost { .. } => "camera_lost",
            Self::Overload => "overload",
            Self::DiskFull => "disk_full",
            Self::DiskFailed => "disk_failed",
            Self::Stopped => "stopped",
            Self::Scheduled => "scheduled",
            Self::StationStopped => "station_stopped",
            Self::StationDied => "station_died",
            Self::ClockStep { .. } => "clock_step",
            Self::TimestampLeap => "timestamp_leap",
            Self::ParametersChanged => "parameters_changed",
            Self::FileDamaged => "file_damaged",
        }
    }
}
