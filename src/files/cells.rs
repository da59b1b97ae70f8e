//! Cells of text that no spreadsheet takes for a formula (<https://owasp.org/www-community/attacks/CSV_Injection>).
//!
//! A cell that would begin a formula is written with an apostrophe before it, and that apostrophe alone is taken away
//! again. An apostrophe that was there already is told apart because whether a text needs the mark is asked of what stands
//! behind its leading apostrophes: `=1` and `'=1` both need it, `'70s` does not.

use std::borrow::Cow;

const MARK: char = '\'';
/// What formulas begin with, in the widths and shapes that spreadsheets may take for the same.
const SIGNS: [char; 17] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '−', '‐', '‑', '⁺', '₊'];
/// Where a spreadsheet that expects another separator than ours begins a new cell: for it, quotation marks inside a cell
/// are ordinary.
const BREAKS: [char; 4] = [';', '\t', '\r', '\n'];

/// Text as a cell holds it. Text that is empty is marked too: a cell that is empty means that there is none.
#[must_use]
pub fn marked(text: &str) -> Cow<'_, str> {
    if text.is_empty() {
        return Cow::Borrowed("'");
    }
    if !pieces(text).any(|(_, needs_mark)| needs_mark) {
        return Cow::Borrowed(text);
    }
    let mut cell = String::with_capacity(text.len() + 2);
    for (piece, needs_mark) in pieces(text) {
        cell.extend(needs_mark.then_some(MARK));
        cell.push_str(piece);
    }
    Cow::Owned(cell)
}

/// The text of a cell that is not empty. Nothing but what [`marked`] added is taken away.
#[must_use]
pub fn unmarked(cell: &str) -> Cow<'_, str> {
    let bears_mark = |(piece, needs_mark): (&str, bool)| needs_mark && piece.starts_with(MARK);
    if !pieces(cell).any(bears_mark) {
        return Cow::Borrowed(cell);
    }
    pieces(cell)
        .map(|piece| if bears_mark(piece) { &piece.0[MARK.len_utf8()..] } else { piece.0 })
        .collect::<String>()
        .into()
}

/// What spreadsheets may take for cells, each with whether it must be marked. The first must also be where nothing is in it,
/// because a line break or a tab follows, or the end.
fn pieces(text: &str) -> impl Iterator<Item = (&str, bool)> {
    text.split_inclusive(BREAKS).enumerate().map(|(place, piece)| {
        let behind_marks = piece.trim_start_matches(MARK);
        let is_empty = place == 0 && behind_marks.trim_end_matches(BREAKS).is_empty();
        (piece, is_empty || behind_marks.trim_start_matches(is_passed_over).starts_with(SIGNS))
    })
}

/// Whether a spreadsheet may pass over this on its way to the sign.
fn is_passed_over(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '"' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{BREAKS, SIGNS, marked, unmarked};

    /// Whether a spreadsheet could take it for a formula, by the rule of OWASP alone.
    fn begins_formula(cell: &str) -> bool {
        cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
    }

    #[test]
    fn what_begins_a_formula_is_marked_and_nothing_else() {
        for (text, cell) in [
            ("+19705551234", "'+19705551234"),
            ("=1+1", "'=1+1"),
            ("-1.50", "'-1.50"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("＝1", "'＝1"),
            (" \u{200b}=1", "' \u{200b}=1"),
            ("", "'"),
            ("'", "''"),
            ("'=1", "''=1"),
            ("a;=1", "a;'=1"),
            ("a\n\"=1", "a\n'\"=1"),
            ("'70s", "'70s"),
            ("''t Hooft", "''t Hooft"),
            ("O'Neill, -1", "O'Neill, -1"),
            ("Main Line", "Main Line"),
            ("5-1=4", "5-1=4"),
        ] {
            assert_eq!(marked(text), cell, "{text:?}");
            assert_eq!(unmarked(cell), text, "{cell:?}");
        }
    }

    #[test]
    fn an_apostrophe_that_nobody_here_has_set_stays() {
        for cell in ["'70s", "''t Hooft", "'19705551234", "a;'b"] {
            assert_eq!(unmarked(cell), cell);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn any_text_comes_back_and_none_begins_a_formula(text in "(['=+@;a\t\r\n\" -]|\u{200b}|＝|\\PC){0,9}") {
            let cell = marked(&text);
            prop_assert_eq!(unmarked(&cell), &*text);
            prop_assert!(!cell.is_empty() && !begins_formula(&cell), "{:?}", cell);
            for inner in cell.split(BREAKS) {
                prop_assert!(!inner.trim_start().starts_with(SIGNS), "{:?}", cell);
            }
        }
    }
}
