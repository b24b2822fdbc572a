//! The clock runs: in step, held, back, fast, over gaps, at the end of what is being written.

use super::fakes::{Machine, Take, at};
use easien_model::{StreamKind, UtcMicros};
use proptest::prelude::*;

const SUB: &[StreamKind] = &[StreamKind::Sub, StreamKind::Main];
const TAKE: Take = Take { from_s: 0.0, to_s: 60.0, frame_us: 66_000, gop: 30 };

/// The most that the pictures of a machine's tiles were ever apart, in microseconds, once all showed one.
fn apart(machine: &Machine, since_ms: u64) -> i64 {
    let mut shown: Vec<Option<UtcMicros>> = vec![None; machine.cameras.len()];
    let mut most = 0;
    let mut seen = machine.seen.iter().peekable();
    while let Some(one) = seen.next() {
        let number = machine.cameras.iter().position(|camera| *camera == one.camera).unwrap();
        shown[number] = Some(one.at);
        // What was painted in the same millisecond was painted together.
        if seen.peek().is_some_and(|next| next.ms == one.ms) || one.ms < since_ms {
            continue;
        }
        if let Some(all) = shown.iter().copied().collect::<Option<Vec<_>>>() {
            most = most.max(*all.iter().max().unwrap() - *all.iter().min().unwrap());
        }
    }
    most
}

#[test]
fn four_cameras_play_every_picture_in_step() {
    for speed in [0.125, 1.0, 2.0] {
        let mut machine = Machine::new(4, SUB);
        for number in 0..4 {
            machine.tapes.record(machine.sub(number), TAKE);
        }
        machine.set(Some(at(10.0)), Some(true), Some(speed), false);
        machine.run(6000);
        assert!(apart(&machine, 200) <= 66_000, "{} us apart at {speed}x", apart(&machine, 200));
        let all = machine.tapes.all(machine.sub(0));
        for number in 0..4 {
            let seen = machine.of(number);
            let first = all.iter().position(|picture| *picture == seen[1]).unwrap();
            assert_eq!(seen[1..], all[first..first + seen.len() - 1], "every picture, in order, once");
        }
        let passed = (machine.state().at - at(10.0)) as f64 / 1e6;
        assert!(
            (passed - 6.0 * f64::from(speed)).abs() < 0.05 + 0.1 * f64::from(speed),
            "{passed} s at {speed}x"
        );
    }
}

#[test]
fn the_slowest_tile_holds_the_clock() {
    let mut machine = Machine::new(4, SUB);
    for number in 0..4 {
        machine.tapes.record(machine.sub(number), TAKE);
    }
    // Three times slower than the pictures come.
    machine.screens[&machine.sub(2)].lock().each_us = 200_000;
    machine.set(Some(at(0.0)), Some(true), None, false);
    machine.run(9000);
    let passed = machine.state().at - at(0.0);
    assert!((2_000_000..4_000_000).contains(&passed), "{passed}");
    assert!(apart(&machine, 500) <= 2 * 66_000, "{}", apart(&machine, 500));
    assert!(machine.states.iter().any(|(_, state)| state.waiting));
}

#[test]
fn a_tile_that_is_not_decodable_is_said_and_does_not_hold_the_others() {
    let mut machine = Machine::new(3, SUB);
    for number in 0..3 {
        machine.tapes.record(machine.sub(number), TAKE);
    }
    machine.screens[&machine.sub(1)].lock().deaf = true;
    machine.set(Some(at(0.0)), Some(true), None, false);
    machine.run(8000);
    assert!(machine.state().at - at(0.0) > 5_500_000, "{}", machine.state().at - at(0.0));
    let tile = machine.state().tiles[1].clone();
    assert!(tile.at.is_none() && tile.missing.is_some(), "{tile:?}");
    // It comes back.
    machine.screens[&machine.sub(1)].lock().deaf = false;
    machine.run(4000);
    let tile = machine.state().tiles[1].clone();
    assert!(tile.at.is_some() && tile.missing.is_none(), "{tile:?}");
}

#[test]
fn back_shows_every_picture_the_other_way() {
    let mut machine = Machine::new(2, SUB);
    for number in 0..2 {
        machine.tapes.record(machine.sub(number), Take { to_s: 20.0, ..TAKE });
        machine.tapes.record(machine.sub(number), Take { from_s: 20.0, to_s: 40.0, gop: 7, ..TAKE });
    }
    machine.set(Some(at(30.0)), None, None, false);
    machine.run(500);
    let before = machine.of(0).len();
    machine.set(None, Some(true), Some(-2.0), false);
    machine.run(8000);
    let all: Vec<_> = machine.tapes.all(machine.sub(0)).into_iter().rev().collect();
    let seen = &machine.of(0)[before..];
    let first = all.iter().position(|picture| *picture == seen[0]).unwrap();
    assert_eq!(seen, &all[first..first + seen.len()]);
    assert!(seen.len() > 200, "{}", seen.len());
    assert!(apart(&machine, 500) <= 66_000);
}

#[test]
fn fast_is_key_frames_evenly_both_ways() {
    for speed in [8.0, 32.0, -8.0, -64.0] {
        let mut machine = Machine::new(4, SUB);
        for number in 0..4 {
            machine.tapes.record(machine.sub(number), Take { to_s: 600.0, ..TAKE });
        }
        machine.set(Some(at(300.0)), Some(true), Some(speed), false);
        machine.run(4000);
        let all = machine.tapes.all(machine.sub(0));
        let seen = machine.of(0);
        assert!(seen.len() >= 14, "{} at {speed}", seen.len());
        for pair in seen.windows(2) {
            assert_eq!(all.iter().position(|picture| picture == &pair[1]).unwrap() % 30, 0);
            assert_eq!(pair[1] > pair[0], speed > 0.0);
        }
        let passed = (machine.state().at - at(300.0)) as f64 / 1e6;
        assert!((passed / f64::from(speed) - 4.0).abs() < 0.4, "{passed} s at {speed}x");
    }
}

#[test]
fn over_a_gap_the_clock_runs_on_and_skips_what_is_missing_everywhere() {
    let mut machine = Machine::new(2, SUB);
    machine.tapes.record(machine.sub(0), Take { to_s: 5.0, ..TAKE });
    machine.tapes.record(machine.sub(0), Take { from_s: 40.0, ..TAKE });
    machine.tapes.record(machine.sub(1), Take { to_s: 7.0, ..TAKE });
    machine.tapes.record(machine.sub(1), Take { from_s: 30.0, ..TAKE });
    machine.set(Some(at(4.0)), Some(true), None, false);
    machine.run(2000);
    assert!(machine.state().tiles[0].missing.is_some() && machine.shown(1).is_some());
    machine.run(2900);
    assert!(machine.state().at < at(10.0), "the clock runs on for 2 s");
    machine.run(600);
    let state = machine.state();
    assert!(state.at >= at(30.0) && state.at < at(32.0), "it skips to the first that has something");
    assert!(machine.shown(1).is_some() && state.tiles[0].missing.is_some());
    machine.run(10_500);
    assert!(machine.state().at > at(40.0) && machine.shown(0).is_some());
    // Back the same way.
    machine.set(Some(at(30.5)), None, Some(-1.0), false);
    machine.run(4000);
    let state = machine.state();
    assert!(state.at < at(7.1) && state.at > at(4.0), "{}", state.at - at(0.0));
}

#[test]
fn the_end_of_what_is_written_is_followed() {
    let mut machine = Machine::new(2, SUB);
    for number in 0..2 {
        machine.tapes.record(machine.sub(number), Take { to_s: 20.0, ..TAKE });
        machine.tapes.open(machine.sub(number), true);
    }
    machine.wall = at(20.5);
    machine.set(Some(at(18.0)), Some(true), Some(4.0), false);
    for second in 0..12 {
        machine.run(1000);
        for number in 0..2 {
            let sub = machine.sub(number);
            match second % 2 {
                0 => machine.tapes.grow(sub, 15, 66_000),
                _ => {
                    let from_s = (machine.tapes.all(sub).last().unwrap().0 - at(0.0).0) as f64 / 1e6 + 0.066;
                    machine.tapes.record(sub, Take { from_s, to_s: from_s + 0.98, ..TAKE });
                }
            }
        }
    }
    let state = machine.state();
    assert!(state.newest && state.playing && (state.speed - 1.0).abs() < 0.01, "{state:?}");
    let all = machine.tapes.all(machine.sub(0));
    let end = *all.last().unwrap();
    assert!(end - state.at < 2_600_000, "{} us behind", end - state.at);
    let seen = machine.of(0);
    let after: Vec<_> = seen.iter().copied().filter(|picture| *picture > at(20.0)).collect();
    let first = all.iter().position(|picture| *picture == after[0]).unwrap();
    assert_eq!(after, all[first..first + after.len()], "every picture, once");
    assert!(after.len() > 120, "{}", after.len());
    // Recording ends: the clock goes on into the gap, and no further than now.
    for number in 0..2 {
        machine.tapes.open(machine.sub(number), false);
    }
    machine.run(9000);
    assert!(machine.state().tiles.iter().all(|tile| tile.missing.is_some()));
    assert!(machine.state().at <= machine.wall);
}

#[test]
fn what_retention_takes_while_it_plays_is_a_gap() {
    let mut machine = Machine::new(2, SUB);
    for number in 0..2 {
        machine.tapes.record(machine.sub(number), TAKE);
    }
    machine.set(Some(at(10.0)), Some(true), None, false);
    machine.run(2000);
    machine.tapes.delete_before(machine.sub(0), at(30.0));
    machine.run(5000);
    let state = machine.state();
    assert!(state.tiles[0].missing.is_some() && state.tiles[0].at.is_none());
    assert!(state.tiles[1].at.is_some() && state.at > at(16.0));
}

#[test]
fn states_are_told_eight_times_a_second_and_at_once_when_something_changes() {
    let mut machine = Machine::new(4, SUB);
    for number in 0..4 {
        machine.tapes.record(machine.sub(number), TAKE);
    }
    machine.set(Some(at(10.0)), Some(true), None, false);
    machine.run(1000);
    let before = machine.states.len();
    machine.run(5000);
    let told = machine.states.len() - before;
    assert!((35..=42).contains(&told), "{told} in 5 s");
    machine.set(None, Some(false), None, false);
    machine.run(40);
    assert!(!machine.states.last().unwrap().1.playing);
}

#[test]
fn dead_workers_cost_a_moment_only() {
    let mut machine = Machine::new(2, SUB);
    for number in 0..2 {
        machine.tapes.record(machine.sub(number), TAKE);
    }
    machine.set(Some(at(10.0)), Some(true), None, false);
    for _ in 0..5 {
        machine.run(1300);
        machine.screens[&machine.sub(1)].restart();
    }
    machine.run(500);
    assert!(machine.state().at > at(16.0));
    assert!(machine.state().at - machine.shown(1).unwrap() < 140_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if std::env::var_os("EASIEN_FULL").is_some() { 200 } else { 12 }))]

    /// Whatever a person does, everything ends up where the clock is, and no picture is ever shown that is not what
    /// it is said to be.
    #[test]
    fn whatever_is_done_the_end_is_right(
        deeds in proptest::collection::vec((0_u8..7, 0.0..70.0_f64, 1_u64..900), 1..25),
        rates in proptest::collection::vec((30_000_i64..150_000, 1_usize..60), 3),
        room in prop_oneof![Just(1000_usize), Just(6)],
    ) {
        let mut machine = Machine::new(3, SUB);
        for (number, (frame_us, gop)) in rates.iter().enumerate() {
            let (frame_us, gop) = (*frame_us, *gop);
            machine.tapes.record(machine.sub(number), Take { to_s: 24.0, frame_us, gop, ..TAKE });
            machine.tapes.record(machine.sub(number), Take { from_s: 30.0, frame_us, gop, ..TAKE });
            machine.screens[&machine.sub(number)].lock().room = room;
        }
        for (deed, seconds, ms) in deeds {
            match deed {
                0 => machine.set(Some(at(seconds)), None, None, false),
                1 => machine.set(None, Some(true), None, false),
                2 => machine.set(None, None, Some([0.5, 1.0, 4.0, 16.0, -1.0, -4.0, -16.0][seconds as usize / 10 % 7]), false),
                3 => machine.step(if seconds > 35.0 { 1 } else { -1 }),
                4 => machine.set(Some(at(seconds)), None, None, true),
                5 => machine.screens[&machine.sub(1)].restart(),
                _ => machine.set(None, Some(false), None, false),
            }
            machine.run(ms);
        }
        machine.set(None, Some(false), None, false);
        machine.run(2500);
        let state = machine.state();
        for number in 0..3 {
            let all = machine.tapes.all(machine.sub(number));
            let place = all.partition_point(|picture| *picture <= state.at);
            let tile = &state.tiles[number];
            match &tile.missing {
                Some(missing) => {
                    prop_assert!(tile.at.is_none());
                    prop_assert!(missing.since.is_none_or(|since| since <= state.at));
                    prop_assert!(missing.until.is_none_or(|until| until > state.at));
                }
                None => prop_assert_eq!(tile.at, Some(all[place - 1]), "{:?}", tile),
            }
        }
        prop_assert!(!state.waiting);
    }
}
