//! The live page: the only place that holds a board in the browser.
//!
//! The truth is a plain [`Board`](pulsestage::board::Board) that the stream's listener folds message by message, with an
//! index of its order beside it. Of the order a [`Span`] of rows is drawn, however many there are; a drawing looks at the
//! rows that something happened to, and one vote changes one text node.
//!
//! * pure: [`row`], [`Votes`], [`settle`], [`Span`], [`pause_ms`], [`backoff_ms`]; `transport`, `tab_leader`, `tab_follower`: how
//!   messages come to a page, and from one tab to the others
//! * the page's own: [`Live`] and what it says of itself ([`Connection`], [`Progress`])
//! * the browser, only with the feature `browser`: `updates` loads the rest when the page is drawn; `event_source` keeps the
//!   stream open, `stream` reads it for a board and `change_listener` for pages without one

mod actions;
mod ask_state;
#[cfg(any(test, feature = "browser"))]
mod board_reader;
mod case_feed;
mod case_list;
mod change_listener;
mod core;
mod core_actions;
#[cfg(feature = "browser")]
mod event_source;
mod held_order;
pub mod vec_map;
// Only a stream folds, and only a browser has one.
#[cfg(any(test, feature = "browser"))]
mod fold;
pub mod latest_response;
#[cfg(feature = "browser")]
pub(crate) mod listener;
#[cfg(feature = "browser")]
mod load;
#[cfg(any(test, feature = "browser"))]
mod loaded_rows;
mod near_feed;
mod outbox;
#[cfg(any(test, feature = "browser"))]
mod own_place;
mod pace;
mod part;
mod patience;
#[cfg(any(test, feature = "browser"))]
mod polled;
mod project;
mod review_action;
mod row;
mod search;
#[cfg(any(test, feature = "browser"))]
mod since;
mod span;
#[cfg(feature = "browser")]
mod stream;
mod stream_state;
#[cfg(feature = "browser")]
mod tab_channel;
#[cfg(any(test, feature = "browser"))]
mod tab_follower;
#[cfg(any(test, feature = "browser"))]
mod tab_leader;
#[cfg(feature = "browser")]
mod tab_lock;
#[cfg(any(test, feature = "browser"))]
mod tab_message;
#[cfg(test)]
mod test_board;
// Only a browser has a way to the server.
#[cfg(any(test, feature = "browser"))]
mod transport;
#[cfg(feature = "browser")]
mod updates;
mod votes;

use leptos::prelude::*;
use pulsestage::command::BoardView;
use pulsestage::event::TeamTotals;
#[cfg(feature = "browser")]
use pulsestage::id::time_of_v7;
use pulsestage::id::{OperationId, QuestionId};
use pulsestage::tag::Tag;
use pulsestage::team::Team;
use pulsestage::tenant::Tenant;
use pulsestage::user::Role;
use pulsestage::window::{BoardCounts, Filters};

use crate::platform;
#[cfg(feature = "browser")]
use crate::ui::time::Now;
use crate::ui::toast::Toasts;
use core::{Core, Drawing};
use pace::Pace;
use vec_map::VecMap;

pub use actions::{Moderation, Progress};
pub use case_feed::CaseFeed;
pub use case_list::{CaseChanges, CaseList, ToLoad};
pub use held_order::{HOLD_MS, HeldOrder, settle};
pub use near_feed::NearFeed;
pub use pace::pause_ms;
pub use patience::{LONGEST_MS, SHORTEST_MS, VOTE_PATIENCE_MS, WRITE_PATIENCE_MS, answer_ms, backoff_ms};
pub use project::{Mine, row};
pub use review_action::ReviewAction;
pub use row::{Row, RowSignal};
pub use search::{SHORTEST, Search, TYPING_MS};
pub use span::{Edge, Listed, MOST, STEP, Span};
pub use stream_state::{Connection, StreamState};
pub use votes::{Click, Intent, Settled, Votes};

/// How long a question that arrived live is marked as fresh, in milliseconds.
pub const FRESH_MS: u32 = 6_000;

/// The id of the list of questions in the page.
pub const ROWS_ID: &str = "rows";

/// How long the browser has for other things between two parts of a long drawing, in milliseconds.
#[cfg(feature = "browser")]
const BREATH_MS: u32 = 20;

/// One page's live board. `Copy`, in context under the page that provided it.
#[derive(Clone, Copy)]
pub struct Live {
    /// How the stream stands.
    pub connection: Signal<Connection>,
    /// When the latest message came, heartbeats included, in milliseconds since 1970 by the browser's clock.
    pub fresh_at: Signal<Option<f64>>,
    /// Which rows are drawn; [`Live::row`] has what they say.
    pub listed: Signal<Listed>,
    /// The counts of the tabs.
    pub counts: Signal<BoardCounts>,
    /// The teams, by name.
    pub teams: Signal<Vec<Team>>,
    /// The palette, by name.
    pub tags: Signal<Vec<Tag>>,
    /// How many questions the teams have, where the tenant shows that.
    pub totals: Signal<Vec<TeamTotals>>,
    /// What waits while the list is held still.
    pub waiting: Signal<HeldOrder>,
    /// How the question that was sent last fares.
    pub asking: Signal<Progress>,
    /// Questions of which moderators know something else now; whoever looks them up empties it.
    pub moderated: RwSignal<Vec<QuestionId>>,
    /// What the address searches for and finds.
    pub found: Search,
    /// What is like the question that the reader writes.
    pub similar: Search,
    /// The messages at the edge of the page.
    pub toasts: Toasts,
    /// The tenant.
    pub tenant: Signal<Tenant>,
    /// What the reader may do here.
    pub role: Signal<Role>,
    /// The idempotency key of the plain ask form, the same on the server and in the browser.
    pub form_key: OperationId,
    /// What the reader chose to see.
    pub filters: Signal<Filters>,
    inner: Inner,
}

/// What only this module writes.
#[derive(Clone, Copy)]
struct Inner {
    slug: StoredValue<String>,
    core: StoredValue<Core>,
    listed: RwSignal<Listed>,
    /// What each row that is drawn says.
    rows: StoredValue<VecMap<ArcRwSignal<Row>>>,
    pace: StoredValue<Pace>,
    counts: RwSignal<BoardCounts>,
    teams: RwSignal<Vec<Team>>,
    tags: RwSignal<Vec<Tag>>,
    totals: RwSignal<Vec<TeamTotals>>,
    waiting: RwSignal<HeldOrder>,
    tenant: RwSignal<Tenant>,
    role: RwSignal<Role>,
    asking: RwSignal<Progress>,
    asked: StoredValue<Option<ask_state::AskState>>,
    /// Counts the drawings, for what is drawn beside the list.
    drawn: RwSignal<u32>,
    /// What is typed to search for.
    finding: Search,
    /// Until when a pointer holds the list; 0 when none does.
    held_until: StoredValue<f64>,
    /// Whether the keyboard is in the list.
    focused: StoredValue<bool>,
    /// Counts the moments at which waiting attempts should be made at once.
    wake_ups: StoredValue<u32>,
    #[cfg(feature = "browser")]
    tasks: StoredValue<updates::Tasks>,
    #[cfg(feature = "browser")]
    keeper: StoredValue<Option<event_source::EventSourceKeeper>>,
    #[cfg(feature = "browser")]
    reload: StoredValue<stream::Reload>,
    #[cfg(feature = "browser")]
    loads: StoredValue<load::Loads>,
}

impl Live {
    /// Puts the board of this page into context. Call it once the board is there, on the server and in the browser
    /// alike; in the browser the stream opens once the page is drawn and closes when the owner is cleaned up.
    pub fn provide(view: BoardView, filters: Signal<Filters>) -> Self {
        let BoardView { tenant, role, moderates: _, board, voted, own, form_key, part, found } = view;
        let (teams, tags, slug) = (board.teams.clone(), board.tags.clone(), tenant.slug.clone());
        let totals = board.totals.clone();
        let mut core = Core::new(board, voted, own, part.as_ref(), &filters.get_untracked());
        #[cfg(feature = "browser")]
        {
            core.span = Span::begun(platform::count_on_screen(ROWS_ID));
            // The form's key was made with the page, by the server's clock; a copy on the device is older.
            if let Some(now) = use_context::<Now>().filter(|_| platform::kept_at().is_none()) {
                now.told(time_of_v7(form_key.0));
            }
        }
        if let Some(found) = &found {
            core.find(found.questions.clone(), &[]);
        }
        let drawing = core.draw();
        let mut rows = VecMap::default();
        for row in drawing.rows {
            rows.put(row.id, ArcRwSignal::new(row));
        }
        let state = StreamState::default();
        let inner = Inner {
            slug: StoredValue::new(slug),
            core: StoredValue::new(core),
            listed: RwSignal::new(drawing.listed),
            rows: StoredValue::new(rows),
            pace: StoredValue::default(),
            counts: RwSignal::new(drawing.counts),
            teams: RwSignal::new(teams),
            tags: RwSignal::new(tags),
            totals: RwSignal::new(totals),
            waiting: RwSignal::new(HeldOrder::default()),
            tenant: RwSignal::new(tenant),
            role: RwSignal::new(role),
            asking: RwSignal::new(Progress::Idle),
            asked: StoredValue::new(None),
            drawn: RwSignal::new(0),
            finding: Search::new(None),
            held_until: StoredValue::new(0.0),
            focused: StoredValue::new(false),
            wake_ups: StoredValue::new(0),
            #[cfg(feature = "browser")]
            tasks: StoredValue::default(),
            #[cfg(feature = "browser")]
            keeper: StoredValue::new(None),
            #[cfg(feature = "browser")]
            reload: StoredValue::default(),
            #[cfg(feature = "browser")]
            loads: StoredValue::default(),
        };
        let live = Self {
            connection: state.connection.into(),
            fresh_at: state.fresh_at.into(),
            listed: inner.listed.into(),
            counts: inner.counts.into(),
            teams: inner.teams.into(),
            tags: inner.tags.into(),
            totals: inner.totals.into(),
            waiting: inner.waiting.into(),
            asking: inner.asking.into(),
            moderated: RwSignal::new(Vec::new()),
            found: Search::new(found),
            similar: Search::new(None),
            toasts: Toasts::new(),
            tenant: inner.tenant.into(),
            role: inner.role.into(),
            form_key,
            filters,
            inner,
        };
        live.follow_filters();
        #[cfg(feature = "browser")]
        {
            live.keep_up_to_date(state);
            live.draw_begun();
        }
        provide_context(live);
        live
    }

    /// What keeps the stream, once it is there.
    #[cfg(feature = "browser")]
    fn keeper(self) -> Option<event_source::EventSourceKeeper> {
        self.inner.keeper.try_get_value().flatten()
    }

    /// The live board of this page.
    #[must_use]
    pub fn of_page() -> Option<Self> {
        use_context()
    }

    /// A finger or pointer is in the list (call it on every move or touch), or has left it. The order stays as it is
    /// until it leaves or rests for [`HOLD_MS`].
    pub fn hold(&self, on: bool) {
        let live = *self;
        let now = platform::now_ms();
        let until = if on { now + f64::from(HOLD_MS) } else { 0.0 };
        let watched = self.inner.held_until.try_get_value().is_some_and(|until| until > now);
        self.inner.held_until.set_value(until);
        self.hold_or_release();
        if on && !watched {
            live.release_when_rested();
        }
    }

    /// The keyboard is in the list, or has left it. The order stays until it leaves: a row that moves loses its focus.
    pub fn hold_focus(&self, on: bool) {
        self.inner.focused.set_value(on);
        self.hold_or_release();
    }

    /// Lets the list move now: draws what waits.
    pub fn show_new(&self) {
        self.inner.held_until.set_value(0.0);
        self.set_held(false);
    }

    fn release_when_rested(self) {
        let Some(until) = self.inner.held_until.try_get_value() else { return };
        let rest = (until - platform::now_ms()).clamp(0.0, f64::from(HOLD_MS)) as u32 + 20;
        platform::after(rest, move || match self.inner.held_until.try_get_value() {
            Some(until) if until > platform::now_ms() => self.release_when_rested(),
            Some(_) => self.hold_or_release(),
            None => {}
        });
    }

    fn hold_or_release(self) {
        let pointer = self.inner.held_until.try_get_value().is_some_and(|until| until > platform::now_ms());
        let keyboard = self.inner.focused.try_get_value().unwrap_or_default();
        self.set_held(pointer || keyboard);
    }

    fn set_held(self, held: bool) {
        let before = self.inner.core.try_update_value(|core| std::mem::replace(&mut core.held, held));
        if before == Some(true) && !held {
            self.draw();
        }
    }

    /// What the row of a question says; nothing when it is not drawn.
    #[must_use]
    pub fn row(&self, question: QuestionId) -> Option<RowSignal> {
        let row = self.inner.rows.try_with_value(|rows| rows.get(question).cloned())??;
        Some(row.into())
    }

    /// The reader has come near an end of the drawn rows; the row of `keep` has the keyboard.
    pub fn grow(&self, edge: Edge, keep: Option<QuestionId>) {
        match self.inner.core.try_update_value(|core| core.grow(edge, keep)) {
            Some(true) => self.draw(),
            #[cfg(feature = "browser")]
            Some(false) => drop(self.task(updates::Task::LoadEnd(edge))),
            _ => {}
        }
    }

    /// Draws the rows around this question; whether there is such a row here.
    pub fn go_to(&self, question: QuestionId) -> bool {
        let is_there = self.inner.core.try_update_value(|core| core.go_to(question)) == Some(true);
        if is_there {
            self.draw();
        }
        is_there
    }

    /// Another choice of what to see is drawn at once, whatever holds the list.
    fn follow_filters(self) {
        Effect::new(move |drawn: Option<()>| {
            let filters = self.filters.get();
            if drawn.is_some() {
                self.chosen(filters);
            }
        });
    }

    /// The reader chose what to see.
    fn chosen(self, filters: Filters) {
        #[cfg(feature = "browser")]
        if self.is_part() {
            if !self.task(updates::Task::LoadChosen(filters.clone())) {
                // Where nothing can be loaded yet, some of what was chosen is better than all of what was not.
                self.inner.core.try_update_value(|core| core.make_do_with(&filters));
                self.draw();
                self.draw_begun();
            }
            return;
        }
        self.inner.core.try_update_value(|core| core.choose(&filters));
        self.draw();
        #[cfg(feature = "browser")]
        self.draw_begun();
    }

    #[cfg(feature = "browser")]
    fn is_part(self) -> bool {
        self.inner.core.try_with_value(|core| core.part.is_some()) == Some(true)
    }

    /// Draws the rows of a list that is begun, few at a time, so that nobody's press waits for them.
    #[cfg(feature = "browser")]
    fn draw_begun(self) {
        platform::after(BREATH_MS, move || {
            if self.inner.core.try_update_value(|core| core.span.is_begun() && core.grow(Edge::Bottom, None))
                == Some(true)
            {
                self.draw();
                self.draw_begun();
            }
        });
    }

    /// Draws before one of the next frames, however many ask for it until then.
    fn draw_soon(self) {
        let due = self
            .inner
            .pace
            .try_update_value(|pace| (std::mem::replace(&mut pace.is_due, true), pace.wait_ms(platform::now_ms())));
        match due {
            Some((false, 0)) => self.draw_before_next_frame(),
            Some((false, wait)) => platform::after(wait, move || self.draw_before_next_frame()),
            Some((true, _)) | None => {}
        }
    }

    fn draw_before_next_frame(self) {
        platform::before_next_frame(move || {
            let began = platform::now_ms();
            self.inner.pace.try_update_value(|pace| pace.is_due = false);
            self.draw();
            if !platform::is_hidden() {
                platform::before_next_frame(move || {
                    self.inner.pace.try_update_value(|pace| pace.shown(began, platform::now_ms()));
                });
            }
        });
    }

    /// Draws what is known now. Does nothing once the page is gone.
    fn draw(self) {
        let inner = self.inner;
        let Some(drawing) = inner.core.try_update_value(Core::draw) else { return };
        let Drawing { listed, rows, counts, waiting, came, are_lists_changed } = drawing;
        // The readers of a row are woken when nobody holds the rows any more.
        let known = inner.rows.try_update_value(|known| {
            known.retain(|id| listed.ids.contains(id));
            let mut told = Vec::new();
            for row in rows {
                match known.get(row.id) {
                    Some(signal) => told.push((signal.clone(), row)),
                    None => known.put(row.id, ArcRwSignal::new(row)),
                }
            }
            told
        });
        for (signal, row) in known.into_iter().flatten() {
            if *signal.read_untracked() != row {
                signal.set(row);
            }
        }
        inner.drawn.update(|count| *count = count.wrapping_add(1));
        // The rows that are here have all gone, and others have not.
        #[cfg(feature = "browser")]
        if listed.ids.is_empty() && listed.size > 0 && self.is_part() {
            let _is_loading = self.task(updates::Task::LoadDrawn);
        }
        set_if_other(inner.listed, listed);
        set_if_other(inner.counts, counts);
        set_if_other(inner.waiting, waiting);
        if let Some(totals) = inner.core.try_with_value(|core| core.board.totals.clone()) {
            set_if_other(inner.totals, totals);
        }
        if are_lists_changed
            && let Some((teams, tags)) =
                inner.core.try_with_value(|core| (core.board.teams.clone(), core.board.tags.clone()))
        {
            set_if_other(inner.teams, teams);
            set_if_other(inner.tags, tags);
        }
        if !came.is_empty() {
            platform::after(FRESH_MS, move || {
                inner.core.try_update_value(|core| core.settle_fresh(&came));
                self.draw_soon();
            });
        }
    }
}

/// Wakes the readers of a signal only when there is news.
fn set_if_other<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.try_with_untracked(|old| *old != value) == Some(true) {
        signal.set(value);
    }
}
