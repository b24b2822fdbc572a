//! Every command, by every role, with things that are one's own, somebody else's, hidden and missing. What is expected
//! comes from the command list (`docs/reference/permissions.md` is the same list as a table); how each command is called
//! is said in [`args`], and a command that is not there fails the test.

use crate::room::{Station, cameras, now, until};
use easien_link::commands::{COMMANDS, CommandInfo};
use easien_link::data::*;
use easien_link::{Access, Client, ObjectKind, Role, Whose, call};
use easien_model::{CameraId, Code, PersonId, WallForm, WallShape};
use serde_json::{Value, json};
use std::cell::Cell;
use std::path::Path;
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

/// Two cameras, one of which people with a limit may not see, and people of every role.
pub struct World {
    pub station: Station,
    pub data: tempfile::TempDir,
    /// Everybody's.
    pub seen: CameraId,
    pub hidden: CameraId,
    /// Holds the simulated cameras.
    pub sim: easien_camsim::Sim,
    /// Somebody with every role but the administrator's, whose things are others'.
    pub other: Client,
}

pub async fn add(
    data: &Path,
    administrator: &Client,
    login: &str,
    roles: &[Role],
    limit: CameraLimit,
) -> Client {
    let draft = PersonDraft {
        id: PersonId::new(),
        login: login.into(),
        name: format!("Người {login}"),
        roles: roles.to_vec(),
        limit,
        retired: false,
        password: Some(secret("tạm thời 1")),
    };
    administrator.call::<call::PeoplePut>(draft).await.unwrap();
    let client = Client::connect(data).await.unwrap();
    let sign_in =
        SignIn { window: login.replace('.', "-"), login: login.into(), password: secret("tạm thời 1") };
    client.call::<call::PeopleSignIn>(sign_in).await.unwrap();
    let change = PasswordChange { old: secret("tạm thời 1"), new: secret(WORD) };
    client.call::<call::PeoplePassword>(change).await.unwrap();
    client
}

pub const DESK: [Role; 3] = [Role::Operator, Role::Investigator, Role::Supervisor];

impl World {
    pub async fn new() -> Self {
        let sim = cameras(2, 0).await;
        let data = tempfile::tempdir().unwrap();
        let station = Station::with(&sim, data.path()).await;
        let all = station.client.call::<call::CameraList>(()).await.unwrap();
        let (seen, hidden) = (all[0].id, all[1].id);
        let first = FirstPerson {
            window: "main".into(),
            id: PersonId::new(),
            login: "quan.tri".into(),
            name: "Quản trị 01".into(),
            password: secret(WORD),
        };
        station.client.call::<call::PeopleFirst>(first).await.unwrap();
        let other = add(data.path(), &station.client, "other", &DESK, CameraLimit::default()).await;
        let world = Self { station, data, seen, hidden, sim, other };
        world.some_footage().await;
        world
    }

    pub fn limit(&self) -> CameraLimit {
        CameraLimit { units: vec![], cameras: vec![self.seen] }
    }

    /// Both cameras have some seconds on disk.
    async fn some_footage(&self) {
        until("footage of both", 40, async || {
            let query = |camera| {
                json!({ "cameras": [camera], "start": now().plus_seconds(-60).0, "end": now().0, "buckets": 10 })
            };
            for camera in [self.seen, self.hidden] {
                let lanes = self.other.call_raw("review.timeline", query(camera)).await.ok()?;
                let span = lanes[0]["spans"].get(0)?.clone();
                if span["end"].as_i64()? - span["start"].as_i64()? < 6_000_000 {
                    return None;
                }
            }
            Some(())
        })
        .await;
    }

    /// Makes a thing, by the caller where they may, about a camera.
    pub async fn make(&self, by: &Client, kind: ObjectKind, camera: CameraId) -> String {
        use ObjectKind::*;
        let id = Uuid::now_v7().to_string();
        let at = now().plus_seconds(-4);
        let (start, end) = (at.plus_seconds(-1).0, at.plus_seconds(1).0);
        let call = async |by: &Client, command: &str, args: Value| {
            by.call_raw(command, args.clone())
                .await
                .unwrap_or_else(|problem| panic!("{command} {args}: {problem:?}"))
        };
        let administrator = &self.station.client;
        match kind {
            Camera => {
                if camera == self.hidden {
                    return camera.to_string();
                }
                // Taken out by one of the tries.
                call(administrator, "camera.add", camera_draft(&id, None)).await;
            }
            Person => drop(call(administrator, "people.put", person(&id, None, None)).await),
            Unit => drop(call(administrator, "unit.put", json!({ "id": id, "name": name(&id) })).await),
            Volume => {
                let folder = self.data.path().join(format!("volume-{id}"));
                std::fs::create_dir(&folder).unwrap();
                drop(call(administrator, "volume.put", volume(&id, &folder)).await);
            }
            Window => {
                let tile = json!({ "tile": 0, "camera": camera, "width_px": 160, "height_px": 90, "large": false,
                    "archive": true });
                let window = format!("w-{}", &id[24..]);
                call(by, "wall.show", json!({ "window": window, "tiles": [tile] })).await;
                return window;
            }
            Layout => drop(call(by, "layout.put", layout(&id, Some(&camera.to_string()))).await),
            Tour => {
                let of = Box::pin(self.make(by, Layout, camera)).await;
                drop(call(by, "tour.put", tour(&id, &of)).await);
            }
            Bookmark => {
                let draft = json!({ "id": id, "cameras": [camera], "at": at, "start": start, "end": end });
                drop(call(by, "bookmark.add", draft).await);
            }
            Hold => {
                let draft = json!({ "id": id, "cameras": [camera], "start": start, "end": end, "reason": "x",
                    "until": null, "bookmark": null });
                drop(call(by, "hold.add", draft).await);
            }
            Copy => {
                let draft = json!({ "id": id, "cameras": [camera], "start": at.plus_seconds(-5), "end": at.plus_seconds(-3), "which": null, "folder": "" });
                // So many at a time.
                until("a copy begun", 20, async || by.call_raw("copy.start", draft.clone()).await.ok()).await;
            }
            Backup => {
                let folder = self.data.path().with_extension("backups");
                std::fs::create_dir_all(&folder).unwrap();
                let draft = json!({ "id": id, "folder": folder, "keys": false, "passphrase": null });
                // One at a time.
                until("a backup begun", 60, async || {
                    let begun = administrator.call_raw("backup.start", draft.clone()).await;
                    begun.inspect_err(|problem| eprintln!("{problem:?}")).ok()
                })
                .await;
            }
            Still => {
                let draft = json!({ "id": id, "camera": camera, "which": "sub", "at": null });
                drop(call(by, "still.take", draft).await);
            }
            Note => {
                let draft = json!({ "id": id, "text": "x", "camera": camera, "at": at, "category": null });
                drop(call(by, "note.add", draft).await);
            }
            Incident => drop(call(by, "incident.open", incident(&id, &camera.to_string(), None)).await),
            Subject => {
                let of = Box::pin(self.make(by, Incident, camera)).await;
                let subject =
                    json!({ "id": id, "kind": "person", "plate": "", "colour": "", "description": "x" });
                drop(call(by, "incident.subject", json!({ "incident": of, "subject": subject })).await);
            }
            Notice => {
                let of = Box::pin(self.make(by, Incident, camera)).await;
                let notice =
                    json!({ "id": id, "whom": "x", "notified": at, "responded": null, "remark": "" });
                drop(call(by, "incident.notice", json!({ "incident": of, "notice": notice })).await);
            }
            Task => {
                let of = Box::pin(self.make(by, Incident, camera)).await;
                drop(call(by, "task.put", json!({ "id": id, "text": "x", "incident": of })).await);
            }
            Shift => drop(call(by, "shift.begin", json!({ "id": id, "name": "x", "commander": "" })).await),
            Filter => drop(call(by, "filter.put", saved_filter(&id)).await),
            Attachment => {
                let of = Box::pin(self.make(by, Incident, camera)).await;
                let path = a_file(self.data.path());
                drop(call(by, "incident.attach", json!({ "id": id, "incident": of, "path": path })).await);
            }
            Alarm => panic!("alarms are not made by a person"),
        }
        id
    }
}

fn name(id: &str) -> String {
    format!("Tên {}", &id[24..])
}

fn person(id: &str, unit: Option<&str>, camera: Option<&str>) -> Value {
    let list = |one: Option<&str>| one.map(|one| vec![one.to_owned()]).unwrap_or_default();
    json!({ "id": id, "login": format!("p{}", &id[24..]), "name": name(id), "roles": ["operator"],
        "limit": { "units": list(unit), "cameras": list(camera) }, "retired": false, "password": "tạm thời 1" })
}

fn camera_draft(id: &str, unit: Option<&str>) -> Value {
    json!({ "id": id, "code": format!("X{}", &id[28..]), "name": name(id), "unit": unit, "place": "",
        "main_url": "rtsp://127.0.0.1:9/x", "sub_url": "", "username": "", "password": null, "transport": null,
        "record": { "streams": "off", "schedule": [], "keep_days": null } })
}

fn volume(id: &str, folder: &Path) -> Value {
    json!({ "id": id, "name": name(id), "path": folder, "quota_bytes": null, "reserve_bytes": 0, "enabled": false })
}

fn layout(id: &str, camera: Option<&str>) -> Value {
    json!({ "id": id, "name": name(id), "shared": false, "shape": WallShape::of(WallForm::TwoAndEight),
        "cameras": [camera], "hotspot": null, "edits": 0 })
}

fn tour(id: &str, of: &str) -> Value {
    let step = json!({ "layout": of, "page": null, "dwell_s": 20 });
    json!({ "id": id, "name": name(id), "shared": false, "steps": [step], "edits": 0 })
}

fn sheet(unit: Option<&str>) -> Value {
    json!({ "title": "x", "category": null, "severity": "low", "source": "camera", "detected": now(), "occurred": null,
        "ended": null, "unit": unit, "road": "", "place": "", "forces": "", "outcome": null, "outcome_note": "",
        "forms": [] })
}

fn incident(id: &str, camera: &str, unit: Option<&str>) -> Value {
    let footage = json!({ "camera": camera, "start": now().plus_seconds(-20), "end": now() });
    json!({ "id": id, "text": sheet(unit), "footage": [footage], "bookmarks": [], "stills": [], "note": "" })
}

/// Something to attach.
fn a_file(data: &Path) -> std::path::PathBuf {
    let path = data.with_extension("to-attach.txt");
    std::fs::write(&path, "biên bản").unwrap();
    path
}

fn saved_filter(id: &str) -> Value {
    json!({ "id": id, "name": name(id), "query": {} })
}

/// Arguments of a command in which `id` says which thing of each kind is meant. `tried` is the kind that the try is about,
/// for commands that take one of several.
pub fn args(command: &str, tried: ObjectKind, id: &dyn Fn(ObjectKind) -> String, data: &Path) -> Value {
    use ObjectKind::*;
    let at = now().plus_seconds(-4);
    let (start, end) = (at.plus_seconds(-1), at.plus_seconds(1));
    match command {
        "people.put" => person(&id(Person), Some(&id(Unit)), Some(&id(Camera))),
        "unit.put" => json!({ "id": id(Unit), "name": name(&id(Unit)) }),
        "camera.add" | "camera.update" | "camera.test" => camera_draft(&id(Camera), Some(&id(Unit))),
        "camera.delete" | "camera.health" | "health.camera" => json!(id(Camera)),
        "wall.show" => {
            let tile =
                json!({ "tile": 0, "camera": id(Camera), "width_px": 160, "height_px": 90, "large": false });
            json!({ "window": id(Window), "tiles": [tile] })
        }
        "wall.report" => json!({ "window": id(Window), "tiles": 0, "painted_fps": 0.0, "glass_ms_p50": null,
            "glass_ms_p95": null, "pid": 1 }),
        "wall.recall" => json!(id(Window)),
        "wall.remember" => {
            json!({ "window": id(Window), "shape": WallShape::of(WallForm::TwoAndEight), "tiles": [id(Camera)] })
        }
        "window.ask" => json!({ "window": id(Window), "wish": "raise" }),
        "layout.put" => layout(&id(Layout), Some(&id(Camera))),
        "layout.delete" => json!({ "id": id(Layout), "edits": 1 }),
        "layout.order" => json!([id(Layout)]),
        "tour.put" => tour(&id(Tour), &id(Layout)),
        "tour.delete" => json!({ "id": id(Tour), "edits": 1 }),
        "audio.listen" => json!({ "camera": id(Camera) }),
        "bookmark.add" => {
            json!({ "id": id(Bookmark), "cameras": [id(Camera)], "at": at, "start": start, "end": end })
        }
        "bookmark.update" => {
            json!({ "id": id(Bookmark), "title": "x", "category": null, "tags": [], "note": "", "edits": null })
        }
        "bookmark.list" => json!({ "cameras": [id(Camera)], "unit": id(Unit), "limit": 10 }),
        "bookmark.history" => json!(id(Bookmark)),
        "bookmark.hide" => json!({ "id": id(Bookmark), "reason": "x" }),
        "hold.add" => {
            json!({ "id": id(Hold), "cameras": [id(Camera)], "start": start, "end": end, "reason": "x",
            "until": null, "bookmark": id(Bookmark) })
        }
        "hold.lift" => json!({ "id": id(Hold), "reason": "x" }),
        "hold.list" => json!({ "cameras": [id(Camera)], "ended": true }),
        "review.set" => json!({ "window": id(Window), "at": at, "playing": false }),
        "review.step" => json!({ "window": id(Window), "tile": 0, "frames": 1 }),
        "review.jump" => json!({ "cameras": [id(Camera)], "at": at, "to": "bookmark", "forward": false }),
        "review.timeline" => json!({ "cameras": [id(Camera)], "start": start, "end": end, "buckets": 10 }),
        "review.calendar" => json!({ "cameras": [id(Camera)], "days": [start, end] }),
        "review.thumbnail" => json!({ "camera": id(Camera), "at": at, "width_px": 160 }),
        "copy.estimate" | "copy.start" => {
            json!({ "id": id(Copy), "cameras": [id(Camera)], "start": at.plus_seconds(-5), "end": at.plus_seconds(-3),
            "which": null, "folder": "" })
        }
        "copy.cancel" => json!(id(Copy)),
        "backup.start" => {
            json!({ "id": id(Backup), "folder": data.with_extension("nowhere"), "keys": false, "passphrase": null })
        }
        "backup.cancel" => json!(id(Backup)),
        "neighbour.put" => json!({ "camera": id(Camera), "next": [] }),
        "volume.put" => {
            let folder = data.join(format!("volume-{}", id(Volume)));
            std::fs::create_dir_all(&folder).unwrap();
            volume(&id(Volume), &folder)
        }
        "volume.remove" => json!(id(Volume)),
        "alarm.list" => json!({ "camera": id(Camera), "limit": 10 }),
        "alarm.acknowledge" => json!({ "ids": [id(Alarm)], "comment": "" }),
        "health.history" => json!({ "camera": id(Camera), "span": "hour" }),
        "still.take" => json!({ "id": id(Still), "camera": id(Camera), "which": "sub", "at": at }),
        "still.picture" => json!(id(Still)),
        "note.add" => {
            json!({ "id": id(Note), "text": "x", "camera": id(Camera), "at": at, "category": null })
        }
        "incident.open" => {
            let mut draft = incident(&id(Incident), &id(Camera), Some(&id(Unit)));
            draft["bookmarks"] = json!([id(Bookmark)]);
            draft["stills"] = json!([id(Still)]);
            draft
        }
        "incident.list" => {
            json!({ "after": id(Incident), "unit": id(Unit), "camera": id(Camera), "limit": 10 })
        }
        "incident.get" | "incident.audit" => json!(id(Incident)),
        "incident.update" => json!({ "id": id(Incident), "text": sheet(Some(&id(Unit))), "edits": 0 }),
        "incident.move" => json!({ "id": id(Incident), "from": "new", "to": "verifying", "reason": "" }),
        "incident.merge" => json!({ "id": id(Incident), "into": INTO.get(), "reason": "x" }),
        "incident.note" => json!({ "id": id(Note), "incident": id(Incident), "text": "x", "at": at }),
        "incident.link" => {
            let what = match tried {
                Bookmark => json!({ "kind": "bookmark", "of": id(Bookmark) }),
                Still => json!({ "kind": "still", "of": id(Still) }),
                _ => json!({ "kind": "footage", "of": { "camera": id(Camera), "start": start, "end": end } }),
            };
            json!({ "id": id(Incident), "what": what })
        }
        "incident.subject" => {
            let subject =
                json!({ "id": id(Subject), "kind": "person", "plate": "", "colour": "", "description": "y" });
            json!({ "incident": id(Incident), "subject": subject })
        }
        "incident.notice" => {
            let notice =
                json!({ "id": id(Notice), "whom": "y", "notified": at, "responded": null, "remark": "" });
            json!({ "incident": id(Incident), "notice": notice })
        }
        "shift.begin" => json!({ "id": id(Shift), "name": "x", "commander": "" }),
        "task.put" => json!({ "id": id(Task), "text": "x", "incident": id(Incident) }),
        "task.done" => json!(id(Task)),
        "incident.attach" => {
            json!({ "id": id(Attachment), "incident": id(Incident), "path": a_file(data) })
        }
        "incident.strike" => json!({ "incident": id(Incident), "id": id(Attachment), "reason": "x" }),
        "incident.save_attachment" => {
            json!({ "incident": id(Incident), "id": id(Attachment), "folder": data.with_extension("saved") })
        }
        "incident.attach_stop" => json!(id(Attachment)),
        "filter.put" => saved_filter(&id(Filter)),
        "filter.delete" => json!(id(Filter)),
        _ => panic!("say how {command} is called with {tried:?}"),
    }
}

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
