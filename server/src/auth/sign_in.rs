//! Turns credentials into a user that exists, on the connection's shard.
//!
//! Decides who may be whom. A wrong password and a name that nobody has take the same way: one
//! look-up and one password hash, then the same refusal.

use parlance_codecs::dialect::Credentials;
use parlance_codecs::{Refusal, UserId};
use parlance_conversation::mesh::{CallAnswer, CallRefusal, CallRequest};
use parlance_conversation::store::{NameKey, NameRecord};

use super::verifier::{AuthError, TokenUser};
use crate::shard_handle::{Busy, ShardHandle};

/// A peer that has shown who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SignedUser {
    pub(crate) user: UserId,
    /// Unix seconds from which on the session is over; a password has none.
    pub(crate) expires_at_s: Option<u64>,
}

/// Why nobody was signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignInError {
    /// Unknown name, wrong password, bad token.
    #[error("the credentials are not valid")]
    Refused,
    /// A token that one of the keys made, and whose time is over.
    #[error("the token has expired")]
    Expired,
    /// The password lane is full.
    #[error("too many sign-ins at the moment")]
    Busy,
    /// The directory could not be asked.
    #[error("the server cannot sign anyone in at the moment")]
    Unavailable,
}

impl From<Busy> for SignInError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

/// A login name or an external id, in bytes; longer ones cannot have been created.
pub(crate) const NAME_BYTES_MAX: usize = 256;
/// A password in bytes: hashing it must not take longer because it is long.
pub(crate) const PASSWORD_BYTES_MAX: usize = 1024;

/// Verified in place of the hash that an unknown name does not have, with the cost of a real one.
/// No password is known for it.
pub(super) const NOBODYS_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$\
    bm9ib2R5IGhhcyB0aGlzIQ$4PEtrAGFPTF0SpWsCWb5qIwyLC2S8/XZ0Jd6HqrDlKw";

/// The user who has these credentials; from now on that user exists, durably.
pub(crate) async fn sign_in(
    shard: &ShardHandle,
    credentials: &Credentials,
) -> Result<SignedUser, SignInError> {
    let signed = match credentials {
        Credentials::Token(token) => match by_token(shard, token) {
            Ok(signed) => ensure(shard, signed).await,
            Err(error) => Err(error),
        },
        Credentials::Password { name, secret } => by_name(shard, name, secret).await,
        // Whoever has a handshake asks it first; here is none.
        Credentials::Handshake => Err(SignInError::Refused),
    };
    if matches!(signed, Err(SignInError::Refused | SignInError::Expired)) {
        shard.metrics().shard(shard.me()).sign_ins_refused.add(1);
    }
    signed
}

fn by_token(shard: &ShardHandle, token: &str) -> Result<SignedUser, SignInError> {
    let now_s = shard.now().wall_ms / 1000;
    match shard.verifier().verify_token(token, now_s) {
        Ok(TokenUser { user, expires_at_s }) => Ok(SignedUser { user, expires_at_s }),
        Err(error) => {
            tracing::debug!(%error, "a token was refused");
            Err(if error == AuthError::Expired {
                SignInError::Expired
            } else {
                SignInError::Refused
            })
        }
    }
}

/// `secret` is the password of the login name, or a token whose user bears it.
async fn by_name(shard: &ShardHandle, name: &str, secret: &str) -> Result<SignedUser, SignInError> {
    if name.len() > NAME_BYTES_MAX || secret.len() > super::verifier::TOKEN_BYTES_MAX {
        return Err(SignInError::Refused);
    }
    // On an open server a bare number is a token, which would take any name for a password.
    let is_token = !shard.settings().auth.open || name.is_empty();
    if is_token && let Ok(signed) = by_token(shard, secret) {
        bears(shard, signed.user, name).await?;
        return ensure(shard, signed).await;
    }
    if name.is_empty() || secret.len() > PASSWORD_BYTES_MAX {
        return Err(SignInError::Refused);
    }
    let record = look_up(shard, NameKey::Login(name.to_owned())).await?;
    if shard.settings().auth.open {
        return open_name(shard, name, record).await;
    }
    let (user, hash) = match record {
        Some(NameRecord { user, password_hash: Some(hash) }) => (Some(user), hash),
        Some(NameRecord { password_hash: None, .. }) | None => (None, NOBODYS_HASH.to_owned()),
    };
    let verified = shard.verify_password(hash, secret.to_owned()).await?;
    match user {
        Some(user) if verified => Ok(SignedUser { user, expires_at_s: None }),
        Some(_) | None => Err(SignInError::Refused),
    }
}

/// Whether `name` is one of the user's: empty, the decimal id, the login name or the external id.
async fn bears(shard: &ShardHandle, user: UserId, name: &str) -> Result<(), SignInError> {
    if name.is_empty() || name.parse() == Ok(user) {
        return Ok(());
    }
    for key in [NameKey::Login(name.to_owned()), NameKey::External(name.to_owned())] {
        if look_up(shard, key).await?.is_some_and(|record| record.user == user) {
            return Ok(());
        }
    }
    Err(SignInError::Refused)
}

/// On an open server: whoever has the name, the decimal id that it is, or a new user.
async fn open_name(
    shard: &ShardHandle,
    name: &str,
    record: Option<NameRecord>,
) -> Result<SignedUser, SignInError> {
    let is = |user| SignedUser { user, expires_at_s: None };
    if let Some(record) = record {
        return Ok(is(record.user));
    }
    if let Ok(user) = name.parse() {
        return ensure(shard, is(user)).await;
    }
    let create = CallRequest::CreateUser {
        id: None,
        name: Some(name.to_owned()),
        password_hash: None,
        external_id: None,
    };
    match shard.call(create).await {
        CallAnswer::User(user) => Ok(is(user)),
        // Another connection with the same name was faster.
        CallAnswer::Refused(CallRefusal::Taken) => {
            let record = look_up(shard, NameKey::Login(name.to_owned())).await?;
            record.map(|record| is(record.user)).ok_or(SignInError::Unavailable)
        }
        other => Err(unexpected(&other)),
    }
}

async fn look_up(shard: &ShardHandle, name: NameKey) -> Result<Option<NameRecord>, SignInError> {
    match shard.call(CallRequest::LookUpName { name }).await {
        CallAnswer::Name(record) => Ok(record),
        other => Err(unexpected(&other)),
    }
}

async fn ensure(shard: &ShardHandle, signed: SignedUser) -> Result<SignedUser, SignInError> {
    match shard.call(CallRequest::EnsureUser { user: signed.user }).await {
        CallAnswer::Done => Ok(signed),
        other => Err(unexpected(&other)),
    }
}

/// Anything but the answer that belongs to the question is a server that cannot answer now.
fn unexpected(answer: &CallAnswer) -> SignInError {
    if !matches!(answer, CallAnswer::Refused(CallRefusal::Refused(Refusal::Unavailable))) {
        tracing::error!(?answer, "the directory gave an answer that no sign-in asked for");
    }
    SignInError::Unavailable
}
