//! What a request says beside its body: fields of its head, and its query.

use std::borrow::Cow;

use hyper::Uri;
use hyper::header::{AUTHORIZATION, HeaderMap};

/// The first value of a field, if it is text.
pub(super) fn header<'r>(headers: &'r HeaderMap, name: &str) -> Option<&'r str> {
    headers.get(name)?.to_str().ok()
}

/// The token of `Authorization: Bearer`; the scheme's name may be spelt in any case.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = header(headers, AUTHORIZATION.as_str())?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_matches(' '))
}

/// The first value of a query parameter, decoded.
pub(super) fn query<'r>(uri: &'r Uri, name: &str) -> Option<Cow<'r, str>> {
    let pairs = form_urlencoded::parse(uri.query()?.as_bytes());
    pairs.into_iter().find_map(|(key, value)| (key == name).then_some(value))
}

/// A segment of a path, decoded. A percent sign that begins no byte stands for itself.
pub(super) fn segment(text: &str) -> String {
    // What means something in a query is text here.
    let text = text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    let mut pairs = form_urlencoded::parse(text.as_bytes());
    pairs.next().map(|(text, _)| text.into_owned()).unwrap_or_default()
}

/// The names of a query's parameters.
pub(super) fn query_names(uri: &Uri) -> impl Iterator<Item = Cow<'_, str>> {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).map(|(name, _)| name)
}
