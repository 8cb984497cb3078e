/** The words of records of POP3; `crates/clients/src/pop3/batch.rs` has the same. */
export const ready = 1;
export const done = 2;
export const refused = 3;
export const failed = 4;
export const statistics = 5;
export const size = 6;
export const uniqueId = 7;
export const part = 8;
