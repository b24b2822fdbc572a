//! Who may do what: roles, what a command asks of whoever calls it, and the things that its arguments name. What each
//! command asks stands in the command list (`commands`).

use crate::sight::Sight;
use easien_model::PersonId;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a person may be. One person may hold several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sits in front of the live wall (trực ban).
    Operator,
    /// Reviews and tags (điều tra).
    Investigator,
    /// Approves, closes, exports (chỉ huy).
    Supervisor,
    /// Cameras, users, storage (quản trị).
    Administrator,
}

/// What a command asks of whoever calls it. A line of the list names all that may, any one of them is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Access {
    /// Whoever sits there, signed in or not.
    Anyone,
    /// Whoever may watch the wall: somebody signed in with any role, also while the desk is locked.
    Watcher,
    /// Somebody signed in, whatever their role.
    SignedIn,
    /// A role.
    Operator,
    /// A role.
    Investigator,
    /// A role.
    Supervisor,
    /// A role.
    Administrator,
}

/// How the desk of a window program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeskState {
    /// Somebody is signed in; or nobody was ever added to the room, and everybody may do everything.
    Open,
    /// Somebody is signed in, and away: the wall stays, records are hidden.
    Locked,
    /// Nobody is signed in.
    SignedOut,
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Who is signed in; absent: nobody, or nobody was ever added to the room.
    pub person: Option<PersonId>,
    /// Name as it stands in the audit.
    pub name: String,
    /// The roles held; all of them while nobody was added to the room.
    pub roles: Vec<Role>,
    /// How the desk is.
    pub desk: DeskState,
    /// The cameras they may see.
    pub sight: Sight,
    /// The window program's connection, counted by the station.
    pub connection: u64,
}

impl Caller {
    /// Whether one of these lets the caller in.
    #[must_use]
    pub fn has(&self, access: &[Access]) -> bool {
        let role = |role| self.desk == DeskState::Open && self.roles.contains(&role);
        access.iter().any(|access| match access {
            Access::Anyone => true,
            Access::Watcher => self.desk != DeskState::SignedOut && !self.roles.is_empty(),
            Access::SignedIn => self.desk == DeskState::Open,
            Access::Operator => role(Role::Operator),
            Access::Investigator => role(Role::Investigator),
            Access::Supervisor => role(Role::Supervisor),
            Access::Administrator => role(Role::Administrator),
        })
    }
}

/// A kind of thing that arguments name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // The words of the control room.
pub enum ObjectKind {
    Alarm,
    Attachment,
    Backup,
    Bookmark,
    Camera,
    Copy,
    Filter,
    Hold,
    Incident,
    Layout,
    Note,
    Notice,
    Person,
    Shift,
    Still,
    Subject,
    Task,
    Tour,
    Unit,
    Volume,
    Window,
}

impl ObjectKind {
    /// The kind of thing that an id's type names, e.g. `CameraId`. `None`: no such thing is named in arguments.
    #[must_use]
    pub fn of_id(ident: &str) -> Option<Self> {
        use ObjectKind::*;
        const ALL: [ObjectKind; 20] = [
            Alarm, Attachment, Backup, Bookmark, Camera, Copy, Filter, Hold, Incident, Layout, Note, Notice,
            Person, Shift, Still, Subject, Task, Tour, Unit, Volume,
        ];
        let name = ident.strip_suffix("Id")?;
        ALL.into_iter().find(|kind| format!("{kind:?}") == name)
    }
}

/// What a command does with a thing that is somebody else's, or that is not there. A thing of which a person may see no
/// camera is for them as if it were not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Whose {
    /// Whosever it is; it must be there.
    Anyones,
    /// It must be there and be one's own.
    Own,
    /// It must be there and be one's own, or the caller is a supervisor.
    OwnOrSupervisors,
    /// It must be there and be one's own or everybody's; a private one of somebody else is not there.
    Shared,
    /// It is made, under an id that the caller chose.
    New,
    /// It is changed, whosever it is, or made if it is not there.
    Kept,
    /// It is changed, if it is one's own or everybody's, or made if it is not there.
    SharedKept,
    /// It narrows what is answered; one that is not there finds nothing.
    Filter,
    /// One that is not there is left out.
    LeftOut,
}
