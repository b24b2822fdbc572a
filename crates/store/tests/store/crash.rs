//! kill -9 in the middle of writing: what was acknowledged is there, whole, with its audit row. (A killed program, not
//! a lost power supply: the page cache survives. For the latter there is `synchronous=FULL`.)

use crate::commands::{bookmark, edit, note, still};
use crate::draft;
use easien_model::{BookmarkId, CameraId, NoteId, StillId, SystemClock};
use easien_store::{DATABASE_FILE, Store};
use secrecy::{ExposeSecret, SecretString};
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

const CHILD: &str = "EASIEN_STORE_CRASH_CHILD";

fn open(folder: &Path) -> Store {
    Store::open_with(folder, Arc::new(SystemClock), None).unwrap()
}

/// The program that is killed: writes and says what it wrote, for ever.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(CHILD) else { return };
    let store = open(Path::new(&folder));
    let acknowledge = |kind: &str, id: String| {
        let mut out = std::io::stdout().lock();
        out.write_all(format!("\nack {kind} {id}\n").as_bytes()).unwrap();
        out.flush().unwrap();
    };
    let camera = draft("Một");
    store.add_camera("Y Moan", camera.clone(), Some(SecretString::from("bí mật"))).unwrap();
    acknowledge("camera", camera.id.to_string());
    for index in 0.. {
        let draft = note(&"x".repeat(1 + index * 37 % 3_000));
        store.add_note("Y Moan", draft.clone()).unwrap();
        acknowledge("note", draft.id.to_string());
        let draft = bookmark(vec![camera.id]);
        store.add_bookmark("Y Moan", draft.clone()).unwrap();
        acknowledge("bookmark", draft.id.to_string());
        let edit = edit(draft.id, "Đốt pháo");
        store.edit_bookmark("Y Moan", edit).unwrap();
        acknowledge("edit", draft.id.to_string());
        let draft = still(camera.id, &format!("{}.png", StillId::new()));
        store.add_still("Y Moan", draft.clone()).unwrap();
        acknowledge("still", draft.id.to_string());
        if index % 20 == 19 {
            store.checkpoint().unwrap();
        }
    }
}

fn verify(store: &Store, acknowledged: &[String]) {
    store.check().unwrap();
    assert_eq!(store.audit_broken_at().unwrap(), None);
    for line in acknowledged {
        let (kind, id) = line.split_once(' ').unwrap();
        let there = match kind {
            "camera" => {
                let password = store.camera_password(id.parse::<CameraId>().unwrap()).unwrap();
                password.is_some_and(|password| password.expose_secret() == "bí mật")
            }
            "note" => store.note(id.parse::<NoteId>().unwrap()).unwrap().is_some(),
            "bookmark" => store.bookmark(id.parse::<BookmarkId>().unwrap()).unwrap().is_some(),
            "edit" => {
                store.bookmark(id.parse::<BookmarkId>().unwrap()).unwrap().is_some_and(|row| row.edits == 1)
            }
            "still" => store.still(id.parse::<StillId>().unwrap()).unwrap().is_some(),
            other => panic!("{other}"),
        };
        assert!(there, "acknowledged and lost: {line}");
    }
}

#[test]
fn nothing_acknowledged_is_lost_by_kill_9() {
    let rounds = if std::env::var_os("EASIEN_FULL").is_some() { 50 } else { 10 };
    let seed = std::env::var("EASIEN_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| RandomState::new().build_hasher().finish());
    println!("EASIEN_SEED={seed}");
    let mut random = seed | 1;
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged: Vec<String> = Vec::new();
    for round in 0..rounds {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child", "--nocapture"])
            .env(CHILD, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // xorshift: from the very start of the program (the database being made) to well into the writing.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let out = BufReader::new(child.stdout.take().unwrap());
        let reading = std::thread::spawn(move || out.lines().map_while(Result::ok).collect::<Vec<_>>());
        std::thread::sleep(Duration::from_millis(random % if round == 0 { 40 } else { 400 }));
        child.kill().unwrap();
        child.wait().unwrap();
        // What was said before it died counts, also if it was read only afterwards. The last line may be cut off.
        let lines = reading.join().unwrap();
        let whole = lines.iter().filter_map(|line| line.strip_prefix("ack "));
        acknowledged.extend(
            whole
                .filter(|line| line.split_once(' ').is_some_and(|(_, id)| id.len() == 36))
                .map(str::to_owned),
        );
        let store = open(folder.path());
        verify(&store, &acknowledged);
        store.close().unwrap();
    }
    println!("{} acknowledged, none lost, in {rounds} rounds", acknowledged.len());
    assert!(acknowledged.len() > rounds * 5, "the child was killed before it could say anything");
    let raw = rusqlite::Connection::open(folder.path().join(DATABASE_FILE)).unwrap();
    let (rows, audit): (i64, i64) = raw
        .query_row(
            "SELECT (SELECT count(*) FROM note) + (SELECT count(*) FROM bookmark) + (SELECT count(*) FROM bookmark_edit)
                + (SELECT count(*) FROM still) + (SELECT count(*) FROM camera),
                (SELECT count(*) FROM audit WHERE command <> 'category.seed')",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(rows, audit, "every row has its audit row");
}
