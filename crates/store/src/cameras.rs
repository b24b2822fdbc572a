//! Cameras and their sealed passwords. A camera is taken out of the room, never deleted: what was marked, noted and
//! taken on it stays readable.

use crate::audit;
use crate::error::{Error, Result};
use crate::events;
use crate::fold::fold;
use crate::profile::{self, RecordProfile};
use crate::rows::{CameraDraft, CameraRow};
use crate::search;
use crate::secret::Place;
use crate::sql::{check_text, need, origin, transport, transport_text, utc, utc_opt, uuid, uuid_opt};
use crate::store::Store;
use easien_model::{CameraId, UnitId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

const COLUMNS: &str =
    "SELECT id, code, name, unit, place, main_url, sub_url, username, password IS NOT NULL, transport,
    created_at, changed_at, deleted_at, record, schedule, keep_days FROM camera";

fn read(row: &Row<'_>) -> rusqlite::Result<CameraRow> {
    Ok(CameraRow {
        id: CameraId(uuid(row, 0)?),
        code: row.get(1)?,
        name: row.get(2)?,
        unit: uuid_opt(row, 3)?.map(UnitId),
        place: row.get(4)?,
        main_url: row.get(5)?,
        sub_url: row.get(6)?,
        username: row.get(7)?,
        has_password: row.get(8)?,
        transport: transport(row, 9)?,
        record: profile::read(row, 13)?,
        created: utc(row, 10)?,
        changed: utc(row, 11)?,
        deleted: utc_opt(row, 12)?,
    })
}

fn find(db: &Connection, id: CameraId) -> Result<Option<CameraRow>> {
    Ok(db
        .prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?
        .query_row([id.0.into_bytes()], read)
        .optional()?)
}

fn find_living(db: &Connection, id: CameraId) -> Result<CameraRow> {
    find(db, id)?
        .filter(|row| row.deleted.is_none())
        .ok_or(Error::NotFound { key: "problem_camera_not_found", field: None })
}

fn invalid(key: &'static str, field: &'static str) -> Error {
    Error::Invalid { key, field }
}

fn check(draft: &CameraDraft, password: Option<&SecretString>) -> Result<()> {
    let code_fits = draft.code.chars().count() <= 16
        && draft.code.chars().all(|char| char.is_alphanumeric() || "-_.".contains(char));
    if !code_fits {
        return Err(invalid("problem_camera_code", "code"));
    }
    check_text(&draft.name, 1, 120, "problem_camera_name", "name")?;
    check_text(&draft.place, 0, 200, "problem_camera_place", "place")?;
    if draft.main_url.is_empty() {
        return Err(invalid("problem_camera_url_empty", "main_url"));
    }
    check_address(&draft.main_url, "main_url")?;
    if !draft.sub_url.is_empty() {
        check_address(&draft.sub_url, "sub_url")?;
    }
    draft.record.as_ref().map_or(Ok(()), profile::check)?;
    check_text(&draft.username, 0, 128, "problem_camera_username", "username")?;
    match password {
        Some(password) => check_text(password.expose_secret(), 0, 256, "problem_camera_password", "password"),
        None => Ok(()),
    }
}

/// The host and port of an address, or `None` where there is no such thing or a user stands before it. A password
/// with `/`, `?` or `#` in it moves the end of the host, which then has no number for a port.
fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let port = match authority.strip_prefix('[') {
        Some(inner) => inner.split_once(']')?.1.strip_prefix(':').unwrap_or("0"),
        None => authority.split_once(':').map_or("0", |(_, port)| port),
    };
    let plain = !authority.is_empty()
        && !authority.contains(['@', '"', '\\'])
        && !port.is_empty()
        && port.bytes().all(|byte| byte.is_ascii_digit());
    plain.then_some(authority)
}

/// The last guard: an address with a user or password in it is never stored. The station takes them out before.
fn check_address(url: &str, field: &'static str) -> Result<()> {
    let fits = url.chars().count() <= 2000 && !url.contains(|char: char| char.is_control() || char == ' ');
    if fits && host(url).is_some() { Ok(()) } else { Err(invalid("problem_camera_url", field)) }
}

/// The lowest code `C<number>` above all that were ever used: a deleted camera's code still stands under its
/// bookmarks.
fn next_code(db: &Connection) -> Result<String> {
    let highest: u32 = db
        .prepare_cached(
            "SELECT coalesce(max(CAST(substr(code, 2) AS INTEGER)), 0) FROM camera
             WHERE code GLOB '[cC][0-9]*' AND substr(code, 2) NOT GLOB '*[^0-9]*' AND length(code) <= 9",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(format!("C{:03}", highest + 1))
}

fn check_code_free(db: &Connection, code: &str, id: CameraId) -> Result<()> {
    let taken: bool = db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM camera WHERE code = ?1 AND deleted_at IS NULL AND id <> ?2)",
        )?
        .query_row(params![code, id.0.into_bytes()], |row| row.get(0))?;
    if taken { Err(Error::CodeTaken(code.to_owned())) } else { Ok(()) }
}

fn check_unit(db: &Connection, unit: Option<UnitId>) -> Result<()> {
    let Some(unit) = unit else { return Ok(()) };
    let exists = "SELECT EXISTS (SELECT 1 FROM unit WHERE id = ?1)";
    need(db, exists, unit.0.into_bytes(), "problem_unit_not_found", "unit")
}

fn folded(code: &str, draft: &CameraDraft) -> String {
    fold(&format!("{code} {} {}", draft.name, draft.place))
}

fn place(id: &CameraId) -> Place<'_> {
    Place { column: "camera.password", row: id.0.as_bytes() }
}

fn object(id: CameraId) -> String {
    format!("camera {id}")
}

/// What an update changed, for the audit: old and new side by side. Of addresses only the host (a path may hold
/// anything), of the password only that it changed.
fn changes(
    before: &CameraRow,
    draft: &CameraDraft,
    code: &str,
    password: Option<&str>,
) -> Map<String, Value> {
    let mut changed = Map::new();
    let mut note = |name: &str, old: Value, new: Value| {
        if old != new {
            changed.insert(name.to_owned(), json!([old, new]));
        }
    };
    note("code", json!(before.code), json!(code));
    note("name", json!(before.name), json!(draft.name));
    note("unit", json!(before.unit), json!(draft.unit));
    note("place", json!(before.place), json!(draft.place));
    note("username", json!(before.username), json!(draft.username));
    note("transport", json!(before.transport), json!(draft.transport));
    if let Some(record) = &draft.record {
        note("record", json!(before.record), json!(record));
    }
    for (name, old, new) in
        [("main_url", &before.main_url, &draft.main_url), ("sub_url", &before.sub_url, &draft.sub_url)]
    {
        if old != new {
            changed.insert(name.to_owned(), json!([host(old), host(new)]));
        }
    }
    if let Some(password) = password {
        changed.insert("password".to_owned(), json!(password));
    }
    changed
}

impl Store {
    /// The cameras of the room in the order of their codes, without those taken out.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn cameras(&self) -> Result<Vec<CameraRow>> {
        self.read(|db| {
            let mut statement = db
                .prepare_cached(&format!("{COLUMNS} WHERE deleted_at IS NULL ORDER BY length(code), code"))?;
            let rows = statement.query_map([], read)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The cameras that were taken out: their footage and records are still there.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn cameras_gone(&self) -> Result<Vec<CameraId>> {
        self.read(|db| {
            let mut statement = db.prepare_cached("SELECT id FROM camera WHERE deleted_at IS NOT NULL")?;
            let rows = statement.query_map([], |row| crate::sql::uuid(row, 0).map(CameraId))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// One camera, also one that was taken out (`deleted` says so).
    ///
    /// # Errors
    /// What SQLite says.
    pub fn camera(&self, id: CameraId) -> Result<Option<CameraRow>> {
        self.read(|db| find(db, id))
    }

    /// The cameras of the room whose code, name or place holds every word of `text`, tone marks and case ignored.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn search_cameras(&self, text: &str) -> Result<Vec<CameraRow>> {
        let text = fold(text);
        self.read(|db| {
            let mut statement = db.prepare_cached(&format!(
                "{COLUMNS} WHERE deleted_at IS NULL AND instr(folded, ?1) > 0 ORDER BY length(code), code"
            ))?;
            let mut words = text.split(' ');
            let rows = statement.query_map([words.next().unwrap_or_default()], read)?;
            let mut found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            for word in words {
                found.retain(|row| fold(&format!("{} {} {}", row.code, row.name, row.place)).contains(word));
            }
            Ok(found)
        })
    }

    /// The code that the next camera gets if it is added without one: `C001`, `C002`, ... Codes of cameras that were
    /// taken out are not given again.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn next_camera_code(&self) -> Result<String> {
        self.read(next_code)
    }

    /// Adds a camera. The password, if there is one and it is not empty, is sealed for this camera. Adding the same
    /// again gives the camera as it stands now.
    ///
    /// # Errors
    /// `Invalid`, `NotFound` for the unit or when the camera was added and taken out since, `IdTaken`, `CodeTaken`, or
    /// what SQLite says.
    pub fn add_camera(
        &self,
        who: &str,
        draft: CameraDraft,
        password: Option<SecretString>,
    ) -> Result<CameraRow> {
        check(&draft, password.as_ref())?;
        let password = password.filter(|password| !password.expose_secret().is_empty());
        let plain = password.as_ref().map_or("", |password| password.expose_secret());
        // What was not said is not in it: a retry over an update of this program stays the same camera.
        let record = draft.record.as_ref().map(|record| json!(record).to_string());
        let mut parts: Vec<&[u8]> = vec![
            draft.code.as_bytes(),
            draft.name.as_bytes(),
            draft.unit.as_ref().map_or(&[][..], |unit| unit.0.as_bytes()),
            draft.place.as_bytes(),
            draft.main_url.as_bytes(),
            draft.sub_url.as_bytes(),
            draft.username.as_bytes(),
            transport_text(draft.transport).unwrap_or_default().as_bytes(),
            plain.as_bytes(),
        ];
        parts.extend(record.as_deref().map(str::as_bytes));
        let origin = origin(self.key(), &parts);
        let sealed = match &password {
            Some(_) => Some(self.key().seal(place(&draft.id), plain.as_bytes())?),
            None => None,
        };
        let now = self.now();
        self.write(|db| {
            let known: Option<[u8; 32]> = db
                .prepare_cached("SELECT origin FROM camera WHERE id = ?1")?
                .query_row([draft.id.0.into_bytes()], |row| row.get(0))
                .optional()?;
            match known {
                Some(known) if known == origin => return find_living(db, draft.id),
                Some(_) => return Err(Error::IdTaken("camera")),
                None => {}
            }
            let profile = draft.record.clone().unwrap_or_default();
            let code = if draft.code.is_empty() { next_code(db)? } else { draft.code.clone() };
            check_code_free(db, &code, draft.id)?;
            check_unit(db, draft.unit)?;
            db.prepare_cached(
                "INSERT INTO camera (id, code, name, folded, unit, place, main_url, sub_url, username, password,
                    transport, origin, created_at, changed_at, record, schedule, keep_days)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13, ?14, ?15, ?16)",
            )?
            .execute(params![
                draft.id.0.into_bytes(),
                code,
                draft.name,
                folded(&code, &draft),
                draft.unit.map(|unit| unit.0.into_bytes()),
                draft.place,
                draft.main_url,
                draft.sub_url,
                draft.username,
                sealed,
                transport_text(draft.transport),
                origin,
                now.0,
                profile::streams_text(profile.streams),
                json!(profile.schedule).to_string(),
                profile.keep_days,
            ])?;
            let detail = json!({
                "record": profile, "code": code, "name": draft.name, "unit": draft.unit, "place": draft.place,
                "host": host(&draft.main_url), "username": draft.username, "transport": draft.transport,
                "password": if sealed.is_some() { "set" } else { "none" },
            });
            audit::write(db, now, who, "camera.add", &object(draft.id), &detail)?;
            search::index(db, "camera", draft.id.0)?;
            find_living(db, draft.id)
        })
    }

    /// Changes a camera. No password: it stays; an empty one: it is forgotten. Writing what is stored already changes
    /// nothing.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `CodeTaken`, `Unopenable` when the stored password is damaged and none is given, or what
    /// SQLite says.
    pub fn update_camera(
        &self,
        who: &str,
        draft: CameraDraft,
        password: Option<SecretString>,
    ) -> Result<CameraRow> {
        check(&draft, password.as_ref())?;
        let now = self.now();
        self.write(|db| {
            let before = find_living(db, draft.id)?;
            let code = if draft.code.is_empty() { before.code.clone() } else { draft.code.clone() };
            check_code_free(db, &code, draft.id)?;
            check_unit(db, draft.unit)?;
            let stored = stored_password(db, draft.id)?;
            let (sealed, noted) = match password.as_ref().map(|password| password.expose_secret()) {
                None => (stored, None),
                Some("") => (None, before.has_password.then_some("cleared")),
                Some(plain) => {
                    let same = stored.as_deref().is_some_and(|sealed| {
                        self.key()
                            .open(place(&draft.id), sealed)
                            .is_ok_and(|known| known.as_slice() == plain.as_bytes())
                    });
                    if same {
                        (stored, None)
                    } else {
                        let noted = if before.has_password { "changed" } else { "set" };
                        (Some(self.key().seal(place(&draft.id), plain.as_bytes())?), Some(noted))
                    }
                }
            };
            let changed = changes(&before, &draft, &code, noted);
            if changed.is_empty() {
                return Ok(before);
            }
            let profile: &RecordProfile = draft.record.as_ref().unwrap_or(&before.record);
            db.prepare_cached(
                "UPDATE camera SET code = ?2, name = ?3, folded = ?4, unit = ?5, place = ?6, main_url = ?7, sub_url = ?8,
                    username = ?9, password = ?10, transport = ?11, changed_at = ?12, record = ?13, schedule = ?14,
                    keep_days = ?15 WHERE id = ?1",
            )?
            .execute(params![
                draft.id.0.into_bytes(),
                code,
                draft.name,
                folded(&code, &draft),
                draft.unit.map(|unit| unit.0.into_bytes()),
                draft.place,
                draft.main_url,
                draft.sub_url,
                draft.username,
                sealed,
                transport_text(draft.transport),
                now.0,
                profile::streams_text(profile.streams),
                json!(profile.schedule).to_string(),
                profile.keep_days,
            ])?;
            audit::write(db, now, who, "camera.update", &object(draft.id), &Value::Object(changed))?;
            search::index(db, "camera", draft.id.0)?;
            find_living(db, draft.id)
        })
    }

    /// Takes a camera out of the room and forgets its password. Its bookmarks, notes and stills stay. Doing it again
    /// changes nothing.
    ///
    /// # Errors
    /// `NotFound` for a camera that never was, or what SQLite says.
    pub fn delete_camera(&self, who: &str, id: CameraId) -> Result<()> {
        let now = self.now();
        self.write(|db| {
            let before =
                find(db, id)?.ok_or(Error::NotFound { key: "problem_camera_not_found", field: None })?;
            if before.deleted.is_some() {
                return Ok(());
            }
            db.prepare_cached(
                "UPDATE camera SET deleted_at = ?2, changed_at = ?2, password = NULL WHERE id = ?1",
            )?
            .execute(params![id.0.into_bytes(), now.0])?;
            events::close(db, id, now)?;
            let detail = json!({ "code": before.code, "name": before.name });
            audit::write(db, now, who, "camera.delete", &object(id), &detail)?;
            search::index(db, "camera", id.0)
        })
    }

    /// A camera's password, opened. `None`: there is none.
    ///
    /// # Errors
    /// `NotFound` for a camera that is not in the room, `Unopenable` when the stored value was changed or moved, or
    /// what SQLite says.
    pub fn camera_password(&self, id: CameraId) -> Result<Option<SecretString>> {
        let sealed = self.read(|db| {
            find_living(db, id)?;
            stored_password(db, id)
        })?;
        let Some(sealed) = sealed else { return Ok(None) };
        let plain = self.key().open(place(&id), &sealed)?;
        // Copied at its exact size, so that no growing or shrinking leaves another copy behind.
        let text = std::str::from_utf8(&plain).map_err(|_| Error::Unopenable)?;
        Ok(Some(SecretString::from(text)))
    }
}

fn stored_password(db: &Connection, id: CameraId) -> Result<Option<Vec<u8>>> {
    Ok(db
        .prepare_cached("SELECT password FROM camera WHERE id = ?1")?
        .query_row([id.0.into_bytes()], |row| row.get(0))?)
}
