//! How a text goes over the air: in which alphabet, and in how many parts.
//!
//! 3GPP TS 23.038 has the alphabet of seven bits; 160 of its letters, or 70 of UTF-16, are one part, and 153 or 67 are each of
//! several (<https://www.twilio.com/docs/glossary/what-sms-character-limit>, and Telnyx' message encoding guide alike).

/// The letters of seven bits.
const GSM: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿\
                   abcdefghijklmnopqrstuvwxyzäöñüà";
/// Those that take two places.
const GSM_EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// A text's alphabet, as Telnyx calls it, and its parts; an empty one is one, too.
pub fn segments(text: &str) -> (&'static str, usize) {
    let place = |letter: char| match letter {
        _ if GSM.contains(letter) => Some(1),
        _ if GSM_EXTENDED.contains(letter) => Some(2),
        _ => None,
    };
    match text.chars().map(place).sum::<Option<usize>>() {
        Some(places) => ("GSM-7", parts(places, 160, 153)),
        None => ("UCS-2", parts(text.encode_utf16().count(), 70, 67)),
    }
}

fn parts(places: usize, alone: usize, of_several: usize) -> usize {
    if places <= alone { 1 } else { places.div_ceil(of_several) }
}

#[cfg(test)]
mod tests {
    use super::segments;

    #[test]
    fn a_long_text_is_parted_as_its_alphabet_needs() {
        assert_eq!(segments(""), ("GSM-7", 1));
        assert_eq!(segments(&"a".repeat(160)), ("GSM-7", 1));
        assert_eq!(segments(&"a".repeat(161)), ("GSM-7", 2));
        assert_eq!(segments(&"€".repeat(80)), ("GSM-7", 1));
        assert_eq!(segments(&"€".repeat(81)), ("GSM-7", 2));
        assert_eq!(segments(&"ж".repeat(70)), ("UCS-2", 1));
        assert_eq!(segments(&"ж".repeat(71)), ("UCS-2", 2));
        assert_eq!(segments("\u{1f600}".repeat(36).as_str()), ("UCS-2", 2));
    }
}
