//! What moves: cars, lorries, buses, motorbikes, people. Where each is follows from the phase of the loop alone, and
//! is the same at its end as at its start.

use super::paint::{Canvas, Colour};
use super::view::{Dice, Hour, Light, View};
use super::{CROSSING_Z_M, HALF_ROAD_M, Place};

/// Vehicles come into view this far away and leave it this near, in metres.
const FAR_M: f32 = 175.0;
const NEAR_M: f32 = 3.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Car,
    Van,
    Lorry,
    Bus,
    Bike,
}

/// Something that drives.
#[derive(Clone, Copy, Debug)]
struct Vehicle {
    kind: Kind,
    paint: Colour,
    shirt: Colour,
    helmet: Colour,
    two: bool,
    /// Towards the camera.
    oncoming: bool,
    /// Crosses from side to side instead.
    across: bool,
    lane_m: f32,
    offset: f32,
    rounds: f32,
}

/// Somebody who walks, or stands.
#[derive(Clone, Copy, Debug)]
struct Walker {
    x: f32,
    z: f32,
    reach_m: f32,
    offset: f32,
    across: bool,
    shirt: Colour,
    trousers: Colour,
    hat: bool,
    child: bool,
}

/// All that moves in a scene.
#[derive(Clone, Debug)]
pub struct Traffic {
    vehicles: Vec<Vehicle>,
    walkers: Vec<Walker>,
    loop_s: f32,
}

const PAINTS: [Colour; 9] = [
    Colour(236, 236, 234),
    Colour(186, 190, 194),
    Colour(44, 46, 50),
    Colour(150, 34, 36),
    Colour(36, 64, 122),
    Colour(206, 168, 60),
    Colour(96, 102, 108),
    Colour(232, 228, 214),
    Colour(58, 96, 84),
];
const SHIRTS: [Colour; 8] = [
    Colour(220, 220, 216),
    Colour(60, 90, 160),
    Colour(186, 60, 60),
    Colour(70, 130, 84),
    Colour(230, 170, 60),
    Colour(130, 80, 140),
    Colour(60, 62, 68),
    Colour(230, 140, 160),
];

impl Traffic {
    /// The traffic of a place.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn new(place: Place, loop_s: f32, dice: &mut Dice) -> Self {
        let mut vehicles = Vec::new();
        let rounds = (loop_s / 10.0).round().max(1.0);
        let busy = match place {
            Place::Market | Place::Town | Place::Crossing => (2, 5),
            Place::Field | Place::Village | Place::Lake => (1, 2),
            _ => (2, 3),
        };
        for oncoming in [false, true] {
            let side = if oncoming { -1.0 } else { 1.0 };
            let cars = 1 + u8::from(dice.unit() < 0.6) * (busy.0 - 1);
            let start = dice.unit();
            for index in 0..cars {
                let kind = dice.one(&[Kind::Car, Kind::Car, Kind::Car, Kind::Van, Kind::Lorry, Kind::Bus]);
                let offset = start + f32::from(index) / f32::from(cars) + dice.between(-0.08, 0.08);
                let mut one = vehicle(kind, dice);
                (one.oncoming, one.lane_m, one.offset, one.rounds) = (oncoming, side * 1.55, offset, rounds);
                vehicles.push(one);
            }
            let bikes = busy.1 + u8::from(dice.unit() < 0.5);
            let start = dice.unit();
            for index in 0..bikes {
                let mut one = vehicle(Kind::Bike, dice);
                let offset = start + f32::from(index) / f32::from(bikes) + dice.between(-0.05, 0.05);
                (one.oncoming, one.lane_m, one.offset, one.rounds) =
                    (oncoming, side * dice.between(2.75, 3.1), offset, rounds);
                vehicles.push(one);
            }
        }
        if place == Place::Crossing {
            for (index, kind) in [Kind::Bike, Kind::Car, Kind::Bike].into_iter().enumerate() {
                let mut one = vehicle(kind, dice);
                one.across = true;
                one.oncoming = index % 2 == 0;
                one.lane_m = CROSSING_Z_M + if one.oncoming { 1.4 } else { -1.8 };
                one.offset = index as f32 / 3.0 + dice.between(0.0, 0.1);
                one.rounds = rounds;
                vehicles.push(one);
            }
        }
        let people = match place {
            Place::Market => 12,
            Place::School | Place::Town | Place::Station => 8,
            Place::Field | Place::Bridge => 2,
            _ => 4,
        };
        let mut walkers: Vec<Walker> = (0..people).map(|_| walker(place, loop_s, dice)).collect();
        if place == Place::Crossing {
            // Two who look alike walk in opposite directions: where one's way ends, the other's begins.
            let one = Walker { z: CROSSING_Z_M - 6.8, across: true, x: 1.0, ..walkers[0] };
            walkers.push(one);
            walkers.push(Walker { x: -1.0, ..one });
        }
        Self { vehicles, walkers, loop_s }
    }

    /// Draws everything at a phase (0-1) of the loop, the far things first.
    #[allow(clippy::cast_precision_loss)]
    pub fn paint(&self, canvas: &mut Canvas, view: &View, light: &Light, phase: f32) {
        let mut order: Vec<(f32, f32, usize)> = Vec::with_capacity(self.vehicles.len() + self.walkers.len());
        for (index, one) in self.vehicles.iter().enumerate() {
            let along = (one.offset + phase * one.rounds).rem_euclid(1.0);
            let (x, z) = if one.across {
                let way = if one.oncoming { -1.0 } else { 1.0 };
                (way * (along - 0.5) * 84.0, one.lane_m)
            } else {
                let way = if one.oncoming { 1.0 - along } else { along };
                (one.lane_m, NEAR_M + (FAR_M - NEAR_M) * way)
            };
            order.push((z, x, index));
        }
        for (index, one) in self.walkers.iter().enumerate() {
            let (x, z) = one.place(phase);
            order.push((z, x, self.vehicles.len() + index));
        }
        order.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (z, x, index) in order {
            if let Some(one) = self.vehicles.get(index) {
                one.paint(canvas, view, light, x, z);
            } else if let Some(one) = self.walkers.get(index - self.vehicles.len()) {
                one.paint(canvas, view, light, (x, z), phase, self.loop_s);
            }
        }
    }
}

fn vehicle(kind: Kind, dice: &mut Dice) -> Vehicle {
    Vehicle {
        kind,
        paint: if kind == Kind::Lorry {
            dice.one(&[
                Colour(60, 110, 168),
                Colour(196, 120, 40),
                Colour(200, 204, 206),
                Colour(70, 120, 80),
            ])
        } else if kind == Kind::Bus {
            dice.one(&[
                Colour(238, 190, 60),
                Colour(60, 140, 120),
                Colour(226, 228, 230),
                Colour(196, 60, 50),
            ])
        } else {
            dice.one(&PAINTS)
        },
        shirt: dice.one(&SHIRTS),
        helmet: dice.one(&[
            Colour(230, 230, 228),
            Colour(200, 50, 50),
            Colour(50, 80, 150),
            Colour(40, 42, 46),
            Colour(236, 180, 60),
        ]),
        two: dice.unit() < 0.35,
        oncoming: false,
        across: false,
        lane_m: 0.0,
        offset: 0.0,
        rounds: 1.0,
    }
}

fn walker(place: Place, loop_s: f32, dice: &mut Dice) -> Walker {
    let side = dice.one(&[-1.0, 1.0]);
    let narrow = matches!(place, Place::Bridge);
    Walker {
        x: side * (HALF_ROAD_M + if narrow { 0.7 } else { dice.between(0.6, 2.4) }),
        z: dice.between(13.0, 48.0),
        // At walking pace to the turning point and back.
        reach_m: if dice.unit() < 0.25 { 0.0 } else { loop_s * 0.6 },
        offset: dice.unit(),
        across: false,
        shirt: if place == Place::School && dice.unit() < 0.7 {
            Colour(238, 238, 236)
        } else {
            dice.one(&SHIRTS)
        },
        trousers: dice.one(&[Colour(44, 48, 60), Colour(70, 64, 58), Colour(34, 44, 80), Colour(90, 84, 78)]),
        hat: dice.unit() < 0.4,
        child: place == Place::School && dice.unit() < 0.6,
    }
}

impl Walker {
    fn place(&self, phase: f32) -> (f32, f32) {
        if self.across {
            return (self.x * (phase - 0.5) * 20.0, self.z);
        }
        let part = (phase + self.offset).rem_euclid(1.0);
        let there = 1.0 - (2.0 * part - 1.0).abs();
        (self.x, self.z + there * self.reach_m)
    }

    fn paint(
        &self,
        canvas: &mut Canvas,
        view: &View,
        light: &Light,
        at: (f32, f32),
        phase: f32,
        loop_s: f32,
    ) {
        let (x, z) = at;
        let size = if self.child { 0.78 } else { 1.0 };
        let scale = view.scale(z) * size;
        let on = |colour: Colour| light.on(colour, z);
        let walks = self.across || self.reach_m > 0.0;
        let steps = (loop_s * 1.7).round();
        let swing =
            if walks { ((phase * steps + self.offset) * std::f32::consts::TAU).sin() * 0.24 } else { 0.06 };
        let (px, py) = view.point(x, 0.0, z);
        canvas.haze(px, py, scale * 0.5, scale * 0.12, Colour(10, 12, 14), 0.4);
        let hip = (px, py - scale * 0.85);
        for way in [-1.0, 1.0] {
            canvas.line(hip, (px + way * swing * scale, py), scale * 0.15, on(self.trousers));
        }
        let neck = (px, py - scale * 1.42);
        for way in [-1.0, 1.0] {
            let hand =
                (px + way * (0.27 * scale - swing * scale * 0.2), py - scale * (0.82 + way * swing * 0.3));
            canvas.line(
                (neck.0 + way * scale * 0.16, neck.1 + scale * 0.05),
                hand,
                scale * 0.1,
                on(self.shirt.times(0.8)),
            );
        }
        let shape = [
            (px - scale * 0.2, neck.1),
            (px + scale * 0.2, neck.1),
            (px + scale * 0.16, hip.1),
            (px - scale * 0.16, hip.1),
        ];
        canvas.polygon(&shape, on(self.shirt));
        canvas.ellipse(px, py - scale * 1.55, scale * 0.11, scale * 0.14, on(Colour(196, 150, 118)));
        if self.hat {
            // Nón lá.
            let brim = py - scale * 1.56;
            let hat = [(px - scale * 0.3, brim), (px, brim - scale * 0.24), (px + scale * 0.3, brim)];
            canvas.polygon(&hat, on(Colour(232, 218, 170)));
        } else {
            canvas.ellipse(px, py - scale * 1.63, scale * 0.115, scale * 0.09, on(Colour(34, 30, 30)));
        }
    }
}

impl Vehicle {
    fn paint(&self, canvas: &mut Canvas, view: &View, light: &Light, x: f32, z: f32) {
        match self.kind {
            Kind::Bike if self.across => self.bike_sideways(canvas, view, light, x, z),
            Kind::Bike => self.bike(canvas, view, light, x, z),
            _ if self.across => self.sideways(canvas, view, light, x, z),
            _ => self.car(canvas, view, light, x, z),
        }
    }

    /// Width, height of the body, length.
    fn size(&self) -> (f32, f32, f32) {
        match self.kind {
            Kind::Car => (1.78, 0.98, 4.3),
            Kind::Van => (1.85, 1.15, 4.9),
            Kind::Lorry => (2.3, 1.3, 7.5),
            Kind::Bus => (2.45, 3.0, 10.5),
            Kind::Bike => (0.7, 1.1, 1.9),
        }
    }

    #[allow(clippy::similar_names)]
    fn car(&self, canvas: &mut Canvas, view: &View, light: &Light, x: f32, z: f32) {
        let (wide, body, long) = self.size();
        let (left, right) = (x - wide / 2.0, x + wide / 2.0);
        let on = |colour: Colour| light.on(colour, z);
        let paint = on(self.paint);
        let glass = on(Colour(38, 48, 58));
        let end = z + long;
        view.shadow(canvas, (left - 0.2, right + 0.2), (z - 0.35, end + 0.2), 0.5);
        let inner = if x > 0.0 { left } else { right };
        for wheel in [z + long * 0.18, z + long * 0.8] {
            let (px, py) = view.point(inner, 0.32, wheel);
            canvas.ellipse(
                px,
                py,
                view.scale(wheel) * 0.12,
                view.scale(wheel) * 0.33,
                on(Colour(22, 22, 24)),
            );
        }
        for wheel in [left + 0.16, right - 0.16] {
            view.facing(canvas, (wheel - 0.13, wheel + 0.13), (0.0, 0.5), z, on(Colour(20, 20, 22)));
        }
        match self.kind {
            Kind::Lorry => {
                // The cab leads: near when oncoming, far when going away.
                let (cab, cargo) = if self.oncoming {
                    ((z, z + 1.9), (z + 2.1, end))
                } else {
                    ((end - 1.9, end), (z, end - 2.1))
                };
                let load = on(Colour(196, 198, 196));
                if self.oncoming {
                    view.block(canvas, (left, right), (0.8, 3.1), cargo, load);
                    view.block(canvas, (left + 0.08, right - 0.08), (0.35, 2.5), cab, paint);
                    view.facing(canvas, (left + 0.2, right - 0.2), (1.45, 2.25), cab.0, glass);
                    view.facing(canvas, (left + 0.3, right - 0.3), (0.7, 1.1), cab.0, paint.times(0.6));
                } else {
                    view.block(canvas, (left + 0.08, right - 0.08), (0.35, 2.5), cab, paint);
                    view.block(canvas, (left, right), (0.8, 3.1), cargo, load);
                    view.facing(canvas, (x - 0.03, x + 0.03), (0.85, 3.05), z, load.times(0.6));
                    view.facing(canvas, (left, right), (0.45, 0.75), z, on(Colour(60, 62, 64)));
                }
            }
            Kind::Bus => {
                view.block(canvas, (left, right), (0.35, 0.35 + body), (z, end), paint);
                view.along(canvas, inner, (1.5, 2.5), (z + 0.4, end - 0.4), glass);
                let front = if self.oncoming { (1.25, 2.75) } else { (1.9, 2.7) };
                view.facing(canvas, (left + 0.15, right - 0.15), front, z, glass);
                view.facing(canvas, (left + 0.5, right - 0.5), (2.9, 3.2), z, on(Colour(230, 120, 40)));
            }
            _ => {
                view.block(canvas, (left, right), (0.28, body), (z, end), paint);
                let van = self.kind == Kind::Van;
                let roof = if van { 1.9 } else { 1.48 };
                // The cabin: front and rear window lean.
                let (near_foot, near_roof, far_roof, far_foot) = match (van, self.oncoming) {
                    (true, true) => (z + 0.7, z + 1.2, end - 0.15, end - 0.05),
                    (true, false) => (z + 0.05, z + 0.2, end - 1.3, end - 0.8),
                    (false, true) => (z + 1.0, z + 1.75, end - 1.1, end - 0.5),
                    (false, false) => (z + 0.5, z + 1.1, end - 1.75, end - 1.0),
                };
                let (l, r, m) = (left + 0.1, right - 0.1, 0.16);
                let side = if x > 0.0 { (l, l + m) } else { (r, r - m) };
                view.shape(
                    canvas,
                    [
                        (side.0, body, near_foot),
                        (side.0, body, far_foot),
                        (side.1, roof, far_roof),
                        (side.1, roof, near_roof),
                    ],
                    glass.mix(paint, 0.25),
                );
                view.lying(canvas, (l + m, r - m), roof, (near_roof, far_roof), paint.times(1.1));
                view.shape(
                    canvas,
                    [
                        (l, body, near_foot),
                        (r, body, near_foot),
                        (r - m, roof, near_roof),
                        (l + m, roof, near_roof),
                    ],
                    glass,
                );
                view.facing(canvas, (left + 0.05, right - 0.05), (0.28, 0.45), z, on(Colour(52, 54, 58)));
            }
        }
        view.facing(canvas, (x - 0.25, x + 0.25), (0.5, 0.62), z - 0.01, on(Colour(236, 236, 230)));
        let high = if self.kind == Kind::Car || self.kind == Kind::Van { 0.74 } else { 0.85 };
        self.lights(canvas, view, light, (left + 0.24, right - 0.24), high, z);
    }

    /// Head or tail lights, and what they light up.
    fn lights(&self, canvas: &mut Canvas, view: &View, light: &Light, x: (f32, f32), y: f32, z: f32) {
        let scale = view.scale(z);
        let lamps = light.lamps();
        let colour = match (self.oncoming, lamps) {
            (true, true) => Colour(255, 248, 220),
            (true, false) => light.on(Colour(236, 238, 236), z),
            (false, true) => Colour(255, 40, 30),
            (false, false) => light.on(Colour(176, 34, 34), z),
        };
        let at = if (x.1 - x.0).abs() < 0.1 { vec![x.0] } else { vec![x.0, x.1] };
        for x in &at {
            let (px, py) = view.point(*x, y, z - 0.02);
            canvas.ellipse(px, py, scale * 0.15, scale * 0.09, colour);
        }
        if !lamps {
            return;
        }
        let strong = if light.hour == Hour::Night { 1.0 } else { 0.45 };
        for x in &at {
            let (px, py) = view.point(*x, y, z);
            let reach = scale * if self.oncoming { 0.75 } else { 0.42 };
            canvas.glow(px, py, reach, reach * 0.8, colour, if self.oncoming { 0.9 } else { 0.6 } * strong);
        }
        let middle = at.iter().sum::<f32>() / f32::from(u8::try_from(at.len()).unwrap_or(1));
        let ahead = if self.oncoming { z - 4.0 } else { z + 9.0 };
        if ahead > 5.0 && ahead < 90.0 {
            let (px, py) = view.point(middle, 0.0, ahead);
            let scale = view.scale(ahead);
            canvas.glow(px, py, scale * 1.9, scale * 0.75, Colour(255, 240, 200), 0.30 * strong);
        }
    }

    fn rider(&self, canvas: &mut Canvas, view: &View, light: &Light, x: f32, z: f32, second: bool) {
        let on = |colour: Colour| light.on(colour, z);
        let scale = view.scale(z);
        let shirt = if second { self.helmet.mix(self.shirt, 0.3) } else { self.shirt };
        let lift = if second { 0.06 } else { 0.0 };
        view.shape(
            canvas,
            [
                (x - 0.2, 0.78 + lift, z),
                (x + 0.2, 0.78 + lift, z),
                (x + 0.25, 1.36 + lift, z),
                (x - 0.25, 1.36 + lift, z),
            ],
            on(shirt),
        );
        let (px, py) = view.point(x, 1.55 + lift, z);
        canvas.ellipse(px, py, scale * 0.13, scale * 0.15, on(Colour(188, 142, 112)));
        let (px, py) = view.point(x, 1.62 + lift, z);
        canvas.ellipse(px, py, scale * 0.15, scale * 0.14, on(if second { self.paint } else { self.helmet }));
    }

    fn bike(&self, canvas: &mut Canvas, view: &View, light: &Light, x: f32, z: f32) {
        let on = |colour: Colour| light.on(colour, z);
        view.shadow(canvas, (x - 0.3, x + 0.3), (z - 0.2, z + 1.9), 0.45);
        let dark = on(Colour(26, 26, 28));
        if !self.oncoming && self.two {
            self.rider(canvas, view, light, x, z + 0.6, false);
        }
        if self.oncoming && self.two {
            self.rider(canvas, view, light, x, z + 1.1, true);
        }
        view.facing(canvas, (x - 0.06, x + 0.06), (0.0, 0.58), z, dark);
        for way in [-1.0, 1.0] {
            view.shape(
                canvas,
                [
                    (x + way * 0.1, 0.75, z),
                    (x + way * 0.26, 0.72, z),
                    (x + way * 0.24, 0.22, z),
                    (x + way * 0.12, 0.22, z),
                ],
                on(Colour(48, 52, 66)),
            );
        }
        view.facing(canvas, (x - 0.15, x + 0.15), (0.4, 0.85), z, on(self.paint));
        self.rider(canvas, view, light, x, z, self.two && !self.oncoming);
        if self.oncoming {
            view.facing(canvas, (x - 0.36, x + 0.36), (1.0, 1.07), z, dark);
            view.facing(canvas, (x - 0.14, x + 0.14), (0.72, 1.0), z, on(self.paint.times(1.1)));
            for way in [-1.0, 1.0] {
                canvas.line(
                    view.point(x + way * 0.24, 1.28, z),
                    view.point(x + way * 0.34, 1.04, z),
                    view.scale(z) * 0.09,
                    on(self.shirt.times(0.85)),
                );
            }
        }
        self.lights(canvas, view, light, (x, x), if self.oncoming { 0.9 } else { 0.66 }, z);
    }

    fn bike_sideways(&self, canvas: &mut Canvas, view: &View, light: &Light, x: f32, z: f32) {
        let on = |colour: Colour| light.on(colour, z);
        let scale = view.scale(z);
        let way = if self.oncoming { -1.0 } else { 1.0 };
        view.shadow(canvas, (x - 1.0, x + 1.0), (z - 0.2, z + 0.3), 0.45);
        for wheel in [-0.65, 0.65] {
            let (px, py) = view.point(x + wheel, 0.3, z);
            canvas.ellipse(px, py, scale * 0.3, scale * 0.3, on(Colour(26, 26, 28)));
            canvas.ellipse(px, py, scale * 0.14, scale * 0.14, on(Colour(120, 120, 122)));
        }
        view.shape(
            canvas,
            [(x - 0.7, 0.75, z), (x + 0.3, 0.7, z), (x + 0.3, 0.35, z), (x - 0.5, 0.35, z)]
                .map(|(a, b, c)| (x + (a - x) * way, b, c)),
            on(self.paint),
        );
        canvas.line(
            view.point(x + way * 0.62, 0.35, z),
            view.point(x + way * 0.4, 1.05, z),
            scale * 0.09,
            on(Colour(40, 42, 44)),
        );
        canvas.line(
            view.point(x - way * 0.05, 0.8, z),
            view.point(x + way * 0.15, 0.3, z),
            scale * 0.16,
            on(Colour(48, 52, 66)),
        );
        canvas.line(
            view.point(x - way * 0.12, 0.78, z),
            view.point(x + way * 0.02, 1.36, z),
            scale * 0.34,
            on(self.shirt),
        );
        canvas.line(
            view.point(x, 1.25, z),
            view.point(x + way * 0.4, 1.02, z),
            scale * 0.1,
            on(self.shirt.times(0.85)),
        );
        let (px, py) = view.point(x + way * 0.04, 1.58, z);
        canvas.ellipse(px, py, scale * 0.15, scale * 0.16, on(self.helmet));
        if light.lamps() {
            let (px, py) = view.point(x + way * 0.75, 0.9, z);
            canvas.glow(px, py, scale * 0.6, scale * 0.5, Colour(255, 246, 214), 0.8);
        }
    }

    fn sideways(&self, canvas: &mut Canvas, view: &View, light: &Light, x: f32, z: f32) {
        let on = |colour: Colour| light.on(colour, z);
        let scale = view.scale(z);
        let way = if self.oncoming { -1.0 } else { 1.0 };
        view.shadow(canvas, (x - 2.3, x + 2.3), (z - 0.3, z + 1.8), 0.5);
        view.block(canvas, (x - 2.15, x + 2.15), (0.3, 0.95), (z, z + 1.75), on(self.paint));
        let cabin =
            [(-1.5, 0.95), (-1.0, 1.48), (0.7, 1.48), (1.25, 0.95)].map(|(dx, y)| (x + dx * way, y, z));
        view.shape(canvas, cabin, on(self.paint.times(0.92)));
        let pane = [(-1.3, 0.98), (-0.92, 1.4), (0.62, 1.4), (1.05, 0.98)]
            .map(|(dx, y)| (x + dx * way, y, z - 0.01));
        view.shape(canvas, pane, on(Colour(40, 50, 60)));
        view.facing(canvas, (x - 0.12, x - 0.04), (0.95, 1.45), z - 0.02, on(self.paint));
        for wheel in [-1.35, 1.35] {
            let (px, py) = view.point(x + wheel, 0.32, z);
            canvas.ellipse(px, py, scale * 0.34, scale * 0.34, on(Colour(22, 22, 24)));
            canvas.ellipse(px, py, scale * 0.17, scale * 0.17, on(Colour(150, 150, 152)));
        }
        if light.lamps() {
            let (px, py) = view.point(x + way * 2.2, 0.72, z);
            canvas.glow(px, py, scale * 1.0, scale * 0.6, Colour(255, 246, 214), 0.8);
        }
    }
}
