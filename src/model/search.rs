//! Words to search numbers by.

use unicase::UniCase;

/// The longest term that is searched for, in characters.
pub const MAX_SEARCH_CHARS: usize = 128;

/// A search term, prepared for matching.
///
/// It is literal (`%` and `_` are ordinary), sought in the phone number and in the friendly name
/// under Unicode full case folding. If it looks like a phone number as people type them, its digits
/// alone are sought in the phone number too.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Search {
    folded: String,
    digits: Option<String>,
}

impl Search {
    /// Prepares a term. An empty one is no filter: `None`.
    #[must_use]
    pub fn new(term: &str) -> Option<Self> {
        if term.is_empty() {
            return None;
        }
        let dialled = term.chars().all(|c| c.is_ascii_digit() || " +()-./".contains(c));
        let digits: String = term.chars().filter(char::is_ascii_digit).collect();
        Some(Self { folded: fold_case(term), digits: (dialled && !digits.is_empty()).then_some(digits) })
    }

    /// What is sought in the phone number and in the folded name.
    #[must_use]
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// What is sought in the phone number alone, where that is something else.
    #[must_use]
    pub fn digits(&self) -> Option<&str> {
        self.digits.as_deref().filter(|digits| *digits != self.folded)
    }

    /// Whether a number is what was searched for.
    #[must_use]
    pub fn matches(&self, phone_number: &str, friendly_name: Option<&str>) -> bool {
        phone_number.contains(&self.folded)
            || self.digits.as_ref().is_some_and(|digits| phone_number.contains(digits))
            || friendly_name.is_some_and(|name| fold_case(name).contains(&self.folded))
    }
}

/// Unicode's full case folding (`CaseFolding.txt`, status C and F): `Maße` and `MASSE` are one. Accents stay.
#[must_use]
pub fn fold_case(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { UniCase::new(text).to_folded_case() }
}

#[cfg(test)]
mod tests {
    use super::Search;

    fn finds(term: &str, phone_number: &str, name: Option<&str>) -> bool {
        Search::new(term).unwrap().matches(phone_number, name)
    }

    #[test]
    fn phone_numbers_are_found_as_people_type_them() {
        for term in ["(970) 555-12", "970.555.12", " 1970555", "+1970", "+1 970", "1234", "4", "+", "970/555"] {
            assert!(finds(term, "+19705551234", None), "{term}");
        }
        for term in ["(971) 555", "()", "970x555", "1234 ", "+ 1970 555 12345"] {
            assert_eq!(finds(term, "+19705551234", None), term == "1234 ", "{term}");
        }
    }

    #[test]
    fn digits_of_a_dialled_term_are_not_sought_in_the_name() {
        assert!(!finds("(12) 3", "+4930000000", Some("Room 123")));
        assert!(finds("123", "+4930000000", Some("Room 123")));
    }

    #[test]
    fn case_is_folded_fully_and_accents_stay() {
        assert!(finds("MASSE", "+4930000000", Some("Maße")));
        assert!(finds("maße", "+4930000000", Some("MASSE")));
        assert!(finds("ΣΊΣΥΦΟΣ", "+4930000000", Some("Σίσυφος")));
        assert!(finds("k", "+4930000000", Some("\u{212A}elvin")));
        assert!(!finds("Jose", "+4930000000", Some("José")));
    }

    #[test]
    fn wildcards_are_ordinary_characters() {
        assert!(finds("100%_", "+4930000000", Some("a 100%_ sure")));
        assert!(!finds("%", "+4930000000", Some("sure")));
        assert!(!finds("_", "+4930000000", Some("sure")));
    }
}
