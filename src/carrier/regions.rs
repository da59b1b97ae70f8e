//! States and provinces: carriers know them by two letters, people also by their names.

use crate::model::fold_case;

/// The states of the United States, with the district and Puerto Rico.
const STATES: &str = "Alabama AL,Alaska AK,Arizona AZ,Arkansas AR,California CA,Colorado CO,Connecticut CT,Delaware DE,\
    District of Columbia DC,Florida FL,Georgia GA,Hawaii HI,Idaho ID,Illinois IL,Indiana IN,Iowa IA,Kansas KS,Kentucky KY,\
    Louisiana LA,Maine ME,Maryland MD,Massachusetts MA,Michigan MI,Minnesota MN,Mississippi MS,Missouri MO,Montana MT,\
    Nebraska NE,Nevada NV,New Hampshire NH,New Jersey NJ,New Mexico NM,New York NY,North Carolina NC,North Dakota ND,\
    Ohio OH,Oklahoma OK,Oregon OR,Pennsylvania PA,Puerto Rico PR,Rhode Island RI,South Carolina SC,South Dakota SD,\
    Tennessee TN,Texas TX,Utah UT,Vermont VT,Virginia VA,Washington WA,West Virginia WV,Wisconsin WI,Wyoming WY";
/// The provinces and territories of Canada.
const PROVINCES: &str = "Alberta AB,British Columbia BC,Manitoba MB,New Brunswick NB,Newfoundland and Labrador NL,\
    Northwest Territories NT,Nova Scotia NS,Nunavut NU,Ontario ON,Prince Edward Island PE,Quebec QC,Québec QC,\
    Saskatchewan SK,Yukon YT";

/// What carriers call a region: its two letters, where the text is its name in the United States or Canada.
pub fn region(country: &str, name: &str) -> String {
    let known = match country {
        "US" => STATES,
        "CA" => PROVINCES,
        _ => return name.to_owned(),
    };
    let mut named = known.split(',').filter_map(|region| region.rsplit_once(' '));
    let letters = named.find(|(known, _)| fold_case(known) == fold_case(name)).map(|(_, letters)| letters);
    letters.unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::region;

    #[test]
    fn a_region_is_known_by_its_letters() {
        for (country, name, known) in [
            ("US", "colorado", "CO"),
            ("US", "West Virginia", "WV"),
            ("US", "CO", "CO"),
            ("CA", "QUÉBEC", "QC"),
            ("CA", "Ontario", "ON"),
            ("GB", "Colorado", "Colorado"),
        ] {
            assert_eq!(region(country, name), known);
        }
    }
}
