//! The nouns of the house: plain values in the trade's words, without I/O, SQL, HTTP or JSON.

mod account;
mod actor;
mod agency;
mod agent;
mod country;
mod counts;
mod e164;
mod error;
mod event;
mod filter;
mod id;
mod key;
mod message;
mod money;
mod number;
mod offer;
mod order;
mod page;
mod papers;
mod route;
mod search;
mod secret;
mod text;
mod time;
mod user;
mod webhook;

pub use account::{CarrierAccount, Sealed, Transport, Trunk};
pub use actor::{Actor, By};
pub use agency::{Agency, Allowance};
pub use agent::{Agent, AgentRecord, AgentSettings};
pub use country::{calling_code_of, countries_of, national_part, number_type_of, rules_out};
pub use counts::Counts;
pub use e164::E164;
pub use error::{Error, Noun, Result};
pub use event::Event;
pub use filter::NumberFilter;
pub use id::{
    AccountId, AgencyId, AgentId, BasketId, DeliveryId, KeyId, MessageId, NumberId, OrderId, UserId, WebhookId,
};
pub use key::{ApiKey, Permission, Permissions, PresentedKey};
pub use message::{Direction, Incoming, Message, MessageState, Notice, Standing, Stray};
pub use money::{Money, NotMoney};
pub use number::{Carrier, Number, Status};
pub use offer::{Features, NumberType, Offer, Wanted};
pub use order::{Deed, Order, OrderState, Reason};
pub use page::{Place, Slice, Window};
pub use papers::{Paper, Papers};
pub use route::Route;
pub use search::{MAX_SEARCH_CHARS, Search, fold_case};
pub use secret::Secret;
pub use text::Text;
pub use time::{Millis, NotATime, Timestamp};
pub use user::{Role, User};
pub use webhook::{Ailing, Delivery, DeliveryState, Disabled, EventTypes, NoEventType, Webhook};
