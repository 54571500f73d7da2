//! The audit log: what was done and what was refused, newest first.

use leptos::prelude::*;
use pulsestage::audit::{AuditView, Outcome, Query, Record, words};

use super::{choice, moment, moment_field};
use crate::address::PageQuery;
use crate::api;
use crate::pages::frame::{Frame, Here, PageFuture};
use crate::ui::empty::Empty;
use crate::ui::erase::Erase;
use crate::ui::icon::Icon;
use crate::ui::text::words_of;

/// The page.
pub(in crate::pages) fn page(here: Here) -> PageFuture {
    here.load_by(read, api::load_audit, draw)
}

/// What the address asks for.
fn read(query: &PageQuery) -> Query {
    let field = |name: &str| query.get(name).unwrap_or_default().to_owned();
    Query {
        by: field("by"),
        action: field("action"),
        outcome: field("outcome"),
        subject: field("subject"),
        from: field("from"),
        until: field("until"),
        before: field("before"),
    }
}

/// A query as an address. What the server has read has no sign in it that would have to be written otherwise.
fn address(path: &str, query: &Query, tenant: &str) -> String {
    let fields = [
        ("tenant", tenant),
        ("by", &query.by),
        ("action", &query.action),
        ("outcome", &query.outcome),
        ("subject", &query.subject),
        ("from", &query.from),
        ("until", &query.until),
        ("before", &query.before),
    ];
    let set = fields.into_iter().filter(|(_, value)| !value.is_empty());
    let pairs: Vec<String> = set.map(|(name, value)| format!("{name}={value}")).collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

fn draw(view: AuditView, query: Query, frame: Frame) -> AnyView {
    let AuditView { tenant, role, page } = view;
    let own = frame.address();
    let all = Query { before: String::new(), ..query.clone() };
    let files = [("/export/audit.csv", "CSV"), ("/export/audit.jsonl", "JSON lines")].map(|(path, word)| {
        view! {
            <a class="btn" href=address(path, &all, &tenant.slug) rel="external">
                {word}
            </a>
        }
        .erase()
    });
    let older = page.next.map(|next| {
        let query = Query { before: next.to_string(), ..query.clone() };
        view! {
            <a class="btn" href=address(&own, &query, "") rel="external">
                "Older entries"
            </a>
        }
        .erase()
    });
    let newest = (!query.before.is_empty()).then(|| {
        view! {
            <a class="btn btn--quiet" href=address(&own, &all, "") rel="external">
                "Newest entries"
            </a>
        }
        .erase()
    });
    let rows: Vec<AnyView> = page.records.iter().map(|record| row(record, &own, &all)).collect();
    let filters = filters(&own, &query);
    let list = if rows.is_empty() {
        view! {
            <Empty mark=Icon::Shield title="No entries" text="Nothing matches these filters.">
                <a class="btn" href=own rel="external">
                    "Clear filters"
                </a>
            </Empty>
        }
        .erase()
    } else {
        view! {
            <table class="table">
                <caption class="vh">"Audit log, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"When (UTC)"</th>
                        <th scope="col">"Who"</th>
                        <th scope="col">"Action"</th>
                        <th scope="col">"Where"</th>
                        <th scope="col">"Change"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .erase()
    };
    let content = view! {
        {filters}
        <p class="form__row" role="group" aria-label="Download these entries">
            {files}
        </p>
        {list}
        <p class="form__row">{newest} {older}</p>
    };
    let lead = "What was done and what was refused, and by whom. Entries cannot be changed.";
    // Whoever sees the audit is an admin.
    frame.draw(&tenant, role, lead, content.into_any())
}

fn filters(own: &str, query: &Query) -> AnyView {
    let outcomes = [(Outcome::Done, "Done"), (Outcome::Refused, "Refused")];
    let outcomes = outcomes.map(|(outcome, word)| (outcome.as_str().to_owned(), word.to_owned()));
    let actions = words().into_iter().map(|word| (word.clone(), words_of(&word)));
    let kept = [("by", query.by.clone(), "this person"), ("subject", query.subject.clone(), "this item")];
    let kept = kept.map(|(name, value, what)| {
        (!value.is_empty()).then(|| {
            view! {
                <label class="tick">
                    <input type="checkbox" name=name value=value checked />
                    "Only " {what}
                </label>
            }
            .erase()
        })
    });
    view! {
        <form class="admin__row" method="get" action=own.to_owned() role="search" aria-label="Filter">
            {choice("action", "Action", "Any action", &query.action, actions)}
            {choice("outcome", "Outcome", "Any outcome", &query.outcome, outcomes)}
            {moment_field("from", "From (UTC)", &query.from)}
            {moment_field("until", "Until (UTC)", &query.until)}
            {kept}
            <div class="form__row">
                <button class="btn btn--main" type="submit">
                    "Filter"
                </button>
                <a class="btn btn--quiet" href=own.to_owned() rel="external">
                    "Clear"
                </a>
            </div>
        </form>
    }
    .erase()
}

fn row(record: &Record, own: &str, query: &Query) -> AnyView {
    let only = |changed: Query, words: String| {
        view! {
            <a href=address(own, &changed, "") rel="external">
                {words}
            </a>
        }
        .erase()
    };
    let who = match record.by {
        Some(by) => {
            let name = record.by_name.clone().unwrap_or_else(|| "Someone".to_owned());
            only(Query { by: by.to_string(), ..query.clone() }, name)
        }
        None => view! { <span>"The operator"</span> }.erase(),
    };
    let about = record.subject.map(|subject| {
        let words = format!("…{}", &subject.simple().to_string()[24..]);
        only(Query { subject: subject.to_string(), ..query.clone() }, words)
    });
    let refused = (record.outcome == Outcome::Refused).then(|| view! { <b class="reports__no">"Refused"</b> }.erase());
    let values = [("Before", record.before.clone()), ("After", record.after.clone())].map(|(label, value)| {
        value.map(|value| {
            view! {
                <dt>{label}</dt>
                <dd dir="auto">
                    <code>{value}</code>
                </dd>
            }
            .erase()
        })
    });
    view! {
        <tr>
            <td data-label="When">{moment(record.at)}</td>
            <td data-label="Who" dir="auto">
                {who}
            </td>
            <td data-label="Action">{words_of(&record.action)} " " {refused}</td>
            <td data-label="Where">
                {record.team_name.clone().map(|name| view! { <span dir="auto">{name} " "</span> })}
                {about}
            </td>
            <td data-label="Change">
                <dl class="reports__values">{values}</dl>
            </td>
        </tr>
    }
    .erase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_asked_for_and_no_more() {
        let query = Query { action: "pin".to_owned(), from: "2025-10-08T10:30".to_owned(), ..Query::default() };
        assert_eq!(address("/admin/audit", &Query::default(), ""), "/admin/audit");
        assert_eq!(address("/admin/audit", &query, ""), "/admin/audit?action=pin&from=2025-10-08T10:30");
        assert_eq!(address("/export/audit.csv", &Query::default(), "acme"), "/export/audit.csv?tenant=acme");
    }
}
