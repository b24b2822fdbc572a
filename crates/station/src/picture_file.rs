//! A still's file: pixels to PNG or JPEG with who, what and when inside, its name, and its way onto the disk.

use easien_model::UtcMicros;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{ExtendedColorType, ImageEncoder, RgbImage};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// What stands in the file beside the picture.
#[derive(Clone, Debug)]
pub struct Legend {
    /// The camera's code.
    pub code: String,
    /// The camera's name.
    pub name: String,
    /// When the picture arrived.
    pub at: UtcMicros,
    /// The camera's clock minus the station's, in microseconds, if known.
    pub clock_offset_us: Option<i64>,
    /// The station's name.
    pub station: String,
    /// Who took it.
    pub author: String,
}

impl Legend {
    /// Keyword and text, in order. Keywords are Latin-1, 1 to 79 characters.
    fn lines(&self) -> Vec<(&'static str, String)> {
        let offset = match self.clock_offset_us {
            Some(offset) => format!("{:+.3} ms (camera minus station)", thousandths(offset)),
            None => "unknown".to_owned(),
        };
        vec![
            ("Camera", self.code.clone()),
            ("Camera name", self.name.clone()),
            ("Creation Time", utc(self.at, "%Y-%m-%dT%H:%M:%S%.6fZ")),
            ("Local time", local(self.at)),
            ("Clock offset", offset),
            ("Station", self.station.clone()),
            ("Author", self.author.clone()),
            ("Software", concat!("Easien ", env!("CARGO_PKG_VERSION")).to_owned()),
        ]
    }

    /// The day's folder and the file's name without its ending: `2026-11-23`, `C008_20261123-143207.320Z_+12ms`.
    #[must_use]
    pub fn place(&self) -> (String, String) {
        let code: String = self
            .code
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' })
            .collect();
        let offset = match self.clock_offset_us {
            Some(offset) => format!("_{:+.0}ms", thousandths(offset)),
            None => String::new(),
        };
        (utc(self.at, "%Y-%m-%d"), format!("{code}_{}{offset}", utc(self.at, "%Y%m%d-%H%M%S%.3fZ")))
    }
}

#[allow(clippy::cast_precision_loss)] // for people; offsets of years are none
fn thousandths(micros: i64) -> f64 {
    micros as f64 / 1000.0
}

fn utc(at: UtcMicros, form: &str) -> String {
    jiff::Timestamp::from_microsecond(at.0).map(|time| time.strftime(form).to_string()).unwrap_or_default()
}

fn local(at: UtcMicros) -> String {
    jiff::Timestamp::from_microsecond(at.0)
        .map(|time| {
            time.to_zoned_datetime(jiff::tz::TimeZone::system())
                .strftime("%Y-%m-%dT%H:%M:%S%.3f%:z (%Q)")
                .to_string()
        })
        .unwrap_or_default()
}

/// As PNG, the legend in iTXt chunks.
///
/// # Errors
/// When the pixels do not fit the size.
pub fn png(picture: &RgbImage, legend: &Legend) -> io::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(picture.as_raw().len() / 2);
    let mut encoder = png::Encoder::new(&mut out, picture.width(), picture.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    // A person waits; a few percent of size do not matter.
    encoder.set_compression(png::Compression::Fast);
    for (keyword, text) in legend.lines() {
        encoder.add_itxt_chunk(keyword.to_owned(), text).map_err(io::Error::other)?;
    }
    let mut writer = encoder.write_header().map_err(io::Error::other)?;
    writer.write_image_data(picture.as_raw()).map_err(io::Error::other)?;
    writer.finish().map_err(io::Error::other)?;
    Ok(out)
}

/// As JPEG, the legend in a comment segment (UTF-8, a line each).
///
/// # Errors
/// When the size is beyond JPEG's.
pub fn jpeg(picture: &RgbImage, legend: &Legend) -> io::Result<Vec<u8>> {
    let plain = plain_jpeg(picture, 92)?;
    let mut text = String::new();
    for (keyword, line) in legend.lines() {
        text.push_str(&format!("{keyword}: {line}\n"));
    }
    let text = text.as_bytes().get(..65_533).unwrap_or(text.as_bytes());
    // Behind the JFIF segment, which has to be the first.
    let after = match plain.get(2..6) {
        Some([0xff, 0xe0, high, low]) => 4 + usize::from(u16::from_be_bytes([*high, *low])),
        _ => 2,
    };
    let (head, tail) = plain.split_at_checked(after).ok_or_else(|| io::Error::other("no JPEG"))?;
    let length = u16::try_from(text.len() + 2).map_err(io::Error::other)?;
    Ok([head, &[0xff, 0xfe], &length.to_be_bytes(), text, tail].concat())
}

fn plain_jpeg(picture: &RgbImage, quality: u8) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, quality)
        .write_image(picture.as_raw(), picture.width(), picture.height(), ExtendedColorType::Rgb8)
        .map_err(io::Error::other)?;
    Ok(out)
}

/// A small JPEG, at most `width_px` wide.
///
/// # Errors
/// When it cannot be made.
pub fn small_jpeg(picture: &RgbImage, width_px: u32) -> io::Result<Vec<u8>> {
    let width = width_px.min(picture.width()).max(1);
    let height = (u64::from(picture.height()) * u64::from(width) / u64::from(picture.width().max(1))).max(1);
    let height = u32::try_from(height).unwrap_or(width).min(width * 8);
    plain_jpeg(&image::imageops::resize(picture, width, height, FilterType::Triangle), 80)
}

/// Room that has to stay free beside the file: the database needs some, too.
const RESERVE_BYTES: u64 = 64 << 20;

/// Bytes that this user may still write where `path` is.
///
/// # Errors
/// When the system does not say.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(path)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Writes a file under a name that is not taken yet, wholly or not at all, and down to the disk. Gives its path
/// relative to `stills`, with `/`.
///
/// # Errors
/// `StorageFull` when there is no room, or what the system says; nothing is left behind then.
pub fn write(stills: &Path, day: &str, name: &str, ending: &str, bytes: &[u8]) -> io::Result<String> {
    if free_bytes(stills)? < bytes.len() as u64 + RESERVE_BYTES {
        return Err(io::ErrorKind::StorageFull.into());
    }
    let folder = stills.join(day);
    match DirBuilder::new().mode(0o700).create(&folder) {
        Ok(()) => File::open(stills)?.sync_all()?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    for attempt in 1..1000_u32 {
        let file_name = match attempt {
            1 => format!("{name}.{ending}"),
            _ => format!("{name}-{attempt}.{ending}"),
        };
        let part = folder.join(format!(".{file_name}.part"));
        // Two at once would want the same name: the part file is the reservation.
        let mut file = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        };
        if folder.join(&file_name).exists() {
            fs::remove_file(&part)?;
            continue;
        }
        let written = file
            .write_all(bytes)
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&part, folder.join(&file_name)))
            .and_then(|()| File::open(&folder)?.sync_all());
        if let Err(error) = written {
            let _ = fs::remove_file(&part);
            return Err(error);
        }
        return Ok(format!("{day}/{file_name}"));
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn legend() -> Legend {
        Legend {
            code: "C0/8".into(),
            name: "Cổng chợ Ea Siên".into(),
            at: UtcMicros(1_795_444_327_320_456),
            clock_offset_us: Some(12_300),
            station: "Ea Siên".into(),
            author: "Trực ban 01".into(),
        }
    }

    fn picture() -> RgbImage {
        RgbImage::from_fn(64, 36, |x, y| image::Rgb([x as u8 * 3, y as u8 * 5, 7]))
    }

    #[test]
    fn names_say_camera_time_and_offset() {
        assert_eq!(legend().place(), ("2026-11-23".into(), "C0-8_20261123-143207.320Z_+12ms".into()));
        let unknown = Legend { clock_offset_us: None, ..legend() };
        assert_eq!(unknown.place().1, "C0-8_20261123-143207.320Z");
        let behind = Legend { clock_offset_us: Some(-1_500_000), ..legend() };
        assert_eq!(behind.place().1, "C0-8_20261123-143207.320Z_-1500ms");
    }

    #[test]
    fn png_keeps_every_pixel_and_the_legend() {
        let bytes = png(&picture(), &legend()).unwrap();
        assert_eq!(image::load_from_memory(&bytes).unwrap().to_rgb8(), picture());
        let reader = png::Decoder::new(io::Cursor::new(&bytes)).read_info().unwrap();
        let texts: Vec<(String, String)> = reader
            .info()
            .utf8_text
            .iter()
            .map(|chunk| (chunk.keyword.clone(), chunk.get_text().unwrap()))
            .collect();
        let text = |keyword: &str| texts.iter().find(|(k, _)| k == keyword).unwrap().1.clone();
        assert_eq!(text("Camera name"), "Cổng chợ Ea Siên");
        assert_eq!(text("Creation Time"), "2026-11-23T14:32:07.320456Z");
        assert_eq!(text("Clock offset"), "+12.300 ms (camera minus station)");
        assert!(text("Local time").starts_with("2026-11-2"));
    }

    #[test]
    fn jpeg_has_the_legend_and_still_opens() {
        let bytes = jpeg(&picture(), &legend()).unwrap();
        let opened = image::load_from_memory(&bytes).unwrap();
        assert_eq!((opened.width(), opened.height()), (64, 36));
        let at = bytes.windows(2).position(|pair| pair == [0xff, 0xfe]).unwrap();
        assert!(at <= 20 + 2);
        let text = "Camera name: Cổng chợ Ea Siên\n".as_bytes();
        assert!(bytes.windows(text.len()).any(|window| window == text));
    }

    #[test]
    fn small_ones_keep_their_shape() {
        let small = image::load_from_memory(&small_jpeg(&picture(), 32).unwrap()).unwrap();
        assert_eq!((small.width(), small.height()), (32, 18));
        let never_larger = image::load_from_memory(&small_jpeg(&picture(), 240).unwrap()).unwrap();
        assert_eq!(never_larger.width(), 64);
    }

    #[test]
    fn files_are_whole_and_names_never_taken_twice() {
        let folder = tempfile::tempdir().unwrap();
        let write = |bytes: &[u8]| write(folder.path(), "2026-11-23", "a", "png", bytes).unwrap();
        assert_eq!(write(b"one"), "2026-11-23/a.png");
        assert_eq!(write(b"two"), "2026-11-23/a-2.png");
        assert_eq!(fs::read(folder.path().join("2026-11-23/a.png")).unwrap(), b"one");
        let parts = fs::read_dir(folder.path().join("2026-11-23")).unwrap().count();
        assert_eq!(parts, 2, "no part file stays behind");
    }
}
