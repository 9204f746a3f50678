//! Python's random numbers, by which TPU-MLIR chooses its samples.

/// Python's `random.Random` as far as a shuffle needs it: the generator MT19937 (Matsumoto and Nishimura 1998) with
/// its initialisation by array, and CPython's way to draw numbers below a limit.
pub struct PythonRandom {
    state: [u32; 624],
    next: usize,
}

impl PythonRandom {
    /// The generator after `random.seed(seed)`.
    #[must_use]
    pub fn new(seed: u32) -> Self {
        let mut state = [0_u32; 624];
        state[0] = 19_650_218;
        for index in 1..624 {
            let previous = state[index - 1] ^ state[index - 1] >> 30;
            state[index] = previous.wrapping_mul(1_812_433_253).wrapping_add(index as u32);
        }
        // Two rounds of mixing; the key is the seed alone.
        let mut index = 1;
        let mut step = |state: &mut [u32; 624], multiplier: u32, term: &dyn Fn(u32, usize) -> u32| {
            let previous = state[index - 1] ^ state[index - 1] >> 30;
            state[index] = term(state[index] ^ previous.wrapping_mul(multiplier), index);
            index += 1;
            if index == 624 {
                state[0] = state[623];
                index = 1;
            }
        };
        for _ in 0..624 {
            step(&mut state, 1_664_525, &|value, _| value.wrapping_add(seed));
        }
        for _ in 0..623 {
            step(&mut state, 1_566_083_941, &|value, index| {
                value.wrapping_sub(index as u32)
            });
        }
        state[0] = 0x8000_0000;
        Self { state, next: 624 }
    }

    /// 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.next == 624 {
            for index in 0..624 {
                let bits = self.state[index] & 0x8000_0000 | self.state[(index + 1) % 624] & 0x7fff_ffff;
                let twist = if bits & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[index] = self.state[(index + 397) % 624] ^ bits >> 1 ^ twist;
            }
            self.next = 0;
        }
        let mut bits = self.state[self.next];
        self.next += 1;
        bits ^= bits >> 11;
        bits ^= bits << 7 & 0x9d2c_5680;
        bits ^= bits << 15 & 0xefc6_0000;
        bits ^ bits >> 18
    }

    /// A number below `limit`, which is not 0.
    fn below(&mut self, limit: u32) -> u32 {
        let shift = limit.leading_zeros();
        loop {
            let number = self.next_u32() >> shift;
            if number < limit {
                return number;
            }
        }
    }

    /// `random.shuffle`.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for index in (1..items.len()).rev() {
            let other = self.below(u32::try_from(index + 1).unwrap_or(u32::MAX)) as usize;
            items.swap(index, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_pythons() {
        // random.seed(1684); [random.getrandbits(32) for _ in range(3)], then the 1000th.
        let mut random = PythonRandom::new(1684);
        let first: Vec<u32> = (0..3).map(|_| random.next_u32()).collect();
        assert_eq!(first, [2_067_858_712, 61_194_221, 2_215_618_579]);
        let last = (3..1000).map(|_| random.next_u32()).last();
        assert_eq!(last, Some(2_617_943_863));
        // random.seed(1684); x = list(range(12)); random.shuffle(x)
        let mut items: Vec<u32> = (0..12).collect();
        PythonRandom::new(1684).shuffle(&mut items);
        assert_eq!(items, [1, 10, 5, 2, 11, 6, 3, 9, 4, 8, 0, 7]);
    }
}
