//! Every command, by every role, with things that are one's own, somebody else's, hidden and missing. What is expected
//! comes from the command list (`docs/reference/permissions.md` is the same list as a table); how each command is called
//! is said in [`args`], and a command that is not there fails the test.

mod args;
mod world;

pub use args::args;
pub use world::{DESK, World, add};

use crate::room::now;
use easien_link::commands::{COMMANDS, CommandInfo};
use easien_link::data::*;
use easien_link::{Access, ObjectKind, Role, Whose};
use easien_model::{CameraId, Code};
use std::cell::Cell;
use std::sync::OnceLock;
use uuid::Uuid;

pub const WORD: &str = "mật khẩu 1";

pub fn secret(text: &str) -> Secret {
    Secret(text.to_owned())
}

/// What incidents are merged into.
static INTO: OnceLock<String> = OnceLock::new();

/// Tried elsewhere, with the reason why not here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("people.first", "only while there is nobody: people.rs"),
    ("people.sign_in", "changes who calls: people.rs"),
    ("people.sign_in_again", "changes who calls: people.rs"),
    ("people.break_glass", "opens once: people.rs"),
    ("shift.handover", "changes who calls, and needs two: shifts.rs"),
    ("incident.strike", "an attachment goes with its incident: the store's incidents.rs"),
    ("incident.save_attachment", "an attachment goes with its incident: the store's incidents.rs"),
];

/// Whose thing a try is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Own,
    Other,
    Missing,
    /// Somebody else's, about a camera that the caller may not see.
    Hidden,
}

/// Whether a command answers as if there were nothing.
fn is_none(code: Option<Code>) -> bool {
    code == Some(Code::NotFound)
}

/// Whether it did what it should, or said why not for a reason that is not about whose the thing is.
fn is_reached(code: Option<Code>) -> bool {
    use Code::{Conflict, Precondition, Timeout, Unavailable, Unsupported};
    code.is_none_or(|code| matches!(code, Conflict | Precondition | Timeout | Unavailable | Unsupported))
}

fn fits(code: Option<Code>, kind: ObjectKind, whose: Whose, which: Which, supervisor: bool) -> bool {
    use Which::{Hidden, Missing, Other, Own};
    // A window that is not one's own is as one without footage.
    if kind == ObjectKind::Window && whose == Whose::Own {
        return if which == Own { code.is_none() } else { code == Some(Code::Precondition) };
    }
    match (whose, which) {
        // The id of somebody else's thing makes nothing, and tells nothing of it.
        (Whose::New, Hidden) => code.is_none_or(|code| code != Code::Forbidden),
        (Whose::New, _) => true,
        (Whose::LeftOut, _) => is_reached(code),
        (Whose::Kept | Whose::SharedKept, Hidden) => is_none(code) || code == Some(Code::Conflict),
        (_, Hidden) => is_none(code),
        (Whose::Filter, _) | (_, Own) => is_reached(code),
        (Whose::Anyones, Other) | (Whose::Kept, _) | (Whose::SharedKept, Missing) => is_reached(code),
        (_, Missing) => is_none(code),
        (Whose::Own, Other) => code == Some(Code::Forbidden),
        (Whose::OwnOrSupervisors, Other) if supervisor => is_reached(code),
        (Whose::OwnOrSupervisors, Other) => code == Some(Code::Forbidden),
        (Whose::Shared | Whose::SharedKept, Other) => {
            matches!(code, Some(Code::NotFound | Code::Forbidden | Code::Conflict))
        }
    }
}

/// Kinds of things that are about cameras, and hidden with them.
fn is_about_cameras(kind: ObjectKind) -> bool {
    use ObjectKind::*;
    !matches!(kind, Backup | Filter | Person | Unit | Volume | Window | Tour | Shift | Note | Attachment)
}

fn may(command: &CommandInfo, access: Access) -> bool {
    command
        .access
        .iter()
        .any(|each| [access, Access::SignedIn, Access::Watcher, Access::Anyone].contains(each))
}

#[tokio::test]
async fn every_command_by_every_role_with_own_others_hidden_and_missing_things() {
    let world = World::new().await;
    let (administrator, path) = (&world.station.client, world.data.path());
    let unit = world.make(administrator, ObjectKind::Unit, world.seen).await;
    world.make(&world.other, ObjectKind::Shift, world.seen).await;
    let _ = INTO.set(world.make(&world.other, ObjectKind::Incident, world.seen).await);
    // Alarms are the station's: one about each camera.
    let alarm = |camera: CameraId| {
        let clock = std::sync::Arc::new(easien_model::SystemClock);
        let store = easien_store::Store::open(path, clock).unwrap();
        let draft = easien_store::AlarmDraft {
            id: easien_model::AlarmId::new(),
            kind: "camera_lost".into(),
            priority: "high".into(),
            camera: Some(camera),
            volume: None,
            subject: String::new(),
            detail: String::new(),
            topic: camera.to_string(),
        };
        store.raise_alarm(draft, now()).unwrap().alarm.id.to_string()
    };
    let (seen_alarm, hidden_alarm) = (alarm(world.seen), alarm(world.hidden));

    // Dear to make, and not used up by a try.
    let mut kept: Vec<((String, ObjectKind), String)> = Vec::new();
    let (tries, mut wrong) = (Cell::new(0), Vec::new());
    let roles = [
        (Role::Operator, Access::Operator),
        (Role::Investigator, Access::Investigator),
        (Role::Supervisor, Access::Supervisor),
        (Role::Administrator, Access::Administrator),
    ];
    for (role, access) in roles {
        let name = format!("{access:?}").to_lowercase();
        let whole = add(path, administrator, &name, &[role], CameraLimit::default()).await;
        let limited = add(path, administrator, &format!("{name}.it"), &[role], world.limit()).await;
        for command in COMMANDS.iter().filter(|command| !command.objects.is_empty()) {
            if ELSEWHERE.iter().any(|(name, _)| *name == command.name) {
                continue;
            }
            for &(tried, whose) in command.objects {
                for which in [Which::Own, Which::Other, Which::Missing, Which::Hidden] {
                    if which == Which::Hidden && !is_about_cameras(tried) {
                        continue;
                    }
                    let client = if which == Which::Hidden { &limited } else { &whole };
                    let lets_in = may(command, access);
                    let mut ids: Vec<(ObjectKind, String)> = Vec::new();
                    for &(kind, of) in command.objects {
                        let new = || Uuid::now_v7().to_string();
                        let id = if kind == ObjectKind::Unit && kind != tried {
                            unit.clone()
                        } else if kind == ObjectKind::Alarm {
                            match which {
                                Which::Missing => new(),
                                Which::Hidden => hidden_alarm.clone(),
                                _ => seen_alarm.clone(),
                            }
                        } else if kind != tried && matches!(of, Whose::New | Whose::Kept | Whose::SharedKept)
                            || (kind == tried && which == Which::Missing)
                        {
                            if kind == ObjectKind::Window { format!("w-{}", &new()[24..]) } else { new() }
                        } else if !lets_in || kind == ObjectKind::Shift {
                            // Refused before anything is looked at.
                            new()
                        } else {
                            let camera = if kind == tried && which == Which::Hidden {
                                world.hidden
                            } else {
                                world.seen
                            };
                            // What makes things may lack the role for it.
                            let own = kind != tried || which == Which::Own;
                            let by = if own && role != Role::Administrator { &whole } else { &world.other };
                            let cheap = !matches!(
                                kind,
                                ObjectKind::Backup | ObjectKind::Copy | ObjectKind::Still | ObjectKind::Shift
                            );
                            let key = (format!("{} {camera} {}", name, std::ptr::eq(by, &whole)), kind);
                            let known =
                                kept.iter().find(|(known, _)| *known == key).map(|(_, id)| id.clone());
                            match known {
                                _ if kind == ObjectKind::Camera
                                    && !["camera.delete", "camera.update"].contains(&command.name) =>
                                {
                                    camera.to_string()
                                }
                                Some(id) => id,
                                None => {
                                    let id = world.make(by, kind, camera).await;
                                    if !cheap {
                                        kept.push((key, id.clone()));
                                    }
                                    id
                                }
                            }
                        };
                        ids.push((kind, id));
                    }
                    let id = |kind| {
                        let found = ids.iter().find(|(known, _)| *known == kind);
                        found
                            .map(|(_, id)| id.clone())
                            .unwrap_or_else(|| panic!("{} names {kind:?}", command.name))
                    };
                    let args = args(command.name, tried, &id, path);
                    let text = args.to_string();
                    assert!(
                        text.contains(&id(tried)) || command.name == "incident.link",
                        "{}: {text}",
                        command.name
                    );
                    let answer = client.call_raw(command.name, args).await;
                    tries.set(tries.get() + 1);
                    let code = answer.as_ref().err().map(|problem| problem.code);
                    let right = match lets_in {
                        false => code == Some(Code::Forbidden),
                        true => fits(code, tried, whose, which, role == Role::Supervisor),
                    };
                    if !right {
                        wrong.push(format!(
                            "{} by {access:?}, {tried:?} {which:?} ({whose:?}): {:?}",
                            command.name,
                            answer.as_ref().map(|_| "done").map_err(|problem| (
                                problem.code,
                                &problem.key,
                                &problem.detail
                            ))
                        ));
                    }
                    if let Ok(reply) = answer
                        && which == Which::Hidden
                        && reply.to_string().contains(&world.hidden.to_string())
                    {
                        wrong.push(format!(
                            "{} by {access:?} tells of the hidden camera: {reply}",
                            command.name
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), tries.get(), wrong.join("\n"));
    assert!(tries.get() > 900, "{}", tries.get());
}
