//! A small chart without axes: how something went lately. What it says is said in words as well.

use leptos::prelude::*;

use crate::ui::erase::Erase;

/// The size of the drawing; it is stretched to its place.
const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 32.0;
/// BoardPage for the line's own width.
const EDGE: f64 = 2.0;

/// A value at a moment; moments ascend.
pub type Point = (f64, f64);

/// The chart. Its words are its text alternative.
#[component]
pub fn Sparkline(
    /// The values.
    points: Signal<Vec<Point>>,
    /// What it shows, as a sentence.
    words: Signal<String>,
) -> impl IntoView {
    let line = Signal::derive(move || points.with(|points| line(points)));
    let area = Signal::derive(move || area(&line.get()));
    view! {
        <svg class="spark" viewBox="0 0 120 32" preserveAspectRatio="none" role="img" aria-label=words>
            <path class="spark__area" d=area></path>
            <path class="spark__line" d=line vector-effect="non-scaling-stroke"></path>
        </svg>
    }
    .erase()
}

/// The line through the values, from nothing at the bottom to the largest at the top.
fn line(points: &[Point]) -> String {
    let (Some((first, _)), Some((last, _))) = (points.first(), points.last()) else { return String::new() };
    let span = (last - first).max(1.0);
    let top = points.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let mut path = String::new();
    for (at, value) in points {
        let x = (at - first) / span * WIDTH;
        let share = if top > 0.0 { value / top } else { 0.0 };
        let y = HEIGHT - EDGE - share * (HEIGHT - 2.0 * EDGE);
        path += if path.is_empty() { "M" } else { "L" };
        path += &format!("{x:.1} {y:.1}");
    }
    path
}

/// What is under the line.
fn area(line: &str) -> String {
    let end = line.rsplit('L').next().and_then(|point| point.split(' ').next());
    match end {
        Some(x) if line.contains('L') => format!("{line}L{x} {HEIGHT}L0 {HEIGHT}Z"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_goes_from_edge_to_edge_and_its_highest_point_is_the_top() {
        assert_eq!(line(&[(1_000.0, 0.0), (2_000.0, 4.0), (3_000.0, 2.0)]), "M0.0 30.0L60.0 2.0L120.0 16.0");
        assert_eq!(area("M0.0 30.0L120.0 2.0"), "M0.0 30.0L120.0 2.0L120.0 32L0 32Z");
    }

    #[test]
    fn nothing_and_one_value_draw_no_area_and_zeros_lie_at_the_bottom() {
        assert_eq!((line(&[]), area("")), (String::new(), String::new()));
        assert_eq!(area(&line(&[(5.0, 3.0)])), "");
        assert_eq!(line(&[(0.0, 0.0), (9.0, 0.0)]), "M0.0 30.0L120.0 30.0");
    }
}
