//! Opening a link: what is the same of every page behind a secret in an address. [`show`] says what the link is for, and
//! [`submit`] uses it up. A link that is worth nothing is [`Refusal::LinkSpent`], for which there is one page.

use app::account::{
    AccountDocument, AddressChangePage, CONFIRM, ClaimPage, PersonLinkPage, Problems, RoleLinkPage, Setting,
};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::back::own_page;
use super::{admit, admit_with_password, draw, new_session, problems, query_to, room_of};
use crate::auth::Secret;
use crate::http::errors::Error;
use crate::http::extract::{Fields, LinkSecret, QueryFields};
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::link::{AddressChange, PersonLink, PersonLinkPurpose, RoleLink};
use pulsestage::ports::SecretHash;
use pulsestage::tenant::Tenant;

/// A form on the page of a link.
pub(super) struct Submission<'a> {
    state: &'a AppState,
    headers: &'a HeaderMap,
    secret: &'a Secret,
    form: &'a Fields,
    /// The page of ours that the link leads on to; empty when it names none.
    to: &'a str,
}

/// What a link opens.
pub(super) trait LinkPage: Sized + Send + Sync {
    /// Where such links are, without their secret.
    const PATH: &'static str;

    /// Finds what the link with this secret opens.
    fn find(state: &AppState, hash: SecretHash) -> impl Future<Output = Result<Self, Refusal>> + Send;

    /// Whether the button on the page is all that uses it up: then a form has to bring what stands in that button.
    fn has_button_alone(&self) -> bool {
        true
    }

    /// Uses it up.
    fn submit(&self, sent: &Submission<'_>) -> impl Future<Output = Result<Response, Refusal>> + Send;

    /// The page, with what was typed and what was wrong.
    fn draw(&self, action: String, form: &Fields, problems: Problems) -> AccountDocument;
}

/// The page.
pub(super) async fn show<P: LinkPage>(
    State(state): State<AppState>,
    LinkSecret(secret): LinkSecret,
    query: QueryFields,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let link = P::find(&state, secret.hash()).await?;
    let (form, to) = (Fields::default(), own_page(query.get("to")).unwrap_or_default());
    let sent = Submission { state: &state, headers: &headers, secret: &secret, form: &form, to };
    Ok(page(&link, &sent, None))
}

/// The form.
pub(super) async fn submit<P: LinkPage>(
    State(state): State<AppState>,
    LinkSecret(secret): LinkSecret,
    query: QueryFields,
    headers: HeaderMap,
    form: Fields,
) -> Result<impl IntoResponse, Error> {
    let link = P::find(&state, secret.hash()).await?;
    let to = own_page(query.get("to")).unwrap_or_default();
    let sent = Submission { state: &state, headers: &headers, secret: &secret, form: &form, to };
    if link.has_button_alone() && !sent.has_pressed_button() {
        return Ok(page(&link, &sent, None));
    }
    link.submit(&sent).await.map_err(|refusal| match refusal {
        // Somebody else was faster with the same link.
        Refusal::LinkSpent => Refusal::LinkSpent.into(),
        refusal => page(&link, &sent, Some(&refusal)).into(),
    })
}

impl Submission<'_> {
    /// Whether it came from the button on the page. Programs that look at mail and chat ahead of people send requests of
    /// every method, but not what stands in a page.
    fn has_pressed_button(&self) -> bool {
        Secret::parse(self.form.get(CONFIRM)).is_some_and(|said| said.hash() == self.secret.hash())
    }
}

fn page<P: LinkPage>(link: &P, sent: &Submission<'_>, refusal: Option<&Refusal>) -> Response {
    let action = query_to(&format!("{}/{}", P::PATH, sent.secret.reveal()), sent.to);
    draw(sent.state, sent.headers, refusal, || link.draw(action, sent.form, problems(refusal)))
}

/// A link for one person: an invitation, a new password, or signing in.
impl LinkPage for PersonLink {
    const PATH: &'static str = "/open";

    async fn find(state: &AppState, hash: SecretHash) -> Result<Self, Refusal> {
        state.service().person_link(hash).await
    }

    fn has_button_alone(&self) -> bool {
        // The others are used up by what is typed.
        self.purpose == PersonLinkPurpose::SignIn
    }

    async fn submit(&self, sent: &Submission<'_>) -> Result<Response, Refusal> {
        let Submission { state, headers, form, .. } = sent;
        let (secret, browser) = new_session(state, headers, &self.tenant.slug);
        let (service, hash) = (state.service(), sent.secret.hash());
        let admission = match self.purpose {
            PersonLinkPurpose::SignIn => service.sign_in_by_link(hash, &browser).await?,
            PersonLinkPurpose::Password => service.set_password_by_link(hash, form.get("password"), &browser).await?,
            PersonLinkPurpose::Invitation => {
                let joined = service.accept_invitation(hash, form.get("name"), form.get("password"), &browser).await?;
                return Ok(admit_with_password(state, &joined, &secret));
            }
        };
        Ok(admit(state, &admission, &secret, sent.to))
    }

    fn draw(&self, action: String, form: &Fields, problems: Problems) -> AccountDocument {
        let typed = Some(form.get("name")).filter(|name| !name.is_empty());
        let page = PersonLinkPage::Good {
            setting: match self.purpose {
                PersonLinkPurpose::Invitation => Setting::Invitation,
                PersonLinkPurpose::Password => Setting::Password,
                PersonLinkPurpose::SignIn => Setting::SignIn,
            },
            room: room_of(&self.tenant.slug),
            tenant: (&self.tenant).into(),
            action,
            name: typed.unwrap_or(&self.name).to_owned(),
            email: self.email.clone(),
            problems,
        };
        page.draw()
    }
}

/// A link that signs in whoever brings it, with a role.
impl LinkPage for RoleLink {
    const PATH: &'static str = "/sign-in";

    async fn find(state: &AppState, hash: SecretHash) -> Result<Self, Refusal> {
        state.service().role_link(hash).await
    }

    async fn submit(&self, sent: &Submission<'_>) -> Result<Response, Refusal> {
        let (secret, browser) = new_session(sent.state, sent.headers, &self.tenant.slug);
        let admission = sent.state.service().sign_in_with_role(sent.secret.hash(), &browser).await?;
        Ok(admit(sent.state, &admission, &secret, ""))
    }

    fn draw(&self, action: String, _: &Fields, problems: Problems) -> AccountDocument {
        let (tenant, room) = ((&self.tenant).into(), room_of(&self.tenant.slug));
        RoleLinkPage { tenant, room, action, role: self.role, problems }.draw()
    }
}

/// A link that confirms an address.
impl LinkPage for AddressChange {
    const PATH: &'static str = "/address";

    async fn find(state: &AppState, hash: SecretHash) -> Result<Self, Refusal> {
        state.service().address_change(hash).await
    }

    async fn submit(&self, sent: &Submission<'_>) -> Result<Response, Refusal> {
        let change = sent.state.service().confirm_address(sent.secret.hash()).await?;
        let page = || address_page(&change, String::new(), true, Problems::default());
        Ok(draw(sent.state, sent.headers, None, page))
    }

    fn draw(&self, action: String, _: &Fields, problems: Problems) -> AccountDocument {
        address_page(self, action, false, problems)
    }
}

fn address_page(change: &AddressChange, action: String, done: bool, problems: Problems) -> AccountDocument {
    let page = AddressChangePage {
        room: room_of(&change.tenant.slug),
        tenant: (&change.tenant).into(),
        action,
        name: change.name.clone(),
        email: change.email.clone(),
        done,
        problems,
    };
    page.draw()
}

/// The link that claims an installation which nobody owns: the tenant whose first owner comes by it.
pub(super) struct InstallationClaim(Tenant);

impl LinkPage for InstallationClaim {
    const PATH: &'static str = "/claim";

    async fn find(state: &AppState, hash: SecretHash) -> Result<Self, Refusal> {
        state.service().claimable(hash).await.map(Self)
    }

    fn has_button_alone(&self) -> bool {
        false
    }

    async fn submit(&self, sent: &Submission<'_>) -> Result<Response, Refusal> {
        let Self(tenant) = self;
        let (secret, browser) = new_session(sent.state, sent.headers, &tenant.slug);
        let (name, email, password) = (sent.form.get("name"), sent.form.get("email"), sent.form.get("password"));
        let claimed = sent.state.service().claim(sent.secret.hash(), name, email, password, &browser).await?;
        tracing::info!(tenant = tenant.slug, "the installation was claimed");
        Ok(admit_with_password(sent.state, &claimed, &secret))
    }

    fn draw(&self, action: String, form: &Fields, problems: Problems) -> AccountDocument {
        let (name, email) = (form.get("name").to_owned(), form.get("email").to_owned());
        ClaimPage { tenant: (&self.0).into(), action, name, email, problems }.draw()
    }
}
