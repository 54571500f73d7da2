//! What somebody may call themselves beside a question.

use super::{RequestContext, Service};
use crate::error::Refusal;
use crate::id::TeamId;
use crate::text::{Name, TextProblem};
use crate::user::Role;

/// Words for those who run a place, in the languages that most people read. Whoever is none of them has none of these words
/// in their name.
const OFFICES: &[&str] = &[
    "moderator",
    "moderators",
    "moderatorin",
    "moderation",
    "mod",
    "admin",
    "admins",
    "administrator",
    "administratorin",
    "administration",
    "owner",
    "pulsestage",
    "organiser",
    "organizer",
    "organisator",
    "organisatorin",
    "veranstalter",
    "veranstalterin",
    "inhaber",
    "inhaberin",
    "modérateur",
    "modératrice",
    "administrateur",
    "administratrice",
    "propriétaire",
    "organisateur",
    "organisatrice",
    "moderador",
    "moderadora",
    "administrador",
    "administradora",
    "propietario",
    "propietaria",
    "organizador",
    "organizadora",
    "proprietário",
    "moderatore",
    "moderatrice",
    "amministratore",
    "amministratrice",
    "proprietario",
    "organizzatore",
    "beheerder",
    "eigenaar",
    "moderaator",
    "administratör",
    "moderátor",
    "administrátor",
    "właściciel",
    "administratorzy",
    "модератор",
    "администратор",
    "владелец",
    "адміністратор",
    "moderatör",
    "yönetici",
    "版主",
    "管理员",
    "管理員",
    "主持人",
    "モデレーター",
    "管理者",
    "司会者",
    "관리자",
    "진행자",
    "مشرف",
    "مدير",
    "מנהל",
    "מנחה",
];
/// Words that are a surname somewhere, so that only the whole name must not be one of them.
const ALONE: &[&str] = &[
    "host",
    "gastgeber",
    "gastgeberin",
    "hôte",
    "anfitrión",
    "anfitriona",
    "anfitrião",
    "ospite",
    "staff",
    "team",
    "support",
    "system",
];

impl Service {
    /// Refuses a name that others go by here who run it, one of an office, or one that looks like these. Staff may use the
    /// words for what they are, and everybody their own name.
    ///
    /// # Errors
    /// [`TextProblem::Reserved`] for the field `name`.
    pub(super) async fn require_free_name(
        &self,
        context: &RequestContext,
        team: TeamId,
        name: &Name,
    ) -> Result<(), Refusal> {
        let reserved = || Err(Refusal::field("name", TextProblem::Reserved));
        let shapes = |text: &str| self.shapes(text);
        let wanted = shapes(name.as_str());
        if context.actor.role_in(team) < Role::Moderator {
            let words = name
                .as_str()
                .split(|c: char| !c.is_alphanumeric() && !c.is_ascii_punctuation() || "-_.,:;/()[]#*".contains(c));
            let words: Vec<Shapes> = words.map(shapes).collect();
            let is_office = |office: &Shapes| wanted.is_like(office) || words.iter().any(|word| word.is_like(office));
            let kept = self.reserved.get_or_init(|| ReservedNames::new(shapes));
            if kept.offices.iter().any(is_office)
                || kept.alone.iter().any(|word| wanted.is_like(word))
                || wanted.is_like(&shapes(&context.tenant.name))
            {
                return reserved();
            }
        }
        let staff = self.store.staff_names(context.tenant.id).await?;
        let me = context.actor.user;
        let is_mine = match me {
            Some(me) => {
                let me = self.store.person(context.tenant.id, me).await?;
                me.is_some_and(|me| wanted.is_like(&shapes(&me.name)))
            }
            None => false,
        };
        let is_theirs = staff.iter().any(|(id, name)| Some(*id) != me && wanted.is_like(&shapes(name)));
        if is_theirs && !is_mine { reserved() } else { Ok(()) }
    }

    fn shapes(&self, text: &str) -> Shapes {
        Shapes([text.to_owned(), text.to_lowercase(), text.to_uppercase()].map(|text| self.unicode.skeleton(&text)))
    }
}

/// The words above as they look, worked out when the first name is compared.
pub(super) struct ReservedNames {
    offices: Vec<Shapes>,
    alone: Vec<Shapes>,
}

impl ReservedNames {
    fn new(shapes: impl Fn(&str) -> Shapes) -> Self {
        let all = |words: &[&str]| words.iter().map(|word| shapes(word)).collect();
        Self { offices: all(OFFICES), alone: all(ALONE) }
    }
}

/// How a name looks as it is, in small letters and in capitals: in some scripts only one of the two looks like another
/// script's, such as the capital of Cyrillic "м".
struct Shapes([String; 3]);

impl Shapes {
    /// Whether one can be taken for the other. What has no letter or digit is like nothing.
    fn is_like(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(one, other)| !one.is_empty() && one == other)
    }
}
