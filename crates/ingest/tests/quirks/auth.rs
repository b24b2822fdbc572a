//! Ways to ask for name and password.

use crate::guard::{Guard, PASSWORD, Scheme};
use crate::room::{Room, plays, script, short};
use crate::server::{Camera, Out, Reply, Script};
use anyhow::{Result, ensure};
use easien_ingest::Limits;
use easien_model::LossReason;
use std::sync::Arc;
use std::time::Duration;

fn guarded(guard: Guard) -> Script {
    Script { guard: Some(guard), ..script() }
}

#[tokio::test]
async fn a_401_without_cseq() -> Result<()> {
    let mut script = guarded(Guard::new(&[Scheme::Md5Qop]));
    script.tamper =
        Arc::new(
            |_, reply| {
                if reply.status.starts_with("401") { reply.without("CSeq").out() } else { reply.out() }
            },
        );
    plays(script).await
}

#[tokio::test]
async fn basic() -> Result<()> {
    plays(guarded(Guard::new(&[Scheme::Basic]))).await
}

#[tokio::test]
async fn digest_without_qop() -> Result<()> {
    plays(guarded(Guard::new(&[Scheme::Md5]))).await
}

#[tokio::test]
async fn digest_with_opaque() -> Result<()> {
    plays(guarded(Guard { opaque: Some("5ccc069c403ebaf9f0171e9517f40e41"), ..Guard::new(&[Scheme::Md5]) }))
        .await?;
    plays(guarded(Guard { opaque: Some(""), ..Guard::new(&[Scheme::Md5Qop]) })).await
}

#[tokio::test]
async fn digest_by_sha_256() -> Result<()> {
    plays(guarded(Guard::new(&[Scheme::Sha256]))).await
}

#[tokio::test]
async fn digest_and_basic_in_two_headers() -> Result<()> {
    plays(guarded(Guard::new(&[Scheme::Md5, Scheme::Basic]))).await?;
    plays(guarded(Guard::new(&[Scheme::Basic, Scheme::Md5]))).await
}

#[tokio::test]
async fn digest_and_basic_in_one_header() -> Result<()> {
    plays(guarded(Guard { one_header: true, ..Guard::new(&[Scheme::Md5, Scheme::Basic]) })).await?;
    plays(guarded(Guard { one_header: true, ..Guard::new(&[Scheme::Basic, Scheme::Md5]) })).await
}

#[tokio::test]
async fn basic_is_not_used_where_digest_is_offered() -> Result<()> {
    let mut room = Room::new(guarded(Guard::new(&[Scheme::Basic, Scheme::Md5]))).await?;
    room.plays().await?;
    for request in room.camera.seen() {
        let given = request.header("Authorization").unwrap_or("");
        ensure!(!given.starts_with("Basic"), "the password went over the wire in {}", request.method);
    }
    room.end().await
}

#[tokio::test]
async fn sha_256_and_md5_in_two_headers() -> Result<()> {
    plays(guarded(Guard::new(&[Scheme::Sha256, Scheme::Md5Qop]))).await?;
    plays(guarded(Guard::new(&[Scheme::Md5, Scheme::Sha256]))).await
}

#[tokio::test]
async fn a_nonce_that_changes_before_each_step() -> Result<()> {
    plays(guarded(Guard { nonce_lasts: Some(1), ..Guard::new(&[Scheme::Md5]) })).await
}

#[tokio::test]
async fn a_nonce_that_changes_while_playing() -> Result<()> {
    // DESCRIBE, SETUP and PLAY; then the keep-alive gets a new challenge.
    let guard = Guard { nonce_lasts: Some(3), ..Guard::new(&[Scheme::Md5Qop]) };
    let mut script = guarded(guard);
    script.session = "12345678;timeout=2".into();
    for item in &mut script.show {
        if let Out::Wait(milliseconds) = item {
            *milliseconds = 50;
        }
    }
    let limits = Limits { keep_alive: Some(Duration::from_millis(700)), ..short() };
    let mut room = Room::with(script, limits, None).await?;
    room.plays().await?;
    ensure!(room.camera.count("PLAY") == 1, "a new session");
    ensure!(room.camera.count("OPTIONS") >= 1, "no keep-alive");
    room.end().await
}

#[tokio::test]
async fn a_challenge_that_nobody_understands() -> Result<()> {
    let mut script = script();
    script.tamper = Arc::new(|_, reply| {
        Reply::new("401 Unauthorized")
            .with("CSeq", reply.header("CSeq"))
            .with("WWW-Authenticate", "Negotiate")
            .out()
    });
    let mut room = Room::new(script).await?;
    room.lost(LossReason::Unauthorized, 6).await?;
    room.end().await
}

#[tokio::test]
async fn a_401_without_a_challenge() -> Result<()> {
    let mut script = script();
    script.tamper =
        Arc::new(|_, reply| Reply::new("401 Unauthorized").with("CSeq", reply.header("CSeq")).out());
    let mut room = Room::new(script).await?;
    room.lost(LossReason::Unauthorized, 6).await?;
    room.end().await
}

#[tokio::test]
async fn a_wrong_password_is_tried_a_few_times_only() -> Result<()> {
    let camera = Camera::start(guarded(Guard::new(&[Scheme::Md5]))).await?;
    let url = camera.base.replace("rtsp://", "rtsp://admin:wrong@");
    let mut room = Room::at_with(camera, &url, short(), None, None)?;
    room.lost(LossReason::Unauthorized, 6).await?;
    let tried = room.camera.seen().iter().filter(|request| request.header("Authorization").is_some()).count();
    // Cameras lock an account after three to five.
    ensure!(tried <= 2, "{tried} tries at once");
    room.end().await
}

#[tokio::test]
async fn the_credential_does_not_follow_a_strange_control_url() -> Result<()> {
    // Somebody else's machine, named by the description.
    let other = Camera::start(guarded(Guard::new(&[Scheme::Basic]))).await?;
    let mut script = guarded(Guard::new(&[Scheme::Basic]));
    let text = String::from_utf8(script.sdp).unwrap();
    let control = format!("{}/trackID=0", other.base);
    script.sdp = text.replace("a=control:trackID=0", &format!("a=control:{control}")).into_bytes();
    script.setups = vec![control];
    let mut room = Room::new(script).await?;
    room.plays().await?;
    ensure!(other.seen().is_empty(), "the other machine was asked");
    room.end().await
}

#[tokio::test]
async fn nothing_secret_is_said_without_being_asked() -> Result<()> {
    let mut room = Room::new(script()).await?;
    room.plays().await?;
    for request in room.camera.seen() {
        ensure!(request.header("Authorization").is_none());
        ensure!(!request.uri.contains('@') && !request.uri.contains(PASSWORD));
    }
    room.end().await
}
