//! Rewrites that start at `top.BatchNorm`.

use super::{new_weight, replace, vector, weight_values};
use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::BatchNorm;

/// `gamma * (x - mean) / sqrt(variance + epsilon) + beta` is a scale and a bias for each channel.
pub fn to_scale(program: &mut Program, op: Op) -> bool {
    let norm = BatchNorm::new_unchecked(op);
    let ctx = &program.ctx;
    let (Some(mean), Some(variance)) = (
        weight_values(program, norm.mean(ctx)),
        weight_values(program, norm.variance(ctx)),
    ) else {
        return false;
    };
    let channels = mean.len();
    let optional = |value, default: f32| match value {
        Some(value) => weight_values(program, value).map(|values| values.iter().copied().collect()),
        None => Some(vec![default; channels]),
    };
    let (Some(gamma), Some(beta)): (Option<Vec<f32>>, Option<Vec<f32>>) =
        (optional(norm.gamma(ctx), 1.0), optional(norm.beta(ctx), 0.0))
    else {
        return false;
    };
    if variance.len() != channels || gamma.len() != channels || beta.len() != channels {
        return false;
    }
    let epsilon = norm.epsilon(ctx);
    let scale: Vec<f32> = variance
        .iter()
        .zip(&gamma)
        .map(|(variance, gamma)| (1.0 / (f64::from(*variance) + epsilon).sqrt() * f64::from(*gamma)) as f32)
        .collect();
    let bias: Vec<f32> = mean
        .iter()
        .zip(&scale)
        .zip(&beta)
        .map(|((mean, scale), beta)| -mean * scale + beta)
        .collect();
    let (relu, limit) = (norm.do_relu(ctx), norm.relu_limit(ctx));
    let source = norm.input(ctx);
    let scale = new_weight(program, op, "scale", vector(scale));
    let bias = new_weight(program, op, "bias", vector(bias));
    replace(program, op, "top.Scale", &[source, scale, bias], |builder| {
        builder.bool("do_relu", relu).f64("relu_limit", limit)
    });
    true
}
