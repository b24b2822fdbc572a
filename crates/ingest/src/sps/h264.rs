//! The H.264 sequence parameter set (ITU-T H.264 section 7.3.2.1) and the few fields of a picture parameter set and a
//! slice header that say which SPS is active.

use super::{MOST_SET_BYTES, MOST_SIDE_PX, Picture, cropped, rate};
use crate::bits::{Bits, rbsp};

/// Parses an SPS NAL unit (with its one header byte).
pub(crate) fn parse(nal: &[u8]) -> Option<Picture> {
    let body = rbsp(nal, 1, MOST_SET_BYTES);
    let mut bits = Bits::new(&body);
    let profile = bits.u(8)?;
    bits.skip(16)?; // constraint flags, level
    bits.ue_most(31)?; // seq_parameter_set_id
    let mut chroma_format = 1;
    let mut separate_planes = false;
    if matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135) {
        chroma_format = bits.ue_most(3)?;
        if chroma_format == 3 {
            separate_planes = bits.flag()?;
        }
        bits.ue_most(6)?; // bit depths
        bits.ue_most(6)?;
        bits.skip(1)?; // qpprime_y_zero_transform_bypass_flag
        if bits.flag()? {
            let lists = if chroma_format == 3 { 12 } else { 8 };
            for list in 0..lists {
                if bits.flag()? {
                    skip_scaling_list(&mut bits, if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    bits.ue_most(12)?; // log2_max_frame_num_minus4
    match bits.ue_most(2)? {
        0 => {
            bits.ue_most(12)?;
        }
        1 => {
            bits.skip(1)?;
            bits.se()?;
            bits.se()?;
            for _ in 0..bits.ue_most(255)? {
                bits.se()?;
            }
        }
        _ => {}
    }
    bits.ue()?; // max_num_ref_frames: some encoders write nonsense, the decoder judges
    bits.skip(1)?; // gaps_in_frame_num_value_allowed_flag
    let width_mbs = bits.ue_most(MOST_SIDE_PX / 16)? + 1;
    let height_units = bits.ue_most(MOST_SIDE_PX / 16)? + 1;
    let frame_mbs_only = bits.flag()?;
    if !frame_mbs_only {
        bits.skip(1)?; // mb_adaptive_frame_field_flag
    }
    bits.skip(1)?; // direct_8x8_inference_flag
    let fields = if frame_mbs_only { 1 } else { 2 };
    let (mut crop_x, mut crop_y) = (0, 0);
    if bits.flag()? {
        let chroma_array = if separate_planes { 0 } else { chroma_format };
        let (unit_x, unit_y) = match chroma_array {
            1 => (2, 2),
            2 => (2, 1),
            _ => (1, 1),
        };
        crop_x = (u64::from(bits.ue()?) + u64::from(bits.ue()?)) * unit_x;
        crop_y = (u64::from(bits.ue()?) + u64::from(bits.ue()?)) * unit_y * fields;
    }
    let mut picture = Picture {
        width_px: cropped(width_mbs * 16, crop_x)?,
        height_px: cropped(height_units * 16 * u32::try_from(fields).ok()?, crop_y)?,
        fps: None,
    };
    picture.fps = vui_rate(&mut bits).flatten();
    Some(picture)
}

fn skip_scaling_list(bits: &mut Bits<'_>, size: u32) -> Option<()> {
    let (mut last, mut next) = (8i64, 8i64);
    for _ in 0..size {
        if next != 0 {
            next = (last + bits.se()?).rem_euclid(256);
        }
        if next != 0 {
            last = next;
        }
    }
    Some(())
}

/// Annex E up to the timing information.
fn vui_rate(bits: &mut Bits<'_>) -> Option<Option<f32>> {
    if !bits.flag()? {
        return None;
    }
    if bits.flag()? && bits.u(8)? == 255 {
        bits.skip(32)?; // extended sample aspect ratio
    }
    if bits.flag()? {
        bits.skip(1)?; // overscan
    }
    if bits.flag()? {
        bits.skip(4)?; // video format, range
        if bits.flag()? {
            bits.skip(24)?;
        }
    }
    if bits.flag()? {
        bits.ue()?;
        bits.ue()?;
    }
    if !bits.flag()? {
        return None;
    }
    let units = bits.u(32)?;
    let scale = bits.u(32)?;
    Some(rate(scale, units, 2))
}

/// The id in an SPS NAL unit.
pub(crate) fn sps_id(nal: &[u8]) -> Option<u32> {
    let body = rbsp(nal, 1, 16);
    let mut bits = Bits::new(&body);
    bits.skip(24)?;
    bits.ue_most(31)
}

/// The ids in a PPS NAL unit: its own and its SPS's.
pub(crate) fn pps_ids(nal: &[u8]) -> Option<(u32, u32)> {
    let body = rbsp(nal, 1, 16);
    let mut bits = Bits::new(&body);
    Some((bits.ue_most(255)?, bits.ue_most(31)?))
}

/// The beginning of a slice: whether it is intra, and its PPS's id.
pub(crate) struct SliceStart {
    pub(crate) intra: bool,
    pub(crate) pps: u32,
}

/// Reads a slice header's first fields (NAL types 1, 2 and 5).
pub(crate) fn slice_start(nal: &[u8]) -> Option<SliceStart> {
    let body = rbsp(nal, 1, 16);
    let mut bits = Bits::new(&body);
    bits.ue()?; // first_mb_in_slice
    let kind = bits.ue_most(9)?;
    Some(SliceStart { intra: matches!(kind % 5, 2 | 4), pps: bits.ue_most(255)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `sprop-parameter-sets` as real cameras sent them, and two sets written by x264.
    #[test]
    fn real_sets() {
        use base64::Engine as _;
        let sets = [
            ("Z00AHpWoLQ9puAgICBAAAAAB", (720, 480)),
            ("Z00AKZpkA8ARPyzUBAQFAAADA+gAAOpgBA==", (1920, 1080)),
            ("Z2QADazZQUGfnwEQAAADABAAAAMDwPFCmWA=", (320, 180)),
            ("Z0LAHtkDxWhAAAADAEAAAAwDxYuS", (240, 160)),
            ("Z2QAM6zoAoALWQ==", (2560, 1440)),
            ("Z/QAFpGWQCgL/icBEAAAAwAQAAADAeDxYuQ=", (640, 360)),
            ("Z/QAKJGWQB4AificBEAAAAMAQAAADIPGDJI=", (1920, 1080)),
        ];
        for (text, size) in sets {
            let nal = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
            assert_eq!(parse(&nal).map(|p| (p.width_px, p.height_px)), Some(size), "{text}");
            assert_eq!(sps_id(&nal), Some(0));
        }
        let nal =
            base64::engine::general_purpose::STANDARD.decode("Z/QAFpGWQCgL/icBEAAAAwAQAAADAeDxYuQ=").unwrap();
        assert_eq!(parse(&nal).unwrap().fps, Some(15.0));
    }

    proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>) {
            parse(&bytes);
            sps_id(&bytes);
            pps_ids(&bytes);
            slice_start(&bytes);
        }
    }
}
