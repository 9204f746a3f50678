//! The order of loads, computation and stores over tiles.

use super::emitter::Emitter;
use super::error::Result;

/// Runs tiles through local memory: load, compute, store. With two slots the next tile is loaded before the current one
/// is computed, so that both engines work at once; the emitter makes them wait where they must.
///
/// # Errors
/// The first error of a step.
pub fn pipeline<T>(
    emitter: &mut Emitter,
    tiles: &[T],
    slots: usize,
    mut load: impl FnMut(&mut Emitter, &T, usize) -> Result<()>,
    mut compute: impl FnMut(&mut Emitter, &T, usize) -> Result<()>,
    mut store: impl FnMut(&mut Emitter, &T, usize) -> Result<()>,
) -> Result<()> {
    for (index, tile) in tiles.iter().enumerate() {
        if slots == 1 || index == 0 {
            load(emitter, tile, index % slots)?;
        }
        if slots > 1
            && let Some(next) = tiles.get(index + 1)
        {
            load(emitter, next, (index + 1) % slots)?;
        }
        compute(emitter, tile, index % slots)?;
        store(emitter, tile, index % slots)?;
    }
    Ok(())
}
