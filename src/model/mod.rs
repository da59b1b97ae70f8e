//! The nouns of the house: plain values in the trade's words, without I/O, SQL, HTTP or JSON.

mod agency;
mod agent;
mod counts;
mod e164;
mod error;
mod filter;
mod id;
mod money;
mod number;
mod page;
mod search;
mod secret;
mod text;
mod time;
mod user;

pub use agency::Agency;
pub use agent::{Agent, AgentSettings, NewAgent};
pub use counts::Counts;
pub use e164::E164;
pub use error::{Error, Noun, Result};
pub use filter::NumberFilter;
pub use id::{AgencyId, AgentId, NumberId, UserId};
pub use money::Money;
pub use number::{Carrier, Number, Status};
pub use page::{Slice, Window};
pub use search::{MAX_SEARCH_CHARS, Search, fold_case};
pub use secret::Secret;
pub use text::Text;
pub use time::{NotATime, Timestamp};
pub use user::{Role, User};
