//! Generates large programs, for measurements and as a test of size.

use std::fmt::Write;

/// A calibrated `top` program of `ops` operations (at least 10): repeated blocks of convolution, addition and pooling with
/// weights, every operation with a name of its own and activations with ranges. About 200 bytes of text
/// for each operation.
pub fn large_module(ops: usize) -> String {
    let mut text = String::with_capacity(ops * 200);
    let mut locations = String::with_capacity(ops * 40);
    text.push_str("#loc = loc(unknown)\nmodule @large attributes {module.FLOPs = 0 : i64, module.chip = \"ALL\", module.platform = \"ONNX\", module.state = \"TOP_CALIBRATED\", module.top_run_mode = \"STATIC\", module.weight_file = \"large_top_calibrated_all_weight.npz\"} {\n");
    text.push_str("  func.func @main(%arg0: tensor<1x16x8x8xf32> loc(unknown)) -> ");
    let body = text.len();
    let mut writer = Writer {
        text: &mut text,
        locations: &mut locations,
        count: 0,
    };
    let mut last = (0, writer.range());
    writer.op(
        "\"top.Input\"(%arg0) {do_preprocess = false}",
        "tensor<1x16x8x8xf32>",
        &last.1,
        "input",
    );
    while writer.count < ops.max(10) - 1 {
        let left = ops.max(10) - 1 - writer.count;
        let block = writer.count;
        if left < 5 {
            let ty = writer.range();
            let call = format!("\"top.Relu\"(%{}) {{relu_limit = -1.000000e+00 : f64}}", last.0);
            writer.op(&call, &last.1, &ty, &format!("{block}_Relu"));
            last = (writer.count - 1, ty);
            continue;
        }
        let channels = "tensor<16x16x3x3xf32>";
        writer.op(
            "\"top.Weight\"()",
            "",
            channels,
            &format!("features.{block}.conv.weight"),
        );
        writer.op(
            "\"top.Weight\"()",
            "",
            "tensor<16xf32>",
            &format!("features.{block}.conv.bias"),
        );
        let (input, weight) = (last.clone(), writer.count - 2);
        let ty = "tensor<1x16x8x8xf32>".to_owned();
        let call = format!(
            "\"top.Conv\"(%{}, %{weight}, %{}) {{dilations = [1, 1], do_relu = true, dynweight_reorderd = false, group = 1 : i64, kernel_shape = [3, 3], pads = [1, 1, 1, 1], relu_limit = -1.000000e+00 : f64, strides = [1, 1], weight_is_coeff = 1 : i64}}",
            input.0,
            weight + 1
        );
        let inputs = format!("{}, {channels}, tensor<16xf32>", input.1);
        writer.op(&call, &inputs, &ty, &format!("{block}_Conv"));
        last = (writer.count - 1, ty);
        let ty = "tensor<1x16x8x8xf32>".to_owned();
        let call = format!(
            "\"top.Add\"(%{}, %{}) {{do_relu = false, is_scalar = false, relu_limit = -1.000000e+00 : f64}}",
            input.0, last.0
        );
        writer.op(
            &call,
            &format!("{}, {}", input.1, last.1),
            &ty,
            &format!("{block}_Add"),
        );
        last = (writer.count - 1, ty);
        let ty = writer.range();
        let call = format!("\"top.Relu\"(%{}) {{relu_limit = -1.000000e+00 : f64}}", last.0);
        writer.op(&call, &last.1, &ty, &format!("{block}_Relu"));
        last = (writer.count - 1, ty);
    }
    let _ = writeln!(writer.text, "    return %{} : {} loc(#loc)", last.0, last.1);
    text.insert_str(body, &format!("{} {{\n", last.1));
    text.push_str("  } loc(#loc)\n} loc(#loc)\n");
    text.push_str(&locations);
    text
}

struct Writer<'t> {
    text: &'t mut String,
    locations: &'t mut String,
    count: usize,
}

impl Writer<'_> {
    /// A type whose range belongs to the next operation.
    fn range(&self) -> String {
        // Multiples of 1/16 have six digits at most, so this is how they are printed.
        let bound = 1.0 + (self.count % 127) as f64 / 16.0;
        format!("tensor<1x16x8x8x!quant.calibrated<f32<-{bound:.6}e+00:{bound:.6}e+00>>>")
    }

    fn op(&mut self, call: &str, inputs: &str, result: &str, name: &str) {
        let number = self.count;
        self.count += 1;
        let loc = self.count;
        let _ = writeln!(
            self.text,
            "    %{number} = {call} : ({inputs}) -> {result} loc(#loc{loc})"
        );
        let _ = writeln!(self.locations, "#loc{loc} = loc(\"{name}\")");
    }
}
