//! Desks: which connections belong to which window program, and who sits there. A window program's windows are processes
//! of their own with a connection each (and the page presenter has one more); whoever signs in at one of them, locks it
//! or leaves it has done so at all of them. Who may what there belongs to `caller`.

use easien_model::{PersonId, UtcMicros};
use std::collections::HashMap;
use std::time::Instant;

/// A window program's desk with somebody signed in.
#[derive(Clone)]
pub(super) struct Desk {
    /// The window program, as its sign-in is kept.
    pub program: String,
    /// Absent: the sealed envelope was opened.
    pub person: Option<PersonId>,
    pub name: String,
    pub locked: bool,
    pub since: UtcMicros,
    /// When a hand moved last at any of its windows, as far as that was told.
    pub hand: Instant,
    /// Locked only because whoever came back had nothing to show that it is still the same program.
    pub unproven: bool,
}

/// The window program of a window: `main` and the walls beside it (`wall-2`, ...) are one, as they are one data folder's.
pub(super) fn program_of(window: &str) -> String {
    match window.strip_prefix("wall-") {
        Some(number) if !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()) => {
            "main".to_owned()
        }
        _ => window.to_owned(),
    }
}

/// Everybody's desks.
#[derive(Default)]
pub(super) struct Desks {
    /// By window program.
    seated: HashMap<String, Desk>,
    /// The window program of each connection that said so.
    program: HashMap<u64, String>,
}

impl Desks {
    /// Who sits at the other end of a connection.
    pub fn get(&self, connection: u64) -> Option<&Desk> {
        self.seated.get(self.program.get(&connection)?)
    }

    /// Who sits at a window program.
    pub fn of_program(&mut self, program: &str) -> Option<&mut Desk> {
        self.seated.get_mut(program)
    }

    /// The window program at the other end of a connection, if it said so.
    pub fn program(&self, connection: u64) -> Option<&str> {
        self.program.get(&connection).map(String::as_str)
    }

    /// A connection says which window program it is of; it leaves the one before.
    pub fn join(&mut self, connection: u64, program: &str) {
        if self.program(connection) != Some(program) {
            self.leave(connection);
            self.program.insert(connection, program.to_owned());
        }
    }

    /// Somebody sits at the window program of a connection, in place of whoever did.
    pub fn seat(&mut self, connection: u64, desk: Desk) {
        self.join(connection, &desk.program);
        self.seated.insert(desk.program.clone(), desk);
    }

    /// Nobody sits there any more.
    pub fn empty(&mut self, program: &str) -> Option<Desk> {
        self.seated.remove(program)
    }

    /// A connection is gone; with its last one a window program is, and whoever sat there may come back.
    pub fn leave(&mut self, connection: u64) {
        let Some(program) = self.program.remove(&connection) else { return };
        if !self.program.values().any(|other| *other == program) {
            self.seated.remove(&program);
        }
    }

    /// The connections of the same window program, this one included.
    pub fn beside(&self, connection: u64) -> Vec<u64> {
        match self.program.get(&connection) {
            Some(program) => self.connections(program),
            None => vec![connection],
        }
    }

    /// The connections of a window program.
    pub fn connections(&self, program: &str) -> Vec<u64> {
        self.program.iter().filter(|(_, of)| *of == program).map(|(connection, _)| *connection).collect()
    }

    /// The window programs where a person sits.
    pub fn of_person(&self, person: PersonId) -> Vec<String> {
        self.seated
            .values()
            .filter(|desk| desk.person == Some(person))
            .map(|desk| desk.program.clone())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk(program: &str) -> Desk {
        Desk {
            program: program.into(),
            person: Some(PersonId::new()),
            name: "x".into(),
            locked: false,
            since: UtcMicros(0),
            hand: Instant::now(),
            unproven: false,
        }
    }

    #[test]
    fn the_walls_beside_the_main_window_are_one_program() {
        let names = ["main", "wall-2", "wall-13", "wall-", "wall-x", "other"];
        assert_eq!(names.map(program_of), ["main", "main", "main", "wall-", "wall-x", "other"]);
    }

    #[test]
    fn whoever_sits_at_one_window_sits_at_all_until_the_last_is_gone() {
        let mut desks = Desks::default();
        desks.join(1, "main");
        desks.join(2, "main");
        desks.join(3, "other");
        assert!(desks.get(2).is_none());
        desks.seat(1, desk("main"));
        assert!(desks.get(2).is_some() && desks.get(3).is_none() && desks.get(4).is_none());
        let mut beside = desks.beside(2);
        beside.sort_unstable();
        assert_eq!((beside, desks.beside(9)), (vec![1, 2], vec![9]));
        desks.leave(1);
        assert!(desks.get(2).is_some(), "one window is closed");
        desks.join(2, "other");
        desks.join(5, "main");
        assert!(desks.get(5).is_none(), "the last one left");
    }
}
