//! The audit as a file.

use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use super::{Broken, Pages, Reader, cells, csv, respond};
use pulsestage::audit::{Filter, PageCursor, Query, Record};
use pulsestage::error::Refusal;

/// The form of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AuditFormat {
    /// For spreadsheets.
    Csv,
    /// For programs: a line of JSON for each entry.
    Lines,
}

/// Begins the file.
pub(super) async fn open(reader: Reader, query: Query, form: AuditFormat) -> Result<Response, Refusal> {
    let context = reader.authenticate().await?;
    let filter = reader.service.begin_audit_export(&context, &query).await?;
    let (ending, content_type) = match form {
        AuditFormat::Csv => ("csv", "text/csv; charset=utf-8"),
        AuditFormat::Lines => ("jsonl", "application/x-ndjson"),
    };
    let entries = Entries { reader, filter, form, at: PageCursor::NEWEST, begun: false };
    Ok(respond(&context, "audit", ending, content_type, entries))
}

struct Entries {
    reader: Reader,
    filter: Filter,
    form: AuditFormat,
    /// Where the next page begins.
    at: PageCursor,
    begun: bool,
}

impl Pages for Entries {
    async fn next(&mut self, out: &mut Vec<u8>) -> Result<bool, Broken> {
        let context = self.reader.authenticate().await?;
        let page = self.reader.service.audit_export_page(&context, &self.filter, self.at).await?;
        let is_first = !std::mem::replace(&mut self.begun, true);
        if is_first && self.form == AuditFormat::Csv {
            csv::titles(out, &cells::RECORD);
        }
        for record in &page.records {
            match self.form {
                AuditFormat::Csv => csv::row(out, cells::record(record)),
                AuditFormat::Lines => {
                    // Nothing in it fails to be written.
                    serde_json::to_writer(&mut *out, &AuditLine::of(record)).map_err(|_| Refusal::Internal)?;
                    out.push(b'\n');
                }
            }
        }
        self.at = page.next.unwrap_or(self.at);
        Ok(page.next.is_some())
    }
}

/// An entry with its values as JSON and its moment as text.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuditLine<'a> {
    at: String,
    action: &'a str,
    outcome: &'static str,
    by: Option<String>,
    by_name: Option<&'a str>,
    team: Option<String>,
    team_name: Option<&'a str>,
    subject: Option<String>,
    before: Value,
    after: Value,
    id: String,
}

impl<'a> AuditLine<'a> {
    fn of(record: &'a Record) -> Self {
        let json = |text: Option<&str>| text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        Self {
            at: record.at.whole_second().to_rfc3339(),
            action: &record.action,
            outcome: record.outcome.as_str(),
            by: record.by.map(|by| by.to_string()),
            by_name: record.by_name.as_deref(),
            team: record.team.map(|team| team.to_string()),
            team_name: record.team_name.as_deref(),
            subject: record.subject.map(|subject| subject.to_string()),
            before: json(record.before.as_deref()),
            after: json(record.after.as_deref()),
            id: record.id.to_string(),
        }
    }
}
