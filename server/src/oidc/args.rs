//! The settings of the provider.

use clap::Args;
use std::fmt;

use pulsestage::text::Slug;
use pulsestage::user::Role;

/// An OpenID Connect provider for single sign-on: all of its flags or none.
#[derive(Clone, Default, Args)]
#[command(next_help_heading = "OpenID Connect")]
pub struct OidcArgs {
    /// Issuer URL of the provider, such as `https://id.example.com`.
    #[arg(long, env = "PULSESTAGE_OIDC_ISSUER", value_name = "URL", requires = "oidc_client_id", value_parser = crate::origin::parse_issuer)]
    pub oidc_issuer: Option<String>,
    /// Client id. Register the public URL with `/oidc/callback` as redirect address.
    #[arg(long, env = "PULSESTAGE_OIDC_CLIENT_ID", value_name = "ID", requires = "oidc_issuer")]
    pub oidc_client_id: Option<String>,
    /// Client secret; leave it out for a public client.
    #[arg(long, env = "PULSESTAGE_OIDC_CLIENT_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub oidc_client_secret: Option<String>,
    /// Domains, such as `example.com`, whose people may sign in without an invitation; comma-separated. Without any, only
    /// invited people can use single sign-on.
    #[arg(long, env = "PULSESTAGE_OIDC_DOMAINS", value_name = "DOMAINS", value_delimiter = ',')]
    pub oidc_domains: Vec<String>,
    /// Role of people who sign in for the first time: viewer or member.
    #[arg(long, env = "PULSESTAGE_OIDC_ROLE", value_name = "ROLE", default_value = "member")]
    pub oidc_role: FirstRole,
    /// Name of the provider on the button.
    #[arg(long, env = "PULSESTAGE_OIDC_NAME", value_name = "NAME", default_value = "single sign-on")]
    pub oidc_name: String,
    /// Slugs of the tenants that accept it; comma-separated.
    #[arg(long, env = "PULSESTAGE_OIDC_TENANTS", value_name = "SLUGS", value_delimiter = ',', default_value = "default", value_parser = parse_slug)]
    pub oidc_tenants: Vec<String>,
}

/// The secret is not shown.
impl fmt::Debug for OidcArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { oidc_issuer, oidc_client_id, oidc_domains, oidc_tenants, .. } = self;
        f.debug_struct("OidcArgs")
            .field("oidc_issuer", oidc_issuer)
            .field("oidc_client_id", oidc_client_id)
            .field("oidc_domains", oidc_domains)
            .field("oidc_tenants", oidc_tenants)
            .finish_non_exhaustive()
    }
}

/// A role that nobody has to give: never above member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstRole(pub Role);

impl Default for FirstRole {
    fn default() -> Self {
        Self(Role::Member)
    }
}

impl std::str::FromStr for FirstRole {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let role = word.parse().ok().filter(|role| matches!(role, Role::Viewer | Role::Member));
        role.map(Self).ok_or("take viewer or member: more than that is given by a person")
    }
}

fn parse_slug(text: &str) -> Result<String, String> {
    Slug::parse(text.trim()).map(Slug::into_string).map_err(|problem| format!("the slug {problem}"))
}

/// A provider that was configured.
#[derive(Clone)]
pub struct OidcSettings {
    /// The provider.
    pub issuer: String,
    /// What we are called there.
    pub client_id: String,
    /// What proves it.
    pub client_secret: Option<String>,
    /// Domains of new people, in lower case.
    pub domains: Vec<String>,
    /// What new people may do.
    pub first_role: Role,
    /// What it is called on the button.
    pub name: String,
    /// The tenants that accept it.
    pub tenants: Vec<String>,
}

impl OidcArgs {
    /// The provider, if there is one.
    #[must_use]
    pub fn settings(&self) -> Option<OidcSettings> {
        let (issuer, client_id) = self.oidc_issuer.clone().zip(self.oidc_client_id.clone())?;
        let plain = |domain: &String| crate::unicode::domain(domain.trim().trim_start_matches('@'));
        Some(OidcSettings {
            issuer,
            client_id,
            client_secret: self.oidc_client_secret.clone().filter(|secret| !secret.is_empty()),
            domains: self.oidc_domains.iter().map(plain).filter(|domain| !domain.is_empty()).collect(),
            first_role: self.oidc_role.0,
            name: self.oidc_name.clone(),
            tenants: self.oidc_tenants.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct OidcLine {
        #[command(flatten)]
        oidc: OidcArgs,
    }

    fn parsed(words: &[&str]) -> Result<OidcArgs, clap::Error> {
        OidcLine::try_parse_from(["x"].iter().chain(words)).map(|line| line.oidc)
    }

    const WHOLE: [&str; 4] = ["--oidc-issuer", "https://id.example.com", "--oidc-client-id", "pulsestage"];

    #[test]
    fn a_provider_is_configured_whole_or_not_at_all() {
        assert!(parsed(&[]).unwrap().settings().is_none());
        assert!(parsed(&WHOLE[..2]).is_err() && parsed(&WHOLE[2..]).is_err());
        let settings = parsed(&WHOLE).unwrap().settings().unwrap();
        assert_eq!((settings.first_role, settings.domains.len()), (Role::Member, 0));
        assert_eq!(settings.tenants, ["default"]);
    }

    #[test]
    fn the_first_role_is_member_at_most() {
        for (role, taken) in [("viewer", true), ("member", true), ("moderator", false), ("owner", false), ("", false)] {
            assert_eq!(parsed(&[&WHOLE[..], &["--oidc-role", role]].concat()).is_ok(), taken, "{role}");
        }
    }

    #[test]
    fn the_secret_is_not_shown() {
        let args = parsed(&[&WHOLE[..], &["--oidc-client-secret", "hush-hush"]].concat()).unwrap();
        assert!(!format!("{args:?}").contains("hush"));
    }

    #[test]
    fn domains_are_compared_in_lower_case() {
        let args = parsed(&[&WHOLE[..], &["--oidc-domains", "Example.COM, @example.org,"]].concat()).unwrap();
        assert_eq!(args.settings().unwrap().domains, ["example.com", "example.org"]);
    }
}
