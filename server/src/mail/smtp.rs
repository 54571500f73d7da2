//! Letters by SMTP (RFC 5321).

use anyhow::Context;
use async_trait::async_trait;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::{Category, Code, Severity};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::fmt;
use std::time::Duration;

use super::args::MailArgs;
use pulsestage::link::Letter;
use pulsestage::ports::{Mailer, PortError};

/// How long the mail server may take for each step.
const PATIENCE: Duration = Duration::from_secs(15);

/// Hands letters to a mail server, each over a connection of its own: there are few, and none to keep one open for.
pub(super) struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    /// The mail server that is meant, if one is.
    ///
    /// # Errors
    /// When its address or the sender's cannot be read. The message has no part of the address in it.
    pub(super) fn new(args: &MailArgs) -> anyhow::Result<Option<Self>> {
        let Some(url) = &args.smtp_url else { return Ok(None) };
        let from = args.mail_from.as_deref().unwrap_or_default();
        let from: Mailbox =
            from.parse().with_context(|| format!("--mail-from is no address: {from:?}; give NAME <ADDRESS>"))?;
        let unreadable = "--smtp-url is not of the form smtps://USER:PASSWORD@HOST or smtp://HOST:PORT";
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|_| anyhow::anyhow!(unreadable))?;
        let hello = ClientId::Domain(from.email.domain().to_owned());
        Ok(Some(Self { transport: builder.timeout(Some(PATIENCE)).hello_name(hello).build(), from }))
    }
}

#[async_trait]
impl Mailer for Smtp {
    async fn send(&self, letter: Letter) -> Result<(), PortError> {
        let to: Mailbox = letter.to.as_str().parse().map_err(|_| broken("an address is not one that mail takes"))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(letter.subject)
            // Nobody's holiday note is to come back (RFC 3834).
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text)
            .map_err(|_| broken("a letter could not be written"))?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            // Never the whole error: a server may quote the letter. What is said for good of this letter or its address
            // (RFC 5321, section 4.2.2: 55x) will not be said otherwise; a password that is refused may be mended.
            Err(error) if error.status().is_some_and(is_final) => Err(broken("the mail server refused a letter")),
            Err(error) => {
                let code = error.status().map(|code| code.to_string());
                tracing::warn!(
                    code,
                    timeout = error.is_timeout(),
                    tls = error.is_tls(),
                    "the mail server did not take a letter; it is tried again"
                );
                Err(PortError::Busy)
            }
        }
    }
}

fn is_final(code: Code) -> bool {
    code.severity == Severity::PermanentNegativeCompletion && code.category == Category::MailSystem
}

fn broken(why: &str) -> PortError {
    tracing::error!(why, "a letter was not sent");
    PortError::Broken
}

/// The header that says that no person wrote this.
#[derive(Clone)]
struct AutoSubmitted;

impl lettre::message::header::Header for AutoSubmitted {
    fn name() -> lettre::message::header::HeaderName {
        lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> lettre::message::header::HeaderValue {
        lettre::message::header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("from", &self.from).finish_non_exhaustive()
    }
}
