//! A backup taken from a running station, restored into an empty folder: everything is there, the cameras are live again
//! without a password retyped; what is damaged, and who has not the passphrase, is refused with the reason. And the
//! station's own backups: asked for, stopped, planned, caught up, taken away for newer ones.

use crate::room::{Station, cameras, command, now, start, until};
use easien_link::data::*;
use easien_link::{Client, call};
use easien_model::{BackupId, Code, IncidentId, NoteId, StillId, StreamKind};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

const PHRASE: &str = "một câu đủ dài";

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

/// SHA-256 of every file below a folder, by its name in it.
fn hashes(folder: &Path) -> BTreeMap<String, String> {
    let (mut found, mut left) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = left.pop() {
        for entry in std::fs::read_dir(next).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                left.push(entry.path());
                continue;
            }
            let sum = Sha256::digest(std::fs::read(entry.path()).unwrap());
            let name = entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            found.insert(name, sum.iter().map(|byte| format!("{byte:02x}")).collect());
        }
    }
    found
}

/// The manifest of a backup: hashes of its files, rows of its tables.
fn manifest(file: &Path) -> (BTreeMap<String, String>, BTreeMap<String, u64>) {
    let mut zip = zip::ZipArchive::new(std::fs::File::open(file).unwrap()).unwrap();
    let json: serde_json::Value = serde_json::from_reader(zip.by_name("manifest.json").unwrap()).unwrap();
    let files = json["files"].as_object().unwrap().iter();
    let rows = json["rows"].as_object().unwrap().iter();
    (
        files.map(|(name, known)| (name.clone(), known[0].as_str().unwrap().to_owned())).collect(),
        rows.map(|(name, count)| (name.clone(), count.as_u64().unwrap())).collect(),
    )
}

fn recorded_bytes(data: &Path) -> u64 {
    let (mut sum, mut left) = (0, vec![data.join("recordings")]);
    while let Some(next) = left.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten().flatten() {
            match entry.file_type().unwrap().is_dir() {
                true => left.push(entry.path()),
                false => sum += entry.metadata().map_or(0, |found| found.len()),
            }
        }
    }
    sum
}

async fn feed(client: &Client) -> Vec<String> {
    let feed = client.call::<call::FeedList>(Page { before: None, limit: 100 }).await.unwrap();
    let items = feed.iter().map(|item| serde_json::to_string(item).unwrap());
    items.filter(|item| item.contains("Ghi chú")).collect()
}

async fn write_down(station: &Station) -> IncidentId {
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
    let camera = station.client.call::<call::CameraList>(()).await.unwrap()[0].id;
    let mut stills = Vec::new();
    until("a still", 20, async || {
        let draft = StillDraft { id: StillId::new(), camera, which: StreamKind::Sub, at: None };
        let taken = station.client.call::<call::StillTake>(draft).await.ok();
        stills.extend(taken.map(|still| still.id));
        (stills.len() == 2).then_some(())
    })
    .await;
    let at = now();
    let draft = serde_json::json!({
        "id": IncidentId::new(), "note": "Ghi chú vụ việc", "stills": stills,
        "footage": [{ "camera": camera, "start": at.0 - 5_000_000, "end": at.0 }],
        "text": { "title": "Xe đâm", "category": "traffic", "severity": "high", "source": "camera", "detected": at,
            "occurred": null, "ended": null, "unit": null, "road": "", "place": "", "forces": "", "outcome": null,
            "outcome_note": "", "forms": [] },
    });
    let draft = serde_json::from_value(draft).unwrap();
    station.client.call::<call::IncidentOpen>(draft).await.unwrap().incident.id
}

#[tokio::test]
async fn a_backup_of_a_running_room_brings_it_back_whole() {
    const CAMERAS: u16 = 16;
    let sim = cameras(CAMERAS, 0).await;
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    let word = |name: &str| at(name).to_str().unwrap().to_owned();
    let data = at("data");
    let station = Station::with(&sim, &data).await;
    let incident = write_down(&station).await;
    until("footage of every camera", 30, async || {
        let cameras = station.client.call::<call::CameraList>(()).await.unwrap();
        let recorded = |camera: &&Camera| {
            camera.recordings.iter().any(|recording| recording.phase == RecordingPhase::Recording)
        };
        (cameras.iter().filter(recorded).count() == usize::from(CAMERAS)).then_some(())
    })
    .await;
    std::fs::write(at("phrase"), format!("{PHRASE}\n")).unwrap();
    std::fs::write(at("other"), "một câu khác hẳn\n").unwrap();
    std::fs::write(at("short"), "ngắn\n").unwrap();
    let (phrase, other) = (word("phrase"), word("other"));
    let (file, bare) = (word("room.easien-backup"), word("bare.easien-backup"));

    let before = recorded_bytes(&data);
    let (made, told) = run(&data, &["backup", "make", &file, "--passphrase-file", &phrase]).await;
    assert!(made && told.contains("rehearsed"), "{told}");
    until("more footage", 10, async || (recorded_bytes(&data) > before).then_some(())).await;
    let (made, told) = run(&data, &["backup", "make", &file, "--passphrase-file", &phrase]).await;
    assert!(!made && told.contains("is there already"), "{told}");
    let (made, told) =
        run(&data, &["backup", "make", &word("no"), "--passphrase-file", &word("short")]).await;
    assert!(!made && told.contains("12 to 256 characters"), "{told}");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600, "nobody else reads a backup");
    let (made, told) = run(&data, &["backup", "make", &bare]).await;
    assert!(made && told.contains("keys not in it"), "{told}");
    let notes = feed(&station.client).await;
    assert_eq!(notes.len(), 20);
    let stills = hashes(&data.join("stills"));
    assert_eq!(stills.len(), 2);
    let left: Vec<_> = std::fs::read_dir(place.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".part"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(station.stop(rustix::process::Signal::TERM).await.success());
    // The machine that it was is no more.
    std::fs::rename(&data, at("gone")).unwrap();

    let restored = at("restored");
    refuses_what_is_not_whole(Path::new(&file), &restored, &phrase, &other).await;
    let (done, told) = run(&restored, &["backup", "restore", &file]).await;
    assert!(!done && told.contains("give its passphrase"), "{told}");

    let (files, rows) = manifest(Path::new(&file));
    let again = ["backup", "restore", &file, "--passphrase-file", &phrase];
    let (done, told) = run(&restored, &again).await;
    assert!(done, "{told}");
    // The same hashes, and the same counts.
    let found = hashes(&restored);
    for (name, hash) in files.iter().filter(|(name, _)| *name != "keys.sealed") {
        assert_eq!(found.get(name), Some(hash), "{name}");
    }
    for (name, hash) in &stills {
        assert_eq!(found.get(&format!("stills/{name}")), Some(hash), "{name}");
    }
    assert_eq!(
        found.len(),
        files.len() + 1,
        "its files, its key for its sealed key, and the note of it: {found:?}"
    );
    assert_eq!(easien_store::table_rows(&restored.join("easien.db")).unwrap(), rows);
    assert!(rows["camera"] == u64::from(CAMERAS) && rows["note"] == 21 && rows["still"] == 2, "{rows:?}");
    let (done, told) = run(&restored, &again).await;
    assert!(!done && told.contains("is not empty"), "{told}");
    let (verified, told) = run(&restored, &["audit", "verify"]).await;
    assert!(verified, "{told}");

    // No password is typed again, and it records.
    let again = start(&restored, &[]).await;
    again.all_live(usize::from(CAMERAS)).await;
    assert_eq!(feed(&again.client).await, notes);
    let file = again.client.call::<call::IncidentGet>(incident).await.unwrap();
    assert_eq!((file.stills.len(), file.footage.len(), file.notes.len()), (2, 1, 1));
    for still in &file.stills {
        again.client.call::<call::StillPicture>(still.id).await.unwrap();
    }
    until("footage", 30, async || (recorded_bytes(&restored) > 0).then_some(())).await;
    assert!(again.client.call::<call::RoomGet>(()).await.unwrap().recording);
    let query = AuditQuery { limit: 500, ..Default::default() };
    let audit = again.client.call::<call::AuditList>(query).await.unwrap();
    assert_eq!(audit.iter().filter(|row| row.command == "note.add").count(), 20);
    assert_eq!(audit.iter().filter(|row| row.command == "backup.restored").count(), 1);
}

/// Refused with a reason, and nothing is left where a station would take it up.
async fn refuses_what_is_not_whole(file: &Path, restored: &Path, phrase: &str, other: &str) {
    let refused = async |file: &Path, phrase: &str, reason: &[&str]| {
        let words = ["backup", "restore", file.to_str().unwrap(), "--passphrase-file", phrase];
        let (done, told) = run(restored, &words).await;
        assert!(!done && reason.iter().any(|reason| told.contains(reason)), "{}: {told}", file.display());
        assert!(!restored.exists());
        assert!(!restored.with_file_name("restored.restoring").exists());
    };
    refused(file, other, &["the passphrase is wrong"]).await;
    let damaged = file.with_file_name("damaged");
    let bytes = std::fs::metadata(file).unwrap().len();
    let seed = u64::from(std::process::id()) ^ bytes;
    println!("seed {seed}");
    let mut state = seed;
    let mut random = move |below: u64| {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    };
    let rounds = if std::env::var_os("EASIEN_FULL").is_some() { 1000 } else { 60 };
    std::fs::copy(file, &damaged).unwrap();
    let mut open = std::fs::OpenOptions::new().read(true).write(true).open(&damaged).unwrap();
    let not_whole = ["damaged", "no backup"];
    for round in 0..rounds {
        // Also the first and the last bytes, and among the last hundreds, where the lists of a ZIP are.
        let place = match round {
            0 => 0,
            1 => bytes - 1,
            2 => bytes - 64,
            round if round % 4 == 0 => bytes - 1 - random(bytes.min(20_000)),
            _ => random(bytes),
        };
        let mut byte = [0];
        open.seek(SeekFrom::Start(place)).unwrap();
        open.read_exact(&mut byte).unwrap();
        let flipped = byte[0] ^ (1 << random(8));
        open.seek(SeekFrom::Start(place)).unwrap();
        open.write_all(&[flipped]).unwrap();
        println!("byte {place} of {bytes}: {} is {flipped}", byte[0]);
        refused(&damaged, phrase, &not_whole).await;
        open.seek(SeekFrom::Start(place)).unwrap();
        open.write_all(&byte).unwrap();
    }
    for cut in [1, 63, 64, 65, 200, bytes / 2, bytes - 70, bytes - 10, bytes - 1] {
        std::fs::copy(file, &damaged).unwrap();
        std::fs::OpenOptions::new().write(true).open(&damaged).unwrap().set_len(bytes - cut).unwrap();
        refused(&damaged, phrase, &not_whole).await;
    }
    let mut more = std::fs::read(file).unwrap();
    more.push(b'x');
    std::fs::write(&damaged, more).unwrap();
    refused(&damaged, phrase, &not_whole).await;
    std::fs::write(&damaged, "").unwrap();
    refused(&damaged, phrase, &["the file is empty"]).await;
    for other_file in [
        &b"nothing"[..],
        &[0x89; 100_000],
        b"PK\x03\x04 and then something else entirely, long enough \
        to have an end of 64 bytes and more than that",
    ] {
        std::fs::write(&damaged, other_file).unwrap();
        refused(&damaged, phrase, &not_whole).await;
    }
    refused(&file.with_file_name("missing"), phrase, &["No such file"]).await;
    std::fs::remove_file(&damaged).unwrap();
}

async fn ended(client: &Client, id: BackupId) -> Backup {
    until("the end of a backup", 60, async || {
        let state = client.call::<call::BackupGet>(()).await.unwrap();
        state.list.into_iter().find(|backup| backup.id == id && backup.phase != BackupPhase::Running)
    })
    .await
}

fn asked(folder: &Path) -> BackupStart {
    BackupStart {
        id: BackupId::new(),
        folder: folder.display().to_string(),
        keys: true,
        passphrase: Some(Secret(PHRASE.into())),
    }
}

#[tokio::test]
async fn a_person_asks_for_one_and_sees_what_came_of_it() {
    let place = tempfile::tempdir().unwrap();
    let (data, out) = (place.path().join("data"), place.path().join("out"));
    std::fs::create_dir(&out).unwrap();
    let station = start(&data, &[]).await;
    let client = &station.client;
    std::fs::create_dir_all(data.join("stills/2026-11-28")).unwrap();
    std::fs::write(data.join("stills/2026-11-28/big.png"), vec![7; 3_000_000]).unwrap();

    // What is wrong at once is said at once, and is no backup that failed.
    let key = async |start: BackupStart| {
        let problem = client.call::<call::BackupMake>(start).await.unwrap_err();
        (problem.key, problem.field.unwrap_or_default())
    };
    let wrong = |key: &str, field: &str| (key.to_owned(), field.to_owned());
    assert_eq!(key(asked(Path::new("out"))).await, wrong("problem_backup_folder", "folder"));
    assert_eq!(key(asked(&place.path().join("none"))).await, wrong("problem_backup_folder", "folder"));
    assert_eq!(key(asked(&data)).await, wrong("problem_backup_inside", "folder"));
    let phrase = |phrase: Option<&str>| phrase.map(|phrase| Secret(phrase.into()));
    let short = BackupStart { passphrase: phrase(Some("ngắn")), ..asked(&out) };
    assert_eq!(key(short).await, wrong("problem_backup_passphrase", "passphrase"));
    let none = BackupStart { passphrase: None, ..asked(&out) };
    assert_eq!(key(none).await, wrong("problem_backup_passphrase_none", "passphrase"));
    assert_eq!(client.call::<call::BackupGet>(()).await.unwrap().list, []);

    let start = asked(&out);
    let begun = client.call::<call::BackupMake>(start.clone()).await.unwrap();
    assert_eq!((begun.phase, begun.author.as_str()), (BackupPhase::Running, "Trực ban 01"));
    let done = ended(client, start.id).await;
    assert_eq!((done.phase, &done.problem), (BackupPhase::Done, &None), "{done:?}");
    let report = done.report.clone().unwrap();
    assert!(
        report.keys_opened && report.rehearsed_files == report.files && report.rehearsed_rows == report.rows
    );
    assert!(report.audit_rows > 0 && report.tables > 40, "{report:?}");
    assert_eq!((report.stills, report.stills_bytes, report.missing_count), (1, 3_000_000, 0));
    assert!(done.here && done.bytes == Some(std::fs::metadata(&done.file).unwrap().len()));
    let file = PathBuf::from(&done.file);
    let text = std::fs::read_to_string(format!("{}.txt", done.file)).unwrap();
    assert!(text.contains(&report.sha256) && text.contains(&done.restore), "{text}");
    assert!(!text.contains(PHRASE));
    // The same again is the same backup.
    assert_eq!(client.call::<call::BackupMake>(start).await.unwrap(), done);
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 2);

    // One that is stopped leaves nothing.
    let stopped = asked(&out);
    client.call::<call::BackupMake>(stopped.clone()).await.unwrap();
    let busy = client.call::<call::BackupMake>(asked(&out)).await;
    client.call::<call::BackupCancel>(stopped.id).await.unwrap();
    let stopped = ended(client, stopped.id).await;
    if stopped.phase == BackupPhase::Cancelled {
        assert_eq!(busy.unwrap_err().key, "problem_backup_busy");
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), 2, "nothing stays");
    }
    assert_eq!(
        client.call_raw("backup.cancel", serde_json::json!(BackupId::new())).await.unwrap_err().key,
        "problem_backup_not_found"
    );

    // The command that the screen shows is the one that restores.
    assert!(station.stop(rustix::process::Signal::TERM).await.success());
    let old = hashes(&data.join("stills"));
    std::fs::rename(&data, place.path().join("old")).unwrap();
    std::fs::write(place.path().join("PASSPHRASE.txt"), PHRASE).unwrap();
    let script = done.restore.replace("easien-station", env!("CARGO_BIN_EXE_easien-station"));
    let output = tokio::process::Command::new("sh")
        .arg("-c")
        .arg(script)
        .current_dir(place.path())
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(hashes(&data.join("stills")), old);
    assert!(file.exists());
}

fn plan(folder: &Path, passphrase: Option<&str>) -> BackupPlanDraft {
    BackupPlanDraft {
        on: true,
        at_minute: 0,
        every_days: 1,
        folder: folder.display().to_string(),
        keep: 2,
        keys: true,
        passphrase: passphrase.map(|phrase| Secret(phrase.into())),
    }
}

/// As if this plan had been in force for ten days while the station was away.
fn days_pass(data: &Path, draft: BackupPlanDraft) {
    let since = now().plus_seconds(-10 * 86_400);
    let BackupPlanDraft { on, at_minute, every_days, folder, keep, keys, .. } = draft;
    let plan = BackupPlan { on, at_minute, every_days, folder, keep, keys, since };
    let store = easien_store::Store::open(data, std::sync::Arc::new(easien_model::SystemClock)).unwrap();
    store.set_backup_plan("test", &serde_json::to_value(plan).unwrap(), None).unwrap();
    store.close().unwrap();
}

async fn planned(client: &Client, phase: BackupPhase) -> Vec<Backup> {
    until("a backup of the plan", 60, async || {
        let state = client.call::<call::BackupGet>(()).await.unwrap();
        let planned: Vec<Backup> =
            state.list.into_iter().filter(|backup| backup.due.is_some() && backup.phase == phase).collect();
        (!planned.is_empty()).then_some(planned)
    })
    .await
}

async fn overdue(client: &Client) -> Vec<Alarm> {
    let query = AlarmQuery { limit: 100, ..Default::default() };
    let alarms = client.call::<call::AlarmList>(query).await.unwrap();
    alarms.into_iter().filter(|alarm| alarm.kind == AlarmKind::BackupOverdue).collect()
}

#[tokio::test]
async fn a_plan_makes_them_catches_up_and_keeps_as_many_as_it_says() {
    let place = tempfile::tempdir().unwrap();
    let (data, out) = (place.path().join("data"), place.path().join("out"));
    std::fs::create_dir(&out).unwrap();
    let station = start(&data, &[]).await;
    let client = &station.client;
    let set = async |draft: BackupPlanDraft| client.call::<call::BackupSet>(draft).await;
    for (draft, field) in [
        (BackupPlanDraft { at_minute: 1440, ..plan(&out, Some(PHRASE)) }, "at_minute"),
        (BackupPlanDraft { every_days: 0, ..plan(&out, Some(PHRASE)) }, "every_days"),
        (BackupPlanDraft { keep: 0, ..plan(&out, Some(PHRASE)) }, "keep"),
        (plan(&data, Some(PHRASE)), "folder"),
        (plan(&out, None), "passphrase"),
    ] {
        assert_eq!(set(draft).await.unwrap_err().field.as_deref(), Some(field));
    }
    let state = set(plan(&out, Some(PHRASE))).await.unwrap();
    assert!(state.passphrase.is_some() && !state.passphrase_lost && !state.overdue && state.same_disk);
    let next = state.next.unwrap();
    assert!(next > now() && next < now().plus_seconds(86_401));
    assert!(state.free_bytes.is_some() && state.estimate_bytes > 100_000, "{state:?}");
    // The passphrase stays in force when another thing is changed; it is nowhere to be read.
    set(plan(&out, None)).await.unwrap();
    let query = AuditQuery { command: Some("backup.set".into()), limit: 10, ..Default::default() };
    let audit = client.call::<call::AuditList>(query).await.unwrap();
    assert_eq!(audit.len(), 2);
    assert!(audit[1].detail["passphrase"] == true && audit[0].detail["passphrase"] == false, "{audit:?}");
    assert!(station.stop(rustix::process::Signal::TERM).await.success());
    for file in ["easien.db", "easien.db-wal"] {
        let bytes = std::fs::read(data.join(file)).unwrap_or_default();
        assert!(!bytes.windows(PHRASE.len()).any(|part| part == PHRASE.as_bytes()), "{file}");
    }

    // Nothing good for ten days, and the disk is not there: an alarm stands until there is one.
    let away = place.path().join("away");
    std::fs::rename(&out, &away).unwrap();
    days_pass(&data, BackupPlanDraft { at_minute: 5, ..plan(&out, None) });
    let station = start(&data, &[]).await;
    until("the alarm", 30, async || overdue(&station.client).await.into_iter().next()).await;
    assert!(station.stop(rustix::process::Signal::TERM).await.success());
    std::fs::rename(&away, &out).unwrap();

    // Missed while the station was away, three times over: one is caught up when it is back.
    let mut made: Vec<PathBuf> = Vec::new();
    for round in 0..3_u32 {
        // Another minute each time: another moment, which nothing was made for yet.
        days_pass(&data, BackupPlanDraft { at_minute: round, ..plan(&out, None) });
        let station = start(&data, &[]).await;
        let done = until("one more backup", 60, async || {
            let done = planned(&station.client, BackupPhase::Done).await;
            (done.len() == usize::try_from(round).unwrap() + 1).then_some(done)
        })
        .await;
        assert_eq!(done[0].author, "easien-station");
        assert!(done[0].report.as_ref().unwrap().keys_opened);
        made.push(PathBuf::from(&done[0].file));
        until("the alarm's end", 30, async || {
            let alarms = overdue(&station.client).await;
            (!alarms.is_empty() && alarms.iter().all(|alarm| alarm.cleared.is_some())).then_some(())
        })
        .await;
        until("older ones gone", 10, async || {
            let there = made.iter().filter(|file| file.exists()).count();
            (there == made.len().min(2)).then_some(())
        })
        .await;
        if round == 2 {
            until("its note", 10, async || {
                let state = station.client.call::<call::BackupGet>(()).await.unwrap();
                let oldest = state.list.iter().find(|backup| Path::new(&backup.file) == made[0]).cloned();
                oldest.filter(|backup| backup.removed.is_some() && !backup.here)
            })
            .await;
        }
        assert!(station.stop(rustix::process::Signal::TERM).await.success());
    }
    assert!(!made[0].exists() && made[1].exists() && made[2].exists());
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 4, "two, each with its report");
    // What the plan made opens with the passphrase that was typed once.
    std::fs::write(place.path().join("phrase"), PHRASE).unwrap();
    let restored = place.path().join("restored");
    let (file, phrase) = (made[2].to_str().unwrap(), place.path().join("phrase"));
    let words = ["backup", "restore", file, "--passphrase-file", phrase.to_str().unwrap()];
    let (done, told) = run(&restored, &words).await;
    assert!(done, "{told}");
}

#[tokio::test]
async fn a_plan_whose_folder_is_gone_says_so_and_is_tried_again_later() {
    let place = tempfile::tempdir().unwrap();
    let (data, out) = (place.path().join("data"), place.path().join("out"));
    std::fs::create_dir(&out).unwrap();
    let station = start(&data, &[]).await;
    let draft = BackupPlanDraft { keys: false, ..plan(&out, None) };
    station.client.call::<call::BackupSet>(draft).await.unwrap();
    assert!(station.stop(rustix::process::Signal::TERM).await.success());
    days_pass(&data, BackupPlanDraft { keys: false, ..plan(&out, None) });
    std::fs::remove_dir(&out).unwrap();
    let station = start(&data, &[]).await;
    let failed = planned(&station.client, BackupPhase::Failed).await;
    assert_eq!(failed[0].problem.as_ref().map(|problem| problem.key.as_str()), Some("problem_backup_folder"));
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(planned(&station.client, BackupPhase::Failed).await.len(), 1, "not again at once");
    let query = AuditQuery { command: Some("backup.".into()), limit: 10, ..Default::default() };
    let audit = station.client.call::<call::AuditList>(query).await.unwrap();
    let commands: Vec<_> = audit.iter().map(|row| row.command.as_str()).collect();
    assert_eq!(commands, ["backup.failed", "backup.start", "backup.set", "backup.set"]);
}

/// A small file system in memory, as CI may mount it (root); unmounted at the end.
struct Small(PathBuf);

impl Small {
    fn new(at: &Path, mib: u32) -> Self {
        std::fs::create_dir_all(at).unwrap();
        let size = format!("size={mib}m");
        let mut mount = std::process::Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).status().unwrap();
        assert!(mounted.success(), "mounting needs root");
        Self(at.to_owned())
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_disk_without_room_or_that_fills_up_meanwhile_leaves_nothing_that_looks_whole() {
    let place = tempfile::tempdir().unwrap();
    let (data, out) = (place.path().join("data"), place.path().join("out"));
    let station = start(&data, &[]).await;
    let client = &station.client;
    std::fs::create_dir_all(data.join("stills/2026-11-28")).unwrap();
    for n in 0..12 {
        std::fs::write(data.join(format!("stills/2026-11-28/{n}.png")), vec![n; 4_000_000]).unwrap();
    }
    // Too small from the beginning.
    let small = Small::new(&out, 20);
    let problem = client.call::<call::BackupMake>(asked(&out)).await.unwrap_err();
    assert_eq!((problem.code, problem.key.as_str()), (Code::DiskFull, "problem_backup_no_room"));
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0);
    drop(small);

    // Somebody else fills it while the backup is written.
    let _small = Small::new(&out, 450);
    let (watched, filler) = (out.clone(), out.join("somebody-else"));
    let filling = std::thread::spawn(move || {
        while std::fs::read_dir(&watched).unwrap().next().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let file = std::fs::File::create(&filler).unwrap();
        let mut at = 0;
        for step in [16 << 20, 1 << 20, 4096_u64] {
            while rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), at, step).is_ok() {
                at += step;
            }
        }
    });
    let start = asked(&out);
    client.call::<call::BackupMake>(start.clone()).await.unwrap();
    let failed = ended(client, start.id).await;
    filling.join().unwrap();
    assert_eq!(failed.phase, BackupPhase::Failed, "{failed:?}");
    assert_eq!(failed.problem.as_ref().map(|why| why.code), Some(Code::DiskFull), "{failed:?}");
    let there: Vec<_> = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(there, ["somebody-else"]);

    // There is room again: it is made.
    std::fs::remove_file(out.join("somebody-else")).unwrap();
    let start = asked(&out);
    client.call::<call::BackupMake>(start.clone()).await.unwrap();
    assert_eq!(ended(client, start.id).await.phase, BackupPhase::Done);
}
