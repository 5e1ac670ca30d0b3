"""The message schema, built at run time from its documented tables.

The tables are written here a second time on purpose: what the server takes from its own schema
is compared with the documents, not with itself.
"""

from google.protobuf import descriptor_pb2, descriptor_pool, duration_pb2, message_factory
from google.protobuf import timestamp_pb2

_FIELD = descriptor_pb2.FieldDescriptorProto
_R, _O, _M = _FIELD.LABEL_REQUIRED, _FIELD.LABEL_OPTIONAL, _FIELD.LABEL_REPEATED
_SCALARS = {
    "uint64": _FIELD.TYPE_UINT64,
    "uint32": _FIELD.TYPE_UINT32,
    "int32": _FIELD.TYPE_INT32,
    "string": _FIELD.TYPE_STRING,
    "bool": _FIELD.TYPE_BOOL,
    "float": _FIELD.TYPE_FLOAT,
}
_ENUMS = {
    "Category": ("CATEGORY", "UNSPECIFIED PRIVATE GROUP CHANNEL ROOM"),
    "Type": (
        "TYPE",
        "UNSPECIFIED TEXT AUDIO STICKER PHOTO VIDEO GIF FILE LOCATION CONTACT RECALL READ",
    ),
    "PayloadType": ("PAYLOAD_TYPE", "UNSPECIFIED SYNC MESSAGES RECEIPTS"),
}
# name: fields of (label, type, name, number, oneof)
_MESSAGES = {
    "Postmark": [
        (_R, "Category", "category", 1, None),
        (_R, "uint64", "sender", 2, None),
        (_R, "uint64", "receiver", 3, None),
        (_O, "uint64", "unique_id", 4, None),
        (_O, ".google.protobuf.Duration", "expire", 8, None),
        (_O, ".google.protobuf.Timestamp", "timestamp", 9, None),
    ],
    "Text": [(_R, "string", "content", 1, None)],
    "Media": [(_R, "string", "url", 1, None), (_O, "string", "thumbnail", 2, None)],
    "Location": [(_R, "float", "latitude", 1, None), (_R, "float", "longitude", 2, None)],
    "Post": [
        (_R, "Postmark", "postmark", 1, None),
        (_R, "Type", "type", 2, None),
        (_O, "Text", "text", 10, "envelope"),
        (_O, "Media", "resource", 11, "envelope"),
        (_O, "Location", "coordinate", 12, "envelope"),
    ],
    "Postbox": [(_M, "Post", "posts", 1, None)],
    "ClientId": [(_R, "Category", "category", 1, None), (_O, "uint64", "last_id", 2, None)],
    "ClientIds": [(_M, "ClientId", "ids", 1, None)],
    "Receipts": [(_M, "ClientId", "local_ids", 1, None), (_M, "Postmark", "postmarks", 2, None)],
    "Stream": [
        (_R, "string", "sn", 1, None),
        (_O, "uint64", "target", 2, None),
        (_R, "PayloadType", "type", 3, None),
        (_O, "ClientIds", "local", 10, "payload"),
        (_O, "Postbox", "postbox", 11, "payload"),
        (_O, "Receipts", "receipts", 12, "payload"),
        (_O, ".google.rpc.Status", "error", 15, None),
    ],
}


def _field(message, label, kind, name, number, oneof) -> None:
    field = message.field.add(name=name, number=number, label=label)
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    elif kind in _ENUMS:
        field.type, field.type_name = _FIELD.TYPE_ENUM, f".appootb.message.{kind}"
    else:
        field.type = _FIELD.TYPE_MESSAGE
        field.type_name = kind if kind.startswith(".") else f".appootb.message.{kind}"
    if oneof is None:
        return
    if not message.oneof_decl:
        message.oneof_decl.add(name=oneof)
    field.oneof_index = 0


def _file(name, package, syntax, messages, imports=()):
    file = descriptor_pb2.FileDescriptorProto(name=name, package=package, syntax=syntax)
    file.dependency.extend(imports)
    for message_name, fields in messages.items():
        message = file.message_type.add(name=message_name)
        for field in fields:
            _field(message, *field)
    return file


def _pool() -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    for module in (duration_pb2, timestamp_pb2):
        pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    status = [(_O, "int32", "code", 1, None), (_O, "string", "message", 2, None)]
    pool.Add(_file("google/rpc/status.proto", "google.rpc", "proto3", {"Status": status}))
    sign_in = [
        (_O, "string", "token", 1, None),
        (_O, "string", "device_id", 2, None),
        (_O, "uint32", "platform", 3, None),
    ]
    pool.Add(_file("parlance/sign_in.proto", "parlance", "proto3", {"SignIn": sign_in}))
    imports = [
        "google/protobuf/duration.proto",
        "google/protobuf/timestamp.proto",
        "google/rpc/status.proto",
    ]
    chat = _file("appootb/message/chat.proto", "appootb.message", "proto2", _MESSAGES, imports)
    for enum_name, (prefix, values) in _ENUMS.items():
        enum = chat.enum_type.add(name=enum_name)
        for number, value in enumerate(values.split()):
            enum.value.add(name=f"{prefix}_{value}", number=number)
    pool.Add(chat)
    return pool


_POOL = _pool()


def _class(name: str):
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(name))


Postmark = _class("appootb.message.Postmark")
Post = _class("appootb.message.Post")
Stream = _class("appootb.message.Stream")
Status = _class("google.rpc.Status")
SignIn = _class("parlance.SignIn")

PRIVATE, GROUP, CHANNEL, ROOM = 1, 2, 3, 4
TEXT, AUDIO, STICKER, PHOTO, VIDEO, GIF, FILE, LOCATION, CONTACT, RECALL, READ = range(1, 12)
SYNC, MESSAGES, RECEIPTS = 1, 2, 3
