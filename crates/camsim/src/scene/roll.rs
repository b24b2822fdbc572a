//! A scene's pictures one after the other as planes of YUV 4:2:0, painted and converted only where something moves:
//! the same pictures as [`Scene::draw`] gives, at a fraction of the time. Large pictures are mostly ground.

use super::Scene;
use super::paint::Canvas;
use crate::strip;
use image::RgbImage;

/// Blocks in a row at most: one bit each.
const BLOCKS: u32 = 64;

/// Which blocks of which rows of a picture were painted.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    rows: Vec<u64>,
    block_px: u32,
}

impl Touched {
    /// None yet of a picture of this size.
    #[must_use]
    pub fn new(width_px: u32, height_px: u32) -> Self {
        // Even, because a sample of chroma is two pixels wide.
        let block_px = width_px.div_ceil(BLOCKS).next_multiple_of(2).max(2);
        Self { rows: vec![0; height_px as usize], block_px }
    }

    /// The pixels from `x0` to before `x1` of a row, which are inside the picture.
    pub fn mark(&mut self, y: usize, x0: usize, x1: usize) {
        let block = self.block_px as usize;
        let (first, last) = (x0 / block, x1.saturating_sub(1) / block);
        if let Some(row) = self.rows.get_mut(y).filter(|_| x1 > x0 && last < 64) {
            *row |= (u64::MAX >> (63 - (last - first))) << first;
        }
    }

    /// The columns of each run of blocks in a mask, from and to before.
    fn runs(&self, mask: u64, width_px: usize) -> impl Iterator<Item = (usize, usize)> {
        let block = self.block_px as usize;
        let mut rest = mask;
        std::iter::from_fn(move || {
            if rest == 0 {
                return None;
            }
            let first = rest.trailing_zeros();
            let count = (rest >> first).trailing_ones();
            rest &= if first + count >= 64 { 0 } else { u64::MAX << (first + count) };
            let (first, count) = (first as usize, count as usize);
            Some((first * block, ((first + count) * block).min(width_px)))
        })
    }
}

/// A scene being shot.
pub struct Roll<'a> {
    scene: &'a Scene,
    picture: RgbImage,
    planes: Vec<u8>,
    /// Where the picture is not the bare ground.
    touched: Touched,
}

impl<'a> Roll<'a> {
    /// Before the first picture. Width and height must be even.
    #[must_use]
    pub fn new(scene: &'a Scene) -> Self {
        let picture = scene.ground.clone();
        let (width, height) = picture.dimensions();
        let mut roll = Self {
            scene,
            picture,
            planes: vec![0; width as usize * height as usize * 3 / 2],
            touched: Touched::new(width, height),
        };
        roll.touched.rows.fill(u64::MAX);
        roll.convert(&vec![0; height as usize]);
        roll.touched.rows.fill(0);
        roll
    }

    /// The planes of a frame of the loop: Y, then U, then V (BT.601, 16-235).
    pub fn shoot(&mut self, frame: u16) -> &[u8] {
        let (width, height) = (self.picture.width() as usize, self.picture.height() as usize);
        let before = std::mem::replace(&mut self.touched.rows, vec![0; height]);
        let (ground, picture) = (self.scene.ground.as_raw(), &mut *self.picture);
        for (y, mask) in before.iter().enumerate() {
            for (x0, x1) in self.touched.runs(*mask, width) {
                let at = (y * width + x0) * 3..(y * width + x1) * 3;
                if let (Some(to), Some(from)) = (picture.get_mut(at.clone()), ground.get(at)) {
                    to.copy_from_slice(from);
                }
            }
        }
        let mut canvas = Canvas::watched(&mut self.picture, &mut self.touched);
        self.scene.paint(frame, &mut canvas);
        strip::draw(&mut self.picture, self.scene.camera, frame);
        let strip = strip::height_px(self.picture.height()) as usize;
        (0..strip.min(height)).for_each(|y| self.touched.mark(y, 0, width));
        self.convert(&before);
        &self.planes
    }

    /// Converts the pixels that are touched now or were `before`.
    fn convert(&mut self, before: &[u64]) {
        let (width, height) = (self.picture.width() as usize, self.picture.height() as usize);
        let bytes = self.picture.as_raw();
        let (ys, chroma) = self.planes.split_at_mut(width * height);
        let (us, vs) = chroma.split_at_mut(width * height / 4);
        let touched = &self.touched;
        for y in (0..height).step_by(2) {
            let mask = [y, y + 1]
                .iter()
                .filter_map(|y| Some(touched.rows.get(*y)? | before.get(*y)?))
                .fold(0, |all, row| all | row);
            for (x0, x1) in touched.runs(mask, width) {
                let at = y * width;
                let (Some(upper), Some(lower)) = (
                    bytes.get((at + x0) * 3..(at + x1) * 3),
                    bytes.get((at + width + x0) * 3..(at + width + x1) * 3),
                ) else {
                    continue;
                };
                if let Some(ys) = ys.get_mut(at + x0..at + x1) {
                    luma(upper, ys);
                }
                if let Some(ys) = ys.get_mut(at + width + x0..at + width + x1) {
                    luma(lower, ys);
                }
                let half = at / 4 + x0 / 2..at / 4 + x1 / 2;
                if let (Some(us), Some(vs)) = (us.get_mut(half.clone()), vs.get_mut(half)) {
                    colour(upper, lower, us, vs);
                }
            }
        }
    }
}

fn luma(pixels: &[u8], ys: &mut [u8]) {
    for (y, pixel) in ys.iter_mut().zip(pixels.chunks_exact(3)) {
        let sum = 66 * u32::from(pixel[0]) + 129 * u32::from(pixel[1]) + 25 * u32::from(pixel[2]);
        *y = ((sum + 128) >> 8).to_le_bytes()[0] + 16;
    }
}

fn colour(upper: &[u8], lower: &[u8], us: &mut [u8], vs: &mut [u8]) {
    let pairs = upper.chunks_exact(6).zip(lower.chunks_exact(6));
    for ((a, b), (u, v)) in pairs.zip(us.iter_mut().zip(vs.iter_mut())) {
        let sum = |c: usize| i32::from(a[c]) + i32::from(a[c + 3]) + i32::from(b[c]) + i32::from(b[c + 3]);
        let (red, green, blue) = (sum(0), sum(1), sum(2));
        // 128 and the rounding are added before shifting, so nothing is negative.
        *u = ((131_584 - 38 * red - 74 * green + 112 * blue) >> 10).to_le_bytes()[0];
        *v = ((131_584 + 112 * red - 94 * green - 18 * blue) >> 10).to_le_bytes()[0];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Film;
    use image::Rgb;

    fn planes(picture: &RgbImage) -> Vec<u8> {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let mut planes = vec![0; width * height * 3 / 2];
        let (ys, chroma) = planes.split_at_mut(width * height);
        let (us, vs) = chroma.split_at_mut(width * height / 4);
        luma(picture.as_raw(), ys);
        for (pair, rows) in picture.as_raw().chunks_exact(width * 6).enumerate() {
            let (upper, lower) = rows.split_at(width * 3);
            let half = pair * width / 2..(pair + 1) * width / 2;
            colour(upper, lower, &mut us[half.clone()], &mut vs[half]);
        }
        planes
    }

    #[test]
    fn colours_become_those_of_the_standard() {
        for (rgb, yuv) in [
            ([0, 0, 0], [16, 128, 128]),
            ([255, 255, 255], [235, 128, 128]),
            ([255, 0, 0], [82, 90, 240]),
            ([0, 255, 0], [144, 54, 34]),
            ([0, 0, 255], [41, 240, 110]),
        ] {
            let planes = planes(&RgbImage::from_pixel(4, 2, Rgb(rgb)));
            assert_eq!(planes.len(), 12);
            assert!(planes[..8].iter().all(|y| *y == yuv[0]), "{rgb:?}: {planes:?}");
            assert_eq!((planes[8], planes[10]), (yuv[1], yuv[2]), "{rgb:?}");
        }
    }

    #[test]
    fn the_same_pictures_as_drawn_whole() {
        // Rain, lamps at night, a crossing; widths that blocks do not divide.
        for (camera, width_px, height_px) in [(3, 322, 182), (10, 640, 360), (1, 130, 72), (11, 1280, 720)] {
            let scene = Scene::new(camera, Film { width_px, height_px, fps: 15, frames: 60 });
            let mut roll = Roll::new(&scene);
            let mut picture = RgbImage::new(1, 1);
            for frame in [0, 1, 2, 30, 59, 0] {
                scene.draw(frame, &mut picture);
                assert!(roll.shoot(frame) == planes(&picture), "C{camera:03} {frame}");
            }
        }
    }

    #[test]
    fn runs_are_the_blocks_that_were_marked() {
        let mut touched = Touched::new(1920, 2);
        touched.mark(0, 0, 1);
        touched.mark(0, 1919, 1920);
        touched.mark(0, 59, 61);
        touched.mark(1, 0, 1920);
        let runs: Vec<_> = touched.runs(touched.rows[0], 1920).collect();
        assert_eq!(runs, [(0, 90), (1890, 1920)]);
        assert_eq!(touched.runs(touched.rows[1], 1920).collect::<Vec<_>>(), [(0, 1920)]);
        assert_eq!(touched.runs(0, 1920).count(), 0);
        touched.mark(5, 0, 1);
    }
}
