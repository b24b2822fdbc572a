//! Alarms about cameras, end to end in the station: a line goes down and comes back, the station is killed meanwhile.

use crate::room::{Station, cameras, start, until};
use easien_camsim::{Mode, Sim};
use easien_link::call;
use easien_link::data::*;
use easien_model::StreamKind;
use rustix::process::Signal;
use std::time::Duration;

fn set(sim: &Sim, numbers: std::ops::RangeInclusive<u32>, mode: Mode) {
    for number in numbers {
        sim.set_mode(&format!("C{number:03}"), StreamKind::Sub, mode).unwrap();
    }
}

async fn alarms(station: &Station, query: AlarmQuery) -> Vec<Alarm> {
    station.client.call::<call::AlarmList>(query).await.unwrap()
}

async fn of_lost(station: &Station) -> Vec<Alarm> {
    alarms(station, AlarmQuery { kinds: vec![AlarmKind::CameraLost], ..AlarmQuery::default() }).await
}

async fn quick(station: &Station) {
    let settings = station.client.call::<call::RoomGet>(()).await.unwrap().settings;
    let settings = RoomSettings { alarm_after_s: 4, ..settings };
    station.client.call::<call::RoomSet>(settings).await.unwrap();
}

#[tokio::test]
async fn twelve_of_sixteen_cameras_lost_are_one_alarm_over_a_kill_until_all_are_back() {
    let sim = cameras(16, 0).await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let station = Station::with(&sim, &data).await;
    quick(&station).await;
    set(&sim, 1..=12, Mode::NotFound);
    let alarm = until("one alarm of twelve", 60, async || {
        let all = of_lost(&station).await;
        assert!(all.len() <= 1, "{all:#?}");
        all.into_iter().find(|alarm| alarm.cameras.len() == 12)
    })
    .await;
    assert_eq!(alarm.priority, AlarmPriority::High);
    assert_eq!(alarm.shared, Some(AlarmShared::Host("127.0.0.1".into())));
    assert!(alarm.cameras.iter().all(|each| each.back.is_none()));
    assert!(alarm.raised <= alarm.cameras.iter().map(|each| each.lost).min().unwrap());
    let one = AlarmQuery { camera: Some(alarm.cameras[3].camera), ..AlarmQuery::default() };
    assert_eq!(alarms(&station, one).await.len(), 1, "found by each of its cameras");

    // Acknowledged, killed, started again: the same alarm goes on.
    let wish = AlarmAcknowledge { ids: vec![alarm.id], comment: " Đã gọi thợ mạng ".into() };
    let seen = station.client.call::<call::AlarmAcknowledge>(wish).await.unwrap().remove(0);
    assert_eq!((seen.comment.as_str(), seen.acknowledged.is_some()), ("Đã gọi thợ mạng", true));
    station.stop(Signal::KILL).await;
    let station = start(&data, &[]).await;
    tokio::time::sleep(Duration::from_secs(9)).await;
    let all = of_lost(&station).await;
    assert_eq!(all.iter().map(|alarm| alarm.id).collect::<Vec<_>>(), [alarm.id]);
    assert_eq!(all[0].cameras.len(), 12);
    let crashed = AlarmQuery { kinds: vec![AlarmKind::StationCrashed], ..AlarmQuery::default() };
    let crashed = alarms(&station, crashed).await;
    assert_eq!(crashed.len(), 1, "the station says that it was killed");
    assert!(crashed[0].cleared.is_some() && crashed[0].acknowledged.is_none());

    // Some back: told. All back: over.
    set(&sim, 1..=5, Mode::None);
    until("five back", 60, async || {
        let all = of_lost(&station).await;
        assert!(all[0].cleared.is_none());
        (all[0].cameras.iter().filter(|each| each.back.is_some()).count() == 5).then_some(())
    })
    .await;
    set(&sim, 6..=12, Mode::None);
    let over = until("the end of the alarm", 90, async || {
        let all = of_lost(&station).await;
        all.into_iter().find(|alarm| alarm.cleared.is_some())
    })
    .await;
    assert!(over.cameras.iter().all(|each| each.back.is_some()));
    assert_eq!(over.cleared, over.cameras.iter().filter_map(|each| each.back).max());
    assert_eq!(of_lost(&station).await.len(), 1);

    // Asked to stop: nothing to be told at the next start.
    assert!(station.stop(Signal::TERM).await.success());
    let station = start(&data, &[]).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let crashed = AlarmQuery { kinds: vec![AlarmKind::StationCrashed], ..AlarmQuery::default() };
    assert_eq!(alarms(&station, crashed).await.len(), 1);
    sim.stop().await;
}

#[tokio::test]
async fn health_knows_the_station_and_its_cameras() {
    let sim = cameras(2, 0).await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let station = Station::with(&sim, &data).await;
    let client = &station.client;
    let health = client.call::<call::HealthStation>(()).await.unwrap();
    assert!(health.workers.len() >= 2 && health.cores >= 1.0 && health.memory_bytes > 0);
    let list = client.call::<call::CameraList>(()).await.unwrap();
    let all = client.call::<call::HealthCameras>(()).await.unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!((all[0].up_day, all[0].losses_day), (1.0, 0));
    assert!(
        all[0].flags.contains(&CameraFlag::PlainRtsp) && !all[0].flags.contains(&CameraFlag::DefaultPassword)
    );
    let report = client.call::<call::HealthCamera>(list[0].id).await.unwrap();
    assert_eq!((report.sessions.len(), report.losses.len()), (1, 0));
    let of = |camera| HistoryQuery { camera, span: HistorySpan::Hour };
    let history = until("two looks", 40, async || {
        let history = client.call::<call::HealthHistory>(of(None)).await.unwrap();
        (history.at.len() >= 2).then_some(history)
    })
    .await;
    let network = history.series.iter().find(|series| series.figure == HistoryFigure::Network).unwrap();
    assert!(network.values.iter().flatten().any(|bps| *bps > 0.0), "{network:?}");
    let camera = client.call::<call::HealthHistory>(of(Some(list[0].id))).await.unwrap();
    let up = camera.series.iter().find(|series| series.figure == HistoryFigure::Up).unwrap();
    assert!(up.values.iter().all(|share| *share == Some(1.0)) && !up.values.is_empty(), "{up:?}");
    let week = HistoryQuery { camera: None, span: HistorySpan::Week };
    assert!(client.call::<call::HealthHistory>(week).await.unwrap().series.len() >= 8);
    sim.stop().await;
}
