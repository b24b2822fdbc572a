//! What a sequence parameter set says about the picture: size after cropping and declared pictures per second.
//! Everything here is bounded: the bytes come from a camera.

pub(crate) mod h264;
pub(crate) mod h265;

/// Larger pictures than this on a side are taken for a damaged parameter set.
pub(crate) const MOST_SIDE_PX: u32 = 16_384;

/// Longest parameter set that is looked at, in bytes.
pub(crate) const MOST_SET_BYTES: usize = 4096;

/// A picture's size and rate.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Picture {
    /// After cropping.
    pub(crate) width_px: u32,
    /// After cropping.
    pub(crate) height_px: u32,
    /// Pictures per second, if the set declares them.
    pub(crate) fps: Option<f32>,
}

/// Coded size less cropping; `None` when nothing is left or it is beyond the bound.
fn cropped(size_px: u32, crop_px: u64) -> Option<u32> {
    let left = u64::from(size_px).checked_sub(crop_px)?;
    u32::try_from(left).ok().filter(|left| (1..=MOST_SIDE_PX).contains(left))
}

/// Ticks and scale to pictures per second; `None` unless plausible.
#[allow(clippy::cast_possible_truncation)]
fn rate(time_scale: u32, units_in_tick: u32, ticks_per_picture: u32) -> Option<f32> {
    if time_scale == 0 || units_in_tick == 0 {
        return None;
    }
    let fps = f64::from(time_scale) / f64::from(units_in_tick) / f64::from(ticks_per_picture);
    (0.05..=480.0).contains(&fps).then_some(fps as f32)
}
