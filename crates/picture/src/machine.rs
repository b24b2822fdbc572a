//! How busy the machine is, all programs together.

/// CPU time of all cores since the machine's start, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticks {
    /// Spent in nothing.
    pub(crate) idle: u64,
    /// In everything.
    pub(crate) all: u64,
}

/// As of now; `None` where the system does not say.
pub(crate) fn ticks() -> Option<Ticks> {
    parse(&std::fs::read_to_string("/proc/stat").ok()?)
}

/// The first line of `/proc/stat` (proc_stat(5)): user, nice, system, idle, iowait, irq, softirq, steal; what guests take
/// is in user and nice already.
fn parse(stat: &str) -> Option<Ticks> {
    let numbers: Vec<u64> = stat
        .lines()
        .next()?
        .strip_prefix("cpu ")?
        .split_ascii_whitespace()
        .take(8)
        .map_while(|word| word.parse().ok())
        .collect();
    let idle = numbers.get(3)?.checked_add(numbers.get(4).copied().unwrap_or(0))?;
    Some(Ticks { idle, all: numbers.iter().sum() })
}

/// Cores that had nothing to do between two looks. `None` when no time passed, or the counts ran backwards.
pub(crate) fn idle_core(before: Ticks, now: Ticks, cores: f64) -> Option<f64> {
    let all = now.all.checked_sub(before.all).filter(|all| *all > 0)?;
    let idle = now.idle.checked_sub(before.idle)?.min(all);
    Some(idle as f64 / all as f64 * cores)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_line_is_read_and_nonsense_is_not() {
        let line = "cpu  100 5 20 800 75 1 2 3 0 0\ncpu0 1 2 3 4\n";
        assert_eq!(parse(line), Some(Ticks { idle: 875, all: 1006 }));
        assert_eq!(parse("cpu  1 2 3 4\n"), Some(Ticks { idle: 4, all: 10 }));
        assert_eq!(parse("cpu  1 2 x 4\n"), None);
        assert_eq!(parse("intr 1 2 3\n"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn what_is_idle_is_counted_in_cores() {
        let (a, b) = (Ticks { idle: 100, all: 1000 }, Ticks { idle: 150, all: 1200 });
        assert_eq!(idle_core(a, b, 2.0), Some(0.5));
        assert_eq!(idle_core(b, a, 2.0), None);
        assert_eq!(idle_core(a, a, 2.0), None);
    }
}
