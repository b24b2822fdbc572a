//! People: who works in the room, with which roles and limits; who is signed in at which window program; the sealed
//! envelope. Passwords come here hashed and are never given out but to be compared.

use crate::audit;
use crate::error::{Error, Result};
use crate::sql::{check_text, json, need, utc, utc_opt, uuid, uuid_opt};
use crate::store::Store;
use easien_model::{CameraId, PersonId, UnitId, UtcMicros};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

/// Somebody who works in the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRow {
    /// Their id.
    pub id: PersonId,
    /// What they sign in with, in small letters.
    pub login: String,
    /// Name as it stands in records.
    pub name: String,
    /// The roles held, by their names on the wire, sorted.
    pub roles: Vec<String>,
    /// Only cameras of these units, and `cameras`; both empty: all.
    pub units: Vec<UnitId>,
    /// Only these cameras, and those of `units`.
    pub cameras: Vec<CameraId>,
    /// May sign in no more, since then.
    pub retired: Option<UtcMicros>,
    /// Must choose another password.
    pub must_change: bool,
    /// Signed in last.
    pub seen: Option<UtcMicros>,
    /// Wrong passwords since the last right one, and when the last of them came.
    pub failures: (u32, Option<UtcMicros>),
}

/// Adds a person or changes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonDraft {
    /// Chosen by the client.
    pub id: PersonId,
    /// What they sign in with; it never changes.
    pub login: String,
    /// Name as it stands in records; unique among all people, so that a record says who it was.
    pub name: String,
    /// The roles held, one at least.
    pub roles: Vec<String>,
    /// Only cameras of these units.
    pub units: Vec<UnitId>,
    /// And these cameras.
    pub cameras: Vec<CameraId>,
    /// May sign in no more.
    pub retired: bool,
    /// A new password, hashed (a PHC string of Argon2id), and whether it must be changed; absent: as it is.
    pub password: Option<(String, bool)>,
}

/// Who is signed in at a window program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInRow {
    /// The window program's name for itself.
    pub window: String,
    /// Who; absent: the sealed envelope was opened.
    pub person: Option<PersonId>,
    /// Their name.
    pub name: String,
    /// SHA-256 of the token.
    pub token: [u8; 32],
    /// Away: records are hidden.
    pub locked: bool,
    /// Since when.
    pub since: UtcMicros,
}

/// The sealed envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRow {
    /// Its code, hashed.
    pub code: String,
    /// When it was made.
    pub made: UtcMicros,
    /// When it was opened; a code opens once.
    pub opened: Option<UtcMicros>,
    /// Wrong codes since it was made, and when the last of them came.
    pub failures: (u32, Option<UtcMicros>),
}

const COLUMNS: &str =
    "SELECT id, login, name, roles, retired_at, must_change, seen_at, failures, failed_at FROM person";

fn read(row: &Row<'_>) -> rusqlite::Result<PersonRow> {
    Ok(PersonRow {
        id: PersonId(uuid(row, 0)?),
        login: row.get(1)?,
        name: row.get(2)?,
        roles: json(row, 3)?,
        units: Vec::new(),
        cameras: Vec::new(),
        retired: utc_opt(row, 4)?,
        must_change: row.get(5)?,
        seen: utc_opt(row, 6)?,
        failures: (row.get(7)?, utc_opt(row, 8)?),
    })
}

fn limits(db: &Connection, mut person: PersonRow) -> Result<PersonRow> {
    let id = person.id.0.into_bytes();
    let mut units = db.prepare_cached("SELECT unit FROM person_unit WHERE person = ?1 ORDER BY unit")?;
    person.units = units.query_map([id], |row| uuid(row, 0).map(UnitId))?.collect::<rusqlite::Result<_>>()?;
    let mut cameras =
        db.prepare_cached("SELECT camera FROM person_camera WHERE person = ?1 ORDER BY camera")?;
    person.cameras =
        cameras.query_map([id], |row| uuid(row, 0).map(CameraId))?.collect::<rusqlite::Result<_>>()?;
    Ok(person)
}

fn find(db: &Connection, id: PersonId) -> Result<Option<PersonRow>> {
    let row = db
        .prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?
        .query_row([id.0.into_bytes()], read)
        .optional()?;
    row.map(|row| limits(db, row)).transpose()
}

fn need_person(db: &Connection, id: PersonId) -> Result<PersonRow> {
    find(db, id)?.ok_or(Error::NotFound { key: "problem_person_not_found", field: Some("id") })
}

/// Checks what a person is made of, in the order of a form.
fn check(draft: &mut PersonDraft) -> Result<()> {
    let login = draft.login.to_ascii_lowercase();
    let fits = (1..=40).contains(&login.len())
        && login
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte));
    if !fits {
        return Err(Error::Invalid { key: "problem_person_login", field: "login" });
    }
    draft.login = login;
    draft.name = draft.name.trim().to_owned();
    check_text(&draft.name, 1, 120, "problem_person_name", "name")?;
    draft.roles.sort();
    draft.roles.dedup();
    if draft.roles.is_empty() {
        return Err(Error::Invalid { key: "problem_person_roles", field: "roles" });
    }
    draft.units.sort();
    draft.units.dedup();
    draft.cameras.sort();
    draft.cameras.dedup();
    Ok(())
}

fn set_limits(db: &Connection, draft: &PersonDraft) -> Result<()> {
    let id = draft.id.0.into_bytes();
    db.prepare_cached("DELETE FROM person_unit WHERE person = ?1")?.execute([id])?;
    db.prepare_cached("DELETE FROM person_camera WHERE person = ?1")?.execute([id])?;
    for unit in &draft.units {
        let exists = "SELECT EXISTS (SELECT 1 FROM unit WHERE id = ?1)";
        need(db, exists, unit.0.into_bytes(), "problem_unit_not_found", "limit")?;
        db.prepare_cached("INSERT INTO person_unit (person, unit) VALUES (?1, ?2)")?
            .execute(params![id, unit.0.into_bytes()])?;
    }
    for camera in &draft.cameras {
        crate::sql::need_camera(db, *camera, "limit")?;
        db.prepare_cached("INSERT INTO person_camera (person, camera) VALUES (?1, ?2)")?
            .execute(params![id, camera.0.into_bytes()])?;
    }
    Ok(())
}

/// Somebody must be able to add people, which nobody with a limit may.
fn need_administrator(db: &Connection) -> Result<()> {
    let there: bool = db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM person, json_each(person.roles)
             WHERE retired_at IS NULL AND json_each.value = 'administrator'
                AND NOT EXISTS (SELECT 1 FROM person_unit WHERE person_unit.person = person.id)
                AND NOT EXISTS (SELECT 1 FROM person_camera WHERE person_camera.person = person.id))",
        )?
        .query_row([], |row| row.get(0))?;
    if there { Ok(()) } else { Err(Error::Invalid { key: "problem_person_last", field: "roles" }) }
}

impl Store {
    /// Everybody, retired ones too, by name.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn people(&self) -> Result<Vec<PersonRow>> {
        self.read(|db| {
            let mut statement = db.prepare_cached(&format!("{COLUMNS} ORDER BY name, id"))?;
            let rows = statement.query_map([], read)?.collect::<rusqlite::Result<Vec<_>>>()?;
            rows.into_iter().map(|row| limits(db, row)).collect()
        })
    }

    /// A person.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn person(&self, id: PersonId) -> Result<Option<PersonRow>> {
        self.read(|db| find(db, id))
    }

    /// Whether somebody was ever added: from then on signing in is needed.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn has_people(&self) -> Result<bool> {
        self.read(|db| Ok(db.query_row("SELECT EXISTS (SELECT 1 FROM person)", [], |row| row.get(0))?))
    }

    /// A person and their hashed password, by what they sign in with.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn person_by_login(&self, login: &str) -> Result<Option<(PersonRow, String)>> {
        self.read(|db| {
            let row = db
                .prepare_cached(
                    "SELECT id, login, name, roles, retired_at, must_change, seen_at, failures, failed_at, password
                     FROM person WHERE login = ?1",
                )?
                .query_row([login.to_ascii_lowercase()], |row| Ok((read(row)?, row.get(9)?)))
                .optional()?;
            row.map(|(row, password)| Ok((limits(db, row)?, password))).transpose()
        })
    }

    /// Adds a person, or changes one. `first`: only while there is nobody.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `LoginTaken`, `NameTaken`, `IdTaken`, or what SQLite says. The last administrator stays
    /// one, and nobody's login changes.
    pub fn put_person(&self, who: &str, mut draft: PersonDraft, first: bool) -> Result<PersonRow> {
        check(&mut draft)?;
        audit::check_who(who)?;
        let now = self.now();
        self.write(|db| {
            let id = draft.id.0.into_bytes();
            if first && db.query_row("SELECT EXISTS (SELECT 1 FROM person)", [], |row| row.get::<_, bool>(0))? {
                return Err(Error::Invalid { key: "problem_person_not_first", field: "login" });
            }
            let before = find(db, draft.id)?;
            if before.as_ref().is_some_and(|before| before.login != draft.login) {
                return Err(Error::Invalid { key: "problem_person_login_stays", field: "login" });
            }
            let taken = |sql: &str, value: &str| -> Result<bool> {
                Ok(db.prepare_cached(sql)?.query_row(params![value, id], |row| row.get(0))?)
            };
            if taken("SELECT EXISTS (SELECT 1 FROM person WHERE login = ?1 AND id <> ?2)", &draft.login)? {
                return Err(Error::Invalid { key: "problem_person_login_taken", field: "login" });
            }
            if taken("SELECT EXISTS (SELECT 1 FROM person WHERE name = ?1 AND id <> ?2)", &draft.name)? {
                return Err(Error::Invalid { key: "problem_person_name_taken", field: "name" });
            }
            let roles = json!(draft.roles).to_string();
            match &before {
                Some(_) => {
                    db.prepare_cached(
                        "UPDATE person SET name = ?2, roles = ?3,
                            retired_at = CASE WHEN ?4 THEN coalesce(retired_at, ?5) END WHERE id = ?1",
                    )?
                    .execute(params![id, draft.name, roles, draft.retired, now.0])?;
                }
                None => {
                    let Some((password, must_change)) = &draft.password else {
                        return Err(Error::Invalid { key: "problem_person_password", field: "password" });
                    };
                    db.prepare_cached(
                        "INSERT INTO person (id, login, name, roles, password, must_change, retired_at, created_at)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, CASE WHEN ?7 THEN ?8 END, ?8)",
                    )?
                    .execute(params![
                        id,
                        draft.login,
                        draft.name,
                        roles,
                        password,
                        must_change,
                        draft.retired,
                        now.0
                    ])?;
                }
            }
            if let (Some((password, must_change)), Some(_)) = (&draft.password, &before) {
                db.prepare_cached(
                    "UPDATE person SET password = ?2, must_change = ?3, failures = 0, failed_at = NULL WHERE id = ?1",
                )?
                .execute(params![id, password, must_change])?;
            }
            if draft.retired || draft.password.is_some() {
                db.prepare_cached("DELETE FROM sign_in WHERE person = ?1")?.execute([id])?;
            }
            set_limits(db, &draft)?;
            need_administrator(db)?;
            let after = need_person(db, draft.id)?;
            let changed = before.as_ref() != Some(&after) || draft.password.is_some();
            if changed {
                let detail = json!({
                    "login": after.login, "name": after.name, "roles": after.roles, "units": after.units,
                    "cameras": after.cameras, "retired": after.retired.is_some(),
                    "password": draft.password.is_some(), "new": before.is_none(),
                });
                audit::write(db, now, who, "people.put", &format!("person {}", draft.id), &detail)?;
                crate::search::index(db, "person", draft.id.0)?;
            }
            Ok(after)
        })
    }

    /// A person's password is another one from now on, by their own choice.
    ///
    /// # Errors
    /// `NotFound`, or what SQLite says.
    pub fn set_password(&self, id: PersonId, password: &str) -> Result<PersonRow> {
        let now = self.now();
        self.write(|db| {
            let person = need_person(db, id)?;
            db.prepare_cached("UPDATE person SET password = ?2, must_change = 0 WHERE id = ?1")?
                .execute(params![id.0.into_bytes(), password])?;
            audit::write(db, now, &person.name, "people.password", &format!("person {id}"), &json!({}))?;
            need_person(db, id)
        })
    }

    /// A wrong password came for a person.
    ///
    /// # Errors
    /// `NotFound`, or what SQLite says.
    pub fn note_failure(&self, id: PersonId, window: &str) -> Result<u32> {
        let now = self.now();
        self.write(|db| {
            let person = need_person(db, id)?;
            db.prepare_cached("UPDATE person SET failures = failures + 1, failed_at = ?2 WHERE id = ?1")?
                .execute(params![id.0.into_bytes(), now.0])?;
            let detail = json!({ "window": window, "failures": person.failures.0 + 1 });
            audit::write(db, now, &person.name, "people.refused", &format!("person {id}"), &detail)?;
            Ok(person.failures.0 + 1)
        })
    }

    /// Somebody is signed in at a window program from now on, in place of whoever was. `how` stands in the audit:
    /// `sign_in`, `unlock`, `break_glass`, `handover`.
    ///
    /// # Errors
    /// `Invalid` for a name that is none, or what SQLite says.
    pub fn put_sign_in(&self, row: &SignInRow, how: &str) -> Result<()> {
        let now = self.now();
        self.write(|db| {
            put_sign_in(db, row)?;
            if let Some(person) = row.person {
                db.prepare_cached(
                    "UPDATE person SET failures = 0, failed_at = NULL, seen_at = ?2 WHERE id = ?1",
                )?
                .execute(params![person.0.into_bytes(), now.0])?;
            }
            let detail = json!({ "window": row.window });
            let object =
                row.person.map_or_else(|| "sealed code".to_owned(), |person| format!("person {person}"));
            audit::write(db, now, &row.name, &format!("people.{how}"), &object, &detail)
        })
    }

    /// Locks a window program's desk.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn lock_sign_in(&self, who: &str, window: &str) -> Result<()> {
        let now = self.now();
        self.write(|db| {
            db.prepare_cached("UPDATE sign_in SET locked = 1 WHERE window = ?1")?.execute([window])?;
            audit::write(db, now, who, "people.lock", &format!("window {window}"), &json!({}))
        })
    }

    /// Nobody is signed in at a window program any more.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn remove_sign_in(&self, who: &str, window: &str) -> Result<()> {
        let now = self.now();
        self.write(|db| {
            db.prepare_cached("DELETE FROM sign_in WHERE window = ?1")?.execute([window])?;
            audit::write(db, now, who, "people.sign_out", &format!("window {window}"), &json!({}))
        })
    }

    /// Who is signed in at a window program.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn sign_in(&self, window: &str) -> Result<Option<SignInRow>> {
        self.read(|db| {
            Ok(db
                .prepare_cached(
                    "SELECT window, person, name, token, locked, since FROM sign_in WHERE window = ?1",
                )?
                .query_row([window], |row| {
                    Ok(SignInRow {
                        window: row.get(0)?,
                        person: uuid_opt(row, 1)?.map(PersonId),
                        name: row.get(2)?,
                        token: row.get(3)?,
                        locked: row.get(4)?,
                        since: utc(row, 5)?,
                    })
                })
                .optional()?)
        })
    }

    /// The sealed envelope, if there is one.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn sealed_code(&self) -> Result<Option<SealedRow>> {
        self.read(|db| {
            Ok(db
                .query_row(
                    "SELECT code, made_at, opened_at, failures, failed_at FROM sealed_code",
                    [],
                    |row| {
                        Ok(SealedRow {
                            code: row.get(0)?,
                            made: utc(row, 1)?,
                            opened: utc_opt(row, 2)?,
                            failures: (row.get(3)?, utc_opt(row, 4)?),
                        })
                    },
                )
                .optional()?)
        })
    }

    /// A new code for the sealed envelope, hashed; the one before opens nothing any more.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn put_sealed_code(&self, who: &str, code: &str) -> Result<UtcMicros> {
        let now = self.now();
        self.write(|db| {
            db.execute(
                "INSERT INTO sealed_code (only, code, made_at) VALUES (1, ?1, ?2) ON CONFLICT (only) DO UPDATE SET
                    code = excluded.code, made_at = excluded.made_at, opened_at = NULL, failures = 0, failed_at = NULL",
                params![code, now.0],
            )?;
            audit::write(db, now, who, "people.seal", "sealed code", &json!({}))?;
            Ok(now)
        })
    }

    /// The sealed envelope was opened (`right`), or a wrong code came.
    ///
    /// # Errors
    /// `Invalid` for a name that is none, or what SQLite says.
    pub fn note_sealed_code(&self, who: &str, reason: &str, right: bool) -> Result<()> {
        let now = self.now();
        self.write(|db| {
            let change = if right {
                "UPDATE sealed_code SET opened_at = ?1, failures = 0, failed_at = NULL"
            } else {
                "UPDATE sealed_code SET failures = failures + 1, failed_at = ?1"
            };
            db.execute(change, [now.0])?;
            let command = if right { "people.seal_opened" } else { "people.seal_refused" };
            audit::write(db, now, who, command, "sealed code", &json!({ "reason": reason }))
        })
    }
}

pub(crate) fn put_sign_in(db: &Connection, row: &SignInRow) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO sign_in (window, person, name, token, locked, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (window) DO UPDATE SET person = excluded.person, name = excluded.name,
            token = excluded.token, locked = excluded.locked, since = excluded.since",
    )?
    .execute(params![
        row.window,
        row.person.map(|person| person.0.into_bytes()),
        row.name,
        row.token,
        row.locked,
        row.since.0
    ])?;
    Ok(())
}
