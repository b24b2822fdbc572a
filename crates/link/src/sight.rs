//! Which cameras a caller may see, kept where everything passes: arguments that name another camera are refused, replies
//! and events are freed of whatever is about one. Commands need not know of it, and a new command is safe by itself, as
//! long as it names cameras by their ids. What names a picture in another way (a still's id) is checked by its command.

use crate::problems;
use easien_model::{CameraId, Code, Problem};
use serde_json::Value;
use std::collections::HashSet;
use std::sync::Arc;

/// The cameras that a caller may not see, as their ids stand on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight(Arc<HashSet<String>>);

impl Sight {
    /// Everything but these.
    #[must_use]
    pub fn without(hidden: impl IntoIterator<Item = CameraId>) -> Self {
        Self(Arc::new(hidden.into_iter().map(|camera| camera.to_string()).collect()))
    }

    /// Nothing is hidden.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this camera may be seen.
    #[must_use]
    pub fn sees(&self, camera: CameraId) -> bool {
        self.0.is_empty() || !self.0.contains(&camera.to_string())
    }

    /// Whether any of these may be seen; what is about no camera may.
    #[must_use]
    pub fn sees_any(&self, cameras: &[CameraId]) -> bool {
        cameras.is_empty() || cameras.iter().any(|camera| self.sees(*camera))
    }

    /// Whether all of these may be seen.
    #[must_use]
    pub fn sees_all(&self, cameras: &[CameraId]) -> bool {
        cameras.iter().all(|camera| self.sees(*camera))
    }

    /// Whether a hidden camera is named in it, at any depth.
    #[must_use]
    pub fn names_hidden(&self, value: &Value) -> bool {
        !self.is_full() && self.names(value)
    }

    /// Refuses arguments that name a hidden camera, as if there were no such camera.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn check(&self, args: &Value) -> Result<(), Problem> {
        if !self.names_hidden(args) {
            return Ok(());
        }
        Err(Problem::new(Code::NotFound, problems::CAMERA_NOT_FOUND))
    }

    fn names(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.0.contains(text),
            Value::Array(items) => items.iter().any(|item| self.names(item)),
            Value::Object(fields) => {
                fields.iter().any(|(name, value)| self.0.contains(name) || self.names(value))
            }
            _ => false,
        }
    }

    /// Frees a reply of what is about hidden cameras: they fall out of lists, and so does whatever is about nothing
    /// else. False: the whole is about a hidden camera.
    #[must_use]
    pub fn clear(&self, value: &mut Value) -> bool {
        if self.is_full() {
            return true;
        }
        match value {
            Value::String(text) => !self.0.contains(text.as_str()),
            Value::Array(items) => {
                let before = items.len();
                items.retain_mut(|item| self.clear(item));
                // A list of which nothing is left, and a pair that lost a part, are about hidden cameras alone.
                before == 0 || !items.is_empty()
            }
            Value::Object(fields) => {
                fields.retain(|name, _| !self.0.contains(name));
                fields.values_mut().all(|value| match value {
                    // An empty list of things (stills, notes) is no reason to hide what it belongs to; one of ids is.
                    Value::Array(items) if items.iter().any(|item| !item.is_string()) => {
                        let _ = self.clear(value);
                        true
                    }
                    value => self.clear(value),
                })
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use uuid::Uuid;

    fn camera(number: u128) -> CameraId {
        CameraId(Uuid::from_u128(number))
    }

    fn sight() -> Sight {
        Sight::without([camera(2), camera(3)])
    }

    #[test]
    fn arguments_that_name_a_hidden_camera_are_refused_wherever_it_stands() {
        let sight = sight();
        for args in [
            json!(camera(2)),
            json!({ "camera": camera(3) }),
            json!({ "cameras": [camera(1), camera(2)] }),
            json!({ "of": { "deep": [{ "stream": { "camera": camera(2) } }] } }),
            json!({ camera(2).to_string(): 1 }),
        ] {
            assert_eq!(sight.check(&args).map_err(|problem| problem.code), Err(Code::NotFound), "{args}");
            assert!(Sight::default().check(&args).is_ok());
        }
        assert!(sight.check(&json!({ "camera": camera(1), "text": "2" })).is_ok());
    }

    #[test]
    fn replies_lose_what_is_about_hidden_cameras_and_keep_the_rest() {
        let sight = sight();
        let cleared = |mut value: Value| sight.clear(&mut value).then_some(value);
        assert_eq!(
            cleared(json!([{ "id": camera(1) }, { "id": camera(2) }])),
            Some(json!([{ "id": camera(1) }]))
        );
        assert_eq!(cleared(json!({ "event": "camera.changed", "data": { "id": camera(2) } })), None);
        assert_eq!(cleared(json!({ "kind": "note", "item": { "camera": camera(3), "text": "x" } })), None);
        assert_eq!(
            cleared(json!({ "cameras": [camera(1), camera(2)], "title": "x" })),
            Some(json!({ "cameras": [camera(1)], "title": "x" }))
        );
        assert_eq!(cleared(json!({ "cameras": [camera(2)], "title": "x" })), None);
        assert_eq!(
            cleared(json!({ "title": "x", "stills": [{ "camera": camera(2) }] })),
            Some(json!({ "title": "x", "stills": [] }))
        );
        assert_eq!(
            cleared(json!({ "cameras": [], "note": null })),
            Some(json!({ "cameras": [], "note": null }))
        );
        assert_eq!(cleared(json!({ camera(2).to_string(): 1, "a": 2 })), Some(json!({ "a": 2 })));
    }
}
