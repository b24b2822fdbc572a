//! schema.sql says what the migrations build, and the tables hold what they promise against a person with a tool.

use crate::casebook::{alarm, hold, volume};
use crate::commands::{bookmark, edit, note, still};
use crate::incidents;
use crate::{NOW, Room};
use easien_model::{IncidentState, Linked, LossReason};
use easien_store::{AlarmCameraRow, catalogue, migrate};
use rusqlite::Connection;
use std::path::Path;

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations")
}

/// Every object's statement without comments and with spaces only between words.
fn objects(db: &Connection) -> Vec<(String, String)> {
    let mut statement = db
        .prepare("SELECT type || ' ' || name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY 1")
        .unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?))).unwrap();
    rows.map(|row| {
        let (name, sql) = row.unwrap();
        let bare: Vec<&str> = sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
        let words = bare.join(" ").replace(',', " , ").replace(')', " ) ").replace('(', " ( ");
        (name, words.split_whitespace().collect::<Vec<_>>().join(" "))
    })
    .collect()
}

#[test]
fn schema_sql_is_what_the_migrations_build() {
    for (folder, ladder, least) in
        [(folder(), migrate::ROOM, 60), (folder().join("recordings"), migrate::RECORDINGS, 10)]
    {
        let written = Connection::open_in_memory().unwrap();
        written.execute_batch(&std::fs::read_to_string(folder.join("schema.sql")).unwrap()).unwrap();
        let mut replayed = Connection::open_in_memory().unwrap();
        ladder.migrate(&mut replayed, Path::new("memory")).unwrap();
        let (written, replayed) = (objects(&written), objects(&replayed));
        for pair in written.iter().zip(&replayed) {
            assert_eq!(pair.0, pair.1, "schema.sql (left) and the migrations (right) differ");
        }
        assert_eq!(written.len(), replayed.len());
        assert!(written.len() > least);
    }
}

#[test]
fn every_migration_file_is_built_in() {
    for (folder, ladder) in [(folder(), migrate::ROOM), (folder().join("recordings"), migrate::RECORDINGS)] {
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(Result::unwrap)
            .filter(|entry| entry.file_type().unwrap().is_file())
            .map(|entry| entry.file_name().into_string().unwrap())
            .filter(|name| name != "schema.sql")
            .collect();
        files.sort();
        let built: Vec<String> = ladder
            .migrations
            .iter()
            .map(|migration| format!("{:04}_{}.sql", migration.number, migration.name))
            .collect();
        assert_eq!(files, built);
        assert!(ladder.migrations.iter().map(|migration| migration.number).eq(1..=ladder.newest()));
        for migration in ladder.migrations {
            let upper = migration.statements.to_uppercase();
            // The migrator makes the transaction; one of the file's own would end it.
            assert!(
                !upper.contains("COMMIT")
                    && !upper.contains("BEGIN TRANSACTION")
                    && !upper.contains("BEGIN IMMEDIATE")
            );
        }
    }
}

#[test]
fn every_table_is_strict() {
    let room = Room::new();
    let loose: Vec<String> = room
        .raw()
        .prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(loose, [""; 0]);
}

#[test]
fn what_was_written_cannot_be_changed_even_past_the_program() {
    let room = Room::new();
    let camera = room.camera("Một");
    let store = &room.store;
    let marked = store.add_bookmark("Y Moan", bookmark(vec![camera])).unwrap();
    store.edit_bookmark("Y Moan", edit(marked.id, "Một")).unwrap();
    let held = store.add_hold("Y Moan", hold(vec![camera])).unwrap();
    store.lift_hold("Y Moan", held.hold.id, "Xong").unwrap();
    store.add_hold("Y Moan", hold(vec![camera])).unwrap();
    let raised = store.raise_alarm(alarm("no_volume"), NOW).unwrap();
    let lost = AlarmCameraRow { camera, lost: NOW, back: None, reason: None };
    store.put_alarm_cameras(raised.alarm.id, &[lost], None).unwrap();
    store.clear_alarm(raised.alarm.id, NOW).unwrap();
    store.acknowledge_alarms("Y Moan", &[raised.alarm.id], "").unwrap();
    store.put_volume("Y Moan", volume("Ổ 1")).unwrap();
    let gone = store.add_bookmark("Y Moan", bookmark(vec![camera])).unwrap();
    store.hide_bookmark("Y Moan", gone.id, "Nhầm").unwrap();
    store.add_note("Y Moan", note("Một")).unwrap();
    store.add_still("Y Moan", still(camera, "a.png")).unwrap();
    store.camera_lost(camera, LossReason::Closed, NOW).unwrap();
    store.camera_back(camera, NOW.plus_seconds(5)).unwrap();
    fill_casebook(store, camera);

    let raw = room.raw();
    let dump = |raw: &Connection| {
        [
            "note",
            "audit",
            "bookmark",
            "bookmark_edit",
            "bookmark_camera",
            "still",
            "camera_event",
            "camera",
            "hold",
            "hold_camera",
            "alarm",
            "alarm_member",
            "volume",
            "station",
            "incident",
            "incident_edit",
            "incident_step",
            "incident_note",
            "incident_link",
            "incident_hold",
            "subject",
            "subject_edit",
            "notice",
            "attachment",
            "attachment_strike",
        ]
        .map(|table| {
            let mut statement = raw.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
            let columns = statement.column_count();
            let rows = statement
                .query_map([], |row| {
                    (0..columns)
                        .map(|index| row.get::<_, rusqlite::types::Value>(index))
                        .collect::<Result<Vec<_>, _>>()
                })
                .unwrap();
            rows.map(Result::unwrap).collect::<Vec<_>>()
        })
    };
    let before = dump(&raw);
    for statement in [
        "UPDATE note SET text = 'x'",
        "UPDATE note SET at = at + 1 WHERE seq = 1",
        "DELETE FROM note",
        "INSERT OR REPLACE INTO note SELECT seq, id, 'x', camera, at, category, author, created_at, in_incident FROM note",
        "INSERT OR REPLACE INTO note SELECT seq + 7, id, 'x', camera, at, category, author, created_at, in_incident FROM note",
        "UPDATE audit SET who = 'x'",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
        "INSERT OR REPLACE INTO audit SELECT seq, at, 'x', command, object, detail, leaf, mac FROM audit",
        "INSERT INTO audit VALUES (99, 0, 'x', 'x', 'x', '{}', zeroblob(32), zeroblob(32))",
        "DELETE FROM bookmark",
        "UPDATE bookmark SET at = at + 1",
        "UPDATE bookmark SET author = 'x'",
        "UPDATE bookmark_edit SET title = 'x'",
        "DELETE FROM bookmark_edit",
        "UPDATE bookmark_camera SET position = 1",
        "DELETE FROM bookmark_camera",
        "UPDATE still SET sha256 = zeroblob(32)",
        "DELETE FROM still",
        "UPDATE camera_event SET back_at = NULL",
        "UPDATE camera_event SET reason = 'x'",
        "DELETE FROM camera_event",
        "DELETE FROM camera",
        "UPDATE camera SET id = zeroblob(16)",
        "UPDATE bookmark SET hidden_at = NULL, hidden_by = NULL, hidden_reason = NULL",
        "UPDATE bookmark SET hidden_reason = 'x' WHERE hidden_at IS NOT NULL",
        "UPDATE bookmark SET hidden_at = 1 WHERE hidden_at IS NULL",
        "DELETE FROM hold",
        "UPDATE hold SET reason = 'x'",
        "UPDATE hold SET until_at = 1",
        "UPDATE hold SET lifted_at = NULL, lifted_by = NULL, lifted_reason = NULL",
        "UPDATE hold SET lifted_at = 1 WHERE lifted_at IS NULL",
        "UPDATE hold SET lifted_reason = 'x' WHERE lifted_at IS NOT NULL",
        "INSERT OR REPLACE INTO hold SELECT * FROM hold",
        "UPDATE hold_camera SET position = 1",
        "DELETE FROM hold_camera",
        "DELETE FROM alarm",
        "UPDATE alarm SET subject = 'x'",
        "UPDATE alarm SET cleared_at = NULL",
        "UPDATE alarm SET acknowledged_by = 'x'",
        "UPDATE alarm SET topic = 'x'",
        "UPDATE alarm SET comment = 'x'",
        "UPDATE alarm SET shared = '{}'",
        "INSERT OR REPLACE INTO alarm SELECT * FROM alarm",
        "UPDATE alarm_member SET back_at = 9223372036854775807",
        "INSERT OR REPLACE INTO alarm_member SELECT * FROM alarm_member",
        "DELETE FROM alarm_member",
        "DELETE FROM volume",
        "UPDATE station SET id = zeroblob(16)",
        "DELETE FROM station",
        "DELETE FROM incident",
        "UPDATE incident SET sequence = sequence + 100",
        "UPDATE incident SET prefix = 'XX'",
        "UPDATE incident SET opened_by = 'x'",
        "UPDATE incident SET title = 'x'",
        "UPDATE incident SET title = 'x', edits = edits + 1 WHERE state = 'closed'",
        "UPDATE incident SET edits = edits - 1",
        "UPDATE incident SET state = 'new' WHERE state = 'cancelled'",
        "UPDATE incident SET merged_into = NULL WHERE state = 'cancelled'",
        "INSERT OR REPLACE INTO incident SELECT * FROM incident",
        "UPDATE incident_edit SET sheet = '{}'",
        "DELETE FROM incident_edit",
        "INSERT OR REPLACE INTO incident_edit SELECT * FROM incident_edit",
        "UPDATE incident_step SET author = 'x'",
        "DELETE FROM incident_step",
        "INSERT OR REPLACE INTO incident_step SELECT * FROM incident_step",
        "UPDATE incident_note SET corrects = NULL",
        "DELETE FROM incident_note",
        "INSERT OR REPLACE INTO incident_note SELECT * FROM incident_note",
        "INSERT INTO incident_note SELECT zeroblob(16), id, NULL, '' FROM incident WHERE state = 'closed'",
        "UPDATE incident_link SET start_at = start_at - 1",
        "UPDATE incident_link SET removed_at = NULL, removed_by = NULL, removed_reason = NULL",
        "UPDATE incident_link SET removed_reason = 'x' WHERE removed_at IS NOT NULL",
        "UPDATE incident_link SET removed_at = 1 WHERE removed_at IS NULL",
        "DELETE FROM incident_link",
        "INSERT OR REPLACE INTO incident_link SELECT * FROM incident_link",
        "UPDATE incident_hold SET seq = seq + 100",
        "DELETE FROM incident_hold",
        "INSERT OR REPLACE INTO incident_hold SELECT * FROM incident_hold",
        "UPDATE subject SET plate = 'x' WHERE hidden_at IS NULL",
        "UPDATE subject SET plate = 'x', edits = edits + 1 WHERE hidden_at IS NOT NULL",
        "UPDATE subject SET hidden_at = NULL, hidden_by = NULL, hidden_reason = NULL WHERE hidden_at IS NOT NULL",
        "DELETE FROM subject",
        "INSERT OR REPLACE INTO subject SELECT * FROM subject",
        "UPDATE subject_edit SET plate = 'x'",
        "DELETE FROM subject_edit",
        "INSERT OR REPLACE INTO subject_edit SELECT * FROM subject_edit",
        "UPDATE notice SET whom = 'x'",
        "DELETE FROM notice",
        "INSERT OR REPLACE INTO notice SELECT * FROM notice",
        "UPDATE attachment SET name = 'x'",
        "DELETE FROM attachment",
        "INSERT OR REPLACE INTO attachment SELECT * FROM attachment",
        "UPDATE attachment_strike SET reason = 'x'",
        "DELETE FROM attachment_strike",
        "INSERT OR REPLACE INTO attachment_strike SELECT * FROM attachment_strike",
    ] {
        let error = raw.execute(statement, []).unwrap_err();
        assert_eq!(
            error.sqlite_error_code(),
            Some(rusqlite::ErrorCode::ConstraintViolation),
            "{statement}: {error}"
        );
    }
    assert_eq!(dump(&raw), before);
    assert_eq!(store.audit_broken_at().unwrap(), None);
}

/// One of everything that belongs to incidents: one closed, one that became part of another, and that one.
fn fill_casebook(store: &easien_store::Store, camera: easien_model::CameraId) {
    use incidents::{WHO, attachment, draft, footage, notice, open, sheet, vehicle};
    let what = Linked::Footage(footage(camera));
    let id = open(store, &draft("Một")).incident.id;
    store.update_incident(WHO, id, &sheet("Hai"), 0).unwrap();
    store.link_incident(WHO, id, &what).unwrap();
    store.unlink_incident(WHO, id, &what, "Nhầm", 90).unwrap();
    store.link_incident(WHO, id, &what).unwrap();
    let wrong = incidents::note(id, "Sai", None);
    store.add_incident_note(WHO, false, &wrong).unwrap();
    store.add_incident_note(WHO, false, &incidents::note(id, "Đúng", Some(wrong.id))).unwrap();
    let gone = vehicle("47K1-123.45");
    store.put_subject(WHO, id, &gone, None, None).unwrap();
    store.put_subject(WHO, id, &gone, None, Some("Nhầm")).unwrap();
    store.put_subject(WHO, id, &vehicle("47A-000.01"), None, None).unwrap();
    store.put_notice(WHO, id, &notice("Công an xã")).unwrap();
    let brought = attachment("a.pdf");
    store.add_attachment(WHO, id, &brought).unwrap();
    store.strike_attachment(WHO, false, id, brought.id, "Nhầm vụ").unwrap();
    let target = open(store, &draft("Ba")).incident.id;
    let duplicate = open(store, &draft("Bốn")).incident.id;
    store.merge_incident(WHO, duplicate, target, "Trùng", 90).unwrap();
    assert_eq!(incidents::close(store, id).incident.state, IncidentState::Closed);
}

#[test]
fn a_forged_audit_shows() {
    let room = Room::new();
    for text in ["Một", "Hai", "Ba"] {
        room.store.add_note("Y Moan", note(text)).unwrap();
    }
    let raw = room.raw();
    raw.execute_batch("DROP TRIGGER audit_stays; UPDATE audit SET who = 'x' WHERE seq = 3").unwrap();
    assert_eq!(room.store.audit_broken_at().unwrap(), Some(3));
    raw.execute_batch("UPDATE audit SET who = 'Y Moan' WHERE seq = 3").unwrap();
    assert_eq!(room.store.audit_broken_at().unwrap(), None);
    raw.execute_batch("DROP TRIGGER audit_keep; DELETE FROM audit WHERE seq = 2").unwrap();
    assert_eq!(room.store.audit_broken_at().unwrap(), Some(2));
}

#[test]
fn categories_have_three_levels_and_no_fourth() {
    let room = Room::new();
    let raw = room.raw();
    let add = |code: &str, parent: &str| {
        raw.execute(
            "INSERT INTO category (code, parent, name_vi, name_en) VALUES (?1, ?2, 'x', 'x')",
            [code, parent],
        )
    };
    add("traffic.speed", "traffic").unwrap();
    add("traffic.speed.lorry", "traffic.speed").unwrap();
    add("traffic.speed.lorry.more", "traffic.speed.lorry").unwrap_err();
    raw.execute("UPDATE category SET parent = 'traffic.speed.lorry' WHERE code = 'fire'", []).unwrap_err();
    raw.execute("UPDATE category SET name_vi = 'Giao thông đường bộ' WHERE code = 'traffic'", []).unwrap();
    let codes: Vec<String> = room.store.categories().unwrap().into_iter().map(|row| row.code).collect();
    assert_eq!(codes[..5], ["fireworks", "traffic", "traffic.speed", "traffic.speed.lorry", "public_order"]);
}

#[test]
fn categories_are_seeded_once_and_what_people_changed_stays() {
    let mut room = Room::new();
    let seeded = room.store.categories().unwrap();
    assert_eq!(seeded, catalogue::categories().unwrap());
    assert_eq!(seeded.len(), 13);
    assert!(seeded.iter().any(|row| row.code == "other" && row.name_vi == "Khác"));
    room.raw().execute("UPDATE category SET name_en = 'Roads' WHERE code = 'traffic'", []).unwrap();
    room.reopen();
    let rows = room.store.categories().unwrap();
    assert!(rows.iter().any(|row| row.code == "traffic" && row.name_en == "Roads"));
    let commands: Vec<_> = room.store.audit(None, 500).unwrap().into_iter().map(|row| row.command).collect();
    assert_eq!(commands, ["category.seed", "station.key"]);
}
