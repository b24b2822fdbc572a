//! Who sits at a window program: signing in and out, coming back after a crash, locking and unlocking.

use super::desks::{Desk, program_of};
use super::{check_window, refused, token};
use crate::station::{Station, lock};
use easien_link::data::{AtDesk, PasswordProof, SignIn, SignInAgain};
use easien_link::{Caller, Event, problems};
use easien_model::{Code, PersonId, Problem};
use easien_store::SignInRow;
use sha2::{Digest, Sha256};
use std::time::{Duration, Instant};

impl Station {
    /// Somebody sits at this desk from now on.
    pub(crate) async fn seat(
        &self,
        caller: &Caller,
        window: &str,
        who: Option<PersonId>,
        name: String,
        how: &'static str,
    ) -> Result<AtDesk, Problem> {
        check_window(window)?;
        let program = program_of(window);
        let (token, hash) = token()?;
        let since = self.clock.utc_now();
        let row = SignInRow {
            window: program.clone(),
            person: who,
            name: name.clone(),
            token: hash,
            locked: false,
            since,
        };
        if let Err(problem) = self.store(move |store| store.put_sign_in(&row, how)).await {
            let storage = problem.key == problems::STORAGE;
            if !storage && matches!(problem.code, Code::Invalid | Code::NotFound | Code::Conflict) {
                return Err(problem);
            }
            // A full disk must not blind the room: they see, and the audit is owed who it was.
            tracing::error!(%problem, "a sign-in is not written down yet");
            let object = who.map_or_else(|| "sealed code".to_owned(), |person| format!("person {person}"));
            self.owe(&name, &format!("people.{how}"), &object, serde_json::json!({ "window": program }));
        }
        let desk =
            Desk { program, person: who, name, locked: false, since, hand: Instant::now(), unproven: false };
        lock(&self.people.desks).seat(caller.connection, desk);
        self.load_people().await?;
        self.desk_changed(caller).await?;
        self.at_desk(caller, Some(token)).await
    }

    /// What was open for whoever sat here before is closed: another may see less. Every window of the program is told.
    pub(super) async fn desk_changed(&self, caller: &Caller) -> Result<(), Problem> {
        self.close_hidden();
        let beside = lock(&self.people.desks).beside(caller.connection);
        for connection in beside {
            self.stop_audio(connection);
            let desk = self.desk_at(connection, None).await?;
            if let Some(to) = self.desk.get() {
                to.tell_one(connection, Event::DeskChanged(desk));
            }
        }
        Ok(())
    }

    pub(crate) async fn sign_in(&self, caller: &Caller, given: SignIn) -> Result<AtDesk, Problem> {
        check_window(&given.window)?;
        let row = self.prove(&given.login, given.password, &program_of(&given.window)).await?;
        self.seat(caller, &given.window, Some(row.id), row.name, "sign_in").await
    }

    /// A window of a program where somebody sits is theirs too. One that comes back alone is as it was with its token;
    /// without, it comes back locked.
    pub(crate) async fn sign_in_again(&self, caller: &Caller, again: SignInAgain) -> Result<AtDesk, Problem> {
        check_window(&again.window)?;
        let program = program_of(&again.window);
        let kept = program.clone();
        let known = self.store(move |store| store.sign_in(&kept)).await?;
        let hash: [u8; 32] = Sha256::digest(again.token.0.as_bytes()).into();
        let known = known.filter(|row| row.person.is_none_or(|id| self.person_row(id).is_some()));
        let proven = known.as_ref().is_some_and(|row| row.token == hash);
        let told = {
            let mut desks = lock(&self.people.desks);
            desks.join(caller.connection, &program);
            match (desks.of_program(&program), known) {
                (Some(desk), Some(row)) if desk.unproven && proven => {
                    (desk.locked, desk.unproven) = (row.locked, false);
                    true
                }
                (Some(_), _) | (None, None) => false,
                (None, Some(row)) => {
                    let desk = Desk {
                        program,
                        person: row.person,
                        name: row.name,
                        locked: row.locked || !proven,
                        since: row.since,
                        hand: Instant::now(),
                        unproven: !proven,
                    };
                    desks.seat(caller.connection, desk);
                    true
                }
            }
        };
        if told {
            self.desk_changed(caller).await?;
        }
        self.at_desk(caller, None).await
    }

    pub(crate) async fn sign_out(&self, caller: &Caller) -> Result<AtDesk, Problem> {
        let desk = self.desk_of(caller.connection)?;
        let program = desk.program.clone();
        // At once, whatever the disk says to it.
        lock(&self.people.desks).empty(&program);
        self.desk_changed(caller).await?;
        let name = desk.name.clone();
        if let Err(problem) = self.store(move |store| store.remove_sign_in(&desk.name, &desk.program)).await {
            tracing::error!(%problem, "a sign-out is not written down yet");
            self.owe(&name, "people.sign_out", &format!("window {program}"), serde_json::json!({}));
        }
        self.at_desk(caller, None).await
    }

    pub(crate) async fn lock_desk(&self, caller: &Caller) -> Result<AtDesk, Problem> {
        let desk = self.desk_of(caller.connection)?;
        // At once, whatever the disk says to it.
        let beside = {
            let mut desks = lock(&self.people.desks);
            if let Some(desk) = desks.of_program(&desk.program) {
                (desk.locked, desk.unproven) = (true, false);
            }
            desks.connections(&desk.program)
        };
        for connection in beside {
            self.hide_footage(connection);
        }
        let (name, program) = (desk.name.clone(), desk.program.clone());
        if let Err(problem) = self.store(move |store| store.lock_sign_in(&desk.name, &desk.program)).await {
            tracing::error!(%problem, "a desk was locked, and that is not written down yet");
            self.owe(&name, "people.lock", &format!("window {program}"), serde_json::json!({}));
        }
        self.desk_changed(caller).await?;
        self.at_desk(caller, None).await
    }

    pub(crate) fn hand_moved(&self, caller: &Caller) {
        let mut desks = lock(&self.people.desks);
        let program = desks.program(caller.connection).map(str::to_owned);
        if let Some(desk) = program.and_then(|program| desks.of_program(&program)) {
            desk.hand = Instant::now();
        }
    }

    /// Nobody touches one window; whoever works at another one of the program is not locked out of both.
    pub(crate) async fn idle_desk(&self, caller: &Caller) -> Result<AtDesk, Problem> {
        let after_s = u64::from(lock(&self.settings).lock_after_s);
        let idle = lock(&self.people.desks).get(caller.connection).is_some_and(|desk| {
            after_s > 0 && !desk.locked && desk.hand.elapsed() >= Duration::from_secs(after_s)
        });
        if idle { self.lock_desk(caller).await } else { self.at_desk(caller, None).await }
    }

    pub(crate) async fn unlock_desk(&self, caller: &Caller, proof: PasswordProof) -> Result<AtDesk, Problem> {
        let desk = self.desk_of(caller.connection)?;
        // An opened envelope is not opened twice: whoever used it signs in anew.
        let login = desk.person.and_then(|id| self.person_row(id)).map(|row| row.login);
        let Some(login) = login else { return Err(refused(problems::SIGNED_OUT)) };
        let row = self.prove(&login, proof.password, &desk.program).await?;
        self.seat(caller, &desk.program, Some(row.id), row.name, "unlock").await
    }
}
