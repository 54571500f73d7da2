//! One text is one text however it is spelled, and a name is nobody else's however it looks.

use pulsestage::user::Role;
use serde_json::Value;
use std::sync::Arc;

use crate::http_tenancy::{fields, with};
use crate::stage::{Stage, stories};
use crate::support::{PASSWORD, Plan, Reply, Room, TestServer, assert_refused};

async fn room(stage: &Stage) -> (TestServer, Room) {
    let server = TestServer::on(stage.store.clone(), Plan::default());
    let room = Room::furnish(&server.service, "acme").await;
    (server, room)
}

async fn act(server: &TestServer, cookie: &str, name: &str, form: &[(&str, &str)]) -> Reply {
    let form = [&[("tenant", "acme")], form].concat();
    server.function(name).cookie(cookie).form(&form).send().await
}

async fn settings(server: &TestServer, room: &Room, changes: &[(&'static str, &str)]) {
    let version = server.get("/api/fn/load_settings?tenant=acme").cookie(&room.owner).send().await.json();
    let version = version["version"].to_string();
    let form = with(with(fields(room), &[("settings[version]", &version)]), changes);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let form: Vec<(&str, &str)> = form.into_iter().filter(|(name, _)| name.starts_with("settings")).collect();
    let saved = act(server, &room.owner, "change_settings", &form).await;
    assert_eq!(saved.status, 200, "{}", saved.text());
}

stories!(
    one_name_is_one_team_and_one_tag,
    one_address_is_one_person,
    texts_are_kept_in_one_spelling,
    a_text_that_shows_nothing_is_empty,
    names_of_staff_are_not_free_for_guests,
);

async fn one_name_is_one_team_and_one_tag(stage: Arc<Stage>) {
    let (server, room) = room(&stage).await;
    for (name, more) in [("create_team", None), ("create_tag", Some(("color", "#10B981")))] {
        let make = async |text: &str| {
            let form: Vec<(&str, &str)> = [Some(("name", text)), more].into_iter().flatten().collect();
            act(&server, &room.owner, name, &form).await
        };
        let made = make("Zu\u{308}rich").await;
        assert_eq!((made.status.as_u16(), made.json()["name"].as_str()), (200, Some("Zürich")), "{}", made.text());
        for other in ["Zürich", "ZÜRICH", "Zu\u{308}rich", "Ｚürich", " Zürich\u{A0}"] {
            assert_refused(other, &make(other).await, 409, "name_taken");
        }
        for hidden in ["Zü\u{200B}rich", "Zürich\u{202E}", "\u{2066}Zürich\u{2069}", "Zür\u{AD}ich", "Zürich\u{E0041}"]
        {
            assert_refused(hidden, &make(hidden).await, 422, "invalid");
        }
    }
}

async fn one_address_is_one_person(stage: Arc<Stage>) {
    let (server, room) = room(&stage).await;
    let invite = async |email: &str| {
        act(&server, &room.owner, "invite_person", &[("name", "Jörg"), ("email", email), ("role", "member")]).await
    };
    assert_eq!(invite("jorg@bu\u{308}cher.example").await.status, 200);
    for same in
        ["jorg@bücher.example", "jorg@xn--bcher-kva.example", "JORG@BÜCHER.EXAMPLE", "jorg@XN--BCHER-KVA.example"]
    {
        assert_refused(same, &invite(same).await, 409, "email_taken");
        let table = format!("name,email\nJörg,{same}\n");
        let read = act(&server, &room.owner, "import_people", &[("table", &table), ("mode", "try")]).await;
        assert_eq!(read.json()["rows"][0]["fate"], "here", "{same}: {}", read.text());
    }
    let both = "name,email\nAnn,ann@münchen.example\nAnn,ann@xn--mnchen-3ya.example\n";
    let read = act(&server, &room.owner, "import_people", &[("table", both), ("mode", "try")]).await.json();
    assert_eq!(read["added"], 1, "{read}");
    // They come in by either spelling, and are found by either form of a letter.
    server.person_with_password(&room, "eve@bücher.example", Role::Member).await;
    for typed in ["eve@xn--bcher-kva.example", "eve@bu\u{308}cher.example"] {
        server.post("/t/acme/sign-in", &[("email", typed), ("password", PASSWORD)]).send().await.came_in();
    }
    for typed in ["jo%CC%88rg", "J%C3%96RG", "b%C3%BCcher"] {
        let found =
            server.get(&format!("/api/fn/load_people?tenant=acme&text={typed}")).cookie(&room.owner).send().await;
        assert!(found.text().contains("jorg@bücher.example"), "{typed}: {}", found.text());
    }
}

async fn texts_are_kept_in_one_spelling(stage: Arc<Stage>) {
    let (server, room) = room(&stage).await;
    settings(&server, &room, &[("settings[words]", "Cafe\u{301}"), ("settings[languages]", "Franc\u{327}ais")]).await;
    let kept = server.get("/api/fn/load_settings?tenant=acme").cookie(&room.owner).send().await;
    assert!(kept.text().contains("\"café\"") && kept.text().contains("\"Français\""), "{}", kept.text());
    let team = room.team.id.to_string();
    let asker = server.participant(5);
    for spelled in ["When is the café open?", "When is the cafe\u{301} open?", "When is the ca\u{200B}fé open?"] {
        let asked = act(&server, &asker, "ask", &[("team", &team), ("question", spelled)]).await.json();
        assert_eq!(asked["body"], "When is the café open?");
        assert_eq!(asked["status"], "UNDER_REVIEW", "the filter knows every spelling: {asked}");
    }
    let asked = act(
        &server,
        &asker,
        "ask",
        &[("team", &team), ("question", "Is it evil\u{202E}txt.exe\u{202C}? می\u{200C}خواهم 👩\u{200D}🚀")],
    )
    .await;
    assert_eq!(asked.json()["body"], "Is it eviltxt.exe? می\u{200C}خواهم 👩\u{200D}🚀");
    let question = room.open.id.to_string();
    let page = format!("/t/acme/mine/{question}");
    let own = server.participant(crate::support::ASKER);
    server.request(axum::http::Method::POST, &page).cookie(&own).form(&[("text", "Cafe\u{301}\u{202E}!")]).send().await;
    let thread =
        server.get(&format!("/api/fn/load_thread?tenant=acme&question={question}")).cookie(&room.owner).send().await;
    assert_eq!(thread.json()["messages"][0]["text"], "Café!", "{}", thread.text());
}

async fn a_text_that_shows_nothing_is_empty(stage: Arc<Stage>) {
    let (server, room) = room(&stage).await;
    let (team, question) = (room.team.id.to_string(), room.open.id.to_string());
    for blank in [
        "\u{FFF9}\u{FFFA}\u{FFFB}",
        "\u{1D173}\u{1D174}\u{1D175}",
        "\u{301}\u{302}\u{303}",
        "\u{3164}\u{115F}\u{FFA0}",
        "\u{2800}\u{2800}\u{2800}",
        "\u{A0}\u{2003}\u{3000}\u{200B}",
        "\u{E0041}\u{E0042}\u{E0043}",
        "\u{FE0F}\u{200D}\u{FE0F}",
    ] {
        let case = blank.escape_unicode().to_string();
        for (cookie, name, form) in [
            (&server.participant(5), "ask", vec![("team", &*team), ("question", blank)]),
            (&room.moderator, "answer", vec![("question", &*question), ("answer", blank)]),
            (&room.moderator, "edit", vec![("question", &*question), ("text", blank)]),
            (&room.moderator, "say", vec![("question", &*question), ("text", blank)]),
            (&room.owner, "create_team", vec![("name", blank)]),
            (&room.owner, "create_tag", vec![("name", blank), ("color", "#10B981")]),
            (&room.owner, "rename_self", vec![("name", blank)]),
        ] {
            let reply = act(&server, cookie, name, &form).await;
            assert_refused(&format!("{name} {case}"), &reply, 422, "invalid");
            let problem = &reply.json()["fields"][0]["problem"];
            let says = problem.as_str().or(problem["problem"].as_str());
            assert!(says.is_some_and(|says| says == "empty" || says == "hidden"), "{name} {case}: {problem}");
        }
        // A label that shows nothing is none.
        let labelled =
            act(&server, &room.moderator, "label", &[("question", &question), ("label", blank)]).await.json();
        assert!(labelled["label"].is_null(), "{case}: {labelled}");
    }
}

async fn names_of_staff_are_not_free_for_guests(stage: Arc<Stage>) {
    let (server, room) = room(&stage).await;
    settings(&server, &room, &[("settings[names]", "optional"), ("settings[name]", "Rivermark")]).await;
    act(&server, &room.moderator, "rename_self", &[("name", "Ivo Bill")]).await;
    let team = room.team.id.to_string();
    let ask = async |cookie: &str, name: &str| {
        let cookie = format!("{cookie}; {}", server.participant(77));
        act(
            &server,
            cookie.trim_start_matches("; "),
            "ask",
            &[("team", &team), ("question", "Who is it?"), ("name", name)],
        )
        .await
    };
    for taken in [
        "Ivo Bill",
        "IVO BILL",
        "Ivo  BiII",
        "lvo Bi11",
        "Ιvо Вill",
        "Ivo-Bill",
        "Ívo Bill",
        "Moderator",
        "M0DERAT0R",
        "Mоdеrаtоr",
        "Ｍｏｄｅｒａｔｏｒ",
        "The Moderator",
        "Moderator (Ann)",
        "Admin",
        "Adm1n",
        "Owner",
        "Host",
        "PulseStage",
        "Pu1se Stage",
        "Rivermark",
        "Moderatorin",
        "Administrateur",
        "Модератор",
        "管理员",
    ] {
        let reply = ask("", taken).await;
        assert_refused(taken, &reply, 422, "invalid");
        assert_eq!(reply.json()["fields"][0]["field"], "name", "{taken}");
        assert!(reply.text().contains("reserved"), "{taken}: {}", reply.text());
    }
    for hidden in ["Mod\u{200B}erator", "Ann\u{202E}", "\u{2067}Ann", "Ivo\u{200D} Bill"] {
        assert_refused(hidden, &ask("", hidden).await, 422, "invalid");
    }
    for free in ["Ann", "Ivo", "Bill Ivo", "Ада", "فاطمه\u{200C}زهرا", "Hostetler", "Modesto", ""] {
        let asked = ask("", free).await;
        assert_eq!(asked.status, 200, "{free}: {}", asked.text());
        let kept: Value = asked.json();
        assert_eq!(kept["authorName"].as_str().unwrap_or_default(), free);
    }
    for (cookie, own) in [(&room.moderator, "Ivo Bill"), (&room.moderator, "Moderator"), (&room.owner, "Admin")] {
        assert_eq!(ask(cookie, own).await.status, 200, "{own} of staff");
    }
    assert_refused("another's", &ask(&room.owner, "Ivo Bill").await, 422, "invalid");
}
