//! Mail that is to be sent is a job: it is sent although the mail server is away or this process ends.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::args::MailArgs;
use super::letters::{Occasion, letter, notice};
use super::smtp::Smtp;
use crate::auth::Secret;
use crate::jobs::{JobCounts, JobError, JobHandler, JobPorts, JobQueue, JobRunner};
use pulsestage::email::Email;
use pulsestage::error::Refusal;
use pulsestage::id::TenantId;
use pulsestage::link::{Letter, PersonLinkPurpose};
use pulsestage::ports::{ADDRESS_LINK_LIFE_MS, Mailer, Notice, Notices, PortError, Rng};
use pulsestage::service::Service;
use pulsestage::tenant::Tenant;

/// What a job of this kind is called.
const KIND: &str = "mail";

/// What is to be sent.
#[derive(Serialize, Deserialize)]
#[serde(tag = "mail", rename_all = "snake_case")]
enum MailJob {
    /// A link for whoever has this address, if anybody has. It is made when it is sent: each attempt makes another, and
    /// withdraws the one before it.
    Link { slug: String, email: String, purpose: String, page: String },
    /// A letter that is written already.
    Letter { to: String, subject: String, text: String },
}

/// Mail as it is set up: what takes it, and what sends it.
pub struct MailSetup {
    /// Takes it.
    pub queue: MailQueue,
    smtp: Smtp,
    origin: String,
}

impl MailSetup {
    /// Mail with links to this origin, such as `https://ask.example.com`, where a mail server is named.
    ///
    /// # Errors
    /// When the address of the mail server or of the sender cannot be read.
    pub fn new(args: &MailArgs, origin: &str, ports: JobPorts) -> anyhow::Result<Option<Self>> {
        let Some(smtp) = Smtp::new(args)? else { return Ok(None) };
        Ok(Some(Self { queue: MailQueue(JobQueue::new(KIND, ports)), smtp, origin: origin.to_owned() }))
    }

    /// Sends what was taken; this knows who has an address.
    #[must_use]
    pub fn runner(self, service: Service) -> JobRunner {
        let Self { queue: MailQueue(jobs), smtp, origin } = self;
        let handler = MailHandler { mailer: Arc::new(smtp), service, origin, rng: jobs.ports().rng.clone() };
        JobRunner::new(jobs, Arc::new(handler))
    }
}

/// Takes mail to be sent. Cheap to clone.
#[derive(Clone, Debug)]
pub struct MailQueue(JobQueue);

impl MailQueue {
    /// How attempts to send ended.
    #[must_use]
    pub const fn counts(&self) -> &JobCounts {
        self.0.counts()
    }

    /// Has this process look for what is due now.
    pub fn wake(&self) {
        self.0.wake();
    }

    /// Has a link sent to whoever has an address, if anybody has; it leads on to one of our pages. Takes as long whether
    /// somebody has it or not.
    ///
    /// # Errors
    /// When it cannot be queued.
    pub async fn link(
        &self,
        tenant: &Tenant,
        email: &Email,
        purpose: PersonLinkPurpose,
        page: &str,
    ) -> Result<(), Refusal> {
        let mail = MailJob::Link {
            slug: tenant.slug.clone(),
            email: email.as_str().to_owned(),
            purpose: purpose.as_str().to_owned(),
            page: page.to_owned(),
        };
        // Whoever waits for a link longer than it would be good has asked again.
        self.push(tenant.id, &mail, purpose.life_ms()).await
    }

    async fn push(&self, tenant: TenantId, mail: &MailJob, life_ms: i64) -> Result<(), Refusal> {
        let payload = serde_json::to_vec(mail).map_err(|_| Refusal::Internal)?;
        Ok(self.0.push(tenant, &payload, life_ms).await?)
    }
}

#[async_trait]
impl Notices for MailQueue {
    fn reach(&self) -> bool {
        true
    }

    async fn tell(&self, to: Notice) {
        let tenant = to.tenant.id;
        let Letter { to, subject, text } = notice(to);
        let mail = MailJob::Letter { to: to.into_string(), subject, text };
        // For as long as the one link that a notice may have is good.
        if let Err(refusal) = self.push(tenant, &mail, ADDRESS_LINK_LIFE_MS).await {
            tracing::error!(%refusal, "a letter about an account could not be queued and is lost");
        }
    }
}

/// Sends mail.
struct MailHandler {
    mailer: Arc<dyn Mailer>,
    service: Service,
    origin: String,
    rng: Arc<dyn Rng>,
}

#[async_trait]
impl JobHandler for MailHandler {
    async fn run(&self, _: TenantId, payload: &[u8]) -> Result<(), JobError> {
        // What this version cannot read is for an instance of a later one.
        let mail = serde_json::from_slice(payload).map_err(|_| JobError::Retry)?;
        let letter = match mail {
            MailJob::Letter { to, subject, text } => {
                let to = Email::parse(&to).map_err(|_| JobError::GiveUp("its address is none"))?;
                Letter { to, subject, text }
            }
            MailJob::Link { slug, email, purpose, page } => {
                let purpose = purpose.parse().map_err(|_| JobError::Retry)?;
                match self.link(&slug, &email, purpose, &page).await? {
                    Some(letter) => letter,
                    None => return Ok(()),
                }
            }
        };
        match self.mailer.send(letter).await {
            Ok(()) => Ok(()),
            Err(PortError::Broken) => Err(JobError::GiveUp("the mail server refused it for good")),
            Err(PortError::Busy | PortError::Full) => Err(JobError::Retry),
        }
    }
}

impl MailHandler {
    /// Makes a link and writes the letter that it is in, when there is anybody to send it to.
    async fn link(
        &self,
        slug: &str,
        email: &str,
        purpose: PersonLinkPurpose,
        page: &str,
    ) -> Result<Option<Letter>, JobError> {
        let secret = Secret::new(&*self.rng);
        match self.service.link_by_email(slug, email, purpose, secret.hash()).await {
            Ok(Some(to)) => {
                let link = with_page(format!("{}/open/{}", self.origin, secret.reveal()), page);
                Ok(Some(letter(
                    to.email.clone(),
                    Occasion { purpose, tenant: &to.tenant, name: &to.name, link: &link },
                )))
            }
            Ok(None) | Err(Refusal::NotFound { .. }) => {
                tracing::debug!("somebody asked for a link to an address that nobody has");
                Ok(None)
            }
            Err(_) => Err(JobError::Retry),
        }
    }
}

/// A link that leads on to one of our pages.
fn with_page(link: String, page: &str) -> String {
    if page.is_empty() {
        return link;
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("to", page).finish();
    format!("{link}?{query}")
}

impl fmt::Debug for MailSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailSetup").field("smtp", &self.smtp).field("origin", &self.origin).finish_non_exhaustive()
    }
}
