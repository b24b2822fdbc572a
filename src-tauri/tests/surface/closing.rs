//! The close button: the page asks; where the page is dead the window asks by itself, and always closes in the end.

use super::{open, rounds};
use serde_json::json;
use std::time::{Duration, Instant};

#[test]
fn the_page_asks_and_the_answer_holds() {
    let (mut rig, _) = open((1400, 800), 1);
    rig.close();
    assert_eq!(rig.wait_page("window"), json!({ "kind": "close_asked" }));
    rig.act("answer", json!("shown"));
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(rig.small_window(), None, "the page asks, so nobody else does");
    rig.act("answer", json!("cancel"));

    rig.act("bare", json!(true));
    assert_eq!(rig.wait_page("window"), json!({ "kind": "bare", "bare": true }));
    rig.act("bare", json!(false));
    assert_eq!(rig.wait_page("window"), json!({ "kind": "bare", "bare": false }));

    // Cancelled is not closed; asked again it asks again.
    for _ in 0..rounds(1, 5) {
        rig.close();
        assert_eq!(rig.wait_page("window"), json!({ "kind": "close_asked" }));
        rig.act("answer", json!("shown"));
        rig.act("answer", json!("cancel"));
    }
    rig.close();
    rig.wait_page("window");
    rig.act("answer", json!("shown"));
    rig.drain();
    rig.order("answer", json!("stop"));
    assert_eq!(rig.wait("asked"), json!({ "name": "station.stop", "args": null }));
    assert_eq!(rig.ended(), Some(0));
}

#[test]
fn a_page_that_hangs_does_not_hold_the_window_open() {
    let (mut rig, _) = open((1400, 800), 1);
    rig.order("hang", json!(null));
    std::thread::sleep(Duration::from_millis(500));
    rig.close();
    let begun = Instant::now();
    let dialog = loop {
        if let Some(dialog) = rig.small_window() {
            break dialog;
        }
        assert!(begun.elapsed() < Duration::from_secs(8), "no dialog");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(begun.elapsed() > Duration::from_millis(1500), "the page has its time");
    std::thread::sleep(Duration::from_millis(500));
    rig.keep(&rig.shot(), "plain-close");
    // The right most button: close, and the station goes on.
    let (x, y, width, height) = rig.small_window().unwrap_or(dialog);
    rig.click(x + width - 40, y + height - 20);
    assert_eq!(
        rig.wait("asked"),
        json!({ "name": "window.ask", "args": { "window": null, "wish": "leave" } })
    );
    assert_eq!(rig.ended(), Some(0));
}

#[test]
fn another_program_asks_it_to_leave() {
    let (mut rig, _) = open((1400, 800), 1);
    rig.order("window.asked", json!({ "window": "wall-2", "wish": "leave" }));
    rig.order("window.asked", json!({ "window": "main", "wish": "raise" }));
    rig.act("show", json!([]));
    rig.order("window.asked", json!({ "window": null, "wish": "leave" }));
    assert_eq!(rig.ended(), Some(0));
}
