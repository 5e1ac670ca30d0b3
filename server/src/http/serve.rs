//! One connection's HTTP, from its first request to its end: HTTP/1 here, HTTP/2 in
//! [`http2`](super::http2).

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use hyper::body::{Body as _, Incoming};
use hyper::header::{CONNECTION, HeaderValue, TRANSFER_ENCODING, UPGRADE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};

use super::answer::Answer;
use super::exchange::{Exchange, Watch};
use super::guard::Guard;
use super::head::HEAD_BYTES_MAX;
use super::peer_io::PeerIo;
use super::{HttpEnd, Upgrade, http2, im, main_port, operator};
use crate::connections::Connections;
use crate::runtime;
use crate::shard_handle::ShardHandle;
use crate::sockets::Stream;

/// hyper's buffer for an HTTP/1 head, and for the answers that wait to be sent.
const BUFFER_BYTES_MAX: usize = 2 * HEAD_BYTES_MAX;
/// After our last byte: how long and how much is read and dropped, so that the peer gets the
/// answer before the kernel tells it that nobody reads any more.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES_MAX: usize = 256 * 1024;
/// The first bytes of HTTP/2 with prior knowledge.
const HTTP2_PREFACE: &[u8] = b"PRI ";

/// Where a connection leaves the handshake that it changes its protocol by.
pub(super) type UpgradeSlot = Rc<RefCell<Option<Upgrade>>>;

/// Serves the main port's requests; `prefix` was read already.
pub(crate) async fn serve_main(
    stream: Stream,
    prefix: Vec<u8>,
    connections: Rc<Connections>,
) -> HttpEnd {
    let slot = UpgradeSlot::default();
    let shard = connections.handle().clone();
    let answer = {
        let (connections, slot) = (Rc::clone(&connections), Rc::clone(&slot));
        move |request| main_port::answer(Rc::clone(&connections), request, Rc::clone(&slot))
    };
    if prefix.starts_with(HTTP2_PREFACE) {
        http2::serve(stream, prefix, connections, answer).await;
        return HttpEnd::Closed;
    }
    let (stream, leftover) = serve_http1(stream, prefix, shard, answer).await;
    let upgrade = slot.take();
    match upgrade {
        Some(upgrade) => HttpEnd::WebSocket { stream, leftover, upgrade },
        None => {
            linger(stream).await;
            HttpEnd::Closed
        }
    }
}

/// Serves the push port's handshakes; `prefix` was read already.
pub(crate) async fn serve_push(stream: Stream, prefix: Vec<u8>, shard: ShardHandle) -> HttpEnd {
    let slot = UpgradeSlot::default();
    let answer = |request| {
        let answer = im::push_handshake(&request, &slot);
        async { answer }
    };
    let (stream, leftover) = serve_http1(stream, prefix, shard, answer).await;
    match slot.take() {
        Some(upgrade) => HttpEnd::WebSocket { stream, leftover, upgrade },
        None => {
            linger(stream).await;
            HttpEnd::Closed
        }
    }
}

/// Serves the operator port's requests. HTTP/1 only, as its clients speak.
pub(crate) async fn serve_operator(stream: Stream, shard: ShardHandle) {
    let answer = {
        let shard = shard.clone();
        move |request| operator::answer(shard.clone(), request)
    };
    let (stream, _) = serve_http1(stream, Vec::new(), shard, answer).await;
    linger(stream).await;
}

/// Gives the stream back with what hyper had read ahead.
async fn serve_http1<F, A>(
    stream: Stream,
    prefix: Vec<u8>,
    shard: ShardHandle,
    answer: F,
) -> (Stream, Vec<u8>)
where
    F: Fn(Request<Incoming>) -> A,
    A: Future<Output = Answer>,
{
    let exchange = Rc::new(Exchange::new(shard.clone(), Guard::for_http1(prefix)));
    let io = PeerIo { stream, exchange: Rc::clone(&exchange) };
    let service = service_fn(|request| {
        // Now, and not once the answer is polled: hyper asks for the body before that, and would
        // not ask again for what the guard held back.
        exchange.guard().body_follows(guarded_length(&request));
        Box::pin(respond(&answer, shard.clone(), Rc::clone(&exchange), request))
    });
    let mut connection = http1::Builder::new()
        .max_buf_size(BUFFER_BYTES_MAX)
        .max_header_size(HEAD_BYTES_MAX)
        .serve_connection(io, service);
    let mut watch = Watch::new();
    poll_fn(|cx| {
        if let Poll::Ready(ended) = connection.poll_without_shutdown(cx) {
            if let Err(error) = ended {
                tracing::debug!(%error, "HTTP/1 ended");
            }
            return Poll::Ready(());
        }
        watch.poll_expired(&exchange, cx)
    })
    .await;
    let parts = connection.into_parts();
    let mut leftover = parts.read_buf.to_vec();
    leftover.extend(exchange.guard().take_rest());
    (parts.io.stream, leftover)
}

/// One request and its answer, with the connection's deadlines and counts.
async fn respond<A>(
    answer: &impl Fn(Request<Incoming>) -> A,
    shard: ShardHandle,
    exchange: Rc<Exchange>,
    request: Request<Incoming>,
) -> Result<Answer, Infallible>
where
    A: Future<Output = Answer>,
{
    let is_last = guarded_length(&request).is_none();
    let _running = Running::new(&exchange);
    let mut answer = answer(request).await;
    let changes_protocol = answer.status() == StatusCode::SWITCHING_PROTOCOLS;
    // A drained server must not be held up by connections that rest.
    let closes = is_last || shard.ready().is_err();
    if closes && !changes_protocol {
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    shard.metrics().shard(shard.me()).http_answered(answer.status());
    Ok(answer)
}

/// The length of the body, after which the guard expects the next head. `None`: what follows
/// cannot be guarded, and so the request is the connection's last.
fn guarded_length(request: &Request<Incoming>) -> Option<u64> {
    let headers = request.headers();
    if headers.contains_key(TRANSFER_ENCODING) || headers.contains_key(UPGRADE) {
        return None;
    }
    request.body().size_hint().exact()
}

/// A request that is being answered, also where the peer leaves before its answer.
struct Running<'e>(&'e Exchange);

impl<'e> Running<'e> {
    fn new(exchange: &'e Exchange) -> Self {
        exchange.request_begins();
        Self(exchange)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.request_ends();
    }
}

/// Tells the peer that nothing more comes and drops what it still sends, for a while.
async fn linger(mut stream: Stream) {
    stream.shut_down(std::net::Shutdown::Write);
    let mut dropped = 0_usize;
    let drained = poll_fn(|cx| {
        let mut bytes = [0; 4096];
        while dropped < LINGER_BYTES_MAX {
            match stream.poll_read(cx, &mut bytes) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(count @ 1..)) => dropped = dropped.saturating_add(count),
                Poll::Ready(Ok(0) | Err(_)) => break,
            }
        }
        Poll::Ready(())
    });
    // Whether it ended or the time passed: the stream is dropped, which closes it.
    let _ = runtime::timeout(LINGER, drained).await;
}
