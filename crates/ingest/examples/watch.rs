//! Watches one stream by hand: `cargo run -p easien-ingest --example watch -- URL [USER PASSWORD-VARIABLE]`.
//! The password comes from the environment variable named, so that it is in no process list.

use anyhow::{Context, Result};
use easien_ingest::{Credential, Ingest, Limits, Source, probe};
use easien_model::{CameraId, Scope, StreamId, StreamKind, SystemClock, Transport};
use std::sync::Arc;
use std::time::Duration;

/// Prints a camera's states and figures.
#[derive(clap::Parser)]
struct Args {
    /// rtsp://host[:port]/path
    url: url::Url,
    /// The user's name.
    username: Option<String>,
    /// The environment variable that holds the password.
    password_variable: Option<String>,
    /// Only this transport: tcp or udp.
    #[arg(long)]
    transport: Option<String>,
    /// Look once and print what is found.
    #[arg(long)]
    probe: bool,
    /// So many sessions with the same URL, and their processor time at the end.
    #[arg(long, default_value_t = 1)]
    copies: usize,
    /// Everything through the bridge.
    #[arg(long)]
    bridged: bool,
    /// Stop after so many seconds.
    #[arg(long)]
    seconds: Option<u64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    use clap::Parser;
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| "info,retina=off".into()),
        )
        .init();
    let args = Args::parse();
    let credential = match (args.username, args.password_variable) {
        (Some(username), Some(variable)) => {
            let password = std::env::var(&variable).with_context(|| format!("variable {variable}"))?;
            Some(Credential { username, password: password.into() })
        }
        _ => None,
    };
    let transport = match args.transport.as_deref() {
        Some("tcp") => Some(Transport::Tcp),
        Some("udp") => Some(Transport::Udp),
        _ => None,
    };
    let stream = StreamId { camera: CameraId::new(), which: StreamKind::Main };
    let source = Source { stream, url: args.url, credential, transport };
    if args.probe {
        let found = match probe(&source, &Limits::default()).await {
            Ok(found) => found,
            Err(failure) => {
                println!("{failure}");
                std::process::exit(1);
            }
        };
        let bytes: usize = found.samples.iter().map(|sample| sample.len_bytes()).sum();
        println!(
            "{:?} {}x{} declared {:?} fps, {} sets",
            found.params.codec,
            found.params.width_px,
            found.params.height_px,
            found.params.declared_fps,
            found.params.parameter_sets.len()
        );
        println!(
            "{:.1} fps, {} bit/s, {:?}, audio {:?}",
            found.fps, found.bitrate_bps, found.transport, found.audio
        );
        println!("{} samples of a GOP, {bytes} bytes", found.samples.len());
        return Ok(());
    }
    let began = std::time::Instant::now();
    let scope = Scope::new("watch");
    let ingest = Ingest::new(
        tokio::runtime::Handle::current(),
        scope.clone(),
        Arc::new(SystemClock),
        Limits { always_bridge: args.bridged, ..Limits::default() },
    );
    let mut states = ingest.states();
    for copy in 1..args.copies {
        let stream = StreamId { camera: CameraId::new(), which: StreamKind::Sub };
        ingest.open(Source { stream, ..source.clone() });
        if copy % 50 == 0 {
            println!("{copy} opened");
        }
    }
    ingest.open(source);
    let mut lane = ingest.view(stream).context("not open")?;
    let mut tick = tokio::time::interval(Duration::from_secs(2));
    let stop = tokio::time::sleep(Duration::from_secs(args.seconds.unwrap_or(u64::MAX / 4)));
    tokio::pin!(stop);
    let mut keys = 0;
    loop {
        tokio::select! {
            () = &mut stop => break,
            _ = tokio::signal::ctrl_c() => break,
            Ok((_, state)) = states.recv() => println!("{state:?}"),
            Some(sample) = lane.next() => keys += u32::from(sample.key),
            _ = tick.tick() => println!("{:?}, key frames {keys}", ingest.stats(stream)),
        }
    }
    if let Ok(stat) = std::fs::read_to_string("/proc/self/stat") {
        // utime and stime, in ticks of 1/100 s.
        let ticks: f64 = stat.split(' ').skip(13).take(2).filter_map(|text| text.parse::<f64>().ok()).sum();
        let live = ingest.sessions().iter().filter(|(_, state, _)| state.transport.is_some()).count();
        println!("{live} live, processor {:.2} s of {:.1} s", ticks / 100.0, began.elapsed().as_secs_f64());
    }
    ingest.close(stream);
    scope.stop(Duration::from_secs(3)).await;
    Ok(())
}
