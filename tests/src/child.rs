//! A program that a test started: its output goes to a file, and it ends with the test, whatever happens to the test.

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A started program, in a process group of its own. Killed with its whole group when dropped. It also dies with the
/// thread that started it (`setpriv --pdeathsig`): start it from a thread that lives as long as the test.
#[derive(Debug)]
pub struct Child {
    name: String,
    inner: std::process::Child,
    log: PathBuf,
}

/// A command that starts `program` and ends with the calling thread.
#[must_use]
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let setpriv = Path::new("/usr/bin/setpriv");
    let mut command = if setpriv.is_file() {
        let mut command = Command::new(setpriv);
        command.args(["--pdeathsig", "KILL", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.process_group(0).stdin(Stdio::null());
    command
}

impl Child {
    /// Starts `command` (see [`command`]) with both outputs in `log`, appended.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(name: &str, mut command: Command, log: &Path) -> Result<Self> {
        let file = File::options().create(true).append(true).open(log).context("the log of a program")?;
        command.stdout(file.try_clone()?).stderr(file);
        Self::start_as_is(name, command, log)
    }

    /// Starts `command` with its outputs as they are set; `log` is only told in complaints.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start_as_is(name: &str, mut command: Command, log: &Path) -> Result<Self> {
        let inner = command.spawn().with_context(|| format!("starting {name}"))?;
        Ok(Self { name: name.to_owned(), inner, log: log.to_path_buf() })
    }

    /// Its process id (the program's own: `setpriv` turns into it).
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.inner.id()
    }

    fn rustix_pid(&self) -> Option<Pid> {
        Pid::from_raw(i32::try_from(self.inner.id()).ok()?)
    }

    /// Its standard output, once, if it was piped.
    pub fn stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.inner.stdout.take()
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.inner.try_wait()?)
    }

    /// Fails, with the end of its log, if it has ended.
    ///
    /// # Errors
    /// When it has ended.
    pub fn check(&mut self) -> Result<()> {
        if let Some(status) = self.ended()? {
            bail!(
                "{} has ended ({status}); the end of {}:\n{}",
                self.name,
                self.log.display(),
                self.log_end()
            );
        }
        Ok(())
    }

    /// The last lines of its log.
    #[must_use]
    pub fn log_end(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    /// Sends a signal to the program alone, not to its group.
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = self.rustix_pid() {
            let _ = kill_process(pid, signal);
        }
    }

    /// kill -9, the program alone, and waits for its end.
    ///
    /// # Errors
    /// When the system does not say that it ended.
    pub fn kill(&mut self) -> Result<()> {
        self.signal(Signal::KILL);
        self.inner.wait()?;
        Ok(())
    }

    /// Asks it to end (SIGTERM) and waits, at most `limit`; then kills the group. How it ended.
    ///
    /// # Errors
    /// When it did not end in time, or the system does not say how.
    pub fn stop(&mut self, limit: Duration) -> Result<ExitStatus> {
        let began = Instant::now();
        self.signal(Signal::TERM);
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if began.elapsed() > limit {
                self.kill_group();
                bail!("{} did not end within {} s of SIGTERM", self.name, limit.as_secs_f32());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn kill_group(&mut self) {
        if let Some(pid) = self.rustix_pid() {
            let _ = kill_process_group(pid, Signal::KILL);
        }
        let _ = self.inner.wait();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if matches!(self.ended(), Ok(None)) {
            // A moment to end in order: camsim, Xvfb and the window leave nothing behind then.
            let _ = self.stop(Duration::from_secs(3));
        }
        // Its own children, if it left any.
        self.kill_group();
    }
}

/// Whether an ended program was ended by this signal.
#[must_use]
pub fn ended_by(status: ExitStatus, signal: Signal) -> bool {
    status.signal() == Some(signal.as_raw())
}
