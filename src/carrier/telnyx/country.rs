//! Which country a number is of: as much as a search for one number needs.

use crate::model::E164;

/// The country codes of two digits; those of one are 1 and 7, and all others have three.
const TWO_DIGITS: [u8; 44] = [
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 62,
    63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
];

/// Countries by their codes: those where Telnyx sells numbers.
const COUNTRIES: [(&str, &[&str]); 60] = [
    ("1", &["US", "CA", "PR"]),
    ("20", &["EG"]),
    ("27", &["ZA"]),
    ("30", &["GR"]),
    ("31", &["NL"]),
    ("32", &["BE"]),
    ("33", &["FR"]),
    ("34", &["ES"]),
    ("36", &["HU"]),
    ("39", &["IT"]),
    ("40", &["RO"]),
    ("41", &["CH"]),
    ("43", &["AT"]),
    ("44", &["GB"]),
    ("45", &["DK"]),
    ("46", &["SE"]),
    ("47", &["NO"]),
    ("48", &["PL"]),
    ("49", &["DE"]),
    ("51", &["PE"]),
    ("52", &["MX"]),
    ("54", &["AR"]),
    ("55", &["BR"]),
    ("56", &["CL"]),
    ("57", &["CO"]),
    ("60", &["MY"]),
    ("61", &["AU"]),
    ("62", &["ID"]),
    ("63", &["PH"]),
    ("64", &["NZ"]),
    ("65", &["SG"]),
    ("66", &["TH"]),
    ("81", &["JP"]),
    ("82", &["KR"]),
    ("84", &["VN"]),
    ("90", &["TR"]),
    ("91", &["IN"]),
    ("351", &["PT"]),
    ("352", &["LU"]),
    ("353", &["IE"]),
    ("354", &["IS"]),
    ("356", &["MT"]),
    ("357", &["CY"]),
    ("358", &["FI"]),
    ("359", &["BG"]),
    ("370", &["LT"]),
    ("371", &["LV"]),
    ("372", &["EE"]),
    ("380", &["UA"]),
    ("381", &["RS"]),
    ("385", &["HR"]),
    ("386", &["SI"]),
    ("420", &["CZ"]),
    ("421", &["SK"]),
    ("506", &["CR"]),
    ("507", &["PA"]),
    ("852", &["HK"]),
    ("886", &["TW"]),
    ("971", &["AE"]),
    ("972", &["IL"]),
];

/// The countries that a number may be of, likely ones first. None: they are not known here.
pub(super) fn countries_of(number: &E164) -> &'static [&'static str] {
    let (code, _) = split(number);
    COUNTRIES.iter().find(|(own, _)| *own == code).map_or(&[], |(_, countries)| countries)
}

/// A number behind its country's code.
pub(super) fn national(number: &E164) -> &str {
    split(number).1
}

fn split(number: &E164) -> (&str, &str) {
    let digits = &number.as_str()[1..];
    let first_two = digits.get(..2).and_then(|digits| digits.parse().ok());
    let length = match first_two {
        _ if digits.starts_with(['1', '7']) => 1,
        Some(two) if TWO_DIGITS.contains(&two) => 2,
        _ => 3,
    };
    digits.split_at(length)
}
