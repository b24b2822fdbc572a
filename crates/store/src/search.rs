//! The one search: words of everything that people write, folded in Rust (FTS5's own folding leaves đ), in a full-text
//! index. Newest first, which the index gives for nothing; ranking all hits of a common word would take 200 ms at
//! 300,000 rows. Among the newest, those with the very tone marks that were typed come first.
//!
//! Here belongs how words are found; what a kind of thing is made of stands in the module named after it.

mod find;
mod index;

pub use find::{Hit, Narrow};
pub(crate) use find::{Look, around, endings, everywhere, walk};
#[cfg(feature = "bulk")]
pub(crate) use index::LATER;
pub(crate) use index::{camera_token, fill, index, kind_token};

use crate::fold::fold;

/// Longest query that is taken, in characters.
const QUERY_MOST: usize = 200;
/// Words of a query.
const WORDS_MOST: usize = 16;

/// Words as they are indexed: folded, without punctuation; and what is joined by hyphens and points also as one word, so
/// that `47-K1 123.45` is found as `47k1`, `12345`, `47k112345`.
#[must_use]
pub fn words(text: &str) -> String {
    let folded = fold(text);
    let mut out = String::with_capacity(folded.len() + 16);
    let push = |word: &str, out: &mut String| {
        if !word.is_empty() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
    };
    let mut before = String::new();
    for group in folded.split(' ') {
        let parts: Vec<&str> =
            group.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
        parts.iter().for_each(|part| push(part, &mut out));
        let joined = parts.concat();
        let numbered = joined.chars().any(|c| c.is_ascii_digit());
        if parts.len() > 1 && numbered {
            push(&joined, &mut out);
        }
        // A plate is written in one group, 47K1-123.45, or in two: 47-K1 123.45.
        for (series, number) in (1..parts.len()).filter_map(|at| parts.split_at_checked(at)) {
            let digits = number.iter().all(|part| part.chars().all(|c| c.is_ascii_digit()));
            if number.len() > 1 && digits && looks_like_series(&series.concat()) {
                push(&number.concat(), &mut out);
            }
        }
        if numbered && looks_like_series(&before) && joined.chars().all(|c| c.is_ascii_digit()) {
            push(&format!("{before}{joined}"), &mut out);
        }
        before = joined;
    }
    out
}

/// The first part of a Vietnamese plate: two digits of the province, a letter or two, perhaps a digit (47K1, 51F, 47AA).
fn looks_like_series(word: &str) -> bool {
    let bytes = word.as_bytes();
    (3..=4).contains(&bytes.len())
        && bytes[..2].iter().all(u8::is_ascii_digit)
        && bytes[2].is_ascii_alphabetic()
        && bytes[3..].iter().all(u8::is_ascii_alphanumeric)
}

/// A plate as it is compared: letters and digits alone, capitals.
#[must_use]
pub fn plate(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_uppercase()).collect()
}

/// What the beginning of a word may go on to.
type Endings<'a> = &'a dyn Fn(&str) -> Vec<String>;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Words that must all be there, each as the alternatives of one spelling; folded.
    words: Vec<Vec<String>>,
    /// Phrases, folded.
    phrases: Vec<Vec<String>>,
    /// The last word is a beginning.
    open: bool,
    /// The query without quotes, for tone marks and plates.
    typed: String,
}

impl Wanted {
    /// Reads a query. None: there is no word in it.
    #[must_use]
    pub fn read(query: &str) -> Option<Self> {
        let query: String = query.chars().take(QUERY_MOST).collect();
        let mut wanted =
            Self { words: Vec::new(), phrases: Vec::new(), open: false, typed: query.replace('"', " ") };
        // An odd quote at the end is a phrase that is still being typed.
        for (index, piece) in query.split('"').enumerate() {
            let folded = fold(piece);
            if index % 2 == 1 {
                let parts = split(&folded);
                if !parts.is_empty() {
                    wanted.phrases.push(parts);
                }
                wanted.open = false;
                continue;
            }
            for group in folded.split(' ') {
                let parts = split(group);
                if parts.is_empty() {
                    continue;
                }
                wanted.open = true;
                if parts.len() > 1 {
                    // Joined, or one after the other: as it was written.
                    wanted.words.push(vec![parts.concat(), parts.join(" ")]);
                } else {
                    wanted.words.push(parts);
                }
            }
            if folded.is_empty() && index > 0 {
                wanted.open = false;
            }
        }
        wanted.words.truncate(WORDS_MOST);
        wanted.phrases.truncate(WORDS_MOST);
        (!wanted.words.is_empty() || !wanted.phrases.is_empty()).then_some(wanted)
    }

    /// As FTS5 wants it. `endings` says what the last word may go on to (`None`: it is a whole word, which is found
    /// faster).
    fn expression(&self, endings: Option<Endings<'_>>) -> String {
        let last = self.words.len().saturating_sub(1);
        let words = self.words.iter().enumerate().map(|(index, spellings)| {
            let endings = endings.filter(|_| self.open && index == last);
            let each: Vec<String> = spellings
                .iter()
                .flat_map(|word| match endings {
                    // What was written with a point or a hyphen is whole: 123.45 is no beginning of 123 456.
                    Some(endings) if !word.contains(' ') => endings(word),
                    _ => vec![quoted(word)],
                })
                .collect();
            any_of(&each)
        });
        words
            .chain(self.phrases.iter().map(|phrase| quoted(&phrase.join(" "))))
            .collect::<Vec<_>>()
            .join(" AND ")
    }

    /// Of whole words.
    pub(crate) fn expression_whole(&self) -> String {
        self.expression(None)
    }

    /// The last word may be a beginning.
    pub(crate) fn expression_open(&self, db: &rusqlite::Connection) -> String {
        self.expression(Some(&|word| endings(db, word)))
    }

    /// Each word and each phrase by itself; any of the words may be a beginning.
    pub(crate) fn each(&self) -> Vec<Self> {
        let one = |words: &[Vec<String>], phrases: &[Vec<String>]| {
            let typed = words.iter().flatten().next().cloned().unwrap_or_default();
            Self { words: words.to_vec(), phrases: phrases.to_vec(), open: true, typed }
        };
        let words = self.words.chunks(1).map(|word| one(word, &[]));
        words.chain(self.phrases.chunks(1).map(|phrase| one(&[], phrase))).collect()
    }

    /// The query's words as they were typed, tone marks and all, in small letters; empty: it was typed without any.
    #[must_use]
    pub fn toned(&self) -> Vec<String> {
        let words: Vec<String> = self
            .typed
            .to_lowercase()
            .split(|c: char| !c.is_alphanumeric() && !is_mark(c))
            .filter(|word| !word.is_empty())
            .map(compose)
            .collect();
        if words.iter().all(|word| fold(word) == *word) { Vec::new() } else { words }
    }

    /// Folded words and phrases, for lighting up.
    #[must_use]
    pub fn folded(&self) -> Vec<String> {
        let words = self.words.iter().flatten().flat_map(|word| word.split(' ').map(str::to_owned));
        words.chain(self.phrases.iter().flatten().cloned()).collect()
    }

    /// A plate in part, if the query may be one: three letters and digits at least, one digit among them.
    pub(crate) fn plate(&self) -> Option<String> {
        let plate = plate(&self.typed);
        ((3..=12).contains(&plate.len()) && plate.bytes().any(|byte| byte.is_ascii_digit())).then_some(plate)
    }
}

fn quoted(word: &str) -> String {
    format!("\"{word}\"")
}

fn any_of(each: &[String]) -> String {
    match each {
        [one] => one.clone(),
        _ => format!("({})", each.join(" OR ")),
    }
}

fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

fn compose(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    text.nfc().collect()
}

fn split(folded: &str) -> Vec<String> {
    folded.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Whether a text holds these words with these very tone marks.
#[must_use]
pub fn is_exact(text: &str, toned: &[String]) -> bool {
    if toned.is_empty() {
        return true;
    }
    let text = compose(&text.to_lowercase());
    let words: std::collections::HashSet<&str> =
        text.split(|c: char| !c.is_alphanumeric() && !is_mark(c)).filter(|word| !word.is_empty()).collect();
    let Some((last, others)) = toned.split_last() else { return true };
    others.iter().all(|word| words.contains(word.as_str()))
        && words.iter().any(|word| word.starts_with(last.as_str()))
}

/// What to light up in a text: begin and end of each word found, in UTF-16 units as pages count.
#[must_use]
pub fn marks(text: &str, folded: &[String]) -> Vec<[u32; 2]> {
    let mut marks = Vec::new();
    let (mut at, mut begin, mut word) = (0_u32, 0_u32, String::new());
    let mut end = |word: &mut String, begin: u32, at: u32| {
        if !word.is_empty() {
            let plain = fold(word);
            if folded.iter().any(|wanted| plain.starts_with(wanted.as_str())) {
                marks.push([begin, at]);
            }
            word.clear();
        }
    };
    for c in text.chars() {
        if c.is_alphanumeric() || is_mark(c) {
            if word.is_empty() {
                begin = at;
            }
            word.push(c);
        } else {
            end(&mut word, begin, at);
        }
        at += u32::try_from(c.len_utf16()).unwrap_or(1);
    }
    end(&mut word, begin, at);
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plates_and_marks_are_indexed_as_people_type_them() {
        assert_eq!(words("Xe 47-K1 123.45, rẽ vào"), "xe 47 k1 47k1 123 45 12345 47k112345 re vao");
        assert_eq!(words("47K1-123.45"), "47k1 123 45 47k112345 12345");
        assert_eq!(words("47-K1-123.45"), "47 k1 123 45 47k112345 12345");
        assert_eq!(words("ES-2026-0142"), "es 2026 0142 es20260142");
        assert_eq!(words("đường liên-xã"), "duong lien xa");
        assert_eq!(plate("47-k1 123.45"), "47K112345");
        assert_eq!(plate("49đ1"), "49D1");
    }

    #[test]
    fn queries_are_read() {
        let star = |word: &str| vec![format!("\"{word}\" *")];
        let expression = |query: &str| Wanted::read(query).map(|wanted| wanted.expression(Some(&star)));
        assert_eq!(
            expression("duong 47-K1 ph").as_deref(),
            Some("\"duong\" AND (\"47k1\" OR \"47 k1\") AND \"ph\" *")
        );
        assert_eq!(expression("\"xe máy\" đỏ").as_deref(), Some("\"do\" * AND \"xe may\""));
        assert_eq!(expression("\"xe máy\"").as_deref(), Some("\"xe may\""));
        assert_eq!(expression("xe \"đi ngược").as_deref(), Some("\"xe\" AND \"di nguoc\""));
        for nothing in ["", "  ", "\"\"", "-- ,", "\"*"] {
            assert_eq!(expression(nothing), None, "{nothing}");
        }
        assert_eq!(Wanted::read("pháo xe").unwrap().toned(), ["pháo", "xe"]);
        assert!(Wanted::read("phao xe").unwrap().toned().is_empty());
    }

    #[test]
    fn what_was_found_is_lit_up_as_pages_count() {
        let folded = Wanted::read("phao duong").unwrap().folded();
        assert_eq!(marks("🎆 Pháo trên đường.", &folded), [[3, 7], [13, 18]]);
        assert!(is_exact("Pháo nổ", &["pháo".into()]));
        assert!(!is_exact("Phao cứu sinh", &["pháo".into()]));
        assert!(is_exact("Xe trên đường", &["xe".into(), "đườ".into()]), "the last word is a beginning");
    }
}
