//! How every command is called.

use super::INTO;
use crate::room::now;
use easien_link::ObjectKind;
use easien_model::{WallForm, WallShape};
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn name(id: &str) -> String {
    format!("Tên {}", &id[24..])
}

pub(super) fn person(id: &str, unit: Option<&str>, camera: Option<&str>) -> Value {
    let list = |one: Option<&str>| one.map(|one| vec![one.to_owned()]).unwrap_or_default();
    json!({ "id": id, "login": format!("p{}", &id[24..]), "name": name(id), "roles": ["operator"],
        "limit": { "units": list(unit), "cameras": list(camera) }, "retired": false, "password": "tạm thời 1" })
}

pub(super) fn camera_draft(id: &str, unit: Option<&str>) -> Value {
    json!({ "id": id, "code": format!("X{}", &id[28..]), "name": name(id), "unit": unit, "place": "",
        "main_url": "rtsp://127.0.0.1:9/x", "sub_url": "", "username": "", "password": null, "transport": null,
        "record": { "streams": "off", "schedule": [], "keep_days": null } })
}

pub(super) fn volume(id: &str, folder: &Path) -> Value {
    json!({ "id": id, "name": name(id), "path": folder, "quota_bytes": null, "reserve_bytes": 0, "enabled": false })
}

pub(super) fn layout(id: &str, camera: Option<&str>) -> Value {
    json!({ "id": id, "name": name(id), "shared": false, "shape": WallShape::of(WallForm::TwoAndEight),
        "cameras": [camera], "hotspot": null, "edits": 0 })
}

pub(super) fn tour(id: &str, of: &str) -> Value {
    let step = json!({ "layout": of, "page": null, "dwell_s": 20 });
    json!({ "id": id, "name": name(id), "shared": false, "steps": [step], "edits": 0 })
}

pub(super) fn sheet(unit: Option<&str>) -> Value {
    json!({ "title": "x", "category": null, "severity": "low", "source": "camera", "detected": now(), "occurred": null,
        "ended": null, "unit": unit, "road": "", "place": "", "forces": "", "outcome": null, "outcome_note": "",
        "forms": [] })
}

pub(super) fn incident(id: &str, camera: &str, unit: Option<&str>) -> Value {
    let footage = json!({ "camera": camera, "start": now().plus_seconds(-20), "end": now() });
    json!({ "id": id, "text": sheet(unit), "footage": [footage], "bookmarks": [], "stills": [], "note": "" })
}

/// Something to attach.
pub(super) fn a_file(data: &Path) -> std::path::PathBuf {
    let path = data.with_extension("to-attach.txt");
    std::fs::write(&path, "biên bản").unwrap();
    path
}

pub(super) fn saved_filter(id: &str) -> Value {
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
