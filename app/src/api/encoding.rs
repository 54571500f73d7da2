//! How answers of server functions are written and read: as JSON, in the browser by our own reader.

use leptos::server_fn::codec::Post;
use leptos::server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What every server function answers.
pub type ApiJson = Post<ApiEncoding>;

/// JSON, as `server_fn` writes it.
#[derive(Clone, Copy, Debug)]
pub struct ApiEncoding;

impl ContentType for ApiEncoding {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for ApiEncoding {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for ApiEncoding {
    type Error = serde_json::Error;

    fn encode(value: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(value).map(Bytes::from)
    }
}

#[cfg(feature = "browser")]
impl<T: DeserializeOwned> Decodes<T> for ApiEncoding {
    type Error = &'static str;

    fn decode(json: Bytes) -> Result<T, Self::Error> {
        crate::json::read(&json).map_err(|_| "it cannot be read")
    }
}

#[cfg(not(feature = "browser"))]
impl<T: DeserializeOwned> Decodes<T> for ApiEncoding {
    type Error = serde_json::Error;

    fn decode(json: Bytes) -> Result<T, Self::Error> {
        serde_json::from_slice(&json)
    }
}
