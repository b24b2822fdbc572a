//! An X display of one's own: Xvfb on a number that it picks itself, so that two tests never meet. Xvfb has one monitor
//! for ever; where monitors come and go it is Xorg with its dummy driver, which has sixteen sockets.

use crate::child::{self, Child};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// A running X server; ended when dropped.
#[derive(Debug)]
pub struct Display {
    name: String,
    server: Child,
}

/// Xorg without a graphics card. Modes that need no `cvt`: 1280x720 is one of its own.
const DUMMY: &str = r#"
Section "Device"
  Identifier "card"
  Driver "dummy"
  VideoRam 65536
EndSection
Section "Monitor"
  Identifier "monitor"
  HorizSync 5.0-1000.0
  VertRefresh 5.0-200.0
EndSection
Section "Screen"
  Identifier "screen"
  Device "card"
  Monitor "monitor"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Modes "1280x720"
  EndSubSection
EndSection
"#;

impl Display {
    /// Starts Xvfb with one screen of this size, 24 bits deep, and waits until it takes connections.
    ///
    /// # Errors
    /// When Xvfb is not installed or does not come up.
    pub fn start(width_px: u32, height_px: u32, logs: &Path) -> Result<Self> {
        let log = logs.join("xvfb.log");
        let mut command = child::command("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", &format!("{width_px}x{height_px}x24")]);
        command.args(["-nolisten", "tcp", "-noreset", "-ac", "-dpi", "96"]);
        Self::serve("Xvfb", command, &log)
    }

    /// Starts Xorg with two monitors of 1280 x 720, DUMMY0 and to its right DUMMY1, and waits until it takes
    /// connections. Needs root, as Xorg does where nobody sits at the machine.
    ///
    /// # Errors
    /// When Xorg or its dummy driver is not installed or does not come up.
    pub fn start_with_two_monitors(logs: &Path) -> Result<Self> {
        let config = logs.join("xorg.conf");
        std::fs::write(&config, DUMMY)?;
        let log = logs.join("xorg.log");
        let mut command = child::command("Xorg");
        command.args(["-displayfd", "1", "-config"]).arg(&config);
        command.arg("-logfile").arg(logs.join("xorg-own.log"));
        command.args(["-nolisten", "tcp", "-noreset", "-ac", "-novtswitch", "-sharevts"]);
        let display = Self::serve("Xorg", command, &log)?;
        display.xrandr(&["--addmode", "DUMMY1", "1280x720"])?;
        display.plug_second(true)?;
        Ok(display)
    }

    /// Plugs the second monitor in, or pulls it; the desktop keeps its size, so that what is off the monitor can be seen.
    ///
    /// # Errors
    /// When `xrandr` is not installed or does not do it.
    pub fn plug_second(&self, on: bool) -> Result<()> {
        let how: &[&str] = if on { &["--mode", "1280x720", "--right-of", "DUMMY0"] } else { &["--off"] };
        self.xrandr(&[&["--fb", "2560x720", "--output", "DUMMY1"], how].concat())?;
        // Asked once more, the driver looks at its sockets again; a real one does so when a plug moves.
        self.xrandr(&["--query"])
    }

    fn xrandr(&self, arguments: &[&str]) -> Result<()> {
        let output = Command::new("xrandr").args(["-d", &self.name]).args(arguments).output()?;
        if !output.status.success() {
            bail!("xrandr {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }

    /// The server writes the number it took once it is ready: no number is guessed, nothing is raced for.
    fn serve(program: &str, mut command: Command, log: &Path) -> Result<Self> {
        command.stdout(Stdio::piped()).stderr(std::fs::File::create(log)?);
        let mut server = Child::start_as_is(program, command, log)?;
        let mut number = String::new();
        let told = server.stdout().with_context(|| format!("{program}'s output"))?;
        BufReader::new(told).read_line(&mut number).with_context(|| format!("{program}'s display number"))?;
        let number = number.trim();
        if number.is_empty() {
            bail!("{program} did not come up:\n{}", server.log_end());
        }
        Ok(Self { name: format!(":{number}"), server })
    }

    /// As `DISPLAY` has it, e.g. `:7`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The X server's process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// Lets a program's windows come up here, and on nothing else of this machine.
    pub fn dress(&self, command: &mut Command) {
        command.env("DISPLAY", &self.name).env("GDK_BACKEND", "x11").env_remove("WAYLAND_DISPLAY");
        // No accessibility bus and no session bus: GLib would start daemons that outlive the test.
        command.env("NO_AT_BRIDGE", "1").env("GTK_A11Y", "none").env("DBUS_SESSION_BUS_ADDRESS", "disabled:");
        command.env("GTK_THEME", "Adwaita").env("GDK_SCALE", "1").env("LIBGL_ALWAYS_SOFTWARE", "1");
    }
}
