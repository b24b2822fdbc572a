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

/// A job of the library: from one size and layout to another.
struct Job(NonNull<ffi::SwsContext>);

/// One end of a job.
#[derive(Clone, Copy)]
struct End {
    width_px: u32,
    height_px: u32,
    format: ffi::AVPixelFormat,
    full_range: bool,
}

/// Where a picture's planes are, and how far apart their rows.
type Planes = ([*mut u8; 4], [c_int; 4]);

impl Job {
    /// None: the library refuses.
    fn new(from: End, to: End, matrix: c_int, flags: c_int) -> Option<Self> {
        let side = |px: u32| c_int::try_from(px).ok().filter(|px| (1..=8192).contains(px));
        // SAFETY: plain numbers and null pointers where optional; freed in `drop`. The coefficient tables are static.
        unsafe {
            let context = NonNull::new(ffi::sws_getContext(
                side(from.width_px)?,
                side(from.height_px)?,
                from.format,
                side(to.width_px)?,
                side(to.height_px)?,
                to.format,
                flags,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null(),
            ))?;
            let matrix = ffi::sws_getCoefficients(matrix);
            let (from, to) = (c_int::from(from.full_range), c_int::from(to.full_range));
            ffi::sws_setColorspaceDetails(context.as_ptr(), matrix, from, matrix, to, 0, 1 << 16, 1 << 16);
            Some(Self(context))
        }
    }

    /// How many rows it wrote; negative: it failed.
    ///
    /// # Safety
    /// The planes must hold pictures of the sizes and layouts that the job was made for; `rows` is the height that it
    /// comes from.
    unsafe fn run(&self, from: (*const *const u8, *const c_int), rows: u32, to: &Planes) -> c_int {
        let rows = c_int::try_from(rows).unwrap_or(0);
        // SAFETY: as the caller says.
        unsafe { ffi::sws_scale(self.0.as_ptr(), from.0, from.1, 0, rows, to.0.as_ptr(), to.1.as_ptr()) }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        // SAFETY: ours, once.
        unsafe { ffi::sws_freeContext(self.0.as_ptr()) }
    }
}

impl Shape {
    fn end(self) -> Option<End> {
        let Self { width_px, height_px, full_range, .. } = self;
        Some(End { width_px, height_px, format: known(self.format)?, full_range })
    }

    /// The same in another size, as plain 4:2:0.
    fn resized(self, width_px: u32, height_px: u32) -> End {
        let format = ffi::AVPixelFormat::AV_PIX_FMT_YUV420P;
        End { width_px, height_px, format, full_range: self.full_range }
    }
}

/// Makes smaller copies of pictures of one shape, to be scaled to the screen later without anybody seeing that they
/// went through it: same aspect, matrix and range.
pub struct Shrinker {
    job: Job,
    from: Shape,
    width_px: u32,
    height_px: u32,
}

impl Shrinker {
    /// None: the library refuses.
    pub fn new(from: Shape, width_px: u32, height_px: u32) -> Option<Self> {
        let to = from.resized(width_px, height_px);
        let job = Job::new(from.end()?, to, from.matrix, ffi::SWS_BILINEAR as c_int)?;
        Some(Self { job, from, width_px, height_px })
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
            let planes = (
                [to.data[0], to.data[1], to.data[2], ptr::null_mut()],
                [to.linesize[0], to.linesize[1], to.linesize[2], 0],
            );
            let from = (from.data.as_ptr().cast(), from.linesize.as_ptr());
            let done = self.job.run(from, self.from.height_px, &planes);
            (done == to.height).then_some(small)
        }
    }
}

/// Scales and converts pictures of one shape to one size.
pub struct Scaler {
    /// Straight to the pixels, or from `resized` on.
    job: Job,
    /// Resizes first: the library's loop that does both at once is slow, those that do one of them are not (640x360 to
    /// 472x264: 0.13 ms against 0.24).
    resized: Option<Resized>,
    from: Shape,
    width_px: u32,
    height_px: u32,
    pixels: Pixels,
    /// For sizes that the fast loops would write past: rows with room at their end.
    scratch: Vec<u8>,
}

/// A picture in its new size, before it is converted.
struct Resized {
    job: Job,
    /// Luma, then both chroma planes at these bytes.
    bytes: Vec<u8>,
    chroma: [usize; 2],
    stride: usize,
}

impl Resized {
    fn new(from: Shape, width_px: u32, height_px: u32, flags: c_int) -> Option<Self> {
        let job = Job::new(from.end()?, from.resized(width_px, height_px), from.matrix, flags)?;
        // Room for whole groups of pixels at the ends of rows and planes, and for the row that makes them even.
        let stride = (width_px as usize).next_multiple_of(64) + 64;
        let rows = height_px as usize + 2;
        let (luma, chroma) = (stride * rows, stride / 2 * (rows / 2 + 1));
        let bytes = vec![0; luma + 2 * chroma + 64];
        Some(Self { job, bytes, chroma: [luma, luma + chroma], stride })
    }

    /// Where its planes are.
    fn planes(&mut self) -> Planes {
        let luma = self.bytes.as_mut_ptr();
        let stride = |stride: usize| c_int::try_from(stride).unwrap_or(0);
        // SAFETY: both lie in `bytes`.
        let [first, second] = self.chroma.map(|at| unsafe { luma.add(at) });
        (
            [luma, first, second, ptr::null_mut()],
            [stride(self.stride), stride(self.stride / 2), stride(self.stride / 2), 0],
        )
    }

    /// An odd number of rows is made even by the last one again: the fast loop takes two at a time.
    fn even(&mut self, rows: usize) {
        if !rows.is_multiple_of(2) {
            self.bytes.copy_within((rows - 1) * self.stride..rows * self.stride, rows * self.stride);
        }
    }
}

impl Scaler {
    /// None: the library refuses.
    pub fn new(from: Shape, width_px: u32, height_px: u32, pixels: Pixels) -> Option<Self> {
        let to = match pixels {
            Pixels::Screen if cfg!(target_endian = "little") => ffi::AVPixelFormat::AV_PIX_FMT_BGRA,
            Pixels::Screen => ffi::AVPixelFormat::AV_PIX_FMT_ARGB,
            Pixels::Rgb => ffi::AVPixelFormat::AV_PIX_FMT_RGB24,
        };
        // A still is made once and looked at closely; a tile is made all the time. Where many rows become one, the
        // fast sums lose so much that the picture darkens.
        let tiny = from.height_px > 3 * height_px;
        let flags = match pixels {
            Pixels::Screen if tiny => ffi::SWS_BILINEAR | ffi::SWS_ACCURATE_RND,
            Pixels::Screen => ffi::SWS_BILINEAR,
            Pixels::Rgb => ffi::SWS_BICUBIC | ffi::SWS_ACCURATE_RND | ffi::SWS_FULL_CHR_H_INT,
        } as c_int;
        let screen = |width_px, height_px| End { width_px, height_px, format: to, full_range: true };
        let same_size = (from.width_px, from.height_px) == (width_px, height_px);
        // In a tiny picture half the colours' resolution would show.
        let (job, resized) = if pixels == Pixels::Screen && !same_size && !tiny {
            let resized = Resized::new(from, width_px, height_px, flags)?;
            let even = height_px.next_multiple_of(2);
            let plain = ffi::SWS_BILINEAR as c_int;
            let job = Job::new(from.resized(width_px, even), screen(width_px, even), from.matrix, plain)?;
            (job, Some(resized))
        } else {
            (Job::new(from.end()?, screen(width_px, height_px), from.matrix, flags)?, None)
        };
        Some(Self { job, resized, from, width_px, height_px, pixels, scratch: Vec::new() })
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
        // leave its last columns out; and they write rows by two.
        let plain = self.width_px.is_multiple_of(16) && (self.resized.is_none() || rows.is_multiple_of(2));
        if plain && self.pixels == Pixels::Screen {
            // SAFETY: `out` holds `rows` rows of `stride` bytes from `at` on (checked above).
            return unsafe { self.run(picture, out.as_mut_ptr().add(at), stride) };
        }
        let wide = (self.width_px as usize).next_multiple_of(32) * self.pixels.bytes() + 64;
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.resize(wide * (rows + 1) + 64, 0);
        // SAFETY: `scratch` holds one row of `wide` bytes more than `rows`, and room for whole groups.
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
    /// `out` must take `height_px` rows of `stride` bytes, made even if the picture is resized (the last one only as
    /// long as the picture is wide), and `picture` must be of the shape `from`.
    unsafe fn run(&mut self, picture: &Picture, out: *mut u8, stride: usize) -> bool {
        let frame = picture.frame();
        let from = (frame.data.as_ptr().cast(), frame.linesize.as_ptr());
        let stride = c_int::try_from(stride).unwrap_or(0);
        let out = ([out, ptr::null_mut(), ptr::null_mut(), ptr::null_mut()], [stride, 0, 0, 0]);
        let (height_px, rows) = (self.height_px, c_int::try_from(self.height_px).unwrap_or(-1));
        let Some(resized) = &mut self.resized else {
            // SAFETY: the frame's planes are as its shape says (the decoder's promise), the output as the caller says.
            return unsafe { self.job.run(from, self.from.height_px, &out) } == rows;
        };
        let planes = resized.planes();
        // SAFETY: as above; `planes` hold the new size with room to spare.
        if unsafe { resized.job.run(from, self.from.height_px, &planes) } != rows {
            return false;
        }
        resized.even(height_px as usize);
        let even = height_px.next_multiple_of(2);
        let (data, strides) = resized.planes();
        // SAFETY: as above; the planes were made even.
        let done = unsafe { self.job.run((data.as_ptr().cast(), strides.as_ptr()), even, &out) };
        done == c_int::try_from(even).unwrap_or(-1)
    }
}
