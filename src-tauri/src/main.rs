//! The program easien: joins (or starts) the station of a data folder and opens its window. The process that is started
//! is a light parent; the window itself is its child, and is started again when it crashes.

use anyhow::{Context, bail};
use clap::Parser;
use easien::placement::Screen;
use easien::presenter::PresenterKind;
use easien::supervise::Household;
use easien::windows::Others;
use easien::{Options, STOP_MOST, join, logs, memory, run, single, supervise};
use easien_model::{Scope, UtcMicros};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// The window of the control room. The station goes on when it is closed.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    /// Data folder [default: $XDG_DATA_HOME/easien]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Who paints the pictures
    #[arg(long, value_enum, default_value = "native")]
    presenter: PresenterKind,
    /// Language of the screens: vi or en [default: the room's]
    #[arg(long, value_parser = ["vi", "en"])]
    lang: Option<String>,
    /// The station's program [default: easien-station beside this one]
    #[arg(long, value_name = "PATH")]
    station: Option<PathBuf>,
    /// Size of the window, whatever is remembered
    #[arg(long, value_name = "WxH", value_parser = read_size)]
    window_size: Option<(u32, u32)>,
    /// Another window beside those that are open: a wall on its own, over the whole monitor
    #[arg(long)]
    new_window: bool,
    /// Begin as a wall on its own, over the whole monitor (F11 changes back)
    #[arg(long)]
    wall: bool,
    /// End the station with the window if the window started it (for demonstrations and tests)
    #[arg(long)]
    stop_station_on_exit: bool,
    /// No parent that starts the window again when it crashes (for tests)
    #[arg(long, hide = true)]
    alone: bool,
    /// This is the child of such a parent
    #[arg(long, hide = true)]
    supervised: bool,
    /// The window before this one crashed: when, in microseconds since 1970
    #[arg(long, hide = true, value_name = "MICROS")]
    came_back: Option<i64>,
    /// Ask at once whether everything is to be stopped
    #[arg(long, hide = true)]
    ask_close: bool,
    /// Exactly this window, if nobody has it open
    #[arg(long, hide = true, value_name = "NAME")]
    window: Option<String>,
    /// The monitor for a new window, as JSON
    #[arg(long, hide = true, value_name = "JSON", value_parser = read_screen)]
    monitor: Option<Screen>,
}

fn read_size(text: &str) -> Result<(u32, u32), String> {
    let size = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    size.filter(|(w, h)| (320..=16_384).contains(w) && (240..=16_384).contains(h))
        .ok_or_else(|| "a size is written as 1920x1080".to_owned())
}

fn read_screen(text: &str) -> Result<Screen, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A WebDriver wants the window to be the process that it started.
    let driven = std::env::var_os("TAURI_WEBVIEW_AUTOMATION").is_some();
    let alone = arguments.alone || driven;
    let done = if arguments.supervised || alone {
        open(arguments).map(|code| if alone { ExitCode::SUCCESS } else { ExitCode::from(code) })
    } else {
        begin(arguments)
    };
    done.unwrap_or_else(|error| {
        eprintln!("easien: {error:#}");
        ExitCode::FAILURE
    })
}

/// The light parent.
fn begin(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let main = !arguments.new_window && arguments.window.is_none();
    let data = data_folder(arguments.data)?;
    supervise::run(Household { data, lang: arguments.lang, tray: main })
}

fn data_folder(named: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let data = match named {
        Some(data) => data,
        None => usual_data_folder()?,
    };
    std::fs::create_dir_all(&data).with_context(|| data.display().to_string())?;
    std::fs::canonicalize(&data).with_context(|| data.display().to_string())
}

/// The window itself; answers what its process ends with.
fn open(arguments: Arguments) -> anyhow::Result<u8> {
    let data = data_folder(arguments.data)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .thread_name("link")
        .build()?;
    let name = match &arguments.window {
        Some(wanted) if memory::names().any(|name| name == *wanted) => match memory::take(&data, wanted)? {
            Some(held) => held,
            // Somebody was faster; it is open, which is what was wanted.
            None => return Ok(0),
        },
        Some(wanted) => bail!("no window is called {wanted}"),
        None if arguments.new_window => memory::take_name(&data)?,
        None => match memory::take(&data, memory::MAIN)? {
            Some(held) => held,
            None if runtime.block_on(single::raise(&data, memory::MAIN)) => return Ok(0),
            None => bail!(
                "a window is open on {} already, and its station does not answer; --new-window opens another",
                data.display()
            ),
        },
    };
    let _log = logs::open(&data)?;
    if let Some(at) = arguments.came_back {
        tracing::error!(at, "the window before this one crashed");
    }
    let program = match &arguments.station {
        Some(program) => program.clone(),
        None => std::env::current_exe()?.with_file_name("easien-station"),
    };
    let scope = Scope::new("window");
    let station = {
        let _entered = runtime.enter();
        join::Joined::start(&scope, data.clone(), program)
    };
    let further = name.name != memory::MAIN;
    let options = Options {
        name: name.name.clone(),
        data: data.clone(),
        presenter: arguments.presenter,
        lang: arguments.lang.clone(),
        size: arguments.window_size,
        bare: arguments.wall || (further && arguments.new_window),
        monitor: arguments.monitor,
        came_back: arguments.came_back.map(UtcMicros),
        ask_close: arguments.ask_close,
        others: Others {
            data,
            station: arguments.station,
            presenter: arguments.presenter,
            lang: arguments.lang,
        },
    };
    let ran = run(options, tauri::generate_context!(), runtime.handle(), &scope, station.clone());
    runtime.block_on(async {
        // While it is still joined: a station that the crashed window started is no child of this one.
        if arguments.stop_station_on_exit && arguments.came_back.is_some() {
            station.stop_any(STOP_MOST).await;
        }
        scope.stop(STOP_MOST).await;
        if arguments.stop_station_on_exit {
            station.stop_own(Duration::from_secs(8)).await;
        }
    });
    runtime.shutdown_timeout(STOP_MOST);
    ran.context("the window could not be opened")
}

fn usual_data_folder() -> anyhow::Result<PathBuf> {
    if let Some(base) = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|base| base.is_absolute())
    {
        return Ok(base.join("easien"));
    }
    match std::env::var_os("HOME").map(PathBuf::from) {
        Some(home) if home.is_absolute() => Ok(home.join(".local/share/easien")),
        _ => bail!("no home folder: say where the data is with --data DIR"),
    }
}
