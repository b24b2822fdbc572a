//! What the cameras of these tests send: pictures as NAL units with real parameter sets and slice headers, RTP packets
//! of them in all the ways that the payload formats allow, and descriptions. Nothing here is ever decoded.

use crate::server::Out;
use base64::Engine as _;

/// Ticks from picture to picture: 15 a second.
pub const STEP: u32 = 6000;

const SPS: &str = "6742c00cda05067e7c0440000003004000000783c50aa8";
const PPS: &str = "68ce0fc8";
const H265_VPS: &str = "40010c01ffff01600000030090000003000003003cba0240";
const H265_SPS: &str = "42010101600000030090000003000003003ca00a080c1f3e5ba4a4c2f0168080000003008000000784";
const H265_PPS: &str = "4401c073c189";

pub fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hex")).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    H264,
    H265,
}

impl Codec {
    /// 320x180.
    pub fn sets(self) -> Vec<Vec<u8>> {
        match self {
            Self::H264 => vec![unhex(SPS), unhex(PPS)],
            Self::H265 => vec![unhex(H265_VPS), unhex(H265_SPS), unhex(H265_PPS)],
        }
    }

    fn slice_start(self, key: bool, first: bool) -> Vec<u8> {
        unhex(match (self, key, first) {
            (Self::H264, true, true) => "6588843a0c60",
            (Self::H264, true, false) => "65005884843a",
            (Self::H264, false, true) => "419a21af1b0e",
            (Self::H264, false, false) => "4100589a21af",
            (Self::H265, true, _) => "2801ac64c2ed",
            (Self::H265, false, true) => "0201d0097883",
            (Self::H265, false, false) => "020120097883",
        })
    }

    pub fn aud(self) -> Vec<u8> {
        unhex(if self == Self::H264 { "0930" } else { "460150" })
    }

    pub fn sei(self) -> Vec<u8> {
        let user_data = [&[5u8, 20][..], &[0x5a; 20], &[0x80]].concat();
        let header: &[u8] = if self == Self::H264 { &[6] } else { &[0x4e, 1] };
        [header, &user_data].concat()
    }

    pub fn filler(self, bytes: usize) -> Vec<u8> {
        let header: &[u8] = if self == Self::H264 { &[12] } else { &[0x4c, 1] };
        [header, &vec![0xff; bytes], &[0x80]].concat()
    }
}

/// One access unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub nals: Vec<Vec<u8>>,
    pub key: bool,
    pub timestamp: u32,
}

/// A slice of so many bytes; `n` makes it another than the others.
pub fn slice(codec: Codec, key: bool, first: bool, n: usize, bytes: usize) -> Vec<u8> {
    let mut nal = codec.slice_start(key, first);
    let mut x = (n as u32 + 1).wrapping_mul(0x9e37_79b9) | 1;
    while nal.len() < bytes {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        // No zeros: no emulation prevention is needed.
        nal.push((x >> 8) as u8 | 1);
    }
    nal
}

/// So many pictures, each 15th a key frame with its parameter sets before it.
pub fn pictures(codec: Codec, count: usize) -> Vec<Picture> {
    (0..count)
        .map(|n| {
            let key = n % 15 == 0;
            let mut nals = if key { codec.sets() } else { vec![] };
            nals.push(slice(codec, key, true, n, if key { 4000 } else { 500 + n * 37 % 1500 }));
            Picture { nals, key, timestamp: 100_000 + n as u32 * STEP }
        })
        .collect()
}

/// Makes RTP packets.
#[derive(Clone, Debug)]
pub struct Packer {
    pub codec: Codec,
    pub medium: usize,
    pub seq: u16,
    pub ssrc: u32,
    pub payload_type: u8,
    pub most_bytes: usize,
    /// Milliseconds after each picture.
    pub pause_ms: u64,
}

impl Packer {
    pub fn new(codec: Codec) -> Self {
        Self {
            codec,
            medium: 0,
            seq: 1000,
            ssrc: 0x1234_5678,
            payload_type: 96,
            most_bytes: 1200,
            pause_ms: 3,
        }
    }

    /// A packet with the plain header.
    pub fn packet(&mut self, timestamp: u32, marker: bool, payload: &[u8]) -> Vec<u8> {
        let mut out = vec![0x80, self.payload_type | if marker { 0x80 } else { 0 }];
        out.extend(self.seq.to_be_bytes());
        out.extend(timestamp.to_be_bytes());
        out.extend(self.ssrc.to_be_bytes());
        out.extend_from_slice(payload);
        self.seq = self.seq.wrapping_add(1);
        out
    }

    /// The payloads of a NAL unit: itself, or its fragments.
    pub fn payloads(&self, nal: &[u8]) -> Vec<Vec<u8>> {
        if nal.len() <= self.most_bytes {
            return vec![nal.to_vec()];
        }
        let (head, body) = nal.split_at(if self.codec == Codec::H264 { 1 } else { 2 });
        let pieces: Vec<&[u8]> = body.chunks(self.most_bytes).collect();
        let last = pieces.len() - 1;
        let fragment = |(i, piece): (usize, &&[u8])| {
            let edge = if i == 0 { 0x80 } else { 0 } | if i == last { 0x40 } else { 0 };
            let start = match self.codec {
                Codec::H264 => vec![head[0] & 0xe0 | 28, head[0] & 0x1f | edge],
                Codec::H265 => vec![head[0] & 0x81 | 49 << 1, head[1], head[0] >> 1 & 0x3f | edge],
            };
            [&start, *piece].concat()
        };
        pieces.iter().enumerate().map(fragment).collect()
    }

    /// All NAL units of a picture in one aggregation packet.
    pub fn aggregate(&self, nals: &[Vec<u8>]) -> Vec<u8> {
        let mut out = match self.codec {
            Codec::H264 => vec![nals.iter().map(|nal| nal[0] & 0x60).max().unwrap_or(0) | 24],
            Codec::H265 => vec![48 << 1, 1],
        };
        for nal in nals {
            out.extend(u16::try_from(nal.len()).expect("short").to_be_bytes());
            out.extend_from_slice(nal);
        }
        out
    }

    /// The RTP packets of a picture, the marker on the last.
    pub fn picture(&mut self, picture: &Picture) -> Vec<Vec<u8>> {
        let payloads: Vec<Vec<u8>> = picture.nals.iter().flat_map(|nal| self.payloads(nal)).collect();
        let last = payloads.len() - 1;
        let each = payloads.iter().enumerate();
        each.map(|(i, payload)| self.packet(picture.timestamp, i == last, payload)).collect()
    }

    /// Whole pictures, one after the other, with pauses.
    pub fn show(&mut self, pictures: &[Picture]) -> Vec<Out> {
        self.show_changed(pictures, |packets| packets)
    }

    /// The same, with each picture's packets changed.
    pub fn show_changed(
        &mut self,
        pictures: &[Picture],
        mut change: impl FnMut(Vec<Vec<u8>>) -> Vec<Vec<u8>>,
    ) -> Vec<Out> {
        let mut out = Vec::new();
        for picture in pictures {
            let packets = change(self.picture(picture));
            out.extend(packets.into_iter().map(|packet| Out::Rtp(self.medium, packet)));
            out.push(Out::Wait(self.pause_ms));
        }
        out
    }
}

/// RTCP: a sender report and, if wanted, a goodbye.
pub fn rtcp(ssrc: u32, timestamp: u32, bye: bool) -> Vec<u8> {
    let mut out = vec![0x80, 200, 0, 6];
    out.extend(ssrc.to_be_bytes());
    out.extend((3_900_000_000u64 << 32).to_be_bytes());
    out.extend(timestamp.to_be_bytes());
    out.extend([0; 8]);
    if bye {
        out.extend([0x81, 203, 0, 1]);
        out.extend(ssrc.to_be_bytes());
    }
    out
}

/// A description of video alone, at the control `trackID=0`.
pub fn sdp(codec: Codec) -> String {
    let base64 = |bytes: &Vec<u8>| base64::engine::general_purpose::STANDARD.encode(bytes);
    let sets: Vec<String> = codec.sets().iter().map(base64).collect();
    let (name, format) = match codec {
        Codec::H264 => (
            "H264",
            format!(
                "packetization-mode=1;profile-level-id=42c00c;sprop-parameter-sets={},{}",
                sets[0], sets[1]
            ),
        ),
        Codec::H265 => ("H265", format!("sprop-vps={};sprop-sps={};sprop-pps={}", sets[0], sets[1], sets[2])),
    };
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=Media\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n\
         m=video 0 RTP/AVP 96\r\na=rtpmap:96 {name}/90000\r\na=fmtp:96 {format}\r\na=control:trackID=0\r\n"
    )
}

/// G.711 at the control `trackID=1`.
pub const AUDIO: &str = "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:trackID=1\r\n";

/// ONVIF metadata at the control `trackID=2`.
pub const METADATA: &str = "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n\
                            a=control:trackID=2\r\n";
