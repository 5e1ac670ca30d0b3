//! What `build.rs` makes of `codecs/proto`: the message types, and all files' descriptors.

#![expect(unreachable_pub, reason = "generated: its modules are public, and re-exported elsewhere")]
#![expect(clippy::enum_variant_names, reason = "generated: the files name them so")]

include!(concat!(env!("OUT_DIR"), "/wire.rs"));

/// A serialised `google.protobuf.FileDescriptorSet` of every file, imports among them.
pub(crate) const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
