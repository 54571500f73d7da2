//! The settings of mail.

use clap::Args;
use std::fmt;

/// How mail is sent: both flags or none.
#[derive(Clone, Default, Args)]
#[command(next_help_heading = "Mail")]
pub struct MailArgs {
    /// The mail server: `smtps://USER:PASSWORD@HOST` with TLS from the start, or `smtp://USER:PASSWORD@HOST?tls=required`
    /// with STARTTLS. Without it nobody can ask for a link by mail; admins copy the links that they create.
    #[arg(long, env = "PULSESTAGE_SMTP_URL", value_name = "URL", hide_env_values = true, requires_all = ["mail_from", "public_url"])]
    pub smtp_url: Option<String>,
    /// Sender of mail, such as `PulseStage <ask@example.com>`.
    #[arg(long, env = "PULSESTAGE_MAIL_FROM", value_name = "ADDRESS")]
    pub mail_from: Option<String>,
}

/// The URL has a password in it.
impl fmt::Debug for MailArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.smtp_url.as_ref().map(|_| "..");
        f.debug_struct("MailArgs").field("smtp_url", &shown).field("mail_from", &self.mail_from).finish()
    }
}
