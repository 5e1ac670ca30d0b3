//! Which web pages may speak to the server from a browser.
//!
//! A browser names the page's origin in every WebSocket handshake and cross-site request. No
//! dialect authenticates by cookie, so any origin is allowed unless a list is configured. A peer
//! that names no origin is no browser and always allowed.

/// `auth.allowed_origins`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AllowedOrigins {
    Any,
    /// As browsers spell them: lower case, no default port, no path.
    Listed(Vec<String>),
}

impl AllowedOrigins {
    /// `["*"]` allows any; otherwise each is `scheme://host` or `scheme://host:port`.
    pub(super) fn parse(entries: &[String]) -> Result<Self, String> {
        if entries.iter().any(|entry| entry == "*") {
            return match entries {
                [_] => Ok(Self::Any),
                _ => Err("\"*\" allows every origin and stands alone".to_owned()),
            };
        }
        entries.iter().map(|entry| normalize(entry)).collect::<Result<_, _>>().map(Self::Listed)
    }

    /// Whether a request with this `Origin` header is served. `null` (a sandboxed page, a local
    /// file) is an origin like any other and never in a list.
    pub(crate) fn allows(&self, origin: Option<&[u8]>) -> bool {
        match (self, origin) {
            (Self::Any, _) | (_, None) => true,
            (Self::Listed(list), Some(origin)) => {
                list.iter().any(|listed| listed.as_bytes().eq_ignore_ascii_case(origin))
            }
        }
    }
}

fn normalize(entry: &str) -> Result<String, String> {
    let wrong =
        || format!("\"{entry}\" is no origin; write \"*\", or one such as \"https://example.org\"");
    let (scheme, authority) = entry.split_once("://").ok_or_else(wrong)?;
    let scheme_is_plain = !scheme.is_empty()
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    let authority = authority.strip_suffix('/').unwrap_or(authority);
    let authority_is_plain = !authority.is_empty()
        && authority.bytes().all(|b| b.is_ascii_graphic())
        && !authority.contains(['/', '?', '#', '@', '*', '\\']);
    if !scheme_is_plain || !authority_is_plain {
        return Err(wrong());
    }
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "http" | "ws" => ":80",
        "https" | "wss" => ":443",
        _ => "",
    };
    let authority = authority.to_ascii_lowercase();
    let authority = match default_port {
        "" => authority.as_str(),
        port => authority.strip_suffix(port).unwrap_or(&authority),
    };
    Ok(format!("{scheme}://{authority}"))
}
