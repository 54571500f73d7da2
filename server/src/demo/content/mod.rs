//! What the demo tenants talk about. Both companies, and everybody in them, are made up.

mod acme;
mod rivenmark;

/// Every demo tenant, the default one first.
pub(super) const TENANTS: [&DemoTenant; 2] = [&rivenmark::RIVENMARK, &acme::ACME];

/// A tenant and everything in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DemoTenant {
    pub(super) slug: &'static str,
    pub(super) name: &'static str,
    pub(super) teams: &'static [&'static str],
    /// Names with their colours: mid tones, readable on white as they are and distinct on navy.
    pub(super) tags: &'static [(&'static str, &'static str)],
    /// How many people are in the room; a prime number, see `voters` of the timeline.
    pub(super) audience: usize,
    /// The questions, in as many tables as is handy.
    tables: &'static [&'static [DemoQuestion]],
}

impl DemoTenant {
    /// Its questions, table by table.
    pub(super) fn questions(&self) -> impl Iterator<Item = &'static DemoQuestion> + use<> {
        self.tables.iter().copied().flatten()
    }
}

/// A question and what became of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DemoQuestion {
    /// How many minutes ago it was asked.
    pub(super) asked: i64,
    /// The name of one of the tenant's teams.
    pub(super) team: &'static str,
    pub(super) body: &'static str,
    /// How many people voted for it before it was closed.
    pub(super) votes: i64,
    /// Names of the tenant's tags.
    pub(super) tags: &'static [&'static str],
    pub(super) answer: Option<DemoAnswer>,
    /// How many minutes after it was asked it was pinned.
    pub(super) pinned: Option<i64>,
    /// How many minutes after it was asked it was frozen.
    pub(super) frozen: Option<i64>,
}

impl DemoQuestion {
    /// A question that nobody has touched yet: what the tables leave out.
    const NEW: Self =
        Self { asked: 0, team: "", body: "", votes: 0, tags: &[], answer: None, pinned: None, frozen: None };
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DemoAnswer {
    /// How many minutes after the question it was given.
    pub(super) after: i64,
    pub(super) text: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulsestage::tenant::TenantSettings;
    use pulsestage::text::{AnswerText, Color, Name, QuestionBody, Slug};
    use std::collections::BTreeSet;

    fn all() -> impl Iterator<Item = (&'static DemoTenant, &'static DemoQuestion)> {
        TENANTS.into_iter().flat_map(|tenant| tenant.questions().map(move |question| (tenant, question)))
    }

    /// Whether a text is stored as it stands here, so nothing in it is cut or tidied away.
    fn as_it_stands(parsed: Option<String>, raw: &str) -> bool {
        parsed.as_deref() == Some(raw)
    }

    #[test]
    fn every_text_is_taken_as_it_stands() {
        let limits = TenantSettings::default().question_length;
        for (tenant, question) in all() {
            let body = QuestionBody::parse(question.body, limits).ok().map(QuestionBody::into_string);
            assert!(as_it_stands(body, question.body), "{}", question.body);
            if let Some(answer) = &question.answer {
                let text = AnswerText::parse(answer.text).ok().map(AnswerText::into_string);
                assert!(as_it_stands(text, answer.text), "{}", answer.text);
            }
            assert!(Slug::parse(tenant.slug).is_ok() && Name::parse(tenant.name).is_ok(), "{}", tenant.slug);
        }
    }

    #[test]
    fn every_name_in_a_table_is_one_of_its_tenants_and_nothing_is_there_twice() {
        let mut bodies = BTreeSet::new();
        for (tenant, question) in all() {
            assert!(tenant.teams.contains(&question.team), "{} of {}", question.team, tenant.slug);
            assert!(bodies.insert(question.body), "{}", question.body);
            let tags: BTreeSet<_> = question.tags.iter().collect();
            assert!(tags.len() == question.tags.len() && tags.len() <= 3, "{}", question.body);
            for tag in tags {
                assert!(tenant.tags.iter().any(|(name, _)| name == tag), "{tag} of {}", tenant.slug);
            }
        }
        for tenant in TENANTS {
            assert!(tenant.teams.iter().all(|name| Name::parse(name).is_ok()));
            assert_eq!(tenant.teams.iter().collect::<BTreeSet<_>>().len(), tenant.teams.len(), "{}", tenant.slug);
            let (names, colors): (BTreeSet<_>, BTreeSet<_>) = tenant.tags.iter().copied().unzip();
            assert_eq!([names.len(), colors.len()], [tenant.tags.len(); 2], "{}", tenant.slug);
        }
    }

    #[test]
    fn what_became_of_a_question_came_after_it_and_before_now() {
        for (_, question) in all() {
            let answered = question.answer.as_ref().map(|answer| answer.after);
            for after in [answered, question.pinned, question.frozen].into_iter().flatten() {
                assert!(0 < after && after < question.asked, "{}", question.body);
            }
            // A frozen question takes no answer, so the answer has to be there first.
            if let (Some(answered), Some(frozen)) = (answered, question.frozen) {
                assert!(answered < frozen, "{}", question.body);
            }
        }
    }

    #[test]
    fn the_rooms_are_large_enough_and_prime() {
        for tenant in TENANTS {
            assert!((2..tenant.audience).all(|n| !tenant.audience.is_multiple_of(n)), "{}", tenant.slug);
            let most = tenant.questions().map(|question| question.votes).max();
            assert!(most < i64::try_from(tenant.audience).ok(), "{}", tenant.slug);
        }
    }

    #[test]
    fn tags_read_on_white_and_stand_out_on_navy() {
        let navy = luminance("#0B1221");
        for (name, color) in TENANTS.into_iter().flat_map(|tenant| tenant.tags) {
            assert_eq!(Color::parse(color).map(Color::into_string).as_deref(), Ok(*color), "{name}");
            assert!(1.05 / (luminance(color) + 0.05) >= 4.5, "{name} on white");
            assert!((luminance(color) + 0.05) / (navy + 0.05) >= 3.0, "{name} on navy");
        }
    }

    /// The relative luminance of WCAG 2.2.
    fn luminance(color: &str) -> f64 {
        let channel = |at: usize| {
            let part = f64::from(u8::from_str_radix(&color[at..at + 2], 16).unwrap()) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    #[test]
    fn the_default_tenant_shows_every_state() {
        let questions: Vec<_> = TENANTS[0].questions().collect();
        let count = |is: fn(&DemoQuestion) -> bool| questions.iter().filter(|question| is(question)).count();
        assert_eq!(TENANTS[0].slug, Slug::default_tenant().as_str());
        assert!((40..=50).contains(&questions.len()));
        assert!((12..=18).contains(&count(|q| q.answer.is_some())));
        assert!((2..=3).contains(&count(|q| q.pinned.is_some())));
        assert!((3..=4).contains(&count(|q| q.frozen.is_some())));
        assert_eq!(count(|q| q.frozen.is_some() && q.answer.is_none()), 1);
        assert!(count(|q| q.votes >= 60) >= 3 && count(|q| q.votes <= 12) >= 12 && count(|q| q.votes == 0) >= 1);
        assert!(count(|q| q.body.contains('\n')) >= 2 && count(|q| (480..=500).contains(&q.body.chars().count())) >= 1);
        assert!(count(|q| q.body.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c))) >= 1);
    }
}
