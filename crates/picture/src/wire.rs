//! The wire between the station and a picture worker: frames on the worker's stdin and stdout. A frame is its length
//! as 4 bytes little-endian, a message in postcard, and the message's payload (a sample's bytes, a still's pixels) as
//! it is, so that the large part is never copied by the serialiser.

use crate::types::Part;
use easien_model::{Sample, StreamId, Ticks90k, UtcMicros, VideoParams};
use easien_mosaic::{MosaicPlace, Tier};
use serde::{Deserialize, Serialize};

/// Largest frame towards a worker, in bytes; a larger sample is not a picture.
pub const MAX_TO_WORKER_BYTES: usize = 16 << 20;
/// Largest frame from a worker, in bytes: a still of 8192 x 8192 in RGB.
pub const MAX_FROM_WORKER_BYTES: usize = (192 << 20) + 4096;

/// What the station says. `key` numbers an opened stream within one life of a worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToWorker {
    /// Are you there? Answered in between two pictures, so a decoder that hangs does not answer.
    Ping {
        /// Comes back.
        number: u64,
    },
    /// Samples of this stream will follow.
    Open {
        /// The stream's number from now on.
        key: u32,
        /// Which stream, for the blame slot and the pictures.
        stream: StreamId,
        /// How much of it to decode.
        tier: Tier,
    },
    /// From the next sample on a new run with these parameters.
    Params {
        /// The stream.
        key: u32,
        /// Its parameters.
        params: VideoParams,
    },
    /// One access unit; its NAL units behind 4-byte lengths are the payload.
    Sample(SampleHead),
    /// No more samples will come; the pictures that the decoder holds back are due.
    End {
        /// The stream.
        key: u32,
    },
    /// Decode that much of it from now on.
    Tier {
        /// The stream.
        key: u32,
        /// How much.
        tier: Tier,
    },
    /// Nobody needs the stream any more.
    Close {
        /// The stream.
        key: u32,
    },
    /// A mosaic to paint into.
    Mosaic {
        /// Its number from now on.
        mosaic: u32,
        /// Where it is.
        place: MosaicPlace,
    },
    /// The mosaic and its tiles are gone.
    CloseMosaic {
        /// The mosaic.
        mosaic: u32,
    },
    /// Paint these streams into this slot; replaces what the slot showed.
    Tile {
        /// The mosaic.
        mosaic: u32,
        /// The slot.
        slot: u32,
        /// The slot's assignment.
        assignment: u64,
        /// Streams of one camera, the most wanted first; the next is shown while the first has no picture.
        sources: Vec<u32>,
        /// The part of the picture that fills the slot; none: the whole.
        part: Option<Part>,
    },
    /// Samples of a recording of this stream will follow; they are decoded in order, none is dropped.
    OpenPlay {
        /// The play's number from now on; no stream has the same.
        key: u32,
        /// Which stream, for the blame slot and the pictures.
        stream: StreamId,
    },
    /// One access unit of a recording, its payload as of [`ToWorker::Sample`]; `arrived` is the picture's UTC.
    PlaySample {
        /// The sample.
        head: SampleHead,
        /// What its picture is for.
        due: Due,
    },
    /// Forget what is queued; a key frame follows. What is kept stays.
    ResetPlay {
        /// The play.
        key: u32,
        /// Comes back with every answer from now on.
        epoch: u32,
    },
    /// What the decoder holds back is due; a key frame follows.
    EndOfGop {
        /// The play.
        key: u32,
    },
    /// Paint exactly this picture from those kept.
    Paint {
        /// The play.
        key: u32,
        /// The picture.
        at: UtcMicros,
    },
    /// Send the newest picture in full size. Of a play: the last one shown, when what was told before is done.
    Still {
        /// Comes back with it.
        request: u64,
        /// The stream.
        key: u32,
    },
}

/// What the picture of a recorded sample is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Due {
    /// To be painted as soon as it is decoded, and kept.
    Show,
    /// To be kept for [`ToWorker::Paint`], as far as there is room.
    Keep,
    /// Only that others can refer to it.
    Pass,
}

/// A sample without its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleHead {
    /// The stream.
    pub key: u32,
    /// As in [`Sample`].
    pub seq: u64,
    /// As in [`Sample`].
    pub pts: Ticks90k,
    /// As in [`Sample`].
    pub arrived: UtcMicros,
    /// Decoding can start here.
    pub is_key: bool,
    /// Packets are missing inside.
    pub damaged: bool,
}

impl SampleHead {
    /// The head of `sample` as stream `key`.
    #[must_use]
    pub fn of(key: u32, sample: &Sample) -> Self {
        Self {
            key,
            seq: sample.seq,
            pts: sample.pts,
            arrived: sample.arrived,
            is_key: sample.key,
            damaged: sample.damaged,
        }
    }
}

/// What a worker says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FromWorker {
    /// Up.
    Ready,
    /// Answer to a ping.
    Pong {
        /// The ping's.
        number: u64,
    },
    /// A picture; its pixels (R, G, B, rows without padding) are the payload.
    Still {
        /// The request's.
        request: u64,
        /// Width in pixels.
        width_px: u32,
        /// Height in pixels.
        height_px: u32,
        /// Presentation time on the run's clock.
        pts: Ticks90k,
        /// When its last packet arrived.
        arrived: UtcMicros,
    },
    /// The still cannot be given: no such stream, or no picture in time.
    NoStill {
        /// The request's.
        request: u64,
    },
    /// Samples came for seconds, and no picture.
    Undecodable {
        /// The stream.
        key: u32,
    },
    /// Pictures again, after `Undecodable`.
    Decodable {
        /// The stream.
        key: u32,
    },
    /// About once a second while samples come: figures since the worker's start.
    Stats(WorkerStats),
    /// About a play.
    Play {
        /// Which.
        key: u32,
        /// As of its last reset.
        epoch: u32,
        /// What.
        said: PlaySaid,
    },
}

/// What a worker says of a play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlaySaid {
    /// So many bytes of samples are done with: as many more may come.
    Taken {
        /// Bytes, as they were sent.
        bytes: u64,
    },
    /// The picture is painted in the play's tiles.
    Painted {
        /// Which.
        at: UtcMicros,
        /// It was kept; else it was decoded for this.
        kept: bool,
    },
    /// The picture is not among those kept: nothing was painted.
    NotKept {
        /// Which.
        at: UtcMicros,
    },
    /// The picture was decoded, and kept if there was room.
    Decoded {
        /// Which.
        at: UtcMicros,
    },
    /// No picture that may be shown came of this sample.
    Undecodable {
        /// Which.
        at: UtcMicros,
    },
}

/// A worker's figures since its start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WorkerStats {
    /// CPU time used, in microseconds.
    pub cpu_micros: u64,
    /// The longest that a live sample waited for its turn since the figures before, in milliseconds.
    pub waited_ms: u32,
    /// Stream by stream.
    pub streams: Vec<StreamStats>,
}

/// A stream's figures since it was opened in a worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamStats {
    /// The stream's number.
    pub key: u32,
    /// Good pictures decoded.
    pub decoded: u64,
    /// Pictures painted, over all tiles.
    pub painted: u64,
    /// Samples that the decoder refused, and pictures with damage, which were not painted.
    pub errors: u64,
    /// Samples dropped because the worker was behind.
    pub late: u64,
    /// Width of the last picture; 0: none yet.
    pub width_px: u32,
    /// Height of the last picture.
    pub height_px: u32,
}

/// Appends a frame to `out`.
///
/// # Errors
/// Only if the message cannot be serialised, which does not happen with these types.
pub fn put(out: &mut Vec<u8>, message: &impl Serialize, payload: &[u8]) -> Result<(), postcard::Error> {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    let mut whole = postcard::to_extend(message, std::mem::take(out))?;
    whole.extend_from_slice(payload);
    let length = u32::try_from(whole.len() - start - 4).map_err(|_| postcard::Error::SerializeBufferFull)?;
    if let Some(head) = whole.get_mut(start..start + 4) {
        head.copy_from_slice(&length.to_le_bytes());
    }
    *out = whole;
    Ok(())
}

/// A frame at the beginning of `bytes`: its body, and how many bytes to go on by. None: not complete yet.
///
/// # Errors
/// A length above `most`.
pub fn split(bytes: &[u8], most: usize) -> Result<Option<(&[u8], usize)>, TooLong> {
    let Some((head, rest)) = bytes.split_first_chunk::<4>() else { return Ok(None) };
    let length = u32::from_le_bytes(*head) as usize;
    if length > most {
        return Err(TooLong);
    }
    Ok(rest.get(..length).map(|body| (body, length + 4)))
}

/// A frame's length cannot be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame's length cannot be right")]
pub struct TooLong;

/// The message and the payload of a frame's body.
///
/// # Errors
/// It is no such message.
pub fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<(T, &'a [u8]), postcard::Error> {
    postcard::take_from_bytes(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn frames_come_back_with_their_payloads() {
        let mut out = Vec::new();
        put(&mut out, &ToWorker::Ping { number: 7 }, &[]).unwrap();
        let still = FromWorker::Still {
            request: 1,
            width_px: 2,
            height_px: 1,
            pts: Ticks90k(-5),
            arrived: UtcMicros(9),
        };
        put(&mut out, &still, &[1, 2, 3, 4, 5, 6]).unwrap();
        let (body, used) = split(&out, 100).unwrap().unwrap();
        assert_eq!(read::<ToWorker>(body).unwrap(), (ToWorker::Ping { number: 7 }, &[][..]));
        let (body, rest) = split(&out[used..], 100).unwrap().unwrap();
        assert_eq!(read::<FromWorker>(body).unwrap(), (still, &[1, 2, 3, 4, 5, 6][..]));
        assert_eq!(used + rest, out.len());
        assert_eq!(split(&out[used..out.len() - 1], 100), Ok(None));
        assert_eq!(split(&[255, 255, 255, 255], 100), Err(TooLong));
    }

    proptest! {
        #[test]
        fn garbage_is_refused_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read::<ToWorker>(&bytes);
            let _ = read::<FromWorker>(&bytes);
            let _ = split(&bytes, 150);
        }
    }
}
