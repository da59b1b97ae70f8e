//! The data directory: where the database lies, who may read it, and who serves from it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

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
    /// SQLite gives its journal files the database's own mode. A directory that was there before keeps its mode, because
    /// it may be more than ours; the caller is told whether others can look into it.
    ///
    /// # Errors
    /// Whatever the file system refuses.
    pub fn create(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        let database = OpenOptions::new().append(true).create(true).mode(0o600).open(self.database())?;
        database.set_permissions(fs::Permissions::from_mode(0o600))
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
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(self.0.join("serve.lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Proves that the file system takes another write, by making and removing a small file.
    ///
    /// # Errors
    /// Whatever the file system refuses: read-only, full, gone.
    pub fn probe(&self) -> io::Result<()> {
        let path = self.0.join(".probe");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        io::Write::write_all(&mut file, &[0; 4096])?;
        fs::remove_file(path)
    }
}

/// Held by the one server of a data directory; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}
