//! Who sends a request, and what else its metadata says.

use hyper::Request;
use parlance_codecs::dialect::Credentials;
use parlance_codecs::stream::{Code, Fault};

use super::fields;
use crate::auth::{SignInError, SignedUser, sign_in};
use crate::shard_handle::ShardHandle;

/// The user whom the request's token names.
pub(super) async fn signed_in<B>(
    shard: &ShardHandle,
    request: &Request<B>,
) -> Result<SignedUser, Fault> {
    let token = fields::bearer(request.headers())
        .map(str::to_owned)
        .or_else(|| metadata(request, &["token"]));
    signed_in_by(shard, token).await
}

/// The same, where the token was found already.
pub(super) async fn signed_in_by(
    shard: &ShardHandle,
    token: Option<String>,
) -> Result<SignedUser, Fault> {
    let token = token
        .filter(|token| !token.is_empty())
        .ok_or_else(|| Fault::new(Code::Unauthenticated, "token required"))?;
    sign_in(shard, &Credentials::Token(token)).await.map_err(|error| match error {
        SignInError::Refused | SignInError::Expired => {
            Fault::new(Code::Unauthenticated, "verify token failed")
        }
        SignInError::Busy | SignInError::Unavailable => {
            Fault::new(Code::Unavailable, error.to_string())
        }
    })
}

/// A value of the call's metadata, by whichever of its names: a field with one of the gateway's
/// prefixes, or a parameter of the query.
pub(super) fn metadata<B>(request: &Request<B>, names: &[&str]) -> Option<String> {
    let headers = request.headers();
    names.iter().find_map(|name| {
        ["grpc-metadata-", "appootb-"]
            .iter()
            .find_map(|prefix| fields::header(headers, &format!("{prefix}{name}")))
            .map(str::to_owned)
            .or_else(|| fields::query(request.uri(), name).map(std::borrow::Cow::into_owned))
    })
}
