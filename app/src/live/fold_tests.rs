use super::*;
use crate::live::loaded_rows::LoadedRows;
use crate::live::part::Joining;
use crate::live::project::row;
use crate::live::row::Row;
use crate::live::span::{Edge, Listed, MOST};
use crate::live::test_board::{
    TENANT, board, created, cursor, envelope, question, question_id, tag, tag_id, team_id, upvoted,
};
use proptest::prelude::*;
use pulsestage::command::VoteReceipt;
use pulsestage::event::{Epoch, Gone, QuestionAnswered, QuestionPinned, QuestionRef, QuestionTags};
use pulsestage::id::{OperationId, QuestionId, TenantId, UserId};
use pulsestage::question::{Question, Status};
use pulsestage::team::{Team, TeamState};
use pulsestage::tenant::{Tenant, TenantSettings};
use pulsestage::time::Timestamp;
use pulsestage::user::Role;
use pulsestage::window::{BoardCounts, BoardPart, Filters, ROWS, Sort, Tab, WindowStart, ordered, window};
use std::collections::BTreeMap;
use uuid::Uuid;

fn core() -> Core {
    core_of(board([question(1, 5), question(2, 3)]))
}

fn core_of(board: Board) -> Core {
    Core::new(board, Vec::new(), Vec::new(), None, &Filters::default())
}

fn op(n: u128) -> OperationId {
    OperationId(Uuid::from_u128(n))
}

fn view(board: Board) -> BoardView {
    let (slug, name) = ("default".to_owned(), "Default".to_owned());
    let tenant = Tenant { id: TENANT, slug, name, settings: TenantSettings::default() };
    BoardView {
        tenant,
        role: Role::Guest,
        moderates: Vec::new(),
        board,
        voted: vec![question_id(2)],
        own: vec![question_id(3)],
        form_key: op(9),
        part: None,
        found: None,
    }
}

fn counts_shown(core: &mut Core) -> Vec<i64> {
    core.draw().rows.iter().map(|row| row.upvotes).collect()
}

#[test]
fn a_question_that_arrives_live_can_be_voted_for_at_once_and_is_fresh_once() {
    let mut core = core();
    core.draw();
    assert_eq!(core.fold(Some(cursor(11)), &created(&question(3, 0))), Applied::Changed);
    let drawing = core.draw();
    let row = drawing.rows.iter().find(|row| row.id == question_id(3)).unwrap();
    assert!(row.takes_votes && row.fresh);
    assert_eq!(drawing.came, [question_id(3)]);
    assert_eq!(core.draw().came, []);
    core.settle_fresh(&drawing.came);
    assert!(core.draw().rows.iter().all(|row| !row.fresh));
}

#[test]
fn an_answered_question_leaves_the_open_tab_unless_the_list_is_held() {
    let answered = envelope(Event::Answered(QuestionAnswered {
        id: question_id(1),
        response_text: "Yes.".to_owned(),
        responded_at: Timestamp(1),
        status: Status::Answered,
    }));
    let mut core = core();
    core.draw();
    core.held = true;
    assert_eq!(core.fold(Some(cursor(11)), &answered), Applied::Changed);
    let held = core.draw();
    assert_eq!(held.rows[0].answer.as_ref().map(|answer| answer.response_text.as_str()), Some("Yes."));
    assert_eq!((held.listed.ids.len(), held.counts.open, held.counts.answered), (2, 1, 1));
    assert!(held.waiting.moved);
    core.held = false;
    let free = core.draw();
    assert_eq!(free.listed.ids, [question_id(2)]);
    assert!(free.waiting.is_empty());
}

#[test]
fn a_receipt_before_the_tally_brings_the_count_and_after_it_does_not() {
    let mut early = core();
    early.click(question_id(1), true, op(1));
    assert_eq!(early.receipt(VoteReceipt { question_id: question_id(1), up: true, upvotes: 8 }, op(2)), None);
    assert_eq!(counts_shown(&mut early), [8, 3]);

    let mut late = core();
    late.click(question_id(1), true, op(1));
    let _ = late.fold(None, &upvoted(1, 9));
    late.receipt(VoteReceipt { question_id: question_id(1), up: true, upvotes: 8 }, op(2));
    assert_eq!(counts_shown(&mut late), [9, 3]);
}

#[test]
fn another_tenants_message_changes_nothing_and_asks_for_the_board() {
    let mut core = core();
    let mut foreign = created(&question(3, 0));
    foreign.tenant_id = TenantId(Uuid::from_u128(2));
    let before = core.board.clone();
    assert_eq!(core.fold(Some(cursor(11)), &foreign), Applied::Resync);
    assert_eq!(core.board, before);
}

#[test]
fn a_fact_of_another_life_of_the_log_asks_for_the_board() {
    let mut core = core();
    let other = Cursor { epoch: Epoch(8), seq: 1 };
    assert_eq!(core.fold(Some(other), &created(&question(3, 0))), Applied::Resync);
    assert_eq!(core.fold(None, &envelope(Event::Resync)), Applied::Resync);
}

#[test]
fn a_reloaded_board_is_taken_unless_it_is_older() {
    let mut core = core();
    let mut older = board([]);
    older.cursor = cursor(9);
    core.replace(view(older), &Filters::default());
    assert_eq!(core.board.questions.len(), 2);

    let mut other_life = board([question(2, 7)]);
    other_life.cursor = Cursor { epoch: Epoch(8), seq: 1 };
    core.replace(view(other_life.clone()), &Filters::default());
    assert_eq!(core.board, other_life);
    assert!(core.draw().rows[0].voted);
}

/// A page: what is known, and what the rows on the screen say.
struct Page {
    core: Core,
    rows: BTreeMap<QuestionId, Row>,
}

impl Page {
    fn of(core: Core) -> Self {
        Self { core, rows: BTreeMap::new() }
    }

    /// Draws as [`Live`](crate::live::Live) does, and says what is on the screen then.
    fn draw(&mut self) -> (Vec<Row>, Listed) {
        let drawing = self.core.draw();
        self.rows.retain(|id, _| drawing.listed.ids.contains(id));
        self.rows.extend(drawing.rows.into_iter().map(|row| (row.id, row)));
        (drawing.listed.ids.iter().map(|id| self.rows[id].clone()).collect(), drawing.listed)
    }

    /// What the whole board says, drawn without an index.
    fn whole(&self) -> (Vec<Row>, BoardCounts) {
        let Core { board, mine, .. } = &self.core;
        let order = ordered(board, self.core.filters(), &|question| mine.upvotes(question));
        (order.ids.iter().map(|id| row(board, mine, &board.questions[id])).collect(), order.counts)
    }
}

/// Something that happens to a page.
#[derive(Clone, Debug)]
enum Step {
    Message(Event),
    Click(u32, bool),
    Receipt(u32, bool, i64),
    GiveUp(u32),
    Pending(u32, bool),
    Hold(bool),
    Grow(Edge),
    Choose(Filters),
}

fn any_event() -> impl Strategy<Value = Event> {
    let id = || 0_u32..130;
    prop_oneof![
        4 => (id(), 0_i64..9).prop_map(|(n, upvotes)| upvoted(n, upvotes).event),
        2 => (id(), 0_i64..9).prop_map(|(n, upvotes)| created(&question(n, upvotes)).event),
        2 => id().prop_map(|n| Event::Answered(QuestionAnswered {
            id: question_id(n),
            response_text: "Yes.".to_owned(),
            responded_at: Timestamp(1),
            status: Status::Answered,
        })),
        1 => id().prop_map(|n| Event::Removed(QuestionRef { question_id: question_id(n) })),
        1 => (id(), 0..3_usize).prop_map(|(n, t)| Event::Tagged(QuestionTags { question_id: question_id(n), tags: vec![tag(t)] })),
        1 => (id(), any::<bool>()).prop_map(|(n, on)| Event::Pinned(QuestionPinned {
            question_id: question_id(n),
            is_pinned: on,
            pinned_by: Some(UserId(Uuid::from_u128(1))),
            pinned_at: Some(Timestamp(1)),
        })),
        1 => (0..3_usize).prop_map(|t| Event::TagDeleted(Gone { id: tag(t).id.0 })),
        1 => (0..2_usize).prop_map(|t| Event::TeamUpdated(Team {
            id: team_id(t),
            slug: format!("moved-{t}"),
            name: format!("Team {t}"),
            state: TeamState::Closed,
        })),
    ]
}

fn any_filters() -> impl Strategy<Value = Filters> {
    let team = proptest::option::of(prop_oneof![Just("people"), Just("product"), Just("moved-0")]);
    let tags = proptest::collection::vec((0..3_usize).prop_map(tag_id), 0..2);
    (0..3_usize, 0..Sort::ALL.len(), team, tags).prop_map(|(tab, sort, team, tags)| Filters {
        tab: Tab::ALL[tab],
        sort: Sort::ALL[sort],
        team: team.map(str::to_owned),
        tags,
        find: String::new(),
    })
}

fn step() -> impl Strategy<Value = Step> {
    let id = || 0_u32..130;
    let edge = prop_oneof![2 => Just(Edge::Bottom), 1 => Just(Edge::Top)];
    prop_oneof![
        8 => any_event().prop_map(Step::Message),
        2 => (id(), any::<bool>()).prop_map(|(n, up)| Step::Click(n, up)),
        2 => (id(), any::<bool>(), 0_i64..9).prop_map(|(n, up, upvotes)| Step::Receipt(n, up, upvotes)),
        1 => id().prop_map(Step::GiveUp),
        1 => (id(), any::<bool>()).prop_map(|(n, more)| Step::Pending(n, more)),
        1 => any::<bool>().prop_map(Step::Hold),
        2 => edge.prop_map(Step::Grow),
        1 => any_filters().prop_map(Step::Choose),
    ]
}

/// A board with many questions, of several counts each.
fn large_board() -> Board {
    board((0..110).map(|n| question(n, i64::from(n % 7))))
}

/// What a server tells of these events: facts under their numbers, from 11 on. A question that is there is not asked again,
/// and no count runs ahead of its question.
fn told(start: &Board, events: Vec<Event>) -> Vec<(Option<Cursor>, Envelope)> {
    let (mut board, mut messages, mut seq) = (start.clone(), Vec::new(), 10);
    for event in events {
        let is_told = match &event {
            Event::Created(question) => !board.questions.contains_key(&question.id),
            Event::Upvoted(tally) => board.questions.contains_key(&tally.question_id),
            _ => true,
        };
        if is_told {
            seq += i64::from(event.is_fact());
            let at = event.is_fact().then(|| cursor(seq));
            let _ = board.apply(at, &event);
            messages.push((at, envelope(event)));
        }
    }
    messages
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever happens, and whenever it is drawn, the page shows the rows of the whole board that its window has.
    #[test]
    fn a_page_shows_what_the_whole_board_says(steps in proptest::collection::vec((step(), any::<bool>()), 0..60)) {
        let mut page = Page::of(core_of(large_board()));
        let mut seq = 10;
        let mut ops = (100..).map(op);
        for (step, is_drawn) in steps {
            match step {
                Step::Message(event) => {
                    seq += i64::from(event.is_fact());
                    let at = event.is_fact().then(|| cursor(seq));
                    prop_assert_ne!(page.core.fold(at, &envelope(event)), Applied::Resync);
                }
                Step::Click(n, up) => {
                    page.core.click(question_id(n), up, ops.next().unwrap());
                }
                Step::Receipt(n, up, upvotes) => {
                    let receipt = VoteReceipt { question_id: question_id(n), up, upvotes };
                    page.core.receipt(receipt, ops.next().unwrap());
                }
                Step::GiveUp(n) => {
                    page.core.give_up(question_id(n));
                }
                Step::Pending(n, more) => page.core.pending(question_id(n), more),
                Step::Hold(held) => page.core.held = held,
                Step::Grow(edge) => {
                    page.core.grow(edge, None);
                }
                Step::Choose(filters) => page.core.choose(&filters),
            }
            if is_drawn {
                let (rows, listed) = page.draw();
                for drawn in &rows {
                    let whole = row(&page.core.board, &page.core.mine, &page.core.board.questions[&drawn.id]);
                    prop_assert_eq!(drawn, &whole, "a row that is held says what is new, too");
                }
                if !page.core.held {
                    let (whole, counts) = page.whole();
                    let window = whole.iter().skip(listed.before).take(rows.len()).cloned().collect::<Vec<_>>();
                    prop_assert_eq!(&rows, &window);
                    prop_assert_eq!(listed.below, listed.before + rows.len() < whole.len());
                    prop_assert_eq!(listed.size, whole.len());
                    prop_assert_eq!(counts.of(page.core.filters().tab) as usize, whole.len());
                    prop_assert!(rows.len() >= whole.len().min(1) && rows.len() <= MOST);
                }
            }
        }
    }

    /// However a burst is cut into drawings, the last drawing is the same.
    #[test]
    fn a_burst_costs_one_drawing(counts in proptest::collection::vec((1u32..4, 0i64..50), 1..30), cut in 0usize..30) {
        let (mut one, mut many) = (Page::of(core()), Page::of(core()));
        for (n, (id, upvotes)) in counts.iter().enumerate() {
            let _ = one.core.fold(None, &upvoted(*id, *upvotes));
            let _ = many.core.fold(None, &upvoted(*id, *upvotes));
            if n == cut {
                many.draw();
            }
        }
        prop_assert_eq!(one.draw(), many.draw());
    }

    /// A page of a board that is too large to be loaded shows the rows that the server has, once it has asked for them after
    /// the last change: wherever it began, whatever it missed before, and whenever the answers came.
    #[test]
    fn a_large_board_shows_the_rows_of_the_server(
        events in proptest::collection::vec(any_event(), 0..40),
        filters in any_filters(),
        first in prop_oneof![Just(0_u32), 0_u32..300],
        // Before which message what is asked for, how many messages later it is read, and how many later it arrives.
        asks in proptest::collection::vec((0_usize..40, any_ask(), 0_usize..6, 0_usize..6), 0..6),
    ) {
        let start = board((0..320).map(|n| question(n, i64::from(n % 7))));
        let part = window(&start, &filters, WindowStart::Offset(first), ROWS);
        let of = part.part_of(&start);
        let mut page = Page::of(Core::new(part.cut(&start), Vec::new(), Vec::new(), Some(&of), &filters));
        page.core.stay_part();
        page.draw();
        let mut server = vec![core_of(start).board];
        let messages = told(&server[0], events);
        for (at, envelope) in &messages {
            let mut next = server.last().unwrap().clone();
            let _ = next.apply(*at, &envelope.event);
            server.push(next);
        }
        let mut under_way: Option<(usize, LoadedRows, Joining)> = None;
        for (n, (at, envelope)) in messages.iter().enumerate() {
            if let Some((_, ask, read, later)) = asks.iter().find(|(before, ..)| *before == n)
                && under_way.is_none()
                && let Some((joining, offset, rows)) = asked(&mut page.core, *ask)
            {
                let board = &server[(n + read).min(messages.len())];
                under_way = Some((n + later, rows_of(board, &filters, offset, rows), joining));
            }
            prop_assert_ne!(page.core.fold(*at, envelope), Applied::Resync);
            if under_way.as_ref().is_some_and(|(due, ..)| n >= *due) {
                let (_, rows, joining) = under_way.take().unwrap();
                prop_assert_eq!(page.core.take_rows(rows, &filters, joining), Taken::Whole);
                page.core.grow(Edge::Bottom, None);
                page.draw();
            }
        }
        if let Some((_, rows, joining)) = under_way.take() {
            prop_assert_eq!(page.core.take_rows(rows, &filters, joining), Taken::Whole);
        }
        let last = server.last().unwrap();
        let order = ordered(last, &filters, &|question| question.upvotes);
        // What the answer does not settle is asked for again.
        for _ in 0..4 {
            let (joining, offset, rows) = asked(&mut page.core, Joining::Again).unwrap();
            prop_assert_eq!(page.core.take_rows(rows_of(last, &filters, offset, rows), &filters, joining), Taken::Whole);
        }
        prop_assert!(!page.core.part.as_ref().unwrap().is_stale);
        let (rows, listed) = page.draw();
        let there: Vec<_> = order.ids.iter().skip(listed.before).take(rows.len()).copied().collect();
        prop_assert_eq!(&listed.ids, &there);
        prop_assert_eq!(listed.size, order.ids.len());
        prop_assert_eq!(listed.below, listed.before + rows.len() < order.ids.len());
        prop_assert_eq!(rows.is_empty(), order.ids.is_empty());
        prop_assert_eq!(page.core.draw().counts, order.counts);
        // From there the reader comes to every row, and meets each once.
        let mut met: Vec<QuestionId> = Vec::new();
        for edge in [Edge::Top, Edge::Bottom] {
            for _ in 0..40 {
                let (_, listed) = page.draw();
                met.extend(listed.ids.iter().filter(|id| !met.contains(id)).copied().collect::<Vec<_>>());
                if !page.core.grow(edge, None)
                    && let Some((offset, rows)) = page.core.rows_at(edge, 40)
                {
                    page.core.ask_for_rows(Joining::Beside);
                    let rows = rows_of(last, &filters, offset, rows);
                    prop_assert_eq!(page.core.take_rows(rows, &filters, Joining::Beside), Taken::Whole);
                }
            }
            let (rows, listed) = page.draw();
            let there: Vec<_> = order.ids.iter().skip(listed.before).take(rows.len()).copied().collect();
            prop_assert_eq!(&listed.ids, &there);
            prop_assert!(listed.before == 0 || edge == Edge::Bottom);
            prop_assert!(!listed.below || edge == Edge::Top);
            prop_assert!(listed.ids.len() <= MOST);
        }
        met.sort_unstable();
        let mut all = order.ids;
        all.sort_unstable();
        prop_assert_eq!(met, all);
    }

    /// A page that began with a window of rows and loaded the board meanwhile is a page that had the whole board: whatever
    /// came before the board was read, while it was on its way, and after.
    #[test]
    fn a_board_that_is_loaded_later_loses_nothing(
        events in proptest::collection::vec(any_event(), 0..40),
        filters in any_filters(),
        cuts in (0_usize..41, 0_usize..41, 0_usize..41),
    ) {
        let messages = told(&large_board(), events);
        let mut cuts = [cuts.0, cuts.1, cuts.2].map(|cut| cut.min(messages.len()));
        cuts.sort_unstable();
        // The page is made first. The board is read before or after what the page has seen by the time that it arrives.
        for [made, read, seen] in [cuts, [cuts[0], cuts[2], cuts[1]]] {
            let at = |cut: usize| {
                let mut whole = core_of(large_board());
                for (at, envelope) in &messages[..cut] {
                    let _ = whole.fold(*at, envelope);
                }
                whole.board
            };
            let start = at(made);
            let window = window(&start, &filters, WindowStart::default(), ROWS);
            let part = window.part_of(&start);
            let mut page = Page::of(Core::new(window.cut(&start), Vec::new(), Vec::new(), Some(&part), &filters));
            let (_, listed) = page.draw();
            prop_assert_eq!(&listed.ids, &window.ids);
            prop_assert_eq!(listed.below, window.next.is_some());
            for (at, envelope) in &messages[made..seen] {
                prop_assert_ne!(page.core.fold(*at, envelope), Applied::Resync);
            }
            prop_assert_eq!(page.core.take_board(at(read)), Taken::Whole);
            for (at, envelope) in &messages[seen..] {
                prop_assert_ne!(page.core.fold(*at, envelope), Applied::Resync);
            }
            prop_assert_eq!(&page.core.board, &at(messages.len()));
            let (rows, _) = page.draw();
            let (whole, _) = page.whole();
            prop_assert_eq!(&rows[..], &whole[..rows.len()]);
        }
    }
}

/// Rows of a large board are asked for as a page does: which, from which offset on, and how many.
fn asked(core: &mut Core, joining: Joining) -> Option<(Joining, u32, u32)> {
    core.ask_for_rows(joining);
    match joining {
        Joining::Beside => core.rows_at(Edge::Bottom, 40).map(|(offset, rows)| (joining, offset, rows)),
        Joining::Again => {
            let (offset, rows) = core.window();
            Some((joining, offset, rows + 20))
        }
        Joining::Instead => Some((joining, 30, 50)),
    }
}

fn any_ask() -> impl Strategy<Value = Joining> {
    prop_oneof![2 => Just(Joining::Beside), 2 => Just(Joining::Again), 1 => Just(Joining::Instead)]
}

/// What the server answers for rows.
fn rows_of(board: &Board, filters: &Filters, offset: u32, limit: u32) -> LoadedRows {
    let window = window(board, filters, WindowStart::Offset(offset), limit);
    LoadedRows {
        cursor: board.cursor,
        counts: window.counts,
        offset: window.offset,
        next: window.next,
        questions: window.ids.iter().map(|id| board.questions[id].clone()).collect(),
    }
}

#[test]
fn rows_are_read_as_the_server_writes_them() {
    let json = serde_json::json!({
        "cursor": cursor(12),
        "total": 3_000,
        "counts": { "open": 2_900, "answered": 100, "all": 3_000 },
        "offset": 50,
        "next": 51,
        "questions": [question(4, 2)],
    });
    let rows: LoadedRows = serde_json::from_value(json).unwrap();
    assert_eq!((rows.offset, rows.next, rows.counts.open), (50, Some(51), 2_900));
    assert_eq!((rows.cursor, &rows.questions[..]), (cursor(12), &[question(4, 2)][..]));
}

#[test]
fn rows_of_a_large_board_come_before_and_behind_those_that_are_here_and_in_their_place() {
    let whole = large_board();
    let filters = Filters::default().with_sort(Sort::Oldest);
    let told = window(&whole, &filters, WindowStart::Offset(50), 20).part_of(&whole);
    let part = window(&whole, &filters, WindowStart::Offset(50), 20).cut(&whole);
    let mut page = Page::of(Core::new(part, Vec::new(), Vec::new(), Some(&told), &filters));
    page.core.stay_part();
    let shown = |page: &mut Page| {
        let (_, listed) = page.draw();
        (listed.ids.first().copied(), listed.ids.len(), listed.before, listed.below)
    };
    assert_eq!(shown(&mut page), (Some(question_id(50)), 20, 50, true));
    let take = |page: &mut Page, offset, limit, joining| {
        page.core.ask_for_rows(joining);
        assert_eq!(page.core.take_rows(rows_of(&whole, &filters, offset, limit), &filters, joining), Taken::Whole);
    };
    assert_eq!(page.core.rows_at(Edge::Bottom, 11), Some((69, 11)), "one of them is here");
    take(&mut page, 69, 11, Joining::Beside);
    assert_eq!(shown(&mut page), (Some(question_id(50)), 30, 50, true));
    assert_eq!(page.core.rows_at(Edge::Top, 20), Some((30, 21)));
    take(&mut page, 30, 21, Joining::Beside);
    assert_eq!(shown(&mut page), (Some(question_id(50)), 30, 50, true), "the reader stays where they are");
    assert!(page.core.grow(Edge::Top, None));
    assert_eq!(shown(&mut page), (Some(question_id(30)), 50, 30, true));
    take(&mut page, 100, 10, Joining::Instead);
    assert_eq!(shown(&mut page), (Some(question_id(100)), 10, 100, false));
    let newest = Filters::default().with_sort(Sort::Newest);
    page.core.ask_for_rows(Joining::Instead);
    assert_eq!(page.core.take_rows(rows_of(&whole, &newest, 0, 10), &newest, Joining::Instead), Taken::Whole);
    assert_eq!(shown(&mut page), (Some(question_id(109)), 10, 0, true));
}

/// A page with rows 50 to 69 of 110, oldest first, that stays a part.
fn middle() -> (Board, Filters, Page) {
    let (whole, filters) = (large_board(), Filters::default().with_sort(Sort::Oldest));
    let rows = window(&whole, &filters, WindowStart::Offset(50), 20);
    let part = rows.part_of(&whole);
    let mut page = Page::of(Core::new(rows.cut(&whole), Vec::new(), Vec::new(), Some(&part), &filters));
    page.core.stay_part();
    page.draw();
    (whole, filters, page)
}

#[test]
fn what_stands_before_the_rows_of_a_part_is_counted_and_not_drawn() {
    let (_, _, mut page) = middle();
    let mut pinned = question(200, 0);
    pinned.created_at = Timestamp(0);
    assert_eq!(page.core.fold(Some(cursor(11)), &created(&pinned)), Applied::Changed);
    let (rows, listed) = page.draw();
    assert_eq!((rows[0].id, rows.len(), listed.before, listed.size), (question_id(50), 20, 51, 111));
}

#[test]
fn a_question_that_leaves_a_part_leaves_no_gap_behind_it() {
    let (mut whole, filters, mut page) = middle();
    let answered = Event::Answered(QuestionAnswered {
        id: question_id(60),
        response_text: "Yes.".to_owned(),
        responded_at: Timestamp(1),
        status: Status::Answered,
    });
    let _ = whole.apply(Some(cursor(11)), &answered);
    assert_eq!(page.core.fold(Some(cursor(11)), &envelope(answered)), Applied::Changed);
    let (offset, rows) = page.core.rows_at(Edge::Bottom, 10).unwrap();
    page.core.ask_for_rows(Joining::Beside);
    assert_eq!(page.core.take_rows(rows_of(&whole, &filters, offset, rows), &filters, Joining::Beside), Taken::Whole);
    let ids: Vec<_> = page.draw().1.ids;
    assert_eq!(ids, (50..79).filter(|n| *n != 60).map(question_id).collect::<Vec<_>>());
}

#[test]
fn a_part_that_was_loaded_again_leaves_its_reader_where_they_are() {
    let (whole, filters, mut page) = middle();
    let other_life = Board { cursor: Cursor { epoch: Epoch(8), seq: 1 }, ..whole.clone() };
    let rows = window(&other_life, &filters, WindowStart::Offset(48), 30);
    let part = Some(rows.part_of(&other_life));
    page.core.replace(BoardView { part, ..view(rows.cut(&other_life)) }, &filters);
    let (rows, listed) = page.draw();
    assert_eq!((rows[0].id, listed.before, listed.size, listed.below), (question_id(50), 50, 110, true));
    assert_eq!(page.core.board.questions.len(), 30);
    assert!(page.core.part.is_some());
    page.core.replace(view(Board { cursor: Cursor { epoch: Epoch(9), seq: 1 }, ..whole }), &filters);
    assert_eq!((page.draw().1.before, page.core.part.is_none()), (50, true));
}

#[test]
fn filters_that_were_chosen_while_the_board_was_loading_are_drawn_when_it_is_there() {
    let (whole, _, mut page) = middle();
    page.core.part.as_mut().unwrap().is_large = false;
    page.core.ask_for_rows(Joining::Instead);
    let newest = Filters::default().with_sort(Sort::Newest);
    let rows = rows_of(&whole, &newest, 0, 10);
    assert_eq!(page.core.take_board(whole), Taken::Whole);
    assert_eq!(page.core.take_rows(rows, &newest, Joining::Instead), Taken::Whole);
    assert_eq!(page.core.filters(), &newest);
    assert_eq!(page.draw().1.ids[0], question_id(109));
}

#[test]
fn filters_that_cannot_be_loaded_show_what_is_here_of_them() {
    let (_, _, mut page) = middle();
    page.core.make_do_with(&Filters::default().with_sort(Sort::Newest));
    let (rows, listed) = page.draw();
    assert_eq!((rows[0].id, rows.len(), listed.before, listed.size, listed.below), (question_id(69), 20, 0, 110, true));
    page.core.make_do_with(&Filters::default().with_team(Some("product".to_owned())));
    let drawing = page.core.draw();
    assert_eq!((drawing.listed.ids.len(), drawing.counts), (0, BoardCounts::default()), "nobody has counted them");
}

#[test]
fn a_question_that_a_search_found_outside_of_the_part_is_voted_for_and_follows_the_stream() {
    let (_, _, mut page) = middle();
    let outside = question(5, 4);
    page.core.find(vec![outside.clone(), question(6, 1)], &[]);
    let said = |core: &Core| core.question(outside.id).map(|question| row(&core.board, &core.mine, question));
    assert_eq!(page.core.click(outside.id, true, op(1)), Some(crate::live::votes::Click::Send));
    let voted = said(&page.core).unwrap();
    assert_eq!((voted.upvotes, voted.voted), (5, true));
    assert_eq!(page.core.fold(None, &upvoted(5, 7)), Applied::Changed);
    assert_eq!(said(&page.core).unwrap().upvotes, 7);
    page.core.receipt(VoteReceipt { question_id: outside.id, up: true, upvotes: 5 }, op(2));
    assert_eq!(said(&page.core).unwrap().upvotes, 7, "the stream knows better");
    let answered = Event::Answered(QuestionAnswered {
        id: outside.id,
        response_text: "Yes.".to_owned(),
        responded_at: Timestamp(1),
        status: Status::Answered,
    });
    assert_eq!(page.core.fold(Some(cursor(11)), &envelope(answered)), Applied::Changed);
    assert!(said(&page.core).unwrap().answer.is_some());
    // What is like it is told without its answer.
    let similar = Question { status: Status::Answered, ..outside.clone() };
    page.core.find(vec![similar], &[question_id(6)]);
    assert!(said(&page.core).unwrap().answer.is_some());
    let removed = Event::Removed(QuestionRef { question_id: outside.id });
    assert_eq!(page.core.fold(Some(cursor(12)), &envelope(removed)), Applied::Changed);
    assert!(said(&page.core).is_none(), "what was removed is not shown any longer");
    let (rows, listed) = page.draw();
    assert_eq!((rows.len(), listed.before), (20, 50), "what was found is in no list");
}

#[test]
fn what_was_found_is_kept_while_it_is_shown_or_voted_for() {
    let mut core = core();
    core.find((10..14).map(|n| question(n, 0)).collect(), &[]);
    core.click(question_id(10), true, op(1));
    core.find(vec![question(20, 0)], &[question_id(11)]);
    let kept: Vec<_> = core.found.questions.keys().copied().collect();
    assert_eq!(kept, [10, 11, 20].map(question_id));
}

#[test]
fn a_vote_that_waits_for_a_question_outside_of_the_part_is_shown_when_it_comes() {
    let (whole, filters, mut page) = middle();
    page.core.waits(question_id(5), true, op(1));
    page.core.ask_for_rows(Joining::Instead);
    let rows = rows_of(&whole, &filters, 0, 10);
    assert_eq!(page.core.take_rows(rows, &filters, Joining::Instead), Taken::Whole);
    let (rows, _) = page.draw();
    assert_eq!((rows[5].id, rows[5].voted, rows[5].upvotes), (question_id(5), true, 6));
    let _ = page.core.fold(None, &upvoted(5, 6));
    assert_eq!(page.draw().0[5].upvotes, 6, "it is not counted twice");
}

#[test]
fn a_board_that_is_older_than_the_page_is_asked_for_again() {
    let part = BoardPart { total: 2, counts: BoardCounts::default(), offset: 0, next: None };
    let mut core = Core::new(board([question(1, 5)]), Vec::new(), Vec::new(), Some(&part), &Filters::default());
    let mut older = board([question(1, 4)]);
    older.cursor = cursor(9);
    assert_eq!(core.take_board(older), Taken::Older);
    assert_eq!(core.board.questions[&question_id(1)].upvotes, 5);
    let mut other_life = board([]);
    other_life.cursor = Cursor { epoch: Epoch(8), seq: 90 };
    assert_eq!(core.clone().take_board(other_life), Taken::Resync);
    assert_eq!(core.take_board(board([question(1, 5), question(2, 3)])), Taken::Whole);
    assert_eq!(counts_shown(&mut core), [5, 3]);
}

#[test]
fn a_part_shows_no_question_of_which_nobody_knows_where_it_stands() {
    let counts = BoardCounts { open: 900, answered: 30, all: 930 };
    let part = BoardPart { total: 930, counts, offset: 0, next: Some(2) };
    let mut page = Page::of(Core::new(
        board([question(1, 9), question(2, 8)]),
        Vec::new(),
        Vec::new(),
        Some(&part),
        &Filters::default(),
    ));
    let shown = |page: &mut Page| page.draw().0.iter().map(|row| row.id).collect::<Vec<_>>();
    // It has no votes yet: it stands somewhere behind the rows that are here.
    assert_eq!(page.core.fold(Some(cursor(11)), &created(&question(3, 0))), Applied::Changed);
    assert_eq!(shown(&mut page), [1, 2].map(question_id));
    assert_eq!(page.core.draw().counts, BoardCounts { open: 901, answered: 30, all: 931 });
    assert_eq!(page.core.fold(None, &upvoted(3, 10)), Applied::Changed);
    assert_eq!(shown(&mut page), [3, 1, 2].map(question_id));
    let (_, listed) = page.draw();
    assert_eq!((listed.before, listed.size, listed.below), (0, 901, true));
}

#[test]
fn the_reader_who_goes_on_meets_every_row_although_the_list_is_held() {
    let mut page = Page::of(core_of(large_board()));
    let mut met: Vec<QuestionId> = page.draw().1.ids;
    page.core.held = true;
    while page.core.grow(Edge::Bottom, None) {
        let (rows, listed) = page.draw();
        assert_eq!(rows.len(), listed.ids.len());
        met.extend(listed.ids.iter().filter(|id| !met.contains(id)).copied().collect::<Vec<_>>());
    }
    assert_eq!(met.len(), 110);
    assert_eq!(met, page.whole().0.iter().map(|row| row.id).collect::<Vec<_>>());
}

#[test]
fn a_question_that_is_named_is_drawn_wherever_it_stands() {
    let mut page = Page::of(core_of(large_board()));
    page.draw();
    let last = page.whole().0.last().unwrap().id;
    assert!(page.core.go_to(last));
    let (rows, listed) = page.draw();
    assert_eq!(rows.last().map(|row| row.id), Some(last));
    assert_eq!((listed.before, listed.below), (100, false));
    assert!(!page.core.go_to(question_id(7_000)));
    assert_eq!(page.draw().1, listed, "nothing moves for a question that is not there");
}
