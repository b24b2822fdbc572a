//! A camera password with every awkward character works, and is found nowhere: not in logs at TRACE, database and WAL,
//! errors, events, process lists, environments, or the page; neither as it is nor in a form that it takes on the way.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // failing is what a test's helpers do

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use easien_camsim::{Auth, Credential, Mode, Options};
use easien_link::commands::call;
use easien_link::data::{CameraDraft, FeedItem, Page as Part};
use easien_model::{CameraId, StreamKind};
use easien_tests::proc;
use easien_tests::room::{Room, cameras_like_in_the_demo};
use secrecy::SecretString;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PASSWORD: &str = "p@ss:wörd/%41\"'";
const USER: &str = "canary-user";

/// Every form that the password can take on its way, and a name for the complaint.
fn forms() -> Vec<(&'static str, Vec<u8>)> {
    let percent = |keep: &dyn Fn(u8) -> bool, upper: bool| -> Vec<u8> {
        let mut out = vec![];
        for byte in PASSWORD.bytes() {
            if byte.is_ascii_alphanumeric() || keep(byte) {
                out.push(byte);
            } else if upper {
                out.extend(format!("%{byte:02X}").bytes());
            } else {
                out.extend(format!("%{byte:02x}").bytes());
            }
        }
        out
    };
    let json_ascii: String = PASSWORD
        .chars()
        .map(|c| match c {
            '"' => "\\\"".to_owned(),
            c if c.is_ascii() => c.to_string(),
            c => format!("\\u{:04x}", u32::from(c)),
        })
        .collect();
    let json = serde_json::to_string(PASSWORD).unwrap();
    let html = PASSWORD.replace('"', "&quot;");
    let with_user = format!("{USER}:{PASSWORD}");
    let latin1: Vec<u8> = PASSWORD.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let mut forms = vec![
        ("as it is", PASSWORD.as_bytes().to_vec()),
        ("in Latin-1", latin1),
        ("as JSON", json.trim_matches('"').as_bytes().to_vec()),
        (
            "as JSON in JSON",
            serde_json::to_string(&json).unwrap().trim_matches(['"', '\\']).as_bytes().to_vec(),
        ),
        ("as ASCII JSON", json_ascii.into_bytes()),
        ("as HTML", html.into_bytes()),
        ("as HTML with &#39;", PASSWORD.replace('"', "&quot;").replace('\'', "&#39;").into_bytes()),
        ("as Rust Debug", format!("{PASSWORD:?}").trim_matches('"').as_bytes().to_vec()),
        ("percent-encoded", percent(&|b| b"-._~".contains(&b), true)),
        ("percent-encoded, small", percent(&|b| b"-._~".contains(&b), false)),
        ("percent-encoded as user info", percent(&|b| b"-._~!$&'()*+,;=".contains(&b), true)),
        ("percent-encoded as user info but %", percent(&|b| b"-._~!$&'()*+,;=%".contains(&b), true)),
        ("percent-encoded by WHATWG", percent(&|b| b"-._~!$&'()*+,%\"".contains(&b), true)),
        ("in base64 with the user", STANDARD_NO_PAD.encode(&with_user).into_bytes()),
        ("in URL-safe base64 with the user", URL_SAFE.encode(&with_user).trim_end_matches('=').into()),
        ("in hexadecimal", PASSWORD.bytes().map(|b| format!("{b:02x}")).collect::<String>().into_bytes()),
        // Distinctive parts, for forms that nobody thought of.
        ("its middle", "wörd/%41".as_bytes().to_vec()),
    ];
    // Inside other base64 data the password may begin at any of three places; its inner part looks the same each time.
    for offset in 0..3 {
        let padded = [vec![0; offset], PASSWORD.as_bytes().to_vec()].concat();
        let whole = STANDARD.encode(&padded[..padded.len() / 3 * 3]);
        let from = (offset * 8).div_ceil(6);
        let names = ["in base64", "in base64, shifted by one", "in base64, shifted by two"];
        forms.push((names[offset], whole.as_bytes()[from + usize::from(offset > 0)..].to_vec()));
    }
    assert!(forms.iter().all(|(_, form)| form.len() >= 8), "{forms:?}");
    forms
}

/// Which forms stand in some bytes.
fn found(forms: &[(&'static str, Vec<u8>)], bytes: &[u8]) -> Vec<&'static str> {
    forms
        .iter()
        .filter(|(_, form)| bytes.windows(form.len()).any(|part| part == form.as_slice()))
        .map(|(name, _)| *name)
        .collect()
}

#[test]
fn the_search_finds_every_form() {
    let forms = forms();
    let header = format!("Authorization: Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}")));
    for text in [
        format!("rtsp://u:{PASSWORD}@host/"),
        format!("{{\"password\":{}}}", serde_json::to_string(PASSWORD).unwrap()),
        format!("{:?}", Some(PASSWORD)),
        header,
        format!("x{}", STANDARD.encode(format!("a{PASSWORD}b"))),
        "rtsp://u:p%40ss%3Aw%C3%B6rd%2F%2541%22'@host/".to_owned(),
        "rtsp://u:p%40ss%3Aw%C3%B6rd%2F%2541%22%27@host/".to_owned(),
    ] {
        assert!(!found(&forms, text.as_bytes()).is_empty(), "not found in {text}");
    }
    assert!(found(&forms, b"p@ss is not the password").is_empty());
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { files(&path, into) } else { into.push(path) }
    }
}

#[test]
fn a_camera_password_is_found_nowhere() -> Result<()> {
    let forms = forms();
    let mut room = Room::new("canary")?;
    for name in ["EASIEN_LOG", "RUST_LOG"] {
        room.env.push((name.to_owned(), "trace".to_owned()));
    }
    room.start_cameras(Options {
        small: true,
        auth: Auth::Basic, // the form in which a password travels most openly
        credential: Credential { username: USER.to_owned(), password: SecretString::from(PASSWORD) },
        ..cameras_like_in_the_demo(2)
    })?;
    room.start_station()?;
    // Everything that is told to windows, as it came over the wire.
    let told = Arc::new(Mutex::new(String::new()));
    let (mut events, all) = (room.client()?.events(), told.clone());
    room.spawn(async move {
        while let Some(event) = events.next_raw().await {
            all.lock().unwrap().push_str(&event.to_string());
        }
    });
    let tell = |text: String| told.lock().unwrap().push_str(&text);

    // One camera with the password in its field, one with it inside the URL, as people paste it.
    tell(format!("{:?}", room.call::<call::CameraAdd>(room.draft(0)?)?));
    let pasted = |url: &str| -> Result<String> {
        let mut url: url::Url = url.parse()?;
        url.set_username(USER).ok().context("user")?;
        url.set_password(Some(PASSWORD)).ok().context("password")?;
        Ok(url.to_string().replace("%41", "%2541"))
    };
    let mut second = room.draft(1)?;
    assert_eq!(second.password.as_deref(), Some(PASSWORD));
    (second.main_url, second.sub_url) = (pasted(&second.main_url)?, pasted(&second.sub_url)?);
    (second.username, second.password) = (String::new(), None);
    tell(format!("{:?}", room.call::<call::CameraAdd>(second.clone())?));
    room.wait_live(2, Duration::from_secs(30)).context("the password works")?;

    // Looking, testing, editing; then everything that fails.
    tell(format!("{:?}", room.call::<call::CameraTest>(second.clone())));
    for draft in wrong_drafts(&room)? {
        tell(format!("{:?}", room.call::<call::CameraTest>(draft.clone())));
        tell(format!("{:?}", room.call::<call::CameraAdd>(draft)));
    }
    let mut kept = room.draft(0)?;
    kept.id = room.cameras()?.first().context("camera")?.id;
    kept.password = None;
    tell(format!("{:?}", room.call::<call::CameraUpdate>(kept)?));
    for mode in [Mode::Unauthorized, Mode::CutMidFrame, Mode::NoCseqIn401, Mode::None] {
        for camera in ["C001", "C002"] {
            room.sim()?.set_mode(camera, StreamKind::Sub, mode)?;
        }
        std::thread::sleep(Duration::from_secs(4));
        tell(format!("{:?}", room.cameras()?));
    }
    for item in room.call::<call::FeedList>(Part { before: None, limit: 500 })? {
        tell(serde_json::to_string::<FeedItem>(&item)?);
    }
    tell(serde_json::to_string(&room.call::<call::RoomGet>(())?)?);
    // A malformed message straight to the socket: an error that quotes it would quote the password.
    let bad = serde_json::json!({"id": 5, "password": PASSWORD, "main_url": pasted("rtsp://h/x")?});
    let client = room.client()?.clone();
    tell(format!("{:?}", room.block_on(client.call_raw("camera.add", bad))));

    // The window, with the form of a stored camera open.
    room.start_display(1920, 1080)?;
    let page = room.start_driven_window()?;
    std::thread::sleep(Duration::from_secs(4));
    let mut dom = page.html()?;
    room.hands()?.press(easien_tests::hands::key::F1 + 3)?;
    std::thread::sleep(Duration::from_secs(1));
    dom.push_str(&page.html()?);
    if let Ok(row) = page.rect("tr[data-camera=\"C001\"]") {
        room.hands()?.double_click(row.middle())?;
        std::thread::sleep(Duration::from_secs(1));
        dom.push_str(&page.html()?);
    }
    assert!(dom.contains("C001"), "the page shows the cameras: {dom}");
    tell(dom);

    // What processes say about themselves.
    let station = room.station.as_ref().context("station")?.pid();
    let processes = proc::tree(&[station, page.driver_pid()]);
    assert!(processes.len() >= 5, "station, two workers, driver, window: {processes:?}");
    let mut hits: BTreeSet<String> = BTreeSet::new();
    for (pid, process) in &processes {
        for part in ["cmdline", "environ"] {
            let bytes = fs::read(format!("/proc/{pid}/{part}")).unwrap_or_default();
            hits.extend(
                found(&forms, &bytes).iter().map(|form| format!("{form}: {part} of {}", process.name)),
            );
        }
    }
    // The WAL is looked at while it is there, everything else after a kill -9 and after an ordered end.
    let search = |hits: &mut BTreeSet<String>, when: &str| {
        let mut all = vec![];
        files(&room.data(), &mut all);
        files(&room.logs(), &mut all);
        for file in &all {
            let bytes = fs::read(file).unwrap_or_default();
            hits.extend(
                found(&forms, &bytes).iter().map(|form| format!("{form}: {} {when}", file.display())),
            );
        }
        all
    };
    let all = search(&mut hits, "while it runs");
    assert!(all.iter().any(|file| file.ends_with("easien.db-wal")), "{all:?}");
    let logs: u64 = all.iter().filter(|f| f.to_string_lossy().contains("log")).map(|f| size(f)).sum();
    assert!(logs > 10_000, "logs at TRACE say something: {logs} bytes");
    drop(page);
    std::thread::sleep(Duration::from_millis(500));
    hits.extend(found(&forms, told.lock().unwrap().as_bytes()).iter().map(|form| format!("{form}: told")));
    assert!(
        hits.is_empty(),
        "the password was found\n  {}",
        hits.into_iter().collect::<Vec<_>>().join("\n  ")
    );

    let mut station = room.station.take().context("station")?;
    station.stop(Duration::from_secs(15))?;
    let mut hits = BTreeSet::new();
    let mut all = vec![];
    files(room.folder(), &mut all);
    for file in all {
        let bytes = fs::read(&file).unwrap_or_default();
        hits.extend(
            found(&forms, &bytes).iter().map(|form| format!("{form}: {} after the end", file.display())),
        );
    }
    assert!(
        hits.is_empty(),
        "the password was found\n  {}",
        hits.into_iter().collect::<Vec<_>>().join("\n  ")
    );
    Ok(())
}

fn size(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |metadata| metadata.len())
}

/// Drafts that cannot work, each for another reason, with the password in field and URL.
fn wrong_drafts(room: &Room) -> Result<Vec<CameraDraft>> {
    let with = |url: &str| -> Result<CameraDraft> {
        let mut draft = room.draft(0)?;
        (draft.id, draft.code) = (CameraId::new(), String::new());
        (draft.main_url, draft.sub_url) = (url.to_owned(), String::new());
        Ok(draft)
    };
    let address = room.sim()?.address();
    Ok(vec![
        with(&format!("rtsp://{USER}:{PASSWORD}@{address}/C001/main"))?,
        with(&format!("rtsp://{USER}:{PASSWORD}@[bad/C001/main"))?,
        with(&format!("http://{USER}:{PASSWORD}@{address}/C001/main"))?,
        with(&format!("{USER}:{PASSWORD}"))?,
        with("rtsp://127.0.0.1:1/nobody-listens")?,
        with("rtsp://no-such-host.invalid/x")?,
        with(&format!("rtsp://{address}/no-such-camera"))?,
    ])
}
