//! Erasing what one wrote, and how long a tenant keeps texts: pages that the server draws and that need no script.

use leptos::prelude::*;
use pulsestage::id::OperationId;
use pulsestage::retention::{Erased, LONGEST_RETENTION, Retention};

use super::Problems;
use super::document::{AccountDocument, way};
use super::field::{hidden, send, whole_problem};
use super::mine::alert;
use super::sign_in::home;
use crate::branding::Branding;
use crate::ui::erase::Erase as _;
use crate::ui::icon::Icon;
use crate::ui::notice::{Notice, Weight};
use crate::ui::time::in_utc;

/// What erasing does not reach.
const LEFT: &str = "Votes that you cast stay counted. Backups that whoever runs this PulseStage made before keep the \
                    texts until they are deleted: ask them for how long they keep any.";

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
                "It is erased",
                told(erased),
                view! {
                    <p class="field__hint">{LEFT}</p>
                    {way(home(&room), "Back to the questions")}
                }
                .into_any(),
            ),
            None => (
                "Erase what you wrote",
                "Everything that you wrote here in this browser. This cannot be undone.".to_owned(),
                view! {
                    {whole_problem(&problems)}
                    <p>
                        "Your questions leave the board, with their answers, your name on them and the messages between "
                        "you and the moderators. The reasons for which you reported questions are removed as well."
                    </p>
                    <p class="field__hint">{LEFT}</p>
                    <form class="form" method="post" action=format!("{mine}/erase")>
                        {send("Erase what I wrote", true)}
                    </form>
                    {way(mine, "Keep it")}
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
        0 => "There was no question of yours left".to_owned(),
        1 => "One question of yours has no text any more and is off the board".to_owned(),
        many => format!("{many} questions of yours have no text any more and are off the board"),
    };
    match reports {
        0 => format!("{questions}."),
        1 => format!("{questions}. The reason of one report is gone."),
        many => format!("{questions}. The reasons of {many} reports are gone."),
    }
}

/// The page on which those who run a tenant say how long it keeps texts.
#[derive(Clone, Debug, Default)]
pub struct KeepTexts {
    /// Whose page it is.
    pub tenant: Branding,
    /// As in [`EraseWritten`].
    pub room: String,
    /// How long it keeps them now.
    pub retention: Retention,
    /// What was typed for the days, where it was refused.
    pub typed: Option<String>,
    /// A key under which the change is made once.
    pub key: Option<OperationId>,
    /// Whether a change was just kept.
    pub is_saved: bool,
    /// What was wrong.
    pub problems: Problems,
}

impl KeepTexts {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        let Self { tenant, room, retention, typed, key, is_saved, problems } = self;
        let days = typed.unwrap_or_else(|| retention.days.map(|days| days.to_string()).unwrap_or_default());
        let held = retention.hold_since.map(|since| {
            let words = format!("Everything is kept since {}, whatever its age.", in_utc(since));
            view! {
                <Notice weight=Weight::Plain mark=Icon::Lock>
                    <p>{words}</p>
                </Notice>
            }
            .erase()
        });
        let saved = is_saved.then(|| {
            view! {
                <Notice weight=Weight::Plain mark=Icon::Check role="status">
                    <p>"Saved."</p>
                </Notice>
            }
            .erase()
        });
        let wrong = (problems != Problems::default()).then(|| alert(&problems));
        let key = key.map(|key| hidden("op", &key.to_string()));
        let body = view! {
            {saved}
            {wrong}
            {held}
            <form class="form" method="post" action=format!("{room}/admin/data")>
                {key}
                <div class="field">
                    <label class="field__label" for="days">
                        "Days that texts are kept"
                    </label>
                    <input
                        class="input"
                        id="days"
                        name="days"
                        inputmode="numeric"
                        autocomplete="off"
                        value=days
                        aria-describedby="days-hint"
                    />
                    <span class="field__hint" id="days-hint">
                        {format!("From 1 to {LONGEST_RETENTION}. Empty keeps them for good.")}
                    </span>
                </div>
                <label class="tick">
                    <input type="checkbox" name="hold" value="true" checked=retention.hold_since.is_some() />
                    " Hold: remove nothing for now, whatever its age"
                </label>
                {send("Save", true)}
            </form>
            <p class="field__hint">
                "Counted from the day a question was asked, its text, its answer and its asker's name are removed. Private "
                "messages and reasons of reports go by their own age. Votes and numbers stay. What is removed cannot be "
                "brought back."
            </p>
            {way(format!("{room}/admin/settings"), "Back to the settings")}
        }
        .into_any();
        AccountDocument {
            mark: Icon::Shield,
            title: "How long texts are kept".to_owned(),
            lead: "It holds for everything that was written here, in every team.".to_owned(),
            tenant: Some(tenant),
            home: home(&room),
            body,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_erased_is_told_in_whole_sentences() {
        assert_eq!(told(Erased::default()), "There was no question of yours left.");
        assert!(told(Erased { questions: 1, reports: 0 }).starts_with("One question"));
        assert!(told(Erased { questions: 2, reports: 1 }).ends_with("of one report is gone."));
        assert!(told(Erased { questions: 0, reports: 3 }).ends_with("of 3 reports are gone."));
    }
}
