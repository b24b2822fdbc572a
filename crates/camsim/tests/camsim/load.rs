//! What 240 cameras cost. Only with EASIEN_FULL=1: it draws 240 clips from cold first.

use crate::client::Client;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

/// CPU seconds that a process has used.
fn cpu_s(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    // Fields 14 and 15, in ticks of 10 ms.
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn memory_mb(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1_024
}

#[tokio::test]
async fn two_hundred_and_forty_sub_streams_cost_little() {
    if std::env::var_os("EASIEN_FULL").is_none() {
        return;
    }
    let cold = tempfile::tempdir().unwrap();
    let cache = std::env::var("CAMSIM_LOAD_CACHE").unwrap_or_else(|_| cold.path().display().to_string());
    let begun = Instant::now();
    let mut program = Command::new(env!("CARGO_BIN_EXE_camsim"))
        .args(["--cameras", "240", "--auth", "none", "--cache", &cache])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let pid = program.id().unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let ready: serde_json::Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    let prepared = begun.elapsed();
    println!("240 cameras ready after {prepared:?}");
    assert!(prepared < Duration::from_secs(300));
    let mut clients = vec![];
    for camera in ready["cameras"].as_array().unwrap() {
        let mut client = Client::new(camera["sub_url"].as_str().unwrap()).await;
        client.start().await;
        clients.push(tokio::spawn(async move { client.packets(26.0).await }));
    }
    tokio::time::sleep(Duration::from_secs(4)).await;
    let (before, at) = (cpu_s(pid), Instant::now());
    tokio::time::sleep(Duration::from_secs(15)).await;
    let cores = (cpu_s(pid) - before) / at.elapsed().as_secs_f64();
    println!("240 sub streams: {cores:.3} core, {} MB", memory_mb(pid));
    assert!(cores < 0.15, "{cores}");
    for client in clients {
        let packets = client.await.unwrap();
        let shown = packets.iter().filter(|packet| packet.marker()).count();
        let seconds = (packets[packets.len() - 1].at - packets[0].at).as_secs_f64();
        #[allow(clippy::cast_precision_loss)]
        let fps = shown as f64 / seconds;
        assert!((14.0..16.0).contains(&fps), "{fps}");
        assert!(packets.windows(2).all(|pair| pair[1].sequence() == pair[0].sequence().wrapping_add(1)));
    }
}
