//! Where somebody goes once they are in: a page of ours, whatever an address says.

/// The longest address that is gone back to.
const MAX: usize = 512;

/// The address, when it is a page on this very site: a path, and nothing that a browser could take for another host.
/// Browsers read `//host` and `/\host` as one, and drop tabs and line breaks before they look.
pub(super) fn own_page(address: &str) -> Option<&str> {
    let rest = address.strip_prefix('/')?;
    let plain = address.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    (address.len() <= MAX && plain && !rest.starts_with('/')).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_paths_of_our_own_are_gone_back_to() {
        for own in ["/", "/admin", "/t/acme/admin?tab=all#list", "/a//b", "/%2F%2Fevil.example"] {
            assert_eq!(own_page(own), Some(own));
        }
        for other in [
            "",
            "admin",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " /admin",
            "https://evil.example/",
            "javascript:alert(1)",
            "\\/evil.example",
            "/é",
            "/a b",
            "/a\u{0}",
            &format!("/{}", "a".repeat(600)),
        ] {
            assert_eq!(own_page(other), None, "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_gone_back_to_is_on_this_site(address in "[/\\\\a-z:@.\t\n%?#]{0,30}") {
            if let Some(page) = own_page(&address) {
                let here = url::Url::parse("https://ask.example.com/sign-in").unwrap();
                let there = here.join(page).unwrap();
                prop_assert_eq!(there.host_str(), Some("ask.example.com"));
            }
        }
    }
}
