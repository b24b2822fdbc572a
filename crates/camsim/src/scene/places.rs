//! What stands beside the road, and where: houses and shops, trees, poles and wires, lamps.

use super::landmarks::{arch, bush, canopy, hall, rail, umbrella};
use super::paint::{Canvas, Colour};
use super::view::{Dice, Light, View};
use super::{CROSSING_Z_M, HALF_ROAD_M, Place};

/// One thing that stands there.
#[derive(Clone, Copy, Debug)]
enum Thing {
    House {
        side: f32,
        set_back: f32,
        length: f32,
        floors: f32,
        wall: Colour,
        roof: Option<Colour>,
        sign: Option<Colour>,
    },
    Tree {
        x: f32,
        size: f32,
        palm: bool,
    },
    Pole {
        x: f32,
        lamp: bool,
    },
    Hall {
        side: f32,
        wall: Colour,
        roof: Colour,
        flag: bool,
    },
    Canopy,
    Arch,
    Umbrella {
        x: f32,
        colour: Colour,
    },
    Bush {
        x: f32,
    },
    Rail {
        side: f32,
    },
}

const WALLS: [Colour; 8] = [
    Colour(226, 214, 186),
    Colour(206, 196, 178),
    Colour(238, 224, 160),
    Colour(186, 206, 200),
    Colour(214, 180, 150),
    Colour(196, 200, 206),
    Colour(232, 232, 226),
    Colour(170, 190, 208),
];
const ROOFS: [Colour; 5] = [
    Colour(150, 70, 52),
    Colour(172, 92, 66),
    Colour(78, 104, 128),
    Colour(96, 122, 96),
    Colour(120, 116, 112),
];
const SIGNS: [Colour; 6] = [
    Colour(196, 44, 44),
    Colour(36, 92, 168),
    Colour(232, 190, 40),
    Colour(34, 134, 84),
    Colour(226, 110, 30),
    Colour(240, 240, 236),
];

/// Draws all of it, the far things first.
pub fn paint(canvas: &mut Canvas, view: &View, light: &Light, place: Place, dice: &mut Dice) {
    let mut things = plan(place, dice);
    things.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (z, thing) in &things {
        draw(canvas, view, light, *z, *thing, dice);
    }
    wires(canvas, view, light, &things);
    if light.lamps() {
        for (z, thing) in &things {
            if let Thing::Pole { x, lamp: true } = thing {
                lamp(canvas, view, light, *x, *z);
            }
        }
    }
}

/// What stands where: distance and thing.
#[allow(clippy::too_many_lines)]
fn plan(place: Place, dice: &mut Dice) -> Vec<(f32, Thing)> {
    let mut things: Vec<(f32, Thing)> = Vec::new();
    let dense = match place {
        Place::Town | Place::Market => 0.95,
        Place::Crossing | Place::Station | Place::Fuel => 0.75,
        Place::School | Place::Office => 0.6,
        Place::Village => 0.55,
        Place::Lake | Place::Bridge => 0.25,
        Place::Field => 0.06,
    };
    let crossing = matches!(place, Place::Crossing);
    let kept_free = |side: f32, z: f32| match place {
        Place::School | Place::Office => side > 0.0 && z < 62.0,
        Place::Fuel => side > 0.0 && z < 46.0,
        Place::Bridge => z < 75.0,
        Place::Lake => side < 0.0,
        // Nothing stands between the camera and the traffic that crosses.
        _ => crossing && z < CROSSING_Z_M + 6.0,
    };
    for side in [-1.0, 1.0] {
        let mut z = dice.between(9.0, 15.0);
        while z < 190.0 {
            let length = dice.between(4.5, 10.0);
            if dice.unit() < dense && !kept_free(side, z) {
                let tall = matches!(place, Place::Town | Place::Market);
                let floors = if dice.unit() < if tall { 0.6 } else { 0.25 } {
                    dice.one(&[2.0, 2.0, 3.0])
                } else {
                    1.0
                };
                let roof = (floors < 2.5 && dice.unit() < 0.7).then(|| dice.one(&ROOFS));
                let sign = (dice.unit() < if tall { 0.75 } else { 0.35 }).then(|| dice.one(&SIGNS));
                let set_back = dice.between(4.2, 6.5);
                let wall = dice.one(&WALLS);
                things.push((z, Thing::House { side, set_back, length, floors, wall, roof, sign }));
            } else if dice.unit() < 0.75 && !(place == Place::Bridge && z < 75.0) {
                let x = side * (HALF_ROAD_M + dice.between(4.0, 14.0));
                if (!crossing || z >= CROSSING_Z_M + 8.0) && (place != Place::Lake || side > 0.0) {
                    things.push((
                        z,
                        Thing::Tree { x, size: dice.between(0.7, 1.35), palm: dice.unit() < 0.25 },
                    ));
                }
            }
            z += length + dice.between(0.2, 4.0);
        }
        let mut z = dice.between(14.0, 24.0);
        while z < 170.0 {
            let pole = (z, Thing::Pole { x: side * (HALF_ROAD_M + 1.9), lamp: side > 0.0 });
            if side > 0.0 && !(crossing && (z - CROSSING_Z_M).abs() < 5.0) {
                things.push(pole);
            } else if dice.unit() < 0.35
                && place != Place::Bridge
                && !(crossing && (z - CROSSING_Z_M).abs() < 8.0)
            {
                let x = side * (HALF_ROAD_M + 2.6);
                things.push((z, Thing::Tree { x, size: dice.between(0.5, 0.8), palm: dice.unit() < 0.3 }));
            }
            z += 24.0;
        }
    }
    match place {
        Place::School => {
            let (wall, roof) = (Colour(236, 204, 112), Colour(160, 72, 52));
            things.push((24.0, Thing::Hall { side: 1.0, wall, roof, flag: true }));
        }
        Place::Office => {
            let (wall, roof) = (Colour(240, 222, 170), Colour(150, 60, 48));
            things.push((22.0, Thing::Hall { side: 1.0, wall, roof, flag: true }));
        }
        Place::Station => {
            let (wall, roof) = (Colour(198, 212, 222), Colour(70, 110, 150));
            things.push((60.0, Thing::Hall { side: 1.0, wall, roof, flag: false }));
        }
        Place::Fuel => things.push((20.0, Thing::Canopy)),
        Place::Market => {
            things.push((44.0, Thing::Arch));
            for _ in 0..16 {
                let x = dice.one(&[-1.0, 1.0]) * (HALF_ROAD_M + dice.between(2.0, 3.4));
                things.push((dice.between(13.0, 42.0), Thing::Umbrella { x, colour: dice.one(&SIGNS) }));
            }
        }
        Place::Bridge => {
            for z in 3..37_u8 {
                for side in [-1.0, 1.0] {
                    things.push((f32::from(z) * 2.0, Thing::Rail { side }));
                }
            }
        }
        Place::Field => {
            for row in 0..9_u8 {
                let x = HALF_ROAD_M + 4.0 + f32::from(row) * 3.0;
                for step in 0..34_u8 {
                    let z = 9.0 + f32::from(step) * 2.7;
                    things.push((z, Thing::Bush { x }));
                    things.push((z + 1.0, Thing::Bush { x: -x }));
                }
            }
        }
        _ => {}
    }
    things
}

fn draw(canvas: &mut Canvas, view: &View, light: &Light, z: f32, thing: Thing, dice: &mut Dice) {
    match thing {
        Thing::House { .. } => house(canvas, view, light, z, thing, dice),
        Thing::Tree { x, size, palm } => tree(canvas, view, light, (x, z), size, palm, dice),
        Thing::Pole { x, lamp } => pole(canvas, view, light, x, z, lamp),
        Thing::Hall { side, wall, roof, flag } => hall(canvas, view, light, (side, z), (wall, roof), flag),
        Thing::Canopy => canopy(canvas, view, light, z),
        Thing::Arch => arch(canvas, view, light, z),
        Thing::Umbrella { x, colour } => umbrella(canvas, view, light, x, z, colour),
        Thing::Bush { x } => bush(canvas, view, light, x, z, dice),
        Thing::Rail { side } => rail(canvas, view, light, side, z),
    }
}

/// From the middle of the road outwards, whichever side.
pub(super) fn outwards(side: f32, from: f32, to: f32) -> (f32, f32) {
    let (a, b) = (side * from, side * to);
    (a.min(b), a.max(b))
}

fn house(canvas: &mut Canvas, view: &View, light: &Light, z: f32, thing: Thing, dice: &mut Dice) {
    let Thing::House { side, set_back, length, floors, wall, roof, sign } = thing else { return };
    let front = HALF_ROAD_M + set_back;
    let (face, deep) = (side * front, front + 8.0);
    let tall = floors * 3.3;
    let end = z + length;
    let on = |colour: Colour| light.on(colour, z);
    view.shadow(canvas, outwards(side, front - 1.2, front), (z, end), 0.22);
    view.facing(canvas, outwards(side, front, deep), (0.0, tall), z, on(wall.times(0.72)));
    view.along(canvas, face, (0.0, tall), (z, end), on(wall));
    view.along(canvas, face, (0.0, 0.5), (z, end), on(wall.times(0.7)));
    if let Some(roof) = roof {
        let (ridge, eave) = (side * (front + 4.0), side * (front - 0.6));
        let roof = on(roof);
        view.shape(
            canvas,
            [(side * deep, tall, z), (ridge, tall + 1.9, z), (face, tall, z)],
            on(wall.times(0.66)),
        );
        view.shape(
            canvas,
            [
                (eave, tall - 0.2, z - 0.3),
                (eave, tall - 0.2, end),
                (ridge, tall + 1.9, end),
                (ridge, tall + 1.9, z - 0.3),
            ],
            roof,
        );
    } else {
        view.along(canvas, face, (tall - 0.1, tall + 0.5), (z, end), on(wall.times(1.08)));
        view.facing(canvas, outwards(side, front, deep), (tall - 0.1, tall + 0.5), z, on(wall.times(0.8)));
    }
    let door =
        dice.one(&[Colour(70, 74, 80), Colour(58, 84, 112), Colour(96, 70, 50), Colour(104, 112, 116)]);
    let lit = light.lamps() && dice.unit() < 0.6;
    let glow = Colour(250, 206, 130);
    view.along(canvas, face, (0.0, 2.6), (z + 0.6, end - 0.6), if lit { glow.times(0.9) } else { on(door) });
    let mut floor = 1.0;
    while floor < floors {
        let mut at = z + 0.8;
        while at + 1.2 < end {
            let bright = light.lamps() && dice.unit() < 0.4;
            let pane = if bright { glow } else { on(Colour(62, 78, 92)) };
            view.along(canvas, face, (floor * 3.3 + 0.9, floor * 3.3 + 2.3), (at, at + 1.1), pane);
            at += 2.0;
        }
        floor += 1.0;
    }
    if let Some(sign) = sign {
        let sign = if light.lamps() { sign.times(0.8) } else { on(sign) };
        view.along(canvas, face - side * 0.05, (2.8, 3.7), (z + 0.2, end - 0.2), sign);
        view.along(
            canvas,
            face - side * 0.06,
            (3.1, 3.4),
            (z + 0.9, end - 1.2),
            sign.mix(Colour(255, 255, 255), 0.7),
        );
        let out = face - side * 1.5;
        let cloth = on(dice.one(&SIGNS).times(0.9));
        view.shape(canvas, [(face, 2.8, z), (face, 2.8, end), (out, 2.4, end), (out, 2.4, z)], cloth);
    }
}

fn tree(
    canvas: &mut Canvas,
    view: &View,
    light: &Light,
    at: (f32, f32),
    size: f32,
    palm: bool,
    dice: &mut Dice,
) {
    let ((x, z), scale) = (at, view.scale(at.1));
    let (px, py) = view.point(x, 0.0, z);
    canvas.haze(px, py, scale * 1.8 * size, scale * 0.4 * size, Colour(14, 18, 14), 0.35);
    let top = if palm { 6.5 } else { 3.4 } * size;
    let head = view.point(x, top, z);
    canvas.line(
        (px, py),
        view.point(x, if palm { top } else { top + 1.2 * size }, z),
        scale * if palm { 0.16 } else { 0.3 } * size,
        light.on(Colour(92, 72, 54), z),
    );
    if palm {
        for leaf in 0..11_u8 {
            let turn = f32::from(leaf) / 11.0 * std::f32::consts::TAU + dice.between(-0.2, 0.2);
            let green = Colour(62, 108, 50).times(dice.between(0.75, 1.15));
            let knee =
                (head.0 + turn.cos() * scale * 1.1 * size, head.1 - scale * (0.5 + 0.3 * turn.sin()) * size);
            let tip =
                (head.0 + turn.cos() * scale * 2.1 * size, head.1 + scale * (0.5 + 0.5 * turn.sin()) * size);
            canvas.line(head, knee, scale * 0.3 * size, light.on(green, z));
            canvas.line(knee, tip, scale * 0.2 * size, light.on(green.times(0.9), z));
        }
        return;
    }
    let green = dice.one(&[Colour(58, 96, 48), Colour(72, 108, 52), Colour(48, 84, 52), Colour(86, 112, 58)]);
    for tuft in 0..46_u8 {
        let part = f32::from(tuft) / 46.0;
        let (turn, out) = (dice.between(0.0, std::f32::consts::TAU), dice.unit().sqrt() * 2.1);
        let up = dice.between(-1.3, 1.7) * (1.0 - out / 4.0);
        let (cx, cy) = (head.0 + turn.cos() * out * scale * size, head.1 - (1.2 + up) * scale * size);
        let tone = green.times(0.68 + 0.3 * (up + 1.3) / 3.0 + 0.25 * part * dice.unit());
        let radius = dice.between(0.35, 0.75) * scale * size;
        canvas.ellipse(cx, cy, radius, radius * 0.8, light.on(tone, z));
    }
}

fn pole(canvas: &mut Canvas, view: &View, light: &Light, x: f32, z: f32, lamp: bool) {
    let grey = light.on(Colour(150, 148, 142), z);
    view.facing(canvas, (x - 0.13, x + 0.13), (0.0, 8.4), z, grey);
    view.facing(canvas, (x - 0.9, x + 0.9), (7.7, 7.9), z, grey.times(0.8));
    view.facing(canvas, (x - 0.35, x + 0.35), (6.0, 6.8), z - 0.2, grey.times(0.7));
    if lamp {
        let (from, to) = (view.point(x, 7.0, z), view.point(x - 1.8, 7.5, z));
        canvas.line(from, to, view.scale(z) * 0.09, grey);
        view.facing(canvas, (x - 2.3, x - 1.7), (7.4, 7.6), z, grey.times(1.1));
    }
}

fn lamp(canvas: &mut Canvas, view: &View, light: &Light, x: f32, z: f32) {
    let scale = view.scale(z);
    let strong = if light.hour == super::view::Hour::Night { 1.0 } else { 0.45 };
    let warm = Colour(255, 196, 112);
    let (px, py) = view.point(x - 2.0, 7.4, z);
    canvas.glow(px, py, scale * 0.9, scale * 0.9, warm, strong);
    let (gx, gy) = view.point(x - 2.6, 0.0, z);
    canvas.glow(gx, gy, scale * 6.5, scale * 1.9, warm, 0.34 * strong);
}

/// Three sagging wires from pole to pole.
fn wires(canvas: &mut Canvas, view: &View, light: &Light, things: &[(f32, Thing)]) {
    let mut poles: Vec<(f32, f32)> = things
        .iter()
        .filter_map(|(z, thing)| if let Thing::Pole { x, .. } = thing { Some((*x, *z)) } else { None })
        .collect();
    poles.sort_by(|a, b| a.1.total_cmp(&b.1));
    if let Some(first) = poles.first().copied() {
        poles.insert(0, (first.0, (first.1 - 24.0).max(3.0)));
    }
    for pair in poles.windows(2) {
        for offset in [-0.8, 0.0, 0.8] {
            let mut before = view.point(pair[0].0 + offset, 7.9, pair[0].1);
            for step in 1..=8_u8 {
                let part = f32::from(step) / 8.0;
                let sag = 0.7 * 4.0 * part * (1.0 - part);
                let z = pair[0].1 + (pair[1].1 - pair[0].1) * part;
                let after = view.point(pair[0].0 + offset, 7.9 - sag, z);
                canvas.line(before, after, (view.scale(z) * 0.035).max(0.9), light.on(Colour(40, 42, 46), z));
                before = after;
            }
        }
    }
}
