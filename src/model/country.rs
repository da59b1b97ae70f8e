//! Countries: what a number itself tells of where it belongs, and of its kind.
//!
//! Calling codes: ITU-T, "List of ITU-T Recommendation E.164 assigned country codes" (annex to Operational Bulletin 1114,
//! and +383 since then). Area codes behind +1: NANPA (<https://www.nanpa.com>) and the CNA (<https://cnac.ca>), as of 2025.
//! Both were compared with libphonenumber 9.0.43. A number may have been taken along: it tells its plan, not its place.

use super::{E164, NumberType};

/// Each calling code and the countries that share it, the one that has nearly all of its numbers first. +1 and +7 are below.
/// Freephone, satellites and networks have codes as well, and no country.
#[rustfmt::skip] // A line each would fill six screens.
const CODES: [(&str, &[&str]); 213] = [
    ("20", &["EG"]), ("211", &["SS"]), ("212", &["MA", "EH"]), ("213", &["DZ"]), ("216", &["TN"]), ("218", &["LY"]),
    ("220", &["GM"]), ("221", &["SN"]), ("222", &["MR"]), ("223", &["ML"]), ("224", &["GN"]), ("225", &["CI"]),
    ("226", &["BF"]), ("227", &["NE"]), ("228", &["TG"]), ("229", &["BJ"]), ("230", &["MU"]), ("231", &["LR"]),
    ("232", &["SL"]), ("233", &["GH"]), ("234", &["NG"]), ("235", &["TD"]), ("236", &["CF"]), ("237", &["CM"]),
    ("238", &["CV"]), ("239", &["ST"]), ("240", &["GQ"]), ("241", &["GA"]), ("242", &["CG"]), ("243", &["CD"]),
    ("244", &["AO"]), ("245", &["GW"]), ("246", &["IO"]), ("247", &["AC"]), ("248", &["SC"]), ("249", &["SD"]),
    ("250", &["RW"]), ("251", &["ET"]), ("252", &["SO"]), ("253", &["DJ"]), ("254", &["KE"]), ("255", &["TZ"]),
    ("256", &["UG"]), ("257", &["BI"]), ("258", &["MZ"]), ("260", &["ZM"]), ("261", &["MG"]), ("262", &["RE", "YT"]),
    ("263", &["ZW"]), ("264", &["NA"]), ("265", &["MW"]), ("266", &["LS"]), ("267", &["BW"]), ("268", &["SZ"]),
    ("269", &["KM"]), ("27", &["ZA"]), ("290", &["SH", "TA"]), ("291", &["ER"]), ("297", &["AW"]), ("298", &["FO"]),
    ("299", &["GL"]),
    ("30", &["GR"]), ("31", &["NL"]), ("32", &["BE"]), ("33", &["FR"]), ("34", &["ES"]), ("350", &["GI"]),
    ("351", &["PT"]), ("352", &["LU"]), ("353", &["IE"]), ("354", &["IS"]), ("355", &["AL"]), ("356", &["MT"]),
    ("357", &["CY"]), ("358", &["FI", "AX"]), ("359", &["BG"]), ("36", &["HU"]), ("370", &["LT"]), ("371", &["LV"]),
    ("372", &["EE"]), ("373", &["MD"]), ("374", &["AM"]), ("375", &["BY"]), ("376", &["AD"]), ("377", &["MC"]),
    ("378", &["SM"]), ("380", &["UA"]), ("381", &["RS"]), ("382", &["ME"]), ("383", &["XK"]), ("385", &["HR"]),
    ("386", &["SI"]), ("387", &["BA"]), ("389", &["MK"]), ("39", &["IT", "VA"]),
    ("40", &["RO"]), ("41", &["CH"]), ("420", &["CZ"]), ("421", &["SK"]), ("423", &["LI"]), ("43", &["AT"]),
    ("44", &["GB", "GG", "IM", "JE"]), ("45", &["DK"]), ("46", &["SE"]), ("47", &["NO", "SJ"]), ("48", &["PL"]),
    ("49", &["DE"]),
    ("500", &["FK", "GS"]), ("501", &["BZ"]), ("502", &["GT"]), ("503", &["SV"]), ("504", &["HN"]), ("505", &["NI"]),
    ("506", &["CR"]), ("507", &["PA"]), ("508", &["PM"]), ("509", &["HT"]), ("51", &["PE"]), ("52", &["MX"]),
    ("53", &["CU"]), ("54", &["AR"]), ("55", &["BR"]), ("56", &["CL"]), ("57", &["CO"]), ("58", &["VE"]),
    ("590", &["GP", "BL", "MF"]), ("591", &["BO"]), ("592", &["GY"]), ("593", &["EC"]), ("594", &["GF"]),
    ("595", &["PY"]), ("596", &["MQ"]), ("597", &["SR"]), ("598", &["UY"]), ("599", &["CW", "BQ"]),
    ("60", &["MY"]), ("61", &["AU", "CC", "CX"]), ("62", &["ID"]), ("63", &["PH"]), ("64", &["NZ", "PN"]),
    ("65", &["SG"]), ("66", &["TH"]), ("670", &["TL"]), ("672", &["NF", "AQ"]), ("673", &["BN"]), ("674", &["NR"]),
    ("675", &["PG"]), ("676", &["TO"]), ("677", &["SB"]), ("678", &["VU"]), ("679", &["FJ"]), ("680", &["PW"]),
    ("681", &["WF"]), ("682", &["CK"]), ("683", &["NU"]), ("685", &["WS"]), ("686", &["KI"]), ("687", &["NC"]),
    ("688", &["TV"]), ("689", &["PF"]), ("690", &["TK"]), ("691", &["FM"]), ("692", &["MH"]),
    ("800", &[]), ("808", &[]), ("81", &["JP"]), ("82", &["KR"]), ("84", &["VN"]), ("850", &["KP"]), ("852", &["HK"]),
    ("853", &["MO"]), ("855", &["KH"]), ("856", &["LA"]), ("86", &["CN"]), ("870", &[]), ("878", &[]),
    ("880", &["BD"]), ("881", &[]), ("882", &[]), ("883", &[]), ("886", &["TW"]), ("888", &[]),
    ("90", &["TR"]), ("91", &["IN"]), ("92", &["PK"]), ("93", &["AF"]), ("94", &["LK"]), ("95", &["MM"]),
    ("960", &["MV"]), ("961", &["LB"]), ("962", &["JO"]), ("963", &["SY"]), ("964", &["IQ"]), ("965", &["KW"]),
    ("966", &["SA"]), ("967", &["YE"]), ("968", &["OM"]), ("970", &["PS"]), ("971", &["AE"]), ("972", &["IL"]),
    ("973", &["BH"]), ("974", &["QA"]), ("975", &["BT"]), ("976", &["MN"]), ("977", &["NP"]), ("979", &[]),
    ("98", &["IR"]), ("992", &["TJ"]), ("993", &["TM"]), ("994", &["AZ"]), ("995", &["GE"]), ("996", &["KG"]),
    ("998", &["UZ"]),
];

/// The plan of North America, and with it the Caribbean and some of the Pacific.
const NANP: &str = "1";

/// Canada's area codes, and its two for no place (600 and 622).
#[rustfmt::skip]
const CANADA: [&str; 58] = [
    "204", "226", "236", "249", "250", "257", "263", "273", "289", "306", "343", "354", "365", "367", "368", "382", "403",
    "416", "418", "428", "431", "437", "438", "450", "468", "474", "506", "514", "519", "548", "579", "581", "584", "587",
    "600", "604", "613", "622", "639", "647", "672", "683", "705", "709", "742", "753", "778", "780", "782", "807", "819",
    "825", "867", "873", "879", "902", "905", "942",
];

/// The countries that a number may be of, the likeliest first; none where its code has none, or is unassigned.
#[must_use]
pub fn countries_of(number: &E164) -> &'static [&'static str] {
    let national = national_part(number);
    match calling_code(number) {
        Some(NANP) => by_area_code(national.get(..3).unwrap_or_default()),
        // +7 6 and +7 7 are Kazakhstan's.
        Some("7") if national.starts_with(['6', '7']) => &["KZ"],
        Some("7") => &["RU"],
        code => CODES.iter().find(|(known, _)| Some(*known) == code).map_or(&[], |(_, countries)| countries),
    }
}

/// Of which kind a number is, where its digits say so: those that are free to call in North America and everywhere (+800).
#[must_use]
pub fn number_type_of(number: &E164) -> Option<NumberType> {
    let is_free = match calling_code(number)? {
        NANP => is_toll_free(national_part(number).get(..3).unwrap_or_default()),
        code => code == "800",
    };
    is_free.then_some(NumberType::TollFree)
}

/// Whether a number cannot be of this kind: where the plan itself keeps those that are free to call apart.
#[must_use]
pub fn rules_out(number: &E164, number_type: NumberType) -> bool {
    let tells = matches!(calling_code(number), Some(NANP | "800"));
    match number_type_of(number) {
        Some(known) => known != number_type,
        None => tells && number_type == NumberType::TollFree,
    }
}

/// The digits behind a number's calling code; all of them where it has none that is assigned.
#[must_use]
pub fn national_part(number: &E164) -> &str {
    let digits = number.as_str().trim_start_matches('+');
    calling_code(number).and_then(|code| digits.strip_prefix(code)).unwrap_or(digits)
}

/// What the numbers of a country begin with, behind the `+`.
#[must_use]
pub fn calling_code_of(country: &str) -> Option<&'static str> {
    let own = CODES.iter().find(|(_, countries)| countries.contains(&country)).map(|(code, _)| *code);
    own.or(match country {
        "US" | "CA" | "AG" | "AI" | "AS" | "BB" | "BM" | "BS" | "DM" | "DO" | "GD" | "GU" | "JM" | "KN" | "KY"
        | "LC" | "MP" | "MS" | "PR" | "SX" | "TC" | "TT" | "VC" | "VG" | "VI" => Some(NANP),
        "RU" | "KZ" => Some("7"),
        _ => None,
    })
}

/// The code that a number begins with. None begins another, so that there is one at most.
fn calling_code(number: &E164) -> Option<&'static str> {
    let digits = number.as_str().trim_start_matches('+');
    let short = [NANP, "7"].into_iter().find(|code| digits.starts_with(code));
    short.or_else(|| CODES.iter().map(|(code, _)| *code).find(|code| digits.starts_with(code)))
}

fn by_area_code(code: &str) -> &'static [&'static str] {
    match code {
        "242" => &["BS"],
        "246" => &["BB"],
        "264" => &["AI"],
        "268" => &["AG"],
        "284" => &["VG"],
        "340" => &["VI"],
        "345" => &["KY"],
        "441" => &["BM"],
        "473" => &["GD"],
        "649" => &["TC"],
        "658" | "876" => &["JM"],
        "664" => &["MS"],
        "670" => &["MP"],
        "671" => &["GU"],
        "684" => &["AS"],
        "721" => &["SX"],
        "758" => &["LC"],
        "767" => &["DM"],
        "784" => &["VC"],
        "787" | "939" => &["PR"],
        "809" | "829" | "849" => &["DO"],
        "868" => &["TT"],
        "869" => &["KN"],
        code if CANADA.contains(&code) => &["CA"],
        code if is_toll_free(code) => &["US", "CA"],
        // Numbers of persons and services are of neither place.
        "500" | "521" | "522" | "523" | "524" | "525" | "526" | "527" | "528" | "529" | "533" | "544" | "566"
        | "577" | "588" | "900" => &["US", "CA"],
        _ => &["US"],
    }
}

/// Those that NANPA has opened for calls that the called pay for.
fn is_toll_free(code: &str) -> bool {
    matches!(code, "800" | "833" | "844" | "855" | "866" | "877" | "888")
}

#[cfg(test)]
mod tests {
    use super::{CODES, calling_code_of, countries_of, national_part, number_type_of, rules_out};
    use crate::model::{E164, NumberType};

    fn e164(number: &str) -> E164 {
        number.parse().unwrap()
    }

    #[test]
    fn a_number_tells_its_country() {
        let all: [(&str, &[&str], &str); 17] = [
            ("+19705551234", &["US"], "9705551234"),
            ("+14165551234", &["CA"], "4165551234"),
            ("+19425551234", &["CA"], "9425551234"),
            ("+18765551234", &["JM"], "8765551234"),
            ("+17875551234", &["PR"], "7875551234"),
            ("+18005551234", &["US", "CA"], "8005551234"),
            ("+15005550006", &["US", "CA"], "5005550006"),
            ("+442079460000", &["GB", "GG", "IM", "JE"], "2079460000"),
            ("+4930123456", &["DE"], "30123456"),
            ("+358401234567", &["FI", "AX"], "401234567"),
            ("+35312345678", &["IE"], "12345678"),
            ("+79161234567", &["RU"], "9161234567"),
            ("+77011234567", &["KZ"], "7011234567"),
            ("+5511912345678", &["BR"], "11912345678"),
            ("+80012345678", &[], "12345678"),
            ("+881612345678", &[], "612345678"),
            ("+2101234567", &[], "2101234567"),
        ];
        for (number, countries, national) in all {
            assert_eq!(countries_of(&e164(number)), countries, "{number}");
            assert_eq!(national_part(&e164(number)), national, "{number}");
        }
    }

    #[test]
    fn no_code_begins_another_and_each_country_has_one() {
        let codes = CODES.iter().map(|(code, _)| *code).chain(["1", "7"]).collect::<Vec<_>>();
        for code in &codes {
            assert!(codes.iter().all(|other| other == code || !other.starts_with(code)), "{code}");
        }
        let mut countries = CODES.iter().flat_map(|(_, countries)| *countries).collect::<Vec<_>>();
        let all = countries.len();
        countries.sort();
        countries.dedup();
        assert_eq!((countries.len(), all), (221, 221), "a country is there twice");
        for country in countries {
            let number = e164(&format!("+{}123456789", calling_code_of(country).unwrap()));
            assert!(countries_of(&number).contains(country), "{country}");
        }
        for (country, code) in [("US", Some("1")), ("BS", Some("1")), ("KZ", Some("7")), ("XX", None), ("", None)] {
            assert_eq!(calling_code_of(country), code);
        }
    }

    #[test]
    fn only_a_plan_that_keeps_them_apart_tells_which_numbers_are_free_to_call() {
        for code in ["800", "833", "844", "855", "866", "877", "888"] {
            let number = e164(&format!("+1{code}5551234"));
            assert_eq!(number_type_of(&number), Some(NumberType::TollFree));
            assert!(rules_out(&number, NumberType::Local) && !rules_out(&number, NumberType::TollFree));
        }
        assert_eq!(number_type_of(&e164("+80012345678")), Some(NumberType::TollFree));
        for (number, is_ruled_out) in [("+18225551234", true), ("+448001234567", false), ("+49800123456", false)] {
            assert_eq!(number_type_of(&e164(number)), None);
            assert_eq!(rules_out(&e164(number), NumberType::TollFree), is_ruled_out, "{number}");
            assert!(!rules_out(&e164(number), NumberType::Mobile));
        }
    }
}
