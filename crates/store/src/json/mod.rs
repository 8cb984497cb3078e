//! Records as JSON ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)), through serde's derived forms: structs, lists, texts, whole
//! numbers, and enums without members. That is all that records are made of; why some octets are no record nobody asks, so no error
//! says it. A reader for every type that there may be takes five times the code in the module that a visitor downloads.

mod read;
#[cfg(test)]
mod tests;
mod write;

use core::fmt;
use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use waypost_json::NotJson;

/// A record as it is stored.
///
/// # Panics
/// If it has a member that no record may have, such as a number with a fraction.
pub fn encode<T: Serialize>(record: &T) -> Vec<u8> {
    write::encode(record).expect("a record becomes JSON").into_bytes()
}

/// What is stored as a record; `None` if it is damaged.
#[must_use]
pub fn decode<T: DeserializeOwned>(octets: &[u8]) -> Option<T> {
    read::decode(octets).ok()
}

/// A member of a record that is kept as it is written, whatever it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json(String);

impl Json {
    /// A value as JSON; `None` if it can't be written so.
    #[must_use]
    pub fn of(value: &impl Serialize) -> Option<Self> {
        write::encode(value).ok().map(Self)
    }

    /// The value, unless it was written in another form.
    #[must_use]
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        decode(self.0.as_bytes())
    }
}

/// The name by which reader and writer know that a text is JSON itself.
const RAW: &str = "$waypost::Json";

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(RAW, &self.0)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Raw;

        impl Visitor<'_> for Raw {
            type Value = Json;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("JSON")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Json, E> {
                Ok(Json(text.to_owned()))
            }
        }

        deserializer.deserialize_newtype_struct(RAW, Raw)
    }
}

/// The octets are no such record, or the value can't be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Unfit;

impl fmt::Display for Unfit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("not a record")
    }
}

impl std::error::Error for Unfit {}

impl From<NotJson> for Unfit {
    fn from(_: NotJson) -> Self {
        Self
    }
}

impl ser::Error for Unfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// All of them, since those of serde put sentences together first.
impl de::Error for Unfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }

    fn invalid_type(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self
    }

    fn invalid_value(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self
    }

    fn invalid_length(_: usize, _: &dyn de::Expected) -> Self {
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
