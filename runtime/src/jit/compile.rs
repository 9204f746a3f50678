//! LLVM through inkwell: assembly text to native code for this machine.
#![allow(unsafe_code)]

use inkwell::OptimizationLevel;
use inkwell::attributes::AttributeLoc;
use inkwell::context::Context;
use inkwell::execution_engine::ExecutionEngine;
use inkwell::memory_buffer::MemoryBuffer;
use inkwell::passes::PassBuilderOptions;
use inkwell::targets::{CodeModel, InitializationConfig, RelocMode, Target, TargetMachine};

use super::{Function, text};

/// Compiles modules and keeps their code.
pub(super) struct Compiler {
    context: &'static Context,
    machine: Option<TargetMachine>,
    cpu: String,
    features: String,
    /// Owners of the code; never dropped, because functions are handed out for the life of the process.
    engines: Vec<ExecutionEngine<'static>>,
}

// SAFETY: a context and what belongs to it may be used from any thread, by one at a time. All of it is reached only
// through `Compiler::compile`, which needs `&mut self`, and the context is never handed out. The code itself is
// immutable once it is made and needs none of it to run.
unsafe impl Send for Compiler {}

impl Compiler {
    pub(super) fn new() -> Self {
        let cpu = TargetMachine::get_host_cpu_name().to_string();
        let features = TargetMachine::get_host_cpu_features().to_string();
        let machine = Target::initialize_native(&InitializationConfig::default())
            .ok()
            .and_then(|()| {
                let triple = TargetMachine::get_default_triple();
                Target::from_triple(&triple).ok()?.create_target_machine(
                    &triple,
                    &cpu,
                    &features,
                    OptimizationLevel::Default,
                    RelocMode::Default,
                    CodeModel::JITDefault,
                )
            });
        Self {
            // One context lives as long as the process, as the code does.
            context: Box::leak(Box::new(Context::create())),
            machine,
            cpu,
            features,
            engines: Vec::new(),
        }
    }

    /// The function of a module, or `None` when LLVM refuses it: then the interpreter goes on alone.
    pub(super) fn compile(&mut self, assembly: &str) -> Option<Function> {
        let machine = self.machine.as_ref()?;
        let buffer = MemoryBuffer::create_from_memory_range_copy(assembly.as_bytes(), "loop");
        let module = self.context.create_module_from_ir(buffer).ok()?;
        let function = module.get_function(text::NAME)?;
        // The engine makes a target machine of its own and takes these from the function.
        for (name, value) in [("target-cpu", &self.cpu), ("target-features", &self.features)] {
            function.add_attribute(
                AttributeLoc::Function,
                self.context.create_string_attribute(name, value),
            );
        }
        module.set_triple(&machine.get_triple());
        module.set_data_layout(&machine.get_target_data().get_data_layout());
        module
            .run_passes("default<O2>", machine, PassBuilderOptions::create())
            .ok()?;
        let engine = module
            .create_jit_execution_engine(OptimizationLevel::Default)
            .ok()?;
        let address = engine.get_function_address(text::NAME).ok()?;
        self.engines.push(engine);
        // SAFETY: the address is that of the function that `text::function` wrote, whose parameters are those of
        // `Function` in C's calling convention; the engine that owns the code is never dropped.
        Some(unsafe { std::mem::transmute::<usize, Function>(address) })
    }
}
