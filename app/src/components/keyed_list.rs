//! A list of questions of which each keeps its elements while it is drawn, whatever the order becomes.
//!
//! leptos' own keyed list puts every row between the old and the new place of one that moves into the document again. Here
//! only that one is, so a count that changes fifty times a second costs one row each time, and the row that has the keyboard
//! is never moved. Rows that come or go above the reader push nothing that they see: what is above has its height in
//! `--above`, a property that the style sheet makes the list's padding.

use leptos::ev;
use leptos::prelude::*;
use leptos::reactive::owner::Owner;
use leptos::tachys::html::attribute::Attribute;
use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::reactive_graph::OwnedView;
use leptos::tachys::renderer::Rndr;
use leptos::tachys::renderer::types::{Element, Node, Placeholder};
use leptos::tachys::view::add_attr::AddAnyAttr;
use leptos::tachys::view::{Mountable, Position, PositionState, Render, RenderHtml};
use pulsestage::id::QuestionId;

use crate::live::{Edge, Listed};
use crate::platform;
use crate::ui::dom;
use crate::ui::erase::part;

/// The property with the height of what is above the drawn rows.
const ABOVE: &str = "--above";
/// The height of a row before any was measured, in pixels.
const ROW_PX: f64 = 160.0;

/// The rows of a list, each drawn once by `draw`, which makes one element.
pub fn keyed_list(listed: Signal<Listed>, draw: Callback<QuestionId, AnyView>) -> AnyView {
    let owner = Owner::current().unwrap_or_default();
    part(move || KeyedList { listed: listed.get(), draw, owner: owner.clone() }).into_any()
}

struct KeyedList {
    listed: Listed,
    draw: Callback<QuestionId, AnyView>,
    owner: Owner,
}

/// The list as it is in the document.
struct KeyedListState {
    rows: Vec<DrawnRow>,
    /// Stands behind the last row.
    marker: Placeholder,
    parent: Option<Element>,
    before: usize,
    /// The height of what is above, in pixels.
    above: f64,
}

struct DrawnRow {
    id: QuestionId,
    view: <OwnedView<AnyView> as Render>::State,
    element: Option<Element>,
    place: Option<(usize, usize)>,
}

impl KeyedList {
    /// One row, which lives under an owner of its own.
    fn row(&self, id: QuestionId) -> OwnedView<AnyView> {
        let owner = self.owner.with(Owner::new);
        let view = owner.with(|| self.draw.run(id));
        OwnedView::new_with_owner(view, owner)
    }

    fn state(&self, rows: Vec<DrawnRow>, marker: Placeholder, parent: Option<Element>) -> KeyedListState {
        let mut state = KeyedListState { rows, marker, parent, before: self.listed.before, above: 0.0 };
        state.tell_places(&self.listed);
        state
    }
}

impl DrawnRow {
    fn new(id: QuestionId, view: <OwnedView<AnyView> as Render>::State) -> Self {
        let element = view.elements().into_iter().next();
        Self { id, view, element, place: None }
    }

    fn is_in(&self, parent: &Element) -> bool {
        self.element.as_ref().is_some_and(|element| element.parent_node().as_ref() == Some(parent))
    }
}

impl KeyedListState {
    /// Tells assistive technology where each row stands among all of them.
    fn tell_places(&mut self, listed: &Listed) {
        for (n, row) in self.rows.iter_mut().enumerate() {
            let place = listed.place(n);
            if let Some(element) = row.element.as_ref().filter(|_| row.place != place) {
                match place {
                    Some((place, size)) => {
                        Rndr::set_attribute(element, "aria-posinset", &place.to_string());
                        Rndr::set_attribute(element, "aria-setsize", &size.to_string());
                    }
                    None => {
                        Rndr::remove_attribute(element, "aria-posinset");
                        Rndr::remove_attribute(element, "aria-setsize");
                    }
                }
                row.place = place;
            }
        }
    }

    /// Where the list is in the document. Others may have taken out what marks its end.
    fn parent(&self) -> Option<Element> {
        let parent = self.parent.clone()?;
        if self.marker.parent_node().as_ref() != Some(&parent) {
            Rndr::insert_node(&parent, &self.marker, None);
        }
        Some(parent)
    }

    /// Draws these rows in the place of those before.
    fn draw(&mut self, list: &KeyedList, parent: &Element) {
        let ids = &list.listed.ids;
        let mut kept: Vec<Option<DrawnRow>> = ids.iter().map(|_| None).collect();
        let mut places = Vec::with_capacity(self.rows.len());
        let focused = document().active_element();
        let mut with_focus = None;
        for mut row in std::mem::take(&mut self.rows) {
            match ids.iter().position(|id| *id == row.id) {
                Some(place) => {
                    if focused.is_some() && row.element.as_ref().is_some_and(|row| row.contains(focused.as_deref())) {
                        with_focus = Some(places.len());
                    }
                    places.push(place);
                    kept[place] = Some(row);
                }
                None => row.view.unmount(),
            }
        }
        let mut stays = vec![false; kept.len()];
        for (place, stay) in places.iter().zip(staying(&places, with_focus)) {
            stays[*place] = stay;
        }
        let mut next: Node = self.marker.clone().into();
        for (place, id) in ids.iter().enumerate().rev() {
            let row = match kept[place].take() {
                // Others may have taken it out of the document.
                Some(row) if stays[place] && row.is_in(parent) => row,
                Some(mut row) => {
                    row.view.mount(parent, Some(&next));
                    row
                }
                None => {
                    let mut row = DrawnRow::new(*id, list.row(*id).build());
                    row.view.mount(parent, Some(&next));
                    row
                }
            };
            if let Some(element) = &row.element {
                next = element.clone().into();
            }
            self.rows.push(row);
        }
        self.rows.reverse();
    }

    /// A row that stays, and where it is: the first that the reader sees, or the last above.
    fn anchor(&self, listed: &Listed) -> Option<(Element, f64)> {
        let mut anchor = None;
        for row in self.rows.iter().filter(|row| listed.ids.contains(&row.id)) {
            if let Some(element) = row.element.clone() {
                let (top, bottom) = platform::extent(&element);
                anchor = Some((element, top));
                if bottom > 0.0 {
                    break;
                }
            }
        }
        anchor
    }

    /// The mean height of the rows, with what is between them.
    fn row_height(&self) -> f64 {
        let top = |row: Option<&DrawnRow>| Some(platform::extent(row?.element.as_ref()?).0);
        let between = self.rows.len().saturating_sub(1) as f64;
        let (first, last) = (top(self.rows.first()), top(self.rows.last()));
        first.zip(last).map(|(first, last)| (last - first) / between).filter(|height| *height > 0.0).unwrap_or(ROW_PX)
    }

    fn set_above(&mut self, parent: &Element, above: f64) {
        // Whole pixels: a number with decimals costs the browser 20 KB of code to write and read.
        self.above = above.trunc();
        Rndr::set_css_property(&Rndr::style(parent), ABOVE, &format!("{}px", above as i32));
    }

    /// Leaves what the reader sees where it was, after rows have come or gone above it.
    fn keep_in_view(&mut self, parent: &Element, anchor: Option<(Element, f64)>, before: usize) {
        let Some((element, was)) = anchor else {
            // Other rows altogether: whoever asked for them brings the reader there.
            let above = before as f64 * self.row_height();
            return self.set_above(parent, above);
        };
        let moved = || platform::extent(&element).0 - was;
        let above = if before == 0 { 0.0 } else { (self.above - moved()).max(0.0) };
        self.set_above(parent, above);
        let rest = moved();
        if rest.abs() >= 1.0 {
            window().scroll_by_with_x_and_y(0.0, rest);
        }
    }
}

impl Render for KeyedList {
    type State = KeyedListState;

    fn build(self) -> Self::State {
        let rows = self.listed.ids.iter().map(|id| DrawnRow::new(*id, self.row(*id).build())).collect();
        self.state(rows, Rndr::create_placeholder(), None)
    }

    fn rebuild(self, state: &mut Self::State) {
        let Some(parent) = state.parent() else { return };
        let is_window_moved = state.before != self.listed.before;
        let anchor = if is_window_moved { state.anchor(&self.listed) } else { None };
        state.draw(&self, &parent);
        state.tell_places(&self.listed);
        if is_window_moved {
            state.before = self.listed.before;
            state.keep_in_view(&parent, anchor, self.listed.before);
        }
    }
}

impl AddAnyAttr for KeyedList {
    type Output<SomeNewAttr: Attribute> = Self;

    fn add_any_attr<NewAttr: Attribute>(self, _attr: NewAttr) -> Self {
        self
    }
}

impl RenderHtml for KeyedList {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    fn to_html_with_buf(
        self,
        buf: &mut String,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        extra_attrs: Vec<AnyAttribute>,
    ) {
        for id in &self.listed.ids {
            self.row(*id).to_html_with_buf(buf, position, escape, mark_branches, extra_attrs.clone());
            *position = Position::NextChild;
        }
        buf.push_str("<!>");
    }

    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> Self::State {
        // All rows are made before the first is found in the document, as the server makes and draws them.
        let views: Vec<_> = self.listed.ids.iter().map(|id| (*id, self.row(*id))).collect();
        let rows = views.into_iter().map(|(id, view)| DrawnRow::new(id, view.hydrate::<FROM_SERVER>(cursor, position)));
        let rows = rows.collect();
        let marker = cursor.next_placeholder(position);
        position.set(Position::NextChild);
        let parent = marker.parent_element();
        self.state(rows, marker, parent)
    }

    fn into_owned(self) -> Self {
        self
    }
}

impl Mountable for KeyedListState {
    fn unmount(&mut self) {
        for row in &mut self.rows {
            row.view.unmount();
        }
        self.marker.unmount();
    }

    fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
        self.parent = Some(parent.clone());
        for row in &mut self.rows {
            row.view.mount(parent, marker);
        }
        self.marker.mount(parent, marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        match self.rows.first() {
            Some(row) => row.view.insert_before_this(child),
            None => self.marker.insert_before_this(child),
        }
    }

    fn elements(&self) -> Vec<Element> {
        self.rows.iter().filter_map(|row| row.element.clone()).collect()
    }
}

/// Which of these rows, given by the places that they are to have, can stay where they are while the others are put between
/// them: as many as possible, and `keep` in any case.
fn staying(places: &[usize], keep: Option<usize>) -> Vec<bool> {
    // The smallest last place of a rising run of each length so far, by where it stands; and what stands before it there.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; places.len()];
    let kept = keep.and_then(|at| Some((at, *places.get(at)?)));
    for (at, place) in places.iter().enumerate() {
        // What would stand on the wrong side of the row that is kept is no choice.
        if kept.is_some_and(|(kept_at, kept_place)| at.cmp(&kept_at) != place.cmp(&kept_place)) {
            continue;
        }
        let length = ends.partition_point(|end| places[*end] < *place);
        before[at] = length.checked_sub(1).and_then(|shorter| ends.get(shorter)).copied();
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut stays = vec![false; places.len()];
    let mut next = ends.last().copied();
    while let Some(at) = next {
        stays[at] = true;
        next = before[at];
    }
    stays
}

/// Tells when the reader is near an end of the drawn rows of the list with this id: since they scrolled, or since the rows
/// are others.
pub fn follow_ends(id: &'static str, listed: Signal<Listed>, on_near: Callback<Edge>) {
    let is_due = StoredValue::new(false);
    let look = move || {
        is_due.try_set_value(false);
        if let Some(edge) = listed.try_with_untracked(|listed| near_end(id, listed)).flatten() {
            on_near.run(edge);
        }
    };
    let look_soon = move || {
        if is_due.try_update_value(|is_due| std::mem::replace(is_due, true)) == Some(false) {
            platform::before_next_frame(look);
        }
    };
    Effect::new(move || {
        listed.track();
        look_soon();
    });
    Effect::new(move || {
        let scrolled = window_event_listener(ev::scroll, move |_| look_soon());
        let resized = window_event_listener(ev::resize, move |_| look_soon());
        on_cleanup(move || {
            scrolled.remove();
            resized.remove();
        });
    });
}

/// The end of the drawn rows that the reader is near: a screen or two, and they are there.
fn near_end(id: &str, listed: &Listed) -> Option<Edge> {
    /// So many pixels before the end, about two screens of a phone.
    const AHEAD: f64 = 1_500.0;
    let list = dom::by_id(id)?;
    let (top, bottom) = platform::extent(&list);
    let screen = window().inner_height().ok()?.as_f64()?;
    let above =
        list.style().get_property_value(ABOVE).ok().and_then(|above| above.strip_suffix("px")?.parse::<i32>().ok());
    if bottom <= top {
        // It is not shown.
        None
    } else if listed.below && bottom < screen + AHEAD {
        Some(Edge::Bottom)
    } else if listed.before > 0 && top + f64::from(above.unwrap_or(0)) > -AHEAD {
        Some(Edge::Top)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_rising(places: &[usize], stays: &[bool]) -> bool {
        let left: Vec<usize> = places.iter().zip(stays).filter(|(_, stays)| **stays).map(|(place, _)| *place).collect();
        left.is_sorted()
    }

    /// The length of the longest rising run, found the slow way; through one row where one is named.
    fn longest(places: &[usize], keep: Option<usize>) -> usize {
        let fits = |at: usize| keep.is_none_or(|keep| at.cmp(&keep) == places[at].cmp(&places[keep]));
        let mut lengths = vec![0; places.len()];
        for at in (0..places.len()).filter(|at| fits(*at)) {
            let before = (0..at).filter(|before| fits(*before) && places[*before] < places[at]);
            lengths[at] = 1 + before.map(|before| lengths[before]).max().unwrap_or(0);
        }
        lengths.into_iter().max().unwrap_or(0)
    }

    proptest! {
        /// As few rows as possible are moved, and never the one that has the keyboard.
        #[test]
        fn as_many_rows_as_possible_stay(places in Just((0..24_usize).collect::<Vec<_>>()).prop_shuffle(), size in 0..24_usize, keep in proptest::option::of(0..24_usize)) {
            let places = &places[..size];
            let keep = keep.filter(|keep| *keep < size);
            let stays = staying(places, keep);
            prop_assert!(is_rising(places, &stays));
            prop_assert_eq!(stays.iter().filter(|stays| **stays).count(), longest(places, keep));
            prop_assert!(keep.is_none_or(|keep| stays[keep]));
        }
    }

    #[test]
    fn one_row_that_moves_is_the_only_one_that_is_moved() {
        assert_eq!(staying(&[1, 2, 3, 0], None), [true, true, true, false]);
        assert_eq!(staying(&[3, 0, 1, 2], None), [false, true, true, true]);
        assert_eq!(staying(&[1, 2, 3, 0], Some(3)), [false, false, false, true]);
    }
}
