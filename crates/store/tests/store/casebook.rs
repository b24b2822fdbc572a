//! What recording and review brought into the casebook: bookmarks that are found again and hidden, holds, alarms,
//! neighbours, volumes, profiles; and a database from before.

use crate::commands::{bookmark, edit};
use crate::{NOW, Room, draft};
use easien_model::{
    AlarmId, BookmarkId, CameraId, Code, HoldId, LossReason, ManualClock, UnitId, UtcMicros, VolumeId,
};
use easien_store::{
    AlarmCameraRow, AlarmDraft, AlarmFilter, BookmarkDraft, BookmarkEdit, BookmarkFilter, BookmarkText,
    CameraDraft, CameraMeasurementRow, DATABASE_FILE, FeedRow, HoldDraft, HoldFilter, MeasurementRow,
    NeighbourRow, RecordProfile, RecordStreams, Store, UnitRow, VolumeRow, WeekSpan, migrate,
};
use std::sync::Arc;

const WHO: &str = "Y Moan";
const DAY: i64 = 86_400;

pub(crate) fn hold(cameras: Vec<CameraId>) -> HoldDraft {
    HoldDraft {
        id: HoldId::new(),
        cameras,
        start: NOW.plus_seconds(-60),
        end: NOW.plus_seconds(60),
        reason: "Va chạm giao thông".to_owned(),
        until: None,
        bookmark: None,
    }
}

pub(crate) fn alarm(kind: &str) -> AlarmDraft {
    AlarmDraft {
        id: AlarmId::new(),
        kind: kind.to_owned(),
        priority: "critical".to_owned(),
        camera: None,
        volume: None,
        subject: "Ổ 1".to_owned(),
        detail: String::new(),
        topic: String::new(),
    }
}

pub(crate) fn volume(name: &str) -> VolumeRow {
    VolumeRow {
        id: VolumeId::new(),
        name: name.to_owned(),
        path: "/srv/ghi-hinh".to_owned(),
        quota_bytes: Some(1 << 40),
        reserve_bytes: 1 << 30,
        enabled: true,
    }
}

fn text(title: &str, note: &str, tags: &[&str], colour: &str) -> BookmarkText {
    BookmarkText {
        title: title.to_owned(),
        category: None,
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        note: note.to_owned(),
        colour: colour.to_owned(),
    }
}

fn audited(store: &Store, command: &str) -> usize {
    store.audit(None, 500).unwrap().iter().filter(|row| row.command == command).count()
}

#[test]
fn bookmarks_are_found_by_each_filter_and_all_together() {
    let room = Room::new();
    let store = &room.store;
    let unit = UnitRow {
        id: UnitId::new(),
        name: "Xã Ea Siên".to_owned(),
        position: 0,
        valid_from: None,
        valid_to: None,
    };
    store.put_unit(WHO, unit.clone()).unwrap();
    let gate = CameraDraft { unit: Some(unit.id), ..draft("Cổng chợ Ea Siên") };
    let gate = store.add_camera(WHO, gate, None).unwrap().id;
    let road = room.camera("Đường Nguyễn Huệ");
    let add = |minute: i64, who: &str, cameras: Vec<CameraId>, text: BookmarkText| {
        let at = NOW.plus_seconds(minute * 60);
        let draft = BookmarkDraft {
            id: BookmarkId::new(),
            cameras,
            at,
            start: at.plus_seconds(-30),
            end: at.plus_seconds(60),
            text: Some(text),
        };
        store.add_bookmark(who, draft).unwrap().id
    };
    let lorry = add(0, WHO, vec![gate], text("Xe tải dừng sai chỗ", "biển 47C-123.45", &["Xe tải"], "blue"));
    let fire = add(10, "H'Len", vec![gate, road], text("Đốt pháo", "", &["pháo", "đêm"], "amber"));
    let bare = add(20, WHO, vec![road], text("", "", &[], ""));
    store.edit_bookmark(WHO, edit(bare, "Rượt đuổi")).unwrap();

    let find = |filter: BookmarkFilter| {
        let rows = store.bookmarks(&BookmarkFilter { limit: 100, ..filter }).unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    let by = |text: &str| find(BookmarkFilter { text: text.to_owned(), ..Default::default() });
    assert_eq!(find(BookmarkFilter::default()), [bare, fire, lorry]);
    assert_eq!(by("xe tai"), [lorry]);
    assert_eq!(by("TẢI xe"), [lorry], "every word, in any order");
    assert_eq!(by("47c-123"), [lorry]);
    assert_eq!(by("duong nguyen hue"), [bare, fire], "by its camera");
    assert_eq!(by("phao nguyen"), [bare, fire], "a word of the text and one of the camera");
    assert_eq!(by("dot phao cho"), [fire]);
    assert_eq!(by("duoi"), [bare], "what was edited is found");
    assert_eq!(by("%"), []);
    let minute = |minute: i64| Some(NOW.plus_seconds(minute * 60));
    assert_eq!(find(BookmarkFilter { from: minute(5), ..Default::default() }), [bare, fire]);
    assert_eq!(find(BookmarkFilter { to: minute(5), ..Default::default() }), [lorry]);
    assert_eq!(find(BookmarkFilter { from: minute(1), to: minute(15), ..Default::default() }), [fire]);
    assert_eq!(find(BookmarkFilter { cameras: vec![gate], ..Default::default() }), [fire, lorry]);
    assert_eq!(find(BookmarkFilter { cameras: vec![gate, road], ..Default::default() }), [bare, fire, lorry]);
    assert_eq!(find(BookmarkFilter { unit: Some(unit.id), ..Default::default() }), [fire, lorry]);
    assert_eq!(find(BookmarkFilter { category: Some("fireworks".into()), ..Default::default() }), [bare]);
    assert_eq!(find(BookmarkFilter { author: Some("H'Len".into()), ..Default::default() }), [fire]);
    assert_eq!(find(BookmarkFilter { tag: Some("PHAO".into()), ..Default::default() }), [bare, fire]);
    assert_eq!(find(BookmarkFilter { tag: Some("tải".into()), ..Default::default() }), [], "a whole tag");
    let page = store.bookmarks(&BookmarkFilter { limit: 2, ..Default::default() }).unwrap();
    assert_eq!(page.len(), 2);
    assert_eq!(find(BookmarkFilter { before: Some(page[1].at), ..Default::default() }), [lorry]);

    store.hide_bookmark("H'Len", fire, "Nhầm camera").unwrap();
    let hidden = store.hide_bookmark(WHO, fire, "Lần nữa").unwrap().hidden.unwrap();
    assert_eq!((hidden.who.as_str(), hidden.reason.as_str()), ("H'Len", "Nhầm camera"));
    assert_eq!(audited(store, "bookmark.hide"), 1);
    assert_eq!(find(BookmarkFilter::default()), [bare, lorry]);
    assert_eq!(find(BookmarkFilter { hidden: true, ..Default::default() }), [bare, fire, lorry]);
    assert!(store.bookmark(fire).unwrap().is_some());
    assert!(
        !store
            .feed(None, 500)
            .unwrap()
            .iter()
            .any(|row| matches!(row, FeedRow::Bookmark(row) if row.id == fire))
    );

    let next = |at: Option<UtcMicros>, forward| store.next_bookmark(&[gate], at.unwrap(), forward).unwrap();
    assert_eq!(next(minute(-1), true), minute(0));
    assert_eq!(next(minute(0), true), None, "the hidden one is not jumped to");
    assert_eq!(next(minute(30), false), minute(0));
}

#[test]
fn what_a_bookmark_was_made_with_is_its_first_version() {
    let room = Room::new();
    let store = &room.store;
    let camera = room.camera("Một");
    let draft = BookmarkDraft { text: Some(text("Một", "a", &["x"], "teal")), ..bookmark(vec![camera]) };
    let row = store.add_bookmark(WHO, draft.clone()).unwrap();
    assert_eq!((row.edits, Some(row.text)), (0, draft.text.clone()));
    assert_eq!(store.add_bookmark(WHO, draft.clone()).unwrap().edits, 0);
    let other = BookmarkDraft { text: Some(text("Hai", "a", &["x"], "teal")), ..draft.clone() };
    assert_eq!(store.add_bookmark(WHO, other).unwrap_err().code(), Code::Conflict);
    let change = |title: &str, edits| BookmarkEdit { id: draft.id, text: text(title, "", &[], ""), edits };
    assert_eq!(store.edit_bookmark(WHO, change("Hai", Some(0))).unwrap().edits, 1);
    // Its answer was lost and it is sent again: nothing more happens. Something else by then is a conflict.
    assert_eq!(store.edit_bookmark(WHO, change("Hai", Some(0))).unwrap().edits, 1);
    let error = store.edit_bookmark(WHO, change("Ba", Some(0))).unwrap_err();
    assert_eq!(error.problem().key, "problem_bookmark_conflict");
    store.edit_bookmark(WHO, change("Ba", None)).unwrap();
    let history = store.bookmark_history(draft.id).unwrap();
    let told: Vec<_> = history.iter().map(|row| (row.number, row.text.title.as_str())).collect();
    assert_eq!(told, [(1, "Một"), (2, "Hai"), (3, "Ba")]);
    assert_eq!(history[0].text.colour, "teal");
    let wrong = BookmarkEdit { id: draft.id, text: text("Bốn", "", &[], "red"), edits: None };
    assert_eq!(store.edit_bookmark(WHO, wrong).unwrap_err().problem().key, "problem_bookmark_colour");
}

#[test]
fn a_hold_protects_until_it_is_lifted_or_runs_out() {
    let room = Room::new();
    let store = &room.store;
    let (one, two) = (room.camera("Một"), room.camera("Hai"));
    let marked = store.add_bookmark(WHO, bookmark(vec![one])).unwrap();
    let first = HoldDraft { bookmark: Some(marked.id), ..hold(vec![one, two]) };
    let row = store.add_hold(WHO, first.clone()).unwrap();
    assert_eq!((row.hold, store.add_hold(WHO, first.clone()).unwrap().lifted), (first.clone(), None));
    assert_eq!(audited(store, "hold.add"), 1);
    let other = HoldDraft { end: first.end.plus_seconds(1), ..first.clone() };
    assert_eq!(store.add_hold(WHO, other).unwrap_err().code(), Code::Conflict);
    let second = HoldDraft { until: Some(NOW.plus_seconds(DAY)), ..hold(vec![two]) };
    store.add_hold("H'Len", second.clone()).unwrap();
    assert_eq!(store.held().unwrap().len(), 3);

    let list = |filter: HoldFilter| {
        store.holds(&filter).unwrap().into_iter().map(|row| row.hold.id).collect::<Vec<_>>()
    };
    assert_eq!(list(HoldFilter::default()), [second.id, first.id]);
    assert_eq!(list(HoldFilter { cameras: vec![one], ..Default::default() }), [first.id]);
    assert_eq!(list(HoldFilter { from: Some(NOW.plus_seconds(60)), ..Default::default() }), []);
    room.clock.set(NOW.plus_seconds(DAY));
    assert_eq!(list(HoldFilter::default()), [first.id]);
    assert_eq!(list(HoldFilter { ended: true, ..Default::default() }), [second.id, first.id]);
    let over = store.holds_run_out(NOW, NOW.plus_seconds(DAY)).unwrap();
    assert_eq!(over.iter().map(|row| row.hold.id).collect::<Vec<_>>(), [second.id]);
    assert_eq!(store.holds_run_out(NOW.plus_seconds(DAY), NOW.plus_seconds(2 * DAY)).unwrap(), []);
    let ended = |id, reason| store.lift_hold(WHO, id, reason).unwrap_err().problem().key;
    assert_eq!(ended(second.id, "Xong"), "problem_hold_ended");
    // It was placed once, also now that its time is over.
    assert_eq!(store.add_hold("H'Len", second.clone()).unwrap().hold, second);

    let lifted = store.lift_hold(WHO, first.id, "Đã bàn giao").unwrap().lifted.unwrap();
    assert_eq!((lifted.who.as_str(), lifted.at), (WHO, NOW.plus_seconds(DAY)));
    store.lift_hold(WHO, first.id, "Đã bàn giao").unwrap();
    assert_eq!(audited(store, "hold.lift"), 1);
    assert_eq!(ended(first.id, "Khác"), "problem_hold_ended");
    assert_eq!(store.held().unwrap(), []);

    let refused = |draft: HoldDraft| {
        let problem = store.add_hold(WHO, draft).unwrap_err().problem();
        (problem.key, problem.field.unwrap_or_default())
    };
    let now = NOW.plus_seconds(DAY);
    for (draft, key, field) in [
        (hold(vec![]), "problem_hold_cameras", "cameras"),
        (hold(vec![one, one]), "problem_hold_cameras", "cameras"),
        (hold(vec![CameraId::new()]), "problem_camera_not_found", "cameras"),
        (HoldDraft { reason: " ".into(), ..hold(vec![one]) }, "problem_reason", "reason"),
        (HoldDraft { end: NOW.plus_seconds(-60), ..hold(vec![one]) }, "problem_hold_interval", "end"),
        (HoldDraft { end: NOW.plus_seconds(31 * DAY), ..hold(vec![one]) }, "problem_hold_interval", "end"),
        (HoldDraft { until: Some(now), ..hold(vec![one]) }, "problem_hold_interval", "until"),
        (
            HoldDraft { bookmark: Some(BookmarkId::new()), ..hold(vec![one]) },
            "problem_bookmark_not_found",
            "bookmark",
        ),
    ] {
        assert_eq!(refused(draft), (key.to_owned(), field.to_owned()));
    }
}

#[test]
fn an_alarm_stands_once_and_stays_readable() {
    let room = Room::new();
    let store = &room.store;
    let camera = room.camera("Một");
    let first = store.raise_alarm(alarm("volume_failed"), NOW).unwrap();
    assert_eq!(store.raise_alarm(alarm("volume_failed"), NOW.plus_seconds(1)).unwrap(), first);
    let other = AlarmDraft { volume: Some(VolumeId::new()), ..alarm("volume_failed") };
    let other = store.raise_alarm(other, NOW.plus_seconds(2)).unwrap();
    let seen = AlarmDraft { camera: Some(camera), ..alarm("recording_overload") };
    let seen = store.raise_alarm(seen, NOW.plus_seconds(3)).unwrap();
    assert_eq!(store.alarms_standing().unwrap(), [first.clone(), other.clone(), seen.clone()]);
    // A clock that was set back.
    assert_eq!(store.clear_alarm(seen.alarm.id, NOW).unwrap().cleared, Some(NOW.plus_seconds(3)));
    store.clear_alarm(seen.alarm.id, NOW.plus_seconds(9)).unwrap();
    store.acknowledge_alarms(WHO, &[seen.alarm.id], "Đã gọi thợ").unwrap();
    let row = store.acknowledge_alarms("H'Len", &[seen.alarm.id], "Khác").unwrap().remove(0);
    assert_eq!(row.comment, "Đã gọi thợ");
    assert_eq!((row.acknowledged_by.as_deref(), row.acknowledged), (Some(WHO), Some(NOW)));
    assert_eq!(audited(store, "alarm.acknowledge"), 1);
    let again =
        store.raise_alarm(AlarmDraft { camera: Some(camera), ..alarm("recording_overload") }, NOW).unwrap();
    assert_ne!(again.alarm.id, seen.alarm.id);

    let list = |filter: AlarmFilter| {
        let rows = store.alarms(&AlarmFilter { limit: 100, ..filter }).unwrap();
        rows.into_iter().map(|row| row.alarm.id).collect::<Vec<_>>()
    };
    let (first, other, seen, again) = (first.alarm.id, other.alarm.id, seen.alarm.id, again.alarm.id);
    assert_eq!(list(AlarmFilter::default())[..2], [seen, other]);
    assert!(!list(AlarmFilter { open: true, ..Default::default() }).contains(&seen));
    assert_eq!(list(AlarmFilter { to: Some(NOW.plus_seconds(1)), ..Default::default() }).len(), 2);
    assert!(!list(AlarmFilter { from: Some(NOW.plus_seconds(4)), ..Default::default() }).contains(&seen));
    assert_eq!(store.alarms(&AlarmFilter { limit: 1, ..Default::default() }).unwrap().len(), 1);
    let feed = store.feed(None, 10).unwrap();
    assert!(matches!(&feed[0], FeedRow::Alarm(row) if row.alarm.id == seen), "{feed:?}");
    assert_eq!(feed.len(), 4);
    let _ = (first, again);

    store.camera_lost(camera, LossReason::Stalled, NOW.plus_seconds(60)).unwrap();
    let next = |at: i64, forward| store.next_alarm(&[camera], NOW.plus_seconds(at), forward).unwrap();
    assert_eq!(next(3, true), Some(NOW.plus_seconds(60)));
    assert_eq!(next(2, true), Some(NOW.plus_seconds(3)));
    assert_eq!(next(60, false), Some(NOW.plus_seconds(3)));
    assert_eq!(store.clear_alarm(AlarmId::new(), NOW).unwrap_err().problem().key, "problem_alarm_not_found");
}

#[test]
fn an_alarm_about_cameras_follows_them_and_is_found_by_each() {
    let room = Room::new();
    let store = &room.store;
    let cameras = [room.camera("Một"), room.camera("Hai"), room.camera("Ba")];
    let topic = |camera: CameraId| AlarmDraft { topic: camera.to_string(), ..alarm("camera_lost") };
    let first = store.raise_alarm(topic(cameras[0]), NOW).unwrap();
    let second = store.raise_alarm(topic(cameras[2]), NOW.plus_seconds(1)).unwrap();
    assert_ne!(first.alarm.id, second.alarm.id, "two lines, two alarms of one kind");
    let each =
        |camera, back| AlarmCameraRow { camera, lost: NOW, back, reason: Some(LossReason::Unreachable) };
    let row =
        store.put_alarm_cameras(first.alarm.id, &[each(cameras[0], None)], Some(r#"{"by":"room"}"#)).unwrap();
    assert_eq!(row.shared.as_deref(), Some(r#"{"by":"room"}"#));
    let later = [each(cameras[0], Some(NOW.plus_seconds(9))), each(cameras[1], None)];
    let row = store.put_alarm_cameras(first.alarm.id, &later, None).unwrap();
    assert_eq!(row.cameras, [later[1], later[0]], "those in trouble first");
    assert_eq!(row.shared, None);
    assert_eq!(store.alarms_standing().unwrap()[0], row);

    let of = |camera| {
        let filter = AlarmFilter { camera: Some(camera), limit: 9, ..Default::default() };
        store.alarms(&filter).unwrap().len()
    };
    assert_eq!((of(cameras[0]), of(cameras[1]), of(cameras[2])), (1, 1, 0));
    let kinds = |kind: &str| {
        let filter = AlarmFilter { kinds: vec![kind.to_owned()], limit: 9, ..Default::default() };
        store.alarms(&filter).unwrap().len()
    };
    assert_eq!((kinds("camera_lost"), kinds("no_volume")), (2, 0));

    // Over: what it was about stays.
    store.clear_alarm(first.alarm.id, NOW.plus_seconds(20)).unwrap();
    let same = store.put_alarm_cameras(first.alarm.id, &[each(cameras[2], None)], None).unwrap();
    assert_eq!(same.cameras, row.cameras);
    let closed =
        || store.alarms(&AlarmFilter { closed: true, limit: 9, ..Default::default() }).unwrap().len();
    assert_eq!(closed(), 0);
    store.acknowledge_alarms(WHO, &[first.alarm.id, second.alarm.id], "").unwrap();
    assert_eq!((closed(), audited(store, "alarm.acknowledge")), (1, 2));
    let missing = store.acknowledge_alarms(WHO, &[second.alarm.id, AlarmId::new()], "").unwrap_err();
    assert_eq!(missing.problem().key, "problem_alarm_not_found");
}

#[test]
fn measurements_are_kept_read_and_pruned() {
    let room = Room::new();
    let store = &room.store;
    let (one, two) = (room.camera("Một"), room.camera("Hai"));
    let station = |minute: i64| MeasurementRow {
        at: NOW.plus_seconds(60 * minute),
        cpu: Some(0.25),
        memory_bytes: 1 << 28,
        network_bps: 99_000_000,
        disk_write_bps: None,
        glass_ms: Some(41.5),
        painted_fps: None,
        live: 2,
        recording: 1,
    };
    let camera = |camera, minute: i64| CameraMeasurementRow {
        camera,
        at: NOW.plus_seconds(60 * minute),
        up: 0.5,
        fps: Some(14.9),
        bitrate_bps: Some(410_000),
        loss: None,
    };
    for minute in 0..10 {
        store.put_measurements(&station(minute), &[camera(one, minute), camera(two, minute)]).unwrap();
    }
    // The same time once more, and a camera that never was.
    store.put_measurements(&station(9), &[camera(one, 9), camera(CameraId::new(), 9)]).unwrap();
    let all = store.measurements(NOW, UtcMicros(i64::MAX)).unwrap();
    assert_eq!(all, (0..10).map(station).collect::<Vec<_>>());
    let (from, to) = (NOW.plus_seconds(120), NOW.plus_seconds(300));
    assert_eq!(store.measurements(from, to).unwrap().len(), 3);
    assert_eq!(store.camera_measurements(one, from, to).unwrap()[0], camera(one, 2));
    assert_eq!(store.prune_measurements(from, to).unwrap(), 2 + 2 * 5);
    assert_eq!(store.measurements(NOW, UtcMicros(i64::MAX)).unwrap().len(), 8);
    assert_eq!(store.camera_measurements(two, NOW, UtcMicros(i64::MAX)).unwrap().len(), 5);

    store.camera_lost(one, LossReason::Closed, NOW).unwrap();
    store.camera_back(one, NOW.plus_seconds(30)).unwrap();
    store.camera_lost(two, LossReason::Stalled, NOW.plus_seconds(40)).unwrap();
    let lost = |camera, from: i64| store.camera_losses(camera, NOW.plus_seconds(from), 9).unwrap().len();
    assert_eq!((lost(None, 0), lost(Some(one), 0), lost(Some(one), 31), lost(None, 99)), (2, 1, 0, 1));
}

#[test]
fn neighbours_keep_their_order_and_leave_out_who_is_gone() {
    let room = Room::new();
    let store = &room.store;
    let cameras = [room.camera("Một"), room.camera("Hai"), room.camera("Ba")];
    let to = |camera, seconds| NeighbourRow { camera, seconds, direction: "về Buôn Hồ".to_owned() };
    let next = vec![to(cameras[2], 95), to(cameras[1], 0)];
    assert_eq!(store.put_neighbours(WHO, cameras[0], next.clone()).unwrap(), next);
    store.put_neighbours(WHO, cameras[0], next.clone()).unwrap();
    assert_eq!(audited(store, "neighbour.put"), 1);
    assert_eq!(store.neighbours().unwrap(), [(cameras[0], next.clone())]);
    for wrong in [
        vec![to(cameras[0], 1)],
        vec![to(cameras[1], 1), to(cameras[1], 2)],
        vec![to(cameras[1], 3601)],
        (0..9).map(|_| to(CameraId::new(), 1)).collect(),
    ] {
        let problem = store.put_neighbours(WHO, cameras[0], wrong).unwrap_err().problem();
        assert_eq!((problem.key.as_str(), problem.field.as_deref()), ("problem_neighbours", Some("next")));
    }
    store.delete_camera(WHO, cameras[2]).unwrap();
    assert_eq!(store.neighbours().unwrap(), [(cameras[0], vec![to(cameras[1], 0)])]);
    store.put_neighbours(WHO, cameras[0], vec![]).unwrap();
    assert_eq!(store.neighbours().unwrap(), []);
}

#[test]
fn volumes_are_set_forgotten_and_put_back() {
    let room = Room::new();
    let store = &room.store;
    let (one, two) = (volume("Ổ 1"), VolumeRow { quota_bytes: None, ..volume("Ổ 2") });
    store.put_volume(WHO, one.clone()).unwrap();
    room.clock.set(NOW.plus_seconds(1));
    store.put_volume(WHO, two.clone()).unwrap();
    store.put_volume(WHO, two.clone()).unwrap();
    let off = VolumeRow { enabled: false, ..one.clone() };
    store.put_volume(WHO, off.clone()).unwrap();
    assert_eq!(store.volumes().unwrap(), [off.clone(), two.clone()]);
    assert_eq!(audited(store, "volume.put"), 3);
    store.remove_volume(WHO, one.id).unwrap();
    store.remove_volume(WHO, one.id).unwrap();
    assert_eq!((store.volumes().unwrap(), audited(store, "volume.remove")), (vec![two], 1));
    store.put_volume(WHO, off.clone()).unwrap();
    assert_eq!(store.volumes().unwrap()[0], off);
    assert_eq!(
        store.remove_volume(WHO, VolumeId::new()).unwrap_err().problem().key,
        "problem_volume_not_found"
    );
    let nameless = VolumeRow { name: String::new(), ..volume("") };
    assert_eq!(store.put_volume(WHO, nameless).unwrap_err().problem().key, "problem_volume_name");
}

#[test]
fn a_profile_stays_until_another_is_given() {
    let mut room = Room::new();
    let camera = draft("Một");
    assert_eq!(room.store.add_camera(WHO, camera.clone(), None).unwrap().record, RecordProfile::default());
    let span = |day, from_minute, to_minute| WeekSpan { day, from_minute, to_minute };
    let night = RecordProfile {
        streams: RecordStreams::Sub,
        schedule: vec![span(0, 0, 360), span(0, 1200, 1440), span(6, 0, 1440)],
        keep_days: Some(90),
    };
    let with = |record: Option<RecordProfile>| CameraDraft { record, ..camera.clone() };
    assert_eq!(room.store.update_camera(WHO, with(Some(night.clone())), None).unwrap().record, night);
    let renamed = CameraDraft { name: "Hai".to_owned(), ..with(None) };
    assert_eq!(room.store.update_camera(WHO, renamed, None).unwrap().record, night);
    room.reopen();
    assert_eq!(room.store.cameras().unwrap()[0].record, night);
    // Adding it again is still the same camera.
    assert_eq!(room.store.add_camera(WHO, camera.clone(), None).unwrap().record, night);
    for (schedule, keep_days, key) in [
        (vec![span(7, 0, 1)], None, "problem_record_schedule"),
        (vec![span(0, 5, 5)], None, "problem_record_schedule"),
        (vec![span(0, 5, 1441)], None, "problem_record_schedule"),
        (vec![span(0, 5, 60), span(0, 59, 90)], None, "problem_record_schedule"),
        (vec![], Some(0), "problem_keep_days"),
        (vec![], Some(3651), "problem_keep_days"),
    ] {
        let profile = RecordProfile { schedule, keep_days, ..RecordProfile::default() };
        assert_eq!(room.store.update_camera(WHO, with(Some(profile)), None).unwrap_err().problem().key, key);
    }
}

/// A database as the program before this one left it: everything is still there, and is found.
#[test]
fn a_database_from_before_recording_loses_nothing() {
    let room = Room::new();
    room.store.close().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(DATABASE_FILE);
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(migrate::ROOM.migrations[0].statements).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    let (camera, marked) = (CameraId::new(), BookmarkId::new());
    let ids = [camera.0.into_bytes(), marked.0.into_bytes()];
    old.execute(
        "INSERT INTO camera (id, code, name, folded, place, main_url, sub_url, username, origin, created_at, changed_at)
         VALUES (?1, 'C001', 'Cổng chợ', 'c001 cong cho', '', 'rtsp://192.0.2.1/a', '', '', zeroblob(32), 1, 1)",
        [ids[0]],
    )
    .unwrap();
    old.execute(
        "INSERT INTO bookmark (id, at, start_at, end_at, title, tags, note, author, origin, created_at, edits)
         VALUES (?1, 1000, 900, 1100, 'Đốt pháo', '[\"Đêm\"]', 'ở ngã ba', 'Y Moan', zeroblob(32), 1, 1)",
        [ids[1]],
    )
    .unwrap();
    old.execute(
        "INSERT INTO bookmark_camera (bookmark, position, camera) VALUES (?1, 0, ?2)",
        [ids[1], ids[0]],
    )
    .unwrap();
    old.execute(
        "INSERT INTO bookmark_edit (bookmark, number, title, tags, note, author, edited_at)
         VALUES (?1, 1, 'Đốt pháo', '[\"Đêm\"]', 'ở ngã ba', 'Y Moan', 2)",
        [ids[1]],
    )
    .unwrap();
    drop(old);
    let open = || Store::open_with(folder.path(), Arc::new(ManualClock::new(NOW)), None).unwrap();
    let store = open();
    store.check().unwrap();
    let row = store.camera(camera).unwrap().unwrap();
    assert_eq!((row.name.as_str(), row.record), ("Cổng chợ", RecordProfile::default()));
    for words in ["dot phao", "dem", "nga ba", "cho"] {
        let filter = BookmarkFilter { text: words.to_owned(), limit: 9, ..Default::default() };
        assert_eq!(store.bookmarks(&filter).unwrap().len(), 1, "{words}");
    }
    let row = store.bookmark(marked).unwrap().unwrap();
    assert_eq!((row.edits, row.text.colour.as_str(), row.hidden), (1, "", None));
    assert_eq!(store.bookmark_history(marked).unwrap().len(), 1);
    assert_eq!(store.edit_bookmark(WHO, edit(marked, "Hai")).unwrap().edits, 2);
    assert_eq!(store.bookmark_history(marked).unwrap()[1].number, 2);
    let station = store.station();
    store.close().unwrap();
    assert_eq!(open().station(), station, "made once");
}
