//! Logs: dense places, rising ids, content that decodes, an owner that is there.

use parlance_codecs::{ConversationId, MessageId, Seq};
use parlance_conversation::placement::{Partition, ShardIndex, conversation_partition};

use super::{NO_KEY, Record, Report, text, walk_shard};
use crate::families::Family;
use crate::keys::{self, Place};
use crate::records;
use crate::scan::View;

/// Checks every log of one shard. `check_home` is told the partition of each entry.
pub(super) fn check(
    view: &View<'_>,
    shard: ShardIndex,
    report: &mut Report,
    mut check_home: impl FnMut(&mut Report, Record<'_>, Partition),
) {
    let ceiling = match view.get_record(Family::Shard, keys::CLOCK, records::decode_clock) {
        Ok(ceiling) => ceiling.unwrap_or_default(),
        Err(error) => {
            report.find(shard, Family::Shard.name().to_owned(), error.to_string());
            MessageId::MAX
        }
    };
    let mut log: Option<Log> = None;
    walk_shard(view, shard, Family::Messages, report, |entry, report| {
        let Some((conversation, place)) = keys::parse_message(entry.key) else {
            report.find(shard, entry.place(), NO_KEY.to_owned());
            return;
        };
        check_home(report, entry, conversation_partition(conversation));
        let current = match log.take() {
            Some(log) if log.conversation == conversation => log,
            Some(_) | None => {
                if let Err(what) = check_owner(view, conversation) {
                    report.find(shard, entry.place(), what);
                }
                Log { conversation, last: Place { seq: Seq(0), mark: 0, id: MessageId::ZERO } }
            }
        };
        let checks = [
            current.check_place(place),
            check_id(place, ceiling),
            check_content(entry, conversation, place, report),
        ];
        for what in checks.into_iter().filter_map(Result::err) {
            report.find(shard, entry.place(), what);
        }
        log = Some(Log { conversation, last: place });
    });
}

/// How far the log being walked has come.
struct Log {
    conversation: ConversationId,
    last: Place,
}

impl Log {
    /// The next place is the next message, or the next mark behind the last one.
    fn check_place(&self, place: Place) -> Result<(), String> {
        let next_message = place.mark == 0 && Some(place.seq.0) == self.last.seq.0.checked_add(1);
        let next_mark =
            place.seq == self.last.seq && Some(place.mark) == self.last.mark.checked_add(1);
        if !next_message && !next_mark {
            return Err(format!(
                "place {}.{} follows {}.{}",
                place.seq.0, place.mark, self.last.seq.0, self.last.mark
            ));
        }
        if place.id <= self.last.id {
            return Err(format!("id {} follows {}", place.id, self.last.id));
        }
        Ok(())
    }
}

fn check_owner(view: &View<'_>, conversation: ConversationId) -> Result<(), String> {
    match view.get(Family::Conversations, &keys::conversation(conversation)) {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(format!("a log of {conversation}, which is not there")),
        Err(error) => Err(text(error)),
    }
}

/// An id above the clock's ceiling could be given out again after a restart.
fn check_id(place: Place, ceiling: MessageId) -> Result<(), String> {
    if place.id > ceiling {
        return Err(format!("id {} is above the shard's ceiling {ceiling}", place.id));
    }
    Ok(())
}

fn check_content(
    entry: Record<'_>,
    conversation: ConversationId,
    place: Place,
    report: &mut Report,
) -> Result<(), String> {
    match records::decode_message(entry.value, conversation, place).map_err(text)? {
        Some(_) => report.messages = report.messages.saturating_add(1),
        None => report.messages_removed = report.messages_removed.saturating_add(1),
    }
    Ok(())
}
