//! What a tenant looks like on a page: its name, its logo and the style sheet of its accent.

use pulsestage::tenant::Tenant;

/// A tenant's name, and the addresses of what is drawn beside and behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branding {
    /// What it is called.
    pub name: String,
    /// Its logo, where it has one.
    pub logo: Option<String>,
    /// The style sheet of its accent, where it has one of its own.
    pub sheet: Option<String>,
}

impl Branding {
    /// Of a page that is nobody's in particular.
    #[must_use]
    pub fn ours() -> Self {
        Self { name: "PulseStage".to_owned(), ..Self::default() }
    }
}

impl From<&Tenant> for Branding {
    fn from(tenant: &Tenant) -> Self {
        let Tenant { slug, name, settings, .. } = tenant;
        Self {
            name: name.clone(),
            logo: settings.logo.as_deref().map(|word| format!("/t/{slug}/logo?v={word}")),
            sheet: settings.accent.as_deref().map(|accent| sheet(slug, accent)),
        }
    }
}

/// The address of the style sheet of an accent: another one for each other colour, so that it may be kept.
#[must_use]
pub(crate) fn sheet(slug: &str, accent: &str) -> String {
    format!("/t/{slug}/theme.css?v={}", accent.trim_start_matches('#'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulsestage::id::TenantId;
    use pulsestage::tenant::TenantSettings;

    #[test]
    fn what_a_tenant_has_not_is_not_asked_for_and_a_new_picture_is_at_a_new_address() {
        let mut tenant = Tenant {
            id: TenantId(uuid::Uuid::nil()),
            slug: "acme".to_owned(),
            name: "Acme".to_owned(),
            settings: TenantSettings::default(),
        };
        assert_eq!(Branding::from(&tenant), Branding { name: "Acme".to_owned(), ..Branding::default() });
        tenant.settings.accent = Some("#1D4ED8".to_owned());
        tenant.settings.logo = Some("a1".to_owned());
        let branding = Branding::from(&tenant);
        assert_eq!(branding.sheet.as_deref(), Some("/t/acme/theme.css?v=1D4ED8"));
        assert_eq!(branding.logo.as_deref(), Some("/t/acme/logo?v=a1"));
    }
}
