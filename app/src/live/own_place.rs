//! Where the question stands that the reader has just asked, and the way to it.

use pulsestage::id::QuestionId;

use super::core::Core;

/// Where a question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OwnPlace {
    /// This page does not have it yet, or not any more.
    Unknown,
    /// The filters do not choose it.
    Filtered,
    /// It is the row of this number, counted from 1.
    Row(usize),
    /// It stands between rows that are not here.
    Beyond,
}

impl Core {
    /// Where this question stands in the order that is drawn.
    pub(super) fn own_place(&self, question: QuestionId) -> OwnPlace {
        if !self.board.questions.contains_key(&question) {
            return OwnPlace::Unknown;
        }
        let Some(row) = self.index.position(question) else { return OwnPlace::Filtered };
        let Some(part) = &self.part else { return OwnPlace::Row(row + 1) };
        let here = part.range(&self.index);
        match here.contains(&row) {
            true => OwnPlace::Row(part.offset(&self.index) + row - here.start + 1),
            false if part.is_large => OwnPlace::Beyond,
            // The whole board is on its way.
            false => OwnPlace::Unknown,
        }
    }
}

#[cfg(feature = "browser")]
mod shown {
    use leptos::prelude::*;
    use pulsestage::id::QuestionId;
    use std::sync::Arc;

    use super::OwnPlace;
    use crate::live::Live;
    use crate::platform;
    use crate::ui::dom;
    use crate::ui::text::thousands;
    use crate::ui::toast::{ToastAction, ToastKind};

    /// How often it is looked whether the question has arrived, and how long it takes between, in milliseconds.
    const LOOKS: (u32, u32) = (50, 100);

    impl Live {
        /// Brings the reader to the question that they have just asked, where it is drawn; otherwise says where it stands,
        /// with a way to it.
        pub(in crate::live) fn show_asked(self, question: QuestionId) {
            platform::spawn(async move {
                let (looks, pause) = LOOKS;
                let mut place = OwnPlace::Unknown;
                for _ in 0..looks {
                    let found = self.inner.core.try_with_value(|core| core.own_place(question));
                    place = found.unwrap_or(OwnPlace::Unknown);
                    // What is searched for is drawn in the place of the list.
                    if self.filters.try_with_untracked(|filters| !filters.find.is_empty()) == Some(true) {
                        place = OwnPlace::Filtered;
                    }
                    if place != OwnPlace::Unknown {
                        break;
                    }
                    platform::sleep(pause).await;
                }
                // Whoever has just asked has no finger in the list: it may move, and is drawn before it is looked at.
                self.show_new();
                platform::sleep(pause).await;
                let words = match place {
                    OwnPlace::Unknown => return,
                    OwnPlace::Row(_) if bring_into_view(question) => return,
                    OwnPlace::Row(row) => format!("Your question is number {}.", thousands(row as i64)),
                    OwnPlace::Beyond => "Your question is further down the list.".to_owned(),
                    OwnPlace::Filtered => "Your filters hide your question.".to_owned(),
                };
                self.toasts.push(ToastKind::Done, words, Some(way_to(question, place == OwnPlace::Filtered)));
            });
        }
    }

    /// The action that leads to a question; where the filters hide it, to the list without them.
    pub(in crate::live) fn way_to(question: QuestionId, is_filtered: bool) -> ToastAction {
        let address = format!("{}#q-{question}", if is_filtered { "?" } else { "" });
        let go = move || {
            // Another address of the same page: there is nothing that could be refused.
            let _ = window().location().set_href(&address);
        };
        ToastAction { label: "Show", run: Arc::new(go) }
    }

    /// Scrolls to a question that is drawn and not in view; whether it is drawn.
    fn bring_into_view(question: QuestionId) -> bool {
        let id = format!("q-{question}");
        let Some(card) = dom::by_id(&id) else { return false };
        let height = document().document_element().map_or(0, |page| page.client_height());
        let (top, bottom) = platform::extent(&card);
        // The bars at both ends of a phone's screen cover what is behind them.
        if top < 60.0 || bottom > f64::from(height) - 80.0 {
            dom::show(&id);
        }
        true
    }
}

#[cfg(feature = "browser")]
pub(super) use shown::way_to;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::test_board::{board, question, question_id};
    use pulsestage::window::{BoardCounts, BoardPart, Filters, Tab};

    fn core(part: Option<BoardPart>, filters: &Filters) -> Core {
        let questions = (0..80_u32).map(|n| question(n, i64::from(100 - n)));
        Core::new(board(questions), Vec::new(), Vec::new(), part.as_ref(), filters)
    }

    #[test]
    fn a_new_question_has_a_number_in_the_order_that_is_drawn() {
        let whole = core(None, &Filters::default());
        assert_eq!(whole.own_place(question_id(0)), OwnPlace::Row(1));
        assert_eq!(whole.own_place(question_id(71)), OwnPlace::Row(72));
        assert_eq!(whole.own_place(question_id(99)), OwnPlace::Unknown);
    }

    #[test]
    fn a_question_that_the_filters_leave_out_has_none() {
        let answered = Filters::default().with_tab(Tab::Answered);
        assert_eq!(core(None, &answered).own_place(question_id(3)), OwnPlace::Filtered);
    }

    #[test]
    fn between_rows_that_are_not_here_it_is_further_down_where_no_more_of_the_board_comes() {
        for (total, expected) in [(1_000, OwnPlace::Unknown), (5_000, OwnPlace::Beyond)] {
            let counts = BoardCounts { open: total, answered: 0, all: total };
            let told = BoardPart { total, counts, offset: 0, next: Some(80) };
            let mut part = core(Some(told), &Filters::default());
            assert_eq!(part.own_place(question_id(10)), OwnPlace::Row(11));
            part.board.questions.insert(question_id(200), question(200, 0));
            part.touch(question_id(200));
            assert_eq!(part.own_place(question_id(200)), expected, "{total}");
        }
    }
}
