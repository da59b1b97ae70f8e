//! What the simulator sells: countries, their kinds of numbers, the areas these are of, and what they cost and can do.
//!
//! The area codes are real, because agencies look for those they know; the ranges that are kept for fiction (in North
//! America a hundred numbers an area) would be bought up in a moment. So a number here may be somebody's: nothing that the
//! simulator does ever reaches a telephone network.

use crate::model::{Features, NumberType};

/// A country that numbers are sold in.
#[derive(Debug)]
pub struct Country {
    /// ISO 3166-1 alpha-2.
    pub code: &'static str,
    /// What its numbers begin with, behind the `+`.
    pub dial: &'static str,
    /// What is sold there.
    pub kinds: &'static [Kind],
}

/// A kind of numbers of a country.
#[derive(Debug)]
pub struct Kind {
    /// Which.
    pub number_type: NumberType,
    /// How many digits are behind the country's code.
    pub length: usize,
    /// What they cost a month, in ten-thousandths of a US dollar.
    pub monthly: i64,
    /// What they cost once.
    pub upfront: i64,
    /// What all of them can do.
    pub always: Features,
    /// What some of them can do.
    pub sometimes: Features,
    /// Where they are.
    pub areas: &'static [Area],
}

/// The numbers that begin with a code; the digit behind it is never 0 or 1, in no country's plan.
#[derive(Debug)]
pub struct Area {
    /// The code, behind the country's.
    pub code: &'static str,
    /// The city, as it is shown, and its other names; none where it is of no place.
    pub city: &'static [&'static str],
    /// The state or province likewise.
    pub state: &'static [&'static str],
}

const NONE: Features = Features { voice: false, sms: false, mms: false, fax: false, emergency: false };
const VOICE: Features = Features { voice: true, ..NONE };
const VOICE_SMS: Features = Features { sms: true, ..VOICE };
const FAX: Features = Features { fax: true, ..NONE };
const FAX_EMERGENCY: Features = Features { emergency: true, ..FAX };
const MMS: Features = Features { mms: true, ..NONE };
const MMS_FAX_EMERGENCY: Features = Features { mms: true, ..FAX_EMERGENCY };
const SMS_FAX: Features = Features { sms: true, ..FAX };

const fn place(code: &'static str, city: &'static [&'static str], state: &'static [&'static str]) -> Area {
    Area { code, city, state }
}

const fn nowhere(code: &'static str) -> Area {
    place(code, &[], &[])
}

/// A number that can be bought by whoever asks, even again, is of this kind.
pub const US_LOCAL: Kind = Kind {
    number_type: NumberType::Local,
    length: 10,
    monthly: 11_500,
    upfront: 0,
    always: VOICE_SMS,
    sometimes: MMS_FAX_EMERGENCY,
    areas: &[
        place("303", &["Denver"], &["CO", "Colorado"]),
        place("970", &["Fort Collins"], &["CO", "Colorado"]),
        place("212", &["New York"], &["NY", "New York"]),
        place("646", &["New York"], &["NY", "New York"]),
        place("718", &["Brooklyn"], &["NY", "New York"]),
        place("415", &["San Francisco"], &["CA", "California"]),
        place("213", &["Los Angeles"], &["CA", "California"]),
        place("310", &["Los Angeles"], &["CA", "California"]),
        place("619", &["San Diego"], &["CA", "California"]),
        place("512", &["Austin"], &["TX", "Texas"]),
        place("214", &["Dallas"], &["TX", "Texas"]),
        place("713", &["Houston"], &["TX", "Texas"]),
        place("206", &["Seattle"], &["WA", "Washington"]),
        place("312", &["Chicago"], &["IL", "Illinois"]),
        place("305", &["Miami"], &["FL", "Florida"]),
        place("404", &["Atlanta"], &["GA", "Georgia"]),
        place("617", &["Boston"], &["MA", "Massachusetts"]),
        place("602", &["Phoenix"], &["AZ", "Arizona"]),
        place("702", &["Las Vegas"], &["NV", "Nevada"]),
        place("503", &["Portland"], &["OR", "Oregon"]),
        place("615", &["Nashville"], &["TN", "Tennessee"]),
        place("202", &["Washington"], &["DC", "District of Columbia"]),
    ],
};

/// North America shares its toll-free codes; they are sold as the United States'.
const US_TOLL_FREE: Kind = Kind {
    number_type: NumberType::TollFree,
    length: 10,
    monthly: 21_500,
    upfront: 0,
    always: VOICE,
    sometimes: SMS_FAX,
    areas: &[
        nowhere("800"),
        nowhere("833"),
        nowhere("844"),
        nowhere("855"),
        nowhere("866"),
        nowhere("877"),
        nowhere("888"),
    ],
};

const CA_LOCAL: Kind = Kind {
    areas: &[
        place("416", &["Toronto"], &["ON", "Ontario"]),
        place("647", &["Toronto"], &["ON", "Ontario"]),
        place("613", &["Ottawa"], &["ON", "Ontario"]),
        place("604", &["Vancouver"], &["BC", "British Columbia"]),
        place("514", &["Montréal", "Montreal"], &["QC", "Québec", "Quebec"]),
        place("418", &["Québec", "Quebec City"], &["QC", "Québec", "Quebec"]),
        place("403", &["Calgary"], &["AB", "Alberta"]),
        place("780", &["Edmonton"], &["AB", "Alberta"]),
        place("204", &["Winnipeg"], &["MB", "Manitoba"]),
        place("902", &["Halifax"], &["NS", "Nova Scotia"]),
    ],
    ..US_LOCAL
};

const GB_LOCAL: Kind = Kind {
    number_type: NumberType::Local,
    length: 10,
    monthly: 11_500,
    upfront: 0,
    always: VOICE,
    sometimes: FAX_EMERGENCY,
    areas: &[
        place("20", &["London"], &["England"]),
        place("121", &["Birmingham"], &["England"]),
        place("161", &["Manchester"], &["England"]),
        place("113", &["Leeds"], &["England"]),
        place("117", &["Bristol"], &["England"]),
        place("131", &["Edinburgh"], &["Scotland"]),
        place("141", &["Glasgow"], &["Scotland"]),
        place("29", &["Cardiff"], &["Wales"]),
    ],
};

const GB: [Kind; 4] = [
    GB_LOCAL,
    Kind {
        number_type: NumberType::TollFree,
        monthly: 21_500,
        sometimes: NONE,
        areas: &[nowhere("800"), nowhere("808")],
        ..GB_LOCAL
    },
    Kind {
        number_type: NumberType::Mobile,
        always: VOICE_SMS,
        sometimes: MMS,
        areas: &[nowhere("74"), nowhere("75"), nowhere("77"), nowhere("78"), nowhere("79")],
        ..GB_LOCAL
    },
    Kind {
        number_type: NumberType::National,
        monthly: 10_000,
        sometimes: FAX,
        areas: &[nowhere("330"), nowhere("333")],
        ..GB_LOCAL
    },
];

const DE_LOCAL: Kind = Kind {
    number_type: NumberType::Local,
    length: 10,
    monthly: 12_500,
    upfront: 10_000,
    always: VOICE,
    sometimes: FAX_EMERGENCY,
    areas: &[
        place("30", &["Berlin"], &["Berlin"]),
        place("40", &["Hamburg"], &["Hamburg"]),
        place("89", &["München", "Munich"], &["Bayern", "Bavaria"]),
        place("69", &["Frankfurt am Main", "Frankfurt"], &["Hessen", "Hesse"]),
        place("221", &["Köln", "Cologne"], &["Nordrhein-Westfalen", "North Rhine-Westphalia"]),
        place("211", &["Düsseldorf"], &["Nordrhein-Westfalen", "North Rhine-Westphalia"]),
        place("711", &["Stuttgart"], &["Baden-Württemberg"]),
    ],
};

const DE: [Kind; 4] = [
    DE_LOCAL,
    Kind { number_type: NumberType::TollFree, monthly: 180_000, sometimes: NONE, areas: &[nowhere("800")], ..DE_LOCAL },
    Kind {
        number_type: NumberType::Mobile,
        length: 11,
        monthly: 70_000,
        always: VOICE_SMS,
        sometimes: MMS,
        areas: &[nowhere("151"), nowhere("152"), nowhere("157")],
        ..DE_LOCAL
    },
    Kind { number_type: NumberType::National, length: 11, sometimes: FAX, areas: &[nowhere("32")], ..DE_LOCAL },
];

const FR_LOCAL: Kind = Kind {
    number_type: NumberType::Local,
    length: 9,
    monthly: 11_500,
    upfront: 5_000,
    always: VOICE,
    sometimes: FAX_EMERGENCY,
    areas: &[
        place("1", &["Paris"], &["Île-de-France"]),
        place("472", &["Lyon"], &["Auvergne-Rhône-Alpes"]),
        place("491", &["Marseille"], &["Provence-Alpes-Côte d'Azur"]),
        place("561", &["Toulouse"], &["Occitanie"]),
        place("556", &["Bordeaux"], &["Nouvelle-Aquitaine"]),
        place("388", &["Strasbourg"], &["Grand Est"]),
        place("240", &["Nantes"], &["Pays de la Loire"]),
    ],
};

const FR: [Kind; 4] = [
    FR_LOCAL,
    Kind {
        number_type: NumberType::TollFree,
        monthly: 160_000,
        sometimes: NONE,
        areas: &[nowhere("800"), nowhere("805")],
        ..FR_LOCAL
    },
    Kind {
        number_type: NumberType::Mobile,
        monthly: 60_000,
        always: VOICE_SMS,
        sometimes: MMS,
        areas: &[nowhere("6"), nowhere("7")],
        ..FR_LOCAL
    },
    Kind { number_type: NumberType::National, sometimes: FAX, areas: &[nowhere("9")], ..FR_LOCAL },
];

const AU_LOCAL: Kind = Kind {
    number_type: NumberType::Local,
    length: 9,
    monthly: 30_000,
    upfront: 0,
    always: VOICE,
    sometimes: FAX_EMERGENCY,
    areas: &[
        place("28", &["Sydney"], &["NSW", "New South Wales"]),
        place("29", &["Sydney"], &["NSW", "New South Wales"]),
        place("38", &["Melbourne"], &["VIC", "Victoria"]),
        place("39", &["Melbourne"], &["VIC", "Victoria"]),
        place("73", &["Brisbane"], &["QLD", "Queensland"]),
        place("88", &["Adelaide"], &["SA", "South Australia"]),
        place("89", &["Perth"], &["WA", "Western Australia"]),
    ],
};

const AU: [Kind; 3] = [
    AU_LOCAL,
    Kind {
        number_type: NumberType::TollFree,
        length: 10,
        monthly: 160_000,
        sometimes: NONE,
        areas: &[nowhere("1800")],
        ..AU_LOCAL
    },
    Kind {
        number_type: NumberType::Mobile,
        monthly: 65_000,
        always: VOICE_SMS,
        sometimes: MMS,
        areas: &[nowhere("4")],
        ..AU_LOCAL
    },
];

/// Every country there is stock in. No number is of two areas.
pub static COUNTRIES: [Country; 6] = [
    Country { code: "US", dial: "1", kinds: &[US_LOCAL, US_TOLL_FREE] },
    Country { code: "CA", dial: "1", kinds: &[CA_LOCAL] },
    Country { code: "GB", dial: "44", kinds: &GB },
    Country { code: "DE", dial: "49", kinds: &DE },
    Country { code: "FR", dial: "33", kinds: &FR },
    Country { code: "AU", dial: "61", kinds: &AU },
];
