//! The feed: complete, in order, and cheap however much there is.

use crate::commands::{bookmark, note, still};
use crate::{NOW, Room};
use easien_model::{LossReason, UtcMicros};
use easien_store::{BookmarkDraft, FeedRow, NoteDraft, StillDraft};
use proptest::prelude::*;

/// What a page of the feed is made of: time and kind.
fn told(rows: &[FeedRow]) -> Vec<(i64, &'static str)> {
    rows.iter()
        .map(|row| {
            let kind = match row {
                FeedRow::Note(_) => "note",
                FeedRow::Bookmark(_) => "bookmark",
                FeedRow::Still(_) => "still",
                FeedRow::Camera(_) => "camera",
                FeedRow::Alarm(_) => "alarm",
                FeedRow::Incident(_) => "incident",
            };
            (row.at() - NOW, kind)
        })
        .collect()
}

fn fill(room: &Room, things: &[(u8, i64)]) {
    let store = &room.store;
    let camera = room.camera("Một");
    for (index, (kind, at)) in things.iter().enumerate() {
        let at = UtcMicros(NOW.0 + at);
        match kind {
            0 => drop(store.add_note("Y Moan", NoteDraft { at, ..note("x") }).unwrap()),
            1 => {
                let draft = BookmarkDraft {
                    at,
                    start: at.plus_seconds(-1),
                    end: at.plus_seconds(1),
                    ..bookmark(vec![camera])
                };
                store.add_bookmark("Y Moan", draft).unwrap();
            }
            2 => {
                let draft = StillDraft { at, ..still(camera, &format!("{index}.png")) };
                store.add_still("Y Moan", draft).unwrap();
            }
            _ => {
                store.camera_lost(camera, LossReason::Stalled, at).unwrap();
                store.camera_back(camera, at.plus_seconds(1)).unwrap();
            }
        }
    }
}

#[test]
fn the_kinds_come_in_one_order() {
    let room = Room::new();
    fill(&room, &[(0, 10), (1, 40), (2, 30), (3, 20)]);
    let feed = room.store.feed(None, 500).unwrap();
    assert_eq!(told(&feed), [(40, "bookmark"), (30, "still"), (20, "camera"), (10, "note")]);
    assert!(matches!(&feed[2], FeedRow::Camera(event)
        if event.reason == LossReason::Stalled && event.back == Some(UtcMicros(NOW.0 + 1_000_020))));
    assert_eq!(told(&room.store.feed(Some(UtcMicros(NOW.0 + 30)), 1).unwrap()), [(20, "camera")]);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if std::env::var_os("EASIEN_FULL").is_some() { 200 } else { 12 },
        ..ProptestConfig::default()
    })]
    /// Pages in a row give every thing exactly once, newest first, also when many share a time.
    #[test]
    fn pages_in_a_row_are_the_whole_feed(
        things in prop::collection::vec((0_u8..4, 0_i64..8), 0..40),
        limit in 1_u32..6,
    ) {
        let room = Room::new();
        fill(&room, &things);
        let mut paged = Vec::new();
        let mut stills = Vec::new();
        let mut before = None;
        loop {
            let page = room.store.feed(before, limit).unwrap();
            let Some(last) = page.last() else { break };
            prop_assert!(page.len() >= limit as usize || room.store.feed(Some(last.at()), 1).unwrap().is_empty());
            before = Some(last.at());
            paged.extend(page);
        }
        before = None;
        while let page = room.store.stills(before, limit).unwrap() && let Some(last) = page.last() {
            before = Some(last.still.at);
            stills.extend(page);
        }
        let mut expected: Vec<i64> = things.iter().map(|(_, at)| *at).collect();
        expected.sort_unstable_by(|a, b| b.cmp(a));
        prop_assert_eq!(told(&paged).iter().map(|(at, _)| *at).collect::<Vec<_>>(), expected);
        let mut kinds: Vec<&str> = told(&paged).iter().map(|(_, kind)| *kind).collect();
        let mut given: Vec<&str> =
            things.iter().map(|(kind, _)| ["note", "bookmark", "still", "camera"][*kind as usize]).collect();
        kinds.sort_unstable();
        given.sort_unstable();
        prop_assert_eq!(kinds, given);
        prop_assert_eq!(stills.len(), things.iter().filter(|(kind, _)| *kind == 2).count());
    }
}

/// The cost of a page must not grow with what lies behind it: 100,000 things and 1,000 take about the same.
#[test]
fn a_page_costs_the_same_with_a_hundred_thousand_things_behind_it() {
    let room = Room::new();
    let camera = room.camera("Một");
    let time = |room: &Room| {
        let mut best = std::time::Duration::MAX;
        for _ in 0..20 {
            let start = std::time::Instant::now();
            assert_eq!(room.store.feed(None, 100).unwrap().len(), 100);
            best = best.min(start.elapsed());
        }
        best
    };
    let fill = |from: i64, count: i64| {
        room.raw()
            .execute(
                "WITH RECURSIVE n (i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 + ?2 - 1)
                 INSERT INTO note (id, text, camera, at, author, created_at)
                 SELECT randomblob(16), 'x', ?3, ?4 - i, 'x', ?4 FROM n",
                rusqlite::params![from, count, camera.0.into_bytes(), NOW.0],
            )
            .unwrap();
    };
    fill(0, 1_000);
    let few = time(&room);
    fill(1_000, 99_000);
    let many = time(&room);
    println!("a page of 100: {few:?} of 1,000 things, {many:?} of 100,000");
    assert!(many < few * 5 + std::time::Duration::from_millis(5), "{few:?} -> {many:?}");
}
