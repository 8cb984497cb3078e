//! Calls on mail that lives on this device.

use crate::convert::{from_js, message_ids};
use crate::core::{Core, nothing, plain};
use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
impl Core {
    /// Makes a mailbox.
    #[wasm_bindgen(js_name = createMailbox, unchecked_return_type = "Promise<Mailbox>")]
    pub fn create_mailbox(&self, account: u32, name: String, parent: Option<u32>) -> Promise {
        self.call(|engine| async move { plain(engine.create_mailbox(account, &name, parent).await) })
    }

    /// Gives a mailbox another name or place.
    #[wasm_bindgen(js_name = renameMailbox, unchecked_return_type = "Promise<void>")]
    pub fn rename_mailbox(&self, account: u32, mailbox: u32, name: String, parent: Option<u32>) -> Promise {
        self.call(
            |engine| async move { nothing(engine.rename_mailbox(account, mailbox, &name, parent).await) },
        )
    }

    /// Deletes a mailbox; its messages go into the trash.
    #[wasm_bindgen(js_name = deleteMailbox, unchecked_return_type = "Promise<void>")]
    pub fn delete_mailbox(&self, account: u32, mailbox: u32) -> Promise {
        self.call(|engine| async move { nothing(engine.delete_mailbox(account, mailbox).await) })
    }

    /// Moves messages.
    #[wasm_bindgen(js_name = moveMessages, unchecked_return_type = "Promise<Moved[]>")]
    pub fn move_messages(
        &self,
        #[wasm_bindgen(unchecked_param_type = "readonly string[]")] ids: JsValue,
        mailbox: u32,
    ) -> Promise {
        self.call(|engine| async move { plain(engine.move_messages(&message_ids(&ids)?, mailbox).await) })
    }

    /// Copies messages.
    #[wasm_bindgen(js_name = copyMessages, unchecked_return_type = "Promise<Moved[]>")]
    pub fn copy_messages(
        &self,
        #[wasm_bindgen(unchecked_param_type = "readonly string[]")] ids: JsValue,
        mailbox: u32,
    ) -> Promise {
        self.call(|engine| async move { plain(engine.copy_messages(&message_ids(&ids)?, mailbox).await) })
    }

    /// Puts messages into the trash; deletes for good what is there.
    #[wasm_bindgen(js_name = deleteMessages, unchecked_return_type = "Promise<Moved[]>")]
    pub fn delete_messages(
        &self,
        #[wasm_bindgen(unchecked_param_type = "readonly string[]")] ids: JsValue,
    ) -> Promise {
        self.call(|engine| async move { plain(engine.delete_messages(&message_ids(&ids)?).await) })
    }

    /// Takes messages out of the trash.
    #[wasm_bindgen(js_name = restoreMessages, unchecked_return_type = "Promise<Moved[]>")]
    pub fn restore_messages(
        &self,
        #[wasm_bindgen(unchecked_param_type = "readonly string[]")] ids: JsValue,
    ) -> Promise {
        self.call(|engine| async move { plain(engine.restore_messages(&message_ids(&ids)?).await) })
    }

    /// Empties a mailbox.
    #[wasm_bindgen(js_name = emptyMailbox, unchecked_return_type = "Promise<number>")]
    pub fn empty_mailbox(&self, account: u32, mailbox: u32) -> Promise {
        self.call(|engine| async move { plain(engine.empty_mailbox(account, mailbox).await) })
    }

    /// Sets what is done with mail as it arrives.
    #[wasm_bindgen(js_name = setRules, unchecked_return_type = "Promise<void>")]
    pub fn set_rules(
        &self,
        account: u32,
        #[wasm_bindgen(unchecked_param_type = "readonly Rule[]")] rules: JsValue,
    ) -> Promise {
        self.call(|engine| async move {
            nothing(engine.set_rules(account, from_js(&rules, "These are no rules.")?).await)
        })
    }
}
