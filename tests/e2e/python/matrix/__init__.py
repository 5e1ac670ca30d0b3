"""Clients of all dialects behind one face, for cases where they meet.

An adapter tells what its dialect can send, how its page says that each content is shown, and
turns what its client receives into `Seen`. Adding a dialect is a module here and its line in
`DIALECTS`; the cases in cases/matrix.py then run it against all others.
"""

from matrix.onechat import OnechatClient
from matrix.rooms import RoomsClient
from matrix.stream import StreamClient

# In the order of the users that speak them in cases/matrix.py.
DIALECTS = {client.name: client for client in (StreamClient, OnechatClient, RoomsClient)}
