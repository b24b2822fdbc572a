//! The fragments of a GOP (or of several short ones), read from a file at once.

use super::GOP_BYTES;
use crate::index::SegmentRow;
use crate::parse::boxes::{BoxHead, ReadAt};
use crate::parse::seal::{SEAL_BEGIN, SEAL_BYTES};
use crate::parse::{Fragment, Head, Seal};
use crate::scan::{MDAT_BYTES, MOOF_BYTES, picture_utc};
use bytes::Bytes;
use easien_model::{MediaKind, Params, Sample, Ticks90k, UtcMicros};
use std::io;
use std::sync::Arc;

/// A sample as it was read.
#[derive(Clone, Debug)]
pub struct ReadSample {
    pub utc: UtcMicros,
    /// From the segment's begin.
    pub ticks_90k: i64,
    pub key: bool,
    pub damaged: bool,
    pub data: Bytes,
}

/// Fragments that follow each other, the first of them perhaps with a key frame, the others without one at their begin.
#[derive(Clone, Debug)]
pub struct Part {
    /// Where it begins in the file.
    pub offset: u64,
    /// Where the next one does.
    pub next: u64,
    /// Pictures in decoding order.
    pub samples: Vec<ReadSample>,
    pub audio: Vec<ReadSample>,
    pub begin: UtcMicros,
    pub end: UtcMicros,
    /// What made no sense.
    pub damage: Option<String>,
    params: Arc<Params>,
    audio_params: Option<Arc<Params>>,
}

impl Part {
    /// Reads from `offset` to `end`, or as many fragments as [`GOP_BYTES`] hold.
    pub fn read(
        file: &(impl ReadAt + ?Sized),
        row: &SegmentRow,
        head: &Head,
        offset: u64,
        end: u64,
    ) -> io::Result<Self> {
        let wanted = end.saturating_sub(offset).min(GOP_BYTES);
        let mut data = vec![0; wanted as usize];
        let count = file.read_up_to(&mut data, offset)?;
        data.truncate(count);
        let cut = offset.saturating_add(wanted) < end;
        let mut part = Self {
            offset,
            next: end,
            samples: Vec::new(),
            audio: Vec::new(),
            begin: row.start,
            end: row.start,
            damage: (count < wanted as usize).then(|| format!("it ends at byte {}", offset + count as u64)),
            params: head.tracks.video.params.clone(),
            audio_params: head.tracks.audio.as_ref().map(|track| track.params.clone()),
        };
        part.parse(Bytes::from(data), head, cut);
        Ok(part)
    }

    fn parse(&mut self, data: Bytes, head: &Head, cut: bool) {
        let mut at = 0;
        let mut first = true;
        while at < data.len() {
            let rest = data.slice(at..);
            match fragment_bytes(&rest) {
                Some(bytes) if bytes <= rest.len() => {
                    self.fragment(&rest.slice(..bytes), head, self.offset + at as u64, first);
                    first = false;
                    at += bytes;
                }
                Some(_) if cut && !first => {
                    // The rest of the GOP comes as a part of its own.
                    self.next = self.offset + at as u64;
                    return;
                }
                _ => {
                    self.damage.get_or_insert_with(|| {
                        format!("what begins at byte {} is no whole fragment", self.offset + at as u64)
                    });
                    let Some(skip) = rest.windows(SEAL_BEGIN.len()).position(|window| window == SEAL_BEGIN)
                    else {
                        return;
                    };
                    at += skip + SEAL_BYTES as usize;
                    first = false;
                }
            }
        }
    }

    /// One fragment, from its `moof` to the end of its seal.
    fn fragment(&mut self, data: &Bytes, head: &Head, offset: u64, first: bool) {
        let told = |what: &str| format!("the fragment at byte {offset} {what}");
        let seal_at = data.len() - SEAL_BYTES as usize;
        let Some(seal) = data.get(seal_at..).and_then(Seal::parse) else {
            self.damage.get_or_insert_with(|| told("has no seal"));
            return;
        };
        let moof =
            BoxHead::parse(data).unwrap_or(BoxHead { kind: *b"moof", user: None, head_bytes: 8, bytes: 8 });
        let body = data.get(moof.head_bytes as usize..moof.bytes as usize).unwrap_or(&[]);
        let Some(fragment) = Fragment::parse(body, &head.tracks, moof.bytes + 8, seal_at as u64) else {
            self.damage.get_or_insert_with(|| told("has a table that makes no sense"));
            return;
        };
        if fragment.video.len() != seal.samples as usize || fragment.number != seal.number {
            self.damage.get_or_insert_with(|| told("is not what its seal says"));
        }
        let (from, to) = fragment.span_90k().unwrap_or((0, 0));
        let utc = |ticks: i64| {
            picture_utc(seal.begin, seal.end, ticks.saturating_sub(from), to.saturating_sub(from))
        };
        for sample in &fragment.video {
            let start = sample.offset as usize;
            let bytes = data.slice(start..start + sample.bytes as usize);
            let sound = nal_units_fit(&bytes);
            if !sound {
                self.damage.get_or_insert_with(|| told("has a picture whose NAL units do not fit"));
            }
            self.samples.push(ReadSample {
                utc: utc(sample.presentation()),
                ticks_90k: sample.presentation(),
                key: sample.key,
                damaged: sample.damaged || !sound,
                data: bytes,
            });
        }
        let rate = head.tracks.audio.as_ref().map_or(1, |track| track.timescale);
        for sample in &fragment.audio {
            let start = sample.offset as usize;
            let ticks_90k = (i128::from(sample.decode) * 90_000 / i128::from(rate)) as i64;
            self.audio.push(ReadSample {
                utc: utc(ticks_90k),
                ticks_90k,
                key: true,
                damaged: sample.damaged,
                data: data.slice(start..start + sample.bytes as usize),
            });
        }
        if first || self.samples.len() == fragment.video.len() {
            self.begin = seal.begin;
        }
        self.end = seal.end.max(self.end);
    }

    /// The samples of the GOP that a moment lies in; before the first: the first, behind the last: the last.
    pub fn gop_at(&self, at: UtcMicros) -> Option<(usize, usize)> {
        let mut from = 0;
        let mut to = self.gop_end(0)?;
        while let Some(next) = self.gop_end(to) {
            if self.samples.get(to).is_none_or(|key| key.utc > at) {
                break;
            }
            (from, to) = (to, next);
        }
        Some((from, to))
    }

    /// Where the GOP ends that begins at sample `from`. `None`: none begins there.
    pub fn gop_end(&self, from: usize) -> Option<usize> {
        let rest = self.samples.get(from..).filter(|rest| !rest.is_empty())?;
        let more = rest.iter().skip(1).position(|sample| sample.key).map_or(rest.len(), |more| more + 1);
        Some(from + more)
    }

    /// Where the GOP begins that ends before sample `to`. `None`: there is nothing before it.
    pub fn gop_before(&self, to: usize) -> Option<usize> {
        let before = self.samples.get(..to).filter(|before| !before.is_empty())?;
        Some(before.iter().rposition(|sample| sample.key).unwrap_or(0))
    }

    /// UTC of the end of the pictures before sample `to`.
    pub fn end_before(&self, to: usize) -> UtcMicros {
        self.samples.get(to).map_or(self.end, |next| next.utc)
    }

    pub fn samples(&self, row: &SegmentRow, from: usize, to: usize, seq: u64) -> Vec<Arc<Sample>> {
        let samples = self.samples.get(from..to).unwrap_or(&[]);
        Self::make(samples, row, MediaKind::Video, &self.params, seq)
    }

    pub fn audio(&self, row: &SegmentRow, seq: u64) -> Vec<Arc<Sample>> {
        match &self.audio_params {
            Some(params) => Self::make(&self.audio, row, MediaKind::Audio, params, seq),
            None => Vec::new(),
        }
    }

    fn make(
        samples: &[ReadSample],
        row: &SegmentRow,
        kind: MediaKind,
        params: &Arc<Params>,
        seq: u64,
    ) -> Vec<Arc<Sample>> {
        samples
            .iter()
            .zip(seq..)
            .map(|(sample, seq)| {
                Arc::new(Sample {
                    stream: row.stream,
                    kind,
                    run: row.run,
                    seq,
                    pts: Ticks90k(row.rtp_start_90k.saturating_add(sample.ticks_90k)),
                    arrived: sample.utc,
                    key: sample.key,
                    damaged: sample.damaged,
                    params: params.clone(),
                    data: sample.data.clone(),
                })
            })
            .collect()
    }
}

/// How many bytes the fragment at the begin of `data` takes, seal included, going by its heads.
fn fragment_bytes(data: &[u8]) -> Option<usize> {
    let moof = BoxHead::parse(data).filter(|head| head.is(b"moof") && head.bytes <= MOOF_BYTES)?;
    match data.get(moof.bytes as usize..) {
        // Cut off within the moof: more than there is.
        None | Some([]) => Some(usize::MAX),
        Some(rest) if rest.len() < 16 => Some(usize::MAX),
        Some(rest) => {
            let mdat = BoxHead::parse(rest).filter(|head| head.is(b"mdat") && head.bytes <= MDAT_BYTES)?;
            Some((moof.bytes + mdat.bytes + SEAL_BYTES) as usize)
        }
    }
}

/// Whether a picture's NAL units fill it exactly.
pub fn nal_units_fit(mut data: &[u8]) -> bool {
    while let Some((length, tail)) = data.split_first_chunk::<4>() {
        let Some(rest) = tail.get(u32::from_be_bytes(*length) as usize..) else { return false };
        data = rest;
    }
    data.is_empty()
}
