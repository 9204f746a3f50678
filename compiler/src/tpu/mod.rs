//! Passes on the tpu dialect before code generation.

pub mod canonicalize;
pub mod dev_parallel;
pub mod local_support;
pub mod op_reorder;
pub mod processor_tpu_optimize;
pub mod subnet_divide;
pub mod subnet_split;
pub mod subnets;
pub mod topo_sort;
pub mod weight_fold;
