//! The browser: WebSocket driver, IndexedDB store, bindings.
