//! What the SDP says beyond what retina tells: the parameters of a payload format (`a=fmtp`). RFC 8866, RFC 6184
//! section 8.1, RFC 7798 section 7.1, RFC 3640 section 4.1.

use crate::depay::aac::{AacLayout, parse_config};
use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

/// Cameras leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The format parameters of one medium, names in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Format(Vec<(String, String)>);

impl Format {
    /// The parameters of the `nth` medium of kind `media` with this payload type.
    pub(crate) fn find(sdp: &[u8], media: &str, payload_type: u8, nth: usize) -> Self {
        let text = String::from_utf8_lossy(sdp);
        let payload_type = payload_type.to_string();
        let mut seen = 0;
        let mut inside = false;
        for line in text.lines().map(str::trim) {
            if let Some(rest) = line.strip_prefix("m=") {
                let mut words = rest.split_ascii_whitespace();
                let right = words.next() == Some(media) && words.nth(2) == Some(payload_type.as_str());
                inside = right && seen == nth;
                seen += usize::from(right);
            } else if let (true, Some(rest)) = (inside, line.strip_prefix("a=fmtp:"))
                && let Some((kind, values)) = rest.split_once(' ')
                && kind.trim() == payload_type
            {
                return Self::parse(values);
            }
        }
        Self::default()
    }

    fn parse(values: &str) -> Self {
        let pairs = values.split(';').filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = name.trim().to_ascii_lowercase();
            (!name.is_empty()).then(|| (name, value.trim().to_owned()))
        });
        Self(pairs.take(64).collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Parameter sets, in the order VPS, SPS, PPS as given.
    pub(crate) fn parameter_sets(&self) -> Vec<Bytes> {
        ["sprop-vps", "sprop-sps", "sprop-pps", "sprop-parameter-sets"]
            .into_iter()
            .filter_map(|name| self.get(name))
            .flat_map(|list| list.split(','))
            .filter_map(|text| BASE64.decode(text.trim().trim_matches('"')).ok())
            .map(|bytes| strip_start_code(&bytes))
            .filter(|bytes| !bytes.is_empty())
            .take(64)
            .collect()
    }

    /// H.265: decoding order numbers are in the packets.
    pub(crate) fn has_order_numbers(&self) -> bool {
        self.get("sprop-max-don-diff")
            .and_then(|value| value.parse::<u32>().ok())
            .is_some_and(|diff| diff > 0)
    }

    /// AAC: the AudioSpecificConfig, empty when absent.
    pub(crate) fn aac_config(&self) -> Bytes {
        let text = self.get("config").unwrap_or("").trim_matches('"');
        let digits: Option<Vec<u8>> = text
            .as_bytes()
            .chunks_exact(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        digits.filter(|bytes| bytes.len() <= 64).map_or_else(Bytes::new, Bytes::from)
    }

    /// AAC: widths of the AU header.
    pub(crate) fn aac_layout(&self) -> AacLayout {
        let number =
            |name: &str| self.get(name).and_then(|value| value.parse::<u32>().ok()).filter(|n| *n <= 32);
        let lbr = self.get("mode").is_some_and(|mode| mode.eq_ignore_ascii_case("aac-lbr"));
        let usual = if lbr {
            AacLayout { size_bits: 6, index_bits: 2, index_delta_bits: 2, frame_samples: 1024 }
        } else {
            AacLayout::default()
        };
        AacLayout {
            size_bits: number("sizelength").unwrap_or(usual.size_bits),
            index_bits: number("indexlength").unwrap_or(usual.index_bits),
            index_delta_bits: number("indexdeltalength").unwrap_or(usual.index_delta_bits),
            frame_samples: parse_config(&self.aac_config()).map_or(1024, |(_, _, samples)| samples),
        }
    }
}

/// Some cameras put a start code before or after the NAL unit.
fn strip_start_code(bytes: &[u8]) -> Bytes {
    let mut nal = bytes;
    for code in [&[0, 0, 0, 1][..], &[0, 0, 1]] {
        nal = nal.strip_prefix(code).unwrap_or(nal);
        nal = nal.strip_suffix(code).unwrap_or(nal);
    }
    Bytes::copy_from_slice(nal)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SDP: &str = "v=0\r\nm=audio 0 RTP/AVP 97\r\na=fmtp:97 streamtype=5; profile-level-id=15; mode=AAC-hbr; \
        config=1408; SizeLength=13; IndexLength=3; IndexDeltaLength=3;\r\nm=video 0 RTP/AVP 96\r\n\
        a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;profile-level-id=4D001E;\
        sprop-parameter-sets=Z00AHpWoLQ9puAgICBAAAAAB,aO48gAAAAAE=\r\na=control:trackID=1\r\n";

    #[test]
    fn sets_without_start_codes() {
        let sets = Format::find(SDP.as_bytes(), "video", 96, 0).parameter_sets();
        assert_eq!(sets.len(), 2);
        assert_eq!(sets[1][..], [0x68, 0xee, 0x3c, 0x80]);
        assert_eq!(Format::find(SDP.as_bytes(), "video", 96, 1), Format::default());
    }

    #[test]
    fn aac() {
        let format = Format::find(SDP.as_bytes(), "audio", 97, 0);
        assert_eq!(format.aac_config()[..], [0x14, 0x08]);
        assert_eq!(format.aac_layout(), AacLayout::default());
    }
}
