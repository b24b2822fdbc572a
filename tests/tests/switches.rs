//! Never a wrong camera: pages, grids, swapped tiles, enlarged tiles, cameras put and taken off at random, judged by the
//! strips on the X screen against what the page says stands there, at once after each and when it has settled. The seed
//! is printed; `EASIEN_SEED` repeats it.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // failing is what a test's helpers do

use anyhow::{Context, Result, ensure};
use easien_tests::dice::Dice;
use easien_tests::hands::key;
use easien_tests::room::{Room, cameras_like_in_the_demo};
use easien_tests::screen::Area;
use easien_tests::strips;
use easien_tests::wait;
use easien_tests::watch::Watch;
use easien_tests::webdriver::Page;
use serde_json::Value;
use std::time::{Duration, Instant};

const CAMERAS: u16 = 40;
/// The page has changed its layout, and the screen follows: until then a picture may be that of the layout before.
const FOLLOWS: Duration = Duration::from_millis(250);
/// How long a switch is looked at closely.
const CLOSELY: Duration = Duration::from_millis(350);

/// A tile as the page has it.
#[derive(Clone, Debug, PartialEq)]
struct Tile {
    camera: u16,
    picture: Area,
}

/// All tiles that the page shows, with the places of their pictures.
fn tiles(page: &Page) -> Result<Vec<Tile>> {
    let found = page.script(
        "return [...document.querySelectorAll('[data-tile][data-camera]')].map((e) => {
            const r = (e.querySelector('.stage') ?? e).getBoundingClientRect();
            return [e.dataset.camera, Math.round(r.x), Math.round(r.y), Math.round(r.width), Math.round(r.height)];
         });",
        &[],
    )?;
    let tile = |value: &Value| -> Option<Tile> {
        let camera = value[0].as_str()?.trim_start_matches('C').parse().ok()?;
        let number = |index: usize| value[index].as_u64().and_then(|number| u32::try_from(number).ok());
        let (x, y, width, height) = (number(1)?, number(2)?, number(3)?, number(4)?);
        // A picture of 16:9 in the middle of its stage.
        let (w, h) = (width.min(height * 16 / 9), height.min(width * 9 / 16));
        Some(Tile {
            camera,
            picture: Area { x: x + (width - w) / 2, y: y + (height - h) / 2, width: w, height: h },
        })
    };
    Ok(found.as_array().into_iter().flatten().filter_map(tile).collect())
}

/// Whose picture may stand at this point by this layout.
fn camera_at(layout: &[Tile], (x, y): (u32, u32)) -> Option<u16> {
    layout.iter().find(|tile| tile.picture.contains(x, y)).map(|tile| tile.camera)
}

/// What the page said lately: since when, newest last.
struct Said {
    layouts: Vec<(Instant, Vec<Tile>)>,
}

impl Said {
    fn look(&mut self, page: &Page) -> Result<()> {
        let now = tiles(page)?;
        if self.layouts.last().is_none_or(|(_, last)| *last != now) {
            self.layouts.push((Instant::now(), now));
        }
        // The one before the oldest that still counts was there until that came.
        while self.layouts.len() > 1 && self.layouts[1].0.elapsed() > FOLLOWS {
            self.layouts.remove(0);
        }
        Ok(())
    }

    fn newest(&self) -> &[Tile] {
        self.layouts.last().map_or(&[], |(_, layout)| layout)
    }

    fn may(&self, camera: u16, at: (u32, u32)) -> bool {
        self.layouts.iter().any(|(_, layout)| camera_at(layout, at) == Some(camera))
    }
}

/// Looks at the tiles' places by one row each, as often as it goes.
fn closely(room: &Room, page: &Page, said: &mut Said, what: &str) -> Result<u32> {
    let began = Instant::now();
    let mut looks = 0;
    while began.elapsed() < CLOSELY {
        said.look(page)?;
        let areas: Vec<Area> = said.newest().iter().map(|tile| tile.picture).collect();
        let look = Watch::new(room.screen()?, areas.clone()).look()?;
        // What the page changed to meanwhile counts too.
        said.look(page)?;
        for (strip, area) in look.strips.iter().zip(&areas) {
            let Some(strip) = strip else { continue };
            ensure!(
                said.may(strip.camera, area.middle()),
                "{what}: C{:03} at {area:?}; the page has {:?}",
                strip.camera,
                said.layouts
            );
        }
        looks += 1;
    }
    Ok(looks)
}

/// The whole screen, until it has settled: each tile has a picture, and none is another camera's, anywhere.
fn settled(room: &Room, page: &Page, said: &mut Said, what: &str) -> Result<()> {
    let began = Instant::now();
    loop {
        said.look(page)?;
        let shot = room.capture()?;
        said.look(page)?;
        let seen = strips::strips(&shot);
        for seen in &seen {
            ensure!(
                said.may(seen.camera, seen.area.middle()),
                "{what}: C{:03} at {:?}; the page has {:?}",
                seen.camera,
                seen.area,
                said.layouts
            );
        }
        let readable = said.newest().iter().filter(|tile| tile.picture.width >= 80).count();
        if seen.len() >= readable && said.layouts.len() == 1 {
            return Ok(());
        }
        ensure!(
            began.elapsed() < Duration::from_secs(15),
            "{what}: {} pictures in {readable} tiles",
            seen.len()
        );
    }
}

/// One thing that a person does, and its name.
fn act(room: &Room, said: &Said, dice: &mut Dice) -> Result<String> {
    let hands = room.hands()?;
    let layout = said.newest();
    let any = |dice: &mut Dice| layout.get(dice.below(layout.len())).cloned();
    Ok(match dice.below(13) {
        0..3 => {
            hands.press(key::PAGE_DOWN)?;
            "page down".to_owned()
        }
        3 | 4 => {
            hands.press(key::PAGE_UP)?;
            "page up".to_owned()
        }
        5..8 => {
            let digit = ['1', '2', '3', '4', '4', '5', '6', '8', '9'][dice.below(9)];
            hands.press_with(&[key::ALT], u32::from(digit))?;
            format!("Alt+{digit}")
        }
        8 => {
            if let Some(tile) = any(dice) {
                hands.click(tile.picture.middle())?;
            }
            hands.press(key::ENTER)?;
            "enlarge, or small again".to_owned()
        }
        9 => {
            hands.press(key::ESCAPE)?;
            "escape".to_owned()
        }
        10 => match (any(dice), any(dice)) {
            (Some(a), Some(b)) if a.camera != b.camera => {
                hands.drag(a.picture.middle(), b.picture.middle())?;
                format!("swap C{:03} and C{:03}", a.camera, b.camera)
            }
            _ => "nothing".to_owned(),
        },
        11 => {
            hands.press_with(&[key::CONTROL], u32::from('z'))?;
            "undo".to_owned()
        }
        _ => {
            let camera = u16::try_from(dice.below(usize::from(CAMERAS)))? + 1;
            hands.press_with(&[key::CONTROL], u32::from('k'))?;
            std::thread::sleep(Duration::from_millis(150));
            hands.type_text(&format!("C{camera:03}"))?;
            std::thread::sleep(Duration::from_millis(150));
            hands.press(key::ENTER)?;
            // A list that found nothing is closed.
            hands.press(key::ESCAPE)?;
            format!("find C{camera:03}")
        }
    })
}

#[test]
fn no_tile_ever_shows_another_camera() -> Result<()> {
    let rounds = wait::rounds(40, 2000);
    let mut dice = Dice::new("switches");
    let mut room = Room::new("switches")?;
    room.start_cameras(easien_camsim::Options { small: true, ..cameras_like_in_the_demo(CAMERAS) })?;
    room.start_station()?;
    room.add_simulated()?;
    room.wait_live(usize::from(CAMERAS), Duration::from_secs(60))?;
    room.start_display(1920, 1080)?;
    let page = room.start_driven_window()?;
    room.wait_seen("sixteen tiles", Duration::from_secs(40), |seen| seen.len() == 16)?;
    let mut said = Said { layouts: vec![] };
    said.look(&page)?;
    ensure!(said.newest().len() == 16, "sixteen tiles on the page: {:?}", said.newest());
    room.hands()?.click(said.newest()[0].picture.middle())?;
    let mut looks = 0;
    for round in 0..rounds {
        said.look(&page)?;
        let what = format!("round {round}, {}", act(&room, &said, &mut dice)?);
        looks += closely(&room, &page, &mut said, &what).inspect_err(|_| keep(&room))?;
        // Mostly the next switch comes before this one has settled.
        if dice.below(4) == 0 {
            settled(&room, &page, &mut said, &what).inspect_err(|_| keep(&room))?;
        }
    }
    settled(&room, &page, &mut said, "at the end")?;
    eprintln!("{rounds} switches, {looks} looks in between: every picture was its tile's camera");
    Ok(())
}

fn keep(room: &Room) {
    let kept = room.capture().and_then(|shot| shot.save(&std::env::temp_dir().join("easien-switches.png")));
    let _ = kept.context("the screen could not be kept");
}
