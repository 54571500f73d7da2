//! The frame of the pages on which admins run a tenant: where they are, what was refused, and the forms. All forms are
//! plain: they are posted and come back to the page as it is then, with script or without.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use pulsestage::error::{Noun, Refusal};
use pulsestage::tenant::{Tenant, TenantSettings};
use pulsestage::user::Role;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::solo::{AdminsOnly, BrokenPage, NotFoundPage};
use crate::api::{ApiError, FormError, Json, form_error};
use crate::branding::Branding;
use crate::components::admin_nav::{address, admin_nav, saved};
use crate::components::header::PlainHeader;
use crate::components::page_url::{PageUrl, ViewKind};
use crate::ui::erase::{Erase, part};
use crate::ui::icon::{Icon, icon};
use crate::ui::notice::{Notice, Weight};

/// The fields that the forms of these pages have, as refusals name them.
const FIELDS: [&str; 13] = [
    "name",
    "accent",
    "words",
    "languages",
    "length",
    "asks",
    "votes",
    "color",
    "state",
    "slug",
    "streams",
    "questions",
    "people",
];

/// Where a desk stands.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    place: PageUrl,
    /// The tenant's slug, for the forms.
    pub(super) slug: String,
    branding: Branding,
    settings: TenantSettings,
}

/// Loads what a page is drawn from, and draws it, or says why not.
pub(super) fn page<T, F>(again: &'static str, load: fn(String) -> F, draw: fn(T, PageUrl) -> AnyView) -> AnyView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Future<Output = Result<T, ApiError>> + Send + 'static,
{
    let params = use_params_map();
    let slug = Memo::new(move |_| params.with(|params| params.get("tenant")));
    let load = move |slug: Option<String>| load(slug.unwrap_or_default());
    let loaded: Resource<_, Json> = Resource::new_with_options(move || slug.get(), load, true);
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let place = PageUrl::new(slug.get_untracked(), ViewKind::Queue);
                match loaded.await {
                    Ok(view) => draw(view, place),
                    Err(error) => failed(&error, &place, again),
                }
            })}
        </Suspense>
    }
    .erase()
}

/// The page in place of one that was not to be had. Its status was set where the refusal was made.
fn failed(error: &ApiError, place: &PageUrl, again: &str) -> AnyView {
    match error {
        ApiError::Refused(Refusal::NotFound { what: Noun::Tenant }) => view! { <NotFoundPage /> }.erase(),
        ApiError::Refused(Refusal::NotSignedIn | Refusal::NotAllowed) => {
            view! { <AdminsOnly home=place.of(ViewKind::Questions) /> }.erase()
        }
        error => view! { <BrokenPage why=error.to_string() again=address(place, again) /> }.erase(),
    }
}

impl Desk {
    pub(super) fn new(place: PageUrl, tenant: &Tenant) -> Self {
        let Tenant { slug, settings, .. } = tenant.clone();
        Self { place, slug, branding: Branding::from(tenant), settings }
    }

    /// The same, for a page that is about all tenants.
    pub(super) fn of_all(self) -> Self {
        Self { branding: Branding::ours(), ..self }
    }

    /// The whole page around its content.
    pub(super) fn frame(&self, title: &'static str, lead: &'static str, content: AnyView) -> AnyView {
        let home = self.place.of(ViewKind::Questions);
        // Whoever is at a desk is an admin.
        let here = title.to_ascii_lowercase();
        let nav = admin_nav(&self.place, &here, Role::Admin, &self.settings);
        view! {
            <Title text=format!("{title} · {}", self.branding.name) />
            <PlainHeader home=home branding=self.branding.clone() />
            <main class="desk" id="main" tabindex="-1">
                {nav}
                <header>
                    <h1 class="room__title" dir="auto">
                        {title}
                    </h1>
                    <p class="room__lead">{lead}</p>
                </header>
                {refused()}
                {saved()}
                {content}
            </main>
        }
        .erase()
    }

    /// A form of this desk that is posted to a server function.
    pub(super) fn form(&self, endpoint: &'static str, fields: AnyView) -> AnyView {
        view! {
            <form class="form" method="post" action=format!("/api/fn/{endpoint}")>
                <input type="hidden" name="tenant" value=self.slug.clone() />
                {fields}
            </form>
        }
        .erase()
    }
}

/// What was refused, where a form came back.
fn refused() -> AnyView {
    let query = use_query_map();
    let came_back = form_error();
    part(move || {
        let said = query.with(|query| query.get("__err").and(came_back.clone()));
        said.map(|error| {
            view! {
                <Notice weight=Weight::Danger mark=Icon::Alert role="alert">
                    <p>{words(&error)}</p>
                </Notice>
            }
            .erase()
        })
    })
    .into_any()
}

/// The refusal comes out of an address that anybody may have written, so no word of it is repeated that is not ours.
fn words(error: &FormError) -> String {
    let why = match &error.refusal {
        Refusal::Malformed { .. } => "A field is not in the form that it takes.".to_owned(),
        Refusal::Invalid { fields } if !fields.iter().all(|field| FIELDS.contains(&field.field.as_str())) => {
            "A field was not taken.".to_owned()
        }
        refusal => refusal.to_string(),
    };
    format!("That was not saved. {why}")
}

/// A field of one line.
pub(super) fn line(id: String, name: &'static str, label: &'static str, value: String, hint: &'static str) -> AnyView {
    let hint_id = format!("{id}-hint");
    let described = (!hint.is_empty()).then(|| hint_id.clone());
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>
                {label}
            </label>
            <input class="input" id=id name=name value=value dir="auto" autocomplete="off" aria-describedby=described />
            {(!hint.is_empty()).then(|| view! { <span class="field__hint" id=hint_id>{hint}</span> }.erase())}
        </div>
    }
    .erase()
}

/// A number.
pub(super) fn number(
    id: &'static str,
    name: &'static str,
    label: &'static str,
    value: String,
    hint: &'static str,
) -> AnyView {
    view! {
        <div class="field">
            <label class="field__label" for=id>
                {label}
            </label>
            <input class="input" id=id name=name type="number" min="0" inputmode="numeric" value=value />
            <span class="field__hint">{hint}</span>
        </div>
    }
    .erase()
}

/// A box to tick.
pub(super) fn tick(name: &'static str, label: &'static str, on: bool) -> AnyView {
    view! {
        <label class="tick">
            <input type="checkbox" name=name value="true" checked=on />
            <span>{label}</span>
        </label>
    }
    .erase()
}

/// One of several.
pub(super) fn choice(
    id: String,
    name: &'static str,
    label: &'static str,
    chosen: &'static str,
    options: Vec<(&'static str, &'static str)>,
) -> AnyView {
    let options: Vec<_> = options
        .into_iter()
        .map(|(value, word)| view! { <option value=value selected=value == chosen>{word}</option> }.erase())
        .collect();
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>
                {label}
            </label>
            <select class="input" id=id name=name>
                {options}
            </select>
        </div>
    }
    .erase()
}

/// The button that sends a form.
pub(super) fn send(class: &'static str, mark: Icon, word: &'static str) -> AnyView {
    view! {
        <button class=class type="submit">
            {icon(mark)}
            {word}
        </button>
    }
    .erase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulsestage::text::TextProblem;

    #[test]
    fn a_refusal_is_told_in_our_words() {
        let said = |refusal| words(&FormError { endpoint: "change_settings".to_owned(), refusal });
        assert!(said(Refusal::field("accent", TextProblem::BadForm)).contains("The accent is not in the right form."));
        let hostile = said(Refusal::field("<b>call this number</b>", TextProblem::BadForm));
        assert!(hostile.ends_with("A field was not taken."), "{hostile}");
        assert!(said(Refusal::Outdated).contains("Someone else changed this"));
    }
}
