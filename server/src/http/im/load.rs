//! How much of the machine's processors the process takes, for `/im.status/ping`.
//!
//! Nothing is sampled for its own sake: a ping reads the kernel's count, and what was used between
//! two pings is what they tell. Figures are shares of all processors, from 0 to 1.

/// The kernel's figures, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reading {
    /// Since the machine's start.
    pub(super) at_s: f64,
    /// Since the process' start.
    pub(super) lived_s: f64,
    /// What its threads have used since then.
    pub(super) used_s: f64,
}

/// Two readings must be so far apart: the kernel counts in hundredths.
const APART_MIN_S: f64 = 1.0;
/// What `/proc` counts in, whatever the kernel itself does.
const TICKS_PER_SECOND: f64 = 100.0;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Load {
    last: Option<Reading>,
    pub(super) current: f64,
    pub(super) average: f64,
    pub(super) most: f64,
}

impl Load {
    pub(super) const NONE: Self = Self { last: None, current: 0.0, average: 0.0, most: 0.0 };

    pub(super) fn note(&mut self, now: Reading, processors: f64) {
        let share = |used_s: f64, in_s: f64| {
            if in_s > 0.0 { (used_s / in_s / processors).clamp(0.0, 1.0) } else { 0.0 }
        };
        self.average = share(now.used_s, now.lived_s);
        match self.last {
            None => self.current = self.average,
            Some(last) if now.at_s - last.at_s < APART_MIN_S => return,
            Some(last) => self.current = share(now.used_s - last.used_s, now.at_s - last.at_s),
        }
        self.most = self.most.max(self.current);
        self.last = Some(now);
    }
}

/// Reads `/proc/self/stat` and `/proc/uptime`.
pub(super) fn reading(stat: &str, uptime: &str) -> Option<Reading> {
    // The process' name, in brackets, may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = |place| fields.split_whitespace().nth(place)?.parse::<f64>().ok();
    let (user, system, started) = (ticks(11)?, ticks(12)?, ticks(19)?);
    let at_s: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    let lived_s = at_s - started / TICKS_PER_SECOND;
    Some(Reading { at_s, lived_s, used_s: (user + system) / TICKS_PER_SECOND })
}

#[cfg(test)]
mod tests;
