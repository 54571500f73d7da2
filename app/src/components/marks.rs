//! What stands above a question's words: pinned, closed, answered.

use leptos::prelude::*;

use crate::ui::erase::{Erase, part};
use crate::ui::icon::{Icon, icon};

/// The state of a question as the card shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Held at the top.
    pub pinned: bool,
    /// Closed to votes and answers.
    pub frozen: bool,
    /// Answered.
    pub answered: bool,
    /// Arrived a moment ago.
    pub fresh: bool,
}

impl State {
    /// The classes of the card: `base` and one for each thing that is so.
    #[must_use]
    pub fn class(self, base: &'static str) -> String {
        let mut class = base.to_owned();
        for (is, name) in [
            (self.pinned, " q--pinned on-stage"),
            (self.frozen, " q--frozen"),
            (self.answered, " q--answered"),
            (self.fresh, " is-new"),
        ] {
            if is {
                class.push_str(name);
            }
        }
        class
    }
}

/// The marks; `why_id` is put on the one that says why no vote is taken.
#[component]
pub fn Marks(
    /// The state.
    state: Signal<State>,
    /// The id by which the vote button is described when it is closed.
    why_id: String,
) -> impl IntoView {
    part(move || {
        let State { pinned, frozen, answered, .. } = state.get();
        let mark = |class: &'static str, name: Icon, word: &'static str, id: Option<String>| {
            view! {
                <span class=class id=id>
                    {icon(name)}
                    {word}
                </span>
            }
            .erase()
        };
        (pinned || frozen || answered).then(|| {
            let (frozen_id, answered_id) =
                if frozen { (Some(why_id.clone()), None) } else { (None, Some(why_id.clone())) };
            view! {
                <div class="q__marks">
                    {pinned.then(|| mark("mark mark--pinned", Icon::Pin, "Pinned", None))}
                    {frozen.then(|| mark("mark mark--frozen", Icon::Lock, "Closed to votes", frozen_id))}
                    {answered.then(|| mark("mark mark--answered", Icon::Check, "Answered", answered_id))}
                </div>
            }
            .erase()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_wears_its_state() {
        assert_eq!(State::default().class("q"), "q");
        let state = State { pinned: true, frozen: true, answered: true, fresh: true };
        assert_eq!(state.class("q q--row"), "q q--row q--pinned on-stage q--frozen q--answered is-new");
    }
}
