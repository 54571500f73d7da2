//! A tenant's accent colour, made fit for both themes: whatever colour is chosen, what is written in it and on it
//! can be read (WCAG 2.2, 1.4.3 and 1.4.11, level AA).

use std::fmt;

use crate::text::Color;

/// The page and its surface in light and in dark, as style/tokens.css has them; what is written in the accent stands on
/// the less friendly of each.
const LIGHT: [Rgb; 2] = [Rgb([0xF2, 0xED, 0xE4]), Rgb([0xFE, 0xFD, 0xFB])];
const DARK: [Rgb; 2] = [Rgb([0x0B, 0x11, 0x1E]), Rgb([0x1C, 0x25, 0x37])];
const WHITE: Rgb = Rgb([255; 3]);
const BLACK: Rgb = Rgb([0; 3]);

/// What text needs against what it stands on.
const TEXT: f64 = 4.5;
/// What a control needs against what it stands on.
const CONTROL: f64 = 3.0;
/// Steps between a colour and black or white.
const STEPS: u32 = 64;

/// A colour of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb([u8; 3]);

impl Rgb {
    /// Reads a parsed colour.
    #[must_use]
    pub fn of(color: &Color) -> Self {
        let digits = color.as_str().get(1..).and_then(|hex| u32::from_str_radix(hex, 16).ok()).unwrap_or_default();
        let [_, rgb @ ..] = digits.to_be_bytes();
        Self(rgb)
    }

    /// Relative luminance (WCAG 2.2).
    fn luminance(self) -> f64 {
        let [r, g, b] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// Contrast ratio (WCAG 2.2), from 1 to 21.
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// So many of [`STEPS`] on the way to another colour.
    fn towards(self, other: Self, step: u32) -> Self {
        let mut mixed = self.0;
        for (part, to) in mixed.iter_mut().zip(other.0) {
            let sum = u32::from(*part) * (STEPS - step) + u32::from(to) * step;
            *part = u8::try_from((sum + STEPS / 2) / STEPS).unwrap_or(u8::MAX);
        }
        Self(mixed)
    }

    /// The colour itself, or the nearest on the way to `end` that stands out so much from all of these.
    fn readable(self, on: &[Self], ratio: f64, end: Self) -> Self {
        let stands_out = |color: &Self| on.iter().all(|other| color.contrast(*other) >= ratio);
        (0..=STEPS).map(|step| self.towards(end, step)).find(stands_out).unwrap_or(end)
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "#{r:02X}{g:02X}{b:02X}")
    }
}

/// The accent in one theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shades {
    /// Behind the text of a button.
    pub fill: Rgb,
    /// The same under the pointer.
    pub hover: Rgb,
    /// The text on either.
    pub on_fill: Rgb,
    /// Text in the accent, on the page.
    pub text: Rgb,
    /// A hint of the accent behind the page's text.
    pub soft: Rgb,
}

impl Shades {
    fn of(color: Rgb, page: [Rgb; 2], far: Rgb) -> Self {
        let fill = color.readable(&page, CONTROL, far);
        let on_fill = if fill.contrast(WHITE) >= TEXT { WHITE } else { BLACK };
        // Away from the text that stands on it, so that this becomes clearer and never less so.
        let hover = fill.towards(if on_fill == WHITE { BLACK } else { WHITE }, STEPS / 8);
        let text = color.readable(&page, TEXT, far);
        // As much of the colour as the text in the accent still stands out from.
        let [_, surface] = page;
        let tint = |step| surface.towards(color, step);
        let soft = (0..=STEPS / 8).rev().map(tint).find(|soft| text.contrast(*soft) >= TEXT).unwrap_or(surface);
        Self { fill, hover, on_fill, text, soft }
    }
}

/// The accent in both themes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accent {
    /// By day.
    pub light: Shades,
    /// By night.
    pub dark: Shades,
}

impl Accent {
    /// Makes a colour fit for both themes.
    #[must_use]
    pub fn of(color: &Color) -> Self {
        let color = Rgb::of(color);
        Self { light: Shades::of(color, LIGHT, BLACK), dark: Shades::of(color, DARK, WHITE) }
    }

    /// The custom properties of style/tokens.css that it takes the place of, as declarations.
    #[must_use]
    pub fn declarations(&self) -> String {
        let Self { light, dark } = self;
        let pairs = [
            ("--accent", light.fill, dark.fill),
            ("--accent-hover", light.hover, dark.hover),
            ("--on-accent", light.on_fill, dark.on_fill),
            ("--accent-text", light.text, dark.text),
            ("--accent-soft", light.soft, dark.soft),
        ];
        pairs.into_iter().map(|(name, light, dark)| format!("{name}:light-dark({light},{dark});")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn accent(hex: &str) -> Accent {
        Accent::of(&Color::parse(hex).unwrap())
    }

    #[test]
    fn contrast_is_as_the_standard_says() {
        assert!((WHITE.contrast(BLACK) - 21.0).abs() < 0.001);
        let grey = Rgb([0x77; 3]);
        assert!((grey.contrast(WHITE) - 4.48).abs() < 0.01, "{}", grey.contrast(WHITE));
    }

    #[test]
    fn a_colour_that_is_fit_stays_itself() {
        assert_eq!(accent("#1D4ED8").light.fill.to_string(), "#1D4ED8");
        assert_eq!(accent("#1D4ED8").light.text.to_string(), "#1D4ED8");
        assert_eq!(accent("#2DD4BF").dark.fill.to_string(), "#2DD4BF");
    }

    #[test]
    fn it_is_declared_for_both_themes() {
        let text = accent("#1D4ED8").declarations();
        assert!(text.starts_with("--accent:light-dark(#1D4ED8,#"), "{text}");
        assert_eq!(text.matches("light-dark(").count(), 5);
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-#:;(),".contains(&b)), "{text}");
    }

    proptest! {
        /// Whatever is chosen: both kinds of text reach 4.5, the fill reaches 3, in both themes.
        #[test]
        fn every_colour_becomes_readable(rgb in any::<[u8; 3]>()) {
            let accent = accent(&Rgb(rgb).to_string());
            for (shades, page) in [(accent.light, LIGHT), (accent.dark, DARK)] {
                prop_assert!(shades.fill.contrast(shades.on_fill) >= TEXT, "{shades:?}");
                prop_assert!(shades.hover.contrast(shades.on_fill) >= TEXT, "{shades:?}");
                prop_assert!(shades.text.contrast(shades.soft) >= TEXT, "{shades:?}");
                for page in page {
                    prop_assert!(shades.text.contrast(page) >= TEXT, "{shades:?}");
                    prop_assert!(shades.fill.contrast(page) >= CONTROL, "{shades:?}");
                }
            }
        }
    }
}
