//! Disks for tests: a small tmpfs that fills up, and an ext4 in a file that can be made to fail. Both need root, as CI has.

use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A mounted file system, unmounted when dropped.
#[derive(Debug)]
pub struct Mount {
    at: PathBuf,
    image: Option<PathBuf>,
}

fn run(program: &str, args: &[&str]) -> Result<()> {
    let output = Command::new(program).args(args).output().with_context(|| program.to_owned())?;
    ensure!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a path that is no text")
}

impl Mount {
    /// A tmpfs of this size at `at`, which is made.
    ///
    /// # Errors
    /// Without root.
    pub fn tmpfs(at: &Path, size_mib: u32) -> Result<Self> {
        std::fs::create_dir_all(at)?;
        run("mount", &["-t", "tmpfs", "-o", &format!("size={size_mib}m"), "tmpfs", text(at)?])?;
        Ok(Self { at: at.to_path_buf(), image: None })
    }

    /// An ext4 of this size in a file beside `at`, mounted at `at`.
    ///
    /// # Errors
    /// Without root, or without loop devices.
    pub fn ext4(at: &Path, size_mib: u32) -> Result<Self> {
        std::fs::create_dir_all(at)?;
        let image = at.with_extension("img");
        std::fs::File::create(&image)?.set_len(u64::from(size_mib) << 20)?;
        run("mkfs.ext4", &["-q", "-F", text(&image)?])?;
        run("mount", &["-o", "loop", text(&image)?, text(at)?])?;
        Ok(Self { at: at.to_path_buf(), image: Some(image) })
    }

    /// Where it is mounted.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.at
    }

    /// The disk is gone from here on: every access fails with EIO (FS_IOC_SHUTDOWN without flushing the log,
    /// include/uapi/linux/fs.h).
    ///
    /// # Errors
    /// When the file system does not know it.
    pub fn shut_down(&self) -> Result<()> {
        let program = "import fcntl,os,struct,sys\n\
                       fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))";
        run("python3", &["-c", program, text(&self.at)?])
    }

    /// Unmounts it, as when somebody pulls the cable; what is open goes on failing.
    ///
    /// # Errors
    /// When it cannot be.
    pub fn pull(&self) -> Result<()> {
        run("umount", &["-l", text(&self.at)?])
    }

    /// Mounts an ext4 again, at `at`.
    ///
    /// # Errors
    /// When it is a tmpfs.
    pub fn again(&mut self, at: &Path) -> Result<()> {
        let Some(image) = &self.image else { bail!("a tmpfs is gone for good") };
        std::fs::create_dir_all(at)?;
        run("mount", &["-o", "loop", text(image)?, text(at)?])?;
        self.at = at.to_path_buf();
        Ok(())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // It may be unmounted already.
        let _ = Command::new("umount").arg("-l").arg(&self.at).output();
    }
}
