//! Writing records.

use super::{RAW, Unfit};
use serde::ser::{
    Impossible, Serialize, SerializeSeq, SerializeStruct, SerializeTuple, SerializeTupleStruct, Serializer,
};
use waypost_json::push_quoted;

pub(super) fn encode<T: Serialize>(value: &T) -> Result<String, Unfit> {
    let mut writer = Writer { json: String::new(), is_raw: false };
    value.serialize(&mut writer)?;
    Ok(writer.json)
}

struct Writer {
    json: String,
    /// The next text is JSON itself.
    is_raw: bool,
}

impl Writer {
    fn push(&mut self, text: &str) {
        self.json.push_str(text);
    }

    fn string(&mut self, text: &str) {
        if std::mem::take(&mut self.is_raw) {
            return self.push(text);
        }
        push_quoted(&mut self.json, text);
    }

    /// Begins a member or an element: with a comma, unless it is the first.
    fn begin(&mut self, is_first: &mut bool) {
        if !std::mem::take(is_first) {
            self.json.push(',');
        }
    }

    fn list(&mut self) -> List<'_> {
        self.json.push('[');
        List { writer: self, is_first: true }
    }

    fn object(&mut self) -> Object<'_> {
        self.json.push('{');
        Object { writer: self, is_first: true }
    }
}

macro_rules! numbers {
    ($($method:ident($type:ty))*) => {$(
        fn $method(self, value: $type) -> Result<(), Unfit> {
            self.serialize_u64(value.into())
        }
    )*};
    (signed $($method:ident($type:ty))*) => {$(
        fn $method(self, value: $type) -> Result<(), Unfit> {
            self.serialize_i64(value.into())
        }
    )*};
}

impl<'a> Serializer for &'a mut Writer {
    type Ok = ();
    type Error = Unfit;
    type SerializeSeq = List<'a>;
    type SerializeTuple = List<'a>;
    type SerializeTupleStruct = List<'a>;
    type SerializeTupleVariant = Impossible<(), Unfit>;
    type SerializeMap = Impossible<(), Unfit>;
    type SerializeStruct = Object<'a>;
    type SerializeStructVariant = Impossible<(), Unfit>;

    numbers!(serialize_u8(u8) serialize_u16(u16) serialize_u32(u32));
    numbers!(signed serialize_i8(i8) serialize_i16(i16) serialize_i32(i32));

    fn serialize_u64(self, value: u64) -> Result<(), Unfit> {
        self.push(&value.to_string());
        Ok(())
    }

    fn serialize_i64(self, value: i64) -> Result<(), Unfit> {
        self.push(&value.to_string());
        Ok(())
    }

    fn serialize_bool(self, value: bool) -> Result<(), Unfit> {
        self.push(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_f32(self, _: f32) -> Result<(), Unfit> {
        Err(Unfit)
    }

    fn serialize_f64(self, _: f64) -> Result<(), Unfit> {
        Err(Unfit)
    }

    fn serialize_char(self, value: char) -> Result<(), Unfit> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Unfit> {
        self.string(value);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Unfit> {
        Err(Unfit)
    }

    fn serialize_none(self) -> Result<(), Unfit> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unfit> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Unfit> {
        self.push("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Unfit> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Unfit> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Unfit> {
        self.is_raw = name == RAW;
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Unfit> {
        Err(Unfit)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a>, Unfit> {
        Ok(self.list())
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'a>, Unfit> {
        Ok(self.list())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List<'a>, Unfit> {
        Ok(self.list())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unfit> {
        Err(Unfit)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Unfit> {
        Err(Unfit)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Object<'a>, Unfit> {
        Ok(self.object())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unfit> {
        Err(Unfit)
    }
}

/// What stands between brackets.
struct List<'a> {
    writer: &'a mut Writer,
    is_first: bool,
}

impl List<'_> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        self.writer.begin(&mut self.is_first);
        value.serialize(&mut *self.writer)
    }

    fn close(self) -> Result<(), Unfit> {
        self.writer.json.push(']');
        Ok(())
    }
}

impl SerializeSeq for List<'_> {
    type Ok = ();
    type Error = Unfit;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        self.element(value)
    }

    fn end(self) -> Result<(), Unfit> {
        self.close()
    }
}

impl SerializeTuple for List<'_> {
    type Ok = ();
    type Error = Unfit;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        self.element(value)
    }

    fn end(self) -> Result<(), Unfit> {
        self.close()
    }
}

impl SerializeTupleStruct for List<'_> {
    type Ok = ();
    type Error = Unfit;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        self.element(value)
    }

    fn end(self) -> Result<(), Unfit> {
        self.close()
    }
}

/// What stands between braces.
struct Object<'a> {
    writer: &'a mut Writer,
    is_first: bool,
}

impl SerializeStruct for Object<'_> {
    type Ok = ();
    type Error = Unfit;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Unfit> {
        self.writer.begin(&mut self.is_first);
        self.writer.string(name);
        self.writer.json.push(':');
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Unfit> {
        self.writer.json.push('}');
        Ok(())
    }
}
