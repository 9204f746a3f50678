//! MLIR text: whatever is read and verified is printed, and reads and prints the same again.

use tpuc_dialects::ir::{Context, OpView, verify};
use tpuc_dialects::text::{Colors, PrintOptions, SourceMap, parse, print, render_all};

/// One input.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Some(printed) = read_and_print(text) else {
        return;
    };
    let again = read_and_print(&printed).unwrap_or_else(|| panic!("cannot be read again:\n{printed}"));
    assert_eq!(printed, again, "printed differently the second time");
}

fn read_and_print(text: &str) -> Option<String> {
    let mut sources = SourceMap::new();
    let file = sources.add("fuzz", text);
    let mut ctx = Context::default();
    ctx.allow_unregistered = true;
    let found = match parse(&mut ctx, &sources, file) {
        Ok(module) => {
            let errors = verify(&ctx, module.op());
            if errors.is_empty() {
                return Some(print(&ctx, module.op(), &PrintOptions::default()));
            }
            errors
        }
        Err(errors) => {
            assert!(!errors.is_empty(), "a failure without an error");
            errors
        }
    };
    let report = render_all(&found, &sources, Colors::No);
    assert!(!report.is_empty());
    None
}
