//! Questions as a file.

use axum::response::Response;

use super::xlsx::Xlsx;
use super::{Broken, Pages, Reader, cells, csv, respond};
use pulsestage::audit::Act;
use pulsestage::error::Refusal;
use pulsestage::export::{ExportedQuestion, QuestionCursor, QuestionFilter, QuestionQuery};

/// The form of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QuestionFormat {
    /// For spreadsheets.
    Csv,
    /// For programs: one array.
    Json,
    /// For Excel.
    Xlsx,
}

impl QuestionFormat {
    const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Xlsx => "xlsx",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// Begins the file.
pub(super) async fn open(reader: Reader, query: &QuestionQuery, form: QuestionFormat) -> Result<Response, Refusal> {
    let context = reader.authenticate().await?;
    let filter = reader.service.begin_export(&context, query, (Act::ExportQuestions, form.ending())).await?;
    let writer = match form {
        QuestionFormat::Csv => QuestionWriter::Csv,
        QuestionFormat::Json => QuestionWriter::Json { is_first: true },
        QuestionFormat::Xlsx => QuestionWriter::Xlsx(Box::default()),
    };
    let pages = Questions { reader, filter, writer, at: QuestionCursor::OLDEST, begun: false };
    Ok(respond(&context, "questions", form.ending(), form.content_type(), pages))
}

struct Questions {
    reader: Reader,
    filter: QuestionFilter,
    writer: QuestionWriter,
    /// Where the next page begins.
    at: QuestionCursor,
    begun: bool,
}

impl Pages for Questions {
    async fn next(&mut self, out: &mut Vec<u8>) -> Result<bool, Broken> {
        let context = self.reader.authenticate().await?;
        let (page, next) = self.reader.service.export_page(&context, &self.filter, self.at).await?;
        if !std::mem::replace(&mut self.begun, true) {
            self.writer.begin(out)?;
        }
        for question in &page {
            self.writer.add(out, question)?;
        }
        match next {
            Some(next) => self.at = next,
            None => self.writer.end(out)?,
        }
        Ok(next.is_some())
    }
}

enum QuestionWriter {
    Csv,
    Json { is_first: bool },
    Xlsx(Box<Xlsx>),
}

impl QuestionWriter {
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), Broken> {
        match self {
            Self::Csv => csv::titles(out, &cells::QUESTION),
            Self::Json { .. } => out.push(b'['),
            Self::Xlsx(xlsx) => xlsx.begin(out, &cells::QUESTION)?,
        }
        Ok(())
    }

    fn add(&mut self, out: &mut Vec<u8>, question: &ExportedQuestion) -> Result<(), Broken> {
        match self {
            Self::Csv => csv::row(out, cells::question(question)),
            Self::Json { is_first } => {
                out.extend_from_slice(if std::mem::take(is_first) { b"\n" } else { b",\n" });
                // Nothing in it fails to be written.
                serde_json::to_writer(out, question).map_err(|_| Refusal::Internal)?;
            }
            Self::Xlsx(xlsx) => xlsx.row(out, cells::question(question))?,
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Broken> {
        match self {
            Self::Csv => {}
            Self::Json { .. } => out.extend_from_slice(b"\n]\n"),
            Self::Xlsx(xlsx) => xlsx.end(out)?,
        }
        Ok(())
    }
}
