//! Reading records.

use super::{RAW, Unfit};
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use std::borrow::Cow;
use waypost_json::{Number, Text};

pub(super) fn decode<T: DeserializeOwned>(octets: &[u8]) -> Result<T, Unfit> {
    let mut text = Text::new(octets);
    let record = T::deserialize(Reader(&mut text))?;
    if text.peek().is_none() { Ok(record) } else { Err(Unfit) }
}

struct Reader<'t, 'de>(&'t mut Text<'de>);

macro_rules! numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
            match self.0.number()? {
                Number::Positive(number) => visitor.visit_u64(number),
                Number::Negative(number) => visitor.visit_i64(number),
            }
        }
    )*};
}

macro_rules! none_of_records {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Unfit> {
            Err(Unfit)
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader<'_, 'de> {
    type Error = Unfit;

    numbers!(deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64);
    none_of_records!(deserialize_f32 deserialize_f64 deserialize_bytes deserialize_byte_buf);

    /// A text or a number: the only members that may be one thing or another.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        if self.0.peek() == Some(b'"') {
            self.deserialize_str(visitor)
        } else {
            self.deserialize_u64(visitor)
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        let is_true = self.0.peek() == Some(b't');
        self.0.word(if is_true { b"true" } else { b"false" })?;
        visitor.visit_bool(is_true)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self.0.string()? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_str(&text),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        visitor.visit_string(self.0.string()?.into_owned())
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        visitor.visit_str(&self.0.string()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        if self.0.peek() != Some(b'n') {
            return visitor.visit_some(self);
        }
        self.0.word(b"null")?;
        visitor.visit_none()
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        self.0.word(b"null")?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        if name == RAW {
            visitor.visit_borrowed_str(self.0.raw()?)
        } else {
            visitor.visit_newtype_struct(self)
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        self.0.expect(b'[')?;
        let mut elements = Inner { text: self.0, is_first: true };
        let value = visitor.visit_seq(&mut elements)?;
        if elements.text.continues(&mut elements.is_first, b']')? { Err(Unfit) } else { Ok(value) }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unfit> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        self.0.expect(b'{')?;
        visitor.visit_map(Inner { text: self.0, is_first: true })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        let word = self.0.string()?;
        let variant: StrDeserializer<'_, Unfit> = (&*word).into_deserializer();
        visitor.visit_enum(variant)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        self.0.raw()?;
        visitor.visit_unit()
    }
}

/// What stands in a list or an object.
struct Inner<'t, 'de> {
    text: &'t mut Text<'de>,
    is_first: bool,
}

impl<'de> SeqAccess<'de> for &mut Inner<'_, 'de> {
    type Error = Unfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unfit> {
        // The bracket stays for whoever looks whether all was taken.
        if self.text.peek() == Some(b']') {
            return Ok(None);
        }
        self.text.continues(&mut self.is_first, b']')?;
        seed.deserialize(Reader(self.text)).map(Some)
    }
}

impl<'de> MapAccess<'de> for Inner<'_, 'de> {
    type Error = Unfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unfit> {
        if !self.text.continues(&mut self.is_first, b'}')? {
            return Ok(None);
        }
        seed.deserialize(Reader(self.text)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Unfit> {
        self.text.expect(b':')?;
        seed.deserialize(Reader(self.text))
    }
}
