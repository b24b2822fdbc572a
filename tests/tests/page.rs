//! The page presenter: the page itself paints what comes over the loopback WebSocket, in the window program and in a
//! plain browser. Judged, as everything, by the strips that stand on the X screen.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // failing is what a test's helpers do

use anyhow::{Context, Result, bail};
use easien_camsim::Mode;
use easien_model::StreamKind;
use easien_tests::child::{self, Child};
use easien_tests::hands::key;
use easien_tests::programs;
use easien_tests::room::{LOOK, Room, cameras_like_in_the_demo};
use easien_tests::screen::{Area, Shot};
use easien_tests::strips::Seen;
use easien_tests::wait;
use easien_tests::webdriver::Page;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(20);
const CAMERAS: [u16; 4] = [1, 2, 3, 4];

fn room(name: &str, station_args: &[String]) -> Result<Room> {
    let mut room = Room::new(name)?;
    room.station_args.extend_from_slice(station_args);
    room.start_cameras(easien_camsim::Options { small: true, ..cameras_like_in_the_demo(4) })?;
    room.start_station()?;
    room.add_simulated()?;
    room.wait_live(CAMERAS.len(), Duration::from_secs(60))?;
    room.start_display(1280, 720)?;
    Ok(room)
}

#[test]
fn the_window_paints_by_the_page_when_it_is_told_to() -> Result<()> {
    let room = room("page", &[])?;
    let (display, screen) = room.display.as_ref().context("no display")?;
    let data = room.data().display().to_string();
    let args = ["--data".to_owned(), data, "--presenter".to_owned(), "page".to_owned()];
    let page = Page::start(display, &room.logs(), &programs::find("easien")?, &args, &room.env)?;
    screen.maximise(Duration::from_secs(30))?;
    room.wait_cameras(&CAMERAS, SOON)?;
    let painter =
        page.script("return document.querySelector('.stage > canvas.page-presenter') !== null", &[])?;
    assert_eq!(painter, true, "the page has the canvas that it paints on");
    the_wall_holds(&room, Mode::NotFound)
}

#[test]
fn a_browser_on_the_station_s_websocket_shows_the_wall() -> Result<()> {
    let served = Served::start(programs::repository().join("ui/dist"))?;
    let folder = tempfile::tempdir()?;
    let door = folder.path().join("door");
    let args = [
        "--page-port-file".to_owned(),
        door.display().to_string(),
        "--page-origin".to_owned(),
        format!("http://{}", served.address),
    ];
    let room = room("browser", &args)?;
    let url = wait::until("the station's door for pages", SOON, LOOK, || {
        std::fs::read_to_string(&door).map(|url| url.trim().to_owned())
    })?;
    let (display, screen) = room.display.as_ref().context("no display")?;
    let mut command = child::command("/usr/bin/chromium");
    // The one page it sees is our own: what keeps foreign pages in check may be off, which CI's root needs.
    command.args(["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-breakpad"]);
    command.args(["--no-first-run", "--no-default-browser-check", "--password-store=basic"]);
    command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
    command.args(["--disable-extensions", "--kiosk", "--window-position=0,0", "--window-size=1280,720"]);
    command.arg(format!("--user-data-dir={}", folder.path().join("profile").display()));
    command.arg(format!("--app=http://{}/?window=main&language=en&ws={url}", served.address));
    command.env("HOME", folder.path()).env("XDG_RUNTIME_DIR", folder.path());
    display.dress(&mut command);
    let mut browser = Child::start("chromium", command, &room.logs().join("chromium.log"))?;
    let appeared = screen.maximise(Duration::from_secs(30));
    browser.check()?;
    appeared?;
    room.wait_cameras(&CAMERAS, Duration::from_secs(30))?;
    the_wall_holds(&room, Mode::Stall)?;
    browser.stop(Duration::from_secs(5)).map(drop)
}

// ------------------------------------------------------------------------------------------- what must hold for both

fn the_wall_holds(room: &Room, fault: Mode) -> Result<()> {
    let all = room.wait_cameras(&CAMERAS, SOON)?;
    all_move(room)?;

    // Grids: the right cameras, in their order, and none that froze on the way.
    room.hands()?.click(all[0].area.middle())?;
    for (digit, shown) in [('1', &CAMERAS[..1]), ('3', &CAMERAS[..]), ('2', &CAMERAS[..])] {
        room.hands()?.press_with(&[key::ALT], u32::from(digit))?;
        room.wait_cameras(shown, SOON).with_context(|| format!("after Alt+{digit}"))?;
        all_move(room).with_context(|| format!("after Alt+{digit}"))?;
    }

    // Enlarged and back.
    let all = room.wait_cameras(&CAMERAS, SOON)?;
    let small = all[1].area.width;
    room.hands()?.click(all[1].area.middle())?;
    std::thread::sleep(Duration::from_millis(200));
    room.hands()?.press(key::ENTER)?;
    room.wait_seen("camera 2 alone and large", SOON, |seen| {
        seen.len() == 1 && seen[0].camera == 2 && seen[0].area.width * 2 > small * 3
    })?;
    all_move(room)?;
    room.hands()?.press(key::ESCAPE)?;
    let all = room.wait_cameras(&CAMERAS, SOON)?;

    // A lost or stalled camera: hatched, not its last picture; the others go on; it comes back by itself.
    let place = all[2].area;
    let camera_3 = |mode| room.sim()?.set_mode("C003", StreamKind::Sub, mode).map_err(anyhow::Error::from);
    camera_3(fault)?;
    room.wait_cameras(&[1, 2, 4], SOON)?;
    wait::until("the lost camera's tile is hatched", SOON, LOOK, || {
        let shot = room.capture().map_err(|error| error.to_string())?;
        let share = hatched(&shot, place);
        if share > 0.8 { Ok(()) } else { Err(format!("{share:.2} of it")) }
    })?;
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(2) {
        let seen = room.seen()?;
        assert!(seen.iter().all(|seen| seen.camera != 3), "a lost camera's picture: {seen:?}");
        std::thread::sleep(LOOK);
    }
    all_move(room)?;
    camera_3(Mode::None)?;
    room.wait_cameras(&CAMERAS, Duration::from_secs(30))?;
    all_move(room)
}

/// Every picture on the screen is another one a moment later.
fn all_move(room: &Room) -> Result<()> {
    let before = room.seen()?;
    wait::until("every picture moves", Duration::from_secs(6), LOOK, || {
        let after = room.seen().map_err(|error| error.to_string())?;
        let frozen: Vec<&Seen> = before
            .iter()
            .filter(|seen| !after.iter().any(|now| now.camera == seen.camera && now.frame != seen.frame))
            .collect();
        if frozen.is_empty() { Ok(()) } else { Err(format!("frozen or gone: {frozen:?}")) }
    })
}

/// The share of an area that has the dark greys of the hatching; a picture of a road has few of them.
fn hatched(shot: &Shot, area: Area) -> f64 {
    let mut dark = 0_u32;
    for y in area.y..area.y + area.height {
        for x in area.x..area.x + area.width {
            let [r, g, b] = shot.rgb(x, y);
            dark += u32::from(r < 48 && g < 52 && b < 64 && r.abs_diff(b) < 24);
        }
    }
    f64::from(dark) / f64::from((area.width * area.height).max(1))
}

// ------------------------------------------------------------------------------------ the built page, over loopback

/// A folder's files over HTTP, on loopback; ends with the test.
struct Served {
    address: SocketAddr,
}

impl Served {
    fn start(folder: PathBuf) -> Result<Self> {
        if !folder.join("index.html").is_file() {
            bail!("{} is not built: npm --prefix ui run build", folder.display());
        }
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let folder = folder.clone();
                std::thread::spawn(move || answer(stream, &folder));
            }
        });
        Ok(Self { address })
    }
}

/// One request, one answer. What the browser thinks of it shows in the test.
fn answer(mut stream: TcpStream, folder: &Path) -> Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let asked = lines.next().context("a request")??;
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let path = asked.split(' ').nth(1).unwrap_or("/").split('?').next().unwrap_or("/");
    let name = if path == "/" { "index.html" } else { path.trim_start_matches('/') };
    let inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    let Some(body) = inside.then(|| std::fs::read(folder.join(name)).ok()).flatten() else {
        write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
        return Ok(());
    };
    let kind = match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    };
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)?;
    Ok(())
}
