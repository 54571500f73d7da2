//! The questions of this folder: twelve boards, each with some of its questions as somebody else asked them. The tests and
//! the measurement (`examples/search.rs`) read them.

use pulsestage::board::Board;
use pulsestage::event::{Cursor, Epoch, Event, QuestionCreated};
use pulsestage::id::{QuestionId, TeamId, TenantId};
use pulsestage::question::Status;
use pulsestage::search::SearchIndex;
use pulsestage::time::Timestamp;
use uuid::Uuid;

/// Each language with its file: a line is a question, and behind a tab the same as somebody else asked it.
pub(crate) const LANGUAGES: [(&str, &str); 12] = [
    ("English", include_str!("en.tsv")),
    ("German", include_str!("de.tsv")),
    ("French", include_str!("fr.tsv")),
    ("Spanish", include_str!("es.tsv")),
    ("Portuguese", include_str!("pt.tsv")),
    ("Italian", include_str!("it.tsv")),
    ("Polish", include_str!("pl.tsv")),
    ("Turkish", include_str!("tr.tsv")),
    ("Arabic", include_str!("ar.tsv")),
    ("Chinese", include_str!("zh.tsv")),
    ("Japanese", include_str!("ja.tsv")),
    ("Korean", include_str!("ko.tsv")),
];

/// One pair: the question on the board, and how it is asked again.
pub(crate) type Pair = (QuestionId, &'static str);

/// The questions of a file, as a board numbers them from `first` on, and its pairs.
pub(crate) fn read(file: &'static str, first: usize) -> (Vec<(QuestionId, &'static str)>, Vec<Pair>) {
    let (mut questions, mut pairs) = (Vec::new(), Vec::new());
    for (at, line) in file.lines().enumerate() {
        let id = QuestionId(Uuid::from_u128((first + at) as u128));
        let (question, again) = line.split_once('\t').map_or((line, None), |(one, other)| (one, Some(other)));
        questions.push((id, question));
        pairs.extend(again.map(|again| (id, again)));
    }
    (questions, pairs)
}

/// The index of a board with these questions.
pub(crate) fn index_of(questions: &[(QuestionId, &str)]) -> SearchIndex {
    let mut board = Board::empty(TenantId(Uuid::nil()), Cursor { epoch: Epoch(1), seq: 0 });
    for (seq, (id, body)) in (1..).zip(questions) {
        let _ = board.apply(Some(Cursor { epoch: Epoch(1), seq }), &created(*id, body));
    }
    SearchIndex::of(&board)
}

/// That a question was asked.
pub(crate) fn created(id: QuestionId, body: &str) -> Event {
    Event::Created(QuestionCreated {
        id,
        body: body.to_owned(),
        upvotes: 0,
        status: Status::Open,
        team_id: TeamId(Uuid::nil()),
        created_at: Timestamp(0),
        tags: Vec::new(),
        is_pinned: false,
        is_frozen: false,
        author_name: None,
    })
}
