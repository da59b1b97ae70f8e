//! Opening the database: the connections, their settings, and why one cannot be opened.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use r2d2::Pool;
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::migrations::{self, SchemaVersion};
use crate::store::DataDir;
use crate::store::rolls::Rolls;
use crate::store::shown::Shown;

/// How long a write waits for another process's write before it gives up.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a request waits for a connection. There are as many readers as can be busy at once; the one writer may be
/// waiting for another process's write.
const POOL_TIMEOUT: Duration = Duration::from_secs(20);
/// More than there are distinct statements, so that each is prepared once per connection.
const STATEMENTS_CACHED: usize = 128;

/// The open store.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) readers: Pool<SqliteConnectionManager>,
    pub(super) writer: Pool<SqliteConnectionManager>,
    pub(super) memory: Arc<Memory>,
    pub(super) data_dir: DataDir,
}

/// What is kept in memory of what the database holds. None of it is trusted beyond the revision that it is of.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub rolls: Rolls,
    pub shown: Shown,
}

/// Why the data directory cannot be used. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no database.
    #[error("there is no Linekeeper database in {0}: `linekeeper init` makes one, or name another with --data-dir")]
    Missing(PathBuf),
    /// The file is another program's.
    #[error("linekeeper.db in {0} is not a Linekeeper database: name another directory with --data-dir")]
    Foreign(PathBuf),
    /// A server is using it, which must not find another schema under its feet.
    #[error("a server is using {0} with the schema it has: stop it, then migrate")]
    InUse(PathBuf),
    /// A newer Linekeeper wrote it.
    #[error(
        "the database in {path} was written by a newer Linekeeper (its schema is {found}, this program knows {known}): \
         use that version, or restore the snapshot it made beside the database before it upgraded"
    )]
    Newer {
        /// The data directory.
        path: PathBuf,
        /// The schema's version there.
        found: i32,
        /// The newest version that this program knows.
        known: i32,
    },
    /// An older Linekeeper wrote it.
    #[error("the database in {path} has schema {found} and this program needs {known}: run `linekeeper migrate`")]
    Older {
        /// The data directory.
        path: PathBuf,
        /// The schema's version there.
        found: i32,
        /// The version that this program needs.
        known: i32,
    },
    /// It is not ours, or a migration failed.
    #[error("the database in {path} cannot be migrated: {reason}")]
    Migration {
        /// The data directory.
        path: PathBuf,
        /// What refinery says.
        reason: String,
    },
    /// The file system refused.
    #[error("the data directory {path} cannot be used: {source}; is it yours, and is there room?")]
    Io {
        /// The data directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// SQLite refused.
    #[error("the database in {path} cannot be opened: {source}")]
    Sqlite {
        /// The data directory.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

impl OpenError {
    /// Whether the file is there and is not what SQLite wrote.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Sqlite { source, .. } if is_damage(source))
    }
}

/// Whether SQLite says that the file is not what it wrote.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

impl Store {
    /// Opens a database whose schema is current, with room for `readers` reads at once.
    ///
    /// # Errors
    /// [`OpenError`]; nothing is created or changed.
    pub fn open(data_dir: &DataDir, readers: u32) -> Result<Self, OpenError> {
        let path = || data_dir.path().to_owned();
        let sqlite = |source| OpenError::Sqlite { path: path(), source };
        match data_dir.database().try_exists() {
            Ok(true) => {}
            Ok(false) => return Err(OpenError::Missing(path())),
            Err(source) => return Err(OpenError::Io { path: path(), source }),
        }
        // Reading the version also gives the reason where the file cannot be opened; the pool would only say "timed out".
        match migrations::look(data_dir).map_err(sqlite)? {
            SchemaVersion::Current => {}
            SchemaVersion::Empty => return Err(OpenError::Missing(path())),
            SchemaVersion::Foreign => return Err(OpenError::Foreign(path())),
            SchemaVersion::Older { found, known } => return Err(OpenError::Older { path: path(), found, known }),
            SchemaVersion::Newer { found, known } => return Err(OpenError::Newer { path: path(), found, known }),
        }
        let pool = |connections, writes: bool| {
            let flags = if writes { OpenFlags::SQLITE_OPEN_READ_WRITE } else { OpenFlags::SQLITE_OPEN_READ_ONLY };
            let manager = SqliteConnectionManager::file(data_dir.database())
                .with_flags(flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
                .with_init(move |connection| if writes { prepare_writer(connection) } else { prepare(connection) });
            Pool::builder()
                .max_size(connections)
                .min_idle(Some(1))
                .idle_timeout(None)
                .max_lifetime(None)
                .test_on_check_out(false)
                .connection_timeout(POOL_TIMEOUT)
                .build_unchecked(manager)
        };
        Ok(Self {
            writer: pool(1, true),
            readers: pool(readers, false),
            memory: Arc::default(),
            data_dir: data_dir.clone(),
        })
    }

    /// The same store, which keeps in up to so many bytes of memory what searches and deep pages look through, and the
    /// numbers that lists have shown. Without, each list reads rows.
    #[must_use]
    pub fn with_memory(mut self, bytes: usize) -> Self {
        self.memory = Arc::new(Memory { rolls: Rolls::new(bytes / 4 * 3), shown: Shown::new(bytes / 4) });
        self
    }

    /// Where the store lies.
    #[must_use]
    pub fn data_dir(&self) -> &DataDir {
        &self.data_dir
    }
}

/// A connection that may write; the database file must be there.
pub(super) fn writing_connection(data_dir: &DataDir) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(data_dir.database(), flags)?;
    prepare_writer(&mut connection)?;
    Ok(connection)
}

/// A connection that cannot write, for looking before anything is changed.
pub(super) fn reading_connection(data_dir: &DataDir) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(data_dir.database(), flags)?;
    prepare(&mut connection)?;
    Ok(connection)
}

fn prepare(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    // Without it each new binding may prepare a statement again once ANALYZE has run.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -2048;")
}

/// `synchronous=FULL` because NORMAL loses acknowledged rows when the power fails: in WAL mode it
/// does not sync at commit (<https://sqlite.org/pragma.html#pragma_synchronous>). `recursive_triggers` because without
/// it the row that an `INSERT OR REPLACE` replaces leaves no trace in the counters.
fn prepare_writer(connection: &mut Connection) -> rusqlite::Result<()> {
    prepare(connection)?;
    connection.execute_batch(
        "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8192;
         PRAGMA recursive_triggers = ON;",
    )
}

#[cfg(test)]
mod tests {
    use crate::store::{DataDir, Store, migrate};

    #[test]
    fn the_writer_is_set_to_lose_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(directory.path().join("data"));
        migrate(&data_dir, None).unwrap();
        let store = Store::open(&data_dir, 2).unwrap();
        let writer = store.writer.get().unwrap();
        let pragma = |name: &str| -> String {
            writer
                .query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, rusqlite::types::Value>(0))
                .map(|value| format!("{value:?}"))
                .unwrap()
        };
        assert_eq!(pragma("journal_mode"), "Text(\"wal\")");
        assert_eq!(pragma("synchronous"), "Integer(2)");
        assert_eq!(pragma("foreign_keys"), "Integer(1)");
        assert_eq!(pragma("trusted_schema"), "Integer(0)");
        assert_eq!(pragma("page_size"), "Integer(8192)");
        assert_eq!(pragma("recursive_triggers"), "Integer(1)");
        let reader = store.readers.get().unwrap();
        assert!(reader.execute("DELETE FROM users", []).is_err(), "a reading connection wrote");
    }
}
