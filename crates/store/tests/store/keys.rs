//! The master key's file: made once, ours alone, never replaced while something is sealed with it.

use crate::{Room, draft};
use easien_model::{CameraId, Code, SystemClock};
use easien_store::secret::{CREDENTIAL, KEY_FILE, MasterKey};
use easien_store::{Error, KeyOrigin, Store};
use secrecy::{ExposeSecret, SecretString};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn open(folder: &Path, credentials: Option<&Path>) -> Result<Store, Error> {
    Store::open_with(folder, Arc::new(SystemClock), credentials)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

/// A closed store with one sealed password, and where its key is.
fn sealed() -> (Room, CameraId, PathBuf) {
    let room = Room::new();
    let camera = draft("Một");
    room.store.add_camera("Y Moan", camera.clone(), Some(SecretString::from("bí mật"))).unwrap();
    room.store.close().unwrap();
    let path = room.folder.path().join(KEY_FILE);
    (room, camera.id, path)
}

fn opens(store: &Store, camera: CameraId) -> bool {
    store.camera_password(camera).unwrap().unwrap().expose_secret() == "bí mật"
}

#[test]
fn the_key_is_made_once_and_ours_alone() {
    let (room, camera, path) = sealed();
    let key = fs::read(&path).unwrap();
    assert_eq!((key.len(), mode(&path)), (32, 0o600));
    assert_ne!(key, [0; 32]);
    let store = open(room.folder.path(), None).unwrap();
    assert!(opens(&store, camera));
    assert_eq!(store.key_origin().as_str(), "file");
    assert_eq!(fs::read(&path).unwrap(), key);
    for name in ["easien.db", "easien.db-wal", "easien.db-shm"] {
        assert_eq!(mode(&room.folder.path().join(name)), 0o600, "{name}");
    }
    let left: Vec<_> =
        fs::read_dir(room.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 4, "no draft is left: {left:?}");
}

#[test]
fn a_key_is_never_written_over_another() {
    let folder = tempfile::tempdir().unwrap();
    MasterKey::create(folder.path()).unwrap();
    let key = fs::read(folder.path().join(KEY_FILE)).unwrap();
    let error = MasterKey::create(folder.path()).unwrap_err();
    assert_eq!(error.code(), Code::Precondition, "{error}");
    assert_eq!(fs::read(folder.path().join(KEY_FILE)).unwrap(), key);
}

#[test]
fn a_missing_key_is_said_and_not_replaced_while_something_is_sealed() {
    let (room, camera, path) = sealed();
    let key = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let error = open(room.folder.path(), None).unwrap_err();
    assert!(matches!(error, Error::KeyMissing(_)) && error.code() == Code::Precondition, "{error}");
    assert!(!path.exists());
    fs::write(&path, key).unwrap();
    assert!(opens(&open(room.folder.path(), None).unwrap(), camera));
}

#[test]
fn a_wrong_key_is_said_and_nothing_is_lost() {
    let (room, camera, path) = sealed();
    let key = fs::read(&path).unwrap();
    fs::write(&path, [1; 32]).unwrap();
    let error = open(room.folder.path(), None).unwrap_err();
    assert!(matches!(error, Error::KeyWrong(_)), "{error}");
    fs::write(&path, key).unwrap();
    assert!(opens(&open(room.folder.path(), None).unwrap(), camera));
}

#[test]
fn a_lost_key_is_replaced_while_nothing_is_sealed() {
    let room = Room::new();
    room.store.add_camera("Y Moan", draft("Một"), None).unwrap();
    room.store.close().unwrap();
    let path = room.folder.path().join(KEY_FILE);
    fs::remove_file(&path).unwrap();
    let store = open(room.folder.path(), None).unwrap();
    let camera = draft("Hai");
    store.add_camera("Y Moan", camera.clone(), Some(SecretString::from("bí mật"))).unwrap();
    store.close().unwrap();
    assert!(opens(&open(room.folder.path(), None).unwrap(), camera.id));
}

#[test]
fn rights_that_are_too_wide_are_narrowed() {
    let (room, camera, path) = sealed();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(opens(&open(room.folder.path(), None).unwrap(), camera));
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn what_cannot_be_the_key_is_refused() {
    let (room, _, path) = sealed();
    let key = fs::read(&path).unwrap();
    let refused = |why: &str| {
        let error = open(room.folder.path(), None).unwrap_err();
        assert!(matches!(error, Error::KeyUnusable { .. }), "{why}: {error}");
        assert!(error.to_string().contains(why), "{error}");
    };
    for length in [0, 31, 33, 64, 300] {
        fs::write(&path, vec![b'a'; length]).unwrap();
        refused("bytes instead of 32");
    }
    fs::remove_file(&path).unwrap();
    fs::write(room.folder.path().join("elsewhere"), &key).unwrap();
    std::os::unix::fs::symlink(room.folder.path().join("elsewhere"), &path).unwrap();
    refused("symbolic link");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    refused("not a plain file");
    fs::remove_dir(&path).unwrap();
    fs::write(&path, &key).unwrap();
    // Only root can give a file away.
    if std::os::unix::fs::chown(&path, Some(12_345), None).is_ok() {
        refused("another user");
    }
}

#[test]
fn systemd_gives_the_key_as_bytes_or_digits() {
    let credentials = tempfile::tempdir().unwrap();
    let path = credentials.path().join(CREDENTIAL);
    for given in [vec![0xab; 32], [&b"ab".repeat(32)[..], b"\n"].concat()] {
        fs::write(&path, given).unwrap();
        let room = tempfile::tempdir().unwrap();
        let store = open(room.path(), Some(credentials.path())).unwrap();
        assert_eq!(store.key_origin(), KeyOrigin::Systemd);
        assert!(!room.path().join(KEY_FILE).exists());
        let camera = draft("Một");
        store.add_camera("Y Moan", camera.clone(), Some(SecretString::from("bí mật"))).unwrap();
        store.close().unwrap();
        assert!(opens(&open(room.path(), Some(credentials.path())).unwrap(), camera.id));
        assert!(matches!(open(room.path(), None), Err(Error::KeyMissing(_))));
    }
    fs::write(&path, b"xy".repeat(32)).unwrap();
    assert!(matches!(open(credentials.path(), Some(credentials.path())), Err(Error::KeyUnusable { .. })));
    // A folder without this credential is not one: the file is used.
    let (room, camera, _) = sealed();
    let empty = tempfile::tempdir().unwrap();
    assert!(opens(&open(room.folder.path(), Some(empty.path())).unwrap(), camera));
}

#[test]
fn a_sealed_password_opens_at_its_own_camera_only() {
    let (mut room, camera, _) = sealed();
    room.reopen();
    let other = draft("Hai");
    room.store.add_camera("Y Moan", other.clone(), Some(SecretString::from("khác"))).unwrap();
    room.raw()
        .execute(
            "UPDATE camera SET password = (SELECT password FROM camera WHERE id = ?1) WHERE id = ?2",
            [camera.0.into_bytes(), other.id.0.into_bytes()],
        )
        .unwrap();
    assert!(opens(&room.store, camera));
    let error = room.store.camera_password(other.id).unwrap_err();
    assert!(matches!(error, Error::Unopenable) && error.code() == Code::DataLoss);
    // Typed in again it is good again.
    room.store.update_camera("Y Moan", other.clone(), Some(SecretString::from("bí mật"))).unwrap();
    assert!(opens(&room.store, other.id));
}
