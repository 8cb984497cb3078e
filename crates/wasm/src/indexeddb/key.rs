//! Keys and values on their way into the database and out of it.

use super::failure::Failure;
use super::range::Bounds;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
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
