//! Who may run a tenant: every role, nobody, and the operator.

use pulsestage::text::Slug;
use pulsestage::user::Role;

use crate::support::{Plan, Reply, Room, TestServer, WireMessage, assert_refused, boards, signed_in};

/// Who may call something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// Admins and owners.
    Admin,
    /// Owners of the default tenant.
    Operator,
}

/// Every server function that runs a tenant or all of them, and who may call it.
pub(crate) const RUNNING: [(&str, By); 13] = [
    ("change_settings", By::Admin),
    ("set_retention", By::Admin),
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

/// All fields that any of them takes, good in this room.
pub(crate) fn fields(room: &Room) -> Vec<(&'static str, String)> {
    vec![
        ("tenant", room.slug.clone()),
        ("team", room.team.id.to_string()),
        ("tag", room.tag.id.to_string()),
        ("name", format!("Renamed {}", room.slug)),
        ("state", "open".to_owned()),
        ("color", "#10B981".to_owned()),
        ("slug", "made-here".to_owned()),
        ("days", "30".to_owned()),
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

/// Calls it with this form, as a person of the server with this cookie.
pub(crate) async fn call(server: &TestServer, name: &str, cookie: &str, form: &[(&str, String)]) -> Reply {
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    server.function(name).cookie(cookie).cookie(&server.participant(5)).form(&form).send().await
}

/// The form with these fields changed.
pub(crate) fn with(
    mut form: Vec<(&'static str, String)>,
    changes: &[(&'static str, &str)],
) -> Vec<(&'static str, String)> {
    for (name, value) in changes {
        form.retain(|(field, _)| field != name);
        form.push((name, (*value).to_owned()));
    }
    form
}

#[tokio::test]
async fn what_the_table_forbids_is_refused_and_changes_nothing() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let before = boards(&server, &default, &acme).await;
    for room in [&default, &acme] {
        let slug = Slug::parse(&room.slug).unwrap();
        let mut cookies = vec![(None, String::new())];
        for role in Role::ALL {
            cookies.push((Some(role), signed_in(&server.service, &slug, role).await.0));
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
                let reply = call(&server, name, cookie, &fields(room)).await;
                let word = if role.is_none_or(|role| role == Role::Guest) { "not_signed_in" } else { "not_allowed" };
                assert_refused(&format!("{name} by {role:?} of {slug}"), &reply, 403, word);
            }
        }
        for (name, least) in [
            ("load_settings", Role::Admin),
            ("load_teams", Role::Admin),
            ("load_tags", Role::Admin),
            ("load_tenants", Role::Owner),
        ] {
            for (role, cookie) in &cookies {
                let operates = name != "load_tenants" || room.slug == "default";
                let may = operates && role.is_some_and(|role| role >= least);
                let reply = server.get(&format!("/api/fn/{name}?tenant={slug}")).cookie(cookie).send().await;
                assert_eq!(reply.status, if may { 200 } else { 403 }, "{name} by {role:?} of {slug}: {}", reply.text());
            }
        }
        // The session of one tenant is nobody's in the other.
        let other = if room.slug == "acme" { &default } else { &acme };
        for (name, _) in RUNNING {
            let reply = call(&server, name, &room.owner, &fields(other)).await;
            assert_refused(&format!("{name} across tenants"), &reply, 403, "not_signed_in");
        }
    }
    assert_eq!(boards(&server, &default, &acme).await, before);
    assert_eq!(server.service.tenants().await.unwrap().len(), 2);
}

#[tokio::test]
async fn another_tenants_team_and_tag_are_not_there() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let before = boards(&server, &default, &acme).await;
    let foreign = with(fields(&acme), &[("team", &default.team.id.to_string()), ("tag", &default.tag.id.to_string())]);
    for name in
        ["change_team", "set_team_state", "archive_team", "restore_team", "renew_code", "change_tag", "delete_tag"]
    {
        let reply = call(&server, name, &acme.owner, &with(foreign.clone(), &[("state", "closed")])).await;
        assert_refused(name, &reply, 404, "not_found");
    }
    assert_eq!(boards(&server, &default, &acme).await, before);
}

#[tokio::test]
async fn the_operator_makes_limits_and_archives() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let operate = async |name: &str, changes: &[(&'static str, &str)]| {
        call(&server, name, &default.owner, &with(fields(&default), changes)).await
    };
    let made = operate("create_tenant", &[("slug", "fresh"), ("name", "Fresh")]).await;
    assert_eq!(made.status, 200);
    let made = made.json();
    let link = made["link"].as_str().unwrap();
    let path = &link[link.find("/sign-in/").unwrap()..];
    assert!(server.get(path).send().await.is_closed(), "looking opens nothing");
    let first = server.press(path).send().await;
    let (owner, place) = first.came_in();
    assert_eq!(server.get("/t/fresh/admin/people").cookie(&owner).send().await.status, 200, "an owner");
    assert_eq!(place, "/t/fresh/admin");
    assert_eq!(server.press(path).send().await.status, 410, "once");
    assert_refused("twice", &operate("create_tenant", &[("slug", "fresh")]).await, 409, "name_taken");
    assert_refused("no slug", &operate("create_tenant", &[("slug", "Not one")]).await, 422, "invalid");
    assert_eq!(server.get("/t/fresh").send().await.status, 200);
    // There is somebody to ask from the first moment.
    let board = server.get("/api/fn/load_board?tenant=fresh").send().await.json();
    let teams = board["board"]["teams"].as_object().map(|teams| teams.values().cloned().collect::<Vec<_>>());
    let teams = teams.or_else(|| board["board"]["teams"].as_array().cloned()).unwrap();
    assert_eq!((teams.len(), teams[0]["name"].as_str()), (1, Some("Everyone")), "{board}");
    let team = teams[0]["id"].as_str().unwrap();
    let ask = [("tenant", "fresh"), ("team", team), ("question", "Is anybody there?")];
    assert_eq!(server.function("ask").cookie(&server.participant(9)).form(&ask).send().await.status, 200);

    assert_eq!(operate("limit_tenant", &[("slug", "acme"), ("streams", "1"), ("questions", "")]).await.status, 200);
    let mut first = server.stream("tenantId=acme").await;
    first.greeting().await;
    let full = server.get("/sse?tenantId=acme").send().await;
    assert_eq!(full.status, 200, "a stream is never refused");
    assert!(WireMessage::parse(full.text()).closing_frame().is_some(), "it ends at once: {}", full.text());
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
        assert_eq!(server.get(path).send().await.status, 404, "{path}");
    }
    assert_eq!(operate("restore_tenant", &[("slug", "acme")]).await.status, 200);
    assert_eq!(server.get("/t/acme").send().await.status, 200);
    assert_refused("its own", &operate("archive_tenant", &[("slug", "default")]).await, 403, "not_allowed");
    assert_refused("none", &operate("archive_tenant", &[("slug", "nope")]).await, 404, "not_found");
    let listed = server.get("/api/fn/load_tenants").cookie(&default.owner).send().await.json();
    assert_eq!(listed["tenants"].as_array().unwrap().len(), 3);
    assert_eq!(server.get("/operator").send().await.header("location"), "/admin/operator");
}

#[tokio::test]
async fn the_pages_are_for_those_who_run_the_room() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    for (view, marks) in [
        ("settings", ["action=\"/api/fn/change_settings\"", "enctype=\"multipart/form-data\""]),
        ("teams", ["action=\"/api/fn/set_team_state\"", "/qr.svg\""]),
        ("tags", ["action=\"/api/fn/change_tag\"", "action=\"/api/fn/delete_tag\""]),
    ] {
        let path = format!("/t/acme/admin/{view}");
        let page = server.get(&path).cookie(&acme.owner).send().await;
        assert_eq!(page.status, 200, "{path}");
        for mark in marks {
            assert!(page.text().contains(mark), "{path} has no {mark}");
        }
        for cookie in ["", acme.moderator.as_str(), default.owner.as_str()] {
            let page = server.get(&path).cookie(cookie).send().await;
            assert_eq!(page.status, if cookie == acme.moderator { 403 } else { 303 }, "{path}");
            assert!(!page.text().contains("action=\"/api/fn/change"), "{path}");
        }
    }
    let operator = server.get("/admin/operator").cookie(&default.owner).send().await;
    assert_eq!(operator.status, 200);
    assert!(operator.text().contains("action=\"/api/fn/create_tenant\"") && operator.text().contains("Tenant acme"));
    for (path, cookie) in [
        ("/admin/operator", default.moderator.as_str()),
        ("/admin/operator", ""),
        ("/t/acme/admin/operator", acme.owner.as_str()),
    ] {
        let page = server.get(path).cookie(cookie).send().await;
        assert_eq!(page.status, if cookie.is_empty() { 303 } else { 403 }, "{path}");
        assert!(!page.text().contains("Tenant acme") || path.contains("acme"), "{path}");
    }
}
