//! The tenant's settings.

use leptos::prelude::*;
use pulsestage::accent::{Accent, Shades};
use pulsestage::permission::{Action, may};
use pulsestage::settings::{FASTEST, LONGEST_QUESTION, SettingsView};
use pulsestage::tenant::{Names, StaffSettings, TenantSettings};
use pulsestage::text::{Color, Slug};

use super::desk::{self, Desk, choice, line, number, send, tick};
use crate::api;
use crate::components::admin_nav::address;
use crate::components::page_url::PageUrl;
use crate::ui::dom;
use crate::ui::erase::{Erase, part};
use crate::ui::icon::Icon;
use crate::ui::text::escaped;

/// The page.
pub(super) fn page() -> AnyView {
    desk::page("settings", api::load_settings, draw)
}

fn draw(view: SettingsView, place: PageUrl) -> AnyView {
    let SettingsView { tenant, staff, version, role } = view;
    let operates = tenant.slug == Slug::default_tenant().as_str() && may(role, Action::Operate, &tenant.settings);
    let all = operates.then(|| {
        let word = "All tenants: make one, set its limits, archive it";
        panel_with_way("operator-title", "This installation", address(&place, "operator"), word)
    });
    let texts = address(&place, "data");
    let desk = Desk::new(place, &tenant);
    let settings = desk.form("change_settings", fields(&tenant.name, tenant.settings.clone(), staff, version));
    let content = view! {
        <section class="panel" aria-label="Settings">
            {settings}
        </section>
        {logo(&tenant.slug, tenant.settings.logo.as_deref())}
        {panel_with_way("texts-title", "What people wrote", texts, "How long texts are kept")}
        {all}
    }
    .erase();
    desk.frame("Settings", "Whatever is saved here holds at once, also on pages that are open.", content)
}

/// A panel with the way to a page of its own.
fn panel_with_way(id: &'static str, title: &'static str, href: String, word: &'static str) -> AnyView {
    view! {
        <section class="panel" aria-labelledby=id>
            <h2 class="panel__title" id=id>
                {title}
            </h2>
            <p>
                <a href=href rel="external">
                    {word}
                </a>
            </p>
        </section>
    }
    .erase()
}

fn fields(name: &str, settings: TenantSettings, staff: StaffSettings, version: i64) -> AnyView {
    let names = match settings.names {
        Names::Anonymous => "anonymous",
        Names::Optional => "optional",
        Names::Required => "required",
    };
    let rate = |most: Option<u32>| most.unwrap_or_default().to_string();
    let length = settings.question_length;
    view! {
        <input type="hidden" name="settings[version]" value=version.to_string() />
        {line("name".to_owned(), "settings[name]", "Name of the room", name.to_owned(), "")}
        <fieldset class="desk__group">
            <legend>"Taking part"</legend>
            {tick("settings[asking_open]", "Questions are taken", settings.asking_open)}
            {tick("settings[voting_open]", "Votes are taken", settings.voting_open)}
            {tick("settings[guests_allowed]", "People without an account may take part", settings.guests_allowed)}
            {tick("settings[own_votes]", "People may vote for their own questions", settings.own_votes)}
            {tick("settings[pre_moderation]", "Questions wait for a moderator", settings.pre_moderation)}
            {choice(
                "names".to_owned(),
                "settings[names]",
                "Names with questions",
                names,
                vec![("anonymous", "Never"), ("optional", "Where the asker gives one"), ("required", "Always")],
            )}
        </fieldset>
        <fieldset class="desk__group">
            <legend>"Questions"</legend>
            <div class="desk__row">
                {number("min", "settings[question_min]", "Fewest characters", length.min.to_string(), "At least 1")}
                {number("max", "settings[question_max]", "Most characters", length.max.to_string(), MOST)}
            </div>
            <div class="desk__row">
                {number("asks", "settings[asks_per_minute]", "Questions a minute", rate(staff.asks_per_minute), RATE)}
                {number("votes", "settings[votes_per_minute]", "Votes a minute", rate(staff.votes_per_minute), RATE)}
            </div>
            {line(
                "languages".to_owned(),
                "settings[languages]",
                "Languages that are welcome",
                settings.languages.join(", "),
                "Separated by commas; none named means any",
            )}
            <div class="field">
                <label class="field__label" for="words">
                    "Words that hold a question for review"
                </label>
                <textarea class="input" id="words" name="settings[words]" rows="4" aria-describedby="words-hint">
                    {escaped(staff.words.join("\n"))}
                </textarea>
                <span class="field__hint" id="words-hint">
                    "One a line. Only those who run the room ever see this list."
                </span>
            </div>
        </fieldset>
        <fieldset class="desk__group">
            <legend>"Look"</legend>
            {accent(settings.accent.unwrap_or_default())}
        </fieldset>
        {send("btn btn--main", Icon::Check, "Save")}
    }
    .erase()
}

/// What [`LONGEST_QUESTION`] and [`FASTEST`] are in words.
const MOST: &str = "At most 2,000";
const RATE: &str = "Of one participant; 0 leaves it to the operator, at most 600";
const _: () = assert!(LONGEST_QUESTION == 2_000 && FASTEST == 600);

/// The accent, with what becomes of it in both themes while it is typed.
fn accent(value: String) -> AnyView {
    let typed = RwSignal::new(value.clone());
    let alive = dom::alive();
    let preview = part(move || {
        // Not drawn by the server, whose styles in elements a strict policy forbids.
        let color = alive.get().then(|| Color::parse(&typed.get()).ok()).flatten();
        color.map(|color| {
            let Accent { light, dark } = Accent::of(&color);
            view! {
                <div class="accents" role="img" aria-label="How the accent looks by day and by night">
                    {sample(light, "accents__one")}
                    {sample(dark, "accents__one accents__one--dark")}
                </div>
            }
            .erase()
        })
    });
    let problem = Memo::new(move |_| {
        let typed = typed.get();
        let is_off = !typed.trim().is_empty() && Color::parse(&typed).is_err();
        is_off.then_some("Six digits after a #, such as #1D4ED8")
    });
    view! {
        <div class="field">
            <label class="field__label" for="accent">
                "Accent colour"
            </label>
            <input
                class="input"
                id="accent"
                name="settings[accent]"
                value=value
                placeholder="#00B3A4"
                autocomplete="off"
                spellcheck="false"
                aria-describedby="accent-hint"
                on:input=move |event| typed.set(event_target_value(&event))
            />
            <span class="field__hint" id="accent-hint">
                "As #RRGGBB; empty for ours. It is made lighter or darker where it could not be read."
            </span>
            <span class="field__error" role="status">
                {move || problem.get()}
            </span>
            {preview}
        </div>
    }
    .erase()
}

fn sample(shades: Shades, class: &'static str) -> AnyView {
    view! {
        <div class=class>
            <span
                class="accents__button"
                style=("background", shades.fill.to_string())
                style=("color", shades.on_fill.to_string())
            >
                "Ask"
            </span>
            <span style=("color", shades.text.to_string())>"Text in the accent"</span>
        </div>
    }
    .erase()
}

fn logo(slug: &str, word: Option<&str>) -> AnyView {
    let address = format!("/t/{slug}/logo");
    let picture = word.map(|word| {
        view! { <img class="desk__logo" src=format!("{address}?v={word}") alt="The logo as it is now" /> }.erase()
    });
    let has_one = word.is_some();
    view! {
        <section class="panel" aria-labelledby="logo-title">
            <h2 class="panel__title" id="logo-title">
                "Logo"
            </h2>
            {picture}
            <form class="form" method="post" action=address.clone() enctype="multipart/form-data">
                <div class="field">
                    <label class="field__label" for="logo">
                        "Picture"
                    </label>
                    <input
                        class="input"
                        id="logo"
                        name="logo"
                        type="file"
                        accept="image/png,image/jpeg,image/webp"
                        required
                        aria-describedby="logo-hint"
                    />
                    <span class="field__hint" id="logo-hint">
                        "PNG, JPEG or WebP of at most 64 KB"
                    </span>
                </div>
                {send("btn", Icon::ArrowUp, "Use this picture")}
            </form>
            {has_one
                .then(|| {
                    view! {
                        <form method="post" action=address enctype="multipart/form-data">
                            {send("btn btn--quiet", Icon::X, "Take the logo away")}
                        </form>
                    }
                        .erase()
                })}
        </section>
    }
    .erase()
}
