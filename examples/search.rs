//! What searching a board of 2,000 questions costs, in time and in memory. It fails where a search takes longer than it may,
//! or the index more memory; only a release build says something of the time.
//!
//! ```sh
//! cargo run --release --example search
//! ```

#![expect(clippy::disallowed_methods, reason = "it measures how long a search takes")]

#[path = "../tests/duplicates/corpus.rs"]
mod corpus;

use corpus::{LANGUAGES, created, index_of, read};
use pulsestage::id::QuestionId;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How many questions there are.
const QUESTIONS: usize = 2_000;
/// How often each search is done.
const SEARCHES: usize = 5_000;
/// The most memory that the index may take, in bytes.
const MOST_BYTES: usize = 5_000_000;
/// The longest that 95 of 100 searches may take.
const LONGEST: Duration = Duration::from_millis(1);

fn main() -> ExitCode {
    let (questions, asked) = questions();
    let borrowed: Vec<_> = questions.iter().map(|(id, text)| (*id, text.as_str())).collect();
    let began = Instant::now();
    let mut index = index_of(&borrowed);
    println!("the index, with its board: {:?}, {} bytes", began.elapsed(), index.bytes());
    let similar = measure("similar", &asked, &mut |text| drop(index.similar(text, 3, &|_| true)));
    let word = |text: &str| text.split(' ').next().unwrap_or_default().to_owned();
    let one_word = measure("find, one word", &asked, &mut |text| drop(index.find(&word(text), &|_| true)));
    let all_words = measure("find, all words", &asked, &mut |text| drop(index.find(text, &|_| true)));
    let bytes = index.bytes();
    let mut number = QUESTIONS as u128;
    measure("a further question", &asked, &mut |text| {
        number += 1;
        index.apply(&created(QuestionId(Uuid::from_u128(number)), text));
    });
    let is_quick = [similar, one_word, all_words].iter().all(|p95| *p95 <= LONGEST);
    if is_quick && bytes <= MOST_BYTES {
        return ExitCode::SUCCESS;
    }
    eprintln!("more than {LONGEST:?} for 95 of 100 searches, or {MOST_BYTES} bytes for the index");
    ExitCode::FAILURE
}

/// So many questions in all languages, and how some of them are asked a second time.
fn questions() -> (Vec<(QuestionId, String)>, Vec<&'static str>) {
    let (mut questions, mut asked) = (Vec::new(), Vec::new());
    for round in 0.. {
        for (_, file) in LANGUAGES {
            let (texts, pairs) = read(file, 0);
            asked.extend(pairs.into_iter().map(|(_, again)| again));
            for (_, text) in texts {
                let number = questions.len();
                // Those that come again are to have words that no other has.
                let text = if round == 0 { text.to_owned() } else { format!("{text} Q{round}, area{number}") };
                questions.push((QuestionId(Uuid::from_u128(number as u128)), text));
                if questions.len() == QUESTIONS {
                    return (questions, asked);
                }
            }
        }
    }
    (questions, asked)
}

/// Runs it with one text after the other; the time within which 95 of 100 were done.
fn measure(what: &str, texts: &[&str], run: &mut dyn FnMut(&str)) -> Duration {
    let timed = texts.iter().cycle().take(SEARCHES).map(|text| {
        let began = Instant::now();
        run(text);
        began.elapsed()
    });
    let mut times: Vec<_> = timed.collect();
    times.sort_unstable();
    let of_hundred = |count: usize| times[SEARCHES * count / 100];
    println!("{what}: p50 {:?}, p95 {:?}, p99 {:?}", of_hundred(50), of_hundred(95), of_hundred(99));
    of_hundred(95)
}
