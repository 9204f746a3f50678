//! Regions and blocks as they are opened and closed.

use super::values::Names;
use super::{BlockArgument, Builder, Scope};
use crate::ir::{Block, Diagnostic, Region, Trait};
use rustc_hash::FxHashMap;

impl<'s> Builder<'_, 's> {
    /// `{`
    pub fn begin_region(&mut self, start: usize) {
        let region = self.ctx.rewriter().create_region();
        let isolated = self
            .begun
            .last()
            .and_then(|name| self.ctx.info_of_str(*name))
            .is_some_and(|info| info.has(Trait::IsolatedFromAbove));
        if isolated {
            self.names.push(Names::default());
        }
        self.scopes.push(Scope {
            isolated,
            defined: Vec::new(),
            region,
            block: None,
            blocks: FxHashMap::default(),
            start,
            statement: self.statement.take().unwrap_or(start),
            begun: self.begun.len(),
        });
        if let Some(arguments) = self.pending_arguments.take() {
            let block = self.ctx.rewriter().create_block(region);
            self.scopes.last_mut().expect("just pushed").block = Some(block);
            let owner = self.scopes.last().map_or(start, |scope| scope.statement);
            let unnamed = arguments.iter().all(|argument| argument.name.is_empty());
            if !arguments.is_empty() && unnamed {
                let count = arguments.len();
                let message = format!(
                    "'func.func' op entry block must have {count} arguments to match function signature"
                );
                self.error(owner, start, message);
            }
            for (index, argument) in arguments.iter().enumerate() {
                let same =
                    |other: &&BlockArgument<'_>| !argument.name.is_empty() && other.name == argument.name;
                if let Some(first) = arguments[..index].iter().find(same) {
                    let place = self.span(argument.start, argument.end);
                    let first = self.span(first.start, first.end);
                    let message = format!("region entry argument '{}' is already in use", argument.name);
                    self.push_error(
                        Diagnostic::error(message)
                            .at(Some(place))
                            .note("previously referenced here", Some(first)),
                    );
                }
            }
            self.add_arguments(block, arguments, true);
        }
    }

    /// `^name(arguments):`
    pub fn begin_block(
        &mut self,
        name: &'s str,
        start: usize,
        end: usize,
        arguments: Vec<BlockArgument<'s>>,
    ) {
        let span = self.span(start, end);
        let Some(scope) = self.scopes.last_mut() else {
            self.error(start, end, "expected operation name in quotes");
            return;
        };
        let region = scope.region;
        if let Some(previous) = scope.blocks.insert(name, span) {
            self.push_error(
                Diagnostic::error(format!("redefinition of block '{name}'"))
                    .at(Some(span))
                    .note("previously defined here", Some(previous)),
            );
        }
        let block = self.ctx.rewriter().create_block(region);
        if let Some(scope) = self.scopes.last_mut() {
            scope.block = Some(block);
        }
        self.add_arguments(block, arguments, false);
    }

    fn add_arguments(&mut self, block: Block, arguments: Vec<BlockArgument<'s>>, checked: bool) {
        let mut seen: Vec<&str> = Vec::new();
        for argument in arguments {
            let loc = argument.loc.unwrap_or(self.unknown);
            let value = self.ctx.rewriter().add_argument(block, argument.ty, Some(loc));
            let span = self.span(argument.start, argument.end);
            let again = checked && seen.contains(&argument.name);
            if checked {
                seen.push(argument.name);
            }
            if !argument.name.is_empty() && !again {
                self.define(argument.name, &[value], span);
            }
        }
    }

    /// `}`
    pub fn end_region(&mut self, start: usize, end: usize) -> Region {
        let scope = self.scopes.pop().expect("every region was begun");
        debug_assert!(scope.start <= start && start < end);
        self.statement = Some(scope.statement);
        self.leave(scope)
    }

    fn leave(&mut self, scope: Scope<'s>) -> Region {
        if scope.isolated {
            let names = self.names.pop().expect("one table for each isolated scope");
            self.report_undeclared(names);
        } else {
            let names = self.names.last_mut().expect("the outermost scope");
            for name in scope.defined {
                names.remove(name);
            }
        }
        scope.region
    }

    // ------------------------------------------------------------------ after errors

    /// Whether no region is open.
    pub(in crate::text) fn at_top(&self) -> bool {
        self.scopes.is_empty()
    }

    /// Where the operation that is being read begins.
    pub(in crate::text) fn statement(&self) -> Option<usize> {
        self.statement
    }

    /// The name of the operation that is being read, where it is known already.
    pub(in crate::text) fn current_operation(&self) -> Option<&str> {
        let outside = self.scopes.last().map_or(0, |scope| scope.begun);
        let name = self.begun.get(outside..)?.last()?;
        Some(self.ctx.text(*name))
    }

    /// The dialect whose operations need no prefix in the innermost open region.
    pub(in crate::text) fn default_dialect(&self) -> &'static str {
        let owner = self
            .scopes
            .last()
            .and_then(|scope| self.begun.get(scope.begun.checked_sub(1)?));
        match owner.map(|name| self.ctx.text(*name)) {
            Some("func.func") => "func",
            _ => "builtin",
        }
    }

    /// Forgets the operations that were begun inside the innermost open region and not completed.
    pub(in crate::text) fn abandon_operations(&mut self) {
        self.begun
            .truncate(self.scopes.last().map_or(0, |scope| scope.begun));
        self.pending_arguments = None;
        self.statement = None;
    }

    /// Leaves the innermost open region, whose operation will not be completed; where that operation begins, and its `{`.
    pub(in crate::text) fn abandon_region(&mut self) -> Option<(usize, usize)> {
        let scope = self.scopes.pop()?;
        let place = (scope.statement, scope.start);
        self.leave(scope);
        self.abandon_operations();
        Some(place)
    }
}
