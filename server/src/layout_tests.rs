//! The modules at the top of this crate form no circle: each can be read, tried and moved without those above it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Every source file below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The top modules that a source text names by `crate::`, in comments and in `use crate::{a, b}` as well.
fn named(text: &str) -> BTreeSet<String> {
    let name =
        |text: &str| -> String { text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let mut all = BTreeSet::new();
    for rest in text.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(list) => {
                let end = list.find("};").unwrap_or(list.len());
                // What stands in inner braces is not at the top.
                let mut depth = 0;
                let top = list[..end].chars().filter(|c| {
                    depth += i32::from(*c == '{') - i32::from(*c == '}');
                    depth == 0
                });
                all.extend(top.collect::<String>().split(',').map(name));
            }
            None => drop(all.insert(name(rest))),
        }
    }
    all
}

/// Which top modules each top module names.
fn edges() -> BTreeMap<String, BTreeSet<String>> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    files(&src, &mut sources);
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in sources {
        let top = path.strip_prefix(&src).unwrap().iter().next().unwrap().to_str().unwrap();
        let module = top.trim_end_matches(".rs").trim_end_matches("_tests").to_owned();
        edges.entry(module).or_default().extend(named(&fs::read_to_string(&path).unwrap()));
    }
    let all: BTreeSet<String> = edges.keys().cloned().collect();
    for (module, named) in &mut edges {
        named.retain(|other| other != module && all.contains(other));
    }
    edges
}

/// A circle among these modules, if there is one: the modules in the order in which they name each other.
fn circle(edges: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    /// Follows the edges from the last module of `way`; `done` are those that lead to no circle.
    fn follow(
        edges: &BTreeMap<String, BTreeSet<String>>,
        way: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> Option<Vec<String>> {
        let last = way.last()?.clone();
        for next in edges.get(&last).into_iter().flatten() {
            if let Some(at) = way.iter().position(|module| module == next) {
                return Some(way[at..].iter().chain([next]).cloned().collect());
            }
            if !done.contains(next) {
                way.push(next.clone());
                if let Some(found) = follow(edges, way, done) {
                    return Some(found);
                }
                way.pop();
            }
        }
        done.insert(last);
        None
    }
    let mut done = BTreeSet::new();
    edges.keys().find_map(|module| follow(edges, &mut vec![module.clone()], &mut done))
}

#[test]
fn the_top_modules_form_no_circle() {
    let edges = edges();
    assert!(edges.len() > 20 && edges["http"].contains("state"), "the sources were read: {edges:?}");
    assert_eq!(circle(&edges), None);
}

#[test]
fn a_circle_is_found() {
    let edges = |pairs: &[(&str, &str)]| {
        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in pairs {
            edges.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        edges
    };
    assert_eq!(circle(&edges(&[("a", "b"), ("b", "c"), ("a", "c")])), None);
    assert_eq!(circle(&edges(&[("a", "b"), ("b", "c"), ("c", "b")])).unwrap(), ["b", "c", "b"]);
    let text = "use crate::http::sse;\nuse crate::{install, store::{self, open}, accept};\nlet x = crate::bus::new();";
    let named: Vec<String> = named(text).into_iter().collect();
    assert_eq!(named, ["accept", "bus", "http", "install", "store"]);
}

#[test]
fn the_use_cases_get_their_ports_in_one_place() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    files(&src, &mut sources);
    let makes = |path: &&PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        text.match_indices("Service::new(").any(|(at, _)| !text[..at].ends_with(char::is_alphanumeric))
    };
    let makers: Vec<_> = sources.iter().filter(makes).filter(|path| !path.ends_with("layout_tests.rs")).collect();
    assert_eq!(makers, [&src.join("compose.rs")]);
}
