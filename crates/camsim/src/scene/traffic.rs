//! What moves: cars, lorries, buses, motorbikes, people. Where each is follows from the phase of the loop alone, and
//! is the same at its end as at its start.

use super::paint::{Canvas, Colour};
use super::vehicles::{Kind, Vehicle};
use super::view::{Dice, Light, View};
use super::{CROSSING_Z_M, HALF_ROAD_M, Place};

/// Vehicles come into view this far away and leave it this near, in metres.
const FAR_M: f32 = 175.0;
const NEAR_M: f32 = 3.0;

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
