//! What this machine tells about processes: CPU time and memory of the station and its workers, from /proc.

use std::fs;
use std::time::Duration;

/// What a process has used so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// CPU time, user and system, all its threads.
    pub cpu: Duration,
    /// Resident memory.
    pub rss_bytes: u64,
}

/// A living process; `None` when it is gone.
#[must_use]
pub fn used(pid: u32) -> Option<Used> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    parse(&stat, rustix::param::clock_ticks_per_second(), rustix::param::page_size() as u64)
}

/// Fields 14, 15 (utime, stime) and 24 (rss) of proc(5) stat. The name in field 2 may hold anything, `)` included.
fn parse(stat: &str, ticks_per_second: u64, page_bytes: u64) -> Option<Used> {
    let (_, after) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = after.split_ascii_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    let ticks = field(14)? + field(15)?;
    Some(Used {
        cpu: Duration::from_millis(ticks * 1000 / ticks_per_second.max(1)),
        rss_bytes: field(24)? * page_bytes,
    })
}

/// Written to disks by this process so far, in bytes; `None` when the system does not tell.
#[must_use]
pub fn written_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/io").ok()?;
    text.lines().find_map(|line| line.strip_prefix("write_bytes:"))?.trim().parse().ok()
}

/// Memory of this machine, in bytes; `None` when it does not tell.
#[must_use]
pub fn memory_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let kib = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    kib.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Cores of this machine.
#[must_use]
pub fn cores() -> f32 {
    std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_confuse() {
        let stat =
            "42 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 4 0 99 1000000 256 18446744073709551615";
        let used = parse(stat, 100, 4096).unwrap();
        assert_eq!(used, Used { cpu: Duration::from_secs(2), rss_bytes: 256 * 4096 });
        assert!(parse("", 100, 4096).is_none());
        assert!(parse("1 (x) S 1", 100, 4096).is_none());
    }

    #[test]
    fn this_process_uses_something() {
        assert!(used(std::process::id()).unwrap().rss_bytes > 0);
        assert!(used(u32::MAX).is_none());
    }
}
