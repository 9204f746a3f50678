//! Races between the engines: two commands that nothing orders, one of which writes what the other reads or writes.
//!
//! Inside an engine commands run in order. Between the engines only the awaited ids order them, directly or through
//! earlier commands of the same engine. What a command touches comes from its fields (`isa::operands`): first boxes around
//! operands are compared, and where these meet, the rows of elements themselves.

use super::error::EmulatorError;
use super::scheduler::Streams;
use crate::isa::memory_map::Memory;
use crate::isa::operands::{Access, Content, Extent, Operand, Region, dma_operands, tiu_operands};

/// Pairs of unordered commands that are looked at; vendor streams have a few per command.
const MAX_PAIRS: u64 = 1 << 26;
/// Rows of one operand that are compared exactly; beyond that boxes decide.
const MAX_RUNS: usize = 1 << 20;

/// An operand with the box around it.
struct Touched {
    role: &'static str,
    writes: bool,
    region: Region,
    memory: Memory,
    /// Lanes of the box, as bits; lane 0 outside of local memory.
    lanes: u64,
    start: u64,
    end: u64,
}

fn touched(operands: Vec<Operand>) -> Vec<Touched> {
    let mut all = Vec::new();
    for operand in operands {
        let Content::Tensor(region) = operand.content else {
            continue;
        };
        let extents = region.extents();
        let Some(first) = extents.first() else {
            continue;
        };
        all.push(Touched {
            role: operand.role,
            writes: operand.access != Access::Read,
            region,
            memory: first.memory,
            lanes: extents.iter().fold(0, |lanes, extent| lanes | 1 << extent.lane),
            start: extents.iter().map(|extent| extent.start).min().unwrap_or(0),
            end: extents.iter().map(|extent| extent.end).max().unwrap_or(0),
        });
    }
    all
}

/// The first place that both touch.
fn overlap(a: &Touched, b: &Touched) -> Option<Extent> {
    let apart = a.memory != b.memory || a.lanes & b.lanes == 0 || a.start >= b.end || b.start >= a.end;
    if apart || !(a.writes || b.writes) {
        return None;
    }
    let mut runs = Vec::new();
    let mut complete = true;
    a.region.for_each_run(|run| {
        runs.push((run.lane, run.start, run.end));
        complete = runs.len() < MAX_RUNS;
        complete
    });
    let whole_box = Extent {
        memory: a.memory,
        lane: (a.lanes & b.lanes).trailing_zeros() as usize,
        start: a.start.max(b.start),
        end: a.end.min(b.end),
    };
    if !complete {
        return Some(whole_box);
    }
    runs.sort_unstable();
    // Overlapping runs of one operand (broadcasts) are joined, so that ends ascend too.
    runs.dedup_by(|next, previous| {
        let joins = next.0 == previous.0 && next.1 <= previous.2;
        if joins {
            previous.2 = previous.2.max(next.2);
        }
        joins
    });
    let (mut found, mut visited) = (None, 0);
    b.region.for_each_run(|run| {
        visited += 1;
        let next = runs.partition_point(|(lane, _, end)| (*lane, *end) <= (run.lane, run.start));
        if let Some(&(lane, start, end)) = runs.get(next)
            && lane == run.lane
            && start < run.end
        {
            found = Some(Extent {
                start: start.max(run.start),
                end: end.min(run.end),
                ..run
            });
        } else if visited >= MAX_RUNS {
            found = Some(whole_box);
        }
        found.is_none()
    });
    found
}

/// Looks at every pair of commands that may run at the same time.
///
/// # Errors
/// [`EmulatorError::Race`] for the first pair of which one writes what the other touches;
/// [`EmulatorError::TooManyPairs`] when so much is unordered that looking is hopeless.
pub(super) fn check(streams: &Streams) -> Result<(), EmulatorError> {
    let running_maximum = |waits: &mut dyn Iterator<Item = usize>| -> Vec<usize> {
        waits
            .scan(0, |most, wait| {
                *most = wait.max(*most);
                Some(*most)
            })
            .collect()
    };
    let dma_done = running_maximum(&mut (0..streams.tiu.len()).map(|index| streams.tiu_waits_for(index)));
    let tiu_done = running_maximum(&mut (0..streams.dma.len()).map(|index| streams.dma_waits_for(index)));
    let mut window: std::collections::VecDeque<(usize, Vec<Touched>)> = std::collections::VecDeque::new();
    let (mut next, mut pairs) = (0, 0u64);
    for (tiu_index, command) in streams.tiu.iter().enumerate() {
        // GDMA commands before `dma_done` are over; those that wait for this TIU command or a later one come after it.
        while window
            .front()
            .is_some_and(|(index, _)| *index < dma_done[tiu_index])
        {
            window.pop_front();
        }
        next = next.max(dma_done[tiu_index]);
        while next < streams.dma.len() && tiu_done[next] <= tiu_index {
            window.push_back((next, touched(dma_operands(&streams.dma[next]))));
            next += 1;
        }
        pairs += window.len() as u64;
        if pairs > MAX_PAIRS {
            return Err(EmulatorError::TooManyPairs { pairs });
        }
        if window.is_empty() {
            continue;
        }
        let here = touched(tiu_operands(command));
        for (dma_index, there) in &window {
            for a in &here {
                if let Some((b, at)) = there.iter().find_map(|b| Some((b, overlap(a, b)?))) {
                    return Err(EmulatorError::Race {
                        tiu_index,
                        tiu_role: a.role,
                        tiu_writes: a.writes,
                        dma_index: *dma_index,
                        dma_role: b.role,
                        dma_writes: b.writes,
                        place: place(at),
                    });
                }
            }
        }
    }
    Ok(())
}

fn place(at: Extent) -> String {
    match at.memory {
        Memory::Local => format!("lane {} bytes {:#x}..{:#x}", at.lane, at.start, at.end),
        other => format!("{} bytes {:#x}..{:#x}", other.name(), at.start, at.end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::memory_map::{DDR_BASE, local_address};
    use crate::isa::{DmaCommand, DmaField, TiuCommand, TiuField, TiuOp};

    fn add(id: u64, waits_for: u64, result: u64, operand: u64) -> TiuCommand {
        let mut command = TiuCommand::new();
        command.set_op(TiuOp::Add);
        for (field, value) in [
            (TiuField::CmdIdTpu, id),
            (TiuField::CmdIdGdma, waits_for),
            (TiuField::OptRes0Prec, 2),
            (TiuField::OptOpd0Prec, 2),
            (TiuField::OptOpd1Const, 1),
            (TiuField::Res0C, 3),
            (TiuField::Res0W, 8),
            (TiuField::Res0Addr, result),
            (TiuField::Opd0Addr, operand),
        ] {
            command.set(field, value).unwrap();
        }
        command
    }

    fn load(id: u64, waits_for: u64, target: u64) -> DmaCommand {
        let mut command = DmaCommand::new();
        for (field, value) in [
            (DmaField::CmdId, id),
            (DmaField::Eng0SyncId, waits_for),
            (DmaField::SrcNsize, 1),
            (DmaField::SrcCsize, 2),
            (DmaField::SrcHsize, 1),
            (DmaField::SrcWsize, 8),
            (DmaField::DstNsize, 1),
            (DmaField::DstCsize, 2),
            (DmaField::DstHsize, 1),
            (DmaField::DstWsize, 8),
        ] {
            command.set(field, value).unwrap();
        }
        command.set_source_address(DDR_BASE).unwrap();
        command.set_destination_address(target).unwrap();
        command
    }

    fn run(tiu: &[TiuCommand], dma: &[DmaCommand]) -> Result<(), EmulatorError> {
        let tiu: Vec<u8> = tiu.iter().flat_map(TiuCommand::to_bytes).collect();
        let dma: Vec<u8> = dma.iter().flat_map(DmaCommand::to_bytes).collect();
        check(&Streams::decode(&tiu, &dma)?)
    }

    #[test]
    fn a_load_into_what_is_read_must_be_awaited() {
        let (input, result) = (local_address(0, 0), local_address(0, 0x400));
        let race = run(&[add(1, 0, result, input)], &[load(1, 0, input)]).unwrap_err();
        assert_eq!(
            race.to_string(),
            "race: tiu command 0 reads its input and gdma command 0 writes its destination, lane 0 bytes 0x0..0x20, and \
             neither waits for the other"
        );
        // Awaited by either side, or elsewhere: in other lanes, behind the row.
        assert!(run(&[add(1, 1, result, input)], &[load(1, 0, input)]).is_ok());
        assert!(run(&[add(1, 0, result, input)], &[load(1, 1, input)]).is_ok());
        for target in [
            local_address(3, 0),
            local_address(0, 0x20),
            local_address(0, 0x800),
        ] {
            assert!(run(&[add(1, 0, result, input)], &[load(1, 0, target)]).is_ok());
        }
    }

    #[test]
    fn waits_are_inherited_from_earlier_commands() {
        let (input, result, other) = (
            local_address(0, 0),
            local_address(0, 0x400),
            local_address(0, 0x800),
        );
        // The second TIU command runs after the first, which waits for the load.
        let tiu = [add(1, 1, other, other), add(2, 0, result, input)];
        assert!(run(&tiu, &[load(1, 0, input)]).is_ok());
        // The second load may overtake: only the first is awaited.
        let dma = [load(1, 0, local_address(5, 0x2000)), load(2, 0, input)];
        assert!(matches!(
            run(&tiu, &dma),
            Err(EmulatorError::Race {
                tiu_index: 1,
                dma_index: 1,
                ..
            })
        ));
    }
}
