//! How a group sees its tensors.

use super::super::tensor::Dims;
use super::bands::{self, Band};
use super::flat::View;
use super::graph::{Node, Tensor};
use super::rows::Rows;
use super::weights::Weight;
use std::borrow::Cow;

/// How a group sees its tensors.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Seen {
    /// By their own sizes.
    Own,
    /// By others.
    Flat(View),
    /// As so many bands of rows side by side in lanes.
    Bands(usize),
}

/// The ways in which runs are tried; [`Seen`] says with which sizes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// [`Seen::Own`].
    Own,
    /// [`Seen::Flat`].
    Flat,
    /// [`Seen::Bands`].
    Bands,
}

impl Kind {
    /// All.
    pub const ALL: [Self; 3] = [Self::Own, Self::Flat, Self::Bands];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Flat => "flat",
            Self::Bands => "bands",
        }
    }
}

impl Seen {
    /// Which kind it is.
    pub fn kind(self) -> Kind {
        match self {
            Self::Own => Kind::Own,
            Self::Flat(_) => Kind::Flat,
            Self::Bands(_) => Kind::Bands,
        }
    }

    /// How many bands there are: 1 for all other ways.
    pub fn bands(self) -> usize {
        match self {
            Self::Bands(bands) => bands,
            _ => 1,
        }
    }

    /// How rows of an operation's result come from rows of its operands.
    pub fn rule(self, rows: Option<Rows>) -> Option<Rows> {
        match self {
            Self::Own => rows,
            Self::Flat(_) => Some(Rows::Same),
            Self::Bands(_) => rows.map(bands::rule),
        }
    }

    /// Sizes of a tensor that is made in the group.
    pub fn made(self, tensor: &Tensor) -> Option<Dims> {
        let [n, c, h, w] = tensor.dims;
        match self {
            Self::Own => Some(tensor.dims),
            Self::Flat(view) => Some(view.dims),
            Self::Bands(bands) => Some([n, c * bands, Band::of(h, bands)?.rows, w]),
        }
    }

    /// Sizes of a tensor that `node`, which makes `result`, reads.
    pub fn read(self, tensor: &Tensor, node: &Node, result: &Tensor) -> Option<Dims> {
        let Self::Bands(bands) = self else {
            return self.made(tensor);
        };
        let [n, c, h, w] = tensor.dims;
        let band = Band::read(node.rows?, h, result.dims[2], bands)?;
        Some([n, c * bands, band.rows, w])
    }

    /// The weights that an operation reads; `None` where they cannot lie so.
    pub fn weights(self, node: &Node) -> Option<Cow<'_, [Weight]>> {
        match self {
            Self::Bands(bands) => {
                let weights = node.weights.iter().map(|weight| weight.in_bands(bands));
                weights.collect::<Option<Vec<_>>>().map(Cow::Owned)
            }
            _ => Some(Cow::Borrowed(&node.weights)),
        }
    }
}
