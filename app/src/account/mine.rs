//! What this browser has asked, and reporting what others have: pages that the server draws and that need no script, so
//! that nothing of them is in what participants download to see the board.

use leptos::prelude::*;
use pulsestage::id::{OperationId, QuestionId};
use pulsestage::moderation::{OwnQuestion, Standing};
use pulsestage::text::{Limits, units};

use super::document::way;
use super::sign_in::home;
use super::{AccountDocument, Problems};
use crate::branding::Branding;
use crate::ui::empty::Empty;
use crate::ui::erase::Erase;
use crate::ui::icon::{Icon, icon};
use crate::ui::notice::{Notice, Weight};
use crate::ui::text::escaped;
use crate::ui::time::Ago;

/// The page "Your questions".
#[derive(Clone, Debug)]
pub struct Mine {
    /// Whose page it is.
    pub tenant: Branding,
    /// The beginning of the tenant's addresses: nothing, or `/t/SLUG`.
    pub room: String,
    /// The slug of the tenant, when whoever reads this is signed in.
    pub signed_in_to: Option<String>,
    /// What they have asked, newest first.
    pub questions: Vec<OwnQuestion>,
    /// How long a question may be.
    pub limits: Limits,
    /// A key under which the next change is made once.
    pub key: OperationId,
    /// The change that was refused: of which question, the text as it was typed, and why.
    pub refused: Option<(Option<QuestionId>, String, Problems)>,
}

impl Mine {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        let home = home(&self.room);
        let back = home.clone();
        let (kept, lead) = match self.signed_in_to {
            Some(_) => (
                "Questions you ask appear here, on all your devices.",
                "Questions you asked on any device. Only you see this page.",
            ),
            None => (
                "Questions you ask in this browser appear here.",
                "Questions asked in this browser. Only you see this page.",
            ),
        };
        let list: Vec<AnyView> = self.questions.iter().map(|question| self.question(question)).collect();
        let body = if list.is_empty() {
            view! {
                <h2 class="vh">"Your questions"</h2>
                <Empty mark=Icon::Message title="Nothing asked yet" text=kept>
                    <a class="btn btn--main" href=back>
                        "Go to questions"
                    </a>
                </Empty>
                {self.own_data()}
                {self.leave()}
            }
            .erase()
        } else {
            view! {
                {self.refused.as_ref().and_then(|(of, _, problems)| of.is_none().then(|| alert(problems)))}
                <ul class="mine">{list}</ul>
                <div class="solo__do">
                    <a class="btn" href=back>
                        "Back to questions"
                    </a>
                </div>
                {self.own_data()}
                {self.leave()}
            }
            .into_any()
        };
        AccountDocument {
            mark: Icon::Message,
            title: "Your questions".to_owned(),
            lead: lead.to_owned(),
            tenant: Some(self.tenant),
            home,
            body,
        }
    }

    /// What somebody may do with all of it.
    fn own_data(&self) -> AnyView {
        view! {
            <p class="small">
                <a href=format!("{}/mine/written.json", self.room) download="">
                    "Download what you wrote"
                </a>
                " · "
                <a href=format!("{}/mine/erase", self.room)>"Erase what you wrote"</a>
            </p>
        }
        .erase()
    }

    /// The ways out, for a device that others use as well.
    fn leave(&self) -> AnyView {
        let sign_out = self.signed_in_to.clone().map(|slug| {
            view! {
                <form class="form" method="post" action="/sign-out">
                    <input type="hidden" name="tenant" value=slug />
                    <button class="btn" type="submit">
                        {icon(Icon::LogOut)}
                        "Sign out"
                    </button>
                </form>
            }
            .erase()
        });
        view! {
            {sign_out}
            {way(format!("{}/forget", self.room), "Shared device? Forget this browser")}
        }
        .into_any()
    }

    fn question(&self, question: &OwnQuestion) -> AnyView {
        let refused = self.refused.as_ref().filter(|(of, ..)| *of == Some(question.id));
        let (word, class) = standing(question.standing);
        let changes = question.is_open().then(|| self.changes(question, refused.map(|(_, typed, _)| typed.as_str())));
        view! {
            <li class="panel mine__one" id=format!("q-{}", question.id)>
                <p class="small">
                    <span class=class>{word}</span>
                    <Ago at=question.created_at />
                </p>
                {(!question.body.is_empty())
                    .then(|| {
                        view! {
                            <p class="words" dir="auto">
                                {question.body.clone()}
                            </p>
                        }
                            .erase()
                    })}
                {question
                    .reason
                    .clone()
                    .map(|reason| {
                        view! {
                            <blockquote class="mine__reason" dir="auto">
                                <p>"Moderator: " {reason}</p>
                            </blockquote>
                        }
                            .erase()
                    })}
                <a class="mine__thread" class:mine__thread--told=question.replies != 0 href=format!("{}/mine/{}", self.room, question.id)>
                    {icon(Icon::Message)}
                    {match question.replies {
                        0 => "Write to the moderators".to_owned(),
                        1 => "The moderators wrote to you".to_owned(),
                        many => format!("The moderators wrote to you {many} times"),
                    }}
                </a>
                {refused.map(|(_, _, problems)| alert(problems))}
                {changes}
            </li>
        }
        .erase()
    }

    fn changes(&self, question: &OwnQuestion, typed: Option<&str>) -> AnyView {
        let hidden = || {
            view! {
                <input type="hidden" name="question" value=question.id.to_string() />
                <input type="hidden" name="op" value=self.key.to_string() />
            }
        };
        let (area, action) = (format!("text-{}", question.id), format!("{}/mine", self.room));
        view! {
            <details class="more" open=typed.is_some()>
                <summary>"Edit question"</summary>
                <form class="form" method="post" action=action.clone()>
                    {hidden()}
                    <div class="field">
                        <label class="field__label" for=area.clone()>
                            "Your question"
                        </label>
                        <textarea
                            class="input"
                            id=area
                            name="text"
                            rows="4"
                            minlength=self.limits.min
                            maxlength=units(self.limits.max)
                            required
                            dir="auto"
                            data-draft=format!("edit-{}", question.id)
                        >
                            {escaped(typed.unwrap_or(&question.body).to_owned())}
                        </textarea>
                    </div>
                    <button class="btn btn--main" type="submit" name="do" value="edit">
                        "Save"
                    </button>
                </form>
            </details>
            <details class="more">
                <summary>"Withdraw"</summary>
                <form class="form" method="post" action=action>
                    {hidden()}
                    <p class="field__hint">"The question and its votes are removed. This can't be undone."</p>
                    <button class="btn" type="submit" name="do" value="withdraw">
                        "Withdraw question"
                    </button>
                </form>
            </details>
        }
        .into_any()
    }
}

/// The page on which somebody says that a question should not be there.
#[derive(Clone, Debug)]
pub struct Report {
    /// Whose page it is.
    pub tenant: Branding,
    /// As in [`Mine`].
    pub room: String,
    /// The question, and what it says.
    pub question: (QuestionId, String),
    /// As in [`Mine`].
    pub key: OperationId,
    /// Whether it was just reported.
    pub is_done: bool,
    /// What was typed.
    pub typed: String,
    /// What was wrong.
    pub problems: Problems,
}

/// What people report questions for.
const WHY: [&str; 4] = ["Insult or threat", "Private information", "Spam", "Something else"];

impl Report {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        let home = home(&self.room);
        let (title, lead, body) = match self.is_done {
            true => (
                "Thank you",
                "The moderators have been told. They don't see who reported it.",
                view! {
                    <div class="solo__do">
                        <a class="btn btn--main" href=home.clone()>
                            "Back to questions"
                        </a>
                    </div>
                }
                .erase(),
            ),
            false => {
                ("Report a question", "Only moderators see your report. They don't see who sent it.", self.form(&home))
            }
        };
        AccountDocument {
            mark: if self.is_done { Icon::Check } else { Icon::Alert },
            title: title.to_owned(),
            lead: lead.to_owned(),
            tenant: Some(self.tenant),
            home,
            body,
        }
    }

    fn form(&self, home: &str) -> AnyView {
        let (question, body) = &self.question;
        let choice = |(place, why): (usize, &'static str)| {
            view! {
                <label class="tick">
                    <input type="radio" name="why" value=why required checked=place == 0 />
                    " "
                    {why}
                </label>
            }
            .erase()
        };
        let choices: Vec<AnyView> = WHY.into_iter().enumerate().map(choice).collect();
        let wrong = self.problems != Problems::default();
        view! {
            <blockquote class="mine__reason" dir="auto">
                <p>{body.clone()}</p>
            </blockquote>
            {wrong.then(|| alert(&self.problems))}
            <form class="form" method="post" action=format!("{}/report/{question}", self.room)>
                <input type="hidden" name="op" value=self.key.to_string() />
                <fieldset class="choices">
                    <legend class="field__label">"What is wrong?"</legend>
                    {choices}
                </fieldset>
                <div class="field">
                    <label class="field__label" for="words">
                        "Details (optional)"
                    </label>
                    <textarea class="input" id="words" name="words" rows="3" maxlength=units(400) dir="auto">
                        {escaped(self.typed.clone())}
                    </textarea>
                </div>
                <div class="solo__do">
                    <button class="btn btn--main" type="submit">
                        "Send report"
                    </button>
                    <a class="btn" href=home.to_owned()>
                        "Cancel"
                    </a>
                </div>
            </form>
        }
        .into_any()
    }
}

/// What a report says: one of the reasons that are offered, and the reporter's own words.
#[must_use]
pub fn reason(why: &str, words: &str) -> String {
    // A form that somebody made up brings another reason; their own words say it then.
    let why = WHY.into_iter().find(|offered| *offered == why).unwrap_or(WHY[3]);
    let words = words.trim();
    if words.is_empty() { why.to_owned() } else { format!("{why}: {words}") }
}

pub(super) const fn standing(standing: Standing) -> (&'static str, &'static str) {
    match standing {
        Standing::Waiting => ("Waiting for review", "mark mark--pending"),
        Standing::Shown => ("On the board", "mark mark--answered"),
        Standing::Answered => ("Answered", "mark mark--answered"),
        Standing::Declined => ("Declined", "mark mark--pending"),
        Standing::Withdrawn => ("Withdrawn by you", "mark"),
        Standing::Merged => ("Merged with a similar question", "mark mark--answered"),
        Standing::Deleted => ("Removed", "mark"),
    }
}

pub(super) fn alert(problems: &Problems) -> AnyView {
    let words = problems.whole.iter().chain(problems.fields.iter().map(|(_, words)| words)).cloned();
    let words: Vec<String> = words.collect();
    view! {
        <Notice weight=Weight::Danger mark=Icon::Alert role="alert">
            {words.into_iter().map(|words| view! { <p>{words}</p> }.erase()).collect_view()}
        </Notice>
    }
    .erase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_one_of_the_reasons_and_the_reporters_words() {
        assert_eq!(reason(WHY[1], "  my number "), format!("{}: my number", WHY[1]));
        assert_eq!(reason("made up", ""), WHY[3]);
    }
}
