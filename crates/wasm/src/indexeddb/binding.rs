//! What web-sys has only behind its flag for unstable interfaces, or not yet.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{IdbRequest, IdbTransaction};

#[wasm_bindgen]
extern "C" {
    /// `IDBDatabase`, with the options of a transaction.
    pub(super) type TransactingDatabase;
    #[wasm_bindgen(method, catch)]
    pub(super) fn transaction(
        this: &TransactingDatabase,
        tables: &js_sys::Array,
        mode: &str,
        options: &TransactionOptions,
    ) -> Result<IdbTransaction, JsValue>;

    /// `IDBTransactionOptions` (Indexed Database API 3.0, 4.4).
    #[wasm_bindgen(extends = js_sys::Object)]
    pub(super) type TransactionOptions;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_durability(this: &TransactionOptions, durability: &str);

    /// `IDBTransaction`, with the early commit that all engines have.
    pub(super) type CommittingTransaction;
    #[wasm_bindgen(method, catch)]
    pub(super) fn commit(this: &CommittingTransaction) -> Result<(), JsValue>;

    /// `IDBObjectStore`, with what Chromium has had since version 141 and WebKit does not have yet.
    pub(super) type RecordStore;
    #[wasm_bindgen(method, getter, js_name = getAllRecords)]
    pub(super) fn get_all_records_method(this: &RecordStore) -> JsValue;
    #[wasm_bindgen(method, catch, js_name = getAllRecords)]
    pub(super) fn get_all_records(this: &RecordStore, options: &RecordOptions)
    -> Result<IdbRequest, JsValue>;

    /// `IDBGetAllOptions`.
    #[wasm_bindgen(extends = js_sys::Object)]
    pub(super) type RecordOptions;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_query(this: &RecordOptions, range: &JsValue);
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_count(this: &RecordOptions, count: u32);
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_direction(this: &RecordOptions, direction: &str);

    /// `IDBRecord`.
    pub(super) type Record;
    #[wasm_bindgen(method, getter)]
    pub(super) fn key(this: &Record) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub(super) fn value(this: &Record) -> JsValue;
}
