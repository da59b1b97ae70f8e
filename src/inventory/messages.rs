//! Messages: sending them, once, and hearing what carriers tell of their own accord.

use std::time::Duration;

use super::access;
use super::access::Caller;
use super::desk::{Asked, Desk};
use crate::carrier::Trouble;
use crate::carrier::inbound::{Call, Unheard};
use crate::carrier::messages::{Outgoing, Posted};
use crate::model::{
    AccountId, Actor, AgencyId, AgentId, BasketId, By, Carrier, CarrierAccount, Direction, E164, Error, Incoming,
    Message, MessageId, MessageState, Notice, Noun, NumberFilter, NumberId, Result, Standing, Status, Stray, Timestamp,
    Window,
};
use crate::store::{Change, Reachable, Scope, Snapshot};

/// The longest text that is sent, in characters: Twilio's limit; Telnyx' is not shorter.
const MAX_BODY_CHARS: usize = 1_600;
/// The most attachments of one message: both carriers' limit.
const MAX_MEDIA: usize = 10;
/// The longest recipient that is taken, in characters.
const MAX_RECIPIENT_CHARS: usize = 64;
/// How long a message may be at its carrier before it is not known any more whether it was sent. No carrier is waited for as
/// long.
const LOST_AFTER: Duration = Duration::from_mins(2);
/// How long it is kept how far messages are that nobody here knows.
const STANDINGS_KEPT: Duration = Duration::from_hours(30 * 24);

/// A message that an agency wants to be sent.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// From which of its numbers.
    pub number: NumberId,
    /// To whom.
    pub to: String,
    /// What it says.
    pub body: String,
    /// Where what is attached can be fetched.
    pub media: Vec<String>,
}

/// A message that was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The message, as far as it is.
    pub message: Message,
    /// Whether it was sent by an earlier request, of which this was a repeat.
    pub is_repeat: bool,
}

/// Who sends a message.
#[derive(Clone, Debug)]
pub enum Sender {
    /// This number, which this agent answers, where one is named.
    Number(NumberId, Option<AgentId>),
    /// The same by the number itself.
    PhoneNumber(E164, Option<AgentId>),
    /// The newest number in service that this agent answers.
    Agent(AgentId),
}

/// Why a call of a carrier was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// There is no such account, or the call is not its carrier's.
    #[error("{0}")]
    Unheard(#[from] Unheard),
    /// It could not be written down: the carrier is to tell it again.
    #[error("{0}")]
    Failed(#[from] Error),
}

/// A call to the address of an account, and in whose scope that is.
struct Called<'c> {
    scope: Scope,
    account: Reachable,
    call: &'c Call<'c>,
}

impl Desk {
    /// The number that a message is sent from.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such number or agent; [`Error::Conflict`] where the agent does not answer
    /// the number, or none that is in service.
    pub fn sender(&self, caller: &Caller, sender: &Sender) -> Result<NumberId> {
        let scope = &caller.scope;
        self.store.read(|snapshot| {
            let (number, agent) = match sender {
                Sender::Number(id, agent) => (snapshot.number(scope, *id)?, *agent),
                Sender::PhoneNumber(number, agent) => {
                    (snapshot.live_number(scope, number)?.ok_or(Error::NotFound(Noun::Number))?, *agent)
                }
                Sender::Agent(agent) => {
                    snapshot.agent(scope, *agent)?;
                    let filter =
                        NumberFilter { agent: Some(*agent), status: Some(Status::Active), ..NumberFilter::default() };
                    let found = snapshot.numbers(scope, &filter, Window::at(0, 1), &snapshot.number_counts(scope)?)?;
                    let number = found.items.first();
                    return number
                        .map(|number| number.id)
                        .ok_or(Error::Conflict("this agent has no number in service"));
                }
            };
            if let Some(agent) = agent {
                let agent = snapshot.agent(scope, agent)?;
                if number.agent.as_ref().is_none_or(|held| held.id != agent.id) {
                    return Err(Error::Conflict("this phone number is not assigned to this agent"));
                }
            }
            Ok(number.id)
        })
    }

    /// Sends a message from a number of the agency, once. What the carrier does not say is not found out by asking again:
    /// the message's state tells.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such number, [`Error::Conflict`] where it is not in service or sends no
    /// messages, [`Error::Invalid`] where the message cannot be taken; then nothing was sent.
    pub fn send_message(&self, asked: &Asked, new: NewMessage) -> Result<Sent> {
        let (scope, by, now) = (&asked.caller.scope, &asked.by, self.clock.now());
        checked(&new)?;
        if let Some(earlier) = self.earlier(asked)? {
            let message = self.store.read(|snapshot| snapshot.message(scope, MessageId(earlier.basket.0)))?;
            return Ok(Sent { message, is_repeat: true });
        }
        let id = MessageId(self.ids.next());
        let (message, from) = self.store.write_by(by, |change| {
            // What a repeat is answered with is the message itself.
            self.remember(change, asked, BasketId(id.0))?;
            let number = change.number(scope, new.number)?;
            if number.status != Status::Active {
                return Err(Error::Conflict("this phone number is not in service"));
            }
            if !self.reaches(change, scope, number.carrier, number.carrier_account.as_ref())? {
                return Err(Error::Conflict("there is no account at this number's carrier to send with"));
            }
            let message = Message {
                id,
                number: number.id,
                direction: Direction::Outbound,
                state: MessageState::Sending,
                from: number.phone_number.to_string(),
                to: new.to,
                body: new.body,
                media: new.media,
                carrier: number.carrier,
                account: number.carrier_account,
                carrier_message_id: None,
                error_code: None,
                error: None,
                at: now,
                updated_at: now,
            };
            change.add_message(scope, &message)?;
            Ok::<_, Error>((message, number.phone_number))
        })?;
        let posted = self.post(scope, &message, &from);
        let by = By { at: Some(self.clock.now()), ..by.clone() };
        let written = self.store.write_by(&by, |change| {
            // The carrier may have told how far it is before it answered.
            let mut message = change.message(scope, id)?;
            posted_as(&mut message, posted);
            if let (Some(known_as), Some(account)) = (&message.carrier_message_id, &message.account)
                && let Some(told) = change.take_standing(message.carrier, account, known_as)?
            {
                advance(&mut message, told);
            }
            message.updated_at = self.clock.now();
            change.change_message(scope, &message)
        });
        if let Err(error) = written {
            log::error!(message:% = id; "what a carrier said to a message could not be written down: {error}");
        }
        let message = self.store.read(|snapshot| snapshot.message(scope, id))?;
        Ok(Sent { message, is_repeat: false })
    }

    fn post(&self, scope: &Scope, message: &Message, from: &E164) -> Result<Posted, Trouble> {
        let account = self.account_of(scope, message.carrier, message.account.as_deref())?;
        let no_account = || Trouble::Unreached("there is no account to send with".to_owned());
        let account = account.ok_or_else(no_account)?;
        let callback = account.id.and_then(|id| self.callback(account.carrier, id, message.id));
        account.port.send_message(&Outgoing {
            from,
            to: &message.to,
            body: &message.body,
            media: &message.media,
            callback: callback.as_deref(),
        })
    }

    /// Where a carrier is to tell how far a message is; nowhere where nobody could reach it.
    fn callback(&self, carrier: Carrier, account: AccountId, message: MessageId) -> Option<String> {
        let public_url = self.public_url.as_deref()?.trim_end_matches('/');
        Some(format!("{public_url}/webhooks/{}/{account}?message={message}", carrier.name()))
    }

    /// Hears a carrier's call to an account's address, and writes down what it tells: once, however often it is told, and the
    /// same in whatever order. `about`: the message of ours that the address names.
    ///
    /// # Errors
    /// [`NotTaken`]
    pub fn hear(
        &self,
        carrier: Carrier,
        id: AccountId,
        call: &Call,
        about: Option<MessageId>,
    ) -> Result<Carrier, NotTaken> {
        let found = self.store.read(|snapshot| snapshot.account_anywhere(id))?;
        let found = found.filter(|(_, account)| account.carrier == carrier);
        // Whether there is such an account is nobody's business.
        let (scope, account) = found.ok_or(Unheard::Forged)?;
        let called = Called { scope, account: Reachable { owner: scope.agency(), account }, call };
        let notice = self.carriers.hear(&called.account, call)?;
        let by = By { actor: Actor::Carrier, request_id: None, at: Some(call.now) };
        self.store.write_by(&by, |change| match notice {
            Notice::Came(incoming) => self.take_in(change, &called, incoming),
            Notice::Stands(told) => self.stands(change, &called, told, about),
            Notice::Other => Ok(()),
        })?;
        Ok(carrier)
    }

    /// Whether what is told at an account's address is an agency's to hear: it is the account that the agency itself reaches
    /// under this name, or signs as that one does. An account's name is no secret, and another agency's account may have been
    /// given the same.
    fn is_told(&self, change: &Change, scope: &Scope, called: &Called) -> Result<bool> {
        let CarrierAccount { id, carrier, name, .. } = &called.account.account;
        let known = change.account_in_reach(scope, *carrier, name)?;
        Ok(known.is_some_and(|known| known.account.id == *id || self.carriers.hear(&known, called.call).is_ok()))
    }

    fn take_in(&self, change: &Change, called: &Called, incoming: Incoming) -> Result<()> {
        let CarrierAccount { id: account, carrier, name, .. } = &called.account.account;
        let (carrier, now) = (*carrier, called.call.now);
        let holder = match incoming.to.parse::<E164>() {
            Ok(number) => change.holder(carrier, name, &number)?,
            Err(_) => None,
        };
        let holder = match holder {
            Some((scope, number)) if self.is_told(change, &scope, called)? => Some((scope, number)),
            _ => None,
        };
        let Some((scope, number)) = holder else {
            log::warn!(carrier = carrier.name(), account:% = name; "a message came for a number that nobody here has");
            return change.add_stray(&called.scope, &Stray { account: *account, incoming, at: now });
        };
        let Incoming { carrier_message_id, from, to, body, media } = incoming;
        let message = Message {
            id: MessageId(self.ids.next()),
            number,
            direction: Direction::Inbound,
            state: MessageState::Delivered,
            from,
            to,
            body,
            media,
            carrier,
            account: Some(name.clone()),
            carrier_message_id: Some(carrier_message_id),
            error_code: None,
            error: None,
            at: now,
            updated_at: now,
        };
        change.add_message(&scope, &message).map(drop)
    }

    /// Writes down how far a message is.
    fn stands(&self, change: &Change, called: &Called, told: Standing, about: Option<MessageId>) -> Result<()> {
        let CarrierAccount { carrier, name, .. } = &called.account.account;
        match change.message_told_of(*carrier, name, &told.carrier_message_id, about)? {
            Some((scope, before)) if self.is_told(change, &scope, called)? => {
                let mut message = before.clone();
                advance(&mut message, told);
                if message == before {
                    return Ok(());
                }
                message.updated_at = called.call.now;
                change.change_message(&scope, &message)
            }
            // Of somebody else's there is nothing to keep, which theirs might find later.
            Some(_) => Ok(()),
            None => change.keep_standing(*carrier, name, &told, called.call.now),
        }
    }

    /// Gives up on messages that a crash left at their carrier, and forgets what nobody asked about.
    ///
    /// # Errors
    /// [`Error::Internal`] where the store fails.
    pub fn give_up_messages(&self) -> Result<()> {
        let now = self.clock.now();
        let by = By { actor: Actor::Worker, request_id: None, at: Some(now) };
        let (lost, forget) = (now.earlier(LOST_AFTER), now.earlier(STANDINGS_KEPT));
        self.store.write_by(&by, |change| change.give_up_messages(lost, forget))
    }
}

/// The messages of a number, newest first: also of one that is released.
///
/// # Errors
/// Where the agency or its number is not there.
pub fn list(snapshot: &Snapshot, agency: AgencyId, number: NumberId, limit: u32) -> Result<Vec<Message>> {
    let scope = access::operator(snapshot, agency)?;
    snapshot.number(&scope, number)?;
    snapshot.messages(&scope, number, (Timestamp(i64::MIN), Timestamp(i64::MAX)), limit)
}

/// The messages that came with an account for numbers that nobody here has, newest first.
///
/// # Errors
/// Where the agency or its account is not there.
pub fn strays(snapshot: &Snapshot, agency: AgencyId, account: AccountId, limit: u32) -> Result<Vec<Stray>> {
    let scope = access::operator(snapshot, agency)?;
    snapshot.account(&scope, account)?;
    snapshot.strays(&scope, account, limit)
}

fn checked(new: &NewMessage) -> Result<()> {
    let refuse = |field, reason: &str| Err(Error::Invalid { field, reason: reason.to_owned() });
    let recipient = new.to.chars();
    if !(1..=MAX_RECIPIENT_CHARS).contains(&recipient.clone().count()) || recipient.clone().any(char::is_control) {
        return refuse("to", "it is empty, too long, or has control characters");
    }
    if new.body.chars().count() > MAX_BODY_CHARS || new.body.contains('\0') {
        return refuse("body", "it is longer than 1,600 characters, or has NUL in it");
    }
    if new.body.is_empty() && new.media.is_empty() {
        return refuse("body", "there is neither text nor media");
    }
    let is_address = |url: &String| {
        let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic());
        (url.starts_with("https://") || url.starts_with("http://")) && url.len() <= 2_000 && is_plain
    };
    if new.media.len() > MAX_MEDIA || !new.media.iter().all(is_address) {
        return refuse("media", "it is not up to ten addresses of http or https");
    }
    Ok(())
}

/// What came of giving a message to its carrier.
fn posted_as(message: &mut Message, posted: Result<Posted, Trouble>) {
    match posted {
        Ok(Posted::Accepted { carrier_message_id, state }) => {
            message.carrier_message_id.get_or_insert(carrier_message_id);
            message.state = message.state.max(state);
        }
        Ok(Posted::Refused { code, said }) => {
            (message.state, message.error_code, message.error) = (MessageState::Failed, code, Some(said));
        }
        Err(Trouble::Unknown(said)) => {
            message.state = message.state.max(MessageState::Unknown);
            message.error = message.error.take().or(Some(said));
        }
        Err(trouble) => (message.state, message.error) = (MessageState::Failed, Some(trouble.to_string())),
    }
}

/// A later state stays, whatever is told after it.
fn advance(message: &mut Message, told: Standing) {
    message.carrier_message_id.get_or_insert(told.carrier_message_id);
    if told.state > message.state {
        (message.state, message.error_code, message.error) = (told.state, told.error_code, told.error);
    }
}
