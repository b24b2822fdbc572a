//! Where a window goes, from what it remembers and from the monitors that there are. Pure: no toolkit, no files.

use serde::{Deserialize, Serialize};

/// A monitor, in device pixels of the whole desktop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screen {
    /// What the system calls it (`DP-1`); empty where it has no name.
    pub name: String,
    /// Left edge on the desktop.
    pub x: i32,
    /// Top edge on the desktop.
    pub y: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
}

/// A rectangle on the desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Left edge.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
}

/// So much of a window's top edge must be on a monitor for a hand to get hold of it.
const HOLD_WIDTH_PX: i32 = 160;
const HOLD_HEIGHT_PX: i32 = 48;

impl Screen {
    fn spot(&self) -> Spot {
        Spot { x: self.x, y: self.y, width: self.width, height: self.height }
    }
}

fn overlap(a: Spot, b: Spot) -> (i32, i32) {
    let width = a.x.saturating_add(a.width).min(b.x.saturating_add(b.width)) - a.x.max(b.x);
    let height = a.y.saturating_add(a.height).min(b.y.saturating_add(b.height)) - a.y.max(b.y);
    (width.max(0), height.max(0))
}

/// Which of the monitors is the remembered one: the same name and place, else the same name, else, where it has no
/// name or another monitor took the name's place, one of the same place and size. Absent: it is not there.
#[must_use]
pub fn find(home: &Screen, screens: &[Screen]) -> Option<usize> {
    let at = |wanted: &dyn Fn(&Screen) -> bool| screens.iter().position(wanted);
    at(&|screen| screen == home)
        .or_else(|| at(&|screen| !home.name.is_empty() && screen.name == home.name))
        .or_else(|| {
            at(&|screen| (home.name.is_empty() || screen.name.is_empty()) && screen.spot() == home.spot())
        })
}

/// The monitor that most of a rectangle is on; absent: it is on none.
#[must_use]
pub fn most_on(spot: Spot, screens: &[Screen]) -> Option<usize> {
    let area = |screen: &Screen| {
        let (width, height) = overlap(spot, screen.spot());
        i64::from(width) * i64::from(height)
    };
    let best = (0..screens.len()).max_by_key(|&n| (area(&screens[n]), std::cmp::Reverse(n)))?;
    (area(&screens[best]) > 0).then_some(best)
}

/// Where a window goes: its remembered place, moved along with its monitor, onto a monitor that is there, no larger than
/// it and in reach of a hand. `fallback` is the monitor for a window whose own is gone (the primary one). Answers the
/// rectangle and the monitor; the remembered rectangle as it is where no monitor is known.
#[must_use]
pub fn place(
    spot: Spot,
    home: Option<&Screen>,
    screens: &[Screen],
    fallback: usize,
) -> (Spot, Option<usize>) {
    let known = home.and_then(|home| find(home, screens).map(|n| (home, n)));
    let (mut spot, on) = match known {
        // The monitor may stand elsewhere on the desktop now: the window goes along.
        Some((home, n)) => {
            let screen = &screens[n];
            let moved = Spot {
                x: spot.x.saturating_add(screen.x.saturating_sub(home.x)),
                y: spot.y.saturating_add(screen.y.saturating_sub(home.y)),
                ..spot
            };
            (moved, n)
        }
        None => {
            let Some(first) = screens.get(fallback).map(|_| fallback).or((!screens.is_empty()).then_some(0))
            else {
                return (spot, None);
            };
            // Without a home the place itself says which monitor is meant; with a home that is gone it says nothing.
            let on = if home.is_none() { most_on(spot, screens).unwrap_or(first) } else { first };
            (spot, on)
        }
    };
    let screen = screens[on].spot();
    spot.width = spot.width.clamp(1, screen.width.max(1));
    spot.height = spot.height.clamp(1, screen.height.max(1));
    let (seen_width, _) = overlap(spot, screen);
    let top_in_reach =
        spot.y >= screen.y && spot.y <= screen.y + screen.height - HOLD_HEIGHT_PX.min(screen.height);
    if seen_width < HOLD_WIDTH_PX.min(spot.width) || !top_in_reach {
        // Wholly onto it, at the place nearest to the remembered one.
        spot.x = spot.x.clamp(screen.x, screen.x + screen.width - spot.width);
        spot.y = spot.y.clamp(screen.y, screen.y + screen.height - spot.height);
    }
    (spot, Some(on))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn screen(name: &str, x: i32, y: i32, width: i32, height: i32) -> Screen {
        Screen { name: name.to_owned(), x, y, width, height }
    }

    fn spot(x: i32, y: i32, width: i32, height: i32) -> Spot {
        Spot { x, y, width, height }
    }

    fn two() -> Vec<Screen> {
        vec![screen("DP-1", 0, 0, 1920, 1080), screen("DP-2", 1920, 0, 1920, 1080)]
    }

    #[test]
    fn a_window_comes_back_where_it_was() {
        let screens = two();
        let was = spot(2000, 100, 1200, 800);
        assert_eq!(place(was, Some(&screens[1]), &screens, 0), (was, Some(1)));
        assert_eq!(place(was, None, &screens, 0), (was, Some(1)), "also from an old file without a monitor");
    }

    #[test]
    fn it_goes_along_with_its_monitor() {
        let home = screen("DP-2", 1920, 0, 1920, 1080);
        let now = vec![screen("DP-2", 0, 0, 1920, 1080), screen("DP-1", 1920, 0, 1920, 1080)];
        assert_eq!(
            place(spot(2000, 100, 1200, 800), Some(&home), &now, 1),
            (spot(80, 100, 1200, 800), Some(0))
        );
    }

    #[test]
    fn without_its_monitor_it_goes_to_the_main_one_whole() {
        let home = screen("DP-2", 1920, 0, 2560, 1440);
        let left = vec![screen("DP-1", 0, 0, 1280, 720)];
        let (place, on) = place(spot(2000, 100, 2400, 1300), Some(&home), &left, 0);
        assert_eq!((place, on), (spot(0, 0, 1280, 720), Some(0)));
    }

    #[test]
    fn a_monitor_without_a_name_is_known_by_its_place() {
        let home = screen("", 1920, 0, 1920, 1080);
        assert_eq!(find(&home, &two()), Some(1));
        let other = screen("HDMI-1", 1920, 0, 1920, 1080);
        assert_eq!(find(&other, &two()), None, "another monitor at its place is not it");
    }

    #[test]
    fn two_monitors_of_one_name_are_told_apart_by_their_place() {
        let screens = vec![screen("DELL", 0, 0, 1920, 1080), screen("DELL", 1920, 0, 1920, 1080)];
        assert_eq!(find(&screens[1].clone(), &screens), Some(1));
        assert_eq!(find(&screen("DELL", 5000, 0, 1920, 1080), &screens), Some(0));
    }

    #[test]
    fn half_off_is_left_alone_while_a_hand_reaches_it() {
        let screens = two();
        let half = spot(-900, 40, 1200, 800);
        assert_eq!(place(half, None, &screens, 0).0, half);
        let hidden = spot(-1150, 40, 1200, 800);
        assert_eq!(place(hidden, None, &screens, 0).0, spot(0, 40, 1200, 800));
        let above = spot(100, -200, 1200, 800);
        assert_eq!(place(above, None, &screens, 0).0, spot(100, 0, 1200, 800));
        let below = spot(100, 1060, 1200, 800);
        assert_eq!(place(below, None, &screens, 0).0, spot(100, 280, 1200, 800));
    }

    #[test]
    fn nowhere_is_the_main_monitor() {
        let screens = two();
        assert_eq!(
            place(spot(9000, 9000, 800, 600), None, &screens, 1),
            (spot(3040, 480, 800, 600), Some(1))
        );
        assert_eq!(place(spot(5, 6, 7, 8), None, &[], 0), (spot(5, 6, 7, 8), None));
    }

    proptest! {
        /// Whatever is remembered and whatever is plugged in: a hand reaches the window.
        #[test]
        fn always_in_reach(
            x in -20_000..20_000i32, y in -20_000..20_000i32, w in 1..10_000i32, h in 1..10_000i32,
            monitors in prop::collection::vec((-4000..4000i32, -4000..4000i32, 640..4000i32, 480..3000i32), 1..4),
            home in 0..6usize, fallback in 0..4usize,
        ) {
            let screens: Vec<Screen> = monitors.iter().enumerate()
                .map(|(n, &(x, y, w, h))| screen(&format!("M{n}"), x, y, w, h)).collect();
            let remembered = screen(&format!("M{home}"), 100, 100, 1920, 1080);
            let (spot, on) = place(spot(x, y, w, h), Some(&remembered), &screens, fallback);
            let screen = screens[on.expect("one is there")].spot();
            let (seen, _) = overlap(spot, screen);
            prop_assert!(seen >= HOLD_WIDTH_PX.min(spot.width));
            prop_assert!(spot.y >= screen.y && spot.y < screen.y + screen.height);
            prop_assert!(spot.width <= screen.width && spot.height <= screen.height);
        }
    }
}
