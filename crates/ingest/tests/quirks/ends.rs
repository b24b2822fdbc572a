//! Connections that end, and ports where no camera is.

use crate::clip::{Codec, Packer, pictures};
use crate::guard::{PASSWORD, USER};
use crate::room::{Room, lost, script, short};
use crate::server::{Camera, Out, Reply, Script};
use anyhow::{Result, ensure};
use easien_ingest::{Credential, Limits, ProbeFailure, Source, probe};
use easien_model::{CameraId, LossReason, SessionPhase, StreamId, StreamKind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

#[tokio::test]
async fn closed_right_after_play() -> Result<()> {
    lost(Script { show: vec![Out::Close], ..script() }, LossReason::Closed, 6).await
}

#[tokio::test]
async fn closed_at_once() -> Result<()> {
    let mut script = script();
    script.tamper = Arc::new(|_, _| vec![Out::Close]);
    lost(script, LossReason::Closed, 6).await
}

#[tokio::test]
async fn closed_in_the_middle_of_a_frame() -> Result<()> {
    let mut script = script();
    script.show = Packer::new(Codec::H264).show(&pictures(Codec::H264, 20));
    script.show.push(Out::Bytes(vec![b'$', 0, 4, 0, 0x80, 96, 1, 2, 3]));
    script.show.push(Out::Close);
    let mut room = Room::new(script).await?;
    room.samples(15).await?;
    room.lost(LossReason::Closed, 6).await?;
    room.wait(6, "live again", |state| state.phase == SessionPhase::Live).await?;
    room.end().await
}

#[tokio::test]
async fn silent_after_each_step() -> Result<()> {
    futures::future::try_join_all(["DESCRIBE", "SETUP", "PLAY"].map(|step| {
        let mut script = script();
        script.tamper =
            Arc::new(move |request, reply| if request.method == step { vec![] } else { reply.out() });
        lost(script, LossReason::Timeout, 7)
    }))
    .await?;
    Ok(())
}

#[tokio::test]
async fn no_packets_after_play() -> Result<()> {
    let limits = Limits { first_sample: Duration::from_secs(1), ..short() };
    let mut room = Room::with(Script { show: vec![], ..script() }, limits, None).await?;
    room.lost(LossReason::Stalled, 4).await?;
    room.end().await
}

#[tokio::test]
async fn busy() -> Result<()> {
    for (status, reason) in [
        ("453 Not Enough Bandwidth", LossReason::Busy),
        ("503 Service Unavailable", LossReason::Busy),
        ("403 Forbidden", LossReason::Forbidden),
        ("500 Internal Server Error", LossReason::Protocol),
        ("599 Strange", LossReason::Protocol),
    ] {
        let mut script = script();
        script.tamper = Arc::new(move |_, reply| Reply::new(status).with("CSeq", reply.header("CSeq")).out());
        lost(script, reason, 6).await?;
    }
    Ok(())
}

#[tokio::test]
async fn garbage_while_playing() -> Result<()> {
    let mut script = script();
    script.show = Packer::new(Codec::H264).show(&pictures(Codec::H264, 20));
    script.show.push(Out::Bytes(vec![0xee; 2000]));
    script.show.push(Out::Flood(vec![0xee; 65_536]));
    script.show_later =
        Some(Packer { pause_ms: 50, ..Packer::new(Codec::H264) }.show(&pictures(Codec::H264, 90)));
    let mut room = Room::new(script).await?;
    room.samples(15).await?;
    // Lost, or a new session at once: the pictures come again.
    let first = room.sample(5).await?.run;
    while room.sample(5).await?.run == first {}
    ensure!(room.camera.flooded() < 16 << 20, "{} bytes were taken", room.camera.flooded());
    room.end().await
}

#[tokio::test]
async fn some_bytes_too_many_between_frames() -> Result<()> {
    // Seen in cameras that count a frame's length wrongly: on with the next `$`.
    let all = pictures(Codec::H264, 120);
    let mut packer = Packer { pause_ms: 15, ..Packer::new(Codec::H264) };
    let mut show = packer.show(&all[..20]);
    show.push(Out::Bytes(vec![0xee; 37]));
    show.extend(packer.show(&all[20..]));
    let mut room = Room::new(Script { show, ..script() }).await?;
    room.samples(15).await?;
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(1) {
        room.sample(2).await?;
    }
    ensure!(room.state().phase == SessionPhase::Live, "{:?}", room.state());
    room.end().await
}

/// A port where somebody answers these bytes to whatever comes; `None`: only when asked.
async fn somebody(first: &'static [u8], answer: &'static [u8]) -> Result<(String, tokio::task::JoinSet<()>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("rtsp://{}/live", listener.local_addr()?);
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(first).await;
            let mut buffer = [0; 4096];
            if !answer.is_empty() && stream.read(&mut buffer).await.is_ok() {
                let _ = stream.write_all(answer).await;
                let _ = stream.shutdown().await;
            }
            // Until the other side has had enough.
            while stream.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
        }
    });
    Ok((url, tasks))
}

async fn probed(url: &str) -> Result<ProbeFailure> {
    let source = Source {
        stream: StreamId { camera: CameraId::new(), which: StreamKind::Main },
        url: url.parse()?,
        credential: Some(Credential { username: USER.into(), password: PASSWORD.into() }),
        transport: None,
    };
    let began = Instant::now();
    let limits = Limits { answer: Duration::from_secs(1), ..short() };
    let failure = probe(&source, &limits).await.expect_err("no camera");
    ensure!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
    ensure!(!failure.detail.contains(PASSWORD), "{failure}");
    ensure!(failure.detail.chars().all(|c| !c.is_control()), "{failure}");
    Ok(failure)
}

#[tokio::test]
async fn a_web_server() -> Result<()> {
    let answers: [&[u8]; 3] = [
        b"HTTP/1.1 400 Bad Request\r\nServer: web\r\nContent-Length: 11\r\nConnection: close\r\n\r\nbad request",
        b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html><body>camera</body></html>",
        b"<html><head><title>Document Error: Bad Request</title></head></html>",
    ];
    for answer in answers {
        let (url, _tasks) = somebody(b"", answer).await?;
        let failure = probed(&url).await?;
        ensure!(failure.reason == LossReason::Protocol, "{failure}");
    }
    Ok(())
}

#[tokio::test]
async fn a_tls_server() -> Result<()> {
    // An alert: "unexpected message", then the end; and a server that begins to shake hands.
    let (url, _tasks) = somebody(b"", &[0x15, 3, 1, 0, 2, 2, 0x46]).await?;
    let failure = probed(&url).await?;
    ensure!(matches!(failure.reason, LossReason::Protocol), "{failure}");
    let (url, _tasks) = somebody(&[0x16, 3, 3, 0, 0x31, 2, 0, 0, 0x2d, 3, 3, 9, 9, 9, 9, 9], &[]).await?;
    let failure = probed(&url).await?;
    ensure!(matches!(failure.reason, LossReason::Protocol | LossReason::Timeout), "{failure}");
    Ok(())
}

#[tokio::test]
async fn an_ssh_server() -> Result<()> {
    let (url, _tasks) =
        somebody(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", b"Invalid SSH identification string.\r\n").await?;
    let failure = probed(&url).await?;
    ensure!(failure.reason == LossReason::Protocol, "{failure}");
    Ok(())
}

#[tokio::test]
async fn rtsp_of_another_version() -> Result<()> {
    let (url, _tasks) = somebody(b"", b"RTSP/2.0 505 RTSP Version Not Supported\r\nCSeq: 1\r\n\r\n").await?;
    let failure = probed(&url).await?;
    ensure!(failure.reason == LossReason::Protocol, "{failure}");
    Ok(())
}

#[tokio::test]
async fn a_machine_that_takes_the_connection_and_says_nothing() -> Result<()> {
    let (url, _tasks) = somebody(b"", b"").await?;
    let failure = probed(&url).await?;
    ensure!(failure.reason == LossReason::Timeout, "{failure}");
    Ok(())
}

#[tokio::test]
async fn closing_says_goodbye_once() -> Result<()> {
    let mut room = Room::new(script()).await?;
    room.plays().await?;
    room.ingest.close(room.stream);
    let until = Instant::now() + Duration::from_secs(3);
    while room.camera.count("TEARDOWN") == 0 && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    ensure!(room.camera.count("TEARDOWN") == 1, "{} goodbyes", room.camera.count("TEARDOWN"));
    ensure!(room.lane.next().await.is_none() || room.lane.dropped() == 0);
    room.end().await
}

#[tokio::test]
async fn a_camera_that_never_answers_goodbye_holds_nobody() -> Result<()> {
    let mut script = script();
    script.tamper =
        Arc::new(|request, reply| if request.method == "TEARDOWN" { vec![] } else { reply.out() });
    let mut room = Room::new(script).await?;
    room.plays().await?;
    let began = Instant::now();
    room.ingest.close(room.stream);
    room.end().await?;
    ensure!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    Ok(())
}

#[tokio::test]
async fn back_as_soon_as_the_camera_is_back() -> Result<()> {
    // Nobody on the port at first, as while a camera boots.
    let camera = Camera::start(script()).await?;
    let port = camera.port;
    drop(camera);
    let free = TcpListener::bind(("127.0.0.1", port)).await;
    drop(free);
    let other = Camera::start(Script::default()).await?;
    let url = format!("rtsp://127.0.0.1:{port}/live");
    let mut room = Room::at(other, &url, short(), None)?;
    room.lost(LossReason::Refused, 6).await?;
    room.end().await
}
