//! How a camera looks at its road: a pinhole above the ground, and the light of the hour. Metres in, pixels out.

use super::paint::{Canvas, Colour};

/// Small random numbers from a seed: the same scene every time.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// From a camera's number and a purpose.
    #[must_use]
    pub fn new(camera: u16, purpose: u64) -> Self {
        Self(
            u64::from(camera).wrapping_mul(0x9e37_79b9_7f4a_7c15)
                ^ purpose.wrapping_mul(0xbf58_476d_1ce4_e5b9),
        )
    }

    /// 0 to 1.
    #[allow(clippy::cast_precision_loss)]
    pub fn unit(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 40) as f32 / 16_777_216.0
    }

    /// Between two numbers.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// One of some.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[((self.unit() * of.len() as f32) as usize).min(of.len() - 1)]
    }
}

/// The hour and the weather.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hour {
    /// Blue sky.
    Clear,
    /// Grey sky.
    Overcast,
    /// The sun is low.
    Dusk,
    /// Street lamps and headlights.
    Night,
}

/// What falls on things.
#[derive(Clone, Copy, Debug)]
pub struct Light {
    /// The hour.
    pub hour: Hour,
    /// It rains.
    pub rain: bool,
    ambient: (f32, f32, f32),
    haze: Colour,
    haze_m: f32,
}

impl Light {
    /// The light of an hour.
    #[must_use]
    pub fn new(hour: Hour, rain: bool) -> Self {
        let (ambient, haze, haze_m) = match hour {
            Hour::Clear => ((1.0, 0.99, 0.96), Colour(196, 210, 222), 420.0),
            Hour::Overcast => ((0.84, 0.86, 0.88), Colour(182, 188, 192), 260.0),
            Hour::Dusk => ((0.80, 0.62, 0.54), Colour(214, 150, 110), 300.0),
            Hour::Night => ((0.34, 0.36, 0.46), Colour(24, 30, 44), 190.0),
        };
        Self { hour, rain, ambient, haze, haze_m: if rain { haze_m * 0.55 } else { haze_m } }
    }

    /// A thing's colour at a distance.
    #[must_use]
    pub fn on(&self, colour: Colour, z_m: f32) -> Colour {
        let lit = Colour(
            channel(f32::from(colour.0) * self.ambient.0),
            channel(f32::from(colour.1) * self.ambient.1),
            channel(f32::from(colour.2) * self.ambient.2),
        );
        lit.mix(self.haze, 1.0 - (-z_m.max(0.0) / self.haze_m).exp())
    }

    /// Lamps are on.
    #[must_use]
    pub fn lamps(&self) -> bool {
        matches!(self.hour, Hour::Night | Hour::Dusk)
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn channel(value: f32) -> u8 {
    value.clamp(0.0, 255.0) as u8
}

/// The camera: `x` metres right of the road's middle, `y` metres up, `z` metres away.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// Where the road vanishes, in pixels.
    pub vanish_x: f32,
    /// The horizon, in pixels from the top.
    pub horizon_y: f32,
    focal_px: f32,
    height_m: f32,
    bend: f32,
}

/// Nothing nearer than this is drawn, in metres.
const NEAREST_M: f32 = 2.5;

impl View {
    /// For a picture of this size. `at` is where the road vanishes (0-1 of the width), `bend` how it curves.
    #[must_use]
    pub fn new(width: f32, height: f32, at: f32, horizon: f32, height_m: f32, bend: f32) -> Self {
        Self { vanish_x: width * at, horizon_y: height * horizon, focal_px: width * 0.78, height_m, bend }
    }

    /// Pixels per metre at a distance.
    #[must_use]
    pub fn scale(&self, z: f32) -> f32 {
        self.focal_px / z.max(NEAREST_M)
    }

    /// Where a point is in the picture.
    #[must_use]
    pub fn point(&self, x: f32, y: f32, z: f32) -> (f32, f32) {
        let scale = self.scale(z);
        let bent = x + self.bend * z * z;
        (self.vanish_x + bent * scale, self.horizon_y + (self.height_m - y) * scale)
    }

    /// A flat shape in space.
    pub fn shape<const N: usize>(&self, canvas: &mut Canvas, points: [(f32, f32, f32); N], colour: Colour) {
        canvas.polygon(&points.map(|(x, y, z)| self.point(x, y, z)), colour);
    }

    /// A rectangle that faces the camera.
    pub fn facing(&self, canvas: &mut Canvas, x: (f32, f32), y: (f32, f32), z: f32, colour: Colour) {
        self.shape(canvas, [(x.0, y.0, z), (x.1, y.0, z), (x.1, y.1, z), (x.0, y.1, z)], colour);
    }

    /// A rectangle along the road, standing.
    pub fn along(&self, canvas: &mut Canvas, x: f32, y: (f32, f32), z: (f32, f32), colour: Colour) {
        self.shape(canvas, [(x, y.0, z.0), (x, y.0, z.1), (x, y.1, z.1), (x, y.1, z.0)], colour);
    }

    /// A rectangle lying at a height.
    pub fn lying(&self, canvas: &mut Canvas, x: (f32, f32), y: f32, z: (f32, f32), colour: Colour) {
        self.shape(canvas, [(x.0, y, z.0), (x.1, y, z.0), (x.1, y, z.1), (x.0, y, z.1)], colour);
    }

    /// A box: top, the side towards the camera, the near face, in shades of one colour.
    pub fn block(&self, canvas: &mut Canvas, x: (f32, f32), y: (f32, f32), z: (f32, f32), colour: Colour) {
        if y.1 < self.height_m {
            self.lying(canvas, x, y.1, z, colour.times(1.12));
        }
        let middle = -self.bend * z.0 * z.0;
        if x.1 < middle {
            self.along(canvas, x.1, y, z, colour.times(0.82));
        } else if x.0 > middle {
            self.along(canvas, x.0, y, z, colour.times(0.82));
        }
        self.facing(canvas, x, y, z.0, colour);
    }

    /// A soft shadow on the ground.
    pub fn shadow(&self, canvas: &mut Canvas, x: (f32, f32), z: (f32, f32), strength: f32) {
        let points = [(x.0, z.0), (x.1, z.0), (x.1, z.1), (x.0, z.1)].map(|(x, z)| self.point(x, 0.0, z));
        canvas.tint(&points, Colour(8, 10, 14), strength);
    }
}
