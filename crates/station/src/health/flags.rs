//! What a camera fails: what QCVN 135:2024/BTTTT forbids (default passwords, no password, unencrypted streams), and what
//! makes its pictures worse.

use crate::station::{Station, lock};
use easien_link::data::CameraFlag;
use easien_model::{CameraId, LossReason, SessionPhase, UtcMicros};
use easien_store::CameraRow;
use secrecy::ExposeSecret;
use std::collections::HashMap;

/// What cameras are delivered with, and what everybody tries first. In lower case.
const KNOWN: [&str; 27] = [
    "",
    "admin",
    "root",
    "user",
    "pass",
    "password",
    "12345",
    "123456",
    "1234567",
    "12345678",
    "123456789",
    "1234",
    "4321",
    "1111",
    "111111",
    "000000",
    "666666",
    "888888",
    "9999",
    "admin123",
    "admin1234",
    "admin12345",
    "camera",
    "ubnt",
    "hikvision",
    "hik12345",
    "meinsm",
];
const CLOCK_US: i64 = 2_000_000;
const KEY_INTERVAL_S: f32 = 4.0;
const LOSS: f32 = 0.005;

/// Cameras whose password was looked at, and when they were changed last: a password is not opened again and again.
pub type Passwords = HashMap<CameraId, (UtcMicros, bool)>;

fn everybody_knows(username: &str, password: &str) -> bool {
    let folded = password.to_lowercase();
    KNOWN.contains(&folded.as_str()) || folded == username.to_lowercase()
}

impl Station {
    /// Reads the store the first time: call it on a blocking thread.
    pub(super) fn flags_of(&self, row: &CameraRow) -> Vec<CameraFlag> {
        let mut flags = Vec::new();
        if row.username.is_empty() {
            flags.push(CameraFlag::NoPassword);
        } else if self.has_known_password(row) {
            flags.push(CameraFlag::DefaultPassword);
        }
        if [&row.main_url, &row.sub_url].iter().any(|url| url.to_lowercase().starts_with("rtsp:")) {
            flags.push(CameraFlag::PlainRtsp);
        }
        let sessions = self.sessions_of(row.id);
        let stats = || {
            let live = sessions.iter().filter(|session| session.state.phase == SessionPhase::Live);
            live.map(|session| &session.stats)
        };
        if stats().any(|stats| stats.clock_offset_us.is_some_and(|offset| offset.abs() > CLOCK_US)) {
            flags.push(CameraFlag::ClockOff);
        }
        if stats().any(|stats| stats.key_interval_s.is_some_and(|seconds| seconds > KEY_INTERVAL_S)) {
            flags.push(CameraFlag::KeyFramesRare);
        }
        if stats().any(|stats| stats.loss > LOSS) {
            flags.push(CameraFlag::PacketsLost);
        }
        if sessions.iter().any(|session| session.state.reason == Some(LossReason::Undecodable)) {
            flags.push(CameraFlag::Undecodable);
        }
        flags
    }

    fn has_known_password(&self, row: &CameraRow) -> bool {
        if !row.has_password {
            return true;
        }
        if let Some((changed, known)) = lock(&self.health.0).passwords.get(&row.id)
            && *changed == row.changed
        {
            return *known;
        }
        match self.store.camera_password(row.id) {
            Ok(password) => {
                let known =
                    password.is_none_or(|password| everybody_knows(&row.username, password.expose_secret()));
                lock(&self.health.0).passwords.insert(row.id, (row.changed, known));
                known
            }
            Err(error) => {
                tracing::debug!(%error, "a password was not looked at");
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::everybody_knows;

    #[test]
    fn known_passwords_are_known() {
        assert!(
            everybody_knows("admin", "Admin123")
                && everybody_knows("truc", "TRUC")
                && everybody_knows("x", "")
        );
        assert!(!everybody_knows("admin", "Cầu-Rô-si-1982"));
    }
}
