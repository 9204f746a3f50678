//! Post-training quantisation: what a network loses in INT8, where, and what to do about it.

pub mod bisect;
pub mod cost;
pub mod errors;
pub mod evaluate;
pub mod external;
pub mod layers;
pub mod reach;
pub mod samples;
pub mod score;
pub mod search;
pub mod table;
