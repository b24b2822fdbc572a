//! The 240 simulated cameras: codes, names, units and places, as a control room of Buôn Hồ might have them.

use serde::Serialize;

/// How many cameras there are at most.
pub const MOST: u16 = 240;
/// Cameras in each unit.
const PER_UNIT: u16 = 20;

const UNITS: [(&str, &str); 12] = [
    ("Xã Ea Siên", "Ea Siên"),
    ("Xã Ea Drông", "Ea Drông"),
    ("Xã Ea Blang", "Ea Blang"),
    ("Xã Cư Bao", "Cư Bao"),
    ("Xã Bình Thuận", "Bình Thuận"),
    ("Phường An Lạc", "An Lạc"),
    ("Phường An Bình", "An Bình"),
    ("Phường Thiện An", "Thiện An"),
    ("Phường Đạt Hiếu", "Đạt Hiếu"),
    ("Phường Đoàn Kết", "Đoàn Kết"),
    ("Phường Thống Nhất", "Thống Nhất"),
    ("Phường Bình Tân", "Bình Tân"),
];

/// Name (`{}`: the unit's) and place of the twenty cameras of a unit.
const SPOTS: [(&str, &str); PER_UNIT as usize] = [
    ("Ngã ba {} – QL14", "QL14 km 1"),
    ("Cổng chợ {}", "Chợ trung tâm"),
    ("Trường THCS Ngô Quyền", "Đường Ngô Quyền"),
    ("Cầu buôn Dlung", "Buôn Dlung"),
    ("Đầu buôn Ea Kung", "Buôn Ea Kung"),
    ("UBND {} – cổng chính", "Trụ sở UBND"),
    ("Ngã tư thôn 3", "Thôn 3"),
    ("Trạm y tế {}", "Trạm y tế"),
    ("Đường liên xã km 2", "Đường liên xã km 2"),
    ("Bến xe {}", "Bến xe"),
    ("Nhà văn hóa thôn 5", "Thôn 5"),
    ("Cây xăng số 12", "QL14 km 4"),
    ("Ngã ba nghĩa trang", "Đường nghĩa trang"),
    ("Trường TH Lê Lợi", "Đường Lê Lợi"),
    ("Hồ {}", "Bờ đông hồ"),
    ("Lối vào buôn Tring", "Buôn Tring"),
    ("Sân vận động {}", "Sân vận động"),
    ("Cầu Rô-si", "Cầu Rô-si"),
    ("Ngã tư đường tránh", "Đường tránh QL14"),
    ("Cuối thôn 8 – rẫy cà phê", "Thôn 8"),
];

/// One camera as the outside sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// C001 to C240.
    pub code: String,
    /// What it looks at.
    pub name: String,
    /// Commune or ward.
    pub unit: String,
    /// Where it stands.
    pub place: String,
}

/// The camera of a number from 1 to [`MOST`]; beyond that the names repeat.
#[must_use]
pub fn entry(number: u16) -> Entry {
    let index = number.saturating_sub(1);
    let (unit, short) = UNITS[usize::from(index / PER_UNIT) % UNITS.len()];
    let (name, place) = SPOTS[usize::from(index % PER_UNIT)];
    Entry {
        code: format!("C{number:03}"),
        name: name.replace("{}", short),
        unit: unit.to_owned(),
        place: place.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_units_of_twenty_and_no_name_twice_in_a_unit() {
        let all: Vec<Entry> = (1..=MOST).map(entry).collect();
        for (unit, _) in UNITS {
            let names: std::collections::BTreeSet<_> =
                all.iter().filter(|entry| entry.unit == unit).map(|entry| &entry.name).collect();
            assert_eq!(names.len(), usize::from(PER_UNIT), "{unit}");
        }
        assert_eq!(all[0].name, "Ngã ba Ea Siên – QL14");
        assert_eq!(all[239].code, "C240");
    }
}
