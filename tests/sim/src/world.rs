//! The world around the core: time, the mesh, disks, wires, and their faults.
//!
//! One thing happens at a time, at a simulated moment. The world keeps the shell's side of the
//! contract (FIFO mesh, commits in order, loads that see every commit before them, one
//! generation per session) and nothing more: everything else is late, lost or cut off as the
//! plan draws. The auditor sees each effect before it is carried out.

pub(crate) mod connection;
pub(crate) mod crash;
pub(crate) mod disk;
pub(crate) mod effects;
pub(crate) mod process;
pub(crate) mod wire;

use std::fmt;

use parlance_codecs::dialect::{DialectName, Echo, Replaces};
use parlance_codecs::{MessageId, UserId};
use parlance_conversation::Input;
use parlance_conversation::input::{CommitSeq, ResumeStyle, SessionStyle, Ticket};
use parlance_conversation::placement::{Placement, ShardIndex};
use parlance_conversation::store::{LoadKey, Loaded, LogPage, LogQuery};
use parlance_storage::MemoryStore;

use crate::agenda::Agenda;
use crate::auditor::Auditor;
use crate::client::Client;
use crate::dice::Dice;
use crate::operator::Operator;
use crate::plan::{Plan, Planted};
use crate::situations::Situation;
use crate::trace::{Recording, Trace};
use crate::violation::{Checked, Promise, broken};
use crate::world::connection::Connection;
use crate::world::process::Process;

/// Something that will happen. What belongs to one life of the process names it, so that what
/// was on its way when it ended is recognised.
#[derive(Debug)]
pub(crate) enum Happening {
    MeshArrives {
        life: u32,
        from: usize,
        to: usize,
    },
    /// The batch on a commit lane's way is on disk.
    BatchDone {
        life: u32,
        shard: usize,
    },
    CommitTold {
        life: u32,
        shard: usize,
        up_to: CommitSeq,
    },
    LoadRead {
        life: u32,
        shard: usize,
        ticket: Ticket,
        key: LoadKey,
    },
    LoadTold {
        life: u32,
        shard: usize,
        ticket: Ticket,
        loaded: Loaded,
    },
    LogRead {
        life: u32,
        shard: usize,
        ticket: Ticket,
        store: usize,
        query: LogQuery,
    },
    LogTold {
        life: u32,
        shard: usize,
        ticket: Ticket,
        page: LogPage,
    },
    Tick {
        life: u32,
        shard: usize,
    },
    RequestArrives {
        connection: usize,
    },
    EventArrives {
        connection: usize,
    },
    ServerSeesEnd {
        connection: usize,
    },
    ClientSeesEnd {
        connection: usize,
    },
    Drained {
        connection: usize,
    },
    SignIn {
        life: u32,
        client: usize,
    },
    ClientTurn {
        client: usize,
    },
    OperatorTurn,
    WallJump,
    Crash,
    Restart,
}

/// What the workload may do at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Everything, with faults.
    Active,
    /// Nothing new; clients come back and finish what they began.
    Quiet,
}

pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) dice: Dice,
    pub(crate) agenda: Agenda<Happening>,
    pub(crate) stores: Vec<MemoryStore>,
    pub(crate) placement: Placement,
    pub(crate) process: Option<Process>,
    /// Counts the lives of the process.
    pub(crate) life: u32,
    pub(crate) connections: Vec<Connection>,
    pub(crate) clients: Vec<Client>,
    pub(crate) operator: Operator,
    pub(crate) auditor: Auditor,
    pub(crate) trace: Trace,
    pub(crate) phase: Phase,
    pub(crate) last_wall_jump_us: u64,
    pub(crate) steps: u64,
    /// The live message that is arriving at a shard.
    pub(crate) delivering: Option<MessageId>,
}

impl World {
    pub(crate) fn new(plan: Plan, recording: Recording) -> Self {
        let placement = Placement::new(plan.shards);
        let mut dice = Dice::new(plan.seed);
        let clients = make_clients(&plan, &mut dice);
        let stores =
            (0..plan.shards).map(|_| MemoryStore::with_examined_max(plan.examined_max)).collect();
        let auditor = Auditor::new(placement, plan.durability);
        let mut world = Self {
            dice,
            agenda: Agenda::new(),
            stores,
            placement,
            process: None,
            life: 0,
            connections: Vec::new(),
            clients,
            operator: Operator::new(&plan),
            auditor,
            trace: Trace::new(recording),
            phase: Phase::Active,
            last_wall_jump_us: 0,
            steps: 0,
            delivering: None,
            plan,
        };
        world.begin();
        world
    }

    fn begin(&mut self) {
        self.agenda.at(0, Happening::Restart);
        self.agenda.at(1, Happening::OperatorTurn);
        for client in 0..self.clients.len() {
            let at = self.dice.between(1, self.plan.think_us);
            self.agenda.at(at, Happening::ClientTurn { client });
        }
        if self.plan.crash_us > 0 {
            let at = self.dice.between(1, self.plan.crash_us * 2);
            self.agenda.at(at, Happening::Crash);
        }
        if self.plan.wall_jump_ms > 0 && self.plan.jumps_stay_inside_window() {
            let at = self.dice.between(1, self.plan.active_us);
            self.agenda.at(at, Happening::WallJump);
        }
    }

    /// Lets everything happen up to a moment.
    pub(crate) fn run_until(&mut self, until_us: u64) -> Checked {
        while let Some(happening) = self.agenda.next_until(until_us) {
            self.steps += 1;
            self.happen(happening)?;
        }
        Ok(())
    }

    /// Lets everything happen for some time.
    pub(crate) fn run_for(&mut self, duration_us: u64) -> Checked {
        self.run_until(self.agenda.now_us() + duration_us)
    }

    fn happen(&mut self, happening: Happening) -> Checked {
        match happening {
            Happening::MeshArrives { life, from, to } if life == self.life => {
                self.mesh_arrives(from, to)
            }
            Happening::BatchDone { life, shard } if life == self.life => self.batch_done(shard),
            Happening::CommitTold { life, shard, up_to } if life == self.life => {
                self.feed(shard, Input::Committed { up_to })
            }
            Happening::LoadRead { life, shard, ticket, key } if life == self.life => {
                self.load_read(shard, ticket, &key)
            }
            Happening::LoadTold { life, shard, ticket, loaded } if life == self.life => {
                self.feed(shard, Input::Loaded { ticket, loaded })
            }
            Happening::LogRead { life, shard, ticket, store, query } if life == self.life => {
                self.log_read(shard, ticket, store, &query)
            }
            Happening::LogTold { life, shard, ticket, page } if life == self.life => {
                self.feed(shard, Input::Read { ticket, page })
            }
            Happening::Tick { life, shard } if life == self.life => self.tick(shard),
            Happening::SignIn { life, client } if life == self.life => self.sign_in(client),
            Happening::MeshArrives { .. }
            | Happening::BatchDone { .. }
            | Happening::CommitTold { .. }
            | Happening::LoadRead { .. }
            | Happening::LoadTold { .. }
            | Happening::LogRead { .. }
            | Happening::LogTold { .. }
            | Happening::Tick { .. }
            | Happening::SignIn { .. } => Ok(()),
            Happening::RequestArrives { connection } => self.request_arrives(connection),
            Happening::EventArrives { connection } => {
                self.event_arrives(connection);
                Ok(())
            }
            Happening::ServerSeesEnd { connection } => self.server_sees_end(connection),
            Happening::ClientSeesEnd { connection } => {
                self.client_sees_end(connection);
                Ok(())
            }
            Happening::Drained { connection } => self.drained(connection),
            Happening::ClientTurn { client } => self.client_turn(client),
            Happening::OperatorTurn => self.operator_turn(),
            Happening::WallJump => {
                self.wall_jump(self.plan.wall_jump_ms);
                Ok(())
            }
            Happening::Crash => self.crash_happens(),
            Happening::Restart => self.restart(),
        }
    }

    fn tick(&mut self, shard: usize) -> Checked {
        let next = match self.phase {
            Phase::Active => self.plan.tick_us,
            // Nothing waits for a tick for less than this, and a quiet world is mostly ticks.
            Phase::Quiet => self.plan.tick_us.max(100_000),
        };
        self.agenda.after(next, Happening::Tick { life: self.life, shard });
        self.feed(shard, Input::Tick)
    }

    pub(crate) fn wall_jump(&mut self, at_most_ms: i64) {
        let span = at_most_ms.unsigned_abs();
        let drawn = self.dice.between(0, span * 2);
        let offset = i64::try_from(drawn).unwrap_or(0) - at_most_ms;
        let forward = self.agenda.jump_wall(offset);
        self.last_wall_jump_us = self.agenda.now_us();
        self.auditor.reach(if forward {
            Situation::WallJumpedForward
        } else {
            Situation::WallJumpedBack
        });
        self.note(format_args!("wall clock offset is {offset} ms"));
    }

    pub(crate) fn note(&mut self, line: fmt::Arguments<'_>) {
        self.trace.line(self.agenda.now_us(), line);
    }

    pub(crate) fn is_planted(&mut self, planted: Planted) -> bool {
        // Now and then, so that a run gets far enough for the fault to matter.
        self.plan.planted == Some(planted) && self.dice.chance(50)
    }

    /// One input to one shard, and the effects that are ready.
    pub(crate) fn feed(&mut self, shard: usize, input: Input) -> Checked {
        let now = self.agenda.now();
        self.note(format_args!("{shard} <- {input:?}"));
        let Some(process) = &mut self.process else { return Ok(()) };
        let Some(core) = process.shards.get_mut(shard) else {
            return broken(Promise::Contract, format!("no shard {shard}"));
        };
        core.handle(input, now);
        if self.plan.late_effects_per_mille > 0
            && self.dice.chance(self.plan.late_effects_per_mille)
        {
            self.auditor.reach(Situation::EffectsLate);
            return Ok(());
        }
        self.perform_effects(shard)
    }

    pub(crate) fn perform_effects(&mut self, shard: usize) -> Checked {
        loop {
            let Some(process) = &mut self.process else { return Ok(()) };
            let Some(core) = process.shards.get_mut(shard) else { return Ok(()) };
            let Some(effect) = core.poll_effect() else { return Ok(()) };
            self.note(format_args!("{shard} -> {effect:?}"));
            self.perform(shard, effect)?;
        }
    }

    pub(crate) fn home_of(&self, user: UserId) -> usize {
        self.placement.home_of_user(user).index()
    }
}

/// The index of a shard that exists in this run.
pub(crate) fn shard_index(shard: usize) -> ShardIndex {
    ShardIndex(u8::try_from(shard).unwrap_or(u8::MAX))
}

fn make_clients(plan: &Plan, dice: &mut Dice) -> Vec<Client> {
    // One client at least: a run without any shows nothing.
    let by_id = plan.by_id_clients + usize::from(plan.by_id_clients + plan.by_cursor_clients == 0);
    let by_cursor = by_id + plan.by_cursor_clients;
    let count = by_cursor + plan.by_one_id_clients;
    (0..count)
        .filter_map(|index| {
            let user = UserId::new(dice.between(1, plan.users))?;
            let style = if index < by_id {
                by_id_style()
            } else if index < by_cursor {
                by_cursor_style(plan, dice)
            } else {
                by_one_id_style()
            };
            Some(Client::new(index, user, style))
        })
        .collect()
}

fn by_id_style() -> SessionStyle {
    SessionStyle {
        dialect: DialectName::Stream,
        resume: ResumeStyle::ById,
        echo: Echo::Nothing,
        friends_required: false,
        replaces: Replaces::Nothing,
        marks: true,
        notices: false,
    }
}

fn by_one_id_style() -> SessionStyle {
    SessionStyle {
        dialect: DialectName::Rooms,
        resume: ResumeStyle::ByOneId,
        echo: Echo::Everything,
        friends_required: false,
        replaces: Replaces::Nothing,
        marks: false,
        notices: false,
    }
}

fn by_cursor_style(plan: &Plan, dice: &mut Dice) -> SessionStyle {
    SessionStyle {
        dialect: DialectName::Onechat,
        resume: ResumeStyle::ByCursor,
        echo: Echo::NotDirects,
        friends_required: dice.chance(plan.friends_required_per_mille),
        replaces: Replaces::SameDevice,
        marks: false,
        notices: true,
    }
}
