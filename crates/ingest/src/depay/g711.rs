//! RFC 3551 section 4.5.14: PCMU and PCMA. A packet is a frame.

use super::{AudioFrame, Packet};
use bytes::Bytes;

/// Gives the packet's audio on.
pub(crate) fn push(packet: &Packet<'_>, out: &mut impl FnMut(AudioFrame)) {
    if !packet.payload.is_empty() {
        out(AudioFrame {
            timestamp: packet.timestamp,
            arrived: packet.arrived,
            data: Bytes::copy_from_slice(packet.payload),
            damaged: packet.lost > 0,
        });
    }
}
