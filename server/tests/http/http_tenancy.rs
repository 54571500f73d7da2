//! Settings, teams, tags, logo and the operator's page, as every role and as nobody.

use axum::http::Method;
use serde_json::Value;

use pulsestage::command::{Ask, SetVote};
use pulsestage::error::Refusal;
use pulsestage::text::Slug;
use pulsestage::user::Role;

use crate::support::{House, Plan, Reply, Room, assert_refused, boards, signed_in, soon};

/// Who may call something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// Admins and owners.
    Admin,
    /// Owners of the default tenant.
    Operator,
}

/// Every server function that runs a tenant or all of them, and who may call it.
pub(crate) const RUNNING: [(&str, By); 12] = [
    ("change_settings", By::Admin),
    ("change_team", By::Admin),
    ("set_team_state", By::Admin),
    ("archive_team", By::Admin),
    ("restore_team", By::Admin),
    ("renew_code", By::Admin),
    ("change_tag", By::Admin),
    ("delete_tag", By::Admin),
    ("create_tenant", By::Operator),
    ("limit_tenant", By::Operator),
    ("archive_tenant", By::Operator),
    ("restore_tenant", By::Operator),
];

/// A tiny picture: what counts is how it begins.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

/// All fields that any of them takes, good in this room.
fn fields(room: &Room) -> Vec<(&'static str, String)> {
    vec![
        ("tenant", room.slug.clone()),
        ("team", room.team.id.to_string()),
        ("tag", room.tag.id.to_string()),
        ("name", format!("Renamed {}", room.slug)),
        ("state", "open".to_owned()),
        ("color", "#10B981".to_owned()),
        ("slug", "made-here".to_owned()),
        ("streams", "5".to_owned()),
        ("settings[version]", "0".to_owned()),
        ("settings[name]", format!("Tenant {}", room.slug)),
        ("settings[question_min]", "3".to_owned()),
        ("settings[question_max]", "500".to_owned()),
        ("settings[guests_allowed]", "true".to_owned()),
        ("settings[asking_open]", "true".to_owned()),
        ("settings[voting_open]", "true".to_owned()),
        ("settings[words]", "secretword".to_owned()),
    ]
}

async fn call(house: &House, name: &str, cookie: &str, form: &[(&str, String)]) -> Reply {
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    house.function(name).cookie(cookie).cookie(&house.participant(5)).form(&form).send().await
}

fn with(mut form: Vec<(&'static str, String)>, changes: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    for (name, value) in changes {
        form.retain(|(field, _)| field != name);
        form.push((name, (*value).to_owned()));
    }
    form
}

#[tokio::test]
async fn what_the_table_forbids_is_refused_and_changes_nothing() {
    let (house, default, acme) = House::new(Plan::default()).await;
    let before = boards(&house, &default, &acme).await;
    for room in [&default, &acme] {
        let slug = Slug::parse(&room.slug).unwrap();
        let mut cookies = vec![(None, String::new())];
        for role in Role::ALL {
            cookies.push((Some(role), signed_in(&house.service, &slug, role).await.0));
        }
        for (name, by) in RUNNING {
            for (role, cookie) in &cookies {
                let may = match by {
                    By::Admin => role.is_some_and(|role| role >= Role::Admin),
                    By::Operator => *role == Some(Role::Owner) && room.slug == "default",
                };
                if may {
                    continue;
                }
                let reply = call(&house, name, cookie, &fields(room)).await;
                let word = if role.is_none_or(|role| role == Role::Guest) { "not_signed_in" } else { "not_allowed" };
                assert_refused(&format!("{name} by {role:?} of {slug}"), &reply, 403, word);
            }
        }
        for (name, least) in
            [("load_settings", Role::Admin), ("load_teams", Role::Admin), ("load_tenants", Role::Owner)]
        {
            for (role, cookie) in &cookies {
                let operates = name != "load_tenants" || room.slug == "default";
                let may = operates && role.is_some_and(|role| role >= least);
                let reply = house.get(&format!("/api/fn/{name}?tenant={slug}")).cookie(cookie).send().await;
                assert_eq!(reply.status, if may { 200 } else { 403 }, "{name} by {role:?} of {slug}: {}", reply.text());
            }
        }
        // The session of one tenant is nobody's in the other.
        let other = if room.slug == "acme" { &default } else { &acme };
        for (name, _) in RUNNING {
            let reply = call(&house, name, &room.owner, &fields(other)).await;
            assert_refused(&format!("{name} across tenants"), &reply, 403, "not_signed_in");
        }
    }
    assert_eq!(boards(&house, &default, &acme).await, before);
    assert_eq!(house.service.tenants().await.unwrap().len(), 2);
}

#[tokio::test]
async fn another_tenants_team_and_tag_are_not_there() {
    let (house, default, acme) = House::new(Plan::default()).await;
    let before = boards(&house, &default, &acme).await;
    let foreign = with(fields(&acme), &[("team", &default.team.id.to_string()), ("tag", &default.tag.id.to_string())]);
    for name in
        ["change_team", "set_team_state", "archive_team", "restore_team", "renew_code", "change_tag", "delete_tag"]
    {
        let reply = call(&house, name, &acme.owner, &with(foreign.clone(), &[("state", "closed")])).await;
        assert_refused(name, &reply, 404, "not_found");
    }
    assert_eq!(boards(&house, &default, &acme).await, before);
}

#[tokio::test]
async fn settings_take_effect_at_once_and_everybody_is_told() {
    let (house, _default, acme) = House::new(Plan::default()).await;
    let mut wire = house.stream("tenantId=acme").await;
    wire.greeting().await;
    let changes = [
        ("settings[asking_open]", "false"),
        ("settings[question_min]", "10"),
        ("settings[accent]", "#1d4ed8"),
        ("settings[votes_per_minute]", "1"),
    ];
    let reply = call(&house, "change_settings", &acme.owner, &with(fields(&acme), &changes)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let told = soon("the fact", wire.message()).await;
    let json: Value = serde_json::from_str(told.data.as_deref().unwrap()).unwrap();
    assert_eq!((&json["type"], &json["data"]["settings"]["askingOpen"]), (&"tenant:updated".into(), &false.into()));
    assert_eq!(json["data"]["settings"]["accent"], "#1D4ED8");
    for public in [told.raw.clone(), house.get("/api/fn/load_board?tenant=acme").send().await.text().to_owned()] {
        assert!(!public.contains("secretword") && !public.contains("PerMinute"), "{public}");
    }
    let own = house.get("/api/fn/load_settings?tenant=acme").cookie(&acme.owner).send().await;
    assert!(own.text().contains("secretword"));

    let ask =
        [("tenant", "acme".to_owned()), ("team", acme.team.id.to_string()), ("question", "Is it open still?".into())];
    assert_refused("asking is closed", &call(&house, "ask", "", &ask).await, 409, "asking_closed");
    let vote =
        |up: &str| [("tenant", "acme".to_owned()), ("question", acme.open.id.to_string()), ("up", up.to_owned())];
    assert_eq!(call(&house, "set_vote", "", &vote("true")).await.status, 200);
    assert_refused("one vote a minute", &call(&house, "set_vote", "", &vote("false")).await, 429, "too_many_requests");
    // The page has the accent, and the accent is a sheet of its own.
    let page = house.get("/t/acme").send().await;
    assert!(page.text().contains("href=\"/t/acme/theme.css?v=1D4ED8\""), "{}", page.text());
    for door in ["sign-in", "mine", &format!("report/{}", acme.open.id)] {
        let page = house.get(&format!("/t/acme/{door}")).cookie(&house.participant(1)).send().await;
        assert!(page.text().contains("href=\"/t/acme/theme.css?v=1D4ED8\""), "{door}: {}", page.text());
    }
    assert!(!house.get("/sign-in").send().await.text().contains("theme.css"), "ours is in the common sheet");
    let sheet = house.get("/t/acme/theme.css?v=1D4ED8").send().await;
    assert_eq!(sheet.header("content-type"), "text/css; charset=utf-8");
    assert!(sheet.text().contains("--accent:light-dark(#1D4ED8,"), "{}", sheet.text());
    assert!(house.get("/t/default/theme.css").send().await.body.is_empty());
    assert_eq!(house.get("/t/nope/theme.css").send().await.status, 404);
}

#[tokio::test]
async fn the_second_of_two_admins_is_told() {
    let (house, _default, acme) = House::new(Plan::default()).await;
    let save = async |name: &str| {
        call(&house, "change_settings", &acme.owner, &with(fields(&acme), &[("settings[name]", name)])).await
    };
    assert_eq!(save("The first").await.status, 200);
    assert_refused("the second", &save("The second").await, 409, "outdated");
    let board = house.get("/api/fn/load_board?tenant=acme").send().await.json();
    assert_eq!(board["tenant"]["name"], "The first");
}

#[tokio::test]
async fn hostile_settings_are_refused_by_field() {
    let (house, default, acme) = House::new(Plan::default()).await;
    let before = boards(&house, &default, &acme).await;
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
        let reply = call(&house, "change_settings", &acme.owner, &with(fields(&acme), &[(field, value)])).await;
        assert_eq!(reply.status, status, "{field}={value}: {}", reply.text());
        assert!(!reply.text().contains("script"), "{}", reply.text());
    }
    for (name, field, value) in
        [("set_team_state", "state", "ajar"), ("change_team", "name", ""), ("change_tag", "color", "red")]
    {
        let reply = call(&house, name, &acme.owner, &with(fields(&acme), &[(field, value)])).await;
        assert_refused(name, &reply, 422, "invalid");
    }
    assert_eq!(boards(&house, &default, &acme).await, before);
}

#[tokio::test]
async fn a_closed_team_says_so_and_an_archived_one_is_gone() {
    let (house, _default, acme) = House::new(Plan::default()).await;
    let ask = async || {
        let ask = Ask { team: acme.team.id, body: "Is anybody there?".to_owned(), name: None };
        house.service.ask(&house.service.enter("acme", &caller()).await.unwrap(), None, ask).await.map(drop)
    };
    let vote = async || {
        let visit = house.service.enter("acme", &caller()).await.unwrap();
        house.service.set_vote(&visit, None, SetVote { question: acme.open.id, up: true }).await.map(drop)
    };
    let set = async |state: &str| {
        let reply = call(&house, "set_team_state", &acme.owner, &with(fields(&acme), &[("state", state)])).await;
        assert_eq!(reply.json()["state"], state);
    };
    set("voting").await;
    assert_eq!((ask().await, vote().await), (Err(Refusal::AskingClosed), Ok(())));
    set("closed").await;
    assert_eq!((ask().await, vote().await), (Err(Refusal::TeamClosed), Err(Refusal::TeamClosed)));
    assert_eq!(call(&house, "archive_team", &acme.owner, &fields(&acme)).await.status, 200);
    let page = house.get("/t/acme").send().await;
    assert!(!page.text().contains("The open question of acme"), "its questions are gone with it");
    assert_eq!(call(&house, "restore_team", &acme.owner, &fields(&acme)).await.status, 200);
    assert!(house.get("/t/acme").send().await.text().contains("The open question of acme"));
}

fn caller() -> pulsestage::service::Caller {
    pulsestage::service::Caller { device: Some(uuid::Uuid::from_u128(9)), ..Default::default() }
}

#[tokio::test]
async fn a_team_without_guests_is_not_there_for_them() {
    let (house, _default, acme) = House::new(Plan::default()).await;
    let mut early = house.stream("tenantId=acme").await;
    early.greeting().await;
    let closed = with(fields(&acme), &[("guests", "no"), ("name", "Inner circle")]);
    assert_eq!(call(&house, "change_team", &acme.owner, &closed).await.status, 200);
    let board = house.get("/api/fn/load_board?tenant=acme").send().await;
    assert!(!board.text().contains("Inner circle") && !board.text().contains("The open question of acme"));
    assert!(board.text().contains("People acme"), "the other team is there");
    let own = house.get("/api/fn/load_board?tenant=acme").cookie(&acme.moderator).send().await;
    assert!(own.text().contains("Inner circle") && own.text().contains("The open question of acme"));
    // Whoever was watching is sent away, to come back to what they may see.
    soon("the stream of a guest to end", early.rest()).await;
    // Nor by id, nor on the stream.
    let vote = [("tenant", "acme".to_owned()), ("question", acme.open.id.to_string()), ("up", "true".to_owned())];
    assert_refused("a vote", &call(&house, "set_vote", "", &vote).await, 403, "not_signed_in");
    let ask =
        [("tenant", "acme".to_owned()), ("team", acme.team.id.to_string()), ("question", "May I come in?".into())];
    assert_refused("a question", &call(&house, "ask", "", &ask).await, 403, "not_signed_in");
    let mut wire = house.stream("tenantId=acme").await;
    wire.greeting().await;
    let inner = Ask { team: acme.team.id, body: "Only among us".to_owned(), name: None };
    house.service.ask(&acme.visit, None, inner).await.unwrap();
    let outer = Ask { team: acme.other_team.id, body: "For everybody".to_owned(), name: None };
    house.service.ask(&acme.visit, None, outer).await.unwrap();
    let told = loop {
        let message = soon("a fact", wire.message()).await;
        assert!(!message.raw.contains("Only among us"), "{}", message.raw);
        if message.data.is_some() {
            break message;
        }
    };
    assert!(told.raw.contains("For everybody"));
    // A tenant without guests, with one team that takes them.
    let shut = with(fields(&acme), &[("settings[guests_allowed]", "false")]);
    assert_eq!(call(&house, "change_settings", &acme.owner, &shut).await.status, 200);
    let closed = house.get("/t/acme?team=people").send().await;
    assert_eq!(
        (closed.status.as_u16(), closed.header("location")),
        (303, "/t/acme/sign-in?to=%2Ft%2Facme%3Fteam%3Dpeople")
    );
    let open = with(fields(&acme), &[("guests", "yes"), ("name", "Open doors")]);
    assert_eq!(call(&house, "change_team", &acme.owner, &open).await.status, 200);
    let board = house.get("/api/fn/load_board?tenant=acme").send().await;
    assert!(board.text().contains("Open doors") && !board.text().contains("People acme"), "{}", board.text());
    assert_eq!(call(&house, "set_vote", "", &vote).await.status, 200);
    // Nor is a guest of that one team told of another that is made, now or when they come back.
    let mut wire = house.stream("tenantId=acme").await;
    let start = wire.greeting().await;
    house.service.create_team(&acme.visit, None, "Merger committee").await.unwrap();
    let asked = Ask { team: acme.team.id, body: "After the committee".to_owned(), name: None };
    house.service.ask(&acme.visit, None, asked).await.unwrap();
    let mut again = house.stream(&format!("tenantId=acme&last_event_id={start}")).await;
    again.greeting().await;
    for wire in [&mut wire, &mut again] {
        loop {
            let message = soon("a fact", wire.message()).await;
            assert!(!message.raw.contains("Merger committee"), "{}", message.raw);
            if message.raw.contains("After the committee") {
                break;
            }
        }
    }
}

#[tokio::test]
async fn the_operator_makes_limits_and_archives() {
    let (house, default, _acme) = House::new(Plan::default()).await;
    let operate = async |name: &str, changes: &[(&'static str, &str)]| {
        call(&house, name, &default.owner, &with(fields(&default), changes)).await
    };
    let made = operate("create_tenant", &[("slug", "fresh"), ("name", "Fresh")]).await;
    assert_eq!(made.status, 200);
    let made = made.json();
    let link = made["link"].as_str().unwrap();
    let path = &link[link.find("/sign-in/").unwrap()..];
    let first = house.get(path).send().await;
    let (owner, place) = first.came_in();
    assert_eq!(house.get("/t/fresh/admin/people").cookie(&owner).send().await.status, 200, "an owner");
    assert_eq!(place, "/t/fresh/admin");
    assert!(house.get(path).send().await.is_closed(), "once");
    assert_refused("twice", &operate("create_tenant", &[("slug", "fresh")]).await, 409, "name_taken");
    assert_refused("no slug", &operate("create_tenant", &[("slug", "Not one")]).await, 422, "invalid");
    assert_eq!(house.get("/t/fresh").send().await.status, 200);

    assert_eq!(operate("limit_tenant", &[("slug", "acme"), ("streams", "1"), ("questions", "")]).await.status, 200);
    let mut first = house.stream("tenantId=acme").await;
    first.greeting().await;
    let full = house.get("/sse?tenantId=acme").send().await;
    assert_eq!(full.status, 200, "a stream is never refused");
    assert!(full.text().starts_with("retry: "), "it ends at once: {}", full.text());
    assert_refused(
        "no number",
        &operate("limit_tenant", &[("slug", "acme"), ("people", "many")]).await,
        422,
        "invalid",
    );

    assert_eq!(operate("archive_tenant", &[("slug", "acme")]).await.status, 200);
    for path in
        ["/t/acme", "/t/acme/admin", "/sse?tenantId=acme", "/api/fn/load_board?tenant=acme", "/t/acme/theme.css"]
    {
        assert_eq!(house.get(path).send().await.status, 404, "{path}");
    }
    assert_eq!(operate("restore_tenant", &[("slug", "acme")]).await.status, 200);
    assert_eq!(house.get("/t/acme").send().await.status, 200);
    assert_refused("its own", &operate("archive_tenant", &[("slug", "default")]).await, 403, "not_allowed");
    assert_refused("none", &operate("archive_tenant", &[("slug", "nope")]).await, 404, "not_found");
    let listed = house.get("/api/fn/load_tenants").cookie(&default.owner).send().await.json();
    assert_eq!(listed["tenants"].as_array().unwrap().len(), 3);
    assert_eq!(house.get("/operator").send().await.header("location"), "/admin/operator");
}

/// Sends a logo as browsers send a form with a file in it.
async fn upload(house: &House, cookie: &str, name: &str, bytes: &[u8]) -> Reply {
    let mut body = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"x.svg\"\r\nContent-Type: image/svg+xml\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    let call = house.request(Method::POST, "/t/acme/logo").cookie(cookie);
    call.raw("multipart/form-data; boundary=edge", body).send().await
}

#[tokio::test]
async fn a_logo_is_a_small_picture_and_nothing_else() {
    let (house, default, acme) = House::new(Plan::default()).await;
    assert_eq!(house.get("/t/acme/logo").send().await.status, 404);
    for cookie in ["", acme.moderator.as_str(), default.owner.as_str()] {
        assert_eq!(upload(&house, cookie, "logo", PNG).await.status, 403);
    }
    for bad in [b"<svg onload=alert(1)>".as_slice(), b"<script>alert(1)</script>", b"GIF89a", b"MZ"] {
        assert_refused("no picture", &upload(&house, &acme.owner, "logo", bad).await, 415, "no_picture");
    }
    let large = [PNG, &vec![0; 65 * 1024]].concat();
    assert_refused("too large", &upload(&house, &acme.owner, "logo", &large).await, 413, "too_large");
    let huge = [PNG, &vec![0; 1 << 20]].concat();
    assert_eq!(upload(&house, &acme.owner, "logo", &huge).await.status, 413);
    let plain = house.request(Method::POST, "/t/acme/logo").cookie(&acme.owner).form(&[("logo", "x")]).send().await;
    assert_eq!(plain.status, 415);
    let foreign =
        house.request(Method::POST, "/t/acme/logo").cookie(&acme.owner).header("origin", "https://evil.example");
    assert_eq!(foreign.raw("multipart/form-data; boundary=edge", vec![]).send().await.status, 403);
    assert_eq!(house.get("/t/acme/logo").send().await.status, 404, "nothing of all that was kept");

    // A browser gets its page back, with what was wrong on it.
    let call = house.request(Method::POST, "/t/acme/logo").cookie(&acme.owner).wants_page();
    let none = b"--edge\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"x\"\r\n\r\nGIF89a\r\n--edge--\r\n"
        .to_vec();
    let refused = call.raw("multipart/form-data; boundary=edge", none).send().await;
    assert_eq!(refused.status, 303);
    let page = house.get(refused.header("location")).cookie(&acme.owner).send().await;
    assert!(page.text().contains("That was not saved."), "{}", refused.header("location"));

    let put = upload(&house, &acme.owner, "logo", PNG).await;
    assert_eq!((put.status.as_u16(), put.header("location")), (303, "/t/acme/admin/settings?saved=set_logo"));
    let logo = house.get("/t/acme/logo").send().await;
    assert_eq!((logo.status.as_u16(), logo.header("content-type")), (200, "image/png"), "whatever it was said to be");
    assert_eq!((logo.header("x-content-type-options"), &logo.body[..]), ("nosniff", PNG));
    let board = house.get("/api/fn/load_board?tenant=acme").send().await.json();
    let word = board["tenant"]["settings"]["logo"].as_str().unwrap();
    for page in ["/t/acme", "/t/acme/sign-in"] {
        let page = house.get(page).send().await;
        assert!(page.text().contains(&format!("src=\"/t/acme/logo?v={word}\"")), "{}", page.text());
    }
    assert_eq!(house.get("/t/default/logo").send().await.status, 404);
    // A form without a picture takes it away.
    assert_eq!(upload(&house, &acme.owner, "logo", b"").await.status, 303);
    assert_eq!(house.get("/t/acme/logo").send().await.status, 404);
}

#[tokio::test]
async fn the_pages_are_for_those_who_run_the_room() {
    let (house, default, acme) = House::new(Plan::default()).await;
    for (view, marks) in [
        ("settings", ["action=\"/api/fn/change_settings\"", "enctype=\"multipart/form-data\""]),
        ("teams", ["action=\"/api/fn/set_team_state\"", "/qr.svg\""]),
        ("tags", ["action=\"/api/fn/change_tag\"", "action=\"/api/fn/delete_tag\""]),
    ] {
        let path = format!("/t/acme/admin/{view}");
        let page = house.get(&path).cookie(&acme.owner).send().await;
        assert_eq!(page.status, 200, "{path}");
        for mark in marks {
            assert!(page.text().contains(mark), "{path} has no {mark}");
        }
        for cookie in ["", acme.moderator.as_str(), default.owner.as_str()] {
            let page = house.get(&path).cookie(cookie).send().await;
            assert_eq!(page.status, if cookie == acme.moderator { 403 } else { 303 }, "{path}");
            assert!(!page.text().contains("action=\"/api/fn/change"), "{path}");
        }
    }
    let operator = house.get("/admin/operator").cookie(&default.owner).send().await;
    assert_eq!(operator.status, 200);
    assert!(operator.text().contains("action=\"/api/fn/create_tenant\"") && operator.text().contains("Tenant acme"));
    for (path, cookie) in [
        ("/admin/operator", default.moderator.as_str()),
        ("/admin/operator", ""),
        ("/t/acme/admin/operator", acme.owner.as_str()),
    ] {
        let page = house.get(path).cookie(cookie).send().await;
        assert_eq!(page.status, if cookie.is_empty() { 303 } else { 403 }, "{path}");
        assert!(!page.text().contains("Tenant acme") || path.contains("acme"), "{path}");
    }
}

#[tokio::test]
async fn a_form_of_a_desk_comes_back_to_its_page_and_says_what_was_refused() {
    let (house, _default, acme) = House::new(Plan::default()).await;
    let form = with(fields(&acme), &[("settings[version]", "7")]);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let page = format!("http://{}/t/acme/admin/settings", crate::support::HOST);
    let reply = house.function("change_settings").cookie(&acme.owner).wants_page().header("referer", &page).form(&form);
    let reply = reply.send().await;
    assert_eq!(reply.status, 303);
    let back = reply.header("location").strip_prefix(&format!("http://{}", crate::support::HOST)).unwrap().to_owned();
    let shown = house.get(&back).cookie(&acme.owner).send().await;
    assert!(shown.text().contains("Somebody else changed this meanwhile"), "{back}");
}
