//! The simulated roadside scenes: what a camera sees in a frame of its loop, drawn without any input but the
//! camera's number. No encoding here.

pub mod font;
pub mod paint;

use crate::strip;
use image::RgbImage;
use paint::{Canvas, Colour};

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

/// One camera's scene, ready to be drawn frame by frame.
pub struct Scene {
    camera: u16,
    film: Film,
    ground: RgbImage,
}

impl Scene {
    /// The scene of a camera (17 for C017). The same number always gives the same scene.
    #[must_use]
    pub fn new(camera: u16, film: Film) -> Self {
        let mut ground = RgbImage::new(film.width_px, film.height_px);
        let mut canvas = Canvas::new(&mut ground);
        let (w, h) = (canvas.width(), canvas.height());
        canvas.gradient(0, h * 2 / 5, Colour(120, 150, 180), Colour(190, 200, 205));
        canvas.gradient(h * 2 / 5, h, Colour(90, 100, 70), Colour(70, 85, 55));
        #[allow(clippy::cast_precision_loss)]
        let (w, h) = (w as f32, h as f32);
        let road = [(w * 0.48, h * 0.4), (w * 0.52, h * 0.4), (w * 0.95, h), (w * 0.05, h)];
        canvas.polygon(&road, Colour(70, 72, 76));
        Self { camera, film, ground }
    }

    /// Draws a frame of the loop into a picture of the film's size (another size is replaced).
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    pub fn draw(&self, frame: u16, picture: &mut RgbImage) {
        picture.clone_from(&self.ground);
        let phase = f32::from(frame) / f32::from(self.film.frames.max(1));
        let mut canvas = Canvas::new(picture);
        let (w, h) = (canvas.width() as f32, canvas.height() as f32);
        for car in 0..3_u8 {
            let along = (phase * 2.0 + f32::from(car) / 3.0).fract();
            let near = along * along;
            let y = h * (0.42 + 0.55 * near);
            let x = w * (0.5 + 0.2 * near);
            let size = w * (0.01 + 0.09 * near);
            let paint = [Colour(180, 40, 40), Colour(40, 60, 130), Colour(220, 220, 215)][usize::from(car)];
            canvas.rect((x - size) as i32, (y - size) as i32, (x + size) as i32, y as i32, paint);
        }
        self.caption(frame, &mut canvas);
        strip::draw(picture, self.camera, frame);
    }

    /// Camera code and time in the loop: never a wall clock, which a loop cannot know.
    fn caption(&self, frame: u16, canvas: &mut Canvas) {
        let tenths = u32::from(frame) * 10 / self.film.fps.max(1);
        let text =
            format!("C{:03}  {:02}:{:02}.{}", self.camera, tenths / 600, tenths / 10 % 60, tenths % 10);
        let scale = (canvas.height() / 180).max(1);
        let top = canvas.height() / 18 + 3 * scale;
        font::write(canvas, &text, 4 * scale, top, scale, Colour(235, 238, 240));
    }
}
