//! The dialect's protobuf types, generated from `codecs/proto`.
//!
//! Wire types only: nothing beyond this crate and the doors that speak protobuf sees them. Every
//! `required` field is an `Option` here, because prost would fill a missing one silently.

pub use crate::generated::appootb::message::*;
pub use crate::generated::google::rpc::Status;
pub use crate::generated::parlance::SignIn;
