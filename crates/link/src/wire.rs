//! Messages as they travel, the same on the local socket and on the WebSocket, and their bounds.

use easien_model::{Code, Problem};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::problems;

/// The largest message that a station reads: the longest note is 10,000 characters.
pub const CALL_LIMIT_BYTES: usize = 1 << 20;
/// The largest message that a client reads: a still at full resolution as a `data:` URL.
pub const REPLY_LIMIT_BYTES: usize = 96 << 20;
/// Calls under way at once on one connection; more are answered with a problem.
pub const CALLS_AT_ONCE: usize = 64;
/// Events that may wait for a slow reader before it is told to ask for everything again.
pub const EVENTS_WAITING: usize = 1024;
/// Events for one connection alone (sound) that may wait for it; what comes on top is dropped.
pub const PRIVATE_WAITING: usize = 32;

/// A call, as it comes in.
#[derive(Debug, Deserialize)]
pub(crate) struct CallIn {
    pub id: u64,
    pub call: String,
    #[serde(default)]
    pub args: Value,
}

/// A call, as it goes out.
#[derive(Debug, Serialize)]
pub(crate) struct CallOut<'a> {
    pub id: u64,
    pub call: &'a str,
    pub args: Value,
}

/// What a client reads: an answer or an event.
#[derive(Debug, Deserialize)]
pub(crate) struct Incoming {
    pub id: Option<u64>,
    /// Present, even as `null`, in an answer that went well.
    #[serde(default, deserialize_with = "present")]
    pub ok: Option<Value>,
    pub problem: Option<Problem>,
    pub event: Option<String>,
    #[serde(default)]
    pub data: Value,
}

/// Tells `"ok":null` from no `ok` at all.
fn present<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

/// An answer's bytes.
pub(crate) fn answer(id: u64, result: Result<Value, Problem>) -> Vec<u8> {
    #[derive(Serialize)]
    struct Good {
        id: u64,
        ok: Value,
    }
    #[derive(Serialize)]
    struct Bad {
        id: u64,
        problem: Problem,
    }
    let written = match result {
        Ok(ok) => serde_json::to_vec(&Good { id, ok }),
        Err(problem) => serde_json::to_vec(&Bad { id, problem }),
    };
    // A Value and a Problem have only string keys: writing them cannot fail.
    written.unwrap_or_default()
}

/// The connection is gone, or was never there.
pub(crate) fn unavailable(detail: &str) -> Problem {
    Problem::new(Code::Unavailable, problems::STATION_UNAVAILABLE).detail(detail)
}

/// What a reader of JSON says, without the values that it quotes: they may be anything, a password too.
pub(crate) fn harmless(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.starts_with("missing field") {
        return text;
    }
    let kind = text.split([':', '`', '"']).next().unwrap_or_default().trim();
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("{kind}, expected {expected}"),
        None => kind.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::CameraDraft;
    use serde_json::json;

    #[test]
    fn errors_name_no_values() {
        let error = |args: Value| harmless(&serde_json::from_value::<CameraDraft>(args).err().unwrap());
        let id = easien_model::CameraId::new();
        assert_eq!(error(json!({ "id": id })), "missing field `code`");
        let whole = json!({
            "id": id, "code": "", "name": "", "unit": null, "place": "", "main_url": "", "sub_url": "",
            "username": "", "password": null, "transport": "s3cret: \"x\"",
        });
        assert_eq!(error(whole.clone()), "unknown variant, expected `tcp` or `udp`");
        let mut other = whole.clone();
        other["code"] = json!({ "s3cret": 1 });
        assert!(!error(other).contains("s3cret"));
        let mut other = whole;
        other["id"] = json!("s3cret");
        assert!(!error(other).contains("s3cret"));
        let broken = serde_json::from_str::<CallIn>("{\"id\": \"s3cret\"}").err().unwrap();
        assert!(!harmless(&broken).contains("s3cret"));
    }
}
