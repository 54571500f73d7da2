//! `pulsestage second-factor`: for somebody who has lost the phone and the recovery codes.

use clap::Args;

use super::with_service;
use crate::config::{StoreArgs, parse_slug};
use pulsestage::email::Email;
use pulsestage::service::Service;
use pulsestage::text::Slug;

/// The flags of `second-factor`.
#[derive(Debug, Args)]
pub struct SecondFactorArgs {
    /// The person's email address.
    #[arg(value_parser = parse_email)]
    pub email: Email,
    /// Remove the second factor and end the person's sessions. Verify the person's identity first.
    #[arg(long, required = true)]
    pub reset: bool,
    /// The person's tenant, by its slug.
    #[arg(long, default_value = "default", value_parser = parse_slug)]
    pub tenant: Slug,
    /// Where the data is.
    #[command(flatten)]
    pub store: StoreArgs,
}

fn parse_email(text: &str) -> Result<Email, String> {
    Email::parse(text).map_err(|problem| format!("the address {problem}"))
}

/// Does it; gives what to print.
///
/// # Errors
/// When the database cannot be opened, or says no: the message says why.
pub async fn run(args: &SecondFactorArgs) -> anyhow::Result<String> {
    with_service(&args.store, async |service| carry_out(service, args).await).await
}

/// Does it with these use cases; gives what to print.
///
/// # Errors
/// As [`run`].
pub async fn carry_out(service: &Service, args: &SecondFactorArgs) -> anyhow::Result<String> {
    let SecondFactorArgs { email, tenant, .. } = args;
    Ok(match service.reset_second_factor(tenant, email).await? {
        Some(name) => format!(
            "The second factor of {name} was removed, and all their sessions ended. They can sign in with their password \
             and should set up a new one at once."
        ),
        None => format!("{} has no second factor.", email.as_str()),
    })
}

#[cfg(test)]
mod tests {
    use crate::commands::Cli;
    use clap::Parser;

    #[test]
    fn it_resets_only_when_told_to() {
        assert!(Cli::try_parse_from(["pulsestage", "second-factor", "ann@example.com"]).is_err());
        assert!(Cli::try_parse_from(["pulsestage", "second-factor", "--reset", "no address"]).is_err());
        assert!(Cli::try_parse_from(["pulsestage", "second-factor", "--reset", "ann@example.com"]).is_ok());
    }
}
