//! What a call's head says beside its path: metadata, the deadline, the encoding.

use std::time::Duration;

use hyper::Uri;
use hyper::header::{HeaderMap, TE};
use hyper::http::request::Parts;
use parlance_codecs::framing::grpc::timeout;
use parlance_codecs::limits::DEVICE_BYTES_MAX;
use parlance_codecs::stream::{Code, Fault};

use crate::auth::SignedUser;
use crate::http::caller::signed_in_by;
use crate::http::fields;
use crate::shard_handle::ShardHandle;

/// What answers a call that brings what cannot be read.
pub(super) const ACCEPTED_ENCODING: &str = "identity";

/// A call's head, checked.
pub(in crate::http) struct Head {
    parts: Parts,
    /// From the head's arrival.
    deadline: Option<Duration>,
}

impl Head {
    pub(super) fn new(parts: Parts) -> Result<Self, Fault> {
        let headers = &parts.headers;
        if fields::header(headers, TE.as_str()) != Some("trailers") {
            let message = "te: trailers is missing, without which the status cannot be told";
            return Err(Fault::new(Code::InvalidArgument, message));
        }
        let encoding = fields::header(headers, "grpc-encoding").unwrap_or(ACCEPTED_ENCODING);
        if encoding != ACCEPTED_ENCODING {
            let message = format!("grpc-encoding {encoding:?} is not taken, identity is");
            return Err(Fault::new(Code::Unimplemented, message));
        }
        let deadline = match headers.get("grpc-timeout") {
            None => None,
            Some(value) => {
                let deadline = value.to_str().ok().and_then(timeout);
                let message = "grpc-timeout is not up to eight digits and one of HMSmun";
                Some(deadline.ok_or_else(|| Fault::new(Code::InvalidArgument, message))?)
            }
        };
        Ok(Self { parts, deadline })
    }

    pub(in crate::http) fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    pub(in crate::http) fn uri(&self) -> &Uri {
        &self.parts.uri
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// A value of the metadata, by whichever of its names.
    pub(in crate::http) fn metadata(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| fields::header(self.headers(), name))
    }

    /// The token that the metadata has.
    pub(in crate::http) fn token(&self) -> Option<&str> {
        fields::bearer(self.headers())
            .or_else(|| self.metadata(&["token", "grpc-metadata-token", "appootb-token"]))
    }

    /// The user whom the token names.
    pub(in crate::http) async fn signed_in(
        &self,
        shard: &ShardHandle,
    ) -> Result<SignedUser, Fault> {
        signed_in_by(shard, self.token().map(str::to_owned)).await
    }

    /// The device that the caller says it is; empty where it does not.
    pub(super) fn device(&self) -> Result<String, Fault> {
        let names = ["device_id", "grpc-metadata-device_id", "appootb-udid"];
        let device = self.metadata(&names).unwrap_or_default();
        if device.len() > DEVICE_BYTES_MAX {
            let got = device.len();
            let message = format!("device_id has {got} bytes of at most {DEVICE_BYTES_MAX}");
            return Err(Fault::new(Code::InvalidArgument, message));
        }
        Ok(device.to_owned())
    }
}
