//! What somebody may call themselves beside a question.

use super::{Service, Visit};
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
    pub(super) async fn must_be_free(&self, visit: &Visit, team: TeamId, name: &Name) -> Result<(), Refusal> {
        let reserved = || Err(Refusal::field("name", TextProblem::Reserved));
        let skeleton = |text: &str| self.unicode.skeleton(text);
        let wanted = skeleton(name.as_str());
        if visit.actor.role_in(team) < Role::Moderator {
            let words = name
                .as_str()
                .split(|c: char| !c.is_alphanumeric() && !c.is_ascii_punctuation() || "-_.,:;/()[]#*".contains(c));
            let words: Vec<String> = words.map(skeleton).collect();
            let is_office = |office: &&str| {
                let office = skeleton(office);
                wanted == office || words.contains(&office)
            };
            let is_alone = ALONE.iter().map(|word| skeleton(word)).any(|word| word == wanted);
            if OFFICES.iter().any(|office| is_office(&office)) || is_alone || wanted == skeleton(&visit.tenant.name) {
                return reserved();
            }
        }
        let staff = self.store.staff_names(visit.tenant.id).await?;
        let me = visit.actor.user;
        let is_mine = match me {
            Some(me) => self.store.person(visit.tenant.id, me).await?.is_some_and(|me| skeleton(&me.name) == wanted),
            None => false,
        };
        let is_theirs = staff.iter().any(|(id, name)| Some(*id) != me && skeleton(name) == wanted);
        if is_theirs && !is_mine { reserved() } else { Ok(()) }
    }
}
