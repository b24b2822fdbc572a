//! What cameras may have in common that fails as one: an address (a recorder, a gateway), a network, a place, a unit.
//! Pure.

use easien_link::data::AlarmShared;
use easien_model::UnitId;
use easien_store::{CameraRow, fold};
use url::{Host, Url};

/// What is known of a camera's surroundings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Name or address in its URL.
    pub host: Option<String>,
    /// The first three numbers of its address, or the domain of its name.
    pub network: Option<String>,
    /// As it is written, and folded.
    pub place: Option<(String, String)>,
    /// Its unit.
    pub unit: Option<UnitId>,
}

impl Facts {
    /// From the camera as stored.
    pub fn of(row: &CameraRow) -> Self {
        let url = if row.sub_url.is_empty() { &row.main_url } else { &row.sub_url };
        let url = Url::parse(url).ok();
        // A scheme that is not special keeps its host as text.
        let host = url.as_ref().and_then(Url::host_str).map(str::to_lowercase);
        let network = host.as_deref().and_then(network_of);
        let place = row.place.trim();
        let place = (!place.is_empty()).then(|| (place.to_owned(), fold(place)));
        Self { host, network, place, unit: row.unit }
    }

    /// Whether it is one of those.
    pub fn has(&self, shared: &AlarmShared) -> bool {
        match shared {
            AlarmShared::Host(host) => self.host.as_ref() == Some(host),
            AlarmShared::Network(network) => self.network.as_ref() == Some(network),
            AlarmShared::Place(place) => self.place.as_ref().is_some_and(|(own, _)| own == place),
            AlarmShared::Unit(unit) => self.unit == Some(*unit),
            AlarmShared::Room => true,
        }
    }
}

fn network_of(host: &str) -> Option<String> {
    match Host::parse(host).ok()? {
        Host::Ipv4(address) => {
            let [a, b, c, _] = address.octets();
            Some(format!("{a}.{b}.{c}"))
        }
        Host::Ipv6(_) => None,
        Host::Domain(name) => name.split_once('.').map(|(_, domain)| domain.to_owned()),
    }
}

/// The narrowest thing that all of them, two or more, have in common.
pub fn of_all<'a>(all: impl Iterator<Item = &'a Facts> + Clone) -> Option<AlarmShared> {
    let common = |level: fn(&Facts) -> Option<(String, AlarmShared)>| {
        let mut values = all.clone().map(level);
        let (key, value) = values.next()??;
        values.all(|other| other.is_some_and(|(other, _)| other == key)).then_some(value)
    };
    [host, line, place, unit].into_iter().find_map(common)
}

/// Its network.
pub fn line(facts: &Facts) -> Option<(String, AlarmShared)> {
    let network = facts.network.clone()?;
    Some((network.clone(), AlarmShared::Network(network)))
}

/// Its address.
pub fn host(facts: &Facts) -> Option<(String, AlarmShared)> {
    let host = facts.host.clone()?;
    Some((host.clone(), AlarmShared::Host(host)))
}

/// Its place.
pub fn place(facts: &Facts) -> Option<(String, AlarmShared)> {
    let (written, folded) = facts.place.clone()?;
    Some((folded, AlarmShared::Place(written)))
}

/// Its unit.
pub fn unit(facts: &Facts) -> Option<(String, AlarmShared)> {
    let unit = facts.unit?;
    Some((unit.to_string(), AlarmShared::Unit(unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_the_first_three_numbers_or_the_domain() {
        assert_eq!(network_of("10.20.1.7").as_deref(), Some("10.20.1"));
        assert_eq!(network_of("cam7.easien.lan").as_deref(), Some("easien.lan"));
        assert_eq!(network_of("cam7"), None);
        assert_eq!(network_of("[fe80::1]"), None);
    }
}
