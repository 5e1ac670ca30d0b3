//! What records say to people: tables on the terminal, a line of progress, an HTML page, and
//! HdrHistogram's logs for the known tools.

pub(crate) mod format;
pub(crate) mod hlog;
pub(crate) mod html;
pub(crate) mod progress;
pub(crate) mod summary;
