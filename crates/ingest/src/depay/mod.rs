//! From RTP payloads to access units and audio frames: RFC 6184 (H.264), RFC 7798 (H.265), RFC 3640 (AAC) and
//! RFC 3551 (G.711). Every NAL unit keeps its place. No network, no clocks, no run ids here: those are `track`'s.

pub(crate) mod aac;
pub(crate) mod g711;
pub(crate) mod h264;
pub(crate) mod h265;
pub(crate) mod nal;
#[cfg(test)]
mod tests;
pub(crate) mod unit;
pub(crate) mod video;

use bytes::Bytes;
use easien_model::UtcMicros;

/// One RTP packet's payload with what its header says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'a> {
    /// Without RTP header, extension and padding.
    pub(crate) payload: &'a [u8],
    /// The low 32 bits as on the wire.
    pub(crate) timestamp: u32,
    /// The marker bit.
    pub(crate) marker: bool,
    /// Packets missing directly before this one.
    pub(crate) lost: u16,
    /// When it arrived.
    pub(crate) arrived: UtcMicros,
}

/// What a depacketiser met that it could not use or that is out of the ordinary; for the statistics and the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Oddities {
    /// Payloads that are no valid payload of this codec.
    pub(crate) malformed: u64,
    /// Payload kinds that are allowed but not understood.
    pub(crate) unknown: u64,
    /// Fragments without their beginning.
    pub(crate) orphans: u64,
    /// Access units or frames that were cut because they were too large.
    pub(crate) oversize: u64,
}

/// One audio frame (or packet, G.711).
#[derive(Clone, Debug)]
pub(crate) struct AudioFrame {
    /// RTP time of its first sample, low 32 bits.
    pub(crate) timestamp: u32,
    /// When its last packet arrived.
    pub(crate) arrived: UtcMicros,
    /// Its bytes.
    pub(crate) data: Bytes,
    /// Packets are missing directly before or inside it.
    pub(crate) damaged: bool,
}
