//! The end-to-end tests: one binary, a module for each matter.
//!
//! Every test has a server of its own, in a directory and on ports of its own.

mod boot;
mod browser;
mod crash;
mod events_chat;
mod events_connection;
mod events_npm;
mod events_python;
mod events_transport;
mod events_upgrade;
mod grpc_calls;
mod http2_abuse;
mod http2_calls;
mod im_calls;
mod im_clients;
mod im_pull;
mod im_push;
mod im_refusals;
mod limits_and_abuse;
mod matrix;
mod meeting;
mod onechat_offline;
mod onechat_refusals;
mod onechat_wire;
mod operator_api;
mod python_clients;
mod python_onechat;
mod restart;
mod resume;
mod rooms_calls;
mod rooms_socket;
mod slow_consumer;
mod wrong_dialect;
