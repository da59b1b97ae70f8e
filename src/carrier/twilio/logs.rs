//! The logs of calls and messages.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::Twilio;
use super::wire::Record;
use crate::carrier::{Trouble, Use};
use crate::model::{E164, Timestamp};

impl Twilio {
    pub(super) fn logged_since(&self, since: Timestamp) -> Result<Vec<Use>, Trouble> {
        // Both filters know days only (`StartTime>=YYYY-MM-DD`), in UTC, and take the whole day.
        let since_day = since.to_string();
        let day = since_day.split_once('T').map_or(&*since_day, |(day, _)| day);
        let mut uses = Vec::new();
        for (list, filter) in [("/Calls.json", "StartTime>"), ("/Messages.json", "DateSent>")] {
            for record in self.all::<Record>(&self.path(list), &[(filter, day)])? {
                let said = record.at().unwrap_or_default();
                let unread = || Trouble::Unknown(self.clean(&format!("its log has no time but {said:?}")));
                let at = time_of(said).ok_or_else(unread)?;
                let ends = [&record.from, &record.to].into_iter().flatten().filter_map(|end| number_of(end));
                uses.extend(ends.filter(|_| at >= since).map(|phone_number| Use { phone_number, at }));
            }
        }
        Ok(uses)
    }
}

/// The number at an end of a call or a message; none where there is a client, a SIP address, a word or a short code.
fn number_of(end: &str) -> Option<E164> {
    // A number that is written to over WhatsApp is in use.
    end.strip_prefix("whatsapp:").unwrap_or(end).parse().ok()
}

fn time_of(text: &str) -> Option<Timestamp> {
    let at = OffsetDateTime::parse(text, &Rfc2822).ok()?;
    Some(Timestamp(at.unix_timestamp().checked_mul(1_000_000)?))
}

#[cfg(test)]
mod tests {
    use super::{number_of, time_of};

    #[test]
    fn times_are_those_of_rfc_2822() {
        let at = |text| time_of(text).map(|at| at.to_string());
        assert_eq!(at("Fri, 24 May 2019 17:44:46 +0000").unwrap(), "2019-05-24T17:44:46Z");
        assert_eq!(at("Fri, 24 May 2019 17:44:46 GMT").unwrap(), "2019-05-24T17:44:46Z");
        assert_eq!(at("24 May 2019 17:44:46 -0130").unwrap(), "2019-05-24T19:14:46Z");
        for none in ["", "2019-05-24T17:44:46Z", "Fri, 32 May 2019 17:44:46 +0000", "Fri, 24 May 2019"] {
            assert_eq!(at(none), None, "{none}");
        }
    }

    #[test]
    fn an_end_is_a_number_or_none() {
        assert_eq!(number_of("whatsapp:+14155551234"), number_of("+14155551234"));
        assert!(number_of("+14155551234").is_some());
        for none in ["client:alice", "sip:+14155551234@example.com", "72345", "", "ACME", "messenger:+14155551234"] {
            assert_eq!(number_of(none), None, "{none}");
        }
    }
}
