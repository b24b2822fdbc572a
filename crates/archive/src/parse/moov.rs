//! The tracks of a segment: parameters, timescale, and what `trex` says of samples that say nothing themselves.

use super::boxes::{Cursor, child, children};
use super::entry;
use easien_model::Params;
use std::sync::Arc;

/// One track.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Its number in the file.
    pub id: u32,
    /// Ticks in a second.
    pub timescale: u32,
    /// The run's parameters.
    pub params: Arc<Params>,
    /// The `stsd` box's body as it is in the file: equal where the parameters are.
    pub stsd: Vec<u8>,
    /// Duration of samples that say none, in ticks.
    pub default_duration: u32,
    /// Size of samples that say none, in bytes.
    pub default_bytes: u32,
    /// Flags of samples that say none.
    pub default_flags: u32,
}

/// The tracks of a segment.
#[derive(Clone, Debug, PartialEq)]
pub struct Tracks {
    /// Pictures.
    pub video: Track,
    /// Sound, if there is any.
    pub audio: Option<Track>,
}

impl Tracks {
    /// Reads a `moov` box's body. `None`: not the tracks of a segment.
    #[must_use]
    pub fn parse(moov: &[u8]) -> Option<Self> {
        let mut video = None;
        let mut audio = None;
        for (_, trak) in children(moov).filter(|(kind, _)| kind == b"trak") {
            let mut track = track(trak)?;
            if let Some(trex) = child(moov, b"mvex").and_then(|mvex| trex(mvex, track.id)) {
                [track.default_duration, track.default_bytes, track.default_flags] = trex;
            }
            let place = match *track.params {
                Params::Video(_) => &mut video,
                Params::Audio(_) => &mut audio,
            };
            if place.is_some() {
                return None;
            }
            *place = Some(track);
        }
        let video = video?;
        (video.timescale == 90_000 && audio.as_ref().is_none_or(|audio: &Track| audio.id != video.id))
            .then_some(Self { video, audio })
    }
}

fn track(trak: &[u8]) -> Option<Track> {
    let mut tkhd = Cursor::new(child(trak, b"tkhd")?);
    let (version, _) = tkhd.version_flags()?;
    tkhd.take(if version == 0 { 8 } else { 16 })?;
    let id = tkhd.u32()?;
    let mdia = child(trak, b"mdia")?;
    let mut mdhd = Cursor::new(child(mdia, b"mdhd")?);
    let (version, _) = mdhd.version_flags()?;
    mdhd.take(if version == 0 { 8 } else { 16 })?;
    let timescale = mdhd.u32()?;
    if id == 0 || timescale == 0 {
        return None;
    }
    let stsd = child(child(child(mdia, b"minf")?, b"stbl")?, b"stsd")?;
    Some(Track {
        id,
        timescale,
        params: Arc::new(entry::params(stsd)?),
        stsd: stsd.to_vec(),
        default_duration: 0,
        default_bytes: 0,
        default_flags: 0,
    })
}

fn trex(mvex: &[u8], id: u32) -> Option<[u32; 3]> {
    children(mvex).filter(|(kind, _)| kind == b"trex").find_map(|(_, trex)| {
        let mut cursor = Cursor::new(trex);
        cursor.version_flags()?;
        if cursor.u32()? != id {
            return None;
        }
        cursor.u32()?;
        Some([cursor.u32()?, cursor.u32()?, cursor.u32()?])
    })
}
