//! People: who works in the room, who sits at a window program, what each may do.

use crate::commands::Role;
use easien_model::{CameraId, PersonId, UnitId, UtcMicros};
use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

/// A password, a code, a token: travels as a text, and is never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(type = "string")]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Which cameras a person may see. Both empty: all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CameraLimit {
    /// Cameras of these units.
    pub units: Vec<UnitId>,
    /// And these cameras.
    pub cameras: Vec<CameraId>,
}

/// Somebody who works in the room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// What they sign in with; never given to another.
    pub login: String,
    /// Name as it stands in records.
    pub name: String,
    /// The roles held, one at least.
    pub roles: Vec<Role>,
    /// Which cameras they may see.
    pub limit: CameraLimit,
    /// May not sign in any more; their records stay theirs.
    pub retired: Option<UtcMicros>,
    /// Must choose another password at the next sign-in: an administrator set this one.
    pub must_change: bool,
    /// When they signed in last.
    pub seen: Option<UtcMicros>,
}

/// Adds a person, or changes one.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PersonDraft {
    /// Chosen by the client.
    pub id: PersonId,
    /// What they sign in with: 1 to 40 letters, digits, `.`, `-`, `_`; capitals do not matter.
    pub login: String,
    /// Name as it stands in records, 1 to 120 characters.
    pub name: String,
    /// The roles held, one at least.
    pub roles: Vec<Role>,
    /// Which cameras they may see.
    #[serde(default)]
    pub limit: CameraLimit,
    /// May sign in no more.
    #[serde(default)]
    pub retired: bool,
    /// A new password, to be changed at the next sign-in; absent: as it is. Needed for a new person.
    #[serde(default)]
    pub password: Option<Secret>,
}

/// Makes the first person, an administrator with all roles, and signs them in. Possible while there is nobody.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FirstPerson {
    /// As in [`SignIn`].
    pub window: String,
    /// Chosen by the client.
    pub id: PersonId,
    /// What they sign in with.
    pub login: String,
    /// Name as it stands in records.
    pub name: String,
    /// Their password, 8 to 256 characters.
    pub password: Secret,
}

/// Signs a person in at this window program, in place of whoever was.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SignIn {
    /// The window program's name for itself; it may come back to its sign-in after a restart of the station.
    pub window: String,
    /// What they sign in with.
    pub login: String,
    /// Their password.
    pub password: Secret,
}

/// Comes back to a sign-in after the connection, the window or the station was lost.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SignInAgain {
    /// As given when signing in.
    pub window: String,
    /// The token of that sign-in.
    pub token: Secret,
}

/// A password to prove that one is who one is.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PasswordProof {
    /// The password.
    pub password: Secret,
}

/// Changes one's own password.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PasswordChange {
    /// The present one.
    pub old: Secret,
    /// The new one, 8 to 256 characters.
    pub new: Secret,
}

/// Opens the sealed envelope: signs in with all roles when nobody else can, and raises an alarm.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct BreakGlass {
    /// As in [`SignIn`].
    pub window: String,
    /// Who opens it, as they name themselves, 1 to 120 characters.
    pub name: String,
    /// Why, 1 to 1,000 characters.
    pub reason: String,
    /// The code in the envelope.
    pub code: Secret,
}

/// A new code for the sealed envelope; it is shown once, and the one before opens nothing any more.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SealedCode {
    /// Five groups of five characters.
    pub code: Secret,
    /// When it was made.
    pub made: UtcMicros,
}

/// Who sits at this window program.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct AtDesk {
    /// Signing in is needed here: there is at least one person. Until then everybody may do everything.
    pub needed: bool,
    /// Who is signed in.
    pub person: Option<Person>,
    /// Signed in, and locked: the wall stays, records are hidden until the password is given again.
    pub locked: bool,
    /// Since when.
    pub since: Option<UtcMicros>,
    /// To come back with ([`SignInAgain`]); only in the reply to signing in.
    pub token: Option<Secret>,
    /// The window locks itself after so many seconds without a hand; 0: never.
    pub idle_s: u32,
    /// A code for the sealed envelope exists, made then.
    pub sealed: Option<UtcMicros>,
    /// Names to choose from when signing in.
    pub people: Vec<PersonName>,
}

/// A person to choose from when signing in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PersonName {
    /// What they sign in with.
    pub login: String,
    /// Their name.
    pub name: String,
}
