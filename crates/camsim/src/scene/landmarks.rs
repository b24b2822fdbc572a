//! What gives a place its name: the hall with its flag, the petrol station, the market's arch and stalls, the coffee
//! bushes, the railing of a bridge.

use super::HALF_ROAD_M;
use super::paint::{Canvas, Colour};
use super::places::outwards;
use super::view::{Dice, Light, View};

pub(super) fn hall(
    canvas: &mut Canvas,
    view: &View,
    light: &Light,
    at: (f32, f32),
    colours: (Colour, Colour),
    flag: bool,
) {
    let ((side, z), (wall, roof)) = (at, colours);
    let (front, length) = (HALF_ROAD_M + 11.0, 34.0);
    let on = |colour: Colour, at: f32| light.on(colour, at);
    let face = side * front;
    view.facing(canvas, outwards(side, front, front + 12.0), (0.0, 7.0), z, on(wall.times(0.78), z));
    view.along(canvas, face, (0.0, 7.0), (z, z + length), on(wall, z));
    let (ridge, eave) = (side * (front + 6.0), side * (front - 0.8));
    view.shape(
        canvas,
        [(eave, 6.9, z - 0.5), (eave, 6.9, z + length), (ridge, 9.4, z + length), (ridge, 9.4, z - 0.5)],
        on(roof, z),
    );
    view.shape(
        canvas,
        [(side * (front + 12.0), 7.0, z), (ridge, 9.4, z), (face, 7.0, z)],
        on(wall.times(0.7), z),
    );
    for floor in [0.0, 3.4] {
        let mut window = z + 1.2;
        while window + 1.6 < z + length {
            let pane = if light.lamps() { Colour(236, 196, 120) } else { on(Colour(74, 94, 110), window) };
            view.along(canvas, face, (floor + 0.9, floor + 2.4), (window, window + 1.5), pane);
            window += 3.0;
        }
    }
    // The fence in front of the yard, and its gate.
    let fence = side * (HALF_ROAD_M + 3.4);
    let mut at = z + length;
    while at > z - 10.0 {
        if !(z + 6.0..z + 11.0).contains(&at) {
            view.along(canvas, fence, (0.0, 1.5), (at - 0.25, at), on(Colour(196, 192, 184), at));
            view.along(canvas, fence, (0.0, 0.5), (at - 1.0, at), on(Colour(180, 172, 158), at));
        }
        at -= 1.0;
    }
    if flag {
        let (x, z) = (side * (HALF_ROAD_M + 6.5), z + 8.0);
        view.facing(canvas, (x - 0.06, x + 0.06), (0.0, 9.2), z, on(Colour(214, 214, 210), z));
        view.facing(canvas, (x, x + 1.9), (7.8, 9.1), z, on(Colour(206, 32, 36), z));
        let (cx, cy) = view.point(x + 0.95, 8.45, z);
        let radius = view.scale(z) * 0.36;
        let star: Vec<(f32, f32)> = (0..10_u8)
            .map(|corner| {
                let turn = f32::from(corner) / 10.0 * std::f32::consts::TAU - std::f32::consts::FRAC_PI_2;
                let reach = if corner % 2 == 0 { radius } else { radius * 0.42 };
                (cx + turn.cos() * reach, cy + turn.sin() * reach)
            })
            .collect();
        canvas.polygon(&star, on(Colour(250, 214, 40), z));
    }
}

pub(super) fn canopy(canvas: &mut Canvas, view: &View, light: &Light, z: f32) {
    let x = (HALF_ROAD_M + 4.0, HALF_ROAD_M + 15.0);
    let on = |colour: Colour| light.on(colour, z);
    view.lying(canvas, (HALF_ROAD_M + 1.0, x.1 + 2.0), 0.0, (z - 4.0, z + 24.0), on(Colour(150, 150, 148)));
    view.block(canvas, (x.0 + 5.0, x.1), (0.0, 3.4), (z + 16.0, z + 23.0), on(Colour(228, 226, 220)));
    for (column, at) in
        [(x.0 + 1.0, z + 12.0), (x.1 - 1.0, z + 12.0), (x.0 + 1.0, z + 1.0), (x.1 - 1.0, z + 1.0)]
    {
        view.facing(canvas, (column - 0.2, column + 0.2), (0.0, 4.9), at, on(Colour(220, 220, 216)));
        view.block(
            canvas,
            (column - 0.5, column + 0.5),
            (0.0, 1.7),
            (at + 1.5, at + 2.3),
            on(Colour(206, 52, 44)),
        );
    }
    view.lying(canvas, x, 4.9, (z, z + 14.0), on(Colour(206, 206, 202)));
    view.along(canvas, x.0, (4.9, 5.8), (z, z + 14.0), on(Colour(208, 48, 42)));
    view.facing(canvas, x, (4.9, 5.8), z, on(Colour(40, 84, 156)));
    view.facing(canvas, x, (5.25, 5.45), z - 0.02, on(Colour(240, 240, 238)));
    if light.lamps() {
        let (px, py) = view.point(f32::midpoint(x.0, x.1), 0.0, z + 6.0);
        canvas.glow(px, py, view.scale(z) * 8.0, view.scale(z) * 2.4, Colour(230, 236, 255), 0.4);
    }
}

pub(super) fn arch(canvas: &mut Canvas, view: &View, light: &Light, z: f32) {
    let on = |colour: Colour| light.on(colour, z);
    let wide = HALF_ROAD_M + 2.0;
    for side in [-1.0, 1.0] {
        view.block(
            canvas,
            (side * wide - 0.5, side * wide + 0.5),
            (0.0, 6.4),
            (z, z + 1.0),
            on(Colour(226, 196, 120)),
        );
    }
    view.facing(canvas, (-wide - 0.8, wide + 0.8), (6.0, 7.5), z, on(Colour(196, 40, 40)));
    for letter in 0..12_u8 {
        let x = -wide + 0.9 + f32::from(letter) * 0.75;
        view.facing(canvas, (x, x + 0.45), (6.4, 7.1), z - 0.02, on(Colour(252, 220, 90)));
    }
}

pub(super) fn umbrella(canvas: &mut Canvas, view: &View, light: &Light, x: f32, z: f32, colour: Colour) {
    let scale = view.scale(z);
    view.block(canvas, (x - 0.7, x + 0.7), (0.0, 0.7), (z, z + 0.9), light.on(Colour(150, 120, 84), z));
    for (index, fruit) in
        [Colour(220, 90, 40), Colour(96, 150, 52), Colour(226, 190, 60)].into_iter().enumerate()
    {
        let at = x - 0.45 + f32::from(u8::try_from(index).unwrap_or(0)) * 0.45;
        let (px, py) = view.point(at, 0.78, z + 0.4);
        canvas.ellipse(px, py, scale * 0.22, scale * 0.14, light.on(fruit, z));
    }
    view.facing(canvas, (x - 0.03, x + 0.03), (0.7, 2.4), z + 0.4, light.on(Colour(180, 180, 176), z));
    let (px, py) = view.point(x, 2.2, z + 0.4);
    canvas.polygon(
        &[(px - scale * 1.25, py), (px, py - scale * 0.75), (px + scale * 1.25, py)],
        light.on(colour, z),
    );
    canvas.polygon(
        &[(px - scale * 0.4, py), (px, py - scale * 0.75), (px + scale * 0.4, py)],
        light.on(colour.times(1.25), z),
    );
}

pub(super) fn bush(canvas: &mut Canvas, view: &View, light: &Light, x: f32, z: f32, dice: &mut Dice) {
    let scale = view.scale(z);
    for _ in 0..5 {
        let (px, py) = view.point(x + dice.between(-0.7, 0.7), dice.between(0.5, 1.5), z);
        let green = Colour(44, 82, 42).times(dice.between(0.75, 1.35));
        canvas.ellipse(px, py, scale * 0.75, scale * 0.6, light.on(green, z));
    }
    if dice.unit() < 0.5 {
        let (px, py) = view.point(x + dice.between(-0.5, 0.5), dice.between(0.7, 1.5), z);
        canvas.ellipse(px, py, scale * 0.1, scale * 0.1, light.on(Colour(190, 46, 40), z));
    }
}

pub(super) fn rail(canvas: &mut Canvas, view: &View, light: &Light, side: f32, z: f32) {
    let x = side * (HALF_ROAD_M + 1.4);
    let white = light.on(Colour(214, 214, 208), z);
    view.along(canvas, x, (0.0, 0.3), (z, z + 2.0), white.times(0.8));
    view.along(canvas, x, (0.95, 1.1), (z, z + 2.0), white);
    view.along(canvas, x, (0.55, 0.65), (z, z + 2.0), white.times(0.9));
    view.facing(canvas, (x - 0.1, x + 0.1), (0.0, 1.15), z, light.on(Colour(196, 72, 60), z));
}
