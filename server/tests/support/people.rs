//! A tenant with something of everything in it, and the people who may change it.

use uuid::Uuid;

use pulsestage::command::{AnswerQuestion, Ask, CreateTag, SetMark};
use pulsestage::question::Question;
use pulsestage::service::{Credentials, RequestContext, Service};
use pulsestage::session::SessionLabel;
use pulsestage::tag::Tag;
use pulsestage::team::Team;
use pulsestage::tenant::Tenant;
use pulsestage::text::{Name, Slug};
use pulsestage::user::Role;
use pulsestage_server::auth::{Cookies, Secret};
use pulsestage_server::system::{InstallationKey, SystemRng};

/// The browser that asked the questions of a room.
pub(crate) const ASKER: u128 = 0xFACE;

/// A tenant with something of everything in it.
pub(crate) struct Room {
    pub(crate) tenant: Tenant,
    pub(crate) slug: String,
    pub(crate) team: Team,
    pub(crate) other_team: Team,
    pub(crate) tag: Tag,
    /// Takes votes.
    pub(crate) open: Question,
    pub(crate) frozen: Question,
    pub(crate) answered: Question,
    /// Takes votes as well.
    pub(crate) spare: Question,
    /// The cookie of a moderator.
    pub(crate) moderator: String,
    /// The cookie of the owner.
    pub(crate) owner: String,
    /// The owner, for use cases without HTTP.
    pub(crate) context: RequestContext,
}

impl Room {
    /// Makes the tenant and what is in it. Every text has the slug in it, so that it is known wherever it shows up.
    pub(crate) async fn furnish(service: &Service, slug: &str) -> Self {
        let parsed = Slug::parse(slug).unwrap();
        let tenant =
            service.create_tenant(parsed.clone(), Name::parse(&format!("Tenant {slug}")).unwrap()).await.unwrap();
        let (owner, caller) = signed_in(service, &parsed, Role::Owner).await;
        let (moderator, _) = signed_in(service, &parsed, Role::Moderator).await;
        let mut context = service.authenticate(slug, &caller).await.unwrap();
        // What is there was asked by a guest.
        let guest = Credentials { device: Some(Uuid::from_u128(ASKER)), ..Credentials::default() };
        context.actor.participant = service.authenticate(slug, &guest).await.unwrap().actor.participant;
        // Whoever asks here also votes.
        context.tenant.settings.own_votes = true;
        let team = service.create_team(&context, None, &format!("Engineering {slug}")).await.unwrap();
        let other_team = service.create_team(&context, None, &format!("People {slug}")).await.unwrap();
        let new = CreateTag { name: format!("Roadmap {slug}"), color: "#3B82F6".to_owned() };
        let tag = service.create_tag(&context, None, new).await.unwrap();
        let ask = async |what: &str| {
            let ask = Ask { team: team.id, body: format!("The {what} question of {slug}"), name: None };
            service.ask(&context, None, ask).await.unwrap()
        };
        let open = ask("open").await;
        let frozen = ask("frozen").await;
        let answered = ask("answered").await;
        let spare = ask("spare").await;
        let frozen = service.set_frozen(&context, None, SetMark { question: frozen.id, on: true }).await.unwrap();
        let answer = AnswerQuestion { question: answered.id, text: format!("The answer of {slug}"), seen: None };
        let answered = service.answer(&context, None, answer).await.unwrap();
        Self {
            tenant,
            slug: slug.to_owned(),
            team,
            other_team,
            tag,
            open,
            frozen,
            answered,
            spare,
            moderator,
            owner,
            context,
        }
    }
}

/// Somebody with a role, by way of a one-time link: their cookie, and who they are to the use cases.
pub(crate) async fn signed_in(service: &Service, slug: &Slug, role: Role) -> (String, Credentials) {
    let (link, session) = (Secret::new(&SystemRng), Secret::new(&SystemRng));
    service.put_link(slug, role, link.hash()).await.unwrap();
    service.redeem_link(link.hash(), session.hash(), SessionLabel::default()).await.unwrap();
    // The key of the cookies has no part in a session's.
    let cookie = Cookies::new(InstallationKey::new([0; 32]), false).session_cookie(slug.as_str(), &session);
    let caller = Credentials { sessions: vec![(slug.as_str().to_owned(), session.hash())], ..Credentials::default() };
    (format!("{}={}", cookie.name(), cookie.value()), caller)
}
