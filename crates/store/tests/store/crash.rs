//! kill -9 in the middle of writing: what was acknowledged is there, whole, with its audit row. (A killed program, not
//! a lost power supply: the page cache survives. For the latter there is `synchronous=FULL`.)

use crate::commands::{bookmark, edit, note, still};
use crate::{draft, incidents};
use easien_model::{BookmarkId, CameraId, IncidentId, NoteId, StillId, SystemClock};
use easien_store::{DATABASE_FILE, IncidentDraft, Store};
use secrecy::{ExposeSecret, SecretString};
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

const CHILD: &str = "EASIEN_STORE_CRASH_CHILD";
const INDEXING_CHILD: &str = "EASIEN_STORE_INDEXING_CHILD";

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
        let draft = IncidentDraft { note: "Một".to_owned(), ..incidents::draft("Đốt pháo") };
        incidents::open(&store, &draft);
        acknowledge("incident", draft.id.to_string());
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
            "incident" => {
                store.incident(id.parse::<IncidentId>().unwrap()).unwrap().is_some_and(|row| row.notes == 1)
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
                + (SELECT count(*) FROM still) + (SELECT count(*) FROM camera) + (SELECT count(*) FROM incident),
                (SELECT count(*) FROM audit WHERE command NOT IN ('category.seed', 'station.key'))",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(rows, audit, "every row has its audit row");
}

/// The program that is killed while it indexes recordings.
#[test]
fn indexing_child() {
    use crate::recordings::{end, segment};
    use easien_model::{GapCause, StreamKind, UtcMicros, VolumeId};
    use easien_store::recordings::{Change, GapRow, SegmentState};

    let Some(folder) = std::env::var_os(INDEXING_CHILD) else { return };
    let (index, _) = easien_store::Recordings::open(Path::new(&folder), UtcMicros(0)).unwrap();
    let streams: Vec<_> = (0..16).map(|_| crate::recordings::stream(StreamKind::Sub)).collect();
    let volume = VolumeId::new();
    for round in 0_i64.. {
        let at = 1_795_420_800_000_000 + round * 5_000_000;
        let mut changes = Vec::new();
        for stream in &streams {
            let row = segment(*stream, volume, at, None);
            changes.push(Change::Added(row.clone()));
            changes.push(Change::Closed { id: row.id, end: end(row.start, 4), state: SegmentState::Whole });
            changes.push(Change::Gap(GapRow {
                stream: *stream,
                start: row.start.plus_seconds(4),
                end: Some(row.start.plus_seconds(5)),
                cause: GapCause::Overload,
            }));
        }
        index.apply(&changes).unwrap();
        if round % 3 == 2 {
            let old = index.oldest(Some(volume), None, None, 16).unwrap();
            index.apply(&old.iter().map(|row| Change::Removed { id: row.id }).collect::<Vec<_>>()).unwrap();
        }
        let mut out = std::io::stdout().lock();
        out.write_all(format!("\nack {} {round}\n", volume.0).as_bytes()).unwrap();
        out.flush().unwrap();
    }
}

/// What an index says of itself must be what its rows say, and every batch is there whole or not at all.
#[test]
fn the_index_is_whole_after_kill_9() {
    use easien_model::{UtcMicros, VolumeId};
    use easien_store::{Found, Recordings};

    let rounds = if std::env::var_os("EASIEN_FULL").is_some() { 50 } else { 6 };
    let folder = tempfile::tempdir().unwrap();
    let mut random: u64 = RandomState::new().build_hasher().finish() | 1;
    println!("seed {random}");
    let mut spoken = 0;
    for _ in 0..rounds {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::indexing_child", "--nocapture"])
            .env(INDEXING_CHILD, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let out = BufReader::new(child.stdout.take().unwrap());
        let reading = std::thread::spawn(move || out.lines().map_while(Result::ok).collect::<Vec<_>>());
        std::thread::sleep(Duration::from_millis(30 + random % 400));
        child.kill().unwrap();
        child.wait().unwrap();
        let lines = reading.join().unwrap();
        let (index, found) = Recordings::open(folder.path(), UtcMicros(0)).unwrap();
        assert!(matches!(found, Found::Kept | Found::Missing), "{found:?}");
        index.check().unwrap();
        let usage = index.usage().unwrap();
        let mut volumes: Vec<VolumeId> = usage.iter().map(|row| row.volume).collect();
        volumes.dedup();
        for volume in &volumes {
            let rows = index.oldest(Some(*volume), None, None, usize::MAX).unwrap();
            let bytes = |row: &easien_store::recordings::SegmentRow| row.end.as_ref().unwrap().bytes;
            assert_eq!(index.used_bytes(*volume).unwrap(), rows.iter().map(bytes).sum::<u64>());
            assert_eq!(index.open_segments(*volume).unwrap(), []);
            assert_eq!(rows.len() % 16, 0, "a batch is there whole or not at all");
            for one in usage.iter().filter(|row| row.volume == *volume) {
                let own: Vec<_> = rows.iter().filter(|row| row.stream == one.stream).collect();
                assert_eq!(
                    (one.segments, one.bytes),
                    (own.len() as u64, own.iter().map(|row| bytes(row)).sum())
                );
            }
        }
        // The last batch that it spoke of is there; only the line itself may be cut off.
        let last = lines.iter().rev().filter_map(|line| line.strip_prefix("ack ")?.split_once(' ')).next();
        if let Some((volume, round)) = last {
            spoken += 1;
            let volume = VolumeId(volume.parse().unwrap());
            let at = UtcMicros(1_795_420_800_000_000 + round.parse::<i64>().unwrap_or(0) * 5_000_000);
            let rows = index.oldest(Some(volume), None, None, usize::MAX).unwrap();
            assert!(
                rows.iter().filter(|row| row.start >= at).count() >= 16,
                "acknowledged and lost: {round}"
            );
        }
        index.close().unwrap();
    }
    assert!(spoken > 0, "the child was always killed before it could say anything");
}
