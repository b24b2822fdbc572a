//! Making clips; and how long it takes, by hand:
//! `cargo nextest run -p easien-camsim -E 'test(drawing)' --run-ignored all --no-capture`

use crate::client::{Client, options};
use easien_camsim::clip::Variant;
use easien_camsim::clip::cache::Cache;
use easien_camsim::clip::encode::Recipe;
use easien_camsim::scene::roll::Roll;
use easien_camsim::scene::{Film, Scene};
use easien_camsim::sim::{Options, Sim};
use easien_model::{Codec, StreamKind};
use std::time::{Duration, Instant};

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

#[tokio::test]
async fn a_clip_goes_on_being_drawn_when_nobody_waits_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let sim = Sim::start(Options { cache: folder.path().to_owned(), ..options(3) }).await.unwrap();
    for camera in sim.cameras() {
        let mut client = Client::new(&camera.main_url).await;
        client.send("DESCRIBE", &camera.main_url, "Accept: application/sdp\r\n").await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let begun = Instant::now();
    let drawn = || {
        let files = std::fs::read_dir(folder.path())
            .unwrap()
            .filter_map(|file| file.ok()?.file_name().into_string().ok());
        files
            .filter(|name| name.contains("-main-") && name.starts_with('v') && !name.ends_with("lock"))
            .count()
    };
    while drawn() < 3 {
        assert!(begun.elapsed() < Duration::from_secs(30), "{} of 3", drawn());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    sim.stop().await;
}
