//! An X server of the test's own, the window on it, and what is to be seen there.

use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ClientMessageEvent, ConfigureWindowAux,
    ConnectionExt as _, EventMask, ImageFormat, MOTION_NOTIFY_EVENT, MapState, PropMode, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

const PATIENCE: Duration = Duration::from_secs(20);

/// A picture of the whole screen.
pub struct Shot {
    width: i32,
    pixels: Vec<u8>,
}

impl Shot {
    pub fn rgb(&self, x: i32, y: i32) -> [u8; 3] {
        let at = ((y * self.width + x) * 4) as usize;
        [self.pixels[at + 2], self.pixels[at + 1], self.pixels[at]]
    }
}

/// An X server and the window on it; both end with it.
pub struct Rig {
    server: Child,
    window: Child,
    orders: RefCell<ChildStdin>,
    lines: Receiver<(String, Value)>,
    kept: RefCell<VecDeque<(String, Value)>>,
    x: RustConnection,
    root: Window,
    size: (u16, u16),
    _data: tempfile::TempDir,
}

impl Drop for Rig {
    fn drop(&mut self) {
        for child in [&mut self.window, &mut self.server] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Rig {
    /// Starts both; `size` in CSS pixels.
    pub fn open(size: (i32, i32), scale: i32) -> Self {
        let data = tempfile::tempdir().expect("temporary folder");
        let screen = format!("{}x{}x24", size.0 * scale, size.1 * scale);
        // The server chooses a free display and writes its number when it is ready.
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &screen, "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb");
        let mut number = String::new();
        BufReader::new(server.stdout.take().expect("stdout")).read_line(&mut number).expect("display number");
        let display = format!(":{}", number.trim());
        let mut window = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "fake_window", "--ignored", "--nocapture"])
            .env("DISPLAY", &display)
            .env("GDK_BACKEND", "x11")
            .env("GDK_SCALE", scale.to_string())
            .env("NO_AT_BRIDGE", "1")
            .env("XDG_DATA_HOME", data.path())
            .env("XDG_CACHE_HOME", data.path())
            .env("EASIEN_TEST_DATA", data.path())
            .env("EASIEN_TEST_WIDTH", size.0.to_string())
            .env("EASIEN_TEST_HEIGHT", size.1.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the window");
        let (sender, lines) = channel();
        let out = BufReader::new(window.stdout.take().expect("stdout"));
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                // The test harness may write in front of it.
                let Some(said) =
                    line.find('@').and_then(|at| serde_json::from_str::<Value>(&line[at + 1..]).ok())
                else {
                    continue;
                };
                let what = said["what"].as_str().unwrap_or_default().to_owned();
                let said = if what == "page" {
                    (
                        format!("page {}", said["data"]["what"].as_str().unwrap_or_default()),
                        said["data"]["data"].clone(),
                    )
                } else {
                    (what, said["data"].clone())
                };
                if sender.send(said).is_err() {
                    return;
                }
            }
        });
        let (x, screen) = x11rb::connect(Some(&display)).expect("X");
        let root = x.setup().roots[screen].root;
        let orders = RefCell::new(window.stdin.take().expect("stdin"));
        let size = ((size.0 * scale) as u16, (size.1 * scale) as u16);
        Self { server, window, orders, lines, kept: RefCell::default(), x, root, size, _data: data }
    }

    /// What is on the screen now.
    pub fn shot(&self) -> Shot {
        let (width, height) = self.size;
        let image =
            self.x.get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, !0).expect("image");
        Shot { width: width.into(), pixels: image.reply().expect("image").data }
    }

    /// Writes a picture for people when `EASIEN_SHOTS` names a folder.
    pub fn keep(&self, shot: &Shot, name: &str) {
        let Some(folder) = std::env::var_os("EASIEN_SHOTS") else { return };
        let mut out = format!("P6 {} {} 255\n", self.size.0, self.size.1).into_bytes();
        for pixel in shot.pixels.chunks_exact(4) {
            out.extend([pixel[2], pixel[1], pixel[0]]);
        }
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.ppm")), out).expect("shot");
    }

    /// Tells the fake station something.
    pub fn order(&self, event: &str, data: Value) {
        writeln!(self.orders.borrow_mut(), "{}", json!({ "event": event, "data": data }))
            .expect("the window");
    }

    /// Has the page do something and waits until it has.
    pub fn act(&self, event: &str, data: Value) {
        self.order(event, data);
        assert_eq!(self.wait_page("done"), event);
    }

    /// The next thing of that kind that the page says.
    pub fn wait_page(&self, what: &str) -> Value {
        self.wait(&format!("page {what}"))
    }

    /// The next thing of that kind; others are kept for later.
    pub fn wait(&self, what: &str) -> Value {
        let mut kept = self.kept.borrow_mut();
        if let Some(at) = kept.iter().position(|(said, _)| said == what) {
            return kept.remove(at).map(|(_, data)| data).unwrap_or_default();
        }
        let until = Instant::now() + PATIENCE;
        loop {
            let (said, data) = match self.lines.recv_timeout(until.saturating_duration_since(Instant::now()))
            {
                Ok(said) => said,
                Err(RecvTimeoutError::Timeout) => panic!("nothing said of {what:?}"),
                Err(RecvTimeoutError::Disconnected) => panic!("the window ended; waited for {what:?}"),
            };
            assert_ne!(said, "page failed", "{data}");
            if said == what {
                return data;
            }
            kept.push_back((said, data));
        }
    }

    /// Forgets what was said so far.
    pub fn drain(&self) {
        while self.lines.try_recv().is_ok() {}
        self.kept.borrow_mut().clear();
    }

    /// Presses the left button there.
    pub fn click(&self, x: i32, y: i32) {
        let fake = |kind: u8, detail: u8, x: i32, y: i32| {
            self.x.xtest_fake_input(kind, detail, 0, self.root, x as i16, y as i16, 0).expect("XTEST");
            self.x.flush().expect("X");
            std::thread::sleep(Duration::from_millis(60));
        };
        fake(MOTION_NOTIFY_EVENT, 0, x, y);
        fake(BUTTON_PRESS_EVENT, 1, 0, 0);
        fake(BUTTON_RELEASE_EVENT, 1, 0, 0);
    }

    /// Presses the window's close button, as a window manager would say it.
    pub fn close(&self) {
        let atom =
            |name: &str| self.x.intern_atom(false, name.as_bytes()).expect("X").reply().expect("atom").atom;
        let window = self.toplevel();
        let data = [atom("WM_DELETE_WINDOW"), x11rb::CURRENT_TIME, 0, 0, 0];
        let message = ClientMessageEvent::new(32, window, atom("WM_PROTOCOLS"), data);
        self.x.send_event(false, window, EventMask::NO_EVENT, message).expect("X");
        self.x.flush().expect("X");
    }

    /// Where a small window stands beside the large one (left, top, width, height), if there is one.
    pub fn small_window(&self) -> Option<(i32, i32, i32, i32)> {
        let tree = self.x.query_tree(self.root).expect("X").reply().expect("tree");
        tree.children.into_iter().find_map(|window| {
            let state = self.x.get_window_attributes(window).ok()?.reply().ok()?.map_state;
            let place = self.x.get_geometry(window).ok()?.reply().ok()?;
            let small = (150..900).contains(&place.width) && (60..600).contains(&place.height);
            (state == MapState::VIEWABLE && small)
                .then(|| (place.x.into(), place.y.into(), place.width.into(), place.height.into()))
        })
    }

    /// Waits for the window program's end; its exit code.
    pub fn ended(&mut self) -> Option<i32> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Ok(Some(status)) = self.window.try_wait() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(30));
        }
        panic!("the window did not end");
    }

    fn toplevel(&self) -> Window {
        let tree = self.x.query_tree(self.root).expect("X").reply().expect("tree");
        let named = |window: &Window| {
            let name = self
                .x
                .get_property(false, *window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 64)
                .expect("X")
                .reply();
            name.is_ok_and(|name| name.value == b"Easien")
        };
        tree.children.into_iter().find(|window| named(window)).expect("the window is on the screen")
    }

    /// Gives the window another size, as a window manager would.
    pub fn resize(&self, width: u32, height: u32) {
        let size = ConfigureWindowAux::new().width(width).height(height);
        self.x.configure_window(self.toplevel(), &size).expect("X");
        self.x.flush().expect("X");
    }

    /// Says that the window is minimised, as a window manager would.
    pub fn set_minimised(&self, minimised: bool) {
        let atom =
            |name: &str| self.x.intern_atom(false, name.as_bytes()).expect("X").reply().expect("atom").atom;
        let states = if minimised { vec![atom("_NET_WM_STATE_HIDDEN")] } else { Vec::new() };
        let window = self.toplevel();
        self.x
            .change_property32(PropMode::REPLACE, window, atom("_NET_WM_STATE"), AtomEnum::ATOM, &states)
            .expect("X");
        self.x.flush().expect("X");
    }
}
