//! Text folded for searching: "duong" finds "Đường". No tone marks, no case, d for đ, single spaces. Belongs into
//! columns named `folded` and around what a person types into a search box; never shown.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What is not seen and only says how text is laid out: soft hyphen, zero-width and direction marks. Whatever holds one
/// must be found by what a person sees.
fn is_unseen(char: char) -> bool {
    matches!(char, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// `text` decomposed (NFD), without combining marks and unseen characters, with d for đ, lower case, its white space as single spaces
/// between words. Folding twice is folding once.
#[must_use]
pub fn fold(text: &str) -> String {
    let plain: String = text
        .nfd()
        .filter(|char| !is_combining_mark(*char) && !is_unseen(*char))
        .flat_map(char::to_lowercase)
        // Lower case may bring marks of its own (İ) or a letter that decomposes.
        .nfd()
        .filter(|char| !is_combining_mark(*char))
        // Đ has no decomposition; Ð (eth) and Ɖ look the same and stand for it in old files.
        .map(|char| if matches!(char, 'đ' | 'ð' | 'ɖ') { 'd' } else { char })
        .collect();
    let mut folded = String::with_capacity(plain.len());
    for word in plain.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::fold;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;
    use unicode_normalization::char::is_combining_mark;

    #[test]
    fn vietnamese_is_found_by_its_bare_letters() {
        for (written, bare) in [
            ("Đường Nguyễn Huệ", "duong nguyen hue"),
            ("ĐẠT HIẾU", "dat hieu"),
            ("Ea Siên", "ea sien"),
            ("Ðèo  Hà\tLan ", "deo ha lan"),
            ("Thị xã Buôn Hồ", "thi xa buon ho"),
            ("Cư Bao, Bình Thuận", "cu bao, binh thuan"),
            ("ươ ƯƠ ă Ă â ê ô", "uo uo a a a e o"),
            ("C017", "c017"),
            ("İ", "i"),
            ("47\u{200b}K1\u{202e}\u{2066}-123\u{2069}\u{202c}", "47k1-123"),
            ("", ""),
        ] {
            assert_eq!(fold(written), bare, "{written}");
        }
    }

    proptest! {
        #[test]
        fn twice_is_once(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn nothing_is_left_that_a_search_would_trip_over(text in any::<String>()) {
            let folded = fold(&text);
            prop_assert!(!folded.chars().any(is_combining_mark));
            prop_assert!(!folded.contains("  ") && folded.trim() == folded);
            prop_assert!(!folded.chars().any(|char| "đĐðÐ".contains(char) || char.is_ascii_uppercase()));
        }

        #[test]
        fn composed_and_decomposed_are_the_same(text in "[a-zA-ZàáảãạăắằẵặâấầẩẫậđĐèéẻẽẹêếềểễệìíỉĩịòóỏõọôốồổỗộơớờởỡợùúủũụưứừửữựỳýỷỹỵ ]{0,40}") {
            let decomposed: String = text.nfd().collect();
            prop_assert_eq!(fold(&text), fold(&decomposed));
            prop_assert!(fold(&text).is_ascii());
        }

        #[test]
        fn case_does_not_matter(text in "[a-zđàếữợ ]{0,40}") {
            prop_assert_eq!(fold(&text), fold(&text.to_uppercase()));
        }
    }
}
