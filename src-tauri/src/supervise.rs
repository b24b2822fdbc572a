//! The light parent of a window: starts the window's own process and starts it again when that dies of something other
//! than an orderly end; shows the room's mark in the desktop's tray, so that a room whose window is closed can be opened
//! again. Runs before any toolkit is begun and holds no data. When it is killed itself, the window goes on without it.

use crate::presenter::PresenterKind;
use crate::tray::{self, Chosen, State, Tray};
use crate::windows::Others;
use anyhow::Context;
use easien_link::data::WindowWish;
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitCode, ExitStatus};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

/// Tells the window's own process that it has a parent.
pub const SUPERVISED: &str = "--supervised";
/// Tells the window's own process that the one before it died: when, in microseconds since 1970.
pub const CAME_BACK: &str = "--came-back";
/// Tells the window's own process to ask at once whether everything is to be stopped.
pub const ASK_CLOSE: &str = "--ask-close";
/// What the main window's process ends with when a person closed it and the station goes on.
pub const LEFT: u8 = 7;

/// Whose parent it is.
#[derive(Clone, Debug)]
pub struct Household {
    /// The data folder.
    pub data: PathBuf,
    /// Language, if one was named.
    pub lang: Option<String>,
    /// It is the main window's: the room's mark is shown where the desktop has a place for it.
    pub tray: bool,
}

/// The mark is put up when the window has lived so long: a second start of the program ends before.
const TRAY_AFTER: Duration = Duration::from_secs(3);
/// A desktop that begins after us gets its mark later.
const TRAY_AGAIN: Duration = Duration::from_secs(30);
/// Between two looks whether the desktop still shows the mark.
const LOOK_EVERY: Duration = Duration::from_secs(5);
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

impl Household {
    /// How further windows are opened from here: what else was said on the command line is theirs to remember.
    fn as_others(&self) -> Others {
        Others {
            data: self.data.clone(),
            station: None,
            presenter: PresenterKind::Native,
            lang: self.lang.clone(),
        }
    }
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

/// Runs the window's process with this program's arguments until it ends in order, and the mark in the tray beside it.
///
/// # Errors
/// It cannot be started.
pub fn run(household: Household) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(keep(household));
    runtime.shutdown_background();
    done
}

struct Running {
    child: Child,
    since: Instant,
}

impl Running {
    fn start(more: &[OsString]) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("which program this is")?;
        let given = std::env::args_os().skip(1);
        let mut command = Command::new(&program);
        command.args(given).arg(SUPERVISED).args(more).kill_on_drop(false);
        let child = command.spawn().with_context(|| program.display().to_string())?;
        Ok(Self { child, since: Instant::now() })
    }

    fn ask_to_end(&self) {
        let pid = self.child.id().and_then(|pid| rustix::process::Pid::from_raw(i32::try_from(pid).ok()?));
        if let Some(pid) = pid {
            // It may have ended already.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
    }
}

async fn ended(window: &mut Option<Running>) -> std::io::Result<ExitStatus> {
    match window {
        Some(running) => running.child.wait().await,
        None => std::future::pending().await,
    }
}

async fn keep(household: Household) -> anyhow::Result<ExitCode> {
    let mut asked = Asked::listen()?;
    let mut patience = Patience::default();
    let mut window = Some(Running::start(&[])?);
    let (chosen, mut orders) = mpsc::channel(tray::ORDERS_WAITING);
    let (told, mut state) = watch::channel(State::default());
    let mut mark: Option<Tray> = None;
    let mut put_up_at = Instant::now() + TRAY_AFTER;
    let mut told = household.tray.then_some(told);
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            status = ended(&mut window) => {
                let (status, lived) = (status?, window.take().map_or(Duration::ZERO, |was| was.since.elapsed()));
                if asked.ended {
                    return Ok(code(status));
                }
                if status.code() == Some(i32::from(LEFT)) {
                    if mark.as_ref().is_some_and(Tray::is_up) {
                        continue;
                    }
                    return Ok(ExitCode::SUCCESS);
                }
                match patience.after(status, lived) {
                    After::End(code) => return Ok(ExitCode::from(code)),
                    After::Again(pause) => {
                        eprintln!("easien: the window died ({status}); it is opened again");
                        let died = now_us();
                        tokio::select! {
                            () = sleep(pause) => {}
                            () = asked.next() => return Ok(ExitCode::SUCCESS),
                        }
                        window = Some(Running::start(&[CAME_BACK.into(), died.to_string().into()])?);
                    }
                }
            }
            () = asked.next() => match &window {
                Some(running) => running.ask_to_end(),
                None => return Ok(ExitCode::SUCCESS),
            },
            Some(what) = orders.recv() => obey(what, &household, &mut window)?,
            () = sleep_until(put_up_at), if household.tray && mark.is_none() => {
                // Not held while waiting: whoever tells the state would wait too.
                let now = state.borrow().clone();
                mark = Tray::put_up(&household.data, now, chosen.clone()).await;
                put_up_at = Instant::now() + TRAY_AGAIN;
                if mark.is_some() && let Some(told) = told.take() {
                    tokio::spawn(tray::follow(household.data.clone(), household.lang.clone(), told));
                }
            }
            Ok(()) = state.changed(), if mark.is_some() => {
                let now = state.borrow_and_update().clone();
                if let Some(mark) = &mark {
                    mark.tell(now).await;
                }
            }
            _ = look.tick() => if mark.as_ref().is_some_and(|mark| !mark.is_up()) {
                mark = None;
                if window.is_none() {
                    // Nobody could ever open it again from here.
                    return Ok(ExitCode::SUCCESS);
                }
            }
        }
    }
}

fn code(status: ExitStatus) -> ExitCode {
    match status.code().and_then(|code| u8::try_from(code).ok()) {
        None | Some(LEFT) => ExitCode::SUCCESS,
        Some(code) => ExitCode::from(code),
    }
}

fn obey(what: Chosen, household: &Household, window: &mut Option<Running>) -> anyhow::Result<()> {
    let open = window.is_some();
    match what {
        Chosen::NewWall => {
            let others = household.as_others();
            if let Err(error) = others.open_new(None) {
                eprintln!("easien: {error:#}");
            }
        }
        Chosen::Show if !open => *window = Some(Running::start(&[])?),
        Chosen::Stop if !open => *window = Some(Running::start(&[ASK_CLOSE.into()])?),
        Chosen::Show | Chosen::Stop => {
            let wish = if what == Chosen::Show { WindowWish::Raise } else { WindowWish::Close };
            let data = household.data.clone();
            tokio::spawn(async move {
                if !tray::ask(&data, wish).await {
                    eprintln!("easien: the station does not answer, so the window cannot be asked");
                }
            });
        }
    }
    Ok(())
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
