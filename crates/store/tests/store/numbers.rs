//! A number is given once: over years, refusals, crashes between file and database, and a database that was restored
//! from an older copy.

use crate::Room;
use crate::incidents::{WHO, draft, open};
use easien_model::{Code, ManualClock};
use easien_store::{DATABASE_FILE, NUMBERS_FILE, Store};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

fn reopen(folder: &Path) -> Store {
    Store::open_with(folder, Arc::new(ManualClock::new(crate::NOW)), None).unwrap()
}

#[test]
fn each_year_has_its_own_sequence_whatever_the_prefix() {
    let room = Room::new();
    let number =
        |prefix, year| room.store.open_incident(WHO, &draft("x"), prefix, year).unwrap().incident.number;
    assert_eq!(number("ES", 2026), "ES-2026-0001");
    assert_eq!(number("BH", 2026), "BH-2026-0002", "a station that was renamed goes on");
    assert_eq!(number("BH", 2027), "BH-2027-0001");
    assert_eq!(number("BH", 2026), "BH-2026-0003", "a clock that was set back");
    let told = std::fs::read_to_string(room.folder.path().join(NUMBERS_FILE)).unwrap();
    assert_eq!(told, "easien numbers 1\n2026 3\n2027 1\n");
}

#[test]
fn a_restored_older_database_gives_no_number_again() {
    let room = Room::new();
    let folder = room.folder.path().to_owned();
    let mut given = BTreeSet::new();
    for _ in 0..3 {
        given.insert(open(&room.store, &draft("x")).incident.number);
    }
    room.store.close().unwrap();
    let copy = folder.join("copy.db");
    std::fs::copy(folder.join(DATABASE_FILE), &copy).unwrap();
    let store = reopen(&folder);
    for _ in 0..4 {
        assert!(given.insert(open(&store, &draft("x")).incident.number));
    }
    store.close().unwrap();
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.join(format!("{DATABASE_FILE}{ending}")));
    }
    std::fs::copy(&copy, folder.join(DATABASE_FILE)).unwrap();
    let store = reopen(&folder);
    for _ in 0..3 {
        let number = open(&store, &draft("x")).incident.number;
        assert!(given.insert(number.clone()), "{number} was given twice");
    }
    assert_eq!(given.last().unwrap(), "ES-2026-0010");

    // Without the file the database alone knows; a damaged one is refused, and nothing is given.
    std::fs::remove_file(folder.join(NUMBERS_FILE)).unwrap();
    assert_eq!(open(&store, &draft("x")).incident.number, "ES-2026-0011");
    std::fs::write(folder.join(NUMBERS_FILE), "easien numbers 1\n2026 1").unwrap();
    let error = store.open_incident(WHO, &draft("x"), "ES", 2026).unwrap_err();
    assert_eq!((error.code(), error.problem().key.as_str()), (Code::DataLoss, "problem_damaged"));
}

#[test]
fn a_number_that_was_noted_but_not_written_is_left_out() {
    let room = Room::new();
    open(&room.store, &draft("x"));
    // As a crash between the file and the commit leaves it.
    std::fs::write(room.folder.path().join(NUMBERS_FILE), "easien numbers 1\n2026 2\n").unwrap();
    assert_eq!(open(&room.store, &draft("x")).incident.number, "ES-2026-0003");
}

#[test]
fn four_windows_at_once_get_different_numbers() {
    let room = Room::new();
    let numbers: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    (0..10).map(|_| open(&room.store, &draft("x")).incident.number).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let once: BTreeSet<_> = numbers.iter().collect();
    assert_eq!((numbers.len(), once.len()), (40, 40));
    assert_eq!(once.last().unwrap().as_str(), "ES-2026-0040");
}
