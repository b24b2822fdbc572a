//! Filling shapes into an RGB picture: rectangles, polygons, ellipses, gradients, glows. Coordinates in pixels,
//! everything is clipped to the picture. Polygons and ellipses have soft left and right edges.

use super::roll::Touched;
use image::RgbImage;

/// Red, green, blue, 0-255 each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

impl Colour {
    /// A mix of two colours; `share` 0: `self`, 1: `other`.
    #[must_use]
    pub fn mix(self, other: Self, share: f32) -> Self {
        let one = |a: u8, b: u8| byte(f32::from(a) + (f32::from(b) - f32::from(a)) * share.clamp(0.0, 1.0));
        Self(one(self.0, other.0), one(self.1, other.1), one(self.2, other.2))
    }

    /// Brighter (factor above 1) or darker.
    #[must_use]
    pub fn times(self, factor: f32) -> Self {
        let one = |a: u8| byte(f32::from(a) * factor);
        Self(one(self.0), one(self.1), one(self.2))
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn byte(value: f32) -> u8 {
    value.clamp(0.0, 255.0).round() as u8
}

/// A picture that is being painted.
pub struct Canvas<'a> {
    bytes: &'a mut [u8],
    width: i32,
    height: i32,
    touched: Option<&'a mut Touched>,
}

impl<'a> Canvas<'a> {
    /// Paints into this picture.
    pub fn new(picture: &'a mut RgbImage) -> Self {
        let width = i32::try_from(picture.width()).unwrap_or(0);
        let height = i32::try_from(picture.height()).unwrap_or(0);
        Self { bytes: picture, width, height, touched: None }
    }

    /// As [`Canvas::new`], and marks what is painted.
    pub fn watched(picture: &'a mut RgbImage, touched: &'a mut Touched) -> Self {
        Self { touched: Some(touched), ..Self::new(picture) }
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> i32 {
        self.width
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> i32 {
        self.height
    }

    /// The bytes of a row between two columns, clipped.
    fn span(&mut self, y: i32, x0: i32, x1: i32) -> Option<&mut [u8]> {
        let (x0, x1) = (x0.clamp(0, self.width), x1.clamp(0, self.width));
        if y < 0 || y >= self.height || x0 >= x1 {
            return None;
        }
        let (y, x0, x1) = (usize::try_from(y).ok()?, usize::try_from(x0).ok()?, usize::try_from(x1).ok()?);
        if let Some(touched) = &mut self.touched {
            touched.mark(y, x0, x1);
        }
        let row = y * usize::try_from(self.width).ok()?;
        let (start, end) = ((row + x0) * 3, (row + x1) * 3);
        self.bytes.get_mut(start..end)
    }

    /// Blends one pixel; `share` 0-1.
    pub fn dot(&mut self, x: i32, y: i32, colour: Colour, share: f32) {
        if let Some([r, g, b]) = self.span(y, x, x + 1) {
            let mixed = Colour(*r, *g, *b).mix(colour, share);
            (*r, *g, *b) = (mixed.0, mixed.1, mixed.2);
        }
    }

    /// Adds light to one pixel.
    pub fn light(&mut self, x: i32, y: i32, colour: Colour, share: f32) {
        if let Some([r, g, b]) = self.span(y, x, x + 1) {
            *r = byte(f32::from(*r) + f32::from(colour.0) * share);
            *g = byte(f32::from(*g) + f32::from(colour.1) * share);
            *b = byte(f32::from(*b) + f32::from(colour.2) * share);
        }
    }

    fn fill(&mut self, y: i32, x0: i32, x1: i32, colour: Colour) {
        if let Some(span) = self.span(y, x0, x1) {
            for pixel in span.chunks_exact_mut(3) {
                pixel.copy_from_slice(&[colour.0, colour.1, colour.2]);
            }
        }
    }

    /// A rectangle; the right and lower edges are not part of it.
    pub fn rect(&mut self, x0: i32, y0: i32, x1: i32, y1: i32, colour: Colour) {
        for y in y0.max(0)..y1.min(self.height) {
            self.fill(y, x0, x1, colour);
        }
    }

    /// A row from `x0` to `x1` with soft ends.
    #[allow(clippy::cast_possible_truncation)]
    fn soft_row(&mut self, y: i32, x0: f32, x1: f32, colour: Colour) {
        if x1 <= x0 {
            return;
        }
        let (first, last) = (x0.floor() as i32, x1.floor() as i32);
        if first == last {
            self.dot(first, y, colour, x1 - x0);
            return;
        }
        self.dot(first, y, colour, 1.0 - x0.fract().abs());
        self.fill(y, first + 1, last, colour);
        self.dot(last, y, colour, x1.fract().abs());
    }

    /// A simple polygon.
    pub fn polygon(&mut self, points: &[(f32, f32)], colour: Colour) {
        self.rows(points, |canvas, y, x0, x1| canvas.soft_row(y, x0, x1, colour));
    }

    /// A simple polygon, mixed with what is there.
    #[allow(clippy::cast_possible_truncation)]
    pub fn tint(&mut self, points: &[(f32, f32)], colour: Colour, share: f32) {
        self.rows(points, |canvas, y, x0, x1| {
            for x in x0.round() as i32..x1.round() as i32 {
                canvas.dot(x, y, colour, share);
            }
        });
    }

    /// Calls `row` with each row of a simple polygon and where it begins and ends.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    fn rows(&mut self, points: &[(f32, f32)], mut row: impl FnMut(&mut Self, i32, f32, f32)) {
        let top = points.iter().map(|p| p.1).fold(f32::MAX, f32::min).floor().max(0.0) as i32;
        let bottom =
            points.iter().map(|p| p.1).fold(f32::MIN, f32::max).ceil().min(self.height as f32) as i32;
        let limit = (-1.0, self.width as f32 + 1.0);
        let mut crossings = [0.0_f32; 16];
        for y in top..bottom {
            let at = y as f32 + 0.5;
            let mut count = 0;
            for (index, a) in points.iter().enumerate() {
                let b = points[(index + 1) % points.len()];
                if (a.1 <= at) != (b.1 <= at) && count < crossings.len() {
                    crossings[count] = a.0 + (at - a.1) / (b.1 - a.1) * (b.0 - a.0);
                    count += 1;
                }
            }
            crossings[..count].sort_by(f32::total_cmp);
            for pair in crossings[..count].chunks_exact(2) {
                row(self, y, pair[0].clamp(limit.0, limit.1), pair[1].clamp(limit.0, limit.1));
            }
        }
    }

    /// A soft patch that is mixed in and falls off to nothing at its rim.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    pub fn haze(&mut self, x: f32, y: f32, rx: f32, ry: f32, colour: Colour, share: f32) {
        if rx < 0.5 || ry < 0.3 {
            return;
        }
        for row in (y - ry).floor().max(0.0) as i32..=(y + ry).ceil().min(self.height as f32) as i32 {
            for column in (x - rx).floor().max(0.0) as i32..=(x + rx).ceil().min(self.width as f32) as i32 {
                let (dx, dy) = ((column as f32 - x) / rx, (row as f32 - y) / ry);
                let distance = dx * dx + dy * dy;
                if distance < 1.0 {
                    self.dot(column, row, colour, share * (1.0 - distance * distance));
                }
            }
        }
    }

    /// A thin line that is mixed in.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    pub fn streak(&mut self, from: (f32, f32), to: (f32, f32), colour: Colour, share: f32) {
        let steps = (to.1 - from.1).abs().max((to.0 - from.0).abs()).ceil().max(1.0) as i32;
        for step in 0..steps {
            let part = step as f32 / steps as f32;
            let (x, y) = (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
            self.dot(x as i32, y as i32, colour, share);
        }
    }

    /// An ellipse around `(x, y)`.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    pub fn ellipse(&mut self, x: f32, y: f32, rx: f32, ry: f32, colour: Colour) {
        if ry <= 0.0 || rx <= 0.0 {
            return;
        }
        for row in (y - ry).floor() as i32..=(y + ry).ceil() as i32 {
            let part = (row as f32 + 0.5 - y) / ry;
            if part.abs() < 1.0 {
                let half = rx * (1.0 - part * part).sqrt();
                self.soft_row(row, x - half, x + half, colour);
            }
        }
    }

    /// A vertical gradient over whole rows.
    #[allow(clippy::cast_precision_loss)]
    pub fn gradient(&mut self, y0: i32, y1: i32, top: Colour, bottom: Colour) {
        for y in y0..y1 {
            let share = (y - y0) as f32 / (y1 - y0).max(1) as f32;
            self.fill(y, 0, self.width, top.mix(bottom, share));
        }
    }

    /// A round glow that adds light and falls off to nothing at its rim.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    pub fn glow(&mut self, x: f32, y: f32, rx: f32, ry: f32, colour: Colour, strength: f32) {
        if rx < 0.5 || ry < 0.5 {
            return;
        }
        let rows = (y - ry).floor().max(0.0) as i32..=(y + ry).ceil().min(self.height as f32) as i32;
        for row in rows {
            for column in (x - rx).floor().max(0.0) as i32..=(x + rx).ceil().min(self.width as f32) as i32 {
                let (dx, dy) = ((column as f32 - x) / rx, (row as f32 - y) / ry);
                let distance = dx * dx + dy * dy;
                if distance < 1.0 {
                    self.light(column, row, colour, strength * (1.0 - distance) * (1.0 - distance));
                }
            }
        }
    }

    /// A straight line of the given thickness.
    pub fn line(&mut self, from: (f32, f32), to: (f32, f32), thickness: f32, colour: Colour) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy).max(0.001);
        let (nx, ny) = (-dy / length * thickness / 2.0, dx / length * thickness / 2.0);
        self.polygon(
            &[
                (from.0 + nx, from.1 + ny),
                (to.0 + nx, to.1 + ny),
                (to.0 - nx, to.1 - ny),
                (from.0 - nx, from.1 - ny),
            ],
            colour,
        );
    }
}
