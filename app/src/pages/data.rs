//! How long a workspace keeps texts.

use leptos::prelude::*;
use pulsestage::retention::{LONGEST_RETENTION, RetentionView};

use super::frame::{Frame, Here, PageFuture};
use crate::api;
use crate::ui::erase::Erase;
use crate::ui::field::{Field, send};
use crate::ui::icon::Icon;
use crate::ui::notice::{Notice, Weight};
use crate::ui::time::in_utc;

/// The page.
pub(super) fn page(here: Here) -> PageFuture {
    here.load(api::load_retention, draw)
}

fn draw(view: RetentionView, frame: Frame) -> AnyView {
    let RetentionView { tenant, role, retention } = view;
    let held = retention.hold_since.map(|since| {
        view! {
            <Notice weight=Weight::Plain mark=Icon::Lock>
                <p>{format!("Nothing has been deleted since {}, whatever its age.", in_utc(since))}</p>
            </Notice>
        }
        .erase()
    });
    let form = frame.form("set_retention", &tenant.slug);
    let days = retention.days.map(|days| days.to_string()).unwrap_or_default();
    let days = Field::text("days", "Keep texts for (days)").value(days);
    let days = days.hint(format!("1 to {LONGEST_RETENTION}. Leave empty to keep them forever."));
    let fields = view! {
        {form.field(Field { keys: Some("numeric"), ..days })}
        {form.tick("hold", "Pause deletion: keep everything for now", retention.hold_since.is_some())}
        {send("btn btn--main", Some(Icon::Check), "Save")}
        <p class="field__hint">
            "Counted from the day a question was asked: its text, its answer and the name of its author are deleted. Private "
            "messages and reasons of reports are deleted by their own age. Votes and figures are kept. You cannot undo this."
        </p>
    }
    .into_any();
    let content = view! {
        {held}
        <section class="panel" aria-label="Retention">
            {form.draw(fields)}
        </section>
    }
    .into_any();
    frame.draw(&tenant, role, "Applies to everything that people wrote here, in every team.", content)
}
