//! The one search, as people in the room type: without tone marks, in part, plates with and without their points.

use crate::Room;
use easien_model::{BookmarkId, NoteId, UtcMicros};
use easien_store::search::{Narrow, Wanted, is_exact};
use easien_store::{BookmarkDraft, BookmarkEdit, BookmarkText, NoteDraft};
use uuid::Uuid;

/// What is in the casebook, by a short name.
const NOTES: [(&str, &str); 24] = [
    ("phao", "Xe trên đường liên xã chở thùng giấy, biển số 47-K1 123.45, nghi có pháo."),
    ("wave", "Hai nam thanh niên đi xe Wave đỏ, biển số 47-K1 ***.82, dừng trước cổng UBND 2 phút."),
    ("oto", "Xe ô tô 47A-678.90 vượt đèn đỏ ở ngã tư Đạt Hiếu."),
    ("xetai", "Xe tải 47C 012.34 đổ đất ra Quốc lộ 14, km 42."),
    ("phaocuusinh", "Thả phao cứu sinh ở hồ Ea Siên, một em nhỏ suýt đuối nước."),
    ("dotrac", "Đốt rác ven đường, khói dày, đã báo PCCC."),
    ("trom", "Trộm cắp tài sản: mất một dây chuyền tại tiệm vàng Kim Phát, ngã tư thôn 3."),
    ("matuy", "Nghi vấn mua bán ma túy ở bãi đất trống sau Trường THCS Ngô Quyền."),
    ("truonghoc", "Học sinh đánh nhau trước trường Nguyễn Huệ, không ai bị thương."),
    ("mat", "Mất tín hiệu camera C184 Cầu Rô-sí, đã gọi kỹ thuật."),
    ("treo", "Bà Nguyễn Thị Đào trình báo con đi lạc, áo xanh, 7 tuổi."),
    ("bo", "Đàn bò qua đường gần buôn Tring, nhắc chủ dắt đi."),
    ("say", "Người say rượu nằm giữa đường, đã đưa về trạm y tế."),
    ("dien", "Dây điện rơi xuống lề đường, đã rào lại."),
    ("vukhi", "Phát hiện một khẩu súng tự chế trong cốp xe."),
    ("ngapnuoc", "Đường ngập nước 30 cm, xe máy không qua được."),
    ("xemay", "Xe máy đi ngược chiều, không mũ bảo hiểm, trước cổng chợ Ea Siên."),
    ("maynuoc", "Máy bơm nước bị lấy mất, chủ nhà: Y Moan Niê."),
    ("dinhchinh", "Đính chính: xe rẽ vào thôn 5, không phải buôn Tring."),
    ("khan", "Khẩn: cháy nhà dân ở thôn 7, lửa lớn, cần xe cứu hỏa."),
    ("tv", "Ông Phạm Văn Hùng (0905 123 456) gọi điện, báo tiếng nổ."),
    ("mau", "Đối chiếu C085: cùng xe, thùng giấy không còn. Đề nghị xem lại quãng 13:41–13:46."),
    ("xe51", "Xe khách 51B-234.56 dừng đón khách trái phép."),
    ("decomposed", "Co\u{302}ng an xa\u{303} đa\u{303} le\u{323}\u{302}p bie\u{302}n ba\u{309}n."),
];

/// Query, what must be found, what must not.
const QUERIES: [(&str, &[&str], &[&str]); 52] = [
    ("duong 47k1 phao", &["phao"], &["wave", "phaocuusinh"]),
    ("đường 47K1 pháo", &["phao"], &["wave"]),
    ("47-k1", &["phao", "wave"], &["oto", "xetai"]),
    ("47k1", &["phao", "wave"], &["oto"]),
    ("47 k1", &["phao", "wave"], &["oto"]),
    ("47K1-123.45", &["phao"], &["wave", "oto"]),
    ("47k112345", &["phao"], &["wave"]),
    ("123.45", &["phao"], &["tv"]),
    ("12345", &["phao"], &["oto"]),
    ("47a678", &["oto"], &["xetai"]),
    ("47A-678.90", &["oto"], &["phao"]),
    ("678.90", &["oto"], &[]),
    ("47c 012.34", &["xetai"], &["phao"]),
    ("51b", &["xe51"], &["oto"]),
    ("234.56", &["xe51"], &["phao"]),
    ("phao", &["phao", "phaocuusinh"], &["dotrac"]),
    ("phao cuu sinh", &["phaocuusinh"], &["phao"]),
    ("\"cứu sinh\"", &["phaocuusinh"], &["khan"]),
    ("\"cuu hoa\"", &["khan"], &["phaocuusinh"]),
    ("xe may", &["xemay", "ngapnuoc"], &["xetai"]),
    ("\"xe may\"", &["xemay", "ngapnuoc"], &["maynuoc"]),
    ("may nuoc", &["maynuoc", "ngapnuoc"], &["xemay"]),
    ("\"máy bơm\"", &["maynuoc"], &["ngapnuoc"]),
    ("dat hieu", &["oto"], &["xetai"]),
    ("Đạt Hiếu", &["oto"], &[]),
    ("ĐẠT HIẾU", &["oto"], &[]),
    ("quoc lo 14", &["xetai"], &["oto"]),
    ("ql14", &[], &["xetai"]),
    ("truong", &["matuy", "truonghoc"], &["trom"]),
    ("truo", &["matuy", "truonghoc"], &["trom"]),
    ("truong nguyen hue", &["truonghoc"], &["matuy"]),
    ("ngo quyen", &["matuy"], &["truonghoc"]),
    ("ma tuy", &["matuy"], &["mat"]),
    ("trom cap", &["trom"], &["matuy"]),
    ("tiem vang", &["trom"], &["dien"]),
    ("c184", &["mat"], &["mau"]),
    ("C085", &["mau"], &["mat"]),
    ("ro si", &["mat"], &["oto"]),
    ("rosi", &[], &["oto"]),
    ("nguyen thi dao", &["treo"], &["truonghoc"]),
    ("buon tring", &["bo", "dinhchinh"], &["say"]),
    ("\"buon tring\"", &["bo", "dinhchinh"], &["dien"]),
    ("thon 5", &["dinhchinh"], &["khan"]),
    ("thon 7", &["khan"], &["dinhchinh"]),
    ("sung", &["vukhi"], &["xemay"]),
    ("0905", &["tv"], &["phao"]),
    ("13:41", &["mau"], &["tv"]),
    ("y moan", &["maynuoc"], &["say"]),
    ("cong an xa", &["decomposed"], &["wave"]),
    ("lập biên bản", &[], &["maynuoc"]),
    ("leap bien ban", &[], &["decomposed"]),
    ("khong co gi nhu vay", &[], &["phao", "wave", "oto"]),
];

fn note(text: &str) -> NoteDraft {
    NoteDraft { id: NoteId::new(), text: text.to_owned(), camera: None, at: UtcMicros(0), category: None }
}

fn found(room: &Room, query: &str) -> Vec<Uuid> {
    let Some(wanted) = Wanted::read(query) else { return Vec::new() };
    let note = |(kind, id): &easien_store::search::Hit| Ok((kind == "note").then_some(*id));
    room.store.search(&wanted, &Narrow::default(), 200, note).unwrap()
}

#[test]
fn what_people_type_finds_what_they_mean() {
    let room = Room::new();
    let ids: Vec<(&str, Uuid)> = NOTES
        .iter()
        .map(|(name, text)| {
            let draft = note(text);
            let id = draft.id.0;
            room.store.add_note("Y Moan", draft).unwrap();
            (*name, id)
        })
        .collect();
    let name = |id: &Uuid| ids.iter().find(|(_, known)| known == id).map_or("?", |(name, _)| *name);
    for (query, hits, misses) in QUERIES {
        let got: Vec<&str> = found(&room, query).iter().map(name).collect();
        for hit in hits {
            assert!(got.contains(hit), "{query} does not find {hit}, only {got:?}");
        }
        for miss in misses {
            assert!(!got.contains(miss), "{query} finds {miss}: {got:?}");
        }
    }
    // Newest first.
    let got: Vec<&str> = found(&room, "xe").iter().map(name).collect();
    let order: Vec<usize> =
        got.iter().map(|n| NOTES.iter().position(|(name, _)| name == n).unwrap()).collect();
    assert!(order.len() > 6 && order.windows(2).all(|pair| pair[0] > pair[1]), "{got:?}");
    // The very tone marks that were typed: pháo is not phao.
    let toned = Wanted::read("pháo").unwrap().toned();
    assert!(is_exact(NOTES[0].1, &toned) && !is_exact(NOTES[4].1, &toned));
}

#[test]
fn what_changes_is_found_by_its_new_words_alone() {
    let room = Room::new();
    let camera = room.camera("Cổng chợ");
    let id = BookmarkId::new();
    let text = |title: &str| BookmarkText { title: title.to_owned(), ..BookmarkText::default() };
    let draft = BookmarkDraft {
        id,
        cameras: vec![camera],
        at: UtcMicros(10),
        start: UtcMicros(0),
        end: UtcMicros(20),
        text: Some(text("Đốt pháo")),
    };
    room.store.add_bookmark("Y Moan", draft).unwrap();
    let hits = |query: &str| {
        let wanted = Wanted::read(query).unwrap();
        room.store.search(&wanted, &Narrow::default(), 10, |hit| Ok(Some(hit.clone()))).unwrap()
    };
    assert_eq!(hits("dot phao"), [("bookmark".to_owned(), id.0)]);
    room.store.edit_bookmark("Y Moan", BookmarkEdit { id, text: text("Đốt rác"), edits: None }).unwrap();
    assert_eq!(hits("dot phao"), []);
    assert_eq!(hits("dot rac"), [("bookmark".to_owned(), id.0)]);
    room.store.hide_bookmark("Y Moan", id, "nhầm").unwrap();
    assert_eq!(hits("dot rac"), []);
    assert_eq!(hits("cong cho"), [("camera".to_owned(), camera.0)]);
    room.store.delete_camera("Y Moan", camera).unwrap();
    assert_eq!(hits("cong cho"), []);
}

#[test]
fn what_is_wanted_is_found_behind_many_newer_ones() {
    let room = Room::new();
    let old = note("Xe tải cũ");
    let id = old.id.0;
    room.store.add_note("Y Moan", old).unwrap();
    for number in 0..300 {
        room.store.add_note("Y Moan", note(&format!("Xe máy {number}"))).unwrap();
    }
    let only_old = |hit: &easien_store::search::Hit| Ok((hit.1 == id).then_some(hit.1));
    let wanted = Wanted::read("xe").unwrap();
    assert_eq!(room.store.search(&wanted, &Narrow::default(), 200, only_old).unwrap(), [id]);
}

#[test]
fn a_search_is_narrowed_by_kind_and_time_also_behind_many_others() {
    let room = Room::new();
    let camera = room.camera("Xe buýt");
    let at = |second: i64| UtcMicros(second * 1_000_000);
    let mut ids = Vec::new();
    for number in 0..300 {
        let draft = NoteDraft { at: at(number), ..note("Xe máy trên đường") };
        ids.push(draft.id.0);
        room.store.add_note("Y Moan", draft).unwrap();
    }
    let hits = |query: &str, narrow: Narrow<'_>| {
        let wanted = Wanted::read(query).unwrap();
        room.store.search(&wanted, &narrow, 200, |hit| Ok(Some(hit.1))).unwrap()
    };
    assert_eq!(hits("xe", Narrow { kinds: &["camera"], ..Narrow::default() }), [camera.0]);
    assert_eq!(hits("xe", Narrow { kinds: &["shift", "person"], ..Narrow::default() }), Vec::<Uuid>::new());
    let narrow = Narrow { from: Some(at(10)), to: Some(at(12)), ..Narrow::default() };
    assert_eq!(hits("xe \"tren duong\"", narrow), [ids[11], ids[10]]);
    let narrow = Narrow { kinds: &["camera"], from: Some(at(0)), ..Narrow::default() };
    assert_eq!(hits("xe", narrow), Vec::<Uuid>::new(), "a camera has no moment");
    // Beginnings, short ones by the index and long ones by the words that there are; one letter is a word.
    for (query, found) in [("du", 200), ("duo", 200), ("duon", 200), ("duong", 200), ("duongx", 0), ("d", 0)]
    {
        assert_eq!(hits(query, Narrow::default()).len(), found, "{query}");
    }
}
