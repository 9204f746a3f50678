//! How long a group of several slices takes: both engines, in the order of the commands that [`super::emit`] makes.

use super::estimate::Slice;
use super::shape::Run;

/// Slices that are followed one by one; of more, the others take as long as the last of these.
const FOLLOWED: usize = 6;

/// What is known of a slice while the next one is on its way.
#[derive(Clone, Default)]
struct Times {
    /// When each tensor that is loaded is there.
    loaded: Vec<u64>,
    /// When each operation is done.
    done: Vec<u64>,
    /// When each result is stored.
    stored: Vec<u64>,
}

struct Pipeline<'a> {
    run: &'a Run,
    dma: u64,
    tiu: u64,
    /// The slice before, the slice at hand, the next one; of the last, until it is there, the stores of the slice two before.
    times: [Times; 3],
    early: Vec<bool>,
}

/// Cycles from the first load to the last store of `count` slices, of which `slice_at` says what each costs.
pub fn cycles<'a>(
    run: &Run,
    count: usize,
    weight_cycles: &[u64],
    slice_at: impl Fn(usize) -> &'a Slice,
) -> u64 {
    let empty = Times {
        loaded: vec![0; run.tensors.len() - run.made],
        done: vec![0; run.made],
        stored: vec![0; run.made],
    };
    let mut line = Pipeline {
        run,
        dma: 0,
        tiu: 0,
        times: [empty.clone(), empty.clone(), empty],
        early: (0..run.made).map(|step| run.is_early(step)).collect(),
    };
    line.load(slice_at(0), 1);
    line.dma += weight_cycles.iter().sum::<u64>();
    let weights_there = line.dma;
    let (mut end, mut period) = (0, 0);
    let followed = count.min(FOLLOWED);
    for index in 0..followed {
        line.move_loaded(slice_at(index));
        // The last of those that are followed is the last of all.
        let number = |index: usize| if index + 1 == followed { count - 1 } else { index };
        if index + 1 < followed {
            line.load(slice_at(number(index + 1)), 2);
        }
        if index > 0 {
            line.store(slice_at(number(index - 1)), 0);
        }
        line.compute(slice_at(number(index)), index == 0, weights_there);
        if index + 2 == followed {
            period = line.tiu.max(line.dma) - end;
        }
        if index + 2 < followed {
            end = line.tiu.max(line.dma);
        }
        if index + 1 < followed {
            line.times.rotate_left(1);
        }
    }
    line.store(slice_at(count - 1), 1);
    line.tiu.max(line.dma) + period * (count - followed) as u64
}

impl Pipeline<'_> {
    /// Loads a slice, whose place in `times` is `into`, over what the slice two before read.
    fn load(&mut self, slice: &Slice, into: usize) {
        for place in self.run.made..self.run.tensors.len() {
            let home = self.run.joined_in(place).unwrap_or(place);
            let free = if into == 2 { self.last_read(0, home) } else { 0 };
            self.dma = self.dma.max(free) + slice.loads[place - self.run.made];
            self.times[into].loaded[place - self.run.made] = self.dma;
        }
    }

    /// When the last operation that reads a tensor is done.
    fn last_read(&self, of: usize, place: usize) -> u64 {
        let last = self.run.uses[place].1.min(self.run.made - 1);
        self.times[of].done[last]
    }

    /// Moves channels of what was loaded, over what the slice before read.
    fn move_loaded(&mut self, slice: &Slice) {
        for step in (0..self.run.made).filter(|step| self.early[*step]) {
            let inputs = self.run.inputs[step].iter();
            let there = inputs
                .map(|place| self.times[1].loaded[place - self.run.made])
                .max();
            if self.run.is_joined(step) {
                self.times[1].done[step] = there.unwrap_or(0);
                continue;
            }
            let free = self.last_read(0, step);
            self.dma = self.dma.max(there.unwrap_or(0)).max(free) + slice.costs[step].dma;
            self.times[1].done[step] = self.dma;
        }
    }

    fn store(&mut self, slice: &Slice, of: usize) {
        for place in (0..self.run.made).filter(|place| self.run.stored[*place]) {
            self.dma = self.dma.max(self.times[of].done[place]) + slice.stores[place];
            self.times[of].stored[place] = self.dma;
        }
    }

    fn compute(&mut self, slice: &Slice, is_first: bool, weights_there: u64) {
        let run = self.run;
        for step in (0..run.made).filter(|step| !self.early[*step]) {
            let cost = &slice.costs[step];
            let inputs = &run.inputs[step];
            let when = |times: &Times, place: usize| match place.checked_sub(run.made) {
                Some(input) => times.loaded[input],
                None => times.done[place],
            };
            let ready = inputs.iter().map(|place| when(&self.times[1], *place)).max();
            // Its place is that of the slice two before.
            let mut ready = ready.unwrap_or(0).max(self.times[2].stored[step]);
            if run.moves[step] {
                // Channels that were computed are on their way since then.
                let loaded = inputs.iter().filter(|place| **place >= run.made).count() as u64;
                if loaded > 0 {
                    self.dma = self.dma.max(ready) + cost.dma * loaded / inputs.len() as u64;
                    ready = ready.max(self.dma);
                }
                self.times[1].done[step] = self.times[1].done[step].max(ready);
            } else {
                let own = if is_first {
                    cost.dma
                } else {
                    cost.dma - cost.tables
                };
                if own > 0 {
                    self.dma = self.dma.max(ready) + own;
                    ready = ready.max(self.dma);
                }
                self.tiu = self.tiu.max(ready).max(weights_there) + cost.tiu;
                self.times[1].done[step] = self.tiu;
            }
            // What moves take of this result.
            for other in (0..run.made).filter(|other| run.moves[*other] && run.inputs[*other].contains(&step))
            {
                let share = slice.costs[other].dma / run.inputs[other].len() as u64;
                if share > 0 {
                    self.dma = self.dma.max(self.times[1].done[step]) + share;
                }
                self.times[1].done[other] = self.dma.max(self.times[1].done[step]);
            }
        }
    }
}
