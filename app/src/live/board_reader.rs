//! Reads a board that arrives in pieces: each question as soon as it is there, so that no piece takes long and the text of
//! the whole board is never in memory.

use pulsestage::board::Board;
use pulsestage::id::QuestionId;
use pulsestage::question::Question;
use serde::Deserialize;
use std::collections::BTreeMap;

use crate::json::{self, Unreadable};

/// What stands before the questions, in the JSON that serde writes.
const QUESTIONS: &[u8] = b"\"questions\":";
/// How deep the questions stand in it: in the board, which stands in the answer.
const DEPTH: usize = 2;

/// A board of which some pieces were read.
#[derive(Debug, Default)]
pub(super) struct BoardReader {
    /// Everything but the questions, which is JSON of the same form.
    rest: Vec<u8>,
    /// What there is of the question that is being read.
    question: Vec<u8>,
    questions: BTreeMap<QuestionId, Question>,
    depth: usize,
    is_in_questions: bool,
    is_in_text: bool,
    is_escaped: bool,
}

/// The answer of `/api/board`, of which a page that has the tenant already takes the board alone.
#[derive(Deserialize)]
struct WholeBoard {
    board: Board,
}

impl BoardReader {
    /// Reads the next piece.
    ///
    /// # Errors
    /// When a question of it cannot be read.
    pub(super) fn read(&mut self, piece: &[u8]) -> Result<(), Unreadable> {
        for byte in piece {
            let depth = self.depth;
            self.follow(*byte);
            match (self.is_in_questions, depth.max(self.depth)) {
                (true, DEPTH | 0..DEPTH) => self.rest.push(*byte),
                // The names of questions, and what stands between them. At its end, what follows is of the board again.
                (true, level) if level == DEPTH + 1 => {
                    if self.depth == DEPTH {
                        self.is_in_questions = false;
                        self.rest.push(*byte);
                    }
                }
                (true, _) => {
                    self.question.push(*byte);
                    if self.depth == DEPTH + 1 {
                        let question: Question = json::read(&self.question)?;
                        self.questions.insert(question.id, question);
                        self.question.clear();
                    }
                }
                (false, _) => {
                    if depth == DEPTH && self.depth > DEPTH && *byte == b'{' {
                        self.is_in_questions = self.rest.ends_with(QUESTIONS);
                    }
                    self.rest.push(*byte);
                }
            }
        }
        Ok(())
    }

    /// Follows how deep the text is after this byte.
    const fn follow(&mut self, byte: u8) {
        if self.is_in_text {
            self.is_in_text = self.is_escaped || byte != b'"';
            self.is_escaped = !self.is_escaped && byte == b'\\';
            return;
        }
        match byte {
            b'"' => self.is_in_text = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    /// The board, once all of it was read.
    ///
    /// # Errors
    /// When it ended too early, or is no board.
    pub(super) fn finish(self) -> Result<Board, Unreadable> {
        let WholeBoard { mut board } = json::read(&self.rest)?;
        board.questions = self.questions;
        Ok(board)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::test_board::{TENANT, board, question, tag};
    use proptest::prelude::*;
    use pulsestage::question::Answer;
    use pulsestage::tenant::{Tenant, TenantSettings};
    use pulsestage::time::Timestamp;
    use serde_json::json;

    fn answer_of(board: &Board, name: &str) -> Vec<u8> {
        let (slug, name) = ("default".to_owned(), name.to_owned());
        let tenant = Tenant { id: TENANT, slug, name, settings: TenantSettings::default() };
        serde_json::to_vec(&json!({ "tenant": tenant })).unwrap();
        // As the server writes it: fields in their order, nothing between them.
        let (tenant, board) = (serde_json::to_string(&tenant).unwrap(), serde_json::to_string(board).unwrap());
        format!("{{\"tenant\":{tenant},\"board\":{board}}}").into_bytes()
    }

    fn read(json: &[u8], piece: usize) -> Result<Board, Unreadable> {
        let mut reader = BoardReader::default();
        for piece in json.chunks(piece) {
            reader.read(piece)?;
        }
        reader.finish()
    }

    /// Texts with what has a meaning in JSON.
    fn text() -> impl Strategy<Value = String> {
        let odd = prop_oneof![Just("\"questions\":{"), Just("\\"), Just("\""), Just("{}[]"), Just("\u{1F600}\u{e4}")];
        proptest::collection::vec(prop_oneof![odd.prop_map(str::to_owned), ".{0,6}"], 0..5)
            .prop_map(|parts| parts.concat())
    }

    proptest! {
        /// However it is cut, it is the board that was written.
        #[test]
        fn it_is_the_board_that_was_written(bodies in proptest::collection::vec(text(), 0..8), name in text(), piece in 1_usize..200) {
            let questions = (0..).zip(bodies).map(|(n, body)| {
                let answer = (n % 2 == 0).then(|| Answer { response_text: body.clone(), responded_at: Timestamp(5_000) });
                let tags = (0..n as usize % 3).map(tag).collect();
                pulsestage::question::Question { body, answer, tags, ..question(n, 3) }
            });
            let mut board = board(questions);
            board.teams[0].name = name.clone();
            prop_assert_eq!(read(&answer_of(&board, &name), piece).unwrap(), board);
        }

        /// What is no board is an error and nothing worse.
        #[test]
        fn nothing_that_arrives_panics(json in ".{0,200}", cut in 0_usize..2_000, piece in 1_usize..50) {
            let _ = read(json.as_bytes(), piece);
            let mut whole = answer_of(&board([question(1, 0)]), "A");
            whole.truncate(cut.min(whole.len().saturating_sub(1)));
            prop_assert!(read(&whole, piece).is_err());
        }
    }
}
