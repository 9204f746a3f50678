//! Code generation: programs of the `tpu` dialect become commands of a chip in a bmodel.

pub mod bm1684;
