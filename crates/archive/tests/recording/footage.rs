//! Real encoded pictures from the `ffmpeg` program, as samples; and samples made of random NAL units.

use bytes::{BufMut, Bytes, BytesMut};
use easien_model::{
    AudioParams, Codec, MediaKind, Params, RunId, Sample, StreamId, Ticks90k, UtcMicros, VideoParams,
};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};

/// Encoded pictures in decoding order.
pub struct Footage {
    pub params: Arc<Params>,
    /// pts from 0, key, NAL units behind their lengths.
    pub units: Vec<(i64, bool, Bytes)>,
}

/// Cuts an Annex B stream into NAL units.
fn nal_units(bytes: &[u8]) -> Vec<&[u8]> {
    let mut starts = Vec::new();
    let mut at = 0;
    while at + 3 <= bytes.len() {
        if bytes[at..at + 3] == [0, 0, 1] {
            starts.push(at + 3);
            at += 3;
        } else {
            at += 1;
        }
    }
    let ends = starts.iter().skip(1).map(|start| start - 3).chain([bytes.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(&start, mut end)| {
            while end > start && bytes[end - 1] == 0 {
                end -= 1;
            }
            &bytes[start..end]
        })
        .collect()
}

fn encode(codec: Codec, seconds: u32, gop: u32, b_frames: u32, size: &str) -> Footage {
    let folder = tempfile::tempdir().unwrap();
    let mp4 = folder.path().join("a.mp4");
    let (encoder, private, raw, filter) = match codec {
        Codec::H265 => ("libx265", "-x265-params", "hevc", "hevc_mp4toannexb"),
        _ => ("libx264", "-x264-params", "h264", "h264_mp4toannexb"),
    };
    let options = format!(
        "keyint={gop}:min-keyint={gop}:scenecut=0:bframes={b_frames}:open-gop=0:log-level=error:aud=1:repeat-headers=1"
    );
    let run = |args: &[&str]| {
        let output = Command::new("ffmpeg").args(["-v", "error", "-y"]).args(args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let source = format!("testsrc2=size={size}:rate=15:duration={seconds}");
    let path = mp4.to_str().unwrap();
    run(&[
        "-f",
        "lavfi",
        "-i",
        &source,
        "-c:v",
        encoder,
        "-preset",
        "ultrafast",
        private,
        &options,
        "-pix_fmt",
        "yuv420p",
        path,
    ]);
    let stream = run(&["-i", path, "-c", "copy", "-bsf:v", filter, "-f", raw, "-"]);
    let times = ffprobe(&mp4, &["-show_entries", "packet=pts_time,flags", "-of", "csv=p=0"]);
    let delimiter = |nal: &[u8]| if codec == Codec::H265 { nal[0] >> 1 & 63 == 35 } else { nal[0] & 31 == 9 };
    let mut sets: Vec<Bytes> = Vec::new();
    let mut data: Vec<BytesMut> = Vec::new();
    let mut shown = false;
    for nal in nal_units(&stream) {
        let is_set = if codec == Codec::H265 {
            (32..=34).contains(&(nal[0] >> 1 & 63))
        } else {
            matches!(nal[0] & 31, 7 | 8)
        };
        if is_set && !sets.iter().any(|set| set[..] == *nal) {
            sets.push(Bytes::copy_from_slice(nal));
        }
        let slice = if codec == Codec::H265 { nal[0] >> 1 & 63 < 32 } else { matches!(nal[0] & 31, 1 | 5) };
        if data.is_empty() || (delimiter(nal) && shown) {
            data.push(BytesMut::new());
            shown = false;
        }
        shown |= slice;
        let unit = data.last_mut().unwrap();
        unit.put_u32(u32::try_from(nal.len()).unwrap());
        unit.put_slice(nal);
    }
    let times: Vec<(i64, bool)> = times
        .lines()
        .map(|line| {
            let (seconds, flags) = line.split_once(',').unwrap();
            #[allow(clippy::cast_possible_truncation)]
            ((seconds.parse::<f64>().unwrap() * 90_000.0).round() as i64, flags.contains('K'))
        })
        .collect();
    assert_eq!(times.len(), data.len());
    let first = times[0].0;
    let (width, height) = size.split_once('x').unwrap();
    let params = Params::Video(VideoParams {
        codec,
        parameter_sets: sets,
        width_px: width.parse().unwrap(),
        height_px: height.parse().unwrap(),
        declared_fps: None,
    });
    let units =
        times.into_iter().zip(data).map(|((pts, key), unit)| (pts - first, key, unit.freeze())).collect();
    Footage { params: Arc::new(params), units }
}

/// 20 s of H.264 at 15 pictures a second with a key frame every 2 s.
pub fn h264() -> &'static Footage {
    static FOOTAGE: OnceLock<Footage> = OnceLock::new();
    FOOTAGE.get_or_init(|| encode(Codec::H264, 20, 30, 0, "320x180"))
}

/// The same with two reordered pictures between others.
pub fn h264_reordered() -> &'static Footage {
    static FOOTAGE: OnceLock<Footage> = OnceLock::new();
    FOOTAGE.get_or_init(|| encode(Codec::H264, 20, 60, 2, "320x180"))
}

/// H.265.
pub fn h265() -> &'static Footage {
    static FOOTAGE: OnceLock<Footage> = OnceLock::new();
    FOOTAGE.get_or_init(|| encode(Codec::H265, 10, 30, 0, "320x180"))
}

/// What the `ffprobe` program says of a file; it must not complain.
pub fn ffprobe(path: &Path, args: &[&str]) -> String {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v"])
        .args(args)
        .arg(path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{}: {said}", path.display());
    String::from_utf8(output.stdout).unwrap()
}

/// Decodes everything; the decoder must not complain.
pub fn decodes(path: &Path) {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path)
        .args(["-f", "null", "-"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{}: {said}", path.display());
}

/// A camera that sends footage over and over.
pub struct Camera<'a> {
    pub stream: StreamId,
    footage: &'a Footage,
    pub run: RunId,
    next: usize,
    length_90k: i64,
    pub pts_base: i64,
    seq: u64,
}

impl<'a> Camera<'a> {
    pub fn new(stream: StreamId, footage: &'a Footage) -> Self {
        let length_90k = i64::try_from(footage.units.len()).unwrap() * 6000;
        Self { stream, footage, run: RunId::new(), next: 0, length_90k, pts_base: 1_000_000, seq: 0 }
    }

    /// The next picture arrives.
    pub fn picture(&mut self, arrived: UtcMicros) -> Arc<Sample> {
        let count = self.footage.units.len();
        let (pts, key, data) = &self.footage.units[self.next % count];
        let rounds = i64::try_from(self.next / count).unwrap();
        self.next += 1;
        self.seq += 1;
        Arc::new(Sample {
            stream: self.stream,
            kind: MediaKind::Video,
            run: self.run,
            seq: self.seq - 1,
            pts: Ticks90k(self.pts_base + rounds * self.length_90k + pts),
            arrived,
            key: *key,
            damaged: false,
            params: Arc::clone(&self.footage.params),
            data: data.clone(),
        })
    }

    /// To the next key frame: what a new session begins with.
    pub fn reconnect(&mut self) {
        self.run = RunId::new();
        self.seq = 0;
        while !self.footage.units[self.next % self.footage.units.len()].1 {
            self.next += 1;
        }
    }
}

/// 20 ms of G.711.
pub fn sound(stream: StreamId, run: RunId, number: i64, arrived: UtcMicros) -> Arc<Sample> {
    static PARAMS: OnceLock<Arc<Params>> = OnceLock::new();
    let params = PARAMS.get_or_init(|| {
        Arc::new(Params::Audio(AudioParams {
            codec: Codec::Pcmu,
            rate_hz: 8000,
            channels: 1,
            config: Bytes::new(),
        }))
    });
    Arc::new(Sample {
        stream,
        kind: MediaKind::Audio,
        run,
        seq: u64::try_from(number).unwrap(),
        pts: Ticks90k(77_000 + number * 1800),
        arrived,
        key: true,
        damaged: false,
        params: Arc::clone(params),
        data: Bytes::from(vec![u8::try_from(number.rem_euclid(256)).unwrap(); 160]),
    })
}
