//! The audit: what was done and what was refused, newest first.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;
use pulsestage::audit::{AuditView, Outcome, Page, Query, Record, words};
use pulsestage::tenant::Tenant;
use pulsestage::user::Role;

use super::{Here, failed, frame, moment, moment_field, select, slug};
use crate::api::{self, Json};
use crate::components::page_url::{PageUrl, ViewKind};
use crate::ui::empty::Empty;
use crate::ui::erase::Erase;
use crate::ui::icon::Icon;
use crate::ui::text::words_of;

/// The page.
pub(in crate::pages) fn page() -> AnyView {
    let (slug, params) = (slug(), use_query_map());
    let asked = Memo::new(move |_| (slug.get(), params.with(read)));
    let load = |(slug, query): (Option<String>, Query)| api::load_audit(slug.unwrap_or_default(), query);
    let loaded: Resource<_, Json> = Resource::new_with_options(move || asked.get(), load, true);
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let (named, query) = asked.get_untracked();
                let tenant = named.clone().unwrap_or_default();
                let here = Here { place: PageUrl::new(named, ViewKind::Queue), view: "audit" };
                match loaded.await {
                    Ok(AuditView { tenant: of, page }) => draw(page, &here, &query, &tenant, &of),
                    Err(error) => failed(&error, &here),
                }
            })}
        </Suspense>
    }
    .erase()
}

/// What the address asks for.
fn read(params: &ParamsMap) -> Query {
    let field = |name: &str| params.get(name).unwrap_or_default();
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

fn draw(page: Page, here: &Here, query: &Query, tenant: &str, of: &Tenant) -> AnyView {
    let own = here.own();
    let all = Query { before: String::new(), ..query.clone() };
    let files = [("/export/audit.csv", "CSV"), ("/export/audit.jsonl", "JSON lines")].map(|(path, word)| {
        view! {
            <a class="btn" href=address(path, &all, tenant) rel="external">
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
                "Back to the newest"
            </a>
        }
        .erase()
    });
    let rows: Vec<AnyView> = page.records.iter().map(|record| row(record, &own, &all)).collect();
    let list = if rows.is_empty() {
        view! {
            <Empty mark=Icon::Shield title="No entries" text="Nothing that was done or refused fits these filters.">
                <a class="btn" href=own.clone() rel="external">
                    "Show all"
                </a>
            </Empty>
        }
        .erase()
    } else {
        view! {
            <table class="table">
                <caption class="vh">"Entries of the audit, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"When (UTC)"</th>
                        <th scope="col">"Who"</th>
                        <th scope="col">"What"</th>
                        <th scope="col">"Where"</th>
                        <th scope="col">"Before and after"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .erase()
    };
    let content = view! {
        {filters(here, query)}
        <p class="reports__do" role="group" aria-label="Take these entries away">
            {files}
        </p>
        {list}
        <p class="reports__do">{newest} {older}</p>
    };
    let lead = "What was done here and by whom, and what people were refused. It only grows.";
    // Whoever sees the audit is an admin.
    frame(here, Role::Admin, of, "Audit", lead, content.erase())
}

fn filters(here: &Here, query: &Query) -> AnyView {
    let outcomes = [(Outcome::Done, "Done"), (Outcome::Refused, "Refused")];
    let outcomes = outcomes.map(|(outcome, word)| (outcome.as_str().to_owned(), word.to_owned()));
    let actions = words().into_iter().map(|word| (word.clone(), words_of(&word)));
    let kept = [("by", query.by.clone(), "one person"), ("subject", query.subject.clone(), "one thing")];
    let kept = kept.map(|(name, value, what)| {
        (!value.is_empty()).then(|| {
            view! {
                <label class="reports__kept">
                    <input type="checkbox" name=name value=value checked />
                    "Only " {what}
                </label>
            }
            .erase()
        })
    });
    view! {
        <form class="reports__filters" method="get" action=here.own() role="search" aria-label="Filter the entries">
            {select("action", "What", "Everything", &query.action, actions)}
            {select("outcome", "Outcome", "Done and refused", &query.outcome, outcomes)}
            {moment_field("from", "From (UTC)", query.from.clone())}
            {moment_field("until", "Until (UTC)", query.until.clone())}
            {kept}
            <div class="reports__do">
                <button class="btn btn--main" type="submit">
                    "Filter"
                </button>
                <a class="btn btn--quiet" href=here.own() rel="external">
                    "Show all"
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
            let name = record.by_name.clone().unwrap_or_else(|| "Somebody".to_owned());
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
            <td data-label="What">{words_of(&record.action)} " " {refused}</td>
            <td data-label="Where">
                <span dir="auto">{record.team_name.clone()}</span>
                " "
                {about}
            </td>
            <td data-label="Before and after">
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
