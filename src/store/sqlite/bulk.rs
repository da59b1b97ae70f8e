//! Loading many numbers at once: without the triggers and indexes that make each row dear, which are put back after.

use super::Change;
use crate::model::{Error, Result};

impl Change<'_> {
    /// Lets this connection keep up to 256 MiB of pages, for a change that touches much of the database: with less, pages
    /// go out to the journal and come back again and again. For commands that end after it, not for a server.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn make_room(&self) -> Result<()> {
        Ok(self.connection().execute_batch("PRAGMA cache_size = -262144")?)
    }

    /// Runs a load of numbers without the numbers' triggers and secondary indexes, puts them back, and recounts: the
    /// change as a whole leaves what row by row would have left. Worth it where the load is not small beside what is
    /// there, because the indexes are built anew over all rows. Nothing sees the schema in between: it is one change.
    ///
    /// # Errors
    /// What `load` returns; [`Error::Internal`] where SQLite fails, also where a loaded row breaks a unique index.
    pub fn in_bulk<T, E: From<Error>>(&self, load: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let put_aside = self.put_aside()?;
        let loaded = load()?;
        self.put_back(&put_aside)?;
        Ok(loaded)
    }

    /// Drops the triggers and indexes that have a definition of their own, and gives the definitions.
    fn put_aside(&self) -> Result<Vec<String>> {
        let connection = self.connection();
        let mut statement = connection.prepare(
            "SELECT type, name, sql FROM sqlite_schema
             WHERE tbl_name = 'agency_phone_numbers' AND type IN ('index', 'trigger') AND sql IS NOT NULL
             ORDER BY type, name",
        )?;
        let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let found: Vec<(String, String, String)> = found.collect::<rusqlite::Result<_>>()?;
        for (kind, name, _) in &found {
            connection.execute_batch(&format!("DROP {kind} \"{name}\""))?;
        }
        Ok(found.into_iter().map(|(_, _, sql)| sql).collect())
    }

    fn put_back(&self, definitions: &[String]) -> Result<()> {
        let connection = self.connection();
        connection.execute_batch(
            "DELETE FROM number_counts;
             DELETE FROM agent_number_counts;
             INSERT INTO number_counts (agency_no, status, assigned, numbers)
                 SELECT agency_no, status, assigned, count(*) FROM agency_phone_numbers GROUP BY 1, 2, 3;
             INSERT INTO agent_number_counts (agency_no, agent_mapping_id, status, numbers)
                 SELECT agency_no, agent_mapping_id, status, count(*) FROM agency_phone_numbers
                 WHERE agent_mapping_id IS NOT NULL GROUP BY 1, 2, 3;
             UPDATE agencies SET revision = revision + 1025;
             DELETE FROM number_changes;",
        )?;
        definitions.iter().try_for_each(|sql| Ok(connection.execute_batch(sql)?))
    }
}
