//! Foreign players: ffprobe, ffmpeg and GStreamer's rtspsrc; given clips; the program itself.

use crate::client::{Client, options};
use easien_camsim::{Auth, Options, Sim};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

fn with_credentials(url: &str) -> String {
    url.replace("rtsp://", "rtsp://admin:camsim@")
}

async fn output(program: &str, arguments: &[&str]) -> (bool, String) {
    let running = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
        .wait_with_output();
    let output = tokio::time::timeout(Duration::from_secs(60), running).await.expect("it ends").unwrap();
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// Runs a GStreamer pipeline until its end; the program `gst-launch-1.0` is not on every machine.
const GST: &str = r#"
import gi, sys
gi.require_version("Gst", "1.0")
from gi.repository import Gst
Gst.init(None)
pipeline = Gst.parse_launch(sys.argv[1])
pipeline.set_state(Gst.State.PLAYING)
wanted = Gst.MessageType.EOS | Gst.MessageType.ERROR
message = pipeline.get_bus().timed_pop_filtered(40 * Gst.SECOND, wanted)
pipeline.set_state(Gst.State.NULL)
if message is None or message.type == Gst.MessageType.ERROR:
    sys.exit("no end" if message is None else str(message.parse_error()))
"#;

#[tokio::test]
async fn ffprobe_plays_all_codecs_over_both_transports() {
    for auth in [Auth::Basic, Auth::Md5] {
        let sim = Sim::start(Options { auth, ..options(5) }).await.unwrap();
        for (camera, words) in
            [(1, ["h264", ""]), (2, ["h264", "pcm_alaw"]), (4, ["hevc", ""]), (5, ["h264", "aac"])]
        {
            let transport = if (camera % 2 == 0) == (auth == Auth::Basic) { "tcp" } else { "udp" };
            let url = with_credentials(&sim.cameras()[camera - 1].sub_url);
            let entries = "stream=codec_name,width,height,avg_frame_rate";
            let (good, said) = output(
                "ffprobe",
                &["-v", "error", "-rtsp_transport", transport, "-show_entries", entries, "-of", "csv", &url],
            )
            .await;
            assert!(good, "C00{camera} {transport}: {said}");
            assert!(said.contains("320,180"), "{said}");
            for word in words {
                assert!(said.contains(word), "C00{camera} {transport}: {said}");
            }
        }
    }
}

#[tokio::test]
async fn ffmpeg_decodes_without_a_complaint() {
    let sim = Sim::start(options(4)).await.unwrap();
    for url in [&sim.cameras()[0].sub_url, &sim.cameras()[3].sub_url, &sim.cameras()[0].main_url] {
        let (good, said) = output(
            "ffmpeg",
            &["-v", "error", "-rtsp_transport", "tcp", "-i", url, "-t", "3", "-f", "null", "-"],
        )
        .await;
        assert!(good && said.is_empty(), "{url}: {said}");
    }
}

#[tokio::test]
async fn gstreamer_plays_over_both_transports() {
    let sim = Sim::start(Options { auth: Auth::Md5, ..options(4) }).await.unwrap();
    for (camera, protocol, codec) in
        [(1, "tcp", "h264"), (1, "udp", "h264"), (4, "tcp", "h265"), (4, "udp", "h265")]
    {
        let url = &sim.cameras()[camera - 1].sub_url;
        let pipeline = format!(
            "rtspsrc location={url} protocols={protocol} user-id=admin user-pw=camsim latency=100 ! \
             rtp{codec}depay ! {codec}parse ! identity eos-after=20 ! fakesink"
        );
        let (good, said) = output("/usr/bin/python3", &["-c", GST, &pipeline]).await;
        assert!(good, "C00{camera} {protocol}: {said}");
    }
    assert!(sim.stats().plays >= 4 && sim.stats().frames >= 60);
}

#[tokio::test]
async fn given_clips_are_served() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("given.mp4");
    let make = "-v error -f lavfi -i testsrc=size=320x240:rate=10:duration=2 -f lavfi -i sine=duration=2 \
                -c:v libx264 -g 10 -bf 2 -pix_fmt yuv420p -c:a aac -y";
    let (good, said) = output(
        "ffmpeg",
        &[&make.split_whitespace().collect::<Vec<_>>()[..], &[file.to_str().unwrap()]].concat(),
    )
    .await;
    assert!(good, "{said}");
    let sim = Sim::start(Options { clips: Some(dir.path().to_owned()), ..options(2) }).await.unwrap();
    for url in [&sim.cameras()[0].main_url, &sim.cameras()[1].sub_url] {
        let entries = "stream=codec_name,width,height,avg_frame_rate";
        let (good, said) = output(
            "ffprobe",
            &["-v", "error", "-rtsp_transport", "tcp", "-show_entries", entries, "-of", "csv", url],
        )
        .await;
        assert!(good && said.contains("h264,320,240,10/1") && said.contains("aac"), "{said}");
    }
    // What would need another encoding is refused instead of silently ignored.
    assert!(sim.set_mode("C001", easien_model::StreamKind::Sub, easien_camsim::Mode::Gop10).is_err());
    assert!(Sim::start(Options { clips: Some("/nowhere".into()), ..options(2) }).await.is_err());
}

#[tokio::test]
async fn the_program_says_when_it_is_ready_and_takes_orders() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_camsim"))
        .args(["--cameras", "2", "--small", "--auth", "sha256", "--password-env", "CAMSIM_TEST_PASSWORD"])
        .args(["--mode", "C002/sub=not-found", "--until-stdin-closes", "--json", "--cache"])
        .arg(options(1).cache)
        .env("CAMSIM_TEST_PASSWORD", "p@ss:wörd/%41\"'")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let ready: serde_json::Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    assert_eq!(ready["ready"], true);
    assert_eq!(ready["cameras"][0]["name"], "Ngã ba Ea Siên – QL14");
    assert_eq!(ready["cameras"][1]["password"], "p@ss:wörd/%41\"'");
    let mut client = Client::new(ready["cameras"][1]["sub_url"].as_str().unwrap()).await;
    client.user = Some(("admin".into(), "p@ss:wörd/%41\"'".into()));
    client.challenge = Some(client.describe().await.header("www-authenticate").to_owned());
    assert_eq!(client.describe().await.status, 404);
    let mut stdin = program.stdin.take().unwrap();
    for (order, good) in [
        (r#"{"camera":"C002","which":"sub","mode":"none"}"#, true),
        (r#"{"camera":"C009","which":"sub","mode":"none"}"#, false),
        (r#"{"camera":"C002","which":"sub","mode":"nonsense"}"#, false),
        ("nonsense", false),
        (r#"{"stats":true}"#, true),
    ] {
        stdin.write_all(format!("{order}\n").as_bytes()).await.unwrap();
        let answer: serde_json::Value =
            serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
        assert_eq!(answer["ok"], good, "{order}: {answer}");
    }
    assert_eq!(client.describe().await.status, 200);
    stdin.write_all(b"{\"set_password\":\"other\"}\n").await.unwrap();
    assert!(lines.next_line().await.unwrap().unwrap().contains("true"));
    assert_eq!(client.describe().await.status, 401);
    drop(stdin);
    let status = tokio::time::timeout(Duration::from_secs(10), program.wait()).await.unwrap().unwrap();
    assert!(status.success());
}

#[tokio::test]
async fn the_program_ends_when_asked_even_with_stdin_open() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_camsim"))
        .args(["--cameras", "1", "--small", "--cache"])
        .arg(options(1).cache)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    assert!(lines.next_line().await.unwrap().unwrap().contains("\"ready\":true"));
    let pid = program.id().unwrap().to_string();
    assert!(output("kill", &["-TERM", &pid]).await.0);
    let status = tokio::time::timeout(Duration::from_secs(10), program.wait()).await.unwrap().unwrap();
    assert!(status.success());
}
