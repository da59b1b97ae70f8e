//! JSON, written fast: a list's answer is mostly names of fields, which need no escaping, and texts, which seldom do.
//!
//! `serde_json` looks at each byte of both; on a page of fifty numbers that is most of its time (BENCHMARKS.md).

use std::fmt::{self, Display, Write};

use serde::ser::{self, Impossible, Serialize, Serializer};

/// Writes a value as JSON (RFC 8259).
///
/// # Errors
/// Where the value has a kind that no wire shape of ours has: bytes, or enum variants with fields.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Unwritable> {
    // A page of fifty numbers has 35 KB. What is kept should take no more than it has.
    let mut writer = Writer { out: Vec::with_capacity(64 * 1024) };
    value.serialize(&mut writer)?;
    writer.out.shrink_to_fit();
    Ok(writer.out)
}

/// What cannot be written, and why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unwritable(String);

impl ser::Error for Unwritable {
    fn custom<T: Display>(reason: T) -> Self {
        Self(reason.to_string())
    }
}

/// Writes a value as the text that it shows as.
///
/// # Errors
/// The serializer's.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
pub fn text<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// The same of one that may be missing.
///
/// # Errors
/// The serializer's.
#[allow(clippy::ref_option, reason = "serde's signature")]
pub fn text_or_null<T: Display, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

struct Writer {
    out: Vec<u8>,
}

impl Writer {
    /// Text between quotes.
    fn text(&mut self, text: &str) {
        self.out.push(b'"');
        self.escaped(text);
        self.out.push(b'"');
    }

    fn escaped(&mut self, text: &str) {
        if !text.bytes().fold(false, |any, byte| any | must_be_escaped(byte)) {
            return self.out.extend_from_slice(text.as_bytes());
        }
        for byte in text.bytes() {
            match byte {
                b'"' | b'\\' => self.out.extend_from_slice(&[b'\\', byte]),
                b'\n' => self.out.extend_from_slice(b"\\n"),
                b'\r' => self.out.extend_from_slice(b"\\r"),
                b'\t' => self.out.extend_from_slice(b"\\t"),
                0x08 => self.out.extend_from_slice(b"\\b"),
                0x0c => self.out.extend_from_slice(b"\\f"),
                _ if must_be_escaped(byte) => {
                    let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
                    self.out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
                }
                _ => self.out.push(byte),
            }
        }
    }
}

/// RFC 8259, 7: quotation mark, reverse solidus, and the control characters.
fn must_be_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Takes the pieces that a `Display` comes in.
struct Pieces<'w>(&'w mut Writer);

impl Write for Pieces<'_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        self.0.escaped(piece);
        Ok(())
    }
}

/// The elements of an array or the members of an object, with what ends them.
struct Elements<'w> {
    writer: &'w mut Writer,
    any: bool,
    end: &'static [u8],
}

impl<'w> Elements<'w> {
    fn begin(writer: &'w mut Writer, start: u8, end: &'static [u8]) -> Self {
        writer.out.push(start);
        Self { writer, any: false, end }
    }

    fn comma(&mut self) {
        if self.any {
            self.writer.out.push(b',');
        }
        self.any = true;
    }

    fn finish(self) {
        self.writer.out.extend_from_slice(self.end);
    }
}

macro_rules! integers {
    ($($method:ident: $type:ty)*) => {$(
        fn $method(self, value: $type) -> Result<(), Unwritable> {
            self.out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
            Ok(())
        }
    )*};
}

impl<'w> Serializer for &'w mut Writer {
    type Ok = ();
    type Error = Unwritable;
    type SerializeSeq = Elements<'w>;
    type SerializeTuple = Elements<'w>;
    type SerializeTupleStruct = Elements<'w>;
    type SerializeTupleVariant = Impossible<(), Unwritable>;
    type SerializeMap = Elements<'w>;
    type SerializeStruct = Elements<'w>;
    type SerializeStructVariant = Impossible<(), Unwritable>;

    integers!(
        serialize_i8: i8 serialize_i16: i16 serialize_i32: i32 serialize_i64: i64
        serialize_u8: u8 serialize_u16: u16 serialize_u32: u32 serialize_u64: u64
    );

    fn serialize_bool(self, value: bool) -> Result<(), Unwritable> {
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Unwritable> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Unwritable> {
        serde_json::to_writer(&mut self.out, &value).map_err(ser::Error::custom)
    }

    fn serialize_char(self, value: char) -> Result<(), Unwritable> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Unwritable> {
        self.text(value);
        Ok(())
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Unwritable> {
        self.out.push(b'"');
        write!(Pieces(self), "{value}").map_err(ser::Error::custom)?;
        self.out.push(b'"');
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Unwritable> {
        Err(Unwritable("JSON has no bytes".to_owned()))
    }

    fn serialize_none(self) -> Result<(), Unwritable> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unwritable> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Unwritable> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Unwritable> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Unwritable> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Unwritable> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Unwritable> {
        Err(of_fields(name))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Elements<'w>, Unwritable> {
        Ok(Elements::begin(self, b'[', b"]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Elements<'w>, Unwritable> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Elements<'w>, Unwritable> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unwritable> {
        Err(of_fields(name))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Elements<'w>, Unwritable> {
        Ok(Elements::begin(self, b'{', b"}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Elements<'w>, Unwritable> {
        self.serialize_map(None)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unwritable> {
        Err(of_fields(name))
    }
}

fn of_fields(name: &str) -> Unwritable {
    Unwritable(format!("{name} is a variant with fields"))
}

macro_rules! arrays {
    ($($kind:ident $method:ident)*) => {$(
        impl ser::$kind for Elements<'_> {
            type Ok = ();
            type Error = Unwritable;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
                self.comma();
                value.serialize(&mut *self.writer)
            }

            fn end(self) -> Result<(), Unwritable> {
                self.finish();
                Ok(())
            }
        }
    )*};
}

arrays!(SerializeSeq serialize_element SerializeTuple serialize_element SerializeTupleStruct serialize_field);

impl ser::SerializeMap for Elements<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unwritable> {
        self.comma();
        let start = self.writer.out.len();
        key.serialize(&mut *self.writer)?;
        let is_text = self.writer.out[start..].starts_with(b"\"");
        if is_text { Ok(()) } else { Err(Unwritable("a member's name is not a text".to_owned())) }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        self.writer.out.push(b':');
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Unwritable> {
        self.finish();
        Ok(())
    }
}

impl ser::SerializeStruct for Elements<'_> {
    type Ok = ();
    type Error = Unwritable;

    /// A field's name is an identifier, or what a `rename` of ours says: nothing in it needs escaping.
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Unwritable> {
        debug_assert!(!name.bytes().any(must_be_escaped), "{name}");
        self.comma();
        self.writer.out.push(b'"');
        self.writer.out.extend_from_slice(name.as_bytes());
        self.writer.out.extend_from_slice(b"\":");
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Unwritable> {
        self.finish();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::Serialize;

    use super::to_vec;

    #[derive(Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Plain,
        Filled(u8),
    }

    #[derive(Serialize)]
    struct Shape<'a> {
        text: &'a str,
        maybe: Option<&'a str>,
        letter: char,
        count: i64,
        size: u64,
        ratio: f64,
        flag: bool,
        nothing: (),
        pair: (u8, &'a str),
        list: Vec<Option<i32>>,
        map: BTreeMap<String, Vec<u16>>,
        kind: Kind,
        #[serde(serialize_with = "shown")]
        shown: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        absent: Option<u8>,
    }

    fn shown<S: serde::Serializer>(text: &&str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("<{text}>"))
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_serde_json_writes(
            text in "\\PC*|[\\x00-\\x7f]*",
            other in any::<String>(),
            letter in any::<char>(),
            count in any::<i64>(),
            ratio in proptest::num::f64::ANY,
            list in proptest::collection::vec(any::<Option<i32>>(), 0..4),
            map in proptest::collection::btree_map(any::<String>(), proptest::collection::vec(any::<u16>(), 0..3), 0..4),
        ) {
            let shape = Shape {
                text: &text,
                maybe: (count % 2 == 0).then_some(&*other),
                letter,
                count,
                size: count.unsigned_abs(),
                ratio,
                flag: count > 0,
                nothing: (),
                pair: (7, &other),
                list,
                map,
                kind: Kind::Plain,
                shown: &text,
                absent: None,
            };
            let (ours, theirs) = (to_vec(&shape).unwrap(), serde_json::to_vec(&shape).unwrap());
            prop_assert_eq!(String::from_utf8(ours).unwrap(), String::from_utf8(theirs).unwrap());
        }
    }

    #[test]
    fn what_cannot_be_written_is_said() {
        assert!(to_vec(&Kind::Filled(1)).is_err());
        assert!(to_vec(&BTreeMap::from([(1, 2)])).is_err());
    }
}
