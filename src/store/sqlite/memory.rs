//! What is kept in memory of what the tables say: rolls, and numbers that were shown.

use std::sync::Arc;

use rusqlite::{Row, params};

use super::Snapshot;
use crate::model::{Counts, Error, Number, NumberFilter, Place, Result, Window};
use crate::store::Scope;
use crate::store::roll::{Builder, Line, Roll};
use crate::store::shown::Changed;

/// How many revisions back `number_changes` tells what changed.
const REVISIONS_TOLD: i64 = 1024;

/// What no index leads to.
pub(super) struct Sought {
    /// The places that the window shows.
    pub places: Vec<Place>,
    /// How many there are in all.
    pub total: u64,
    /// Whether it is sought for the first time, as far as is known: then its numbers are not kept, so that many searches, of
    /// which each finds others, leave in place what is asked for again.
    pub is_new: bool,
}

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
    ) -> Result<Option<Sought>> {
        let Some(memory) = self.memory else { return Ok(None) };
        let revision = self.revision(scope)?;
        let roll = memory.rolls.roll(scope.agency_no, counts.total(), revision, |before, room| match before {
            Some(before) if before.revision >= revision - REVISIONS_TOLD => {
                self.later_roll(scope, before, revision).map(Some)
            }
            _ => self.new_roll(scope, revision, room),
        })?;
        Ok(roll.map(|roll| {
            let is_new = filter.search.is_some() && !roll.has_sought(filter);
            let (places, total) = roll.seen(filter, window);
            Sought { places, total, is_new }
        }))
    }

    /// The numbers at these places: those that are kept, and the others as `read` reads them, which are kept if they
    /// should be.
    pub(super) fn shown(
        &self,
        scope: &Scope,
        places: &[Place],
        keep: bool,
        read: impl FnOnce(&[Place]) -> Result<Vec<Number>>,
    ) -> Result<Vec<Arc<Number>>> {
        let Some(memory) = self.memory else { return Ok(read(places)?.into_iter().map(Arc::new).collect()) };
        let revision = self.revision(scope)?;
        let known = memory.shown.numbers(scope.agency_no, revision, places, |before| {
            let (changed, revisions) = self.changed_since(scope, before)?;
            // A revision without a number's change is an agent's, which numbers show.
            Ok::<_, Error>(if revisions == revision - before { Changed::Here(changed) } else { Changed::Unknown })
        })?;
        let missing: Vec<Place> =
            places.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(place, _)| *place).collect();
        if missing.is_empty() {
            return Ok(known.into_iter().flatten().collect());
        }
        let mut read = read(&missing)?.into_iter().map(Arc::new).peekable();
        let numbers: Vec<_> = places
            .iter()
            .zip(known)
            .filter_map(|(place, known)| known.or_else(|| read.next_if(|read| (read.created_at, read.id) == *place)))
            .collect();
        if keep {
            memory.shown.keep(scope.agency_no, revision, numbers.iter().cloned());
        }
        Ok(numbers)
    }

    fn new_roll(&self, scope: &Scope, revision: i64, room: usize) -> Result<Option<Roll>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT created_at, id, status, assigned, phone_number, friendly_name
             FROM agency_phone_numbers NOT INDEXED WHERE agency_no = ?1 ORDER BY created_at DESC, id DESC",
        )?;
        let mut rows = statement.query([scope.agency_no])?;
        let mut builder = Builder::new(room);
        while let Some(row) = rows.next()? {
            if !builder.add(&line(row)?) {
                return Ok(None);
            }
        }
        Ok(Some(builder.finish(revision)))
    }

    /// Where numbers have changed since an earlier revision, and in how many revisions.
    fn changed_since(&self, scope: &Scope, revision: i64) -> Result<(Vec<Place>, i64)> {
        let mut statement = self.connection().prepare_cached(
            "SELECT created_at, id, revision FROM number_changes WHERE agency_no = ?1 AND revision > ?2
             ORDER BY revision",
        )?;
        let mut rows = statement.query(params![scope.agency_no, revision])?;
        let (mut places, mut revisions, mut last) = (Vec::new(), 0, revision);
        while let Some(row) = rows.next()? {
            places.push((row.get(0)?, row.get(1)?));
            let revision = row.get(2)?;
            revisions += i64::from(revision != last);
            last = revision;
        }
        Ok((places, revisions))
    }

    fn later_roll(&self, scope: &Scope, before: &Roll, revision: i64) -> Result<Roll> {
        let (changed, _) = self.changed_since(scope, before.revision)?;
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
