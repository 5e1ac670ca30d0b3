//! What pages of other sites may do: the `Origin` check and CORS.
//!
//! No client authenticates by cookie, so by default any page may speak to the main port, without
//! credentials. Where origins are configured, others are refused, in a handshake or not. The
//! operator port has no CORS at all: only its own pages may speak to it.

use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, HOST, HeaderMap, ORIGIN, VARY,
};
use hyper::{Request, StatusCode};

use super::answer::{self, Answer, set};
use crate::config::AllowedOrigins;

/// Every field that a dialect reads from a cross-site request.
const ALLOWED_HEADERS: &str = "authorization, content-type, idempotency-key, grpc-metadata-token, \
                               grpc-metadata-device_id, appootb-token, appootb-udid, token, \
                               core-metadata, core-target, core-deadline, traceparent, tracestate";
/// A day; browsers cap it by themselves.
const PREFLIGHT_SECONDS: &str = "86400";

/// Whether the page that sent this may. More than one origin is none that could be allowed.
pub(super) fn is_allowed(allowed: &AllowedOrigins, headers: &HeaderMap) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => allowed.allows(Some(origin.as_bytes())),
        (Some(_), Some(_)) => *allowed == AllowedOrigins::Any,
    }
}

/// Lets the page read the answer.
pub(super) fn share(allowed: &AllowedOrigins, request_origin: &HeaderMap, answer: &mut Answer) {
    match allowed {
        AllowedOrigins::Any => set(answer, ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        AllowedOrigins::Listed(_) => {
            set(answer, VARY, "Origin");
            // Checked before: it is in the list.
            if let Some(origin) = request_origin.get(ORIGIN) {
                answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            }
        }
    }
}

/// The same for Engine.IO, whose clients send with credentials where a page asks them to, and so
/// need the origin by its name. No cookie counts for anything here.
pub(super) fn share_with_credentials(request: &HeaderMap, answer: &mut Answer) {
    match request.get(ORIGIN) {
        // Checked before: it is allowed.
        Some(origin) => {
            set(answer, VARY, "Origin");
            answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            set(answer, ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        }
        None => set(answer, ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    }
}

/// The answer to `OPTIONS`, which asks what may be sent.
pub(super) fn preflight(methods: &'static str) -> Answer {
    let mut answer = answer::allowing(answer::empty(StatusCode::NO_CONTENT), methods);
    set(&mut answer, ACCESS_CONTROL_ALLOW_METHODS, methods);
    set(&mut answer, ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
    set(&mut answer, ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
    answer
}

/// Whether a request to the operator port comes from its own page or from no page.
pub(super) fn is_same_origin<B>(request: &Request<B>) -> bool {
    let headers = request.headers();
    let mut origins = headers.get_all(ORIGIN).iter();
    let Some(origin) = origins.next() else { return true };
    let host = headers.get(HOST).map(|host| host.as_bytes());
    let origin_host = origin
        .as_bytes()
        .strip_prefix(b"http://")
        .or_else(|| origin.as_bytes().strip_prefix(b"https://"));
    origins.next().is_none()
        && match (origin_host, host) {
            (Some(origin_host), Some(host)) => origin_host.eq_ignore_ascii_case(host),
            (None, _) | (_, None) => false,
        }
}
