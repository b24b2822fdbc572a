//! A whole shift at the real window: an operator signs in, watches, opens an incident with a bookmark around now; the desk
//! is locked and the wall stays; an investigator adds a note and corrects it; a supervisor approves; the shift is handed
//! over, signed by two, and the next one opens with it.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // failing is what a test's helpers do

use anyhow::{Context, Result, ensure};
use easien_link::Client;
use easien_link::commands::{Role, call};
use easien_link::data::{
    CameraLimit, FirstPerson, Incident, IncidentQuery, PasswordChange, PersonDraft, Secret, SignIn,
};
use easien_model::{IncidentState, PersonId};
use easien_tests::hands::key;
use easien_tests::room::{LOOK, Room, cameras_like_in_the_demo};
use easien_tests::seat::Seat;
use easien_tests::wait;
use easien_tests::webdriver::Page;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(20);
const WORD: &str = "mat khau so 1";

struct Desk<'a> {
    room: &'a Room,
    page: &'a Page,
}

#[test]
fn a_shift_from_signing_in_to_its_handover() -> Result<()> {
    let mut room = Room::new("shift")?;
    room.prepare_seat(Seat::Native)?;
    room.start_cameras(easien_camsim::Options { small: true, ..cameras_like_in_the_demo(4) })?;
    room.start_station()?;
    room.add_simulated()?;
    room.wait_live(4, Duration::from_secs(60))?;
    people(&room)?;
    room.start_display(1600, 900)?;
    let page = room.start_seat(Seat::Native)?;
    let desk = Desk { room: &room, page: &page };
    desk.until("nobody is let in without signing in", "document.querySelector('[data-login=truc1]')")?;
    ensure!(room.seen()?.is_empty(), "pictures before anybody signed in");

    desk.sign_in("truc1")?;
    room.wait_cameras(&[1, 2, 3, 4], SOON)?;
    desk.shot("1-operator")?;
    room.hands()?.press(key::F1 + 4)?;
    desk.click("[data-begin]")?;
    wait::until("the shift has begun", SOON, LOOK, || {
        match room.call::<call::ShiftNow>(()).map_err(|error| error.to_string())? {
            Some(shift) if shift.persons == ["Trực ban 01"] => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })?;
    desk.shot("2-shift")?;
    room.hands()?.press(key::F1)?;
    room.wait_cameras(&[1, 2, 3, 4], SOON)?;
    room.hands()?.press_char('n')?;
    desk.until("the form of an incident", "document.activeElement?.matches('form input')")?;
    room.hands()?.type_text("Xe ba gac cho phao")?;
    desk.shot("3-incident")?;
    room.hands()?.press_with(&[key::CONTROL], key::ENTER)?;
    let incident = desk.incident(|incident| incident.text.title == "Xe ba gac cho phao")?;
    ensure!(incident.opened_by == "Trực ban 01" && incident.cameras.len() == 1, "{incident:?}");

    // Away: the wall stays, and nothing else.
    desk.until("the form is gone", "!document.querySelector('form input')")?;
    room.hands()?.press_with(&[key::CONTROL], u32::from('l'))?;
    desk.until("the desk is locked", "document.querySelector('[data-other]')")?;
    room.wait_cameras(&[1, 2, 3, 4], SOON)?;
    ensure!(!desk.text()?.contains("Xe ba gac"), "a record is shown while the desk is locked");
    desk.shot("4-locked")?;

    desk.click("[data-other]")?;
    desk.sign_in("dieutra")?;
    desk.open(&incident)?;
    desk.note("Xe re vao buon Tring")?;
    desk.click("[data-correct]")?;
    desk.note("Xe re vao thon 5")?;
    desk.until(
        "the correction stands beside what it corrects",
        "document.querySelector('[data-note] del')?.textContent === 'Xe re vao buon Tring'",
    )?;
    desk.go(&incident, IncidentState::Verifying, "verifying")?;
    desk.go(&incident, IncidentState::Waiting, "waiting")?;
    desk.shot("5-investigator")?;
    ensure!(desk.absent("[data-move=closed]")?, "an investigator can close");

    desk.switch_to("chihuy")?;
    desk.open(&incident)?;
    desk.go(&incident, IncidentState::Closed, "closed")?;
    let closed = desk.incident(|one| one.id == incident.id)?;
    ensure!(closed.approved_by.as_deref() == Some("Chỉ huy 01"), "{closed:?}");
    desk.shot("6-supervisor")?;

    desk.switch_to("truc1")?;
    room.hands()?.press(key::F1 + 4)?;
    desk.click("[data-handover]")?;
    desk.until("what is handed over", "document.querySelector('[data-sign=to]')")?;
    desk.choose(0, "truc1")?;
    desk.choose(1, "truc2")?;
    for side in ["from", "to"] {
        desk.focus(&format!("[data-sign={side}]"))?;
        room.hands()?.type_text(WORD)?;
    }
    desk.shot("7-handover")?;
    desk.click("[data-sign-do]")?;
    wait::until("the next shift", SOON, LOOK, || {
        let shift = room.call::<call::ShiftNow>(()).map_err(|error| error.to_string())?;
        match shift.and_then(|shift| Some((shift.persons, shift.taken_over?))) {
            Some((persons, taken)) if persons == ["Trực ban 02"] && taken.from == "Trực ban 01" => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })?;
    desk.until("the next shift opens with it", "document.body.textContent.includes('Trực ban 02')")?;
    desk.shot("8-next")
}

/// The people of the room, each with a password of their own.
fn people(room: &Room) -> Result<()> {
    let first = FirstPerson {
        window: "test".into(),
        id: PersonId::new(),
        login: "quantri".into(),
        name: "Quản trị 01".into(),
        password: Secret(WORD.into()),
    };
    room.call::<call::PeopleFirst>(first)?;
    for (login, name, role) in [
        ("truc1", "Trực ban 01", Role::Operator),
        ("truc2", "Trực ban 02", Role::Operator),
        ("dieutra", "Điều tra 01", Role::Investigator),
        ("chihuy", "Chỉ huy 01", Role::Supervisor),
    ] {
        let given = Secret("tam thoi so 1".into());
        room.call::<call::PeoplePut>(PersonDraft {
            id: PersonId::new(),
            login: login.into(),
            name: name.into(),
            roles: vec![role],
            limit: CameraLimit::default(),
            retired: false,
            password: Some(given.clone()),
        })?;
        let data = room.data();
        room.block_on(async {
            let client = Client::connect(&data).await?;
            let sign_in = SignIn { window: login.into(), login: login.into(), password: given.clone() };
            client.call::<call::PeopleSignIn>(sign_in).await?;
            let change = PasswordChange { old: given, new: Secret(WORD.into()) };
            client.call::<call::PeoplePassword>(change).await?;
            anyhow::Ok(())
        })?;
    }
    Ok(())
}

impl Desk<'_> {
    fn until(&self, what: &str, expression: &str) -> Result<()> {
        wait::until(what, SOON, LOOK, || {
            match self.page.script(&format!("return Boolean({expression})"), &[]) {
                Ok(said) if said == true => Ok(()),
                Ok(_) => Err(self.text().unwrap_or_default().chars().take(300).collect()),
                Err(error) => Err(error.to_string()),
            }
        })
    }

    fn text(&self) -> Result<String> {
        let said = self.page.script("return document.body.innerText", &[])?;
        Ok(said.as_str().unwrap_or_default().to_owned())
    }

    fn absent(&self, selector: &str) -> Result<bool> {
        Ok(self.page.script(&format!("return !document.querySelector('{selector}')"), &[])? == true)
    }

    fn click(&self, selector: &str) -> Result<()> {
        self.until(selector, &format!("document.querySelector('{selector}:not(:disabled)')"))?;
        self.page.script(&format!("document.querySelector('{selector}').click()"), &[])?;
        Ok(())
    }

    fn focus(&self, selector: &str) -> Result<()> {
        self.until(selector, &format!("document.querySelector('{selector}')"))?;
        self.page.script(&format!("document.querySelector('{selector}').focus()"), &[])?;
        Ok(())
    }

    /// One of the names, then the password.
    fn sign_in(&self, login: &str) -> Result<()> {
        self.click(&format!("[data-login={login}]"))?;
        self.focus("form input[type=password]")?;
        self.room.hands()?.type_text(WORD)?;
        self.room.hands()?.press(key::ENTER)?;
        self.until("somebody is signed in", "!document.querySelector('form input[type=password]')")
    }

    /// By the lock: another person.
    fn switch_to(&self, login: &str) -> Result<()> {
        self.page.script("document.activeElement?.blur()", &[])?;
        self.room.hands()?.press_with(&[key::CONTROL], u32::from('l'))?;
        self.click("[data-other]")?;
        self.sign_in(login)
    }

    fn open(&self, incident: &Incident) -> Result<()> {
        self.room.hands()?.press(key::F1 + 2)?;
        self.click(&format!("[data-incident=\"{}\"]", incident.id))?;
        self.until("its sheet", &format!("document.querySelector('[data-number=\"{}\"]')", incident.number))
    }

    fn note(&self, text: &str) -> Result<()> {
        self.focus("[data-incident-note]")?;
        self.room.hands()?.type_text(text)?;
        self.room.hands()?.press(key::ENTER)?;
        let written = format!(
            "[...document.querySelectorAll('[data-note]')].some((li) => li.textContent.includes('{text}'))"
        );
        self.until("the note stands", &written)
    }

    fn go(&self, incident: &Incident, to: IncidentState, word: &str) -> Result<()> {
        self.click(&format!("[data-move={word}]"))?;
        wait::until("the incident moves", SOON, LOOK, || {
            let now = self.incident(|one| one.id == incident.id).map_err(|error| error.to_string())?;
            if now.state == to { Ok(()) } else { Err(format!("{:?}", now.state)) }
        })
    }

    fn incident(&self, which: impl Fn(&Incident) -> bool) -> Result<Incident> {
        wait::until("the incident", SOON, LOOK, || {
            let page = self.room.call::<call::IncidentList>(IncidentQuery::default());
            let page = page.map_err(|error| error.to_string())?;
            let count = page.items.len();
            page.items.into_iter().find(|one| which(one)).ok_or_else(|| format!("{count} others"))
        })
    }

    fn choose(&self, index: usize, login: &str) -> Result<()> {
        self.page.script(
            &format!(
                "const select = document.querySelectorAll('fieldset select')[{index}]; select.value = '{login}';
                 select.dispatchEvent(new Event('change', {{ bubbles: true }}))"
            ),
            &[],
        )?;
        Ok(())
    }

    /// Kept for whoever looks: EASIEN_SHIFT_SHOTS names a folder.
    fn shot(&self, name: &str) -> Result<()> {
        let Some(folder) = std::env::var_os("EASIEN_SHIFT_SHOTS") else { return Ok(()) };
        std::thread::sleep(Duration::from_millis(800));
        let file = std::path::Path::new(&folder).join(format!("{name}.png"));
        self.room.capture()?.save(&file).context("a picture")
    }
}
