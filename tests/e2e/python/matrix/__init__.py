"""Clients of all dialects behind one face, for cases where they meet.

An adapter tells what its dialect can send, how its page says that each content is shown, and
turns what its client receives into `Seen`. The cases in cases/matrix.py and cases/marks.py run each
of `DIALECTS` against all of them.
"""

from matrix.events import EventsClient
from matrix.im import ImClient
from matrix.onechat import OnechatClient
from matrix.rooms import RoomsClient
from matrix.stream import StreamClient

_CLIENTS = (StreamClient, OnechatClient, RoomsClient, ImClient, EventsClient)
# In the order of the users that speak them in cases/matrix.py.
DIALECTS = {client.name: client for client in _CLIENTS}
