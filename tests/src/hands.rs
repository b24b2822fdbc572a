//! A person's hands on the display: keys and the mouse by XTEST, as the hardware would do it.

use crate::screen::Screen;
use anyhow::{Context, Result, bail};
use std::thread::sleep;
use std::time::Duration;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, KEY_PRESS_EVENT, KEY_RELEASE_EVENT,
    MOTION_NOTIFY_EVENT,
};
use x11rb::protocol::xtest::ConnectionExt as _;

/// Keys by their X keysyms (X11/keysymdef.h).
pub mod key {
    /// Enter.
    pub const ENTER: u32 = 0xff0d;
    /// Escape.
    pub const ESCAPE: u32 = 0xff1b;
    /// Tab.
    pub const TAB: u32 = 0xff09;
    /// Backspace.
    pub const BACKSPACE: u32 = 0xff08;
    /// Left arrow.
    pub const LEFT: u32 = 0xff51;
    /// Up arrow.
    pub const UP: u32 = 0xff52;
    /// Right arrow.
    pub const RIGHT: u32 = 0xff53;
    /// Down arrow.
    pub const DOWN: u32 = 0xff54;
    /// Page up.
    pub const PAGE_UP: u32 = 0xff55;
    /// Page down.
    pub const PAGE_DOWN: u32 = 0xff56;
    /// Delete.
    pub const DELETE: u32 = 0xffff;
    /// Left shift.
    pub const SHIFT: u32 = 0xffe1;
    /// Left control.
    pub const CONTROL: u32 = 0xffe3;
    /// Left alt.
    pub const ALT: u32 = 0xffe9;
    /// F1; F2 follows, and so on.
    pub const F1: u32 = 0xffbe;
}

/// The keysym of a character: Latin-1 as it is, the rest by Unicode.
fn keysym(character: char) -> u32 {
    match u32::from(character) {
        latin @ (0x20..=0x7e | 0xa0..=0xff) => latin,
        0x0a => key::ENTER,
        other => 0x0100_0000 | other,
    }
}

/// The keyboard and the mouse of a display.
#[derive(Debug)]
pub struct Hands<'a> {
    screen: &'a Screen,
}

const MOMENT: Duration = Duration::from_millis(12);

impl<'a> Hands<'a> {
    /// On this display.
    #[must_use]
    pub fn new(screen: &'a Screen) -> Self {
        Self { screen }
    }

    fn fake(&self, kind: u8, detail: u8, x: i16, y: i16) -> Result<()> {
        self.screen
            .x
            .xtest_fake_input(kind, detail, x11rb::CURRENT_TIME, self.screen.root, x, y, 0)?
            .check()
            .context("XTEST")
    }

    /// The key that carries a keysym, and whether shift is needed.
    fn find(&self, keysym: u32) -> Result<Option<(u8, bool)>> {
        let setup = self.screen.x.setup();
        let first = setup.min_keycode;
        let count = setup.max_keycode - first + 1;
        let map = self.screen.x.get_keyboard_mapping(first, count)?.reply()?;
        let per = usize::from(map.keysyms_per_keycode);
        for (index, levels) in map.keysyms.chunks(per).enumerate() {
            let level = levels.iter().take(2).position(|found| *found == keysym);
            if let Some(level) = level {
                return Ok(Some((first + u8::try_from(index)?, level == 1)));
            }
        }
        Ok(None)
    }

    /// Puts keysyms that no key carries on keys that carry nothing.
    fn teach(&self, wanted: &[u32]) -> Result<()> {
        let setup = self.screen.x.setup();
        let first = setup.min_keycode;
        let count = setup.max_keycode - first + 1;
        let map = self.screen.x.get_keyboard_mapping(first, count)?.reply()?;
        let per = usize::from(map.keysyms_per_keycode);
        let mut free = map
            .keysyms
            .chunks(per)
            .enumerate()
            .filter(|(_, levels)| levels.iter().all(|level| *level == 0))
            .map(|(index, _)| index);
        let mut taught = false;
        for keysym in wanted {
            if self.find(*keysym)?.is_some() {
                continue;
            }
            let Some(index) = free.next() else { bail!("no free key is left for keysym {keysym:#x}") };
            let keycode = first + u8::try_from(index)?;
            self.screen.x.change_keyboard_mapping(1, keycode, 2, &[*keysym, *keysym])?.check()?;
            taught = true;
        }
        if taught {
            sleep(Duration::from_millis(300)); // the programs read the new map when they hear of it
        }
        Ok(())
    }

    /// Presses and releases a key by its keysym (see [`key`]).
    ///
    /// # Errors
    /// When no key carries it.
    pub fn press(&self, keysym: u32) -> Result<()> {
        self.press_with(&[], keysym)
    }

    /// Presses and releases the key of a character.
    ///
    /// # Errors
    /// When no key carries it.
    pub fn press_char(&self, character: char) -> Result<()> {
        self.press(keysym(character))
    }

    /// Presses and releases a key while others are held.
    ///
    /// # Errors
    /// When no key carries one of them.
    pub fn press_with(&self, held: &[u32], keysym: u32) -> Result<()> {
        let (code, shifted) = self.find(keysym)?.with_context(|| format!("no key for {keysym:#x}"))?;
        let mut codes = vec![];
        for held in held.iter().copied().chain(shifted.then_some(key::SHIFT)) {
            codes.push(self.find(held)?.with_context(|| format!("no key for {held:#x}"))?.0);
        }
        for held in &codes {
            self.fake(KEY_PRESS_EVENT, *held, 0, 0)?;
        }
        self.fake(KEY_PRESS_EVENT, code, 0, 0)?;
        sleep(MOMENT);
        self.fake(KEY_RELEASE_EVENT, code, 0, 0)?;
        for held in codes.iter().rev() {
            self.fake(KEY_RELEASE_EVENT, *held, 0, 0)?;
        }
        sleep(MOMENT);
        Ok(())
    }

    /// Types a text, whatever the keyboard's layout.
    ///
    /// # Errors
    /// When there are more foreign characters than free keys.
    pub fn type_text(&self, text: &str) -> Result<()> {
        let wanted: Vec<u32> = text.chars().map(keysym).collect();
        self.teach(&wanted)?;
        for keysym in wanted {
            self.press(keysym)?;
        }
        Ok(())
    }

    /// Moves the pointer.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn point(&self, (x, y): (u32, u32)) -> Result<()> {
        self.fake(MOTION_NOTIFY_EVENT, 0, i16::try_from(x)?, i16::try_from(y)?)?;
        sleep(MOMENT);
        Ok(())
    }

    /// Moves there and clicks the left button.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn click(&self, at: (u32, u32)) -> Result<()> {
        self.point(at)?;
        self.fake(BUTTON_PRESS_EVENT, 1, 0, 0)?;
        sleep(MOMENT);
        self.fake(BUTTON_RELEASE_EVENT, 1, 0, 0)?;
        sleep(MOMENT);
        Ok(())
    }

    /// Moves there and turns the wheel by one notch, away from the person (`up`) or towards them.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn wheel(&self, at: (u32, u32), up: bool) -> Result<()> {
        let button = if up { 4 } else { 5 };
        self.point(at)?;
        self.fake(BUTTON_PRESS_EVENT, button, 0, 0)?;
        self.fake(BUTTON_RELEASE_EVENT, button, 0, 0)?;
        sleep(MOMENT);
        Ok(())
    }

    /// Moves there and clicks twice.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn double_click(&self, at: (u32, u32)) -> Result<()> {
        self.click(at)?;
        sleep(Duration::from_millis(60));
        self.click(at)
    }

    /// Takes something at one place and drops it at another, at a person's pace.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn drag(&self, from: (u32, u32), to: (u32, u32)) -> Result<()> {
        self.point(from)?;
        self.fake(BUTTON_PRESS_EVENT, 1, 0, 0)?;
        sleep(Duration::from_millis(120));
        let steps = 24_i64;
        for step in 1..=steps {
            let between = |a: u32, b: u32| i64::from(a) + (i64::from(b) - i64::from(a)) * step / steps;
            self.point((u32::try_from(between(from.0, to.0))?, u32::try_from(between(from.1, to.1))?))?;
        }
        sleep(Duration::from_millis(200));
        self.point(to)?;
        self.fake(BUTTON_RELEASE_EVENT, 1, 0, 0)?;
        sleep(Duration::from_millis(50));
        Ok(())
    }
}
