//! Names of attachments: what a file was called, without what would make it look like another one or lead elsewhere.

/// Longest name kept, in characters.
const NAME_MOST: usize = 200;
/// Longest name written, in bytes; file systems take 255.
const WRITTEN_MOST_BYTES: usize = 240;
/// Longest ending that is kept when a name is cut.
const ENDING_MOST: usize = 16;

/// Turns the text around it the other way, or is not to be seen: `gpj.exe` must not show as `exe.jpg`.
fn deceives(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A name for the record: without folders, control characters and marks that turn text; 1 to 200 characters.
pub(crate) fn kept(name: &str) -> String {
    let clean = |c: char| if c.is_control() || deceives(c) || "/\\".contains(c) { '_' } else { c };
    let name: String = name.chars().map(clean).collect();
    let name = name.trim();
    let name = if name.is_empty() { "_" } else { name };
    cut(name, |text| text.chars().count(), NAME_MOST)
}

/// A name for a file on any disk, never hidden.
pub(crate) fn written(name: &str) -> String {
    let clean = |c: char| if "<>:\"|?*".contains(c) { '_' } else { c };
    let name: String = kept(name).chars().map(clean).collect();
    let name = match name.strip_prefix('.') {
        Some(rest) => format!("_{rest}"),
        None => name,
    };
    let name = name.trim_end_matches(['.', ' ']);
    let name = if name.is_empty() { "_" } else { name };
    cut(name, str::len, WRITTEN_MOST_BYTES)
}

/// The name with `-2` and so on before its ending.
pub(crate) fn numbered(name: &str, number: u32) -> String {
    let (stem, ending) = split(name);
    if number < 2 { name.to_owned() } else { format!("{stem}-{number}{ending}") }
}

/// A name and its ending, point included.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 && name.len() - at <= ENDING_MOST && at + 1 < name.len() => name.split_at(at),
        _ => (name, ""),
    }
}

/// Shortens the stem until all of it measures as much at most.
fn cut(name: &str, measure: impl Fn(&str) -> usize, most: usize) -> String {
    let (stem, ending) = split(name);
    let mut stem = stem.to_owned();
    while measure(&stem) + measure(ending) > most && stem.pop().is_some() {}
    format!("{stem}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_it_seems() {
        for (name, clean) in [
            ("biên bản (bản 2).pdf", "biên bản (bản 2).pdf"),
            ("a/b\\c.txt", "a_b_c.txt"),
            ("ảnh\u{202e}gpj.exe", "ảnh_gpj.exe"),
            ("a\nb\0c\u{7f}.txt", "a_b_c_.txt"),
            ("  x  ", "x"),
            ("\u{200b}", "_"),
            ("", "_"),
            ("صورة.png", "صورة.png"),
            ("👨‍👩‍👧.png", "👨‍👩‍👧.png"),
            ("..", ".."),
        ] {
            assert_eq!(kept(name), clean, "{name:?}");
        }
        let long = kept(&format!("{}.jpeg", "ở".repeat(400)));
        assert_eq!((long.chars().count(), long.ends_with("ở.jpeg")), (200, true));
        assert_eq!(kept(&"x".repeat(400)).len(), 200);
    }

    #[test]
    fn a_file_goes_to_any_disk_and_is_never_hidden() {
        for (name, clean) in [
            (".bashrc", "_bashrc"),
            ("..", "_"),
            ("a:b?.txt", "a_b_.txt"),
            ("x. ", "x"),
            ("../../etc/passwd", "_._.._etc_passwd"),
        ] {
            assert_eq!(written(name), clean, "{name:?}");
        }
        let long = written(&format!("{}.jpeg", "ở".repeat(200)));
        assert!(long.len() <= 240 && long.ends_with("ở.jpeg"), "{}", long.len());
        assert_eq!(
            (numbered("a.tar.gz", 1), numbered("a.tar.gz", 2)),
            ("a.tar.gz".into(), "a.tar-2.gz".into())
        );
        assert_eq!((numbered("a", 3), numbered("_bashrc", 2)), ("a-3".into(), "_bashrc-2".into()));
    }
}
