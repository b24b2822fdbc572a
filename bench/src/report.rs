//! What a benchmark says: a table for people on stdout, `target/bench/NAME.json` for programs, and whether the limits
//! of `bench/limits.toml` are met.

use anyhow::{Context, Result};
use easien_tests::programs;
use serde::Serialize;
use std::collections::BTreeMap;

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
    /// What a ratio is a ratio to.
    pub ratio_to: Option<String>,
}

/// A benchmark's figures.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    #[serde(skip)]
    name: &'static str,
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
        Ok(Self { name, metrics: vec![], limits: all.remove(name).unwrap_or_default() })
    }

    /// Adds a figure.
    pub fn add(&mut self, name: &str, value: f64, unit: &str) {
        self.add_ratio(name, value, unit, None);
    }

    /// Adds a figure that is a ratio to something.
    pub fn add_ratio(&mut self, name: &str, value: f64, unit: &str, ratio_to: Option<&str>) {
        let limit = self.limits.get(name).copied();
        let (name, unit) = (name.to_owned(), unit.to_owned());
        self.metrics.push(Metric { name, value, unit, limit, ratio_to: ratio_to.map(str::to_owned) });
    }

    /// Prints the table, writes the file. The limits that are not met, or were never measured.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(self) -> Result<Vec<String>> {
        println!("{}", self.name);
        for Metric { name, value, unit, limit, ratio_to } in &self.metrics {
            let verdict = match limit {
                Some(limit) if value > limit => format!("  limit {limit}  NOT MET"),
                Some(limit) => format!("  limit {limit}  met"),
                None => String::new(),
            };
            let against = ratio_to.as_ref().map_or(String::new(), |peer| format!(" of {peer}"));
            println!("  {name:<34} {value:>10.3} {unit}{against}{verdict}");
        }
        let folder = programs::repository().join("target/bench");
        std::fs::create_dir_all(&folder)?;
        let file = folder.join(format!("{}.json", self.name));
        std::fs::write(&file, serde_json::to_string_pretty(&self)? + "\n")?;
        Ok(self.broken())
    }

    fn broken(&self) -> Vec<String> {
        let over =
            self.metrics.iter().filter(|metric| metric.limit.is_some_and(|limit| metric.value > limit));
        let mut broken: Vec<String> = over.map(|metric| format!("{}: {}", self.name, metric.name)).collect();
        for limit in self.limits.keys() {
            if !self.metrics.iter().any(|metric| metric.name == *limit) {
                broken.push(format!("{}: {limit} was not measured", self.name));
            }
        }
        broken
    }
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
        report.add("page_at_rest_core", 0.3, "core");
        assert_eq!(report.broken(), ["wall: page_at_rest_core", "wall: cpu_ratio_to_floor was not measured"]);
        Ok(())
    }
}
