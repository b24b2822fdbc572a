//! What people in the room write, drawn from a seed.

/// Random numbers that can be had again (xorshift).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end.max(1)
    }

    pub fn one_of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        let index = usize::try_from(self.below(list.len() as u64)).unwrap_or(0);
        list.get(index).copied().unwrap_or_default()
    }

    /// Happens in so many of a hundred.
    pub fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }
}

pub const PEOPLE: [&str; 14] = [
    "Y Moan Niê",
    "Lê Thị Hoa",
    "H'Bia Niê",
    "Trần Văn Bình",
    "Nguyễn Thị Đào",
    "Phạm Văn Hùng",
    "Y Thắng Ayun",
    "Đỗ Minh Quân",
    "Hoàng Thị Lan",
    "Vũ Đức Long",
    "Bùi Thị Hạnh",
    "Ngô Quang Vinh",
    "Đặng Hữu Phước",
    "Mai Xuân Tùng",
];
pub const CATEGORIES: [&str; 12] = [
    "fireworks",
    "traffic",
    "public_order",
    "theft",
    "narcotics",
    "weapons",
    "fire",
    "environment",
    "school_violence",
    "drowning",
    "tracing",
    "equipment",
];
pub const COLOURS: [&str; 8] = ["đỏ", "trắng", "đen", "xanh", "bạc", "vàng", "nâu", "xám"];
const SERIES: [&str; 8] = ["47K1", "47C", "47A", "51F", "47B2", "48A", "47AA", "81C1"];
const PLACES: [&str; 16] = [
    "cổng chợ Ea Siên",
    "ngã tư Đạt Hiếu",
    "Quốc lộ 14 km 42",
    "buôn Tring",
    "Trường THCS Ngô Quyền",
    "cầu Rô-sí",
    "thôn 7",
    "hồ Ea Siên",
    "trạm y tế",
    "ngã ba Bình Tân",
    "đường Hùng Vương",
    "bến xe Buôn Hồ",
    "thôn 3 xã Bình Thuận",
    "tiệm vàng Kim Phát",
    "đường Trần Hưng Đạo",
    "buôn Klia",
];
const DEEDS: [&str; 24] = [
    "chở thùng giấy nghi có pháo",
    "vượt đèn đỏ",
    "dừng trước cổng 2 phút rồi rẽ vào hẻm",
    "đi ngược chiều, không mũ bảo hiểm",
    "chạy quá tốc độ",
    "đổ đất ra lề đường",
    "đốt rác ven đường, khói dày",
    "tụ tập đánh nhau",
    "lấy trộm dây chuyền",
    "nghi mua bán ma túy",
    "bỏ chạy khi thấy lực lượng",
    "va chạm với xe đạp, không ai bị thương",
    "chở quá khổ",
    "bắn pháo nổ trong sân",
    "đón khách trái phép",
    "lạng lách gây mất trật tự",
    "đuổi nhau từ chợ ra cầu",
    "để lại túi màu đen",
    "làm đổ cột biển báo",
    "cắt dây điện",
    "thả bò qua đường",
    "say rượu nằm giữa đường",
    "ném đá vào xe khách",
    "trèo tường vào trường học",
];
const HEADS: [&str; 14] = [
    "Xe",
    "Xe máy",
    "Xe ô tô",
    "Xe tải",
    "Hai nam thanh niên đi xe Wave",
    "Một người đàn ông",
    "Xe khách",
    "Nhóm học sinh",
    "Xe bán tải",
    "Đã xác minh: xe",
    "Đính chính: xe",
    "Đối chiếu camera: cùng xe",
    "Người dân báo xe",
    "Cụ bà đi bộ",
];
const TAILS: [&str; 12] = [
    "Đã báo đội CSGT.",
    "Đề nghị xem lại quãng trước đó.",
    "Đã gọi kỹ thuật.",
    "Chưa rõ hướng đi.",
    "Công an xã đang tới.",
    "Lập biên bản số 145.",
    "Không phát hiện gì thêm.",
    "Chờ chỉ huy duyệt.",
    "Gia đình đã nhận lại tài sản.",
    "Chuyển hồ sơ cho công an thị xã.",
    "Nhắc nhở, cho về.",
    "Tiếp tục theo dõi trên đường liên xã.",
];
/// Words that are in few notes each, like names.
const RARE: [&str; 10] = [
    "kính chiếu hậu",
    "mũ lưỡi trai",
    "áo gi-lê",
    "bình gas",
    "can xăng",
    "lồng gà",
    "máy cưa",
    "thùng xốp",
    "sổ đỏ",
    "giấy khai sinh",
];

pub fn plate(random: &mut Random) -> String {
    let series = random.one_of(&SERIES);
    let number = random.below(100_000);
    format!("{series}-{:03}.{:02}", number / 100, number % 100)
}

/// About 110 characters; "xe" is in more than half of them, "đường" in nearly half.
pub fn note(random: &mut Random) -> String {
    let mut text = random.one_of(&HEADS).to_owned();
    if random.percent(35) {
        text.push_str(&format!(" {} biển số {}", random.one_of(&COLOURS), plate(random)));
    }
    text.push_str(&format!(" {} tại {}", random.one_of(&DEEDS), random.one_of(&PLACES)));
    if random.percent(30) {
        text.push_str(", trên đường về phía Bắc");
    }
    if random.percent(2) {
        text.push_str(&format!(", có {}", random.one_of(&RARE)));
    }
    if random.percent(10) {
        text.push_str(&format!(
            ". {} (0905 {:03} {:03}) trình báo",
            random.one_of(&PEOPLE),
            random.below(1000),
            random.below(1000)
        ));
    }
    text.push_str(". ");
    text.push_str(random.one_of(&TAILS));
    text
}

pub fn title(random: &mut Random) -> String {
    let deed = random.one_of(&DEEDS);
    let mut letters = deed.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}", letters.as_str())
}

pub fn place(random: &mut Random) -> &'static str {
    random.one_of(&PLACES)
}
