//! The data directory: where the database lies, who may read it, and who serves from it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Held by the server that uses the directory.
const SERVE_LOCK: &str = "serve.lock";
/// Held by whoever migrates the database.
const MIGRATE_LOCK: &str = "migrate.lock";

/// A directory that holds one Linekeeper.
#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// Names a directory; nothing is read or made yet.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The directory itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.0.join("linekeeper.db")
    }

    /// Makes the directory (0700) and an empty database file (0600) where they are missing.
    ///
    /// SQLite gives its journal files the database's own mode. A directory that was there before is closed to others
    /// too, unless it holds more than ours: then [`DataDir::is_open_to_others`] says so.
    ///
    /// # Errors
    /// Whatever the file system refuses.
    pub fn create(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        if self.is_open_to_others()? && self.is_ours_alone()? {
            fs::set_permissions(&self.0, fs::Permissions::from_mode(0o700))?;
        }
        let database = OpenOptions::new().append(true).create(true).mode(0o600).open(self.database())?;
        database.set_permissions(fs::Permissions::from_mode(0o600))
    }

    fn is_ours_alone(&self) -> io::Result<bool> {
        for entry in fs::read_dir(&self.0)? {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            if !name.starts_with("linekeeper.") && ![SERVE_LOCK, MIGRATE_LOCK].contains(&&*name) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether users other than the owner can open the directory.
    ///
    /// # Errors
    /// Whatever the file system refuses.
    pub fn is_open_to_others(&self) -> io::Result<bool> {
        Ok(fs::metadata(&self.0)?.permissions().mode() & 0o077 != 0)
    }

    /// Takes the directory for one server. `None`: another one has it.
    ///
    /// # Errors
    /// Whatever the file system refuses.
    pub fn lock(&self) -> io::Result<Option<Lock>> {
        let file = self.lock_file(SERVE_LOCK)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Waits until nobody else migrates the database.
    ///
    /// # Errors
    /// Whatever the file system refuses.
    pub(super) fn lock_for_migration(&self) -> io::Result<Lock> {
        let file = self.lock_file(MIGRATE_LOCK)?;
        file.lock()?;
        Ok(Lock { _file: file })
    }

    fn lock_file(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().append(true).create(true).mode(0o600).open(self.0.join(name))
    }

    /// Proves that the file system takes another write, with a small file that has no name and is gone at once.
    ///
    /// # Errors
    /// Whatever the file system refuses: read-only, full, gone.
    pub fn probe(&self) -> io::Result<()> {
        tempfile::tempfile_in(&self.0)?.write_all(&[0; 4096])
    }
}

/// A hold on a data directory; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}
