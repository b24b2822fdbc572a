//! Identifiers. All are UUIDs (version 7, so that they sort by creation); a row's id is chosen by the client that
//! creates it, which makes a retry harmless. Newtypes, so that a camera's id is never taken for a note's.

use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
        #[ts(type = "string")]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id, unique and ordered by the time of its making.
            #[must_use]
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// One physical camera.
    CameraId
);
id!(
    /// A commune or ward.
    UnitId
);
id!(
    /// A marked clip.
    BookmarkId
);
id!(
    /// An append-only text by a person at a time.
    NoteId
);
id!(
    /// A full-resolution picture taken from a stream.
    StillId
);
id!(
    /// A file of recording.
    SegmentId
);
id!(
    /// A place on a disk that recordings are written to; known by a file in it, never by its path.
    VolumeId
);
id!(
    /// What protects a clip from retention.
    HoldId
);
id!(
    /// A named filter of a list.
    FilterId
);
id!(
    /// A working copy of a clip.
    CopyId
);
id!(
    /// A saved layout of the wall.
    LayoutId
);
id!(
    /// Layouts shown in turn.
    TourId
);
id!(
    /// An abnormal state that wants a person.
    AlarmId
);
id!(
    /// Somebody who works in the room.
    PersonId
);
id!(
    /// A case file.
    IncidentId
);
id!(
    /// A person or a vehicle that an incident is about.
    SubjectId
);
id!(
    /// Somebody who was told of an incident.
    NoticeId
);
id!(
    /// A file that belongs to an incident.
    AttachmentId
);
id!(
    /// A backup that was made, or tried.
    BackupId
);
id!(
    /// One turn on duty.
    ShiftId
);
id!(
    /// A task passed on from shift to shift.
    TaskId
);

/// Which of a camera's streams: main is the large one (e.g. 1080p), sub the small one (e.g. 640x360).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StreamKind {
    /// The large stream.
    Main,
    /// The small stream.
    Sub,
}

/// One stream of one camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
pub struct StreamId {
    /// The camera it comes from.
    pub camera: CameraId,
    /// Which of its streams.
    pub which: StreamKind,
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let which = match self.which {
            StreamKind::Main => "main",
            StreamKind::Sub => "sub",
        };
        write!(f, "{}/{which}", self.camera)
    }
}
