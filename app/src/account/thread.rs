//! The private thread of a question, for its asker: in the browser that asked, or wherever its link was opened.

use leptos::prelude::*;
use pulsestage::id::OperationId;
use pulsestage::text::MessageBody;
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
                                <p>"A moderator wrote: " {reason}</p>
                            </blockquote>
                        }
                            .erase()
                    })}
            </div>
            {is_empty.then(|| view! { <p class="field__hint">"Nobody has written anything yet."</p> }.erase())}
            <ol class="thread">{messages}</ol>
            {(self.problems != Problems::default()).then(|| alert(&self.problems))}
            {self.form()}
            {self.link()}
            <div class="solo__do">
                <a class="btn" href=self.action.clone()>
                    "Look again"
                </a>
                <a class="btn btn--quiet" href=back>
                    {if self.by_link { "To the questions" } else { "Your questions" }}
                </a>
            </div>
        }
        .into_any();
        AccountDocument {
            mark: Icon::Message,
            title: "Between you and the moderators".to_owned(),
            lead: "They are not told who you are, and you are not told which of them writes.".to_owned(),
            home: home(&self.room),
            tenant: Some(self.tenant),
            body,
        }
    }

    fn form(&self) -> AnyView {
        if self.thread.messages.len() >= MOST_MESSAGES {
            return view! { <p class="field__hint">"This thread is full: nothing more can be written here."</p> }
                .erase();
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
                        maxlength=MessageBody::LENGTH.max
                        required
                        dir="auto"
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
                        "Keep it now, it is not shown again. Whoever has it reads and writes here as you."
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
                            "There is a private link. Another one takes its place."
                        } else {
                            "A private link opens this page anywhere, and nothing else of yours."
                        }}
                    </p>
                    <div class="form__row">
                        <button class="btn btn--small" type="submit" name="do" value="link">
                            "Make a private link"
                        </button>
                        {has_link
                            .then(|| {
                                view! {
                                    <button class="btn btn--small btn--quiet" type="submit" name="do" value="unlink">
                                        "Take the link back"
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
