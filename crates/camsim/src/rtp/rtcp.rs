//! RTCP sender reports (RFC 3550 section 6.4.1) with a CNAME, as cameras send them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds from 1900 (NTP) to 1970 (Unix).
const NTP_TO_UNIX_S: u64 = 2_208_988_800;

/// What a sender report says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderReport {
    /// Who sends.
    pub ssrc: u32,
    /// The camera's clock at `rtp_time`.
    pub at: SystemTime,
    /// The RTP time at `at`.
    pub rtp_time: u32,
    /// RTP packets sent so far.
    pub packets: u32,
    /// Payload bytes sent so far.
    pub payload_bytes: u32,
}

impl SenderReport {
    /// The compound packet: report and CNAME.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let since = self.at.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        // NTP's 32 bits of seconds wrap in 2036, as on the wire of every camera.
        let seconds = (since.as_secs().wrapping_add(NTP_TO_UNIX_S) & 0xffff_ffff).to_be_bytes();
        let fraction = ((u64::from(since.subsec_nanos()) << 32) / 1_000_000_000).to_be_bytes();
        let mut packet = vec![0x80, 200, 0, 6];
        packet.extend_from_slice(&self.ssrc.to_be_bytes());
        packet.extend_from_slice(&seconds[4..]);
        packet.extend_from_slice(&fraction[4..]);
        packet.extend_from_slice(&self.rtp_time.to_be_bytes());
        packet.extend_from_slice(&self.packets.to_be_bytes());
        packet.extend_from_slice(&self.payload_bytes.to_be_bytes());
        let name = b"camsim";
        // SDES with one chunk: SSRC, CNAME item, end, padding to 32 bits.
        packet.extend_from_slice(&[0x81, 202, 0, 4]);
        packet.extend_from_slice(&self.ssrc.to_be_bytes());
        packet.extend_from_slice(&[1, 6]);
        packet.extend_from_slice(name);
        packet.extend_from_slice(&[0; 4]);
        packet
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_laid_out_as_the_rfc_says() {
        let at = UNIX_EPOCH + Duration::from_millis(1_500);
        let report = SenderReport { ssrc: 7, at, rtp_time: 90_000, packets: 3, payload_bytes: 4 };
        let packet = report.encode();
        assert_eq!(packet.len() % 4, 0);
        assert_eq!(&packet[..4], [0x80, 200, 0, 6]);
        assert_eq!(packet[8..12], 2_208_988_801_u32.to_be_bytes());
        assert_eq!(packet[12..16], 0x8000_0000_u32.to_be_bytes());
        let sdes = &packet[28..];
        assert_eq!(sdes[1], 202);
        assert_eq!((usize::from(sdes[3]) + 1) * 4, sdes.len());
    }
}
