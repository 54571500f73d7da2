use proptest::prelude::*;
use std::collections::BTreeSet;
use uuid::Uuid;

use super::*;
use crate::event::{Cursor, Epoch};
use crate::id::{TagId, TenantId, UserId};
use crate::question::Stamp;
use crate::tag::Tag;
use crate::team::{Team, TeamState};
use crate::tenant::{Tenant, TenantSettings};

pub(super) fn question_id(n: u32) -> QuestionId {
    QuestionId(Uuid::from_u128(1_000 + u128::from(n)))
}

fn tag(n: u8) -> Tag {
    Tag { id: TagId(Uuid::from_u128(200 + u128::from(n))), name: format!("tag {n}"), color: "#00B3A4".to_owned() }
}

fn team(n: u8) -> Team {
    let id = TeamId(Uuid::from_u128(100 + u128::from(n)));
    Team { id, slug: format!("team-{n}"), name: format!("Team {n}"), state: TeamState::Open }
}

pub(super) fn question(n: u32, upvotes: i64) -> Question {
    Question {
        id: question_id(n),
        team_id: team(0).id,
        body: format!("Question {n}?"),
        upvotes,
        status: Status::Open,
        created_at: Timestamp(i64::from(n) * 1_000),
        tags: Vec::new(),
        answer: None,
        pinned: None,
        frozen: None,
        author_name: None,
    }
}

pub(super) fn board(questions: impl IntoIterator<Item = Question>) -> Board {
    let mut board = Board::empty(TenantId(Uuid::from_u128(1)), Cursor { epoch: Epoch(7), seq: 10 });
    board.teams = vec![team(0), team(1)];
    board.tags = (0..3).map(tag).collect();
    board.questions = questions.into_iter().map(|question| (question.id, question)).collect();
    board
}

/// Any board of up to thirty questions in all states, with many that are equal in what they are ordered by.
pub(super) fn any_board() -> impl Strategy<Value = Board> {
    let one = (0..4i64, 0..4i64, 0..2u8, 0..3usize, proptest::collection::btree_set(0..3u8, 0..3), any::<bool>());
    proptest::collection::vec(one, 0..30).prop_map(|drawn| {
        board((0..).zip(drawn).map(|(n, (upvotes, second, in_team, status, tags, pinned))| Question {
            team_id: team(in_team).id,
            created_at: Timestamp(second * 1_000),
            status: Status::ALL[status],
            tags: tags.into_iter().map(tag).collect(),
            pinned: pinned.then_some(Stamp { by: UserId(Uuid::from_u128(9)), at: Timestamp(5) }),
            ..question(n, upvotes)
        }))
    })
}

fn any_filters() -> impl Strategy<Value = Filters> {
    let team = proptest::option::of(prop_oneof![Just("team-0"), Just("team-1"), Just("no-such-team")]);
    let tags = proptest::collection::vec((0..5u8).prop_map(|n| tag(n).id), 0..3);
    (0..3usize, 0..Sort::ALL.len(), team, tags).prop_map(|(tab, sort, team, tags)| Filters {
        tab: Tab::ALL[tab],
        sort: Sort::ALL[sort],
        team: team.map(str::to_owned),
        tags,
        find: String::new(),
    })
}

fn tenant() -> Tenant {
    let id = TenantId(Uuid::from_u128(1));
    Tenant { id, slug: "acme".to_owned(), name: "Acme".to_owned(), settings: TenantSettings::default() }
}

fn whole(board: &Board, filters: &Filters) -> RowOrder {
    ordered(board, filters, &|question| question.upvotes)
}

#[test]
fn pinned_questions_come_first_then_the_chosen_order() {
    let mut pinned = question(3, 0);
    pinned.pinned = Some(Stamp { by: UserId(Uuid::from_u128(1)), at: Timestamp(1) });
    let board = board([question(1, 5), question(2, 9), pinned, question(4, 5)]);
    let order = |sort| whole(&board, &Filters::default().with_sort(sort)).ids;
    assert_eq!(order(Sort::Votes), [3, 2, 4, 1].map(question_id));
    assert_eq!(order(Sort::Newest), [3, 4, 2, 1].map(question_id));
    assert_eq!(order(Sort::Oldest), [3, 1, 2, 4].map(question_id));
}

#[test]
fn twice_the_votes_count_as_much_as_being_asked_ten_minutes_later() {
    const MINUTE: u32 = 60;
    // One vote more than the doubled ones: none is the beginning.
    let board = board([question(0, 7), question(10 * MINUTE, 3), question(19 * MINUTE, 1), question(31 * MINUTE, 0)]);
    let order = whole(&board, &Filters::default().with_sort(Sort::Trending)).ids;
    assert_eq!(order, [31 * MINUTE, 10 * MINUTE, 0, 19 * MINUTE].map(question_id));
}

proptest! {
    /// Each vote more is worth something, however old the question is, and a question that was asked later and has no fewer
    /// votes is before one that was asked earlier.
    #[test]
    fn trending_grows_with_each_vote_and_with_time(votes in 0_i64..100_000, more in 0_i64..9, ms in 0_i64..1_000_000_000) {
        let key = |n: u32, upvotes, at| SortKey::of(&Question { created_at: Timestamp(at), ..question(n, 0) }, upvotes);
        prop_assert!(key(1, votes + 1, ms).trend() > key(1, votes, ms).trend());
        let (earlier, later) = (key(1, votes, ms), key(2, votes + more, ms + 1));
        prop_assert_eq!(later.compare(&earlier, Sort::Trending), Ordering::Less);
    }

    /// The order that a reader has stays right as long as nobody votes: all become older alike.
    #[test]
    fn time_alone_moves_nothing(board in any_board(), later in 0_i64..100_000_000_000) {
        let order = |board: &Board| whole(board, &Filters::default().with_sort(Sort::Trending)).ids;
        let mut shifted = board.clone();
        shifted.questions.values_mut().for_each(|question| question.created_at = question.created_at.plus_millis(later));
        prop_assert_eq!(order(&shifted), order(&board));
    }

    /// No count and no time is too large.
    #[test]
    fn no_count_panics(upvotes: i64, at: i64) {
        let key = SortKey::of(&Question { created_at: Timestamp(at), ..question(1, 0) }, upvotes);
        prop_assert!(key.trend() >= at);
    }
}

#[test]
fn the_count_to_order_by_is_the_callers() {
    let board = board([question(1, 5), question(2, 9)]);
    let order = ordered(&board, &Filters::default(), &|q| if q.id == question_id(1) { 10 } else { q.upvotes });
    assert_eq!(order.ids, [1, 2].map(question_id));
}

#[test]
fn any_chosen_tag_is_enough_and_unknown_ones_count_for_nothing() {
    let mut tagged = question(1, 0);
    tagged.tags = vec![tag(1)];
    let board = board([tagged, question(2, 0)]);
    let seen = |tags: &[u8]| {
        let tags = tags.iter().map(|n| tag(*n).id).collect();
        whole(&board, &Filters { tags, sort: Sort::Oldest, ..Filters::default() }).ids
    };
    assert_eq!(seen(&[0, 1]), [question_id(1)]);
    assert_eq!(seen(&[0]), []);
    assert_eq!(seen(&[77]), [1, 2].map(question_id));
    assert_eq!(seen(&[]), [1, 2].map(question_id));
}

#[test]
fn a_start_past_the_end_is_the_last_window_and_an_unknown_question_the_first() {
    let order = whole(&board((0..7).map(|n| question(n, 0))), &Filters::default().with_sort(Sort::Oldest));
    let from = |start| order.window(start, 3).offset;
    assert_eq!([0, 2, 6, 7, 4_000_000_000].map(|rows| from(WindowStart::Offset(rows))), [0, 2, 6, 6, 6]);
    assert_eq!([0, 2, 3, 6, 9].map(|n| from(WindowStart::Question(question_id(n)))), [0, 0, 3, 6, 0]);
    assert_eq!(RowOrder::default().window(WindowStart::Offset(9), 3), RowWindow::default());
    assert_eq!(order.window(WindowStart::default(), 0).ids.len(), 1, "a window has a row at least");
}

#[test]
fn an_address_says_where_a_window_begins() {
    let read = |name: &str, value: &str| {
        let mut start = WindowStart::Offset(7);
        (start.read(name, value), start)
    };
    let question = question_id(3);
    assert_eq!(read("offset", "50"), (true, WindowStart::Offset(50)));
    let named = question.to_string();
    assert_eq!(read("q", &named), (true, WindowStart::Question(question)));
    for (name, value) in [("offset", "-1"), ("offset", "99999999999999"), ("offset", ""), ("q", "one")] {
        assert_eq!(read(name, value), (true, WindowStart::Offset(0)), "{name}={value}");
    }
    assert_eq!(read("tab", "all"), (false, WindowStart::Offset(7)));
}

#[test]
fn a_part_is_read_without_what_an_older_server_does_not_send() {
    let part = BoardPart { total: 9, counts: BoardCounts { open: 5, answered: 1, all: 6 }, offset: 0, next: None };
    let text = r#"{"total":9,"counts":{"open":5,"answered":1,"all":6}}"#;
    assert_eq!(serde_json::from_str::<BoardPart>(text).unwrap(), part);
}

proptest! {
    #[test]
    fn a_window_is_a_slice_of_the_whole_order(
        board in any_board(), filters in any_filters(), from in 0..40u32, limit in 1..12u32,
    ) {
        let all = whole(&board, &filters);
        let shown = window(&board, &filters, WindowStart::Offset(from), limit);
        let rows = shown.offset as usize..shown.offset as usize + shown.ids.len();
        prop_assert_eq!(&all.ids[rows.clone()], &shown.ids[..]);
        prop_assert_eq!(shown.next.is_some(), rows.end < all.ids.len());
        prop_assert_eq!(shown.counts, all.counts);
        if (from as usize) < all.ids.len() {
            prop_assert_eq!(shown.offset, from);
        }
    }

    #[test]
    fn windows_one_after_the_other_are_everything_once(
        board in any_board(), filters in any_filters(), limit in 1..12u32,
    ) {
        let (mut ids, mut at) = (Vec::new(), Some(0));
        while let Some(from) = at {
            let shown = window(&board, &filters, WindowStart::Offset(from), limit);
            ids.extend(shown.ids);
            at = shown.next;
        }
        prop_assert_eq!(ids, whole(&board, &filters).ids);
    }

    /// So a browser draws what the server sent, before it has the rest.
    #[test]
    fn a_cut_board_is_drawn_as_its_window(
        board in any_board(), filters in any_filters(), from in 0..40u32, limit in 1..12u32,
    ) {
        let shown = window(&board, &filters, WindowStart::Offset(from), limit);
        let cut = shown.cut(&board);
        prop_assert_eq!(&whole(&cut, &filters).ids, &shown.ids);
        prop_assert_eq!((cut.cursor, &cut.teams, &cut.tags), (board.cursor, &board.teams, &board.tags));
    }

    #[test]
    fn what_a_board_knows_of_filters_chooses_the_same(board in any_board(), filters in any_filters()) {
        let known = filters.known_on(&board);
        prop_assert_eq!(whole(&board, &known), whole(&board, &filters));
        prop_assert_eq!(known.known_on(&board), known);
    }

    #[test]
    fn a_page_has_all_of_a_small_board_and_a_window_of_a_large_one(
        board in any_board(), more in 0..80u32, filters in any_filters(), from in 0..100u32, rows in 1..200u32,
    ) {
        let mut board = board;
        board.questions.extend((100..100 + more).map(|n| (question_id(n), question(n, i64::from(n % 3)))));
        let seen = SeenBoard::new(tenant(), board.clone());
        let (shown, part) = seen.for_page(&filters, WindowStart::Offset(from), rows);
        match part {
            None => {
                prop_assert!(board.questions.len() <= ROWS as usize);
                prop_assert_eq!(shown, board);
            }
            Some(part) => {
                prop_assert_eq!(part.total as usize, board.questions.len());
                let all = whole(&board, &filters);
                let from = part.offset as usize;
                prop_assert_eq!(&whole(&shown, &filters).ids, &all.ids[from..from + shown.questions.len()]);
                prop_assert_eq!(part.next.is_some(), from + shown.questions.len() < all.ids.len());
                prop_assert_eq!(part.counts, all.counts);
                prop_assert!(shown.questions.len() <= rows as usize);
            }
        }
    }

    #[test]
    fn a_window_around_a_question_has_it(board in any_board(), filters in any_filters(), limit in 1..12u32) {
        for id in whole(&board, &filters).ids {
            prop_assert!(window(&board, &filters, WindowStart::Question(id), limit).ids.contains(&id));
        }
    }

    #[test]
    fn the_counts_are_what_the_tabs_show(board in any_board(), filters in any_filters()) {
        for tab in Tab::ALL {
            let all = whole(&board, &filters.with_tab(tab));
            prop_assert_eq!(all.counts.of(tab) as usize, all.ids.len());
            prop_assert_eq!(all.counts.open + all.counts.answered, all.counts.all);
        }
    }

    #[test]
    fn nothing_under_review_is_shown_and_nothing_twice(board in any_board(), filters in any_filters()) {
        let ids = whole(&board, &filters).ids;
        let distinct: BTreeSet<_> = ids.iter().collect();
        prop_assert_eq!(distinct.len(), ids.len());
        prop_assert!(ids.iter().all(|id| board.questions[id].status != Status::UnderReview));
    }

    #[test]
    fn without_filters_everything_public_is_there(board in any_board()) {
        let public = board.questions.values().filter(|question| question.status != Status::UnderReview).count();
        prop_assert_eq!(whole(&board, &Filters::default().with_tab(Tab::All)).ids.len(), public);
    }

    #[test]
    fn the_order_holds_between_every_two_neighbours(board in any_board(), filters in any_filters()) {
        let ids = whole(&board, &filters).ids;
        for pair in ids.windows(2) {
            let (first, second) = (&board.questions[&pair[0]], &board.questions[&pair[1]]);
            prop_assert!(first.pinned.is_some() >= second.pinned.is_some());
            if first.pinned.is_some() == second.pinned.is_some() {
                let in_order = match filters.sort {
                    Sort::Votes => (first.upvotes, first.created_at, first.id) > (second.upvotes, second.created_at, second.id),
                    Sort::Trending => {
                        let trend = |question: &Question| SortKey::of(question, question.upvotes).trend();
                        (trend(first), first.created_at, first.id) > (trend(second), second.created_at, second.id)
                    }
                    Sort::Newest => (first.created_at, first.id) > (second.created_at, second.id),
                    Sort::Oldest => (first.created_at, first.id) < (second.created_at, second.id),
                };
                prop_assert!(in_order, "{:?}", filters.sort);
            }
        }
    }
}
