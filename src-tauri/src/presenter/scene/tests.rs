//! The scene without a window: what is painted where, by a presenter of plain memory.

use super::*;
use crate::presenter::Pixels;
use easien_model::CameraId;
use easien_mosaic::Tier;
use gtk::cairo::Operator;
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

const NOW: UtcMicros = UtcMicros(1_700_000_000_000_000);

/// Slots that a test fills by hand.
#[derive(Clone, Default)]
struct Slots(Rc<RefCell<HashMap<u32, Slot>>>);

#[derive(Default)]
struct Slot {
    hidden: bool,
    next: Option<SlotPicture>,
}

impl Slots {
    fn put(&self, slot: u32, camera: CameraId, assignment: u64, grey: u8, (width_px, height_px): (u32, u32)) {
        let pixels = Pixels::new(vec![grey; (width_px * height_px * 4) as usize]);
        let picture =
            SlotPicture { camera, assignment, arrived: NOW, tier: Tier::Sub, width_px, height_px, pixels };
        self.0.borrow_mut().entry(slot).or_default().next = Some(picture);
    }
    fn hide(&self, slot: u32) {
        self.0.borrow_mut().entry(slot).or_default().hidden = true;
    }
}

impl PictureSource for Slots {
    fn changed(&mut self) -> bool {
        true
    }
    fn shown(&self, slot: u32) -> bool {
        !self.0.borrow().get(&slot).is_some_and(|slot| slot.hidden)
    }
    fn fresh(&self, slot: u32) -> bool {
        self.0.borrow().get(&slot).is_some_and(|slot| slot.next.is_some())
    }
    fn take(&mut self, slot: u32) -> Option<SlotPicture> {
        self.0.borrow_mut().get_mut(&slot)?.next.take()
    }
}

fn scene() -> Scene {
    Scene::new(Arc::new(PaintLog::default()))
}

fn tile(tile: u32, camera: CameraId, x: i32) -> PlacedTile {
    PlacedTile { tile, camera, archive: false, rect: PxRect { x, y: 0, w: 10, h: 10 } }
}

fn at(tile: u32, camera: CameraId, slot: u32, assignment: u64) -> SourceTile {
    SourceTile { tile, camera, archive: false, slot, assignment }
}

/// Paints everything anew on blue; the grey (or blue: 255) in each 10 pixels of the row `y`.
fn painted(scene: &mut Scene, y: usize) -> Vec<u8> {
    let mut page = ImageSurface::create(Format::Rgb24, 100, 20).expect("surface");
    {
        let cr = Context::new(&page).expect("context");
        cr.set_source_rgb(0.0, 0.0, 1.0);
        cr.paint().expect("paint");
        cr.set_operator(Operator::Source);
        let clip = Region::create_rectangle(&RectangleInt::new(0, 0, 100, 20));
        scene.draw(&cr, &clip, NOW).expect("draw");
    }
    let stride = page.stride() as usize;
    let data = page.data().expect("pixels");
    (0..10).map(|n| data[y * stride + (n * 10 + 5) * 4]).collect()
}

#[test]
fn only_its_own_camera_and_assignment() {
    let (a, b) = (CameraId::new(), CameraId::new());
    let mut scene = scene();
    scene.place(vec![tile(0, a, 0), tile(1, b, 10), tile(2, a, 20)]);
    let slots = Slots::default();
    scene.open(Box::new(slots.clone()), &[at(0, a, 0, 7), at(1, b, 1, 7), at(2, a, 2, 7)]);
    slots.put(0, a, 7, 40, (10, 10));
    slots.put(1, a, 7, 50, (10, 10)); // another camera's
    slots.put(2, a, 6, 60, (10, 10)); // of an older assignment
    scene.tick();
    assert_eq!(painted(&mut scene, 5)[..4], [40, 255, 255, 255]);
    // A good picture, then a foreign one: the good one's memory is the writer's again, so it must go.
    slots.put(1, b, 7, 51, (10, 10));
    scene.tick();
    assert_eq!(painted(&mut scene, 5)[1], 51);
    slots.put(1, a, 7, 52, (10, 10));
    let damage = scene.tick();
    assert!(damage.contains_point(15, 5), "the page must show again");
    assert_eq!(painted(&mut scene, 5)[1], 255);
    slots.hide(0);
    assert!(scene.tick().contains_point(5, 5));
    assert_eq!(painted(&mut scene, 5)[0], 255);
}

#[test]
fn a_picture_goes_along_with_its_camera() {
    let (a, b, c) = (CameraId::new(), CameraId::new(), CameraId::new());
    let mut scene = scene();
    let slots = Slots::default();
    scene.place(vec![tile(0, a, 0), tile(1, b, 10)]);
    scene.open(Box::new(slots.clone()), &[at(0, a, 0, 1), at(1, b, 1, 1)]);
    slots.put(0, a, 1, 40, (10, 10));
    slots.put(1, b, 1, 50, (10, 10));
    scene.tick();
    let damage = scene.place(vec![tile(0, b, 0), tile(1, a, 10), tile(2, c, 20)]);
    assert!(damage.contains_point(5, 5) && damage.contains_point(15, 5));
    assert_eq!(painted(&mut scene, 5)[..3], [50, 40, 255]);
    // The former source goes on until the new one is there.
    slots.put(0, a, 1, 41, (10, 10));
    scene.tick();
    assert_eq!(painted(&mut scene, 5)[..3], [50, 41, 255]);
    let next = Slots::default();
    scene.open(Box::new(next.clone()), &[at(0, b, 0, 2), at(1, a, 1, 2), at(2, c, 2, 2)]);
    scene.tick();
    assert_eq!(painted(&mut scene, 5)[..3], [50, 41, 255], "held");
    next.put(0, b, 2, 55, (20, 20));
    scene.tick();
    assert_eq!(painted(&mut scene, 5)[..3], [55, 41, 255], "new, and scaled to its place");
    scene.close();
    assert_eq!(painted(&mut scene, 5), [255; 10]);
}

#[test]
fn a_buffer_that_is_too_small_is_not_painted() {
    let a = CameraId::new();
    let mut scene = scene();
    let slots = Slots::default();
    scene.place(vec![tile(0, a, 0)]);
    scene.open(Box::new(slots.clone()), &[at(0, a, 0, 1)]);
    let pixels = Pixels::new(vec![9; 10]);
    let picture = SlotPicture {
        camera: a,
        assignment: 1,
        arrived: NOW,
        tier: Tier::Sub,
        width_px: 10,
        height_px: 10,
        pixels,
    };
    slots.0.borrow_mut().entry(0).or_default().next = Some(picture);
    scene.tick();
    assert_eq!(painted(&mut scene, 5)[0], 255);
}

proptest! {
    /// Whatever is laid out, moved and opened: no pixel outside a tile, under an occluder, or of another camera.
    #[test]
    fn never_a_wrong_pixel(steps in prop::collection::vec((0..4u8, prop::collection::vec(0..6usize, 0..6), 0..90i32), 1..25)) {
        let cameras: Vec<CameraId> = (0..6).map(|_| CameraId::new()).collect();
        let mut scene = scene();
        let mut slots = Slots::default();
        let mut placed: Vec<usize> = Vec::new();
        let (mut generation, mut occluder) = (0, None);
        for (what, order, x) in steps {
            match what {
                0 => {
                    placed = order;
                    scene.place(placed.iter().enumerate().map(|(n, camera)| tile(n as u32, cameras[*camera], n as i32 * 10)).collect());
                }
                1 => {
                    generation += 1;
                    slots = Slots::default();
                    let tiles: Vec<SourceTile> = placed.iter().enumerate()
                        .map(|(n, camera)| at(n as u32, cameras[*camera], n as u32, generation)).collect();
                    scene.open(Box::new(slots.clone()), &tiles);
                }
                2 => {
                    for (slot, camera) in order.iter().enumerate() {
                        slots.put(slot as u32, cameras[*camera], generation, *camera as u8 + 1, (10, 10));
                    }
                    scene.tick();
                }
                _ => {
                    let rect = PxRect { x, y: 0, w: 10, h: 20 };
                    scene.occlude(&[rect]);
                    occluder = Some(rect);
                }
            }
            for (n, seen) in painted(&mut scene, 5).into_iter().enumerate() {
                let middle = n as i32 * 10 + 5;
                let covered = occluder.is_some_and(|rect| (rect.x..rect.x + rect.w).contains(&middle));
                let own = placed.get(n).map(|camera| *camera as u8 + 1);
                prop_assert!(seen == 255 || (!covered && Some(seen) == own), "column {n}: {seen}, own {own:?}");
            }
            prop_assert_eq!(painted(&mut scene, 15), [255; 10]);
        }
    }
}
