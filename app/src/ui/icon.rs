//! The one icon set: strokes on a 24 grid, in the colour of the text beside them.

use crate::ui::erase::Erase;
use leptos::prelude::*;

/// An icon by what it stands for. It is never the only word on a control: read aloud it is silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// Vote for it.
    ChevronUp,
    /// There is more below.
    ChevronDown,
    /// Newer things are above.
    ArrowUp,
    /// Held at the top.
    Pin,
    /// Closed.
    Lock,
    /// Open it again.
    Unlock,
    /// A tag.
    Tag,
    /// Done, or chosen.
    Check,
    /// Close, or put away.
    X,
    /// Add one.
    Plus,
    /// Words of somebody: an answer, a question.
    Message,
    /// Change the words.
    Edit,
    /// Several people.
    Users,
    /// One person.
    User,
    /// Fewer things.
    Filter,
    /// Another order.
    Sort,
    /// Waiting.
    Clock,
    /// No connection.
    WifiOff,
    /// Again, from the start.
    Refresh,
    /// Something went wrong.
    Alert,
    /// Good to know.
    Info,
    /// Take it back.
    Undo,
    /// Leads elsewhere.
    External,
    /// Nothing here yet.
    Sparkle,
    /// The dark theme.
    Moon,
    /// The light theme.
    Sun,
    /// Leave.
    LogOut,
    /// Guarded.
    Shield,
    /// A list of pages.
    Menu,
    /// Look for words.
    Search,
}

impl Icon {
    /// The strokes, as the `d` of one path.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Menu => "M4 6h16M4 12h16M4 18h16",
            Self::Search => "M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zM15.5 15.5L20.5 20.5",
            Self::ChevronUp => "M6 15l6-6 6 6",
            Self::ChevronDown => "M6 9l6 6 6-6",
            Self::ArrowUp => "M12 19.5V5M5.5 11.5L12 5l6.5 6.5",
            Self::Pin => "M12 16.5v5M8.5 3.5h7M10 3.5v6L6.5 13.5v3h11v-3L14 9.5v-6",
            Self::Lock => {
                "M6.5 11h11a1.5 1.5 0 0 1 1.5 1.5v6.5a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 5 19v-6.5A1.5 1.5 0 0 1 6.5 11zM8 11V7.5a4 4 0 0 1 8 0V11"
            }
            Self::Unlock => {
                "M6.5 11h11a1.5 1.5 0 0 1 1.5 1.5v6.5a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 5 19v-6.5A1.5 1.5 0 0 1 6.5 11zM8 11V7.5a4 4 0 0 1 7.8-1.2"
            }
            Self::Tag => {
                "M12.6 3.5H4.5a1 1 0 0 0-1 1v8.1a2 2 0 0 0 .6 1.4l6.4 6.4a2 2 0 0 0 2.8 0l7.1-7.1a2 2 0 0 0 0-2.8L14 4.1a2 2 0 0 0-1.4-.6zM8 8h.01"
            }
            Self::Check => "M5 12.5l4.5 4.5L19 7.5",
            Self::X => "M6 6l12 12M18 6L6 18",
            Self::Plus => "M12 5v14M5 12h14",
            Self::Message => {
                "M6 4h12a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-6.5l-4.2 3.4A.5.5 0 0 1 6.5 20v-3H6a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z"
            }
            Self::Edit => "M4 20l1-4.2L16.2 4.6a1.8 1.8 0 0 1 2.5 0l.7.7a1.8 1.8 0 0 1 0 2.5L8.2 19zM14.5 6.5l3 3",
            Self::Users => {
                "M9 4.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 0 0 0-7zM2.5 20c0-3.6 2.9-5.5 6.5-5.5s6.5 1.9 6.5 5.5M16 4.9a3.5 3.5 0 0 1 0 6.2M18 14.9c2.1.8 3.5 2.5 3.5 5.1"
            }
            Self::User => "M12 4a4 4 0 1 0 0 8a4 4 0 0 0 0-8zM4.5 20.5c0-4 3.4-6 7.5-6s7.5 2 7.5 6",
            Self::Filter => "M4 6h16M7 12h10M10 18h4",
            Self::Sort => "M7 5v14M3.5 15.5L7 19l3.5-3.5M17 19V5M13.5 8.5L17 5l3.5 3.5",
            Self::Clock => "M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 0 0 0-17zM12 7.5V12l3 2",
            Self::WifiOff => {
                "M3 3l18 18M2.5 9a14 14 0 0 1 4.6-2.8M10.8 5.3A14 14 0 0 1 21.5 9M5.8 12.6a9 9 0 0 1 4.4-2.3M14.8 10.7a9 9 0 0 1 3.4 1.9M9 16a4.5 4.5 0 0 1 6 0M12 19.5h.01"
            }
            Self::Refresh => {
                "M20 11.5a8 8 0 0 0-14.3-4.4L3.5 9.5M3.5 4.5v5h5M4 12.5a8 8 0 0 0 14.3 4.4l2.2-2.4M20.5 19.5v-5h-5"
            }
            Self::Alert => {
                "M10.7 4.2L2.6 18a1.5 1.5 0 0 0 1.3 2.25h16.2A1.5 1.5 0 0 0 21.4 18L13.3 4.2a1.5 1.5 0 0 0-2.6 0zM12 9.5v4M12 17h.01"
            }
            Self::Info => "M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 0 0 0-17zM12 11v5M12 8h.01",
            Self::Undo => "M8.5 14L4 9.5 8.5 5M4 9.5h10.5a5.25 5.25 0 0 1 0 10.5H11",
            Self::External => "M14 4h6v6M20 4l-9 9M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5",
            Self::Sparkle => {
                "M12 3.5l1.9 5.1a2.5 2.5 0 0 0 1.5 1.5l5.1 1.9-5.1 1.9a2.5 2.5 0 0 0-1.5 1.5L12 20.5l-1.9-5.1a2.5 2.5 0 0 0-1.5-1.5L3.5 12l5.1-1.9a2.5 2.5 0 0 0 1.5-1.5z"
            }
            Self::Moon => "M20 14.2A8.2 8.2 0 1 1 9.8 4a6.6 6.6 0 0 0 10.2 10.2z",
            Self::Sun => {
                "M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4"
            }
            Self::LogOut => "M9.5 4H5a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h4.5M15.5 7.5L20 12l-4.5 4.5M20 12H9.5",
            Self::Shield => "M12 3l7.5 2.8v5.7c0 4.6-3.1 7.9-7.5 9.5-4.4-1.6-7.5-4.9-7.5-9.5V5.8z",
        }
    }
}

/// Draws an icon in the size of the text around it.
#[must_use]
pub fn icon(name: Icon) -> impl IntoView {
    drawn("icon", "20", name)
}

/// Draws the icon of a page that has one thing to say.
#[must_use]
pub fn large(name: Icon) -> impl IntoView {
    drawn("icon solo__mark", "48", name)
}

fn drawn(class: &'static str, size: &'static str, name: Icon) -> impl IntoView {
    view! {
        <svg class=class viewBox="0 0 24 24" width=size height=size aria-hidden="true">
            <path d=name.path()></path>
        </svg>
    }
    .erase()
}

/// The mark of the product: a pulse over a stage.
#[must_use]
pub fn brand_mark() -> impl IntoView {
    view! {
        <svg
            class="brand__mark"
            viewBox="0 0 32 32"
            width="30"
            height="30"
            fill="none"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
        >
            <path d="M3 16h5.2l3.7-9.5 6 15.5 3.4-8.8 1.3 2.8H29" stroke="currentColor" stroke-width="3"></path>
            <path d="M6 28q10-3.4 20 0" stroke="#F4EFE6" stroke-width="2.4"></path>
        </svg>
    }
    .erase()
}
