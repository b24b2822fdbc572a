//! The head of a plain MP4: `ftyp`, `moov` with the tables of every sample, and the head of the `mdat` behind them.

use super::gather::{ClipSample, Piece, Range, scale};
use easien_model::{Codec, Params};

/// Seconds from 1904 to 1970, as MP4 counts time.
const SINCE_1904: u64 = 2_082_844_800;

/// Ticks of the whole file in a second.
const MOVIE: i64 = 90_000;

/// The head of a file, up to where the samples' bytes begin.
#[derive(Debug)]
pub struct Head {
    pub bytes: Vec<u8>,
}

/// Makes the head of a piece. Offsets are of 32 bits where that is enough, as old players want.
pub fn head(piece: &Piece) -> Head {
    let data_bytes = piece.data_bytes();
    let ftyp = ftyp(piece);
    let large_data = data_bytes + 8 > u64::from(u32::MAX);
    let mdat_head = if large_data { 16 } else { 8 };
    // The length of the tables does not depend on the offsets in them, but on how wide they are.
    let length = |wide: bool| (ftyp.len() + moov(piece, 0, wide).len() + mdat_head) as u64;
    let wide = length(false) + data_bytes > u64::from(u32::MAX);
    let begin = length(wide);
    let mut bytes = ftyp;
    bytes.extend(moov(piece, begin, wide));
    if large_data {
        bytes.extend(1_u32.to_be_bytes());
        bytes.extend(b"mdat");
        bytes.extend((data_bytes + 16).to_be_bytes());
    } else {
        bytes.extend(((data_bytes + 8) as u32).to_be_bytes());
        bytes.extend(b"mdat");
    }
    Head { bytes }
}

fn ftyp(piece: &Piece) -> Vec<u8> {
    let brand = match &*piece.tracks.video.params {
        Params::Video(video) if video.codec == Codec::H264 => b"avc1",
        _ => b"hvc1",
    };
    boxed(b"ftyp", &[b"isom\0\0\x02\0isomiso2", &brand[..], b"mp41"].concat())
}

fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 8);
    out.extend((body.len() as u32 + 8).to_be_bytes());
    out.extend(kind);
    out.extend(body);
    out
}

fn full(kind: &[u8; 4], version: u8, flags: u32, parts: &[&[u8]]) -> Vec<u8> {
    let mut all = ((u32::from(version) << 24) | flags).to_be_bytes().to_vec();
    for part in parts {
        all.extend_from_slice(part);
    }
    boxed(kind, &all)
}

fn words(words: impl IntoIterator<Item = u32>) -> Vec<u8> {
    words.into_iter().flat_map(u32::to_be_bytes).collect()
}

const MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// A track as its tables need it.
struct Line<'a> {
    samples: &'a [ClipSample],
    timescale: i64,
    /// Added to each composition offset, so that none is negative.
    raise: i64,
    /// The earliest presentation in the track's own time, which is where playing begins.
    first: i64,
    /// Before the first sample nothing is played for so long, in movie ticks.
    delay: i64,
    /// Presentation of the end of the last sample, from `first`, in the track's ticks.
    length: i64,
    /// What is taken off each decode time.
    base: i64,
}

impl<'a> Line<'a> {
    fn new(samples: &'a [ClipSample], timescale: u32) -> Self {
        let timescale = i64::from(timescale);
        let base = samples.first().map_or(0, |sample| sample.decode);
        let raise = samples.iter().map(|sample| -i64::from(sample.composition)).max().unwrap_or(0).max(0);
        let shown = |sample: &ClipSample| sample.decode - base + i64::from(sample.composition) + raise;
        let first = samples.iter().map(shown).min().unwrap_or(0);
        let last = samples.iter().map(|sample| shown(sample) + i64::from(sample.duration)).max().unwrap_or(0);
        // The track's first presentation, on the clip's line of time.
        let delay = scale((first - raise + base).max(0), MOVIE, timescale);
        Self { samples, timescale, raise, first, delay, length: last - first, base }
    }

    fn length_movie(&self) -> i64 {
        scale(self.length, MOVIE, self.timescale)
    }

    /// How long the media are, in decoding time.
    fn media(&self) -> i64 {
        self.samples.last().map_or(0, |last| last.decode - self.base + i64::from(last.duration.max(1)))
    }

    fn durations(&self) -> impl Iterator<Item = u32> {
        let next = self.samples.iter().skip(1).map(|sample| Some(sample.decode)).chain([None]);
        self.samples.iter().zip(next).map(|(sample, next)| match next {
            Some(next) => u32::try_from(next - sample.decode).unwrap_or(u32::MAX),
            None => sample.duration.max(1),
        })
    }
}

fn moov(piece: &Piece, begin: u64, wide: bool) -> Vec<u8> {
    let video = Line::new(&piece.video, piece.tracks.video.timescale);
    let audio = piece
        .tracks
        .audio
        .as_ref()
        .filter(|_| !piece.audio.is_empty())
        .map(|track| (track, Line::new(&piece.audio, track.timescale)));
    let length = audio.iter().fold(video.delay + video.length_movie(), |longest, (_, line)| {
        longest.max(line.delay + line.length_movie())
    });
    let created = u64::try_from(piece.start.0 / 1_000_000).unwrap_or(0) + SINCE_1904;
    let mut body = full(
        b"mvhd",
        1,
        0,
        &[
            &created.to_be_bytes(),
            &created.to_be_bytes(),
            &(MOVIE as u32).to_be_bytes(),
            &(length as u64).to_be_bytes(),
            &words([0x1_0000, 0x0100_0000, 0, 0]),
            &words(MATRIX),
            &words([0, 0, 0, 0, 0, 0, if audio.is_some() { 3 } else { 2 }]),
        ],
    );
    let (width, height) = size(piece);
    let visual = Kind {
        id: 1,
        handler: b"vide",
        name: b"Video\0",
        media: full(b"vmhd", 0, 1, &[&[0; 8]]),
        width,
        height,
        volume: 0,
    };
    body.extend(trak(
        &visual,
        created,
        &video,
        &piece.tracks.video.stsd,
        &chunks(&piece.ranges, false, begin, wide),
    ));
    if let Some((track, line)) = &audio {
        let sound = Kind {
            id: 2,
            handler: b"soun",
            name: b"Audio\0",
            media: full(b"smhd", 0, 0, &[&[0; 4]]),
            width: 0,
            height: 0,
            volume: 0x0100,
        };
        body.extend(trak(&sound, created, line, &track.stsd, &chunks(&piece.ranges, true, begin, wide)));
    }
    boxed(b"moov", &body)
}

fn size(piece: &Piece) -> (u32, u32) {
    match &*piece.tracks.video.params {
        Params::Video(video) if video.width_px > 0 && video.height_px > 0 => {
            (video.width_px, video.height_px)
        }
        _ => (piece.width_px, piece.height_px),
    }
}

struct Kind<'a> {
    id: u32,
    handler: &'a [u8; 4],
    name: &'a [u8],
    media: Vec<u8>,
    width: u32,
    height: u32,
    volume: u32,
}

fn trak(kind: &Kind<'_>, created: u64, line: &Line<'_>, stsd: &[u8], chunks: &[u8]) -> Vec<u8> {
    let shown = line.length_movie();
    let tkhd = full(
        b"tkhd",
        1,
        3,
        &[
            &created.to_be_bytes(),
            &created.to_be_bytes(),
            &words([kind.id, 0]),
            &((line.delay + shown) as u64).to_be_bytes(),
            &words([0, 0, 0, kind.volume << 16]),
            &words(MATRIX),
            &words([kind.width << 16, kind.height << 16]),
        ],
    );
    let mut edits = Vec::new();
    if line.delay > 0 {
        edits.push((line.delay, -1));
    }
    if line.first > 0 || line.delay > 0 {
        edits.push((shown, line.first));
    }
    let mut elst = (edits.len() as u32).to_be_bytes().to_vec();
    for (length, from) in &edits {
        elst.extend((*length as u64).to_be_bytes());
        elst.extend(i64::to_be_bytes(*from));
        elst.extend([0, 1, 0, 0]);
    }
    let edts = if edits.is_empty() { Vec::new() } else { boxed(b"edts", &full(b"elst", 1, 0, &[&elst])) };
    let mdhd = full(
        b"mdhd",
        1,
        0,
        &[
            &created.to_be_bytes(),
            &created.to_be_bytes(),
            &(line.timescale as u32).to_be_bytes(),
            &(line.media() as u64).to_be_bytes(),
            &[0x55, 0xc4, 0, 0],
        ],
    );
    let hdlr = full(b"hdlr", 0, 0, &[&[0; 4], kind.handler, &[0; 12], kind.name]);
    let dref = full(b"dref", 0, 0, &[&words([1]), &full(b"url ", 0, 1, &[])]);
    let dinf = boxed(b"dinf", &dref);
    let mut stbl = boxed(b"stsd", stsd);
    stbl.extend(stts(line));
    if kind.handler == b"vide" {
        stbl.extend(ctts(line));
        stbl.extend(stss(line));
    }
    stbl.extend_from_slice(chunks);
    let sizes = words(line.samples.iter().map(|sample| sample.bytes));
    stbl.extend(full(b"stsz", 0, 0, &[&words([0, line.samples.len() as u32]), &sizes]));
    let minf = boxed(b"minf", &[&kind.media[..], &dinf, &boxed(b"stbl", &stbl)].concat());
    let mdia = boxed(b"mdia", &[mdhd, hdlr, minf].concat());
    boxed(b"trak", &[tkhd, edts, mdia].concat())
}

/// (value, how often in a row), written as (how often, value).
fn runs(values: impl Iterator<Item = u32>) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for value in values {
        match runs.last_mut() {
            Some((last, count)) if *last == value => *count += 1,
            _ => runs.push((value, 1)),
        }
    }
    runs
}

fn table(kind: &[u8; 4], runs: &[(u32, u32)]) -> Vec<u8> {
    let body = words(runs.iter().flat_map(|(value, count)| [*count, *value]));
    full(kind, 0, 0, &[&words([runs.len() as u32]), &body])
}

fn stts(line: &Line<'_>) -> Vec<u8> {
    table(b"stts", &runs(line.durations()))
}

fn ctts(line: &Line<'_>) -> Vec<u8> {
    if line.samples.iter().all(|sample| sample.composition == 0) {
        return Vec::new();
    }
    let raised = line.samples.iter().map(|sample| (i64::from(sample.composition) + line.raise) as u32);
    table(b"ctts", &runs(raised))
}

fn stss(line: &Line<'_>) -> Vec<u8> {
    if line.samples.iter().all(|sample| sample.key) {
        return Vec::new();
    }
    let keys: Vec<u32> =
        line.samples.iter().zip(1..).filter(|(sample, _)| sample.key).map(|(_, number)| number).collect();
    full(b"stss", 0, 0, &[&words([keys.len() as u32]), &words(keys)])
}

/// `stsc` and `stco` or `co64`: a chunk is a range.
fn chunks(ranges: &[Range], audio: bool, begin: u64, wide: bool) -> Vec<u8> {
    let mut offset = begin;
    let mut offsets = Vec::new();
    let mut counts = Vec::new();
    for range in ranges {
        if range.audio == audio {
            offsets.push(offset);
            counts.push(range.samples);
        }
        offset += range.bytes;
    }
    let mut first = 1;
    let mut stsc = Vec::new();
    let runs = runs(counts.into_iter());
    for (samples, chunks) in &runs {
        stsc.extend(words([first, *samples, 1]));
        first += chunks;
    }
    let mut out = full(b"stsc", 0, 0, &[&words([runs.len() as u32]), &stsc]);
    let count = words([offsets.len() as u32]);
    if wide {
        let all: Vec<u8> = offsets.iter().flat_map(|offset| offset.to_be_bytes()).collect();
        out.extend(full(b"co64", 0, 0, &[&count, &all]));
    } else {
        let all = words(offsets.iter().map(|offset| *offset as u32));
        out.extend(full(b"stco", 0, 0, &[&count, &all]));
    }
    out
}
