//! Rectangles in device pixels, and the one way CSS pixels become them. Nothing here knows a window.

use serde::Deserialize;

/// No side of a tile is larger than this, in device pixels: what the page says is bounded before memory is asked for.
const SIDE_MOST_PX: f64 = 16_384.0;

/// A rectangle in CSS pixels, relative to the page's top left corner.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct CssRect {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

/// A rectangle in device pixels, relative to the page's top left corner. Width and height are at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PxRect {
    /// Left edge.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// Width.
    pub w: i32,
    /// Height.
    pub h: i32,
}

impl CssRect {
    /// Rounds each edge by itself, so that two rectangles that touch in CSS pixels touch in device pixels. None for
    /// what is empty, not a number or out of bounds.
    #[must_use]
    pub fn to_px(self, scale: f64) -> Option<PxRect> {
        self.edges(scale, f64::round)
    }

    /// As [`CssRect::to_px`], but outward: every device pixel that is touched. For occluders.
    #[must_use]
    pub fn to_px_outward(self, scale: f64) -> Option<PxRect> {
        let inner = CssRect { x: (self.x * scale).floor(), y: (self.y * scale).floor(), ..self };
        let right = ((self.x + self.w) * scale).ceil();
        let bottom = ((self.y + self.h) * scale).ceil();
        CssRect { w: right - inner.x, h: bottom - inner.y, ..inner }.edges(1.0, f64::round)
    }

    fn edges(self, scale: f64, round: fn(f64) -> f64) -> Option<PxRect> {
        let left = round(self.x * scale);
        let top = round(self.y * scale);
        let right = round((self.x + self.w) * scale);
        let bottom = round((self.y + self.h) * scale);
        let (w, h) = (right - left, bottom - top);
        let fits = [left, top, right, bottom].iter().all(|edge| edge.abs() <= 4.0 * SIDE_MOST_PX)
            && (1.0..=SIDE_MOST_PX).contains(&w)
            && (1.0..=SIDE_MOST_PX).contains(&h);
        // Whole numbers within +-65536 after the check above: the casts lose nothing. NaN fails the comparison.
        #[allow(clippy::cast_possible_truncation)]
        fits.then_some(PxRect { x: left as i32, y: top as i32, w: w as i32, h: h as i32 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn touching_rectangles_touch_in_device_pixels(
            x in -100.0..4000.0f64, w in 1.0..500.0f64, next in 1.0..500.0f64, scale in 1.0..3.0f64,
        ) {
            let left = CssRect { x, y: 0.0, w, h: 10.0 }.to_px(scale).expect("fits");
            let right = CssRect { x: x + w, y: 0.0, w: next, h: 10.0 }.to_px(scale).expect("fits");
            prop_assert_eq!(left.x + left.w, right.x);
        }

        #[test]
        fn outward_covers(x in -100.0..4000.0f64, w in 0.5..500.0f64, scale in 1.0..3.0f64) {
            let px = CssRect { x, y: 0.0, w, h: 10.0 }.to_px_outward(scale).expect("fits");
            prop_assert!(f64::from(px.x) <= x * scale);
            prop_assert!(f64::from(px.x + px.w) >= (x + w) * scale - 1e-6);
            prop_assert!(f64::from(px.w) < w * scale + 2.0);
        }
    }

    #[test]
    fn nonsense_has_no_rectangle() {
        for bad in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e9] {
            assert_eq!(CssRect { x: 0.0, y: 0.0, w: bad, h: 10.0 }.to_px(1.0), None, "{bad}");
        }
        assert_eq!(CssRect { x: f64::NAN, y: 0.0, w: 1.0, h: 1.0 }.to_px(1.0), None);
        assert_eq!(CssRect { x: 0.0, y: 0.0, w: 1.0, h: 1.0 }.to_px(f64::NAN), None);
    }
}
