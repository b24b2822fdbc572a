//! A list of cameras, as camsim prints it and `--add-cameras` reads it: one JSON line with a `cameras` array, or a JSON
//! array.

use crate::convert;
use crate::station::{Station, lock};
use easien_link::data::{Camera, CameraDraft, RecordProfile};
use easien_link::{Caller, Event, problems};
use easien_model::{CameraId, Code, Problem, UnitId};
use easien_store::{UnitRow, fold};
use serde::Deserialize;
use std::fmt;

/// A camera of a list.
#[derive(Clone, Deserialize)]
pub struct Listed {
    /// E.g. C017.
    pub code: String,
    /// What it looks at.
    pub name: String,
    /// Name of its unit; empty: none.
    #[serde(default)]
    pub unit: String,
    /// Free text.
    #[serde(default)]
    pub place: String,
    /// Main stream.
    pub main_url: String,
    /// Sub stream; empty: none.
    #[serde(default)]
    pub sub_url: String,
    /// User name; empty: none.
    #[serde(default)]
    pub username: String,
    /// Password; empty: none.
    #[serde(default)]
    pub password: String,
    /// What is recorded of it; absent: as it is, at first both streams around the clock.
    #[serde(default)]
    pub record: Option<RecordProfile>,
}

impl fmt::Debug for Listed {
    /// Without addresses and credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listed").field("code", &self.code).finish_non_exhaustive()
    }
}

/// What camsim prints when it is ready.
#[derive(Clone, Debug, Deserialize)]
pub struct Ready {
    /// The RTSP port.
    #[serde(default)]
    pub port: u16,
    /// Its cameras.
    pub cameras: Vec<Listed>,
}

/// Reads a list: the first line that is one, or the whole text.
///
/// # Errors
/// When there is none. Says where, not what: passwords stand in it.
pub fn parse(text: &str) -> Result<Ready, String> {
    let whole = [text];
    for part in text.lines().chain(whole) {
        if let Ok(ready) = serde_json::from_str::<Ready>(part) {
            return Ok(ready);
        }
        if let Ok(cameras) = serde_json::from_str::<Vec<Listed>>(part) {
            return Ok(Ready { port: 0, cameras });
        }
    }
    let error = serde_json::from_str::<Ready>(text).err();
    let (line, column) = error.map_or((0, 0), |error| (error.line(), error.column()));
    Err(format!("no list of cameras (JSON line {line}, column {column})"))
}

impl Station {
    /// Adds the cameras of a list. One whose code is in the room already keeps its name, unit and place, and gets the
    /// list's addresses and credentials; the same list again changes nothing.
    pub(crate) async fn add_listed(
        &self,
        caller: &Caller,
        list: Vec<Listed>,
    ) -> Result<Vec<Camera>, Problem> {
        let mut cameras = Vec::with_capacity(list.len());
        for listed in list {
            let known = lock(&self.cameras)
                .values()
                .find(|row| row.code.to_lowercase() == listed.code.trim().to_lowercase())
                .cloned();
            let new = known.is_none();
            let draft = match known {
                Some(row) => CameraDraft {
                    id: row.id,
                    code: row.code,
                    name: row.name,
                    unit: row.unit,
                    place: row.place,
                    main_url: listed.main_url,
                    sub_url: listed.sub_url,
                    username: listed.username,
                    password: Some(listed.password),
                    transport: row.transport,
                    record: listed.record,
                },
                None => CameraDraft {
                    id: CameraId::new(),
                    code: listed.code,
                    name: listed.name,
                    unit: self.unit_named(caller, &listed.unit).await?,
                    place: listed.place,
                    main_url: listed.main_url,
                    sub_url: listed.sub_url,
                    username: listed.username,
                    password: Some(listed.password),
                    transport: None,
                    record: listed.record,
                },
            };
            let camera = match new {
                true => self.add_camera(caller, draft).await?,
                false => self.update_camera(caller, draft).await?,
            };
            cameras.push(camera);
        }
        Ok(cameras)
    }

    /// The unit of a name, added if there is none.
    async fn unit_named(&self, caller: &Caller, name: &str) -> Result<Option<UnitId>, Problem> {
        let name = name.trim().to_owned();
        if name.is_empty() {
            return Ok(None);
        }
        let who = caller.name.clone();
        let _order = self.changes.lock().await;
        let (row, new) = self
            .store(move |store| {
                let units = store.units()?;
                let folded = fold(&name);
                if let Some(known) =
                    units.iter().find(|unit| fold(&unit.name) == folded && unit.valid_to.is_none())
                {
                    return Ok((known.clone(), false));
                }
                let position = units.iter().map(|unit| unit.position).max().unwrap_or(0) + 1;
                let unit = UnitRow { id: UnitId::new(), name, position, valid_from: None, valid_to: None };
                Ok((store.put_unit(&who, unit)?, true))
            })
            .await?;
        let id = row.id;
        if new {
            self.tell(Event::UnitChanged(convert::unit(row)));
        }
        Ok(Some(id))
    }

    /// As for `--add-cameras`.
    pub(crate) async fn add_from_text(&self, caller: &Caller, text: &str) -> Result<usize, Problem> {
        let ready =
            parse(text).map_err(|why| Problem::new(Code::Invalid, problems::ARGUMENTS).detail(why))?;
        Ok(self.add_listed(caller, ready.cameras).await?.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_found_in_what_camsim_prints() {
        let line = r#"{"ready":true,"port":8554,"cameras":[{"code":"C001","name":"x","unit":"u","place":"p",
            "main_url":"rtsp://h/1","sub_url":"","username":"admin","password":"s3cret"}]}"#
            .replace('\n', " ");
        let ready = parse(&format!("drawing 1 of 16\n{line}\n")).unwrap();
        assert_eq!((ready.port, ready.cameras.len()), (8554, 1));
        assert!(!format!("{:?}", ready.cameras).contains("s3cret"));
        assert_eq!(parse(r#"[{"code":"a","name":"b","main_url":"c"}]"#).unwrap().cameras[0].password, "");
        let error = parse(r#"{"cameras":[{"code":"C1","password":"s3cret"}]}"#).unwrap_err();
        assert!(!error.contains("s3cret"), "{error}");
    }
}
