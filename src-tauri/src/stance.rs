//! How the window stands on the desktop: with everything around the wall or bare over its whole monitor, where, and what
//! of it is remembered. When its monitor is unplugged it moves onto one that is there, and home again when that returns.

use crate::memory::{self, Remembered};
use crate::placement::{self, Screen, Spot};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tauri::{PhysicalPosition, PhysicalSize, WebviewWindow};

/// See the module.
pub struct Stance {
    name: String,
    data: PathBuf,
    /// Size and place are another's business (a test's, a demonstration's): nothing is moved or remembered.
    fixed: bool,
    now: Mutex<Now>,
}

struct Now {
    was: Remembered,
    /// The monitor is not there, so the window stands elsewhere for the time being.
    away: bool,
    written: Option<Remembered>,
}

/// What a window begins with.
#[derive(Clone, Debug, Default)]
pub struct Begin {
    /// Bare, whatever is remembered.
    pub bare: bool,
    /// The monitor, whatever is remembered.
    pub monitor: Option<Screen>,
    /// Nothing is moved or remembered.
    pub fixed: bool,
    /// As large as can be where nothing is remembered.
    pub usual: (u32, u32),
}

impl Stance {
    /// As remembered, or as begun for the first time.
    #[must_use]
    pub fn recall(name: &str, data: PathBuf, begin: Begin) -> Self {
        let written = memory::recall(&data, name);
        let first = Remembered {
            x: 0,
            y: 0,
            width: begin.usual.0,
            height: begin.usual.1,
            maximized: true,
            bare: false,
            monitor: None,
            open: true,
        };
        let mut was = written.clone().unwrap_or(first);
        was.open = true;
        if begin.bare {
            was.bare = true;
        }
        if begin.monitor.is_some() {
            was.monitor = begin.monitor;
        }
        Self {
            name: name.to_owned(),
            data,
            fixed: begin.fixed,
            now: Mutex::new(Now { was, away: false, written }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether only the wall is to be seen.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.lock().was.bare
    }

    /// The window's own monitor, whether or not it is plugged in.
    #[must_use]
    pub fn home(&self) -> Option<Screen> {
        self.lock().was.monitor.clone()
    }

    /// Whether the window belongs on another of the monitors that are there than the one it opened on.
    ///
    /// # Errors
    /// What Tauri says.
    pub fn belongs_elsewhere(&self, window: &WebviewWindow) -> tauri::Result<bool> {
        if self.fixed {
            return Ok(false);
        }
        let (screens, primary) = screens(window)?;
        let was = self.lock().was.clone();
        let (_, on) = placement::place(was.spot(), was.monitor.as_ref(), &screens, primary);
        let here = placement::most_on(spot_of(window)?, &screens);
        Ok(on.is_some() && on != here)
    }

    /// Puts the window where it belongs, or as near to that as the monitors that are there allow. On the main thread.
    ///
    /// # Errors
    /// What Tauri says.
    pub fn settle(&self, window: &WebviewWindow) -> tauri::Result<()> {
        if self.fixed {
            return Ok(());
        }
        let (screens, primary) = screens(window)?;
        let was = {
            let mut now = self.lock();
            let home_there =
                now.was.monitor.as_ref().is_none_or(|home| placement::find(home, &screens).is_some());
            now.away = !home_there;
            now.was.clone()
        };
        let (spot, on) = placement::place(was.spot(), was.monitor.as_ref(), &screens, primary);
        let screen = on.and_then(|n| screens.get(n));
        tracing::info!(window = self.name, ?spot, ?screen, bare = was.bare, "the window takes its place");
        if let (None, Some(screen)) = (&was.monitor, screen) {
            self.lock().was.monitor = Some(screen.clone());
        }
        self.stand(window, spot, screen, on)?;
        self.write();
        Ok(())
    }

    /// The monitors changed. Moves only a window whose own monitor went or came back, or that nobody can reach.
    ///
    /// # Errors
    /// What Tauri says.
    pub fn monitors_changed(&self, window: &WebviewWindow) -> tauri::Result<()> {
        if self.fixed {
            return Ok(());
        }
        let (screens, _) = screens(window)?;
        if screens.is_empty() {
            // On the way from one set of monitors to the next.
            return Ok(());
        }
        let (home, away) = {
            let now = self.lock();
            (now.was.monitor.clone(), now.away)
        };
        let at = spot_of(window)?;
        let on = placement::most_on(at, &screens);
        let belongs = home.as_ref().and_then(|home| placement::find(home, &screens));
        match (belongs, away) {
            (Some(_), true) => tracing::info!(window = self.name, "its monitor is back"),
            (None, false) => tracing::warn!(window = self.name, ?home, "its monitor is gone"),
            (Some(n), false) if on == Some(n) && home.as_ref() == screens.get(n) => return Ok(()),
            (None, true) if on.is_some() => return Ok(()),
            _ => {}
        }
        self.settle(window)
    }

    /// Bare over the whole monitor, or with everything around it. On the main thread.
    ///
    /// # Errors
    /// What Tauri says.
    pub fn set_bare(&self, window: &WebviewWindow, bare: bool) -> tauri::Result<()> {
        if self.is_bare() == bare {
            return Ok(());
        }
        if bare {
            self.note(window);
        }
        self.lock().was.bare = bare;
        let (screens, primary) = screens(window)?;
        let was = self.lock().was.clone();
        let (spot, on) = placement::place(was.spot(), was.monitor.as_ref(), &screens, primary);
        self.stand(window, spot, on.and_then(|n| screens.get(n)), on)?;
        self.write();
        Ok(())
    }

    fn stand(
        &self,
        window: &WebviewWindow,
        spot: Spot,
        screen: Option<&Screen>,
        on: Option<usize>,
    ) -> tauri::Result<()> {
        let was = self.lock().was.clone();
        if was.bare {
            if let Some(screen) = screen {
                // First by hand: not every desktop has a window manager that knows "full screen".
                window.unmaximize()?;
                window.set_position(PhysicalPosition::new(screen.x, screen.y))?;
                window.set_size(size(screen.width, screen.height))?;
            }
            return fullscreen(window, on);
        }
        window.set_fullscreen(false)?;
        window.set_position(PhysicalPosition::new(spot.x, spot.y))?;
        window.set_size(size(spot.width, spot.height))?;
        if was.maximized { window.maximize() } else { window.unmaximize() }
    }

    /// Remembers where the window stands now. On the main thread.
    pub fn note(&self, window: &WebviewWindow) {
        if self.fixed || self.is_bare() || window.is_minimized().unwrap_or(true) {
            return;
        }
        let (Ok(at), Ok((screens, _))) = (spot_of(window), screens(window)) else { return };
        {
            let mut now = self.lock();
            let home_gone =
                now.was.monitor.as_ref().is_some_and(|home| placement::find(home, &screens).is_none());
            if now.away || home_gone {
                // Where it stands for the time being is not where it belongs.
                return;
            }
            let maximized = window.is_maximized().unwrap_or(false);
            now.was.maximized = maximized;
            if let Some(n) = placement::most_on(at, &screens) {
                now.was.monitor = screens.get(n).cloned();
            }
            if !maximized && let (Ok(width), Ok(height)) = (u32::try_from(at.width), u32::try_from(at.height))
            {
                (now.was.x, now.was.y, now.was.width, now.was.height) = (at.x, at.y, width, height);
            }
        }
        self.write();
    }

    /// A person closed this window alone: it does not open again by itself.
    pub fn closed_for_good(&self) {
        self.lock().was.open = false;
        self.write();
    }

    fn write(&self) {
        if self.fixed {
            return;
        }
        let mut now = self.lock();
        if now.written.as_ref() == Some(&now.was) {
            return;
        }
        match memory::remember(&self.data, &self.name, &now.was) {
            Ok(()) => now.written = Some(now.was.clone()),
            Err(error) => tracing::warn!(%error, "the window's place is not remembered"),
        }
    }
}

fn size(width: i32, height: i32) -> PhysicalSize<u32> {
    PhysicalSize::new(width.unsigned_abs(), height.unsigned_abs())
}

fn spot_of(window: &WebviewWindow) -> tauri::Result<Spot> {
    let (place, size) = (window.outer_position()?, window.inner_size()?);
    let side = |length: u32| i32::try_from(length).unwrap_or(i32::MAX);
    Ok(Spot { x: place.x, y: place.y, width: side(size.width), height: side(size.height) })
}

/// The monitors that are there, and which is the main one.
///
/// # Errors
/// What Tauri says.
pub fn screens(window: &WebviewWindow) -> tauri::Result<(Vec<Screen>, usize)> {
    let as_screen = |monitor: &tauri::Monitor| Screen {
        name: monitor.name().cloned().unwrap_or_default(),
        x: monitor.position().x,
        y: monitor.position().y,
        width: i32::try_from(monitor.size().width).unwrap_or(i32::MAX),
        height: i32::try_from(monitor.size().height).unwrap_or(i32::MAX),
    };
    let screens: Vec<Screen> = window.available_monitors()?.iter().map(as_screen).collect();
    let primary = window.primary_monitor()?.map(|monitor| as_screen(&monitor));
    let primary = screens.iter().position(|screen| Some(screen) == primary.as_ref()).unwrap_or(0);
    Ok((screens, primary))
}

#[cfg(target_os = "linux")]
fn fullscreen(window: &WebviewWindow, on: Option<usize>) -> tauri::Result<()> {
    use gtk::prelude::*;
    let frame = window.gtk_window()?;
    let screen = gtk::prelude::GtkWindowExt::screen(&frame);
    match (screen, on.and_then(|n| i32::try_from(n).ok())) {
        (Some(screen), Some(n)) => frame.fullscreen_on_monitor(&screen, n),
        _ => frame.fullscreen(),
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn fullscreen(window: &WebviewWindow, _on: Option<usize>) -> tauri::Result<()> {
    window.set_fullscreen(true)
}

/// Calls `changed` a moment after monitors came, went or moved. On the main thread.
#[cfg(target_os = "linux")]
pub fn watch_monitors(changed: impl Fn() + 'static) {
    use gtk::gdk;
    use std::cell::Cell;
    use std::rc::Rc;
    /// Drivers tell several changes for one plug.
    const REST: std::time::Duration = std::time::Duration::from_millis(400);

    let (Some(display), Some(screen)) = (gdk::Display::default(), gdk::Screen::default()) else { return };
    let changed = Rc::new(changed);
    let waiting = Rc::new(Cell::new(false));
    let soon = Rc::new(move || {
        if waiting.replace(true) {
            return;
        }
        let (waiting, changed) = (waiting.clone(), changed.clone());
        gtk::glib::timeout_add_local_once(REST, move || {
            waiting.set(false);
            changed();
        });
    });
    let each = soon.clone();
    display.connect_monitor_added(move |_, _| each());
    let each = soon.clone();
    display.connect_monitor_removed(move |_, _| each());
    let each = soon.clone();
    screen.connect_monitors_changed(move |_| each());
    screen.connect_size_changed(move |_| soon());
}

/// Other systems move windows home by themselves.
#[cfg(not(target_os = "linux"))]
pub fn watch_monitors(_changed: impl Fn() + 'static) {}
