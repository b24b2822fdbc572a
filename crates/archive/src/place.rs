//! Where a segment lies on its volume: folders and names from camera, stream and time.

use crate::options::Uptime;
use easien_model::{StreamId, StreamKind, UtcMicros};
use std::path::PathBuf;

/// Longest part of a camera's code in a folder's name.
const MOST_CODE: usize = 40;

/// Year, month, day of a day counted from 1970-01-01 (proleptic Gregorian; Howard Hinnant's days algorithm).
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// `YYYY-MM-DD` in UTC.
#[must_use]
pub fn date(at: UtcMicros) -> String {
    let (year, month, day) = civil(at.0.div_euclid(86_400_000_000));
    format!("{year:04}-{month:02}-{day:02}")
}

/// `HHMMSS` in UTC.
#[must_use]
pub fn time(at: UtcMicros) -> String {
    let second = at.0.rem_euclid(86_400_000_000) / 1_000_000;
    format!("{:02}{:02}{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// The folder of a stream's day, relative to the volume's root.
#[must_use]
pub fn folder(stream: StreamId, code: &str, at: UtcMicros) -> PathBuf {
    let code: String = code
        .chars()
        .take(MOST_CODE)
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' })
        .collect();
    let id = stream.camera.to_string();
    let last: String = id.rsplit('-').next().unwrap_or("").chars().take(8).collect();
    let which = match stream.which {
        StreamKind::Main => "main",
        StreamKind::Sub => "sub",
    };
    [format!("{code}_{last}").as_str(), which, &date(at)].iter().collect()
}

/// A number for a stream that spreads evenly, for staggering.
#[must_use]
pub fn spread(stream: StreamId) -> u64 {
    // FNV-1a: the same on every run.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in stream.camera.0.as_bytes().iter().chain(&[u8::from(stream.which == StreamKind::Sub)]) {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^ hash >> 32
}

/// Written per second over the last minute or two.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rate {
    since_us: Option<i64>,
    bytes: u64,
    bps: u64,
}

impl Rate {
    const SPAN_US: i64 = 10_000_000;

    pub(crate) fn add(&mut self, bytes: u64, uptime: &Uptime) {
        let now = uptime.now_us();
        let since = *self.since_us.get_or_insert(now);
        self.bytes += bytes;
        let span = now - since;
        if span >= Self::SPAN_US {
            let bps = self.bytes.saturating_mul(8_000_000) / u64::try_from(span).unwrap_or(1).max(1);
            self.bps = if self.bps == 0 { bps } else { (self.bps * 6 + bps) / 7 };
            self.since_us = Some(now);
            self.bytes = 0;
        }
    }

    pub(crate) fn bps(&self) -> u64 {
        self.bps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use easien_model::CameraId;

    #[test]
    fn dates_and_times() {
        assert_eq!(date(UtcMicros(0)), "1970-01-01");
        assert_eq!(date(UtcMicros(1_763_870_400_000_000)), "2025-11-23");
        assert_eq!(time(UtcMicros(1_763_870_400_000_000 + 3_723_999_999)), "050203");
        assert_eq!(date(UtcMicros(951_782_400_000_000)), "2000-02-29");
        assert_eq!(date(UtcMicros(-1)), "1969-12-31");
    }

    #[test]
    fn codes_cannot_leave_the_volume() {
        let stream = StreamId { camera: CameraId::new(), which: StreamKind::Sub };
        let folder = folder(stream, "../Cổng/1", UtcMicros(0));
        assert!(folder.to_string_lossy().starts_with("___C_ng_1_"), "{}", folder.display());
        assert_eq!(folder.components().count(), 3);
    }
}
