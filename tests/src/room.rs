//! A whole room for a test: a temporary data folder, simulated cameras, the station, the window on a display of its
//! own. Everything ends with the room. With `EASIEN_KEEP=1` its folder stays, with all logs and a last screenshot.

use crate::child::{self, Child};
use crate::display::Display;
use crate::hands::Hands;
use crate::proc;
use crate::programs;
use crate::screen::{Screen, Shot};
use crate::strips::{self, Seen};
use crate::wait;
use crate::webdriver::Page;
use anyhow::{Context, Result, anyhow, bail};
use easien_camsim::Sim;
use easien_link::commands::{Command as Call, call};
use easien_link::data::{Camera, CameraDraft, RecordProfile, RecordStreams, RoomSettings, RoomStatus, Unit};
use easien_link::{Event, client::Client};
use easien_model::{CameraId, SessionPhase, UnitId};
use secrecy::ExposeSecret;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often a state is looked at while waiting for it.
pub const LOOK: Duration = Duration::from_millis(100);

/// A room. Its parts are started one by one, so that a test can leave some out, or kill and start them again.
pub struct Room {
    folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    client: Option<Client>,
    /// The window program.
    pub window: Option<Child>,
    /// The display and the connection to it.
    pub display: Option<(Display, Screen)>,
    /// The station.
    pub station: Option<Child>,
    /// The simulated cameras.
    pub sim: Option<Sim>,
    /// Set for every program of the room.
    pub env: Vec<(String, String)>,
    /// More arguments for the station.
    pub station_args: Vec<String>,
    /// The page for a browser; see [`crate::seat`].
    pub served: Option<crate::served::Served>,
}

impl Room {
    /// An empty room: a folder, nothing runs.
    ///
    /// # Errors
    /// When there is no temporary folder.
    pub fn new(name: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix(&format!("easien-{name}-")).tempdir()?;
        std::fs::create_dir(folder.path().join("data"))?;
        std::fs::create_dir(folder.path().join("logs"))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        Ok(Self {
            folder,
            runtime,
            client: None,
            window: None,
            display: None,
            station: None,
            sim: None,
            env: vec![],
            station_args: vec![],
            served: None,
        })
    }

    /// A room with `cameras` simulated cameras added and live, and the window on a display of 1920x1080.
    ///
    /// # Errors
    /// When a part does not come up.
    pub fn with_wall(name: &str, cameras: u16) -> Result<Self> {
        let mut room = Self::with_wall_closed(name, cameras)?;
        room.start_window()?;
        Ok(room)
    }

    /// The same with no window open yet.
    ///
    /// # Errors
    /// When a part does not come up.
    pub fn with_wall_closed(name: &str, cameras: u16) -> Result<Self> {
        let mut room = Self::new(name)?;
        room.start_cameras(cameras_like_in_the_demo(cameras))?;
        room.start_station()?;
        room.add_simulated()?;
        room.wait_live(usize::from(cameras), Duration::from_secs(40))?;
        room.start_display(1920, 1080)?;
        Ok(room)
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Where the outputs of the programs go.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.folder.path().join("logs")
    }

    /// The room's folder: data, logs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    // ---- cameras

    /// Starts simulated cameras, in this process, and waits until they serve.
    ///
    /// # Errors
    /// When they do not.
    pub fn start_cameras(&mut self, options: easien_camsim::Options) -> Result<()> {
        self.sim = Some(self.runtime.block_on(Sim::start(options))?);
        Ok(())
    }

    /// The simulated cameras.
    ///
    /// # Errors
    /// When none were started.
    pub fn sim(&self) -> Result<&Sim> {
        self.sim.as_ref().context("no simulated cameras")
    }

    /// Adds every simulated camera to the room, with its unit.
    ///
    /// # Errors
    /// When the station says no.
    pub fn add_simulated(&self) -> Result<Vec<Camera>> {
        self.add_some(|_| true)
    }

    /// Adds those simulated cameras whose number is wanted, with their units.
    ///
    /// # Errors
    /// When the station says no.
    pub fn add_some(&self, wanted: impl Fn(u16) -> bool) -> Result<Vec<Camera>> {
        let mut units: BTreeMap<String, UnitId> = BTreeMap::new();
        let mut cameras = vec![];
        for index in (0..self.sim()?.cameras().len()).filter(|index| (1..).nth(*index).is_some_and(&wanted)) {
            let unit = &self.sim()?.cameras()[index].entry.unit;
            if !units.contains_key(unit) {
                let added = self.call::<call::UnitPut>(Unit { id: UnitId::new(), name: unit.clone() })?;
                units.insert(unit.clone(), added.id);
            }
            let mut draft = self.draft(index)?;
            draft.unit = units.get(unit).copied();
            cameras.push(self.call::<call::CameraAdd>(draft)?);
        }
        Ok(cameras)
    }

    /// A simulated camera, counted from 0, as a person would write it into the form.
    ///
    /// # Errors
    /// When there is no such camera.
    pub fn draft(&self, index: usize) -> Result<CameraDraft> {
        let sim = self.sim()?;
        let camera = sim.cameras().get(index).with_context(|| format!("no simulated camera {index}"))?;
        let credential = sim.credential();
        Ok(CameraDraft {
            id: CameraId::new(),
            code: camera.entry.code.clone(),
            name: camera.entry.name.clone(),
            unit: None,
            place: camera.entry.place.clone(),
            main_url: camera.main_url.clone(),
            sub_url: camera.sub_url.clone(),
            username: credential.username,
            password: Some(credential.password.expose_secret().to_owned()),
            transport: None,
            // The simulated main streams take a while to draw.
            record: Some(RecordProfile { streams: RecordStreams::Sub, ..RecordProfile::default() }),
        })
    }

    // ---- station

    /// Starts the station and connects to it.
    ///
    /// # Errors
    /// When it does not take connections.
    pub fn start_station(&mut self) -> Result<()> {
        let mut command = child::command(programs::find("easien-station")?);
        command.arg("--data").arg(self.data()).args(&self.station_args).envs(self.env.iter().cloned());
        self.station = Some(Child::start("easien-station", command, &self.logs().join("station.log"))?);
        self.connect(Duration::from_secs(20))
    }

    /// Connects to the running station, anew if need be.
    ///
    /// # Errors
    /// When none takes connections within `limit`.
    pub fn connect(&mut self, limit: Duration) -> Result<()> {
        let data = self.data();
        let began = Instant::now();
        loop {
            let failure = match self.runtime.block_on(Client::connect(&data)) {
                Ok(client) => {
                    self.client = Some(client);
                    return Ok(());
                }
                Err(failure) => failure,
            };
            if let Some(station) = &mut self.station {
                station.check()?;
            }
            if began.elapsed() > limit {
                bail!("the station takes no connection within {} s: {failure}", limit.as_secs());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The connection to the station.
    ///
    /// # Errors
    /// When there was none yet.
    pub fn client(&self) -> Result<&Client> {
        self.client.as_ref().context("not connected to a station")
    }

    /// Calls a command and waits for the answer.
    ///
    /// # Errors
    /// The station's problem, or no answer within 30 s.
    pub fn call<C: Call>(&self, args: C::Args) -> Result<C::Reply> {
        let client = self.client()?.clone();
        self.runtime
            .block_on(
                async move { tokio::time::timeout(Duration::from_secs(30), client.call::<C>(args)).await },
            )
            .map_err(|_| anyhow!("{}: no answer within 30 s", C::NAME))?
            .map_err(|problem| anyhow!("{}: {problem}", C::NAME))
    }

    /// All cameras.
    ///
    /// # Errors
    /// When the station does not answer.
    pub fn cameras(&self) -> Result<Vec<Camera>> {
        self.call::<call::CameraList>(())
    }

    /// Waits until so many cameras are live.
    ///
    /// # Errors
    /// When they are not within `limit`; says in which state each of the others is.
    pub fn wait_live(&self, count: usize, limit: Duration) -> Result<()> {
        wait::until(&format!("{count} live cameras"), limit, LOOK, || {
            let cameras = self.cameras().map_err(|error| vec![error.to_string()])?;
            let live = |camera: &Camera| camera.sessions.iter().any(|s| s.state.phase == SessionPhase::Live);
            if cameras.iter().filter(|camera| live(camera)).count() >= count {
                return Ok(());
            }
            let others = cameras.iter().filter(|camera| !live(camera));
            Err(others
                .map(|camera| {
                    let state = camera.sessions.first().map(|session| &session.state);
                    format!("{} {:?} {:?}", camera.code, state.map(|s| s.phase), state.and_then(|s| s.reason))
                })
                .collect::<Vec<String>>())
        })
    }

    /// The next figures of the bottom strip; they come every 2 s.
    ///
    /// # Errors
    /// When none come within 10 s.
    pub fn status(&self) -> Result<RoomStatus> {
        let mut events = self.client()?.events();
        let next = async move {
            while let Some(event) = events.next().await {
                if let Event::RoomStatus(status) = event {
                    return Ok(status);
                }
            }
            Err(anyhow!("the station is gone"))
        };
        self.runtime
            .block_on(async { tokio::time::timeout(Duration::from_secs(10), next).await })
            .context("no room.status within 10 s")?
    }

    /// Changes the room's settings.
    ///
    /// # Errors
    /// When the station says no.
    pub fn set(&self, change: impl FnOnce(&mut RoomSettings)) -> Result<()> {
        let mut settings = self.call::<call::RoomGet>(())?.settings;
        change(&mut settings);
        self.call::<call::RoomSet>(settings)?;
        Ok(())
    }

    /// The room's tokio runtime.
    #[must_use]
    pub fn handle(&self) -> tokio::runtime::Handle {
        self.runtime.handle().clone()
    }

    /// Lets something run on the room's tokio runtime.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(task);
    }

    /// Runs something on the room's tokio runtime and waits for it.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    // ---- window

    /// Starts an X display of one's own.
    ///
    /// # Errors
    /// When Xvfb does not come up.
    pub fn start_display(&mut self, width_px: u32, height_px: u32) -> Result<()> {
        let display = Display::start(width_px, height_px, &self.logs())?;
        let screen = Screen::connect(display.name())?;
        self.display = Some((display, screen));
        Ok(())
    }

    /// The same with two monitors; see [`Display::start_with_two_monitors`].
    ///
    /// # Errors
    /// When Xorg does not come up.
    pub fn start_two_monitors(&mut self) -> Result<()> {
        let display = Display::start_with_two_monitors(&self.logs())?;
        let screen = Screen::connect(display.name())?;
        self.display = Some((display, screen));
        Ok(())
    }

    /// What starts the window program on the room's data.
    ///
    /// # Errors
    /// When it is not built, or there is no display.
    pub fn window_command(&self) -> Result<std::process::Command> {
        let (display, _) = self.display.as_ref().context("no display")?;
        let mut command = child::command(programs::find("easien")?);
        command.arg("--data").arg(self.data()).envs(self.env.iter().cloned());
        display.dress(&mut command);
        Ok(command)
    }

    /// Starts the window program, gives its window the whole screen and the keyboard.
    ///
    /// # Errors
    /// When no window appears.
    pub fn start_window(&mut self) -> Result<()> {
        let mut command = self.window_command()?;
        // No parent that opens it again: a test's kill is meant for the window itself.
        command.arg("--alone");
        self.window = Some(Child::start("easien", command, &self.logs().join("window.log"))?);
        let appeared = self.screen()?.maximise(Duration::from_secs(30));
        if appeared.is_err() {
            self.window.as_mut().map_or(Ok(()), Child::check)?;
        }
        appeared.map(drop)
    }

    /// Starts the window program through WebDriver, so that its page can be asked; gives it the whole screen.
    ///
    /// # Errors
    /// When no window appears.
    pub fn start_driven_window(&mut self) -> Result<Page> {
        self.start_window_with(&[])
    }

    /// The same with more arguments.
    ///
    /// # Errors
    /// When no window appears.
    pub fn start_window_with(&mut self, more: &[&str]) -> Result<Page> {
        let (display, screen) = self.display.as_ref().context("no display")?;
        let mut args = vec!["--data".to_owned(), self.data().display().to_string()];
        args.extend(more.iter().map(|&arg| arg.to_owned()));
        let page = Page::start(display, &self.logs(), &programs::find("easien")?, &args, &self.env)?;
        screen.maximise(Duration::from_secs(30))?;
        Ok(page)
    }

    /// Starts the window program on the display that this program was started on, if any.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start_window_here(&mut self) -> Result<()> {
        let mut command = child::command(programs::find("easien")?);
        command.arg("--data").arg(self.data()).arg("--alone").envs(self.env.iter().cloned());
        self.window = Some(Child::start("easien", command, &self.logs().join("window.log"))?);
        Ok(())
    }

    /// The display's screen.
    ///
    /// # Errors
    /// Without a display.
    pub fn screen(&self) -> Result<&Screen> {
        Ok(&self.display.as_ref().context("no display")?.1)
    }

    /// Keyboard and mouse.
    ///
    /// # Errors
    /// Without a display.
    pub fn hands(&self) -> Result<Hands<'_>> {
        Ok(Hands::new(self.screen()?))
    }

    /// The screen now.
    ///
    /// # Errors
    /// Without a display.
    pub fn capture(&self) -> Result<Shot> {
        self.screen()?.capture()
    }

    /// The simulated pictures on the screen now, from top left to bottom right.
    ///
    /// # Errors
    /// Without a display.
    pub fn seen(&self) -> Result<Vec<Seen>> {
        Ok(strips::strips(&self.capture()?))
    }

    /// Waits until the pictures on the screen are as wanted; `wanted` says no with a reason.
    ///
    /// # Errors
    /// When they are not within `limit`.
    pub fn wait_seen(
        &self,
        what: &str,
        limit: Duration,
        wanted: impl Fn(&[Seen]) -> bool,
    ) -> Result<Vec<Seen>> {
        wait::until(what, limit, LOOK, || {
            let seen = self.seen().map_err(|error| error.to_string())?;
            if wanted(&seen) {
                return Ok(seen);
            }
            Err(format!("{:?}", seen.iter().map(|s| (s.camera, s.frame, s.area.width)).collect::<Vec<_>>()))
        })
    }

    /// Waits until just these cameras are on the screen, tile by tile.
    ///
    /// # Errors
    /// When they are not within `limit`.
    pub fn wait_cameras(&self, cameras: &[u16], limit: Duration) -> Result<Vec<Seen>> {
        self.wait_seen(&format!("cameras {cameras:?} on the wall"), limit, |seen| {
            seen.iter().map(|seen| seen.camera).eq(cameras.iter().copied())
        })
    }

    /// Every process that works on this room's data folder, whoever started it: a station that the window started is no
    /// child of this program.
    #[must_use]
    pub fn processes(&self) -> Vec<u32> {
        proc::with_word(&self.data().display().to_string())
    }

    /// Stops the station in order (SIGTERM).
    ///
    /// # Errors
    /// When it does not end within 20 s, or not well.
    pub fn stop_station(&mut self) -> Result<()> {
        self.client = None;
        if let Some(mut station) = self.station.take() {
            let status = station.stop(Duration::from_secs(20))?;
            anyhow::ensure!(status.success(), "the station ended with {status}: {}", station.log_end());
        }
        Ok(())
    }

    /// kill -9 of the station and of the window, at once.
    ///
    /// # Errors
    /// When they do not die.
    pub fn kill_all(&mut self) -> Result<()> {
        for child in [&mut self.station, &mut self.window].into_iter().flatten() {
            child.signal(rustix::process::Signal::KILL);
        }
        for child in [&mut self.station, &mut self.window].into_iter().flatten() {
            child.kill()?;
        }
        (self.station, self.window, self.client) = (None, None, None);
        Ok(())
    }
}

/// Options for simulated cameras with passwords, their pictures kept below `target` for the next time.
#[must_use]
pub fn cameras_like_in_the_demo(cameras: u16) -> easien_camsim::Options {
    easien_camsim::Options {
        cameras,
        cache: programs::repository().join("target/camsim"),
        auth: easien_camsim::Auth::Md5,
        ..easien_camsim::Options::default()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let wanted = |name: &str| std::env::var_os(name).is_some();
        if std::thread::panicking() || wanted("EASIEN_KEEP") {
            if let Ok(shot) = self.capture() {
                let _ = shot.save(&self.folder.path().join("last.png"));
            }
            self.folder.disable_cleanup(true);
            eprintln!("the room's folder stays: {}", self.folder.path().display());
        }
        // nextest shows what a test printed only when it fails, whether by a panic or by an error.
        if std::thread::panicking() || wanted("NEXTEST") {
            for child in [&self.station, &self.window].into_iter().flatten() {
                eprintln!("--- the end of a log:\n{}", child.log_end());
            }
        }
        // The window first, as a person would; then the station; the display and the cameras last.
        self.client = None;
        self.window = None;
        self.station = None;
        // A window starts a station that outlives it.
        for pid in self.processes() {
            if let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) {
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            }
        }
        self.display = None;
        self.sim = None;
    }
}
