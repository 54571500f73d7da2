//! The pages that look back, and what is behind them: for whom, with what, and what of hostile words.

use std::collections::BTreeMap;

use pulsestage::text::Slug;
use pulsestage::user::Role;

use crate::support::{Plan, TestServer, assert_refused, signed_in};

#[tokio::test]
async fn each_page_is_for_those_of_their_own_tenant_who_may_see_it() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let slug = Slug::default_tenant();
    let mut people = BTreeMap::from([
        ("nobody", (String::new(), false, false)),
        ("a guest", (server.participant(1), false, false)),
        ("another tenant's owner", (acme.owner.clone(), false, false)),
    ]);
    for role in [Role::Viewer, Role::Member, Role::Moderator, Role::Admin, Role::Owner] {
        let cookie = signed_in(&server.service, &slug, role).await.0;
        people.insert(role.as_str(), (cookie, role >= Role::Moderator, role >= Role::Admin));
    }
    let history = format!("load_history?question={}", default.frozen.id);
    let pages = [
        ("statistics", "load_statistics", "By team", false),
        ("export", "load_export", "scripts/recount", false),
        ("audit", "load_audit", "Freeze", true),
        ("", history.as_str(), "", false),
    ];
    for (who, (cookie, moderates, runs)) in &people {
        for (view, function, words, for_admins) in pages {
            let reply = server.get(&format!("/api/fn/{function}")).cookie(cookie).send().await;
            let case = format!("{who} {function}");
            let allowed = if for_admins { *runs } else { *moderates };
            let signed_in = ["viewer", "member", "moderator"].contains(who);
            if allowed {
                assert_eq!(reply.status, 200, "{case}: {}", reply.text());
                assert!(!reply.text().contains("acme"), "{case}");
            } else {
                assert_refused(&case, &reply, 403, if signed_in { "not_allowed" } else { "not_signed_in" });
            }
            if !view.is_empty() {
                let page = server.get(&format!("/admin/{view}")).cookie(cookie).send().await;
                let closed = if signed_in { 403 } else { 303 };
                assert_eq!(page.status, if allowed { 200 } else { closed }, "{case}");
                assert_eq!(page.text().contains(words), allowed, "{case}");
            }
        }
    }
    for path in ["/t/nowhere/admin/audit", "/t/nowhere/admin/statistics", "/t/nowhere/admin/export"] {
        assert_eq!(server.get(path).cookie(&default.owner).send().await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn hostile_words_are_refused_by_their_field_and_break_nothing() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    for (path, status) in [
        ("load_audit?query[by]=x".to_owned(), 422),
        ("load_audit?query[action]=%27%20or%201%3D1".to_owned(), 422),
        ("load_audit?query[before]=%F0%9F%98%80".to_owned(), 422),
        ("load_audit?query[from]=9999-99-99".to_owned(), 422),
        (format!("load_audit?query[before]=-9223372036854775808-{}", default.open.id.0.simple()), 200),
        (format!("load_audit?query[subject]={}", acme.open.id), 200),
        ("load_statistics?range=century".to_owned(), 422),
        (format!("load_statistics?team={}", acme.team.id), 404),
        (format!("load_statistics?range=year&team={}", default.team.id), 200),
        (format!("load_history?question={}", acme.open.id), 200),
    ] {
        let reply = server.get(&format!("/api/fn/{path}")).cookie(&default.owner).send().await;
        assert_eq!(reply.status.as_u16(), status, "{path}: {}", reply.text());
        assert!(!reply.text().contains("acme"), "{path}");
    }
    for (path, status) in [
        ("audit?before=zzz", 422),
        ("audit?action=<script>", 422),
        ("audit?outcome=refused", 200),
        ("statistics?range=<script>", 422),
    ] {
        let page =
            server.get(&format!("/admin/{}", path.replace('<', "%3C").replace('>', "%3E"))).cookie(&default.owner);
        let page = page.send().await;
        assert_eq!(page.status.as_u16(), status, "{path}");
        assert!(!page.text().contains("=<script>"), "{path}");
    }
}

#[tokio::test]
async fn the_audit_page_goes_back_in_time_under_its_filters() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    for number in 0..60 {
        server.service.create_team(&default.context, None, &format!("Team {number}")).await.unwrap();
    }
    let page = server.get("/admin/audit?action=create_team").cookie(&default.owner).send().await;
    assert_eq!(page.text().matches("<tr>").count(), 1 + 50, "a page, and its heads");
    let link = page.text().split("href=\"").find(|rest| rest.contains("before=")).unwrap();
    let link = link.split('"').next().unwrap().replace("&amp;", "&");
    assert!(link.starts_with("/admin/audit?action=create_team&before="), "{link}");
    let rest = server.get(&link).cookie(&default.owner).send().await;
    assert_eq!(rest.text().matches("<tr>").count(), 1 + 12);
    assert!(!rest.text().contains("Older entries") && rest.text().contains("Newest entries"));
}
