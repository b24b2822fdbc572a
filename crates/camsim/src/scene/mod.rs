//! The simulated roadside scenes: what a camera sees in a frame of its loop, drawn without any input but the
//! camera's number. No encoding here.

mod backdrop;
pub mod font;
mod landmarks;
pub mod paint;
mod places;
pub mod roll;
mod traffic;
mod vehicles;
mod view;

use crate::strip;
use image::RgbImage;
use image::imageops::FilterType;
use paint::{Canvas, Colour};
use traffic::Traffic;
use view::{Dice, Hour, Light, View};

/// From the middle of the road to its edge, in metres.
const HALF_ROAD_M: f32 = 3.6;
/// Where another road crosses, in metres from the camera.
const CROSSING_Z_M: f32 = 30.0;

/// Pictures of this height are drawn without smoothing.
const LARGE_PX: u32 = 1080;

/// What to draw: size, rate and length of the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Film {
    /// Width in pixels.
    pub width_px: u32,
    /// Height in pixels.
    pub height_px: u32,
    /// Pictures per second.
    pub fps: u32,
    /// Pictures in the loop.
    pub frames: u16,
}

/// What kind of place it is; goes with the names in the roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Town,
    Market,
    School,
    Bridge,
    Village,
    Office,
    Crossing,
    Station,
    Fuel,
    Lake,
    Field,
}

impl Place {
    /// Of the camera's spot in its unit.
    fn of(camera: u16) -> Self {
        match camera.saturating_sub(1) % 20 {
            0 | 6 | 18 => Self::Crossing,
            1 => Self::Market,
            2 | 13 => Self::School,
            3 | 17 => Self::Bridge,
            5 | 7 => Self::Office,
            9 | 16 => Self::Station,
            11 => Self::Fuel,
            14 => Self::Lake,
            19 | 8 => Self::Field,
            10 => Self::Town,
            _ => Self::Village,
        }
    }
}

/// One camera's scene, ready to be drawn frame by frame.
pub struct Scene {
    camera: u16,
    film: Film,
    /// What does not move.
    ground: RgbImage,
    view: View,
    light: Light,
    traffic: Traffic,
}

impl Scene {
    /// The scene of a camera (17 for C017). The same number always gives the same scene, at any size.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn new(camera: u16, film: Film) -> Self {
        let place = Place::of(camera);
        let mut dice = Dice::new(camera, 1);
        let hour = [
            Hour::Clear,
            Hour::Clear,
            Hour::Overcast,
            Hour::Clear,
            Hour::Dusk,
            Hour::Night,
            Hour::Clear,
            Hour::Overcast,
        ][usize::from(camera.wrapping_mul(5) / 2 % 8)];
        let light = Light::new(hour, camera % 7 == 3);
        let (at, horizon) = (dice.between(0.36, 0.64), dice.between(0.27, 0.36));
        let (height_m, bend) = (dice.between(5.4, 7.2), dice.between(-0.0007, 0.0007));
        let straight = if matches!(place, Place::Bridge | Place::Crossing) { 0.2 } else { 1.0 };
        let look = |width: u32, height: u32| {
            View::new(width as f32, height as f32, at, horizon, height_m, bend * straight)
        };
        // Drawn at twice the size and halved: smooth edges, and it costs only once. In a large picture nobody sees
        // the steps, and it would cost half a second.
        let times = if film.height_px >= LARGE_PX { 1 } else { 2 };
        let mut large = RgbImage::new(film.width_px * times, film.height_px * times);
        let view = look(large.width(), large.height());
        let mut canvas = Canvas::new(&mut large);
        backdrop::sky(&mut canvas, &view, &light, &mut Dice::new(camera, 2));
        backdrop::ground(&mut canvas, &view, &light, place, &mut Dice::new(camera, 3));
        let mut wet = Dice::new(camera, 4);
        match place {
            Place::Bridge => {
                backdrop::water(&mut canvas, &view, &light, (-120.0, 120.0), (6.0, 78.0), &mut wet)
            }
            Place::Lake => {
                backdrop::water(&mut canvas, &view, &light, (-160.0, -8.5), (4.0, 190.0), &mut wet)
            }
            _ => {}
        }
        backdrop::road(&mut canvas, &view, &light, place, &mut Dice::new(camera, 5));
        if place == Place::Crossing {
            backdrop::crossing(&mut canvas, &view, &light);
        }
        places::paint(&mut canvas, &view, &light, place, &mut Dice::new(camera, 6));
        let ground = if times == 1 {
            large
        } else {
            image::imageops::resize(&large, film.width_px, film.height_px, FilterType::Triangle)
        };
        let loop_s = f32::from(film.frames) / film.fps.max(1) as f32;
        let traffic = Traffic::new(place, loop_s, &mut Dice::new(camera, 7));
        Self { camera, film, ground, view: look(film.width_px, film.height_px), light, traffic }
    }

    /// Draws a frame of the loop into a picture of the film's size (another size is replaced).
    pub fn draw(&self, frame: u16, picture: &mut RgbImage) {
        picture.clone_from(&self.ground);
        self.paint(frame, &mut Canvas::new(picture));
        strip::draw(picture, self.camera, frame);
    }

    /// Everything on the ground but the strip.
    fn paint(&self, frame: u16, canvas: &mut Canvas) {
        let phase = f32::from(frame) / f32::from(self.film.frames.max(1));
        self.traffic.paint(canvas, &self.view, &self.light, phase);
        if self.light.rain {
            self.rain(frame, canvas);
        }
        self.caption(frame, canvas);
    }

    #[allow(clippy::cast_precision_loss)]
    fn rain(&self, frame: u16, canvas: &mut Canvas) {
        let mut dice = Dice::new(self.camera, 1_000 + u64::from(frame));
        let (width, height) = (canvas.width() as f32, canvas.height() as f32);
        for _ in 0..70 {
            let (x, y) = (dice.between(0.0, width), dice.between(0.0, height));
            let length = height * dice.between(0.03, 0.08);
            canvas.streak((x, y), (x - length * 0.16, y + length), Colour(206, 214, 222), 0.22);
        }
    }

    /// Camera code and time in the loop: never a wall clock, which a loop cannot know.
    fn caption(&self, frame: u16, canvas: &mut Canvas) {
        let tenths = u32::from(frame) * 10 / self.film.fps.max(1);
        let text =
            format!("C{:03}  {:02}:{:02}.{}", self.camera, tenths / 600, tenths / 10 % 60, tenths % 10);
        let scale = (canvas.height() / 180).max(1);
        let top = canvas.height() / 18 + 4 * scale;
        font::write(canvas, &text, 5 * scale, top, scale, Colour(238, 240, 242));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strip::Strip;

    const FILM: Film = Film { width_px: 320, height_px: 180, fps: 15, frames: 60 };

    #[test]
    fn every_camera_has_its_own_scene_that_moves_and_says_who_it_is() {
        let mut first = RgbImage::new(1, 1);
        let mut later = RgbImage::new(1, 1);
        let mut seen = std::collections::HashSet::new();
        for camera in (1..=240).step_by(if std::env::var_os("EASIEN_FULL").is_some() { 1 } else { 13 }) {
            let scene = Scene::new(camera, FILM);
            scene.draw(0, &mut first);
            scene.draw(31, &mut later);
            assert_eq!(strip::read(&first), Some(Strip { camera, frame: 0 }));
            assert_eq!(strip::read(&later), Some(Strip { camera, frame: 31 }));
            let moved = first.pixels().zip(later.pixels()).filter(|(a, b)| a != b).count();
            assert!(moved > 500, "C{camera:03}: {moved}");
            assert!(seen.insert(scene.ground.into_raw()), "C{camera:03} looks like another");
        }
    }

    #[test]
    fn the_end_of_the_loop_meets_its_start() {
        for camera in [1, 6, 12] {
            let scene = Scene::new(camera, FILM);
            let (mut end, mut start, mut next) =
                (RgbImage::new(1, 1), RgbImage::new(1, 1), RgbImage::new(1, 1));
            scene.draw(FILM.frames - 1, &mut end);
            scene.draw(0, &mut start);
            scene.draw(1, &mut next);
            let differs =
                |a: &RgbImage, b: &RgbImage| a.pixels().zip(b.pixels()).filter(|(a, b)| a != b).count();
            let (seam, usual) = (differs(&end, &start), differs(&start, &next));
            assert!(seam < usual * 2 + 800, "C{camera:03}: {seam} pixels change at the seam, {usual} inside");
        }
    }
}
