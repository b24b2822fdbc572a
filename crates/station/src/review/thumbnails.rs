//! Small recorded pictures: a key frame, decoded by a worker, as JPEG. The last ones are kept, bounded by bytes; a few
//! are made at a time. And the exact picture of a moment in full size, for stills.

use super::footage::Group;
use crate::convert;
use crate::picture_file;
use crate::station::{Station, lock};
use easien_archive::{ArchiveError, Reader, reader::Place};
use easien_link::data::{Thumbnail, ThumbnailQuery};
use easien_link::problems;
use easien_model::{CameraId, Code, Problem, Sample, StreamId, StreamKind, UtcMicros};
use easien_picture::StillPixels;
use image::RgbImage;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Widths that are made.
const WIDTH_PX: std::ops::RangeInclusive<u32> = 32..=640;
/// The next key frame counts, if it is not later than this.
const NEXT_US: i64 = 10_000_000;
/// So many are made at a time.
const AT_ONCE: usize = 3;
/// Kept, in bytes of JPEG.
const KEPT_BYTES: usize = 24 << 20;
/// A person that hovers does not wait longer.
const PATIENCE: Duration = Duration::from_secs(5);

type Name = (StreamId, UtcMicros, u32);

/// The last thumbnails, by use.
#[derive(Default)]
struct Kept {
    pictures: HashMap<Name, (Arc<[u8]>, u64)>,
    bytes: usize,
    uses: u64,
}

impl Kept {
    fn get(&mut self, name: &Name) -> Option<Arc<[u8]>> {
        self.uses += 1;
        let (jpeg, used) = self.pictures.get_mut(name)?;
        *used = self.uses;
        Some(jpeg.clone())
    }

    fn put(&mut self, name: Name, jpeg: Arc<[u8]>, most_bytes: usize) {
        self.uses += 1;
        self.bytes += jpeg.len();
        if let Some((former, _)) = self.pictures.insert(name, (jpeg, self.uses)) {
            self.bytes -= former.len();
        }
        while self.bytes > most_bytes {
            let oldest = self.pictures.iter().min_by_key(|(_, (_, used))| *used).map(|(name, _)| *name);
            let Some((jpeg, _)) = oldest.and_then(|oldest| self.pictures.remove(&oldest)) else { return };
            self.bytes -= jpeg.len();
        }
    }
}

/// The small pictures.
pub(super) struct Thumbnails {
    kept: Mutex<Kept>,
    turns: Semaphore,
}

impl Default for Thumbnails {
    fn default() -> Self {
        Self { kept: Mutex::default(), turns: Semaphore::new(AT_ONCE) }
    }
}

/// The key frame for a thumbnail: the nearest not after `at`, else the next one soon.
fn key(reader: &Reader, camera: CameraId, at: UtcMicros) -> Option<Arc<Sample>> {
    let of = |stream, at| {
        reader.key_frame(stream, at).unwrap_or_else(|error| {
            tracing::debug!(%stream, %error, "no key frame for a thumbnail");
            None
        })
    };
    let streams = [StreamKind::Sub, StreamKind::Main].map(|which| StreamId { camera, which });
    let here = streams.iter().find_map(|stream| of(*stream, at));
    here.or_else(|| {
        let next = |stream: &StreamId| match reader.locate(*stream, at).ok()? {
            Place::Later { newest } => of(*stream, UtcMicros(newest.0 - 1)),
            Place::Gap { until: Some(until), .. } if until - at <= NEXT_US => of(*stream, until),
            _ => None,
        };
        streams.iter().find_map(next)
    })
}

/// What a picture in full size is decoded from.
struct Exact {
    stream: StreamId,
    samples: Vec<Arc<Sample>>,
    clock_offset_us: Option<i64>,
}

/// The newest picture not after `at`: of the main stream where it is recorded, else of the sub stream.
fn exact(reader: &Reader, camera: CameraId, at: UtcMicros) -> Result<Option<Exact>, ArchiveError> {
    let mut failed = None;
    for which in [StreamKind::Main, StreamKind::Sub] {
        let stream = StreamId { camera, which };
        let found = match reader.locate(stream, at) {
            Ok(Place::In(row)) => reader.gop(stream, at).map(|gop| gop.map(|gop| (gop, row.clock_offset_us))),
            Ok(_) => Ok(None),
            Err(error) => Err(error),
        };
        match found {
            Ok(Some((gop, clock_offset_us))) => {
                let Some(group) = Group::new(gop.samples, Some(gop.end), None) else { continue };
                let last = group.picture(group.picture_at(at)).index;
                let samples = group.samples.into_iter().take(last + 1).collect();
                return Ok(Some(Exact { stream, samples, clock_offset_us }));
            }
            Ok(None) => {}
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(None), Err)
}

fn unreadable(error: &ArchiveError) -> Problem {
    let problem = match error {
        ArchiveError::NoVolume(volume) => {
            Problem::new(Code::Unavailable, problems::VOLUME_AWAY).with("volume", volume)
        }
        ArchiveError::Damaged { path, .. } | ArchiveError::Io { path, .. } => {
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Problem::new(Code::DataLoss, problems::SEGMENT_DAMAGED).with("file", file)
        }
        _ => Problem::new(error.code(), problems::STORAGE),
    };
    problem.detail(error)
}

/// A recorded picture in full size.
pub(crate) struct Recorded {
    /// From which stream.
    pub stream: StreamId,
    /// The picture; `arrived` is when it was taken, by the station's clock.
    pub pixels: StillPixels,
    /// The camera's clock minus the station's when that was recorded, in microseconds, if known.
    pub clock_offset_us: Option<i64>,
}

impl Station {
    /// The exact picture of a recorded moment: the newest not after it.
    pub(crate) async fn recorded_picture(
        &self,
        camera: CameraId,
        at: UtcMicros,
    ) -> Result<Recorded, Problem> {
        let reader = self.archive.reader();
        let found = self.blocking(move || exact(&reader, camera, at)).await?;
        let exact = found
            .map_err(|error| unreadable(&error))?
            .ok_or_else(|| Problem::new(Code::NotFound, problems::NOT_RECORDED).field("at"))?;
        let pixels = self
            .pictures
            .decode_one(exact.samples)
            .await
            .map_err(|error| Problem::new(error.code(), problems::STILL_NO_PICTURE).detail(error))?;
        Ok(Recorded { stream: exact.stream, pixels, clock_offset_us: exact.clock_offset_us })
    }

    pub(crate) async fn find_thumbnail(&self, query: ThumbnailQuery) -> Result<Option<Thumbnail>, Problem> {
        self.need_camera(query.camera)?;
        match tokio::time::timeout(PATIENCE, self.thumbnail(query)).await {
            Ok(made) => made,
            Err(_) => Err(Problem::new(Code::Timeout, problems::TIMEOUT)),
        }
    }

    async fn thumbnail(&self, query: ThumbnailQuery) -> Result<Option<Thumbnail>, Problem> {
        let width_px = query.width_px.clamp(*WIDTH_PX.start(), *WIDTH_PX.end());
        // Who hovers over a timeline asks for many and looks at the last.
        let Ok(_turn) = self.reviews.thumbnails.turns.acquire().await else { return Ok(None) };
        let reader = self.archive.reader();
        let key = self.blocking(move || key(&reader, query.camera, query.at)).await?;
        let Some(key) = key else { return Ok(None) };
        let name = (key.stream, key.arrived, width_px);
        let told = |jpeg: &[u8]| Some(Thumbnail { url: convert::data_url("image/jpeg", jpeg), at: name.1 });
        let kept = lock(&self.reviews.thumbnails.kept).get(&name);
        if let Some(jpeg) = kept {
            return Ok(told(&jpeg));
        }
        let pixels = match self.pictures.decode_one(vec![key]).await {
            Ok(pixels) => pixels,
            Err(error) => {
                tracing::debug!(%error, "no picture for a thumbnail");
                return Ok(None);
            }
        };
        let jpeg = self.blocking(move || {
            let picture = RgbImage::from_raw(pixels.width_px, pixels.height_px, pixels.rgb)?;
            picture_file::small_jpeg(&picture, width_px).ok()
        });
        let Some(jpeg) = jpeg.await? else { return Ok(None) };
        let jpeg: Arc<[u8]> = jpeg.into();
        lock(&self.reviews.thumbnails.kept).put(name, jpeg.clone(), KEPT_BYTES);
        Ok(told(&jpeg))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_used_are_kept_within_their_bytes() {
        let mut kept = Kept::default();
        let stream = StreamId { camera: CameraId::new(), which: StreamKind::Sub };
        let name = |number: i64| (stream, UtcMicros(number), 160);
        for number in 0..10 {
            kept.put(name(number), vec![0; 100].into(), 500);
            assert!(kept.get(&name(0)).is_some(), "used all the time");
        }
        assert_eq!((kept.bytes, kept.pictures.len()), (500, 5));
        assert!(kept.get(&name(9)).is_some() && kept.get(&name(3)).is_none());
        kept.put(name(9), vec![0; 50].into(), 500);
        assert_eq!(kept.bytes, 450);
    }
}
