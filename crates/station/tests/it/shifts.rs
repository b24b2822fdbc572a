//! A shift from its begin to its handover, signed by two; the next one opens with what was handed over.

use crate::room::start;
use easien_link::commands::Role;
use easien_link::data::*;
use easien_link::{Client, call};
use easien_model::{Code, PersonId, ShiftId, TaskId};
use serde_json::json;

const WORD: &str = "mật khẩu 1";

fn secret(text: &str) -> Secret {
    Secret(text.to_owned())
}

async fn person(client: &Client, login: &str, name: &str) {
    let draft = PersonDraft {
        id: PersonId::new(),
        login: login.into(),
        name: name.into(),
        roles: vec![Role::Operator],
        limit: CameraLimit::default(),
        retired: false,
        password: Some(secret("tạm thời 1")),
    };
    client.call::<call::PeoplePut>(draft).await.unwrap();
}

/// Their own password from now on.
async fn own(data: &std::path::Path, login: &str) {
    let client = Client::connect(data).await.unwrap();
    let sign_in = SignIn { window: login.into(), login: login.into(), password: secret("tạm thời 1") };
    client.call::<call::PeopleSignIn>(sign_in).await.unwrap();
    client
        .call::<call::PeoplePassword>(PasswordChange { old: secret("tạm thời 1"), new: secret(WORD) })
        .await
        .unwrap();
}

#[tokio::test]
async fn two_sign_a_handover_and_the_next_shift_opens_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let station = start(folder.path(), &[]).await;
    let client = &station.client;
    let first = FirstPerson {
        window: "main".into(),
        id: PersonId::new(),
        login: "truc1".into(),
        name: "Trực ban 01".into(),
        password: secret(WORD),
    };
    client.call::<call::PeopleFirst>(first).await.unwrap();
    person(client, "truc2", "Trực ban 02").await;
    own(folder.path(), "truc2").await;

    assert!(client.call::<call::ShiftNow>(()).await.unwrap().is_none());
    let begin = ShiftBegin { id: ShiftId::new(), name: String::new(), commander: "Y Moan Niê".into() };
    let shift = client.call::<call::ShiftBegin>(begin.clone()).await.unwrap();
    assert!(shift.name.starts_with("Ca ") && shift.persons == ["Trực ban 01"], "{shift:?}");
    assert_eq!(client.call::<call::ShiftBegin>(begin.clone()).await.unwrap().id, shift.id, "the same again");
    let other = ShiftBegin { id: ShiftId::new(), ..begin };
    assert_eq!(client.call::<call::ShiftBegin>(other).await.unwrap_err().key, "problem_shift_present");

    let now = crate::room::now();
    let check = ClockCheckDraft { reference: now.plus_seconds(2), station: now, source: "VOV".into() };
    let shift = client.call::<call::ShiftClock>(check.clone()).await.unwrap();
    let clock = shift.clock.unwrap();
    assert_eq!((clock.offset_ms, clock.source.as_str(), clock.by.as_str()), (2000, "VOV", "Trực ban 01"));
    let old = ClockCheckDraft { station: now.plus_seconds(-3600), ..check };
    assert_eq!(client.call::<call::ShiftClock>(old).await.unwrap_err().key, "problem_clock_reference");

    let task = |text: &str| Task {
        id: TaskId::new(),
        text: text.into(),
        incident: None,
        by: String::new(),
        at: None,
        done: None,
        done_by: None,
    };
    let done = client.call::<call::TaskPut>(task("Gọi thợ sửa C184")).await.unwrap();
    let open = client.call::<call::TaskPut>(task("Theo dõi xe 47-K1 123.45")).await.unwrap();
    assert_eq!(client.call::<call::TaskPut>(open.clone()).await.unwrap(), open);
    client.call::<call::TaskDone>(done.id).await.unwrap();
    let state = client.call::<call::ShiftState>(()).await.unwrap();
    assert_eq!(state.tasks, std::slice::from_ref(&open));
    assert_eq!((state.cameras, state.live), (0, 0));

    let draft = |from: &str, to: &str, to_password: &str| HandoverDraft {
        shift: shift.id,
        next: ShiftId::new(),
        next_name: "Ca đêm".into(),
        commander: String::new(),
        remarks: "Đèn chợ hỏng".into(),
        from: from.into(),
        from_password: secret(WORD),
        to: to.into(),
        to_password: secret(to_password),
    };
    let problem = client.call::<call::ShiftHandover>(draft("truc1", "truc1", WORD)).await.unwrap_err();
    assert_eq!(problem.key, "problem_handover_same");
    let problem =
        client.call::<call::ShiftHandover>(draft("truc1", "truc2", "sai hẳn rồi")).await.unwrap_err();
    assert_eq!((problem.code, problem.field.as_deref()), (Code::Unauthenticated, Some("to_password")));
    assert!(client.call::<call::ShiftNow>(()).await.unwrap().unwrap().handover.is_none());

    // Whoever signs may: neither with a password that somebody else set, nor without the role, nor when they are gone.
    let key = async |to: &str, password: &str| {
        let problem = client.call::<call::ShiftHandover>(draft("truc1", to, password)).await.unwrap_err();
        (problem.key, problem.field)
    };
    person(client, "truc3", "Trực ban 03").await;
    let refused = key("truc3", "tạm thời 1").await;
    assert_eq!((refused.0.as_str(), refused.1.as_deref()), ("problem_handover_password", Some("to")));
    let other = PersonDraft {
        id: PersonId::new(),
        login: "dieutra1".into(),
        name: "Điều tra 01".into(),
        roles: vec![Role::Investigator, Role::Administrator],
        limit: CameraLimit::default(),
        retired: false,
        password: Some(secret("tạm thời 1")),
    };
    let other = client.call::<call::PeoplePut>(other).await.unwrap();
    own(folder.path(), "dieutra1").await;
    let refused = key("dieutra1", WORD).await;
    assert_eq!((refused.0.as_str(), refused.1.as_deref()), ("problem_handover_person", Some("to")));
    let gone = json!({ "id": other.id, "login": "dieutra1", "name": "Điều tra 01", "roles": ["operator"], "retired": true });
    client.call_raw("people.put", gone).await.unwrap();
    let refused = key("dieutra1", WORD).await;
    assert_eq!((refused.0.as_str(), refused.1.as_deref()), ("problem_sign_in_wrong", Some("to_password")));
    let missing = HandoverDraft { shift: ShiftId::new(), ..draft("truc1", "truc2", WORD) };
    assert_eq!(client.call::<call::ShiftHandover>(missing).await.unwrap_err().code, Code::NotFound);
    assert!(client.call::<call::ShiftNow>(()).await.unwrap().unwrap().handover.is_none());

    let desk = client.call::<call::ShiftHandover>(draft("truc1", "truc2", WORD)).await.unwrap();
    assert_eq!(desk.person.unwrap().name, "Trực ban 02", "the desk is the second person's");
    let next = client.call::<call::ShiftNow>(()).await.unwrap().unwrap();
    assert_eq!((next.name.as_str(), next.persons.as_slice()), ("Ca đêm", &["Trực ban 02".to_owned()][..]));
    let taken = next.taken_over.unwrap();
    assert_eq!(
        (taken.remarks.as_str(), taken.from.as_str(), taken.to.as_str()),
        ("Đèn chợ hỏng", "Trực ban 01", "Trực ban 02")
    );
    assert_eq!(taken.state.tasks, [open]);
    let book = client.call::<call::ShiftList>(Page { before: None, limit: 10 }).await.unwrap();
    assert_eq!(book.len(), 2);
    assert_eq!(book[1].handover.as_ref().map(|handover| handover.at), book[1].ended);
}
