//! People, as every role and as nobody: who may see them, invite them, change what they may do, and end their sessions.

use serde_json::Value;

use pulsestage::id::UserId;
use pulsestage::ports::Store;
use pulsestage::service::Credentials;
use pulsestage::text::Slug;
use pulsestage::user::Role;

use crate::support::{HOST, Plan, Reply, Room, TestServer, assert_refused, signed_in};

/// SignedIn who is signed in to the default tenant.
struct SignedIn {
    cookie: String,
    caller: Credentials,
    id: UserId,
    session: String,
}

impl SignedIn {
    async fn with(server: &TestServer, role: Role) -> Self {
        let (cookie, caller) = signed_in(&server.service, &Slug::default_tenant(), role).await;
        let actor = server.service.authenticate("default", &caller).await.unwrap().actor;
        Self { cookie, caller, id: actor.user.unwrap(), session: actor.session.unwrap().to_string() }
    }

    async fn role(&self, server: &TestServer) -> Role {
        server.service.authenticate("default", &self.caller).await.unwrap().actor.role
    }
}

async fn call(server: &TestServer, name: &str, cookie: &str, fields: &[(&str, &str)]) -> Reply {
    server.function(name).cookie(cookie).form(fields).send().await
}

async fn stored_role(server: &TestServer, room: &Room, id: UserId) -> (Role, bool) {
    let store: &dyn Store = &*server.store;
    let person = store.person(room.tenant.id, id).await.unwrap().unwrap();
    (person.role, person.is_active())
}

#[tokio::test]
async fn only_admins_and_owners_see_and_change_people() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let target = SignedIn::with(&server, Role::Member).await;
    let (id, team) = (target.id.to_string(), default.team.id.to_string());
    let calls: Vec<(&str, Vec<(&str, &str)>)> = vec![
        ("invite_person", vec![("name", "New"), ("email", "new@example.com"), ("role", "member")]),
        ("invite_again", vec![("person", &id)]),
        ("set_role", vec![("person", &id), ("role", "moderator")]),
        ("set_team_role", vec![("person", &id), ("team", &team), ("role", "moderator")]),
        ("set_active", vec![("person", &id), ("active", "false")]),
        ("change_person", vec![("person", &id), ("name", "Other"), ("email", "other@example.com")]),
        ("import_people", vec![("table", "name,email\nA,a@example.com"), ("mode", "all")]),
        ("revoke_session", vec![("of", &id), ("session", &target.session)]),
        ("revoke_sessions", vec![("of", &id)]),
    ];
    let before = server.store.people_count(default.tenant.id).await.unwrap();
    for role in [None, Some(Role::Viewer), Some(Role::Member), Some(Role::Moderator)] {
        let cookie = match role {
            Some(role) => SignedIn::with(&server, role).await.cookie,
            None => server.participant(7),
        };
        let refusal = if role.is_some() { "not_allowed" } else { "not_signed_in" };
        for (name, fields) in &calls {
            assert_refused(&format!("{name} {role:?}"), &call(&server, name, &cookie, fields).await, 403, refusal);
        }
        let page = server.get("/admin/people").cookie(&cookie).wants_page().send().await;
        assert_eq!(page.status, if role.is_some() { 403 } else { 303 }, "{role:?}");
        assert!(!page.text().contains(&id), "{role:?}");
        let list = server.get("/api/fn/load_people").cookie(&cookie).send().await;
        assert_refused("load_people", &list, 403, refusal);
        let sessions = server.get(&format!("/api/fn/load_sessions?of={id}")).cookie(&cookie).send().await;
        assert_refused("load_sessions", &sessions, 403, refusal);
    }
    assert_eq!(stored_role(&server, &default, target.id).await, (Role::Member, true));
    assert_eq!(target.role(&server).await, Role::Member, "the session is open still");
    assert_eq!(server.store.people_count(default.tenant.id).await.unwrap(), before + 3, "the three who tried");
    for role in [Role::Admin, Role::Owner] {
        let cookie = SignedIn::with(&server, role).await.cookie;
        let page = server.get("/admin/people").cookie(&cookie).wants_page().send().await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains(&id) && page.text().contains("Invite a person"));
        assert_eq!(page.text().contains("value=\"owner\""), role == Role::Owner, "nobody gives more than they hold");
    }
}

#[tokio::test]
async fn another_tenants_people_are_not_found() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let ours = SignedIn::with(&server, Role::Member).await;
    let id = ours.id.to_string();
    for (name, fields) in [
        ("set_role", vec![("person", id.as_str()), ("role", "viewer")]),
        ("set_active", vec![("person", &id), ("active", "false")]),
        ("change_person", vec![("person", &id), ("name", "Other")]),
        ("invite_again", vec![("person", &id)]),
        ("revoke_sessions", vec![("of", &id)]),
    ] {
        let fields: Vec<_> = fields.into_iter().chain([("tenant", "acme")]).collect();
        assert_refused(name, &call(&server, name, &acme.owner, &fields).await, 404, "not_found");
    }
    let sessions = server.get(&format!("/api/fn/load_sessions?tenant=acme&of={id}")).cookie(&acme.owner).send().await;
    assert_refused("load_sessions", &sessions, 404, "not_found");
    assert_eq!(ours.role(&server).await, Role::Member);
}

#[tokio::test]
async fn an_admin_has_no_power_over_owners_and_the_last_owner_stays() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let (admin, member) = (SignedIn::with(&server, Role::Admin).await, SignedIn::with(&server, Role::Member).await);
    let owner = default.context.actor.user.unwrap().to_string();
    for (name, fields) in [
        ("set_role", vec![("person", owner.as_str()), ("role", "member")]),
        ("set_active", vec![("person", &owner), ("active", "false")]),
        ("invite_again", vec![("person", &owner)]),
        ("revoke_sessions", vec![("of", &owner)]),
        ("set_role", vec![("person", &member.id.to_string()), ("role", "owner")]),
        ("set_role", vec![("person", &admin.id.to_string()), ("role", "owner")]),
        ("invite_person", vec![("name", "O"), ("email", "o@example.com"), ("role", "owner")]),
    ] {
        assert_refused(name, &call(&server, name, &admin.cookie, &fields).await, 403, "not_allowed");
    }
    for (name, field) in [("set_role", ("role", "admin")), ("set_active", ("active", "false"))] {
        let reply = call(&server, name, &default.owner, &[("person", &owner), field]).await;
        assert_refused(name, &reply, 409, "last_owner");
    }
    let second = SignedIn::with(&server, Role::Owner).await;
    let reply = call(&server, "set_role", &second.cookie, &[("person", &owner), ("role", "admin")]).await;
    assert_eq!(reply.read::<Value>()["role"], "admin");
    let gone = call(&server, "set_role", &default.owner, &[("person", &owner), ("role", "owner")]).await;
    assert_refused("with the session of the old role", &gone, 403, "not_signed_in");
}

#[tokio::test]
async fn somebody_is_invited_once_and_by_a_link_that_is_shown_once() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let team = default.team.id.to_string();
    let ann = [
        ("name", "Ann <b>Lee</b>"),
        ("email", "Ann@example.com"),
        ("role", "viewer"),
        ("team", &team),
        ("team_role", "moderator"),
    ];
    let invited = call(&server, "invite_person", &default.owner, &ann).await.read::<Value>();
    let link = invited["link"].as_str().unwrap();
    assert!(link.starts_with("http://ask.test/open/") && link.len() > 80, "{link}");
    assert_refused("twice", &call(&server, "invite_person", &default.owner, &ann).await, 409, "email_taken");
    for (field, value) in [("email", "nobody"), ("name", " "), ("role", "guest"), ("team_role", "owner")] {
        let fields: Vec<_> = ann.iter().map(|(name, old)| (*name, if *name == field { value } else { old })).collect();
        assert_refused(field, &call(&server, "invite_person", &default.owner, &fields).await, 422, "invalid");
    }
    let page = server.get("/admin/people?text=ANN%40").cookie(&default.owner).wants_page().send().await;
    let text = page.text();
    assert!(text.contains("Ann@example.com") && text.contains("Never signed in"));
    assert!(text.contains("Moderator in Engineering default") && !text.contains("<b>Lee"), "{text}");
    // Without script the form comes back to its page, which shows the link this once.
    let plain = server
        .function("invite_person")
        .cookie(&default.owner)
        .header("referer", "http://ask.test/admin/people")
        .wants_page()
        .form(&[("name", "Bob"), ("email", "bob@example.com"), ("role", "member")])
        .send()
        .await;
    assert_eq!((plain.status.as_u16(), plain.header("location")), (303, "http://ask.test/admin/people"));
    // Another form says that it was saved, and a refusal takes that back.
    let renamed = async |name: &str, page: &str| {
        let call = server.function("rename_self").cookie(&default.owner).header("referer", page).wants_page();
        call.form(&[("name", name)]).send().await
    };
    let saved = renamed("Olga", "http://ask.test/admin/sessions").await.header("location").to_owned();
    assert_eq!(saved, "http://ask.test/admin/sessions?saved=rename_self");
    let page = server.get(&saved["http://ask.test".len()..]).cookie(&default.owner).send().await;
    assert!(page.text().contains("<p>Saved.</p>"), "{}", page.text());
    let refused = renamed("", &saved).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("__err=") && !refused.text().contains("<p>Saved.</p>"), "{}", refused.text());
    assert_eq!(renamed("Olga", "http://ask.test/admin/sessions?__path=x&__err=y").await.header("location"), saved);
    let flash = plain.set_cookies()[0].to_owned();
    assert!(flash.contains("HttpOnly") && flash.contains("SameSite=Strict"), "{flash}");
    let flash = flash.split(';').next().unwrap();
    let page = server.get("/admin/people").cookie(&default.owner).cookie(flash).wants_page().send().await;
    assert!(page.text().contains("http://ask.test/open/") && page.text().contains("Send this link to Bob"));
    assert!(page.set_cookies().iter().any(|cookie| cookie.contains("Max-Age=0")), "{:?}", page.set_cookies());
    let page = server.get("/admin/people").cookie(&default.owner).wants_page().send().await;
    assert!(!page.text().contains("/open/"));
    let forged = "pulsestage_flash=eyJ4IjoxfQ";
    assert_eq!(server.get("/admin/people").cookie(&default.owner).cookie(forged).send().await.status, 200);
}

#[tokio::test]
async fn a_moderator_of_one_team_moderates_that_team() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let ann = SignedIn::with(&server, Role::Member).await;
    let (open, id) = (default.open.id.to_string(), ann.id.to_string());
    let give = async |team: String, role: &str| {
        let fields = [("person", id.as_str()), ("team", &team), ("role", role)];
        assert_eq!(call(&server, "set_team_role", &default.owner, &fields).await.status, 200);
    };
    let tag = default.tag.id.to_string();
    let actions: [(&str, Vec<(&str, &str)>); 4] = [
        ("pin", vec![("question", &open)]),
        ("tag", vec![("question", &open), ("tag", &tag)]),
        ("answer", vec![("question", &open), ("answer", "So it is.")]),
        ("freeze", vec![("question", &open)]),
    ];
    give(default.other_team.id.to_string(), "moderator").await;
    for (name, fields) in &actions {
        assert_refused(name, &call(&server, name, &ann.cookie, fields).await, 403, "not_allowed");
    }
    let missing = [("question", ann.session.as_str())];
    assert_refused("no question", &call(&server, "pin", &ann.cookie, &missing).await, 404, "not_found");
    give(default.team.id.to_string(), "moderator").await;
    for (name, fields) in &actions {
        assert_eq!(call(&server, name, &ann.cookie, fields).await.status, 200, "{name}");
    }
    let view = server.get("/api/fn/load_board").cookie(&ann.cookie).send().await.json();
    assert_eq!(view["moderates"].as_array().unwrap().len(), 2);
    give(default.team.id.to_string(), "").await;
    assert_refused(
        "afterwards",
        &call(&server, "unfreeze", &ann.cookie, &[("question", &open)]).await,
        403,
        "not_allowed",
    );
}

#[tokio::test]
async fn sessions_are_ended_by_their_owner_or_whoever_manages_them() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let (ann, bob) = (SignedIn::with(&server, Role::Member).await, SignedIn::with(&server, Role::Member).await);
    let page = server.get("/admin/sessions").cookie(&ann.cookie).wants_page().send().await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("(this one)") && page.text().contains(&ann.session));
    assert!(!page.text().contains(&bob.session));
    let of_bob = [("session", bob.session.as_str())];
    assert_refused("another's", &call(&server, "revoke_session", &ann.cookie, &of_bob).await, 404, "not_found");
    assert_eq!(bob.role(&server).await, Role::Member);
    let id = bob.id.to_string();
    let page = server.get(&format!("/admin/sessions?of={id}")).cookie(&default.owner).wants_page().send().await;
    assert!(page.text().contains(&bob.session));
    let fields = [("of", id.as_str()), ("session", &bob.session)];
    assert_eq!(call(&server, "revoke_session", &default.owner, &fields).await.status, 200);
    assert_eq!(bob.role(&server).await, Role::Guest);
    assert_eq!(call(&server, "revoke_sessions", &ann.cookie, &[]).await.status, 200);
    assert_eq!(ann.role(&server).await, Role::Guest);
    assert_refused("signed out", &call(&server, "revoke_sessions", &ann.cookie, &[]).await, 403, "not_signed_in");
    assert_eq!(server.get("/admin/sessions").send().await.header("location"), "/sign-in?to=%2Fadmin%2Fsessions");
}

#[tokio::test]
async fn people_come_from_a_table_after_a_look_at_it() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let tenant = default.tenant.id;
    let import = async |table: &str, mode: &str| {
        call(&server, "import_people", &default.owner, &[("table", table), ("mode", mode)]).await
    };
    let before = server.store.people_count(tenant).await.unwrap();
    let mixed = "\u{FEFF}name;email;role;team;team_role\r\n\"Lee; Ann\";ann@example.com;;people-default;moderator\r\n\
        Bob;bob@example.com;admin;;\r\n=1+1;evil@example.com;;;\r\n";
    for (mode, added) in [("try", 0), ("all", 0), ("good", 2), ("good", 2)] {
        let report = import(mixed, mode).await.read::<Value>();
        assert_eq!((report["good"].as_bool(), report["rows"].as_array().unwrap().len()), (Some(false), 3), "{report}");
        assert_eq!(server.store.people_count(tenant).await.unwrap(), before + added, "{mode}");
    }
    assert_eq!(import(mixed, "try").await.json()["rows"][1]["fate"], "here");
    let good = "name,email\nCy,cy@example.com\nDee,dee@example.com";
    assert_eq!(import(good, "all").await.json()["added"], 2);
    assert_eq!(server.store.people_count(tenant).await.unwrap(), before + 4);
    for (table, says) in [
        ("", "is empty"),
        (";;\r\n;", "is empty"),
        ("nonsense", "no column for names"),
        ("name,name\n", "two columns for names"),
        ("name;Mail;E-Mail\n", "two columns for email addresses"),
        ("name,role\nA,admin", "no column for email addresses"),
        ("name,email\n\u{FFFD},a@b", "save it as “CSV UTF-8”"),
    ] {
        let refused = import(table, "good").await;
        assert_refused(table, &refused, 422, "invalid");
        assert!(refused.json()["message"].as_str().unwrap().contains(says), "{table}: {}", refused.text());
    }
    assert_refused("mode", &import(good, "force").await, 400, "malformed");
    let long = format!("name,email\n{}", "A,a@example.com\n".repeat(2_001));
    let too_many = import(&long, "try").await;
    assert_refused("too many rows", &too_many, 422, "invalid");
    assert!(too_many.text().contains("more than 2,000 rows"), "{}", too_many.text());
    assert_eq!(server.store.people_count(tenant).await.unwrap(), before + 4);
}

/// A form with a file, as browsers send it.
fn with_file(fields: &[(&str, &[u8])]) -> Vec<u8> {
    let part = |(name, bytes): &(&str, &[u8])| {
        let file = if *name == "file" { "; filename=\"people.csv\"\r\nContent-Type: text/csv" } else { "" };
        [format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").as_bytes(), *bytes, b"\r\n"]
            .concat()
    };
    [fields.iter().flat_map(part).collect::<Vec<u8>>(), b"--X--\r\n".to_vec()].concat()
}

#[tokio::test]
async fn a_table_is_read_as_spreadsheets_write_it() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let text =
        "sep=;\r\nName;E-Mail Address;Phone;\r\n;;;\r\nJörg;joerg@example.com;+49 30 1;\r\n;;;\r\nÆrø;bad;2;\r\n";
    let utf_16 = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let western: Vec<u8> = text.chars().map(|sign| u8::try_from(u32::from(sign)).unwrap()).collect();
    let escaped = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("%{byte:02X}")).collect() };
    for (case, bytes) in [
        ("UTF-8", text.as_bytes().to_vec()),
        ("UTF-8 with its mark", [&b"\xEF\xBB\xBF"[..], text.as_bytes()].concat()),
        ("UTF-16, little end first", [b"\xFF\xFE".to_vec(), utf_16(u16::to_le_bytes)].concat()),
        ("UTF-16, big end first", [b"\xFE\xFF".to_vec(), utf_16(u16::to_be_bytes)].concat()),
        ("Windows-1252", western),
    ] {
        let call = || server.function("import_people").cookie(&default.owner);
        let file = with_file(&[("tenant", b"default"), ("mode", b"try"), ("table", b""), ("file", &bytes)]);
        let form = format!("tenant=default&mode=try&table={}", escaped(&bytes)).into_bytes();
        for (way, kind, body) in
            [("a file", "multipart/form-data; boundary=X", file), ("a form", "application/x-www-form-urlencoded", form)]
        {
            let read = call().raw(kind, body).send().await;
            assert_eq!(read.status, 200, "{case} as {way}: {}", read.text());
            let read = read.json();
            let rows = read["rows"].as_array().unwrap();
            assert_eq!(
                (rows.len(), rows[0]["name"].as_str(), rows[0]["fate"].as_str()),
                (2, Some("Jörg"), Some("add")),
                "{case}: {read}"
            );
            assert_eq!(
                (rows[1]["line"].as_u64(), rows[1]["column"].as_str()),
                (Some(6), Some("E-Mail Address")),
                "{case}"
            );
            assert_eq!((read["ignored"][0].as_str(), read["ignored"].as_array().unwrap().len()), (Some("Phone"), 1));
            assert_eq!(read["encoding"].as_str(), (case == "Windows-1252").then_some("Windows-1252"), "{case}");
        }
    }
    let raw = |body: &[u8]| {
        server.function("import_people").cookie(&default.owner).raw("application/x-www-form-urlencoded", body.to_vec())
    };
    for body in [&b"mode=try&table=name,email%0A%81,j%40b"[..], b"mode=try&table=%FF%FEn"] {
        let refused = raw(body).send().await;
        assert_refused("no encoding of ours", &refused, 422, "invalid");
        assert!(refused.text().contains("CSV UTF-8"), "{}", refused.text());
    }
    assert_refused("another field", &raw(b"mode=%FF&table=name,email").send().await, 400, "malformed");
    // The page says all of that to whoever has no script.
    let file = with_file(&[
        ("tenant", b"default"),
        ("mode", b"try"),
        ("table", b""),
        ("file", b"name,Mail,Phone\nJ\xF6rg,bad,1"),
    ]);
    let page = &format!("http://{HOST}/admin/people");
    let call = server.function("import_people").cookie(&default.owner).wants_page().header("referer", page);
    let sent = call.raw("multipart/form-data; boundary=X", file).send().await;
    assert_eq!(sent.status, 200, "{}", sent.text());
    // What was in the file stands in the form, so that it can be put right or imported.
    let words = [
        "Row 2, column “Mail” (Jörg bad)",
        "Columns that are not used: Phone.",
        "was read as Windows-1252",
        "Jörg,bad,1",
    ];
    for words in words {
        assert!(sent.text().contains(words), "{words}: {}", sent.text());
    }
}

#[tokio::test]
async fn two_thousand_rows_are_taken_whatever_their_bytes() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    for sign in ["Я", "字", "😀"] {
        let name = sign.repeat(60);
        let row = |number: u32| format!("{name};person{number}@{}.example.com;member\r\n", "a".repeat(60));
        let table = format!("name;email;role\r\n{}", (0..2_000).map(row).collect::<String>());
        let call = || server.function("import_people").cookie(&default.owner);
        let form = call().form(&[("table", &table), ("mode", "try")]).send().await;
        let file = with_file(&[("mode", b"try"), ("file", table.as_bytes())]);
        let file = call().raw("multipart/form-data; boundary=X", file).send().await;
        for (way, reply) in [("form", form), ("file", file)] {
            assert_eq!(reply.status, 200, "{sign} as {way}: {:.200}", reply.text());
            assert_eq!(reply.json()["added"], 2_000, "{sign} as {way}");
        }
    }
    let largest = 3 * pulsestage::people_import::TABLE_BYTES;
    let huge = |cookie: &str, bytes: usize| {
        let call = server.function("import_people").cookie(cookie);
        call.raw("application/x-www-form-urlencoded", vec![b'a'; bytes])
    };
    let refused = huge(&default.owner, largest + 512 * 1024).send().await;
    assert_refused("huge", &refused, 413, "too_large");
    assert!(refused.text().contains("at most 2,000 rows"), "{}", refused.text());
    // Nobody else is read so much of.
    for cookie in [default.moderator.clone(), server.participant(1), String::new()] {
        assert_refused("not theirs", &huge(&cookie, 300 * 1024).send().await, 413, "too_large");
    }
    let page = huge(&default.owner, largest + 512 * 1024)
        .wants_page()
        .header("referer", &format!("http://{HOST}/admin/people"));
    let sent = page.send().await;
    assert!(sent.text().contains("The table is too large"), "{}", sent.text());
}

#[tokio::test]
async fn everybody_may_say_what_they_are_called_and_nothing_else_of_themselves() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let ann = SignedIn::with(&server, Role::Viewer).await;
    let fields = [("name", "Ann  Lee"), ("role", "owner"), ("email", "x@example.com")];
    let reply = call(&server, "rename_self", &ann.cookie, &fields).await.read::<Value>();
    assert_eq!((reply["name"].as_str(), reply["role"].as_str()), (Some("Ann Lee"), Some("viewer")));
    assert!(reply["email"].is_null());
    assert_refused("no name", &call(&server, "rename_self", &ann.cookie, &[("name", "")]).await, 422, "invalid");
    let guest = server.participant(3);
    assert_refused("a guest", &call(&server, "rename_self", &guest, &[("name", "Me")]).await, 403, "not_signed_in");
    assert_eq!(stored_role(&server, &default, ann.id).await, (Role::Viewer, true));
}
