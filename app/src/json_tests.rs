use super::*;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// All forms of types that the wire has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sample {
    name: String,
    #[serde(default)]
    count: u32,
    change: i64,
    is_on: bool,
    share: Option<f64>,
    more: Option<Box<Self>>,
    kinds: Vec<Kind>,
    by_name: BTreeMap<String, (u8, i32)>,
    outcome: Result<Id, Reason>,
    nothing: (),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Id(u64);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Plain,
    Named(String),
    Pair(u8, u8),
    Full { at: i64, note: Option<String> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
enum Reason {
    Closed,
    Late { seconds: u32 },
}

fn text() -> impl Strategy<Value = String> {
    let odd = prop_oneof![Just("\"\\/\u{8}\u{c}\n\r\t\u{0}\u{1f}"), Just("{}[],:"), Just("\u{1F600}\u{e4}\u{ffff}")];
    prop::collection::vec(prop_oneof![odd.prop_map(str::to_owned), ".{0,6}"], 0..4).prop_map(|parts| parts.concat())
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Plain),
        text().prop_map(Kind::Named),
        any::<(u8, u8)>().prop_map(|(a, b)| Kind::Pair(a, b)),
        (any::<i64>(), prop::option::of(text())).prop_map(|(at, note)| Kind::Full { at, note }),
    ]
}

fn sample() -> impl Strategy<Value = Sample> {
    let outcome = prop_oneof![
        any::<u64>().prop_map(|id| Ok(Id(id))),
        Just(Err(Reason::Closed)),
        any::<u32>().prop_map(|seconds| Err(Reason::Late { seconds })),
    ];
    let numbers =
        (any::<u32>(), any::<i64>(), any::<bool>(), prop::option::of((-1_000_i32..1_000).prop_map(f64::from)));
    let lists = (prop::collection::vec(kind(), 0..4), prop::collection::btree_map(text(), any::<(u8, i32)>(), 0..4));
    let leaf = (text(), numbers, lists, outcome).prop_map(
        |(name, (count, change, is_on, share), (kinds, by_name), outcome)| Sample {
            name,
            count,
            change,
            is_on,
            share: share.map(|share| share / 8.0),
            more: None,
            kinds,
            by_name,
            outcome,
            nothing: (),
        },
    );
    prop::collection::vec(leaf, 1..4).prop_map(|samples| {
        let chain = samples.into_iter().fold(None, |more, sample| Some(Sample { more: more.map(Box::new), ..sample }));
        chain.unwrap()
    })
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(text(), inner, 0..5).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_serde_json_writes_is_read(sample in sample(), value in value()) {
        prop_assert_eq!(read::<Sample>(&serde_json::to_vec(&sample).unwrap()), Ok(sample.clone()));
        prop_assert_eq!(read::<Sample>(&serde_json::to_vec_pretty(&sample).unwrap()), Ok(sample));
        prop_assert_eq!(read::<Value>(&serde_json::to_vec(&value).unwrap()), Ok(value.clone()));
        prop_assert_eq!(read::<Value>(&serde_json::to_vec_pretty(&value).unwrap()), Ok(value));
    }

    /// What is no JSON for serde_json is none here, and the other way round.
    #[test]
    fn what_is_no_json_is_not_read(
        signs in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"", "\\", "a", "\\n", "\\u00e9", "\\ud83d", "\\ude00", "\\x", "0", "1", "20", "-",
            "+", ".", "e", "E2", "true", "false", "null", " ", "\n", "\t", "\u{1}", "é", "18446744073709551616", "1e400",
        ]), 0..9),
    ) {
        let text = signs.concat();
        let (ours, theirs) = (read::<Value>(text.as_bytes()), serde_json::from_str::<Value>(&text));
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{}", text);
        // Decimals have a test of their own.
        if let (Ok(ours), Ok(theirs)) = (ours, theirs)
            && !text.contains(['.', 'e', 'E'])
            && !text.contains("18446744073709551616")
        {
            prop_assert_eq!(ours, theirs, "{}", text);
        }
    }

    #[test]
    fn half_of_it_is_not_read(sample in sample(), at in 0_usize..400) {
        let json = serde_json::to_vec(&sample).unwrap();
        prop_assert_eq!(read::<Sample>(&json[..at.min(json.len() - 1)]), Err(Unreadable));
    }

    #[test]
    fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = (read::<Value>(&bytes), read::<Sample>(&bytes));
    }

    #[test]
    fn decimals_are_as_near_as_serde_jsons(number in any::<f64>()) {
        prop_assume!(number.is_finite());
        let read = read::<f64>(number.to_string().as_bytes()).unwrap();
        prop_assert!((read - number).abs() <= number.abs() * 1e-12, "{} {}", read, number);
    }
}

#[test]
fn depth_has_an_end() {
    let nested = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat();
    assert!(read::<Value>(nested(100).as_bytes()).is_ok());
    for depth in [128, 300, 100_000] {
        assert_eq!(read::<Value>(nested(depth).as_bytes()), Err(Unreadable), "{depth}");
    }
}

#[test]
fn fields_may_be_missing_where_the_type_says_so_and_unknown_ones_are_passed_over() {
    let mut json = json!({
        "name": "a", "change": -1, "is_on": true, "kinds": [], "by_name": {}, "outcome": {"Ok": 7}, "nothing": null,
        "of a later version": {"x": [1.5, "}", {"y": null}]},
    });
    let read_it = |json: &Value| read::<Sample>(json.to_string().as_bytes());
    let sample = read_it(&json).unwrap();
    assert_eq!((sample.count, sample.share, sample.outcome), (0, None, Ok(Id(7))));
    for (field, wrong) in [("name", json!(1)), ("is_on", json!("true")), ("kinds", json!({})), ("change", json!(1.5))] {
        let right = std::mem::replace(&mut json[field], wrong);
        assert_eq!(read_it(&json), Err(Unreadable), "{field}");
        json[field] = right;
    }
    json.as_object_mut().unwrap().remove("name");
    assert_eq!(read_it(&json), Err(Unreadable));
}
