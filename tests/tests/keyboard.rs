//! The main ways with the keyboard alone, at both seats: no pointer event reaches the page, and at every step one sees
//! where the keyboard is.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // failing is what a test's helpers do

use anyhow::{Context, Result, ensure};
use easien_link::commands::call;
use easien_link::data::{FeedItem, Page as Part};
use easien_tests::hands::key;
use easien_tests::room::{LOOK, Room, cameras_like_in_the_demo};
use easien_tests::seat::Seat;
use easien_tests::wait;
use easien_tests::webdriver::Page;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(20);

#[test]
fn at_the_window() -> Result<()> {
    the_main_ways(Seat::Native)
}

#[test]
fn at_a_browser() -> Result<()> {
    the_main_ways(Seat::Browser)
}

fn the_main_ways(seat: Seat) -> Result<()> {
    let mut room = Room::new("keys")?;
    room.prepare_seat(seat)?;
    room.start_cameras(easien_camsim::Options { small: true, ..cameras_like_in_the_demo(6) })?;
    room.start_station()?;
    room.add_simulated()?;
    room.wait_live(6, Duration::from_secs(60))?;
    room.start_display(1280, 720)?;
    let page = room.start_seat(seat)?;
    page.script(
        "window.pointers = []; for (const kind of ['pointerdown', 'mousedown', 'wheel'])
           window.addEventListener(kind, (event) => window.pointers.push(kind), true);",
        &[],
    )?;
    let person = Person { room: &room, page: &page };

    person.find_and_enlarge()?;
    person.mark_still_note()?;
    person.grids_and_pages()?;
    person.review_and_back()?;
    person.dialogs()?;
    person.every_stop_is_seen()?;

    let pointers = page.script("return window.pointers.join()", &[])?;
    ensure!(pointers == "", "the page got {pointers}");
    Ok(())
}

struct Person<'a> {
    room: &'a Room,
    page: &'a Page,
}

impl Person<'_> {
    fn press(&self, keysym: u32) -> Result<()> {
        self.room.hands()?.press(keysym)
    }

    fn with(&self, modifier: u32, keysym: u32) -> Result<()> {
        self.room.hands()?.press_with(&[modifier], keysym)
    }

    fn write(&self, text: &str) -> Result<()> {
        self.room.hands()?.type_text(text)
    }

    /// Until the page says yes to a JavaScript expression.
    fn until(&self, what: &str, expression: &str) -> Result<()> {
        wait::until(what, SOON, LOOK, || {
            let said = self.page.script(&format!("return Boolean({expression})"), &[]);
            match said {
                Ok(said) if said == true => Ok(()),
                Ok(_) => Err(self.focus().unwrap_or_else(|error| error.to_string())),
                Err(error) => Err(error.to_string()),
            }
        })
    }

    /// What has the keyboard, in words.
    fn focus(&self) -> Result<String> {
        let said = self.page.script(
            "const e = document.activeElement; return `${e.tagName} ${e.getAttribute('role') ?? ''} ${e.getAttribute('aria-label') ?? e.textContent.slice(0, 40)}`",
            &[],
        )?;
        Ok(said.as_str().unwrap_or_default().to_owned())
    }

    fn feed(&self, what: &str, wanted: impl Fn(&FeedItem) -> bool) -> Result<()> {
        wait::until(what, SOON, LOOK, || {
            let feed = self.room.call::<call::FeedList>(Part { before: None, limit: 100 });
            let feed = feed.map_err(|error| error.to_string())?;
            if feed.iter().any(&wanted) { Ok(()) } else { Err(format!("{} others", feed.len())) }
        })
    }

    /// Ctrl+K, its number, Enter; Enter again: large. Escape: small.
    fn find_and_enlarge(&self) -> Result<()> {
        self.room.wait_cameras(&[1, 2, 3, 4, 5, 6], SOON)?;
        self.with(key::CONTROL, u32::from('k'))?;
        self.until(
            "the search has the keyboard",
            "document.activeElement?.getAttribute('role') === 'combobox'",
        )?;
        self.write("c003")?;
        self.until(
            "camera 3 is found",
            "document.querySelector('[role=listbox] [role=option][aria-selected=true]')",
        )?;
        self.press(key::ENTER)?;
        self.until(
            "camera 3 has the frame",
            "document.querySelector('[data-camera=C003][aria-selected=true][data-tile]')",
        )?;
        self.until(
            "the search is gone",
            "!document.querySelector('[role=dialog]') && !document.activeElement?.matches('input')",
        )?;
        self.press(key::ENTER)?;
        self.room.wait_cameras(&[3], SOON)?;
        self.press(key::ESCAPE)?;
        self.room.wait_cameras(&[1, 2, 3, 4, 5, 6], SOON).map(drop)
    }

    fn mark_still_note(&self) -> Result<()> {
        let hands = self.room.hands()?;
        hands.press_char('b')?;
        self.until(
            "the title has the keyboard",
            "document.activeElement?.matches('form input, form textarea')",
        )?;
        self.write("Va chạm")?;
        self.press(key::ENTER)?;
        self.feed(
            "the bookmark",
            |item| matches!(item, FeedItem::Bookmark(made) if made.text.title == "Va chạm"),
        )?;
        self.press(key::ESCAPE)?;
        hands.press_char('s')?;
        self.feed("the still", |item| matches!(item, FeedItem::Still(_)))?;
        hands.press_char('g')?;
        self.until("the note has the keyboard", "document.activeElement?.tagName === 'TEXTAREA'")?;
        self.write("Hai xe")?;
        self.press(key::ENTER)?;
        self.feed("the note", |item| matches!(item, FeedItem::Note(note) if note.text == "Hai xe"))?;
        self.press(key::ESCAPE)?;
        self.until("the keyboard is back at the pictures", "!document.activeElement?.matches('textarea')")
    }

    fn grids_and_pages(&self) -> Result<()> {
        self.with(key::ALT, u32::from('2'))?;
        self.room.wait_cameras(&[1, 2, 3, 4], SOON)?;
        self.press(0xff56)?; // PageDown
        self.room.wait_cameras(&[5, 6], SOON)?;
        self.press(0xff55)?; // PageUp
        self.room.wait_cameras(&[1, 2, 3, 4], SOON)?;
        self.with(key::ALT, u32::from('3'))?;
        self.room.wait_cameras(&[1, 2, 3, 4, 5, 6], SOON).map(drop)
    }

    fn review_and_back(&self) -> Result<()> {
        let hands = self.room.hands()?;
        hands.press_char('r')?;
        self.until(
            "the review desk",
            "document.querySelector('[data-phase=archive], [data-phase=missing]')",
        )?;
        hands.press_char(' ')?;
        hands.press_char('g')?;
        self.until("a time can be typed", "document.activeElement?.matches('input')")?;
        self.press(key::ESCAPE)?;
        hands.press_char('r')?;
        self.until("the live wall", "document.querySelector('[data-view=live][aria-current=page]')")?;
        self.room.wait_cameras(&[1, 2, 3, 4, 5, 6], SOON).map(drop)
    }

    /// Dialogs take the keyboard, keep it, close by Escape and give it back to where it was.
    fn dialogs(&self) -> Result<()> {
        let modal = "document.querySelector('[role=dialog][data-modal]')";
        for opening in ["?", "settings"] {
            self.page.script("document.querySelector('[data-tile][tabindex=\"0\"]').focus()", &[])?;
            if opening == "?" {
                self.room.hands()?.press_char('?')?;
            } else {
                self.with(key::CONTROL, u32::from(','))?;
            }
            self.until(&format!("the dialog of {opening}"), modal)?;
            self.until("the dialog has the keyboard", &format!("{modal}?.contains(document.activeElement)"))?;
            for _ in 0..25 {
                self.press(key::TAB)?;
                let inside =
                    self.page.script(&format!("return {modal}?.contains(document.activeElement)"), &[])?;
                ensure!(inside == true, "{opening}: the keyboard left the dialog for {}", self.focus()?);
            }
            self.press(key::ESCAPE)?;
            self.until(&format!("{opening} is closed"), &format!("!{modal}"))?;
            self.until("the keyboard is back at the tile", "document.activeElement?.matches('[data-tile]')")?;
        }
        Ok(())
    }

    /// Through the whole page by Tab: at every stop something shows where the keyboard is.
    fn every_stop_is_seen(&self) -> Result<()> {
        let mut stops = vec![];
        for _ in 0..80 {
            self.press(key::TAB)?;
            let seen = self.page.script(
                "const e = document.activeElement;
                 if (!e || e === document.body) return true;
                 const drawn = (x) => { const s = getComputedStyle(x);
                   return (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1) || s.boxShadow !== 'none'; };
                 // A field within a frame of its own has the frame for it.
                 const framed = e.matches('input, textarea') && e.parentElement.matches(':focus-within');
                 const box = e.getBoundingClientRect();
                 return (drawn(e) || framed) && box.width > 0 && box.bottom <= innerHeight + 1 && box.right <= innerWidth + 1;",
                &[],
            )?;
            ensure!(seen == true, "the keyboard is at {} and nobody sees it", self.focus()?);
            stops.push(self.focus()?);
        }
        let views = self.page.script("return document.querySelectorAll('nav button').length", &[])?;
        let views = usize::try_from(views.as_u64().context("the views")?)?;
        ensure!(stops.iter().filter(|stop| stop.starts_with("BUTTON")).count() > views, "{stops:?}");
        Ok(())
    }
}
