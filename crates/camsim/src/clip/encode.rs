//! Drawing a scene and encoding it by running the `ffmpeg` program, raw pictures piped in. The only place that knows
//! encoder options.

use super::{AccessUnit, AccessUnits, Variant, cache::Cache, given, nal};
use crate::Error;
use crate::scene::roll::Roll;
use crate::scene::{Film, Scene};
use bytes::Bytes;
use easien_model::{Codec, StreamKind};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Counts up whenever a scene is drawn or encoded differently, so that old cached clips are not taken for new ones.
const VERSION: u32 = 4;
/// The same for main streams in full size.
const MAIN_VERSION: u32 = 5;

/// Which clip to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Recipe {
    /// The camera's number: 17 for C017.
    pub camera: u16,
    /// Which of its streams.
    pub which: StreamKind,
    /// [`Codec::H264`] or [`Codec::H265`].
    pub codec: Codec,
    /// How it is encoded.
    pub variant: Variant,
    /// For tests: 320x180 (main 640x360), 4 s, a key frame each second.
    pub small: bool,
}

impl Recipe {
    /// The codec really used: some variants exist in H.264 only.
    #[must_use]
    pub fn codec(&self) -> Codec {
        match self.variant {
            Variant::BFrames | Variant::RecoveryPoint | Variant::OtherIds => Codec::H264,
            _ => self.codec,
        }
    }

    /// Size, rate and length of the loop.
    #[must_use]
    pub fn film(&self) -> Film {
        let (width_px, height_px, fps) = match (self.which, self.small) {
            (StreamKind::Main, false) => (1920, 1080, 25),
            (StreamKind::Main, true) => (640, 360, 25),
            (StreamKind::Sub, false) => (640, 360, 15),
            (StreamKind::Sub, true) => (320, 180, 15),
        };
        let seconds: u16 = match self.variant {
            Variant::Gop10 => 10,
            Variant::Gop20 => 20,
            _ if self.small => 4,
            _ => 10,
        };
        let rate: u16 = if self.which == StreamKind::Main { 25 } else { 15 };
        let frames = match self.variant {
            // H.264 counts frames modulo 32 here; only a multiple of it loops without an IDR in between.
            Variant::RecoveryPoint => (seconds * rate).next_multiple_of(32),
            _ => seconds * rate,
        };
        let film = Film { width_px, height_px, fps, frames };
        match self.variant {
            // Even sizes, because chroma is halved.
            Variant::Smaller => {
                Film { width_px: width_px * 3 / 8 * 2, height_px: height_px * 3 / 8 * 2, ..film }
            }
            _ => film,
        }
    }

    /// A main stream in full size: what takes long.
    fn is_large(&self) -> bool {
        self.which == StreamKind::Main && !self.small
    }

    fn name(&self) -> String {
        let which = if self.which == StreamKind::Main { "main" } else { "sub" };
        let film = self.film();
        let ending = match (self.variant, self.codec()) {
            (Variant::BFrames, _) => "mp4",
            (_, Codec::H265) => "h265",
            _ => "h264",
        };
        let (w, h, fps, frames) = (film.width_px, film.height_px, film.fps, film.frames);
        let version = if self.is_large() { MAIN_VERSION } else { VERSION };
        format!(
            "v{version}-c{:03}-{which}-{w}x{h}-{fps}fps-{frames}-{:?}.{ending}",
            self.camera, self.variant
        )
    }

    /// Makes sure that the clip is in the cache. Blocks for as long as drawing takes.
    ///
    /// # Errors
    /// When `ffmpeg` cannot be run or the cache cannot be written.
    pub fn prepare(&self, cache: &Cache) -> Result<(), Error> {
        cache.get(&self.name(), |path| self.make(path)).map(|_| ())
    }

    /// The clip's access units; drawn and encoded first if it is not in the cache. Blocks.
    ///
    /// # Errors
    /// As [`Recipe::prepare`], and [`Error::Clip`] when what comes out is not what was asked for.
    pub fn load(&self, cache: &Cache) -> Result<AccessUnits, Error> {
        match self.load_once(cache) {
            Err(Error::Clip { .. }) => {
                // Something else wrote to the folder, or a disk lost data: once more.
                cache.forget(&self.name());
                self.load_once(cache)
            }
            result => result,
        }
    }

    fn load_once(&self, cache: &Cache) -> Result<AccessUnits, Error> {
        let path = cache.get(&self.name(), |path| self.make(path))?;
        if self.variant == Variant::BFrames {
            return Ok(given::read(&path)?.video);
        }
        let stream = std::fs::read(&path).map_err(|source| Error::File { path: path.clone(), source })?;
        let codec = self.codec();
        let film = self.film();
        let mut units = nal::access_units(codec, nal::split(&Bytes::from(stream)));
        let frames = usize::from(film.frames);
        let encoded = if self.variant == Variant::RecoveryPoint { frames * 2 } else { frames };
        if units.len() != encoded {
            let what = format!("{} pictures instead of {encoded}", units.len());
            return Err(Error::Clip { path, what });
        }
        // The second round begins without an IDR.
        let units = units.split_off(encoded - frames);
        let tick = 90_000 / i64::from(film.fps);
        let refresh = self.variant == Variant::RecoveryPoint;
        let units = (0_i64..).zip(units).map(|(index, nals)| AccessUnit {
            key: nals.iter().any(|unit| match nal::kind(codec, unit) {
                nal::NalKind::Slice { key, .. } => key,
                nal::NalKind::Sei { recovery } => refresh && recovery,
                _ => false,
            }),
            nals,
            pts_90k: index * tick,
            due_90k: index * tick,
        });
        Ok(AccessUnits {
            codec,
            width_px: film.width_px,
            height_px: film.height_px,
            fps: f64::from(film.fps),
            loop_90k: tick * i64::from(film.frames),
            units: units.collect(),
        })
    }

    /// What `ffmpeg` is told about encoding.
    fn encoder(&self) -> Vec<String> {
        let film = self.film();
        let gop = match self.variant {
            Variant::Gop10 => film.fps * 10,
            Variant::Gop20 => film.fps * 20,
            // Tests should not wait long for a key frame.
            _ if self.small => film.fps,
            _ => film.fps * 2,
        };
        let bits = match (self.which, self.small) {
            (StreamKind::Main, false) => 3_000,
            (StreamKind::Main, true) | (StreamKind::Sub, false) => 400,
            (StreamKind::Sub, true) => 150,
        };
        let mut words: Vec<String> = Vec::new();
        let mut add = |text: &str| words.extend(text.split_whitespace().map(ToOwned::to_owned));
        add(&format!("-b:v {bits}k -maxrate {}k -bufsize {}k", bits * 5 / 4, bits * 2));
        add(&format!("-g {gop} -keyint_min {gop} -sc_threshold 0 -pix_fmt yuv420p"));
        if self.codec() == Codec::H265 {
            add("-c:v libx265 -preset ultrafast -x265-params");
            add(&format!(
                "log-level=error:keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:bframes=0:info=0:repeat-headers=1:frame-threads=1"
            ));
        } else {
            // One thread: they are drawn several at a time.
            add("-c:v libx264 -profile:v main -threads 1 -preset");
            // Of a large one nobody sees the difference, and everybody waits for it. What costs the decoder stays as in
            // a camera: CABAC and the loop filter.
            add(if self.is_large() { "ultrafast -coder 1 -flags +loop" } else { "superfast" });
            add(match self.variant {
                Variant::BFrames => "-bf 2 -b_strategy 0 -x264-params open-gop=0:b-pyramid=none",
                Variant::RecoveryPoint => "-bf 0 -x264-params intra-refresh=1",
                Variant::OtherIds => "-bf 0 -x264-params sps-id=1:cabac=0:chroma-qp-offset=4",
                _ => "-bf 0 -x264-params open-gop=0",
            });
        }
        words
    }

    /// Draws and encodes into `path`.
    fn make(&self, path: &Path) -> Result<(), Error> {
        let film = self.film();
        let mut ffmpeg = Command::new("ffmpeg")
            .args(["-hide_banner", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s"])
            .arg(format!("{}x{}", film.width_px, film.height_px))
            .args(["-r", &film.fps.to_string(), "-i", "pipe:0", "-an"])
            .args(self.encoder())
            .arg("-y")
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| Error::Program { program: "ffmpeg", source })?;
        let mut stderr = ffmpeg.stderr.take();
        let listener = std::thread::spawn(move || {
            let mut said = Vec::new();
            if let Some(stderr) = &mut stderr {
                let _ = stderr.read_to_end(&mut said);
            }
            String::from_utf8_lossy(&said).trim().chars().take(600).collect::<String>()
        });
        let fed = match ffmpeg.stdin.take() {
            Some(mut stdin) => self.feed(film, &mut stdin),
            None => Ok(()),
        };
        let status = ffmpeg.wait().map_err(|source| Error::Program { program: "ffmpeg", source })?;
        let said = listener.join().unwrap_or_default();
        if !status.success() {
            return Err(Error::Failed { program: "ffmpeg", said });
        }
        fed.map_err(|source| Error::Failed { program: "ffmpeg", said: format!("{source} {said}") })
    }

    fn feed(&self, film: Film, stdin: &mut impl Write) -> std::io::Result<()> {
        let scene = Scene::new(self.camera, film);
        let mut roll = Roll::new(&scene);
        let rounds = if self.variant == Variant::RecoveryPoint { 2 } else { 1 };
        for _ in 0..rounds {
            for frame in 0..film.frames {
                stdin.write_all(roll.shoot(frame))?;
            }
        }
        Ok(())
    }
}
