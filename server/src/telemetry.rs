//! Log lines: for people by default, JSON for machines.

use clap::ValueEnum;
use tracing::{Dispatch, Span};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// Says in the span of the current request which tenant it is for.
pub fn record_tenant(slug: &str) {
    Span::current().record("tenant", slug);
}

/// Starts logging to standard error; what is logged is set by `RUST_LOG`. A second call changes nothing.
pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    // Another subscriber may be there already in tests; theirs is as good.
    let _already_started = lines(format, filter, std::io::stderr).try_init();
}

/// Writes lines of this format to this writer.
fn lines<W>(format: LogFormat, filter: EnvFilter, writer: W) -> Dispatch
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match format {
        LogFormat::Text => lines.finish().into(),
        LogFormat::Json => {
            lines.json().flatten_event(true).with_current_span(true).with_span_list(false).finish().into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is written of two events, one of which nobody wants to know.
    fn written(format: LogFormat) -> String {
        let paper = Paper::default();
        let copy = paper.clone();
        let lines = lines(format, EnvFilter::new("debug"), move || copy.clone());
        tracing::dispatcher::with_default(&lines, || {
            let span =
                tracing::error_span!("request", id = "ab", route = "/open/{token}", tenant = tracing::field::Empty);
            span.record("tenant", "acme");
            span.in_scope(|| tracing::debug!(tenant.id = "7", streams = 3, "stream \"opened\"\nand more"));
            tracing::trace!("too much");
        });
        let bytes = paper.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_line_of_json_is_one_object_whatever_is_in_it() {
        let text = written(LogFormat::Json);
        let [line] = text.lines().collect::<Vec<_>>()[..] else { panic!("one event, one line: {text}") };
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["level"], "DEBUG");
        assert_eq!(line["message"], "stream \"opened\"\nand more");
        assert_eq!((&line["tenant.id"], &line["streams"]), (&"7".into(), &3.into()));
        let request = serde_json::json!({"name": "request", "id": "ab", "route": "/open/{token}", "tenant": "acme"});
        assert_eq!(line["span"], request);
        assert!(line["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')), "{line}");
        assert!(line["target"].is_string(), "{line}");
    }

    #[test]
    fn a_line_for_people_has_its_words_and_its_fields() {
        let text = written(LogFormat::Text);
        assert!(text.contains("DEBUG") && text.contains("stream") && text.contains("3"), "{text}");
        assert!(text.contains("request") && text.contains("acme"), "{text}");
        assert!(!text.contains("too much"));
    }
}
