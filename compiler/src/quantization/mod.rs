//! Quantisation: the integer arithmetic of lowering, scales of values, calibration tables and quantisation tables.

pub mod arithmetic;
pub mod calibration_table;
pub mod channel_shift;
pub mod qtable;
pub mod scale;

pub use calibration_table::{CalibrationTable, Threshold};
pub use qtable::{Precision, QuantizeTable};
pub use scale::{QuantParams, quant_params};
