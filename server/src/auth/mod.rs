//! Who a client is: tokens, passwords, and the sign-in that every dialect shares.
//!
//! A sign-in decides only which user it is and until when. Every refusal looks the same to the
//! client, and a wrong password costs the same time as an unknown name.

mod claims;
mod minting;
mod sealed;
mod sign_in;
mod token;
mod verifier;

pub(crate) use minting::{MintError, mint_jwt, mint_sealed};
pub(crate) use sealed::IM_SECRET_BYTES_MAX;
pub(crate) use sign_in::{NAME_BYTES_MAX, PASSWORD_BYTES_MAX, SignInError, SignedUser, sign_in};
pub(crate) use verifier::{KeyError, Verifier};

#[cfg(test)]
mod tests;
