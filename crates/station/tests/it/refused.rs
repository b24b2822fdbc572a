//! A database that takes no row of the audit any more: nothing is copied out and nothing is deleted, and the room goes on
//! seeing and recording.

use crate::room::{Station, cameras, now, until};
use easien_link::data::*;
use easien_link::{Client, call};
use easien_model::{CopyId, PersonId, VolumeId};
use serde_json::{Value, json};
use std::path::Path;

/// From now on no row of the audit is taken (`true`), or again.
fn refuse(data: &Path, refuse: bool) {
    let db = rusqlite::Connection::open(data.join(easien_store::DATABASE_FILE)).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    db.execute_batch(if refuse {
        "CREATE TRIGGER refused BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no audit today'); END;"
    } else {
        "DROP TRIGGER refused;"
    })
    .unwrap();
}

/// Until when a camera is recorded.
async fn recorded_until(client: &Client, camera: &Camera) -> Option<i64> {
    let query =
        json!({ "cameras": [camera.id], "start": now().plus_seconds(-300), "end": now(), "buckets": 10 });
    let lanes = client.call_raw("review.timeline", query).await.ok()?;
    lanes[0]["spans"].as_array()?.iter().filter_map(|span| span["end"].as_i64()).max()
}

fn first() -> FirstPerson {
    FirstPerson {
        window: "main".into(),
        id: PersonId::new(),
        login: "quan.tri".into(),
        name: "Quản trị 01".into(),
        password: crate::authority::secret(crate::authority::WORD),
    }
}

#[tokio::test]
async fn without_an_audit_nothing_leaves_and_nothing_goes_but_everything_is_seen_and_recorded() {
    let sim = cameras(1, 0).await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let station = Station::with(&sim, &data).await;
    let client = &station.client;
    let camera = client.call::<call::CameraList>(()).await.unwrap().remove(0);
    until("footage", 40, async || {
        (recorded_until(client, &camera).await? > now().plus_seconds(-300).0 + 5_000_000).then_some(())
    })
    .await;
    let spare = VolumeDraft {
        id: VolumeId::new(),
        name: "Ổ 2".into(),
        path: folder.path().join("second").display().to_string(),
        quota_bytes: None,
        reserve_bytes: 0,
        enabled: false,
    };
    client.call::<call::VolumePut>(spare.clone()).await.unwrap();
    client.call::<call::PeopleFirst>(first()).await.unwrap();

    refuse(&data, true);
    // What leaves, and what goes.
    let copy = CopyDraft {
        id: CopyId::new(),
        cameras: vec![camera.id],
        start: now().plus_seconds(-4),
        end: now().plus_seconds(-2),
        which: None,
        folder: String::new(),
    };
    let operator = SignIn {
        window: "main".into(),
        login: "quan.tri".into(),
        password: crate::authority::secret(crate::authority::WORD),
    };
    client.call::<call::CopyStart>(copy.clone()).await.unwrap_err();
    client.call::<call::CameraDelete>(camera.id).await.unwrap_err();
    client.call::<call::VolumeRemove>(spare.id).await.unwrap_err();
    assert_eq!(client.call::<call::CopyList>(()).await.unwrap(), []);
    let copies = std::fs::read_dir(data.join("copies")).map(|entries| entries.count()).unwrap_or(0);
    assert_eq!(copies, 0, "a copy was written that nobody knows of");
    assert_eq!(client.call::<call::CameraList>(()).await.unwrap().len(), 1);
    assert_eq!(client.call::<call::VolumeList>(()).await.unwrap().len(), 2);

    // Live pictures, footage, and whoever sits down.
    let tile = |archive: bool| json!({ "tile": 0, "camera": camera.id, "width_px": 160, "height_px": 96, "large": false, "archive": archive });
    let other = Client::connect(&data).await.unwrap();
    let desk = other.call::<call::PeopleSignIn>(operator).await.unwrap();
    assert!(desk.person.is_some(), "a full disk must not blind the room");
    for archive in [false, true] {
        let shown =
            other.call_raw("wall.show", json!({ "window": "w", "tiles": [tile(archive)] })).await.unwrap();
        assert_eq!(shown["tiles"].as_array().unwrap().len(), 1);
    }
    let before = recorded_until(&other, &camera).await.unwrap();
    until("more footage", 20, async || {
        (recorded_until(&other, &camera).await? > before + 3_000_000).then_some(())
    })
    .await;
    let query = AlarmQuery { kinds: vec![AlarmKind::AuditFailing], ..AlarmQuery::default() };
    until("the alarm", 20, async || other.call::<call::AlarmList>(query.clone()).await.unwrap().pop()).await;

    // It is mended: what was owed is written, and what was refused is possible.
    refuse(&data, false);
    let rows = until("the row that was owed", 20, async || {
        let query = AuditQuery { command: Some("people.sign_in".into()), limit: 10, ..AuditQuery::default() };
        let rows = other.call::<call::AuditList>(query).await.ok()?;
        rows.iter().any(|row| row.detail["late"]["at"].is_i64()).then_some(rows)
    })
    .await;
    assert_eq!(rows[0].who, "Quản trị 01");
    assert!(!data.join("audit.owed").exists());
    until("the end of the alarm", 20, async || {
        let alarm = other.call::<call::AlarmList>(query.clone()).await.unwrap().pop()?;
        alarm.cleared
    })
    .await;
    other.call::<call::VolumeRemove>(spare.id).await.unwrap();
    let check = other.call::<call::AuditCheck>(()).await.unwrap();
    assert_eq!(check.broken_at, None);
    sim.stop().await;
}

/// Recordings over the quota: due, and not deleted until the audit takes the row that says so.
#[tokio::test]
async fn retention_waits_for_its_row() {
    if std::env::var_os("EASIEN_FULL").is_none() {
        // Nothing younger than a minute is deleted: this takes its time. The archive's own tests ask the same of each file.
        return;
    }
    let sim = cameras(2, 0).await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    let file = folder.path().join("cameras");
    std::fs::write(&file, crate::room::list(&sim)).unwrap();
    let child = crate::room::command(&data)
        .args(["--segment-seconds", "4", "--add-cameras", file.to_str().unwrap()])
        .env("EASIEN_SMALL_VOLUMES", "1")
        .spawn()
        .unwrap();
    let client = until("a station", 10, async || Client::connect(&data).await.ok()).await;
    let station = Station { child, client };
    station.all_live(2).await;
    let client = &station.client;
    let volume = client.call::<call::VolumeList>(()).await.unwrap().remove(0);
    let files = || walk(&data.join("recordings"));
    until("files", 60, async || (files().len() > 6).then_some(())).await;
    // Recording goes on here; for the last place to record to, ADR 16 says otherwise: the oldest goes, its row is owed.
    let second = folder.path().join("second");
    let other = VolumeDraft {
        id: VolumeId::new(),
        name: "Ổ 2".into(),
        path: second.to_str().unwrap().into(),
        quota_bytes: None,
        reserve_bytes: 1 << 20,
        enabled: true,
    };
    client.call::<call::VolumePut>(other).await.unwrap();
    refuse(&data, true);
    // The quota cannot be set while the audit is refused: set before it was needed.
    let quota = VolumeDraft { quota_bytes: Some(100_000), ..volume.set.clone() };
    client.call::<call::VolumePut>(quota.clone()).await.unwrap_err();
    refuse(&data, false);
    client.call::<call::VolumePut>(quota).await.unwrap();
    refuse(&data, true);
    let there = files();
    tokio::time::sleep(std::time::Duration::from_secs(130)).await;
    let now_there = files();
    assert!(there.iter().all(|file| now_there.contains(file)), "deleted without its row");
    assert!(walk(&second).len() > 6, "recording stood still");
    refuse(&data, false);
    until("the first deletion", 90, async || {
        let query =
            AuditQuery { command: Some("recording.delete".into()), limit: 10, ..AuditQuery::default() };
        let rows: Value = client.call_raw("audit.list", serde_json::to_value(query).unwrap()).await.ok()?;
        (rows.as_array()?.len() == 1 || rows.as_array()?.len() > 1).then_some(())
    })
    .await;
    until("files gone", 30, async || (!there.iter().all(|file| files().contains(file))).then_some(())).await;
    sim.stop().await;
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() { found.extend(walk(&entry.path())) } else { found.push(entry.path()) }
    }
    found.retain(|path| path.extension().is_some_and(|ending| ending == "mp4"));
    found
}
