//! What does not move behind and under everything: sky, hills, ground, the road and its marks.

use super::paint::{Canvas, Colour};
use super::view::{Dice, Hour, Light, View};
use super::{HALF_ROAD_M, Place};

/// Sky, clouds and hills.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
pub fn sky(canvas: &mut Canvas, view: &View, light: &Light, dice: &mut Dice) {
    let (top, bottom) = match light.hour {
        Hour::Clear => (Colour(74, 128, 190), Colour(196, 216, 230)),
        Hour::Overcast => (Colour(142, 150, 158), Colour(198, 203, 206)),
        Hour::Dusk => (Colour(72, 78, 124), Colour(246, 168, 104)),
        Hour::Night => (Colour(10, 13, 28), Colour(38, 46, 68)),
    };
    let (width, horizon) = (canvas.width() as f32, view.horizon_y);
    canvas.gradient(0, horizon as i32 + 1, top, bottom);
    if light.hour == Hour::Night {
        for _ in 0..40 {
            let (x, y) = (dice.between(0.0, width) as i32, dice.between(0.0, horizon * 0.9) as i32);
            canvas.dot(x, y, Colour(210, 216, 235), dice.between(0.2, 0.7));
        }
    } else {
        let cloud = if light.hour == Hour::Dusk { Colour(252, 196, 150) } else { Colour(246, 248, 250) };
        for _ in 0..5 {
            let (x, y) = (dice.between(0.0, width), dice.between(horizon * 0.15, horizon * 0.75));
            let size = dice.between(0.03, 0.07) * width;
            for _ in 0..14 {
                let at = (x + dice.between(-2.2, 2.2) * size, y + dice.between(-0.35, 0.25) * size);
                let radius = dice.between(0.4, 0.9) * size;
                canvas.haze(at.0, at.1, radius, radius * 0.42, cloud, 0.28);
            }
        }
    }
    for (layer, far) in [(0.0_f32, 340.0), (1.0, 190.0)] {
        let (a, b, c) = (dice.between(0.0, 6.0), dice.between(2.0, 4.0), dice.between(5.0, 9.0));
        let tall = horizon * dice.between(0.12, 0.24) * (1.0 - layer * 0.45);
        let mut outline = vec![(0.0, horizon + 2.0)];
        for step in 0..=48 {
            let part = step as f32 / 48.0;
            let hill = 0.55 + 0.3 * (a + part * b * 2.0).sin() + 0.15 * (a * 2.0 + part * c * 2.0).sin();
            outline.push((part * width, horizon - tall * hill.max(0.05)));
        }
        outline.push((width, horizon + 2.0));
        let green = if layer > 0.5 { Colour(66, 92, 58) } else { Colour(78, 104, 96) };
        canvas.polygon(&outline, light.on(green, far));
    }
}

/// The ground left and right of the road.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
pub fn ground(canvas: &mut Canvas, view: &View, light: &Light, place: Place, dice: &mut Dice) {
    let height = canvas.height();
    let base = match place {
        Place::Market | Place::Town | Place::Office | Place::Fuel | Place::Station => Colour(146, 132, 114),
        Place::Field => Colour(150, 84, 52),
        _ => Colour(96, 116, 62),
    };
    let near = light.on(base, 8.0);
    canvas.gradient(view.horizon_y as i32, height, light.on(base, 220.0), near);
    // Patches of grass, soil and gravel.
    for _ in 0..420 {
        let z = 6.0 + dice.unit().powi(2) * 120.0;
        let x = dice.between(4.0, 60.0) * dice.one(&[-1.0, 1.0]);
        let patch =
            dice.one(&[Colour(84, 108, 52), Colour(156, 92, 60), Colour(118, 126, 74), Colour(70, 92, 48)]);
        let (px, py) = view.point(x, 0.0, z);
        let size = view.scale(z) * dice.between(0.3, 1.8);
        canvas.haze(px, py, size, size * 0.28, light.on(patch, z), 0.38);
    }
}

/// Water on both sides (a bridge) or on one (a lake).
pub fn water(canvas: &mut Canvas, view: &View, light: &Light, x: (f32, f32), z: (f32, f32), dice: &mut Dice) {
    let blue = match light.hour {
        Hour::Night => Colour(60, 76, 110),
        Hour::Dusk => Colour(190, 140, 120),
        _ => Colour(112, 146, 152),
    };
    view.lying(canvas, x, 0.0, z, light.on(blue, z.0));
    for _ in 0..160 {
        let at = z.0 + (z.1 - z.0) * dice.unit().powi(2);
        let (px, py) = view.point(dice.between(x.0, x.1), 0.0, at);
        let length = view.scale(at) * dice.between(0.5, 2.5);
        canvas.haze(px, py, length, (length * 0.05).max(0.8), light.on(blue.times(1.3), at), 0.35);
    }
}

/// The road: shoulders, asphalt, marks.
#[allow(clippy::cast_precision_loss)]
pub fn road(canvas: &mut Canvas, view: &View, light: &Light, place: Place, dice: &mut Dice) {
    let half = HALF_ROAD_M;
    let strips: Vec<(f32, f32)> = {
        let mut all = vec![];
        let mut z = 320.0_f32;
        while z > 3.0 {
            let next = z * 0.9;
            all.push((next, z));
            z = next;
        }
        all
    };
    let paved = matches!(place, Place::Town | Place::Market | Place::Office | Place::School | Place::Station);
    let (shoulder, wide) = if paved { (Colour(168, 160, 150), 2.6) } else { (Colour(158, 92, 60), 1.3) };
    for (near, far) in &strips {
        let z = (*near, *far);
        view.lying(canvas, (-half - wide, half + wide), 0.0, z, light.on(shoulder, z.0));
        view.lying(canvas, (-half, half), 0.0, z, light.on(Colour(88, 90, 94), z.0));
        for x in [-2.5, -0.9, 0.9, 2.5] {
            view.lying(canvas, (x - 0.28, x + 0.28), 0.0, z, light.on(Colour(80, 82, 86), z.0));
        }
        if paved {
            for side in [-1.0, 1.0] {
                let edge = side * half;
                view.lying(
                    canvas,
                    (edge.min(edge + side * 0.25), edge.max(edge + side * 0.25)),
                    0.0,
                    z,
                    light.on(Colour(196, 194, 188), z.0),
                );
            }
        }
    }
    for _ in 0..26 {
        let z = 9.0 + dice.unit().powi(2) * 70.0;
        let (px, py) = view.point(dice.between(-half, half), 0.0, z);
        let size = view.scale(z) * dice.between(0.4, 1.3);
        let dark = if dice.unit() < 0.7 { Colour(70, 72, 76) } else { Colour(104, 104, 106) };
        canvas.haze(px, py, size, size * 0.2, light.on(dark, z), 0.5);
    }
    marks(canvas, view, light);
    if light.rain {
        for _ in 0..14 {
            let z = 8.0 + dice.unit() * 40.0;
            let (px, py) = view.point(dice.between(-half, half), 0.0, z);
            let size = view.scale(z) * dice.between(0.5, 1.6);
            canvas.haze(px, py, size, size * 0.14, light.on(Colour(190, 198, 206), z), 0.45);
        }
    }
}

fn marks(canvas: &mut Canvas, view: &View, light: &Light) {
    let (white, yellow) = (Colour(222, 222, 216), Colour(226, 184, 72));
    let mut z = 3.5_f32;
    while z < 170.0 {
        view.lying(canvas, (-0.09, 0.09), 0.0, (z, z + 3.0), light.on(yellow, z));
        z += 8.0;
    }
    let mut z = 260.0_f32;
    while z > 3.0 {
        for side in [-1.0, 1.0] {
            let x = side * (HALF_ROAD_M - 0.35);
            view.lying(canvas, (x - 0.07, x + 0.07), 0.0, (z * 0.85, z), light.on(white, z));
        }
        z *= 0.85;
    }
}

/// A road that crosses, with zebra stripes before it.
#[allow(clippy::cast_precision_loss)]
pub fn crossing(canvas: &mut Canvas, view: &View, light: &Light) {
    let z = super::CROSSING_Z_M;
    view.lying(canvas, (-90.0, 90.0), 0.0, (z - 4.2, z + 4.2), light.on(Colour(164, 100, 66), z));
    view.lying(canvas, (-90.0, 90.0), 0.0, (z - 3.4, z + 3.4), light.on(Colour(86, 88, 92), z));
    for stripe in 0..9 {
        let x = -HALF_ROAD_M + 0.3 + stripe as f32 * 0.76;
        view.lying(canvas, (x, x + 0.42), 0.0, (z - 8.0, z - 5.6), light.on(Colour(224, 224, 220), z));
    }
    for side in [-1.0_f32, 1.0] {
        let (a, b) = (side * HALF_ROAD_M, side * 40.0);
        view.lying(canvas, (a.min(b), a.max(b)), 0.0, (z - 0.1, z + 0.1), light.on(Colour(226, 184, 72), z));
    }
}
