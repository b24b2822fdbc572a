//! Where one sits: in front of the window program, whose native surface paints, or in front of Chromium, where the page
//! itself paints what comes over the station's WebSocket. Both stand on the same X screen, under the same hands, and are
//! judged by the same pixels, so that a test is written once.

use crate::programs;
use crate::room::{LOOK, Room};
use crate::served::Served;
use crate::wait;
use crate::webdriver::Page;
use anyhow::{Context, Result};
use std::time::Duration;

/// Who shows the wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    /// The window program, with its native surface above the page.
    Native,
    /// The window program; the page paints.
    PageWindow,
    /// Chromium, which fills the screen; the page paints.
    Browser,
}

impl Room {
    /// What the station must know of the seat. Before it is started.
    ///
    /// # Errors
    /// When the page is not built.
    pub fn prepare_seat(&mut self, seat: Seat) -> Result<()> {
        if seat == Seat::Browser && self.served.is_none() {
            let served = Served::start(programs::repository().join("ui/dist"))?;
            let door = self.folder().join("door").display().to_string();
            self.station_args.extend(["--page-port-file".to_owned(), door]);
            self.station_args.extend(["--page-origin".to_owned(), served.origin()]);
            self.served = Some(served);
        }
        Ok(())
    }

    /// Opens the seat's window over the whole display; its page can be asked.
    ///
    /// # Errors
    /// When no window appears.
    pub fn start_seat(&mut self, seat: Seat) -> Result<Page> {
        match seat {
            Seat::Native => self.start_driven_window(),
            Seat::PageWindow => self.start_window_with(&["--presenter", "page"]),
            Seat::Browser => self.start_browser(),
        }
    }

    fn start_browser(&self) -> Result<Page> {
        let served =
            self.served.as_ref().context("the seat was not prepared before the station was started")?;
        let door = self.folder().join("door");
        let socket = wait::until("the station's door for pages", Duration::from_secs(20), LOOK, || {
            std::fs::read_to_string(&door).map(|url| url.trim().to_owned())
        })?;
        let (display, screen) = self.display.as_ref().context("no display")?;
        let url = format!("{}/?window=main&ws={socket}", served.origin());
        let page =
            Page::start_chromium(display, &self.logs(), &self.folder().join("browser"), &url, &self.env)?;
        screen.maximise(Duration::from_secs(60))?;
        Ok(page)
    }
}
