//! Files that belong to an incident: brought by their path, kept once, seen to be what they were, struck through, saved
//! out, in the backups.

use crate::room::{Station, command, start, until};
use easien_link::data::*;
use easien_link::{Client, call};
use easien_model::{AttachmentId, Code, IncidentId};
use serde_json::json;
use std::path::{Path, PathBuf};

async fn incident(client: &Client) -> IncidentId {
    let draft = json!({
        "id": IncidentId::new(),
        "text": { "title": "Xe đâm", "category": "traffic", "severity": "high", "source": "phone",
            "detected": crate::room::now(), "occurred": null, "ended": null, "unit": null, "road": "", "place": "",
            "forces": "", "outcome": null, "outcome_note": "", "forms": [] },
    });
    let draft = serde_json::from_value(draft).unwrap();
    client.call::<call::IncidentOpen>(draft).await.unwrap().incident.id
}

fn wish(incident: IncidentId, path: &Path) -> AttachmentWish {
    AttachmentWish { id: AttachmentId::new(), incident, path: path.to_str().unwrap().to_owned() }
}

/// Files in the store, without their folders.
fn stored(data: &Path) -> Vec<PathBuf> {
    let (mut found, mut left) = (Vec::new(), vec![data.join("attachments")]);
    while let Some(next) = left.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten().flatten() {
            match entry.path().is_dir() {
                true => left.push(entry.path()),
                false => found.push(entry.path()),
            }
        }
    }
    found
}

async fn state(station: &Station, incident: IncidentId, wanted: AttachmentState) {
    until("the state of a file", 10, async || {
        let file = station.client.call::<call::IncidentGet>(incident).await.unwrap();
        file.attachments.iter().any(|each| each.state == wanted).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_file_is_brought_kept_once_struck_through_saved_and_backed_up() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let station = start(&data, &[]).await;
    let client = &station.client;
    let one = incident(client).await;
    let two = incident(client).await;
    let path = place.path().join("biên bản\u{202e}fdp.exe");
    std::fs::write(&path, b"#!/bin/sh\n").unwrap();

    let first = wish(one, &path);
    let file = client.call::<call::IncidentAttach>(first.clone()).await.unwrap();
    let brought = &file.attachments[0];
    assert_eq!((brought.name.as_str(), brought.bytes), ("biên bản_fdp.exe", 10));
    assert_eq!(brought.by, "Trực ban 01");
    // A retry is the same; the same file elsewhere is another row, and stored once.
    let again = client.call::<call::IncidentAttach>(first.clone()).await.unwrap();
    assert_eq!(again.attachments.len(), 1);
    let conflict =
        client.call::<call::IncidentAttach>(AttachmentWish { incident: two, ..first.clone() }).await;
    assert_eq!(conflict.unwrap_err().code, Code::Conflict);
    client.call::<call::IncidentAttach>(wish(one, &path)).await.unwrap();
    let file = client.call::<call::IncidentAttach>(wish(two, &path)).await.unwrap();
    assert_eq!((file.attachments.len(), stored(&data).len()), (1, 1));
    assert_eq!(client.call::<call::IncidentGet>(one).await.unwrap().attachments.len(), 2);
    state(&station, one, AttachmentState::Whole).await;

    // What cannot be attached says why, and leaves nothing.
    let large = place.path().join("5GB.mp4");
    std::fs::File::create(&large).unwrap().set_len(5 << 30).unwrap();
    for (path, key) in [
        (large, "problem_attachment_too_large"),
        (data.join("master.key"), "problem_attachment_private"),
        (data.join("easien.db"), "problem_attachment_private"),
        (place.path().join("none"), "problem_attachment_path"),
        (PathBuf::from("biên bản.exe"), "problem_attachment_path"),
    ] {
        let problem = client.call::<call::IncidentAttach>(wish(one, &path)).await.unwrap_err();
        assert_eq!((problem.key.as_str(), problem.field.as_deref()), (key, Some("path")));
    }
    let empty = place.path().join("trống");
    std::fs::write(&empty, b"").unwrap();
    client.call::<call::IncidentAttach>(wish(two, &empty)).await.unwrap();
    assert_eq!(stored(&data).len(), 2);

    // Struck through, it stays, is saved, is in the audit.
    let strike = AttachmentStrike { incident: one, id: first.id, reason: " Nhầm vụ ".into() };
    let file = client.call::<call::IncidentStrike>(strike).await.unwrap();
    let struck = file.attachments.iter().find(|each| each.id == first.id).unwrap().struck.clone().unwrap();
    assert_eq!((struck.who.as_str(), struck.reason.as_str()), ("Trực ban 01", "Nhầm vụ"));
    let out = place.path().join("out");
    std::fs::create_dir(&out).unwrap();
    let save =
        |folder: &Path| AttachmentSave { incident: one, id: first.id, folder: folder.display().to_string() };
    let saved = client.call::<call::IncidentSaveAttachment>(save(&out)).await.unwrap();
    assert_eq!(std::fs::read(&saved.path).unwrap(), b"#!/bin/sh\n");
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&saved.path).unwrap().permissions());
    assert_eq!(mode & 0o111, 0, "never to be run");
    let problem = client.call::<call::IncidentSaveAttachment>(save(&data)).await.unwrap_err();
    assert_eq!(problem.key, "problem_attachment_folder");
    let audit = client.call::<call::IncidentAudit>(one).await.unwrap();
    let commands: Vec<_> =
        audit.iter().map(|row| row.command.as_str()).filter(|name| *name != "incident.get").collect();
    let wanted = [
        "incident.save_attachment",
        "incident.strike",
        "incident.attach",
        "incident.attach",
        "incident.open",
    ];
    assert_eq!(commands, wanted);

    // In the backup; what was changed or lost before is said by its rehearsal, and by the incident.
    let backup = async |name: &str| {
        let output = command(&data)
            .args(["backup", "make", place.path().join(name).to_str().unwrap()])
            .stdout(std::process::Stdio::piped())
            .output()
            .await
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(!backup("a").await.contains("MISSING"));
    let kept = stored(&data).into_iter().find(|file| std::fs::metadata(file).unwrap().len() == 10).unwrap();
    std::fs::write(&kept, b"#!/bin/xx\n").unwrap();
    state(&station, one, AttachmentState::Changed).await;
    assert!(backup("b").await.contains("MISSING or changed in the data folder already: 1 files"));
    let problem = client.call::<call::IncidentSaveAttachment>(save(&out)).await.unwrap_err();
    assert_eq!((problem.code, problem.key.as_str()), (Code::DataLoss, "problem_attachment_damaged"));
    std::fs::remove_file(&kept).unwrap();
    state(&station, one, AttachmentState::Missing).await;
    // Brought again, it is whole again.
    client.call::<call::IncidentAttach>(wish(two, &path)).await.unwrap();
    state(&station, one, AttachmentState::Whole).await;

    // Nothing is written into a case that is over.
    let cancel = IncidentMove {
        id: two,
        from: IncidentState::New,
        to: IncidentState::Cancelled,
        reason: "Nhầm".into(),
    };
    client.call::<call::IncidentMove>(cancel).await.unwrap();
    let other = place.path().join("khác.txt");
    std::fs::write(&other, b"other").unwrap();
    let problem = client.call::<call::IncidentAttach>(wish(two, &other)).await.unwrap_err();
    assert_eq!(problem.key, "problem_incident_over");
    assert_eq!(stored(&data).len(), 2);
    assert!(station.stop(rustix::process::Signal::TERM).await.success());
}

#[tokio::test]
async fn a_long_reading_is_told_and_can_be_stopped() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    std::fs::create_dir_all(data.join("attachments")).unwrap();
    std::fs::write(data.join("attachments/.left.part"), b"half").unwrap();
    let station = start(&data, &[]).await;
    assert!(stored(&data).is_empty(), "what a crash left is gone");
    let client = &station.client;
    let room = client.call::<call::RoomGet>(()).await.unwrap();
    let settings = RoomSettings { attachment_most_mb: 4096, ..room.settings };
    client.call::<call::RoomSet>(settings).await.unwrap();
    let case = incident(client).await;
    let path = place.path().join("video.mp4");
    // Sparse: it is read, and takes no room where it comes from.
    std::fs::File::create(&path).unwrap().set_len(1 << 30).unwrap();
    let wish = wish(case, &path);
    let mut events = client.events();
    let reading = client.call::<call::IncidentAttach>(wish.clone());
    let stopping = async {
        loop {
            if let Some(easien_link::Event::AttachmentProgress(told)) = events.next().await {
                assert_eq!((told.id, told.incident, told.total_bytes), (wish.id, case, 1 << 30));
                client.call::<call::IncidentAttachStop>(wish.id).await.unwrap();
                return;
            }
        }
    };
    let (read, ()) = tokio::join!(reading, stopping);
    assert_eq!(read.unwrap_err().key, "problem_attachment_stopped");
    assert!(stored(&data).is_empty());
    assert_eq!(client.call::<call::IncidentGet>(case).await.unwrap().attachments, []);
}
