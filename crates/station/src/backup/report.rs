//! What a backup holds and what its rehearsal found: as it is stored, as it goes over the wire, and in plain words beside
//! the file.

use super::Made;
use easien_link::data::{BackupReport, RoomSettings};
use easien_model::{Problem, UtcMicros};
use easien_store::BackupRow;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Of a backup that was made.
pub(crate) fn of_made(made: &Made) -> BackupReport {
    let (stills, stills_bytes) = made.manifest.below("stills/");
    let (attachments, attachments_bytes) = made.manifest.below("attachments/");
    BackupReport {
        files: made.manifest.files.len() as u64,
        file_bytes: made.manifest.bytes(),
        tables: made.rehearsal.tables,
        rows: made.manifest.row_count(),
        stills,
        stills_bytes,
        attachments,
        attachments_bytes,
        rehearsed_files: made.rehearsal.files,
        rehearsed_rows: made.rehearsal.rows,
        audit_rows: made.rehearsal.audit_rows,
        keys_opened: made.rehearsal.keys_opened,
        missing: made.rehearsal.missing.clone(),
        missing_count: made.rehearsal.missing_count,
        sha256: made.sha256.clone(),
        seconds: made.rehearsal.seconds,
    }
}

/// As the store keeps it.
pub(crate) fn stored(report: Option<&BackupReport>, problem: Option<&Problem>) -> Value {
    json!({ "report": report, "problem": problem })
}

/// What [`stored`] made.
pub(super) fn read(stored: Value) -> (Option<BackupReport>, Option<Problem>) {
    let part = |name: &str| stored.get(name).cloned().unwrap_or_default();
    (serde_json::from_value(part("report")).ok(), serde_json::from_value(part("problem")).ok())
}

fn local(at: UtcMicros, zone: &TimeZone) -> String {
    jiff::Timestamp::from_microsecond(at.0).map_or_else(
        |_| at.0.to_string(),
        |time| time.to_zoned_datetime(zone.clone()).strftime("%d/%m/%Y %H:%M:%S (%:z)").to_string(),
    )
}

/// With spaces between thousands: neither point nor comma, which mean something else in the other language.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// The report beside the file.
pub(crate) fn file_text(
    settings: &RoomSettings,
    row: &BackupRow,
    report: &BackupReport,
    command: &str,
    zone: &TimeZone,
) -> String {
    let vietnamese = settings.language != "en";
    let say = |vi: &str, en: &str| if vietnamese { vi.to_owned() } else { en.to_owned() };
    let backup = &row.backup;
    let name = Path::new(&backup.file).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let keys = match (backup.keys, report.keys_opened) {
        (true, true) => say(
            "có, niêm phong bằng cụm mật khẩu; đã mở thử được",
            "yes, sealed with a passphrase; opened in the rehearsal",
        ),
        (true, false) => say("có, niêm phong bằng cụm mật khẩu", "yes, sealed with a passphrase"),
        (false, _) => say("không", "no"),
    };
    let bytes = |count: u64| format!("{} B", grouped(count));
    let mut lines = vec![
        say("BÁO CÁO SAO LƯU", "REPORT OF A BACKUP"),
        String::new(),
        format!("{}: {}", say("Trung tâm", "Station"), settings.name),
        format!("{}: {name}", say("Tệp", "File")),
        format!("{}: {}", say("Kích thước", "Size"), bytes(backup.bytes.unwrap_or_default())),
        format!(
            "SHA-256 ({}): {}",
            say("không tính 64 byte cuối, là chính số này", "without its last 64 bytes, which say the same"),
            report.sha256
        ),
        format!("{}: {}", say("Bắt đầu", "Begun"), local(backup.begun, zone)),
        format!("{}: {}", say("Xong", "Done"), local(row.ended, zone)),
        format!(
            "{}: {}",
            say("Người yêu cầu", "Asked for by"),
            match backup.due {
                Some(due) => format!("{} {}", say("lịch, hẹn lúc", "the plan, for"), local(due, zone)),
                None => row.author.clone(),
            }
        ),
        String::new(),
        say("TRONG BẢN SAO LƯU", "IN THE BACKUP"),
        format!(
            "  {}: {} ({} {})",
            say("Cơ sở dữ liệu, số dòng", "Database, rows"),
            grouped(report.rows),
            report.tables,
            say("bảng", "tables")
        ),
        format!(
            "  {}: {} ({})",
            say("Ảnh chụp", "Stills"),
            grouped(report.stills),
            bytes(report.stills_bytes)
        ),
        format!(
            "  {}: {} ({})",
            say("Tệp đính kèm", "Attachments"),
            grouped(report.attachments),
            bytes(report.attachments_bytes)
        ),
        format!("  {}: {keys}", say("Khóa của máy chủ", "The station's keys")),
        format!("  {}", say("Không có hình ghi (video).", "No footage (video).")),
        String::new(),
        say("DIỄN TẬP KHÔI PHỤC", "REHEARSAL OF RESTORING"),
        format!(
            "  {}",
            say(
                "Chương trình đã khôi phục tệp này vào một thư mục tạm và so sánh:",
                "The program restored this file into a scratch folder and compared:"
            )
        ),
        format!(
            "  {}: {} / {}",
            say("tệp có đúng mã băm", "files with the same hash"),
            grouped(report.rehearsed_files),
            grouped(report.files)
        ),
        format!(
            "  {}: {} / {}",
            say("dòng, đủ theo từng bảng", "rows, table by table"),
            grouped(report.rehearsed_rows),
            grouped(report.rows)
        ),
        format!(
            "  {}: {}",
            say("dòng nhật ký truy cập còn nguyên", "rows of the audit as they were written"),
            grouped(report.audit_rows)
        ),
        format!("  {}: {:.1} s", say("thời gian", "time"), report.seconds),
    ];
    if report.missing_count > 0 {
        lines.push(String::new());
        lines.push(format!(
            "{}: {}",
            say(
                "TỆP ĐÃ THIẾU HOẶC BỊ ĐỔI TRONG THƯ MỤC DỮ LIỆU TRƯỚC KHI SAO LƯU",
                "FILES THAT WERE MISSING OR CHANGED IN THE DATA FOLDER BEFORE THE BACKUP"
            ),
            grouped(report.missing_count)
        ));
        lines.extend(report.missing.iter().map(|name| format!("  {name}")));
    }
    lines.extend([
        String::new(),
        say("KHÔI PHỤC", "RESTORING"),
        format!(
            "  {}",
            say(
                "Dừng máy chủ; cất thư mục dữ liệu cũ đi nơi khác; rồi chạy:",
                "Stop the station; put the old data folder elsewhere; then run:"
            )
        ),
        format!("  {command}"),
    ]);
    if backup.keys {
        lines.push(format!(
            "  {}",
            say(
                "PASSPHRASE.txt là tệp văn bản chứa cụm mật khẩu.",
                "PASSPHRASE.txt is a text file with the passphrase."
            )
        ));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Writes it for its owner alone. Programs that know nothing of UTF-8 guess it by its mark.
pub(super) fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(b"\xef\xbb\xbf")?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use easien_model::BackupId;
    use easien_store::{BackupDraft, BackupOutcome};

    #[test]
    fn the_report_is_plain_in_both_languages() {
        let report = BackupReport {
            files: 12,
            rows: 1_234_567,
            rehearsed_files: 12,
            rehearsed_rows: 1_234_567,
            tables: 48,
            keys_opened: true,
            missing: vec!["attachments/ab/abcd".into()],
            missing_count: 1,
            sha256: "ab".repeat(32),
            ..BackupReport::default()
        };
        let row = BackupRow {
            backup: BackupDraft {
                id: BackupId::new(),
                begun: UtcMicros(0),
                due: None,
                file: "/mnt/ES.easien-backup".into(),
                keys: true,
                outcome: BackupOutcome::Done,
                bytes: Some(98_765),
                report: stored(Some(&report), None),
            },
            author: "Y Moan".into(),
            ended: UtcMicros(1_000_000),
            removed: None,
        };
        assert_eq!(read(row.backup.report.clone()), (Some(report.clone()), None));
        let mut settings = crate::room::default_settings();
        let text = file_text(&settings, &row, &report, "easien-station ...", &TimeZone::UTC);
        for part in [
            "DIỄN TẬP KHÔI PHỤC",
            "12 / 12",
            "1 234 567 / 1 234 567",
            "đã mở thử được",
            "Y Moan",
            "98 765 B",
            "attachments/ab/abcd",
            "01/01/1970 00:00:01 (+00:00)",
            "easien-station ...",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        settings.language = "en".into();
        let text = file_text(&settings, &row, &report, "x", &TimeZone::UTC);
        assert!(
            text.contains("rows, table by table: 1 234 567 / 1 234 567") && !text.contains("dòng"),
            "{text}"
        );
        assert_eq!((grouped(0), grouped(999), grouped(1000)), ("0".into(), "999".into(), "1 000".into()));
    }
}
