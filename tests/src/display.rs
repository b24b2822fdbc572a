//! An X display of one's own: Xvfb on a number that it picks itself, so that two tests never meet.

use crate::child::{self, Child};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// A running Xvfb; ended when dropped.
#[derive(Debug)]
pub struct Display {
    name: String,
    xvfb: Child,
}

impl Display {
    /// Starts Xvfb with one screen of this size, 24 bits deep, and waits until it takes connections.
    ///
    /// # Errors
    /// When Xvfb is not installed or does not come up.
    pub fn start(width_px: u32, height_px: u32, logs: &Path) -> Result<Self> {
        let log = logs.join("xvfb.log");
        let mut command = child::command("Xvfb");
        // It writes the number it took once it is ready: no number is guessed, nothing is raced for.
        command.args(["-displayfd", "1", "-screen", "0", &format!("{width_px}x{height_px}x24")]);
        command.args(["-nolisten", "tcp", "-noreset", "-ac", "-dpi", "96"]);
        command.stdout(Stdio::piped()).stderr(std::fs::File::create(&log)?);
        let mut xvfb = Child::start_as_is("Xvfb", command, &log)?;
        let mut number = String::new();
        let told = xvfb.stdout().context("Xvfb's output")?;
        BufReader::new(told).read_line(&mut number).context("Xvfb's display number")?;
        let number = number.trim();
        if number.is_empty() {
            bail!("Xvfb did not come up:\n{}", xvfb.log_end());
        }
        Ok(Self { name: format!(":{number}"), xvfb })
    }

    /// As `DISPLAY` has it, e.g. `:7`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Xvfb's process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.xvfb.pid()
    }

    /// Lets a program's windows come up here, and on nothing else of this machine.
    pub fn dress(&self, command: &mut Command) {
        command.env("DISPLAY", &self.name).env("GDK_BACKEND", "x11").env_remove("WAYLAND_DISPLAY");
        // No accessibility bus and no session bus: GLib would start daemons that outlive the test.
        command.env("NO_AT_BRIDGE", "1").env("GTK_A11Y", "none").env("DBUS_SESSION_BUS_ADDRESS", "disabled:");
        command.env("GTK_THEME", "Adwaita").env("GDK_SCALE", "1").env("LIBGL_ALWAYS_SOFTWARE", "1");
    }
}
