//! Tiles: which streams are painted into which slots of which mosaics, and where in the slot.

use crate::av::{Pixels, Scaler, Shape};
use crate::play::Play;
use crate::stream::{Shot, Stream};
use easien_model::{CameraId, StreamId, StreamKind, UtcMicros};
use easien_mosaic::{Frame, MosaicPlace, MosaicWriter, SlotSize, SlotWriter, Tier};
use easien_picture::Part;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// A wanted stream that painted nothing for so long leaves the tile to the next one.
const FALL_BACK_AFTER: Duration = Duration::from_secs(4);
/// What surrounds a picture of another shape than its tile: the page's `--hatch-a`, the hole that the tile lies in.
const BAR: [u8; 4] = 0xff0f_1215_u32.to_ne_bytes();
/// Recorded pictures of two streams no further apart show the same moment.
const SAME_MOMENT_US: i64 = 100_000;
/// Scalers that are kept, over all tiles: one for each pair of a picture's shape and a tile's size. Many tiles share one;
/// a scaler of its own for each of 240 would take hundreds of megabytes.
const MOST_SCALERS: usize = 64;

/// All mosaics and tiles of a worker.
#[derive(Default)]
pub struct Wall {
    mosaics: HashMap<u32, MosaicWriter>,
    tiles: Vec<Tile>,
    scalers: Scalers,
}

/// The one used last in front.
#[derive(Default)]
struct Scalers(Vec<Scaler>);

impl Scalers {
    /// For pictures of this shape in this size. None: the library refuses.
    fn of(&mut self, shape: Shape, width_px: u32, height_px: u32) -> Option<&mut Scaler> {
        match self.0.iter().position(|scaler| scaler.fits(shape, width_px, height_px)) {
            Some(index) => self.0[..=index].rotate_right(1),
            None => {
                let scaler = Scaler::new(shape, width_px, height_px, Pixels::Screen)?;
                self.0.truncate(MOST_SCALERS - 1);
                self.0.insert(0, scaler);
            }
        }
        self.0.first_mut()
    }
}

struct Tile {
    mosaic: u32,
    slot: u32,
    writer: SlotWriter,
    assignment: u64,
    /// Streams, the most wanted first.
    sources: Vec<u32>,
    /// The part of the picture that fills it; none: the whole.
    part: Option<Part>,
    /// Index in `sources` of what was painted last, and when.
    shown: Option<(usize, Instant)>,
    /// Of a recording: the picture painted last.
    shown_at: UtcMicros,
}

impl Wall {
    /// Opens a mosaic.
    pub fn open(&mut self, mosaic: u32, place: &MosaicPlace) {
        match MosaicWriter::open_place(place) {
            Ok(writer) => {
                self.mosaics.insert(mosaic, writer);
            }
            // Replaced before we came to it.
            Err(error) => tracing::debug!(mosaic, %error, "mosaic not opened"),
        }
    }

    /// Closes a mosaic with its tiles.
    pub fn close(&mut self, mosaic: u32) {
        self.mosaics.remove(&mosaic);
        self.tiles.retain(|tile| tile.mosaic != mosaic);
    }

    /// Sets a tile and paints the best picture that is there already.
    pub fn tile(
        &mut self,
        (mosaic, slot): (u32, u32),
        assignment: u64,
        (sources, part): (Vec<u32>, Option<Part>),
        (streams, plays): (&mut HashMap<u32, Stream>, &HashMap<u32, Play>),
        now: Instant,
    ) {
        self.tiles.retain(|tile| (tile.mosaic, tile.slot) != (mosaic, slot));
        let Some(writer) = self.mosaics.get(&mosaic).and_then(|mosaic| mosaic.slot(slot as usize)) else {
            return;
        };
        let shown_at = UtcMicros(i64::MIN);
        let mut tile = Tile { mosaic, slot, writer, assignment, sources, part, shown: None, shown_at };
        let decoded = |key: &u32| Some(streams.get(key)?.latest.as_ref()?.decoded);
        let recent = |key: &&u32| decoded(key).is_some_and(|at| now.duration_since(at) < FALL_BACK_AFTER);
        let best =
            tile.sources.iter().find(recent).or_else(|| tile.sources.iter().max_by_key(|key| decoded(key)));
        if let Some(stream) = best.copied().and_then(|key| streams.get_mut(&key))
            && let Some(shot) = &stream.latest
            && tile.paint(stream.id.camera, stream.painted_tier(), shot, &mut self.scalers)
        {
            let index = tile.sources.iter().position(|key| *key == stream.stats.key).unwrap_or(0);
            tile.shown = Some((index, shot.decoded));
            stream.stats.painted += 1;
        }
        tile.repaint(plays, now, &mut self.scalers);
        self.tiles.push(tile);
    }

    /// Paints a recorded picture into every tile of its play, except where a more wanted play painted the same moment.
    pub fn paint_play(&mut self, key: u32, stream: StreamId, shot: &Shot, now: Instant) {
        for tile in &mut self.tiles {
            let Some(index) = tile.sources.iter().position(|source| *source == key) else { continue };
            let better_is_there = tile.shown.is_some_and(|(shown, _)| shown < index)
                && (tile.shown_at - shot.arrived).abs() <= SAME_MOMENT_US;
            if !better_is_there && tile.paint(stream.camera, tier_of(stream), shot, &mut self.scalers) {
                (tile.shown, tile.shown_at) = (Some((index, now)), shot.arrived);
            }
        }
    }

    /// The size that the largest of a play's tiles wants a picture of this aspect in. None: no tile wants any.
    pub fn wanted_px(&self, key: u32, aspect: f64) -> Option<(u32, u32)> {
        let places = self.tiles.iter().filter(|tile| tile.sources.contains(&key));
        places
            .map(|tile| place(tile.writer.size(), aspect))
            .max_by_key(|place| u64::from(place.width_px) * u64::from(place.height_px))
            .map(|place| (place.width_px, place.height_px))
    }

    /// Whether any tile shows this stream or play.
    pub fn shows(&self, key: u32) -> bool {
        self.tiles.iter().any(|tile| tile.sources.contains(&key))
    }

    /// Paints a stream's newest picture into every tile that shows it.
    pub fn paint(&mut self, key: u32, stream: &mut Stream, now: Instant) {
        let Some(shot) = stream.latest.take() else { return };
        for tile in &mut self.tiles {
            let Some(index) = tile.sources.iter().position(|source| *source == key) else { continue };
            let wanted = match tile.shown {
                None => true,
                Some((shown, at)) => index <= shown || now.duration_since(at) > FALL_BACK_AFTER,
            };
            if wanted && tile.paint(stream.id.camera, stream.painted_tier(), &shot, &mut self.scalers) {
                tile.shown = Some((index, now));
                stream.stats.painted += 1;
            }
        }
        stream.painted = Some(now);
        stream.unpainted = false;
        stream.latest = Some(shot);
    }
}

/// Which tier a recorded picture is painted as: a recording is decoded as it is.
fn tier_of(stream: StreamId) -> Tier {
    match stream.which {
        StreamKind::Main => Tier::Main,
        StreamKind::Sub => Tier::Sub,
    }
}

impl Tile {
    /// Paints what its plays showed last, the most wanted one of those that show the same moment.
    fn repaint(&mut self, plays: &HashMap<u32, Play>, now: Instant, scalers: &mut Scalers) {
        let latest = |key: &u32| plays.get(key).and_then(|play| Some((play.id, play.latest.as_ref()?)));
        let Some(newest) = self.sources.iter().filter_map(latest).max_by_key(|(_, shot)| shot.decoded) else {
            return;
        };
        let same = |(_, shot): &(StreamId, &Shot)| (shot.arrived - newest.1.arrived).abs() <= SAME_MOMENT_US;
        let best = self.sources.iter().enumerate().find_map(|(index, key)| {
            let (stream, shot) = latest(key).filter(same)?;
            Some((index, stream, shot))
        });
        if let Some((index, stream, shot)) = best
            && self.paint(stream.camera, tier_of(stream), shot, scalers)
        {
            (self.shown, self.shown_at) = (Some((index, now)), shot.arrived);
        }
    }

    fn paint(&mut self, camera: CameraId, tier: Tier, shot: &Shot, scalers: &mut Scalers) -> bool {
        let cropped = self.part.and_then(|part| shot.picture.part(part));
        let picture = cropped.as_ref().unwrap_or(&shot.picture);
        let Some(shape) = picture.shape() else { return false };
        let size = self.writer.size();
        let place = place(size, picture.aspect());
        let Some(scaler) = scalers.of(shape, place.width_px, place.height_px) else { return false };
        let painted = self.writer.back(|pixels, stride| {
            let at = place.top_px as usize * stride + place.left_px as usize * 4;
            if !scaler.scale(picture, pixels, at, stride) {
                return false;
            }
            bars(pixels, stride, size, place);
            true
        });
        if painted {
            self.writer.publish(&Frame {
                assignment: self.assignment,
                camera,
                pts: shot.pts,
                arrived: shot.arrived,
                tier,
            });
        }
        painted
    }
}

/// A picture's rectangle in its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    left_px: u32,
    top_px: u32,
    width_px: u32,
    height_px: u32,
}

/// The largest rectangle of that aspect in the middle of the slot. Less than a pixel of difference is none.
fn place(size: SlotSize, aspect: f64) -> Place {
    let (wide, high) = (f64::from(size.width_px), f64::from(size.height_px));
    let (width, height) = if wide / high > aspect { (high * aspect, high) } else { (wide, wide / aspect) };
    let px = |value: f64, most: u32| {
        let value = (value.round() as u32).clamp(1, most);
        if most - value <= 1 { most } else { value }
    };
    let (width_px, height_px) = (px(width, size.width_px), px(height, size.height_px));
    Place {
        left_px: (size.width_px - width_px) / 2,
        top_px: (size.height_px - height_px) / 2,
        width_px,
        height_px,
    }
}

/// Fills what the picture leaves free. The back buffer held something else before.
fn bars(pixels: &mut [u8], stride: usize, size: SlotSize, place: Place) {
    if place.width_px == size.width_px && place.height_px == size.height_px {
        return;
    }
    let fill = |part: &mut [u8]| part.chunks_exact_mut(4).for_each(|pixel| pixel.copy_from_slice(&BAR));
    let (top, bottom) = (place.top_px as usize, (place.top_px + place.height_px) as usize);
    let (left, right) = (place.left_px as usize * 4, (place.left_px + place.width_px) as usize * 4);
    for (index, row) in pixels.chunks_exact_mut(stride).enumerate() {
        if index < top || index >= bottom {
            fill(row);
        } else {
            fill(row.get_mut(..left).unwrap_or_default());
            fill(row.get_mut(right..).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_aspect_is_kept_and_a_pixel_more_or_less_is_none() {
        let place = |width_px, height_px, aspect| place(SlotSize { width_px, height_px }, aspect);
        let whole = |width_px, height_px| Place { left_px: 0, top_px: 0, width_px, height_px };
        assert_eq!(place(480, 270, 16.0 / 9.0), whole(480, 270));
        assert_eq!(place(479, 270, 16.0 / 9.0), whole(479, 270));
        assert_eq!(
            place(640, 480, 16.0 / 9.0),
            Place { left_px: 0, top_px: 60, width_px: 640, height_px: 360 }
        );
        assert_eq!(
            place(640, 360, 4.0 / 3.0),
            Place { left_px: 80, top_px: 0, width_px: 480, height_px: 360 }
        );
        assert_eq!(place(1, 1, 1000.0), whole(1, 1));
    }

    #[test]
    fn bars_surround_the_picture_and_nothing_else() {
        let size = SlotSize { width_px: 6, height_px: 4 };
        let mut pixels = vec![7; 6 * 4 * 4];
        bars(&mut pixels, 24, size, Place { left_px: 1, top_px: 1, width_px: 4, height_px: 2 });
        for (index, pixel) in pixels.chunks(4).enumerate() {
            let inside = (1..5).contains(&(index % 6)) && (1..3).contains(&(index / 6));
            assert_eq!(pixel, if inside { [7; 4] } else { BAR }, "pixel {index}");
        }
    }
}
