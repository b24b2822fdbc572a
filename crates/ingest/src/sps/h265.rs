//! The H.265 sequence parameter set (ITU-T H.265 section 7.3.2.2) and the few fields of a picture parameter set and a
//! slice segment header that say which SPS is active and whether a picture is intra.

use super::{MOST_SET_BYTES, MOST_SIDE_PX, Picture, cropped, rate};
use crate::bits::{Bits, rbsp};

/// Parses an SPS NAL unit (with its two header bytes).
pub(crate) fn parse(nal: &[u8]) -> Option<Picture> {
    let body = rbsp(nal, 2, MOST_SET_BYTES);
    let mut bits = Bits::new(&body);
    bits.skip(4)?; // sps_video_parameter_set_id
    let sub_layers = bits.u(3)?;
    bits.skip(1)?;
    skip_profile_tier_level(&mut bits, sub_layers)?;
    bits.ue_most(15)?; // sps_seq_parameter_set_id
    let chroma_format = bits.ue_most(3)?;
    let separate_planes = chroma_format == 3 && bits.flag()?;
    let coded_width = bits.ue_most(MOST_SIDE_PX)?;
    let coded_height = bits.ue_most(MOST_SIDE_PX)?;
    let (mut crop_x, mut crop_y) = (0, 0);
    if bits.flag()? {
        let (unit_x, unit_y) = match if separate_planes { 0 } else { chroma_format } {
            1 => (2, 2),
            2 => (2, 1),
            _ => (1, 1),
        };
        crop_x = (u64::from(bits.ue()?) + u64::from(bits.ue()?)) * unit_x;
        crop_y = (u64::from(bits.ue()?) + u64::from(bits.ue()?)) * unit_y;
    }
    let mut picture = Picture {
        width_px: cropped(coded_width, crop_x)?,
        height_px: cropped(coded_height, crop_y)?,
        fps: None,
    };
    picture.fps = rate_after_size(&mut bits, sub_layers).flatten();
    Some(picture)
}

fn skip_profile_tier_level(bits: &mut Bits<'_>, sub_layers: u32) -> Option<()> {
    bits.skip(88)?;
    bits.skip(8)?;
    let mut present = Vec::with_capacity(8);
    for _ in 0..sub_layers {
        present.push((bits.flag()?, bits.flag()?));
    }
    if sub_layers > 0 {
        bits.skip(2 * (8 - sub_layers as usize))?;
    }
    for (profile, level) in present {
        bits.skip(if profile { 88 } else { 0 } + if level { 8 } else { 0 })?;
    }
    Some(())
}

/// Everything between the size and the VUI's timing.
fn rate_after_size(bits: &mut Bits<'_>, sub_layers: u32) -> Option<Option<f32>> {
    bits.ue_most(8)?; // bit depths
    bits.ue_most(8)?;
    let poc_bits = bits.ue_most(12)? + 4;
    let all_layers = bits.flag()?;
    for _ in if all_layers { 0 } else { sub_layers }..=sub_layers {
        bits.ue()?;
        bits.ue()?;
        bits.ue()?;
    }
    for _ in 0..6 {
        bits.ue()?; // block sizes and depths
    }
    if bits.flag()? && bits.flag()? {
        skip_scaling_list_data(bits)?;
    }
    bits.skip(2)?; // amp, sample adaptive offset
    if bits.flag()? {
        bits.skip(8)?; // pcm bit depths
        bits.ue()?;
        bits.ue()?;
        bits.skip(1)?;
    }
    let sets = bits.ue_most(64)?;
    let mut delta_pocs: Vec<u32> = Vec::with_capacity(sets as usize);
    for index in 0..sets {
        let count = short_term_set(bits, index, &delta_pocs)?;
        delta_pocs.push(count);
    }
    if bits.flag()? {
        for _ in 0..bits.ue_most(32)? {
            bits.skip(poc_bits as usize + 1)?;
        }
    }
    bits.skip(2)?; // temporal mvp, strong intra smoothing
    if !bits.flag()? {
        return None;
    }
    vui_rate(bits)
}

/// `st_ref_pic_set` (section 7.3.7); answers its number of delta POCs.
fn short_term_set(bits: &mut Bits<'_>, index: u32, before: &[u32]) -> Option<u32> {
    if index != 0 && bits.flag()? {
        bits.skip(1)?; // delta_rps_sign
        bits.ue()?;
        let of = *before.last()?;
        let mut count = 0;
        for _ in 0..=of {
            let used = bits.flag()?;
            if used || bits.flag()? {
                count += 1;
            }
        }
        return (count <= 32).then_some(count);
    }
    let negative = bits.ue_most(16)?;
    let positive = bits.ue_most(16)?;
    for _ in 0..negative + positive {
        bits.ue()?;
        bits.skip(1)?;
    }
    Some(negative + positive)
}

fn skip_scaling_list_data(bits: &mut Bits<'_>) -> Option<()> {
    for size in 0..4u32 {
        for _ in (0..6).step_by(if size == 3 { 3 } else { 1 }) {
            if bits.flag()? {
                if size > 1 {
                    bits.se()?;
                }
                for _ in 0..(1u32 << (4 + (size << 1))).min(64) {
                    bits.se()?;
                }
            } else {
                bits.ue()?;
            }
        }
    }
    Some(())
}

/// Annex E up to the timing information.
fn vui_rate(bits: &mut Bits<'_>) -> Option<Option<f32>> {
    if bits.flag()? && bits.u(8)? == 255 {
        bits.skip(32)?;
    }
    if bits.flag()? {
        bits.skip(1)?;
    }
    if bits.flag()? {
        bits.skip(4)?;
        if bits.flag()? {
            bits.skip(24)?;
        }
    }
    if bits.flag()? {
        bits.ue()?;
        bits.ue()?;
    }
    bits.skip(3)?; // neutral chroma, field_seq, frame_field_info
    if bits.flag()? {
        for _ in 0..4 {
            bits.ue()?; // default display window
        }
    }
    if !bits.flag()? {
        return None;
    }
    let units = bits.u(32)?;
    let scale = bits.u(32)?;
    Some(rate(scale, units, 1))
}

/// The id in an SPS NAL unit.
pub(crate) fn sps_id(nal: &[u8]) -> Option<u32> {
    let body = rbsp(nal, 2, 160);
    let mut bits = Bits::new(&body);
    bits.skip(4)?;
    let sub_layers = bits.u(3)?;
    bits.skip(1)?;
    skip_profile_tier_level(&mut bits, sub_layers)?;
    bits.ue_most(15)
}

/// The id in a VPS NAL unit.
pub(crate) fn vps_id(nal: &[u8]) -> Option<u32> {
    nal.get(2).map(|byte| u32::from(byte >> 4))
}

/// The beginning of a PPS NAL unit.
#[derive(Clone, Copy)]
pub(crate) struct PpsStart {
    pub(crate) id: u32,
    pub(crate) sps: u32,
    pub(crate) extra_slice_bits: u32,
}

/// Reads a PPS's first fields.
pub(crate) fn pps_start(nal: &[u8]) -> Option<PpsStart> {
    let body = rbsp(nal, 2, 16);
    let mut bits = Bits::new(&body);
    let (id, sps) = (bits.ue_most(63)?, bits.ue_most(15)?);
    bits.skip(2)?; // dependent slices, output flag present
    Some(PpsStart { id, sps, extra_slice_bits: bits.u(3)? })
}

/// The beginning of a slice segment.
pub(crate) struct SliceStart {
    pub(crate) first: bool,
    pub(crate) pps: Option<u32>,
    /// Slice type 2; only known for a picture's first segment, and as far as `extra_slice_bits` is right.
    pub(crate) intra: bool,
}

/// Reads a slice segment header's first fields; `extra_slice_bits` answers the PPS's field of an id.
pub(crate) fn slice_start(nal: &[u8], extra_slice_bits: impl Fn(u32) -> u32) -> Option<SliceStart> {
    let nal_type = nal.first()? >> 1 & 0x3f;
    let body = rbsp(nal, 2, 16);
    let mut bits = Bits::new(&body);
    let first = bits.flag()?;
    if (16..=23).contains(&nal_type) {
        bits.skip(1)?; // no_output_of_prior_pics_flag
    }
    let pps = bits.ue_most(63);
    let mut intra = false;
    if let (true, Some(pps)) = (first, pps) {
        bits.skip(extra_slice_bits(pps) as usize)?;
        intra = bits.ue() == Some(2);
    }
    Some(SliceStart { first, pps, intra })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `sprop-sps` as real cameras sent them, and two sets written by x265.
    #[test]
    fn real_sets() {
        use base64::Engine as _;
        let sets = [
            ("QgEBAUAAAAMAAAMAAAMAAAMAmaACgIAsH+Wu5Gwa5VE1BQYFAIA=", (1280, 704), None),
            ("QgEBAWAAAAMAsAAAAwAAAwBaoAWCAeFja5JFL83BQYFBAAADAAEAAAMADKE=", (704, 480), Some(12.0)),
            ("QgEBBAgAAAMAnggAAAMAAD+QAKBALSyys0kmV4C3AgIABAAAAwAEAAADADwg", (640, 360), Some(15.0)),
            ("QgEBBAgAAAMAnggAAAMAAHiQAHgQAhyyys0kmV4C3AgIABAAAAMAEAAAAwGQgA==", (1920, 1080), Some(25.0)),
        ];
        for (text, size, fps) in sets {
            let nal = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
            let picture = parse(&nal).unwrap();
            assert_eq!((picture.width_px, picture.height_px), size, "{text}");
            assert_eq!(picture.fps, fps, "{text}");
            assert_eq!(sps_id(&nal), Some(0));
        }
    }

    proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>) {
            parse(&bytes);
            sps_id(&bytes);
            vps_id(&bytes);
            pps_start(&bytes);
            slice_start(&bytes, |_| 3);
        }
    }
}
