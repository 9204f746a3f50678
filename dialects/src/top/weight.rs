//! `top.Weight`: a constant. Its location is the name of its tensor in the weight file (`module.weight_file`); the type is the
//! tensor's. `store_mode`, `allow_split`, ... describe how the tensor is laid out once it was lowered.

use crate::op;

op! {
    /// A constant tensor.
    pub Weight = "top.Weight", "a constant tensor";
    operands: ;
    results: output: One;
    attrs:
        allow_split: i64s [optional],
        bias0: i64 [optional],
        bias1: i64 [optional],
        do_compress: bool [optional],
        indices_idx: i64s [optional],
        indices_slice: i64s [optional],
        inline_bytes: str [optional],
        is_signed: bool [optional],
        path: str [optional],
        placeholder: (str "Auto" "F32" "None") [optional],
        scale: f64s [optional],
        store_mode: (str "1N" "2N" "4N") [optional],
        zero_guard: bool [optional];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
