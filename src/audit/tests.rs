use proptest::prelude::*;
use uuid::Uuid;

use super::detail::TEXT_MAX;
use super::*;
use crate::error::Refusal;
use crate::time::Timestamp;

#[test]
fn acts_have_words_of_their_own() {
    assert_eq!(Act::SetTeamState.word(), "set_team_state");
    assert_eq!(Act::Pin.word(), "pin");
    assert_eq!(refused_word(Action::SeeHealth), "see_health");
    let words: std::collections::HashSet<String> = Act::ALL.iter().map(|act| act.word()).collect();
    assert_eq!(words.len(), Act::ALL.len());
    assert!(super::words().windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn an_entry_keeps_what_it_was_given_in_order() {
    let team = TeamId(Uuid::from_u128(1));
    let entry = Entry::of(UserId(Uuid::from_u128(2)), Act::EditTeam)
        .team(team)
        .subject(team)
        .change("name", "Ops", "Operations")
        .before("code", None::<&str>)
        .after("open", true);
    let json = |details: &Details| serde_json::to_string(details).unwrap();
    assert_eq!(json(&entry.before), r#"{"name":"Ops","code":null}"#);
    assert_eq!(json(&entry.after), r#"{"name":"Operations","open":true}"#);
    assert_eq!((entry.action.as_str(), entry.outcome), ("edit_team", Outcome::Done));
}

#[test]
fn a_long_text_is_cut_between_characters() {
    let Detail::Text(kept) = Detail::from("é".repeat(TEXT_MAX + 1)) else { panic!("a text") };
    assert_eq!(kept.chars().count(), TEXT_MAX + 1);
    assert!(kept.ends_with('…'));
    assert_eq!(Detail::from("é".repeat(TEXT_MAX)), Detail::Text("é".repeat(TEXT_MAX)));
}

#[test]
fn a_query_is_read_or_refused_by_its_field() {
    let query = Query { action: "pin".to_owned(), outcome: "refused".to_owned(), ..Query::default() };
    let (filter, before) = query.parse().unwrap();
    assert_eq!((filter.action.as_deref(), filter.outcome), (Some("pin"), Some(Outcome::Refused)));
    assert_eq!(before, PageCursor::NEWEST);
    for (field, query) in [
        ("by", Query { by: "me".to_owned(), ..Query::default() }),
        ("action", Query { action: "' or 1=1".to_owned(), ..Query::default() }),
        ("outcome", Query { outcome: "maybe".to_owned(), ..Query::default() }),
        ("subject", Query { subject: "%".to_owned(), ..Query::default() }),
        ("until", Query { until: "tomorrow".to_owned(), ..Query::default() }),
        ("before", Query { before: "-".to_owned(), ..Query::default() }),
    ] {
        let Err(Refusal::Invalid { fields }) = query.parse() else { panic!("{field} was taken") };
        assert_eq!(fields[0].field, field);
    }
}

proptest! {
    #[test]
    fn a_mark_reads_back_what_it_wrote(at: i64, id: u128) {
        let mark = PageCursor { at: Timestamp(at), id: Uuid::from_u128(id) };
        prop_assert_eq!(mark.to_string().parse(), Ok(mark));
    }

    #[test]
    fn no_text_panics(text in ".*") {
        let _ = text.parse::<PageCursor>();
    }
}
