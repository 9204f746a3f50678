//! In which order the commands of both engines run.
//!
//! Each engine runs its stream in order. A TIU command waits until the GDMA command with the id in `cmd_id_gdma` is
//! done, a GDMA command until the TIU command with the id in `eng0_sync_id` is. One engine runs at a time here: TIU
//! commands go first when they may. That gives the same memory as any other order that keeps the waits, unless the
//! stream has a race.

use super::error::{EmulatorError, Problem};
use crate::isa::disassembly::{dma_commands, dma_line, dma_mnemonic, tiu_commands, tiu_line, tiu_mnemonic};
use crate::isa::{COMMAND_BYTES, DmaCommand, Engine, TiuCommand};

/// Ids are 16 bits wide and go on from 0 after 65535.
const ID_PERIOD: usize = 1 << 16;

/// Both streams of a command group, decoded and with ids unwrapped.
pub(crate) struct Streams {
    pub tiu: Vec<TiuCommand>,
    pub dma: Vec<DmaCommand>,
}

/// The next command to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Tiu(usize),
    Dma(usize),
    Done,
}

impl Streams {
    pub(crate) fn decode(tiu: &[u8], dma: &[u8]) -> Result<Self, EmulatorError> {
        for (engine, stream) in [(Engine::Tiu, tiu), (Engine::Dma, dma)] {
            if !stream.len().is_multiple_of(COMMAND_BYTES) {
                return Err(EmulatorError::StreamLength {
                    engine,
                    bytes: stream.len(),
                });
            }
        }
        let streams = Self {
            tiu: tiu_commands(tiu).collect(),
            dma: dma_commands(dma).collect(),
        };
        for (index, command) in streams.tiu.iter().enumerate() {
            check_own_id(command.cmd_id_tpu(), index).map_err(|problem| streams.tiu_error(index, problem))?;
            let waits_for = unwrap_id(command.cmd_id_gdma(), index, streams.tiu.len(), streams.dma.len());
            if waits_for > streams.dma.len() {
                let problem = Problem::NeverReady {
                    engine: Engine::Dma,
                    id: waits_for,
                    last: streams.dma.len(),
                };
                return Err(streams.tiu_error(index, problem));
            }
        }
        for (index, command) in streams.dma.iter().enumerate() {
            check_own_id(command.cmd_id(), index).map_err(|problem| streams.dma_error(index, problem))?;
            let waits_for = unwrap_id(
                command.eng0_sync_id(),
                index,
                streams.dma.len(),
                streams.tiu.len(),
            );
            if waits_for > streams.tiu.len() {
                let problem = Problem::NeverReady {
                    engine: Engine::Tiu,
                    id: waits_for,
                    last: streams.tiu.len(),
                };
                return Err(streams.dma_error(index, problem));
            }
        }
        Ok(streams)
    }

    /// What the TIU command waits for: a count of finished GDMA commands.
    pub(crate) fn tiu_waits_for(&self, index: usize) -> usize {
        unwrap_id(
            self.tiu[index].cmd_id_gdma(),
            index,
            self.tiu.len(),
            self.dma.len(),
        )
    }

    /// What the GDMA command waits for: a count of finished TIU commands.
    pub(crate) fn dma_waits_for(&self, index: usize) -> usize {
        unwrap_id(
            self.dma[index].eng0_sync_id(),
            index,
            self.dma.len(),
            self.tiu.len(),
        )
    }

    /// The command to run when `tiu_done` and `dma_done` are finished.
    pub(crate) fn next(&self, tiu_done: usize, dma_done: usize) -> Result<Next, EmulatorError> {
        let tiu_wait = (tiu_done < self.tiu.len()).then(|| self.tiu_waits_for(tiu_done));
        let dma_wait = (dma_done < self.dma.len()).then(|| self.dma_waits_for(dma_done));
        match (tiu_wait, dma_wait) {
            (Some(wait), _) if wait <= dma_done => Ok(Next::Tiu(tiu_done)),
            (_, Some(wait)) if wait <= tiu_done => Ok(Next::Dma(dma_done)),
            (Some(waits_for_dma), Some(waits_for_tiu)) => Err(EmulatorError::Deadlock {
                tiu_index: tiu_done,
                waits_for_dma,
                dma_index: dma_done,
                waits_for_tiu,
            }),
            // Waits beyond the end of the other stream were refused when the streams were decoded.
            _ => Ok(Next::Done),
        }
    }

    pub(super) fn tiu_error(&self, index: usize, problem: Problem) -> EmulatorError {
        let command = &self.tiu[index];
        EmulatorError::Command {
            engine: Engine::Tiu,
            index,
            id: command.cmd_id_tpu(),
            op: tiu_mnemonic(command),
            problem,
            fields: tiu_line(command),
        }
    }

    pub(super) fn dma_error(&self, index: usize, problem: Problem) -> EmulatorError {
        let command = &self.dma[index];
        EmulatorError::Command {
            engine: Engine::Dma,
            index,
            id: command.cmd_id(),
            op: dma_mnemonic(command),
            problem,
            fields: dma_line(command),
        }
    }
}

fn check_own_id(found: u64, index: usize) -> Result<(), Problem> {
    let expected = ((index + 1) % ID_PERIOD) as u64;
    if found == expected {
        Ok(())
    } else {
        Err(Problem::OwnId { found, expected })
    }
}

/// The full count behind a 16-bit id of the other stream. Streams of at most 65535 commands need no guess; in longer
/// ones the count nearest to the same fraction of the other stream is meant.
fn unwrap_id(id: u64, index: usize, own_length: usize, other_length: usize) -> usize {
    let id = id as usize;
    if other_length < ID_PERIOD {
        return id;
    }
    let here = index * other_length / own_length.max(1);
    let candidate = here / ID_PERIOD * ID_PERIOD + id;
    [
        candidate.checked_sub(ID_PERIOD),
        Some(candidate),
        Some(candidate + ID_PERIOD),
    ]
    .into_iter()
    .flatten()
    .min_by_key(|count| count.abs_diff(here))
    .unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::{DmaField, TiuField};

    fn streams(tiu: &[u64], dma: &[u64]) -> Result<Streams, EmulatorError> {
        let mut tiu_bytes = Vec::new();
        for (index, wait) in tiu.iter().enumerate() {
            let mut command = TiuCommand::new();
            command
                .set(TiuField::CmdIdTpu, index as u64 + 1)
                .unwrap()
                .set(TiuField::CmdIdGdma, *wait)
                .unwrap();
            tiu_bytes.extend(command.to_bytes());
        }
        let mut dma_bytes = Vec::new();
        for (index, wait) in dma.iter().enumerate() {
            let mut command = DmaCommand::new();
            command
                .set(DmaField::CmdId, index as u64 + 1)
                .unwrap()
                .set(DmaField::Eng0SyncId, *wait)
                .unwrap();
            dma_bytes.extend(command.to_bytes());
        }
        Streams::decode(&tiu_bytes, &dma_bytes)
    }

    #[test]
    fn waits_are_kept() {
        let streams = streams(&[1, 1, 2], &[0, 0, 3]).unwrap();
        let mut done = (0, 0);
        let mut order = Vec::new();
        loop {
            match streams.next(done.0, done.1).unwrap() {
                Next::Tiu(index) => {
                    order.push(format!("t{index}"));
                    done.0 += 1;
                }
                Next::Dma(index) => {
                    order.push(format!("d{index}"));
                    done.1 += 1;
                }
                Next::Done => break,
            }
        }
        assert_eq!(order.join(" "), "d0 t0 t1 d1 t2 d2");
    }

    #[test]
    fn a_deadlock_is_reported() {
        let streams = streams(&[1], &[1]).unwrap();
        assert!(matches!(streams.next(0, 0), Err(EmulatorError::Deadlock { .. })));
    }

    #[test]
    fn a_wait_beyond_the_end_is_reported() {
        let error = streams(&[2], &[0]).err().unwrap();
        assert!(
            error
                .to_string()
                .contains("waits for gdma id 2, but that stream ends at 1"),
            "{error}"
        );
    }
}
