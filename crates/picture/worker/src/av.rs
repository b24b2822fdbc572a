//! The few calls of libavcodec and libswscale that are needed, behind safe types: packets, pictures, decoders,
//! scalers. Nearly all of the program's `unsafe` is here.
#![allow(unsafe_code)]

use easien_model::Codec;
use easien_picture::Part;
use ffmpeg_sys_next as ffi;
use std::ffi::c_int;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU64, Ordering};

mod scale;

pub use scale::{Pixels, Scaler, Shrinker};

/// Longest side of a picture, in pixels; larger ones are refused by the decoder.
pub const MAX_SIDE_PX: u32 = 8192;

/// Error number of "give me more" (`AVERROR(EAGAIN)`).
const AGAIN: c_int = -11;

/// What the libraries' log called an error, since the start.
static MURMURS: AtomicU64 = AtomicU64::new(0);

/// Silences the libraries: what goes wrong is counted and reported by stream, not by line. But their errors are
/// counted, for some are told nowhere else (a missing reference picture in H.265).
pub fn quiet() {
    // SAFETY: sets a number, and a function that only counts.
    unsafe {
        ffi::av_log_set_level(ffi::AV_LOG_QUIET as c_int);
        #[cfg(target_arch = "x86_64")]
        ffi::av_log_set_callback(Some(count_errors));
    }
}

/// # Safety
/// None of the pointers is used.
#[cfg(target_arch = "x86_64")]
unsafe extern "C" fn count_errors(
    _: *mut std::ffi::c_void,
    level: c_int,
    _: *const std::ffi::c_char,
    _: *mut ffi::__va_list_tag,
) {
    if level <= ffi::AV_LOG_ERROR as c_int {
        MURMURS.fetch_add(1, Ordering::Relaxed);
    }
}

/// How many errors the libraries logged so far.
pub fn murmurs() -> u64 {
    MURMURS.load(Ordering::Relaxed)
}

/// What a library call refused, as its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused(pub i32);

/// A coded access unit.
pub struct Packet(NonNull<ffi::AVPacket>);

impl Packet {
    /// A packet of `len` bytes with the padding that decoders read past the end. None: no memory.
    pub fn new(len: usize) -> Option<Self> {
        let len = c_int::try_from(len).ok()?;
        // SAFETY: allocation; freed in `drop`.
        let packet = Self(NonNull::new(unsafe { ffi::av_packet_alloc() })?);
        // SAFETY: a fresh packet.
        (unsafe { ffi::av_new_packet(packet.0.as_ptr(), len) } == 0).then_some(packet)
    }

    /// Its bytes.
    pub fn data_mut(&mut self) -> &mut [u8] {
        // SAFETY: `av_new_packet` allocated `size` bytes that nobody else refers to.
        unsafe {
            let packet = self.0.as_ref();
            std::slice::from_raw_parts_mut(packet.data, usize::try_from(packet.size).unwrap_or(0))
        }
    }

    /// Cuts it to `len` bytes.
    pub fn shrink(&mut self, len: usize) {
        if let Ok(len) = c_int::try_from(len) {
            // SAFETY: does nothing unless shorter; keeps the padding.
            unsafe { ffi::av_shrink_packet(self.0.as_ptr(), len) }
        }
    }

    /// Its bytes' number.
    pub fn len(&self) -> usize {
        // SAFETY: a live packet.
        usize::try_from(unsafe { self.0.as_ref() }.size).unwrap_or(0)
    }

    /// Sets the time that comes back with the picture.
    pub fn set_pts(&mut self, pts: i64) {
        // SAFETY: a live packet of our own.
        let packet = unsafe { self.0.as_mut() };
        packet.pts = pts;
        packet.dts = pts;
    }
}

impl Drop for Packet {
    fn drop(&mut self) {
        let mut packet = self.0.as_ptr();
        // SAFETY: ours, once.
        unsafe { ffi::av_packet_free(&raw mut packet) }
    }
}

/// How a picture's pixels are to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Width in pixels.
    pub width_px: u32,
    /// Height in pixels.
    pub height_px: u32,
    /// `AVPixelFormat`, with the old "full range" formats taken as their plain ones.
    format: c_int,
    /// 0 to 255 instead of 16 to 235.
    full_range: bool,
    /// `SWS_CS_...`.
    matrix: c_int,
}

/// How much of a side is cut away before and after the part, in pixels. Even, so that chroma samples stay whole.
fn cut(from: f64, length: f64, side: usize) -> (usize, usize) {
    const LEAST: usize = 16;
    let px = |share: f64| (share.clamp(0.0, 1.0) * side as f64).round() as usize;
    let before = px(from) & !1;
    let end = px(from + length).next_multiple_of(2).min(side);
    if end < before + LEAST {
        let before = before.min(side.saturating_sub(LEAST)) & !1;
        return (before, side - (before + LEAST).min(side));
    }
    (before, side - end)
}

/// A decoded picture.
pub struct Picture(NonNull<ffi::AVFrame>);

impl Picture {
    /// An empty one. None: no memory.
    pub fn empty() -> Option<Self> {
        // SAFETY: allocation; freed in `drop`.
        NonNull::new(unsafe { ffi::av_frame_alloc() }).map(Self)
    }

    fn frame(&self) -> &ffi::AVFrame {
        // SAFETY: a live frame that only `&mut self` changes.
        unsafe { self.0.as_ref() }
    }

    /// Another reference to the same pixels. None: no memory.
    pub fn another(&self) -> Option<Self> {
        // SAFETY: a live frame; the clone is a frame of its own that shares the buffers by their counts.
        NonNull::new(unsafe { ffi::av_frame_clone(self.0.as_ptr()) }).map(Self)
    }

    /// A part of it, as a picture of its own that shares the pixels. Its edges fall on whole chroma samples, and it is at
    /// least 16 pixels wide and high, or the whole side. None: no memory, or the library refuses.
    pub fn part(&self, part: Part) -> Option<Self> {
        let frame = self.frame();
        let (wide, high) = (usize::try_from(frame.width).ok()?, usize::try_from(frame.height).ok()?);
        let (left, right) = cut(part.x, part.w, wide);
        let (top, bottom) = cut(part.y, part.h, high);
        let mut cropped = self.another()?;
        // SAFETY: a frame of our own; what is cut away leaves at least one pixel (see `cut`), and the library checks it
        // again. Unaligned: the scaler reads rows from anywhere.
        let done = unsafe {
            let frame = cropped.0.as_mut();
            (frame.crop_left, frame.crop_right) = (left, right);
            (frame.crop_top, frame.crop_bottom) = (top, bottom);
            ffi::av_frame_apply_cropping(frame, ffi::AV_FRAME_CROP_UNALIGNED as c_int)
        };
        (done >= 0).then_some(cropped)
    }

    /// Memory that its pixels hold, in bytes.
    pub fn held_bytes(&self) -> usize {
        let buffers = self.frame().buf.iter().filter(|buffer| !buffer.is_null());
        // SAFETY: the buffers of a live frame.
        buffers.map(|buffer| unsafe { (**buffer).size }).sum()
    }

    /// Presentation time, as set on its packet.
    pub fn pts(&self) -> i64 {
        self.frame().pts
    }

    /// The decoder says that something in it is not as it was sent.
    pub fn is_damaged(&self) -> bool {
        let frame = self.frame();
        frame.decode_error_flags != 0 || frame.flags & ffi::AV_FRAME_FLAG_CORRUPT != 0
    }

    /// Width to height as it is to be shown, by sizes and sample aspect ratio.
    pub fn aspect(&self) -> f64 {
        let frame = self.frame();
        let sar = frame.sample_aspect_ratio;
        let pixel = if sar.num > 0 && sar.den > 0 { f64::from(sar.num) / f64::from(sar.den) } else { 1.0 };
        // Some cameras write nonsense here; a pixel is not eight times as wide as high.
        let pixel = if (0.125..=8.0).contains(&pixel) { pixel } else { 1.0 };
        f64::from(frame.width.max(1)) / f64::from(frame.height.max(1)) * pixel
    }

    /// None: not a picture that can be scaled (no format, no data, too large, an unknown format).
    pub fn shape(&self) -> Option<Shape> {
        let frame = self.frame();
        let (width_px, height_px) = (u32::try_from(frame.width).ok()?, u32::try_from(frame.height).ok()?);
        let side = 1..=MAX_SIDE_PX;
        if !side.contains(&width_px)
            || !side.contains(&height_px)
            || frame.data[0].is_null()
            || frame.linesize[0] <= 0
        {
            return None;
        }
        use ffi::AVPixelFormat as F;
        let yuvj = [
            (F::AV_PIX_FMT_YUVJ420P, F::AV_PIX_FMT_YUV420P),
            (F::AV_PIX_FMT_YUVJ422P, F::AV_PIX_FMT_YUV422P),
            (F::AV_PIX_FMT_YUVJ444P, F::AV_PIX_FMT_YUV444P),
        ];
        let full = yuvj.iter().find(|(old, _)| *old as c_int == frame.format);
        let format = full.map_or(frame.format, |(_, plain)| *plain as c_int);
        known(format)?;
        // SAFETY: both are plain C enums of `c_int`'s size. They are read as numbers, because the library may know
        // values that the bindings do not.
        let (range, space) = unsafe {
            (
                (&raw const frame.color_range).cast::<c_int>().read(),
                (&raw const frame.colorspace).cast::<c_int>().read(),
            )
        };
        let matrix = match space {
            1 => 1,                     // BT.709
            4 => 4,                     // FCC
            5 | 6 => 5,                 // BT.601
            7 => 7,                     // SMPTE 240M
            9 | 10 => 9,                // BT.2020
            _ if height_px >= 720 => 1, // not said: as usual for the size
            _ => 5,
        };
        Some(Shape { width_px, height_px, format, full_range: full.is_some() || range == 2, matrix })
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        let mut frame = self.0.as_ptr();
        // SAFETY: ours, once.
        unsafe { ffi::av_frame_free(&raw mut frame) }
    }
}

/// The formats that H.264 and H.265 decoders give, as swscale takes them.
fn known(format: c_int) -> Option<ffi::AVPixelFormat> {
    use ffi::AVPixelFormat as F;
    [
        F::AV_PIX_FMT_YUV420P,
        F::AV_PIX_FMT_NV12,
        F::AV_PIX_FMT_YUV422P,
        F::AV_PIX_FMT_YUV444P,
        F::AV_PIX_FMT_GRAY8,
        F::AV_PIX_FMT_GRAY10LE,
        F::AV_PIX_FMT_GRAY12LE,
        F::AV_PIX_FMT_YUV420P9LE,
        F::AV_PIX_FMT_YUV422P9LE,
        F::AV_PIX_FMT_YUV444P9LE,
        F::AV_PIX_FMT_YUV420P10LE,
        F::AV_PIX_FMT_YUV422P10LE,
        F::AV_PIX_FMT_YUV444P10LE,
        F::AV_PIX_FMT_YUV420P12LE,
        F::AV_PIX_FMT_YUV422P12LE,
        F::AV_PIX_FMT_YUV444P12LE,
        F::AV_PIX_FMT_YUV420P14LE,
        F::AV_PIX_FMT_GBRP,
        F::AV_PIX_FMT_GBRP10LE,
    ]
    .into_iter()
    .find(|known| *known as c_int == format)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Full,
    Light,
    Patient,
}

/// A decoder of one stream, on the caller's thread.
pub struct Decoder(NonNull<ffi::AVCodecContext>);

impl Decoder {
    /// Opens one. `parameter_sets` are behind start codes and may be empty (they then come in the stream); `light`
    /// leaves the loop filter out.
    ///
    /// # Errors
    /// The library's refusal, e.g. of a codec that it was built without.
    pub fn open(codec: Codec, parameter_sets: &[u8], light: bool) -> Result<Self, Refused> {
        let how = if light { How::Light } else { How::Full };
        Self::open_as(codec, parameter_sets, how)
    }

    /// As [`Decoder::open`], for a stream that is known to reorder its pictures: it waits for as many as could still
    /// come between, also where the stream does not say how many these are.
    ///
    /// # Errors
    /// As [`Decoder::open`].
    pub fn open_patient(codec: Codec, parameter_sets: &[u8]) -> Result<Self, Refused> {
        Self::open_as(codec, parameter_sets, How::Patient)
    }

    fn open_as(codec: Codec, parameter_sets: &[u8], how: How) -> Result<Self, Refused> {
        Self::open_with(codec, parameter_sets, how).or_else(|refused| {
            // Wrong parameter sets in the SDP are common; those in the stream may be right.
            if parameter_sets.is_empty() { Err(refused) } else { Self::open_with(codec, &[], how) }
        })
    }

    fn open_with(codec: Codec, parameter_sets: &[u8], how: How) -> Result<Self, Refused> {
        let id = match codec {
            Codec::H264 => ffi::AVCodecID::AV_CODEC_ID_H264,
            Codec::H265 => ffi::AVCodecID::AV_CODEC_ID_HEVC,
            Codec::Aac | Codec::Pcmu | Codec::Pcma => return Err(Refused(-22)),
        };
        // SAFETY: a look-up, then an allocation that `drop` frees.
        let (codec_found, context) = unsafe {
            let found = ffi::avcodec_find_decoder(id);
            (
                found,
                NonNull::new(if found.is_null() {
                    ptr::null_mut()
                } else {
                    ffi::avcodec_alloc_context3(found)
                }),
            )
        };
        let mut decoder = Self(context.ok_or(Refused(-12))?);
        // SAFETY: a fresh context of our own; the extradata is allocated as the library wants it and freed by it.
        unsafe {
            let context = decoder.0.as_mut();
            context.thread_count = 1;
            if how == How::Patient {
                // Otherwise the order is found out as it goes, and each finding costs a picture.
                context.strict_std_compliance = ffi::FF_COMPLIANCE_STRICT as c_int;
            } else {
                // H.264: no waiting for a reordering that a stream without B frames never does.
                context.flags |= ffi::AV_CODEC_FLAG_LOW_DELAY as c_int;
            }
            context.pkt_timebase = ffi::AVRational { num: 1, den: 90_000 };
            context.max_pixels = i64::from(MAX_SIDE_PX) * i64::from(MAX_SIDE_PX);
            if codec == Codec::H265 {
                // Otherwise a picture with half its slices lost is given out as if it were whole.
                context.err_recognition |= ffi::AV_EF_EXPLODE as c_int;
            }
            if how == How::Light {
                context.skip_loop_filter = ffi::AVDiscard::AVDISCARD_ALL;
            }
            if !parameter_sets.is_empty() {
                let padding = ffi::AV_INPUT_BUFFER_PADDING_SIZE as usize;
                let bytes = ffi::av_mallocz(parameter_sets.len() + padding).cast::<u8>();
                if bytes.is_null() {
                    return Err(Refused(-12));
                }
                ptr::copy_nonoverlapping(parameter_sets.as_ptr(), bytes, parameter_sets.len());
                context.extradata = bytes;
                context.extradata_size = c_int::try_from(parameter_sets.len()).unwrap_or(0);
            }
            match ffi::avcodec_open2(decoder.0.as_ptr(), codec_found, ptr::null_mut()) {
                0 => Ok(decoder),
                error => Err(Refused(error)),
            }
        }
    }

    /// Gives it an access unit. The pictures that come of it must be received before the next.
    ///
    /// # Errors
    /// The bits are not decodable.
    pub fn send(&mut self, packet: &Packet) -> Result<(), Refused> {
        // SAFETY: an open context and a packet with padding.
        match unsafe { ffi::avcodec_send_packet(self.0.as_ptr(), packet.0.as_ptr()) } {
            0 => Ok(()),
            error => Err(Refused(error)),
        }
    }

    /// Receives a picture into `into`; false: no more for now, and `into` is empty then.
    ///
    /// # Errors
    /// The bits are not decodable.
    pub fn receive(&mut self, into: &mut Picture) -> Result<bool, Refused> {
        // SAFETY: an open context and a frame of our own.
        match unsafe { ffi::avcodec_receive_frame(self.0.as_ptr(), into.0.as_ptr()) } {
            0 => Ok(true),
            AGAIN => Ok(false),
            error if error == ffi::AVERROR_EOF => Ok(false),
            error => Err(Refused(error)),
        }
    }

    /// Says that no more comes: the pictures held back can be received.
    pub fn finish(&mut self) {
        // SAFETY: an open context; a null packet means the end.
        unsafe { ffi::avcodec_send_packet(self.0.as_ptr(), ptr::null()) };
    }

    /// Forgets everything received: what follows begins with a key frame.
    pub fn flush(&mut self) {
        // SAFETY: an open context.
        unsafe { ffi::avcodec_flush_buffers(self.0.as_ptr()) }
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        let mut context = self.0.as_ptr();
        // SAFETY: ours, once; frees the extradata too.
        unsafe { ffi::avcodec_free_context(&raw mut context) }
    }
}

#[cfg(test)]
mod tests;
