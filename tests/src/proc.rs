//! What processes cost, read from /proc: a program and everything that it started.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Instant;

/// USER_HZ, the unit of CPU times in /proc; 100 on every Linux (proc(5)).
const TICKS_PER_SECOND: f64 = 100.0;

/// One process at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    /// Its parent.
    pub parent: u32,
    /// Its program's name, cut to 15 bytes by the kernel.
    pub name: String,
    /// CPU seconds since it began, its threads included, its ended children not.
    pub cpu_s: f64,
    /// Resident memory in bytes.
    pub rss_bytes: u64,
}

/// Every process that can be read.
#[must_use]
pub fn all() -> BTreeMap<u32, Process> {
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    pids.filter_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        let mut process = read(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?;
        process.rss_bytes =
            fs::read_to_string(format!("/proc/{pid}/status")).map_or(0, |status| rss(&status));
        Some((pid, process))
    })
    .collect()
}

/// One line of /proc/PID/stat. The name may hold spaces and brackets: it ends at the last bracket.
fn read(stat: &str) -> Option<Process> {
    let (head, tail) = stat.rsplit_once(") ")?;
    let name = head.split_once('(')?.1.to_owned();
    let fields: Vec<&str> = tail.split(' ').collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok());
    Some(Process {
        parent: fields.get(1)?.parse().ok()?,
        name,
        cpu_s: (ticks(11)? + ticks(12)?) / TICKS_PER_SECOND,
        rss_bytes: 0,
    })
}

/// Resident memory in bytes, from /proc/PID/status.
fn rss(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: u64 = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0);
    kib * 1024
}

/// Memory of a process with what it shares with others counted in parts: the sum over a tree counts nothing twice.
#[must_use]
pub fn pss_bytes(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// Open file descriptors of a process.
#[must_use]
pub fn descriptors(pid: u32) -> Option<usize> {
    Some(fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count())
}

/// Threads of a process.
#[must_use]
pub fn threads(pid: u32) -> Option<usize> {
    Some(fs::read_dir(format!("/proc/{pid}/task")).ok()?.count())
}

/// Processes whose command line has this word in it, such as a room's data folder. Not this one.
#[must_use]
pub fn with_word(word: &str) -> Vec<u32> {
    let own = std::process::id();
    let has = |pid: u32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).split('\0').any(|argument| argument == word)
    };
    all().into_keys().filter(|pid| *pid != own && has(*pid)).collect()
}

/// The processes of this program in a tree, by its name as the kernel cuts it.
#[must_use]
pub fn named(roots: &[u32], name: &str) -> Vec<u32> {
    tree(roots).into_iter().filter(|(_, process)| process.name == name).map(|(pid, _)| pid).collect()
}

/// These processes and everything below them.
#[must_use]
pub fn tree(roots: &[u32]) -> BTreeMap<u32, Process> {
    let all = all();
    let mut wanted: BTreeSet<u32> = roots.iter().copied().collect();
    loop {
        let before = wanted.len();
        let below: Vec<u32> =
            all.iter().filter(|(_, p)| wanted.contains(&p.parent)).map(|(pid, _)| *pid).collect();
        wanted.extend(below);
        if wanted.len() == before {
            break;
        }
    }
    all.into_iter().filter(|(pid, _)| wanted.contains(pid)).collect()
}

/// Measures the cores that process trees use between two moments.
#[derive(Debug)]
pub struct CpuMeter {
    roots: Vec<u32>,
    began: Instant,
    before: BTreeMap<u32, Process>,
}

/// What was used between two moments, by the name of the program.
#[derive(Clone, Debug, Default)]
pub struct Used {
    /// CPU seconds per second, all together.
    pub cores: f64,
    /// The same, by program name.
    pub by_name: BTreeMap<String, f64>,
    /// Resident memory at the end, all together. Shared pages count in each process.
    pub rss_bytes: u64,
}

impl CpuMeter {
    /// Begins now, for these processes and everything below them.
    #[must_use]
    pub fn begin(roots: &[u32]) -> Self {
        Self { roots: roots.to_vec(), began: Instant::now(), before: tree(roots) }
    }

    /// What was used since the beginning. A process that ended meanwhile is not counted.
    #[must_use]
    pub fn end(&self) -> Used {
        let seconds = self.began.elapsed().as_secs_f64().max(0.001);
        let mut used = Used::default();
        for (pid, process) in tree(&self.roots) {
            let before = self.before.get(&pid).map_or(0.0, |before| before.cpu_s);
            let cores = (process.cpu_s - before) / seconds;
            used.cores += cores;
            *used.by_name.entry(process.name).or_default() += cores;
            used.rss_bytes += process.rss_bytes;
        }
        used
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_is_read() {
        let fields = "S 41 1 1 0 -1 0 0 0 0 0 150 50 0 0 20 0 4 0 100 1000 3 18446744073709551615";
        let process = read(&format!("77 (a) (b c) {fields}")).unwrap();
        assert_eq!((process.parent, process.name.as_str()), (41, "a) (b c"));
        assert!((process.cpu_s - 2.0).abs() < 1e-6);
        assert_eq!(rss("Name:\tx\nVmRSS:\t   12 kB\n"), 12 * 1024);
        assert_eq!(read("nonsense"), None);
    }

    #[test]
    fn what_a_process_holds_is_counted() {
        let own = std::process::id();
        let before = descriptors(own).unwrap();
        let held = fs::File::open("/proc/self/stat").unwrap();
        assert!(descriptors(own).unwrap() > before.saturating_sub(4) && threads(own).unwrap() >= 1);
        drop(held);
        let pss = pss_bytes(own).unwrap();
        let rss = all()[&own].rss_bytes;
        assert!(pss > 100_000 && pss <= rss + 4_000_000, "{pss} {rss}");
        assert_eq!(descriptors(u32::MAX), None);
    }

    #[test]
    fn this_process_is_in_its_own_tree_and_its_work_is_seen() {
        let own = std::process::id();
        let meter = CpuMeter::begin(&[own]);
        let began = Instant::now();
        let mut sum = 0_u64;
        while began.elapsed().as_millis() < 300 {
            sum = sum.wrapping_mul(31).wrapping_add(7);
        }
        assert!(std::hint::black_box(sum) != 1);
        let used = meter.end();
        assert!(used.cores > 0.1 && used.rss_bytes > 1_000_000, "{used:?}");
    }
}
