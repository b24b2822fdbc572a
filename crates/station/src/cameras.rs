//! Cameras: list, add, change, take out, try.

use crate::address::{self, Address};
use crate::convert;
use crate::picture_file;
use crate::schedule;
use crate::station::{Station, lock};
use easien_ingest::{Credential, Limits, Source, probe};
use easien_link::data::{Camera, CameraDraft, CameraTest, Recording, StreamTest};
use easien_link::{Caller, Event, problems};
use easien_model::{CameraId, Code, LossReason, Problem, StreamId, StreamKind};
use easien_store::CameraRow;
use image::RgbImage;
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::time::Duration;
use url::Url;

/// What a whole test may take; `probe` has its own limits below that.
const TEST: Duration = Duration::from_secs(14);
/// Width of a test's picture.
const TEST_PICTURE_PX: u32 = 480;

/// A draft with its addresses read and its credentials in one place.
struct Checked {
    draft: easien_store::CameraDraft,
    main: Url,
    sub: Option<Url>,
    /// Absent: as stored. Empty: none.
    password: Option<SecretString>,
}

fn check(draft: CameraDraft) -> Result<Checked, Problem> {
    if let Some(profile) = &draft.record {
        schedule::check(profile)?;
    }
    if draft.main_url.trim().is_empty() {
        return Err(Problem::new(Code::Invalid, problems::CAMERA_URL_EMPTY).field("main_url"));
    }
    let main = address::parse(&draft.main_url, "main_url")?;
    let sub = match draft.sub_url.trim() {
        "" => None,
        typed => Some(address::parse(typed, "sub_url")?),
    };
    let mut username = draft.username.trim().to_owned();
    let mut password = draft.password.map(SecretString::from);
    let pasted = match (with_user(&main), sub.as_ref().and_then(with_user)) {
        (Some(one), Some(two)) if !same_credentials(one, two) => {
            return Err(Problem::new(Code::Invalid, problems::CAMERA_URL_CREDENTIALS).field("sub_url"));
        }
        (one, two) => one.or(two),
    };
    if let Some(pasted) = pasted {
        username = pasted.username.clone().unwrap_or_default();
        if let Some(inside) = &pasted.password {
            password = Some(inside.clone());
        }
    }
    let has_password = password.as_ref().is_some_and(|password| !password.expose_secret().is_empty());
    if username.is_empty() && has_password {
        return Err(Problem::new(Code::Invalid, problems::CAMERA_USERNAME_MISSING).field("username"));
    }
    Ok(Checked {
        draft: easien_store::CameraDraft {
            id: draft.id,
            code: draft.code.trim().to_owned(),
            name: draft.name.trim().to_owned(),
            unit: draft.unit,
            place: draft.place.trim().to_owned(),
            main_url: main.url.to_string(),
            sub_url: sub.as_ref().map(|sub| sub.url.to_string()).unwrap_or_default(),
            username,
            transport: draft.transport,
            record: draft.record.map(convert::to_record),
        },
        main: main.url,
        sub: sub.map(|sub| sub.url),
        password,
    })
}

fn with_user(address: &Address) -> Option<&Address> {
    (address.username.is_some() || address.password.is_some()).then_some(address)
}

fn same_credentials(one: &Address, two: &Address) -> bool {
    let secret = |address: &Address| address.password.as_ref().map(|p| p.expose_secret().to_owned());
    one.username == two.username && secret(one) == secret(two)
}

fn host(url: &str) -> Option<String> {
    Some(Url::parse(url).ok()?.host_str()?.to_ascii_lowercase())
}

/// The stored password only ever goes to the host that it was stored for: whoever may edit an address must not be
/// able to have it sent elsewhere.
fn need_password_again(stored: &CameraRow, checked: &Checked) -> Result<(), Problem> {
    if checked.password.is_some() || !stored.has_password {
        return Ok(());
    }
    let known = [host(&stored.main_url), host(&stored.sub_url)];
    let urls = [Some(checked.draft.main_url.as_str()), Some(checked.draft.sub_url.as_str())];
    for url in urls.into_iter().flatten().filter(|url| !url.is_empty()) {
        if !known.contains(&host(url)) {
            return Err(Problem::new(Code::Invalid, problems::CAMERA_PASSWORD_AGAIN).field("password"));
        }
    }
    Ok(())
}

impl Station {
    /// A row with its sessions and recordings.
    pub(crate) fn camera_of(&self, row: CameraRow) -> Camera {
        self.camera_with(row, &self.recordings())
    }

    fn camera_with(&self, row: CameraRow, recordings: &HashMap<StreamId, Recording>) -> Camera {
        let sessions = self.sessions_of(row.id);
        let recordings = self.recordings_of(&row, recordings);
        Camera {
            id: row.id,
            code: row.code,
            name: row.name,
            unit: row.unit,
            place: row.place,
            main_url: row.main_url,
            sub_url: row.sub_url,
            username: row.username,
            has_password: row.has_password,
            transport: row.transport,
            sessions,
            record: convert::record(&row.record),
            recordings,
        }
    }

    pub(crate) fn list_cameras(&self) -> Vec<Camera> {
        let mut rows: Vec<CameraRow> = lock(&self.cameras).values().cloned().collect();
        rows.sort_by(|a, b| (a.code.len(), &a.code).cmp(&(b.code.len(), &b.code)));
        let recordings = self.recordings();
        rows.into_iter().map(|row| self.camera_with(row, &recordings)).collect()
    }

    pub(crate) async fn add_camera(&self, caller: &Caller, draft: CameraDraft) -> Result<Camera, Problem> {
        self.need_within(caller, draft.id, draft.unit)?;
        let Checked { draft, password, .. } = check(draft)?;
        let who = caller.name.clone();
        let _order = self.changes.lock().await;
        let row = self.store(move |store| store.add_camera(&who, draft, password)).await?;
        self.camera_changed(row).await
    }

    pub(crate) async fn update_camera(&self, caller: &Caller, draft: CameraDraft) -> Result<Camera, Problem> {
        let stored = self.need_camera(draft.id)?;
        self.need_within(caller, draft.id, draft.unit)?;
        let checked = check(draft)?;
        need_password_again(&stored, &checked)?;
        let Checked { draft, password, .. } = checked;
        let who = caller.name.clone();
        let _order = self.changes.lock().await;
        let row = self.store(move |store| store.update_camera(&who, draft, password)).await?;
        self.camera_changed(row).await
    }

    /// After commit: memory, sessions, event.
    async fn camera_changed(&self, row: CameraRow) -> Result<Camera, Problem> {
        lock(&self.cameras).insert(row.id, row.clone());
        self.forget_sights();
        // Recording first: what is not wished any more ends as that, not as a lost camera.
        self.settle_recordings().await;
        self.open_camera(&row).await?;
        self.recorders.look();
        let camera = self.camera_of(row);
        self.tell(Event::CameraChanged(camera.clone()));
        Ok(camera)
    }

    pub(crate) async fn delete_camera(&self, caller: &Caller, id: CameraId) -> Result<(), Problem> {
        let who = caller.name.clone();
        let _order = self.changes.lock().await;
        self.store(move |store| store.delete_camera(&who, id)).await?;
        // Hidden cameras stay hidden when they are gone: known as such before they leave the room.
        self.load_people().await?;
        lock(&self.cameras).remove(&id);
        self.forget_sights();
        self.stop_recordings_of(id);
        self.close_camera(id).await;
        self.tell(Event::CameraDeleted(id));
        Ok(())
    }

    /// Tries both addresses at the same time.
    pub(crate) async fn test_camera(&self, draft: CameraDraft) -> Result<CameraTest, Problem> {
        let id = draft.id;
        let stored = self.camera_row(id);
        let checked = check(draft)?;
        if let Some(stored) = &stored {
            need_password_again(stored, &checked)?;
        }
        let password = match (&checked.password, &stored) {
            (None, Some(_)) => self.store(move |store| store.camera_password(id)).await?,
            _ => checked.password.clone(),
        };
        let username = &checked.draft.username;
        let credential = (!username.is_empty()).then(|| Credential {
            username: username.clone(),
            password: password.unwrap_or_else(|| SecretString::from(String::new())),
        });
        let source = |which, url: &Url| Source {
            stream: StreamId { camera: id, which },
            url: url.clone(),
            credential: credential.clone(),
            transport: checked.draft.transport,
        };
        let main = self.test_stream(source(StreamKind::Main, &checked.main));
        let sub = async {
            match &checked.sub {
                Some(url) => Some(self.test_stream(source(StreamKind::Sub, url)).await),
                None => None,
            }
        };
        let (main, sub) = tokio::join!(main, sub);
        Ok(CameraTest { main, sub })
    }

    async fn test_stream(&self, source: Source) -> StreamTest {
        let failed = |failure, detail: String| StreamTest {
            failure: Some(failure),
            detail,
            codec: None,
            width_px: 0,
            height_px: 0,
            fps: 0.0,
            bitrate_bps: 0,
            transport: None,
            audio: None,
            picture: None,
        };
        // Shorter than the product's: a person waits.
        let limits = Limits {
            connect: Duration::from_secs(4),
            answer: Duration::from_secs(4),
            first_sample: Duration::from_secs(6),
            probe: Duration::from_secs(6),
            ..Limits::default()
        };
        let deadline = tokio::time::Instant::now() + TEST;
        let found = match tokio::time::timeout_at(deadline, probe(&source, &limits)).await {
            Ok(Ok(found)) => found,
            Ok(Err(failure)) => return failed(failure.reason, failure.to_string()),
            Err(_) => return failed(LossReason::Timeout, "the test took too long".to_owned()),
        };
        let mut test = StreamTest {
            failure: None,
            detail: String::new(),
            codec: Some(found.params.codec),
            width_px: found.params.width_px,
            height_px: found.params.height_px,
            fps: found.fps,
            bitrate_bps: found.bitrate_bps,
            transport: Some(found.transport),
            audio: found.audio.as_ref().map(|audio| audio.codec),
            picture: None,
        };
        let pictures = self.pictures.clone();
        let samples = found.samples;
        let runtime = tokio::runtime::Handle::current();
        // On a thread of its own: that future cannot be moved between threads.
        let decoding = self.blocking(move || runtime.block_on(pictures.decode_one(samples)));
        match tokio::time::timeout_at(deadline + Duration::from_millis(800), decoding).await {
            Ok(Ok(Ok(still))) => {
                (test.width_px, test.height_px) = (still.width_px, still.height_px);
                let made = self.blocking(move || {
                    RgbImage::from_raw(still.width_px, still.height_px, still.rgb)
                        .and_then(|picture| picture_file::small_jpeg(&picture, TEST_PICTURE_PX).ok())
                });
                test.picture = made.await.ok().flatten().map(|jpeg| convert::data_url("image/jpeg", &jpeg));
            }
            Ok(Ok(Err(error))) => {
                test.failure = Some(LossReason::Undecodable);
                test.detail = error.to_string();
            }
            Ok(Err(_)) | Err(_) => {
                test.failure = Some(LossReason::Undecodable);
                test.detail = "no picture came out of the decoder in time".to_owned();
            }
        }
        test
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(main: &str, sub: &str) -> CameraDraft {
        CameraDraft {
            id: CameraId::new(),
            code: String::new(),
            name: " Cổng chợ ".into(),
            unit: None,
            place: String::new(),
            main_url: main.into(),
            sub_url: sub.into(),
            username: String::new(),
            password: None,
            transport: None,
            record: None,
        }
    }

    fn key(draft: CameraDraft) -> (String, Option<String>) {
        match check(draft) {
            Ok(_) => ("fine".into(), None),
            Err(problem) => (problem.key, problem.field),
        }
    }

    #[test]
    fn credentials_move_from_the_address_into_their_fields() {
        let checked = check(draft("rtsp://admin:p%40ss@10.0.0.7/1", "rtsp://10.0.0.7/2")).ok().unwrap();
        assert_eq!(checked.draft.main_url, "rtsp://10.0.0.7/1");
        assert_eq!((checked.draft.username.as_str(), checked.draft.name.as_str()), ("admin", "Cổng chợ"));
        assert_eq!(checked.password.unwrap().expose_secret(), "p@ss");
        // A user alone leaves the password of the form, or the stored one.
        let mut with = draft("rtsp://admin@10.0.0.7/1", "");
        with.password = Some("p@ss:wörd/%41\"'".into());
        let checked = check(with).ok().unwrap();
        assert_eq!(checked.password.unwrap().expose_secret(), "p@ss:wörd/%41\"'");
    }

    #[test]
    fn what_is_wrong_names_its_field() {
        let field = |name: &str| Some(name.to_owned());
        assert_eq!(key(draft(" ", "")), (problems::CAMERA_URL_EMPTY.into(), field("main_url")));
        assert_eq!(
            key(draft("rtsp://h/1", "rtsps://h/2")),
            (problems::CAMERA_URL_RTSPS.into(), field("sub_url"))
        );
        assert_eq!(
            key(draft("rtsp://a:b@h/1", "rtsp://a:c@h/2")),
            (problems::CAMERA_URL_CREDENTIALS.into(), field("sub_url"))
        );
        let mut lonely = draft("rtsp://h/1", "");
        lonely.password = Some("x".into());
        assert_eq!(key(lonely), (problems::CAMERA_USERNAME_MISSING.into(), field("username")));
    }

    #[test]
    fn a_stored_password_goes_to_no_other_host() {
        let row = |main: &str| CameraRow {
            id: CameraId::new(),
            code: "C001".into(),
            name: "x".into(),
            unit: None,
            place: String::new(),
            main_url: main.into(),
            sub_url: String::new(),
            username: "admin".into(),
            has_password: true,
            transport: None,
            record: easien_store::RecordProfile::default(),
            created: easien_model::UtcMicros(0),
            changed: easien_model::UtcMicros(0),
            deleted: None,
        };
        let again = |main: &str, sub: &str, password: Option<&str>| {
            let mut draft = draft(main, sub);
            draft.username = "admin".into();
            draft.password = password.map(Into::into);
            need_password_again(&row("rtsp://10.0.0.7:554/1"), &check(draft).ok().unwrap())
        };
        assert!(again("rtsp://10.0.0.7:8554/2", "rtsp://10.0.0.7/3", None).is_ok());
        assert_eq!(again("rtsp://10.0.0.8/1", "", None).unwrap_err().key, problems::CAMERA_PASSWORD_AGAIN);
        assert!(again("rtsp://10.0.0.7/1", "rtsp://evil/1", None).is_err());
        assert!(again("rtsp://10.0.0.8/1", "", Some("new")).is_ok());
        assert!(again("rtsp://10.0.0.8/1", "", Some("")).is_ok());
    }
}
