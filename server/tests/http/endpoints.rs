//! Every server function there is, and a call of each that would succeed.

use axum::http::Method;
use std::collections::BTreeSet;

use crate::http_tenancy::RUNNING;
use crate::support::{ASKER, Call, Room, TestServer};

/// Who may call a server function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FunctionCaller {
    /// Whoever has a participant's cookie.
    Participant,
    /// Whoever asked the questions of the room.
    Asker,
    /// A moderator.
    Moderator,
    /// Whoever runs the tenant.
    Owner,
}

/// A server function that changes something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Endpoint {
    pub(crate) name: &'static str,
    pub(crate) caller: FunctionCaller,
    /// Its fields beside `tenant` and `op`.
    pub(crate) fields: &'static [Field],
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Team,
    Question,
    Tag,
    Up,
    /// Free text of this name, with the fewest and the most characters.
    Text(&'static str, usize, usize),
    Color,
    /// Another question than `Question`.
    Into,
    /// A question that no other call needs.
    Spare,
    /// A word of this name.
    Word(&'static str, &'static str),
}

impl Field {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::Question | Self::Spare => "question",
            Self::Tag => "tag",
            Self::Up => "up",
            Self::Text(name, ..) => name,
            Self::Color => "color",
            Self::Into => "into",
            Self::Word(name, _) => name,
        }
    }

    /// What the field refers to in a refusal, when it holds an id.
    pub(crate) const fn noun(self) -> Option<&'static str> {
        match self {
            Self::Team => Some("team"),
            Self::Question | Self::Spare | Self::Into => Some("question"),
            Self::Tag => Some("tag"),
            Self::Up | Self::Text(..) | Self::Color | Self::Word(..) => None,
        }
    }

    /// A value that is good in this room.
    pub(crate) fn good(self, room: &Room) -> String {
        match self {
            Self::Team => room.team.id.to_string(),
            Self::Question => room.open.id.to_string(),
            Self::Into => room.answered.id.to_string(),
            Self::Spare => room.spare.id.to_string(),
            Self::Word(_, word) => word.to_owned(),
            Self::Tag => room.tag.id.to_string(),
            Self::Up => "true".to_owned(),
            Self::Text(name, ..) => format!("A good {name}"),
            Self::Color => "#10B981".to_owned(),
        }
    }
}

/// Every server function that changes something.
pub(crate) const WRITES: [Endpoint; 24] = {
    use Field::{Color, Into, Question, Spare, Tag, Team, Text, Up, Word};
    use FunctionCaller::{Asker, Moderator, Owner, Participant};
    const fn of(name: &'static str, caller: FunctionCaller, fields: &'static [Field]) -> Endpoint {
        Endpoint { name, caller, fields }
    }
    [
        of("ask", Participant, &[Team, Text("question", 3, 500)]),
        of("set_vote", Participant, &[Question, Up]),
        of("star", Moderator, &[Question, Word("on", "true")]),
        of("label", Moderator, &[Question, Word("label", "A good label")]),
        of("draft", Moderator, &[Question, Word("text", "A good draft")]),
        of("claim", Moderator, &[Question, Word("on", "true")]),
        of("say", Moderator, &[Question, Text("text", 1, 1_000)]),
        of("report", Participant, &[Question, Word("reason", "A good reason")]),
        of("merge", Moderator, &[Question, Into]),
        of("split", Moderator, &[Question]),
        of("decline", Moderator, &[Question, Word("reason", "A good reason")]),
        of("decide", Moderator, &[Question, Word("decision", "restore")]),
        of("edit", Moderator, &[Question, Text("text", 3, 500)]),
        of("edit_own", Asker, &[Question, Text("text", 3, 500)]),
        of("withdraw_own", Asker, &[Spare]),
        of("answer", Moderator, &[Question, Text("answer", 1, 10_000)]),
        of("tag", Moderator, &[Question, Tag]),
        of("untag", Moderator, &[Question, Tag]),
        of("pin", Moderator, &[Question]),
        of("unpin", Moderator, &[Question]),
        of("freeze", Moderator, &[Question]),
        of("unfreeze", Moderator, &[Question]),
        of("create_team", Owner, &[Text("name", 1, 60)]),
        of("create_tag", Moderator, &[Text("name", 1, 60), Color]),
    ]
};

/// Server functions that change people.
const PEOPLE: [&str; 10] = [
    "invite_person",
    "invite_again",
    "set_role",
    "set_team_role",
    "set_active",
    "change_person",
    "import_people",
    "revoke_session",
    "revoke_sessions",
    "rename_self",
];

impl Endpoint {
    /// The cookie of somebody who may.
    pub(crate) fn cookie(&self, server: &TestServer, room: &Room) -> String {
        match self.caller {
            FunctionCaller::Participant => server.participant(77),
            FunctionCaller::Asker => server.participant(ASKER),
            FunctionCaller::Moderator => room.moderator.clone(),
            FunctionCaller::Owner => room.owner.clone(),
        }
    }

    /// All fields of a call that would succeed.
    pub(crate) fn form(&self, room: &Room) -> Vec<(&'static str, String)> {
        let own = self.fields.iter().map(|field| (field.name(), field.good(room)));
        [("tenant", room.slug.clone())].into_iter().chain(own).collect()
    }

    /// A call with these fields by somebody who may.
    pub(crate) fn call(&self, server: &TestServer, room: &Room, form: &[(&'static str, String)]) -> Call {
        self.as_nobody(server, form).cookie(&self.cookie(server, room))
    }

    /// A call with these fields and no cookie.
    pub(crate) fn as_nobody(&self, server: &TestServer, form: &[(&'static str, String)]) -> Call {
        let fields: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        server.function(self.name).form(&fields)
    }
}

/// A form with one field's value replaced.
pub(crate) fn with(form: &[(&'static str, String)], name: &str, value: &str) -> Vec<(&'static str, String)> {
    assert!(form.iter().any(|(field, _)| *field == name));
    form.iter().map(|(field, good)| (*field, if *field == name { value.to_owned() } else { good.clone() })).collect()
}

/// A form with one field more.
pub(crate) fn and(form: &[(&'static str, String)], name: &'static str, value: &str) -> Vec<(&'static str, String)> {
    form.iter().cloned().chain([(name, value.to_owned())]).collect()
}

#[test]
fn the_table_has_every_server_function() {
    let registered: BTreeSet<(String, String)> = leptos::server_fn::axum::server_fn_paths()
        .map(|(path, method)| (path.to_owned(), method.to_string()))
        .collect();
    let writes = WRITES.iter().map(|endpoint| (format!("/api/fn/{}", endpoint.name), Method::POST.to_string()));
    // One call of it is many writes, each with an answer of its own: `http_moderation` has it.
    let bulk = [("/api/fn/decide_all".to_owned(), Method::POST.to_string())];
    // What runs a tenant changes what every other call stands on: `http_tenancy` has all of it.
    let running = RUNNING.map(|(name, _)| (format!("/api/fn/{name}"), Method::POST.to_string()));
    // They change people, of whom a room has none to spare: `http_people` calls them as every role and as nobody.
    let people = PEOPLE.map(|name| (format!("/api/fn/{name}"), Method::POST.to_string()));
    let reads = [
        "load_board",
        "load_health",
        "load_people",
        "load_sessions",
        "cases",
        "load_review",
        "load_case",
        "load_thread",
        "own_questions",
        "load_settings",
        "load_retention",
        "load_teams",
        "load_tags",
        "load_tenants",
        "load_audit",
        "load_history",
        "load_statistics",
        "load_export",
        "find",
        "similar_to",
    ]
    .map(|name| (format!("/api/fn/{name}"), Method::GET.to_string()));
    let similar = [("/api/similar".to_owned(), Method::GET.to_string())];
    assert_eq!(
        registered,
        similar.into_iter().chain(writes).chain(bulk).chain(running).chain(people).chain(reads).collect()
    );
}

#[tokio::test]
async fn a_good_call_of_each_succeeds() {
    let (server, default, acme) = TestServer::new(crate::support::Plan::default()).await;
    for endpoint in WRITES {
        for room in [&default, &acme] {
            let reply = endpoint.call(&server, room, &endpoint.form(room)).send().await;
            assert_eq!(reply.status, 200, "{}: {}", endpoint.name, reply.text());
            assert_eq!(reply.header("content-type"), "application/json", "{}", endpoint.name);
        }
    }
    let reply = server.get("/api/fn/load_board?tenant=acme").send().await;
    assert_eq!(reply.json()["tenant"]["slug"], "acme");
    assert_eq!(server.get("/api/fn/load_board").send().await.json()["tenant"]["slug"], "default");
}
