//! Reads JSON in the browser. serde_json writes for each error where and why it happened, for which every reader of a type
//! brings what it expected, and takes a struct from a list as well as from a map. This one takes what the server writes, says
//! no to everything else, and nothing more: every participant loads it.

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, Expected, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use std::borrow::Cow;
use std::fmt;

/// How deep lists and maps may stand in each other: deeper ones would end the program.
const DEEPEST: u8 = 127;

/// It is not what was to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// Reads a value from the whole text.
pub(crate) fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, Unreadable> {
    let mut reader = Reader { rest: text, depth: 0 };
    let value = T::deserialize(&mut reader)?;
    if reader.peek() == 0 && reader.rest.is_empty() { Ok(value) } else { Err(Unreadable) }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it cannot be read")
    }
}

impl std::error::Error for Unreadable {}

/// What was wrong is not written: to write it takes the code of all that could be in it.
impl Error for Unreadable {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn missing_field(_: &'static str) -> Self {
        Self
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self
    }
}

/// A number as it is written.
enum Number {
    Natural(u64),
    Negative(i64),
    Decimal(f64),
}

/// What is left of the text.
struct Reader<'de> {
    rest: &'de [u8],
    depth: u8,
}

impl<'de> Reader<'de> {
    /// The next byte that is no blank; 0 at the end.
    fn peek(&mut self) -> u8 {
        while let [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] = self.rest {
            self.rest = rest;
        }
        self.here()
    }

    /// The next byte; 0 at the end.
    fn here(&self) -> u8 {
        self.rest.first().copied().unwrap_or_default()
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// Takes this sign.
    fn take(&mut self, sign: u8) -> Result<(), Unreadable> {
        if self.peek() != sign {
            return Err(Unreadable);
        }
        self.skip(1);
        Ok(())
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Unreadable> {
        self.rest = self.rest.strip_prefix(word).ok_or(Unreadable)?;
        Ok(())
    }

    /// Reads a text. Most have nothing that is escaped.
    fn text(&mut self) -> Result<Cow<'de, str>, Unreadable> {
        self.take(b'"')?;
        let mut text = Cow::Borrowed("");
        loop {
            let plain = self.rest.iter().position(|byte| matches!(*byte, b'"' | b'\\' | 0..0x20)).ok_or(Unreadable)?;
            let (piece, rest) = self.rest.split_at(plain);
            self.rest = rest;
            let piece = std::str::from_utf8(piece).map_err(|_| Unreadable)?;
            if text.is_empty() {
                text = Cow::Borrowed(piece);
            } else {
                text.to_mut().push_str(piece);
            }
            match self.here() {
                b'"' => {
                    self.skip(1);
                    return Ok(text);
                }
                b'\\' => {
                    let sign = self.escaped()?;
                    text.to_mut().push(sign);
                }
                _ => return Err(Unreadable),
            }
        }
    }

    /// Reads a sign after a backslash.
    fn escaped(&mut self) -> Result<char, Unreadable> {
        let sign = *self.rest.get(1).ok_or(Unreadable)?;
        self.skip(2);
        Ok(match sign {
            b'"' | b'\\' | b'/' => sign as char,
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let mut code = self.code()?;
                // Two halves of a sign that has no code of four digits.
                if (0xd800..0xdc00).contains(&code) {
                    self.word(b"\\u")?;
                    let low = self.code()?.wrapping_sub(0xdc00);
                    if low >= 0x400 {
                        return Err(Unreadable);
                    }
                    code = 0x1_0000 + ((code - 0xd800) << 10) + low;
                }
                char::from_u32(code).ok_or(Unreadable)?
            }
            _ => return Err(Unreadable),
        })
    }

    /// Reads four digits of a code.
    fn code(&mut self) -> Result<u32, Unreadable> {
        let digits = self.rest.get(..4).ok_or(Unreadable)?;
        let mut code = 0;
        for digit in digits {
            code = code * 16 + (*digit as char).to_digit(16).ok_or(Unreadable)?;
        }
        self.skip(4);
        Ok(code)
    }

    fn number(&mut self) -> Result<Number, Unreadable> {
        let is_negative = self.peek() == b'-';
        if is_negative {
            self.skip(1);
        }
        let is_zero = self.here() == b'0';
        let (mut value, mut scale) = (Some(0_u64), 0_i32);
        let mut decimal = 0.0;
        let whole = self.digits(&mut value, &mut decimal)?;
        // Nothing stands after a zero.
        if is_zero && whole > 1 {
            return Err(Unreadable);
        }
        let mut is_decimal = false;
        if self.here() == b'.' {
            self.skip(1);
            is_decimal = true;
            scale = -self.digits(&mut value, &mut decimal)?;
        }
        if matches!(self.here(), b'e' | b'E') {
            self.skip(1);
            is_decimal = true;
            let is_small = self.here() == b'-';
            if matches!(self.here(), b'-' | b'+') {
                self.skip(1);
            }
            let mut exponent = Some(0_u64);
            self.digits(&mut exponent, &mut 0.0)?;
            let exponent = exponent.and_then(|exponent| i32::try_from(exponent).ok()).unwrap_or(i32::MAX);
            scale = scale.saturating_add(if is_small { -exponent } else { exponent });
        }
        match value {
            Some(value) if !is_decimal && !is_negative => return Ok(Number::Natural(value)),
            Some(value @ 1..) if !is_decimal && value <= i64::MIN.unsigned_abs() => {
                return Ok(Number::Negative((value as i64).wrapping_neg()));
            }
            _ => {}
        }
        if decimal != 0.0 {
            // In two steps: a power of ten ends sooner than a number does.
            decimal = decimal * 10_f64.powi(scale / 2) * 10_f64.powi(scale - scale / 2);
        }
        if !decimal.is_finite() {
            return Err(Unreadable);
        }
        Ok(Number::Decimal(if is_negative { -decimal } else { decimal }))
    }

    /// Reads digits behind those before, and tells how many there were. There has to be one.
    fn digits(&mut self, value: &mut Option<u64>, decimal: &mut f64) -> Result<i32, Unreadable> {
        let mut count = 0;
        while let digit @ b'0'..=b'9' = self.here() {
            let digit = digit - b'0';
            *value = value.and_then(|value| value.checked_mul(10)?.checked_add(digit.into()));
            *decimal = *decimal * 10.0 + f64::from(digit);
            count += 1;
            self.skip(1);
        }
        if count > 0 { Ok(count) } else { Err(Unreadable) }
    }

    /// Reads what stands between two brackets.
    fn within<T>(
        &mut self,
        (opens, closes): (u8, u8),
        read: impl FnOnce(Items<'_, 'de>) -> Result<T, Unreadable>,
    ) -> Result<T, Unreadable> {
        self.take(opens)?;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Unreadable);
        }
        let value = read(Items { reader: self, closes, is_first: true })?;
        self.depth -= 1;
        self.take(closes)?;
        Ok(value)
    }

    fn list<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Unreadable> {
        self.within((b'[', b']'), |items| visitor.visit_seq(items))
    }

    fn map<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Unreadable> {
        self.within((b'{', b'}'), |items| visitor.visit_map(items))
    }

    fn flag(&mut self) -> Result<bool, Unreadable> {
        let is_true = self.peek() == b't';
        self.word(if is_true { b"true" } else { b"false" })?;
        Ok(is_true)
    }

    fn counted<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.number()? {
            Number::Natural(number) => visitor.visit_u64(number),
            Number::Negative(number) => visitor.visit_i64(number),
            Number::Decimal(number) => visitor.visit_f64(number),
        }
    }
}

/// Forwards some methods to one that takes the visitor alone.
macro_rules! as_one {
    ($to:ident: $($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            self.$to(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.peek() {
            b'"' => self.deserialize_str(visitor),
            b'{' => self.map(visitor),
            b'[' => self.list(visitor),
            b'n' => self.deserialize_unit(visitor),
            b't' | b'f' => self.deserialize_bool(visitor),
            _ => self.counted(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_bool(self.flag()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_str(&self.text()?)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.peek();
        self.word(b"null")?;
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        if self.peek() == b'n' {
            self.word(b"null")?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unreadable> {
        self.list(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.list(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.map(visitor)
    }

    /// A name alone, or a map of a name and what it has.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        if self.peek() == b'"' {
            return visitor.visit_enum(IntoDeserializer::<Unreadable>::into_deserializer(&*self.text()?));
        }
        self.within((b'{', b'}'), |Items { reader, .. }| visitor.visit_enum(Variant(reader)))
    }

    as_one!(deserialize_str: deserialize_char deserialize_string deserialize_identifier);
    as_one!(list: deserialize_seq);
    as_one!(map: deserialize_map);
    as_one!(counted: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16
        deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64);
    forward_to_deserialize_any! { i128 u128 bytes byte_buf ignored_any }
}

/// What stands in a list or a map.
struct Items<'r, 'de> {
    reader: &'r mut Reader<'de>,
    closes: u8,
    is_first: bool,
}

impl Items<'_, '_> {
    /// Whether there is one more, in front of which the reader is then.
    fn follows(&mut self) -> Result<bool, Unreadable> {
        let is_first = std::mem::take(&mut self.is_first);
        if self.reader.peek() == self.closes {
            return Ok(false);
        }
        if !is_first {
            self.reader.take(b',')?;
        }
        Ok(true)
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unreadable> {
        if self.follows()? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }
}

impl<'de> MapAccess<'de> for Items<'_, 'de> {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unreadable> {
        if !self.follows()? {
            return Ok(None);
        }
        if self.reader.peek() != b'"' {
            return Err(Unreadable);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Unreadable> {
        self.reader.take(b':')?;
        seed.deserialize(&mut *self.reader)
    }
}

/// A variant with something in it.
struct Variant<'r, 'de>(&'r mut Reader<'de>);

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Unreadable;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Unreadable> {
        let name = seed.deserialize(&mut *self.0)?;
        self.0.take(b':')?;
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Unreadable;

    fn unit_variant(self) -> Result<(), Unreadable> {
        self.0.peek();
        self.0.word(b"null")
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Unreadable> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unreadable> {
        self.0.list(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Unreadable> {
        self.0.map(visitor)
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
