//! The `Transport` header of SETUP (RFC 2326 section 12.39), as far as cameras understand it.

/// One offered way to get the media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// In the RTSP connection; the channels asked for, if any.
    Interleaved(Option<(u8, u8)>),
    /// Unicast UDP to these ports of the client.
    Udp(u16, u16),
}

fn pair<T: std::str::FromStr + Copy>(text: &str) -> Option<(T, Option<T>)> {
    match text.split_once('-') {
        Some((first, second)) => Some((first.trim().parse().ok()?, Some(second.trim().parse().ok()?))),
        None => Some((text.trim().parse().ok()?, None)),
    }
}

/// The offers in a header that we could serve, in the client's order.
#[must_use]
pub fn offers(header: &str) -> Vec<Offer> {
    header.split(',').filter_map(offer).collect()
}

fn offer(text: &str) -> Option<Offer> {
    let mut parts = text.trim().split(';').map(str::trim);
    let profile = parts.next()?.to_ascii_uppercase();
    let rest: Vec<&str> = parts.collect();
    let value = |name: &str| {
        let found = rest
            .iter()
            .find_map(|part| part.split_once('=').filter(|(known, _)| known.eq_ignore_ascii_case(name)));
        found.map(|(_, value)| value)
    };
    if rest.iter().any(|part| part.eq_ignore_ascii_case("multicast")) {
        return None;
    }
    match profile.as_str() {
        "RTP/AVP/TCP" => {
            let channels = value("interleaved").and_then(pair::<u8>);
            Some(Offer::Interleaved(channels.map(|(rtp, rtcp)| (rtp, rtcp.unwrap_or(rtp.wrapping_add(1))))))
        }
        "RTP/AVP" | "RTP/AVP/UDP" => {
            let (rtp, rtcp) = pair::<u16>(value("client_port")?)?;
            Some(Offer::Udp(rtp, rtcp.unwrap_or(rtp.wrapping_add(1))))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_send() {
        assert_eq!(offers("RTP/AVP/TCP;unicast;interleaved=2-3"), [Offer::Interleaved(Some((2, 3)))]);
        assert_eq!(offers("RTP/AVP/TCP;unicast"), [Offer::Interleaved(None)]);
        assert_eq!(
            offers("RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/UDP;multicast,RTP/SAVP;x,RTP/AVP/TCP"),
            [Offer::Udp(5_000, 5_001), Offer::Interleaved(None)]
        );
        assert_eq!(offers("RTP/AVP;unicast"), []);
        assert_eq!(offers(";;,=;interleaved=999"), []);
    }
}
