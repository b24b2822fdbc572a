//! The program easien: joins (or starts) the station of a data folder and opens its window.

use anyhow::{Context, bail};
use clap::Parser;
use easien::presenter::PresenterKind;
use easien::{Options, STOP_MOST, join, logs, memory, run};
use easien_model::Scope;
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
    /// End the station with the window if the window started it (for demonstrations and tests)
    #[arg(long)]
    stop_station_on_exit: bool,
}

fn read_size(text: &str) -> Result<(u32, u32), String> {
    let size = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    size.filter(|(w, h)| (320..=16_384).contains(w) && (240..=16_384).contains(h))
        .ok_or_else(|| "a size is written as 1920x1080".to_owned())
}

fn main() -> ExitCode {
    match open(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("easien: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn open(arguments: Arguments) -> anyhow::Result<()> {
    let data = match arguments.data {
        Some(data) => data,
        None => usual_data_folder()?,
    };
    std::fs::create_dir_all(&data).with_context(|| data.display().to_string())?;
    let data = std::fs::canonicalize(&data).with_context(|| data.display().to_string())?;
    let _log = logs::open(&data)?;
    let name = memory::take_name(&data)?;
    let program = match arguments.station {
        Some(program) => program,
        None => std::env::current_exe()?.with_file_name("easien-station"),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .thread_name("link")
        .build()?;
    let scope = Scope::new("window");
    let station = {
        let _entered = runtime.enter();
        join::Joined::start(&scope, data.clone(), program)
    };
    let options = Options {
        name: name.name.clone(),
        data,
        presenter: arguments.presenter,
        lang: arguments.lang,
        size: arguments.window_size,
    };
    let ran = run(options, tauri::generate_context!(), runtime.handle(), &scope, station.clone());
    runtime.block_on(async {
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
