//! Opening and closing: what is refused stays as it was; readers and the writer do not wait for each other.

use crate::commands::note;
use crate::{NOW, Room};
use easien_model::{Code, SystemClock, UnitId};
use easien_store::{DATABASE_FILE, Error, Store, UnitRow, catalogue, migrate};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn open(folder: &Path) -> Result<Store, Error> {
    Store::open_with(folder, Arc::new(SystemClock), None)
}

/// A closed store with something in it, and its file.
fn closed() -> (Room, std::path::PathBuf) {
    let room = Room::new();
    for index in 0..200 {
        room.store.add_note("Y Moan", note(&format!("{index} {}", "x".repeat(500)))).unwrap();
    }
    room.store.close().unwrap();
    let path = room.folder.path().join(DATABASE_FILE);
    (room, path)
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let (room, path) = closed();
    let known = migrate::ROOM.newest();
    room.raw().pragma_update(None, "user_version", known + 1).unwrap();
    let before = fs::read(&path).unwrap();
    let error = open(room.folder.path()).unwrap_err();
    assert!(matches!(error, Error::Newer { found, known: newest } if found == known + 1 && newest == known));
    assert!(error.to_string().contains("start the newer program"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_foreign_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(DATABASE_FILE);
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    let before = fs::read(&path).unwrap();
    let error = open(folder.path()).unwrap_err();
    assert!(matches!(error, Error::Foreign(_)) && error.code() == Code::Precondition, "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_damaged_database_is_refused() {
    let (room, path) = closed();
    let good = fs::read(&path).unwrap();
    let mut flipped = good.clone();
    let middle = good.len() / 2 / 4096 * 4096;
    flipped[middle..middle + 4096].fill(0xa5);
    let mut garbage = good.clone();
    garbage[..100].fill(b'x');
    for (what, bytes) in
        [("cut off", &good[..good.len() - 3 * 4096]), ("a page lost", &flipped), ("garbage", &garbage)]
    {
        fs::write(&path, bytes).unwrap();
        let error = open(room.folder.path()).unwrap_err();
        assert_eq!(
            (error.code(), error.problem().key.as_str()),
            (Code::DataLoss, "problem_damaged"),
            "{what}: {error}"
        );
    }
    fs::write(&path, good).unwrap();
    open(room.folder.path()).unwrap().check().unwrap();
}

#[test]
fn an_empty_file_is_a_new_room() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("a/b");
    fs::create_dir_all(&inner).unwrap();
    fs::write(inner.join(DATABASE_FILE), "").unwrap();
    assert!(open(&inner).unwrap().cameras().unwrap().is_empty());
}

#[test]
fn a_closed_store_says_so_and_leaves_no_log_behind() {
    let room = Room::new();
    let other = room.store.clone();
    room.store.add_note("Y Moan", note("a")).unwrap();
    room.store.feed(None, 1).unwrap();
    room.store.close().unwrap();
    room.store.close().unwrap();
    for error in [
        other.add_note("Y Moan", note("a")).unwrap_err(),
        other.feed(None, 1).unwrap_err(),
        other.checkpoint().unwrap_err(),
    ] {
        assert!(matches!(error, Error::Closed) && error.code() == Code::Unavailable);
    }
    assert!(!room.folder.path().join("easien.db-wal").exists());
}

#[test]
fn readers_see_whole_states_while_the_writer_writes() {
    let room = Room::new();
    let done = AtomicBool::new(false);
    let raw = room.raw();
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let (mut most, mut rounds) = (0, 0);
                    while !done.load(Ordering::Relaxed) || rounds == 0 {
                        // Each note is there with its audit row, or not at all, and never goes away again.
                        let page = room.store.feed(None, 500).unwrap().len();
                        assert!(page >= most, "{page} after {most}");
                        most = page;
                        rounds += 1;
                    }
                    rounds
                })
            })
            .collect();
        // Somebody reads for a long time: neither the writer nor the log's checkpoint may wait for it.
        raw.execute_batch("BEGIN").unwrap();
        let count = || raw.query_row("SELECT count(*) FROM note", [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count(), 0);
        let mut longest = std::time::Duration::ZERO;
        for index in 0..150 {
            let start = std::time::Instant::now();
            room.store.add_note("Y Moan", note(&format!("{index}"))).unwrap();
            if index % 50 == 49 {
                room.store.checkpoint().unwrap();
            }
            longest = longest.max(start.elapsed());
        }
        // Half the time that a connection would wait for another one.
        assert!(
            longest < std::time::Duration::from_millis(2_500),
            "the writer waited {longest:?} for a reader"
        );
        assert_eq!(count(), 0, "a reader sees one state to its end");
        raw.execute_batch("COMMIT").unwrap();
        assert_eq!(count(), 150);
        done.store(true, Ordering::Relaxed);
        for reader in readers {
            assert!(reader.join().unwrap() > 0);
        }
    });
    assert_eq!(room.store.feed(None, 500).unwrap().len(), 150);
    assert_eq!(room.store.audit_broken_at().unwrap(), None);
}

#[test]
fn many_writers_at_once_each_get_their_turn() {
    let room = Room::new();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for index in 0..20 {
                    room.store.add_note("Y Moan", note(&format!("{index}"))).unwrap();
                }
            });
        }
    });
    assert_eq!(room.store.feed(None, 500).unwrap().len(), 160);
    assert_eq!(room.store.audit_broken_at().unwrap(), None);
}

#[test]
fn units_are_data_with_a_time() {
    let room = Room::new();
    let store = &room.store;
    let unit = |name: &str, from: Option<&str>, to: Option<&str>| UnitRow {
        id: UnitId::new(),
        name: name.to_owned(),
        position: 0,
        valid_from: from.map(str::to_owned),
        valid_to: to.map(str::to_owned),
    };
    let old = unit("Xã Ea Drông", None, Some("2025-07-01"));
    let new = unit("Xã Ea Drông", Some("2025-07-01"), None);
    store.put_unit("Y Moan", old.clone()).unwrap();
    store.put_unit("Y Moan", new.clone()).unwrap();
    let error = store.put_unit("Y Moan", unit("Xã Ea Drông", None, None)).unwrap_err();
    assert_eq!(error.problem().key, "problem_unit_name_taken");
    let renamed = UnitRow { name: "Xã Ea Siên".to_owned(), ..new };
    store.put_unit("Y Moan", renamed.clone()).unwrap();
    assert_eq!(store.units().unwrap(), [old, renamed]);
    for wrong in [
        unit("", None, None),
        unit("a", Some("2025-02-30"), None),
        unit("a", Some("1.7.2025"), None),
        unit("a", Some("2025-07-01"), Some("2025-07-01")),
    ] {
        assert_eq!(store.put_unit("Y Moan", wrong).unwrap_err().code(), Code::Invalid);
    }
}

#[test]
fn the_catalogue_of_units_fits_into_a_room() {
    let room = Room::new();
    let units = catalogue::units().unwrap();
    for unit in &units {
        room.store.put_unit("Y Moan", unit.clone()).unwrap();
    }
    assert_eq!(room.store.units().unwrap(), units);
    let in_force = |day: &str| {
        units
            .iter()
            .filter(|unit| {
                unit.valid_from.as_deref().is_none_or(|from| from <= day)
                    && unit.valid_to.as_deref().is_none_or(|to| day < to)
            })
            .count()
    };
    assert_eq!([in_force("2022-06-01"), in_force("2025-01-01"), in_force("2026-01-01")], [12, 11, 3]);
}

#[test]
fn what_is_looked_at_can_stand_in_the_audit_too() {
    let room = Room::new();
    room.clock.set(NOW.plus_seconds(1));
    room.store
        .add_audit("Y Moan", "still.picture", "still 1", &serde_json::json!({ "file": "a.png" }))
        .unwrap();
    let rows = room.store.audit(None, 1).unwrap();
    assert_eq!((rows[0].command.as_str(), rows[0].at), ("still.picture", NOW.plus_seconds(1)));
    assert_eq!(room.store.audit(Some(rows[0].seq), 1).unwrap()[0].command, "category.seed");
}
