//! The password is nowhere: not in logs at their most talkative, not in errors, not in `Debug`.

use crate::room::{PASSWORD, Room, short};
use anyhow::Result;
use base64::Engine as _;
use easien_camsim::{Auth, Mode};
use easien_ingest::{Limits, probe};
use easien_model::{LossReason, StreamKind, Transport};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_password_is_nowhere() -> Result<()> {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let mut texts = String::new();
    for auth in [Auth::Basic, Auth::Md5] {
        let limits = Limits { probe: Duration::from_millis(300), ..short() };
        let mut room = Room::with(auth, &[], limits, Duration::from_secs(60)).await?;
        room.open(1);
        room.wait_live().await?;
        for transport in [Transport::Tcp, Transport::Udp] {
            for mode in [Mode::None, Mode::NotFound, Mode::NoCseqIn401, Mode::Unauthorized] {
                room.sim.set_mode("C001", StreamKind::Sub, mode)?;
                let mut source = room.source(1, PASSWORD);
                source.transport = Some(transport);
                texts += &format!("{source:?} {:?}\n", source.credential);
                if let Err(failure) = probe(&source, &room.limits).await {
                    texts += &format!("{failure} {failure:?}\n");
                }
            }
        }
        room.sim.set_mode("C001", StreamKind::Sub, Mode::None)?;
        room.sim.set_password("other".into());
        room.wait_lost(LossReason::Unauthorized).await?;
        texts += &format!("{:?} {:?}\n", room.ingest, room.ingest.sessions());
        room.end().await;
    }
    let logged = String::from_utf8_lossy(&log.0.lock().expect("log")).into_owned();
    assert!(logged.contains("session lost"), "nothing was logged");
    let base64 = base64::engine::general_purpose::STANDARD;
    let forms = [
        PASSWORD.to_owned(),
        "p%40ss%3Aw%C3%B6rd%2F%2541%22%27".to_owned(),
        "p%40ss%3aw%c3%b6rd%2f%2541%22%27".to_owned(),
        PASSWORD.replace('"', "\\\""),
        "p@ss".to_owned(),
        base64.encode(PASSWORD),
        base64.encode(format!("admin:{PASSWORD}")),
        // Whatever stands around it.
        base64.encode(format!("admin:{PASSWORD}"))[..12].to_owned(),
    ];
    for form in forms {
        for (place, text) in [("log", &logged), ("texts", &texts)] {
            let line = text.lines().find(|line| line.contains(&form)).map(|line| &line[..line.len().min(60)]);
            assert!(line.is_none(), "in the {place}: {line:?}");
        }
    }
    Ok(())
}
