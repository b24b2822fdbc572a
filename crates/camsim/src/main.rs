//! The program camsim.

use clap::{Parser, ValueEnum};
use easien_camsim::{Auth, Credential, Mode, Options, Sim};
use easien_model::StreamKind;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::net::IpAddr;
use std::path::PathBuf;
use tokio::sync::mpsc;

/// Simulated roadside cameras over real RTSP. Prints one JSON line when ready; takes JSON commands on stdin:
/// {"camera":"C003","which":"sub","mode":"stall"}, {"`set_password"`:"..."}, {"stats":true}.
#[derive(Parser)]
#[command(name = "camsim", version, about)]
struct Arguments {
    /// How many cameras (1-240).
    #[arg(long, default_value_t = 16)]
    cameras: u16,
    /// RTSP port; 0: any free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    listen: IpAddr,
    /// Serve the media files of this folder instead of drawn scenes.
    #[arg(long)]
    clips: Option<PathBuf>,
    /// Folder for drawn clips.
    #[arg(long, default_value = "target/camsim")]
    cache: PathBuf,
    /// Which authentication the cameras want.
    #[arg(long, value_enum, default_value = "md5")]
    auth: AuthArgument,
    /// User name of all cameras.
    #[arg(long, default_value = "admin")]
    user: String,
    /// Environment variable that holds the password; without it one is made up.
    #[arg(long)]
    password_env: Option<String>,
    /// A mode to begin with: C003/sub=stall, C001/main=drop:0.05; several times.
    #[arg(long = "mode")]
    modes: Vec<String>,
    /// Small pictures and short loops, quick to draw.
    #[arg(long)]
    small: bool,
    /// Draw the main streams too before being ready, instead of each when first asked for.
    #[arg(long)]
    prepare_mains: bool,
    /// Seconds that a session lives without a sign of life.
    #[arg(long, default_value_t = 60)]
    session_timeout: u64,
    /// End when stdin is closed.
    #[arg(long)]
    until_stdin_closes: bool,
    /// Accepted for clearness: output is always JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum AuthArgument {
    None,
    Basic,
    Md5,
    Sha256,
}

#[derive(Serialize)]
struct Ready<'a> {
    ready: bool,
    port: u16,
    cameras: Vec<ReadyCamera<'a>>,
}

#[derive(Serialize)]
struct ReadyCamera<'a> {
    code: &'a str,
    name: &'a str,
    unit: &'a str,
    place: &'a str,
    main_url: &'a str,
    sub_url: &'a str,
    username: &'a str,
    password: &'a str,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Order {
    Mode {
        camera: String,
        which: StreamKindWord,
        mode: String,
    },
    Password {
        set_password: String,
    },
    Stats {
        #[serde(rename = "stats")]
        _stats: bool,
    },
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StreamKindWord {
    Main,
    Sub,
}

impl From<StreamKindWord> for StreamKind {
    fn from(word: StreamKindWord) -> Self {
        match word {
            StreamKindWord::Main => Self::Main,
            StreamKindWord::Sub => Self::Sub,
        }
    }
}

fn parse_mode(text: &str) -> anyhow::Result<(String, StreamKind, Mode)> {
    let (place, mode) = text.split_once('=').ok_or_else(|| anyhow::anyhow!("--mode wants C003/sub=stall"))?;
    let (code, which) =
        place.split_once('/').ok_or_else(|| anyhow::anyhow!("--mode wants C003/sub=stall"))?;
    let which = match which {
        "main" => StreamKind::Main,
        "sub" => StreamKind::Sub,
        other => anyhow::bail!("--mode: {other} is neither main nor sub"),
    };
    Ok((code.to_owned(), which, mode.parse()?))
}

fn print(line: &impl Serialize) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, line)?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

fn progress(done: usize, total: usize) {
    // Nobody may be listening.
    let _ = writeln!(std::io::stderr(), "{{\"preparing\":{done},\"of\":{total}}}");
}

fn password(arguments: &Arguments) -> anyhow::Result<SecretString> {
    if let Some(name) = &arguments.password_env {
        let value =
            std::env::var(name).map_err(|_| anyhow::anyhow!("environment variable {name} is not set"))?;
        return Ok(SecretString::from(value));
    }
    let mut random = [0_u8; 8];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(SecretString::from(random.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
}

// One thread: sending media is a copy and a write, and one thread has been the cheapest.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()),
        )
        .init();
    let arguments = Arguments::parse();
    let options = Options {
        cameras: arguments.cameras,
        listen: arguments.listen,
        port: arguments.port,
        cache: arguments.cache.clone(),
        clips: arguments.clips.clone(),
        auth: match arguments.auth {
            AuthArgument::None => Auth::None,
            AuthArgument::Basic => Auth::Basic,
            AuthArgument::Md5 => Auth::Md5,
            AuthArgument::Sha256 => Auth::Sha256,
        },
        credential: Credential { username: arguments.user.clone(), password: password(&arguments)? },
        small: arguments.small,
        prepare_mains: arguments.prepare_mains,
        session_timeout: std::time::Duration::from_secs(arguments.session_timeout.max(1)),
        modes: arguments.modes.iter().map(|text| parse_mode(text)).collect::<anyhow::Result<_>>()?,
        progress: Some(progress),
    };
    let sim = Sim::start(options).await?;
    announce(&sim)?;
    serve(&sim, arguments.until_stdin_closes).await?;
    sim.stop().await;
    Ok(())
}

fn announce(sim: &Sim) -> anyhow::Result<()> {
    let credential = sim.credential();
    let cameras = sim.cameras().iter().map(|camera| ReadyCamera {
        code: &camera.entry.code,
        name: &camera.entry.name,
        unit: &camera.entry.unit,
        place: &camera.entry.place,
        main_url: &camera.main_url,
        sub_url: &camera.sub_url,
        username: &credential.username,
        // Their password is no secret: whoever starts simulated cameras must be able to add them.
        password: credential.password.expose_secret(),
    });
    print(&Ready { ready: true, port: sim.address().port(), cameras: cameras.collect() })
}

/// The lines of stdin, read by a thread of its own: tokio's stdin would keep the process alive until the next line.
/// Bounded: whoever writes orders faster than they are carried out waits.
fn stdin_lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(16);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            let Ok(line) = line else { return };
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Takes orders until told to end.
async fn serve(sim: &Sim, until_stdin_closes: bool) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut lines = stdin_lines();
    let mut open = true;
    loop {
        tokio::select! {
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
            line = lines.recv(), if open => match line {
                Some(line) if line.trim().is_empty() => {}
                Some(line) => match order(sim, &line) {
                    Ok(answer) => print(&answer)?,
                    Err(error) => print(&serde_json::json!({ "ok": false, "error": error.to_string() }))?,
                },
                None if until_stdin_closes => return Ok(()),
                None => open = false,
            },
        }
    }
}

fn order(sim: &Sim, line: &str) -> anyhow::Result<serde_json::Value> {
    // The line may hold a password: it is not repeated in the error.
    let order: Order = serde_json::from_str(line).map_err(|_| anyhow::anyhow!("not an order"))?;
    match order {
        Order::Mode { camera, which, mode } => sim.set_mode(&camera, which.into(), mode.parse()?)?,
        Order::Password { set_password } => sim.set_password(SecretString::from(set_password)),
        Order::Stats { .. } => return Ok(statistics(sim)),
    }
    Ok(serde_json::json!({ "ok": true }))
}

fn statistics(sim: &Sim) -> serde_json::Value {
    let stats = sim.stats();
    let streams: Vec<_> = stats
        .streams
        .iter()
        .filter(|stream| stream.frames > 0)
        .map(|stream| {
            serde_json::json!({
                "code": stream.code, "which": stream.which, "clients": stream.clients, "frames": stream.frames,
                "last_frame": stream.last_frame, "last_sent_micros": stream.last_sent_micros,
            })
        })
        .collect();
    serde_json::json!({
        "ok": true, "connections": stats.connections, "open": stats.open, "setups": stats.setups,
        "plays": stats.plays, "teardowns": stats.teardowns, "unauthorized": stats.unauthorized,
        "timeouts": stats.timeouts, "frames": stats.frames, "skipped": stats.skipped, "streams": streams,
    })
}
