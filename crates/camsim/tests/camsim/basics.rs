//! What every client relies on: authentication, times, numbers, keep-alive, several clients, shutdown.

use crate::client::{Client, SUB, decode, options, sizes, units};
use easien_camsim::strip::Strip;
use easien_camsim::{Auth, Credential, Options, Sim};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[tokio::test]
async fn times_numbers_and_pictures_agree_over_the_end_of_the_loop() {
    let sim = Sim::start(options(1)).await.unwrap();
    let mut client = Client::new(&sim.cameras()[0].sub_url).await;
    let sdp = client.start().await;
    assert!(sdp.contains("sprop-parameter-sets=") && sdp.contains("H264/90000"), "{sdp}");
    let packets = client.packets(5.8).await;
    for pair in packets.windows(2) {
        assert_eq!(pair[1].sequence(), pair[0].sequence().wrapping_add(1));
    }
    let units = units(&packets);
    assert!(units.len() > 60, "{}", units.len());
    assert_eq!(units[0].types()[..2], [7, 8], "begins with a key frame and its parameter sets");
    assert!(units[0].types().contains(&5));
    let (strips, said) = decode(&units, &[]).await;
    assert_eq!(said, "");
    assert_eq!(strips.len(), units.len());
    let sizes = sizes(&units).await;
    assert!(sizes.iter().all(|size| size == "320,180"), "{sizes:?}");
    let mut rounds = 0;
    for (unit, strip) in units.iter().zip(strips) {
        let n = unit.time / 6_000;
        assert_eq!(unit.time % 6_000, 0);
        let frame = u16::try_from(n % 60).unwrap();
        assert_eq!(strip, Some(Strip { camera: 1, frame }));
        rounds += u32::from(frame == 59);
    }
    assert!(rounds >= 1);
    // Frame n is sent when it is due.
    let n = units.last().unwrap().time / 6_000;
    let due = sim.started() + Duration::from_secs(1) * n / 15 - sim.cameras()[0].phase;
    let late = packets.last().unwrap().at.saturating_duration_since(due);
    assert!(late < Duration::from_millis(1_500), "{late:?}");
    let stats = sim.stats();
    let stream = stats.streams.iter().find(|one| one.which == SUB).unwrap();
    assert!(stream.last_frame >= Some(u64::from(n)) && stream.clients == 1);
    sim.stop().await;
}

#[tokio::test]
async fn h265_plays_too() {
    let sim = Sim::start(options(4)).await.unwrap();
    let mut client = Client::new(&sim.cameras()[3].sub_url).await;
    let sdp = client.start().await;
    for word in ["H265/90000", "sprop-vps=", "sprop-sps=", "sprop-pps="] {
        assert!(sdp.contains(word), "{sdp}");
    }
    let first = client.packet(Duration::from_secs(5)).await.unwrap();
    let first = if first.channel == 1 { client.packet(Duration::from_secs(5)).await.unwrap() } else { first };
    assert_eq!(first.bytes[12] >> 1, 32, "begins with the VPS");
}

#[tokio::test]
async fn sender_reports_map_times() {
    let sim = Sim::start(options(1)).await.unwrap();
    let mut client = Client::new(&sim.cameras()[0].sub_url).await;
    client.start().await;
    let report = client.packet(Duration::from_secs(5)).await.unwrap();
    assert_eq!((report.channel, report.bytes[1]), (1, 200), "the first packet is a sender report");
    let word = |at: usize| u32::from_be_bytes(report.bytes[at..at + 4].try_into().unwrap());
    let ntp = f64::from(word(8)) - 2_208_988_800.0 + f64::from(word(12)) / 4_294_967_296.0;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    assert!((now - ntp).abs() < 1.0, "{ntp} {now}");
    let media = client.packet(Duration::from_secs(5)).await.unwrap();
    assert_eq!(media.time(), word(16));
}

#[tokio::test]
async fn every_kind_of_authentication_lets_in_only_who_knows() {
    for (auth, word) in [(Auth::Basic, "Basic "), (Auth::Md5, "Digest "), (Auth::Sha256, "algorithm=SHA-256")]
    {
        let credential = Credential { username: "operator".into(), password: "p@ss:wörd/%41\"'".into() };
        let sim = Sim::start(Options { auth, credential, ..options(1) }).await.unwrap();
        let mut client = Client::new(&sim.cameras()[0].sub_url).await;
        let refused = client.describe().await;
        assert_eq!(refused.status, 401);
        assert!(refused.header("www-authenticate").contains(word), "{refused:?}");
        client.challenge = Some(refused.header("www-authenticate").to_owned());
        client.user = Some(("operator".into(), "wrong".into()));
        assert_eq!(client.describe().await.status, 401);
        client.user = Some(("operator".into(), "p@ss:wörd/%41\"'".into()));
        client.start().await;
        assert!(!client.packets(1.6).await.is_empty());
        assert_eq!(sim.stats().unauthorized, 2);
        sim.stop().await;
    }
}

#[tokio::test]
async fn a_new_password_ends_sessions_and_the_old_one_gets_401() {
    let credential = Credential { username: "operator".into(), password: "first".into() };
    let sim = Sim::start(Options { auth: Auth::Md5, credential, ..options(1) }).await.unwrap();
    let mut client = Client::new(&sim.cameras()[0].sub_url).await;
    client.user = Some(("operator".into(), "first".into()));
    client.challenge = Some(client.describe().await.header("www-authenticate").to_owned());
    client.start().await;
    sim.set_password("second".into());
    assert!(client.closes(Duration::from_secs(3)).await);
    for (password, status) in [("first", 401), ("second", 200)] {
        let mut client = Client::new(&sim.cameras()[0].sub_url).await;
        client.user = Some(("operator".into(), password.into()));
        client.challenge = Some(client.describe().await.header("www-authenticate").to_owned());
        assert_eq!(client.describe().await.status, status);
    }
}

#[tokio::test]
async fn sessions_live_as_long_as_somebody_says_so() {
    let session_timeout = Duration::from_secs(1);
    let sim = Sim::start(Options { session_timeout, ..options(1) }).await.unwrap();
    for method in ["OPTIONS", "GET_PARAMETER", "SET_PARAMETER"] {
        let mut client = Client::new(&sim.cameras()[0].sub_url).await;
        client.start().await;
        let url = client.url.clone();
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert_eq!(client.ask(method, &url, "").await.status, 200, "{method}");
        }
        if method == "OPTIONS" {
            assert!(client.closes(Duration::from_secs(4)).await, "nothing said for 1 s");
            assert_eq!(sim.stats().timeouts, 1);
        }
    }
}

#[tokio::test]
async fn several_clients_of_a_path_get_the_same_and_teardown_ends_one() {
    let sim = Sim::start(options(1)).await.unwrap();
    let mut a = Client::new(&sim.cameras()[0].sub_url).await;
    let mut b = Client::new(&sim.cameras()[0].sub_url).await;
    a.start().await;
    b.start().await;
    let (from_a, from_b) = tokio::join!(a.packets(2.2), b.packets(2.2));
    let common = from_b.iter().filter(|one| from_a.iter().any(|other| other.bytes == one.bytes)).count();
    assert!(common > 20, "{common}");
    let url = a.url.clone();
    assert_eq!(a.ask("TEARDOWN", &url, "").await.status, 200);
    assert!(a.closes(Duration::from_secs(2)).await);
    assert!(!b.packets(0.5).await.is_empty());
    let stats = sim.stats();
    assert_eq!((stats.setups, stats.plays, stats.teardowns, stats.open), (2, 2, 1, 1));
    sim.stop().await;
    assert!(b.closes(Duration::from_secs(2)).await, "stopping closes");
}

#[tokio::test]
async fn udp_gets_the_same_packets() {
    let sim = Sim::start(options(1)).await.unwrap();
    let mut client = Client::new(&sim.cameras()[0].sub_url).await;
    assert_eq!(client.describe().await.status, 200);
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    let answer =
        client.setup(0, &format!("RTP/AVP;unicast;client_port={port}-{}", port.wrapping_add(1))).await;
    assert!(answer.header("transport").contains("server_port="), "{answer:?}");
    assert_eq!(client.play().await.status, 200);
    let mut numbers = vec![];
    while numbers.len() < 30 {
        let mut packet = [0; 2_000];
        let received = tokio::time::timeout(Duration::from_secs(5), socket.recv(&mut packet)).await;
        assert!(received.unwrap().unwrap() > 12);
        numbers.push(u16::from_be_bytes([packet[2], packet[3]]));
    }
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1)), "{numbers:?}");
}

#[tokio::test]
async fn nonsense_is_answered_or_closed_and_hurts_nobody() {
    let sim = Sim::start(options(1)).await.unwrap();
    let url = sim.cameras()[0].sub_url.clone();
    let mut client = Client::new(&url).await;
    for (method, path, status) in [
        ("DESCRIBE", "/C999/sub", 404),
        ("DESCRIBE", "/", 404),
        ("SETUP", "/C001/sub/trackID=7", 461),
        ("PLAY", "/C001/sub", 454),
        ("PAUSE", "/C001/sub", 454),
        ("RECORD", "/C001/sub", 501),
        ("OPTIONS", "/", 200),
    ] {
        let whole = url.replace("/C001/sub", path);
        assert_eq!(client.ask(method, &whole, "").await.status, status, "{method} {path}");
    }
    let mut rude = Client::new(&url).await;
    rude.send("\u{1}\u{2}", "nowhere", "x\r\n").await;
    assert_eq!(rude.answer(Duration::from_secs(5)).await.map(|answer| answer.status), Some(400));
    assert!(rude.closes(Duration::from_secs(2)).await);
    assert_eq!(client.describe().await.status, 200);
}
