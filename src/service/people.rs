//! People: listed, invited, and what they may do changed, by those who run the tenant.

use super::proof::runs;
use super::{RequestContext, Service};
use crate::email::Email;
use crate::error::{FieldProblem, Noun, Refusal};
use crate::id::{TeamId, UserId};
use crate::permission::{Action, may_manage};
use crate::person::{Invited, PeopleFilter, PeopleView, Person};
use crate::ports::{Manager, NewAddressChange, NewPerson, NoticeKind, StoreError, Turn};
use crate::text::{Name, TextProblem};
use crate::user::{Membership, Role};

/// People on one page.
const PAGE: i64 = 50;
/// The longest text that is searched for, in characters.
const SEARCH_MAX: usize = 100;
/// How long an invitation is worth something, in milliseconds: it is found in a mailbox after the weekend.
pub const INVITATION_LIFE_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// Somebody to be invited, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// What they are called.
    pub name: String,
    /// Where they get mail.
    pub email: String,
    /// What they may do in the whole tenant.
    pub role: Role,
    /// What they may do in one team beyond that.
    pub membership: Option<Membership>,
}

impl Service {
    /// The people whose name or address has this text in it, a page after somebody.
    ///
    /// # Errors
    /// When the caller may not manage people, or asks for them too often.
    pub async fn people(
        &self,
        context: &RequestContext,
        text: &str,
        after: Option<UserId>,
    ) -> Result<PeopleView, Refusal> {
        context.require(Action::ManagePeople)?;
        let me = context.user()?;
        let tenant = context.tenant.id;
        self.rate_limiter.admit(tenant, Some(me.0), Action::Moderate)?;
        let text: String = text.chars().filter(|c| !c.is_control()).take(SEARCH_MAX).collect();
        let text = text.trim().to_owned();
        let filter = PeopleFilter { text: text.to_lowercase(), after, limit: PAGE + 1 };
        let mut people = self.store.people(tenant, filter).await?;
        let has_more = people.len() > PAGE as usize;
        people.truncate(PAGE as usize);
        Ok(PeopleView {
            tenant: context.tenant.clone(),
            role: context.actor.role,
            me,
            teams: self.store.team_choices(tenant).await?,
            next: people.last().filter(|_| has_more).map(|person| person.id),
            people,
            total: self.store.people_count(tenant).await?,
            text,
            fresh: None,
        })
    }

    /// Adds a person and makes the link that lets them in; it is mailed where there is a way to.
    ///
    /// # Errors
    /// When the caller may not, a field is not right, or somebody has the address.
    pub async fn invite(&self, context: &RequestContext, invite: Invite) -> Result<Invited, Refusal> {
        context.require(Action::ManagePeople)?;
        let (name, email) = match (Name::parse(&invite.name), Email::parse(&invite.email)) {
            (Ok(name), Ok(email)) => (name, email),
            (name, email) => return Err(Refusal::Invalid { fields: problems(name.err(), email.err()) }),
        };
        let memberships: Vec<_> = invite.membership.into_iter().collect();
        if !memberships.iter().all(|membership| is_team_role(membership.role)) {
            return Err(Refusal::field("team_role", TextProblem::BadForm));
        }
        if invite.role == Role::Guest {
            return Err(Refusal::field("role", TextProblem::BadForm));
        }
        let id = UserId(self.new_id());
        let new = NewPerson { id, name, email: Some(email), role: invite.role, memberships, at: self.clock.now() };
        self.require_recent_proof(context)?;
        let (manager, _turn) = self.manager(context).await?;
        self.store.add_person_by(manager, new).await.map_err(|no| refused(context, no))?;
        Ok(self.send_invitation(context, id).await?.1)
    }

    /// Makes another link for somebody who was added; those before it are worth nothing any more.
    ///
    /// # Errors
    /// When the caller may not, or the person is not there or is kept out.
    pub async fn invite_again(&self, context: &RequestContext, id: UserId) -> Result<Invited, Refusal> {
        self.managed_or_self(context, id).await?;
        self.require_recent_proof(context)?;
        let (person, invited) = self.send_invitation(context, id).await?;
        if context.actor.user != Some(id) {
            self.tell(context, &person, NoticeKind::NewLink).await;
        }
        Ok(invited)
    }

    async fn send_invitation(&self, context: &RequestContext, id: UserId) -> Result<(Person, Invited), Refusal> {
        let (manager, _turn) = self.manager(context).await?;
        let link = self.invitations.link(&context.tenant);
        let until = manager.ending.at.plus_millis(INVITATION_LIFE_MS);
        let person =
            self.store.put_invitation(manager, id, link.hash, until).await.map_err(|no| refused(context, no))?;
        let sent = match person.email.as_deref().map(Email::parse) {
            // Mail in trouble is no reason to lose the link: it is shown instead.
            Some(Ok(email)) => {
                self.invitations.send(&email, &person.name, &context.tenant, &link).await.unwrap_or(false)
            }
            _ => false,
        };
        let invited = Invited { name: person.name.clone(), link: (!sent).then_some(link.address) };
        Ok((person, invited))
    }

    /// Gives a person a role in the whole tenant; their sessions and streams end.
    ///
    /// # Errors
    /// When the caller may not give that role or the person holds more than the caller may take, the person is not
    /// there, or nobody would own the tenant.
    pub async fn set_role(&self, context: &RequestContext, id: UserId, role: Role) -> Result<Person, Refusal> {
        context.require(Action::ManagePeople)?;
        if role == Role::Guest {
            return Err(Refusal::field("role", TextProblem::BadForm));
        }
        let before = self.managed_or_self(context, id).await?;
        let is_of_admins = runs(before.role) || runs(role);
        if is_of_admins {
            self.require_recent_proof(context)?;
        }
        let (manager, _turn) = self.manager(context).await?;
        let person = self.store.set_role(manager, id, role).await.map_err(|no| refused(context, no))?;
        self.look_at_revocations(context);
        if is_of_admins && before.role != person.role {
            self.tell(context, &person, NoticeKind::Role(role)).await;
        }
        Ok(person)
    }

    /// Gives a person a role in a team, or none; their streams end and come back with what they may see now.
    ///
    /// # Errors
    /// When the caller may not, or the person or the team is not there.
    pub async fn set_membership(
        &self,
        context: &RequestContext,
        id: UserId,
        team: TeamId,
        role: Option<Role>,
    ) -> Result<Person, Refusal> {
        context.require(Action::ManagePeople)?;
        if !role.is_none_or(is_team_role) {
            return Err(Refusal::field("role", TextProblem::BadForm));
        }
        let (manager, _turn) = self.manager(context).await?;
        let person = self.store.set_membership(manager, id, team, role).await.map_err(|no| refused(context, no))?;
        self.look_at_revocations(context);
        Ok(person)
    }

    /// Keeps a person out, or lets them in again.
    ///
    /// # Errors
    /// As [`Service::set_role`].
    pub async fn set_active(&self, context: &RequestContext, id: UserId, active: bool) -> Result<Person, Refusal> {
        context.require(Action::ManagePeople)?;
        if runs(self.managed_or_self(context, id).await?.role) {
            self.require_recent_proof(context)?;
        }
        let (manager, _turn) = self.manager(context).await?;
        let person = self.store.set_active(manager, id, active).await.map_err(|no| refused(context, no))?;
        self.look_at_revocations(context);
        Ok(person)
    }

    /// Changes what a person is called and where they get mail. Where mail is set up, another address of somebody who has
    /// been here counts once it is confirmed there: whoever has an address may be let in by it.
    ///
    /// # Errors
    /// When the caller may not, a field is not right, or somebody else has the address.
    pub async fn set_profile(
        &self,
        context: &RequestContext,
        id: UserId,
        name: &str,
        email: &str,
    ) -> Result<Person, Refusal> {
        context.require(Action::ManagePeople)?;
        let email = if email.trim().is_empty() { Ok(None) } else { Email::parse(email).map(Some) };
        let (name, email) = match (Name::parse(name), email) {
            (Ok(name), Ok(email)) => (name, email),
            (name, email) => return Err(Refusal::Invalid { fields: problems(name.err(), email.err()) }),
        };
        let before = self.managed_or_self(context, id).await?;
        let had = before.email.as_deref().and_then(|email| Email::parse(email).ok());
        let is_another = had.as_ref().map(Email::key) != email.as_ref().map(Email::key);
        if is_another {
            self.require_recent_proof(context)?;
        }
        let (manager, _turn) = self.manager(context).await?;
        match email {
            Some(email) if is_another && self.notices.reach() && self.has_been_here(context, &before).await? => {
                self.ask_address(context, manager, &before, email.clone()).await?;
                let person = self.store.set_profile(manager, id, name, had).await.map_err(|no| refused(context, no))?;
                self.tell(context, &before, NoticeKind::AddressAsked(email)).await;
                Ok(person)
            }
            email => {
                let person = self.store.set_profile(manager, id, name, email.clone()).await;
                let person = person.map_err(|no| refused(context, no))?;
                if is_another {
                    self.tell(context, &before, NoticeKind::Address(email)).await;
                }
                Ok(person)
            }
        }
    }

    /// Whether somebody could lose something by another address.
    async fn has_been_here(&self, context: &RequestContext, person: &Person) -> Result<bool, Refusal> {
        let known = self.store.credentials_of(context.tenant.id, person.id).await?;
        Ok(person.seen_at.is_some() || known.is_some_and(|known| known.password.is_some()))
    }

    /// Keeps another address of a person until it is confirmed, and sends a link there.
    async fn ask_address(
        &self,
        context: &RequestContext,
        manager: Manager,
        person: &Person,
        email: Email,
    ) -> Result<(), Refusal> {
        let link = self.invitations.address_link(&context.tenant);
        let change = NewAddressChange { hash: link.hash, user: person.id, email: email.clone() };
        self.store.put_address_change(manager, change).await.map_err(|no| refused(context, no))?;
        let news = NoticeKind::ConfirmAddress { link: link.address };
        self.tell_at(Some(email.as_str()), &person.name, &context.tenant, news).await;
        Ok(())
    }

    /// Changes what the caller is called. Where they get mail is for those who run the tenant to change: whoever has
    /// an address may be let in by it.
    ///
    /// # Errors
    /// When the caller is not signed in, or the name is none.
    pub async fn rename_self(&self, context: &RequestContext, name: &str) -> Result<Person, Refusal> {
        let me = context.user()?;
        let name = Name::parse(name).map_err(|problem| Refusal::field("name", problem))?;
        self.rate_limiter.admit(context.tenant.id, Some(me.0), Action::ManagePeople)?;
        Ok(self.store.set_name(context.tenant.id, me, name).await?)
    }

    /// A person, for one who may manage them.
    pub(super) async fn managed(&self, context: &RequestContext, id: UserId) -> Result<Person, Refusal> {
        context.require(Action::ManagePeople)?;
        let person = self.store.person(context.tenant.id, id).await?.ok_or(Refusal::NotFound { what: Noun::Person })?;
        match may_manage(context.actor.role, person.role) {
            true => Ok(person),
            false => Err(context.refuse(Action::ManagePeople, None)),
        }
    }

    /// The same, and also for what those who manage people may do with themselves.
    async fn managed_or_self(&self, context: &RequestContext, id: UserId) -> Result<Person, Refusal> {
        context.require(Action::ManagePeople)?;
        if context.actor.user != Some(id) {
            return self.managed(context, id).await;
        }
        self.store.person(context.tenant.id, id).await?.ok_or(Refusal::NotFound { what: Noun::Person })
    }

    /// The caller as one who changes what others may do, when it is their turn; held as in [`Service::write`].
    pub(super) async fn manager(&self, context: &RequestContext) -> Result<(Manager, Turn), Refusal> {
        let (tenant, user) = (context.tenant.id, context.user()?);
        self.rate_limiter.admit(tenant, Some(user.0), Action::ManagePeople)?;
        let turn = self.rate_limiter.turn(tenant, Action::ManagePeople).await;
        Ok((Manager { tenant, user, ending: self.ending() }, turn))
    }
}

/// What the store said no to: that somebody may not manage somebody leaves its trace as every such no does.
fn refused(context: &RequestContext, error: StoreError) -> Refusal {
    match Refusal::from(error) {
        Refusal::NotAllowed => context.refuse(Action::ManagePeople, None),
        other => other,
    }
}

/// Whether it is a role that people have in single teams.
pub(super) fn is_team_role(role: Role) -> bool {
    (Role::Viewer..=Role::Moderator).contains(&role)
}

fn problems(name: Option<TextProblem>, email: Option<TextProblem>) -> Vec<FieldProblem> {
    [("name", name), ("email", email)]
        .into_iter()
        .filter_map(|(field, problem)| problem.map(|problem| FieldProblem { field: field.to_owned(), problem }))
        .collect()
}
