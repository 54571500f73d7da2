//! Plays a tenant's timeline through the use cases: its questions are asked, voted for and answered as people do it.

use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

use pulsestage::command::{AnswerQuestion, Ask, CreateTag, SetMark, SetTag, SetVote};
use pulsestage::error::{Noun, Refusal};
use pulsestage::id::{QuestionId, TagId, TeamId};
use pulsestage::service::{Credentials, RequestContext, Service};
use pulsestage::text::{Name, Slug};
use pulsestage::time::Timestamp;

use super::clock::StageClock;
use super::content::DemoTenant;
use super::timeline::{DemoAction, DemoStep, timeline};
use crate::install;

/// How long before now the demo begins: tenants, people, teams and tags are made then.
const DOORS_MS: i64 = -60 * 60_000;

/// What a play needs.
pub(super) struct Play {
    pub(super) service: Service,
    pub(super) clock: Arc<StageClock>,
    pub(super) now: Timestamp,
}

/// The things of one tenant by the names its script has for them, and the people who act on them.
struct Cast {
    host: RequestContext,
    audience: Vec<RequestContext>,
    teams: BTreeMap<&'static str, TeamId>,
    tags: BTreeMap<&'static str, TagId>,
    questions: BTreeMap<usize, QuestionId>,
}

impl Play {
    /// Makes one tenant and plays its script to the end; says how many questions it has.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub(super) async fn run(&self, place: i64, script: &'static DemoTenant) -> Result<usize, Refusal> {
        // A second apart, so that "the oldest tenant" is the first of the list.
        self.clock.set(self.now.plus_millis(DOORS_MS + 1_000 * place));
        let slug = Slug::parse(script.slug).map_err(|problem| Refusal::field("slug", problem))?;
        let name = Name::parse(script.name).map_err(|problem| Refusal::field("name", problem))?;
        self.service.create_tenant(slug.clone(), name).await?;
        let host = install::owner(&self.service, &slug).await?;
        let mut cast = self.cast(script, &host).await?;
        for step in timeline(script) {
            self.clock.set(self.now.plus_millis(step.at));
            self.perform(&mut cast, &step).await?;
        }
        for (_, session) in host.sessions {
            self.service.sign_out(session).await?;
        }
        Ok(cast.questions.len())
    }

    /// Lets the audience in and sets the stage.
    async fn cast(&self, script: &'static DemoTenant, host: &Credentials) -> Result<Cast, Refusal> {
        let host = self.service.authenticate(script.slug, host).await?;
        let mut audience = Vec::with_capacity(script.audience);
        for device in (1..).map(Uuid::from_u128).take(script.audience) {
            let credentials = Credentials { device: Some(device), ..Credentials::default() };
            audience.push(self.service.authenticate(script.slug, &credentials).await?);
        }
        let (mut teams, mut tags) = (BTreeMap::new(), BTreeMap::new());
        for name in script.teams {
            teams.insert(*name, self.service.create_team(&host, None, name).await?.id);
        }
        for (name, color) in script.tags {
            let tag = CreateTag { name: (*name).to_owned(), color: (*color).to_owned() };
            tags.insert(*name, self.service.create_tag(&host, None, tag).await?.id);
        }
        Ok(Cast { host, audience, teams, tags, questions: BTreeMap::new() })
    }

    async fn perform(&self, cast: &mut Cast, step: &DemoStep) -> Result<(), Refusal> {
        let (service, host) = (&self.service, &cast.host);
        match step.action {
            DemoAction::Ask { by } => {
                let ask = Ask { team: cast.team(step.question.team)?, body: step.question.body.to_owned(), name: None };
                let question = service.ask(cast.person(by)?, None, ask).await?;
                cast.questions.insert(step.place, question.id);
            }
            DemoAction::Vote { by } => {
                let vote = SetVote { question: cast.question(step)?, up: true };
                service.set_vote(cast.person(by)?, None, vote).await?;
            }
            DemoAction::Tag(name) => {
                let set = SetTag { question: cast.question(step)?, tag: cast.tag(name)?, on: true };
                service.set_tag(host, None, set).await?;
            }
            DemoAction::Answer(text) => {
                let answer = AnswerQuestion { question: cast.question(step)?, text: text.to_owned(), seen: None };
                service.answer(host, None, answer).await?;
            }
            DemoAction::Pin => {
                let mark = SetMark { question: cast.question(step)?, on: true };
                service.set_pinned(host, None, mark).await?;
            }
            DemoAction::Freeze => {
                let mark = SetMark { question: cast.question(step)?, on: true };
                service.set_frozen(host, None, mark).await?;
            }
        }
        Ok(())
    }
}

impl Cast {
    fn question(&self, step: &DemoStep) -> Result<QuestionId, Refusal> {
        self.questions.get(&step.place).copied().ok_or(Refusal::NotFound { what: Noun::Question })
    }

    fn team(&self, name: &str) -> Result<TeamId, Refusal> {
        self.teams.get(name).copied().ok_or(Refusal::NotFound { what: Noun::Team })
    }

    fn tag(&self, name: &str) -> Result<TagId, Refusal> {
        self.tags.get(name).copied().ok_or(Refusal::NotFound { what: Noun::Tag })
    }

    fn person(&self, number: usize) -> Result<&RequestContext, Refusal> {
        self.audience.get(number).ok_or(Refusal::NoParticipant)
    }
}
