"""What is sent and what is seen, in no dialect's words."""

from dataclasses import dataclass

# Whole numbers of 1/8 degree: exact in the 32 bits that the wire has for them.
LATITUDE, LONGITUDE = 51.5, -0.125
MEDIA = ("audio", "sticker", "photo", "video", "gif", "file")


@dataclass(frozen=True)
class Content:
    """Of one kind: "text", one of MEDIA, "location", "contact text" or "contact media"."""

    kind: str
    text: str = ""
    # The second string that one dialect has beside a text.
    extra: str = ""
    url: str = ""
    thumbnail: str = ""

    def plain(self) -> str:
        """The words of dialects that know text only."""
        if self.kind == "location":
            return f"geo:{LATITUDE:g},{LONGITUDE:g}"
        return self.url or self.text


def text(words: str, extra: str = "") -> Content:
    return Content("text", text=words, extra=extra)


def media(kind: str, thumbnail: bool = True) -> Content:
    name = kind.replace(" ", "-")
    url = f"https://files.example/{name}?a=1&b=ü"
    return Content(kind, url=url, thumbnail=f"{url}#small" if thumbnail else "")


class NoMarks:
    """A dialect without a word for recalls and read marks. A recalled message is in no past."""

    reads = False
    keeps_recalled = False

    @staticmethod
    def shows_recall(_entry: dict) -> list[object]:
        """How the recall of an entry of the log is shown."""
        return []

    @staticmethod
    def shows_read(_entry: dict) -> list[object]:
        return []


LOCATION = Content("location")
CONTACT_TEXT = Content("contact text", text="BEGIN:VCARD\r\nFN:Ann\r\nEND:VCARD\r\n")
CONTACT_MEDIA = media("contact media")
# What a text may hold that a careless hop would change.
TEXTS = (
    text("hello"),
    text('quotes " \\ / and a line\nbreak\tand a tab'),
    text("ÄÖ ☂ 🌧 \u202eright to left \x7f"),
    text("long " + "0123456789" * 900),
)


@dataclass(frozen=True)
class Place:
    """A conversation: its number, or the other user of a direct one."""

    group: int | None = None
    other: int | None = None

    def key(self, user: int) -> str:
        """The name that everybody in it has for it; `user` is who says `other`."""
        if self.group is not None:
            return str(self.group)
        return direct_key(user, self.other)


def direct_key(a: int, b: int) -> str:
    return f"{min(a, b)}-{max(a, b)}"


@dataclass(frozen=True)
class Seen:
    """A message as a client was shown it. A dialect has ids, or places in the log, or both."""

    place: str
    sender: int
    shown: object
    id: int | None = None
    seq: int | None = None
