//! A tenant's settings: they take effect, of two admins the second is told, and hostile ones are refused.

use serde_json::Value;

use crate::http_tenancy::{call, fields, with};
use crate::support::{Plan, TestServer, assert_refused, boards, soon};

#[tokio::test]
async fn settings_take_effect_at_once_and_everybody_is_told() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let mut wire = server.stream("tenantId=acme").await;
    wire.greeting().await;
    let changes = [
        ("settings[asking_open]", "false"),
        ("settings[question_min]", "10"),
        ("settings[accent]", "#1d4ed8"),
        ("settings[votes_per_minute]", "1"),
    ];
    let reply = call(&server, "change_settings", &acme.owner, &with(fields(&acme), &changes)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let told = soon("the fact", wire.message()).await;
    let json: Value = serde_json::from_str(&told.data).unwrap();
    assert_eq!((&json["type"], &json["data"]["settings"]["askingOpen"]), (&"tenant:updated".into(), &false.into()));
    assert_eq!(json["data"]["settings"]["accent"], "#1D4ED8");
    for public in [told.raw.clone(), server.get("/api/fn/load_board?tenant=acme").send().await.text().to_owned()] {
        assert!(!public.contains("secretword") && !public.contains("PerMinute"), "{public}");
    }
    let own = server.get("/api/fn/load_settings?tenant=acme").cookie(&acme.owner).send().await;
    assert!(own.text().contains("secretword"));

    let ask =
        [("tenant", "acme".to_owned()), ("team", acme.team.id.to_string()), ("question", "Is it open still?".into())];
    assert_refused("asking is closed", &call(&server, "ask", "", &ask).await, 409, "asking_closed");
    let vote =
        |up: &str| [("tenant", "acme".to_owned()), ("question", acme.open.id.to_string()), ("up", up.to_owned())];
    assert_eq!(call(&server, "set_vote", "", &vote("true")).await.status, 200);
    assert_refused("one vote a minute", &call(&server, "set_vote", "", &vote("false")).await, 429, "too_many_requests");
    // The page has the accent, and the accent is a sheet of its own.
    let page = server.get("/t/acme").send().await;
    assert!(page.text().contains("href=\"/t/acme/theme.css?v=1D4ED8\""), "{}", page.text());
    for path in ["sign-in", "mine", &format!("report/{}", acme.open.id)] {
        let page = server.get(&format!("/t/acme/{path}")).cookie(&server.participant(1)).send().await;
        assert!(page.text().contains("href=\"/t/acme/theme.css?v=1D4ED8\""), "{path}: {}", page.text());
    }
    assert!(!server.get("/sign-in").send().await.text().contains("theme.css"), "ours is in the common sheet");
    let sheet = server.get("/t/acme/theme.css?v=1D4ED8").send().await;
    assert_eq!(sheet.header("content-type"), "text/css; charset=utf-8");
    assert!(sheet.text().contains("--accent:light-dark(#1D4ED8,"), "{}", sheet.text());
    assert!(server.get("/t/default/theme.css").send().await.body.is_empty());
    assert_eq!(server.get("/t/nope/theme.css").send().await.status, 404);
}

#[tokio::test]
async fn the_second_of_two_admins_is_told() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let save = async |name: &str| {
        call(&server, "change_settings", &acme.owner, &with(fields(&acme), &[("settings[name]", name)])).await
    };
    assert_eq!(save("The first").await.status, 200);
    assert_refused("the second", &save("The second").await, 409, "outdated");
    let board = server.get("/api/fn/load_board?tenant=acme").send().await.json();
    assert_eq!(board["tenant"]["name"], "The first");
}

#[tokio::test]
async fn hostile_settings_are_refused_by_field() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let before = boards(&server, &default, &acme).await;
    for (field, value, status) in [
        ("settings[accent]", "red;}body{display:none", 422),
        ("settings[accent]", "</style><script>alert(1)</script>", 422),
        ("settings[name]", "", 422),
        ("settings[question_max]", "999999", 422),
        ("settings[question_max]", "-1", 400),
        ("settings[question_min]", "x", 400),
        ("settings[names]", "whatever", 400),
        ("settings[guests_allowed]", "perhaps", 400),
        ("settings[votes_per_minute]", "601", 422),
        ("settings[languages]", "a,b,c,d,e,f,g,h,i,j", 422),
        ("settings[version]", "9223372036854775808", 400),
    ] {
        let reply = call(&server, "change_settings", &acme.owner, &with(fields(&acme), &[(field, value)])).await;
        assert_eq!(reply.status, status, "{field}={value}: {}", reply.text());
        assert!(!reply.text().contains("script"), "{}", reply.text());
    }
    for (name, field, value) in
        [("set_team_state", "state", "ajar"), ("change_team", "name", ""), ("change_tag", "color", "red")]
    {
        let reply = call(&server, name, &acme.owner, &with(fields(&acme), &[(field, value)])).await;
        assert_refused(name, &reply, 422, "invalid");
    }
    assert_eq!(boards(&server, &default, &acme).await, before);
}

#[tokio::test]
async fn an_outdated_form_comes_back_and_says_so() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let form = with(fields(&acme), &[("settings[version]", "7")]);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let page = format!("http://{}/t/acme/admin/settings", crate::support::HOST);
    let call = server.function("change_settings").cookie(&acme.owner).wants_page().header("referer", &page).form(&form);
    let shown = call.send().await;
    assert_eq!(shown.status, 409);
    assert!(shown.text().contains("Someone else changed this"), "{}", shown.text());
    assert!(shown.text().contains("secretword"), "what was typed is still there");
}
