//! Who may move an incident where: random moves by random people, against the table as a person would write it down.

use crate::Room;
use crate::incidents::{OTHER, WHO, draft, open};
use easien_model::{Code, IncidentState, Mover};
use easien_store::IncidentMove;
use proptest::prelude::*;

/// The rules as the room's own words: from, to, who (o: anybody, p: who opened it, s: a supervisor), with a reason.
const RULES: &str = "
    new verifying o
    new handling o
    new cancelled p!
    new cancelled s!
    verifying handling o
    verifying waiting o
    verifying cancelled s!
    handling verifying o
    handling waiting o
    handling cancelled s!
    waiting closed s
    waiting handling s!
    waiting cancelled s!
    closed reopened s!
    reopened verifying o
    reopened handling o
    reopened waiting o
    reopened cancelled s!";

fn name(state: IncidentState) -> String {
    serde_json::to_value(state).unwrap().as_str().unwrap().to_owned()
}

/// Whether the room lets them, and whether they must say why.
fn rule(from: IncidentState, to: IncidentState, supervisor: bool, opener: bool) -> Option<bool> {
    RULES.lines().filter(|line| !line.trim().is_empty()).find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (who, reason) = (words[2].trim_end_matches('!'), words[2].ends_with('!'));
        let fits = words[0] == name(from) && words[1] == name(to);
        let may = who == "o" || (who == "p" && opener) || (who == "s" && supervisor);
        (fits && may).then_some(reason)
    })
}

#[test]
fn every_move_is_as_the_room_has_it() {
    for from in IncidentState::ALL {
        for to in IncidentState::ALL {
            for (supervisor, opener) in [(false, false), (false, true), (true, false), (true, true)] {
                let wanted = rule(from, to, supervisor, opener);
                let mover = Mover { supervisor, opener };
                assert_eq!(from.may_become(to, mover), wanted.is_some(), "{from:?} {to:?} {mover:?}");
                assert_eq!(from.moves(mover).contains(&to), wanted.is_some());
                if let Some(reason) = wanted {
                    assert_eq!(from.needs_reason(to), reason, "{from:?} {to:?}");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if std::env::var_os("EASIEN_FULL").is_some() { 400 } else { 40 }))]

    #[test]
    fn random_moves_follow_the_model(
        // Where to, whether the mover saw the true state, who moves, whether a reason is given.
        wishes in prop::collection::vec((0..7_usize, 0..7_usize, prop::bool::weighted(0.8), any::<bool>(), any::<bool>(), any::<bool>()), 1..30)
    ) {
        let room = Room::new();
        let store = &room.store;
        let id = open(store, &draft("Một")).incident.id;
        let mut state = IncidentState::New;
        let mut gone_through = vec![IncidentState::New];
        let mut last: Option<(IncidentMove, String)> = None;
        for (to, seen, sees, supervisor, opener, speaks) in wishes {
            let to = IncidentState::ALL[to];
            let from = if sees { state } else { IncidentState::ALL[seen] };
            let who = if opener { WHO } else { OTHER };
            let reason = if speaks { "Vì vậy" } else { "" };
            let wish = IncidentMove { id, from, to, reason: reason.to_owned() };
            let repeated = from != to && state == to
                && last.as_ref().is_some_and(|(done, by)| *done == wish && by == who);
            let result = store.move_incident(who, supervisor, &wish, 90);
            let allowed = rule(from, to, supervisor, opener);
            match result {
                _ if repeated => prop_assert!(result.is_ok()),
                Ok(change) => {
                    prop_assert!(from == state && from != to);
                    prop_assert!(allowed.is_some_and(|reason| !reason || speaks));
                    prop_assert_eq!(change.incident.state, to);
                    state = to;
                    gone_through.push(to);
                    last = Some((wish, who.to_owned()));
                    if to == IncidentState::Closed {
                        prop_assert_eq!(change.incident.approved_by.as_deref(), Some(who));
                    }
                }
                Err(error) => {
                    let wanted = if from != state || from == to {
                        Code::Conflict
                    } else if allowed.is_none() {
                        Code::Forbidden
                    } else {
                        prop_assert!(!speaks);
                        Code::Invalid
                    };
                    prop_assert_eq!(error.code(), wanted);
                }
            }
            prop_assert_eq!(store.incident(id).unwrap().unwrap().state, state);
        }
        let history = store.incident_file(id).unwrap().history;
        let told: Vec<_> = history.iter().rev().filter_map(|step| step.state).collect();
        prop_assert_eq!(told, gone_through);
        prop_assert_eq!(store.audit_broken_at().unwrap(), None);
    }
}
