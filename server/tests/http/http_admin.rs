//! The admin pages: each is tried as everybody there is, and shows the way to the pages of its reader and to no other.

use app::pages::admin::{AdminPage, Needs, PAGES, Reader};
use pulsestage::text::Slug;
use pulsestage::user::Role;

use crate::support::{HOST, Plan, Reply, Room, TestServer, signed_in};

/// Everybody there is in a room, by what they may do, with their cookies.
async fn everybody(server: &TestServer, room: &Room) -> Vec<(Reader, String)> {
    let slug = Slug::parse(&room.slug).unwrap();
    let mut everybody = vec![(Role::Guest.into(), server.participant(3))];
    for role in Role::ALL.into_iter().filter(|role| *role > Role::Guest) {
        everybody.push((role.into(), signed_in(&server.service, &slug, role).await.0));
    }
    let of_a_team = signed_in(&server.service, &slug, Role::Member).await;
    let person = server.service.authenticate(&room.slug, &of_a_team.1).await.unwrap().actor.user.unwrap();
    server.service.set_membership(&room.context, person, room.team.id, Some(Role::Moderator)).await.unwrap();
    everybody.push((Reader { role: Role::Member, moderates_a_team: true }, of_a_team.0));
    everybody
}

fn address(room: &Room, page: &AdminPage) -> String {
    format!("/t/{}/admin/{}", room.slug, page.path).trim_end_matches('/').to_owned()
}

/// The part of a page between these two.
fn between<'a>(html: &'a str, start: &str, end: &str) -> &'a str {
    html.split_once(start).and_then(|(_, rest)| rest.split_once(end)).map(|(part, _)| part).unwrap_or_default()
}

#[tokio::test]
async fn each_page_is_for_its_readers_and_shows_the_way_to_theirs() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    for room in [&default, &acme] {
        for (reader, cookie) in everybody(&server, room).await {
            let seen: Vec<_> = PAGES.iter().filter(|page| page.is_for(reader, &room.tenant)).collect();
            for page in &PAGES {
                let what = format!("{} of {} for {reader:?}", page.title, room.slug);
                let reply = server.get(&address(room, page)).cookie(&cookie).wants_page().send().await;
                let html = reply.text();
                if page.is_for(reader, &room.tenant) {
                    assert_eq!(reply.status, 200, "{what}");
                    shows_the_way(html, room, page, &seen, &what);
                } else if reader.role == Role::Guest {
                    assert_eq!(reply.status, 303, "{what}");
                    assert!(reply.header("location").contains("/sign-in?to="), "{what}");
                } else {
                    assert_eq!(reply.status, 403, "{what}");
                    assert!(html.contains("This page is for ") && !html.contains("admin-nav"), "{what}");
                }
            }
        }
    }
}

/// The frame of a page: the navigation with the reader's pages, and the header that every page has.
fn shows_the_way(html: &str, room: &Room, page: &AdminPage, seen: &[&AdminPage], what: &str) {
    let nav = between(html, "id=\"admin-pages\"", "</nav>");
    let links: Vec<&str> = nav.split("<a ").skip(1).map(|link| between(link, "href=\"", "\"")).collect();
    assert_eq!(links, seen.iter().map(|page| address(room, page)).collect::<Vec<_>>(), "{what}");
    let current: Vec<&str> = nav.split("<a ").filter(|link| link.contains("aria-current=\"page\"")).collect();
    assert!(current.len() == 1 && current[0].contains(page.title), "{what}: {current:?}");
    let header = between(html, "<header class=\"header", "</header>");
    for part in ["class=\"badge", "Signed in as", "/sign-out", "class=\"brand\""] {
        assert!(header.contains(part), "{what}: no {part} in the header");
    }
    let name = if page.needs == Needs::Operator { "PulseStage" } else { &room.tenant.name };
    assert!(header.contains(name) && html.contains(&format!("<title>{}", page.title)), "{what}: {name}");
    assert!(html.contains("class=\"skip\"") && html.contains("id=\"main\""), "{what}");
}

/// Sends a form from an admin page as a browser does, and answers what it shows then.
async fn send(server: &TestServer, room: &Room, page: &str, function: &str, fields: &[(&str, &str)]) -> Reply {
    let referer = format!("http://{HOST}/t/{}/admin/{page}", room.slug);
    let mut fields = fields.to_vec();
    fields.push(("tenant", &room.slug));
    server.function(function).cookie(&room.owner).wants_page().header("referer", &referer).form(&fields).send().await
}

/// A page, the function that its form calls, and what is typed.
type RefusedForm<'a> = (&'a str, &'a str, Vec<(&'a str, &'a str)>);

#[tokio::test]
async fn a_refused_form_comes_back_with_everything_that_was_typed() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let (team, tag) = (acme.team.id.to_string(), acme.tag.id.to_string());
    let long = "n".repeat(300);
    let rows: String =
        (0..1_900).map(|row| format!("\n\u{416}\u{435}\u{43d}\u{44f} {row},jenja{row}@example.com")).collect();
    let table = format!("name,nonsense{rows}");
    let cases: [RefusedForm<'_>; 6] = [
        (
            "people",
            "invite_person",
            vec![("name", "Zo\u{eb} & Co"), ("email", "none"), ("role", "moderator"), ("team", &team)],
        ),
        ("people", "import_people", vec![("table", &table), ("mode", "good")]),
        ("teams", "create_team", vec![("name", &long)]),
        ("teams", "change_team", vec![("team", &team), ("name", " "), ("guests", "no"), ("review", "yes")]),
        ("tags", "change_tag", vec![("tag", &tag), ("name", ""), ("color", "#123456")]),
        (
            "settings",
            "change_settings",
            vec![
                ("settings[version]", "0"),
                ("settings[name]", "Another name"),
                ("settings[question_min]", "30"),
                ("settings[question_max]", "20"),
                ("settings[names]", "required"),
                ("settings[words]", "first\nsecond"),
                ("settings[languages]", "Klingon"),
                ("settings[accent]", "#ABC"),
            ],
        ),
    ];
    for (page, function, fields) in cases {
        let shown = send(&server, &acme, page, function, &fields).await;
        assert_eq!(shown.status, 422, "{function}: {}", shown.text());
        assert_eq!(shown.header("cache-control"), "private, no-store", "{function}");
        let html = shown.text().replace("&amp;", "&").replace("&quot;", "\"");
        assert!(html.contains("role=\"alert\"") && html.contains("aria-invalid=\"true\""), "{function} says nothing");
        for (name, value) in &fields {
            assert!(value.trim().is_empty() || html.contains(value), "{function}: {name} is gone");
        }
        for chosen in ["moderator", "no", "yes", "required"].map(|word| (word, format!("value=\"{word}\" selected"))) {
            let is_sent = fields.iter().any(|(name, value)| *value == chosen.0 && !name.contains("mode"));
            assert!(!is_sent || html.contains(&chosen.1), "{function}: {} is not chosen any more", chosen.0);
        }
        // Without a script the page is at the address of the function: whatever is sent from there leads to the page.
        let place = format!("%2Ft%2Facme%2Fadmin%2F{page}%3F");
        assert!(html.contains(&format!("action=\"/api/fn/{function}?page={place}")), "{function}");
        assert!(html.contains("name=\"page-address\""), "{function}");
    }
}

#[tokio::test]
async fn a_form_that_is_sent_from_a_returned_page_leads_to_that_page() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let call = |page: &str| {
        let page = page.replace('/', "%2F").replace('?', "%3F").replace('=', "%3D");
        let address = format!("/api/fn/create_team?page={page}");
        let from = format!("http://{HOST}/api/fn/create_team");
        let call = server.request(axum::http::Method::POST, &address).cookie(&acme.owner).wants_page();
        call.header("referer", &from)
    };
    let made = call("/t/acme/admin/teams").form(&[("tenant", "acme"), ("name", "Made at last")]).send().await;
    assert_eq!(made.status, 303);
    assert_eq!(made.header("location"), format!("http://{HOST}/t/acme/admin/teams?saved=create_team"));
    for evil in ["//evil.example/", "https://evil.example/", "/\\evil.example"] {
        let led = call(evil).form(&[("tenant", "acme"), ("name", evil)]).send().await;
        assert!(led.header("location").starts_with(&format!("http://{HOST}/")), "{evil}: {}", led.header("location"));
    }
}

#[tokio::test]
async fn a_preview_of_an_import_keeps_the_table_and_the_import_does_not() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let table = "name,email\nDan Dare,dan@example.com";
    let preview = send(&server, &default, "people", "import_people", &[("table", table), ("mode", "try")]).await;
    assert_eq!(preview.status, 200, "{}", preview.text());
    assert!(preview.text().contains("1 person would be added") && preview.text().contains(table));
    assert!(preview.header("x-form-again").is_empty(), "no browser sees it");
    let done = send(&server, &default, "people", "import_people", &[("table", table), ("mode", "all")]).await;
    assert_eq!(done.status, 303);
    assert!(done.header("location").ends_with("/admin/people"), "{}", done.header("location"));
}

#[tokio::test]
async fn archiving_a_workspace_asks_first() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let page = server.get("/admin/operator").cookie(&default.owner).send().await.text().to_owned();
    let forms: Vec<&str> = page.split("action=\"/api/fn/archive_tenant\"").collect();
    assert!(forms.len() > 1, "{page}");
    for before in &forms[..forms.len() - 1] {
        let line = before.rsplit("<details").next().unwrap();
        let is_closed = !line.split('>').next().unwrap().contains("open");
        assert!(
            is_closed && line.contains("<summary>") && line.contains("Archive") && !line.contains("</details>"),
            "{line}"
        );
    }
    assert!(page.contains("until you restore it"));
}
