//! The clock stands: seeking, stepping, dragging, gaps.

use super::fakes::{Machine, Take, at};
use easien_model::{StreamKind, UtcMicros};
use proptest::prelude::*;

const SUB: &[StreamKind] = &[StreamKind::Sub, StreamKind::Main];
const MAIN: &[StreamKind] = &[StreamKind::Main, StreamKind::Sub];
const TAKE: Take = Take { from_s: 0.0, to_s: 60.0, frame_us: 66_000, gop: 30 };

/// The newest picture not after `at`.
fn newest(all: &[UtcMicros], at: UtcMicros) -> UtcMicros {
    all[all.partition_point(|picture| *picture <= at) - 1]
}

#[test]
fn a_seek_shows_the_key_frame_at_once_and_then_exactly_the_picture() {
    let mut machine = Machine::new(1, SUB);
    machine.tapes.record(machine.sub(0), TAKE);
    machine.screens[&machine.sub(0)].lock().each_us = 4000;
    machine.set(Some(at(21.3)), None, None, false);
    machine.run(300);
    let all = machine.tapes.all(machine.sub(0));
    let exact = newest(&all, at(21.3));
    let key = all[all.iter().position(|p| *p == exact).unwrap() / 30 * 30];
    assert_eq!(machine.of(0), [key, exact]);
    let states: Vec<(Option<UtcMicros>, bool)> =
        machine.states.iter().map(|(_, state)| (state.tiles[0].at, state.tiles[0].key_only)).collect();
    assert!(states.contains(&(Some(key), true)), "{states:?}");
    assert_eq!(states.last(), Some(&(Some(exact), false)));
    assert!(!machine.state().waiting);
    // Nothing more happens.
    machine.run(3000);
    assert_eq!(machine.of(0).len(), 2);
}

#[test]
fn large_tiles_take_the_main_stream_where_it_is_recorded() {
    let mut machine = Machine::new(1, MAIN);
    machine.tapes.record(machine.sub(0), TAKE);
    machine.tapes.record(machine.main(0), Take { to_s: 20.0, frame_us: 40_000, gop: 50, ..TAKE });
    machine.set(Some(at(10.0)), None, None, false);
    machine.run(300);
    assert_eq!(machine.state().tiles[0].which, Some(StreamKind::Main));
    machine.set(Some(at(30.0)), None, None, false);
    machine.run(300);
    assert_eq!(machine.state().tiles[0].which, Some(StreamKind::Sub));
    assert!(machine.screens[&machine.main(0)].lock().blank && !machine.screens[&machine.sub(0)].lock().blank);
    machine.set(Some(at(10.0)), None, None, false);
    machine.run(300);
    assert_eq!(machine.state().tiles[0].which, Some(StreamKind::Main));
    // The tile gets small: the sub stream's picture of the same moment.
    machine.place(SUB);
    machine.set(None, None, None, false);
    machine.run(300);
    let sub = newest(&machine.tapes.all(machine.sub(0)), at(10.0));
    assert_eq!((machine.state().tiles[0].which, machine.shown(0)), (Some(StreamKind::Sub), Some(sub)));
}

#[test]
fn a_gap_is_said_with_its_cause_and_the_tile_is_blank() {
    let mut machine = Machine::new(2, SUB);
    machine.tapes.record(machine.sub(0), TAKE);
    machine.tapes.record(machine.sub(1), Take { to_s: 20.0, ..TAKE });
    machine.tapes.record(machine.sub(1), Take { from_s: 30.0, ..TAKE });
    machine.set(Some(at(10.0)), None, None, false);
    machine.run(300);
    machine.set(Some(at(25.0)), None, None, false);
    machine.run(300);
    let tile = machine.state().tiles[1].clone();
    let missing = tile.missing.unwrap();
    assert_eq!((tile.at, missing.until), (None, Some(at(30.0))));
    assert!(missing.cause.is_some() && (missing.since.unwrap() - at(20.0)).abs() < 100_000);
    assert!(machine.screens[&machine.sub(1)].lock().blank);
    assert!(machine.shown(0).is_some());
    for (seconds, until) in [(-5.0, Some(at(0.0))), (70.0, None)] {
        machine.set(Some(at(seconds)), None, None, false);
        machine.run(300);
        assert_eq!(machine.state().tiles[0].missing.as_ref().unwrap().until, until);
    }
    machine.set(Some(at(31.0)), None, None, false);
    machine.run(300);
    assert_eq!(machine.shown(1), Some(newest(&machine.tapes.all(machine.sub(1)), at(31.0))));
    assert!(machine.state().tiles.iter().all(|tile| tile.missing.is_none()));
}

#[test]
fn dragging_shows_key_frames_and_never_queues() {
    let mut machine = Machine::new(4, SUB);
    for number in 0..4 {
        machine.tapes.record(machine.sub(number), TAKE);
        machine.screens[&machine.sub(number)].lock().each_us = 12_000;
    }
    machine.read_ms = 8;
    for tick in 0..40 {
        machine.set(Some(at(5.0 + f64::from(tick) * 1.1)), None, None, true);
        machine.run(30);
    }
    let dragged = machine.of(0);
    assert!(dragged.len() > 10, "pictures while dragging: {}", dragged.len());
    let all = machine.tapes.all(machine.sub(0));
    for picture in &dragged {
        assert_eq!(all.iter().position(|p| p == picture).unwrap() % 30, 0, "a key frame");
    }
    assert!(machine.screens[&machine.sub(0)].lock().most_shows <= 1);
    // The hand rests: exact, without being told.
    machine.run(900);
    let rest = at(5.0 + 39.0 * 1.1);
    assert_eq!(machine.shown(0), Some(newest(&all, rest)));
    assert!(!machine.state().tiles[0].key_only);
}

#[test]
fn twenty_sets_a_second_end_where_the_last_one_points() {
    let mut machine = Machine::new(4, SUB);
    for number in 0..4 {
        machine.tapes.record(machine.sub(number), TAKE);
    }
    for tick in 0..40 {
        machine.set(Some(at(f64::from(tick * 13 % 59))), None, None, false);
        machine.run(50);
    }
    machine.run(300);
    let all = machine.tapes.all(machine.sub(0));
    for number in 0..4 {
        assert_eq!(machine.shown(number).map(|at| at.0), Some(newest(&all, at(f64::from(39 * 13 % 59))).0));
    }
}

#[test]
fn steps_are_quick_once_the_group_is_kept() {
    let mut machine = Machine::new(1, SUB);
    machine.tapes.record(machine.sub(0), TAKE);
    machine.set(Some(at(21.3)), None, None, false);
    machine.run(500);
    let pushed = machine.screens[&machine.sub(0)].lock().pushed;
    machine.step(-1);
    machine.run(15);
    let all = machine.tapes.all(machine.sub(0));
    let place = all.iter().position(|p| *p == newest(&all, at(21.3))).unwrap();
    assert_eq!(machine.shown(0), Some(all[place - 1]));
    assert_eq!(machine.screens[&machine.sub(0)].lock().pushed, pushed, "painted from what is kept");
    assert_eq!(machine.stepped, 1);
}

#[test]
fn a_worker_that_died_is_told_again() {
    let mut machine = Machine::new(1, SUB);
    machine.tapes.record(machine.sub(0), TAKE);
    machine.set(Some(at(21.3)), None, None, false);
    machine.run(500);
    machine.screens[&machine.sub(0)].restart();
    let before = machine.of(0).len();
    machine.run(1500);
    assert!(machine.of(0).len() > before);
    assert_eq!(machine.of(0).last(), machine.shown(0).as_ref());
    machine.step(1);
    machine.run(200);
    let all = machine.tapes.all(machine.sub(0));
    let place = all.iter().position(|p| *p == newest(&all, at(21.3))).unwrap();
    assert_eq!(machine.shown(0), Some(all[place + 1]));
}

#[test]
fn beyond_the_newest_is_the_newest() {
    let mut machine = Machine::new(1, SUB);
    machine.tapes.record(machine.sub(0), TAKE);
    machine.tapes.open(machine.sub(0), true);
    machine.wall = at(61.5);
    machine.set(Some(at(99.0)), None, None, false);
    machine.run(500);
    let all = machine.tapes.all(machine.sub(0));
    assert_eq!(machine.shown(0), all.last().copied());
    assert!(machine.state().at <= at(60.1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if std::env::var_os("EASIEN_FULL").is_some() { 200 } else { 20 }))]

    /// Over groups of any length, runs, and gaps; the others follow in time.
    #[test]
    fn steps_are_exact_over_every_border(
        takes in proptest::collection::vec((1_usize..20, 4_usize..40, 20_000_i64..200_000, prop_oneof![Just(0.0), 0.7..9.0]), 1..5),
        begin in 0.0..1.0_f64,
        steps in proptest::collection::vec((-30_i32..30).prop_filter("a step", |step| *step != 0), 1..12),
        room in prop_oneof![Just(1000_usize), Just(5)],
    ) {
        let mut machine = Machine::new(2, SUB);
        for canvas in machine.screens.values() {
            canvas.lock().room = room;
        }
        let mut from_s = 0.0;
        for (gop, pictures, frame_us, gap_s) in &takes {
            let to_s = from_s + (*pictures as i64 * frame_us) as f64 / 1e6;
            machine.tapes.record(machine.sub(0), Take { from_s, to_s: to_s - 1e-6, frame_us: *frame_us, gop: *gop });
            from_s = to_s + gap_s;
        }
        machine.tapes.record(machine.sub(1), Take { from_s: 0.0, to_s: from_s, frame_us: 50_000, gop: 25 });
        let all = machine.tapes.all(machine.sub(0));
        let mut place = ((all.len() - 1) as f64 * begin) as usize;
        machine.set(Some(all[place]), None, None, false);
        machine.run(600);
        prop_assert_eq!(machine.shown(0), Some(all[place]));
        for step in steps {
            machine.step(step);
            machine.run(600);
            place = (place as i64 + i64::from(step)).clamp(0, all.len() as i64 - 1) as usize;
            prop_assert_eq!(machine.shown(0), Some(all[place]), "step {} to {}", step, place);
            let other = newest(&machine.tapes.all(machine.sub(1)), all[place]);
            prop_assert_eq!(machine.shown(1), Some(other));
        }
    }
}
