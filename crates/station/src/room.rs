//! The room: settings, units, categories.

use crate::convert;
use crate::simulate;
use crate::station::{Station, lock};
use easien_link::data::{AlarmSound, AlarmTone, Category, Room, RoomSettings, StillFormat, Unit};
use easien_link::{Caller, Event, Role, problems};
use easien_model::{Code, Problem};
use easien_store::UnitRow;
use serde_json::{Map, Value};

/// Longest prefix of incidents' numbers.
const PREFIX_MOST: usize = 6;

/// What a new room starts with.
#[must_use]
pub fn default_settings() -> RoomSettings {
    RoomSettings {
        name: "Easien".to_owned(),
        operator: "Trực ban 01".to_owned(),
        language: "vi".to_owned(),
        bookmark_pre_s: 30,
        bookmark_post_s: 60,
        still_format: StillFormat::Png,
        keep_days: 30,
        copy_folder: String::new(),
        alarm_after_s: 10,
        alarm_sound: AlarmSound {
            critical: AlarmTone::Siren,
            high: AlarmTone::Chime,
            medium: AlarmTone::Soft,
            low: AlarmTone::None,
            volume: 50,
            repeat_s: 20,
            muted_until: None,
        },
        lock_after_s: 600,
        station_prefix: String::new(),
        hold_after_close_days: 90,
        checkpoint_folders: Vec::new(),
        attachment_most_mb: 100,
    }
}

/// What incidents' numbers begin with: as set, else the first letters of the words of the station's name.
pub(crate) fn prefix(settings: &RoomSettings) -> String {
    if !settings.station_prefix.is_empty() {
        return settings.station_prefix.clone();
    }
    let name = easien_store::fold(&settings.name);
    let first = |word: &str| word.chars().find(char::is_ascii_alphanumeric);
    let letters: String = name.split(' ').filter_map(first).take(PREFIX_MOST).collect();
    // A name without any such letter: vụ việc.
    if letters.is_empty() { "VV".to_owned() } else { letters.to_ascii_uppercase() }
}

/// The stored settings over the default ones. What does not make sense is as if it were absent.
#[must_use]
pub fn settings_from(stored: &Map<String, Value>) -> RoomSettings {
    let Ok(Value::Object(mut all)) = serde_json::to_value(default_settings()) else {
        return default_settings();
    };
    for (name, place) in &mut all {
        if let Some(value) = stored.get(name) {
            *place = value.clone();
        }
    }
    match serde_json::from_value(Value::Object(all)) {
        Ok(settings) => settings,
        Err(error) => {
            tracing::error!(%error, "stored settings do not make sense, the default ones are used");
            default_settings()
        }
    }
}

fn check(settings: &RoomSettings) -> Result<(), Problem> {
    let invalid = |key: &str, field: &str| Err(Problem::new(Code::Invalid, key).field(field));
    let named =
        |text: &str| (1..=120).contains(&text.trim().chars().count()) && !text.chars().any(char::is_control);
    if !named(&settings.name) {
        return invalid(problems::ROOM_NAME, "name");
    }
    if !named(&settings.operator) {
        return invalid(problems::ROOM_OPERATOR, "operator");
    }
    if !["vi", "en"].contains(&settings.language.as_str()) {
        return invalid(problems::ROOM_LANGUAGE, "language");
    }
    for (seconds, field) in
        [(settings.bookmark_pre_s, "bookmark_pre_s"), (settings.bookmark_post_s, "bookmark_post_s")]
    {
        if seconds > 3600 {
            return invalid(problems::BOOKMARK_SECONDS, field);
        }
    }
    if !(1..=3650).contains(&settings.keep_days) {
        return invalid(problems::KEEP_DAYS, "keep_days");
    }
    if !(3..=600).contains(&settings.alarm_after_s) {
        return invalid(problems::ALARM_SECONDS, "alarm_after_s");
    }
    let prefix = settings.station_prefix.as_bytes();
    if prefix.len() > PREFIX_MOST || !prefix.iter().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()) {
        return invalid(problems::STATION_PREFIX, "station_prefix");
    }
    if settings.hold_after_close_days > 3650 {
        return invalid(problems::HOLD_AFTER_CLOSE, "hold_after_close_days");
    }
    crate::checkpoints::check(&settings.checkpoint_folders)?;
    if !(1..=4096).contains(&settings.attachment_most_mb) {
        return invalid(problems::ATTACHMENT_MOST, "attachment_most_mb");
    }
    let sound = &settings.alarm_sound;
    if sound.volume > 100 || !(sound.repeat_s == 0 || (5..=600).contains(&sound.repeat_s)) {
        return invalid(problems::ALARM_SOUND, "alarm_sound");
    }
    if !(settings.lock_after_s == 0 || (60..=86_400).contains(&settings.lock_after_s)) {
        return invalid(problems::LOCK_SECONDS, "lock_after_s");
    }
    if !settings.copy_folder.is_empty() && !std::path::Path::new(&settings.copy_folder).is_absolute() {
        return Err(Problem::new(Code::Invalid, problems::COPY_FOLDER)
            .field("copy_folder")
            .with("folder", &settings.copy_folder));
    }
    Ok(())
}

impl Station {
    pub(crate) async fn get_room(&self) -> Result<Room, Problem> {
        let station = self.clone();
        // Looks for programs on the disk.
        self.blocking(move || station.room()).await
    }

    fn room(&self) -> Room {
        let settings = lock(&self.settings).clone();
        Room {
            name: settings.name.clone(),
            operator: settings.operator.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            data_folder: self.folder.root().display().to_string(),
            prefix: prefix(&settings),
            settings,
            recording: self.can_record(),
            master_key: self.store.key_origin().as_str().to_owned(),
            sandbox: "process".to_owned(),
            can_simulate: simulate::program("camsim").is_some() && simulate::program("ffmpeg").is_some(),
        }
    }

    pub(crate) async fn set_room(
        &self,
        caller: &Caller,
        mut settings: RoomSettings,
    ) -> Result<Room, Problem> {
        for folder in &mut settings.checkpoint_folders {
            *folder = folder.trim().to_owned();
        }
        settings.checkpoint_folders.retain(|folder| !folder.is_empty());
        check(&settings)?;
        // Where the audit is brought to is not for those whom it watches.
        if settings.checkpoint_folders != lock(&self.settings).checkpoint_folders
            && !caller.roles.contains(&Role::Administrator)
        {
            return Err(Problem::new(Code::Forbidden, problems::FORBIDDEN).field("checkpoint_folders"));
        }
        settings.name = settings.name.trim().to_owned();
        settings.operator = settings.operator.trim().to_owned();
        let value = serde_json::to_value(&settings)
            .map_err(|error| Problem::new(Code::Internal, problems::INTERNAL).detail(error))?;
        let Value::Object(changes) = value else {
            return Err(Problem::new(Code::Internal, problems::INTERNAL));
        };
        let who = caller.name.clone();
        let _order = self.changes.lock().await;
        self.store(move |store| store.put_settings(&who, &changes)).await?;
        *lock(&self.settings) = settings;
        self.checkpoints.look();
        let room = self.get_room().await?;
        self.tell(Event::RoomChanged(room.clone()));
        Ok(room)
    }

    pub(crate) async fn list_units(&self) -> Result<Vec<Unit>, Problem> {
        let rows = self.store(|store| store.units()).await?;
        Ok(rows.into_iter().filter(|row| row.valid_to.is_none()).map(convert::unit).collect())
    }

    pub(crate) async fn put_unit(&self, caller: &Caller, unit: Unit) -> Result<Unit, Problem> {
        let who = caller.name.clone();
        let _order = self.changes.lock().await;
        let row = self
            .store(move |store| {
                let units = store.units()?;
                let row = match units.iter().find(|known| known.id == unit.id) {
                    Some(known) => UnitRow { name: unit.name.trim().to_owned(), ..known.clone() },
                    None => UnitRow {
                        id: unit.id,
                        name: unit.name.trim().to_owned(),
                        position: units.iter().map(|unit| unit.position).max().unwrap_or(0) + 1,
                        valid_from: None,
                        valid_to: None,
                    },
                };
                store.put_unit(&who, row)
            })
            .await?;
        let unit = convert::unit(row);
        self.tell(Event::UnitChanged(unit.clone()));
        Ok(unit)
    }

    pub(crate) async fn list_categories(&self) -> Result<Vec<Category>, Problem> {
        let rows = self.store(|store| store.categories()).await?;
        Ok(rows.into_iter().filter(|row| row.retired.is_none()).map(convert::category).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn stored_settings_lie_over_the_default_ones() {
        let Value::Object(stored) =
            json!({ "name": "Ea Siên", "bookmark_pre_s": 10, "simulated": { "port": 1 } })
        else {
            unreachable!()
        };
        let settings = settings_from(&stored);
        assert_eq!((settings.name.as_str(), settings.bookmark_pre_s), ("Ea Siên", 10));
        assert_eq!(settings.bookmark_post_s, 60);
        let Value::Object(broken) = json!({ "language": 7 }) else { unreachable!() };
        assert_eq!(settings_from(&broken), default_settings());
    }

    #[test]
    fn a_prefix_is_made_of_the_name() {
        let of = |name: &str, set: &str| {
            prefix(&RoomSettings { name: name.into(), station_prefix: set.into(), ..default_settings() })
        };
        assert_eq!(of("Ea Siên", ""), "ES");
        assert_eq!(of("Phường Đạt Hiếu (2)", ""), "PDH2");
        assert_eq!(of("một hai ba bốn năm sáu bảy", ""), "MHBBNS");
        assert_eq!(of("警", ""), "VV");
        assert_eq!(of("Ea Siên", "BH7"), "BH7");
    }

    #[test]
    fn settings_are_bounded() {
        let field = |change: fn(&mut RoomSettings)| {
            let mut settings = default_settings();
            change(&mut settings);
            check(&settings).err().and_then(|problem| problem.field)
        };
        assert_eq!(field(|_| {}), None);
        assert_eq!(field(|s| s.name = " ".into()).as_deref(), Some("name"));
        assert_eq!(field(|s| s.operator = "x".repeat(121)).as_deref(), Some("operator"));
        assert_eq!(field(|s| s.language = "fr".into()).as_deref(), Some("language"));
        assert_eq!(field(|s| s.bookmark_post_s = 3601).as_deref(), Some("bookmark_post_s"));
        assert_eq!(field(|s| s.alarm_after_s = 2).as_deref(), Some("alarm_after_s"));
        assert_eq!(field(|s| s.station_prefix = "es".into()).as_deref(), Some("station_prefix"));
        assert_eq!(field(|s| s.station_prefix = "ES12345".into()).as_deref(), Some("station_prefix"));
        assert_eq!(field(|s| s.station_prefix = "ES1".into()).as_deref(), None);
        assert_eq!(field(|s| s.hold_after_close_days = 3651).as_deref(), Some("hold_after_close_days"));
        assert_eq!(field(|s| s.attachment_most_mb = 0).as_deref(), Some("attachment_most_mb"));
        assert_eq!(field(|s| s.attachment_most_mb = 4097).as_deref(), Some("attachment_most_mb"));
        assert_eq!(field(|s| s.alarm_sound.repeat_s = 4).as_deref(), Some("alarm_sound"));
        assert_eq!(field(|s| s.alarm_sound.repeat_s = 0).as_deref(), None);
    }
}
