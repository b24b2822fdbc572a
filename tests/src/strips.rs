//! Which camera and which frame each tile on the screen really shows, read from the strips that camsim draws into its
//! pictures: nothing that the programs say about themselves is believed.

use crate::screen::{Area, Shot};
use easien_camsim::roster;
use easien_camsim::strip::{self, BLOCKS, SMALLEST_PX, Strip};

/// A picture found on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The camera's number: 17 for C017.
    pub camera: u16,
    /// The frame's number in its loop.
    pub frame: u16,
    /// Where the picture is; the right edge to within a hundredth of its width, the height taken as 9/16 of it.
    pub area: Area,
}

/// Frames in the longest loop of a simulated camera, at most: more of them is a misread.
const LONGEST_LOOP: u16 = 1024;
/// The frame of a focused tile, right beside its picture, is darker than this.
const WHITE: u8 = 185;
const BLACK: u8 = 100;

/// Every simulated picture on a shot, from top to bottom, then from left to right. Pictures narrower than
/// [`SMALLEST_PX`], or with a damaged strip, are not found.
#[must_use]
pub fn strips(shot: &Shot) -> Vec<Seen> {
    found(shot, 3)
}

/// As [`strips`], with the tiles of an overview too: their guards may be two pixels wide. Slower.
#[must_use]
pub fn small_strips(shot: &Shot) -> Vec<Seen> {
    found(shot, 2)
}

/// `guard_px`: the narrowest white guard that is looked at.
fn found(shot: &Shot, guard_px: u32) -> Vec<Seen> {
    let mut found: Vec<Seen> = vec![];
    for y in (0..shot.height).step_by(2) {
        let mut x = 0;
        while x + SMALLEST_PX.0 < shot.width {
            if let Some(seen) = found.iter().find(|seen| seen.area.contains(x, y)) {
                x = seen.area.x + seen.area.width;
                continue;
            }
            let edge = shot.luma(x, y) >= WHITE && (x == 0 || shot.luma(x - 1, y) < WHITE);
            match edge.then(|| at(shot, x, y, guard_px)).flatten() {
                // A smeared left edge may be found a pixel earlier in the next row: that is the same picture.
                Some(seen) if !found.iter().any(|known| known.area.contains(x + seen.area.width / 2, y)) => {
                    x = seen.area.x + seen.area.width;
                    found.push(seen);
                }
                _ => x += 1,
            }
        }
    }
    found.sort_by_key(|seen| (seen.area.y / 8, seen.area.x));
    found
}

/// The strip whose white guard begins at `x` and crosses row `y`, if there is one.
fn at(shot: &Shot, x: u32, y: u32, guard_px: u32) -> Option<Seen> {
    let run = |from: u32, is: &dyn Fn(u8) -> bool| {
        (from..shot.width).take(100).take_while(|x| is(shot.luma(*x, y))).count()
    };
    let white = u32::try_from(run(x, &|luma| luma >= WHITE)).ok()?;
    let smeared = u32::try_from(run(x + white, &|luma| (BLACK..WHITE).contains(&luma))).ok()?;
    let black = u32::try_from(run(x + white + smeared, &|luma| luma < BLACK)).ok()?;
    if white < guard_px || smeared > 2 || black + 2 < white {
        return None;
    }
    let column = x + white / 2;
    let top = (0..y).rev().take(100).take_while(|y| shot.luma(column, *y) >= WHITE).last().unwrap_or(y);
    // Blocks are as high as they are wide (the picture below may be white too); the bars of letters are not.
    let high = (y..shot.height).take(100).take_while(|y| shot.luma(column, *y) >= WHITE).count();
    if (high + (y - top) as usize) * 2 < white as usize {
        return None;
    }
    // The white guard is one block wide, give or take a smeared pixel on each side.
    let narrowest = (white.saturating_sub(1) * BLOCKS).max(SMALLEST_PX.0);
    let widest = ((white + 1) * BLOCKS + BLOCKS / 2).min(shot.width - x);
    let step = (narrowest / 200).max(1);
    let mut readings: Vec<(Strip, Vec<u32>)> = vec![];
    for width in (narrowest..=widest).step_by(step as usize) {
        let height = (width * 9 / 16).min(shot.height - top);
        let Some(strip) = strip::read_with(width, height, |dx, dy| shot.luma(x + dx, top + dy)) else {
            continue;
        };
        match readings.iter_mut().find(|(same, _)| *same == strip) {
            Some((_, widths)) => widths.push(width),
            None => readings.push((strip, vec![width])),
        }
    }
    let (strip, widths) = readings.into_iter().max_by_key(|(_, widths)| widths.len())?;
    let width = widths[widths.len() / 2];
    let area = Area { x, y: top, width, height: width * 9 / 16 };
    // A strip lies under a plain line: the gap or the frame above it.
    // About as many widths fit as a block has pixels; by chance it is one or two.
    let fitting = u32::try_from(widths.len()).unwrap_or(0) * step;
    let real = fitting * 5 >= white * 3
        && widths.len() >= 3
        && plain_above(shot, area)
        && upright(shot, area, white);
    let known = (1..=roster::MOST).contains(&strip.camera) && strip.frame < LONGEST_LOOP;
    (real && known).then_some(Seen { camera: strip.camera, frame: strip.frame, area })
}

fn plain_above(shot: &Shot, area: Area) -> bool {
    let Some(row) = area.y.checked_sub(2) else { return true };
    let level = shot.luma(area.x + area.width / 2, row);
    let differing = (area.x..area.x + area.width).filter(|x| shot.luma(*x, row).abs_diff(level) > 24).count();
    differing * 20 < area.width as usize
}

/// Blocks have the same columns in each of their rows; text that reads as a strip in one row does not in the next.
fn upright(shot: &Shot, area: Area, high: u32) -> bool {
    let is_white = |x: u32, y: u32| shot.luma(x, y) >= 128;
    let (upper, lower) = (area.y + high / 4, area.y + high * 3 / 4);
    let differing =
        (area.x..area.x + area.width).filter(|x| is_white(*x, upper) != is_white(*x, lower)).count();
    differing * 12 < area.width as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::imageops::{self, FilterType};
    use image::{Rgb, RgbImage};

    fn shot_of(image: &RgbImage) -> Shot {
        let bgrx = image.pixels().flat_map(|Rgb([r, g, b])| [*b, *g, *r, 0]).collect();
        Shot { width: image.width(), height: image.height(), bgrx }
    }

    /// A scene with bright and dark parts, so that a reader that takes anything for a strip fails.
    fn scene(camera: u16, frame: u16) -> RgbImage {
        let mut picture = RgbImage::from_fn(640, 360, |x, y| {
            let lane = (x / 23 + y / 17 + u32::from(camera)) % 3;
            [Rgb([230, 230, 225]), Rgb([40, 44, 60]), Rgb([120, 130, 110])][lane as usize]
        });
        strip::draw(&mut picture, camera, frame);
        picture
    }

    fn wall(columns: u32, rows: u32, tile: (u32, u32), caption: u32) -> (RgbImage, Vec<(u16, Area)>) {
        let mut screen = RgbImage::from_pixel(1920, 1080, Rgb([12, 14, 18]));
        let mut placed = vec![];
        for row in 0..rows {
            for column in 0..columns {
                let camera = u16::try_from(row * columns + column + 1).unwrap();
                let (x, y) = (251 + column * (tile.0 + 3), 90 + row * (tile.1 + caption + 3));
                let scaled =
                    imageops::resize(&scene(camera, camera * 5), tile.0, tile.1, FilterType::Triangle);
                imageops::replace(&mut screen, &scaled, i64::from(x), i64::from(y));
                placed.push((camera, Area { x, y, width: tile.0, height: tile.1 }));
            }
        }
        (screen, placed)
    }

    #[test]
    fn every_tile_of_a_wall_is_read_where_it_is() {
        let usual = [(1, (1320, 742)), (2, (650, 366)), (3, (433, 244)), (4, (325, 183)), (8, (160, 90))];
        for (grid, tile) in usual {
            let (screen, placed) = wall(grid, grid.min(12), tile, 20);
            let seen = strips(&shot_of(&screen));
            let cameras: Vec<u16> = seen.iter().map(|seen| seen.camera).collect();
            assert_eq!(cameras, placed.iter().map(|(camera, _)| *camera).collect::<Vec<_>>(), "grid {grid}");
            for (seen, (camera, area)) in seen.iter().zip(&placed) {
                assert_eq!(seen.frame, camera * 5);
                assert_eq!((seen.area.x, seen.area.y), (area.x, area.y));
                assert!(seen.area.width.abs_diff(area.width) <= 2 + area.width / 50, "{seen:?} {area:?}");
            }
        }
    }

    #[test]
    fn a_screen_without_pictures_has_no_strips() {
        let screen = RgbImage::from_fn(1920, 1080, |x, y| {
            let text = (x * 7 + y * 13) % 29 < 9 && y % 24 < 12;
            if text { Rgb([220, 220, 225]) } else { Rgb([12, 14, 18]) }
        });
        assert_eq!(strips(&shot_of(&screen)), []);
    }
}
