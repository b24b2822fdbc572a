//! What vehicles look like: cars, vans, lorries, buses, motorbikes with their riders. Where they are is not decided
//! here.

use super::paint::{Canvas, Colour};
use super::view::{Hour, Light, View};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Car,
    Van,
    Lorry,
    Bus,
    Bike,
}

/// Something that drives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vehicle {
    pub kind: Kind,
    pub paint: Colour,
    pub shirt: Colour,
    pub helmet: Colour,
    pub two: bool,
    /// Towards the camera.
    pub oncoming: bool,
    /// Crosses from side to side instead.
    pub across: bool,
    pub lane_m: f32,
    pub offset: f32,
    pub rounds: f32,
}

impl Vehicle {
    pub fn paint(&self, canvas: &mut Canvas, view: &View, light: &Light, x: f32, z: f32) {
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
