//! What a page with some rows of its board loads once it is alive: the whole board, or where that is too large the rows that
//! its reader comes to.

use leptos::ev;
use leptos::prelude::*;
use pulsestage::id::QuestionId;
use pulsestage::window::Filters;

use super::Live;
use super::board_reader::BoardReader;
use super::core::Core;
use super::loaded_rows::LoadedRows;
use super::part::Joining;
use super::patience::{answer_ms, backoff_ms};
use super::since::Taken;
use super::span::{Edge, STEP};
use crate::json;
use crate::platform::{self, Fetched};
use crate::ui::dom;

/// How long after the page is there the board is asked for, in milliseconds: the first vote comes before it.
const AFTER_MS: u32 = 1_000;
/// So many bytes of a board are read at once: a slow phone takes some milliseconds for them.
const PIECE: u32 = 16 * 1_024;
/// How long after a change the rows of a large board are asked for again, at least and at most, in milliseconds.
const REFRESH_MS: (u32, u32) = (3_000, 6_000);
/// The status of a board that is too large to be loaded as a whole.
const TOO_LARGE: u16 = 413;

/// Rows that have to be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
enum RowsWanted {
    /// The first rows of other filters.
    Chosen(Filters),
    /// The rows that follow at an end.
    At(Edge),
    /// The rows around a question.
    Around(QuestionId),
    /// The rows that are drawn, as they are now.
    Drawn,
}

impl RowsWanted {
    const fn joining(&self) -> Joining {
        match self {
            Self::Chosen(_) | Self::Around(_) => Joining::Instead,
            Self::At(_) => Joining::Beside,
            Self::Drawn => Joining::Again,
        }
    }
}

/// What is under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Loads {
    wanted: Vec<RowsWanted>,
    is_loading: bool,
    is_loading_whole: bool,
    is_refresh_due: bool,
}

/// Why something could not be loaded.
enum Failure {
    /// It may be there in a while.
    Later,
    /// There is none for this page.
    TooLarge,
}

impl Live {
    /// Loads what the page does not have of its board yet, and shows the question that its address names.
    pub(super) fn load_rest(self) {
        let changed = window_event_listener(ev::hashchange, move |_| self.show_named());
        on_cleanup(move || changed.remove());
        platform::spawn(async move {
            self.load_whole().await;
            self.show_named();
        });
    }

    /// Whether the whole board is to follow the part that is here.
    fn awaits_whole(self) -> bool {
        let awaits = |core: &Core| core.part.as_ref().is_some_and(|part| !part.is_large);
        self.inner.core.try_with_value(awaits) == Some(true)
    }

    /// Loads the whole board in the place of a part of it, if it is not too large.
    pub(super) async fn load_whole(self) {
        let is_under_way = |loads: &mut Loads| std::mem::replace(&mut loads.is_loading_whole, true);
        if !self.awaits_whole() || self.inner.loads.try_update_value(is_under_way) != Some(false) {
            return;
        }
        self.nap(AFTER_MS).await;
        let mut attempt = 0;
        // The page may be gone meanwhile.
        while self.awaits_whole() {
            match platform::within(answer_ms(attempt), self.read_board()).await {
                Some(Ok(Taken::Whole)) => self.draw_soon(),
                // It is loaded as after a broken stream, and the rest of it after that.
                Some(Ok(Taken::Resync)) => self.resync(),
                Some(Err(Failure::TooLarge)) => drop(self.inner.core.try_update_value(Core::stay_part)),
                Some(Ok(Taken::Older) | Err(Failure::Later)) | None => {}
            }
            if self.awaits_whole() {
                self.nap(backoff_ms(attempt, platform::random())).await;
            }
            attempt += 1;
        }
        self.inner.loads.try_update_value(|loads| loads.is_loading_whole = false);
    }

    /// Reads the board piece by piece, and leaves the page time for fingers between them.
    async fn read_board(self) -> Result<Taken, Failure> {
        let address = format!("/api/board?tenant={}", self.slug());
        let body = fetched(platform::fetch(&address, None).await)?;
        let mut reader = BoardReader::default();
        for from in (0..body.length()).step_by(PIECE as usize) {
            let piece = body.subarray(from, from.saturating_add(PIECE).min(body.length())).to_vec();
            reader.read(&piece).map_err(|_| Failure::Later)?;
            platform::sleep(0).await;
        }
        let board = reader.finish().map_err(|_| Failure::Later)?;
        self.inner.core.try_update_value(|core| core.take_board(board)).ok_or(Failure::Later)
    }

    /// Brings the reader to the question that the address names after its `#`, if it is not drawn.
    fn show_named(self) {
        let named = window().location().hash().unwrap_or_default();
        let Some(id) = named.strip_prefix('#') else { return };
        let Some(question) = id.strip_prefix("q-").and_then(|id| id.parse().ok()) else { return };
        if dom::by_id(id).is_none() && !self.show(question) && self.is_part() {
            self.want(RowsWanted::Around(question));
        }
    }

    /// Brings the reader to a question; whether it is here.
    fn show(self, question: QuestionId) -> bool {
        let is_here = self.go_to(question);
        if is_here {
            platform::before_next_frame(move || dom::show(&format!("q-{question}")));
        }
        is_here
    }

    /// The reader chose what to see, which may be what is here.
    pub(super) fn load_chosen(self, filters: Filters) {
        let filters = filters.with_find("");
        let is_here =
            |core: &Core| *core.filters() == filters && core.part.as_ref().is_none_or(|part| !part.is_makeshift);
        if self.inner.core.try_with_value(is_here) == Some(true) {
            let is_other = |wanted: &RowsWanted| !matches!(wanted, RowsWanted::Chosen(_));
            self.inner.loads.try_update_value(|loads| loads.wanted.retain(is_other));
        } else {
            self.want(RowsWanted::Chosen(filters));
        }
    }

    /// The reader has come to the end of what is here.
    pub(super) fn load_end(self, edge: Edge) {
        if self.inner.core.try_with_value(|core| core.rows_at(edge, 1)).flatten().is_some() {
            self.want(RowsWanted::At(edge));
        }
    }

    /// The rows where the reader is are to be loaded.
    pub(super) fn load_drawn(self) {
        self.want(RowsWanted::Drawn);
    }

    /// After a message: what is not here may have come between what is. Asked for by all pages of a large board, so each
    /// waits its own time; one that nobody sees does not ask.
    pub(super) fn refresh_rows(self) {
        let is_stale = self
            .inner
            .core
            .try_with_value(|core| core.part.as_ref().is_some_and(|part| part.is_large && part.is_stale));
        if is_stale != Some(true) || platform::is_hidden() {
            return;
        }
        let is_due = self.inner.loads.try_update_value(|loads| std::mem::replace(&mut loads.is_refresh_due, true));
        if is_due == Some(false) {
            let (least, most) = REFRESH_MS;
            let wait = least + (platform::random() * f64::from(most - least)) as u32;
            platform::after(wait, move || {
                self.inner.loads.try_update_value(|loads| loads.is_refresh_due = false);
                self.want(RowsWanted::Drawn);
            });
        }
    }

    fn want(self, rows: RowsWanted) {
        let begins = self.inner.loads.try_update_value(|loads| {
            match &rows {
                RowsWanted::Chosen(_) => loads.wanted = vec![rows],
                rows if loads.wanted.contains(rows) => {}
                _ => loads.wanted.push(rows),
            }
            !std::mem::replace(&mut loads.is_loading, true)
        });
        if begins == Some(true) {
            platform::spawn(async move {
                self.load_wanted().await;
                self.inner.loads.try_update_value(|loads| loads.is_loading = false);
            });
        }
    }

    fn is_wanted(self, rows: &RowsWanted) -> bool {
        self.inner.loads.try_with_value(|loads| loads.wanted.contains(rows)) == Some(true)
    }

    /// Loads what is wanted, one after the other.
    async fn load_wanted(self) {
        let mut attempt = 0;
        while let Some(wanted) = self.inner.loads.try_with_value(|loads| loads.wanted.first().cloned()).flatten() {
            let done = platform::within(answer_ms(attempt), self.load_rows(&wanted)).await;
            if !self.is_wanted(&wanted) {
                attempt = 0;
                continue;
            }
            match done {
                Some(Ok(Taken::Whole)) => {
                    attempt = 0;
                    self.inner.loads.try_update_value(|loads| loads.wanted.retain(|other| *other != wanted));
                    self.draw();
                    if let RowsWanted::Around(question) = wanted {
                        self.show(question);
                    }
                    self.refresh_rows();
                }
                Some(Ok(Taken::Resync)) => {
                    self.inner.loads.try_update_value(|loads| loads.wanted.clear());
                    return self.resync();
                }
                Some(Ok(Taken::Older) | Err(_)) | None => {
                    if let (0, RowsWanted::Chosen(filters)) = (attempt, &wanted) {
                        // Better some of what was chosen than all of what was not.
                        self.inner.core.try_update_value(|core| core.make_do_with(filters));
                        self.draw();
                    }
                    self.nap(backoff_ms(attempt, platform::random())).await;
                    attempt += 1;
                }
            }
        }
    }

    async fn load_rows(self, wanted: &RowsWanted) -> Result<Taken, Failure> {
        let joining = wanted.joining();
        let asked = self.inner.core.try_update_value(|core| {
            core.ask_for_rows(joining);
            let step = 2 * STEP as u32;
            let from = |(offset, rows): (u32, u32)| (core.filters().clone(), format!("&offset={offset}"), rows);
            core.part.as_ref()?;
            match wanted {
                RowsWanted::Chosen(filters) => Some((filters.clone(), String::new(), step)),
                RowsWanted::At(edge) => core.rows_at(*edge, step).map(from),
                RowsWanted::Around(question) => Some((core.filters().clone(), format!("&q={question}"), step)),
                // Some more: those that have come between them push as many out.
                RowsWanted::Drawn => Some(from(core.window())).map(|(filters, at, rows)| (filters, at, rows + step)),
            }
        });
        // The whole board is here by now, or there is nothing more at that end.
        let Some((filters, from, limit)) = asked.flatten() else {
            if let RowsWanted::Chosen(filters) = wanted {
                self.inner.core.try_update_value(|core| core.choose(filters));
            }
            return Ok(Taken::Whole);
        };
        let address = format!("/api/rows?tenant={}&limit={limit}{from}{}", self.slug(), and(&filters));
        let body = fetched(platform::fetch(&address, None).await)?.to_vec();
        let rows: LoadedRows = json::read(&body).map_err(|_| Failure::Later)?;
        let is_there = |question: &QuestionId| rows.questions.iter().any(|row| row.id == *question);
        // Nobody wants them any more, or the question that is looked for is not among those of the filters.
        if !self.is_wanted(wanted) || matches!(wanted, RowsWanted::Around(question) if !is_there(question)) {
            return Ok(Taken::Whole);
        }
        let taken = self.inner.core.try_update_value(|core| {
            let taken = core.take_rows(rows, &filters, joining);
            if let (Taken::Whole, RowsWanted::At(edge)) = (taken, wanted) {
                core.grow(*edge, None);
            }
            taken
        });
        taken.ok_or(Failure::Later)
    }
}

/// The rows that a page has, as `load_board` takes them: of these filters, from an offset on, so many.
pub(super) fn window_query(filters: &Filters, (offset, rows): (u32, u32)) -> String {
    format!("offset={offset}&limit={rows}{}", and(filters))
}

/// The filters as the rest of a query.
fn and(filters: &Filters) -> String {
    filters.to_query().replacen('?', "&", 1)
}

fn fetched(fetched: Option<Fetched>) -> Result<js_sys::Uint8Array, Failure> {
    match fetched {
        Some(Fetched { status: 200, body }) => Ok(body),
        Some(Fetched { status: TOO_LARGE, .. }) => Err(Failure::TooLarge),
        Some(_) | None => Err(Failure::Later),
    }
}
