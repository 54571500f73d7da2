//! The frame of the admin pages: the header, the navigation between them, what came of a form, and the page itself.

use leptos::prelude::*;
use pulsestage::error::{Noun, Refusal};
use pulsestage::permission::Action;
use pulsestage::tenant::Tenant;
use pulsestage::text::TextProblem;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::pin::Pin;

use super::admin::{AdminPage, Group, Needs, PAGES, Reader};
use super::solo::{AdminsOnly, BrokenPage, ModeratorsOnly, NotFoundPage};
use crate::address::{Address, PageQuery};
use crate::api::{ApiError, FormError, ReturnedForm, SAVED, form_error};
use crate::branding::Branding;
use crate::components::header::RoomHeader;
use crate::components::page_url::{PageUrl, ViewKind};
use crate::live::StreamState;
use crate::live::latest_response::LatestResponse;
use crate::page_data;
use crate::platform;
use crate::ui::erase::{Erase, part};
use crate::ui::icon::{Icon, icon};
use crate::ui::notice::{Notice, Weight};
use crate::ui::time::Now;
use crate::ui::title::Title;

/// The id of the navigation, for the button that opens it where it is no column.
const MENU: &str = "admin-pages";

/// A page on its way: it is drawn when what it shows is loaded.
pub(super) type PageFuture = Pin<Box<dyn Future<Output = AnyView> + Send>>;

/// An admin page that is open. `Copy`.
#[derive(Clone, Copy)]
pub(super) struct Here {
    page: &'static AdminPage,
}

impl Here {
    pub(super) const fn new(page: &'static AdminPage) -> Self {
        Self { page }
    }

    /// Loads what the page is drawn from and draws it, or says why that failed.
    pub(super) fn load<T, F>(
        self,
        load: fn(String) -> F,
        draw: impl Fn(T, Frame) -> AnyView + Copy + Send + Sync + 'static,
    ) -> PageFuture
    where
        T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
        F: Future<Output = Result<T, ApiError>> + Send + 'static,
    {
        self.load_by(|_| (), move |slug, ()| load(slug), move |view, (), frame| draw(view, frame))
    }

    /// The same for a page that also depends on its query: `read` says what is asked for.
    pub(super) fn load_by<Q, T, F>(
        self,
        read: impl Fn(&PageQuery) -> Q + Send + Sync + 'static,
        load: impl Fn(String, Q) -> F + Copy + Send + Sync + 'static,
        draw: impl Fn(T, Q, Frame) -> AnyView + Copy + Send + Sync + 'static,
    ) -> PageFuture
    where
        Q: Clone + PartialEq + Send + Sync + 'static,
        T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
        F: Future<Output = Result<T, ApiError>> + Send + 'static,
    {
        let (slug, query) = (self.slug().unwrap_or_default(), Address::of_page().query());
        let asked = Memo::new(move |_| query.with(&read));
        let (now, returned) = (asked.get_untracked(), ReturnedForm::of_page());
        let loading = load(slug.clone(), now.clone());
        Box::pin(async move {
            let loaded = page_data::first(async move { loading.await.map(|view| (view, returned)) }).await;
            let shown = RwSignal::new((loaded, now));
            let latest = LatestResponse::default();
            // A link of the page asked for something else.
            Effect::new(move |known: Option<()>| {
                let query = asked.get();
                if known.is_some() {
                    let (loading, request) = (load(slug.clone(), query.clone()), latest.ask());
                    platform::spawn(async move {
                        let loaded = loading.await.map(|view| (view, None));
                        if latest.take(request) {
                            shown.try_set((loaded, query));
                        }
                    });
                }
            });
            part(move || match shown.get() {
                (Ok((view, returned)), query) => draw(view, query, Frame { returned, ..self.frame() }),
                (Err(error), _) => self.frame().failed(&error),
            })
            .into_any()
        })
    }

    /// The slug of the workspace, where the address names one.
    fn slug(self) -> Option<String> {
        Address::of_page().page().0
    }

    /// What surrounds the page.
    pub(super) fn frame(self) -> Frame {
        let kind = if self.page.path.is_empty() { ViewKind::Queue } else { ViewKind::Admin };
        Frame { page: self.page, place: PageUrl::new(self.slug(), kind), returned: None }
    }
}

/// What surrounds an admin page.
#[derive(Clone)]
pub(super) struct Frame {
    page: &'static AdminPage,
    /// Where the page is.
    pub(super) place: PageUrl,
    /// The form that this page is the answer to.
    pub(super) returned: Option<ReturnedForm>,
}

impl Frame {
    /// The address of the page.
    pub(super) fn address(&self) -> String {
        self.address_of(self.page.path)
    }

    /// The address of another admin page.
    pub(super) fn address_of(&self, path: &str) -> String {
        address(&self.place, path)
    }

    /// The page around its content.
    pub(super) fn draw(
        self,
        tenant: &Tenant,
        reader: impl Into<Reader>,
        lead: impl Into<String>,
        content: AnyView,
    ) -> AnyView {
        Now::provide();
        let stream = StreamState::of_page(&tenant.slug);
        self.draw_live(tenant, reader.into(), stream, lead.into(), content)
    }

    /// The same for a page that knows itself how fresh it is.
    pub(super) fn draw_live(
        self,
        tenant: &Tenant,
        reader: impl Into<Reader>,
        stream: StreamState,
        lead: impl Into<String>,
        content: AnyView,
    ) -> AnyView {
        let (reader, title) = (reader.into(), self.page.title);
        // What is about all workspaces has the name of none.
        let branding = if self.page.needs == Needs::Operator { Branding::ours() } else { Branding::from(tenant) };
        let of = if self.page.needs == Needs::Operator { String::new() } else { format!(" · {}", branding.name) };
        view! {
            <Title text=format!("{title}{of}") />
            <RoomHeader
                name=branding.name
                logo=branding.logo
                slug=tenant.slug.clone()
                place=self.place.clone()
                role=reader.role
                admin=first(&self.place, reader, tenant)
                connection=stream.connection.into()
                fresh_at=stream.fresh_at.into()
            />
            {nav(self.page, &self.place, reader, tenant)}
            <main class="admin" id="main" tabindex="-1">
                <header>
                    <h1 class="room__title">{title}</h1>
                    <p class="room__lead" dir="auto">
                        {lead.into()}
                    </p>
                </header>
                {refused()}
                {saved()}
                {content}
            </main>
        }
        .erase()
    }

    /// The navigation, for a page that has a frame of its own.
    pub(super) fn nav(&self, reader: impl Into<Reader>, tenant: &Tenant) -> AnyView {
        nav(self.page, &self.place, reader.into(), tenant)
    }

    /// The page in place of one that could not be loaded. Its status was set where the refusal was made.
    pub(super) fn failed(&self, error: &ApiError) -> AnyView {
        let home = self.place.of(ViewKind::Questions);
        match error {
            ApiError::Refused(Refusal::NotFound { what: Noun::Tenant | Noun::Person }) => {
                view! { <NotFoundPage /> }.erase()
            }
            ApiError::Refused(Refusal::NotSignedIn | Refusal::NotAllowed) => self.closed(home),
            error => view! { <BrokenPage why=error.to_string() again=self.address() /> }.erase(),
        }
    }

    /// The page to somebody whom it is not for.
    fn closed(&self, home: String) -> AnyView {
        match self.page.needs {
            Needs::Everywhere(Action::Moderate) | Needs::InATeam(_) => view! { <ModeratorsOnly home=home /> }.erase(),
            _ => view! { <AdminsOnly home=home /> }.erase(),
        }
    }
}

/// The address of an admin page.
fn address(place: &PageUrl, path: &str) -> String {
    let first = place.of(ViewKind::Queue);
    if path.is_empty() { first } else { format!("{first}/{path}") }
}

/// The address of the page that moderators begin with, for whoever may see one.
fn first(place: &PageUrl, reader: Reader, tenant: &Tenant) -> Option<String> {
    let page = PAGES.iter().find(|page| page.group == Group::Moderate && page.is_for(reader, tenant))?;
    Some(address(place, page.path))
}

/// The pages that the reader may see, in their groups: a column beside the page, or behind a button where there is no room
/// for one. It is a popover, which opens without a script and closes on Escape.
fn nav(here: &'static AdminPage, place: &PageUrl, reader: Reader, tenant: &Tenant) -> AnyView {
    let link = |page: &'static AdminPage| {
        view! {
            <li>
                // `external`: after an update only a new document names the right code.
                <a
                    href=address(place, page.path)
                    rel="external"
                    aria-current=(page.path == here.path).then_some("page")
                >
                    {page.title}
                </a>
            </li>
        }
        .erase()
    };
    let group = |group: Group| {
        let pages = PAGES.iter().filter(|page| page.group == group && page.is_for(reader, tenant));
        let links: Vec<_> = pages.map(link).collect();
        (!links.is_empty()).then(|| {
            let id = format!("nav-{}", group.title());
            view! {
                <p id=id.clone()>{group.title()}</p>
                <ul aria-labelledby=id>{links}</ul>
            }
            .into_any()
        })
    };
    view! {
        <div class="admin-menu">
            <button type="button" class="btn btn--small" popovertarget=MENU>
                {icon(Icon::Menu)}
                "Menu"
            </button>
        </div>
        <nav class="admin-nav" id=MENU popover="auto" aria-label="Admin pages">
            {Group::ALL.map(group).into_iter().collect_view()}
        </nav>
    }
    .into_any()
}

/// What went well, where a form came back. Nothing of the address is repeated: anybody may have written it.
fn saved() -> AnyView {
    let query = Address::of_page().query();
    part(move || {
        let done = query.with(|query| query.get(SAVED).map(done_words));
        done.map(|done| {
            view! {
                <Notice weight=Weight::Plain mark=Icon::Check role="status">
                    <p>{done}</p>
                </Notice>
            }
            .erase()
        })
    })
    .into_any()
}

/// What a server function did, in a word.
fn done_words(function: &str) -> &'static str {
    match function {
        "revoke_session" | "revoke_sessions" => "Signed out.",
        "archive_team" | "archive_tenant" => "Archived.",
        "restore_team" | "restore_tenant" => "Restored.",
        "delete_tag" => "Deleted.",
        "confirm" => "Thanks. Nothing has changed yet: check the form and send it again.",
        _ => "Saved.",
    }
}

/// What was refused, where a form came back.
fn refused() -> AnyView {
    let query = Address::of_page().query();
    part(move || {
        query.with(form_error).map(|error| {
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

/// The fields that the forms of these pages have, as refusals name them.
const FIELDS: [&str; 17] = [
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
    "email",
    "role",
    "team_role",
    "table",
];

/// The refusal comes out of an address that anybody may have written, so no word of it is repeated that is not ours.
fn words(error: &FormError) -> String {
    let why = match &error.refusal {
        Refusal::Invalid { fields }
            if fields.iter().any(|field| matches!(field.problem, TextProblem::BadTable { .. })) =>
        {
            "The table cannot be read. Save it as “CSV UTF-8”, with the columns “name” and “email” in its first row."
                .to_owned()
        }
        Refusal::TooLarge if error.endpoint == "import_people" => {
            "The table is too large: at most 2,000 rows. Leave out columns that are not used, or import it in parts."
                .to_owned()
        }
        Refusal::Malformed { .. } => "The form could not be read.".to_owned(),
        Refusal::Invalid { fields } if !fields.iter().all(|field| FIELDS.contains(&field.field.as_str())) => {
            "Check what you typed.".to_owned()
        }
        refusal => refusal.to_string(),
    };
    format!("Nothing was saved. {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_in_our_words() {
        let said = |refusal| words(&FormError { endpoint: "change_settings".to_owned(), refusal });
        assert!(said(Refusal::field("accent", TextProblem::BadForm)).contains("The accent is not in the right form."));
        let hostile = said(Refusal::field("<b>call this number</b>", TextProblem::BadForm));
        assert!(hostile.ends_with("Check what you typed."), "{hostile}");
        assert!(said(Refusal::Outdated).contains("Someone else changed this"));
    }
}
