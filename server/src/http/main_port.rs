//! The main port's requests: WebSocket handshakes, and the dialects' calls by HTTP.
//!
//! Decides which path is what, and in which order a request is checked: the page's origin, the
//! path, the method; what follows is the handshake's or the call's matter. WebSockets begin where
//! the registry of dialects says.

use std::rc::Rc;

use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use parlance_codecs::dialect::{DialectName, HandshakeSignIn, WebSocketDoor};
use parlance_codecs::im::Trouble;
use parlance_codecs::limits::DEVICE_BYTES_MAX;
use parlance_codecs::stream::{Code, Fault};

use super::answer::{self, Answer};
use super::caller::{metadata, signed_in};
use super::inner_chat::InnerCall;
use super::serve::UpgradeSlot;
use super::stream_calls::{StreamCall, room_id};
use super::websocket::{Handshake, handshake};
use super::{Upgrade, browser, engineio, fields, grpc, im, rooms};
use crate::connections::Connections;
use crate::shard_handle::ShardHandle;

/// What a path of the main port is.
enum Route<'p> {
    WebSocket(DialectName, &'static WebSocketDoor),
    Stream(StreamCall<'p>),
    Rooms(parlance_codecs::rooms::Call),
    Inner(InnerCall<'p>),
    /// Takes nothing but calls, which do not come this way.
    Grpc,
    Im(im::Route),
}

impl<'p> Route<'p> {
    fn of(path: &'p str) -> Option<Self> {
        door_of(path)
            .map(|(dialect, door)| Self::WebSocket(dialect, door))
            .or_else(|| StreamCall::of(path).map(Self::Stream))
            .or_else(|| rooms::call_of(path).map(Self::Rooms))
            .or_else(|| InnerCall::of(path).map(Self::Inner))
            .or_else(|| grpc::is_path(path).then_some(Self::Grpc))
            .or_else(|| im::Route::of(path).map(Self::Im))
    }

    /// Whether what is wrong is said in the words of the `im` dialect.
    fn is_im(&self) -> bool {
        match self {
            Self::Im(_) => true,
            Self::WebSocket(dialect, _) => *dialect == DialectName::Im,
            Self::Stream(_) | Self::Rooms(_) | Self::Inner(_) | Self::Grpc => false,
        }
    }

    fn method(&self) -> (Method, &'static str) {
        match self {
            Self::Im(route) => route.method(),
            Self::WebSocket(..) => (Method::GET, "GET, OPTIONS"),
            Self::Stream(call) => call.method(),
            Self::Inner(call) => call.method(),
            Self::Rooms(_) | Self::Grpc => (Method::POST, "POST, OPTIONS"),
        }
    }
}

/// The dialect whose WebSockets begin at a path.
fn door_of(path: &str) -> Option<(DialectName, &'static WebSocketDoor)> {
    DialectName::ALL.iter().find_map(|name| {
        let doors = name.dialect().websocket_doors();
        doors.iter().find(|door| door.path == path).map(|door| (*name, door))
    })
}

pub(super) async fn answer(
    connections: Rc<Connections>,
    request: Request<Incoming>,
    slot: UpgradeSlot,
) -> Answer {
    let shard = connections.handle();
    let headers = request.headers().clone();
    let allowed = &shard.settings().auth.allowed_origins;
    if !browser::is_allowed(allowed, &headers) {
        if Route::of(request.uri().path()).is_some_and(|route| route.is_im()) {
            return im::troubled(Trouble::Permission);
        }
        let message = "this origin is not among auth.allowed_origins";
        return answer::http_fault(StatusCode::FORBIDDEN, Code::PermissionDenied, message);
    }
    if grpc::is_call(&request) {
        return Box::pin(grpc::answer(&connections, request)).await;
    }
    if engineio::is_path(request.uri().path()) {
        let mut answer = Box::pin(engineio::answer(shard, request, &slot)).await;
        browser::share_with_credentials(&headers, &mut answer);
        return answer;
    }
    let mut answer = routed(shard, request, &slot).await;
    browser::share(allowed, &headers, &mut answer);
    answer
}

async fn routed(shard: &ShardHandle, request: Request<Incoming>, slot: &UpgradeSlot) -> Answer {
    let path = request.uri().path().to_owned();
    let Some(route) = Route::of(&path) else {
        return answer::http_fault(StatusCode::NOT_FOUND, Code::NotFound, "no such path");
    };
    let (method, allowed) = route.method();
    if *request.method() == Method::OPTIONS {
        return browser::preflight(allowed);
    }
    if *request.method() != method {
        if let Route::Rooms(_) = route {
            return answer::allowing(rooms::wrong_method(), allowed);
        }
        if route.is_im() {
            return im::troubled(Trouble::NotExist);
        }
        let message = "this path does not take this method";
        let status = StatusCode::METHOD_NOT_ALLOWED;
        let answer = answer::http_fault(status, Code::InvalidArgument, message);
        return answer::allowing(answer, allowed);
    }
    let answered = match route {
        Route::WebSocket(dialect, door) => match handshake(&request) {
            Ok(handshake) => open(shard, &request, dialect, door, handshake, slot).await,
            Err(error) => Ok(error.answer()),
        },
        // Boxed, because most requests are handshakes, and each holds what the largest would.
        Route::Stream(call) => Box::pin(call.answer(shard, request)).await,
        Route::Rooms(call) => Ok(Box::pin(rooms::answer(shard, call, request)).await),
        Route::Inner(call) => Box::pin(call.answer(shard, request)).await,
        Route::Grpc => Ok(grpc::not_a_call()),
        Route::Im(route) => Ok(Box::pin(route.answer(shard, request)).await),
    };
    answered.unwrap_or_else(|fault| answer::fault(&fault))
}

/// Has the connection become a WebSocket of the dialect.
async fn open(
    shard: &ShardHandle,
    request: &Request<Incoming>,
    dialect: DialectName,
    door: &WebSocketDoor,
    handshake: Handshake,
    slot: &UpgradeSlot,
) -> Result<Answer, Fault> {
    let upgrade = match door.sign_in {
        HandshakeSignIn::ByFrame => {
            Upgrade { dialect, signed_in: None, device: String::new(), room: None, engine: None }
        }
        HandshakeSignIn::ByToken { rooms } => {
            let room = match fields::query(request.uri(), "room").filter(|_| rooms) {
                Some(room) => Some(room_id(&room)?),
                None => None,
            };
            let device = metadata(request, &["device_id", "udid"]).unwrap_or_default();
            if device.len() > DEVICE_BYTES_MAX {
                let got = device.len();
                let message = format!("device_id has {got} bytes of at most {DEVICE_BYTES_MAX}");
                return Err(Fault::new(Code::InvalidArgument, message));
            }
            let signed_in = Some(signed_in(shard, request).await?);
            Upgrade { dialect, signed_in, device, room, engine: None }
        }
    };
    *slot.borrow_mut() = Some(upgrade);
    Ok(handshake.accept())
}
