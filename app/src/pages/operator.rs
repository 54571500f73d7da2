//! The operator's page: all tenants, for the owners of the default one.

use leptos::prelude::*;
use pulsestage::tenant::{Made, OperatorView, TenantSummary};

use super::desk::{self, Desk, line, send};
use crate::api;
use crate::components::page_url::PageUrl;
use crate::ui::erase::Erase;
use crate::ui::icon::{Icon, icon};
use crate::ui::notice::{Notice, Weight};
use crate::ui::text::plural;

/// The page.
pub(super) fn page() -> AnyView {
    desk::page("operator", api::load_tenants, draw)
}

fn draw(view: OperatorView, place: PageUrl) -> AnyView {
    let OperatorView { tenant, tenants, fresh, .. } = view;
    let desk = Desk::new(place, &tenant).of_all();
    let cards: Vec<_> = tenants.iter().map(|summary| card(&desk, summary, summary.slug == tenant.slug)).collect();
    let create = desk.form(
        "create_tenant",
        view! {
            {line("slug".to_owned(), "slug", "Address", String::new(), "Lower-case letters, digits and hyphens, such as acme")}
            {line("name".to_owned(), "name", "Name", String::new(), "Up to 60 characters")}
            {send("btn btn--main", Icon::Plus, "Make the tenant")}
            <p class="field__hint">"You get a link for its first owner, which is shown once."</p>
        }
        .erase(),
    );
    let content = view! {
        {fresh.map(said_made)}
        <ul class="desk__cards">{cards}</ul>
        <section class="panel" aria-labelledby="create-title">
            <h2 class="panel__title" id="create-title">
                "New tenant"
            </h2>
            {create}
        </section>
    }
    .erase();
    desk.frame("Tenants", "Every tenant of this installation. None sees anything of another.", content)
}

/// What there is to hand over after a tenant was made.
fn said_made(Made { tenant, link }: Made) -> AnyView {
    view! {
        <Notice weight=Weight::Plain mark=Icon::Check role="status">
            <div class="form">
                <p dir="auto">
                    {format!(
                        "{} is there. Give this link to its first owner. It is shown this once, works once, and for a day.",
                        tenant.name,
                    )}
                </p>
                <input class="input" readonly aria-label="Link for the first owner" value=link />
            </div>
        </Notice>
    }
    .erase()
}

fn card(desk: &Desk, summary: &TenantSummary, is_own: bool) -> AnyView {
    let slug = summary.slug.clone();
    let slug_field = {
        let slug = slug.clone();
        move || view! { <input type="hidden" name="slug" value=slug.clone() /> }.erase()
    };
    let title = format!("tenant-{slug}");
    let labelled = title.clone();
    let numbers = format!(
        "{}, {}, {}",
        plural(summary.teams, "team", "teams"),
        plural(summary.questions, "question", "questions"),
        plural(summary.people, "person", "people"),
    );
    let limit = |most: Option<u32>| most.map(|most| most.to_string()).unwrap_or_default();
    let limits = desk.form(
        "limit_tenant",
        view! {
            {slug_field()}
            {line(format!("{slug}-streams"), "streams", "Open streams", limit(summary.limits.streams), "")}
            {line(format!("{slug}-questions"), "questions", "Questions", limit(summary.limits.questions), "")}
            {line(format!("{slug}-people"), "people", "People with an account", limit(summary.limits.people), "Empty is no limit")}
            {send("btn btn--small", Icon::Check, "Save the limits")}
        }
        .erase(),
    );
    let (endpoint, mark, word) = match summary.is_archived {
        true => ("restore_tenant", Icon::Undo, "Bring back"),
        false => ("archive_tenant", Icon::X, "Archive"),
    };
    let archive = (!is_own)
        .then(|| desk.form(endpoint, view! { {slug_field()} {send("btn btn--small btn--quiet", mark, word)} }.erase()));
    view! {
        <li class="panel desk__card" aria-labelledby=labelled>
            <h2 class="panel__title" id=title dir="auto">
                {summary.name.clone()}
            </h2>
            <p>
                <a href=format!("/t/{slug}") rel="external">
                    {slug.clone()}
                </a>
                {summary.is_archived.then_some(" (archived)")}
            </p>
            <p class="field__hint">{numbers}</p>
            <details class="more">
                <summary>{icon(Icon::Lock)} "Limits"</summary>
                {limits}
            </details>
            {archive}
        </li>
    }
    .erase()
}
