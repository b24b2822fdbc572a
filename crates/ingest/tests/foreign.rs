//! A server that is not ours plays too: gst-rtsp-server, with basic and digest authentication, over TCP and UDP, in
//! H.264 and H.265. Needs Debian's python3-gi and gir1.2-gst-rtsp-server-1.0; fails without them.
#![allow(clippy::expect_used, reason = "the helpers of tests fail as tests do")]

use anyhow::{Context, Result};
use easien_ingest::{Credential, Ingest, Limits, Source, probe};
use easien_model::{
    CameraId, Codec, LossReason, Params, Scope, SessionPhase, StreamId, StreamKind, SystemClock, Transport,
};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

const PASSWORD: &str = "p@ss:wörd/%41'";

/// The server; ends when dropped.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start(codec: &str, auth: &str, transport: &str) -> Result<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/foreign_server.py");
        // The distribution's Python has the distribution's modules, whatever else stands first in the path.
        let mut process = Command::new("/usr/bin/python3")
            .args([script, codec, auth, transport, "FOREIGN_PASSWORD"])
            .env("FOREIGN_PASSWORD", PASSWORD)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("python3")?;
        let mut line = String::new();
        let stdout = process.stdout.take().context("stdout")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let port = line.trim().parse().context("the server did not start; is gst-rtsp-server installed?")?;
        Ok(Self { process, port })
    }

    fn source(&self, password: &str, transport: Option<Transport>) -> Result<Source> {
        Ok(Source {
            stream: StreamId { camera: CameraId::new(), which: StreamKind::Main },
            url: format!("rtsp://127.0.0.1:{}/live", self.port).parse()?,
            credential: Some(Credential { username: "admin".into(), password: password.into() }),
            transport,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Closing its stdin ends it; killing makes sure.
        drop(self.process.stdin.take());
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn plays(codec: &str, auth: &str, transport: &str) -> Result<()> {
    let server = Server::start(codec, auth, transport)?;
    let limits = Limits::default();
    let wanted_codec = if codec == "h264" { Codec::H264 } else { Codec::H265 };
    let wanted_transport = if transport == "tcp" { Transport::Tcp } else { Transport::Udp };
    if auth != "none" {
        let failure = probe(&server.source("wrong", None)?, &limits).await.expect_err("a wrong password");
        assert_eq!(failure.reason, LossReason::Unauthorized, "{failure}");
    }
    // No transport is named: TCP first, UDP where the server refuses it.
    let source = server.source(PASSWORD, None)?;
    let found = probe(&source, &limits).await?;
    assert_eq!((found.params.codec, found.transport), (wanted_codec, wanted_transport));
    assert_eq!((found.params.width_px, found.params.height_px), (320, 180));
    assert!(found.samples.first().is_some_and(|sample| sample.key));
    assert_eq!(found.audio.context("audio")?.codec, Codec::Pcmu);

    let scope = Scope::new("foreign");
    let ingest = Ingest::new(tokio::runtime::Handle::current(), scope.clone(), Arc::new(SystemClock), limits);
    let stream = source.stream;
    ingest.open(source);
    let mut lane = ingest.view(stream).context("open")?;
    let (mut keys, mut damaged) = (0, 0);
    let mut last: Option<Arc<easien_model::Sample>> = None;
    for _ in 0..45 {
        let sample = tokio::time::timeout(Duration::from_secs(20), lane.next()).await?.context("closed")?;
        keys += usize::from(sample.key);
        damaged += usize::from(sample.damaged);
        if let Some(last) = &last {
            assert!(sample.pts > last.pts || sample.run != last.run);
        } else {
            assert!(sample.key);
            assert!(matches!(&*sample.params, Params::Video(video) if video.width_px == 320));
        }
        last = Some(sample);
    }
    assert!(keys >= 3, "{keys} key frames");
    // Over UDP a loaded machine may drop a datagram; it is counted, not hidden.
    assert!(damaged <= 3, "{damaged} damaged");
    let state = ingest.state(stream).context("open")?;
    assert_eq!((state.phase, state.transport), (SessionPhase::Live, Some(wanted_transport)));
    assert!(scope.stop(Duration::from_secs(5)).await);
    Ok(())
}

#[tokio::test]
async fn h264_basic_tcp() -> Result<()> {
    plays("h264", "basic", "tcp").await
}

#[tokio::test]
async fn h264_digest_udp() -> Result<()> {
    plays("h264", "digest", "udp").await
}

#[tokio::test]
async fn h265_digest_tcp() -> Result<()> {
    plays("h265", "digest", "tcp").await
}

#[tokio::test]
async fn h265_basic_udp() -> Result<()> {
    plays("h265", "basic", "udp").await
}

#[tokio::test]
async fn h264_open_tcp() -> Result<()> {
    plays("h264", "none", "tcp").await
}
