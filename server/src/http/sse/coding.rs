//! Which coding a client takes (RFC 9110, section 12.5.3).

use axum::http::{HeaderMap, header};

use crate::bus::Coding;

/// gzip where it is asked for by name and its weight is not zero; a client that says nothing is sent text as it is.
///
/// So is one that names `identity` as well. Browsers do not; Ruby's `net/http` does, and hands on what it inflates only when
/// some 16 KiB of it have come: it would hear nothing of a quiet stream.
pub(super) fn accepted(headers: &HeaderMap) -> Coding {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let (mut gzip, mut identity) = (false, false);
    for member in values.flat_map(|value| value.split(',')) {
        gzip |= takes(member, "gzip");
        identity |= takes(member, "identity");
    }
    if gzip && !identity { Coding::Gzip } else { Coding::Identity }
}

/// Whether a member of the list is this coding, with a weight that is not zero.
fn takes(member: &str, wanted: &str) -> bool {
    let (coding, weight) = member.split_once(';').unwrap_or((member, ""));
    let weight = weight.trim().strip_prefix("q=").map_or(Some(1.0), |text| text.trim().parse::<f32>().ok());
    coding.trim().eq_ignore_ascii_case(wanted) && weight.is_some_and(|weight| weight > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_whoever_names_it() {
        for (value, coding) in [
            ("gzip, deflate, br, zstd", Coding::Gzip),
            ("br;q=1.0, GZIP ; q=0.5", Coding::Gzip),
            ("gzip;q=0", Coding::Identity),
            ("gzip;q=0.000, br", Coding::Identity),
            ("gzip;q=x", Coding::Identity),
            ("identity", Coding::Identity),
            ("gzip;q=1.0,deflate;q=0.6,identity;q=0.3", Coding::Identity),
            ("gzip, identity;q=0", Coding::Gzip),
            ("*", Coding::Identity),
            ("", Coding::Identity),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().unwrap())]);
            assert_eq!(accepted(&headers), coding, "{value}");
        }
        assert_eq!(accepted(&HeaderMap::new()), Coding::Identity);
    }
}
