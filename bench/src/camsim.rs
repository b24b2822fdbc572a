//! What the simulator costs when it serves 240 sub streams: it must not be what other benchmarks measure.

use crate::report::Report;
use anyhow::{Context, Result, bail};
use easien_ingest::{Credential, Ingest, Limits, Source};
use easien_model::{CameraId, Scope, SessionPhase, StreamId, StreamKind, SystemClock};
use easien_tests::child::{self, Child};
use easien_tests::proc::CpuMeter;
use easien_tests::programs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

const CAMERAS: usize = 240;

/// The benchmark.
///
/// # Errors
/// When not every camera can be had.
pub fn run() -> Result<Report> {
    let mut report = Report::new("camsim")?;
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("camsim.log");
    let mut command = child::command(programs::find("camsim")?);
    command.args(["--cameras", &CAMERAS.to_string(), "--json"]);
    command.arg("--cache").arg(programs::repository().join("target/camsim"));
    command.stdout(Stdio::piped()).stderr(std::fs::File::create(&log)?);
    let began = Instant::now();
    let mut camsim = Child::start_as_is("camsim", command, &log)?;
    let mut line = String::new();
    BufReader::new(camsim.stdout().context("camsim's output")?).read_line(&mut line)?;
    camsim.check()?;
    let ready: serde_json::Value = serde_json::from_str(&line).context("camsim's JSON line")?;
    report.add("ready_s", began.elapsed().as_secs_f64(), "s (minutes when the cache is cold)");

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let scope = Scope::new("bench");
    // All at once: it is not the product's patience that is measured.
    let limits = Limits { setups_per_s: 200.0, ..Limits::default() };
    let ingest = Ingest::new(runtime.handle().clone(), scope.clone(), Arc::new(SystemClock), limits);
    for camera in ready["cameras"].as_array().context("cameras")? {
        let text = |name: &str| camera[name].as_str().unwrap_or_default().to_owned();
        ingest.open(Source {
            stream: StreamId { camera: CameraId::new(), which: StreamKind::Sub },
            url: text("sub_url").parse().context("a URL")?,
            credential: Some(Credential { username: text("username"), password: text("password").into() }),
            transport: None,
        });
    }
    let live = |ingest: &Ingest| {
        ingest.sessions().iter().filter(|(_, state, _)| state.phase == SessionPhase::Live).count()
    };
    let began = Instant::now();
    while live(&ingest) < CAMERAS {
        if began.elapsed() > Duration::from_secs(120) {
            bail!("only {} of {CAMERAS} cameras are live", live(&ingest));
        }
        sleep(Duration::from_millis(200));
    }
    sleep(Duration::from_secs(5));
    let meter = CpuMeter::begin(&[camsim.pid()]);
    let own = CpuMeter::begin(&[std::process::id()]);
    sleep(Duration::from_secs(20));
    let used = meter.end();
    let both = own.end(); // camsim is a child of this program
    let still_live = live(&ingest);
    runtime.block_on(scope.stop(Duration::from_secs(10)));
    if still_live < CAMERAS {
        bail!("{} cameras were lost meanwhile", CAMERAS - still_live);
    }
    report.add("serve_240_core", used.cores, "core");
    report.add("receive_240_core", both.cores - used.cores, "core (sessions and depacketising)");
    #[allow(clippy::cast_precision_loss)]
    report.add("rss_mb", used.rss_bytes as f64 / 1e6, "MB");
    Ok(report)
}
