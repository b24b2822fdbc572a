//! Media files given by somebody, turned into clips by `ffprobe` and `ffmpeg -c copy`: nothing is encoded again.

use super::{AccessUnit, AccessUnits, audio::AudioClip, nal};
use crate::Error;
use bytes::Bytes;
use easien_model::Codec;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A given file's content.
#[derive(Clone, Debug)]
pub struct Given {
    /// Its first H.264 or H.265 stream.
    pub video: AccessUnits,
    /// Its first audio stream, if it is AAC or G.711.
    pub audio: Option<AudioClip>,
}

/// The media files of a folder, by name.
///
/// # Errors
/// [`Error::File`] when the folder cannot be read, [`Error::Options`] when it has none.
pub fn list(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    const ENDINGS: [&str; 9] = ["mp4", "mov", "mkv", "ts", "m4v", "h264", "h265", "264", "265"];
    let entries = std::fs::read_dir(dir).map_err(|source| Error::File { path: dir.to_owned(), source })?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            path.is_file() && ENDINGS.contains(&ending.to_ascii_lowercase().as_str())
        })
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(Error::Options(format!("no media files in {}", dir.display())));
    }
    Ok(files)
}

#[derive(Deserialize)]
struct Probe {
    #[serde(default)]
    streams: Vec<ProbeStream>,
    #[serde(default)]
    packets: Vec<ProbePacket>,
}

#[derive(Deserialize)]
struct ProbeStream {
    codec_type: Option<String>,
    codec_name: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    avg_frame_rate: Option<String>,
    r_frame_rate: Option<String>,
    sample_rate: Option<String>,
    channels: Option<u8>,
}

#[derive(Deserialize)]
struct ProbePacket {
    pts_time: Option<String>,
    dts_time: Option<String>,
}

fn run(program: &'static str, arguments: &[&str], path: &Path, after: &[&str]) -> Result<Vec<u8>, Error> {
    let output = Command::new(program)
        .args(arguments)
        .arg(path)
        .args(after)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| Error::Program { program, source })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().chars().take(600).collect();
        return Err(Error::Failed { program, said });
    }
    Ok(output.stdout)
}

fn rate(text: Option<&String>) -> Option<f64> {
    let (above, below) = text?.split_once('/')?;
    let rate = above.parse::<f64>().ok()? / below.parse::<f64>().ok()?;
    (rate.is_finite() && rate > 0.0 && rate < 1_000.0).then_some(rate)
}

#[allow(clippy::cast_possible_truncation)]
fn ticks(text: Option<&String>) -> Option<i64> {
    Some((text?.parse::<f64>().ok()? * 90_000.0).round() as i64)
}

/// Reads a media file whole. Blocks.
///
/// # Errors
/// When `ffprobe` or `ffmpeg` fail, and [`Error::Clip`] when there is no H.264 or H.265 video in it.
pub fn read(path: &Path) -> Result<Given, Error> {
    let bad = |what: &str| Error::Clip { path: path.to_owned(), what: what.to_owned() };
    let arguments =
        ["-v", "error", "-of", "json", "-show_streams", "-show_packets", "-select_streams", "v:0"];
    let answer = run("ffprobe", &arguments, path, &[])?;
    let probe: Probe = serde_json::from_slice(&answer).map_err(|error| bad(&error.to_string()))?;
    let stream = probe.streams.first().ok_or_else(|| bad("no video"))?;
    let (codec, format) = match stream.codec_name.as_deref() {
        Some("h264") => (Codec::H264, "h264"),
        Some("hevc") => (Codec::H265, "hevc"),
        other => return Err(bad(&format!("video codec {} is not served", other.unwrap_or("unknown")))),
    };
    let annexb = ["-map", "0:v:0", "-c", "copy", "-f", format, "pipe:1"];
    let bytes = run("ffmpeg", &["-v", "error", "-i"], path, &annexb)?;
    let units = nal::access_units(codec, nal::split(&Bytes::from(bytes)));
    if units.is_empty() {
        return Err(bad("no pictures"));
    }
    let fps =
        rate(stream.avg_frame_rate.as_ref()).or_else(|| rate(stream.r_frame_rate.as_ref())).unwrap_or(25.0);
    let times = times(&probe.packets, units.len(), fps);
    let (times, loop_90k) = times.ok_or_else(|| bad("no usable times"))?;
    let units = units.into_iter().zip(times).map(|(nals, (pts_90k, due_90k))| AccessUnit {
        key: nals.iter().any(|unit| matches!(nal::kind(codec, unit), nal::NalKind::Slice { key: true, .. })),
        nals,
        pts_90k,
        due_90k,
    });
    let video = AccessUnits {
        codec,
        width_px: stream.width.unwrap_or(0),
        height_px: stream.height.unwrap_or(0),
        fps,
        loop_90k,
        units: units.collect(),
    };
    Ok(Given { video, audio: audio(path)? })
}

/// Presentation and sending times of each access unit and the loop's length. Falls back to the frame rate when the
/// file's times are missing or do not fit.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn times(packets: &[ProbePacket], count: usize, fps: f64) -> Option<(Vec<(i64, i64)>, i64)> {
    let tick = (90_000.0 / fps).round().max(1.0) as i64;
    let read: Option<Vec<(i64, i64)>> = packets
        .iter()
        .map(|packet| Some((ticks(packet.pts_time.as_ref())?, ticks(packet.dts_time.as_ref())?)))
        .collect();
    let mut times = match read {
        Some(read) if read.len() == count && read.windows(2).all(|pair| pair[0].1 <= pair[1].1) => read,
        _ => (0..i64::try_from(count).ok()?).map(|index| (index * tick, index * tick)).collect(),
    };
    let (first_pts, first_due) = (times.iter().map(|time| time.0).min()?, times.first()?.1);
    for time in &mut times {
        *time = (time.0 - first_pts, time.1 - first_due);
    }
    let last = times.iter().map(|time| time.0.max(time.1)).max()?;
    Some((times, last + tick))
}

/// The file's first audio stream, if cameras send such audio.
fn audio(path: &Path) -> Result<Option<AudioClip>, Error> {
    let arguments = ["-v", "error", "-of", "json", "-show_streams", "-select_streams", "a:0"];
    let answer = run("ffprobe", &arguments, path, &[])?;
    let Ok(probe) = serde_json::from_slice::<Probe>(&answer) else { return Ok(None) };
    let Some(stream) = probe.streams.first().filter(|stream| stream.codec_type.as_deref() == Some("audio"))
    else {
        return Ok(None);
    };
    let raw = |format: &'static str| {
        run("ffmpeg", &["-v", "error", "-i"], path, &["-map", "0:a:0", "-c", "copy", "-f", format, "pipe:1"])
    };
    let plain = stream.sample_rate.as_deref() == Some("8000") && stream.channels == Some(1);
    Ok(match stream.codec_name.as_deref() {
        Some("aac") => AudioClip::from_adts(&Bytes::from(raw("adts")?)),
        Some("pcm_mulaw") if plain => Some(AudioClip::from_g711(Codec::Pcmu, Bytes::from(raw("mulaw")?))),
        Some("pcm_alaw") if plain => Some(AudioClip::from_g711(Codec::Pcma, Bytes::from(raw("alaw")?))),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(pts: &str, dts: &str) -> ProbePacket {
        ProbePacket { pts_time: Some(pts.into()), dts_time: Some(dts.into()) }
    }

    #[test]
    fn times_begin_at_zero_and_fall_back_to_the_rate() {
        let packets =
            [packet("1.08", "1.00"), packet("1.20", "1.04"), packet("1.12", "1.08"), packet("1.16", "1.12")];
        let (read, length) = times(&packets, 4, 25.0).unwrap();
        assert_eq!(read, [(0, 0), (10_800, 3_600), (3_600, 7_200), (7_200, 10_800)]);
        assert_eq!(length, 14_400);
        let (read, length) = times(&packets, 2, 10.0).unwrap();
        assert_eq!((read, length), (vec![(0, 0), (9_000, 9_000)], 18_000));
        assert_eq!(times(&[], 0, 25.0), None);
    }
}
