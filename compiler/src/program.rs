//! A program: the module and the weights beside it.

use crate::data::file::write_bytes_atomically;
use crate::data::{DataError, Tensor};
use crate::weights::{WeightError, WeightStore};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tpuc_dialects::builtin::Module;
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Context, Diagnostic, Op, OpView, Value, verify};
use tpuc_dialects::text::{self, Colors, PrintOptions, SourceMap};
use tpuc_runtime::bmodel::{self, Bmodel};

/// A module with its context. Weights live in an npz beside the text, named by the attribute `module.weight_file`.
pub struct Program {
    /// Owner of the module.
    pub ctx: Context,
    /// The top-level module.
    pub module: Module,
    /// The tensors of its `top.Weight` operations.
    pub weights: WeightStore,
    /// What was compiled of it, and the files for that: written together with the program.
    pub bmodels: Vec<(PathBuf, Bmodel)>,
}

/// Why a program could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// The text cannot be read.
    #[error("cannot read '{}': {source}", path.display())]
    Read {
        /// The text file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The text is wrong.
    #[error("{}", text::render_all(diagnostics, sources, Colors::No).trim_end())]
    Text {
        /// What is wrong with it.
        diagnostics: Vec<Diagnostic>,
        /// The text that the diagnostics point into.
        sources: Box<SourceMap>,
    },
    /// The weights are missing or bad.
    #[error(transparent)]
    Weights(#[from] WeightError),
    /// A file is bad or cannot be written.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A bmodel cannot be written.
    #[error("cannot write '{}': {source}", path.display())]
    Bmodel {
        /// The file.
        path: PathBuf,
        /// Why.
        source: bmodel::Error,
    },
}

impl Program {
    /// Reads and verifies a text file. The weights of the npz that it names, beside it, are loaded when first asked for.
    ///
    /// # Errors
    /// When the text cannot be read, is wrong, or its weight file is no npz. A missing weight file is an error only when a
    /// weight is asked for.
    pub fn read(path: &Path) -> Result<Self, ProgramError> {
        let source = std::fs::read_to_string(path).map_err(|source| ProgramError::Read {
            path: path.to_owned(),
            source,
        })?;
        let mut sources = SourceMap::new();
        let file = sources.add(path.display().to_string(), source);
        let mut ctx = Context::default();
        let module = match text::parse(&mut ctx, &sources, file) {
            Ok(module) => module,
            Err(diagnostics) => {
                return Err(ProgramError::Text {
                    diagnostics,
                    sources: Box::new(sources),
                });
            }
        };
        let diagnostics = verify(&ctx, module.op());
        if !diagnostics.is_empty() {
            return Err(ProgramError::Text {
                diagnostics,
                sources: Box::new(sources),
            });
        }
        let mut program = Self {
            ctx,
            module,
            weights: WeightStore::default(),
            bmodels: Vec::new(),
        };
        program.open_weights(path.parent().unwrap_or(Path::new("")))?;
        Ok(program)
    }

    /// Opens the weight file that the module names, in this folder.
    ///
    /// # Errors
    /// When the file is there but is no npz.
    pub fn open_weights(&mut self, folder: &Path) -> Result<(), DataError> {
        if let Some(name) = self.module_str("weight_file") {
            self.weights = WeightStore::open_if_present(&folder.join(name))?;
        }
        Ok(())
    }

    /// Writes the text and, beside it, the weights (see [`Self::write_files`]).
    ///
    /// # Errors
    /// When a weight is missing or a file cannot be written; no partial file stays behind.
    pub fn write(&mut self, path: &Path) -> Result<(), ProgramError> {
        self.write_files(Some(path.parent().unwrap_or(Path::new(""))), |program| {
            Ok(write_bytes_atomically(path, program.to_text().as_bytes())?)
        })
    }

    /// Writes the weights into a folder under the name in `module.weight_file`, and the bmodels, while `print` prints the
    /// program. Without a folder weights are not written.
    ///
    /// Weights that are the file's own and unchanged are not written again. Weights that were changed go to a file of another
    /// name than the one they came from (see [`Self::default_weight_file`]) unless a pass has set one.
    ///
    /// # Errors
    /// When a weight is missing or a file cannot be written, and what `print` returns; no partial file stays behind.
    pub fn write_files<T: Send>(
        &mut self,
        folder: Option<&Path>,
        print: impl FnOnce(&Self) -> Result<T, ProgramError> + Send,
    ) -> Result<T, ProgramError> {
        if let Some(folder) = folder {
            self.name_weight_file(folder);
        }
        let program = &*self;
        // Bmodels and weights are the same bytes in two orders, and large.
        let (bmodels, rest) = rayon::join(
            || program.write_bmodels(),
            || {
                folder.map_or(Ok(()), |folder| program.write_weights(folder))?;
                print(program)
            },
        );
        bmodels?;
        self.bmodels.clear();
        rest
    }

    fn write_bmodels(&self) -> Result<(), ProgramError> {
        self.bmodels.iter().try_for_each(|(path, bmodel)| {
            bmodel.write(path).map_err(|source| ProgramError::Bmodel {
                path: path.clone(),
                source,
            })
        })
    }

    /// Names the file of the weights anew where they were changed and would replace the file that they came from.
    fn name_weight_file(&mut self, folder: &Path) {
        let opened = self.weights.path();
        let named = self.module_str("weight_file").map(|name| folder.join(name));
        let same_place = opened.is_some() && opened == named.as_deref();
        let is_unnamed = named.is_none() && !self.weight_names().is_empty();
        if (self.weights.is_changed() && same_place) || is_unnamed {
            let name = self.default_weight_file();
            self.set_module_str("weight_file", &name);
        }
    }

    fn write_weights(&self, folder: &Path) -> Result<(), ProgramError> {
        let Some(target) = self.module_str("weight_file").map(|name| folder.join(name)) else {
            return Ok(());
        };
        let opened = self.weights.path();
        if self.weights.is_changed() || opened != Some(&*target) {
            let names = self.weight_names();
            let available = names.iter().all(|name| self.weights.contains(name));
            // Text alone can be passed through without its weights, as long as nothing touched them.
            if available || self.weights.is_changed() || opened.is_some() {
                self.weights.write(&target, &names)?;
            }
        }
        Ok(())
    }

    /// The program as text, with locations, and the blank line at the end that TPU-MLIR's files have.
    pub fn to_text(&self) -> String {
        let options = PrintOptions {
            final_blank_line: true,
            ..PrintOptions::default()
        };
        text::print(&self.ctx, self.module.op(), &options)
    }

    /// The name that TPU-MLIR gives the weight file of this state: `rfb320_top_f32_all_weight.npz`,
    /// `rfb320_tpu_addressed_bm1684_int8_sym_weight.npz`.
    pub fn default_weight_file(&self) -> String {
        let lower = |name: &str| self.module_str(name).map(str::to_lowercase);
        let mut parts = vec![
            self.ctx
                .get_str(self.module.op(), "sym_name")
                .unwrap_or("module")
                .to_lowercase(),
        ];
        parts.extend(lower("state"));
        parts.extend(lower("chip"));
        if let Some(mode) = lower("mode") {
            let quantised = mode.starts_with("int");
            parts.push(mode);
            if quantised {
                let asymmetric = self
                    .ctx
                    .get_bool(self.module.op(), "module.asymmetric")
                    .unwrap_or(false);
                parts.push(if asymmetric { "asym" } else { "sym" }.to_owned());
            }
        }
        parts.push("weight.npz".to_owned());
        parts.join("_")
    }

    /// An empty module of this name, without weights.
    pub fn new(name: &str) -> Self {
        let mut ctx = Context::default();
        let module = Module::create(&mut ctx.rewriter(), Some(name));
        Self {
            ctx,
            module,
            weights: WeightStore::default(),
            bmodels: Vec::new(),
        }
    }

    /// A program of its own that begins as this one; tensors of the weights are shared, not copied.
    ///
    /// # Errors
    /// When a weight is not in the store.
    pub fn fork(&self) -> Result<Self, WeightError> {
        let mut weights = WeightStore::default();
        for name in self.weight_names() {
            let tensor = self.weights.get(&name)?;
            weights.insert_shared(&name, tensor);
        }
        Ok(Self {
            ctx: self.ctx.clone(),
            module: self.module,
            weights,
            bmodels: Vec::new(),
        })
    }

    /// The module that holds the functions: the only one inside, as `--dev-parallel` makes it, or the top-level one.
    pub fn device_module(&self) -> Module {
        match self.module.submodules(&self.ctx)[..] {
            [inner] if self.module.functions(&self.ctx).is_empty() => inner,
            _ => self.module,
        }
    }

    /// The function `main`.
    ///
    /// # Errors
    /// When the module has none.
    pub fn main(&self) -> Result<Func, Diagnostic> {
        self.device_module()
            .function(&self.ctx, "main")
            .ok_or_else(|| Diagnostic::error("the module has no function 'main'"))
    }

    /// A `module.*` attribute's text, such as `module_str("chip")`.
    pub fn module_str(&self, name: &str) -> Option<&str> {
        self.ctx.get_str(self.module.op(), &format!("module.{name}"))
    }

    /// Sets a `module.*` attribute to a text.
    pub fn set_module_str(&mut self, name: &str, value: &str) {
        let attr = self.ctx.string_attr(value);
        self.ctx
            .rewriter()
            .set_attr(self.module.op(), &format!("module.{name}"), attr);
    }

    /// The tensor that a value of a `top.Weight` operation stands for; `None` if the value is not a weight.
    ///
    /// # Errors
    /// When the weight is not in the store.
    pub fn weight(&self, value: Value) -> Result<Option<Arc<Tensor>>, WeightError> {
        match self.ctx.defining_op(value) {
            Some(op) if self.ctx.is(op, "top.Weight") => self.weights.get(self.ctx.name(op)).map(Some),
            _ => Ok(None),
        }
    }

    /// Names of all weights that the module refers to, sorted as the weight file holds them, each once.
    pub fn weight_names(&self) -> Vec<String> {
        let ops: Vec<Op> = self.ctx.walk(self.module.op());
        let mut names: Vec<String> = ops
            .iter()
            .filter(|op| self.ctx.is(**op, "top.Weight"))
            .map(|op| self.ctx.name(*op).to_owned())
            .collect();
        names.sort();
        names.dedup();
        names
    }
}
