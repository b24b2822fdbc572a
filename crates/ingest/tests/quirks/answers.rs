//! How answers are written, and what comes between them.

use crate::clip::{Packer, rtcp};
use crate::room::{Room, lost, plays, script, short};
use crate::server::{Out, Reply, Request, Script, frame};
use anyhow::{Result, ensure};
use easien_ingest::Limits;
use easien_model::{LossReason, SessionPhase};
use std::sync::Arc;
use std::time::Duration;

/// A camera whose answers are changed.
fn with(change: impl Fn(&Request, Reply) -> Vec<Out> + Send + Sync + 'static) -> Script {
    Script { tamper: Arc::new(change), ..script() }
}

/// A camera that writes its answers this way.
fn written(write: impl Fn(&Reply) -> Vec<u8> + Send + Sync + 'static) -> Script {
    with(move |_, reply| vec![Out::Bytes(write(&reply))])
}

/// The answer with other heads.
fn heads(reply: &Reply, line: impl Fn(&str, &str) -> String) -> Vec<u8> {
    let mut out = format!("RTSP/1.0 {}\r\n", reply.status);
    for (name, value) in &reply.headers {
        out.push_str(&line(name, value));
    }
    if !reply.body.is_empty() {
        out.push_str(&line("Content-Length", &reply.body.len().to_string()));
    }
    out.push_str("\r\n");
    [out.as_bytes(), &reply.body].concat()
}

#[tokio::test]
async fn cseq_in_other_letters() -> Result<()> {
    plays(written(|reply| {
        heads(reply, |name, value| format!("{}: {value}\r\n", name.replace("CSeq", "Cseq")))
    }))
    .await
}

#[tokio::test]
async fn no_cseq_at_all() -> Result<()> {
    plays(with(|_, reply| reply.without("CSeq").out())).await
}

#[tokio::test]
async fn an_old_cseq_everywhere() -> Result<()> {
    plays(with(|_, reply| reply.replacing("CSeq", "1").out())).await
}

#[tokio::test]
async fn headers_in_lower_case() -> Result<()> {
    plays(written(|reply| heads(reply, |name, value| format!("{}: {value}\r\n", name.to_lowercase())))).await
}

#[tokio::test]
async fn headers_in_upper_case_without_a_space() -> Result<()> {
    plays(written(|reply| heads(reply, |name, value| format!("{}:{value}\r\n", name.to_uppercase())))).await
}

#[tokio::test]
async fn headers_with_spaces_all_around() -> Result<()> {
    plays(written(|reply| heads(reply, |name, value| format!("{name} :  \t {value}  \r\n")))).await
}

#[tokio::test]
async fn folded_headers() -> Result<()> {
    plays(written(|reply| heads(reply, |name, value| format!("{name}:\r\n  {value}\r\n")))).await
}

#[tokio::test]
async fn a_header_without_a_colon() -> Result<()> {
    plays(written(|reply| {
        heads(reply, |name, value| {
            let odd = if name == "CSeq" { "this is no header\r\n" } else { "" };
            format!("{odd}{name}: {value}\r\n")
        })
    }))
    .await
}

#[tokio::test]
async fn bare_line_feeds() -> Result<()> {
    plays(written(|reply| {
        let text = heads(reply, |name, value| format!("{name}: {value}\r\n"));
        let at = text.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(0) + 4;
        let head = String::from_utf8_lossy(&text[..at]).replace("\r\n", "\n");
        [head.as_bytes(), &reply.body].concat()
    }))
    .await
}

#[tokio::test]
async fn a_status_line_without_words() -> Result<()> {
    plays(with(|_, reply| Reply { status: reply.status[..3].to_owned(), ..reply }.out())).await
}

#[tokio::test]
async fn latin_1_in_the_headers() -> Result<()> {
    plays(written(|reply| {
        let bytes = reply.bytes();
        let at = bytes.windows(2).position(|window| window == b"\r\n").unwrap_or(0);
        [&bytes[..at], b"\r\nServer: Kam\xe9ra", &bytes[at..]].concat()
    }))
    .await
}

#[tokio::test]
async fn bytes_come_one_at_a_time() -> Result<()> {
    plays(with(|request, reply| match request.method.as_str() {
        "PLAY" => reply.out(),
        _ => vec![Out::Dribble(reply.bytes())],
    }))
    .await
}

#[tokio::test]
async fn packets_come_one_byte_at_a_time() -> Result<()> {
    let mut script = script();
    let mut taken = 0;
    for item in &mut script.show {
        if let Out::Rtp(_, packet) = item
            && taken < 6
        {
            taken += 1;
            *item = Out::Dribble(frame(0, packet));
        }
    }
    plays(script).await
}

#[tokio::test]
async fn a_100_before_each_answer() -> Result<()> {
    plays(with(|_, reply| {
        let cseq = reply.header("CSeq").to_owned();
        let early = Reply::new("100 Continue").with("CSeq", &cseq);
        vec![Out::Bytes(early.bytes()), Out::Bytes(reply.bytes())]
    }))
    .await
}

#[tokio::test]
async fn a_200_with_garbage_is_no_description() -> Result<()> {
    let script = with(|request, mut reply| {
        if request.method == "DESCRIBE" {
            reply.body = b"\x00\xff<html>not found</html>\x80\x81".to_vec();
        }
        reply.out()
    });
    lost(script, LossReason::Protocol, 6).await
}

#[tokio::test]
async fn a_200_with_nothing_is_no_description() -> Result<()> {
    let script = with(|request, mut reply| {
        if request.method == "DESCRIBE" {
            reply.body.clear();
        }
        reply.out()
    });
    lost(script, LossReason::Protocol, 6).await
}

#[tokio::test]
async fn bodies_where_none_belong() -> Result<()> {
    plays(with(|request, mut reply| {
        if request.method != "DESCRIBE" {
            reply.body = b"v=0 and so on\x00\x01".to_vec();
        }
        reply.out()
    }))
    .await
}

#[tokio::test]
async fn half_an_answer_then_the_end() -> Result<()> {
    let script = with(|request, reply| {
        let bytes = reply.bytes();
        match request.method.as_str() {
            "DESCRIBE" => vec![Out::Bytes(bytes[..bytes.len() / 2].to_vec()), Out::Close],
            _ => reply.out(),
        }
    });
    lost(script, LossReason::Closed, 6).await
}

#[tokio::test]
async fn a_302_leads_to_another_address() -> Result<()> {
    let other = Room::new(script()).await?;
    let target = other.camera.base.clone();
    let script = with(move |request, reply| match request.method.as_str() {
        "DESCRIBE" => Reply::new("302 Moved Temporarily")
            .with("CSeq", reply.header("CSeq"))
            .with("Location", &target)
            .out(),
        _ => reply.out(),
    });
    // Not followed: the credential must not go to an address that a stranger names. It says so.
    lost(script, LossReason::Protocol, 6).await?;
    other.end().await
}

#[tokio::test]
async fn packets_before_the_answer_to_play() -> Result<()> {
    plays(with(|request, reply| match request.method.as_str() {
        "PLAY" => vec![
            Out::Rtcp(0, rtcp(0x1234_5678, 99_000, false)),
            Out::Rtp(0, Packer::new(crate::clip::Codec::H264).packet(100_000, false, &[9, 0x30])),
            Out::Bytes(reply.bytes()),
        ],
        _ => reply.out(),
    }))
    .await
}

#[tokio::test]
async fn packets_of_an_old_session_before_setup() -> Result<()> {
    plays(with(|request, reply| match request.method.as_str() {
        "SETUP" => vec![
            Out::Bytes(frame(0, &[0x80, 96, 0, 1, 0, 0, 0, 1, 9, 9, 9, 9, 0x41, 0x9a])),
            Out::Bytes(frame(6, &[1, 2, 3])),
            Out::Bytes(reply.bytes()),
        ],
        _ => reply.out(),
    }))
    .await
}

#[tokio::test]
async fn packets_on_channels_that_nobody_knows() -> Result<()> {
    let mut script = script();
    script.show = script
        .show
        .into_iter()
        .flat_map(|item| match item {
            Out::Wait(_) => vec![Out::Bytes(frame(17, &[1, 2, 3, 4])), item],
            other => vec![other],
        })
        .collect();
    plays(script).await
}

#[tokio::test]
async fn noise_between_packets() -> Result<()> {
    let mut script = script();
    script.show.insert(12, Out::Bytes(b"\r\n\r\n".to_vec()));
    plays(script).await
}

#[tokio::test]
async fn the_camera_asks_too() -> Result<()> {
    let mut script = script();
    let ask = |line: &str, n: u32| Out::Bytes(format!("{line} RTSP/1.0\r\nCSeq: {n}\r\n\r\n").into_bytes());
    script.show.insert(10, ask("OPTIONS rtsp://127.0.0.1/live", 1));
    script.show.insert(20, ask("ANNOUNCE rtsp://127.0.0.1/live", 2));
    script.show.insert(30, ask("OPTIONS *", 3));
    // Without words, in the way of keep-alives.
    script.show.insert(40, ask("GET_PARAMETER rtsp://127.0.0.1/live", 4));
    script.show_later = Some(script.show.clone());
    plays(script).await
}

#[tokio::test]
async fn a_redirect_while_playing_does_not_lead_away() -> Result<()> {
    let mut script = script();
    let ask =
        "REDIRECT rtsp://127.0.0.1/live RTSP/1.0\r\nCSeq: 7\r\nLocation: rtsp://192.0.2.1/other\r\n\r\n";
    script.show.insert(20, Out::Bytes(ask.as_bytes().to_vec()));
    plays(script).await
}

/// Keep-alives are answered with this status; the session must go on.
async fn keep_alives_refused(status: &'static str) -> Result<()> {
    let mut script = with(move |request, reply| match request.method.as_str() {
        "OPTIONS" | "GET_PARAMETER" | "SET_PARAMETER" => {
            Reply::new(status).with("CSeq", reply.header("CSeq")).out()
        }
        _ => reply.out(),
    });
    // Retina keeps alive after half of the timeout.
    script.session = "12345678;timeout=2".into();
    let limits = Limits { keep_alive: Some(Duration::from_millis(500)), ..short() };
    for item in &mut script.show {
        if let Out::Wait(milliseconds) = item {
            *milliseconds = 45;
        }
    }
    let mut room = Room::with(script, limits, None).await?;
    room.plays().await?;
    let asked = room.camera.seen().iter().filter(|request| request.method == "OPTIONS").count();
    ensure!(asked >= 1, "no keep-alive in two seconds with a timeout of two");
    ensure!(room.camera.count("PLAY") == 1, "a new session");
    room.end().await
}

#[tokio::test]
async fn keep_alives_refused_with_405() -> Result<()> {
    keep_alives_refused("405 Method Not Allowed").await
}

#[tokio::test]
async fn keep_alives_refused_with_501() -> Result<()> {
    keep_alives_refused("501 Not Implemented").await
}

#[tokio::test]
async fn keep_alives_refused_with_454() -> Result<()> {
    keep_alives_refused("454 Session Not Found").await
}

#[tokio::test]
async fn keep_alives_refused_with_401() -> Result<()> {
    keep_alives_refused("401 Unauthorized").await
}

#[tokio::test]
async fn keep_alives_that_are_never_answered() -> Result<()> {
    let mut script = with(|request, reply| match request.method.as_str() {
        "OPTIONS" | "GET_PARAMETER" | "SET_PARAMETER" => vec![],
        _ => reply.out(),
    });
    script.session = "12345678;timeout=2".into();
    let mut packer = Packer::new(crate::clip::Codec::H264);
    packer.pause_ms = 60;
    let pictures = crate::clip::pictures(crate::clip::Codec::H264, 120);
    script.show = packer.show(&pictures);
    let mut room = Room::new(script).await?;
    // A picture is a picture, over the camera's whole silence: at most one new session, and never a lost one.
    let began = std::time::Instant::now();
    while began.elapsed() < Duration::from_millis(3500) {
        room.sample(3).await?;
        let phase = room.state().phase;
        ensure!(phase != SessionPhase::Retrying && phase != SessionPhase::Stalled, "{phase:?}");
    }
    ensure!(room.camera.count("PLAY") <= 2, "{} sessions", room.camera.count("PLAY"));
    room.end().await
}

async fn session_header(value: &'static str) -> Result<()> {
    let mut script = script();
    script.session = value.into();
    let mut room = Room::new(script).await?;
    room.plays().await?;
    let id = value.split(';').next().unwrap_or("").trim();
    let played = room.camera.seen().into_iter().rfind(|request| request.method == "PLAY");
    let given = played.and_then(|request| request.header("Session").map(str::to_owned));
    ensure!(given.as_deref() == Some(id), "PLAY with the session {given:?}");
    room.end().await
}

#[tokio::test]
async fn a_session_with_a_short_timeout() -> Result<()> {
    session_header("A1b2;timeout=5").await
}

#[tokio::test]
async fn a_session_with_spaces() -> Result<()> {
    session_header("  A1b2 ; timeout = 5 ").await
}

#[tokio::test]
async fn a_session_with_more_words() -> Result<()> {
    session_header("A1b2;foo=bar;timeout=30").await
}

#[tokio::test]
async fn a_session_with_a_timeout_of_zero() -> Result<()> {
    session_header("A1b2;timeout=0").await
}

#[tokio::test]
async fn a_session_with_a_timeout_in_words() -> Result<()> {
    session_header("A1b2;timeout=sixty").await
}

#[tokio::test]
async fn a_session_of_strange_letters() -> Result<()> {
    session_header("$-_.+aZ/=09").await
}

/// What may be taken before it is noticed: the bridge's own bound and what waits in the sockets.
const MOST_TAKEN_BYTES: u64 = 3 << 20;

async fn floods(script: Script) -> Result<()> {
    let limits = Limits { answer: Duration::from_secs(1), ..short() };
    let bridged = Limits { always_bridge: true, ..limits.clone() };
    let mut room = Room::with(script.clone(), bridged, None).await?;
    room.lost(LossReason::Protocol, 8).await?;
    let taken = room.camera.flooded();
    ensure!(taken < MOST_TAKEN_BYTES, "{} KiB were taken", taken >> 10);
    room.end().await?;
    // A known limit: without the bridge the library reads on until the time for an answer is over. It happens once:
    // the next try goes through the bridge.
    let mut room = Room::with(script, limits, None).await?;
    room.lost(LossReason::Timeout, 8).await?;
    let before = room.camera.flooded();
    room.lost(LossReason::Protocol, 8).await?;
    let taken = room.camera.flooded() - before;
    ensure!(taken < MOST_TAKEN_BYTES, "{} KiB were taken", taken >> 10);
    room.end().await
}

#[tokio::test]
async fn everything_through_the_bridge() -> Result<()> {
    use crate::clip::Codec::{H264, H265};
    for codec in [H264, H265] {
        let limits = Limits { always_bridge: true, ..short() };
        let mut room = Room::with(crate::room::script_of(codec), limits, None).await?;
        room.plays_of(codec).await?;
        ensure!(room.camera.count("DESCRIBE") == 1, "asked more than once");
        room.end().await?;
    }
    Ok(())
}

#[tokio::test]
async fn headers_without_end() -> Result<()> {
    floods(with(|request, reply| match request.method.as_str() {
        "DESCRIBE" => {
            let head = format!("RTSP/1.0 200 OK\r\nCSeq: {}\r\n", reply.header("CSeq"));
            let more = format!("X-Filler: {}\r\n", "a".repeat(65_000));
            vec![Out::Bytes(head.into_bytes()), Out::Flood(more.into_bytes())]
        }
        _ => reply.out(),
    }))
    .await
}

#[tokio::test]
async fn one_header_line_without_end() -> Result<()> {
    floods(with(|request, reply| match request.method.as_str() {
        "DESCRIBE" => {
            vec![Out::Bytes(b"RTSP/1.0 200 OK\r\nX-Filler: ".to_vec()), Out::Flood(vec![b'a'; 65_536])]
        }
        _ => reply.out(),
    }))
    .await
}

#[tokio::test]
async fn a_description_of_two_gigabytes() -> Result<()> {
    floods(with(|request, reply| match request.method.as_str() {
        "DESCRIBE" => {
            let head = format!(
                "RTSP/1.0 200 OK\r\nCSeq: {}\r\nContent-Type: application/sdp\r\nContent-Length: 2147483647\r\n\r\n",
                reply.header("CSeq")
            );
            vec![Out::Bytes(head.into_bytes()), Out::Flood(b"a=x:y\r\n".repeat(8192))]
        }
        _ => reply.out(),
    }))
    .await
}

#[tokio::test]
async fn a_content_length_that_is_no_number() -> Result<()> {
    let script = with(|request, reply| match request.method.as_str() {
        "DESCRIBE" => {
            let head = format!(
                "RTSP/1.0 200 OK\r\nCSeq: {}\r\nContent-Type: application/sdp\r\nContent-Length: -1\r\n\r\n",
                reply.header("CSeq")
            );
            vec![Out::Bytes(head.into_bytes())]
        }
        _ => reply.out(),
    });
    lost(script, LossReason::Protocol, 8).await
}
