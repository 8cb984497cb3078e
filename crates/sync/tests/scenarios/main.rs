//! The engine against servers that follow a script, with a store in memory and a clock that leaps over every wait.

mod contents;
mod imap;
mod in_step;
mod local;
mod login;
mod maildrop;
mod nonsense;
mod pop3;
mod pop3_deletion;
mod pop3_download;
mod pop3_identity;
mod pop3_move;
mod retry;
mod rules;
mod sasl;
mod support;
mod upgrade;
mod verify;
