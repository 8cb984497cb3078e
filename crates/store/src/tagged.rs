//! What is read of the enums that are written with a `kind`: all members that any of them has, in one form. A reader of each enum's own
//! keeps whatever stands before the kind in a form that takes everything, and takes twenty times the code.

use crate::{Action, Condition, Download, Notice, QueuedKind, UidlState};
use core::fmt;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// A kind, and the members that stand beside it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tagged {
    kind: String,
    value: Option<Value>,
    at: Option<u64>,
    kibibytes: Option<u64>,
    messages: Option<u64>,
    known: Option<u64>,
    listed: Option<u64>,
    seconds: Option<u64>,
    days: Option<u64>,
    add: Option<Vec<String>>,
    remove: Option<Vec<String>>,
}

/// A text or a number.
enum Value {
    Text(String),
    Number(u64),
}

/// Why a value is none of the enum's.
type Refusal = &'static str;

const UNKNOWN: Refusal = "the kind is unknown";

fn number<T: TryFrom<u64>>(member: Option<u64>) -> Result<T, Refusal> {
    member.ok_or("a number is missing")?.try_into().map_err(|_| "a number is too large")
}

impl Tagged {
    fn text(self) -> Result<String, Refusal> {
        match self.value {
            Some(Value::Text(text)) => Ok(text),
            _ => Err("the value is no text"),
        }
    }

    fn number<T: TryFrom<u64>>(&self) -> Result<T, Refusal> {
        match self.value {
            Some(Value::Number(value)) => number(Some(value)),
            _ => Err("the value is no number"),
        }
    }
}

impl TryFrom<Tagged> for Download {
    type Error = Refusal;

    fn try_from(read: Tagged) -> Result<Self, Refusal> {
        Ok(match read.kind.as_str() {
            "whole" => Self::Whole,
            "beginning" => Self::Beginning { kibibytes: number(read.kibibytes)? },
            _ => return Err(UNKNOWN),
        })
    }
}

impl TryFrom<Tagged> for UidlState {
    type Error = Refusal;

    fn try_from(read: Tagged) -> Result<Self, Refusal> {
        Ok(match read.kind.as_str() {
            "onServer" => Self::OnServer,
            "both" => Self::Both,
            "due" => Self::Due { at: number(read.at)? },
            "deleting" => Self::Deleting,
            "deleted" => Self::Deleted { at: number(read.at)? },
            "here" => Self::Here,
            "gone" => Self::Gone,
            _ => return Err(UNKNOWN),
        })
    }
}

impl TryFrom<Tagged> for Notice {
    type Error = Refusal;

    fn try_from(read: Tagged) -> Result<Self, Refusal> {
        let messages = || number(read.messages);
        Ok(match read.kind.as_str() {
            "noUniqueIds" => Self::NoUniqueIds,
            "repeatedUniqueIds" => Self::RepeatedUniqueIds { messages: messages()? },
            "reusedUniqueIds" => Self::ReusedUniqueIds { messages: messages()? },
            "deletionWithoutEffect" => Self::DeletionWithoutEffect { messages: messages()? },
            "allUniqueIdsChanged" => {
                Self::AllUniqueIdsChanged { known: number(read.known)?, listed: number(read.listed)? }
            }
            "storageMayBeEvicted" => Self::StorageMayBeEvicted { messages: messages()? },
            "loginDelay" => Self::LoginDelay { seconds: number(read.seconds)? },
            "serverExpires" => Self::ServerExpires { days: number(read.days)? },
            _ => return Err(UNKNOWN),
        })
    }
}

impl TryFrom<Tagged> for Condition {
    type Error = Refusal;

    fn try_from(read: Tagged) -> Result<Self, Refusal> {
        Ok(match read.kind.as_str() {
            "from" => Self::From(read.text()?),
            "to" => Self::To(read.text()?),
            "subject" => Self::Subject(read.text()?),
            "listId" => Self::ListId(read.text()?),
            "larger" => Self::Larger(read.number()?),
            _ => return Err(UNKNOWN),
        })
    }
}

impl TryFrom<Tagged> for Action {
    type Error = Refusal;

    fn try_from(read: Tagged) -> Result<Self, Refusal> {
        Ok(match read.kind.as_str() {
            "move" => Self::Move(read.number()?),
            "flag" => Self::Flag(read.text()?),
            "delete" => Self::Delete,
            _ => return Err(UNKNOWN),
        })
    }
}

impl TryFrom<Tagged> for QueuedKind {
    type Error = Refusal;

    fn try_from(read: Tagged) -> Result<Self, Refusal> {
        match (read.kind.as_str(), read.add, read.remove) {
            ("flags", Some(add), Some(remove)) => Ok(Self::Flags { add, remove }),
            ("flags", _, _) => Err("flags are missing"),
            _ => Err(UNKNOWN),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl Visitor<'_> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text or a number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    /// How JavaScript's numbers come.
    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        number.try_into().map(Value::Number).map_err(|_| E::custom("the number is negative"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    fn reads_back<T: Serialize + DeserializeOwned + PartialEq + fmt::Debug>(stored: &str, value: T) {
        assert_eq!(serde_json::to_string(&value).expect("is written"), stored);
        assert_eq!(serde_json::from_str::<T>(stored).expect("is read"), value);
        // A newer version may have added members, and any order is JSON's.
        let kind = stored.find(r#""kind""#).expect("has a kind");
        let more = format!(r#"{}"later":[{{"at":1}}],{}"#, &stored[..kind], &stored[kind..]);
        assert_eq!(serde_json::from_str::<T>(&more).expect("is read with more"), value);
        let unknown = stored.replacen(r#""kind":""#, r#""kind":"un"#, 1);
        assert!(serde_json::from_str::<T>(&unknown).is_err(), "{unknown}");
    }

    fn is_refused<T: DeserializeOwned>(stored: &str) {
        assert!(serde_json::from_str::<T>(stored).is_err(), "{stored}");
    }

    #[test]
    fn every_form_of_settings_and_rules_is_read_as_it_is_written() {
        reads_back(r#"{"kind":"whole"}"#, Download::Whole);
        reads_back(r#"{"kind":"beginning","kibibytes":64}"#, Download::Beginning { kibibytes: 64 });
        reads_back(r#"{"kind":"from","value":"a"}"#, Condition::From("a".into()));
        reads_back(r#"{"kind":"to","value":"b\n"}"#, Condition::To("b\n".into()));
        reads_back(r#"{"kind":"subject","value":"é"}"#, Condition::Subject("é".into()));
        reads_back(r#"{"kind":"listId","value":""}"#, Condition::ListId(String::new()));
        reads_back(r#"{"kind":"larger","value":18446744073709551615}"#, Condition::Larger(u64::MAX));
        reads_back(r#"{"kind":"move","value":4294967295}"#, Action::Move(u32::MAX));
        reads_back(r#"{"kind":"flag","value":"\\Seen"}"#, Action::Flag("\\Seen".into()));
        reads_back(r#"{"kind":"delete"}"#, Action::Delete);
        let flags = QueuedKind::Flags { add: vec!["\\Seen".into()], remove: vec![] };
        reads_back(r#"{"kind":"flags","add":["\\Seen"],"remove":[]}"#, flags);
    }

    #[test]
    fn every_form_of_a_maildrop_is_read_as_it_is_written() {
        reads_back(r#"{"kind":"onServer"}"#, UidlState::OnServer);
        reads_back(r#"{"kind":"both"}"#, UidlState::Both);
        reads_back(r#"{"kind":"due","at":1764547200000}"#, UidlState::Due { at: 1_764_547_200_000 });
        reads_back(r#"{"kind":"deleting"}"#, UidlState::Deleting);
        reads_back(r#"{"kind":"deleted","at":0}"#, UidlState::Deleted { at: 0 });
        reads_back(r#"{"kind":"here"}"#, UidlState::Here);
        reads_back(r#"{"kind":"gone"}"#, UidlState::Gone);
        reads_back(r#"{"kind":"noUniqueIds"}"#, Notice::NoUniqueIds);
        reads_back(r#"{"kind":"repeatedUniqueIds","messages":2}"#, Notice::RepeatedUniqueIds { messages: 2 });
        reads_back(r#"{"kind":"reusedUniqueIds","messages":2}"#, Notice::ReusedUniqueIds { messages: 2 });
        let again = Notice::DeletionWithoutEffect { messages: 3 };
        reads_back(r#"{"kind":"deletionWithoutEffect","messages":3}"#, again);
        let changed = Notice::AllUniqueIdsChanged { known: 4, listed: 5 };
        reads_back(r#"{"kind":"allUniqueIdsChanged","known":4,"listed":5}"#, changed);
        let evicted = Notice::StorageMayBeEvicted { messages: 6 };
        reads_back(r#"{"kind":"storageMayBeEvicted","messages":6}"#, evicted);
        reads_back(r#"{"kind":"loginDelay","seconds":7}"#, Notice::LoginDelay { seconds: 7 });
        reads_back(r#"{"kind":"serverExpires","days":0}"#, Notice::ServerExpires { days: 0 });
    }

    #[test]
    fn what_lacks_a_member_or_has_another_is_refused() {
        is_refused::<Download>(r#"{"kind":"beginning"}"#);
        is_refused::<Download>(r#"{"kind":"beginning","kibibytes":65536}"#);
        is_refused::<Download>(r#"{"kind":"beginning","kibibytes":-1}"#);
        is_refused::<Download>(r#"{"kibibytes":1}"#);
        is_refused::<UidlState>(r#"{"kind":"due"}"#);
        is_refused::<UidlState>(r#"{"kind":"whole"}"#);
        is_refused::<Notice>(r#"{"kind":"allUniqueIdsChanged","known":4}"#);
        is_refused::<Notice>(r#"{"kind":"loginDelay","seconds":4294967296}"#);
        is_refused::<Condition>(r#"{"kind":"from","value":1}"#);
        is_refused::<Condition>(r#"{"kind":"from"}"#);
        is_refused::<Condition>(r#"{"kind":"larger","value":"1"}"#);
        is_refused::<Condition>(r#"{"kind":"larger","value":-1}"#);
        is_refused::<Condition>(r#"{"kind":"larger","value":1.5}"#);
        is_refused::<Action>(r#"{"kind":"move","value":4294967296}"#);
        is_refused::<Action>(r#"{"kind":"flag","value":null}"#);
        is_refused::<QueuedKind>(r#"{"kind":"flags","add":[]}"#);
    }
}
