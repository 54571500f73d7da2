//! The workspaces of the installation, for the owners of the default one.

use leptos::prelude::*;
use pulsestage::tenant::{Made, OperatorView, TenantSummary};

use super::form::{Form, opens};
use super::frame::{Frame, Here, PageFuture};
use crate::api;
use crate::ui::erase::Erase;
use crate::ui::field::{Field, send};
use crate::ui::icon::Icon;
use crate::ui::notice::{Notice, Weight};
use crate::ui::text::plural;

/// The page.
pub(super) fn page(here: Here) -> PageFuture {
    here.load(api::load_tenants, draw)
}

fn draw(view: OperatorView, frame: Frame) -> AnyView {
    let OperatorView { tenant, role, tenants, fresh } = view;
    let form = |endpoint| frame.form(endpoint, &tenant.slug);
    let cards: Vec<_> = tenants.iter().map(|summary| card(&form, summary, summary.slug == tenant.slug)).collect();
    let create = form("create_tenant");
    let address = Field::text("slug", "Address").hint("Lower-case letters, digits and hyphens, such as acme");
    let fields = view! {
        {create.field(address)}
        {create.field(Field::text("name", "Name").hint("Up to 60 characters"))}
        {send("btn btn--main", Some(Icon::Plus), "Create workspace")}
        <p class="field__hint">"You get a link for its first owner. It is shown only once."</p>
    }
    .into_any();
    let content = view! {
        {fresh.map(made)}
        <ul class="admin__cards">{cards}</ul>
        <section class="panel" aria-labelledby="create-title">
            <h2 class="panel__title" id="create-title">
                "New workspace"
            </h2>
            {create.draw(fields)}
        </section>
    }
    .into_any();
    frame.draw(&tenant, role, "All workspaces of this installation. They share no data.", content)
}

/// What there is to hand over after a tenant was made.
fn made(Made { tenant, link }: Made) -> AnyView {
    let told = format!(
        "{} was created. Send this link to its first owner. It is shown only once, works once and expires in 24 hours.",
        tenant.name,
    );
    view! {
        <Notice weight=Weight::Plain mark=Icon::Check role="status">
            <div class="form">
                <p dir="auto">{told}</p>
                <input class="input" readonly aria-label="Link for the first owner" value=link />
            </div>
        </Notice>
    }
    .erase()
}

fn card(form: &impl Fn(&'static str) -> Form, summary: &TenantSummary, is_own: bool) -> AnyView {
    let slug = summary.slug.clone();
    let form = |endpoint| form(endpoint).about("slug", &slug);
    let title = format!("tenant-{slug}");
    let labelled = title.clone();
    let numbers = format!(
        "{}, {}, {}",
        plural(summary.teams, "team", "teams"),
        plural(summary.questions, "question", "questions"),
        plural(summary.people, "person", "people"),
    );
    let limits = form("limit_tenant");
    let limit = |name, label, most: Option<u32>| {
        limits.field(Field::text(name, label).value(most.map(|most| most.to_string()).unwrap_or_default()))
    };
    let fields = view! {
        {limit("streams", "Open pages", summary.limits.streams)}
        {limit("questions", "Questions", summary.limits.questions)}
        {limit("people", "People with an account", summary.limits.people)}
        <p class="field__hint">"Leave empty for no limit."</p>
        {send("btn btn--small", Some(Icon::Check), "Save limits")}
    }
    .into_any();
    let is_back = limits.is_back();
    let limits = opens("more", Icon::Lock, "Limits".into_any(), is_back, limits.draw(fields));
    let archive = match (is_own, summary.is_archived) {
        (true, _) => None,
        (_, true) => Some(form("restore_tenant").draw(send("btn btn--small", Some(Icon::Undo), "Restore"))),
        (_, false) => {
            let effect = format!(
                "Nobody can open {} until you restore it, and everyone who has it open is disconnected. Its data is kept.",
                summary.name,
            );
            Some(form("archive_tenant").ask_first(Icon::X, "Archive", effect, "Archive this workspace"))
        }
    };
    view! {
        <li class="panel admin__card" aria-labelledby=labelled>
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
            {limits}
            {archive}
        </li>
    }
    .erase()
}
