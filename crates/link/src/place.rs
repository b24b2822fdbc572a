//! Where a station listens: one socket per data folder, in a directory that only its user can enter.

use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Why there is no safe place for the socket.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The data folder or the runtime directory cannot be read or made.
    #[error("{path}: {error}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The directory is somebody else's, or others can enter it.
    #[error("{0} is not a directory that only its user can enter")]
    Unsafe(PathBuf),
}

/// The socket of the station of a data folder. The data folder must exist. Makes the runtime directory if needed.
///
/// # Errors
/// When the data folder does not exist, or no safe runtime directory can be had.
pub fn socket_path(data_folder: &Path) -> Result<PathBuf, PlaceError> {
    Ok(socket_folder()?.join(socket_name(data_folder)?))
}

/// Every place where the station of a data folder may listen: a station started by systemd and a window started from
/// a session may see different runtime directories.
///
/// # Errors
/// When the data folder does not exist.
pub(crate) fn candidates(data_folder: &Path) -> Result<Vec<PathBuf>, PlaceError> {
    let name = socket_name(data_folder)?;
    let mut folders = vec![fallback_runtime().join("easien")];
    if let Some(runtime) = session_runtime() {
        folders.insert(0, runtime.join("easien"));
    }
    // A directory of somebody else's could hold a trap instead of a station.
    Ok(folders.into_iter().filter(|folder| check(folder).is_ok()).map(|folder| folder.join(&name)).collect())
}

fn socket_name(data_folder: &Path) -> Result<String, PlaceError> {
    let whole = fs::canonicalize(data_folder)
        .map_err(|error| PlaceError::Io { path: data_folder.to_owned(), error })?;
    let digest = Sha256::digest(whole.as_os_str().as_encoded_bytes());
    let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{hex}.sock"))
}

fn session_runtime() -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("XDG_RUNTIME_DIR")?);
    (path.is_absolute() && path.is_dir()).then_some(path)
}

fn fallback_runtime() -> PathBuf {
    PathBuf::from(format!("/tmp/easien-{}", rustix::process::geteuid().as_raw()))
}

fn socket_folder() -> Result<PathBuf, PlaceError> {
    if let Some(runtime) = session_runtime() {
        let folder = runtime.join("easien");
        if make(&folder).is_ok() {
            return Ok(folder);
        }
    }
    let runtime = fallback_runtime();
    make(&runtime)?;
    let folder = runtime.join("easien");
    make(&folder)?;
    Ok(folder)
}

/// Makes the directory if it is missing; a present one must be safe already.
pub(crate) fn make(folder: &Path) -> Result<(), PlaceError> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(PlaceError::Io { path: folder.to_owned(), error }),
    }
    check(folder)
}

fn check(folder: &Path) -> Result<(), PlaceError> {
    // Not followed: a link in /tmp may lead anywhere.
    let found =
        fs::symlink_metadata(folder).map_err(|error| PlaceError::Io { path: folder.to_owned(), error })?;
    let own = found.uid() == rustix::process::geteuid().as_raw();
    if found.is_dir() && own && found.mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(PlaceError::Unsafe(folder.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_directory_that_others_can_enter_is_refused() -> io::Result<()> {
        let base = tempfile::tempdir()?;
        let safe = base.path().join("safe");
        assert!(make(&safe).is_ok());
        assert!(make(&safe).is_ok(), "again is as good");
        fs::set_permissions(&safe, fs::Permissions::from_mode(0o755))?;
        assert!(matches!(make(&safe), Err(PlaceError::Unsafe(_))));
        fs::set_permissions(&safe, fs::Permissions::from_mode(0o700))?;
        let link = base.path().join("link");
        symlink(&safe, &link)?;
        assert!(matches!(make(&link), Err(PlaceError::Unsafe(_))));
        Ok(())
    }

    #[test]
    fn one_data_folder_has_one_name() -> Result<(), Box<dyn std::error::Error>> {
        let base = tempfile::tempdir()?;
        let data = base.path().join("data");
        fs::create_dir(&data)?;
        let link = base.path().join("other-way");
        symlink(&data, &link)?;
        assert_eq!(socket_name(&data)?, socket_name(&link)?);
        assert_ne!(socket_name(&data)?, socket_name(base.path())?);
        assert!(socket_name(&base.path().join("nowhere")).is_err());
        Ok(())
    }
}
