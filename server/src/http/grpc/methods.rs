//! The unary methods that there are: one variant for each dialect or service that has some.
//!
//! Decides in which order a call of the `stream` dialect is checked: who calls, and only then
//! what the message says, in the same words as by HTTP.

use parlance_codecs::dialect::PayloadKind;
use parlance_codecs::im;
use parlance_codecs::stream::{
    Fault, decode_connections, decode_package, decode_post, decode_room_id, encode_postmark,
    encode_room_server,
};

use super::UnaryCall;
use crate::http::im::{by_grpc, ping_by_grpc};
use crate::http::inner_chat::{self, PACKAGE_BYTES_MAX};
use crate::http::stream_calls::{POST_BYTES_MAX, describe_room, post, reached_at};
use crate::shard_handle::ShardHandle;

/// A `UniqueId`, or the unique ids of a Kick, each with the longest device.
const SMALL_BYTES_MAX: usize = 64 * 1024;

/// A unary method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unary {
    /// `Chat/Send` and `Room/Send`.
    Send,
    /// `Room/Dispatch`.
    Dispatch,
    /// `InnerChat/Deliver`.
    Deliver,
    /// `InnerChat/Kick`.
    Kick,
    /// What the `im` dialect takes by HTTP.
    Im(im::Call),
    /// `im.status/ping`.
    ImPing,
}

impl Unary {
    pub(super) fn of(path: &str) -> Option<Self> {
        match path {
            "/appootb.message.Chat/Send" | "/appootb.message.Room/Send" => Some(Self::Send),
            "/appootb.message.Room/Dispatch" => Some(Self::Dispatch),
            "/appootb.message.InnerChat/Deliver" => Some(Self::Deliver),
            "/appootb.message.InnerChat/Kick" => Some(Self::Kick),
            "/im.status/ping" => Some(Self::ImPing),
            _ => im::Call::of(path).map(Self::Im),
        }
    }

    /// Whether its path takes nothing but calls.
    pub(super) fn is_call_only(self) -> bool {
        match self {
            Self::Send | Self::Dispatch | Self::Deliver | Self::Kick => true,
            Self::Im(_) | Self::ImPing => false,
        }
    }

    /// Serves one call, from its head to its answer's message.
    pub(super) async fn serve(
        self,
        shard: &ShardHandle,
        call: UnaryCall,
    ) -> Result<Vec<u8>, Fault> {
        match self {
            Self::Send => send(shard, call).await,
            Self::Dispatch => dispatch(shard, call).await,
            Self::Deliver => {
                inner_chat::authorize(shard, call.head.headers())?;
                let package = call.message(PACKAGE_BYTES_MAX).await?;
                let posts = decode_package(PayloadKind::Binary, &package)?;
                inner_chat::deliver(shard, posts).await.map(|()| Vec::new())
            }
            Self::Kick => {
                inner_chat::authorize(shard, call.head.headers())?;
                let connections = call.message(SMALL_BYTES_MAX).await?;
                let kicked = decode_connections(&connections)?;
                inner_chat::kick(shard, kicked).await.map(|()| Vec::new())
            }
            Self::Im(method) => by_grpc(shard, method, call).await,
            Self::ImPing => {
                let (uri, headers) = (call.head.uri().clone(), call.head.headers().clone());
                let message = call.message(SMALL_BYTES_MAX).await?;
                ping_by_grpc(&message, &uri, &headers)
            }
        }
    }
}

async fn send(shard: &ShardHandle, call: UnaryCall) -> Result<Vec<u8>, Fault> {
    let signed = call.head.signed_in(shard).await?;
    let key = call.head.headers().get("idempotency-key").map(|key| key.as_bytes().to_vec());
    let message = call.message(POST_BYTES_MAX).await?;
    let draft = decode_post(signed.user, PayloadKind::Binary, &message, key.as_deref())?;
    let posted = post(shard, signed.user, draft).await?;
    Ok(encode_postmark(PayloadKind::Binary, &posted))
}

async fn dispatch(shard: &ShardHandle, call: UnaryCall) -> Result<Vec<u8>, Fault> {
    let signed = call.head.signed_in(shard).await?;
    let (host, port) = reached_at(shard, call.head.uri(), call.head.headers());
    let message = call.message(SMALL_BYTES_MAX).await?;
    describe_room(shard, signed.user, decode_room_id(&message)?).await?;
    Ok(encode_room_server(host, port))
}
