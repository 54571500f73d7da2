//! People with a password, and what they do on the account pages.

use pulsestage::email::Email;
use pulsestage::id::UserId;
use pulsestage::link::PersonLinkPurpose;
use pulsestage::ports::{Ending, Manager, NewPerson, NewPersonLink};
use pulsestage::service::SignInBrowser;
use pulsestage::session::SessionLabel;
use pulsestage::text::Name;
use pulsestage::user::Role;
use pulsestage_server::auth::Secret;
use pulsestage_server::system::SystemRng;
use uuid::Uuid;

use super::{Call, Reply, Room, TestServer};

/// A password that is taken.
pub(crate) const PASSWORD: &str = "the lamp hums at dusk";

impl TestServer {
    /// A person who may come in by a link.
    pub(crate) async fn person(&self, room: &Room, email: &str, role: Role) -> UserId {
        let mut id = [0; 16];
        pulsestage::ports::Rng::fill(&SystemRng, &mut id);
        let new = NewPerson {
            id: UserId(Uuid::from_bytes(id)),
            name: Name::parse("Ann Lee").unwrap(),
            email: Some(Email::parse(email).unwrap()),
            role,
            memberships: Vec::new(),
            at: self.state.clock().now(),
        };
        self.store.add_person(room.tenant.id, new).await.unwrap().id
    }

    /// A link for a person, by its path.
    pub(crate) async fn link_for(&self, room: &Room, user: UserId, purpose: PersonLinkPurpose) -> String {
        let secret = Secret::new(&SystemRng);
        let at = self.state.clock().now();
        let expires_at = at.plus_millis(purpose.life_ms());
        let link = NewPersonLink { hash: secret.hash(), tenant: room.tenant.id, user, purpose, at, expires_at };
        self.store.put_person_link(link).await.unwrap();
        format!("/open/{}", secret.reveal())
    }

    /// A person with [`PASSWORD`].
    pub(crate) async fn person_with_password(&self, room: &Room, email: &str, role: Role) -> UserId {
        let user = self.person(room, email, role).await;
        let path = self.link_for(room, user, PersonLinkPurpose::Invitation).await;
        let secret = Secret::parse(path.strip_prefix("/open/").unwrap()).unwrap();
        let session = Secret::new(&SystemRng).hash();
        let arrival = SignInBrowser { session, label: SessionLabel::default(), instead_of: None, device: None };
        self.service.accept_invitation(secret.hash(), "Ann Lee", PASSWORD, &arrival).await.unwrap();
        user
    }

    /// Keeps a person out, on the owner's word.
    pub(crate) async fn shut_out(&self, room: &Room, user: UserId) {
        let ending = Ending { id: Uuid::from_u128(7), at: self.state.clock().now() };
        let manager = Manager { tenant: room.tenant.id, user: room.context.actor.user.unwrap(), ending };
        self.store.set_active(manager, user, false).await.unwrap();
    }

    /// The button on the page of a link, as a browser presses it.
    pub(crate) fn press(&self, link: &str) -> Call {
        self.post(link, &[("confirm", link.rsplit('/').next().unwrap_or_default())])
    }

    /// A form that is sent to one of the account pages.
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Call {
        self.request(axum::http::Method::POST, path).wants_page().form(fields)
    }
}

impl Reply {
    /// The session that it opens, as a cookie to bring, with the place it leads to.
    pub(crate) fn came_in(&self) -> (String, String) {
        assert_eq!(self.status, 303, "{}", self.text());
        let cookies = self.set_cookies();
        let session = cookies.iter().find(|cookie| cookie.starts_with("pulsestage_s_")).expect("a session");
        (session.split(';').next().unwrap().to_owned(), self.header("location").to_owned())
    }

    /// Whether it opens no session.
    pub(crate) fn is_closed(&self) -> bool {
        !self.set_cookies().iter().any(|cookie| cookie.starts_with("pulsestage_s_") && !cookie.contains("Max-Age=0"))
    }
}
