//! Random layouts, one after the other.

use crate::road::*;
use easien_model::CameraId;
use easien_picture::TileWant;
use std::collections::HashMap;
use std::time::Duration;

/// Prints its number when a test fails.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % most
    }
}

#[tokio::test]
async fn no_layout_ever_shows_a_wrong_camera() {
    let seed = std::env::var("EASIEN_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0x5eed_0001);
    let mut random = Random(seed);
    let room = Room::open(options());
    let cameras: Vec<CameraId> = (1..=9).map(|number| room.road.sub(usual(number))).collect();
    let numbers: HashMap<CameraId, u16> = cameras.iter().copied().zip(1..).collect();
    let (mut checked, mut changes) = (0, 0);
    let mut walls: Vec<(Vec<TileWant>, Wall)> = Vec::new();
    for round in 0..if full() { 2000 } else { 60 } {
        let grid = [1, 4, 9, 16][random.below(4) as usize];
        let tiles: Vec<TileWant> = (0..grid)
            .map(|tile| {
                let camera = cameras[random.below(9) as usize];
                let width = 96 + random.below(200) as u32;
                want(tile, camera, width, width * 9 / 16)
            })
            .collect();
        walls.push((tiles.clone(), room.show(&tiles)));
        changes += 1;
        // A window may still hold the former one.
        if walls.len() > 2 {
            walls.remove(0);
        }
        tokio::time::sleep(Duration::from_millis(random.below(60))).await;
        for (tiles, wall) in &walls {
            for (slot, tile) in tiles.iter().enumerate() {
                let Some(seen) = wall.view.slot(slot).unwrap().take().map(Seen::of) else { continue };
                let expected = numbers[&tile.camera];
                assert_eq!(seen.frame.camera, tile.camera, "seed {seed} round {round}");
                assert_eq!(seen.camera(), Some(expected), "seed {seed} round {round} slot {slot} {seen:?}");
                checked += 1;
            }
        }
    }
    println!("{changes} layouts, {checked} pictures");
    // What was replaced is let go, by the station and by the workers, however fast it went.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let own = std::process::id();
    for pid in room.pictures.workers().iter().filter_map(|worker| worker.pid).chain([own]) {
        let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
        let mosaics = maps.lines().filter(|line| line.contains("easien-mosaic")).count();
        assert!(mosaics <= if pid == own { 3 } else { 1 }, "{mosaics} in {pid}");
    }
    assert!(checked > changes, "{checked} pictures in {changes} layouts");
    room.close().await;
}
