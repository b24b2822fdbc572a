//! Each mode, and what it does on the wire.

use crate::client::{Client, Packet, SUB, Unit, decode, in_mode, options, sizes, units};
use easien_camsim::clip::{Variant, encode::Recipe};
use easien_camsim::mode::ALL;
use easien_camsim::strip::Strip;
use easien_camsim::{Auth, Mode, Options, Sim};
use easien_model::Codec;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const SOON: Duration = Duration::from_secs(5);

async fn playing(sim: &Sim) -> (Client, String) {
    let mut client = Client::new(&sim.cameras()[0].sub_url).await;
    let sdp = client.start().await;
    (client, sdp)
}

fn has(unit: &Unit, number: u8) -> bool {
    unit.types().contains(&number)
}

/// The strips of C001, frame by frame, as the RTP times say (`frames` in the loop).
fn expected(units: &[Unit], frames: u32) -> Vec<Option<Strip>> {
    let mut times: Vec<u32> = units.iter().map(|unit| unit.time / 6_000).collect();
    times.sort_unstable();
    times.iter().map(|n| Some(Strip { camera: 1, frame: u16::try_from(n % frames).unwrap() })).collect()
}

/// One test out of several that mostly wait: they run side by side, and each that fails is named.
macro_rules! together {
    ($test:ident: $($part:ident),+ $(,)?) => {
        #[tokio::test]
        async fn $test() {
            let parts = vec![$((stringify!($part), tokio::spawn($part()))),+];
            let mut failed = vec![];
            for (name, part) in parts {
                if part.await.is_err() {
                    failed.push(name);
                }
            }
            assert!(failed.is_empty(), "{failed:?}");
        }
    };
}

together!(
    what_is_answered:
    silent_accepts_and_never_answers,
    unauthorized_whatever_is_offered,
    refusing_a_transport_leaves_the_other,
    set_parameter_fault_answers_400_with_the_number_before,
    not_found,
    digest_without_qop_still_lets_in,
    slow_answers_are_late_and_media_is_not,
    small_oddities,
    every_mode_can_be_set_at_run_time_and_healed
);

together!(
    what_is_sent:
    stall_keeps_the_connection_and_heals_with_a_key_frame,
    drop_leaves_gaps_in_the_numbers,
    cut_mid_frame_closes_inside_a_packet,
    clock_skew_shows_in_times_and_reports,
    parameters_are_only_inline_or_only_in_the_sdp,
    no_video_plays_sound_alone,
    unsupported_codec_is_described_and_not_sent,
    wrap_wraps_time_and_number,
    mid_gop_join_begins_anywhere_at_once
);

together!(
    what_is_decoded:
    packet_writes_carries_the_same_media,
    garbage_is_well_packed_noise,
    wrong_sdp_differs_from_the_stream,
    several_parameter_sets_are_used_in_turn,
    size_change_happens_in_the_stream,
    long_gops_have_one_key_frame,
    b_frames_come_in_another_order_than_shown,
    recovery_points_without_idr_loop_seamlessly
);

async fn packet_writes_carries_the_same_media() {
    // That each packet is its own write is shown where the writer can be counted, in `playing`.
    let sim = in_mode(Mode::PacketWrites).await;
    let (mut client, _) = playing(&sim).await;
    let units = units(&client.packets(2.2).await);
    let (strips, said) = decode(&units, &[]).await;
    assert_eq!((strips, said.as_str()), (expected(&units, 60), ""));
}

async fn silent_accepts_and_never_answers() {
    let sim = in_mode(Mode::Silent).await;
    let mut client = Client::new(&sim.cameras()[0].sub_url).await;
    let url = client.url.clone();
    client.send("OPTIONS", &url, "").await;
    client.send("DESCRIBE", &url, "").await;
    assert!(client.answer(Duration::from_secs(1)).await.is_none());
    assert!(!client.closes(Duration::from_millis(300)).await, "and stays open");
}

async fn stall_keeps_the_connection_and_heals_with_a_key_frame() {
    let sim = Sim::start(options(1)).await.unwrap();
    let (mut client, _) = playing(&sim).await;
    assert!(!client.packets(1.6).await.is_empty());
    sim.set_mode("C001", SUB, Mode::Stall).unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    client.packets(0.1).await;
    assert!(client.packets(1.0).await.is_empty());
    let url = client.url.clone();
    assert_eq!(client.ask("GET_PARAMETER", &url, "").await.status, 200);
    sim.set_mode("C001", SUB, Mode::None).unwrap();
    let units = units(&client.packets(2.2).await);
    assert!(has(&units[0], 5), "{:?}", units[0].types());
}

async fn drop_leaves_gaps_in_the_numbers() {
    let sim = in_mode(Mode::Drop(0.3)).await;
    let (mut client, _) = playing(&sim).await;
    let packets = client.packets(3.6).await;
    let (first, last) = (packets[0].sequence(), packets[packets.len() - 1].sequence());
    let sent = f64::from(last.wrapping_sub(first)) + 1.0;
    #[allow(clippy::cast_precision_loss)]
    let lost = 1.0 - packets.len() as f64 / sent;
    assert!((0.1..0.5).contains(&lost), "{lost} of {sent}");
}

async fn cut_mid_frame_closes_inside_a_packet() {
    let sim = in_mode(Mode::CutMidFrame).await;
    let (mut client, _) = playing(&sim).await;
    let packets = client.packets(10.0).await;
    assert!(packets.len() > 5);
    let rest = client.rest();
    assert!(rest.len() > 4 && rest[0] == b'$', "a part of a packet is left: {} bytes", rest.len());
    assert!(rest.len() < 4 + usize::from(u16::from_be_bytes([rest[2], rest[3]])));
}

async fn garbage_is_well_packed_noise() {
    let sim = in_mode(Mode::Garbage).await;
    let (mut client, _) = playing(&sim).await;
    let packets = client.packets(1.6).await;
    assert!(packets.windows(2).all(|pair| pair[1].sequence() == pair[0].sequence().wrapping_add(1)));
    let units = units(&packets);
    assert!(units.len() > 5 && has(&units[0], 5));
    let (strips, said) = decode(&units, &[]).await;
    assert!(!said.is_empty());
    assert!(strips.iter().all(Option::is_none), "{strips:?}");
}

async fn clock_skew_shows_in_times_and_reports() {
    let sim = in_mode(Mode::ClockSkew { ppm: 200_000.0, offset_s: 3_600.0 }).await;
    let (mut client, _) = playing(&sim).await;
    let report = client.packet(SOON).await.unwrap();
    let ntp = f64::from(u32::from_be_bytes(report.bytes[8..12].try_into().unwrap())) - 2_208_988_800.0;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    assert!((ntp - now - 3_600.0).abs() < 3.0, "{}", ntp - now);
    let packets = client.packets(3.2).await;
    let (first, last) = (&packets[0], &packets[packets.len() - 1]);
    let media = f64::from(last.time() - first.time()) / 90_000.0;
    let ratio = media / (last.at - first.at).as_secs_f64();
    assert!((1.1..1.3).contains(&ratio), "{ratio}");
}

async fn wrong_sdp_differs_from_the_stream() {
    use base64::Engine;
    let sim = in_mode(Mode::WrongSdp).await;
    let (mut client, sdp) = playing(&sim).await;
    let units = units(&client.packets(1.6).await);
    let told = sdp.split("sprop-parameter-sets=").nth(1).unwrap().split(',').next().unwrap();
    let told = base64::engine::general_purpose::STANDARD.decode(told).unwrap();
    let sent = units[0].nals.iter().find(|nal| nal[0] & 0x1f == 7).unwrap();
    assert_eq!(told[0] & 0x1f, 7);
    assert_ne!(&told, sent);
    assert_eq!(sizes(&units).await[0], "320,180");
}

async fn parameters_are_only_inline_or_only_in_the_sdp() {
    let sim = in_mode(Mode::InlineParameters).await;
    let (mut client, sdp) = playing(&sim).await;
    assert!(!sdp.contains("sprop"), "{sdp}");
    let inline = units(&client.packets(1.6).await);
    assert_eq!(inline[0].types()[..2], [7, 8]);
    // Changed while it runs: the session ends, the next one sees the new mode.
    sim.set_mode("C001", SUB, Mode::SdpParameters).unwrap();
    assert!(client.closes(Duration::from_secs(3)).await);
    let (mut client, sdp) = playing(&sim).await;
    assert!(sdp.contains("sprop-parameter-sets="));
    let units = units(&client.packets(2.2).await);
    assert!(units.iter().all(|unit| !has(unit, 7) && !has(unit, 8)));
    assert!(has(&units[0], 5));
}

/// The number of the PPS that the first slice of a unit uses.
fn pps_id(unit: &Unit) -> u32 {
    let slice = unit.nals.iter().find(|nal| matches!(nal[0] & 0x1f, 1 | 5)).unwrap();
    let mut bits = slice[1..].iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    let mut exp_golomb = || {
        let zeros = bits.by_ref().take_while(|bit| *bit == 0).count();
        (0..zeros).fold(1_u32, |value, _| value << 1 | u32::from(bits.next().unwrap())) - 1
    };
    exp_golomb();
    exp_golomb();
    exp_golomb()
}

async fn several_parameter_sets_are_used_in_turn() {
    let sim = in_mode(Mode::SeveralParameterSets).await;
    let (mut client, sdp) = playing(&sim).await;
    let sprop = sdp.split("sprop-parameter-sets=").nth(1).unwrap().split("\r\n").next().unwrap();
    assert_eq!(sprop.split(',').count(), 4, "{sprop}");
    let units = units(&client.packets(3.4).await);
    let keys: Vec<&Unit> = units.iter().filter(|unit| has(unit, 5)).collect();
    assert!(keys.len() >= 2);
    assert_eq!(keys[0].types()[..4], [7, 8, 7, 8]);
    assert_ne!(pps_id(keys[0]), pps_id(keys[1]));
    let (strips, said) = decode(&units, &[]).await;
    assert_eq!((strips, said.as_str()), (expected(&units, 60), ""));
}

async fn size_change_happens_in_the_stream() {
    let sim = in_mode(Mode::SizeChange).await;
    let (mut client, _) = playing(&sim).await;
    let units = units(&client.packets(5.8).await);
    let sizes = sizes(&units).await;
    assert!(
        sizes.iter().any(|size| size == "320,180") && sizes.iter().any(|size| size == "240,134"),
        "{sizes:?}"
    );
    let (strips, _) = decode(&units, &[]).await;
    assert_eq!(strips, expected(&units, 60));
}

async fn long_gops_have_one_key_frame() {
    for (mode, variant, frames) in [(Mode::Gop10, Variant::Gop10, 150), (Mode::Gop20, Variant::Gop20, 300)] {
        let sim = in_mode(mode).await;
        let recipe = Recipe { camera: 1, which: SUB, codec: Codec::H264, variant, small: true };
        let cache = easien_camsim::clip::cache::Cache::new(&options(1).cache).unwrap();
        let clip = recipe.load(&cache).unwrap();
        let keys: Vec<usize> = (0..clip.units.len()).filter(|at| clip.units[*at].key).collect();
        assert_eq!((clip.units.len(), keys), (frames, vec![0]));
        // On the wire: who joins is told to wait for the one key frame.
        let mut client = Client::new(&sim.cameras()[0].sub_url).await;
        assert_eq!(client.describe().await.status, 200);
        assert_eq!(client.setup(0, "RTP/AVP/TCP;unicast;interleaved=0-1").await.status, 200);
        let info = client.play().await.header("rtp-info").to_owned();
        let first: u64 = info.split("rtptime=").nth(1).unwrap().parse().unwrap();
        assert_eq!(first / 6_000 % u64::try_from(frames).unwrap(), 0, "{info}");
        if std::env::var_os("EASIEN_FULL").is_some() {
            let report = client.packet(Duration::from_secs(25)).await.unwrap();
            assert_eq!(report.channel, 1);
            let units = units(&client.packets(5.0).await);
            assert!(units.len() > 60 && units[1..].iter().all(|unit| !has(unit, 5)));
        }
    }
}

async fn b_frames_come_in_another_order_than_shown() {
    let sim = in_mode(Mode::BFrames).await;
    let (mut client, _) = playing(&sim).await;
    let mut units = units(&client.packets(3.2).await);
    let times: Vec<u32> = units.iter().map(|unit| unit.time).collect();
    assert!(times.windows(2).any(|pair| pair[1] < pair[0]), "{times:?}");
    // Up to the last whole GOP, so that no picture waits for others.
    let last = units.iter().rposition(|unit| has(unit, 5)).unwrap();
    assert!(last > 0);
    units.truncate(last);
    let (strips, said) = decode(&units, &[]).await;
    assert_eq!((strips, said.as_str()), (expected(&units, 60), ""));
}

async fn recovery_points_without_idr_loop_seamlessly() {
    let sim = in_mode(Mode::RecoveryPoint).await;
    let (mut client, _) = playing(&sim).await;
    let units = units(&client.packets(6.8).await);
    assert!(units.iter().all(|unit| !has(unit, 5)), "never an IDR");
    assert!(has(&units[0], 6) && has(&units[0], 7), "begins at a recovery point: {:?}", units[0].types());
    let (strips, said) = decode(&units, &[]).await;
    let settled = 30;
    assert_eq!(strips.len(), units.len(), "{said}");
    assert_eq!(strips[settled..], expected(&units, 64)[settled..], "{said}");
    assert!(!said.to_lowercase().contains("gap"), "{said}");
    assert!(units.windows(2).any(|pair| pair[0].time / 6_000 % 64 == 63 && pair[1].time / 6_000 % 64 == 0));
}

async fn unauthorized_whatever_is_offered() {
    let modes = vec![("C001".to_owned(), SUB, Mode::Unauthorized)];
    let sim = Sim::start(Options { auth: Auth::Md5, modes, ..options(1) }).await.unwrap();
    let mut client = Client::new(&sim.cameras()[0].sub_url).await;
    client.user = Some(("admin".into(), "camsim".into()));
    for _ in 0..2 {
        let answer = client.describe().await;
        assert_eq!(answer.status, 401);
        client.challenge = Some(answer.header("www-authenticate").to_owned());
    }
    sim.set_mode("C001", SUB, Mode::None).unwrap();
    assert_eq!(client.describe().await.status, 200);
}

async fn refusing_a_transport_leaves_the_other() {
    const TCP: &str = "RTP/AVP/TCP;unicast;interleaved=0-1";
    const UDP: &str = "RTP/AVP;unicast;client_port=40000-40001";
    for (mode, refused, served) in [(Mode::RefuseTcp, TCP, UDP), (Mode::RefuseUdp, UDP, TCP)] {
        let sim = in_mode(mode).await;
        let mut client = Client::new(&sim.cameras()[0].sub_url).await;
        assert_eq!(client.describe().await.status, 200);
        assert_eq!(client.setup(0, refused).await.status, 461);
        assert_eq!(client.setup(0, served).await.status, 200);
    }
}

async fn set_parameter_fault_answers_400_with_the_number_before() {
    let sim = in_mode(Mode::SetParameterFault).await;
    let mut client = Client::new(&sim.cameras()[0].sub_url).await;
    let url = client.url.clone();
    assert!(client.ask("OPTIONS", &url, "").await.header("public").contains("SET_PARAMETER"));
    assert_eq!(client.describe().await.status, 200);
    let setup = client.setup(0, "RTP/AVP/TCP;unicast;interleaved=0-1").await;
    assert!(setup.header("session").ends_with(";timeout=15"), "{setup:?}");
    let play = client.play().await;
    let fault = client.ask("SET_PARAMETER", &url, "").await;
    assert_eq!((fault.status, fault.header("cseq")), (400, play.header("cseq")));
    let good = client.ask("GET_PARAMETER", &url, "").await;
    assert_eq!((good.status, good.header("cseq")), (200, "6"));
    assert!(!client.packets(1.6).await.is_empty(), "and the pictures go on");
}

async fn not_found() {
    let sim = in_mode(Mode::NotFound).await;
    let mut client = Client::new(&sim.cameras()[0].sub_url).await;
    assert_eq!(client.describe().await.status, 404);
    assert_eq!(client.setup(0, "RTP/AVP/TCP;unicast;interleaved=0-1").await.status, 404);
}

async fn no_video_plays_sound_alone() {
    let sim = in_mode(Mode::NoVideo).await;
    let mut client = Client::new(&sim.cameras()[0].sub_url).await;
    let sdp = client.describe().await.body;
    assert!(!sdp.contains("m=video") && sdp.contains("m=audio"), "{sdp}");
    assert_eq!(client.setup(1, "RTP/AVP/TCP;unicast;interleaved=0-1").await.status, 200);
    assert_eq!(client.play().await.status, 200);
    let packets = client.packets(1.5).await;
    assert!(packets.len() > 20, "{}", packets.len());
    assert!(packets.iter().all(|packet| packet.bytes[1] & 0x7f == 8 && packet.bytes.len() == 12 + 320));
    assert!(packets.windows(2).all(|pair| pair[1].time() == pair[0].time() + 320));
}

async fn unsupported_codec_is_described_and_not_sent() {
    let sim = in_mode(Mode::UnsupportedCodec).await;
    let (mut client, sdp) = playing(&sim).await;
    assert!(sdp.contains("m=video 0 RTP/AVP 26") && sdp.contains("JPEG/90000"), "{sdp}");
    assert!(client.packets(1.0).await.is_empty());
}

async fn wrap_wraps_time_and_number() {
    let sim = in_mode(Mode::Wrap).await;
    let (mut client, _) = playing(&sim).await;
    let packets: Vec<Packet> = client.packets(5.2).await;
    assert!(packets.windows(2).any(|pair| pair[1].time() < pair[0].time()), "time");
    assert!(packets.windows(2).any(|pair| pair[1].sequence() < pair[0].sequence()), "number");
    for pair in packets.windows(2) {
        assert!([0, 6_000].contains(&pair[1].time().wrapping_sub(pair[0].time())));
        assert_eq!(pair[1].sequence(), pair[0].sequence().wrapping_add(1));
    }
}

async fn mid_gop_join_begins_anywhere_at_once() {
    let sim = in_mode(Mode::MidGopJoin).await;
    let mut keys = 0;
    for pause in [0, 300, 400] {
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let (mut client, _) = playing(&sim).await;
        let units = units(&client.packets(0.5).await);
        keys += usize::from(has(&units[0], 5));
    }
    assert!(keys < 3);
}

async fn digest_without_qop_still_lets_in() {
    let modes = vec![("C001".to_owned(), SUB, Mode::DigestWithoutQop)];
    let sim = Sim::start(Options { auth: Auth::Md5, modes, ..options(1) }).await.unwrap();
    let mut client = Client::new(&sim.cameras()[0].sub_url).await;
    let refused = client.describe().await;
    let challenge = refused.header("www-authenticate").to_owned();
    assert!(challenge.starts_with("Digest") && !challenge.contains("qop"), "{challenge}");
    client.challenge = Some(challenge);
    client.user = Some(("admin".into(), "camsim".into()));
    assert_eq!(client.describe().await.status, 200);
}

async fn slow_answers_are_late_and_media_is_not() {
    let sim = in_mode(Mode::SlowAnswers(700)).await;
    let (mut client, _) = playing(&sim).await;
    client.packets(1.6).await;
    let url = client.url.clone();
    let asked = Instant::now();
    client.send("GET_PARAMETER", &url, "").await;
    assert!(client.answer(Duration::from_millis(500)).await.is_none());
    assert_eq!(client.answer(SOON).await.unwrap().status, 200);
    assert!(asked.elapsed() >= Duration::from_millis(700));
    assert!(client.packets(0.1).await.len() > 5, "media came meanwhile");
}

async fn small_oddities() {
    let modes = vec![("C001".to_owned(), SUB, Mode::NoCseqIn401)];
    let sim = Sim::start(Options { auth: Auth::Md5, modes, ..options(1) }).await.unwrap();
    let refused = Client::new(&sim.cameras()[0].sub_url).await.describe().await;
    assert_eq!((refused.status, refused.header("cseq")), (401, ""));

    let sim = in_mode(Mode::AbsoluteControl).await;
    let url = sim.cameras()[0].sub_url.clone();
    let sdp = Client::new(&url).await.describe().await.body;
    assert!(sdp.contains(&format!("a=control:{url}/trackID=0")), "{sdp}");

    let sim = in_mode(Mode::AudioFirst).await;
    let sdp = Client::new(&sim.cameras()[0].sub_url).await.describe().await.body;
    assert!(sdp.find("m=audio").unwrap() < sdp.find("m=video").unwrap());
}

async fn every_mode_can_be_set_at_run_time_and_healed() {
    let sim = Sim::start(options(1)).await.unwrap();
    for (name, mode) in ALL {
        sim.set_mode("C001", SUB, mode).unwrap();
        sim.set_mode("C001", SUB, Mode::None).unwrap();
        assert_eq!(Client::new(&sim.cameras()[0].sub_url).await.describe().await.status, 200, "{name}");
    }
    assert!(sim.set_mode("C002", SUB, Mode::Stall).is_err());
}
