//! What JavaScript sees of a maildrop: its ledger, and what is asked of its server.

use crate::convert::{from_js, texts};
use crate::core::{Core, nothing, plain};
use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
impl Core {
    /// What became of every message that the server of a POP3 account listed.
    #[wasm_bindgen(unchecked_return_type = "Promise<LedgerPage>")]
    pub fn ledger(
        &self,
        account: u32,
        #[wasm_bindgen(unchecked_param_type = "LedgerQuery")] query: JsValue,
    ) -> Promise {
        self.call(|engine| async move {
            let query = from_js(&query, "This names no lines of a ledger.")?;
            plain(engine.ledger(account, &query).await)
        })
    }

    /// Takes messages of a POP3 server by their unique ids.
    #[wasm_bindgen(js_name = loadFromServer, unchecked_return_type = "Promise<void>")]
    pub fn load_from_server(
        &self,
        account: u32,
        #[wasm_bindgen(unchecked_param_type = "readonly string[]")] uidls: JsValue,
    ) -> Promise {
        self.call(|engine| async move { nothing(engine.load_from_server(account, texts(&uidls)?).await) })
    }

    /// Deletes messages on a POP3 server by their unique ids, at the next check.
    #[wasm_bindgen(js_name = deleteOnServer, unchecked_return_type = "Promise<void>")]
    pub fn delete_on_server(
        &self,
        account: u32,
        #[wasm_bindgen(unchecked_param_type = "readonly string[]")] uidls: JsValue,
    ) -> Promise {
        self.call(|engine| async move { nothing(engine.delete_on_server(account, &texts(&uidls)?).await) })
    }

    /// Says what a server is that gave all its mail new ids.
    #[wasm_bindgen(js_name = answerMigration, unchecked_return_type = "Promise<void>")]
    pub fn answer_migration(
        &self,
        account: u32,
        #[wasm_bindgen(unchecked_param_type = "Migration")] choice: JsValue,
    ) -> Promise {
        self.call(|engine| async move {
            let choice = from_js(&choice, "It is the same mail, or new mail.")?;
            nothing(engine.answer_migration(account, choice).await)
        })
    }
}
