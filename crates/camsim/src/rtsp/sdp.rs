//! The session description (RFC 8866) of a stream: what DESCRIBE answers.

use crate::clip::audio::AudioClip;
use crate::clip::nal::nal_type;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use easien_model::Codec;
use sdp_types::{Attribute, Bandwidth, Connection, Media, Origin, Session, Time};

/// The video line.
#[derive(Clone, Debug)]
pub struct Video {
    /// [`Codec::H264`] or [`Codec::H265`]; None: Motion JPEG.
    pub codec: Option<Codec>,
    /// RTP payload type.
    pub payload_type: u8,
    /// What is told out of band.
    pub parameter_sets: Vec<Bytes>,
    /// Pictures per second.
    pub fps: f64,
    /// The control URL.
    pub control: String,
}

/// The audio line.
#[derive(Clone, Debug)]
pub struct Audio<'a> {
    /// What it is.
    pub clip: &'a AudioClip,
    /// RTP payload type.
    pub payload_type: u8,
    /// The control URL.
    pub control: String,
}

fn attribute(name: &str, value: impl Into<String>) -> Attribute {
    Attribute { attribute: name.to_owned(), value: Some(value.into()) }
}

fn media(kind: &str, payload_type: u8, attributes: Vec<Attribute>) -> Media {
    Media {
        media: kind.to_owned(),
        port: 0,
        num_ports: None,
        proto: "RTP/AVP".to_owned(),
        fmt: payload_type.to_string(),
        media_title: None,
        connections: vec![],
        bandwidths: vec![Bandwidth { bwtype: "AS".to_owned(), bandwidth: 5_000 }],
        key: None,
        attributes,
    }
}

fn video_line(video: &Video) -> Media {
    let number = video.payload_type;
    let sets = |wanted: u8, codec: Codec| {
        let found = video.parameter_sets.iter().filter(|set| nal_type(codec, set) == wanted);
        found.map(|set| STANDARD.encode(set)).collect::<Vec<_>>().join(",")
    };
    let mut attributes = match video.codec {
        None => vec![attribute("rtpmap", format!("{number} JPEG/90000"))],
        Some(Codec::H265) => {
            let mut all = vec![attribute("rtpmap", format!("{number} H265/90000"))];
            if !video.parameter_sets.is_empty() {
                let [vps, sps, pps] = [32, 33, 34].map(|wanted| sets(wanted, Codec::H265));
                all.push(attribute(
                    "fmtp",
                    format!("{number} sprop-vps={vps};sprop-sps={sps};sprop-pps={pps}"),
                ));
            }
            all
        }
        Some(_) => {
            let mut format = format!("{number} packetization-mode=1");
            if let Some(sps) =
                video.parameter_sets.iter().find(|set| nal_type(Codec::H264, set) == 7 && set.len() > 3)
            {
                format += &format!(";profile-level-id={:02X}{:02X}{:02X}", sps[1], sps[2], sps[3]);
                let all: Vec<String> = video.parameter_sets.iter().map(|set| STANDARD.encode(set)).collect();
                format += &format!(";sprop-parameter-sets={}", all.join(","));
            }
            vec![attribute("rtpmap", format!("{number} H264/90000")), attribute("fmtp", format)]
        }
    };
    attributes.push(attribute("framerate", format!("{:.3}", video.fps)));
    attributes.push(attribute("control", &video.control));
    media("video", number, attributes)
}

fn audio_line(audio: &Audio<'_>) -> Media {
    let number = audio.payload_type;
    let clip = audio.clip;
    let rate = clip.rate_hz;
    let mut attributes = match clip.codec {
        Codec::Pcmu => vec![attribute("rtpmap", format!("{number} PCMU/{rate}"))],
        Codec::Pcma => vec![attribute("rtpmap", format!("{number} PCMA/{rate}"))],
        _ => {
            let config: String = clip.config.iter().map(|byte| format!("{byte:02x}")).collect();
            vec![
                attribute("rtpmap", format!("{number} MPEG4-GENERIC/{rate}/{}", clip.channels)),
                attribute(
                    "fmtp",
                    format!(
                        "{number} streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;\
                         indexdeltalength=3;config={config}"
                    ),
                ),
            ]
        }
    };
    attributes.push(attribute("control", &audio.control));
    media("audio", number, attributes)
}

/// The whole description as text. `audio_first` puts the audio line before the video line.
#[must_use]
pub fn describe(host: &str, video: Option<&Video>, audio: Option<&Audio<'_>>, audio_first: bool) -> Vec<u8> {
    let mut medias: Vec<Media> = video.map(video_line).into_iter().chain(audio.map(audio_line)).collect();
    if audio_first {
        medias.reverse();
    }
    let addrtype = if host.contains(':') { "IP6" } else { "IP4" };
    let session = Session {
        origin: Origin {
            username: None,
            sess_id: "1".to_owned(),
            sess_version: 1,
            nettype: "IN".to_owned(),
            addrtype: addrtype.to_owned(),
            unicast_address: host.to_owned(),
        },
        session_name: "camsim".to_owned(),
        session_description: None,
        uri: None,
        emails: vec![],
        phones: vec![],
        connection: Some(Connection {
            nettype: "IN".to_owned(),
            addrtype: addrtype.to_owned(),
            connection_address: if addrtype == "IP6" { "::".to_owned() } else { "0.0.0.0".to_owned() },
        }),
        bandwidths: vec![],
        times: vec![Time { start_time: 0, stop_time: 0, repeats: vec![] }],
        time_zones: vec![],
        key: None,
        attributes: vec![attribute("control", "*"), attribute("range", "npt=0-")],
        medias,
    };
    let mut text = Vec::new();
    // Writing into a Vec cannot fail.
    let _ = session.write(&mut text);
    text
}
