//! What a simulated stream does wrong, or differently, on purpose. Each can be set at the start and at run time.

use std::fmt;
use std::str::FromStr;

/// How a stream behaves. In the CLI and in JSON: kebab-case, with a value after a colon where there is one, e.g.
/// `stall`, `drop:0.05`, `clock-skew:500,3600`, `slow-answers:2000`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Mode {
    /// As a good camera.
    #[default]
    None,
    /// One write to the socket per RTP packet instead of one per access unit.
    PacketWrites,
    /// Accepts connections and requests and never answers.
    Silent,
    /// Stops sending media; the connection stays and requests are answered.
    Stall,
    /// Loses this share (0-1) of the RTP packets; their sequence numbers are missing.
    Drop(f64),
    /// Closes the connection in the middle of a packet in the middle of an access unit, about 3 s after PLAY.
    CutMidFrame,
    /// Right packets and NAL unit headers around random bytes.
    Garbage,
    /// The camera's clock runs fast by `ppm` (pictures, RTP times and sender reports alike) and its time of day is
    /// `offset_s` seconds ahead in sender reports.
    ClockSkew {
        /// Parts per million, negative: slow.
        ppm: f64,
        /// Seconds, negative: behind.
        offset_s: f64,
    },
    /// The SDP carries parameter sets of a picture of another size; the right ones are in the stream.
    WrongSdp,
    /// No parameter sets in the SDP, only in the stream.
    InlineParameters,
    /// No parameter sets in the stream, only in the SDP.
    SdpParameters,
    /// Two SPS and two PPS with different ids and contents; GOPs use them in turn (H.264).
    SeveralParameterSets,
    /// The picture's size changes with every round of the loop, parameter sets in the stream.
    SizeChange,
    /// A key frame each 10 s.
    Gop10,
    /// A key frame each 20 s.
    Gop20,
    /// Two B frames between references: sent in another order than shown (H.264).
    BFrames,
    /// Never an IDR: intra refresh with recovery point SEI (H.264).
    RecoveryPoint,
    /// 401 to everything, whatever the credentials.
    Unauthorized,
    /// 461 to SETUP with interleaved TCP.
    RefuseTcp,
    /// 461 to SETUP with UDP.
    RefuseUdp,
    /// Advertises `SET_PARAMETER`, answers it with 400 and the previous request's `CSeq`; session timeout 15 s
    /// (retina issues 133 and 136).
    SetParameterFault,
    /// 404 to DESCRIBE and SETUP.
    NotFound,
    /// Only audio in the SDP.
    NoVideo,
    /// The SDP offers Motion JPEG only. SETUP and PLAY succeed, but no pictures are sent.
    UnsupportedCodec,
    /// RTP times wrap 3 s after the first picture, sequence numbers after 40 packets.
    Wrap,
    /// A joining client gets whatever is next, not a key frame.
    MidGopJoin,
    /// The digest challenge has no `qop` (RFC 2069 style).
    DigestWithoutQop,
    /// Each answer comes this many milliseconds late.
    SlowAnswers(u64),
    /// 401 without a `CSeq`.
    NoCseqIn401,
    /// Absolute control URLs in the SDP.
    AbsoluteControl,
    /// The audio track comes first in the SDP (a microphone is added where there is none).
    AudioFirst,
}

/// Every mode with a typical value, by its name.
pub const ALL: [(&str, Mode); 31] = [
    ("none", Mode::None),
    ("packet-writes", Mode::PacketWrites),
    ("silent", Mode::Silent),
    ("stall", Mode::Stall),
    ("drop", Mode::Drop(0.02)),
    ("cut-mid-frame", Mode::CutMidFrame),
    ("garbage", Mode::Garbage),
    ("clock-skew", Mode::ClockSkew { ppm: 500.0, offset_s: 0.0 }),
    ("wrong-sdp", Mode::WrongSdp),
    ("inline-parameters", Mode::InlineParameters),
    ("sdp-parameters", Mode::SdpParameters),
    ("several-parameter-sets", Mode::SeveralParameterSets),
    ("size-change", Mode::SizeChange),
    ("gop-10", Mode::Gop10),
    ("gop-20", Mode::Gop20),
    ("b-frames", Mode::BFrames),
    ("recovery-point", Mode::RecoveryPoint),
    ("unauthorized", Mode::Unauthorized),
    ("refuse-tcp", Mode::RefuseTcp),
    ("refuse-udp", Mode::RefuseUdp),
    ("set-parameter-fault", Mode::SetParameterFault),
    ("not-found", Mode::NotFound),
    ("no-video", Mode::NoVideo),
    ("unsupported-codec", Mode::UnsupportedCodec),
    ("wrap", Mode::Wrap),
    ("mid-gop-join", Mode::MidGopJoin),
    ("digest-without-qop", Mode::DigestWithoutQop),
    ("slow-answers", Mode::SlowAnswers(2_000)),
    ("no-cseq-in-401", Mode::NoCseqIn401),
    ("absolute-control", Mode::AbsoluteControl),
    ("audio-first", Mode::AudioFirst),
];

impl Mode {
    /// Whether a change to or from this mode shows only to a new session, so that running ones are closed.
    #[must_use]
    pub fn needs_new_session(self) -> bool {
        !matches!(
            self,
            Self::None
                | Self::PacketWrites
                | Self::Stall
                | Self::Drop(_)
                | Self::CutMidFrame
                | Self::Garbage
                | Self::ClockSkew { .. }
                | Self::Unauthorized
                | Self::NoCseqIn401
                | Self::DigestWithoutQop
                | Self::SlowAnswers(_)
        )
    }

    /// This mode if it changes what is loaded and described, else [`Mode::None`].
    #[must_use]
    pub fn of_media(self) -> Self {
        match self {
            Self::WrongSdp
            | Self::InlineParameters
            | Self::SdpParameters
            | Self::SeveralParameterSets
            | Self::SizeChange
            | Self::Gop10
            | Self::Gop20
            | Self::BFrames
            | Self::RecoveryPoint
            | Self::NoVideo
            | Self::UnsupportedCodec
            | Self::AbsoluteControl
            | Self::AudioFirst => self,
            _ => Self::None,
        }
    }

    /// Whether the clip itself is another one: only drawn scenes have that, given clips are served as they are.
    #[must_use]
    pub fn needs_drawing(self) -> bool {
        matches!(
            self,
            Self::SeveralParameterSets
                | Self::SizeChange
                | Self::Gop10
                | Self::Gop20
                | Self::BFrames
                | Self::RecoveryPoint
        )
    }

    /// The name without the value.
    #[must_use]
    pub fn name(self) -> &'static str {
        let same = |other: Self| std::mem::discriminant(&other) == std::mem::discriminant(&self);
        ALL.iter().find(|(_, mode)| same(*mode)).map_or("none", |(name, _)| name)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Drop(share) => write!(f, ":{share}"),
            Self::ClockSkew { ppm, offset_s } => write!(f, ":{ppm},{offset_s}"),
            Self::SlowAnswers(millis) => write!(f, ":{millis}"),
            _ => Ok(()),
        }
    }
}

/// The name or value of a mode was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown mode {0:?}; known are {known}", known = ALL.map(|(name, _)| name).join(", "))]
pub struct UnknownMode(pub String);

impl FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownMode(text.to_owned());
        let (name, value) = match text.split_once(':') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let typical =
            ALL.iter().find(|(known, _)| *known == name).map(|(_, mode)| *mode).ok_or_else(unknown)?;
        let Some(value) = value else { return Ok(typical) };
        let number =
            |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite()).ok_or_else(unknown);
        match typical {
            Self::Drop(_) => Ok(Self::Drop(number(value)?.clamp(0.0, 1.0))),
            Self::ClockSkew { .. } => {
                let (ppm, offset) = value.split_once(',').unwrap_or((value, "0"));
                let ppm = number(ppm)?.clamp(-500_000.0, 500_000.0);
                Ok(Self::ClockSkew { ppm, offset_s: number(offset)?.clamp(-1.0e9, 1.0e9) })
            }
            Self::SlowAnswers(_) => Ok(Self::SlowAnswers(value.parse().map_err(|_| unknown())?)),
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for (name, mode) in ALL {
            assert_eq!(mode.name(), name);
            assert_eq!(name.parse::<Mode>(), Ok(mode));
            assert_eq!(mode.to_string().parse::<Mode>(), Ok(mode));
        }
        assert_eq!("clock-skew:-20,3600".parse(), Ok(Mode::ClockSkew { ppm: -20.0, offset_s: 3_600.0 }));
        assert_eq!("drop:0.5".parse(), Ok(Mode::Drop(0.5)));
        for wrong in ["", "stal", "stall:1", "drop:much", "slow-answers:-1", "clock-skew:nan"] {
            assert!(wrong.parse::<Mode>().is_err(), "{wrong}");
        }
    }
}
