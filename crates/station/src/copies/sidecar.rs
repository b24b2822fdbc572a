//! What lies beside the copies of a clip: for people a text in the room's language, for programs the same as JSON. It
//! says what was asked for and what is in the files, what is missing and why, and from which recordings it was taken.

use crate::convert::hex;
use easien_model::{CameraId, CopyId, GapCause, LossReason, SegmentId, StreamKind, UtcMicros};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::fmt::Write;

/// A copy with all its files.
pub(crate) struct Contents<'a> {
    pub copy: CopyId,
    pub station: &'a str,
    pub author: &'a str,
    pub made: UtcMicros,
    pub start: UtcMicros,
    pub end: UtcMicros,
    pub cameras: &'a [CameraContents],
}

/// One camera's part.
pub(crate) struct CameraContents {
    pub camera: CameraId,
    pub code: String,
    pub name: String,
    pub which: StreamKind,
    pub files: Vec<FileContents>,
    /// What is missing within what was asked for, in order.
    pub gaps: Vec<Missing>,
}

/// One file.
pub(crate) struct FileContents {
    pub file: String,
    pub bytes: u64,
    pub sha256: [u8; 32],
    pub start: UtcMicros,
    pub end: UtcMicros,
    pub frames: u64,
    /// Some of its pictures came from files that are damaged.
    pub damaged: bool,
    /// Recordings that it was taken from, in order.
    pub segments: Vec<SegmentId>,
}

/// Nothing is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Missing {
    pub start: UtcMicros,
    pub end: UtcMicros,
    /// `None`: there is nothing that says why (before the first recording, or deleted since).
    pub cause: Option<GapCause>,
}

fn local(at: UtcMicros, zone: &TimeZone) -> String {
    jiff::Timestamp::from_microsecond(at.0).map_or_else(
        |_| at.0.to_string(),
        |time| time.to_zoned_datetime(zone.clone()).strftime("%d/%m/%Y %H:%M:%S%.3f").to_string(),
    )
}

fn utc(at: UtcMicros) -> String {
    jiff::Timestamp::from_microsecond(at.0)
        .map_or_else(|_| at.0.to_string(), |time| time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string())
}

fn stream(which: StreamKind) -> &'static str {
    match which {
        StreamKind::Main => "main",
        StreamKind::Sub => "sub",
    }
}

/// Seconds with one decimal, as the language writes them.
fn seconds(from: UtcMicros, to: UtcMicros, vi: bool) -> String {
    let text = format!("{:.1}", (to - from) as f64 / 1e6);
    if vi { text.replace('.', ",") } else { text }
}

/// Why something is missing, in words.
pub(crate) fn cause_words(cause: Option<GapCause>, vi: bool) -> String {
    let Some(cause) = cause else {
        let (there, here) =
            ("không có bản ghi, không rõ nguyên nhân", "not recorded, the cause is not known");
        return if vi { there } else { here }.to_owned();
    };
    let (there, here) = match cause {
        GapCause::CameraLost { reason } => {
            let (why_vi, why_en) = reason.map_or(("", ""), loss_words);
            return match (vi, reason.is_some()) {
                (true, true) => format!("mất camera: {why_vi}"),
                (true, false) => "mất camera".to_owned(),
                (false, true) => format!("camera lost: {why_en}"),
                (false, false) => "camera lost".to_owned(),
            };
        }
        GapCause::ClockStep { step_us } => {
            let by = format!("{:+.1}", step_us as f64 / 1e6);
            return match vi {
                true => format!("đồng hồ của trạm bị chỉnh {} giây", by.replace('.', ",")),
                false => format!("the station's clock was set by {by} s"),
            };
        }
        GapCause::Overload => ("đĩa quá chậm, dữ liệu bị bỏ", "the disk was too slow, data was dropped"),
        GapCause::DiskFull => ("đĩa đầy", "disk full"),
        GapCause::DiskFailed => ("đĩa hỏng hoặc không có", "disk failed or missing"),
        GapCause::Stopped => ("đã tắt ghi hình", "recording was switched off"),
        GapCause::Scheduled => ("ngoài lịch ghi hình", "outside the recording schedule"),
        GapCause::StationStopped => ("trạm đã dừng", "the station was stopped"),
        GapCause::StationDied => ("trạm dừng đột ngột", "the station ended abruptly"),
        GapCause::TimestampLeap => (
            "dấu thời gian của camera nhảy, có thể không thiếu hình",
            "the camera's time leapt, maybe nothing is missing",
        ),
        GapCause::ParametersChanged => (
            "camera đổi thông số, có thể không thiếu hình",
            "the camera's parameters changed, maybe nothing is missing",
        ),
        GapCause::FileDamaged => ("tệp bản ghi hỏng hoặc mất", "the file of recording is damaged or gone"),
    };
    if vi { there } else { here }.to_owned()
}

fn loss_words(reason: LossReason) -> (&'static str, &'static str) {
    match reason {
        LossReason::Dns => ("không tìm thấy tên máy", "its host name is unknown"),
        LossReason::Unreachable => ("không trả lời", "it does not answer"),
        LossReason::Refused => ("từ chối kết nối", "the connection was refused"),
        LossReason::Timeout => ("trả lời quá chậm", "it answered too late"),
        LossReason::Unauthorized => ("sai tên đăng nhập hoặc mật khẩu", "wrong user name or password"),
        LossReason::Forbidden => ("tài khoản không có quyền", "the account may not watch"),
        LossReason::NotFound => ("không có luồng này", "no such stream"),
        LossReason::TransportRefused => ("không nhận cách truyền", "the transport was refused"),
        LossReason::Busy => ("đang bận", "it was busy"),
        LossReason::Protocol => ("trả lời không đúng chuẩn", "its answer made no sense"),
        LossReason::NoVideo => ("luồng không có hình", "no video in the stream"),
        LossReason::UnsupportedCodec => ("kiểu mã hóa chưa được hỗ trợ", "the codec is not supported"),
        LossReason::Undecodable => ("dữ liệu hình bị hỏng", "the picture data was damaged"),
        LossReason::Stalled => ("ngừng gửi hình", "it stopped sending"),
        LossReason::Closed => ("đã ngắt kết nối", "it closed the connection"),
    }
}

impl Contents<'_> {
    /// For people; lines end as every editor can read them.
    pub(crate) fn text(&self, vi: bool, zone: &TimeZone) -> String {
        let mut out = String::new();
        let time = |at| local(at, zone);
        let mut line = |text: String| {
            let _ = write!(out, "{text}\r\n");
        };
        if vi {
            line("BẢN SAO LÀM VIỆC - không phải hồ sơ chứng cứ".into());
            line(format!("Trạm: {}", self.station));
            line(format!("Người sao: {}", self.author));
            line(format!("Lúc: {}", time(self.made)));
            line(format!("Yêu cầu: từ {} đến {}", time(self.start), time(self.end)));
        } else {
            line("WORKING COPY - not an evidence package".into());
            line(format!("Station: {}", self.station));
            line(format!("Copied by: {}", self.author));
            line(format!("At: {}", time(self.made)));
            line(format!("Asked for: from {} to {}", time(self.start), time(self.end)));
        }
        for camera in self.cameras {
            line(String::new());
            line(format!("{} {} ({})", camera.code, camera.name, stream(camera.which)));
            if camera.files.is_empty() {
                line(if vi { "  Không có bản ghi." } else { "  Nothing is recorded." }.into());
            }
            for file in &camera.files {
                line(format!("  {}", file.file));
                let (start, end) = (time(file.start), time(file.end));
                let length = seconds(file.start, file.end, vi);
                line(match vi {
                    true => {
                        format!("    Có hình: từ {start} đến {end} ({length} giây, {} hình)", file.frames)
                    }
                    false => {
                        format!("    Holds: from {start} to {end} ({length} s, {} pictures)", file.frames)
                    }
                });
                line(format!("    {} byte, SHA-256 {}", file.bytes, hex(&file.sha256)));
                if file.damaged {
                    line(match vi {
                        true => "    Một phần lấy từ tệp bản ghi bị hỏng.".into(),
                        false => "    A part of it comes from files of recording that are damaged.".into(),
                    });
                }
            }
            for gap in &camera.gaps {
                let (start, end) = (time(gap.start), time(gap.end));
                let (length, why) = (seconds(gap.start, gap.end, vi), cause_words(gap.cause, vi));
                line(match vi {
                    true => format!("  Thiếu: từ {start} đến {end} ({length} giây): {why}"),
                    false => format!("  Missing: from {start} to {end} ({length} s): {why}"),
                });
            }
        }
        out
    }

    /// For programs; times in UTC.
    pub(crate) fn json(&self) -> Value {
        let cameras: Vec<Value> = self
            .cameras
            .iter()
            .map(|camera| {
                json!({
                    "camera": camera.camera, "code": camera.code, "name": camera.name,
                    "stream": stream(camera.which),
                    "files": camera.files.iter().map(|file| json!({
                        "file": file.file, "bytes": file.bytes, "sha256": hex(&file.sha256),
                        "start": utc(file.start), "start_us": file.start, "end": utc(file.end), "end_us": file.end,
                        "frames": file.frames, "damaged": file.damaged, "segments": file.segments,
                    })).collect::<Vec<_>>(),
                    "gaps": camera.gaps.iter().map(|gap| json!({
                        "start": utc(gap.start), "start_us": gap.start, "end": utc(gap.end), "end_us": gap.end,
                        "cause": gap.cause,
                    })).collect::<Vec<_>>(),
                })
            })
            .collect();
        json!({
            "v": 1, "kind": "working copy", "copy": self.copy, "station": self.station, "author": self.author,
            "made": utc(self.made), "program": concat!("Easien ", env!("CARGO_PKG_VERSION")),
            "asked": { "start": utc(self.start), "start_us": self.start, "end": utc(self.end), "end_us": self.end },
            "cameras": cameras,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UtcMicros {
        UtcMicros(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
    }

    #[test]
    fn both_say_what_is_there_and_what_is_missing() {
        let cameras = [CameraContents {
            camera: CameraId::new(),
            code: "C017".into(),
            name: "Cổng chợ".into(),
            which: StreamKind::Main,
            files: vec![FileContents {
                file: "C017_2026-11-23_13-38-20_main.mp4".into(),
                bytes: 1234,
                sha256: [0xab; 32],
                start: at("2026-11-23T06:38:19.5Z"),
                end: at("2026-11-23T06:39:00Z"),
                frames: 1012,
                damaged: false,
                segments: vec![SegmentId::new()],
            }],
            gaps: vec![Missing {
                start: at("2026-11-23T06:39:00Z"),
                end: at("2026-11-23T06:39:10.3Z"),
                cause: Some(GapCause::CameraLost { reason: Some(LossReason::Stalled) }),
            }],
        }];
        let contents = Contents {
            copy: CopyId::new(),
            station: "Ea Siên",
            author: "Y Moan",
            made: at("2026-11-23T07:00:00Z"),
            start: at("2026-11-23T06:38:20Z"),
            end: at("2026-11-23T06:39:10.3Z"),
            cameras: &cameras,
        };
        let vietnam = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        let text = contents.text(true, &vietnam);
        for part in [
            "BẢN SAO LÀM VIỆC",
            "từ 23/11/2026 13:38:20.000 đến 23/11/2026 13:39:10.300",
            "(40,5 giây, 1012 hình)",
            "(10,3 giây): mất camera: ngừng gửi hình",
            &"ab".repeat(32),
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        let text = contents.text(false, &TimeZone::UTC);
        assert!(text.contains("(10.3 s): camera lost: it stopped sending"), "{text}");
        let json = contents.json();
        assert_eq!(json["cameras"][0]["files"][0]["frames"], 1012);
        assert_eq!(json["cameras"][0]["gaps"][0]["cause"]["reason"], "stalled");
        assert_eq!(json["asked"]["start"], "2026-11-23T06:38:20.000000Z");
    }
}
