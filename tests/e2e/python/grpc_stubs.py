"""The generated clients of `codecs/proto`, made anew for each case, as any client makes its own."""

import importlib
import pathlib
import sys
import tempfile

import grpc_tools
from grpc_tools import protoc

_PROTO = pathlib.Path(__file__).resolve().parents[3] / "codecs" / "proto"
_FILES = [
    "appootb/common/include.proto",
    "appootb/message/chat.proto",
    "appootb/message/include.proto",
    "appootb/message/inner_chat.proto",
    "appootb/message/room.proto",
    "google/rpc/status.proto",
    "im/chat.proto",
]
# Removed when the case's process ends.
_GENERATED = tempfile.TemporaryDirectory(prefix="parlance-stubs-")


def _generate() -> None:
    out = _GENERATED.name
    well_known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    includes = [f"-I{_PROTO}", f"-I{well_known}"]
    outputs = [f"--python_out={out}", f"--grpc_python_out={out}"]
    assert protoc.main(["protoc", *includes, *outputs, *_FILES]) == 0, "protoc failed"
    sys.path.insert(0, out)
    # The namespace package `google` was imported before there was more of it.
    importlib.invalidate_caches()


_generate()

from appootb.common import include_pb2 as common  # noqa: E402
from appootb.message import chat_pb2_grpc, include_pb2, inner_chat_pb2  # noqa: E402
from appootb.message import inner_chat_pb2_grpc, room_pb2_grpc  # noqa: E402
from im import chat_pb2 as im_chat  # noqa: E402
from im import chat_pb2_grpc as im_chat_grpc  # noqa: E402

UniqueId = common.UniqueId
Post = include_pb2.Post
Postmark = include_pb2.Postmark
Stream = include_pb2.Stream
Connections = inner_chat_pb2.Connections
Package = inner_chat_pb2.Package
ChatStub = chat_pb2_grpc.ChatStub
RoomStub = room_pb2_grpc.RoomStub
InnerChatStub = inner_chat_pb2_grpc.InnerChatStub
