//! What people type is text wherever it goes: hostile texts are put into every field that is stored, and every page, frame,
//! letter and file is read as a browser, a stream, a mail program and a spreadsheet read it.

use axum::http::Method;
use serde_json::Value;
use std::sync::Arc;

use pulsestage::id::UserId;
use pulsestage::link::PersonLinkPurpose;
use pulsestage::text::{Name, Slug};
use pulsestage::user::Role;
use pulsestage_server::auth::Secret;
use pulsestage_server::system::SystemRng;

use crate::http_tenancy::{fields, with};
use crate::markup::{Drawn, HOSTILE, drawn, workbook};
use crate::routes::{admin_views, routes};
use crate::stage::{Stage, stories};
use crate::support::{FakeProvider, Log, MailServer, PASSWORD, Plan, Reply, Room, TestServer, Wire, dump};

const ASKER: u128 = 0xA5CE;
const ORIGIN: &str = "http://ask.test";

stories!(what_people_type_is_text_everywhere);

async fn what_people_type_is_text_everywhere(stage: Arc<Stage>) {
    let log = Log::listen();
    let (mut mail, provider) = (MailServer::start().await, FakeProvider::start().await);
    let mut oidc = provider.args(&["example.com"]);
    oidc.oidc_name = HOSTILE.concat();
    oidc.oidc_tenants = vec!["default".to_owned(), "acme".to_owned()];
    let plan = Plan { mail: mail.args.clone(), public_url: Some(ORIGIN.to_owned()), oidc, ..Plan::default() };
    let server = TestServer::on(stage.store.clone(), plan);
    let slug = Slug::default_tenant();
    server.service.create_tenant(slug.clone(), Name::parse(HOSTILE[0]).unwrap()).await.unwrap();
    let secret = Secret::new(&SystemRng);
    assert!(server.service.offer_claim(&slug, secret.hash()).await.unwrap());
    let room = Room::furnish(&server.service, "acme").await;
    let mut wire = Wire::of(server.get("/sse?tenantId=acme").cookie(&room.owner).open().await);
    wire.greeting().await;

    let mut story =
        Story { server, room, tokens: vec![secret.reveal().to_owned()], cookies: Vec::new(), question: String::new() };
    let mut titles = String::new();
    for (number, hostile) in HOSTILE.into_iter().enumerate() {
        story.play(number, hostile).await;
        // Letters that tell of what was done to an account come beside the one with the link.
        let letter = loop {
            let letter = mail.letter().await;
            assert_letter(&letter.text);
            if letter.text.contains("/open/") {
                break letter;
            }
        };
        story.tokens.push(letter.link(ORIGIN).rsplit('/').next().unwrap().to_owned());
        titles += &story.look(number, hostile).await;
        // What was shown of a wrong form, and every link, was for this text alone.
        story.tokens.truncate(1);
        while let Some(message) = wire.drain().pop() {
            assert!(serde_json::from_str::<Value>(&message.data).is_ok());
        }
    }
    // The texts were there to be found.
    for hostile in HOSTILE {
        let shown: String = hostile.split_whitespace().collect::<Vec<_>>().join(" ");
        let shown: String = shown.chars().filter(|c| !c.is_control()).collect();
        assert!(titles.contains(&shown), "no title has {shown:?}: {titles}");
    }
    assert_stored(&dump(&stage.url).await);
    let log = log.text();
    assert!(log.contains("published"), "there is a log");
    for bad in ["\u{1b}[31mpwn", "\u{1b}]0;pwn", "\npwn", "\nBcc:", "\ndata: pwn"] {
        assert!(!log.contains(bad), "{bad:?} is in the log as it stands");
    }
}

/// Every field that keeps what somebody typed has kept some of it.
fn assert_stored(dump: &[(String, Vec<Value>)]) {
    for (table, columns) in [
        ("tenants", &["name", "settings"][..]),
        ("teams", &["name"]),
        ("tags", &["name"]),
        ("users", &["name", "email"]),
        ("sessions", &["label"]),
        (
            "questions",
            &["body", "author_name", "response_text", "hold_reason", "removal_reason", "label", "draft_text"],
        ),
        ("reports", &["reason"]),
        ("thread_messages", &["body"]),
    ] {
        let rows = &dump.iter().find(|(name, _)| name == table).unwrap_or_else(|| panic!("no table {table}")).1;
        for column in columns {
            let has = rows.iter().filter_map(|row| row.get(column)).any(|value| value.to_string().contains("pwn"));
            assert!(has, "{table}.{column} was forgotten: {:?}", rows.first());
        }
    }
}

/// A letter has the headers that we write and no other.
fn assert_letter(text: &str) {
    let head = text.split("\n\n").next().unwrap();
    for line in head.lines().filter(|line| !line.starts_with([' ', '\t'])) {
        let name = line.split(':').next().unwrap_or_default();
        let known = ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"];
        assert!(known.contains(&name) || name.starts_with("Content-") || name == "Auto-Submitted", "{line}");
    }
}

/// What is known while the texts are put in and looked at.
struct Story {
    server: TestServer,
    room: Room,
    /// Secrets of links.
    tokens: Vec<String>,
    /// Who looks beside the owner: nobody, the asker, somebody with a hostile name.
    cookies: Vec<String>,
    /// A question with everything on it.
    question: String,
}

impl Story {
    async fn act(&self, cookie: &str, name: &str, form: &[(&str, &str)]) -> Value {
        let form = [&[("tenant", &*self.room.slug)], form].concat();
        let reply = self.server.function(name).cookie(cookie).form(&form).send().await;
        assert_eq!(reply.status, 200, "{name}: {}", reply.text());
        reply.json()
    }

    /// Puts a text into every field.
    async fn play(&mut self, number: usize, hostile: &str) {
        let (owner, moderator) = (self.room.owner.clone(), self.room.moderator.clone());
        let (asker, voter) = (self.server.participant(ASKER), self.server.participant(7));
        let version = self.server.get("/api/fn/load_settings?tenant=acme").cookie(&owner).send().await.json();
        let version = version["version"].to_string();
        let changes: [(&'static str, &str); 6] = [
            ("settings[version]", &version),
            ("settings[name]", hostile),
            ("settings[words]", hostile),
            ("settings[languages]", hostile),
            ("settings[names]", "optional"),
            ("settings[accent]", "#1D4ED8"),
        ];
        let mut settings = with(fields(&self.room), &changes);
        settings.retain(|(name, _)| name.starts_with("settings"));
        let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.act(&owner, "change_settings", &settings).await;
        let team = self.act(&owner, "create_team", &[("name", hostile)]).await["id"].as_str().unwrap().to_owned();
        let tag = self.act(&owner, "create_tag", &[("name", hostile), ("color", "#1D4ED8")]).await;
        let tag = tag["id"].as_str().unwrap().to_owned();

        let mut asked = Vec::new();
        for number in 0..4 {
            // The name as it is belongs to staff, so nobody else may have it.
            let name = format!("{hostile} fan");
            let ask = [("team", &*team), ("question", hostile), ("name", &*name)];
            let id = self.act(&asker, "ask", &ask).await["id"].as_str().unwrap().to_owned();
            // The filter holds each for the tenant's own word; the last one stays held.
            if number < 3 {
                self.act(&moderator, "decide", &[("question", &id), ("decision", "approve")]).await;
            }
            asked.push(id);
        }
        let [one, two, three] = [&*asked[0], &*asked[1], &*asked[2]];
        for (name, form) in [
            ("tag", [("question", one), ("tag", &*tag)]),
            ("label", [("question", one), ("label", hostile)]),
            ("say", [("question", one), ("text", hostile)]),
            ("edit", [("question", two), ("text", &*format!("Edited: {hostile}"))]),
            ("answer", [("question", two), ("answer", hostile)]),
            ("decline", [("question", three), ("reason", hostile)]),
            ("draft", [("question", one), ("text", hostile)]),
        ] {
            self.act(&moderator, name, &form).await;
        }
        self.act(&voter, "report", &[("question", one), ("reason", hostile)]).await;
        let thread = format!("/t/acme/mine/{one}");
        self.post(&thread, &asker, &[("text", hostile)]).await;
        let link = self.post(&thread, &asker, &[("do", "link")]).await.text().to_owned();
        let link = link.split("/thread/").nth(1).unwrap().split('"').next().unwrap();
        self.tokens.push(link.to_owned());

        let email = format!("'{{{{pwn}}}}|$%27{number}@example.com");
        let invited = [("name", hostile), ("email", &*email), ("role", "admin")];
        self.act(&owner, "invite_person", &invited).await;
        let table = format!("name,email,role\n\"{}\",{email},\n", hostile.replace('"', "\"\""));
        self.act(&owner, "import_people", &[("table", &table), ("mode", "try")]).await;
        let person = self.server.person(&self.room, &format!("second{number}@example.com"), Role::Admin).await;
        self.cookies = vec![String::new(), asker, self.come_in(person, hostile).await];
        // To the one whose address is as strange as their name.
        self.post("/t/acme/sign-in/forgot", "", &[("email", &email)]).await;
        for purpose in [PersonLinkPurpose::Invitation, PersonLinkPurpose::Password, PersonLinkPurpose::SignIn] {
            let path = self.server.link_for(&self.room, person, purpose).await;
            self.tokens.push(path.rsplit('/').next().unwrap().to_owned());
        }
        let secret = Secret::new(&SystemRng);
        self.server.service.put_link(&Slug::parse("acme").unwrap(), Role::Viewer, secret.hash()).await.unwrap();
        self.tokens.push(secret.reveal().to_owned());
        self.question = one.to_owned();
    }

    /// Somebody with this name, who signs in with a browser of this name.
    async fn come_in(&self, person: UserId, hostile: &str) -> String {
        let path = self.server.link_for(&self.room, person, PersonLinkPurpose::Invitation).await;
        let agent: String = hostile.chars().filter(|c| !c.is_control()).collect();
        let call = self.server.post(&path, &[("name", hostile), ("password", PASSWORD)]).header("user-agent", &agent);
        call.send().await.came_in().0
    }

    async fn post(&self, path: &str, cookie: &str, form: &[(&str, &str)]) -> Reply {
        self.server.request(Method::POST, path).wants_page().cookie(cookie).form(form).send().await
    }

    /// Changes at everything there is, as one of the others by turns and then as the owner, asked for with this text in every
    /// parameter as well; gives all titles.
    async fn look(&self, number: usize, hostile: &str) -> String {
        let code = self.server.get("/api/fn/load_teams?tenant=acme").cookie(&self.room.owner).send().await.json();
        let code = code["teams"][0]["joinCode"].as_str().unwrap_or_else(|| panic!("no code in {code}")).to_owned();
        let names = ["to", "code", "text", "team", "tag", "q", "act", "person", "__path", "__err", "saved", "error"];
        let query: Vec<(&str, &str)> = names.iter().map(|name| (*name, hostile)).collect();
        let query = crate::support::encode_form(&query);
        let mut titles = String::new();
        for path in self.addresses(&code) {
            // A stream has no end; what it sends was read.
            if path.starts_with("/sse") {
                continue;
            }
            for cookie in [&self.cookies[number % self.cookies.len()], &self.room.owner] {
                let device = self.server.participant(ASKER);
                let asked = format!("{path}{}{query}", if path.contains('?') { "&" } else { "?" });
                for address in [&path, &asked] {
                    let call = self.server.get(address).wants_page().cookie(cookie);
                    let call = if cookie.is_empty() { call.cookie(&device) } else { call };
                    titles += &assert_text(address, &call.send().await).title;
                }
            }
            if !path.starts_with("/api/") && !path.starts_with("/sign-out") && !path.starts_with("/export/") {
                // Everything that a form of ours sends; each is refused for something, or is the text once more.
                let form = ["name", "email", "text", "reason", "to", "op", "question", "password", "current", "code"];
                let form: Vec<(&str, &str)> = form.iter().map(|name| (*name, hostile)).collect();
                assert_text(&format!("POST {path}"), &self.post(&path, &self.server.participant(ASKER), &form).await);
            }
        }
        titles
    }

    /// Every address there is.
    fn addresses(&self, code: &str) -> Vec<String> {
        let reads = leptos::server_fn::axum::server_fn_paths().filter(|(_, method)| *method == Method::GET);
        let question = &self.question;
        let query = format!("tenant=acme&question={question}&range=day&team=");
        let reads: Vec<String> = reads.map(|(path, _)| format!("{path}?{query}")).collect();
        let files = ["questions.csv", "questions.json", "questions.xlsx", "votes.csv", "audit.csv", "audit.jsonl"];
        let files: Vec<String> = files.iter().map(|file| format!("{file}?tenant=acme")).collect();
        let mut addresses = Vec::new();
        for route in routes() {
            let mut of_route = vec![route.clone()];
            for (parameter, values) in [
                ("{room}", vec![String::new(), "/t/acme".to_owned()]),
                ("{tenant}", vec!["acme".to_owned()]),
                ("{question}", vec![question.clone()]),
                ("{token}", self.tokens.clone()),
                ("{code}", vec![code.to_owned()]),
                ("{view}", admin_views().into_iter().map(str::to_owned).collect()),
                ("{file}", files.clone()),
                ("/api/fn/{*name}", reads.clone()),
                ("{*rest}", vec!["nothing".to_owned()]),
            ] {
                let fill = |route: &String| values.iter().map(|value| route.replace(parameter, value)).collect();
                of_route = of_route.iter().flat_map::<Vec<String>, _>(fill).collect();
            }
            of_route.sort();
            of_route.dedup();
            for address in &of_route {
                let path = address.split('?').next().unwrap();
                assert!(!path.contains('{'), "{route}: say here what stands for its parameter");
            }
            addresses.extend(of_route);
        }
        addresses
    }
}

/// Nothing in this answer is more than text.
fn assert_text(address: &str, reply: &Reply) -> Drawn {
    assert!(reply.status.as_u16() < 500, "{address}: {}", reply.status);
    for (name, value) in &reply.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        let encoded = name == "location" || name == "serverfnredirect";
        assert!(!name.as_str().contains("pwn") && (encoded || !value.contains("pwn")), "{address}: {name}: {value}");
    }
    let kind = reply.header("content-type");
    let path = address.split('?').next().unwrap_or_default();
    if kind.starts_with("text/html") || kind == "image/svg+xml" {
        let page = drawn(reply.text());
        assert!(page.wounds.is_empty(), "{address}: {:?}", page.wounds);
        return page;
    }
    if kind.starts_with("application/json") {
        assert!(serde_json::from_slice::<Value>(&reply.body).is_ok(), "{address}: {}", reply.text());
    } else if kind.starts_with("text/csv") {
        for row in csv::Reader::from_reader(&reply.body[..]).records() {
            for cell in &row.unwrap() {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{address}: {cell}");
            }
        }
    } else if path.ends_with(".xlsx") && reply.status == 200 {
        for file in workbook(&reply.body) {
            assert!(drawn(&file).wounds.is_empty(), "{address}: {:?}", drawn(&file).wounds);
        }
    } else if kind.starts_with("text/css") {
        assert!(!reply.text().contains("pwn"), "{address}");
    }
    assert!(kind.is_empty() || reply.header("x-content-type-options") == "nosniff", "{address}: {kind}");
    Drawn::default()
}
