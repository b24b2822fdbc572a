//! What stands where on one window's video surface, and what must be painted anew: everything of the native presenter
//! that needs no window. Rectangles and regions are in device pixels, relative to the page's top left corner.
//!
//! The rule of the place: a tile shows a picture of its own camera or nothing. When tiles move, change their size or
//! get a new source, a picture goes along with its camera until the new source has one.

use super::{PictureSource, PlacedTile, SlotPicture, SourceTile};
use crate::geometry::PxRect;
use crate::paint_log::PaintLog;
use easien_model::UtcMicros;
use easien_mosaic::Tier;
use gtk::cairo::{Context, Error, Filter, Format, ImageSurface, RectangleInt, Region};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a picture of the former source may stand in for the new one.
const HELD_MOST: Duration = Duration::from_secs(5);

struct Tile {
    placed: PlacedTile,
    /// Slot and assignment in the source of now.
    slot: Option<(u32, u64)>,
    picture: Option<Picture>,
}

struct Picture {
    surface: ImageSurface,
    width_px: u32,
    height_px: u32,
    arrived: UtcMicros,
    tier: Tier,
    /// Not on the screen yet.
    fresh: bool,
    /// From a former source, since then.
    held: Option<Instant>,
}

/// See the module.
pub struct Scene {
    tiles: Vec<Tile>,
    occluders: Region,
    source: Option<Box<dyn PictureSource>>,
    /// The source's tiles.
    places: Vec<SourceTile>,
    /// Look into every slot at the next tick, whatever the source says: tiles have new slots.
    look: bool,
    log: Arc<PaintLog>,
}

impl Scene {
    /// An empty surface that writes what it paints into `log`.
    #[must_use]
    pub fn new(log: Arc<PaintLog>) -> Self {
        Self {
            tiles: Vec::new(),
            occluders: Region::create(),
            source: None,
            places: Vec::new(),
            look: true,
            log,
        }
    }

    /// Whether there is anything that could ever be painted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tiles.is_empty()
    }

    /// Where the tiles are from now on. Returns what must be painted anew.
    pub fn place(&mut self, tiles: Vec<PlacedTile>) -> Region {
        let damage = self.covered();
        self.look = true;
        let mut former = std::mem::take(&mut self.tiles);
        self.log.place(tiles.iter().map(|placed| (placed.tile, placed.camera, placed.archive)));
        // The tile of the same number first, so that a camera shown twice does not change places with itself.
        let mut claims: Vec<Option<Tile>> =
            tiles.iter().map(|placed| claim(&mut former, placed, true)).collect();
        for (claimed, placed) in claims.iter_mut().zip(&tiles) {
            if claimed.is_none() {
                *claimed = claim(&mut former, placed, false);
            }
        }
        for (claimed, placed) in claims.into_iter().zip(tiles) {
            let (slot, picture) = claimed.map_or((None, None), |tile| (tile.slot, tile.picture));
            if let Some(picture) = &picture {
                self.log.kept(placed.tile, picture.arrived);
            }
            self.tiles.push(Tile { placed, slot, picture });
        }
        // One that was away for a moment finds its slot again: the source may stay the same.
        for tile in self.tiles.iter_mut().filter(|tile| tile.slot.is_none()) {
            let of = self.places.iter().find(|at| at.tile == tile.placed.tile && fits(at, &tile.placed));
            tile.slot = of.map(|at| (at.slot, at.assignment));
        }
        joined(damage, &self.covered())
    }

    /// What of the page must not be painted over from now on. Returns what must be painted anew.
    pub fn occlude(&mut self, rects: &[PxRect]) -> Region {
        let former = std::mem::replace(&mut self.occluders, Region::create());
        for rect in rects {
            add(&self.occluders, *rect);
        }
        // What is in both needs nothing.
        note(former.xor(&self.occluders));
        former
    }

    /// Where the pictures come from now on. Nothing changes on the screen until the first picture.
    pub fn open(&mut self, source: Box<dyn PictureSource>, tiles: &[SourceTile]) {
        self.source = Some(source);
        self.places = tiles.to_vec();
        self.look = true;
        let now = Instant::now();
        let mut free: Vec<&SourceTile> = tiles.iter().collect();
        for exact in [true, false] {
            for tile in &mut self.tiles {
                if exact {
                    tile.slot = None;
                    if let Some(picture) = &mut tile.picture {
                        picture.held.get_or_insert(now);
                    }
                } else if tile.slot.is_some() {
                    continue;
                }
                let is_its =
                    |at: &&SourceTile| fits(at, &tile.placed) && (!exact || at.tile == tile.placed.tile);
                if let Some(found) = free.iter().position(is_its) {
                    let at = free.swap_remove(found);
                    tile.slot = Some((at.slot, at.assignment));
                }
            }
        }
    }

    /// No pictures any more. Returns what must be painted anew.
    pub fn close(&mut self) -> Region {
        self.source = None;
        self.places.clear();
        let damage = Region::create();
        for tile in &mut self.tiles {
            tile.slot = None;
            tile.clear(&self.log, &damage);
        }
        damage
    }

    /// Looks for new pictures. Returns what must be painted anew.
    pub fn tick(&mut self) -> Region {
        let damage = Region::create();
        let now = Instant::now();
        let Some(source) = &mut self.source else { return damage };
        let changed = source.changed() || std::mem::take(&mut self.look);
        for tile in &mut self.tiles {
            let held = tile.picture.as_ref().and_then(|picture| picture.held);
            if held.is_some_and(|since| now - since > HELD_MOST) {
                tile.clear(&self.log, &damage);
            }
            let Some((slot, assignment)) = tile.slot else { continue };
            if !source.shown(slot) {
                tile.clear(&self.log, &damage);
                continue;
            }
            if !changed || !source.fresh(slot) {
                continue;
            }
            // The picture before it goes back to the writer now; a former source's may stay if this comes to nothing.
            if held.is_none() {
                tile.clear_quietly(&damage);
            }
            let taken = source
                .take(slot)
                .filter(|taken| taken.camera == tile.placed.camera && taken.assignment == assignment);
            let Some(taken) = taken else {
                if tile.picture.is_none() {
                    self.log.cleared(tile.placed.tile);
                }
                continue;
            };
            match surface_over(taken) {
                Ok(picture) => {
                    tile.picture = Some(picture);
                    add(&damage, tile.placed.rect);
                }
                Err(error) => {
                    tracing::warn!(tile = tile.placed.tile, %error, "a picture could not be painted");
                    tile.clear(&self.log, &damage);
                }
            }
        }
        note(damage.subtract(&self.occluders));
        damage
    }

    /// Paints what stands within `clip`. `cr` counts in device pixels from the page's top left corner.
    ///
    /// # Errors
    /// What cairo says.
    pub fn draw(&mut self, cr: &Context, clip: &Region, now: UtcMicros) -> Result<(), Error> {
        for tile in &mut self.tiles {
            let Some(picture) = &mut tile.picture else { continue };
            let rect = tile.placed.rect;
            let part = Region::create_rectangle(&rectangle(rect));
            part.subtract(&self.occluders)?;
            part.intersect(clip)?;
            if part.is_empty() {
                continue;
            }
            for n in 0..part.num_rectangles() {
                let piece = part.rectangle(n);
                cr.rectangle(piece.x().into(), piece.y().into(), piece.width().into(), piece.height().into());
            }
            paint(cr, picture, rect)?;
            if std::mem::take(&mut picture.fresh) {
                self.log.painted(tile.placed.tile, (picture.arrived, picture.tier), now);
            }
        }
        Ok(())
    }

    /// The rectangles of all tiles that show a picture.
    fn covered(&self) -> Region {
        let region = Region::create();
        for tile in self.tiles.iter().filter(|tile| tile.picture.is_some()) {
            add(&region, tile.placed.rect);
        }
        region
    }
}

impl Tile {
    /// As [`Tile::clear`] when another picture is about to take its place.
    fn clear_quietly(&mut self, damage: &Region) {
        if self.picture.take().is_some() {
            add(damage, self.placed.rect);
        }
    }

    fn clear(&mut self, log: &PaintLog, damage: &Region) {
        if self.picture.take().is_some() {
            add(damage, self.placed.rect);
            log.cleared(self.placed.tile);
        }
    }
}

/// What is live never stands in for what was recorded, nor the other way round.
fn fits(at: &SourceTile, placed: &PlacedTile) -> bool {
    at.camera == placed.camera && at.archive == placed.archive
}

fn claim(former: &mut Vec<Tile>, placed: &PlacedTile, same_tile: bool) -> Option<Tile> {
    // What is live never stands in for what was recorded, nor the other way round.
    let fits = |tile: &Tile| {
        tile.placed.camera == placed.camera
            && tile.placed.archive == placed.archive
            && (!same_tile || tile.placed.tile == placed.tile)
    };
    former.iter().position(fits).map(|found| former.swap_remove(found))
}

fn surface_over(taken: SlotPicture) -> Result<Picture, Error> {
    let SlotPicture { width_px, height_px, arrived, tier, mut pixels, .. } = taken;
    let stride =
        width_px.checked_mul(4).and_then(|stride| i32::try_from(stride).ok()).ok_or(Error::InvalidStride)?;
    let (width, height) = (
        i32::try_from(width_px).map_err(|_| Error::InvalidSize)?,
        i32::try_from(height_px).map_err(|_| Error::InvalidSize)?,
    );
    let needed = u64::from(width_px) * u64::from(height_px) * 4;
    // create_for_data panics on a buffer that is too small.
    if needed == 0 || i32::try_from(needed).is_err() || (pixels.as_mut().len() as u64) < needed {
        return Err(Error::InvalidSize);
    }
    let surface = ImageSurface::create_for_data(pixels, Format::Rgb24, width, height, stride)?;
    Ok(Picture { surface, width_px, height_px, arrived, tier, fresh: true, held: None })
}

fn paint(cr: &Context, picture: &Picture, rect: PxRect) -> Result<(), Error> {
    let same =
        i64::from(rect.w) == i64::from(picture.width_px) && i64::from(rect.h) == i64::from(picture.height_px);
    cr.save()?;
    cr.translate(rect.x.into(), rect.y.into());
    if !same {
        cr.scale(
            f64::from(rect.w) / f64::from(picture.width_px),
            f64::from(rect.h) / f64::from(picture.height_px),
        );
    }
    cr.set_source_surface(&picture.surface, 0.0, 0.0)?;
    cr.source().set_filter(if same { Filter::Fast } else { Filter::Bilinear });
    // Without it the edges of a scaled picture would be mixed with nothing, that is black.
    cr.source().set_extend(gtk::cairo::Extend::Pad);
    cr.fill()?;
    cr.restore()
}

fn rectangle(rect: PxRect) -> RectangleInt {
    RectangleInt::new(rect.x, rect.y, rect.w, rect.h)
}

fn add(region: &Region, rect: PxRect) {
    note(region.union_rectangle(&rectangle(rect)));
}

fn joined(region: Region, other: &Region) -> Region {
    note(region.union(other));
    region
}

/// Regions only fail when there is no memory left; a rectangle painted once too few is then the least trouble.
fn note(done: Result<(), Error>) {
    if let Err(error) = done {
        tracing::error!(%error, "a region could not be computed");
    }
}

#[cfg(test)]
mod tests;
