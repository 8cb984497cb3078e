//! JSON ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)) of a few members: the control messages of tunnels, and what servers say of
//! tokens. It does not fill types: who reads asks for members by name. A framework weighs a tenth of a module that a visitor downloads.
//! Its letters, [`Text`] and [`push_quoted`], are those of stored records too, which fill types by serde.

mod reader;
mod text;
mod writer;

pub use reader::parse;
pub use text::{Number, Text};
pub use writer::{Writer, push_quoted};

/// A value. What stands in a list is read, but not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it was written.
    Number(String),
    /// A string.
    Text(String),
    /// A list.
    List,
    /// An object.
    Object(Object),
}

impl Value {
    /// The number, if it is a whole one that is not negative and fits: without point, sign or exponent.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        let Self::Number(number) = self else { return None };
        number.bytes().all(|digit| digit.is_ascii_digit()).then(|| number.parse().ok())?
    }
}

/// The members of an object in the order in which they stand, also those of the same name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Object(Vec<(String, Value)>);

impl Object {
    /// The last member of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().rev().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    /// Takes the member of this name out; `Err` if there are several.
    ///
    /// # Errors
    /// Who wrote it says two things at once.
    pub fn take(&mut self, name: &str) -> Result<Option<Value>, Twice> {
        let Some(at) = self.0.iter().position(|(member, _)| member == name) else { return Ok(None) };
        let (_, value) = self.0.swap_remove(at);
        if self.0.iter().any(|(member, _)| member == name) { Err(Twice) } else { Ok(Some(value)) }
    }
}

/// An object has two members of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Twice;

/// The text is no JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotJson;
