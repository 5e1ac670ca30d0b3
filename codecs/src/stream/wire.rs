//! The dialect's protobuf types, generated from `codecs/proto`.
//!
//! Wire types only: nothing beyond this crate and the doors that speak protobuf sees them. Every
//! `required` field is an `Option` here, because prost would fill a missing one silently.

#[expect(unreachable_pub, reason = "generated: its modules are public, and re-exported below")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/wire.rs"));
}

pub use generated::appootb::message::*;
pub use generated::google::rpc::Status;
pub use generated::parlance::SignIn;
