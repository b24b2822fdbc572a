//! Scaling: to the screen's pixels, and to smaller pictures that are kept.

use super::{Picture, Shape, known};
use ffmpeg_sys_next as ffi;
use std::ffi::c_int;
use std::ptr::{self, NonNull};

/// Layout of the pixels scaled to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pixels {
    /// 0xffRRGGBB in native order.
    Screen,
    /// R, G, B.
    Rgb,
}

impl Pixels {
    /// Bytes of a pixel.
    pub fn bytes(self) -> usize {
        match self {
            Self::Screen => 4,
            Self::Rgb => 3,
        }
    }
}

/// Makes smaller copies of pictures of one shape, to be scaled to the screen later without anybody seeing that they
/// went through it: same aspect, matrix and range.
pub struct Shrinker {
    context: NonNull<ffi::SwsContext>,
    from: Shape,
    width_px: u32,
    height_px: u32,
}

impl Shrinker {
    /// None: the library refuses.
    pub fn new(from: Shape, width_px: u32, height_px: u32) -> Option<Self> {
        let side = |px: u32| c_int::try_from(px).ok().filter(|px| (1..=8192).contains(px));
        // SAFETY: plain numbers and null pointers where optional; freed in `drop`.
        let context = NonNull::new(unsafe {
            ffi::sws_getContext(
                side(from.width_px)?,
                side(from.height_px)?,
                known(from.format)?,
                side(width_px)?,
                side(height_px)?,
                ffi::AVPixelFormat::AV_PIX_FMT_YUV420P,
                ffi::SWS_BILINEAR as c_int,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null(),
            )
        })?;
        // SAFETY: a fresh context; the tables are static. From and to the same matrix and range: no conversion.
        unsafe {
            let matrix = ffi::sws_getCoefficients(from.matrix);
            let range = c_int::from(from.full_range);
            ffi::sws_setColorspaceDetails(
                context.as_ptr(),
                matrix,
                range,
                matrix,
                range,
                0,
                1 << 16,
                1 << 16,
            );
        }
        Some(Self { context, from, width_px, height_px })
    }

    /// Whether it does that job.
    pub fn fits(&self, from: Shape, width_px: u32, height_px: u32) -> bool {
        self.from == from && self.width_px == width_px && self.height_px == height_px
    }

    /// A smaller copy. None: no memory, or a picture of another shape.
    pub fn shrink(&mut self, picture: &Picture) -> Option<Picture> {
        if picture.shape() != Some(self.from) {
            return None;
        }
        let mut small = Picture::empty()?;
        let aspect = picture.aspect() * f64::from(self.height_px) / f64::from(self.width_px);
        // SAFETY: a fresh frame of our own gets its buffers from the library; enums are written as the numbers that
        // they are.
        unsafe {
            let frame = small.0.as_mut();
            frame.width = c_int::try_from(self.width_px).ok()?;
            frame.height = c_int::try_from(self.height_px).ok()?;
            frame.format = ffi::AVPixelFormat::AV_PIX_FMT_YUV420P as c_int;
            frame.sample_aspect_ratio = ffi::av_d2q(aspect, 1 << 16);
            (&raw mut frame.colorspace).cast::<c_int>().write(self.from.matrix);
            (&raw mut frame.color_range).cast::<c_int>().write(if self.from.full_range { 2 } else { 1 });
            if ffi::av_frame_get_buffer(small.0.as_ptr(), 0) != 0 {
                return None;
            }
            let (from, to) = (picture.frame(), small.0.as_mut());
            let done = ffi::sws_scale(
                self.context.as_ptr(),
                from.data.as_ptr().cast(),
                from.linesize.as_ptr(),
                0,
                c_int::try_from(self.from.height_px).ok()?,
                to.data.as_ptr(),
                to.linesize.as_ptr(),
            );
            (done == to.height).then_some(small)
        }
    }
}

impl Drop for Shrinker {
    fn drop(&mut self) {
        // SAFETY: ours, once.
        unsafe { ffi::sws_freeContext(self.context.as_ptr()) }
    }
}

/// Scales and converts pictures of one shape to one size.
pub struct Scaler {
    context: NonNull<ffi::SwsContext>,
    from: Shape,
    width_px: u32,
    height_px: u32,
    pixels: Pixels,
    /// For sizes that the fast loops would write past: rows with room at their end.
    scratch: Vec<u8>,
}

impl Scaler {
    /// None: the library refuses.
    pub fn new(from: Shape, width_px: u32, height_px: u32, pixels: Pixels) -> Option<Self> {
        let side = |px: u32| c_int::try_from(px).ok().filter(|px| (1..=8192).contains(px));
        let to = match pixels {
            Pixels::Screen if cfg!(target_endian = "little") => ffi::AVPixelFormat::AV_PIX_FMT_BGRA,
            Pixels::Screen => ffi::AVPixelFormat::AV_PIX_FMT_ARGB,
            Pixels::Rgb => ffi::AVPixelFormat::AV_PIX_FMT_RGB24,
        };
        // A still is made once and looked at closely; a tile is made all the time. Where many rows become one, the
        // fast sums lose so much that the picture darkens.
        let flags = match pixels {
            Pixels::Screen if from.height_px > 3 * height_px => ffi::SWS_BILINEAR | ffi::SWS_ACCURATE_RND,
            Pixels::Screen => ffi::SWS_BILINEAR,
            Pixels::Rgb => ffi::SWS_BICUBIC | ffi::SWS_ACCURATE_RND | ffi::SWS_FULL_CHR_H_INT,
        } as c_int;
        // SAFETY: plain numbers and null pointers where optional; freed in `drop`. The coefficient tables are static.
        unsafe {
            let context = NonNull::new(ffi::sws_getContext(
                side(from.width_px)?,
                side(from.height_px)?,
                known(from.format)?,
                side(width_px)?,
                side(height_px)?,
                to,
                flags,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null(),
            ))?;
            let matrix = ffi::sws_getCoefficients(from.matrix);
            let range = c_int::from(from.full_range);
            ffi::sws_setColorspaceDetails(context.as_ptr(), matrix, range, matrix, 1, 0, 1 << 16, 1 << 16);
            Some(Self { context, from, width_px, height_px, pixels, scratch: Vec::new() })
        }
    }

    /// Whether it does that job.
    pub fn fits(&self, from: Shape, width_px: u32, height_px: u32) -> bool {
        self.from == from && self.width_px == width_px && self.height_px == height_px
    }

    /// Scales `picture` into `out` with its upper left corner at byte `at` and rows `stride` bytes apart. False: it
    /// does not fit, nothing was written.
    pub fn scale(&mut self, picture: &Picture, out: &mut [u8], at: usize, stride: usize) -> bool {
        let row = self.width_px as usize * self.pixels.bytes();
        let rows = self.height_px as usize;
        let fits = row <= stride
            && (rows - 1)
                .checked_mul(stride)
                .and_then(|n| n.checked_add(at + row))
                .is_some_and(|n| n <= out.len());
        if picture.shape() != Some(self.from) || !fits {
            return false;
        }
        // The library's fast loops write whole groups of pixels and would touch what is right of the picture, or
        // leave its last columns out.
        if self.width_px.is_multiple_of(16) && self.pixels == Pixels::Screen {
            // SAFETY: `out` holds `rows` rows of `stride` bytes from `at` on (checked above).
            return unsafe { self.run(picture, out.as_mut_ptr().add(at), stride) };
        }
        let wide = (self.width_px as usize).next_multiple_of(32) * self.pixels.bytes() + 64;
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.resize(wide * rows + 64, 0);
        // SAFETY: `scratch` holds `rows` rows of `wide` bytes, and room for whole groups.
        let done = unsafe { self.run(picture, scratch.as_mut_ptr(), wide) };
        if done {
            for (from, to) in
                scratch.chunks(wide).zip(out.get_mut(at..).unwrap_or_default().chunks_mut(stride)).take(rows)
            {
                if let (Some(from), Some(to)) = (from.get(..row), to.get_mut(..row)) {
                    to.copy_from_slice(from);
                }
            }
        }
        self.scratch = scratch;
        done
    }

    /// # Safety
    /// `out` must take `height_px` rows of `stride` bytes (the last one only as long as the picture is wide), and
    /// `picture` must be of the shape `from`.
    unsafe fn run(&mut self, picture: &Picture, out: *mut u8, stride: usize) -> bool {
        let frame = picture.frame();
        let planes = [out, ptr::null_mut(), ptr::null_mut(), ptr::null_mut()];
        let strides = [c_int::try_from(stride).unwrap_or(0), 0, 0, 0];
        let rows = c_int::try_from(self.from.height_px).unwrap_or(0);
        // SAFETY: the frame's planes are as its shape says (the decoder's promise), the output as the caller says.
        let done = unsafe {
            ffi::sws_scale(
                self.context.as_ptr(),
                frame.data.as_ptr().cast(),
                frame.linesize.as_ptr(),
                0,
                rows,
                planes.as_ptr(),
                strides.as_ptr(),
            )
        };
        done == c_int::try_from(self.height_px).unwrap_or(-1)
    }
}

impl Drop for Scaler {
    fn drop(&mut self) {
        // SAFETY: ours, once.
        unsafe { ffi::sws_freeContext(self.context.as_ptr()) }
    }
}
