//! What processes hold over a run, and how fast it grows: by the median of the slopes between all pairs of samples
//! (Theil and Sen), which a third of outliers does not move.

use easien_tests::proc::{self, Process};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// Which program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The station.
    Station,
    /// A picture worker.
    Worker,
    /// The window program.
    Window,
    /// WebKit's processes.
    WebKit,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Station, Self::Worker, Self::Window, Self::WebKit];

    /// By a process's name, as the kernel cuts it.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "easien-station" => Some(Self::Station),
            "easien-picture" => Some(Self::Worker),
            "easien" => Some(Self::Window),
            name if name.starts_with("WebKit") => Some(Self::WebKit),
            _ => None,
        }
    }

    /// In the report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Station => "station",
            Self::Worker => "workers",
            Self::Window => "window",
            Self::WebKit => "webkit",
        }
    }
}

/// What a process holds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Resident memory.
    pub rss_mb: f64,
    /// Open file descriptors.
    pub descriptors: f64,
    /// Threads.
    pub threads: f64,
}

/// All processes at one time.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Since the beginning.
    pub at: Duration,
    /// Each process.
    pub of: Vec<(Kind, u32, Figures)>,
}

/// One look at the processes of these trees.
#[must_use]
pub fn look(roots: &[u32]) -> HashMap<u32, Figures> {
    let figures = |(pid, process): (u32, Process)| {
        let held = Figures {
            rss_mb: process.rss_bytes as f64 / 1e6,
            descriptors: proc::descriptors(pid)? as f64,
            threads: proc::threads(pid)? as f64,
        };
        Some((pid, held))
    };
    proc::tree(roots).into_iter().filter_map(figures).collect()
}

/// The middle of several looks, of the processes that are there now.
#[must_use]
pub fn middle(looks: &[HashMap<u32, Figures>], now: &BTreeMap<u32, Process>) -> Vec<(Kind, u32, Figures)> {
    let mut middle = vec![];
    for (pid, process) in now {
        let Some(kind) = Kind::of(&process.name) else { continue };
        let of = |what: fn(&Figures) -> f64| {
            median(looks.iter().filter_map(|look| look.get(pid)).map(what).collect()).unwrap_or_default()
        };
        let figures = Figures {
            rss_mb: of(|it| it.rss_mb),
            descriptors: of(|it| it.descriptors),
            threads: of(|it| it.threads),
        };
        middle.push((kind, *pid, figures));
    }
    middle
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// How many simulated hours have passed.
#[must_use]
pub fn hours(at: Duration, whole: Duration, hours: f64) -> f64 {
    at.as_secs_f64() / whole.as_secs_f64().max(1.0) * hours
}

/// All processes of a kind together, sample by sample, as long as they are the same ones as at the end and none is
/// younger than `young`; without the samples before `warm`.
#[must_use]
pub fn series(samples: &[Sample], kind: Kind, warm: Duration, young: Duration) -> Vec<(Duration, Figures)> {
    let of = |sample: &Sample| -> Vec<u32> {
        sample.of.iter().filter(|(other, ..)| *other == kind).map(|(_, pid, _)| *pid).collect()
    };
    let last = samples.last().map(of).unwrap_or_default();
    if last.is_empty() {
        return vec![];
    }
    let first = samples.iter().rposition(|sample| of(sample) != last).map_or(0, |before| before + 1);
    let born = if first == 0 { Duration::ZERO } else { samples[first].at + young };
    let settled = samples.iter().skip(first).filter(|sample| sample.at >= warm.max(born));
    settled
        .map(|sample| {
            let mut sum = Figures::default();
            for (_, _, figures) in sample.of.iter().filter(|(other, ..)| *other == kind) {
                sum.rss_mb += figures.rss_mb;
                sum.descriptors += figures.descriptors;
                sum.threads += figures.threads;
            }
            (sample.at, sum)
        })
        .collect()
}

/// Growth per second. No number when there are fewer than five samples.
#[must_use]
pub fn slope(series: &[(Duration, Figures)], of: fn(&Figures) -> f64) -> f64 {
    if series.len() < 5 {
        return f64::NAN;
    }
    let mut slopes = vec![];
    for (index, (at, figures)) in series.iter().enumerate() {
        for (later, then) in series.iter().skip(index + 1) {
            slopes.push((of(then) - of(figures)) / (*later - *at).as_secs_f64().max(0.001));
        }
    }
    median(slopes).unwrap_or(f64::NAN)
}

/// The least and the most.
#[must_use]
pub fn range(series: &[(Duration, Figures)], of: fn(&Figures) -> f64) -> (f64, f64) {
    let values = || series.iter().map(|(_, figures)| of(figures));
    if series.is_empty() {
        return (f64::NAN, f64::NAN);
    }
    (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(second: u64, of: &[(Kind, u32, f64)]) -> Sample {
        let figures = |rss_mb| Figures { rss_mb, descriptors: 10.0, threads: 2.0 };
        let of = of.iter().map(|(kind, pid, rss)| (*kind, *pid, figures(*rss))).collect();
        Sample { at: Duration::from_secs(second), of }
    }

    #[test]
    fn growth_is_found_beside_outliers_and_flat_is_flat() {
        let samples: Vec<Sample> = (0..60)
            .map(|n| {
                let spike = if n % 7 == 0 { 30.0 } else { 0.0 };
                let grown = 100.0 + n as f64 * 0.2 + spike;
                sample(n * 10, &[(Kind::Station, 1, grown), (Kind::Window, 2, 50.0 + (n % 3) as f64)])
            })
            .collect();
        let of =
            |kind| slope(&series(&samples, kind, Duration::from_secs(60), Duration::ZERO), |it| it.rss_mb);
        assert!((of(Kind::Station) - 0.02).abs() < 0.004, "{}", of(Kind::Station));
        assert!(of(Kind::Window).abs() < 0.001, "{}", of(Kind::Window));
        assert!(of(Kind::Worker).is_nan(), "there was none");
    }

    #[test]
    fn only_the_last_life_counts_and_not_its_first_moments() {
        let samples: Vec<Sample> =
            (0..40).map(|n| sample(n * 10, &[(Kind::Worker, if n < 20 { 7 } else { 8 }, 100.0)])).collect();
        let series = series(&samples, Kind::Worker, Duration::ZERO, Duration::from_secs(30));
        assert_eq!(series.first().map(|(at, _)| *at), Some(Duration::from_secs(230)));
        assert_eq!(series.len(), 17);
        assert_eq!(range(&series, |it| it.descriptors), (10.0, 10.0));
    }
}
