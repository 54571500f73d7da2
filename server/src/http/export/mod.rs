//! Files to take away: questions, votes, the audit. Each is read and sent page by page, so that the largest costs no more
//! memory than the smallest, and each page asks anew whether its reader may have it.
//!
//! `csv`, `json` and `xlsx` are the forms; `zip` is what an XLSX file is packed in. When something fails after the first
//! bytes are sent, the connection is broken off: half a file must not look like a whole one.

mod audit;
mod cells;
mod csv;
mod questions;
mod votes;
mod xlsx;
mod zip;

use app::api::Home;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;
use serde::Deserialize;

use self::questions::QuestionFormat;
use super::errors::Error;
use crate::state::AppState;
use pulsestage::error::{Noun, Refusal};
use pulsestage::export::QuestionQuery;
use pulsestage::service::{Credentials, RequestContext, Service};

/// What an address may say beside the name of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ExportQuery {
    tenant: String,
    #[serde(flatten)]
    questions: QuestionQuery,
    by: String,
    action: String,
    outcome: String,
    subject: String,
}

impl ExportQuery {
    /// What is asked of the audit, whose times have the names of the questions'.
    fn audit(self) -> pulsestage::audit::Query {
        pulsestage::audit::Query {
            by: self.by,
            action: self.action,
            outcome: self.outcome,
            subject: self.subject,
            from: self.questions.from,
            until: self.questions.until,
            before: String::new(),
        }
    }
}

/// Whoever takes a file away, to be asked again who they are before each page.
#[derive(Clone)]
struct Reader {
    service: Service,
    credentials: Credentials,
    slug: String,
}

impl Reader {
    async fn authenticate(&self) -> Result<RequestContext, Refusal> {
        self.service.authenticate(&self.slug, &self.credentials).await
    }
}

/// A file that is made as it is sent.
trait Pages: Send + Sized + 'static {
    /// Adds what comes next to `out`; says whether there is more after it.
    fn next(&mut self, out: &mut Vec<u8>) -> impl Future<Output = Result<bool, Broken>> + Send;
}

/// Why a file breaks off.
#[derive(Debug, thiserror::Error)]
enum Broken {
    /// Its reader may have no more, or the store is in trouble.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is more than this form of file can hold.
    #[error("there are more rows than a file of this form can hold")]
    TooMuch,
}

/// Sends the file of this name.
pub async fn file(
    State(state): State<AppState>,
    Path(name): Path<String>,
    query: Result<Query<ExportQuery>, QueryRejection>,
    home: Home,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let unreadable = |_| Refusal::Malformed { detail: "the query cannot be read".to_owned() };
    let Query(query) = query.map_err(unreadable)?;
    let slug = home.resolve(&query.tenant).ok_or(Refusal::NotFound { what: Noun::Tenant })?.to_owned();
    let reader = Reader { service: state.service().clone(), credentials: state.cookies().credentials(&headers), slug };
    Ok(match name.as_str() {
        "questions.csv" => questions::open(reader, &query.questions, QuestionFormat::Csv).await?,
        "questions.json" => questions::open(reader, &query.questions, QuestionFormat::Json).await?,
        "questions.xlsx" => questions::open(reader, &query.questions, QuestionFormat::Xlsx).await?,
        "votes.csv" => votes::open(reader, &query.questions, state.rng()).await?,
        "audit.csv" => audit::open(reader, query.audit(), audit::AuditFormat::Csv).await?,
        "audit.jsonl" => audit::open(reader, query.audit(), audit::AuditFormat::Lines).await?,
        _ => return Err(Error::NoPage),
    })
}

/// The response whose body is this file.
fn respond(
    context: &RequestContext,
    what: &str,
    ending: &str,
    content_type: &'static str,
    pages: impl Pages,
) -> Response {
    // A slug is letters, digits and hyphens: it needs no quoting anywhere.
    let disposition = format!("attachment; filename=\"{what}-{}.{ending}\"", context.tenant.slug);
    let disposition = HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment"));
    let chunks = stream::try_unfold(Some(pages), |pages| async move {
        let Some(mut pages) = pages else { return Ok::<_, Broken>(None) };
        let mut out = Vec::new();
        loop {
            let more = pages.next(&mut out).await?;
            // A page of which nothing is wanted is no piece of a body.
            if !more || !out.is_empty() {
                return Ok(Some((Bytes::from(out), more.then_some(pages))));
            }
        }
    });
    (
        [
            (CONTENT_TYPE, HeaderValue::from_static(content_type)),
            (CONTENT_DISPOSITION, disposition),
            (CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
        ],
        Body::from_stream(chunks),
    )
        .into_response()
}
