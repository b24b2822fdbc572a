//! Colours, sizes and shapes, against what the `ffmpeg` program encodes.

use super::*;
use crate::annexb;
use easien_camsim::clip::nal;
use std::process::{Command, Stdio};

/// The first picture of what `ffmpeg` makes of a filter source.
fn picture(codec: Codec, source: &str, options: &str) -> Picture {
    let (encoder, format) = if codec == Codec::H265 { ("libx265", "hevc") } else { ("libx264", "h264") };
    let output = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-f", "lavfi", "-i", source, "-frames:v", "3"])
        .args(options.split_whitespace())
        .args(["-c:v", encoder, "-preset", "ultrafast", "-f", format, "pipe:1"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let units = nal::access_units(codec, nal::split(&output.stdout.into()));
    let mut decoder = Decoder::open(codec, &[], false).unwrap();
    let mut picture = Picture::empty().unwrap();
    for nals in units {
        let data: Vec<u8> = nals
            .iter()
            .flat_map(|nal| (nal.len() as u32).to_be_bytes().into_iter().chain(nal.to_vec()))
            .collect();
        let mut packet = Packet::new(data.len()).unwrap();
        let len = annexb::annex_b(codec, &data, packet.data_mut());
        packet.shrink(len);
        decoder.send(&packet).unwrap();
        if decoder.receive(&mut picture).unwrap() {
            return picture;
        }
    }
    decoder.finish();
    assert!(decoder.receive(&mut picture).unwrap());
    picture
}

/// Red, green and blue in the middle.
fn middle(picture: &Picture, pixels: Pixels) -> [u8; 3] {
    let mut scaler = Scaler::new(picture.shape().unwrap(), 64, 36, pixels).unwrap();
    let stride = 64 * pixels.bytes();
    let mut out = vec![0; stride * 36];
    assert!(scaler.scale(picture, &mut out, 0, stride));
    let at = 18 * stride + 32 * pixels.bytes();
    match pixels {
        Pixels::Rgb => [out[at], out[at + 1], out[at + 2]],
        Pixels::Screen => {
            let word = u32::from_ne_bytes(out[at..at + 4].try_into().unwrap());
            assert_eq!(word >> 24, 0xff, "the fourth byte");
            [(word >> 16) as u8, (word >> 8) as u8, word as u8]
        }
    }
}

#[test]
fn colours_are_right_in_every_matrix_range_and_depth() {
    let colours = [
        ("0xd02030", [0xd0, 0x20, 0x30]),
        ("0x20a040", [0x20, 0xa0, 0x40]),
        ("0x1830c0", [0x18, 0x30, 0xc0]),
    ];
    let kinds = [
        (Codec::H264, "640x360", "bt601", "tv", "yuv420p", "-colorspace smpte170m"),
        (Codec::H264, "640x360", "bt709", "tv", "yuv420p", "-colorspace bt709"),
        (Codec::H264, "640x360", "bt601", "pc", "yuvj420p", "-colorspace smpte170m"),
        (Codec::H264, "640x360", "bt709", "tv", "yuv422p", "-colorspace bt709"),
        (Codec::H264, "640x360", "bt709", "tv", "yuv420p10le", "-colorspace bt709"),
        (Codec::H265, "640x360", "bt709", "tv", "yuv420p10le", "-colorspace bt709"),
        // Nothing said: as is usual for the size.
        (Codec::H264, "640x360", "bt601", "tv", "yuv420p", ""),
        (Codec::H264, "1280x720", "bt709", "tv", "yuv420p", ""),
    ];
    for (codec, size, matrix, range, format, said) in kinds {
        for (name, rgb) in colours {
            let options = format!(
                "-vf scale=out_color_matrix={matrix}:out_range={range},format={format} -color_range {range} {said} -qp 4"
            );
            let picture = picture(codec, &format!("color=c={name}:s={size}:r=5"), &options);
            for pixels in [Pixels::Screen, Pixels::Rgb] {
                let seen = middle(&picture, pixels);
                let off = seen.iter().zip(rgb).map(|(seen, right)| seen.abs_diff(right)).max();
                assert!(
                    off < Some(7),
                    "{codec:?} {size} {matrix} {range} {format} {name}: {seen:x?} {pixels:?}"
                );
            }
        }
    }
}

#[test]
fn nothing_outside_the_rectangle_is_touched_at_any_width() {
    let picture = picture(Codec::H264, "testsrc=s=640x360:r=5", "-pix_fmt yuv420p");
    let shape = picture.shape().unwrap();
    let (stride, rows) = (400 * 4, 60);
    for width in (1..=64).chain([80, 96, 97, 111, 112, 127, 128, 250, 320, 333]) {
        for (left, top, height) in [(0, 0, 36), (16, 8, 36), (33, 11, 37)] {
            let mut scaler = Scaler::new(shape, width, height, Pixels::Screen).unwrap();
            let mut out = vec![0xab; stride * rows];
            assert!(scaler.scale(&picture, &mut out, top * stride + left * 4, stride));
            for (index, pixel) in out.chunks(4).enumerate() {
                let (x, y) = (index % 400, index / 400);
                let inside =
                    (left..left + width as usize).contains(&x) && (top..top + height as usize).contains(&y);
                // Inside, the fourth byte was written, also in the last column.
                assert_eq!(pixel[3] == 0xff, inside, "{width} at {x},{y} in {left},{top}");
                assert!(inside || pixel == [0xab; 4], "{width} at {x},{y} in {left},{top}");
            }
        }
    }
    // The last row may end exactly where the memory ends, and not a byte later.
    let mut scaler = Scaler::new(shape, 48, 27, Pixels::Screen).unwrap();
    let mut exact = vec![0; 48 * 27 * 4];
    assert!(scaler.scale(&picture, &mut exact, 0, 48 * 4));
    assert!(!scaler.scale(&picture, &mut exact, 4, 48 * 4));
    assert!(!scaler.scale(&picture, &mut exact, 0, 47 * 4));
}

#[test]
fn pixels_that_are_not_square_are_heeded_unless_absurd() {
    let aspect = |sar: &str| {
        picture(Codec::H264, "testsrc=s=352x288:r=5", &format!("-vf setsar={sar},format=yuv420p")).aspect()
    };
    assert!((aspect("1/1") - 352.0 / 288.0).abs() < 1e-6);
    assert!((aspect("16/11") - 16.0 / 9.0).abs() < 1e-6);
    assert!((aspect("200/1") - 352.0 / 288.0).abs() < 1e-6);
}

#[test]
fn odd_shapes_are_scaled_like_any_other() {
    for size in ["2x2", "18x2", "2x90", "8192x16", "16x4096", "642x358"] {
        let picture =
            picture(Codec::H264, &format!("color=c=0x808080:s={size}:r=5"), "-pix_fmt yuv420p -qp 4");
        for (width, height) in [(1, 1), (7, 5), (480, 270)] {
            let mut scaler = Scaler::new(picture.shape().unwrap(), width, height, Pixels::Screen).unwrap();
            let mut out = vec![0; (width * height * 4) as usize];
            assert!(scaler.scale(&picture, &mut out, 0, width as usize * 4), "{size}");
            let off = out.chunks(4).flat_map(|pixel| &pixel[..3]).map(|byte| byte.abs_diff(0x80)).max();
            assert!(off < Some(12), "{size} to {width}x{height}: {off:?}");
        }
    }
}

#[test]
fn an_empty_picture_is_none_and_is_not_scaled() {
    let empty = Picture::empty().unwrap();
    assert!(empty.shape().is_none());
    let real = picture(Codec::H265, "testsrc=s=320x180:r=5", "-pix_fmt yuv420p");
    let mut scaler = Scaler::new(real.shape().unwrap(), 32, 18, Pixels::Screen).unwrap();
    assert!(!scaler.scale(&empty, &mut vec![0; 32 * 18 * 4], 0, 128));
}

#[test]
fn what_is_too_large_is_refused() {
    // An SPS of 16384 x 64 (Main, level 6.2), as an attacker would write it, costs an error and no memory.
    let mut bits = Bits::default();
    bits.put(100, 8).put(0, 8).put(62, 8).ue(0).ue(1).ue(0).ue(0).put(0, 2).ue(0).ue(0).ue(1).put(0, 1);
    bits.ue(16_384 / 16 - 1).ue(64 / 16 - 1).put(1, 1).put(1, 1).put(0, 1).put(0, 1).put(1, 1);
    let mut sps = vec![0x67];
    sps.extend(bits.bytes());
    let sets = annexb::parameter_sets(&[sps]);
    let mut decoder = Decoder::open(Codec::H264, &sets, false).unwrap();
    let mut picture = Picture::empty().unwrap();
    let mut packet = Packet::new(4).unwrap();
    packet.data_mut().copy_from_slice(&[0, 0, 1, 0x65]);
    let _ = decoder.send(&packet);
    assert!(!decoder.receive(&mut picture).unwrap_or(false));
    assert!(Decoder::open(Codec::Aac, &[], false).is_err());
}

#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn put(&mut self, value: u32, count: u32) -> &mut Self {
        self.0.extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
        self
    }

    fn ue(&mut self, value: u32) -> &mut Self {
        let length = 32 - (value + 1).leading_zeros();
        self.put(0, length - 1).put(value + 1, length)
    }

    fn bytes(&self) -> Vec<u8> {
        self.0
            .chunks(8)
            .map(|bits| (0..8).fold(0, |byte, at| byte << 1 | u8::from(bits.get(at) == Some(&true))))
            .collect()
    }
}
