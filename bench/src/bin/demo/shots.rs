//! The other screens of the demo, each by its keys, as a person at 1920x1080 would go there, and saved as seen.

use anyhow::{Context, Result};
use easien_camsim::Mode;
use easien_link::commands::call;
use easien_link::data::{BookmarkDraft, BookmarkText, Camera, NoteDraft, VolumeDraft};
use easien_model::{BookmarkId, NoteId, SessionPhase, StreamKind, UtcMicros, VolumeId};
use easien_tests::hands::key;
use easien_tests::room::Room;
use easien_tests::wait;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// In the list of cameras, the first of them: from the left and the top, at 1920 pixels of width.
const FIRST_ROW: (u32, u32) = (400, 173);
/// The alarm in the bottom strip: from the right and the bottom.
const ALARM: (u32, u32) = (230, 14);
/// In the first row of a table that fills the screen, at 1920 pixels of width.
const HEALTH_ROW: (u32, u32) = (600, 152);
/// The End key.
const END: u32 = 0xff57;
/// A second in microseconds.
const S: i64 = 1_000_000;

/// One room's walk through its screens.
struct Walk<'a> {
    room: &'a mut Room,
    cameras: &'a [Camera],
    folder: &'a Path,
    vi: bool,
    size: (u32, u32),
}

/// Each of the other screens.
pub fn take(
    room: &mut Room,
    cameras: &[Camera],
    folder: &Path,
    lang: &str,
    size: (u32, u32),
    look: &dyn Fn(&Room) -> Result<()>,
) -> Result<()> {
    let walk = Walk { room, cameras, folder, vi: lang == "vi", size };
    // One camera is away for a while, so that there is a gap to look at later.
    let away = walk.camera(3)?.code.clone();
    walk.set_away(&away, true)?;
    walk.wall()?;
    walk.overview()?;
    walk.set_away(&away, false)?;
    walk.lists()?;
    walk.mark()?;
    walk.desk()?;
    walk.clips()?;
    walk.records()?;
    walk.lost()?;
    walk.health()?;
    first_run(folder, lang, size, look)
}

impl Walk<'_> {
    fn shoot(&self, name: &str) -> Result<()> {
        sleep(Duration::from_millis(900));
        self.room.capture()?.save(&self.folder.join(name))
    }

    /// The camera at this place of the wall, or the last one of fewer.
    fn camera(&self, index: usize) -> Result<&Camera> {
        self.cameras.get(index).or(self.cameras.last()).context("a camera")
    }

    fn say(&self, vi: &'static str, en: &'static str) -> &'static str {
        if self.vi { vi } else { en }
    }

    fn set_away(&self, code: &str, away: bool) -> Result<()> {
        for which in [StreamKind::Main, StreamKind::Sub] {
            self.room.sim()?.set_mode(code, which, if away { Mode::NotFound } else { Mode::None })?;
        }
        Ok(())
    }

    /// As the page's `rem` follows the width (app.css).
    fn scaled(&self, at_1920: u32) -> u32 {
        let rem = |width: u32| (f64::from(width) * 0.0041 + 7.1).clamp(12.5, 26.0);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a place on a screen
        let scaled = (f64::from(at_1920) * rem(self.size.0) / rem(1920)).round() as u32;
        scaled
    }

    fn alarm(&self) -> (u32, u32) {
        let (width, height) = self.size;
        (width - self.scaled(ALARM.0), height - self.scaled(ALARM.1))
    }

    /// Dialogs and fields give the keyboard back a moment after they are closed.
    fn escape(&self) -> Result<()> {
        self.room.hands()?.press(key::ESCAPE)?;
        sleep(Duration::from_millis(500));
        Ok(())
    }

    /// The live wall, and what is done on it.
    fn wall(&self) -> Result<()> {
        let text = self.say(
            "Xe máy đi ngược chiều, hai người không đội mũ bảo hiểm, chạy về hướng chợ.",
            "Motorbike against the traffic, two riders without helmets, towards the market.",
        );
        self.room.call::<call::NoteAdd>(NoteDraft {
            id: NoteId::new(),
            text: text.to_owned(),
            camera: Some(self.camera(0)?.id),
            at: now(),
            category: Some("traffic".to_owned()),
        })?;
        let hands = self.room.hands()?;
        let seen = self.room.seen()?;
        if let Some(tile) = seen.first() {
            hands.click(tile.area.middle())?;
        }
        hands.press_char('s')?;
        sleep(Duration::from_secs(2));
        hands.press_char('b')?;
        self.shoot("bookmark.png")?;
        hands.press(key::ESCAPE)?;
        self.shoot("feed.png")?;
        hands.press(key::ENTER)?; // enlarge
        sleep(Duration::from_secs(2));
        // The main stream is drawn when it is first asked for, and begins with its next key frame.
        let main_is_live = || -> Result<(), String> {
            let cameras = self.room.cameras().map_err(|error| error.to_string())?;
            let mut sessions = cameras.iter().flat_map(|camera| &camera.sessions);
            let main = sessions.find(|session| session.which == StreamKind::Main);
            let live =
                main.is_some_and(|main| main.state.phase == SessionPhase::Live && main.stats.width_px > 0);
            if live { Ok(()) } else { Err(format!("{:?}", main.map(|main| &main.state))) }
        };
        if let Err(error) =
            wait::until("the main stream", Duration::from_secs(60), Duration::from_millis(200), main_is_live)
        {
            eprintln!("demo: {error:#}");
        }
        sleep(Duration::from_secs(3));
        self.shoot("enlarged.png")?;
        hands.press(key::ESCAPE)?;
        hands.press_char('?')?;
        self.shoot("keys.png")?;
        self.escape()?;
        hands.press_with(&[key::CONTROL], u32::from('k'))?;
        sleep(Duration::from_millis(300));
        hands.type_text("truong")?; // finds "Trường": tone marks and case do not matter
        self.shoot("search.png")?;
        hands.press(key::ESCAPE)?;
        hands.press(key::ESCAPE)
    }

    /// All cameras at once, one by its number, zoomed into, its menu; the busiest.
    fn overview(&self) -> Result<()> {
        let hands = self.room.hands()?;
        hands.press_char('o')?;
        // Each tile has its key frame, and activity is known.
        sleep(Duration::from_secs(8));
        self.shoot("overview.png")?;
        hands.press_char('u')?;
        sleep(Duration::from_secs(3));
        self.shoot("overview-number.png")?;
        hands.press_char('u')?;
        sleep(Duration::from_secs(2));
        let code = &self.camera(11)?.code;
        let number = code.trim_start_matches(|c: char| !c.is_ascii_digit()).trim_start_matches('0');
        if let Some(first) = number.chars().next() {
            hands.press_char(first)?;
            sleep(Duration::from_millis(150));
            self.room.capture()?.save(&self.folder.join("number.png"))?;
            sleep(Duration::from_secs(2));
            self.escape()?;
        }
        hands.type_text(number)?;
        sleep(Duration::from_secs(4));
        for _ in 0..4 {
            hands.press_char('+')?;
            sleep(Duration::from_millis(120));
        }
        sleep(Duration::from_secs(3));
        self.shoot("zoom.png")?;
        hands.press_char('z')?;
        self.escape()?;
        sleep(Duration::from_secs(2));
        hands.press_with(&[key::SHIFT], key::F1 + 9)?;
        self.shoot("menu.png")?;
        self.escape()?;
        hands.press_char('h')?;
        sleep(Duration::from_secs(4));
        self.shoot("busiest.png")?;
        self.escape()?;
        sleep(Duration::from_secs(1));
        hands.press_char('o')?;
        sleep(Duration::from_secs(2));
        Ok(())
    }

    /// Cameras, stills, settings, another grid.
    fn lists(&self) -> Result<()> {
        let hands = self.room.hands()?;
        hands.press(key::F1 + 3)?;
        sleep(Duration::from_secs(2));
        self.shoot("cameras.png")?;
        hands.double_click((self.scaled(FIRST_ROW.0), self.scaled(FIRST_ROW.1)))?;
        self.shoot("camera-form.png")?;
        // From the first field back to the tabs, and on to what is recorded.
        hands.press_with(&[key::SHIFT], key::TAB)?;
        hands.press(key::RIGHT)?;
        self.shoot("camera-recording.png")?;
        self.escape()?;
        hands.press(key::F1 + 5)?;
        self.shoot("stills.png")?;
        hands.press(key::F1)?;
        hands.press_with(&[key::CONTROL], u32::from(','))?;
        self.shoot("settings.png")?;
        self.escape()?;
        hands.press_with(&[key::ALT], u32::from('3'))?;
        sleep(Duration::from_secs(2));
        self.shoot("grid-9.png")?;
        hands.press_with(&[key::ALT], u32::from('4'))?;
        sleep(Duration::from_secs(1));
        Ok(())
    }

    /// Two moments are marked that the review desk will show.
    fn mark(&self) -> Result<()> {
        let marks = [
            (0, 26, self.say("Đi ngược chiều, không mũ", "Against the traffic, no helmets"), "amber"),
            (1, 14, self.say("Va chạm xe tải – xe máy", "Lorry and motorbike collide"), "blue"),
        ];
        for (camera, ago_s, title, colour) in marks {
            let at = UtcMicros(now().0 - ago_s * S);
            self.room.call::<call::BookmarkAdd>(BookmarkDraft {
                id: BookmarkId::new(),
                cameras: vec![self.camera(camera)?.id],
                at,
                start: UtcMicros(at.0 - 5 * S),
                end: UtcMicros(at.0 + 8 * S),
                text: Some(BookmarkText {
                    title: title.to_owned(),
                    category: Some("traffic".to_owned()),
                    tags: vec![self.say("xe máy", "motorbike").to_owned()],
                    note: String::new(),
                    colour: colour.to_owned(),
                }),
            })?;
        }
        Ok(())
    }

    /// The review desk: four cameras, a moment some seconds ago, a selection around it; then a moment in a gap.
    fn desk(&self) -> Result<()> {
        let hands = self.room.hands()?;
        hands.press(key::F1)?;
        sleep(Duration::from_secs(1));
        if let Some(tile) = self.room.seen()?.first() {
            hands.click(tile.area.middle())?;
        }
        hands.press_char('r')?;
        sleep(Duration::from_secs(2));
        for index in 1..4 {
            let code = self.camera(index)?.code.to_lowercase();
            hands.press_char('/')?;
            sleep(Duration::from_millis(300));
            hands.type_text(&code)?;
            sleep(Duration::from_millis(300));
            hands.press(key::ENTER)?; // to the row that is left
            sleep(Duration::from_millis(150));
            hands.press(key::ENTER)?; // onto the desk
            sleep(Duration::from_millis(300));
        }
        self.escape()?;
        for _ in 0..3 {
            hands.press_char('+')?;
        }
        // Twenty seconds around the moment that stays.
        sleep(Duration::from_secs(6));
        self.go_to(now().0 - 24 * S)?;
        hands.press_char('i')?;
        hands.press_with(&[key::SHIFT], key::RIGHT)?;
        sleep(Duration::from_millis(300));
        hands.press_with(&[key::SHIFT], key::RIGHT)?;
        sleep(Duration::from_millis(300));
        hands.press_char('o')?;
        hands.press_with(&[key::SHIFT], key::LEFT)?;
        sleep(Duration::from_secs(2));
        hands.press(key::RIGHT)?;
        sleep(Duration::from_millis(700));
        hands.press(key::RIGHT)?; // stands on an exact picture
        sleep(Duration::from_secs(3));
        self.shoot("review.png")
    }

    /// As a person does: to the newest picture, then `G` and so many seconds back. Stands still there.
    fn go_to(&self, at_us: i64) -> Result<()> {
        let hands = self.room.hands()?;
        let ago_s = (now().0 - at_us) / S;
        hands.press(key::F1 + 1)?;
        hands.press(END)?;
        sleep(Duration::from_millis(800));
        hands.press_char('k')?;
        hands.press_char('g')?;
        sleep(Duration::from_millis(300));
        hands.type_text(&format!("-{ago_s}"))?;
        hands.press(key::ENTER)?;
        sleep(Duration::from_millis(1500));
        hands.press_char('k')?;
        sleep(Duration::from_millis(300));
        Ok(())
    }

    /// What is done with a selection.
    fn clips(&self) -> Result<()> {
        let hands = self.room.hands()?;
        let send = || hands.press_with(&[key::CONTROL], key::ENTER);
        hands.press_char('b')?;
        sleep(Duration::from_millis(600));
        hands.type_text(self.say("Nghi vấn mang pháo", "Suspected fireworks"))?;
        self.shoot("bookmark-dialog.png")?;
        send()?;
        sleep(Duration::from_millis(900));
        hands.press_char('h')?;
        sleep(Duration::from_millis(600));
        hands.type_text(self.say("Chờ kết luận vụ va chạm", "Until the collision is concluded"))?;
        self.shoot("hold.png")?;
        send()?;
        sleep(Duration::from_millis(900));
        hands.press_char('x')?;
        sleep(Duration::from_millis(1800));
        self.shoot("copy-plan.png")?;
        send()?;
        sleep(Duration::from_secs(4));
        self.shoot("copy.png")?;
        self.escape()?;
        // Back to where a camera was away.
        for _ in 0..6 {
            hands.press_with(&[key::CONTROL], key::LEFT)?;
            sleep(Duration::from_millis(700));
            if self.shows_gap()? {
                break;
            }
        }
        sleep(Duration::from_secs(2));
        self.shoot("review-gap.png")
    }

    /// Fewer tiles with a picture than there are on the desk.
    fn shows_gap(&self) -> Result<bool> {
        sleep(Duration::from_millis(800));
        Ok(self.room.seen()?.len() < self.cameras.len().min(4))
    }

    /// What was kept, and where.
    fn records(&self) -> Result<()> {
        let hands = self.room.hands()?;
        hands.press(key::F1 + 6)?;
        sleep(Duration::from_secs(2));
        self.shoot("bookmarks.png")?;
        let second = self.room.folder().join("disk-2");
        std::fs::create_dir_all(&second)?;
        self.room.call::<call::VolumePut>(VolumeDraft {
            id: VolumeId::new(),
            name: self.say("Ổ 2", "Disk 2").to_owned(),
            path: second.display().to_string(),
            quota_bytes: Some(200_000_000_000),
            reserve_bytes: 1_000_000_000,
            enabled: true,
        })?;
        hands.press(key::F1 + 7)?;
        sleep(Duration::from_secs(4));
        self.shoot("storage.png")?;
        // Somebody pulls the second disk.
        std::fs::rename(&second, self.room.folder().join("disk-2-away"))?;
        let alarms = || -> Result<(), String> {
            let kinds = vec![easien_link::data::AlarmKind::VolumeMissing];
            let open = easien_link::data::AlarmQuery { open: true, kinds, ..Default::default() };
            let alarms = self.room.call::<call::AlarmList>(open).map_err(|error| error.to_string())?;
            if alarms.is_empty() { Err("none yet".to_owned()) } else { Ok(()) }
        };
        if let Err(error) =
            wait::until("an alarm", Duration::from_secs(40), Duration::from_millis(300), alarms)
        {
            eprintln!("demo: {error:#}");
        }
        sleep(Duration::from_secs(2));
        self.shoot("storage-alarm.png")?;
        hands.press(key::F1)?;
        sleep(Duration::from_secs(2));
        hands.click(self.alarm())?;
        self.shoot("alarms.png")?;
        self.escape()
    }

    /// A camera that answers no more.
    fn lost(&self) -> Result<()> {
        self.set_away(&self.camera(2)?.code, true)?;
        sleep(Duration::from_secs(6));
        self.shoot("lost.png")?;
        sleep(Duration::from_secs(4));
        self.shoot("not-recording.png")
    }

    /// Several cameras of one address lost: one alarm, its list, and how all are.
    fn health(&self) -> Result<()> {
        let hands = self.room.hands()?;
        for index in 4..8 {
            self.set_away(&self.camera(index)?.code, true)?;
        }
        sleep(Duration::from_secs(18));
        self.shoot("line.png")?;
        hands.click(self.alarm())?;
        self.shoot("alarm-panel.png")?;
        self.escape()?;
        hands.press_with(&[key::ALT], u32::from('a'))?;
        sleep(Duration::from_secs(1));
        self.shoot("alarm-list.png")?;
        hands.press(key::F1 + 11)?; // the next tab
        sleep(Duration::from_secs(2));
        self.shoot("health-cameras.png")?;
        hands.click((self.scaled(HEALTH_ROW.0), self.scaled(HEALTH_ROW.1)))?;
        sleep(Duration::from_secs(2));
        self.shoot("health-camera.png")?;
        hands.press(key::F1 + 11)?; // the next tab
        sleep(Duration::from_secs(2));
        self.shoot("health-station.png")?;
        hands.press(key::F1)
    }
}

/// A room without cameras.
fn first_run(folder: &Path, lang: &str, size: (u32, u32), look: &dyn Fn(&Room) -> Result<()>) -> Result<()> {
    let mut room = Room::new("demo-empty")?;
    room.start_station()?;
    room.set(|settings| lang.clone_into(&mut settings.language))?;
    look(&room)?;
    room.start_display(size.0, size.1)?;
    room.start_window()?;
    sleep(Duration::from_secs(3));
    room.capture()?.save(&folder.join("first-run.png"))
}

fn now() -> UtcMicros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UtcMicros(i64::try_from(since.as_micros()).unwrap_or(0))
}
