//! Which dialects and operations a context knows.

use super::OpInfo;

/// A dialect: a name and its operations.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// `top`
    pub name: &'static str,
    /// Its operations.
    pub ops: &'static [&'static OpInfo],
}

/// The dialects that a context knows.
#[derive(Clone, Debug)]
pub struct DialectRegistry {
    dialects: Vec<Dialect>,
}

impl DialectRegistry {
    /// All dialects of this crate.
    pub fn all() -> Self {
        Self {
            dialects: vec![
                crate::builtin::DIALECT,
                crate::func::DIALECT,
                crate::quant::DIALECT,
                crate::top::DIALECT,
                crate::tpu::DIALECT,
            ],
        }
    }

    /// The dialects.
    pub fn dialects(&self) -> &[Dialect] {
        &self.dialects
    }

    /// The operations of all dialects.
    pub fn ops(&self) -> Vec<&'static OpInfo> {
        self.dialects
            .iter()
            .flat_map(|dialect| dialect.ops.iter().copied())
            .collect()
    }

    /// The names nearest to `name`, best first: for "did you mean".
    pub fn nearest(&self, name: &str, count: usize) -> Vec<&'static str> {
        let names: Vec<&'static str> = self.ops().iter().map(|info| info.name).collect();
        super::nearest(name, names, count)
    }
}
