//! Losses that come together, trickle, grow, go back in part, flap: one alarm where a person would see one.

use super::*;
use easien_model::UnitId;
use proptest::prelude::*;
use uuid::Uuid;

const AFTER_US: i64 = 10_000_000;

fn id(n: u32) -> CameraId {
    CameraId(Uuid::from_u128(u128::from(n) + 1))
}

fn s(seconds: i64) -> UtcMicros {
    UtcMicros(1_000_000_000 + seconds * 1_000_000)
}

/// So many cameras, ten a network, twenty a unit.
fn room(count: u32) -> BTreeMap<CameraId, Facts> {
    (0..count)
        .map(|n| {
            let facts = Facts {
                host: Some(format!("10.20.{}.{}", n / 10, n % 10)),
                network: Some(format!("10.20.{}", n / 10)),
                place: None,
                unit: Some(UnitId(Uuid::from_u128(u128::from(n / 20) + 1))),
            };
            (id(n), facts)
        })
        .collect()
}

/// A room that is stepped once a second.
struct Bench {
    groups: Groups,
    room: BTreeMap<CameraId, Facts>,
    troubles: BTreeMap<CameraId, Trouble>,
    at: i64,
    changes: Vec<Change>,
}

impl Bench {
    fn new(room: BTreeMap<CameraId, Facts>) -> Self {
        Self { groups: Groups::default(), room, troubles: BTreeMap::new(), at: 0, changes: Vec::new() }
    }

    fn lose(&mut self, cameras: impl IntoIterator<Item = u32>) {
        for n in cameras {
            let trouble = Trouble { since: s(self.at), reason: Some(LossReason::Unreachable) };
            self.troubles.entry(id(n)).or_insert(trouble);
        }
    }

    fn back(&mut self, cameras: impl IntoIterator<Item = u32>) {
        for n in cameras {
            self.troubles.remove(&id(n));
        }
    }

    fn pass(&mut self, seconds: i64) {
        for _ in 0..seconds {
            self.at += 1;
            self.changes.extend(self.groups.step(s(self.at), &self.troubles, &self.room, AFTER_US));
        }
    }

    fn standing(&self) -> Vec<(Option<AlarmShared>, usize)> {
        self.groups.standing.values().map(|group| (group.shared.clone(), group.members.len())).collect()
    }

    fn raised(&self) -> usize {
        self.changes.iter().filter(|change| matches!(change, Change::Raised(_))).count()
    }

    fn only(&self) -> &Group {
        assert_eq!(self.groups.standing.len(), 1, "{:?}", self.standing());
        self.groups.standing.values().next().unwrap()
    }
}

fn network(n: u32) -> Option<AlarmShared> {
    Some(AlarmShared::Network(format!("10.20.{n}")))
}

#[test]
fn one_line_is_one_alarm_from_its_first_loss() {
    let mut bench = Bench::new(room(240));
    bench.lose(0..5);
    bench.pass(2);
    bench.lose(5..10);
    bench.pass(7);
    assert_eq!(bench.standing(), []);
    bench.pass(1);
    assert_eq!(bench.standing(), [(network(0), 10)]);
    assert_eq!(bench.only().raised, s(0));
    assert_eq!(bench.raised(), 1);
}

#[test]
fn a_short_loss_is_none() {
    let mut bench = Bench::new(room(20));
    bench.lose([3]);
    bench.pass(9);
    bench.back([3]);
    bench.pass(60);
    assert_eq!(bench.changes, []);
}

#[test]
fn losses_that_trickle_in_are_one_growing_alarm() {
    let mut bench = Bench::new(room(240));
    for n in 0..10 {
        bench.lose([n]);
        bench.pass(4);
    }
    bench.pass(10);
    assert_eq!(bench.standing(), [(network(0), 10)]);
    assert_eq!(bench.raised(), 1);
    assert!(bench.changes.iter().filter(|change| matches!(change, Change::Changed(_))).count() > 3);
}

#[test]
fn one_that_returns_is_told_and_all_clear_it_at_the_last_return() {
    let mut bench = Bench::new(room(240));
    bench.lose(0..10);
    bench.pass(15);
    bench.changes.clear();
    bench.back([4]);
    bench.pass(30);
    let group = bench.only().clone();
    assert_eq!(group.members[&id(4)].back, Some(s(16)));
    assert_eq!(group.members.values().filter(|member| member.back.is_none()).count(), 9);
    assert_eq!(bench.changes, [Change::Changed(group.id)]);
    bench.back(0..10);
    bench.pass(9);
    assert_eq!(bench.standing(), [(network(0), 10)], "not before they are steady");
    bench.pass(3);
    assert_eq!(bench.standing(), []);
    assert_eq!(bench.changes.last(), Some(&Change::Cleared(group.id, s(46))));
}

#[test]
fn two_lines_at_once_are_two_alarms() {
    let mut bench = Bench::new(room(240));
    // In one unit, and in the same second.
    bench.lose((0..8).chain(10..18));
    bench.pass(12);
    assert_eq!(bench.standing(), [(network(0), 8), (network(1), 8)]);
}

#[test]
fn the_whole_room_is_one_alarm() {
    let mut bench = Bench::new(room(240));
    bench.lose(0..235);
    bench.pass(12);
    assert_eq!(bench.standing(), [(Some(AlarmShared::Room), 235)]);
}

#[test]
fn an_address_says_more_than_its_network_and_a_place_more_than_nothing() {
    let mut all = room(60);
    for n in 0..4 {
        all.get_mut(&id(n)).unwrap().host = Some("10.20.0.200".into());
    }
    for n in [15, 25, 35] {
        all.get_mut(&id(n)).unwrap().place = Some(("Cầu 14".into(), "cau 14".into()));
    }
    let mut bench = Bench::new(all);
    bench.lose(0..4);
    bench.pass(40);
    bench.lose([15, 25, 35]);
    bench.pass(40);
    bench.lose([44, 54]);
    bench.pass(12);
    let unit = Some(AlarmShared::Unit(UnitId(Uuid::from_u128(3))));
    let place = Some(AlarmShared::Place("Cầu 14".into()));
    let host = Some(AlarmShared::Host("10.20.0.200".into()));
    assert_eq!(bench.standing(), [(host, 4), (place, 3), (unit, 2)]);
}

#[test]
fn cameras_with_nothing_in_common_but_the_time_are_one_alarm() {
    let mut bench = Bench::new(room(240));
    bench.lose([3, 55, 120]);
    bench.pass(12);
    assert_eq!(bench.standing(), [(None, 3)]);
    bench.lose([77]);
    bench.pass(12);
    assert_eq!(bench.standing(), [(None, 3), (None, 1)], "another time is another trouble");
}

#[test]
fn what_begins_after_a_person_took_note_is_news() {
    let mut bench = Bench::new(room(240));
    bench.lose([0, 1]);
    bench.pass(12);
    let id = bench.only().id;
    bench.lose([2]);
    bench.pass(1);
    bench.groups.acknowledged(id, s(bench.at));
    bench.pass(3);
    assert_eq!(bench.standing(), [(network(0), 3)], "it was lost before that");
    bench.lose([3]);
    bench.pass(12);
    assert_eq!(bench.standing(), [(network(0), 3), (None, 1)]);
}

#[test]
fn a_flapping_camera_does_not_raise_again_and_again() {
    let mut bench = Bench::new(room(20));
    for _ in 0..60 {
        bench.lose([3]);
        bench.pass(15);
        bench.back([3]);
        bench.pass(20);
    }
    assert!(bench.raised() <= 2, "{} alarms in 35 minutes", bench.raised());
    bench.pass(400);
    assert_eq!(bench.standing(), [], "once it is steady it is over");
}

#[test]
fn a_camera_taken_out_of_the_room_is_no_trouble_any_more() {
    let mut bench = Bench::new(room(20));
    bench.lose([3]);
    bench.pass(12);
    bench.room.remove(&id(3));
    bench.pass(15);
    assert_eq!(bench.standing(), []);
}

#[test]
fn what_stood_before_a_restart_goes_on() {
    let mut bench = Bench::new(room(40));
    bench.lose(0..5);
    bench.pass(12);
    bench.groups = Groups::restore(bench.groups.standing.clone().into_values());
    bench.changes.clear();
    bench.pass(20);
    assert_eq!(bench.changes, []);
    assert_eq!(bench.standing(), [(network(0), 5)]);
}

#[test]
fn a_clock_that_is_set_back_ends_nothing_and_hangs_nothing() {
    let mut bench = Bench::new(room(20));
    bench.lose([3, 4]);
    bench.pass(12);
    bench.at -= 3600;
    bench.pass(5);
    assert_eq!(bench.standing(), [(network(0), 2)]);
    bench.back([3, 4]);
    bench.pass(3);
    bench.at -= 3600;
    bench.pass(30);
    assert_eq!(bench.standing(), []);
}

proptest! {
    /// Whatever is lost and comes back in whatever order: who is in trouble for long enough is in exactly one alarm,
    /// nobody is in two, no alarm is over while one of its cameras is not, and in the end all is over.
    #[test]
    fn every_trouble_is_in_one_alarm(
        acts in proptest::collection::vec((0_u32..40, any::<bool>(), 0_i64..9), 1..120),
    ) {
        let mut bench = Bench::new(room(40));
        for (camera, lost, seconds) in acts {
            if lost { bench.lose([camera]) } else { bench.back([camera]) }
            for _ in 0..seconds {
                bench.pass(1);
                let now = s(bench.at);
                for (id, trouble) in &bench.troubles {
                    let of = bench.groups.standing.values().filter(|g| g.members.contains_key(id)).count();
                    prop_assert!(of <= 1);
                    prop_assert!(of == 1 || now - trouble.since < AFTER_US, "{id} is in no alarm");
                }
                for change in std::mem::take(&mut bench.changes) {
                    match change {
                        Change::Cleared(id, _) => prop_assert!(bench.groups.get(id).is_none()),
                        Change::Raised(id) | Change::Changed(id) => {
                            let group = bench.groups.get(id).unwrap();
                            prop_assert!(!group.members.is_empty());
                            let all = group.members.keys().filter_map(|id| bench.room.get(id));
                            if let Some(shared) = &group.shared {
                                prop_assert!(all.clone().all(|facts| facts.has(shared)));
                            }
                        }
                    }
                }
            }
        }
        bench.back(0..40);
        bench.pass(320);
        prop_assert_eq!(bench.standing(), []);
    }
}
