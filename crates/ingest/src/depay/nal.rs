//! What a NAL unit is, by its header and first bits, for both codecs.

use crate::sps;

/// Which video codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VideoCodec {
    H264,
    H265,
}

impl VideoCodec {
    /// Bytes of a NAL unit's header.
    pub(crate) fn header_bytes(self) -> usize {
        match self {
            Self::H264 => 1,
            Self::H265 => 2,
        }
    }

    /// `nal_unit_type` of a NAL unit's first byte.
    pub(crate) fn nal_type(self, first: u8) -> u8 {
        match self {
            Self::H264 => first & 0x1f,
            Self::H265 => first >> 1 & 0x3f,
        }
    }
}

/// A kind of parameter set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SetKind {
    Vps,
    Sps,
    Pps,
}

/// A NAL unit's part in an access unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A slice: a piece of the picture.
    Slice {
        /// IDR, CRA or BLA.
        random_access: bool,
    },
    /// A parameter set; stands before the picture.
    Set(SetKind),
    /// SEI that stands before the picture.
    Sei,
    /// Anything else that stands before the picture: delimiter, prefix, reserved.
    Before,
    /// Anything that stands after the picture: suffix SEI, filler, end of sequence.
    After,
}

/// The part of a NAL unit with this type.
pub(crate) fn role(codec: VideoCodec, nal_type: u8) -> Role {
    match codec {
        VideoCodec::H264 => match nal_type {
            1 | 2 => Role::Slice { random_access: false },
            5 => Role::Slice { random_access: true },
            6 => Role::Sei,
            7 => Role::Set(SetKind::Sps),
            8 => Role::Set(SetKind::Pps),
            // Data partitions B and C, auxiliary and extension slices go with the picture before them.
            3 | 4 | 10..=12 | 19..=21 => Role::After,
            _ => Role::Before,
        },
        VideoCodec::H265 => match nal_type {
            16..=23 => Role::Slice { random_access: true },
            0..=31 => Role::Slice { random_access: false },
            32 => Role::Set(SetKind::Vps),
            33 => Role::Set(SetKind::Sps),
            34 => Role::Set(SetKind::Pps),
            39 => Role::Sei,
            36..=38 | 40 | 45..=47 | 56..=63 => Role::After,
            _ => Role::Before,
        },
    }
}

/// How a packet stands to the picture: answers whether its bytes can continue the picture that went before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lead {
    /// The first slice of a picture.
    Start,
    /// Another slice of the same picture, or what follows it.
    Continue,
    /// Stands before a picture.
    Before,
    /// The middle or end of a fragmented NAL unit.
    Fragment,
    /// Nothing can be said.
    Unknown,
}

/// How a NAL unit with these first bytes stands to the picture.
pub(crate) fn lead(codec: VideoCodec, nal: &[u8]) -> Lead {
    let Some(first) = nal.first() else { return Lead::Unknown };
    match role(codec, codec.nal_type(*first)) {
        Role::Slice { .. } => {
            // first_mb_in_slice is ue(v): zero is a leading one bit. first_slice_segment_in_pic_flag is one bit.
            match nal.get(codec.header_bytes()) {
                Some(byte) if byte & 0x80 != 0 => Lead::Start,
                Some(_) => Lead::Continue,
                None => Lead::Unknown,
            }
        }
        Role::Set(_) | Role::Sei | Role::Before => Lead::Before,
        Role::After => Lead::Continue,
    }
}

/// Whether an SEI NAL unit holds a recovery point (payload type 6, both codecs).
pub(crate) fn has_recovery_point(codec: VideoCodec, nal: &[u8]) -> bool {
    let body = crate::bits::rbsp(nal, codec.header_bytes(), sps::MOST_SET_BYTES);
    let mut rest = body.as_slice();
    // A message is at least two bytes; the last byte or two are the trailing bits.
    while rest.len() > 2 {
        let Some((kind, after)) = sei_number(rest) else { return false };
        let Some((length, after)) = sei_number(after) else { return false };
        if kind == 6 {
            return true;
        }
        let Some(after) = after.get(length..) else { return false };
        rest = after;
    }
    false
}

/// A number in SEI's way of writing: 255 as often as it fits, then the rest.
fn sei_number(mut bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0usize;
    loop {
        let (first, rest) = bytes.split_first()?;
        bytes = rest;
        value += usize::from(*first);
        if *first != 255 {
            return Some((value, bytes));
        }
    }
}

/// The id of a parameter set.
pub(crate) fn set_id(codec: VideoCodec, kind: SetKind, nal: &[u8]) -> Option<u32> {
    match (codec, kind) {
        (VideoCodec::H264, SetKind::Sps) => sps::h264::sps_id(nal),
        (VideoCodec::H264, SetKind::Pps) => sps::h264::pps_ids(nal).map(|ids| ids.0),
        (VideoCodec::H265, SetKind::Vps) => sps::h265::vps_id(nal),
        (VideoCodec::H265, SetKind::Sps) => sps::h265::sps_id(nal),
        (VideoCodec::H265, SetKind::Pps) => sps::h265::pps_start(nal).map(|start| start.id),
        (VideoCodec::H264, SetKind::Vps) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_points_are_found_among_other_messages() {
        let h264 = |bytes: &[u8]| has_recovery_point(VideoCodec::H264, bytes);
        assert!(h264(&[6, 6, 1, 0xc4, 0x80]));
        assert!(h264(&[6, 5, 3, 1, 2, 3, 6, 1, 0xc4, 0x80]));
        assert!(!h264(&[6, 5, 3, 6, 6, 6, 0x80]));
        assert!(!h264(&[6, 5, 200, 6, 6, 6, 0x80]));
        assert!(!h264(&[6]));
        assert!(has_recovery_point(VideoCodec::H265, &[39 << 1, 1, 6, 1, 0xc4, 0x80]));
    }

    #[test]
    fn slices_start_or_continue_a_picture() {
        assert_eq!(lead(VideoCodec::H264, &[0x65, 0x88]), Lead::Start);
        assert_eq!(lead(VideoCodec::H264, &[0x41, 0x5a]), Lead::Continue);
        assert_eq!(lead(VideoCodec::H264, &[0x67, 0x64]), Lead::Before);
        assert_eq!(lead(VideoCodec::H265, &[19 << 1, 1, 0xa0]), Lead::Start);
        assert_eq!(lead(VideoCodec::H265, &[1 << 1, 1, 0x20]), Lead::Continue);
        assert_eq!(lead(VideoCodec::H265, &[40 << 1, 1, 0x20]), Lead::Continue);
    }
}
