//! Where a request comes from. It is no reason to limit a client by itself: a whole audience can have one address.

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// A network as far as it can be told apart: an IPv4 address, or the first 56 bits of an IPv6 address, which is what one
/// household or office is given. Nothing when nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(Option<IpAddr>);

impl Network {
    /// The network of a request that came through so many proxies of ours. Each of them adds the address it saw at the
    /// end of `X-Forwarded-For`; what stands before is the client's own word and is not believed.
    #[must_use]
    pub fn of(headers: &HeaderMap, extensions: &Extensions, proxies: u8) -> Self {
        Self(address_of(headers, extensions, proxies).map(network))
    }

    /// The network of somebody at the other end of a socket.
    #[must_use]
    pub fn of_peer(peer: IpAddr) -> Self {
        Self(Some(network(peer)))
    }

    /// The address that stands for it.
    #[must_use]
    pub const fn address(self) -> Option<IpAddr> {
        self.0
    }
}

/// The address of a request that came through so many proxies of ours, as [`Network::of`] finds it.
pub(super) fn address_of(headers: &HeaderMap, extensions: &Extensions, proxies: u8) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(addr)| addr.ip());
    forwarded(headers, proxies).or(peer)
}

fn forwarded(headers: &HeaderMap, proxies: u8) -> Option<IpAddr> {
    let from_end = usize::from(proxies.checked_sub(1)?);
    let lines = headers.get_all("x-forwarded-for").into_iter().rev().filter_map(|value| value.to_str().ok());
    address(lines.flat_map(|line| line.rsplit(',')).nth(from_end)?.trim())
}

/// An address with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok().or_else(|| text.parse::<SocketAddr>().map(|addr| addr.ip()).ok())
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 72))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(forwarded: &[&str], proxies: u8) -> Option<String> {
        let headers = forwarded.iter().map(|text| ("x-forwarded-for".parse().unwrap(), text.parse().unwrap()));
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo("192.0.2.9:1234".parse::<SocketAddr>().unwrap()));
        Network::of(&HeaderMap::from_iter(headers), &extensions, proxies).0.map(|address| address.to_string())
    }

    #[test]
    fn a_client_cannot_say_that_it_is_somewhere_else() {
        let said = ["1.1.1.1, 2.2.2.2", "3.3.3.3"];
        for (proxies, network) in [(0, "192.0.2.9"), (1, "3.3.3.3"), (2, "2.2.2.2"), (3, "1.1.1.1"), (4, "192.0.2.9")] {
            assert_eq!(of(&said, proxies).as_deref(), Some(network), "{proxies} proxies");
        }
    }

    #[test]
    fn what_is_no_address_is_not_believed() {
        for said in ["", "unknown", "_hidden", "1.1.1.1, ", "999.1.1.1", "::g", "\u{7f}"] {
            let Ok(value) = axum::http::HeaderValue::from_str(said) else { continue };
            assert_eq!(of(&[value.to_str().unwrap()], 1).as_deref(), Some("192.0.2.9"), "{said}");
        }
        assert_eq!(of(&[], 1).as_deref(), Some("192.0.2.9"));
    }

    #[test]
    fn ports_and_forms_of_an_address_do_not_matter() {
        for said in ["1.2.3.4", "1.2.3.4:5678", "::ffff:1.2.3.4", " 1.2.3.4 "] {
            assert_eq!(of(&[said], 1).as_deref(), Some("1.2.3.4"), "{said}");
        }
        for said in ["2001:db8:1:2300::1", "[2001:db8:1:23ff::9]:443", "2001:db8:1:2301:ffff::"] {
            assert_eq!(of(&[said], 1).as_deref(), Some("2001:db8:1:2300::"), "{said}");
        }
    }

    #[test]
    fn nobody_knows_where_a_request_without_a_socket_is_from() {
        assert_eq!(Network::of(&HeaderMap::new(), &Extensions::new(), 1), Network(None));
    }
}
