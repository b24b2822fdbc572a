//! People: who is signed in at which window program, who may do what and see which cameras. While nobody was ever added
//! to the room there is no signing in: one local operator, named in the settings, may do everything.

mod caller;
mod desks;
mod password;
mod sitting;
pub(crate) mod within;

use crate::station::{Station, lock};
use desks::{Desk, Desks};
use easien_link::commands::Role;
use easien_link::data::{
    AtDesk, BreakGlass, CameraLimit, FirstPerson, PasswordChange, Person, PersonDraft, PersonName,
    SealedCode, Secret,
};
use easien_link::{Access, Caller, DeskState, Event, Sight, problems};
use easien_model::{CameraId, Code, PersonId, Problem, UtcMicros};
use easien_store::PersonRow;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Names of people who do not exist whose failures are remembered, at most.
const STRANGERS: usize = 64;

/// Everybody's desks.
#[derive(Default)]
pub(crate) struct People {
    /// Somebody was added to the room: signing in is needed.
    needed: AtomicBool,
    everybody: Mutex<Vec<PersonRow>>,
    /// Cameras that were taken out of the room: footage of them is still there.
    gone: Mutex<Vec<CameraId>>,
    /// Which cameras people with a limit may see, as far as that was asked for.
    sights: Mutex<HashMap<PersonId, Sight>>,
    desks: Mutex<Desks>,
    /// Failures under names that nobody has.
    strangers: Mutex<HashMap<String, (u32, UtcMicros)>>,
    /// One password at a time: hashing takes memory.
    hashing: tokio::sync::Mutex<()>,
}

fn role_text(role: Role) -> &'static str {
    match role {
        Role::Operator => "operator",
        Role::Investigator => "investigator",
        Role::Supervisor => "supervisor",
        Role::Administrator => "administrator",
    }
}

const ROLES: [Role; 4] = [Role::Operator, Role::Investigator, Role::Supervisor, Role::Administrator];

fn roles(row: &PersonRow) -> Vec<Role> {
    ROLES.into_iter().filter(|role| row.roles.iter().any(|text| text == role_text(*role))).collect()
}

/// Whether a person's roles let them in where these are asked for.
pub(crate) fn may(row: &PersonRow, access: &[Access]) -> bool {
    let caller = Caller {
        person: Some(row.id),
        name: String::new(),
        roles: roles(row),
        desk: DeskState::Open,
        sight: Sight::default(),
        connection: 0,
    };
    caller.has(access)
}

fn person(row: PersonRow) -> Person {
    Person {
        id: row.id,
        roles: roles(&row),
        login: row.login,
        name: row.name,
        limit: CameraLimit { units: row.units, cameras: row.cameras },
        retired: row.retired,
        must_change: row.must_change,
        seen: row.seen,
    }
}

fn refused(key: &str) -> Problem {
    Problem::new(Code::Unauthenticated, key)
}

fn wait(seconds: i64) -> Problem {
    refused(problems::SIGN_IN_WAIT).with("seconds", seconds)
}

fn token() -> Result<(Secret, [u8; 32]), Problem> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "no random numbers");
        Problem::new(Code::Internal, problems::INTERNAL)
    })?;
    let text = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let hash = Sha256::digest(text.as_bytes()).into();
    Ok((Secret(text), hash))
}

fn check_window(window: &str) -> Result<(), Problem> {
    let fits = (1..=64).contains(&window.len())
        && window.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if fits { Ok(()) } else { Err(Problem::new(Code::Invalid, problems::WINDOW_NAME).field("window")) }
}

impl Station {
    /// Who is there. Call it at the start, and after each change.
    pub(crate) async fn load_people(&self) -> Result<(), Problem> {
        let everybody = self.store(|store| store.people()).await?;
        let gone = self.store(|store| store.cameras_gone()).await?;
        self.people.needed.store(!everybody.is_empty(), Ordering::SeqCst);
        *lock(&self.people.gone) = gone;
        *lock(&self.people.everybody) = everybody;
        self.forget_sights();
        Ok(())
    }

    fn person_row(&self, id: PersonId) -> Option<PersonRow> {
        lock(&self.people.everybody).iter().find(|row| row.id == id && row.retired.is_none()).cloned()
    }

    fn desk_of(&self, connection: u64) -> Result<Desk, Problem> {
        lock(&self.people.desks).get(connection).cloned().ok_or_else(|| refused(problems::SIGNED_OUT))
    }

    /// The window program at the other end of a connection, as it named itself.
    pub(crate) fn program_of(&self, connection: u64) -> String {
        lock(&self.people.desks).program(connection).unwrap_or("main").to_owned()
    }

    /// Whether two connections are of one window program; while nobody was added to the room all are.
    pub(crate) fn are_one_program(&self, one: u64, other: u64) -> bool {
        let desks = lock(&self.people.desks);
        one == other
            || !self.people.needed.load(Ordering::SeqCst)
            || desks.program(one).is_some_and(|program| desks.program(other) == Some(program))
    }

    /// A connection is closed; whoever was signed in over it may come back.
    pub(crate) fn desk_gone(&self, connection: u64) {
        lock(&self.people.desks).leave(connection);
    }

    pub(crate) async fn at_desk(&self, caller: &Caller, token: Option<Secret>) -> Result<AtDesk, Problem> {
        self.desk_at(caller.connection, token).await
    }

    async fn desk_at(&self, connection: u64, token: Option<Secret>) -> Result<AtDesk, Problem> {
        let desk = lock(&self.people.desks).get(connection).cloned();
        let now = self.caller_of(connection);
        let row = now.person.and_then(|id| self.person_row(id));
        let sealed = self.store(|store| store.sealed_code()).await?;
        let everybody = lock(&self.people.everybody).clone();
        let present = everybody.into_iter().filter(|row| row.retired.is_none());
        Ok(AtDesk {
            needed: self.people.needed.load(Ordering::SeqCst),
            person: row.map(person).or_else(|| {
                let desk = desk.as_ref().filter(|desk| desk.person.is_none())?;
                Some(Person {
                    id: PersonId(uuid::Uuid::nil()),
                    login: String::new(),
                    name: desk.name.clone(),
                    roles: ROLES.to_vec(),
                    limit: CameraLimit::default(),
                    retired: None,
                    must_change: false,
                    seen: None,
                })
            }),
            // A password that somebody else set must be changed first; that is no lock.
            locked: desk.as_ref().is_some_and(|desk| desk.locked),
            since: desk.as_ref().map(|desk| desk.since),
            token,
            idle_s: lock(&self.settings).lock_after_s,
            sealed: sealed.filter(|code| code.opened.is_none()).map(|code| code.made),
            people: present.map(|row| PersonName { login: row.login, name: row.name }).collect(),
        })
    }

    /// Compares a password, in its time and not more often than it may be tried.
    pub(crate) async fn prove(&self, login: &str, given: Secret, window: &str) -> Result<PersonRow, Problem> {
        let login = login.trim().to_ascii_lowercase();
        let _one = self.people.hashing.lock().await;
        let known = {
            let login = login.clone();
            self.store(move |store| store.person_by_login(&login)).await?
        };
        let known = known.filter(|(row, _)| row.retired.is_none());
        let now = self.clock.utc_now();
        let failures = match &known {
            Some((row, _)) => row.failures,
            None => lock(&self.people.strangers).get(&login).map_or((0, None), |(n, at)| (*n, Some(*at))),
        };
        let seconds = password::wait_s(failures, now);
        if seconds > 0 {
            return Err(wait(seconds));
        }
        let stored = known.as_ref().map(|(_, password)| password.clone());
        let right = self.blocking(move || password::matches(&given, stored.as_deref())).await?;
        match known {
            Some((row, _)) if right => Ok(row),
            Some((row, _)) => {
                let (id, window) = (row.id, window.to_owned());
                let failures = self.store(move |store| store.note_failure(id, &window)).await?;
                tracing::warn!(login = row.login, failures, "a wrong password");
                Err(refused(problems::SIGN_IN_WRONG))
            }
            None => {
                let mut strangers = lock(&self.people.strangers);
                if strangers.len() >= STRANGERS && !strangers.contains_key(&login) {
                    strangers.clear();
                }
                let entry = strangers.entry(login).or_insert((0, now));
                *entry = (entry.0.saturating_add(1), now);
                Err(refused(problems::SIGN_IN_WRONG))
            }
        }
    }

    pub(crate) async fn first_person(&self, caller: &Caller, first: FirstPerson) -> Result<AtDesk, Problem> {
        password::check(&first.password, "password")?;
        let given = first.password;
        let hashed = self.blocking(move || password::hash(&given)).await??;
        let draft = easien_store::PersonDraft {
            id: first.id,
            login: first.login,
            name: first.name,
            roles: ROLES.map(|role| role_text(role).to_owned()).to_vec(),
            units: Vec::new(),
            cameras: Vec::new(),
            retired: false,
            password: Some((hashed, false)),
        };
        let who = caller.name.clone();
        let who = if who.is_empty() { draft.name.clone() } else { who };
        let row = self.store(move |store| store.put_person(&who, draft, true)).await?;
        self.seat(caller, &first.window, Some(row.id), row.name, "sign_in").await
    }

    pub(crate) async fn change_password(
        &self,
        caller: &Caller,
        change: PasswordChange,
    ) -> Result<AtDesk, Problem> {
        let desk = self.desk_of(caller.connection)?;
        let row = desk.person.and_then(|id| self.person_row(id));
        let Some(row) = row else { return Err(refused(problems::SIGNED_OUT)) };
        password::check(&change.new, "new")?;
        if change.new == change.old {
            return Err(Problem::new(Code::Invalid, problems::PERSON_PASSWORD_SAME).field("new"));
        }
        self.prove(&row.login, change.old, &desk.program).await.map_err(|problem| problem.field("old"))?;
        let new = change.new;
        let hashed = self.blocking(move || password::hash(&new)).await??;
        let id = row.id;
        self.store(move |store| store.set_password(id, &hashed)).await?;
        self.load_people().await?;
        self.desk_changed(caller).await?;
        self.at_desk(caller, None).await
    }

    pub(crate) async fn list_people(&self) -> Result<Vec<Person>, Problem> {
        Ok(self.store(|store| store.people()).await?.into_iter().map(person).collect())
    }

    pub(crate) async fn put_person(&self, caller: &Caller, draft: PersonDraft) -> Result<Person, Problem> {
        // The first one is made by `people.first`, which signs them in: nobody locks themselves out.
        if !self.people.needed.load(Ordering::SeqCst) {
            return Err(Problem::new(Code::Precondition, problems::PERSON_NO_FIRST));
        }
        // Nobody widens their own limit, nor gives others more than they have.
        if !caller.sight.is_full() {
            return Err(Problem::new(Code::Forbidden, problems::PERSON_LIMITED));
        }
        let password = match draft.password {
            Some(password) => {
                password::check(&password, "password")?;
                Some((
                    self.blocking(move || password::hash(&password)).await??,
                    caller.person != Some(draft.id),
                ))
            }
            None => None,
        };
        let row = easien_store::PersonDraft {
            id: draft.id,
            login: draft.login,
            name: draft.name,
            roles: draft.roles.into_iter().map(|role| role_text(role).to_owned()).collect(),
            units: draft.limit.units,
            cameras: draft.limit.cameras,
            retired: draft.retired,
            password,
        };
        let who = caller.name.clone();
        let row = self.store(move |store| store.put_person(&who, row, false)).await?;
        self.load_people().await?;
        self.reseat(&row);
        Ok(person(row))
    }

    /// A person's roles, limits or password changed: their desks follow at once.
    fn reseat(&self, row: &PersonRow) {
        let theirs: Vec<u64> = {
            let mut desks = lock(&self.people.desks);
            let programs = desks.of_person(row.id);
            if row.retired.is_some() {
                for program in &programs {
                    desks.empty(program);
                }
            }
            programs.iter().flat_map(|program| desks.connections(program)).collect()
        };
        self.close_hidden();
        for connection in theirs {
            if let Some(desk) = self.desk.get() {
                desk.tell_one(connection, Event::Resync);
            }
        }
    }

    /// Windows that show a camera which whoever sits there may not see (any more) show nothing, at once; they are told
    /// to ask for everything again, within what may be seen now.
    pub(crate) fn close_hidden(&self) {
        for connection in self.shows_hidden() {
            self.close_walls(connection);
            self.stop_audio(connection);
            if let Some(desk) = self.desk.get() {
                desk.tell_one(connection, Event::Resync);
            }
        }
    }

    pub(crate) async fn seal_code(&self, caller: &Caller) -> Result<SealedCode, Problem> {
        let code = password::code()?;
        let kept = code.clone();
        let hashed = self.blocking(move || password::hash(&kept)).await??;
        let who = caller.name.clone();
        let made = self.store(move |store| store.put_sealed_code(&who, &hashed)).await?;
        Ok(SealedCode { code, made })
    }

    pub(crate) async fn break_glass(&self, caller: &Caller, given: BreakGlass) -> Result<AtDesk, Problem> {
        check_window(&given.window)?;
        let (name, reason) = (given.name.trim().to_owned(), given.reason.trim().to_owned());
        if !(1..=100).contains(&name.chars().count()) {
            return Err(Problem::new(Code::Invalid, problems::PERSON_NAME).field("name"));
        }
        if !(1..=1000).contains(&reason.chars().count()) {
            return Err(Problem::new(Code::Invalid, problems::REASON).field("reason"));
        }
        let _one = self.people.hashing.lock().await;
        let sealed = self.store(|store| store.sealed_code()).await?.filter(|code| code.opened.is_none());
        let Some(sealed) = sealed else { return Err(refused(problems::SEALED_NONE)) };
        let seconds = password::wait_s(sealed.failures, self.clock.utc_now());
        if seconds > 0 {
            return Err(wait(seconds));
        }
        let code = password::typed(&given.code);
        let right = self.blocking(move || password::matches(&code, Some(&sealed.code))).await?;
        let (who, why) = (name.clone(), reason.clone());
        self.store(move |store| store.note_sealed_code(&who, &why, right)).await?;
        if !right {
            return Err(refused(problems::SEALED_WRONG));
        }
        tracing::warn!(name, "the sealed envelope was opened");
        self.seal_was_opened(&name, &reason).await;
        self.seat(caller, &given.window, None, name, "break_glass").await
    }
}
