//! What an operator does in a day, and what happens to the room: one thing after the other, by the keyboard of the real
//! window, in an order that the dice say.

use anyhow::{Context, Result};
use easien_camsim::Mode;
use easien_model::StreamKind;
use easien_tests::child::Child;
use easien_tests::dice::Dice;
use easien_tests::hands::key;
use easien_tests::proc;
use easien_tests::room::Room;
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

const MOMENT: Duration = Duration::from_millis(250);
/// A lost camera is lost for so long.
const LOST: Duration = Duration::from_secs(8);

/// A tile of sixteen is wider than this, a small picture beside a line of text is not.
const TILE_PX: u32 = 200;

/// See the module.
pub struct Operator {
    dice: Dice,
    lost: Vec<(Instant, String)>,
    crashes: usize,
    /// How often each thing was done.
    pub done: BTreeMap<&'static str, u32>,
    /// What was done last, for whoever looks for the reason of an end.
    pub last: Vec<&'static str>,
}

type Act = fn(&mut Operator, &mut Room) -> Result<()>;

/// What is done; the more often it stands here, the more often it is done.
const ACTS: [(&str, Act); 19] = [
    ("page", Operator::page),
    ("page", Operator::page),
    ("page", Operator::page),
    ("grid", Operator::grid),
    ("grid", Operator::grid),
    ("focus", Operator::focus),
    ("enlarge", Operator::enlarge),
    ("enlarge", Operator::enlarge),
    ("form", Operator::form),
    ("overview", Operator::overview),
    ("busiest", Operator::busiest),
    ("tour", Operator::tour),
    ("zoom", Operator::zoom),
    ("lose", Operator::lose),
    ("note", Operator::note),
    ("still", Operator::still),
    ("bookmark", Operator::bookmark),
    ("review", Operator::review),
    ("views", Operator::views),
];

impl Operator {
    /// One who does what these dice say.
    #[must_use]
    pub fn new(dice: Dice) -> Self {
        Self { dice, lost: vec![], crashes: 0, done: BTreeMap::new(), last: vec![] }
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Result<T> {
        let index = self.dice.below(from.len());
        from.get(index).copied().context("nothing to choose from")
    }

    fn count(&mut self, name: &'static str) {
        *self.done.entry(name).or_default() += 1;
        self.last.push(name);
    }

    /// Does one thing.
    ///
    /// # Errors
    /// When the display or the room is gone.
    pub fn act(&mut self, room: &mut Room) -> Result<()> {
        self.find_lost(room, false)?;
        let (name, act) = self.pick(&ACTS)?;
        self.count(name);
        act(self, room)?;
        sleep(self.dice.between(MOMENT, MOMENT * 4));
        Ok(())
    }

    /// Comes back to the state in which the processes are looked at: sixteen tiles, all of them moving.
    ///
    /// # Errors
    /// When the wall does not come back.
    pub fn rest(&mut self, room: &mut Room) -> Result<()> {
        self.find_lost(room, true)?;
        room.hands()?.press(key::ESCAPE)?;
        room.hands()?.press(key::F1)?;
        sleep(MOMENT);
        room.hands()?.press(key::ESCAPE)?;
        // A hand needs a moment too, and what Escape closes gives the keyboard back meanwhile.
        sleep(MOMENT * 2);
        room.hands()?.press_with(&[key::ALT], u32::from('4'))?;
        for _ in 0..4 {
            room.hands()?.press(key::PAGE_UP)?;
            sleep(MOMENT);
        }
        // Without the small pictures of the shift's feed: stills of these cameras.
        room.wait_seen("sixteen tiles", Duration::from_secs(40), |seen| {
            seen.iter().filter(|seen| seen.area.width >= TILE_PX).count() == 16
        })?;
        self.last.clear();
        // Main streams that nothing asks for any more stay open for ten seconds.
        sleep(Duration::from_secs(12));
        Ok(())
    }

    /// kill -9 of a worker, and of the window each third time; the window is started again.
    ///
    /// # Errors
    /// When the window does not come back.
    pub fn crash(&mut self, room: &mut Room) -> Result<()> {
        self.crashes += 1;
        if self.crashes.is_multiple_of(3) {
            self.count("window_killed");
            if let Some(mut window) = room.window.take() {
                window.kill()?;
            }
            room.start_window()?;
            // A hand waits for pictures too: before them nobody takes a key.
            room.wait_seen("pictures in the new window", Duration::from_secs(60), |seen| !seen.is_empty())?;
            return Ok(());
        }
        self.count("worker_killed");
        let station = room.station.as_ref().map(Child::pid).context("station")?;
        let worker = self.pick(&proc::named(&[station], "easien-picture"))?;
        let _ = kill_process(Pid::from_raw(i32::try_from(worker)?).context("a process")?, Signal::KILL);
        Ok(())
    }

    /// Lost cameras come back when their time is over, or now.
    fn find_lost(&mut self, room: &Room, now: bool) -> Result<()> {
        for (since, code) in std::mem::take(&mut self.lost) {
            if now || since.elapsed() > LOST {
                room.sim()?.set_mode(&code, StreamKind::Sub, Mode::None)?;
            } else {
                self.lost.push((since, code));
            }
        }
        Ok(())
    }

    fn page(&mut self, room: &mut Room) -> Result<()> {
        let way = self.pick(&[key::PAGE_DOWN, key::PAGE_UP])?;
        room.hands()?.press(way)
    }

    fn grid(&mut self, room: &mut Room) -> Result<()> {
        let digit = self.pick(&['1', '2', '3', '4', '5', '6'])?;
        room.hands()?.press_with(&[key::ALT], u32::from(digit))
    }

    fn focus(&mut self, room: &mut Room) -> Result<()> {
        for _ in 0..3 {
            let way = self.pick(&[key::LEFT, key::RIGHT, key::UP, key::DOWN])?;
            room.hands()?.press(way)?;
        }
        Ok(())
    }

    fn enlarge(&mut self, room: &mut Room) -> Result<()> {
        room.hands()?.press(key::ENTER)?;
        sleep(self.dice.between(Duration::from_secs(1), Duration::from_secs(4)));
        room.hands()?.press(key::ESCAPE)
    }

    /// 1+5 and 1+7.
    fn form(&mut self, room: &mut Room) -> Result<()> {
        let digit = self.pick(&['8', '9'])?;
        room.hands()?.press_with(&[key::ALT], u32::from(digit))
    }

    /// All cameras, in one order and the other, a while; then the wall as it was.
    fn overview(&mut self, room: &mut Room) -> Result<()> {
        let hands = room.hands()?;
        hands.press_char('o')?;
        sleep(self.dice.between(Duration::from_secs(2), Duration::from_secs(4)));
        hands.press_char('u')?;
        sleep(MOMENT * 4);
        hands.press_char('o')
    }

    fn busiest(&mut self, room: &mut Room) -> Result<()> {
        let hands = room.hands()?;
        hands.press_char('h')?;
        sleep(Duration::from_secs(2));
        hands.press(key::ESCAPE)
    }

    /// The pages of four tiles by themselves: at least one step.
    fn tour(&mut self, room: &mut Room) -> Result<()> {
        let hands = room.hands()?;
        hands.press_with(&[key::ALT], u32::from('2'))?;
        sleep(MOMENT);
        hands.press_char('t')?;
        sleep(Duration::from_secs(22));
        hands.press_with(&[key::CONTROL], u32::from('t'))
    }

    fn zoom(&mut self, room: &mut Room) -> Result<()> {
        let hands = room.hands()?;
        for _ in 0..3 {
            hands.wheel((960, 400), true)?;
            sleep(MOMENT);
        }
        sleep(MOMENT * 4);
        hands.press_char('z')
    }

    fn lose(&mut self, room: &mut Room) -> Result<()> {
        let camera = self.dice.below(room.sim()?.cameras().len()) + 1;
        let mode = self.pick(&[Mode::Stall, Mode::Unauthorized, Mode::Silent, Mode::CutMidFrame])?;
        let code = format!("C{camera:03}");
        room.sim()?.set_mode(&code, StreamKind::Sub, mode)?;
        self.lost.push((Instant::now(), code));
        Ok(())
    }

    fn note(&mut self, room: &mut Room) -> Result<()> {
        let hands = room.hands()?;
        hands.press_char('g')?;
        sleep(MOMENT);
        hands.type_text("xe dung sai cho")?;
        hands.press(key::ENTER)?;
        hands.press(key::ESCAPE)
    }

    fn still(&mut self, room: &mut Room) -> Result<()> {
        room.hands()?.press_char('s')
    }

    fn bookmark(&mut self, room: &mut Room) -> Result<()> {
        let hands = room.hands()?;
        hands.press_char('b')?;
        sleep(MOMENT);
        hands.type_text("danh dau")?;
        hands.press(key::ENTER)?;
        hands.press(key::ESCAPE)
    }

    fn review(&mut self, room: &mut Room) -> Result<()> {
        let hands = room.hands()?;
        hands.press(key::F1 + 1)?;
        sleep(MOMENT * 4);
        for _ in 0..3 {
            hands.press(key::LEFT)?;
            sleep(MOMENT);
        }
        hands.press_char(' ')?;
        sleep(Duration::from_secs(2));
        hands.press(key::F1)
    }

    fn views(&mut self, room: &mut Room) -> Result<()> {
        let view = self.pick(&[3, 5, 6, 7])?;
        let hands = room.hands()?;
        hands.press(key::F1 + view)?;
        sleep(MOMENT * 3);
        hands.press(key::ESCAPE)?;
        hands.press(key::F1)
    }
}
