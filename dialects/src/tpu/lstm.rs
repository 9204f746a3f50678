//! `tpu.LSTM`: long short-term memory.
//!
//! ONNX LSTM with the weights of all gates concatenated; results are the whole sequence, the last hidden and
//! the last cell state, each possibly none. F32.
//!
//! Source: TPU-MLIR's operation definition `tpu.LSTM`.

use crate::op;

op! {
    /// Long short-term memory.
    pub Lstm = "tpu.LSTM", "long short-term memory";
    operands: input: One, filter: Optional, recurrence: Optional, bias: Optional, initial_h: Optional, initial_c: Optional, cont: Optional, buffer: Optional, sigmoid_table: Optional, sigmoid_slope_table: Optional, tanh_table: Optional, tanh_slope_table: Optional;
    results: Y: Optional, Y_h: Optional, Y_c: Optional;
    attrs:
        batch_first: bool [= false],
        bidirectional: bool [required],
        hidden_size: i64 [required];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
