//! Descriptions (SDP) that are wrong, poor or written oddly.

use crate::clip::{AUDIO, Codec, Packer, pictures, sdp};
use crate::room::{Room, lost, plays, script, script_of, short, usual, video};
use crate::server::Script;
use anyhow::{Result, ensure};
use easien_ingest::Limits;
use easien_model::LossReason;
use std::time::Duration;

fn described(change: impl Fn(String) -> String) -> Script {
    Script { sdp: change(sdp(Codec::H264)).into_bytes(), ..script() }
}

/// The line that begins so is gone.
fn without(text: &str, begin: &str) -> String {
    text.lines().filter(|line| !line.starts_with(begin)).map(|line| format!("{line}\r\n")).collect()
}

/// Without or with useless parameter sets in the description: those of the stream say it.
async fn learns_from_the_stream(script: Script, codec: Codec) -> Result<()> {
    let mut room = Room::new(script).await?;
    let samples = room.plays_of(codec).await?;
    for sample in samples {
        let params = video(&sample);
        ensure!(params.parameter_sets == codec.sets(), "{:?}", params.parameter_sets);
        ensure!((params.width_px, params.height_px) == (320, 180), "{params:?}");
    }
    room.end().await
}

#[tokio::test]
async fn without_parameter_sets() -> Result<()> {
    let change =
        |text: String| text.split(";sprop").next().unwrap_or("").to_owned() + "\r\na=control:trackID=0\r\n";
    learns_from_the_stream(described(change), Codec::H264).await
}

#[tokio::test]
async fn with_broken_parameter_sets() -> Result<()> {
    for broken in [
        "sprop-parameter-sets=!!!!,%%%",
        "sprop-parameter-sets=",
        "sprop-parameter-sets=Z0LADA==,",
        "sprop-parameter-sets=AAAA,Z,aM4P",
    ] {
        let change = |text: String| {
            let (head, tail) = text.split_once("sprop-parameter-sets=").unwrap();
            let (_, tail) = tail.split_once("\r\n").unwrap();
            format!("{head}{broken}\r\n{tail}")
        };
        learns_from_the_stream(described(change), Codec::H264).await?;
    }
    Ok(())
}

#[tokio::test]
async fn without_fmtp() -> Result<()> {
    learns_from_the_stream(described(|text| without(&text, "a=fmtp")), Codec::H264).await
}

#[tokio::test]
async fn with_an_empty_fmtp() -> Result<()> {
    let change =
        |text: String| without(&text, "a=fmtp").replace("a=rtpmap", "a=fmtp:96\r\na=fmtp\r\na=rtpmap");
    learns_from_the_stream(described(change), Codec::H264).await
}

#[tokio::test]
async fn parameter_sets_in_the_description_only() -> Result<()> {
    for codec in [Codec::H264, Codec::H265] {
        let mut pictures = usual(codec);
        for picture in &mut pictures {
            picture.nals.drain(..picture.nals.len() - 1);
        }
        let mut room =
            Room::new(Script { show: Packer::new(codec).show(&pictures), ..script_of(codec) }).await?;
        for sample in room.intact(&pictures).await? {
            ensure!(video(&sample).parameter_sets == codec.sets());
            ensure!((video(&sample).width_px, video(&sample).height_px) == (320, 180));
        }
        room.end().await?;
    }
    Ok(())
}

#[tokio::test]
async fn h265_without_parameter_sets() -> Result<()> {
    let script = Script { sdp: without(&sdp(Codec::H265), "a=fmtp").into_bytes(), ..script_of(Codec::H265) };
    learns_from_the_stream(script, Codec::H265).await
}

#[tokio::test]
async fn h265_by_another_name() -> Result<()> {
    let text = sdp(Codec::H265).replace("H265/90000", "hevc/90000");
    let mut room = Room::new(Script { sdp: text.into_bytes(), ..script_of(Codec::H265) }).await?;
    room.plays_of(Codec::H265).await?;
    room.end().await
}

#[tokio::test]
async fn the_encoding_in_small_letters() -> Result<()> {
    plays(described(|text| text.replace("H264/90000", "h264/90000"))).await?;
    plays(described(|text| text.replace("H264/90000", "h264/90000 "))).await
}

#[tokio::test]
async fn an_encoding_without_a_clock() -> Result<()> {
    plays(described(|text| text.replace("H264/90000", "H264"))).await
}

#[tokio::test]
async fn no_rtpmap() -> Result<()> {
    // Nothing says what 96 is: the description is not understood, and this is said.
    lost(described(|text| without(&text, "a=rtpmap")), LossReason::NoVideo, 6).await
}

#[tokio::test]
async fn line_feeds_only() -> Result<()> {
    plays(described(|text| text.replace("\r\n", "\n"))).await
}

#[tokio::test]
async fn carriage_returns_only() -> Result<()> {
    plays(described(|text| text.replace("\r\n", "\r"))).await
}

#[tokio::test]
async fn empty_lines_between() -> Result<()> {
    plays(described(|text| text.replace("a=rtpmap", "\r\na=rtpmap"))).await
}

#[tokio::test]
async fn spaces_at_the_ends_of_lines() -> Result<()> {
    plays(described(|text| text.replace("\r\n", " \r\n"))).await
}

#[tokio::test]
async fn garbage_behind() -> Result<()> {
    plays(described(|text| format!("{text}\0\0\0"))).await?;
    plays(described(|text| format!("{text}garbage\r\n\r\n"))).await
}

#[tokio::test]
async fn latin_1_in_a_name() -> Result<()> {
    let mut script = script();
    let at = script.sdp.windows(5).position(|window| window == b"Media").unwrap();
    script.sdp[at] = 0xe9;
    plays(script).await
}

#[tokio::test]
async fn a_byte_order_mark() -> Result<()> {
    plays(described(|text| format!("\u{feff}{text}"))).await
}

#[tokio::test]
async fn lines_missing_and_in_another_order() -> Result<()> {
    plays(described(|text| without(&text, "t="))).await?;
    plays(described(|text| without(&text, "o="))).await?;
    plays(described(|text| without(&text, "s="))).await?;
    plays(described(|text| without(&text, "v="))).await?;
    plays(described(|text| {
        let text = without(&text, "c=");
        text.replace("a=control:*\r\n", "a=control:*\r\nc=IN IP4 0.0.0.0\r\nb=AS:512\r\n")
    }))
    .await
}

#[tokio::test]
async fn odd_numbers() -> Result<()> {
    plays(described(|text| text.replace("o=- 1 1 ", "o=- 99999999999999999999999 -1 "))).await?;
    plays(described(|text| text.replace("t=0 0", "t=now-"))).await?;
    plays(described(|text| text.replace("m=video 0 ", "m=video 99999 "))).await
}

#[tokio::test]
async fn another_content_type() -> Result<()> {
    for kind in ["application/sdp; charset=utf-8", "Application/SDP", "text/plain"] {
        let mut script = script();
        script.tamper = std::sync::Arc::new(move |request, reply| match request.method.as_str() {
            "DESCRIBE" => reply.replacing("Content-Type", kind).out(),
            _ => reply.out(),
        });
        plays(script).await?;
    }
    Ok(())
}

#[tokio::test]
async fn other_words_for_the_transport() -> Result<()> {
    plays(described(|text| text.replace("RTP/AVP 96", "RTP/AVPF 96"))).await?;
    plays(described(|text| text.replace("RTP/AVP 96", "RTP/AVP 96 97"))).await
}

#[tokio::test]
async fn sound_only() -> Result<()> {
    let text = sdp(Codec::H264);
    let head = &text[..text.find("m=").unwrap()];
    let script = Script { sdp: format!("{head}{AUDIO}").into_bytes(), ..script() };
    lost(script, LossReason::NoVideo, 6).await
}

#[tokio::test]
async fn a_codec_that_is_not_known() -> Result<()> {
    lost(described(|text| text.replace("H264/90000", "MP4V-ES/90000")), LossReason::UnsupportedCodec, 6).await
}

#[tokio::test]
async fn encrypted_media() -> Result<()> {
    let script = described(|text| text.replace("RTP/AVP 96", "UDP/TLS/WEBRTC 96"));
    lost(script, LossReason::NoVideo, 6).await
}

#[tokio::test]
async fn the_description_says_the_other_codec() -> Result<()> {
    // H.265 is announced and H.264 comes. Not a picture, and not silence either: something is said within the limits.
    let script = Script {
        sdp: sdp(Codec::H265).into_bytes(),
        show: Packer::new(Codec::H264).show(&pictures(Codec::H264, 60)),
        ..script()
    };
    let limits = Limits { first_sample: Duration::from_millis(1500), ..short() };
    let mut room = Room::with(script, limits, None).await?;
    room.lost(LossReason::Stalled, 6).await?;
    room.end().await
}
