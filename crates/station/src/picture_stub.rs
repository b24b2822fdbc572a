//! Stands in until easien-picture has its station side.
#![allow(missing_docs, dead_code, clippy::unused_async)]
use easien_model::*;
use easien_mosaic::MosaicPlace;
use futures::stream::BoxStream;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::broadcast;
#[derive(Clone)]
pub struct Pictures(broadcast::Sender<PictureEvent>);
#[derive(Debug, thiserror::Error)]
#[error("no pictures yet")]
pub struct Error;
impl Error {
    pub fn code(&self) -> Code {
        Code::Unavailable
    }
}
pub struct Options {
    pub program: PathBuf,
    pub workers: usize,
}
#[derive(Clone, Debug)]
pub enum PictureEvent {
    WorkerUp,
    Undecodable { stream: StreamId },
    Quarantined { stream: StreamId },
}
pub struct WorkerInfo {
    pub pid: Option<u32>,
    pub restarts: u32,
}
pub struct TileWant {
    pub tile: u32,
    pub camera: CameraId,
    pub width_px: u32,
    pub height_px: u32,
    pub main: bool,
    pub has_sub: bool,
}
pub struct SlotPlace {
    pub tile: u32,
    pub slot: u32,
    pub assignment: u64,
}
pub struct Shown {
    pub handle: MosaicPlace,
    pub tiles: Vec<SlotPlace>,
}
pub struct StillPixels {
    pub rgb: Vec<u8>,
    pub width_px: u32,
    pub height_px: u32,
    pub arrived: UtcMicros,
}
impl Pictures {
    pub fn new(_: Handle, _: Scope, _: Arc<dyn Clock>, _: Options) -> Result<Self, Error> {
        Ok(Self(broadcast::Sender::new(16)))
    }
    pub fn set_feeds(&self, _: Arc<dyn Fn(StreamId) -> BoxStream<'static, Arc<Sample>> + Send + Sync>) {}
    pub fn show(&self, _: &str, _: &[TileWant]) -> Result<Shown, Error> {
        Err(Error)
    }
    pub fn hide(&self, _: &str) {}
    pub fn blank(&self, _: CameraId, _: bool) {}
    pub async fn still(&self, _: StreamId) -> Result<StillPixels, Error> {
        Err(Error)
    }
    pub async fn decode_one(&self, _: Vec<Arc<Sample>>) -> Result<StillPixels, Error> {
        Err(Error)
    }
    pub fn events(&self) -> broadcast::Receiver<PictureEvent> {
        self.0.subscribe()
    }
    pub fn workers(&self) -> Vec<WorkerInfo> {
        vec![]
    }
}
