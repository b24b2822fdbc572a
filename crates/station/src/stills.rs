//! Stills: a full-resolution picture of what a camera shows, or showed, as a file with its legend, its sum and its row.

use crate::convert;
use crate::marks::check_page;
use crate::picture_file::{self, Legend};
use crate::sessions::{Holder, base};
use crate::station::{Station, lock};
use easien_link::data::{FeedItem, Page, Picture, Still, StillDraft, StillFormat};
use easien_link::{Caller, Event, problems};
use easien_model::{Code, Problem, SessionPhase, StillId, StreamId, StreamKind};
use easien_picture::StillPixels;
use easien_store::CameraRow;
use image::RgbImage;
use sha2::{Digest, Sha256};
use std::io;
use std::time::Duration;

/// A running stream has a picture at once; one with a long key interval needs patience.
const RUNNING: Duration = Duration::from_secs(5);
/// A main stream that has to be opened first.
const OPENED: Duration = Duration::from_secs(8);
/// Width of the thumbnail.
const THUMBNAIL_PX: u32 = 240;

impl Station {
    /// Takes a still. The moment counts: of a running main stream, else of the running sub stream; only if neither
    /// runs is the main stream opened for it.
    pub(crate) async fn take_still(&self, caller: &Caller, draft: StillDraft) -> Result<Still, Problem> {
        let id = draft.id;
        if let Some(known) = self.store(move |store| store.still(id)).await? {
            // A retry: the still is taken already.
            return match known.still.camera == draft.camera {
                true => Ok(convert::still(known)),
                false => Err(Problem::new(Code::Conflict, problems::ID_TAKEN).field("id")),
            };
        }
        let row = self.need_camera(draft.camera)?;
        let (stream, pixels, clock_offset_us) = match draft.at {
            Some(at) => {
                let recorded = self.recorded_picture(row.id, at).await?;
                (recorded.stream, recorded.pixels, recorded.clock_offset_us)
            }
            None => {
                let (stream, pixels) = self.still_pixels(&row, &draft).await?;
                let offset = self.ingest.stats(stream).and_then(|stats| stats.clock_offset_us);
                (stream, pixels, offset)
            }
        };
        let (format, station) = {
            let settings = lock(&self.settings);
            (settings.still_format, settings.name.clone())
        };
        let legend = Legend {
            code: row.code.clone(),
            name: row.name.clone(),
            at: pixels.arrived,
            clock_offset_us,
            station,
            author: caller.name.clone(),
        };
        let at = pixels.arrived;
        let stills = self.folder.stills();
        let filed = self.blocking(move || file(&stills, pixels, &legend, format)).await?;
        let filed = filed.map_err(|error| {
            let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
            tracing::error!(%error, "a still was not written");
            let (code, key) = match full {
                true => (Code::DiskFull, problems::DISK_FULL),
                false => (Code::Unavailable, problems::STILL_WRITE),
            };
            Problem::new(code, key).detail(error)
        })?;
        let path = self.folder.stills().join(&filed.file);
        let new = easien_store::StillDraft {
            id: draft.id,
            camera: draft.camera,
            which: stream.which,
            at,
            clock_offset_us,
            width_px: filed.width_px,
            height_px: filed.height_px,
            file: filed.file,
            bytes: filed.bytes,
            sha256: filed.sha256,
            thumbnail: filed.thumbnail,
        };
        let who = caller.name.clone();
        let _order = self.changes.lock().await;
        match self.store(move |store| store.add_still(&who, new)).await {
            Ok(row) => {
                let still = convert::still(row);
                self.tell(Event::FeedChanged(FeedItem::Still(still.clone())));
                Ok(still)
            }
            Err(problem) => {
                // A file without its row would be a picture that nobody took.
                let _ = self.blocking(move || std::fs::remove_file(path)).await;
                Err(problem)
            }
        }
    }

    async fn still_pixels(
        &self,
        row: &CameraRow,
        draft: &StillDraft,
    ) -> Result<(StreamId, StillPixels), Problem> {
        let live = |which| {
            let stream = StreamId { camera: row.id, which };
            self.session(stream).filter(|session| session.state.phase == SessionPhase::Live).map(|_| stream)
        };
        let mut detail = "no stream of this camera is live".to_owned();
        for stream in [live(StreamKind::Main), live(StreamKind::Sub)].into_iter().flatten() {
            match tokio::time::timeout(RUNNING, self.pictures.still(stream)).await {
                Ok(Ok(pixels)) => return Ok((stream, pixels)),
                Ok(Err(error)) => detail = error.to_string(),
                Err(_) => detail = "no picture came in time".to_owned(),
            }
        }
        if base(row).which == StreamKind::Sub && live(StreamKind::Main).is_none() {
            let holder = Holder::Still(draft.id);
            self.hold_main(row, holder.clone()).await?;
            let stream = StreamId { camera: row.id, which: StreamKind::Main };
            let pixels = tokio::time::timeout(OPENED, async {
                while live(StreamKind::Main).is_none() {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                self.pictures.still(stream).await
            });
            let pixels = pixels.await;
            self.release_main(row.id, &holder);
            match pixels {
                Ok(Ok(pixels)) => return Ok((stream, pixels)),
                Ok(Err(error)) => detail = error.to_string(),
                Err(_) => {}
            }
        }
        Err(Problem::new(Code::Unavailable, problems::STILL_NO_PICTURE).detail(detail))
    }

    pub(crate) async fn list_stills(&self, caller: &Caller, page: Page) -> Result<Vec<Still>, Problem> {
        check_page(&page)?;
        let sight = caller.sight.clone();
        let rows = self.store(move |store| {
            let Page { mut before, limit } = page;
            let mut found = Vec::new();
            // A page is full of what may be seen; it still ends at a time.
            loop {
                let rows = store.stills(before, limit)?;
                before = rows.last().map(|row| row.still.at);
                let last = rows.len() < limit as usize || sight.is_full();
                found.extend(rows.into_iter().filter(|row| sight.sees(row.still.camera)));
                if last || found.len() >= limit as usize {
                    return Ok(found);
                }
            }
        });
        Ok(rows.await?.into_iter().map(convert::still).collect())
    }

    /// The file as it is, if it is what was written.
    pub(crate) async fn still_picture(&self, caller: &Caller, id: StillId) -> Result<Picture, Problem> {
        let row = self
            .store(move |store| store.still(id))
            .await?
            .filter(|row| caller.sight.sees(row.still.camera))
            .ok_or_else(|| Problem::new(Code::NotFound, problems::STILL_NOT_FOUND))?;
        let file = row.still.file.clone();
        let path = self.folder.stills().join(&file);
        let bytes = self.blocking(move || std::fs::read(path)).await?.map_err(|error| {
            Problem::new(Code::DataLoss, problems::STILL_FILE_MISSING).with("file", &file).detail(error)
        })?;
        if Sha256::digest(&bytes)[..] != row.still.sha256 {
            return Err(Problem::new(Code::DataLoss, problems::STILL_FILE_CHANGED).with("file", &file));
        }
        let kind = if file.ends_with(".png") { "image/png" } else { "image/jpeg" };
        Ok(Picture { url: convert::data_url(kind, &bytes) })
    }
}

struct Filed {
    file: String,
    bytes: u64,
    sha256: [u8; 32],
    thumbnail: Vec<u8>,
    width_px: u32,
    height_px: u32,
}

fn file(
    stills: &std::path::Path,
    pixels: StillPixels,
    legend: &Legend,
    format: StillFormat,
) -> io::Result<Filed> {
    let (width_px, height_px) = (pixels.width_px, pixels.height_px);
    let picture = RgbImage::from_raw(width_px, height_px, pixels.rgb)
        .ok_or_else(|| io::Error::other("the picture does not have its size"))?;
    let (bytes, ending) = match format {
        StillFormat::Png => (picture_file::png(&picture, legend)?, "png"),
        StillFormat::Jpeg => (picture_file::jpeg(&picture, legend)?, "jpg"),
    };
    let thumbnail = picture_file::small_jpeg(&picture, THUMBNAIL_PX)?;
    let (day, name) = legend.place();
    let file = picture_file::write(stills, &day, &name, ending, &bytes)?;
    Ok(Filed {
        file,
        bytes: bytes.len() as u64,
        sha256: Sha256::digest(&bytes).into(),
        thumbnail,
        width_px,
        height_px,
    })
}
