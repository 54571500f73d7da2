//! The workspace's settings.

use leptos::prelude::*;
use pulsestage::accent::{Accent, Shades};
use pulsestage::settings::{FASTEST, LONGEST_QUESTION, SettingsView};
use pulsestage::tenant::{Names, StaffSettings, TenantSettings};
use pulsestage::text::Color;

use super::form::Form;
use super::frame::{Frame, Here, PageFuture};
use crate::api;
use crate::ui::dom;
use crate::ui::erase::{Erase, part};
use crate::ui::field::{Control, Field, hidden, send};
use crate::ui::icon::Icon;

/// The page.
pub(super) fn page(here: Here) -> PageFuture {
    here.load(api::load_settings, draw)
}

fn draw(view: SettingsView, frame: Frame) -> AnyView {
    let SettingsView { tenant, staff, version, role } = view;
    let form = frame.form("change_settings", &tenant.slug);
    let fields = fields(&form, &tenant.name, tenant.settings.clone(), staff, version);
    let content = view! {
        <section class="panel" aria-label="Settings">
            {form.draw(fields)}
        </section>
        {logo(&tenant.slug, tenant.settings.logo.as_deref())}
    }
    .into_any();
    frame.draw(&tenant, role, "Changes apply at once, also on pages that are already open.", content)
}

fn fields(form: &Form, name: &str, settings: TenantSettings, staff: StaffSettings, version: i64) -> AnyView {
    let names = match settings.names {
        Names::Anonymous => "anonymous",
        Names::Optional => "optional",
        Names::Required => "required",
    };
    let number = |named, name, label, value: Option<u32>, hint| {
        let field = Field::line("number", name, label).value(value.unwrap_or_default().to_string()).hint(hint);
        form.field_for(named, Field { keys: Some("numeric"), ..field })
    };
    let length = settings.question_length;
    let words = Field::text("settings[words]", "Words to hold for review").value(staff.words.join("\n"));
    let languages = Field::text("settings[languages]", "Languages").value(settings.languages.join(", "));
    let choice = Field::choice(
        "settings[names]",
        "Names on questions",
        [("anonymous", "Never"), ("optional", "Optional"), ("required", "Required")],
    );
    view! {
        {hidden("settings[version]", form.value("settings[version]", version.to_string()))}
        {form.field_for("name", Field::text("settings[name]", "Workspace name").value(name))}
        <fieldset class="admin__group">
            <legend>"Participation"</legend>
            {form.tick("settings[asking_open]", "Accept questions", settings.asking_open)}
            {form.tick("settings[voting_open]", "Accept votes", settings.voting_open)}
            {form.tick("settings[guests_allowed]", "Let guests take part without an account", settings.guests_allowed)}
            {form.tick("settings[own_votes]", "Let people vote for their own questions", settings.own_votes)}
            {form.tick("settings[show_totals]", TOTALS, settings.show_totals)}
            {form.tick("settings[pre_moderation]", "Review questions before they appear", settings.pre_moderation)}
            {form.field_for("names", choice.value(names))}
        </fieldset>
        <fieldset class="admin__group">
            <legend>"Questions"</legend>
            <div class="admin__row">
                {number("length", "settings[question_min]", "Minimum characters", Some(length.min), "At least 1")}
                {number("length", "settings[question_max]", "Maximum characters", Some(length.max), MOST)}
            </div>
            <div class="admin__row">
                {number("asks", "settings[asks_per_minute]", "Questions per minute", staff.asks_per_minute, RATE)}
                {number("votes", "settings[votes_per_minute]", "Votes per minute", staff.votes_per_minute, RATE)}
            </div>
            {form.field_for("languages", languages.hint("Separate with commas. Leave empty to accept any language."))}
            {form.field_for(
                "words",
                Field { control: Control::Area(4), ..words.hint("One per line. Only admins see this list.") },
            )}
        </fieldset>
        <fieldset class="admin__group">
            <legend>"Appearance"</legend>
            {accent(form, settings.accent.unwrap_or_default())}
        </fieldset>
        {send("btn btn--main", Some(Icon::Check), "Save")}
    }
    .into_any()
}

/// What [`LONGEST_QUESTION`] and [`FASTEST`] are in words.
const MOST: &str = "Up to 2,000";
const TOTALS: &str = "Show everyone how many questions were received, shown and declined";
const RATE: &str = "For each participant, up to 600. 0 uses the default.";
const _: () = assert!(LONGEST_QUESTION == 2_000 && FASTEST == 600);

/// The accent, with what becomes of it in both themes while it is typed.
fn accent(form: &Form, value: String) -> AnyView {
    let typed = RwSignal::new(form.value("settings[accent]", value.clone()));
    let alive = dom::alive();
    let preview = part(move || {
        // Not drawn by the server, whose styles in elements a strict policy forbids.
        let color = alive.get().then(|| Color::parse(&typed.get()).ok()).flatten();
        color.map(|color| {
            let Accent { light, dark } = Accent::of(&color);
            view! {
                <div class="form__row" role="img" aria-label="Preview of the accent in the light and the dark theme">
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
        is_off.then_some("Use a # and six digits, such as #1D4ED8")
    });
    let hint =
        "A hex colour such as #1D4ED8. Leave empty for the default. We adjust it where it would be hard to read.";
    let field = Field::text("settings[accent]", "Accent colour").value(value).hint(hint);
    view! {
        <div class="form" on:input=move |event| typed.set(event_target_value(&event))>
            {form.field_for("accent", field)}
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
            <span style=("color", shades.text.to_string())>"Link"</span>
        </div>
    }
    .erase()
}

fn logo(slug: &str, word: Option<&str>) -> AnyView {
    let address = format!("/t/{slug}/logo");
    let form = |fields: AnyView| {
        view! {
            <form class="form" method="post" action=address.clone() enctype="multipart/form-data">
                {fields}
            </form>
        }
        .erase()
    };
    let picture = word.map(|word| {
        let remove = form(send("btn btn--quiet", Some(Icon::X), "Remove logo"));
        view! {
            <img class="admin__logo" src=format!("{address}?v={word}") alt="Current logo" />
            {remove}
        }
        .into_any()
    });
    let upload = view! {
        <div class="field">
            <label class="field__label" for="logo">
                "Image"
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
                "PNG, JPEG or WebP, up to 64 KB"
            </span>
        </div>
        {send("btn", Some(Icon::ArrowUp), "Upload logo")}
    }
    .into_any();
    view! {
        <section class="panel" aria-labelledby="logo-title">
            <h2 class="panel__title" id="logo-title">
                "Logo"
            </h2>
            {picture}
            {form(upload)}
        </section>
    }
    .erase()
}
