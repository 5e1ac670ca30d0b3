//! Reads a request's body, up to a limit.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::StatusCode;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap};

use crate::runtime;

/// From the end of the head to the end of the body, as for any frame.
const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BodyError {
    #[error("the body is longer than {max} bytes")]
    TooLong { max: usize },
    #[error("the body did not come within {} seconds", BODY_DEADLINE.as_secs())]
    Slow,
    /// The peer broke off, or its chunks are malformed.
    #[error("the body is malformed or broken off")]
    Broken,
}

impl BodyError {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::TooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
        }
    }
}

/// The whole body. One that announces too much is refused before any of it is read.
pub(super) async fn read(body: Incoming, max: usize) -> Result<Bytes, BodyError> {
    if body.size_hint().lower() > max as u64 {
        return Err(BodyError::TooLong { max });
    }
    match runtime::timeout(BODY_DEADLINE, Limited::new(body, max).collect()).await {
        Some(Ok(collected)) => Ok(collected.to_bytes()),
        Some(Err(error)) if error.is::<LengthLimitError>() => Err(BodyError::TooLong { max }),
        Some(Err(_)) => Err(BodyError::Broken),
        None => Err(BodyError::Slow),
    }
}

/// Whether the body says that it is JSON. Nothing else is taken, so that no form of another
/// site's page can post (a page must ask first, by CORS, before it may send JSON).
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let essence = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/json")
}
