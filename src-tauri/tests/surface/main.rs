//! The real window under Xvfb, with a test's page and a station that makes mosaics of plain colours: what is on the X
//! screen is looked at pixel by pixel.

// Everything here is test code; the allowance for tests in clippy.toml only reaches the test functions themselves.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod closing;
mod fake;
mod screen;

use easien_model::CameraId;
use screen::{Rig, Shot};
use serde_json::json;
use std::time::{Duration, Instant};

const GAP: [u8; 3] = [0x10, 0x20, 0x30];
const STRIP: [u8; 3] = [0x20, 0x30, 0x20];
const EMPTY: [u8; 3] = [0x30, 0x10, 0x10];
const DIALOG: [u8; 3] = [0x00, 0xf0, 0xf0];

/// Not a test: the window that the tests start, this same program once more.
#[test]
#[ignore = "started by the tests below"]
fn fake_window() {
    if std::env::var_os("EASIEN_TEST_DATA").is_some() {
        fake::run();
    }
}

#[derive(Clone, Copy)]
struct Rect {
    x: i32,
    y: i32,
    w: i32,
    h: i32,
}

/// Where the page lays out tile `n` of `count`: its video and its strip, in CSS pixels.
fn place(n: usize, count: usize, size: (i32, i32)) -> (Rect, Rect) {
    let side = (count as f64).sqrt().ceil();
    let (w, h) = (f64::from(size.0 - 200) / side, f64::from(size.1 - 100) / side);
    let (x, y) = (100.0 + (n as f64 % side) * w, 50.0 + (n as f64 / side).floor() * h);
    let edge = |value: f64| value.round() as i32;
    let rect = |left: f64, top: f64, right: f64, bottom: f64| Rect {
        x: edge(left),
        y: edge(top),
        w: edge(right) - edge(left),
        h: edge(bottom) - edge(top),
    };
    (rect(x + 3.0, y + 3.0, x + w - 3.0, y + h - 23.0), rect(x + 3.0, y + h - 23.0, x + w - 3.0, y + h - 3.0))
}

fn code(camera: CameraId) -> u8 {
    camera.0.as_bytes()[15]
}

/// What stands in a rectangle.
#[derive(Debug, PartialEq)]
enum Seen {
    /// The page's placeholder.
    Placeholder,
    /// One whole picture of the camera with this code.
    Picture(u8),
    /// Anything else, with an example.
    Mixed(String),
}

/// Looks at a rectangle, `inset` pixels inside its edges.
fn look(shot: &Shot, rect: Rect, scale: i32, inset: i32) -> Seen {
    let mut first = None;
    for y in (rect.y * scale + inset)..((rect.y + rect.h) * scale - inset) {
        for x in (rect.x * scale + inset)..((rect.x + rect.w) * scale - inset) {
            let pixel = shot.rgb(x, y);
            let first = *first.get_or_insert(pixel);
            if pixel != first {
                return Seen::Mixed(format!("{first:02x?} and at {x},{y} {pixel:02x?}"));
            }
        }
    }
    match first {
        Some(EMPTY) => Seen::Placeholder,
        Some([code, _, 0x80]) => Seen::Picture(code),
        other => Seen::Mixed(format!("{other:02x?}")),
    }
}

/// Checks every tile (each its own camera's whole picture), strip and gap.
fn check(shot: &Shot, cameras: &[CameraId], size: (i32, i32), scale: i32, inset: i32) {
    for (n, camera) in cameras.iter().enumerate() {
        let (video, strip) = place(n, cameras.len(), size);
        assert_eq!(look(shot, video, scale, inset), Seen::Picture(code(*camera)), "tile {n}");
        for (x, y) in [(strip.x + 1, strip.y + 1), (strip.x + strip.w - 2, strip.y + strip.h - 2)] {
            assert_eq!(shot.rgb(x * scale, y * scale), STRIP, "strip of {n}");
        }
        for x in (video.x - 2)..(video.x + video.w + 2) {
            assert_eq!(shot.rgb(x * scale, (video.y - 2) * scale), GAP, "gap above {n}");
        }
        for y in (video.y - 2)..(strip.y + strip.h + 2) {
            assert_eq!(shot.rgb((video.x - 2) * scale, y * scale), GAP, "gap left of {n}");
        }
    }
}

fn open(size: (i32, i32), scale: i32) -> (Rig, (i32, i32)) {
    let rig = Rig::open(size, scale);
    let ready = rig.wait_page("ready");
    assert_eq!(ready["scale"], scale, "{ready}");
    assert_eq!(ready["info"]["presenter"], "native");
    assert_eq!(ready["info"]["window"], "main");
    let inner =
        (ready["width"].as_i64().expect("width") as i32, ready["height"].as_i64().expect("height") as i32);
    (rig, inner)
}

fn wait_painted(rig: &Rig, cameras: &[CameraId], size: (i32, i32), scale: i32) {
    let begun = Instant::now();
    loop {
        let shot = rig.shot();
        let right = cameras.iter().enumerate().all(|(n, camera)| {
            let (video, _) = place(n, cameras.len(), size);
            look(&shot, video, scale, 1) == Seen::Picture(code(*camera))
        });
        if right {
            return;
        }
        if begun.elapsed() > Duration::from_secs(10) {
            rig.keep(&shot, "not-painted");
            panic!("not painted after 10 s");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn rounds(usual: usize, full: usize) -> usize {
    if std::env::var_os("EASIEN_FULL").is_some() { full } else { usual }
}

#[test]
fn pictures_stand_in_their_rectangles() {
    let (rig, size) = open((1600, 900), 1);
    let cameras = fake::cameras(16);
    rig.act("show", json!(cameras));
    wait_painted(&rig, &cameras, size, 1);
    let mut numbers = std::collections::HashSet::new();
    for _ in 0..rounds(12, 120) {
        let shot = rig.shot();
        check(&shot, &cameras, size, 1, 0);
        let (video, _) = place(5, 16, size);
        numbers.insert(shot.rgb(video.x + 5, video.y + 5)[1]);
        std::thread::sleep(Duration::from_millis(41));
    }
    assert!(numbers.len() > 4, "the pictures do not move: {numbers:?}");
    rig.keep(&rig.shot(), "wall-16");

    // A dialog is never painted over, from before it is reported until it is gone.
    let dialog =
        Rect { x: (f64::from(size.0) * 0.333).round() as i32 + 1, y: size.1 * 3 / 10 + 1, w: 297, h: 197 };
    rig.act("dialog", json!(true));
    for _ in 0..rounds(12, 120) {
        let shot = rig.shot();
        for (x, y) in (0..dialog.w).flat_map(|x| [0, dialog.h / 2, dialog.h - 1].map(|y| (x, y))) {
            assert_eq!(shot.rgb(dialog.x + x, dialog.y + y), DIALOG, "at {x},{y} of the dialog");
        }
        std::thread::sleep(Duration::from_millis(37));
    }
    rig.keep(&rig.shot(), "dialog");
    rig.act("dialog", json!(false));
    wait_painted(&rig, &cameras, size, 1);

    // A click on a picture reaches the page.
    let (video, strip) = place(6, 16, size);
    rig.click(video.x + video.w / 2, video.y + video.h / 2);
    assert_eq!(rig.wait_page("clicked"), 6);
    std::thread::sleep(Duration::from_millis(150));
    assert_eq!(rig.shot().rgb(strip.x + 5, strip.y + 5), [0xf0, 0xf0, 0x00]);
    rig.click(video.x + video.w / 2, video.y + video.h / 2);
    assert_eq!(rig.wait_page("clicked"), 6);

    // Another size: never a torn or wrong picture on the way, exact in the end.
    rig.resize(1400, 800);
    let size = (1400, 800);
    wait_painted(&rig, &cameras, size, 1);
    std::thread::sleep(Duration::from_millis(400));
    let shot = rig.shot();
    rig.keep(&shot, "resized");
    check(&shot, &cameras, size, 1, 0);
}

#[test]
fn a_tile_shows_its_own_camera_or_nothing() {
    let (rig, size) = open((1400, 800), 1);
    let mut cameras = fake::cameras(4);
    rig.act("show", json!(cameras));
    wait_painted(&rig, &cameras, size, 1);

    // The new mosaic is late: the pictures go along with their cameras meanwhile.
    rig.order("late_ms", json!(400));
    cameras.swap(0, 1);
    rig.act("show", json!(cameras));
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(900) {
        check(&rig.shot(), &cameras, size, 1, 0);
    }
    // A camera that was not there before has no picture: the page's placeholder, not somebody else's picture.
    cameras[2] = fake::cameras(9)[8];
    rig.act("show", json!(cameras));
    let (video, _) = place(2, 4, size);
    assert_eq!(look(&rig.shot(), video, 1, 0), Seen::Placeholder);
    wait_painted(&rig, &cameras, size, 1);
    rig.order("late_ms", json!(0));

    // The station fails to show, twice, and the page changes its mind back meanwhile: all is as before in the end.
    rig.order("refuse", json!(2));
    rig.act("show", json!([]));
    rig.act("show", json!([cameras[3]]));
    rig.act("show", json!(cameras));
    wait_painted(&rig, &cameras, size, 1);

    // Lost: the station blanks the slot. (The page is to know before that it was painted.)
    std::thread::sleep(Duration::from_millis(300));
    rig.drain();
    rig.order("blank", json!({ "slot": 2, "blank": true }));
    // Others may have something to tell before it.
    let gone = |told: &serde_json::Value| {
        told.as_array()
            .is_some_and(|told| told.iter().any(|tile| tile["tile"] == 2 && tile["painted"] == false))
    };
    while !gone(&rig.wait_page("tiles")) {}
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(look(&rig.shot(), video, 1, 0), Seen::Placeholder);
    rig.order("blank", json!({ "slot": 2, "blank": false }));
    wait_painted(&rig, &cameras, size, 1);

    // The station dies: nothing stands frozen; it comes back: all is asked for again without the page.
    rig.drain();
    rig.order("station", json!(false));
    assert_eq!(rig.wait_page("link")["connected"], false);
    std::thread::sleep(Duration::from_millis(150));
    let shot = rig.shot();
    for n in 0..4 {
        assert_eq!(look(&shot, place(n, 4, size).0, 1, 0), Seen::Placeholder, "tile {n}");
    }
    rig.order("station", json!(true));
    assert_eq!(rig.wait_page("link")["connected"], true);
    wait_painted(&rig, &cameras, size, 1);

    // Enlarged: the picture that was there, larger, until the new one; the others are not fed.
    rig.drain();
    rig.order("late_ms", json!(300));
    rig.act("large", json!(1));
    let shown = rig.wait("show");
    assert_eq!(shown["tiles"].as_array().map(Vec::len), Some(1), "{shown}");
    assert_eq!(shown["tiles"][0]["large"], true);
    let whole = place(0, 1, size).0;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(600) {
        assert_eq!(look(&rig.shot(), whole, 1, 0), Seen::Picture(code(cameras[1])));
    }
}

#[test]
fn minimised_it_paints_nothing() {
    let (rig, size) = open((1400, 800), 1);
    let cameras = fake::cameras(4);
    rig.act("show", json!(cameras));
    wait_painted(&rig, &cameras, size, 1);
    rig.drain();
    let fps = |rig: &Rig| rig.wait("report")["painted_fps"].as_f64().expect("painted_fps");
    rig.wait("report");
    let report = rig.wait("report");
    assert!(report["painted_fps"].as_f64().is_some_and(|fps| fps > 30.0), "{report}");
    assert!(report["glass_ms_p95"].as_f64().is_some_and(|ms| ms < 100.0), "{report}");
    rig.set_minimised(true);
    fps(&rig);
    assert!(fps(&rig) < 0.1);
    // Nor are pictures decoded for it for long.
    while rig.wait("show")["tiles"] != json!([]) {}
    rig.set_minimised(false);
    wait_painted(&rig, &cameras, size, 1);
    rig.drain();
    rig.wait("report");
    let report = rig.wait("report");
    assert!(report["painted_fps"].as_f64().is_some_and(|fps| fps > 30.0), "{report}");
}

#[test]
fn two_device_pixels_to_a_css_pixel() {
    let (rig, size) = open((1100, 700), 2);
    let cameras = fake::cameras(4);
    rig.act("show", json!(cameras));
    wait_painted(&rig, &cameras, size, 2);
    let shown = rig.wait("show");
    let (video, _) = place(0, 4, size);
    assert_eq!(shown["tiles"][0]["width_px"], video.w * 2, "asked for in device pixels: {shown}");
    for _ in 0..6 {
        let shot = rig.shot();
        rig.keep(&shot, "double");
        check(&shot, &cameras, size, 2, 0);
        std::thread::sleep(Duration::from_millis(50));
    }
}
