use super::*;
use crate::live::loaded_rows::LoadedRows;
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
use pulsestage::question::Status;
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
    core.replace(view(older));
    assert_eq!(core.board.questions.len(), 2);

    let mut other_life = board([question(2, 7)]);
    other_life.cursor = Cursor { epoch: Epoch(8), seq: 1 };
    core.replace(view(other_life.clone()));
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
    (0..3_usize, 0..3_usize, team, tags).prop_map(|(tab, sort, team, tags)| Filters {
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
    /// the last change: whatever it missed before, and whenever the answers came.
    #[test]
    fn a_large_board_shows_the_rows_of_the_server(
        events in proptest::collection::vec(any_event(), 0..40),
        filters in any_filters(),
        // Before which message rows are asked for, how many messages later they are read, and how many later they arrive.
        asks in proptest::collection::vec((0_usize..40, 0_usize..6, 0_usize..6, any::<bool>()), 0..6),
    ) {
        let start = large_board();
        let part = window(&start, &filters, WindowStart::default(), ROWS);
        let of = part.part_of(&start);
        let mut page = Page::of(Core::new(part.cut(&start), Vec::new(), Vec::new(), Some(&of), &filters));
        page.core.stay_part();
        let mut server = vec![core_of(start).board];
        let messages = told(&server[0], events);
        for (at, envelope) in &messages {
            let mut next = server.last().unwrap().clone();
            let _ = next.apply(*at, &envelope.event);
            server.push(next);
        }
        let mut under_way: Option<(usize, u32, u32, LoadedRows)> = None;
        for (n, (at, envelope)) in messages.iter().enumerate() {
            if let Some((_, read, later, follows)) = asks.iter().find(|(ask, ..)| *ask == n)
                && under_way.is_none()
            {
                page.core.ask_for_rows();
                let (first, room) = page.core.window();
                let offset = if *follows { page.core.part.as_ref().unwrap().next.unwrap_or(first) } else { first };
                let board = &server[(n + read).min(messages.len())];
                under_way = Some((n + later, offset, room, rows_of(board, &filters, offset, room)));
            }
            prop_assert_ne!(page.core.fold(*at, envelope), Applied::Resync);
            if under_way.as_ref().is_some_and(|(due, ..)| n >= *due) {
                let (_, _, _, rows) = under_way.take().unwrap();
                prop_assert_eq!(page.core.take_rows(rows, &filters, false), Taken::Whole);
                page.core.grow(Edge::Bottom, None);
                page.draw();
            }
        }
        if let Some((_, _, _, rows)) = under_way.take() {
            prop_assert_eq!(page.core.take_rows(rows, &filters, false), Taken::Whole);
        }
        page.core.ask_for_rows();
        let (offset, room) = page.core.window();
        let last = server.last().unwrap();
        prop_assert_eq!(page.core.take_rows(rows_of(last, &filters, offset, room), &filters, false), Taken::Whole);
        prop_assert!(!page.core.part.as_ref().unwrap().is_stale);
        let (rows, listed) = page.draw();
        let order = ordered(last, &filters, &|question| question.upvotes);
        let there: Vec<_> = order.ids.iter().skip(offset as usize).take(rows.len()).copied().collect();
        prop_assert_eq!(&listed.ids, &there);
        prop_assert!(rows.len() >= order.ids.len().saturating_sub(offset as usize).min(room as usize));
        prop_assert_eq!(page.core.draw().counts, order.counts);
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
    let take = |page: &mut Page, offset, limit, is_elsewhere| {
        page.core.ask_for_rows();
        assert_eq!(page.core.take_rows(rows_of(&whole, &filters, offset, limit), &filters, is_elsewhere), Taken::Whole);
    };
    take(&mut page, 70, 10, false);
    assert_eq!(shown(&mut page), (Some(question_id(50)), 30, 50, true));
    take(&mut page, 30, 20, false);
    assert_eq!(shown(&mut page), (Some(question_id(50)), 30, 50, true), "the reader stays where they are");
    assert!(page.core.grow(Edge::Top, None));
    assert_eq!(shown(&mut page), (Some(question_id(30)), 50, 30, true));
    take(&mut page, 100, 10, true);
    assert_eq!(shown(&mut page), (Some(question_id(100)), 10, 100, false));
    let newest = Filters::default().with_sort(Sort::Newest);
    page.core.ask_for_rows();
    assert_eq!(page.core.take_rows(rows_of(&whole, &newest, 0, 10), &newest, false), Taken::Whole);
    assert_eq!(shown(&mut page), (Some(question_id(109)), 10, 0, true));
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
