//! What the components draw on the server: the promises that plain forms and screen readers hang on.

use leptos::prelude::*;
use leptos::reactive::owner::Owner;
use pulsestage::id::{OperationId, QuestionId, TagId, TeamId, TenantId};
use pulsestage::question::{Answer, Status};
use pulsestage::tag::Tag;
use pulsestage::team::{Team, TeamState};
use pulsestage::tenant::{Names, Tenant, TenantSettings};
use pulsestage::text::Limits;
use pulsestage::time::Timestamp;
use uuid::Uuid;

use super::answer_editor::Drafts;
use super::card::Card;
use super::composer::Composer;
use super::page_url::{PageUrl, ViewKind};
use super::queue_row::QueueRow;
use crate::live::{Progress, Row, RowSignal};

const QUESTION: QuestionId = QuestionId(Uuid::from_u128(7));

fn row() -> Row {
    Row {
        id: QUESTION,
        team: "R&D".to_owned(),
        body: "<script>alert(1)</script> why?".to_owned(),
        upvotes: 1,
        status: Status::Open,
        created_at: Timestamp(1_763_460_720_000),
        tags: vec![Tag { id: TagId(Uuid::from_u128(8)), name: "Pay".to_owned(), color: "#f59e0b".to_owned() }],
        answer: None,
        pinned: false,
        frozen: false,
        author: None,
        own: false,
        voted: false,
        takes_votes: true,
        pending: false,
        fresh: false,
    }
}

/// What is drawn of one row.
fn drawn<V: IntoView + 'static>(row: Row, view: impl FnOnce(RowSignal, StoredValue<String>) -> V) -> String {
    Owner::new().with(|| view(Signal::stored(row), StoredValue::new("acme".to_owned())).to_html())
}

fn card(row: Row) -> String {
    Owner::new().with(|| card_in_owner(row))
}

fn card_in_owner(row: Row) -> String {
    let place = StoredValue::new(PageUrl::new(Some("acme".to_owned()), ViewKind::Questions));
    let own_votes = Signal::derive(|| false);
    let on_vote = Callback::new(|_| ());
    drawn(row, |row, slug| {
        view! { <Card row=row slug=slug may_vote=true own_votes=own_votes place=place on_vote=on_vote /> }
    })
}

fn queue_row(row: Row) -> String {
    drawn(row, |row, slug| {
        let tags = RwSignal::new(Vec::new());
        let on_moderate = Callback::new(|_| ArcRwSignal::new(Progress::Idle).read_only());
        view! {
            <QueueRow
                row=row
                slug=slug
                tags=tags.into()
                drafts=Drafts::default()
                claims=None
                may_create_tag=true
                on_moderate=on_moderate
            />
        }
    })
}

/// Whether there is a form to this address that carries all of these fields, and whether it is whole.
fn has_form(html: &str, address: &str, fields: &[&str]) -> bool {
    html.split("<form").skip(1).filter_map(|rest| rest.split_once("</form>")).any(|(form, _)| {
        form.contains(&format!("action=\"{address}\""))
            && form.contains("method=\"post\"")
            && fields.iter().all(|field| form.contains(field))
    })
}

#[test]
fn a_vote_works_as_a_plain_form() {
    let fields = ["name=\"tenant\" value=\"acme\"", &format!("name=\"question\" value=\"{QUESTION}\"")];
    let open = card(row());
    assert!(has_form(&open, "/api/fn/set_vote", &[fields[0], fields[1], "name=\"up\" value=\"true\""]), "{open}");
    assert!(open.contains("aria-pressed=\"false\""), "{open}");
    let voted = card(Row { voted: true, ..row() });
    assert!(has_form(&voted, "/api/fn/set_vote", &[fields[0], fields[1], "name=\"up\" value=\"false\""]), "{voted}");
    assert!(voted.contains("aria-pressed=\"true\""), "{voted}");
}

#[test]
fn a_closed_question_says_why_it_takes_no_vote() {
    for closed in [Row { frozen: true, ..row() }, Row { status: Status::Answered, ..row() }] {
        let html = card(closed);
        let why = format!("q-{QUESTION}-why");
        assert!(html.contains(&format!("id=\"{why}\"")), "{html}");
        assert!(html.contains(&format!("aria-describedby=\"{why}\"")), "{html}");
        assert!(html.contains(" disabled"), "{html}");
    }
    assert!(!card(row()).contains(" disabled"));
}

#[test]
fn ones_own_question_takes_no_vote_of_ones_own_and_leads_to_what_can_be_done() {
    let own = card(Row { own: true, author: Some("Ann <b>".to_owned()), ..row() });
    assert!(own.contains(" disabled") && own.contains("Your own question"), "{own}");
    assert!(own.contains(&format!("href=\"/t/acme/mine#q-{QUESTION}\"")), "{own}");
    assert!(own.contains("Ann &lt;b&gt;"), "{own}");
    let other = card(row());
    assert!(other.contains(&format!("href=\"/t/acme/report/{QUESTION}\"")), "{other}");
}

#[test]
fn what_people_type_is_text() {
    let html = card(Row {
        answer: Some(Answer { response_text: "<img src=x onerror=alert(1)>".to_owned(), responded_at: Timestamp(0) }),
        ..row()
    });
    assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
    let text = "**Yes**, see https://example.com/a\n- [x](javascript:alert(1))".to_owned();
    let marked = card(Row { answer: Some(Answer { response_text: text, responded_at: Timestamp(0) }), ..row() });
    assert!(marked.contains("<strong>Yes</strong>") && marked.contains("<ul><li>"), "{marked}");
    assert!(marked.contains("href=\"https://example.com/a\"") && !marked.contains("href=\"javascript"), "{marked}");
    assert!(html.contains("&lt;script&gt;") && html.contains("R&amp;D"), "{html}");
}

#[test]
fn a_tag_brings_its_colour_and_nothing_else() {
    assert!(card(row()).contains("fill=\"#F59E0B\""));
    let mut evil = row();
    evil.tags[0].color = "red;background:url(//x)".to_owned();
    let html = card(evil);
    assert!(!html.contains("url("), "{html}");
}

#[test]
fn the_first_paint_names_its_moment_in_utc() {
    let html = card(row());
    assert!(html.contains("datetime=\"2025-11-18T10:12:00Z\""), "{html}");
    assert!(html.contains("18 Nov 2025, 10:12 UTC"), "{html}");
}

#[test]
fn moderators_pin_and_freeze_by_plain_forms() {
    let question = format!("name=\"question\" value=\"{QUESTION}\"");
    let fields = ["name=\"tenant\" value=\"acme\"", question.as_str()];
    let html = queue_row(row());
    assert!(has_form(&html, "/api/fn/pin", &fields) && has_form(&html, "/api/fn/freeze", &fields), "{html}");
    let html = queue_row(Row { pinned: true, frozen: true, ..row() });
    assert!(has_form(&html, "/api/fn/unpin", &fields) && has_form(&html, "/api/fn/unfreeze", &fields), "{html}");
    assert!(html.contains("Unfreeze it to answer"), "{html}");
    assert!(html.contains("aria-expanded=\"false\""), "{html}");
}

fn composer(teams: u128, refused_before: Option<&str>) -> String {
    composer_of(teams, refused_before, TenantSettings::default())
}

fn composer_of(teams: u128, refused_before: Option<&str>, settings: TenantSettings) -> String {
    composer_beside("t1", teams, refused_before, settings)
}

fn composer_beside(looking_at: &str, teams: u128, refused_before: Option<&str>, settings: TenantSettings) -> String {
    let teams: Vec<Team> = (0..teams)
        .map(|n| Team {
            id: TeamId(Uuid::from_u128(n)),
            slug: format!("t{n}"),
            name: format!("Team {n}"),
            state: TeamState::Open,
        })
        .collect();
    let refused_before = refused_before.map(ToOwned::to_owned);
    let tenant = Tenant { id: TenantId(Uuid::nil()), slug: "acme".to_owned(), name: "Acme".to_owned(), settings };
    Owner::new().with(|| {
        let (teams, asking) = (RwSignal::new(teams), RwSignal::new(Progress::Idle));
        let looking_at = RwSignal::new(Some(looking_at.to_owned()));
        view! {
            <Composer
                slug=StoredValue::new("acme".to_owned())
                form_key=OperationId(Uuid::from_u128(9))
                tenant=Signal::stored(tenant)
                teams=teams
                looking_at=looking_at.into()
                refused_before=refused_before
                asked_before=false
                asking=asking.into()
                on_ask=Callback::new(|_| ())
                on_seen=Callback::new(|()| ())
                similar=Callback::new(|_| ().into_any())
            />
        }
        .to_html()
    })
}

#[test]
fn asking_works_as_a_plain_form() {
    let key = format!("name=\"op\" value=\"{}\"", Uuid::from_u128(9));
    let html = composer(2, None);
    let fields =
        ["name=\"tenant\" value=\"acme\"", key.as_str(), "name=\"team\"", "name=\"question\"", "maxlength=\"1000\""];
    assert!(has_form(&html, "/api/fn/ask", &fields), "{html}");
    assert!(html.contains(&format!("value=\"{}\" selected", Uuid::from_u128(1))), "the team that is looked at: {html}");
    assert!(!html.contains("aria-invalid"), "{html}");
}

#[test]
fn a_name_is_asked_for_where_it_is_shown_and_nowhere_else() {
    let anonymous = composer(1, None);
    assert!(!anonymous.contains("name=\"name\"") && anonymous.contains("Your name is not shown."), "{anonymous}");
    let settings = TenantSettings {
        names: Names::Optional,
        pre_moderation: true,
        languages: vec!["German".to_owned(), "Türkçe".to_owned()],
        question_length: Limits { min: 7, max: 70 },
        ..TenantSettings::default()
    };
    let optional = composer_of(1, None, settings);
    assert!(has_form(&optional, "/api/fn/ask", &["name=\"name\""]), "{optional}");
    assert!(optional.contains("You can ask without a name."), "{optional}");
    assert!(optional.contains("A moderator may review your question first."), "{optional}");
    assert!(optional.contains("Languages: German, Türkçe."), "{optional}");
    assert!(optional.contains("7 to 70 characters"), "{optional}");
}

#[test]
fn one_team_needs_no_choice() {
    let html = composer_beside("t0", 1, None, TenantSettings::default());
    assert!(!html.contains("<select"), "{html}");
    let only = format!("name=\"team\" value=\"{}\"", Uuid::from_u128(0));
    assert!(has_form(&html, "/api/fn/ask", &[only.as_str()]), "{html}");
    // The team that is looked at takes no questions: the form says which one gets them.
    assert!(composer(1, None).contains("<select"));
}

#[test]
fn a_refusal_stands_under_its_field() {
    let html = composer(2, Some("Too short."));
    assert!(html.contains("aria-invalid=\"true\""), "{html}");
    assert!(html.contains("id=\"ask-question-error\"") && html.contains("Too short."), "{html}");
}
