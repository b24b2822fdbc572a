//! The light parent of a window: starts the window's own process and starts it again when that dies of something other
//! than an orderly end. Runs before any toolkit is begun, holds no data and no connection. When the parent itself is
//! killed, the window goes on without one.

use anyhow::Context;
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitCode, ExitStatus};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// Tells the window's own process that it has a parent.
pub const SUPERVISED: &str = "--supervised";
/// Tells the window's own process that the one before it died: when, in microseconds since 1970.
pub const CAME_BACK: &str = "--came-back";

/// A window that lived so long was well: it is started again at once.
const WELL: Duration = Duration::from_secs(10);
/// Before the second start in a row of a window that dies at once; doubled with each.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_MOST: Duration = Duration::from_secs(30);

/// What is to be done after an end.
#[derive(Debug, PartialEq, Eq)]
pub enum After {
    /// It ended in order, or failed and said why: so does the parent.
    End(u8),
    /// It died: again, after a pause.
    Again(Duration),
}

/// How often it died at once, and what follows.
#[derive(Debug, Default)]
pub struct Patience {
    deaths_at_once: u32,
}

impl Patience {
    /// What follows an end with `status` after a life of `lived`.
    pub fn after(&mut self, status: ExitStatus, lived: Duration) -> After {
        if !died(status) {
            return After::End(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(0));
        }
        if lived >= WELL {
            self.deaths_at_once = 0;
            return After::Again(Duration::ZERO);
        }
        self.deaths_at_once += 1;
        // The first death may be anybody's kill; from the second on it is a habit.
        let pause = match self.deaths_at_once {
            1 => Duration::ZERO,
            n => PAUSE_FIRST.saturating_mul(1 << (n - 2).min(8)).min(PAUSE_MOST),
        };
        After::Again(pause)
    }
}

/// Whether this is a crash and not an end: a signal that nobody sends to close a window, or a panic.
fn died(status: ExitStatus) -> bool {
    const TERM: i32 = 15;
    const INT: i32 = 2;
    const HUP: i32 = 1;
    /// What Rust ends with after a panic of the main thread.
    const PANICKED: i32 = 101;
    match status.signal() {
        Some(signal) => ![TERM, INT, HUP].contains(&signal),
        None => status.code() == Some(PANICKED),
    }
}

/// Runs the window's process with this program's arguments until it ends in order.
///
/// # Errors
/// It cannot be started.
pub fn run() -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(keep())
}

async fn keep() -> anyhow::Result<ExitCode> {
    let program = std::env::current_exe().context("which program this is")?;
    let given: Vec<OsString> = std::env::args_os().skip(1).collect();
    let mut asked = Asked::listen()?;
    let mut patience = Patience::default();
    let mut came_back: Option<i64> = None;
    loop {
        let mut command = Command::new(&program);
        command.args(&given).arg(SUPERVISED).kill_on_drop(false);
        if let Some(at) = came_back {
            command.arg(CAME_BACK).arg(at.to_string());
        }
        let begun = Instant::now();
        let mut child = command.spawn().with_context(|| program.display().to_string())?;
        let status = asked.pass_on(&mut child).await?;
        if asked.ended {
            return Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(0)));
        }
        match patience.after(status, begun.elapsed()) {
            After::End(code) => return Ok(ExitCode::from(code)),
            After::Again(pause) => {
                eprintln!("easien: the window died ({status}); it is opened again");
                came_back = Some(now_us());
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = asked.next() => return Ok(ExitCode::SUCCESS),
                }
            }
        }
    }
}

fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// What a person or the session asks of the parent is meant for the window.
struct Asked {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
    ended: bool,
}

impl Asked {
    fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            ended: false,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.hang_up.recv() => {}
        }
        self.ended = true;
    }

    /// Waits for the window's end; a wish to end is passed on to it.
    async fn pass_on(&mut self, child: &mut Child) -> anyhow::Result<ExitStatus> {
        let pid = child.id().and_then(|pid| rustix::process::Pid::from_raw(i32::try_from(pid).ok()?));
        loop {
            tokio::select! {
                status = child.wait() => return Ok(status?),
                () = self.next() => {
                    if let Some(pid) = pid {
                        // It may have ended already.
                        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn killed(signal: i32) -> ExitStatus {
        ExitStatus::from_raw(signal)
    }

    fn ended(code: i32) -> ExitStatus {
        ExitStatus::from_raw(code << 8)
    }

    #[test]
    fn an_orderly_end_is_the_end() {
        let mut patience = Patience::default();
        for (status, code) in [(ended(0), 0), (ended(1), 1), (killed(15), 0), (killed(2), 0), (killed(1), 0)]
        {
            assert_eq!(patience.after(status, Duration::from_secs(60)), After::End(code), "{status}");
        }
    }

    #[test]
    fn a_crash_is_mended_at_once_and_a_habit_ever_more_rarely() {
        let mut patience = Patience::default();
        let soon = Duration::from_millis(500);
        for signal in [9, 11, 6, 7] {
            assert_eq!(
                Patience::default().after(killed(signal), Duration::from_secs(60)),
                After::Again(Duration::ZERO)
            );
        }
        assert_eq!(patience.after(killed(11), soon), After::Again(Duration::ZERO));
        assert_eq!(patience.after(ended(101), soon), After::Again(Duration::from_secs(1)));
        assert_eq!(patience.after(killed(11), soon), After::Again(Duration::from_secs(2)));
        for _ in 0..20 {
            patience.after(killed(11), soon);
        }
        assert_eq!(patience.after(killed(11), soon), After::Again(PAUSE_MOST));
        // Once it lived, all is forgiven.
        assert_eq!(patience.after(killed(9), WELL), After::Again(Duration::ZERO));
        assert_eq!(patience.after(killed(9), soon), After::Again(Duration::ZERO));
    }
}
