//! What a benchmark says: a table for people on stdout, `target/bench/NAME.json` for programs, and whether the limits
//! of `bench/limits.toml` are met.

use crate::pace;
use anyhow::{Context, Result};
use easien_tests::programs;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a limit's name ends with when the figure must not be below it.
const AT_LEAST: &str = "_at_least";

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub struct Metric {
    /// Its name, as in `limits.toml` where it has a limit.
    pub name: String,
    /// The figure.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// It must not be above this.
    pub limit: Option<f64>,
    /// It must not be below this.
    pub at_least: Option<f64>,
    /// What a ratio is a ratio to.
    pub ratio_to: Option<String>,
}

impl Metric {
    /// A figure that is no number is no measurement.
    fn is_broken(&self) -> bool {
        let limited = self.limit.is_some() || self.at_least.is_some();
        limited && self.value.is_nan()
            || self.limit.is_some_and(|limit| self.value > limit)
            || self.at_least.is_some_and(|least| self.value < least)
    }
}

/// A benchmark's figures.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    #[serde(skip)]
    name: &'static str,
    /// Shortened rounds: to try the benchmark itself, not a measurement.
    quick: bool,
    metrics: Vec<Metric>,
    #[serde(skip)]
    limits: BTreeMap<String, f64>,
}

impl Report {
    /// An empty one.
    ///
    /// # Errors
    /// When `bench/limits.toml` cannot be read.
    pub fn new(name: &'static str) -> Result<Self> {
        let path = programs::repository().join("bench/limits.toml");
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let mut all: BTreeMap<String, BTreeMap<String, f64>> =
            toml::from_str(&text).with_context(|| path.display().to_string())?;
        Ok(Self {
            name,
            quick: pace::is_quick(),
            metrics: vec![],
            limits: all.remove(name).unwrap_or_default(),
        })
    }

    /// Adds a figure.
    pub fn add(&mut self, name: &str, value: f64, unit: &str) {
        self.add_ratio(name, value, unit, None);
    }

    /// Adds a figure that is a ratio to something.
    pub fn add_ratio(&mut self, name: &str, value: f64, unit: &str, ratio_to: Option<&str>) {
        let limit = self.limits.get(name).copied();
        let at_least = self.limits.get(&format!("{name}{AT_LEAST}")).copied();
        let (name, unit) = (name.to_owned(), unit.to_owned());
        self.metrics.push(Metric {
            name,
            value,
            unit,
            limit,
            at_least,
            ratio_to: ratio_to.map(str::to_owned),
        });
    }

    /// Prints the table, writes the file. The limits that are not met, or were never measured.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(self) -> Result<Vec<String>> {
        println!(
            "{}{}",
            self.name,
            if self.quick { " (quick: shortened rounds, no measurement)" } else { "" }
        );
        for metric in &self.metrics {
            let Metric { name, value, unit, limit, at_least, ratio_to } = metric;
            let met = if metric.is_broken() { "NOT MET" } else { "met" };
            let verdict = match (limit, at_least) {
                (Some(limit), _) => format!("  limit {limit}  {met}"),
                (None, Some(least)) => format!("  at least {least}  {met}"),
                (None, None) => String::new(),
            };
            let against = ratio_to.as_ref().map_or(String::new(), |peer| format!(" of {peer}"));
            println!("  {name:<34} {value:>10.3} {unit}{against}{verdict}");
        }
        std::fs::write(file(&format!("{}.json", self.name))?, serde_json::to_string_pretty(&self)? + "\n")?;
        Ok(self.broken())
    }

    fn broken(&self) -> Vec<String> {
        let broken = self.metrics.iter().filter(|metric| metric.is_broken());
        let mut broken: Vec<String> =
            broken.map(|metric| format!("{}: {}", self.name, metric.name)).collect();
        for limit in self.limits.keys() {
            let name = limit.strip_suffix(AT_LEAST).unwrap_or(limit);
            if !self.metrics.iter().any(|metric| metric.name == name) {
                broken.push(format!("{}: {limit} was not measured", self.name));
            }
        }
        broken
    }
}

/// Percentiles of a series under names such as `age_p99_ms`; the last one is the largest.
pub fn add_percentiles(report: &mut Report, name: &str, unit: &str, values: &mut [f64]) {
    for (suffix, share) in [("p50", 0.50), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)] {
        let value = percentile(values, share).unwrap_or(f64::NAN);
        report.add(&format!("{name}_{suffix}_{unit}"), value, unit);
    }
}

/// A file of the results, in a folder that is made if need be.
///
/// # Errors
/// When the folder cannot be made.
pub fn file(name: &str) -> Result<PathBuf> {
    let folder = programs::repository().join("target/bench");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder.join(name))
}

/// The value below which this share (0 to 1) of the values lies. None without values.
#[must_use]
pub fn percentile(values: &mut [f64], share: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let index = ((values.len() as f64 * share).ceil() as usize).clamp(1, values.len().max(1)) - 1;
    values.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles() {
        let mut values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(percentile(&mut values, 0.95), Some(95.0));
        assert_eq!(percentile(&mut values, 0.5), Some(50.0));
        assert_eq!(percentile(&mut [3.0], 0.95), Some(3.0));
        assert_eq!(percentile(&mut [], 0.5), None);
    }

    #[test]
    fn a_limit_that_is_broken_or_not_measured_is_told() -> Result<()> {
        let mut report = Report::new("wall")?;
        report.limits = BTreeMap::from([
            ("a".to_owned(), 0.1),
            ("b".to_owned(), 2.0),
            ("fps_at_least".to_owned(), 14.0),
            ("c".to_owned(), 1.0),
        ]);
        report.add("a", 0.3, "core");
        report.add("fps", 13.9, "1/s");
        report.add("c", f64::NAN, "");
        assert_eq!(report.broken(), ["wall: a", "wall: fps", "wall: c", "wall: b was not measured"]);
        Ok(())
    }
}
