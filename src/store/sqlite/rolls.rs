//! Rolls of what the tables say.

use rusqlite::{Row, params};

use super::Snapshot;
use crate::model::{Counts, NumberFilter, Result, Window};
use crate::store::Scope;
use crate::store::roll::{Builder, Line, Place, Roll};

/// How many revisions back `number_changes` tells what changed.
const REVISIONS_TOLD: i64 = 1024;

impl Snapshot<'_> {
    /// The places that a window shows of what a filter lets through, and how many it lets through in all, from the
    /// agency's roll. `None` where there is none of this snapshot's revision and none can be made: the caller must
    /// look at the rows. The filter's agent is not looked at.
    pub(super) fn on_roll(
        &self,
        scope: &Scope,
        filter: &NumberFilter,
        window: Window,
        counts: &Counts,
    ) -> Result<Option<(Vec<Place>, u64)>> {
        let Some(rolls) = self.rolls else { return Ok(None) };
        let revision = self.revision(scope)?;
        let roll = rolls.roll(scope.agency_no, counts.total(), revision, |before| match before {
            Some(before) if before.revision >= revision - REVISIONS_TOLD => self.later_roll(scope, before, revision),
            _ => self.new_roll(scope, revision),
        })?;
        Ok(roll.map(|roll| roll.seen(filter, window)))
    }

    fn new_roll(&self, scope: &Scope, revision: i64) -> Result<Roll> {
        let mut statement = self.connection().prepare_cached(
            "SELECT created_at, id, status, assigned, phone_number, friendly_name
             FROM agency_phone_numbers NOT INDEXED WHERE agency_no = ?1 ORDER BY created_at DESC, id DESC",
        )?;
        let mut rows = statement.query([scope.agency_no])?;
        let mut builder = Builder::default();
        while let Some(row) = rows.next()? {
            builder.add(&line(row)?);
        }
        Ok(builder.finish(revision))
    }

    fn later_roll(&self, scope: &Scope, before: &Roll, revision: i64) -> Result<Roll> {
        let mut statement = self
            .connection()
            .prepare_cached("SELECT created_at, id FROM number_changes WHERE agency_no = ?1 AND revision > ?2")?;
        let changed = statement
            .query_map(params![scope.agency_no, before.revision], |row| Ok::<Place, _>((row.get(0)?, row.get(1)?)))?;
        let changed = changed.collect::<rusqlite::Result<_>>()?;
        let mut statement = self.connection().prepare_cached(
            "SELECT created_at, id, status, assigned, phone_number, friendly_name
             FROM agency_phone_numbers WHERE agency_no = ?1 AND created_at = ?2 AND id = ?3",
        )?;
        before.later(revision, changed, |(created_at, id), show| {
            let mut rows = statement.query(params![scope.agency_no, created_at, id])?;
            while let Some(row) = rows.next()? {
                show(&line(row)?);
            }
            Ok(())
        })
    }
}

fn line<'r>(row: &'r Row<'_>) -> rusqlite::Result<Line<'r>> {
    Ok(Line {
        place: (row.get(0)?, row.get(1)?),
        status: row.get(2)?,
        assigned: row.get(3)?,
        phone_number: row.get_ref(4)?.as_str()?,
        friendly_name: row.get_ref(5)?.as_str_or_null()?,
    })
}
