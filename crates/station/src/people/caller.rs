//! Who calls over a connection, which cameras they may see, and what they may hear of an event.

use super::{ROLES, roles};
use crate::station::{Station, lock};
use easien_link::commands::Command;
use easien_link::problems;
use easien_link::{Caller, DeskState, Event, Heard, Sight, call};
use easien_model::{CameraId, Code, Problem, UnitId};
use easien_store::PersonRow;
use std::collections::HashSet;
use std::sync::atomic::Ordering;

impl Station {
    /// Who calls over a connection.
    pub(crate) fn caller_of(&self, connection: u64) -> Caller {
        let open = |name: String| Caller {
            person: None,
            name,
            roles: ROLES.to_vec(),
            desk: DeskState::Open,
            sight: Sight::default(),
            connection,
        };
        if !self.people.needed.load(Ordering::SeqCst) {
            return open(lock(&self.settings).operator.clone());
        }
        let desk = lock(&self.people.desks).get(connection).cloned();
        let signed_out = Caller {
            person: None,
            name: String::new(),
            roles: Vec::new(),
            desk: DeskState::SignedOut,
            sight: Sight::default(),
            connection,
        };
        let Some(desk) = desk else { return signed_out };
        let state = if desk.locked { DeskState::Locked } else { DeskState::Open };
        match desk.person {
            // Whoever opened the sealed envelope may do everything; an alarm says so.
            None => Caller { desk: state, ..open(desk.name) },
            Some(id) => match self.person_row(id) {
                Some(row) => Caller {
                    person: Some(id),
                    name: row.name.clone(),
                    roles: roles(&row),
                    // Nothing but choosing a password, until it is done.
                    desk: if row.must_change { DeskState::Locked } else { state },
                    sight: self.sight_of(&row),
                    connection,
                },
                None => signed_out,
            },
        }
    }

    /// Which cameras a person may see; made once until people, units or cameras change.
    fn sight_of(&self, row: &PersonRow) -> Sight {
        if row.units.is_empty() && row.cameras.is_empty() {
            return Sight::default();
        }
        if let Some(known) = lock(&self.people.sights).get(&row.id) {
            return known.clone();
        }
        let (units, cameras): (HashSet<_>, HashSet<_>) =
            (row.units.iter().collect(), row.cameras.iter().collect());
        let hidden: Vec<CameraId> = lock(&self.cameras)
            .values()
            .filter(|camera| {
                !cameras.contains(&camera.id) && !camera.unit.is_some_and(|unit| units.contains(&unit))
            })
            .map(|camera| camera.id)
            .chain(lock(&self.people.gone).iter().copied().filter(|id| !cameras.contains(id)))
            .collect();
        let sight = Sight::without(hidden);
        lock(&self.people.sights).insert(row.id, sight.clone());
        sight
    }

    /// People or cameras changed: what each may see is made anew, and what is open follows.
    pub(crate) fn forget_sights(&self) {
        lock(&self.people.sights).clear();
        self.close_hidden();
    }

    /// Every camera that may be seen, also of those that are gone. For lists that are asked from the store.
    pub(crate) fn seen_cameras(&self, sight: &Sight) -> Vec<CameraId> {
        let mut seen: Vec<CameraId> = lock(&self.cameras).keys().copied().collect();
        seen.extend(lock(&self.people.gone).iter().copied());
        seen.retain(|camera| sight.sees(*camera));
        seen
    }

    /// Every camera that may not be seen.
    pub(crate) fn hidden_cameras(&self, sight: &Sight) -> Vec<CameraId> {
        if sight.is_full() {
            return Vec::new();
        }
        let mut hidden: Vec<CameraId> = lock(&self.cameras).keys().copied().collect();
        hidden.extend(lock(&self.people.gone).iter().copied());
        hidden.retain(|camera| !sight.sees(*camera));
        hidden
    }

    /// Refuses what is about everything there is, whoever it belongs to: a backup holds it all, and counts it.
    ///
    /// # Errors
    /// `Forbidden`.
    pub(crate) fn need_whole(&self, caller: &Caller) -> Result<(), Problem> {
        if caller.sight.is_full() {
            return Ok(());
        }
        Err(Problem::new(Code::Forbidden, problems::PERSON_LIMITED))
    }

    /// Refuses to put a camera where the caller would not see it, or would see what they may not.
    ///
    /// # Errors
    /// `Forbidden`.
    pub(crate) fn need_within(
        &self,
        caller: &Caller,
        camera: CameraId,
        unit: Option<UnitId>,
    ) -> Result<(), Problem> {
        if caller.sight.is_full() {
            return Ok(());
        }
        let row = caller.person.and_then(|id| self.person_row(id));
        let within = row.is_some_and(|row| {
            row.cameras.contains(&camera) || unit.is_some_and(|unit| row.units.contains(&unit))
        });
        if within { Ok(()) } else { Err(Problem::new(Code::Forbidden, problems::PERSON_LIMITED)) }
    }

    /// What a connection may hear of an event: records only while its desk is open.
    pub(crate) fn heard_by(&self, connection: u64, event: &Event) -> Option<Heard> {
        let caller = self.caller_of(connection);
        let hears = match event {
            Event::RoomChanged(_)
            | Event::RoomStatus(_)
            | Event::Resync
            | Event::StationStopping(_)
            | Event::WindowAsked(_)
            | Event::DeskChanged(_) => true,
            Event::CameraChanged(_)
            | Event::CameraDeleted(_)
            | Event::UnitChanged(_)
            | Event::SessionChanged(_)
            | Event::AlarmChanged(_)
            | Event::LayoutChanged(_)
            | Event::LayoutDeleted(_)
            | Event::LayoutOrdered(_)
            | Event::TourChanged(_)
            | Event::TourDeleted(_)
            | Event::RecordingChanged(_) => caller.desk != DeskState::SignedOut,
            Event::BackupChanged(_) => caller.has(<call::BackupGet as Command>::ACCESS),
            _ => caller.desk == DeskState::Open,
        };
        if !hears {
            return None;
        }
        if caller.sight.is_full() {
            return Some(Heard::whole(caller.sight));
        }
        let instead = self.event_within(&caller.sight, event)?;
        Some(Heard { instead: instead.map(Box::new), sight: caller.sight })
    }
}
