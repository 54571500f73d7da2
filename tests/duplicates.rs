//! How many questions that are asked a second time are recognised, in twelve languages.
//!
//! Each file of `duplicates/` is a board: a line is a question, and behind a tab the same as somebody else asked it. Lines
//! without a tab are there to be mistaken for others. The weights of the search were chosen on the first, third, fifth ..
//! pair; the others were kept aside, and both are told apart here. `cargo test --test duplicates -- --nocapture` prints it.

#[path = "duplicates/corpus.rs"]
mod corpus;

use corpus::{LANGUAGES, Pair, index_of, read};
use pulsestage::id::QuestionId;
use pulsestage::search::SearchIndex;

/// The first so many hundredths of a text, as it stands while it is typed.
fn typed(text: &str, percent: usize) -> String {
    let length = text.chars().count();
    text.chars().take((length * percent).div_ceil(100)).collect()
}

/// Whether the question is among the first three for this part of how it is asked again.
fn is_found(index: &SearchIndex, (question, again): &Pair, percent: usize) -> bool {
    let similar = index.similar(&typed(again, percent), 3, &|_| true);
    similar.iter().any(|similar| similar.question == *question)
}

/// Hundredths of these pairs that are recognised.
fn recall<'a>(index: &SearchIndex, pairs: impl Iterator<Item = &'a Pair> + Clone, percent: usize) -> f64 {
    let found = pairs.clone().filter(|pair| is_found(index, pair, percent)).count();
    100.0 * found as f64 / pairs.count() as f64
}

/// Of all pairs, of those that the weights were chosen on, and of those kept aside.
fn told(index: &SearchIndex, pairs: &[Pair], percent: usize) -> [f64; 3] {
    let chosen_on = pairs.iter().step_by(2);
    let kept_aside = pairs.iter().skip(1).step_by(2);
    [recall(index, pairs.iter(), percent), recall(index, chosen_on, percent), recall(index, kept_aside, percent)]
}

#[test]
fn a_question_that_is_asked_again_is_recognised() {
    let mut sums = [[0.0_f64; 3]; 2];
    println!("{:<12} {:>5}   {:^24}   {:^24}", "language", "pairs", "all typed", "60 % typed");
    println!(
        "{:<12} {:>5}   {:>7} {:>7} {:>8}   {:>7} {:>7} {:>8}",
        "", "", "all", "tuned", "held out", "all", "tuned", "held out"
    );
    for (language, file) in LANGUAGES {
        let (questions, pairs) = read(file, 0);
        assert!(pairs.len() >= 30 && questions.len() > pairs.len(), "{language}");
        let index = index_of(&questions);
        let [whole, part] = [100, 60].map(|percent| told(&index, &pairs, percent));
        println!(
            "{language:<12} {:>5}   {:>7.1} {:>7.1} {:>8.1}   {:>7.1} {:>7.1} {:>8.1}",
            pairs.len(),
            whole[0],
            whole[1],
            whole[2],
            part[0],
            part[1],
            part[2]
        );
        if std::env::var_os("MISSES").is_some() {
            for (percent, pair) in
                [100, 60].into_iter().flat_map(|percent| pairs.iter().map(move |pair| (percent, pair)))
            {
                if !is_found(&index, pair, percent) {
                    let text =
                        |id: QuestionId| questions.iter().find(|(it, _)| *it == id).map_or("", |(_, text)| *text);
                    println!("  {percent}% {:?} of {:?}", typed(pair.1, percent), text(pair.0));
                    for similar in index.similar(&typed(pair.1, percent), 3, &|_| true) {
                        println!("       {:.2} {}", similar.likeness, text(similar.question));
                    }
                }
            }
        }
        for (sum, told) in sums.iter_mut().zip([whole, part]) {
            for (sum, told) in sum.iter_mut().zip(told) {
                *sum += told / LANGUAGES.len() as f64;
            }
        }
        assert!(whole[0] >= 88.0 && part[0] >= 75.0, "{language}: {whole:?} {part:?}");
    }
    let [whole, part] = sums;
    println!(
        "{:<12} {:>5}   {:>7.1} {:>7.1} {:>8.1}   {:>7.1} {:>7.1} {:>8.1}",
        "mean", "", whole[0], whole[1], whole[2], part[0], part[1], part[2]
    );
    assert!(whole[0] >= 95.0 && part[0] >= 85.0, "{whole:?} {part:?}");
    assert!(whole[2] >= 95.0 && part[2] >= 85.0, "kept aside: {whole:?} {part:?}");
}

/// A company asks in many languages on one board: what is rare there is another thing than in one language.
#[test]
fn a_question_is_recognised_among_those_of_other_languages() {
    let (mut questions, mut pairs) = (Vec::new(), Vec::new());
    for (_, file) in LANGUAGES {
        let (more, again) = read(file, questions.len());
        questions.extend(more);
        pairs.extend(again);
    }
    let index = index_of(&questions);
    let [whole, part] = [100, 60].map(|percent| recall(&index, pairs.iter(), percent));
    println!("one board of {} questions in all languages: {whole:.1} {part:.1}", questions.len());
    assert!(whole >= 93.0 && part >= 80.0, "{whole} {part}");
}

/// The first questions of an event: nothing is rare yet.
#[test]
fn a_question_is_recognised_on_a_small_board() {
    let (mut found, mut all) = ([0, 0], 0);
    for (_, file) in LANGUAGES {
        let (questions, pairs) = read(file, 0);
        for (questions, pairs) in questions.chunks(8).zip(pairs.chunks(8)) {
            let index = index_of(questions);
            all += pairs.len();
            for (found, percent) in found.iter_mut().zip([100, 60]) {
                *found += pairs.iter().filter(|pair| is_found(&index, pair, percent)).count();
            }
        }
    }
    let [whole, part] = found.map(|found| 100.0 * f64::from(found as u32) / f64::from(all as u32));
    println!("boards of eight questions: {whole:.1} {part:.1}");
    assert!(whole >= 97.0 && part >= 90.0, "{whole} {part}");
}

/// What nobody has asked yet is not told to be like anything, or hardly.
#[test]
fn a_new_question_is_like_none() {
    let (mut told, mut all) = (0, 0);
    for (_, file) in LANGUAGES {
        let (questions, pairs) = read(file, 0);
        for (question, again) in &pairs {
            let others: Vec<_> = questions.iter().copied().filter(|(id, _)| id != question).collect();
            let similar = index_of(&others).similar(again, 3, &|_| true);
            told += similar.len();
            all += 1;
        }
    }
    let mean = f64::from(told as u32) / f64::from(all);
    println!("told to whoever asks something new: {mean:.2} questions of three");
    assert!(mean < 1.8, "{mean}");
}
