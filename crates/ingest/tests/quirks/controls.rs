//! Which URI a medium is set up at.

use crate::clip::{AUDIO, Codec, METADATA, Packer, sdp};
use crate::room::{Room, plays, script, usual};
use crate::server::{Out, Reply, Script};
use anyhow::{Result, ensure};
use easien_model::LossReason;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

/// A camera whose video's control is this, and that knows these URIs.
fn control(control: &str, base: Option<&str>, setup: &str) -> Script {
    let line = format!("a=control:{control}");
    Script {
        sdp: sdp(Codec::H264).replace("a=control:trackID=0", &line).into_bytes(),
        content_base: base.map(str::to_owned),
        setups: vec![setup.to_owned()],
        ..script()
    }
}

#[tokio::test]
async fn absolute() -> Result<()> {
    plays(control("{base}/video/1?a=b", Some("{base}/"), "{base}/video/1?a=b")).await
}

#[tokio::test]
async fn relative_to_a_base_with_a_slash() -> Result<()> {
    plays(control("track1", Some("{base}/"), "{base}/track1")).await
}

#[tokio::test]
async fn relative_to_a_base_without_a_slash() -> Result<()> {
    plays(control("track1", Some("{base}"), "{base}/track1")).await
}

#[tokio::test]
async fn with_a_slash_at_its_end() -> Result<()> {
    plays(control("track1/", Some("{base}/"), "{base}/track1/")).await
}

#[tokio::test]
async fn a_star() -> Result<()> {
    plays(control("*", Some("{base}/"), "{base}/")).await
}

#[tokio::test]
async fn none_at_all() -> Result<()> {
    let mut script = script();
    script.sdp = sdp(Codec::H264).replace("a=control:trackID=0\r\n", "").into_bytes();
    script.setups = vec!["{base}/".into()];
    plays(script.clone()).await?;
    script.sdp = String::from_utf8(script.sdp).unwrap().replace("a=control:*\r\n", "").into_bytes();
    script.setups = vec!["{base}".into()];
    plays(script).await
}

#[tokio::test]
async fn with_a_query() -> Result<()> {
    plays(control("trackID=1?ctype=video&stream=0", Some("{base}/"), "{base}/trackID=1?ctype=video&stream=0"))
        .await
}

#[tokio::test]
async fn behind_a_url_with_a_query() -> Result<()> {
    let mut script = control("trackID=0", None, "{base}/trackID=0");
    script.path = "/cam/realmonitor?channel=1&subtype=0".into();
    plays(script.clone()).await?;
    script.content_base = Some("{base}/".into());
    plays(script).await
}

#[tokio::test]
async fn no_content_base() -> Result<()> {
    plays(control("trackID=0", None, "{base}/trackID=0")).await
}

#[tokio::test]
async fn a_content_base_without_a_scheme() -> Result<()> {
    let mut script = script();
    script.tamper = Arc::new(|request, reply| {
        let base = reply.header("Content-Base").replace("rtsp://", "");
        if request.method == "DESCRIBE" { reply.replacing("Content-Base", &base).out() } else { reply.out() }
    });
    plays(script).await
}

#[tokio::test]
async fn a_content_base_that_is_a_path() -> Result<()> {
    plays(control("trackID=0", Some("/live/"), "{base}/trackID=0")).await
}

#[tokio::test]
async fn an_empty_content_base() -> Result<()> {
    plays(control("trackID=0", Some(""), "{base}/trackID=0")).await
}

#[tokio::test]
async fn a_content_base_of_a_machine_behind_nat() -> Result<()> {
    // The camera knows its own address only, and takes what it wrote, whoever is asked.
    let mut script =
        control("trackID=0", Some("rtsp://192.168.1.64:554/live/"), "rtsp://192.168.1.64:554/live/trackID=0");
    script.setups.push("rtsp://192.168.1.64/live/trackID=0".into());
    script.setups.swap(0, 1);
    script.plays = ["rtsp://192.168.1.64:554/live/", "rtsp://192.168.1.64/live/"].map(str::to_owned).to_vec();
    // Whichever of the two it was set up at.
    script.show = Packer::new(Codec::H264)
        .show(&usual(Codec::H264))
        .into_iter()
        .flat_map(|item| match item {
            Out::Rtp(_, packet) => vec![Out::Rtp(0, packet.clone()), Out::Rtp(1, packet)],
            other => vec![other],
        })
        .collect();
    plays(script).await
}

#[tokio::test]
async fn a_content_location() -> Result<()> {
    let mut script = control("trackID=0", None, "{base}/other/trackID=0");
    script.plays = vec!["{base}/other".into(), "{base}/other/".into()];
    script.tamper = Arc::new(|request, reply| {
        let location = format!("{}/other/", request.uri);
        if request.method == "DESCRIBE" {
            reply.with("Content-Location", &location).out()
        } else {
            reply.out()
        }
    });
    plays(script).await
}

/// The same media in another order; `trackID` stays with its medium.
fn ordered(media: &[&str]) -> Script {
    let video = sdp(Codec::H264);
    let (head, video) = video.split_at(video.find("m=").unwrap());
    let rest: String = media.iter().map(|medium| if *medium == "video" { video } else { medium }).collect();
    Script { sdp: format!("{head}{rest}").into_bytes(), ..script() }
}

#[tokio::test]
async fn audio_first() -> Result<()> {
    plays(ordered(&[AUDIO, "video"])).await
}

#[tokio::test]
async fn metadata_first_and_last() -> Result<()> {
    let mut room = Room::new(ordered(&[METADATA, "video"])).await?;
    room.plays().await?;
    ensure!(room.camera.count("SETUP") == 1, "metadata was set up");
    room.end().await?;
    plays(ordered(&["video", AUDIO, METADATA])).await
}

#[tokio::test]
async fn audio_that_cannot_be_set_up() -> Result<()> {
    let mut script = ordered(&["video", AUDIO]);
    script.setups.truncate(1);
    plays(script).await
}

#[tokio::test]
async fn a_second_session_for_the_audio() -> Result<()> {
    let mut script = ordered(&["video", AUDIO]);
    script.tamper = Arc::new(|request, reply| match (request.method.as_str(), request.nth) {
        ("SETUP", 1) => reply.replacing("Session", "87654321;timeout=60").out(),
        _ => reply.out(),
    });
    plays(script).await
}

#[tokio::test]
async fn several_videos_the_first_that_is_understood() -> Result<()> {
    let jpeg = "m=video 0 RTP/AVP 26\r\na=control:trackID=1\r\n";
    let odd = "m=video 0 RTP/AVP 98\r\na=rtpmap:98 vnd.maker.odd/90000\r\na=control:trackID=2\r\n";
    let broken = "m=video 0 RTP/AVP 99\r\na=control:trackID=2\r\n";
    plays(ordered(&[jpeg, "video"])).await?;
    plays(ordered(&[odd, broken, "video", jpeg])).await
}

#[tokio::test]
async fn two_usable_videos() -> Result<()> {
    let second = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=1\r\n";
    let mut room = Room::new(ordered(&["video", second])).await?;
    room.plays().await?;
    let setups: Vec<String> =
        room.camera.seen().into_iter().filter(|r| r.method == "SETUP").map(|r| r.uri).collect();
    ensure!(setups.len() == 1 && setups[0].ends_with("trackID=0"), "{setups:?}");
    room.end().await
}

#[tokio::test]
async fn other_channels_than_asked() -> Result<()> {
    plays(Script { channels: vec![(4, 5), (0, 1)], ..ordered(&["video", AUDIO]) }).await?;
    plays(Script { channels: vec![(2, 3), (0, 1)], ..ordered(&["video", AUDIO]) }).await
}

#[tokio::test]
async fn channels_that_begin_with_an_odd_one() -> Result<()> {
    plays(Script { channels: vec![(1, 2)], ..script() }).await
}

#[tokio::test]
async fn channels_swapped() -> Result<()> {
    plays(Script { channels: vec![(1, 0)], ..script() }).await
}

#[tokio::test]
async fn channels_that_are_not_told() -> Result<()> {
    // Asked for 0-1 and answered without a number: RFC 2326 leaves no other meaning than yes.
    let mut script = script();
    script.tamper = Arc::new(|request, reply| match request.method.as_str() {
        "SETUP" => reply.replacing("Transport", "RTP/AVP/TCP;unicast").out(),
        _ => reply.out(),
    });
    plays(script).await
}

#[tokio::test]
async fn channels_written_with_spaces() -> Result<()> {
    let mut script = script();
    script.tamper = Arc::new(|request, reply| match request.method.as_str() {
        "SETUP" => reply
            .replacing("Transport", "RTP/AVP/TCP; unicast; interleaved=0-1; ssrc= 12345678; mode=\"PLAY\"")
            .out(),
        _ => reply.out(),
    });
    plays(script).await
}

#[tokio::test]
async fn an_ssrc_that_is_not_the_packets() -> Result<()> {
    let mut script = script();
    script.tamper = Arc::new(|request, reply| match request.method.as_str() {
        "SETUP" => {
            let told = format!("{};ssrc=DEADBEEF", reply.header("Transport"));
            reply.replacing("Transport", &told).out()
        }
        _ => reply.out(),
    });
    plays(script).await
}

async fn rtp_info(info: &str) -> Result<()> {
    plays(Script { rtp_info: Some(info.to_owned()), ..script() }).await?;
    plays(Script { rtp_info: Some(info.to_owned()), ..ordered(&["video", AUDIO]) }).await
}

#[tokio::test]
async fn rtp_info_wrong() -> Result<()> {
    rtp_info("url={base}/trackID=0;seq=1;rtptime=1").await?;
    rtp_info("url=rtsp://192.0.2.1/x;seq=65535;rtptime=4294967295").await
}

#[tokio::test]
async fn rtp_info_in_other_words() -> Result<()> {
    rtp_info("url=trackID=0;seq=99999;rtptime=-1").await?;
    rtp_info("").await
}

#[tokio::test]
async fn rtp_info_broken() -> Result<()> {
    rtp_info("trackID=0").await?;
    rtp_info("url=\"{base}/trackID=0\";seq;rtptime=,,;=").await
}

#[tokio::test]
async fn a_strict_camera_plays_the_whole_only() -> Result<()> {
    plays(Script { plays: vec!["{base}/".into()], ..script() }).await
}

#[tokio::test]
async fn no_such_stream() -> Result<()> {
    let mut script = script();
    script.tamper = Arc::new(|_, reply| Reply::new("404 Not Found").with("CSeq", reply.header("CSeq")).out());
    crate::room::lost(script, LossReason::NotFound, 6).await
}

#[tokio::test]
async fn over_ipv6() -> Result<()> {
    plays(Script { listen: IpAddr::V6(Ipv6Addr::LOCALHOST), ..script() }).await
}
