//! How long clips take to make. Run by hand:
//! `cargo nextest run -p easien-camsim -E 'test(drawing)' --run-ignored all --no-capture`

use easien_camsim::clip::Variant;
use easien_camsim::clip::cache::Cache;
use easien_camsim::clip::encode::Recipe;
use easien_camsim::scene::roll::Roll;
use easien_camsim::scene::{Film, Scene};
use easien_model::{Codec, StreamKind};
use std::time::Instant;

#[test]
#[ignore = "measures; a machine at rest is needed"]
fn drawing_main_streams() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::new(folder.path()).unwrap();
    for camera in [1, 4, 12] {
        let recipe = Recipe {
            camera,
            which: StreamKind::Main,
            codec: Codec::H264,
            variant: Variant::Usual,
            small: false,
        };
        let film: Film = recipe.film();
        let begun = Instant::now();
        let scene = Scene::new(camera, film);
        let set_up = begun.elapsed();
        let begun = Instant::now();
        let mut roll = Roll::new(&scene);
        (0..25).for_each(|frame| assert!(!roll.shoot(frame).is_empty()));
        let each = begun.elapsed() / 25;
        let begun = Instant::now();
        recipe.prepare(&cache).unwrap();
        println!(
            "C{camera:03}: {set_up:?} for the scene, {each:?} a frame drawn, {:?} in all",
            begun.elapsed()
        );
    }
}
