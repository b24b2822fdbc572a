//! Whether the control room opens by itself when the person signs in at this machine: a desktop file in the session's
//! autostart folder. Its state is what stands on the disk, whoever wrote it.

use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

const FILE: &str = "easien.desktop";

/// As it stands on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Autostart {
    /// The room opens by itself.
    pub on: bool,
    /// It opens as a wall alone, over the whole monitor.
    pub bare: bool,
}

/// The session's autostart folder; absent: there is no home folder.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CONFIG_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".config")))
        .map(|base| base.join("autostart"))
}

/// What stands there. A file that names another data folder or program is not ours and counts as off.
#[must_use]
pub fn read(folder: &Path, program: &Path, data: &Path) -> Autostart {
    let off = Autostart { on: false, bare: false };
    let Ok(text) = std::fs::read_to_string(folder.join(FILE)) else { return off };
    let value = |key: &str| {
        text.lines()
            .filter_map(|line| line.split_once('='))
            .find(|(name, _)| name.trim() == key)
            .map(|(_, v)| v.trim())
    };
    if value("Hidden") == Some("true") || value("X-GNOME-Autostart-enabled") == Some("false") {
        return off;
    }
    let exec = value("Exec");
    let ours = |bare| exec == Some(exec_line(program, data, bare).as_str());
    Autostart { on: ours(false) || ours(true), bare: ours(true) }
}

/// Switches it on or off, and answers what stands there then.
///
/// # Errors
/// The folder cannot be written.
pub fn write(folder: &Path, program: &Path, data: &Path, wanted: Autostart) -> std::io::Result<Autostart> {
    let path = folder.join(FILE);
    if wanted.on {
        std::fs::create_dir_all(folder)?;
        let part = folder.join(format!(".{FILE}.part"));
        let mut file = std::fs::File::create(&part)?;
        write!(
            file,
            "[Desktop Entry]\nType=Application\nName=Easien\nName[vi]=Phòng trực camera Easien\nTerminal=false\n\
             X-GNOME-Autostart-enabled=true\nExec={}\n",
            exec_line(program, data, wanted.bare)
        )?;
        file.sync_all()?;
        std::fs::rename(&part, &path)?;
    } else if let Err(error) = std::fs::remove_file(&path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(error);
    }
    Ok(read(folder, program, data))
}

fn exec_line(program: &Path, data: &Path, bare: bool) -> String {
    let mut words: Vec<OsString> = vec![program.into(), "--data".into(), data.into()];
    if bare {
        words.push("--wall".into());
    }
    words.iter().map(|word| quoted(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
}

/// One argument as the desktop entry specification wants it: quoted, and `%` doubled. A string value's own escapes come
/// on top: a backslash of the quoting is written twice.
fn quoted(word: &str) -> String {
    let mut out = String::from("\"");
    for c in word.chars() {
        match c {
            '"' | '`' | '$' => out.extend(['\\', '\\', c]),
            '\\' => out.push_str("\\\\\\\\"),
            '%' => out.push_str("%%"),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON: Autostart = Autostart { on: true, bare: false };
    const WALL: Autostart = Autostart { on: true, bare: true };
    const OFF: Autostart = Autostart { on: false, bare: false };

    #[test]
    fn what_stands_on_the_disk_is_what_is_told() -> std::io::Result<()> {
        let home = tempfile::tempdir()?;
        let folder = home.path().join("autostart");
        let (program, data) = (Path::new("/opt/easien/easien"), Path::new("/srv/phòng trực/100%"));
        assert_eq!(read(&folder, program, data), OFF);
        assert_eq!(write(&folder, program, data, OFF)?, OFF, "off twice is off");
        for wanted in [ON, WALL, ON] {
            assert_eq!(write(&folder, program, data, wanted)?, wanted);
            assert_eq!(read(&folder, program, data), wanted);
        }
        let text = std::fs::read_to_string(folder.join(FILE))?;
        assert!(
            text.contains("Exec=\"/opt/easien/easien\" \"--data\" \"/srv/phòng trực/100%%\"\n"),
            "{text}"
        );
        assert_eq!(read(&folder, Path::new("/elsewhere/easien"), data), OFF, "another installation's");
        assert_eq!(read(&folder, program, Path::new("/srv/other")), OFF);
        // The session's own settings switch it off so.
        std::fs::write(folder.join(FILE), format!("{text}Hidden=true\n"))?;
        assert_eq!(read(&folder, program, data), OFF);
        assert_eq!(write(&folder, program, data, ON)?, ON);
        assert_eq!(write(&folder, program, data, OFF)?, OFF);
        assert!(!folder.join(FILE).exists());
        Ok(())
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_said() {
        let nowhere = Path::new("/proc/nowhere/autostart");
        assert!(write(nowhere, Path::new("/a"), Path::new("/b"), ON).is_err());
    }

    #[test]
    fn arguments_are_quoted() {
        assert_eq!(quoted(r#"a"b$c\d"#), r#""a\\"b\\$c\\\\d""#);
    }
}
