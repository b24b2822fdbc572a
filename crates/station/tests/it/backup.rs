//! A backup taken from a running station, restored into an empty folder: everything is there, the cameras are live again
//! without a password retyped; what is damaged, and who has not the passphrase, is refused with the reason.

use crate::room::{Station, cameras, command, now};
use easien_link::call;
use easien_link::data::{AuditQuery, NoteDraft, Page};
use easien_model::NoteId;
use std::path::Path;

async fn run(data: &Path, words: &[&str]) -> (bool, String) {
    let output = command(data)
        .args(words)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .output()
        .await
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[tokio::test]
async fn a_backup_of_a_running_room_brings_it_back_whole() {
    let sim = cameras(3, 0).await;
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    let word = |name: &str| at(name).to_str().unwrap().to_owned();
    let data = at("data");
    let station = Station::with(&sim, &data).await;
    for number in 0..20 {
        let note = NoteDraft {
            id: NoteId::new(),
            text: format!("Ghi chú {number}"),
            camera: None,
            at: now(),
            category: None,
        };
        station.client.call::<call::NoteAdd>(note).await.unwrap();
    }
    std::fs::write(at("phrase"), "một câu đủ dài\n").unwrap();
    std::fs::write(at("other"), "một câu khác hẳn\n").unwrap();
    let (phrase, other) = (word("phrase"), word("other"));
    let (file, bare) = (word("room.easien-backup"), word("bare.easien-backup"));

    let (made, told) = run(&data, &["backup", "make", &file, "--passphrase-file", &phrase]).await;
    assert!(made && told.contains("rehearsed"), "{told}");
    let (made, told) = run(&data, &["backup", "make", &file, "--passphrase-file", &phrase]).await;
    assert!(!made && told.contains("is there already"), "{told}");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600, "nobody else reads a backup");
    let (made, told) = run(&data, &["backup", "make", &bare]).await;
    assert!(made && told.contains("keys not in it"), "{told}");
    let feed = station.client.call::<call::FeedList>(Page { before: None, limit: 100 }).await.unwrap();
    let before: Vec<_> = feed
        .iter()
        .map(|item| serde_json::to_string(item).unwrap())
        .filter(|item| item.contains("Ghi chú"))
        .collect();
    assert_eq!(before.len(), 20);
    station.stop(rustix::process::Signal::TERM).await;

    // Refused: nothing is left where a station would take it up.
    let restored = at("restored");
    let into = |file: &str, phrase: &str| {
        let words = ["backup", "restore", file, "--passphrase-file", phrase].map(str::to_owned);
        let data = restored.clone();
        async move { run(&data, &words.iter().map(String::as_str).collect::<Vec<_>>()).await }
    };
    let (done, told) = into(&file, &other).await;
    assert!(!done && told.contains("the passphrase is wrong"), "{told}");
    let whole = std::fs::read(&file).unwrap();
    for (name, damaged) in [
        ("flipped", {
            let mut bytes = whole.clone();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            bytes
        }),
        ("cut", whole[..whole.len() - 200].to_vec()),
        ("nothing", b"nothing".to_vec()),
    ] {
        std::fs::write(at(name), damaged).unwrap();
        let (done, told) = into(&word(name), &phrase).await;
        assert!(!done && (told.contains("damaged") || told.contains("no backup")), "{name}: {told}");
        assert!(!restored.exists(), "{name}");
    }
    let (done, told) = run(&restored, &["backup", "restore", &file]).await;
    assert!(!done && told.contains("give its passphrase"), "{told}");

    let (done, told) = into(&file, &phrase).await;
    assert!(done, "{told}");
    let (done, told) = into(&file, &phrase).await;
    assert!(!done && told.contains("is not empty"), "{told}");
    let (verified, told) = run(&restored, &["audit", "verify"]).await;
    assert!(verified, "{told}");
    let again = crate::room::start(&restored, &[]).await;
    again.all_live(3).await;
    let feed = again.client.call::<call::FeedList>(Page { before: None, limit: 100 }).await.unwrap();
    let after: Vec<_> = feed
        .iter()
        .map(|item| serde_json::to_string(item).unwrap())
        .filter(|item| item.contains("Ghi chú"))
        .collect();
    assert_eq!(after, before);
    let audit =
        again.client.call::<call::AuditList>(AuditQuery { limit: 500, ..Default::default() }).await.unwrap();
    assert_eq!(audit.iter().filter(|row| row.command == "note.add").count(), 20);
}
