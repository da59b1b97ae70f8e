//! What happened: a change to one thing, kept for ever.

use uuid::Uuid;

use super::{AgencyId, Timestamp};

/// The fields of an event whose value is an id.
const IDS: [&str; 4] = ["agency", "parent", "number", "agent_mapping_id"];

/// A change of one thing: an agency, a user, an agent, a number, a key, an order and so on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place among all events: later ones have higher numbers, and none is used twice.
    pub seq: i64,
    /// Whose it is; none for a user without an agency.
    pub agency: Option<AgencyId>,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it: an [`Actor`](super::Actor) as it is written, or `outside`: another program.
    pub actor: String,
    /// Because of which request.
    pub request_id: Option<String>,
    /// What kind of thing changed: `number`, `order`, and so on.
    pub noun: String,
    /// Which.
    pub subject: Uuid,
    /// `added`, `changed` or `removed`.
    pub deed: String,
    /// What was there, as a JSON object: of a change, only what changed.
    pub before: Option<String>,
    /// What is there now, likewise.
    pub after: Option<String>,
}

impl Event {
    /// What was there and what is there now, with ids as everybody else writes them.
    #[must_use]
    pub fn fields_to_paste(&self) -> (Option<String>, Option<String>) {
        (self.before.as_deref().map(to_paste), self.after.as_deref().map(to_paste))
    }
}

/// Writes ids as every command takes them. The rest stays as it was written, to the last digit; SQLite writes no spaces, and
/// what looks like a field inside a text has other quotation marks.
fn to_paste(json: &str) -> String {
    IDS.iter().fold(json.to_owned(), |json, field| {
        let hyphenated = || {
            let (before, rest) = json.split_once(&format!("\"{field}\":\""))?;
            let (id, after) = rest.split_at_checked(32).filter(|(_, after)| after.starts_with('"'))?;
            Some(format!("{before}\"{field}\":\"{}{after}", Uuid::try_parse(id).ok()?))
        };
        hyphenated().unwrap_or(json)
    })
}

#[cfg(test)]
mod tests {
    use super::to_paste;

    #[test]
    fn ids_are_hyphenated_where_an_id_is_meant() {
        let hex = "0192a0000000700080000000000000ff";
        let id = "0192a000-0000-7000-8000-0000000000ff";
        for field in ["agency", "parent", "number", "agent_mapping_id"] {
            let json = |id: &str| format!(r#"{{"temperature":0.30000000000000004,"{field}":"{id}","name":"{hex}"}}"#);
            assert_eq!(to_paste(&json(hex)), json(id));
        }
        let both = |id: &str| format!(r#"{{"number":"{id}","agency":"{id}"}}"#);
        assert_eq!(to_paste(&both(hex)), both(id));
        for kept in [
            "{}".into(),
            r#"{"agency":null,"parent":7}"#.into(),
            r#"{"number":"äöüäöüäöüäöüäöüäöü"}"#.into(),
            format!(r#"{{"phone_number":"{hex}","agency":"{hex}0"}}"#),
            format!(r#"{{"name":"\"agency\":\"{hex}\""}}"#),
        ] {
            assert_eq!(to_paste(&kept), kept);
        }
    }
}
