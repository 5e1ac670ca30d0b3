//! Whether an HTTP/1 head can mean only one thing.
//!
//! hyper parses heads leniently where the standard allows it (bare line feeds, a length beside
//! chunks). Whoever stands between a client and this server may read those differently, and a
//! second request could hide in the difference; so such a head is refused before hyper sees it.

/// A request line and its fields.
pub(super) const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Finds the end of the head that `bytes` begin with: the length with the empty line. Looks only
/// at what came after `seen` bytes.
pub(super) fn end_of_head(bytes: &[u8], seen: usize) -> Option<usize> {
    const END: &[u8] = b"\r\n\r\n";
    // The end may have begun in what was seen before.
    let from = seen.saturating_sub(END.len() - 1);
    let fresh = bytes.get(from..)?;
    let at = fresh.windows(END.len()).position(|window| window == END)?;
    from.checked_add(at)?.checked_add(END.len())
}

/// A byte that no head may hold, however it goes on.
pub(super) fn is_hopeless(bytes: &[u8]) -> bool {
    bytes.contains(&0)
        || bytes.windows(2).any(|pair| matches!(pair, [before, b'\n'] if *before != b'\r'))
        || bytes.windows(2).any(|pair| matches!(pair, [b'\r', after] if *after != b'\n'))
        || bytes.first() == Some(&b'\n')
}

/// Checks a whole head, with the empty line that ends it.
pub(super) fn is_unambiguous(head: &[u8]) -> bool {
    if is_hopeless(head) {
        return false;
    }
    let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.trim_ascii_end());
    // Empty lines before a request are passed over, as RFC 9112 section 2.2 asks.
    let Some(request_line) = lines.find(|line| !line.is_empty()) else { return false };
    let is_old = request_line.ends_with(b"HTTP/1.0");
    let (mut hosts, mut lengths, mut encodings) = (0_u32, 0_u32, 0_u32);
    for line in lines.take_while(|line| !line.is_empty()) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return false };
        let name = line.get(..colon).unwrap_or_default();
        // A space before the colon, or a line that continues the one before.
        if name.is_empty() || name.iter().any(u8::is_ascii_whitespace) {
            return false;
        }
        let count = match () {
            () if name.eq_ignore_ascii_case(b"host") => &mut hosts,
            () if name.eq_ignore_ascii_case(b"content-length") => &mut lengths,
            () if name.eq_ignore_ascii_case(b"transfer-encoding") => &mut encodings,
            () => continue,
        };
        *count = count.saturating_add(1);
    }
    // An HTTP/1.1 request names one host, and says once how long its body is.
    let hosts_are_right = hosts == 1 || (hosts == 0 && is_old);
    hosts_are_right && lengths.saturating_add(encodings) <= 1 && !(is_old && encodings > 0)
}
