//! Checkpoints of the audit off the machine: copied by themselves, caught up, made at the end, and held against the audit.

use crate::room::{command, start, until};
use easien_link::call;
use easien_link::data::*;
use rustix::process::Signal;
use serde_json::json;
use std::path::{Path, PathBuf};

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// What `audit verify` says, and whether all of it holds.
async fn verify(data: &Path, checkpoint: &Path) -> (bool, String) {
    let mut verify = command(data);
    verify.args(["audit", "verify", "--checkpoint"]).arg(checkpoint);
    let out = verify.stdout(std::process::Stdio::piped()).output().await.unwrap();
    (out.status.success(), String::from_utf8(out.stdout).unwrap())
}

#[tokio::test]
async fn checkpoints_go_off_the_machine_by_themselves_and_show_an_older_database() {
    let base = tempfile::tempdir().unwrap();
    let (data, stick, share) =
        (base.path().join("data"), base.path().join("stick"), base.path().join("share"));
    std::fs::create_dir(&share).unwrap();
    let station = start(&data, &[]).await;
    let client = &station.client;
    let settings = client.call::<call::RoomGet>(()).await.unwrap().settings;
    let wrong = RoomSettings { checkpoint_folders: vec!["usb".into()], ..settings.clone() };
    let wrong = client.call::<call::RoomSet>(wrong).await.unwrap_err();
    assert_eq!(
        (wrong.key.as_str(), wrong.field.as_deref()),
        ("problem_checkpoint_folder", Some("checkpoint_folders"))
    );
    let path = |folder: &Path| folder.display().to_string();
    let folders = vec![path(&stick), format!(" {} ", path(&share)), String::new()];
    let room =
        client.call::<call::RoomSet>(RoomSettings { checkpoint_folders: folders, ..settings }).await.unwrap();
    assert_eq!(room.settings.checkpoint_folders, [path(&stick), path(&share)]);

    // One is there, one is not: nothing is made where a stick should be.
    let first = client.call::<call::AuditCheckpoint>(()).await.unwrap();
    let state = async || client.call::<call::AuditFolders>(()).await.unwrap();
    let known = until("the share", 10, async || {
        let known = state().await;
        (known[1].rows == first.rows && known[0].problem.is_some()).then_some(known)
    })
    .await;
    assert_eq!((known[0].whole, known[0].late, known[1].problem.as_ref()), (None, false, None));
    assert!(known[1].whole.is_some() && !stick.exists());
    assert!(files(&share).iter().any(|file| std::fs::read_to_string(file).unwrap() == first.text));

    // The stick is plugged in: it gets what it missed.
    std::fs::create_dir(&stick).unwrap();
    let unit = json!({ "id": easien_model::UnitId::new(), "name": "Đội 1" });
    client.call_raw("unit.put", unit).await.unwrap();
    let second = client.call::<call::AuditCheckpoint>(()).await.unwrap();
    until("the stick", 30, async || (state().await[0].rows == second.rows).then_some(())).await;
    assert_eq!(files(&stick).len(), files(&share).len());
    let (holds, told) = verify(&data, &stick).await;
    assert!(holds && told.contains(" hold: everything"), "{told}");

    // It ends in order; that is the database of now. Then more is done.
    let unit = json!({ "id": easien_model::UnitId::new(), "name": "Đội 2" });
    client.call_raw("unit.put", unit).await.unwrap();
    let count = files(&share).len();
    assert!(station.stop(Signal::TERM).await.success());
    assert_eq!(files(&share).len(), count + 1, "the end has its checkpoint, off the machine too");
    let before = std::fs::read(data.join(easien_store::DATABASE_FILE)).unwrap();
    let station = start(&data, &[]).await;
    let unit = json!({ "id": easien_model::UnitId::new(), "name": "Đội 3" });
    station.client.call_raw("unit.put", unit).await.unwrap();
    assert!(station.stop(Signal::TERM).await.success());
    assert!(files(&share).iter().all(|file| !path(file).ends_with(".part")));
    assert!(verify(&data, &share).await.0);

    // Somebody puts the older database back; and somebody changes a checkpoint.
    let now = std::fs::read(data.join(easien_store::DATABASE_FILE)).unwrap();
    std::fs::write(data.join(easien_store::DATABASE_FILE), before).unwrap();
    let (holds, told) = verify(&data, &share).await;
    assert!(!holds && told.contains("ALTERED"), "{told}");
    std::fs::write(data.join(easien_store::DATABASE_FILE), now).unwrap();
    let file = files(&share).remove(0);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replacen("made at 1", "made at 2", 1)).unwrap();
    let (holds, told) = verify(&data, &share).await;
    assert!(!holds && told.contains("no key of this station signed it"), "{told}");
}
