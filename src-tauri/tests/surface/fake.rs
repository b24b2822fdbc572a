//! A station that is not one: it makes mosaics and fills them with pictures whose colour says camera and number, so
//! that a screenshot tells what is painted where and whether any picture is torn.

use easien::presenter::PresenterKind;
use easien::station::Station;
use easien_link::data::{MosaicHandle, TileShown, WallShow, WallShown};
use easien_model::{CameraId, Clock, Code, Problem, Scope, SystemClock, Ticks90k};
use easien_mosaic::{Frame, Mosaic, MosaicWriter, SlotSize, Tier};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::io::BufRead;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tauri::utils::assets::{AssetKey, AssetsIter, CspHash};
use tokio::sync::{broadcast, watch};

const PAGE: &str = include_str!("page.html");

/// The test's page in place of the product's.
struct TestPage;

impl tauri::Assets<tauri::Wry> for TestPage {
    fn get(&self, _key: &AssetKey) -> Option<Cow<'_, [u8]>> {
        Some(PAGE.as_bytes().into())
    }
    fn iter(&self) -> Box<AssetsIter<'_>> {
        Box::new(std::iter::empty())
    }
    fn csp_hashes(&self, _html_path: &AssetKey) -> Box<dyn Iterator<Item = CspHash<'_>> + '_> {
        Box::new(std::iter::empty())
    }
}

/// The colour that pictures of a camera have: red names the camera (its last byte), green counts pictures.
fn colour(camera: CameraId, number: u64) -> [u8; 4] {
    let code = camera.0.as_bytes()[15];
    [0x80, (number % 200) as u8 + 40, code, 0xff]
}

pub struct FakeStation {
    events: broadcast::Sender<Arc<Value>>,
    connection: watch::Sender<Option<u64>>,
    generation: AtomicU64,
    /// Milliseconds before a mosaic's first picture.
    late_ms: AtomicU64,
    /// So many times `wall.show` fails, having taken down what was shown.
    refusals: AtomicU64,
    fps: u64,
    now: Mutex<Option<Arc<Shown>>>,
}

struct Shown {
    mosaic: Mosaic,
    cameras: Vec<CameraId>,
    over: AtomicBool,
}

impl FakeStation {
    fn show(&self, args: Value) -> Result<Value, Problem> {
        let wanted: WallShow = serde_json::from_value(args).expect("the arguments of wall.show");
        say("show", json!(wanted));
        if let Some(before) = self.now.lock().expect("lock").take() {
            before.over.store(true, Ordering::SeqCst);
        }
        if wanted.tiles.is_empty() {
            return Ok(Value::Null);
        }
        if self.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
        {
            return Err(Problem::new(Code::Unavailable, "problem_picture_unavailable"));
        }
        let generation = self.generation.fetch_add(1, Ordering::SeqCst) + 1;
        let sizes: Vec<SlotSize> = wanted
            .tiles
            .iter()
            .map(|tile| SlotSize { width_px: tile.width_px, height_px: tile.height_px })
            .collect();
        let mosaic =
            Mosaic::create(&sizes, generation).map_err(|error| Problem::new(error.code(), "test"))?;
        let tiles: Vec<TileShown> = wanted
            .tiles
            .iter()
            .enumerate()
            .map(|(slot, tile)| {
                let assignment = mosaic.assign(slot, tile.camera).expect("assign");
                mosaic.set_shown(slot, true).expect("shown");
                TileShown { tile: tile.tile, slot: slot as u32, assignment }
            })
            .collect();
        let place = mosaic.place();
        let cameras = wanted.tiles.iter().map(|tile| tile.camera).collect();
        let shown = Arc::new(Shown { mosaic, cameras, over: AtomicBool::new(false) });
        let assignments: Vec<u64> = tiles.iter().map(|tile| tile.assignment).collect();
        let (painting, late) = (shown.clone(), self.late_ms.load(Ordering::SeqCst));
        let pause = Duration::from_micros(1_000_000 / self.fps);
        std::thread::spawn(move || paint(&painting, &assignments, Duration::from_millis(late), pause));
        *self.now.lock().expect("lock") = Some(shown);
        let mosaic =
            MosaicHandle { pid: place.pid, fd: place.fd, bytes: place.bytes, generation: place.generation };
        Ok(json!(WallShown { mosaic, tiles }))
    }
}

fn paint(shown: &Shown, assignments: &[u64], late: Duration, pause: Duration) {
    std::thread::sleep(late);
    let writer = MosaicWriter::open_place(&shown.mosaic.place()).expect("writer");
    let mut slots: Vec<_> = (0..assignments.len()).map(|slot| writer.slot(slot).expect("slot")).collect();
    let mut number = 0;
    while !shown.over.load(Ordering::SeqCst) {
        number += 1;
        for (slot, assignment) in assignments.iter().enumerate() {
            let camera = shown.cameras[slot];
            slots[slot].back(|pixels, _| {
                let colour = colour(camera, number);
                pixels.chunks_exact_mut(4).for_each(|pixel| pixel.copy_from_slice(&colour));
            });
            let arrived = SystemClock.utc_now();
            let pts = Ticks90k(number as i64);
            slots[slot].publish(&Frame { assignment: *assignment, camera, pts, arrived, tier: Tier::Sub });
        }
        std::thread::sleep(pause);
    }
}

impl Station for FakeStation {
    fn call(&self, name: &str, args: Value) -> BoxFuture<'static, Result<Value, Problem>> {
        let answer = match name {
            "wall.show" => self.show(args),
            "wall.report" => {
                say("report", args);
                Ok(Value::Null)
            }
            "window.ask" | "station.stop" => {
                say("asked", json!({ "name": name, "args": args }));
                Ok(Value::Null)
            }
            "test.say" => {
                say("page", args);
                Ok(Value::Null)
            }
            _ => Err(Problem::new(Code::Unsupported, "problem_unknown_command")),
        };
        async move { answer }.boxed()
    }
    fn connection(&self) -> watch::Receiver<Option<u64>> {
        self.connection.subscribe()
    }
    fn events(&self) -> broadcast::Receiver<Arc<Value>> {
        self.events.subscribe()
    }
}

fn say(what: &str, data: Value) {
    println!("@{}", json!({ "what": what, "data": data }));
}

/// The window with the fake station; orders come as JSON lines on standard input, what happens goes out as lines that
/// begin with `@`. Ends with the process.
pub fn run() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u32>().ok());
    let station = Arc::new(FakeStation {
        events: broadcast::Sender::new(64),
        connection: watch::Sender::new(Some(1)),
        generation: AtomicU64::new(0),
        late_ms: AtomicU64::new(0),
        refusals: AtomicU64::new(0),
        fps: number("EASIEN_TEST_FPS").unwrap_or(15).into(),
        now: Mutex::new(None),
    });
    let orders = station.clone();
    std::thread::spawn(move || {
        let mut connections = 1;
        for line in std::io::stdin().lock().lines() {
            let Ok(order) =
                line.map_err(|_| ()).and_then(|line| serde_json::from_str::<Value>(&line).map_err(|_| ()))
            else {
                break;
            };
            match order["event"].as_str().unwrap_or_default() {
                "late_ms" => orders.late_ms.store(order["data"].as_u64().unwrap_or(0), Ordering::SeqCst),
                "refuse" => orders.refusals.store(order["data"].as_u64().unwrap_or(0), Ordering::SeqCst),
                "blank" => {
                    let now = orders.now.lock().expect("lock").clone().expect("something is shown");
                    let slot = order["data"]["slot"].as_u64().unwrap_or(0) as usize;
                    now.mosaic
                        .set_shown(slot, !order["data"]["blank"].as_bool().unwrap_or(true))
                        .expect("slot");
                }
                "station" => {
                    connections += 1;
                    let up = order["data"].as_bool().unwrap_or(false);
                    orders.connection.send_replace(up.then_some(connections));
                }
                _ => {
                    let _ = orders.events.send(Arc::new(order));
                }
            }
        }
        // The test is over or gone.
        std::process::exit(0);
    });
    let data = PathBuf::from(std::env::var_os("EASIEN_TEST_DATA").expect("data folder"));
    let options = easien::Options {
        name: "main".to_owned(),
        data: data.clone(),
        presenter: PresenterKind::Native,
        lang: None,
        bare: false,
        monitor: None,
        came_back: None,
        ask_close: false,
        others: easien::windows::Others {
            data: data.clone(),
            station: None,
            presenter: PresenterKind::Native,
            lang: None,
        },
        size: number("EASIEN_TEST_WIDTH").zip(number("EASIEN_TEST_HEIGHT")).or(Some((1600, 900))),
    };
    let mut context: tauri::Context<tauri::Wry> = tauri::generate_context!();
    context.set_assets(Box::new(TestPage));
    // The page's script stands in the page.
    context.config_mut().app.security.csp = None;
    easien::run(options, context, runtime.handle(), &Scope::new("test window"), station).expect("window");
}

/// Cameras whose colours differ; the same each time but for what the colour does not show.
pub fn cameras(count: usize) -> Vec<CameraId> {
    let camera = |n: usize| {
        let mut bytes = *CameraId::new().0.as_bytes();
        bytes[15] = 20 + (n as u8) * 12;
        CameraId(uuid::Uuid::from_bytes(bytes))
    };
    (0..count).map(camera).collect()
}
