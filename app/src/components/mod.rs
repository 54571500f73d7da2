//! The parts of the pages: values and callbacks in, views out. Only the boxes of a review card call the server, when they
//! are opened.

pub mod announcer;
pub mod answer;
pub mod answer_editor;
pub mod badge;
pub mod card;
pub mod case_card;
mod case_edit;
mod case_forms;
mod case_why;
pub mod claims;
pub mod composer;
pub mod create;
mod edit_session;
pub mod empty_list;
pub mod filters;
pub mod found;
pub mod found_card;
pub mod header;
pub mod history_box;
pub mod keyed_list;
pub mod list;
pub mod marks;
mod near_box;
pub mod notices;
pub mod page_url;
pub mod palette;
pub mod problem;
pub mod queue_row;
pub mod search_box;
pub mod search_part;
pub mod side;
pub mod similar;
pub mod sparkline;
pub mod stream_health;
pub mod tags;
pub mod thread_box;
pub mod vote;

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests;
