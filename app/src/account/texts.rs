//! Erasing what one wrote: a page that the server draws and that needs no script.

use leptos::prelude::*;
use pulsestage::retention::Erased;

use super::Problems;
use super::document::{AccountDocument, way};
use super::field::{send, whole_problem};
use super::sign_in::home;
use crate::branding::Branding;
use crate::ui::icon::Icon;

/// What erasing does not reach.
const LEFT: &str = "Your votes stay counted. Backups made earlier keep the texts until they are deleted; ask whoever \
                    runs this server how long that is.";

/// The page on which somebody erases what they wrote.
#[derive(Clone, Debug, Default)]
pub struct EraseWritten {
    /// Whose page it is.
    pub tenant: Branding,
    /// The beginning of the tenant's addresses: nothing, or `/t/SLUG`.
    pub room: String,
    /// What was erased, once it is.
    pub done: Option<Erased>,
    /// What was wrong.
    pub problems: Problems,
}

impl EraseWritten {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        let Self { tenant, room, done, problems } = self;
        let mine = format!("{room}/mine");
        let (title, lead, body) = match done {
            Some(erased) => (
                "Your texts are erased",
                told(erased),
                view! {
                    <p class="field__hint">{LEFT}</p>
                    {way(home(&room), "Back to questions")}
                }
                .into_any(),
            ),
            None => (
                "Erase what you wrote",
                "Everything you wrote here in this browser. This can't be undone.".to_owned(),
                view! {
                    {whole_problem(&problems)}
                    <p>
                        "Your questions are removed, with their answers, your name and the messages between you and the "
                        "moderators. The reasons in your reports are removed too."
                    </p>
                    <p class="field__hint">{LEFT}</p>
                    <form class="form" method="post" action=format!("{mine}/erase")>
                        {send("Erase what I wrote", true)}
                    </form>
                    {way(mine, "Cancel")}
                }
                .into_any(),
            ),
        };
        let mark = if done.is_some() { Icon::Check } else { Icon::Alert };
        AccountDocument { mark, title: title.to_owned(), lead, tenant: Some(tenant), home: home(&room), body }
    }
}

fn told(Erased { questions, reports }: Erased) -> String {
    let questions = match questions {
        0 => "You had no questions left".to_owned(),
        1 => "1 question was removed".to_owned(),
        many => format!("{many} questions were removed"),
    };
    match reports {
        0 => format!("{questions}."),
        1 => format!("{questions}. The reason in 1 report was removed."),
        many => format!("{questions}. The reasons in {many} reports were removed."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_erased_is_told_in_whole_sentences() {
        assert_eq!(told(Erased::default()), "You had no questions left.");
        assert!(told(Erased { questions: 1, reports: 0 }).starts_with("1 question "));
        assert!(told(Erased { questions: 2, reports: 1 }).ends_with("in 1 report was removed."));
        assert!(told(Erased { questions: 0, reports: 3 }).ends_with("in 3 reports were removed."));
    }
}
