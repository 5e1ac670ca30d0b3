//! The load generator: opens sessions against a running server, publishes on a schedule, and
//! measures what arrives.
//!
//! From the outside in: [`cli`] turns flags and scenario files into a [`plan`] of [`workload`]s;
//! [`runner`] makes its runs one after the other; [`target`] starts a server or names a running one;
//! [`scenario`] runs the workload over a [`client::fleet`] of connections
//! that speak a [`wire`]; [`host`] reads what the kernel says of CPU and memory; [`report`] says
//! it in a table, and [`record`] keeps it as a line of JSON.
//!
//! It stands outside the server and shares no code with it but the domain's ids and limits: the
//! wire is decoded here a second time, so that a fault in the server's codecs cannot hide in the
//! check of it.

mod cli;
mod client;
mod clock;
mod compare;
mod error;
mod floor;
mod goals;
mod histogram;
mod host;
mod interrupt;
mod limits;
mod pacer;
mod plan;
mod record;
mod report;
mod runner;
mod scenario;
mod seed;
mod stamp;
mod target;
mod wire;
mod workload;

pub use cli::main;
