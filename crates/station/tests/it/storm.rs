//! Four windows write as fast as they are answered, and the station is killed (SIGKILL) in the middle of it, over and
//! over; twice in a run an older backup is restored. Nothing that was acknowledged is lost, nothing stands there twice
//! because it was sent again, the database and its audit are whole, and no incident's number is given a second time.

mod deed;
mod window;

use crate::room::{Station, command, now, start};
use deed::Deed;
use easien_link::commands::Role;
use easien_link::data::*;
use easien_link::{Client, call};
use easien_model::{CameraId, IncidentId, PersonId, SystemClock};
use easien_store::{DATABASE_FILE, NUMBERS_FILE, Store, table_rows};
use futures::future::join_all;
use rustix::process::Signal;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use window::{Known, Random, WORD, Window};

const TABLES: [&str; 19] = [
    "attachment",
    "bookmark",
    "bookmark_camera",
    "bookmark_edit",
    "clock_check",
    "handover",
    "hold",
    "incident",
    "incident_edit",
    "incident_hold",
    "incident_link",
    "incident_note",
    "incident_step",
    "note",
    "notice",
    "shift",
    "subject",
    "subject_edit",
    "task",
];

fn secret(text: &str) -> Secret {
    Secret(text.to_owned())
}

/// Somebody with every role but the administrator's, and a password of their own.
async fn person(client: &Client, data: &Path, login: &str) {
    let given = secret("tạm thời 1");
    let draft = PersonDraft {
        id: PersonId::new(),
        login: login.into(),
        name: format!("Người {login}"),
        roles: vec![Role::Operator, Role::Investigator, Role::Supervisor],
        limit: CameraLimit::default(),
        retired: false,
        password: Some(given.clone()),
    };
    client.call::<call::PeoplePut>(draft).await.unwrap();
    let own = Client::connect(data).await.unwrap();
    let sign_in = SignIn { window: login.into(), login: login.into(), password: given.clone() };
    own.call::<call::PeopleSignIn>(sign_in).await.unwrap();
    let change = PasswordChange { old: given, new: secret(WORD) };
    own.call::<call::PeoplePassword>(change).await.unwrap();
}

/// A room with its people and a camera that nobody receives.
async fn furnish(station: &Station, data: &Path) -> CameraId {
    let client = &station.client;
    let first = FirstPerson {
        window: "main".into(),
        id: PersonId::new(),
        login: "quantri".into(),
        name: "Quản trị".into(),
        password: secret(WORD),
    };
    client.call::<call::PeopleFirst>(first).await.unwrap();
    for login in ["ban1", "ban2", "ban3", "truc1", "truc2"] {
        person(client, data, login).await;
    }
    let camera = crate::incidents::camera("Cổng chợ");
    client.call::<call::CameraAdd>(camera.clone()).await.unwrap();
    camera.id
}

fn counts(data: &Path) -> BTreeMap<String, u64> {
    let mut rows = table_rows(&data.join(DATABASE_FILE)).unwrap();
    rows.retain(|table, _| TABLES.contains(&table.as_str()));
    rows
}

struct Storm {
    data: PathBuf,
    windows: Vec<Window>,
    random: Random,
    /// Which incident has which number: for ever, whatever was restored.
    given: HashMap<String, IncidentId>,
    highest: u32,
    /// Acknowledged writes of each window that were read back already.
    checked: Vec<usize>,
    kills: u32,
    restored: u32,
    lost: Vec<String>,
}

impl Storm {
    /// Starts the station and brings all windows back with what they had not been told; now and then it is killed
    /// while it starts.
    async fn start(&mut self) -> Station {
        loop {
            if self.random.below(8) == 0 {
                let mut child = command(&self.data).spawn().unwrap();
                tokio::time::sleep(Duration::from_millis(self.random.below(400))).await;
                child.kill().await.unwrap();
                self.kills += 1;
            }
            let station = start(&self.data, &[]).await;
            let data = self.data.clone();
            let back = join_all(
                self.windows
                    .iter_mut()
                    .map(async |window| window.connect(&data).await && window.settle().await),
            );
            if back.await.into_iter().all(|back| back) {
                self.take_numbers();
                return station;
            }
        }
    }

    fn take_numbers(&mut self) {
        for window in &mut self.windows {
            for (id, number) in window.numbers.drain(..) {
                let before = self.given.insert(number.clone(), id);
                assert!(before.is_none_or(|known| known == id), "{number} was given twice");
                let sequence = number.rsplit('-').next().and_then(|text| text.parse().ok()).unwrap();
                self.highest = self.highest.max(sequence);
            }
        }
    }

    /// With every write acknowledged, the tables hold exactly what was acknowledged, once.
    fn count(&self) {
        let mut expected: BTreeMap<String, u64> =
            counts(&self.data).into_keys().map(|table| (table, 0)).collect();
        for deed in self.windows.iter().flat_map(|window| &window.known.done) {
            for (table, rows) in deed.rows() {
                *expected.get_mut(table).unwrap() += rows;
            }
        }
        assert_eq!(counts(&self.data), expected, "rows of tables: there, and acknowledged");
    }

    /// Some moments of writing, then the end.
    async fn strike(&mut self, station: Station) {
        let wait = Duration::from_millis(20 + self.random.below(500));
        let killing = async {
            tokio::time::sleep(wait).await;
            station.stop(Signal::KILL).await
        };
        let (storms, _) = tokio::join!(join_all(self.windows.iter_mut().map(Window::storm)), killing);
        drop(storms);
        self.kills += 1;
        self.take_numbers();
    }

    /// The dead station's data: whole, and with everything that was acknowledged.
    fn look(&mut self, all: bool) {
        let store = Store::open_with(&self.data, Arc::new(SystemClock), None).unwrap();
        store.check().unwrap();
        assert_eq!(store.check_audit(None).unwrap().fault, None);
        for (window, checked) in self.windows.iter().zip(&mut self.checked) {
            let from = if all { 0 } else { *checked };
            for deed in &window.known.done[from..] {
                if !deed.stands(&store) {
                    self.lost.push(format!("{deed:?}"));
                }
            }
            *checked = window.known.done.len();
        }
        assert!(self.lost.is_empty(), "acknowledged, and lost: {:#?}", self.lost);
        for (number, id) in &self.given {
            let row = store.incident(*id).unwrap();
            assert!(row.is_none_or(|row| row.number == *number), "{number} is another incident's");
        }
        store.close().unwrap();
    }

    async fn backup(&self, phrase: &Path) -> (PathBuf, Vec<Known>) {
        let file = self.data.with_file_name(format!("{}.easien-backup", self.kills));
        let words = ["backup", "make", file.to_str().unwrap(), "--passphrase-file", phrase.to_str().unwrap()];
        assert!(command(&self.data).args(words).status().await.unwrap().success());
        (file, self.windows.iter().map(|window| window.known.clone()).collect())
    }

    /// As the guide says: everything of the old folder is put aside but the file of numbers.
    async fn restore(&mut self, (file, known): (PathBuf, Vec<Known>), phrase: &Path) {
        let aside = self.data.with_file_name(format!("{}.aside", self.kills));
        std::fs::rename(&self.data, &aside).unwrap();
        std::fs::create_dir(&self.data).unwrap();
        std::fs::copy(aside.join(NUMBERS_FILE), self.data.join(NUMBERS_FILE)).unwrap();
        let words =
            ["backup", "restore", file.to_str().unwrap(), "--passphrase-file", phrase.to_str().unwrap()];
        assert!(command(&self.data).args(words).status().await.unwrap().success());
        std::fs::remove_dir_all(aside).unwrap();
        std::fs::remove_file(file).unwrap();
        for (window, known) in self.windows.iter_mut().zip(known) {
            // It may be about what was written after the backup.
            window.pending = None;
            window.known = known;
        }
        self.checked = vec![0; self.windows.len()];
        self.restored += 1;
    }
}

#[tokio::test]
async fn a_storm_of_writes_survives_kill_9_and_restored_backups() {
    let full = std::env::var_os("EASIEN_FULL").is_some_and(|value| value != "0");
    let rounds: u32 = if full { 200 } else { 6 };
    let given = std::env::var("EASIEN_SEED").ok().and_then(|text| text.parse().ok());
    let seed: u64 =
        given.unwrap_or_else(|| std::collections::hash_map::RandomState::new().build_hasher().finish());
    println!("EASIEN_SEED={seed}");
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let phrase = folder.path().join("phrase");
    std::fs::write(&phrase, "một câu đủ dài\n").unwrap();
    let station = start(&data, &[]).await;
    let camera = furnish(&station, &data).await;
    station.stop(Signal::TERM).await;
    let desks = [("ban-1", "ban1"), ("ban-2", "ban2"), ("ban-3", "ban3"), ("ca-truc", "truc1")];
    let windows = (1..).zip(desks).map(|(n, (name, login))| Window::new(name, login, camera, seed ^ n << 40));
    let mut storm = Storm {
        data,
        windows: windows.collect(),
        random: Random(seed | 1),
        given: HashMap::new(),
        highest: 0,
        checked: vec![0; desks.len()],
        kills: 0,
        restored: 0,
        lost: Vec::new(),
    };
    let (begun, every) = (now(), if full { 50 } else { 5 });
    let (mut kept, mut acknowledged, mut jumped) = (None, 0, 0);
    for round in 0..rounds {
        let station = storm.start().await;
        storm.count();
        if round % every == every / 3 {
            kept = Some(storm.backup(&phrase).await);
        }
        let before = storm.windows.iter().map(|window| window.known.done.len()).sum::<usize>();
        storm.strike(station).await;
        acknowledged += storm.windows.iter().map(|window| window.known.done.len()).sum::<usize>() - before;
        storm.look(round % 20 == 19);
        if round % every == every * 2 / 3
            && let Some(kept) = kept.take()
        {
            let highest = storm.highest;
            storm.restore(kept, &phrase).await;
            storm.look(true);
            let station = storm.start().await;
            storm.count();
            let draft = crate::incidents::draft("Sau khi khôi phục");
            let client = Client::connect(&storm.data).await.unwrap();
            let sign_in = SignIn { window: "main".into(), login: "ban1".into(), password: secret(WORD) };
            client.call::<call::PeopleSignIn>(sign_in).await.unwrap();
            let number = client.call::<call::IncidentOpen>(draft.clone()).await.unwrap().incident.number;
            storm.windows[0].numbers.push((draft.id, number.clone()));
            storm.windows[0].known.done.push(Deed::Open(draft));
            storm.take_numbers();
            assert!(storm.highest > highest, "{number} after {highest}");
            jumped += 1;
            station.stop(Signal::TERM).await;
        }
    }
    let station = storm.start().await;
    storm.count();
    station.stop(Signal::TERM).await;
    storm.look(true);
    let again: u64 = storm.windows.iter().map(|window| window.again).sum();
    println!(
        "{rounds} rounds, {} kills, {} restored backups ({jumped} jumps of the numbers): {acknowledged} writes acknowledged, \
         {again} sent again, 0 lost, 0 twice, {} numbers given, none twice; {} s",
        storm.kills,
        storm.restored,
        storm.given.len(),
        (now() - begun) / 1_000_000,
    );
    assert!(acknowledged > rounds as usize * 10, "it was killed before much could be said");
    assert!(again > 0 && storm.restored > 0);
}
