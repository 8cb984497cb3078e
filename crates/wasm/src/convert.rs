//! Between Rust values and plain JavaScript ones. Beside `indexeddb`, the only file that takes a `JsValue` apart.
//!
//! Objects cross field by field through `serde-wasm-bindgen`; rows of a list, of which there are many, cross as the JSON that is
//! stored, which the page reads in one go.

use crate::error::bad_request;
use js_sys::Uint8Array;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::{Serializer, from_value};
use wasm_bindgen::{JsCast, JsValue};
use waypost_store::{MessageId, StoreError};
use waypost_sync::{List, SyncError};

/// A plain object; absent values are null.
pub(crate) fn to_js(value: &impl Serialize) -> JsValue {
    // What a browser can't hold, such as a number above 2^53, is in none of our records.
    value.serialize(&Serializer::json_compatible()).unwrap_or(JsValue::NULL)
}

/// The value that a call rejects with.
pub(crate) fn error_to_js(error: &SyncError) -> JsValue {
    to_js(error)
}

/// Octets as a `Uint8Array` of their own.
pub(crate) fn octets_to_js(octets: &[u8]) -> JsValue {
    Uint8Array::from(octets).into()
}

/// Reads a plain value. `message` says what was expected; the value itself is never repeated, it may be a secret in the
/// wrong place.
pub(crate) fn from_js<T: DeserializeOwned>(value: &JsValue, message: &str) -> Result<T, SyncError> {
    from_value(value.clone()).map_err(|_| bad_request(message))
}

/// Reads the id of a message.
pub(crate) fn message_id(text: &str) -> Result<MessageId, SyncError> {
    text.parse().map_err(|()| bad_request("The id is not one of a message."))
}

/// Reads a list of ids of messages.
pub(crate) fn message_ids(value: &JsValue) -> Result<Vec<MessageId>, SyncError> {
    texts(value)?.iter().map(|text| message_id(text)).collect()
}

/// Reads a list of texts.
pub(crate) fn texts(value: &JsValue) -> Result<Vec<String>, SyncError> {
    let list =
        value.dyn_ref::<js_sys::Array>().and_then(|list| list.iter().map(|text| text.as_string()).collect());
    list.ok_or_else(|| bad_request("A list of texts was expected."))
}

/// Joins rows, each JSON already, into the JSON of an array.
pub(crate) fn join_rows(rows: &[Vec<u8>]) -> Result<String, SyncError> {
    let mut octets = Vec::with_capacity(rows.iter().map(|row| row.len() + 1).sum::<usize>() + 2);
    octets.push(b'[');
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            octets.push(b',');
        }
        octets.extend_from_slice(row);
    }
    octets.push(b']');
    String::from_utf8(octets).map_err(|_| StoreError::Damaged("rows").into())
}

/// A part of a list as JSON, its rows as they are stored.
pub(crate) fn list_text(list: &List) -> Result<String, SyncError> {
    // A cursor is of hexadecimal digits and a dot.
    let next = list.next.as_ref().map_or("null".to_owned(), |next| format!("\"{next}\""));
    Ok(format!("{{\"rows\":{},\"total\":{},\"next\":{next}}}", join_rows(&list.rows)?, list.total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_text_with_its_rows_as_they_are() {
        let list = List { rows: vec![b"{\"a\":1}".to_vec()], total: 7, next: Some("00ff.3".to_owned()) };
        assert_eq!(list_text(&list).unwrap(), r#"{"rows":[{"a":1}],"total":7,"next":"00ff.3"}"#);
        assert_eq!(list_text(&List::default()).unwrap(), r#"{"rows":[],"total":0,"next":null}"#);
    }

    #[test]
    fn rows_are_joined_as_they_are() {
        assert_eq!(join_rows(&[]).unwrap(), "[]");
        assert_eq!(join_rows(&[b"{\"a\":1}".to_vec(), b"{}".to_vec()]).unwrap(), "[{\"a\":1},{}]");
        assert_eq!(join_rows(&[vec![0xff]]).unwrap_err().code, "store-damaged");
    }

    #[test]
    fn an_id_that_is_none_is_the_callers_fault() {
        assert_eq!(message_id("1.2.3.4").unwrap().to_string(), "1.2.3.4");
        for text in ["", "1.2.3", "1.2.3.4.5", "1.2.3.x", "1.2.3.4294967296"] {
            assert_eq!(message_id(text).unwrap_err().code, "bad-request");
        }
    }
}
