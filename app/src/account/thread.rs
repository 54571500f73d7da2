//! The private thread of a question, for its asker: in the browser that asked, or wherever its link was opened.

use leptos::prelude::*;
use pulsestage::id::OperationId;
use pulsestage::text::{MessageBody, units};
use pulsestage::thread::{MOST_MESSAGES, Side, Thread};

use super::field::hidden;
use super::mine::{alert, standing};
use super::sign_in::home;
use super::{AccountDocument, Problems};
use crate::branding::Branding;
use crate::components::thread_box::message;
use crate::ui::erase::Erase;
use crate::ui::icon::Icon;
use crate::ui::text::escaped;

/// The page.
#[derive(Clone, Debug)]
pub struct ThreadPage {
    /// Whose page it is.
    pub tenant: Branding,
    /// The beginning of the tenant's addresses: nothing, or `/t/SLUG`.
    pub room: String,
    /// The page's own address, to which its forms go.
    pub action: String,
    /// What was written.
    pub thread: Thread,
    /// A key under which the next message is written once.
    pub key: OperationId,
    /// Whether the reader came by the link, and may not make another.
    pub by_link: bool,
    /// The link, where it was made just now: it is shown once.
    pub link: Option<String>,
    /// What was typed.
    pub typed: String,
    /// What was wrong.
    pub problems: Problems,
}

impl ThreadPage {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        let (word, class) = standing(self.thread.question.standing);
        let messages: Vec<AnyView> = self.thread.messages.iter().map(|one| message(one, Side::Asker)).collect();
        let is_empty = messages.is_empty();
        let lead = match self.thread.question.author_name {
            None => "Only you and the moderators see this. They don't see who you are.",
            Some(_) => "Only you and the moderators see this. Your name is on your question.",
        };
        let back = if self.by_link { home(&self.room) } else { format!("{}/mine", self.room) };
        let body = view! {
            <div class="panel mine__one">
                <p class="small">
                    <span class=class>{word}</span>
                </p>
                <p class="words" dir="auto">
                    {self.thread.question.body.clone()}
                </p>
                {self
                    .thread
                    .question
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
            </div>
            {is_empty.then(|| view! { <p class="field__hint">"No messages yet."</p> }.erase())}
            <ol class="thread">{messages}</ol>
            {(self.problems != Problems::default()).then(|| alert(&self.problems))}
            {self.form()}
            {self.link()}
            <div class="solo__do">
                <a class="btn" href=self.action.clone()>
                    "Refresh"
                </a>
                <a class="btn btn--quiet" href=back>
                    {if self.by_link { "Go to questions" } else { "Your questions" }}
                </a>
            </div>
        }
        .into_any();
        AccountDocument {
            mark: Icon::Message,
            title: "Private messages".to_owned(),
            lead: lead.to_owned(),
            home: home(&self.room),
            tenant: Some(self.tenant),
            body,
        }
    }

    fn form(&self) -> AnyView {
        if self.thread.messages.len() >= MOST_MESSAGES {
            return view! { <p class="field__hint">"This conversation is full."</p> }.erase();
        }
        view! {
            <form class="form" method="post" action=self.action.clone()>
                {hidden("op", &self.key.to_string())}
                <div class="field">
                    <label class="field__label" for="text">
                        "Your message"
                    </label>
                    <textarea
                        class="input"
                        id="text"
                        name="text"
                        rows="3"
                        maxlength=units(MessageBody::LENGTH.max)
                        required
                        dir="auto"
                        data-draft=format!("thread-{}", self.thread.question.id)
                    >
                        {escaped(self.typed.clone())}
                    </textarea>
                </div>
                <button class="btn btn--main" type="submit" name="do" value="say">
                    "Send"
                </button>
            </form>
        }
        .erase()
    }

    fn link(&self) -> AnyView {
        if self.by_link {
            return ().into_any();
        }
        let made = self.link.clone().map(|link| {
            view! {
                <div class="field">
                    <label class="field__label" for="link">
                        "Your private link"
                    </label>
                    <input class="input" id="link" value=link readonly aria-describedby="link-hint" />
                    <p class="field__hint" id="link-hint">
                        "Copy it now: it is shown only once. Anyone with this link can read and write here as you."
                    </p>
                </div>
            }
            .erase()
        });
        let has_link = self.thread.has_link;
        view! {
            {made}
            <details class="more">
                <summary>"On another device"</summary>
                <form class="form" method="post" action=self.action.clone()>
                    {hidden("op", &self.key.to_string())}
                    <p class="field__hint">
                        {if has_link {
                            "You have a private link. A new one replaces it."
                        } else {
                            "A private link opens this page on another device, and nothing else."
                        }}
                    </p>
                    <div class="form__row">
                        <button class="btn btn--small" type="submit" name="do" value="link">
                            "Create private link"
                        </button>
                        {has_link
                            .then(|| {
                                view! {
                                    <button class="btn btn--small btn--quiet" type="submit" name="do" value="unlink">
                                        "Revoke link"
                                    </button>
                                }
                                    .erase()
                            })}
                    </div>
                </form>
            </details>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulsestage::id::QuestionId;
    use pulsestage::moderation::{OwnQuestion, Standing};
    use pulsestage::time::Timestamp;
    use uuid::Uuid;

    #[test]
    fn what_is_promised_of_the_name_follows_the_question() {
        let lead = |author_name: Option<&str>| {
            let question = OwnQuestion {
                id: QuestionId(Uuid::from_u128(7)),
                body: "Why?".to_owned(),
                author_name: author_name.map(ToOwned::to_owned),
                created_at: Timestamp(0),
                standing: Standing::Shown,
                reason: None,
                replies: 0,
            };
            let page = ThreadPage {
                tenant: Branding::default(),
                room: String::new(),
                action: String::new(),
                thread: Thread { question, messages: Vec::new(), has_link: false },
                key: OperationId(Uuid::nil()),
                by_link: false,
                link: None,
                typed: String::new(),
                problems: Problems::default(),
            };
            Owner::new().with(|| page.draw().lead)
        };
        assert!(lead(None).contains("They don't see who you are."));
        assert!(lead(Some("Ann")).contains("Your name is on your question."));
    }
}
