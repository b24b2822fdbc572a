//! A room with two cameras, people of every role, and things of every kind.

use super::args::{a_file, camera_draft, incident, layout, name, person, saved_filter, tour, volume};
use super::{WORD, secret};
use crate::room::{Station, cameras, now, until};
use easien_link::data::*;
use easien_link::{Client, ObjectKind, Role, call};
use easien_model::{CameraId, PersonId};
use serde_json::{Value, json};
use std::path::Path;
use uuid::Uuid;

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
