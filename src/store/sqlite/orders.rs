//! Orders: what is asked of carriers, and where each stands.

use rusqlite::{OptionalExtension, Row, named_params, params};

use super::{Change, Snapshot, is_taken};
use crate::model::{BasketId, Carrier, E164, Error, Noun, NumberId, Order, OrderId, Papers, Result, Text, Timestamp};
use crate::store::Scope;

/// The columns that `order` reads.
const COLUMNS: &str = "o.id, o.basket, o.place, o.deed, o.number_id, o.phone_number, o.carrier, o.carrier_account,
    o.address_id, o.bundle_id, o.requirement_group_id, o.customer_reference, o.state, o.sends, o.tries, o.absent_since, o.due_at, o.reason, o.detail, o.created_at, o.updated_at";

/// An order that is to be looked at.
#[derive(Clone, Debug)]
pub struct Due {
    /// Whose it is.
    pub scope: Scope,
    /// Which.
    pub order: OrderId,
    /// The basket that it is in.
    pub basket: BasketId,
    /// The carrier and the account that it is for.
    pub at: (Carrier, Option<Text>),
}

impl Snapshot<'_> {
    /// One order of the agency.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such order, [`Error::Internal`] where SQLite fails.
    pub fn order(&self, scope: &Scope, id: OrderId) -> Result<Order> {
        self.connection()
            .prepare_cached(&format!("SELECT {COLUMNS} FROM orders AS o WHERE o.agency_no = ?1 AND o.id = ?2"))?
            .query_row(params![scope.agency_no, id], order)
            .optional()?
            .ok_or(Error::NotFound(Noun::Order))
    }

    /// What was ordered at once, in the order in which it was asked for.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn basket(&self, scope: &Scope, basket: BasketId) -> Result<Vec<Order>> {
        let mut statement = self.connection().prepare_cached(&format!(
            "SELECT {COLUMNS} FROM orders AS o INDEXED BY orders_of_basket
             WHERE o.agency_no = ?1 AND o.basket = ?2 ORDER BY o.place"
        ))?;
        let orders = statement.query_map(params![scope.agency_no, basket], order)?;
        Ok(orders.collect::<rusqlite::Result<_>>()?)
    }

    /// The order for a number that is under way.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn open_order(&self, scope: &Scope, number: NumberId) -> Result<Option<Order>> {
        let order = self
            .connection()
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM orders AS o INDEXED BY orders_open
                 WHERE o.agency_no = ?1 AND o.number_id = ?2 AND o.state NOT IN (2, 3)"
            ))?
            .query_row(params![scope.agency_no, number], order)
            .optional()?;
        Ok(order)
    }

    /// The numbers for which an account at a carrier has done something since then, whosever they are or were: only the one
    /// who compares them with the carrier's may ask.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn ordered_since(&self, carrier: Carrier, account: &str, since: Timestamp) -> Result<Vec<E164>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT phone_number FROM orders
             WHERE carrier = ?1 AND carrier_account = ?2 AND state = 2 AND updated_at >= ?3",
        )?;
        let numbers = statement.query_map(params![carrier, account, since], |row| row.get(0))?;
        Ok(numbers.collect::<rusqlite::Result<_>>()?)
    }

    /// The agency's orders that are under way, oldest first.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn open_orders(&self, scope: &Scope) -> Result<Vec<Order>> {
        let mut statement = self.connection().prepare_cached(&format!(
            "SELECT {COLUMNS} FROM orders AS o INDEXED BY orders_open
             WHERE o.agency_no = ?1 AND o.state NOT IN (2, 3) ORDER BY o.created_at, o.id"
        ))?;
        let orders = statement.query_map([scope.agency_no], order)?;
        Ok(orders.collect::<rusqlite::Result<_>>()?)
    }

    /// Orders that are to be looked at now, whosever they are: only the one who settles them may ask.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn due_orders(&self, now: Timestamp, limit: u32) -> Result<Vec<Due>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT o.agency_no, a.id, o.id, o.basket, o.carrier, o.carrier_account
             FROM orders AS o INDEXED BY orders_due JOIN agencies AS a ON a.agency_no = o.agency_no
             WHERE o.state IN (0, 1, 4) AND o.due_at <= ?1 ORDER BY o.due_at LIMIT ?2",
        )?;
        let due = statement.query_map(params![now, limit], |row| {
            let scope = Scope { agency_no: row.get(0)?, agency: row.get(1)? };
            Ok(Due { scope, order: row.get(2)?, basket: row.get(3)?, at: (row.get(4)?, row.get(5)?) })
        })?;
        Ok(due.collect::<rusqlite::Result<_>>()?)
    }
}

impl Change<'_> {
    /// Adds an order of the agency.
    ///
    /// # Errors
    /// [`Error::Conflict`] where one for the number is under way, [`Error::Internal`] where SQLite fails.
    pub fn add_order(&self, scope: &Scope, order: &Order) -> Result<()> {
        self.connection()
            .prepare_cached(
                "INSERT INTO orders (agency_no, id, basket, place, deed, number_id, phone_number, carrier,
                     carrier_account, address_id, bundle_id, requirement_group_id, customer_reference, state, sends, tries,
                     absent_since, due_at, reason, detail,
                     created_at, updated_at)
                 VALUES (:agency, :id, :basket, :place, :deed, :number, :phone_number, :carrier,
                     :account, :address_id, :bundle_id, :requirement_group_id, :customer_reference, :state, :sends, :tries, :absent_since, :due_at, :reason, :detail,
                     :created_at, :updated_at)",
            )?
            .execute(named_params! {
                ":agency": scope.agency_no,
                ":id": order.id,
                ":basket": order.basket,
                ":place": order.place,
                ":deed": order.deed,
                ":number": order.number,
                ":phone_number": order.phone_number,
                ":carrier": order.carrier,
                ":account": order.account,
                ":address_id": order.papers.address_id,
                ":bundle_id": order.papers.bundle_id,
                ":requirement_group_id": order.papers.requirement_group_id,
                ":customer_reference": order.customer_reference,
                ":state": order.state,
                ":sends": order.sends,
                ":tries": order.tries,
                ":absent_since": order.absent_since,
                ":due_at": order.due_at,
                ":reason": order.reason,
                ":detail": order.detail,
                ":created_at": order.created_at,
                ":updated_at": order.updated_at,
            })
            .map_err(|error| if is_taken(&error) { Error::Conflict(UNDER_WAY) } else { error.into() })?;
        Ok(())
    }

    /// Writes where an order of the agency stands.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such order, [`Error::Internal`] where SQLite fails.
    pub fn change_order(&self, scope: &Scope, order: &Order) -> Result<()> {
        let changed = self
            .connection()
            .prepare_cached(
                "UPDATE orders
                 SET state = :state, sends = :sends, tries = :tries, absent_since = :absent_since, due_at = :due_at,
                     reason = :reason, detail = :detail, updated_at = :updated_at
                 WHERE agency_no = :agency AND id = :id",
            )?
            .execute(named_params! {
                ":agency": scope.agency_no,
                ":id": order.id,
                ":state": order.state,
                ":sends": order.sends,
                ":tries": order.tries,
                ":absent_since": order.absent_since,
                ":due_at": order.due_at,
                ":reason": order.reason,
                ":detail": order.detail,
                ":updated_at": order.updated_at,
            })?;
        if changed == 0 { Err(Error::NotFound(Noun::Order)) } else { Ok(()) }
    }
}

/// What stands in the way of a second order for a number.
const UNDER_WAY: &str = "another order for this phone number is under way";

fn order(row: &Row<'_>) -> rusqlite::Result<Order> {
    Ok(Order {
        id: row.get(0)?,
        basket: row.get(1)?,
        place: row.get(2)?,
        deed: row.get(3)?,
        number: row.get(4)?,
        phone_number: row.get(5)?,
        carrier: row.get(6)?,
        account: row.get(7)?,
        papers: Papers { address_id: row.get(8)?, bundle_id: row.get(9)?, requirement_group_id: row.get(10)? },
        customer_reference: row.get(11)?,
        state: row.get(12)?,
        sends: row.get(13)?,
        tries: row.get(14)?,
        absent_since: row.get(15)?,
        due_at: row.get(16)?,
        reason: row.get(17)?,
        detail: row.get(18)?,
        created_at: row.get(19)?,
        updated_at: row.get(20)?,
    })
}
