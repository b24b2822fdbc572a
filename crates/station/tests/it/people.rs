//! Signing in, and who may do what: every command, by everybody, over a real station.

use crate::room::{cameras, start, until};
use easien_link::commands::{COMMANDS, CommandInfo};
use easien_link::data::*;
use easien_link::{Access, Client, Event, Role, call};
use easien_model::{CameraId, Code, PersonId};
use serde_json::json;
use std::path::Path;

const WORD: &str = "mật khẩu 1";

fn secret(text: &str) -> Secret {
    Secret(text.to_owned())
}

async fn first(client: &Client) -> AtDesk {
    let first = FirstPerson {
        window: "main".into(),
        id: PersonId::new(),
        login: "Quan.Tri".into(),
        name: "Quản trị 01".into(),
        password: secret(WORD),
    };
    client.call::<call::PeopleFirst>(first).await.unwrap()
}

fn draft(login: &str, roles: &[Role]) -> PersonDraft {
    PersonDraft {
        id: PersonId::new(),
        login: login.into(),
        name: format!("Người {login}"),
        roles: roles.to_vec(),
        limit: CameraLimit::default(),
        retired: false,
        password: Some(secret("tạm thời 1")),
    }
}

/// Adds somebody, and a window program where they are signed in with a password of their own.
async fn seated(data: &Path, administrator: &Client, draft: PersonDraft) -> Client {
    let login = draft.login.clone();
    administrator.call::<call::PeoplePut>(draft).await.unwrap();
    let client = Client::connect(data).await.unwrap();
    let sign_in = SignIn { window: login.replace('.', "-"), login, password: secret("tạm thời 1") };
    let desk = client.call::<call::PeopleSignIn>(sign_in).await.unwrap();
    assert!(desk.person.unwrap().must_change, "a password that somebody else set");
    assert_eq!(code(&client, "note.add", json!("nonsense")).await, Some(Code::Unauthenticated));
    let change = PasswordChange { old: secret("tạm thời 1"), new: secret(WORD) };
    let desk = client.call::<call::PeoplePassword>(change).await.unwrap();
    assert!(!desk.person.unwrap().must_change && !desk.locked);
    client
}

async fn code(client: &Client, command: &str, args: serde_json::Value) -> Option<Code> {
    client.call_raw(command, args).await.err().map(|problem| problem.code)
}

/// Whether it is let in. Such arguments fit no command that does something, so that nothing is done.
async fn is_let_in(client: &Client, command: &CommandInfo) -> bool {
    !matches!(
        code(client, command.name, json!("nonsense")).await,
        Some(Code::Forbidden | Code::Unauthenticated)
    )
}

#[tokio::test]
async fn every_command_lets_in_whom_the_list_names_and_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let station = start(folder.path(), &[]).await;
    // Until somebody is there, everybody may do everything.
    for command in COMMANDS {
        assert!(is_let_in(&station.client, command).await, "{}", command.name);
    }
    assert!(first(&station.client).await.person.is_some());
    let roles = [
        (Role::Operator, Access::Operator),
        (Role::Investigator, Access::Investigator),
        (Role::Supervisor, Access::Supervisor),
        (Role::Administrator, Access::Administrator),
    ];
    let (mut let_in, mut refused) = (0, 0);
    for (role, access) in roles {
        let name = format!("{access:?}").to_lowercase();
        let client = seated(folder.path(), &station.client, draft(&name, &[role])).await;
        for command in COMMANDS {
            let may = command
                .access
                .iter()
                .any(|each| [access, Access::SignedIn, Access::Watcher, Access::Anyone].contains(each));
            assert_eq!(is_let_in(&client, command).await, may, "{} by {access:?}", command.name);
            if may { let_in += 1 } else { refused += 1 }
        }
        client.call::<call::PeopleLock>(()).await.unwrap();
        for command in COMMANDS {
            let may = command.access.iter().any(|each| [Access::Watcher, Access::Anyone].contains(each));
            assert_eq!(is_let_in(&client, command).await, may, "{} while locked", command.name);
        }
    }
    assert!(let_in > 100 && refused > 30, "{let_in} {refused}");
    let stranger = Client::connect(folder.path()).await.unwrap();
    for command in COMMANDS {
        let may = command.access.contains(&Access::Anyone);
        assert_eq!(is_let_in(&stranger, command).await, may, "{} by nobody", command.name);
    }
}

#[tokio::test]
async fn a_desk_comes_back_and_a_wrong_password_costs_time_but_no_picture() {
    let folder = tempfile::tempdir().unwrap();
    let station = start(folder.path(), &[]).await;
    assert!(!first(&station.client).await.locked);
    let own = SignIn { window: "w1".into(), login: "quan.tri".into(), password: secret(WORD) };
    let one = Client::connect(folder.path()).await.unwrap();
    let desk = one.call::<call::PeopleSignIn>(own).await.unwrap();
    let token = desk.token.unwrap();
    assert!(desk.needed && !desk.locked);
    assert_eq!(format!("{token:?}"), "Secret(..)");

    // The window program is gone and comes back: with its token as it was, without it locked; whatever comes first.
    let again = |token: &str| SignInAgain { window: "w1".into(), token: secret(token) };
    let gone = async |one: Client| {
        drop(one);
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    };
    gone(one).await;
    let other = Client::connect(folder.path()).await.unwrap();
    let desk = other.call::<call::PeopleSignInAgain>(again(&token.0)).await.unwrap();
    assert!(!desk.locked && desk.person.is_some());
    gone(other).await;
    let third = Client::connect(folder.path()).await.unwrap();
    let desk = third.call::<call::PeopleSignInAgain>(again("")).await.unwrap();
    assert!(desk.locked && desk.person.is_some());
    let other = Client::connect(folder.path()).await.unwrap();
    assert!(!other.call::<call::PeopleSignInAgain>(again(&token.0)).await.unwrap().locked);
    assert!(!third.call::<call::PeopleAtDesk>(()).await.unwrap().locked, "it is one desk");
    gone(other).await;
    gone(third).await;
    let third = Client::connect(folder.path()).await.unwrap();
    assert!(third.call::<call::PeopleSignInAgain>(again("")).await.unwrap().locked);
    assert_eq!(code(&third, "note.add", json!(null)).await, Some(Code::Unauthenticated));
    assert_eq!(code(&third, "camera.list", json!(null)).await, None, "the wall stays");

    let unlock = |text: &str| PasswordProof { password: secret(text) };
    for _ in 0..3 {
        let problem = third.call::<call::PeopleUnlock>(unlock("sai mật khẩu")).await.unwrap_err();
        assert_eq!((problem.code, problem.key.as_str()), (Code::Unauthenticated, "problem_sign_in_wrong"));
    }
    let problem = third.call::<call::PeopleUnlock>(unlock(WORD)).await.unwrap_err();
    assert_eq!(problem.key, "problem_sign_in_wait", "also the right one waits");
    assert_eq!(code(&third, "camera.list", json!(null)).await, None);
    until("the wait is over", 5, async || third.call::<call::PeopleUnlock>(unlock(WORD)).await.ok()).await;
    assert_eq!(code(&third, "note.add", json!("nonsense")).await, Some(Code::Invalid));

    // Nobody learns who exists.
    let sign_in =
        |login: &str| SignIn { window: "w2".into(), login: login.into(), password: secret("12345678") };
    let stranger = Client::connect(folder.path()).await.unwrap();
    for _ in 0..3 {
        let problem = stranger.call::<call::PeopleSignIn>(sign_in("khong.co")).await.unwrap_err();
        assert_eq!(problem.key, "problem_sign_in_wrong");
    }
    let problem = stranger.call::<call::PeopleSignIn>(sign_in("khong.co")).await.unwrap_err();
    assert_eq!(problem.key, "problem_sign_in_wait");
    assert_eq!(code(&stranger, "camera.list", json!(null)).await, Some(Code::Unauthenticated));

    let problem = third
        .call::<call::PeoplePut>(PersonDraft {
            id: third.call::<call::PeopleList>(()).await.unwrap()[0].id,
            roles: vec![Role::Operator],
            password: None,
            ..draft("quan.tri", &[])
        })
        .await
        .unwrap_err();
    assert_eq!(problem.key, "problem_person_last");

    // The audit knows of all of it, and no password.
    let rows =
        third.call::<call::AuditList>(AuditQuery { command: Some("people.".into()), ..Default::default() });
    let rows = rows.await.unwrap();
    let commands: Vec<_> = rows.iter().rev().map(|row| row.command.as_str()).collect();
    assert_eq!(
        commands,
        [
            "people.put",
            "people.sign_in",
            "people.sign_in",
            "people.refused",
            "people.refused",
            "people.refused",
            "people.unlock"
        ]
    );
    let all =
        serde_json::to_string(&third.call::<call::AuditList>(AuditQuery::default()).await.unwrap()).unwrap();
    assert!(!all.contains("khẩu") && !all.contains("argon2"), "{all}");
}

/// The walls beside the main window are the same program: one desk, whichever window it is that somebody touches.
#[tokio::test]
async fn whoever_sits_at_a_window_program_sits_at_all_of_its_windows() {
    let folder = tempfile::tempdir().unwrap();
    let station = start(folder.path(), &[]).await;
    let main = &station.client;
    first(main).await;
    let wall = Client::connect(folder.path()).await.unwrap();
    let mut told = wall.events();
    assert_eq!(code(&wall, "camera.list", json!(null)).await, Some(Code::Unauthenticated));
    let window = SignInAgain { window: "wall-2".into(), token: secret("") };
    let desk = wall.call::<call::PeopleSignInAgain>(window).await.unwrap();
    assert!(desk.person.is_some() && !desk.locked && desk.token.is_none());
    assert_eq!(code(&wall, "people.list", json!(null)).await, None);
    let elsewhere = Client::connect(folder.path()).await.unwrap();
    let window = SignInAgain { window: "elsewhere".into(), token: secret("") };
    assert!(elsewhere.call::<call::PeopleSignInAgain>(window).await.unwrap().person.is_none());

    // Locked at one, locked at both; a hand at one keeps both open.
    assert!(!wall.call::<call::PeopleIdle>(()).await.unwrap().locked, "it was touched just now");
    main.call::<call::PeopleHand>(()).await.unwrap();
    main.call::<call::PeopleLock>(()).await.unwrap();
    assert_eq!(code(&wall, "people.list", json!(null)).await, Some(Code::Unauthenticated));
    assert_eq!(code(&wall, "camera.list", json!(null)).await, None, "the wall stays");
    wall.call::<call::PeopleUnlock>(PasswordProof { password: secret(WORD) }).await.unwrap();
    assert_eq!(code(main, "people.list", json!(null)).await, None);
    main.call::<call::PeopleSignOut>(()).await.unwrap();
    assert_eq!(code(&wall, "camera.list", json!(null)).await, Some(Code::Unauthenticated));
    let heard = tokio::time::timeout(std::time::Duration::from_secs(5), async {
        let mut desks = Vec::new();
        while desks.last() != Some(&None) {
            if let Event::DeskChanged(desk) = told.next().await.unwrap() {
                desks.push(desk.person.map(|_| desk.locked));
            }
        }
        desks
    });
    assert_eq!(heard.await.unwrap(), [Some(true), Some(false), None]);
}

#[tokio::test]
async fn the_sealed_envelope_opens_once() {
    let folder = tempfile::tempdir().unwrap();
    let station = start(folder.path(), &[]).await;
    first(&station.client).await;
    let sealed = station.client.call::<call::PeopleSeal>(()).await.unwrap();
    let other = Client::connect(folder.path()).await.unwrap();
    let open = |code: &str| BreakGlass {
        window: "main".into(),
        name: "Lê Thị Hoa".into(),
        reason: "Quản trị viên vắng, cần trích xuất gấp".into(),
        code: secret(code),
    };
    let problem = other.call::<call::PeopleBreakGlass>(open("AAAAA-AAAAA")).await.unwrap_err();
    assert_eq!(problem.key, "problem_sealed_wrong");
    let typed = sealed.code.0.replace('-', " ").to_lowercase();
    let desk = other.call::<call::PeopleBreakGlass>(open(&typed)).await.unwrap();
    assert_eq!(desk.person.unwrap().name, "Lê Thị Hoa");
    assert!(desk.sealed.is_none());
    assert_eq!(code(&other, "people.put", json!("nonsense")).await, Some(Code::Invalid));
    let problem = other.call::<call::PeopleBreakGlass>(open(&typed)).await.unwrap_err();
    assert_eq!(problem.key, "problem_sealed_none");
    let alarms = station.client.call::<call::AlarmList>(AlarmQuery::default()).await.unwrap();
    let told = alarms.iter().find(|alarm| alarm.kind == AlarmKind::SealOpened).unwrap();
    assert_eq!(told.subject, "Lê Thị Hoa");
    let query = AuditQuery { object: Some("sealed code".into()), ..Default::default() };
    let rows = station.client.call::<call::AuditList>(query).await.unwrap();
    let told: Vec<_> = rows.iter().rev().map(|row| (row.command.as_str(), row.who.as_str())).collect();
    assert_eq!(
        told,
        [
            ("people.seal", "Quản trị 01"),
            ("people.seal_refused", "Lê Thị Hoa"),
            ("people.seal_opened", "Lê Thị Hoa"),
            ("people.break_glass", "Lê Thị Hoa"),
        ]
    );
}

/// Somebody who may see one camera of two: no way leads to a picture of the other.
#[tokio::test]
async fn a_limit_to_cameras_holds_on_every_way_to_a_picture() {
    let sim = cameras(2, 0).await;
    let folder = tempfile::tempdir().unwrap();
    let station = crate::room::Station::with(&sim, folder.path()).await;
    let all = station.client.call::<call::CameraList>(()).await.unwrap();
    let (mine, theirs) = (all[0].id, all[1].id);
    let now = crate::room::now();
    let still = |camera: CameraId| json!({ "id": easien_model::StillId::new(), "camera": camera, "at": null, "preview": false });
    let taken = station.client.call_raw("still.take", still(theirs)).await;
    let bookmark = BookmarkDraft {
        id: easien_model::BookmarkId::new(),
        cameras: vec![theirs],
        at: now,
        start: now.plus_seconds(-5),
        end: now.plus_seconds(5),
        text: None,
    };
    station.client.call::<call::BookmarkAdd>(bookmark.clone()).await.unwrap();
    let both = BookmarkDraft {
        id: easien_model::BookmarkId::new(),
        cameras: vec![mine, theirs],
        ..bookmark.clone()
    };
    station.client.call::<call::BookmarkAdd>(both.clone()).await.unwrap();
    let note = |camera: CameraId| NoteDraft {
        id: easien_model::NoteId::new(),
        text: "Xe dừng".into(),
        camera: Some(camera),
        at: now,
        category: None,
    };
    station.client.call::<call::NoteAdd>(note(theirs)).await.unwrap();
    station.client.call::<call::NoteAdd>(note(mine)).await.unwrap();

    // One incident about the other camera alone, one about both.
    let footage = |camera| Footage { camera, start: now.plus_seconds(-60), end: now };
    let elsewhere = crate::incidents::draft("Ở nơi khác");
    let elsewhere = IncidentDraft { footage: vec![footage(theirs)], ..elsewhere };
    let shared = crate::incidents::draft("Ở cả hai");
    let shared = IncidentDraft { footage: vec![footage(mine), footage(theirs)], ..shared };
    for draft in [&elsewhere, &shared] {
        station.client.call::<call::IncidentOpen>(draft.clone()).await.unwrap();
    }

    first(&station.client).await;
    let limited = PersonDraft {
        limit: CameraLimit { units: vec![], cameras: vec![mine] },
        ..draft("han.che", &[Role::Operator, Role::Investigator, Role::Supervisor])
    };
    let client = seated(folder.path(), &station.client, limited).await;
    let mut events = client.events();

    // Every command, asked with the other camera wherever its arguments may name one: refused, or an answer without it.
    let hidden = theirs.to_string();
    let at = now.0;
    let span = json!({ "camera": theirs, "cameras": [theirs], "start": at - 5_000_000, "end": at, "at": at, "window": "x",
        "id": easien_model::BookmarkId::new(), "limit": 100, "width_px": 320, "from": at - 5_000_000, "to": at,
        "text": "x", "reason": "x", "days": 1 });
    for command in COMMANDS {
        // Would end the station, or the sign-in.
        if command.name == "station.stop" || command.name.starts_with("people.") {
            continue;
        }
        for args in [json!(theirs), json!([theirs]), span.clone(), json!({ "camera": theirs }), json!(null)] {
            let named = serde_json::to_string(&args).unwrap().contains(&hidden);
            match client.call_raw(command.name, args).await {
                Ok(reply) => {
                    let reply = reply.to_string();
                    assert!(!reply.contains(&hidden), "{}: {reply}", command.name);
                    assert!(!named || command.name.starts_with("wall."), "{} took it", command.name);
                }
                Err(problem) => assert!(
                    matches!(
                        problem.code,
                        Code::NotFound | Code::Invalid | Code::Forbidden | Code::Unavailable
                    ) || matches!(problem.code, Code::Precondition | Code::Conflict | Code::Unsupported),
                    "{}: {problem:?}",
                    command.name
                ),
            }
        }
    }

    // By ids that are not a camera's.
    if let Ok(still) = taken {
        let id = still.get("id").cloned().unwrap();
        assert_eq!(code(&client, "still.picture", id).await, Some(Code::NotFound));
    }
    assert_eq!(code(&client, "bookmark.history", json!(bookmark.id)).await, Some(Code::NotFound));
    let hide = json!({ "id": bookmark.id, "reason": "x" });
    assert_eq!(code(&client, "bookmark.hide", hide).await, Some(Code::NotFound));
    let page = client.call::<call::IncidentList>(IncidentQuery::default()).await.unwrap();
    assert_eq!(page.items.iter().map(|one| one.id).collect::<Vec<_>>(), [shared.id]);
    let file = client.call::<call::IncidentGet>(shared.id).await.unwrap();
    assert_eq!((file.incident.cameras, file.footage.len()), (vec![mine], 1));
    assert_eq!(code(&client, "incident.get", json!(elsewhere.id)).await, Some(Code::NotFound));
    assert_eq!(code(&client, "incident.audit", json!(elsewhere.id)).await, Some(Code::NotFound));
    let said =
        |incident| json!({ "id": easien_model::NoteId::new(), "incident": incident, "text": "x", "at": now });
    assert_eq!(code(&client, "incident.note", said(elsewhere.id)).await, Some(Code::NotFound));
    let link = json!({ "id": shared.id, "what": { "kind": "bookmark", "of": bookmark.id } });
    assert_eq!(code(&client, "incident.link", link).await, Some(Code::NotFound));
    let file = station.client.call::<call::IncidentGet>(elsewhere.id).await.unwrap();
    assert_eq!(file.notes, [], "refused before anything was written");
    let listed = client.call::<call::BookmarkList>(BookmarkQuery::default()).await.unwrap();
    assert_eq!(
        listed.iter().map(|each| (each.id, each.cameras.clone())).collect::<Vec<_>>(),
        [(both.id, vec![mine])]
    );
    let feed = client.call::<call::FeedList>(Page { before: None, limit: 100 }).await.unwrap();
    assert_eq!(feed.len(), 3, "{feed:?}");

    // A wall is shown without it, and no mosaic has a slot of it.
    let tile = |tile: u32, camera: CameraId| json!({ "tile": tile, "camera": camera, "width_px": 160, "height_px": 90, "large": false });
    let show = json!({ "window": "w9", "tiles": [tile(0, mine), tile(1, theirs)] });
    let shown = client.call_raw("wall.show", show).await.unwrap();
    assert_eq!(shown["tiles"].as_array().unwrap().len(), 1, "{shown}");

    // What happens elsewhere is not told either.
    station.client.call::<call::NoteAdd>(note(theirs)).await.unwrap();
    station.client.call::<call::NoteAdd>(note(mine)).await.unwrap();
    let heard = tokio::time::timeout(std::time::Duration::from_secs(5), async {
        loop {
            let event = events.next().await.unwrap();
            let text = serde_json::to_string(&event).unwrap();
            assert!(!text.contains(&hidden), "{text}");
            if matches!(event, Event::FeedChanged(_)) && text.contains(&mine.to_string()) {
                return;
            }
        }
    });
    heard.await.unwrap();

    // A camera that comes later, and one that goes, are as hidden as the rest.
    let mut later = json!({ "id": CameraId::new(), "code": "", "name": "Sau", "unit": null, "place": "",
        "main_url": "rtsp://127.0.0.1:9/x", "sub_url": "", "username": "", "password": null, "transport": null });
    later["record"] = json!({ "streams": "off", "schedule": [], "keep_days": null });
    station.client.call_raw("camera.add", later.clone()).await.unwrap();
    let seen = async || client.call_raw("camera.list", json!(null)).await.unwrap().to_string();
    assert!(!seen().await.contains(later["id"].as_str().unwrap()));
    station.client.call_raw("camera.delete", json!(theirs)).await.unwrap();
    assert_eq!(code(&client, "review.timeline", span.clone()).await, Some(Code::NotFound));
    let feed = client.call::<call::FeedList>(Page { before: None, limit: 100 }).await.unwrap();
    assert!(!serde_json::to_string(&feed).unwrap().contains(&hidden));

    // Away from the desk: live pictures stay, footage does not come, by whatever is asked.
    let show = |archive: bool| {
        let mut tile = tile(0, mine);
        tile["archive"] = json!(archive);
        json!({ "window": "w9", "tiles": [tile] })
    };
    let tiles = async |archive| {
        client.call_raw("wall.show", show(archive)).await.unwrap()["tiles"].as_array().unwrap().len()
    };
    assert_eq!([tiles(true).await, tiles(false).await], [1, 1]);
    client.call::<call::PeopleLock>(()).await.unwrap();
    assert_eq!([tiles(true).await, tiles(false).await], [0, 1]);
}
