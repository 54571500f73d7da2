//! The scenarios, and how they report.

pub(crate) mod herd;
pub(crate) mod idle;
pub(crate) mod noisy;
pub(crate) mod slow;
pub(crate) mod votes;
pub(crate) mod watched;

use std::fmt;

/// What a scenario found: figures, and the conditions that were to hold.
#[derive(Debug)]
pub(crate) struct ScenarioReport {
    title: String,
    figures: Vec<(String, String)>,
    conditions: Vec<(String, bool)>,
}

impl ScenarioReport {
    pub(crate) fn new(title: String) -> Self {
        Self { title, figures: Vec::new(), conditions: Vec::new() }
    }

    /// Adds a figure.
    pub(crate) fn figure(&mut self, what: &str, value: impl fmt::Display) {
        self.figures.push((what.to_owned(), value.to_string()));
    }

    /// Adds a condition and whether it holds.
    pub(crate) fn require(&mut self, what: impl fmt::Display, holds: bool) {
        self.conditions.push((what.to_string(), holds));
    }

    /// Whether every condition holds.
    pub(crate) fn is_well(&self) -> bool {
        self.conditions.iter().all(|(_, holds)| *holds)
    }
}

impl fmt::Display for ScenarioReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}:\n\n| figure | value |\n|---|---|", self.title)?;
        for (what, value) in &self.figures {
            writeln!(f, "| {what} | {value} |")?;
        }
        for (what, holds) in &self.conditions {
            writeln!(f, "| {what} | {} |", if *holds { "yes" } else { "**no**" })?;
        }
        Ok(())
    }
}
