//! The `top` part of `--canonicalize`: local rewrites until nothing changes. What the rewrites leave without a use stays until
//! `--extra-optimize`, as in TPU-MLIR, whose count of operations has it; constants that nothing uses go away.

use super::patterns::{erase_unused_constants, patterns_of};
use crate::program::Program;

/// Rounds over a function; each of them makes progress, the bound is a safeguard.
const MOST_ROUNDS: usize = 100;

/// Applies the rewrites of [`patterns_of`] to every function. True if something changed.
pub fn canonicalize(program: &mut Program) -> bool {
    let mut changed = false;
    for func in program.module.functions(&program.ctx) {
        for _ in 0..MOST_ROUNDS {
            let mut again = false;
            for op in func.ops(&program.ctx) {
                let mut patterns = patterns_of(program.ctx.op_name(op)).iter();
                while !program.ctx.is_erased(op) {
                    let Some(pattern) = patterns.next() else { break };
                    again |= pattern(program, op);
                }
            }
            again |= erase_unused_constants(program, func);
            changed |= again;
            if !again {
                break;
            }
        }
        func.update_type(&mut program.ctx.rewriter());
    }
    changed
}
