//! A password that breaks every careless encoding is in no file and in no text that leaves the store.

use crate::{Room, draft};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use easien_store::CameraDraft;
use secrecy::{ExposeSecret, SecretString};
use std::path::Path;

const PASSWORD: &str = "p@ss:wörd/%41\"'";

/// Every form in which it could stand somewhere.
fn forms() -> Vec<Vec<u8>> {
    let mut forms = vec![PASSWORD.as_bytes().to_vec()];
    for keep in ["", "@:'", "@:'%\"", "/:@'!", "/"] {
        for hex in [|byte: u8| format!("%{byte:02X}"), |byte: u8| format!("%{byte:02x}")] {
            let percent: String = PASSWORD
                .bytes()
                .map(|byte| match byte {
                    _ if byte.is_ascii_alphanumeric() || keep.contains(byte as char) => {
                        (byte as char).to_string()
                    }
                    _ => hex(byte),
                })
                .collect();
            forms.push(percent.into_bytes());
        }
    }
    let json = serde_json::to_string(PASSWORD).unwrap();
    forms.push(json.trim_matches('"').as_bytes().to_vec());
    forms.push(PASSWORD.replace('ö', "\\u00f6").replace('"', "\\\"").into_bytes());
    forms.push(format!("{PASSWORD:?}").trim_matches('"').as_bytes().to_vec());
    // Inside other bytes, at each of the three alignments: only the letters that it alone decides.
    for before in 0..3 {
        let bytes = [&vec![b'u'; before][..], PASSWORD.as_bytes(), b"u"].concat();
        for text in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            forms.push(text.as_bytes()[(before * 8).div_ceil(6)..(before + PASSWORD.len()) * 8 / 6].to_vec());
        }
    }
    forms.push(PASSWORD.bytes().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes());
    forms.push(PASSWORD.encode_utf16().flat_map(u16::to_le_bytes).collect());
    forms
}

fn holds(bytes: &[u8], form: &[u8]) -> bool {
    bytes.windows(form.len()).any(|window| window == form)
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap())
        })
        .collect()
}

#[test]
fn a_password_is_in_no_file_and_no_text() {
    let room = Room::new();
    let store = &room.store;
    let secret = || Some(SecretString::from(PASSWORD));
    let camera = draft("Cổng chợ");
    let mut said = vec![format!("{camera:?} {:?} {store:?}", secret())];

    said.push(format!("{:?}", store.add_camera("Y Moan", camera.clone(), secret()).unwrap()));
    said.push(format!("{:?}", store.add_camera("Y Moan", camera.clone(), secret()).unwrap()));
    let renamed = CameraDraft { name: "Khác".to_owned(), ..camera.clone() };
    said.push(format!("{:?}", store.update_camera("Y Moan", renamed.clone(), secret()).unwrap()));
    let opened = store.camera_password(camera.id).unwrap().unwrap();
    assert_eq!(opened.expose_secret(), PASSWORD);
    said.push(format!("{opened:?} {:?}", store.audit(None, 500).unwrap()));

    // Every way to fail while it is in the hand.
    let with = |url: &str| CameraDraft { main_url: url.replace("PASSWORD", PASSWORD), ..draft("Hai") };
    for (who, draft) in [
        ("Y Moan", renamed),
        ("", draft("Hai")),
        ("Y Moan", CameraDraft { code: "C001".to_owned(), ..draft("Hai") }),
        ("Y Moan", with("rtsp://viewer:PASSWORD@192.0.2.1/a")),
        ("Y Moan", with("PASSWORD")),
        ("Y Moan", CameraDraft { code: PASSWORD.to_owned(), ..draft("Hai") }),
        ("Y Moan", CameraDraft { name: String::new(), ..draft("Hai") }),
    ] {
        let error = store.add_camera(who, draft.clone(), secret()).unwrap_err();
        said.push(
            format!("{error} {error:?} {:?} {draft:?}", error.problem())
                .replace(&format!("{:?}", draft.code), ""),
        );
    }
    room.raw().execute("UPDATE camera SET password = zeroblob(60)", []).unwrap();
    let error = store.camera_password(camera.id).unwrap_err();
    said.push(format!("{error} {error:?} {:?}", error.problem()));
    store.update_camera("Y Moan", camera, secret()).unwrap();

    let before = files(room.folder.path());
    assert!(before.iter().any(|(name, bytes)| name == "easien.db-wal" && !bytes.is_empty()));
    store.checkpoint().unwrap();
    for (name, bytes) in before.into_iter().chain(files(room.folder.path())) {
        for form in forms() {
            assert!(!holds(&bytes, &form), "{name} holds {:?}", String::from_utf8_lossy(&form));
        }
    }
    // The search itself finds what is there.
    let database = std::fs::read(room.folder.path().join("easien.db")).unwrap();
    assert!(holds(&database, b"viewer") && holds(&database, "Cổng chợ".as_bytes()));
    for text in said {
        for form in forms() {
            assert!(!holds(text.as_bytes(), &form), "{text}");
        }
    }
}

/// The search would find the password where a careless program leaves it.
#[test]
fn the_forms_are_found_where_they_stand() {
    let found = |text: &str| forms().iter().any(|form| holds(text.as_bytes(), form));
    assert!(
        forms().iter().all(|form| form.len() >= 14),
        "nothing so short that it stands anywhere by chance"
    );
    for left in [
        format!("rtsp://viewer:{PASSWORD}@192.0.2.1/"),
        "rtsp://viewer:p%40ss%3Aw%C3%B6rd%2F%2541%22%27@192.0.2.1/".to_owned(),
        "rtsp://viewer:p%40ss%3aw%c3%b6rd%2f%2541%22%27@192.0.2.1/".to_owned(),
        serde_json::json!({ "password": PASSWORD }).to_string(),
        format!("Some({PASSWORD:?})"),
    ] {
        assert!(found(&left), "{left}");
    }
    for user in ["a", "ab", "abc", "viewer", "Y Moan"] {
        let basic = STANDARD_NO_PAD.encode(format!("{user}:{PASSWORD}"));
        assert!(found(&format!("Authorization: Basic {basic}")), "{basic}");
    }
    assert!(!found("rtsp://viewer@192.0.2.1/p@ss"));
}
