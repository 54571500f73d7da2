//! Telephone numbers, told from the other numbers that people write: dates, times, ranges of years, sums, versions,
//! network addresses and numbers of standards.

/// Fewest digits of a number without a sign that it is one: a `+`, a leading zero, a code in parentheses.
const BARE: usize = 9;
/// Most digits of a number (ITU-T E.164), with the `00` that some write for the `+`.
const MOST: usize = 17;
/// Before a number these say that it is one to call. A number in groups of three is a sum without them.
const CUES: [&str; 9] = ["call", "phone", "tel", "mobile", "whatsapp", "sms", "handy", "anruf", "appel"];

/// Whether there is a telephone number in a text in lower case.
pub(super) fn has_phone(text: &str) -> bool {
    let text = text.replace(['‐', '‑', '‒', '–', '—', '−'], "-");
    text.lines().any(|line| {
        let mut rest = line;
        while let Some(start) = rest.find(is_part) {
            let end = rest[start..].find(|sign| !is_part(sign)).map_or(rest.len(), |length| start + length);
            if is_apart(&rest[..start], &rest[start..end], &rest[end..])
                && has_number(&rest[..start], &rest[start..end])
            {
                return true;
            }
            rest = &rest[end..];
        }
        false
    })
}

/// Digits, and what stands between those of one number.
const fn is_part(sign: char) -> bool {
    matches!(sign, '0'..='9' | ' ' | '\u{A0}' | '+' | '-' | '.' | '/' | '(' | ')')
}

/// Whether a run of digits belongs to no word, identifier or sum of money.
fn is_apart(before: &str, run: &str, after: &str) -> bool {
    let is_money = |sign: char| "$€£¥#%".contains(sign);
    let before = before.chars().next_back();
    let joined = run.starts_with(|sign: char| sign.is_ascii_digit() || sign == '-' || sign == '+');
    let follows = run.ends_with(|sign: char| sign.is_ascii_digit()).then(|| after.chars().next()).flatten();
    !before.is_some_and(|sign| is_money(sign) || (joined && (sign.is_alphanumeric() || sign == '_')))
        && !follows.is_some_and(char::is_alphanumeric)
        && !after.starts_with(is_money)
}

/// Whether a run has a number in it. Its words that are dates or times part it.
fn has_number(before: &str, run: &str) -> bool {
    let words: Vec<&str> = run.split([' ', '\u{A0}']).collect();
    let before = before.trim_end();
    let before = before.char_indices().rev().nth(19).map_or(before, |(at, _)| &before[at..]);
    let has_cue = CUES.iter().any(|cue| before.contains(cue));
    words.split(|word| is_moment(word)).any(|words| is_number(&DigitGroup::all(&words.join(" ")), has_cue))
}

/// Whether a word is a date, a time, or a range of them.
fn is_moment(word: &str) -> bool {
    let word = word.trim_matches(['.', '(', ')', '-', '/']);
    is_point(word) || ['-', '/'].iter().any(|between| word.contains(*between) && word.split(*between).all(is_point))
}

fn is_point(word: &str) -> bool {
    let parts: Vec<&str> = word.split(['.', '/', '-']).collect();
    if !parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())) {
        return false;
    }
    let number = |part: &str| part.parse::<u64>().unwrap_or(u64::MAX);
    let is_year = |part: &str| part.len() == 4 && matches!(number(part), 1900..=2099);
    let within = |part: &str, most: u64| part.len() <= 2 && number(part) <= most;
    let is_day = |year: &str, month: &str, day: &str| is_year(year) && within(month, 12) && within(day, 31);
    match parts[..] {
        // `20251008`, `08102025`, and the first with a time behind it.
        [whole] if matches!(whole.len(), 8 | 12 | 14) => {
            is_day(&whole[..4], &whole[4..6], &whole[6..8])
                || (whole.len() == 8 && is_day(&whole[4..], &whole[2..4], &whole[..2]))
        }
        [year, other] | [other, year] if is_year(year) => is_year(other) || other.len() <= 2,
        [hour, minute] => within(hour, 31) && within(minute, 59),
        [first, second, third] => {
            is_day(first, second, third)
                || (within(first, 31) && within(second, 31) && (is_year(third) || within(third, 99)))
        }
        _ => false,
    }
}

/// Digits without anything between them, and what stands before them.
struct DigitGroup<'a> {
    between: &'a str,
    digits: &'a str,
}

impl<'a> DigitGroup<'a> {
    fn all(run: &'a str) -> Vec<Self> {
        let (mut groups, mut rest) = (Vec::new(), run);
        while let Some(start) = rest.find(|sign: char| sign.is_ascii_digit()) {
            let end =
                rest[start..].find(|sign: char| !sign.is_ascii_digit()).map_or(rest.len(), |length| start + length);
            groups.push(Self { between: &rest[..start], digits: &rest[start..end] });
            rest = &rest[end..];
        }
        groups
    }
}

/// Whether groups of digits, or some of them that stand by themselves, are a telephone number.
fn is_number(groups: &[DigitGroup<'_>], has_cue: bool) -> bool {
    let begins = |at: usize| at == 0 || groups[at].between.contains([' ', '+', '(']);
    let ends = |at: usize| groups.get(at + 1).is_none_or(|next| next.between.contains(' '));
    let starts = (0..groups.len()).filter(|at| begins(*at));
    starts.into_iter().any(|start| {
        (start..groups.len()).filter(|end| ends(*end)).any(|end| is_whole_number(groups, start, end, has_cue))
    })
}

fn is_whole_number(all: &[DigitGroup<'_>], start: usize, end: usize, has_cue: bool) -> bool {
    let groups = &all[start..=end];
    let lengths: Vec<usize> = groups.iter().map(|group| group.digits.len()).collect();
    let (count, first) = (lengths.iter().sum::<usize>(), groups[0].digits);
    let is_grouped = lengths.len() > 1 && lengths[0] <= 3 && lengths[1..].iter().all(|length| *length == 3);
    let is_round = groups.last().is_some_and(|group| group.digits.ends_with("000"));
    // What goes on from a group before it is a part of a sum.
    let goes_on = start > 0 && groups[0].between == " " && first.len() == 3 && all[start - 1].digits.len() <= 3;
    if count > MOST || goes_on {
        return false;
    }
    // A sign of its own may stand before the code: `+49`, `(030)`, `+1 (415)`.
    let has_plus = groups[0].between.trim_start_matches(['(', ' ']) == "+" || groups[0].between.ends_with(" +");
    if has_plus {
        return count >= 8 && !(is_grouped && (count < 10 || is_round));
    }
    let follows_code = |at: usize| groups.get(at + 1).is_some_and(|next| next.between.starts_with(')'));
    let has_code = groups[0].between.ends_with('(') && follows_code(0) && (2..=5).contains(&first.len());
    if has_code || (first.starts_with('0') && first.len() > 1 && !first.starts_with("000")) {
        // `(2019) 2020 2021` are years.
        return count >= BARE && !(has_code && lengths.iter().all(|length| *length == 4));
    }
    let is_even = |between: &str| groups[1..].iter().all(|group| group.between == between);
    match lengths[..] {
        [plain] => (BARE..=15).contains(&plain) && !is_round,
        [3, 3, 4] | [1, 3, 3, 4] => true,
        [3, 3, 3] => is_even("-") || has_cue,
        [3, 2, 2, 2] | [2, 3, 2, 2] => first.starts_with(['6', '7', '8', '9']) && start == 0 && end + 1 == all.len(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_that_people_call_are_found() {
        for text in [
            "call +49 (30) 1234 567",
            "+49 30 123456",
            "+49-30-123456",
            "(+49) 30 123456",
            "+49 (0)30 123456",
            "+4930123456",
            "0049 30 123456",
            "030 123 456",
            "030/1234567",
            "030-1234567",
            "tel.030/1234567",
            "tel: 030 1234567",
            "0171 1234567",
            "0171 - 1234567",
            "(030) 1234567",
            "(415) 555-2671",
            "+1 (415) 555-2671",
            "+1-415-555-2671",
            "1-415-555-2671",
            "415-555-2671",
            "415.555.2671",
            "415 555 2671",
            "4155552671",
            "020 7946 0958",
            "+44 20 7946 0958",
            "01 23 45 67 89",
            "01.23.45.67.89",
            "06-12345678",
            "+33 1 23 45 67 89",
            "+34 612 345 678",
            "call 612 345 678",
            "612-345-678",
            "612 34 56 78",
            "090-1234-5678",
            "+91 98765 43210",
            "+65 6123 4567",
            "on 2025-10-08 call 030 1234567",
            "it is 030 1234567, or 030 1234568.",
            "room 1012, 030 1234567",
            "whatsapp 0800–123–4567",
        ] {
            assert!(has_phone(text), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_none() {
        for text in [
            "2019-2021",
            "2019–2021 2022–2025",
            "2019/2020/2021",
            "2019, 2020 and 2021",
            "2015-16 2016-17 2017-18",
            "(2019) 2020 2021",
            "2025-10-08",
            "2025-10-08 10:30:00",
            "2025-10-08 2025-10-09",
            "2025-10-08/2025-10-15",
            "08.10.2025",
            "08.10.2025 - 09.10.2025",
            "08.10.2025-09.10.2025",
            "08/10/2025 09/10/2025",
            "10/08/25 10/09/25",
            "20251008 20251009",
            "20251008103000",
            "08:00-17:00 09:00-18:00",
            "08.00-17.00 09.00-18.00",
            "08-17 09-18 10-19",
            "1,234,567",
            "1,234,567,890",
            "1 234 567,00",
            "1 234 567 890",
            "12 345 678 901",
            "1.234.567.890,00",
            "1'234'567'890.00",
            "123 456 789",
            "123.456.789",
            "1 000 000 000 - 2 000 000 000",
            "1 050 100 200 - 2 050 100 200",
            "+1 250 000",
            "+1 250 000 000",
            "$1234567890",
            "1000000000",
            "iso 9001 27001",
            "iso 9001, 27001, 14001 and 45001",
            "iso 27001 14001",
            "din en 1045 18800 206",
            "version 10.15.7.2019",
            "1.2.3-20240101",
            "192.168.100.200",
            "255.255.255.255",
            "10.0.0.1 10.0.0.2 10.0.0.3",
            "3.141592653589",
            "0.123456789",
            "ticket abc-1234567890",
            "id a1234567890",
            "978-3-16-148410-0",
            "utc+0200 2025",
            "#1234567890",
        ] {
            assert!(!has_phone(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[0-9 +./()a€–-]{0,40}") {
            let _ = has_phone(&text);
        }

        #[test]
        fn dates_times_and_ranges_of_years_are_none(
            (year, month, day, hour, minute) in (1900u32..2100, 1u32..13, 1u32..29, 0u32..24, 0u32..60),
            years in 0u32..30,
        ) {
            let later = (year + years).min(2099);
            for text in [
                format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}"),
                format!("{day:02}.{month:02}.{year} {hour:02}.{minute:02} {hour:02}.{minute:02}"),
                format!("{month}/{day}/{year} - {month}/{day}/{later}"),
                format!("{year}-{later} {year}/{later}"),
                format!("{year}{month:02}{day:02} {year}{month:02}{day:02}"),
            ] {
                prop_assert!(!has_phone(&text), "{}", text);
            }
        }

        #[test]
        fn grouped_sums_are_none(sum in 0u64..1_000_000_000_000, between in prop::sample::select(vec![" ", ",", ".", "'", "\u{A0}"])) {
            let digits = sum.to_string();
            let mut grouped = String::new();
            for (at, digit) in digits.char_indices() {
                if at > 0 && (digits.len() - at).is_multiple_of(3) {
                    grouped.push_str(between);
                }
                grouped.push(digit);
            }
            prop_assert!(!has_phone(&format!("we spent {grouped} on it")), "{}", grouped);
        }

        #[test]
        fn numbers_with_a_country_code_are_found(country in 1u32..999, rest in 1_000_001u64..999_999_999, between in prop::sample::select(vec![" ", "-", ".", "/", ""])) {
            prop_assert!(has_phone(&format!("ring +{country}{between}{rest}")), "+{}{}{}", country, between, rest);
        }
    }
}
