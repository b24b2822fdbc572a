//! Somebody has the database but not the key. Whatever they do to the audit or to what people wrote is found; what they
//! cut off the end is found against a checkpoint that was kept elsewhere.

use crate::Room;
use easien_model::{NoteId, ShiftId, UtcMicros};
use easien_store::{
    AuditFault, CheckpointText, CheckpointVerdict, HandoverRow, NoteDraft, ShiftDraft, Store,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rusqlite::{Connection, params};
use std::sync::Arc;

/// Tamperings tried: the number in a full run.
fn rounds() -> u32 {
    if std::env::var_os("EASIEN_FULL").is_some() { 1000 } else { 60 }
}

fn note(text: &str) -> NoteDraft {
    NoteDraft { id: NoteId::new(), text: text.to_owned(), camera: None, at: UtcMicros(0), category: None }
}

fn room(notes: usize) -> Room {
    let room = Room::new();
    for number in 0..notes {
        room.store.add_note("Y Moan", note(&format!("Xe dừng trước cổng, lần {number}"))).unwrap();
        room.store
            .add_audit("Lê Thị Hoa", "review.open", "camera x", &serde_json::json!({ "n": number }))
            .unwrap();
    }
    let shift = |name: &str| ShiftDraft { id: ShiftId::new(), name: name.into(), commander: String::new() };
    let (present, next) = (shift("Ca 1"), shift("Ca 2"));
    room.store.begin_shift("Y Moan", present.clone()).unwrap();
    let handover = HandoverRow {
        at: UtcMicros(0),
        state: serde_json::json!({ "live": 239 }),
        remarks: "Đèn chợ hỏng".to_owned(),
        from: "Y Moan".to_owned(),
        to: "Lê Thị Hoa".to_owned(),
    };
    room.store.hand_over(present.id, next, handover, None).unwrap();
    room
}

#[test]
fn the_tables_refuse_what_changes_history() {
    let room = room(3);
    room.store.sign_checkpoint().unwrap();
    let db = room.raw();
    for statement in [
        "UPDATE audit SET who = 'x'",
        "UPDATE audit SET mac = NULL",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 2",
        "INSERT INTO audit SELECT 99, at, who, command, object, detail, leaf, mac FROM audit WHERE seq = 2",
        "UPDATE note SET text = 'x'",
        "DELETE FROM note",
        "INSERT OR REPLACE INTO note SELECT * FROM note WHERE seq = 1",
        "UPDATE audit_checkpoint SET rows = 1",
        "DELETE FROM audit_checkpoint",
        "DELETE FROM station_key",
    ] {
        assert!(db.execute_batch(statement).is_err(), "{statement}");
    }
    assert_eq!(room.store.check_audit(None).unwrap().fault, None);
}

/// What somebody does with a tool, past the triggers.
#[derive(Clone, Debug)]
enum Deed {
    /// Changes a column of an audit row, and makes its leaf and code as well as they can without the key.
    Change(usize, usize),
    Remove(usize),
    Swap(usize, usize),
    /// A row of their own, at the end or with all later ones moved.
    Insert(usize),
    ChangeNote(usize),
    RemoveNote(usize),
    SwapNotes(usize, usize),
    InsertNote,
    ChangeHandover,
    RemoveHandover,
}

fn deeds() -> impl Strategy<Value = Deed> {
    let any = any::<usize>;
    prop_oneof![
        (any(), any()).prop_map(|(row, what)| Deed::Change(row, what)),
        any().prop_map(Deed::Remove),
        (any(), any()).prop_map(|(a, b)| Deed::Swap(a, b)),
        any().prop_map(Deed::Insert),
        any().prop_map(Deed::ChangeNote),
        any().prop_map(Deed::RemoveNote),
        (any(), any()).prop_map(|(a, b)| Deed::SwapNotes(a, b)),
        Just(Deed::InsertNote),
        Just(Deed::ChangeHandover),
        Just(Deed::RemoveHandover),
    ]
}

/// False: it changed nothing (a swap with itself).
fn commit(db: &Connection, deed: &Deed) -> bool {
    let triggers: Vec<String> = db
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    db.execute_batch("PRAGMA ignore_check_constraints = 1").unwrap();
    for trigger in triggers {
        db.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
    }
    let count = |table: &str| -> usize {
        db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0)).unwrap()
            as usize
    };
    let rows = count("audit");
    let notes = count("note");
    let row = |index: usize| (index % rows + 1) as i64;
    let note = |index: usize| (index % notes + 1) as i64;
    match *deed {
        Deed::Change(index, what) => {
            let set = [
                "at = at + 1",
                "who = who || 'x'",
                "command = 'note.add2'",
                "object = object || 'x'",
                "detail = '{}'",
                "leaf = randomblob(32)",
                "mac = randomblob(32)",
                "mac = NULL",
                "who = 'Ai đó', leaf = (SELECT leaf FROM audit AS other WHERE other.seq = 1), mac = (SELECT mac FROM audit AS other WHERE other.seq = 1)",
            ];
            let set = set[what % set.len()];
            // Row 2's detail may be `{}` already.
            let changed = db
                .query_row(
                    &format!("SELECT count(*) FROM audit WHERE seq = {0} AND detail = '{{}}'", row(index)),
                    [],
                    |r| r.get::<_, i64>(0),
                )
                .unwrap();
            if set.starts_with("detail") && changed > 0 {
                return false;
            }
            db.execute(&format!("UPDATE audit SET {set} WHERE seq = ?1"), [row(index)]).unwrap();
        }
        Deed::Remove(index) => {
            // The last one is the checkpoint's to find; and the rest is moved up, so that there is no hole.
            let index = (index % (rows - 1) + 1) as i64;
            db.execute("DELETE FROM audit WHERE seq = ?1", [index]).unwrap();
            db.execute("UPDATE audit SET seq = -seq WHERE seq > ?1", [index]).unwrap();
            db.execute("UPDATE audit SET seq = -seq - 1 WHERE seq < 0", []).unwrap();
        }
        Deed::Swap(a, b) => {
            let (a, b) = (row(a), row(b));
            if a == b {
                return false;
            }
            db.execute("UPDATE audit SET seq = -1 WHERE seq = ?1", [a]).unwrap();
            db.execute("UPDATE audit SET seq = ?1 WHERE seq = ?2", [a, b]).unwrap();
            db.execute("UPDATE audit SET seq = ?1 WHERE seq = -1", [b]).unwrap();
        }
        Deed::Insert(index) => {
            let at = row(index) + 1;
            db.execute("UPDATE audit SET seq = -seq WHERE seq >= ?1", [at]).unwrap();
            db.execute("UPDATE audit SET seq = -seq + 1 WHERE seq < 0", []).unwrap();
            db.execute(
                "INSERT INTO audit SELECT ?1, at, 'Ai đó', command, object, '{}', leaf, mac FROM audit WHERE seq = 1",
                [at],
            )
            .unwrap();
        }
        Deed::ChangeNote(index) => {
            db.execute("UPDATE note SET text = text || '.' WHERE seq = ?1", [note(index)]).unwrap();
        }
        Deed::RemoveNote(index) => {
            db.execute("DELETE FROM note WHERE seq = ?1", [note(index)]).unwrap();
        }
        Deed::SwapNotes(a, b) => {
            let (a, b) = (note(a), note(b));
            if a == b {
                return false;
            }
            let text = |seq: i64| -> String {
                db.query_row("SELECT text FROM note WHERE seq = ?1", [seq], |row| row.get(0)).unwrap()
            };
            let (of_a, of_b) = (text(a), text(b));
            db.execute("UPDATE note SET text = ?2 WHERE seq = ?1", params![a, of_b]).unwrap();
            db.execute("UPDATE note SET text = ?2 WHERE seq = ?1", params![b, of_a]).unwrap();
        }
        Deed::InsertNote => {
            db.execute(
                "INSERT INTO note (id, text, at, author, created_at) VALUES (randomblob(16), 'x', 0, 'Y Moan', 0)",
                [],
            )
            .unwrap();
        }
        Deed::ChangeHandover => {
            db.execute("UPDATE handover SET remarks = 'Không có gì'", []).unwrap();
        }
        Deed::RemoveHandover => {
            db.execute("DELETE FROM handover", []).unwrap();
        }
    }
    true
}

#[test]
fn whatever_is_done_without_the_key_is_found() {
    let room = room(12);
    assert_eq!(room.store.check_audit(None).unwrap().fault, None);
    let honest = room.folder.path().join(easien_store::DATABASE_FILE);
    room.store.close().unwrap();
    let mut runner = TestRunner::new(Config { cases: rounds(), ..Config::default() });
    let found = std::cell::Cell::new(0);
    runner
        .run(&deeds(), |deed| {
            let folder = tempfile::tempdir().unwrap();
            std::fs::copy(&honest, folder.path().join(easien_store::DATABASE_FILE)).unwrap();
            std::fs::copy(room.folder.path().join("master.key"), folder.path().join("master.key")).unwrap();
            let changed = {
                let db = Connection::open(folder.path().join(easien_store::DATABASE_FILE)).unwrap();
                db.pragma_update(None, "foreign_keys", false).unwrap();
                commit(&db, &deed)
            };
            let store = Store::open_with(folder.path(), room.clock.clone(), None).unwrap();
            let fault = store.check_audit(None).unwrap().fault;
            prop_assert_eq!(fault.is_some(), changed, "{:?}: {:?}", deed, fault);
            found.set(found.get() + u32::from(changed));
            Ok(())
        })
        .unwrap();
    println!("{} tamperings, {} found", found.get(), found.get());
}

#[test]
fn what_was_cut_off_or_put_back_is_found_against_a_checkpoint() {
    let mut room = room(4);
    let early = room.store.sign_checkpoint().unwrap();
    let older = tempfile::tempdir().unwrap();
    room.store.close().unwrap();
    std::fs::copy(
        room.folder.path().join(easien_store::DATABASE_FILE),
        older.path().join(easien_store::DATABASE_FILE),
    )
    .unwrap();
    std::fs::copy(room.folder.path().join("master.key"), older.path().join("master.key")).unwrap();
    room.store = Store::open_with(room.folder.path(), room.clock.clone(), None).unwrap();
    room.store.add_note("Y Moan", note("Sau đó")).unwrap();
    let late = room.store.sign_checkpoint().unwrap();
    assert!(late.rows > early.rows);

    let read = |text: &str| CheckpointText::read(text).unwrap();
    let holds = |store: &Store, text: &str| store.hold_against(&read(text)).unwrap();
    assert_eq!(holds(&room.store, &early.text), CheckpointVerdict::Holds);
    assert_eq!(holds(&room.store, &late.text.replace('\n', "\r\n")), CheckpointVerdict::Holds);
    // An older database in its place knows nothing of the late rows, and is whole by itself.
    let restored = Store::open_with(older.path(), Arc::new(easien_model::SystemClock), None).unwrap();
    assert_eq!(restored.check_audit(None).unwrap().fault, None);
    assert_eq!(holds(&restored, &early.text), CheckpointVerdict::Holds);
    assert_eq!(holds(&restored, &late.text), CheckpointVerdict::Cut { rows: late.rows });
    // Even when as many other rows were written since.
    for number in 0..9 {
        restored.add_note("Y Moan", note(&format!("khác {number}"))).unwrap();
    }
    assert_eq!(holds(&restored, &late.text), CheckpointVerdict::Changed);
    // A tail cut off.
    let db = room.raw();
    db.execute_batch("DROP TRIGGER audit_keep; DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)")
        .unwrap();
    assert_eq!(holds(&room.store, &late.text), CheckpointVerdict::Cut { rows: late.rows });

    // A checkpoint that was changed, or is another station's.
    let forged = late.text.replacen(&format!("\n{}\n", late.rows), &format!("\n{}\n", early.rows), 1);
    assert_eq!(holds(&room.store, &forged), CheckpointVerdict::Unsigned);
    let other = Room::new();
    assert_eq!(holds(&other.store, &late.text), CheckpointVerdict::Foreign);
    assert_eq!(CheckpointText::read("nonsense"), None);
}

#[test]
fn a_fault_names_what_it_is_about() {
    let room = room(2);
    let db = room.raw();
    db.execute_batch("DROP TRIGGER note_stays; UPDATE note SET text = 'khác' WHERE seq = 1").unwrap();
    let fault = room.store.check_audit(None).unwrap().fault;
    assert!(matches!(fault, Some(AuditFault::Changed { .. })), "{fault:?}");
}
