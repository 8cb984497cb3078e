//! Keys and values on their way into the database and out of it.

use super::failure::Failure;
use super::range::Bounds;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use waypost_store::pack::{Stored, Value};
use waypost_store::{Key, Part, Table};
use web_sys::IdbKeyRange;

pub(super) fn to_js(key: &Key) -> Array {
    key.0.iter().map(part_to_js).collect()
}

fn part_to_js(part: &Part) -> JsValue {
    match part {
        // A number of a key is at most 2^53, which a double holds exactly.
        Part::Number(number) => JsValue::from_f64(*number as f64),
        Part::Text(text) => JsValue::from_str(text),
    }
}

pub(super) fn from_js(table: Table, key: &JsValue) -> Result<Key, Failure> {
    let parts = key.dyn_ref::<Array>().ok_or(Failure::Damaged(table.name()))?;
    parts
        .iter()
        .map(|part| part_from_js(&part).ok_or(Failure::Damaged(table.name())))
        .collect::<Result<_, _>>()
        .map(Key)
}

fn part_from_js(part: &JsValue) -> Option<Part> {
    if let Some(text) = part.as_string() {
        return Some(Part::Text(text));
    }
    let number = part.as_f64()?;
    // Casting saturates; what is not a whole number up to 2^53 was not written by this store.
    (number.fract() == 0.0 && (0.0..=LARGEST).contains(&number)).then_some(Part::Number(number as u64))
}

pub(super) fn value_to_js(value: &[u8]) -> JsValue {
    Uint8Array::from(value).into()
}

pub(super) fn value_from_js(table: Table, value: &JsValue) -> Result<Vec<u8>, Failure> {
    value.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec).ok_or(Failure::Damaged(table.name()))
}

pub(super) fn stored_to_js(value: &Value<'_>) -> JsValue {
    match value {
        Value::Single(octets) => value_to_js(octets),
        // Another type than that of a value, so that the two can't be taken for each other.
        Value::Packed(octets) => Uint8Array::from(octets.as_slice()).buffer().into(),
    }
}

pub(super) fn stored_from_js(table: Table, value: &JsValue) -> Result<Stored, Failure> {
    if value.is_instance_of::<ArrayBuffer>() {
        return Ok(Stored::Packed(Uint8Array::new(value).to_vec()));
    }
    value_from_js(table, value).map(Stored::Single)
}

/// The keys from one on up to another, both included.
pub(super) fn between(from: &Key, to: &Key) -> Result<IdbKeyRange, Failure> {
    Ok(IdbKeyRange::bound(&to_js(from), &to_js(to))?)
}

/// The range between two bounds.
pub(super) fn range(bounds: &Bounds) -> Result<IdbKeyRange, Failure> {
    let lower = to_js(&bounds.lower);
    let upper = to_js(&bounds.upper);
    if bounds.upper_is_prefix {
        // An array sorts after every number and every text, so this is above all keys that begin so.
        upper.push(&Array::new());
    }
    Ok(IdbKeyRange::bound_with_lower_open_and_upper_open(&lower, &upper, bounds.lower_open, true)?)
}

/// 2^53.
const LARGEST: f64 = 9_007_199_254_740_992.0;
