//! The few figures of a sequence parameter set that `avcC` and `hvcC` repeat. Everything is bounded: the bytes come
//! from a camera; what cannot be read is taken for the usual (4:2:0, 8 bits).

/// What the boxes repeat of a sequence parameter set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// `chroma_format_idc`, 0 to 3.
    pub chroma: u8,
    /// `bit_depth_luma_minus8`, 0 to 7.
    pub luma_depth_minus8: u8,
    /// `bit_depth_chroma_minus8`, 0 to 7.
    pub chroma_depth_minus8: u8,
}

impl Default for Format {
    fn default() -> Self {
        Self { chroma: 1, luma_depth_minus8: 0, chroma_depth_minus8: 0 }
    }
}

/// The H.265 part: general profile, tier, level, and the sub-layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HevcFormat {
    /// `general_profile_space` to `general_level_idc`, 12 bytes as they stand in the set.
    pub general: [u8; 12],
    /// `sps_max_sub_layers_minus1` + 1.
    pub layers: u8,
    /// `sps_temporal_id_nesting_flag`.
    pub nested: bool,
    /// Chroma and depths.
    pub format: Format,
}

/// Longest set that is looked into.
const MOST_BYTES: usize = 4096;

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn bit(&mut self) -> Option<u32> {
        let byte = *self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(u32::from(bit))
    }

    fn bits(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            value = value << 1 | self.bit()?;
        }
        Some(value)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.at = self.at.checked_add(count)?;
        (self.at <= self.bytes.len() * 8).then_some(())
    }

    fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1 << zeros) - 1 + self.bits(zeros)?)
    }

    fn depth(&mut self) -> Option<u8> {
        let depth = self.ue()?;
        (depth <= 7).then_some(u8::try_from(depth).unwrap_or(0))
    }
}

/// Without emulation prevention bytes.
fn unescaped(nal: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(nal.len().min(MOST_BYTES));
    let mut zeros = 0;
    for &byte in nal.iter().take(MOST_BYTES) {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        out.push(byte);
    }
    out
}

/// Whether an H.264 profile's sets carry chroma and depths.
#[must_use]
pub fn has_format(profile: u8) -> bool {
    matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135)
}

/// Chroma and depths of an H.264 sequence parameter set.
#[must_use]
pub fn h264(nal: &[u8]) -> Format {
    read_h264(nal).unwrap_or_default()
}

fn read_h264(nal: &[u8]) -> Option<Format> {
    let bytes = unescaped(nal);
    if !has_format(*bytes.get(1)?) {
        return None;
    }
    let mut bits = Bits { bytes: &bytes, at: 32 };
    bits.ue()?;
    let chroma = bits.ue()?;
    if chroma == 3 {
        bits.bit()?;
    }
    Some(Format {
        chroma: u8::try_from(chroma).ok().filter(|chroma| *chroma <= 3)?,
        luma_depth_minus8: bits.depth()?,
        chroma_depth_minus8: bits.depth()?,
    })
}

/// What `hvcC` repeats of an H.265 sequence parameter set; `None` when it is too short.
#[must_use]
pub fn h265(nal: &[u8]) -> Option<HevcFormat> {
    let bytes = unescaped(nal);
    let first = *bytes.get(2)?;
    let general: [u8; 12] = bytes.get(3..15)?.try_into().ok()?;
    let sub_layers = usize::from(first >> 1 & 7);
    let format = read_h265(&bytes, sub_layers).unwrap_or_default();
    Some(HevcFormat {
        general,
        layers: u8::try_from(sub_layers + 1).unwrap_or(1),
        nested: first & 1 == 1,
        format,
    })
}

fn read_h265(bytes: &[u8], sub_layers: usize) -> Option<Format> {
    let mut bits = Bits { bytes, at: 15 * 8 };
    let mut present = Vec::with_capacity(sub_layers);
    if sub_layers > 0 {
        for layer in 0..8 {
            let (profile, level) = (bits.bit()?, bits.bit()?);
            if layer < sub_layers {
                present.push((profile, level));
            }
        }
    }
    for (profile, level) in present {
        bits.skip(if profile == 1 { 88 } else { 0 })?;
        bits.skip(if level == 1 { 8 } else { 0 })?;
    }
    bits.ue()?;
    let chroma = bits.ue()?;
    if chroma == 3 {
        bits.bit()?;
    }
    bits.ue()?;
    bits.ue()?;
    if bits.bit()? == 1 {
        for _ in 0..4 {
            bits.ue()?;
        }
    }
    Some(Format {
        chroma: u8::try_from(chroma).ok().filter(|chroma| *chroma <= 3)?,
        luma_depth_minus8: bits.depth()?,
        chroma_depth_minus8: bits.depth()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x264_high_is_420_8_bit() {
        let sps = [0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x70, 0x11];
        assert_eq!(h264(&sps), Format::default());
        assert_eq!(h264(&[0x67, 0x42]), Format::default());
    }

    #[test]
    fn short_sets_are_none() {
        assert_eq!(h265(&[0x42, 1, 1, 1]), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            let _ = h264(&bytes);
            let _ = h265(&bytes);
        }
    }
}
