//! The harness itself: a display that comes and goes, keys that arrive, strips that are read from real X pixels.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // failing is what a test's helpers do

use anyhow::{Context, Result};
use easien_camsim::strip;
use easien_tests::display::Display;
use easien_tests::hands::{Hands, key};
use easien_tests::screen::Screen;
use easien_tests::strips::strips;
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};
use std::time::Duration;
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    ConnectionExt as _, CreateGCAux, CreateWindowAux, EventMask, ImageFormat, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

#[test]
fn pixels_and_keys_go_through_a_display_of_ones_own() -> Result<()> {
    let logs = tempfile::tempdir()?;
    let display = Display::start(1280, 720, logs.path())?;
    let screen = Screen::connect(display.name())?;
    assert_eq!(screen.size(), (1280, 720));
    assert!(screen.windows()?.is_empty());

    // A program with a window that shows two pictures, as the wall would.
    let (x, number) = x11rb::connect(Some(display.name()))?;
    let root = x.setup().roots.get(number).context("screen")?;
    let window = x.generate_id()?;
    let events = CreateWindowAux::new()
        .event_mask(EventMask::KEY_PRESS | EventMask::EXPOSURE)
        .background_pixel(0x0d1117);
    let (depth, visual) = (root.root_depth, root.root_visual);
    x.create_window(depth, window, root.root, 0, 0, 640, 480, 0, WindowClass::INPUT_OUTPUT, visual, &events)?;
    x.map_window(window)?.check()?;
    assert_eq!(screen.maximise(Duration::from_secs(5))?, window);
    let gc = x.generate_id()?;
    x.create_gc(gc, window, &CreateGCAux::new())?;
    for (camera, left) in [(7_u16, 20_i16), (240, 400)] {
        let mut picture = RgbImage::from_fn(640, 360, |x, y| Rgb([(x % 251) as u8, (y % 241) as u8, 90]));
        strip::draw(&mut picture, camera, camera + 1);
        let small = imageops::resize(&picture, 320, 180, FilterType::Triangle);
        let bgrx: Vec<u8> = small.pixels().flat_map(|Rgb([r, g, b])| [*b, *g, *r, 0]).collect();
        // In parts: one request may not hold a whole picture.
        for (row, rows) in (0_i16..).step_by(20).zip(bgrx.chunks(320 * 20 * 4)) {
            x.put_image(ImageFormat::Z_PIXMAP, window, gc, 320, 20, left, 40 + row, 0, depth, rows)?;
        }
    }
    x.sync()?;
    let seen: Vec<(u16, u16, u32, u32)> =
        strips(&screen.capture()?).iter().map(|s| (s.camera, s.frame, s.area.x, s.area.y)).collect();
    assert_eq!(seen, [(7, 8, 20, 40), (240, 241, 400, 40)]);

    let hands = Hands::new(&screen);
    hands.press_char('b')?;
    hands.press(key::F1)?;
    hands.press_char('?')?; // needs shift
    let mut pressed = 0;
    easien_tests::wait::until("the keys", Duration::from_secs(5), Duration::from_millis(20), || {
        while let Ok(Some(event)) = x.poll_for_event() {
            if matches!(event, Event::KeyPress(_)) {
                pressed += 1;
            }
        }
        // b, F1, shift, ?
        if pressed >= 4 { Ok(()) } else { Err(pressed) }
    })
}
