//! The machine-readable strip at the top edge of every simulated picture: which camera, which frame of its loop.
//! Tests and latency benches read it back from decoded pictures and from the screen. Nothing else is drawn here.
//!
//! Full width, 1/18 of the height, 32 equal blocks: two guards (white, black), 10 bits camera number, 12 bits frame
//! number, 8 bits CRC, most significant bit first, white = 1.

use image::{Rgb, RgbImage};

/// How many blocks stand side by side.
pub const BLOCKS: u32 = 32;
/// The strip's height is the picture's divided by this.
pub const HEIGHT_PART: u32 = 18;
/// The smallest picture that [`read`] accepts, in pixels.
pub const SMALLEST_PX: (u32, u32) = (64, 36);
/// The largest camera number (10 bits).
pub const MAX_CAMERA: u16 = 1023;
/// The largest frame number (12 bits).
pub const MAX_FRAME: u16 = 4095;

/// White and black must differ by this much in luma (0-255) to be believed.
const LEAST_CONTRAST: u32 = 48;

/// What a strip says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Strip {
    /// The camera's number: 17 for C017.
    pub camera: u16,
    /// The frame's number in its loop, from 0.
    pub frame: u16,
}

/// CRC-8 (polynomial 0x07, start 0x5a so that all-black is not valid) over the 22 payload bits.
fn crc8(payload: u32) -> u8 {
    let mut crc = 0x5a_u8;
    for byte in &payload.to_be_bytes()[1..] {
        crc ^= byte;
        for _ in 0..8 {
            crc = if crc & 0x80 == 0 { crc << 1 } else { (crc << 1) ^ 0x07 };
        }
    }
    crc
}

impl Strip {
    /// The 32 blocks, the leftmost in the most significant bit.
    fn bits(self) -> u32 {
        let payload = (u32::from(self.camera & MAX_CAMERA) << 12) | u32::from(self.frame & MAX_FRAME);
        (0b10 << 30) | (payload << 8) | u32::from(crc8(payload))
    }

    fn from_bits(bits: u32) -> Option<Self> {
        let payload = (bits >> 8) & 0x3f_ffff;
        if bits >> 30 != 0b10 || crc8(payload) != bits.to_be_bytes()[3] {
            return None;
        }
        let camera = u16::try_from(payload >> 12).ok()?;
        let frame = u16::try_from(payload & u32::from(MAX_FRAME)).ok()?;
        Some(Self { camera, frame })
    }
}

/// The strip's height in a picture of this height, in pixels (at least 1).
#[must_use]
pub fn height_px(picture_height_px: u32) -> u32 {
    (picture_height_px / HEIGHT_PART).max(1)
}

/// Draws the strip over the top edge of a whole picture. Numbers beyond [`MAX_CAMERA`] and [`MAX_FRAME`] wrap.
pub fn draw(picture: &mut RgbImage, camera: u16, frame: u16) {
    let (width, height) = picture.dimensions();
    let bits = Strip { camera, frame }.bits();
    for y in 0..height_px(height).min(height) {
        for x in 0..width {
            let block = x * BLOCKS / width.max(1);
            let value = if bits >> (BLOCKS - 1 - block) & 1 == 1 { 235 } else { 16 };
            picture.put_pixel(x, y, Rgb([value; 3]));
        }
    }
}

/// Reads the strip of a whole picture as displayed, at any scale down to [`SMALLEST_PX`]. None: no strip, or damaged.
#[must_use]
pub fn read(picture: &RgbImage) -> Option<Strip> {
    read_with(picture.width(), picture.height(), |x, y| {
        let Rgb([r, g, b]) = *picture.get_pixel(x, y);
        luma(r, g, b)
    })
}

/// Luma of an RGB pixel, 0-255.
#[must_use]
pub fn luma(r: u8, g: u8, b: u8) -> u8 {
    ((u32::from(r) * 77 + u32::from(g) * 150 + u32::from(b) * 29) >> 8).to_be_bytes()[3]
}

/// As [`read`], from anything that can tell the luma (0-255) of a pixel `(x, y)` of a picture of the given size.
#[must_use]
pub fn read_with(width_px: u32, height_px: u32, luma_at: impl Fn(u32, u32) -> u8) -> Option<Strip> {
    if width_px < SMALLEST_PX.0 || height_px < SMALLEST_PX.1 {
        return None;
    }
    // The middle third of each block, in both directions: scaling and compression smear the edges.
    let strip = f64::from(height_px) / f64::from(HEIGHT_PART);
    let (top, bottom) = middle_third(0.0, strip);
    let level = |block: u32| {
        let each = f64::from(width_px) / f64::from(BLOCKS);
        let (left, right) = middle_third(f64::from(block) * each, each);
        let mut sum = 0_u32;
        let mut count = 0_u32;
        for y in top..=bottom {
            for x in left..=right {
                sum += u32::from(luma_at(x.min(width_px - 1), y.min(height_px - 1)));
                count += 1;
            }
        }
        sum / count.max(1)
    };
    let (white, black) = (level(0), level(1));
    if white < black + LEAST_CONTRAST {
        return None;
    }
    let threshold = u32::midpoint(white, black);
    let bits = (0..BLOCKS).fold(0_u32, |bits, block| (bits << 1) | u32::from(level(block) > threshold));
    Strip::from_bits(bits)
}

/// First and last whole pixel of the middle third of `start..start + length`; at least one pixel.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn middle_third(start: f64, length: f64) -> (u32, u32) {
    let first = (start + length / 3.0).round().max(0.0) as u32;
    let last = (start + length * 2.0 / 3.0).round().max(1.0) as u32 - 1;
    if last < first {
        let middle = (start + length / 2.0).floor().max(0.0) as u32;
        return (middle, middle);
    }
    (first, last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::imageops::FilterType;
    use proptest::prelude::*;

    /// A busy picture, so that a reader that looks beyond the strip fails.
    fn noise(width: u32, height: u32, seed: u32) -> RgbImage {
        let mut state = seed | 1;
        RgbImage::from_fn(width, height, |_, _| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [a, b, c, _] = state.to_be_bytes();
            Rgb([a, b, c])
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if std::env::var_os("EASIEN_FULL").is_some() { 256 } else { 24 }))]

        #[test]
        fn read_gives_back_what_was_drawn_at_any_scale(
            camera in 0..=MAX_CAMERA, frame in 0..=MAX_FRAME, seed: u32,
            size in prop_oneof![Just((640, 360)), Just((320, 180))],
            width in 64_u32..500, filter in 0_usize..4,
        ) {
            let mut picture = noise(size.0, size.1, seed);
            draw(&mut picture, camera, frame);
            prop_assert_eq!(read(&picture), Some(Strip { camera, frame }));
            let filter = [FilterType::Nearest, FilterType::Triangle, FilterType::CatmullRom, FilterType::Lanczos3][filter];
            let scaled = image::imageops::resize(&picture, width, (width * 9 / 16).max(36), filter);
            prop_assert_eq!(read(&scaled), Some(Strip { camera, frame }));
        }

        #[test]
        fn a_flipped_block_is_noticed(camera in 0..=MAX_CAMERA, frame in 0..=MAX_FRAME, block in 0..BLOCKS) {
            let bits = Strip { camera, frame }.bits() ^ (1 << block);
            prop_assert_eq!(Strip::from_bits(bits), None);
        }

        #[test]
        fn noise_is_almost_never_a_strip(seed: u32) {
            prop_assert_eq!(read(&noise(320, 180, seed)), None);
        }
    }

    #[test]
    fn even_or_too_small_pictures_have_no_strip() {
        assert_eq!(read(&RgbImage::new(640, 360)), None);
        assert_eq!(read(&RgbImage::from_pixel(640, 360, Rgb([255; 3]))), None);
        assert_eq!(read(&RgbImage::new(40, 20)), None);
        assert_eq!(read(&RgbImage::new(0, 0)), None);
    }

    #[test]
    fn survives_jpeg() {
        let mut picture = noise(640, 360, 7);
        draw(&mut picture, 240, 149);
        let mut jpeg = Vec::new();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 40).encode_image(&picture).unwrap();
        let back = image::load_from_memory(&jpeg).unwrap().to_rgb8();
        assert_eq!(read(&back), Some(Strip { camera: 240, frame: 149 }));
    }
}
