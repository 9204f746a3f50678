//! Operands of TIU commands.

use super::{Access, Content, Operand, Region, start_lane};
use crate::isa::memory_map::{L2_BASE, LANE_COUNT, ROW_ALIGN_BYTES, ROW_ALIGN_WORDS};
use crate::isa::{Precision, StrideCode, TiuCommand, TiuField, TiuOp};

/// The fields of one TIU operand.
struct TiuTensor {
    role: &'static str,
    access: Access,
    address: u64,
    precision: u64,
    shape: [u64; 4],
    /// `None` for the aligned layout, else words.
    strides: Option<[u64; 4]>,
}

impl TiuTensor {
    fn operand(self) -> Operand {
        let precision = Precision::from_code(self.precision);
        let size = precision.map_or(4, |precision| precision.bytes() as u64);
        let slots = 4 / size;
        let [n, c, h, w] = self.shape;
        let [n_words, c_words, h_words, w_words] = self.strides.unwrap_or_else(|| {
            let plane = (h * w).next_multiple_of(ROW_ALIGN_WORDS as u64);
            let rows = (start_lane(self.address) + c).div_ceil(LANE_COUNT as u64);
            [rows * plane, plane, w, 1]
        });
        Operand {
            role: self.role,
            access: self.access,
            batches: n,
            element: precision.map_or("?", Precision::name),
            content: Content::Tensor(Region {
                address: self.address,
                shape: [n.div_ceil(slots), c, h, w],
                strides: [n_words, c_words, h_words, w_words].map(|words| words.saturating_mul(4)),
                element_bytes: n.min(slots).max(1) * size,
            }),
        }
    }
}

fn constant(role: &'static str, value: u64, precision: u64) -> Operand {
    Operand {
        role,
        access: Access::Read,
        batches: 1,
        element: Precision::from_code(precision).map_or("?", Precision::name),
        content: Content::Constant((value & 0xffff_ffff) as u32),
    }
}

/// A region that is no 4N tensor.
fn plain(role: &'static str, precision: u64, region: Region) -> Operand {
    Operand {
        role,
        access: Access::Read,
        batches: region.shape[0],
        element: Precision::from_code(precision).map_or("?", Precision::name),
        content: Content::Tensor(region),
    }
}

fn precision_bytes(code: u64) -> u64 {
    Precision::from_code(code).map_or(4, |precision| precision.bytes() as u64)
}

/// One row of elements for each channel, rows of channels directly after each other: kernels of depthwise operations,
/// biases, values per channel.
fn compact(role: &'static str, address: u64, precision: u64, channels: u64, elements: u64) -> Operand {
    let size = precision_bytes(precision);
    plain(
        role,
        precision,
        Region {
            address,
            shape: [1, channels, 1, elements],
            strides: [0, elements.saturating_mul(size), 0, size],
            element_bytes: size,
        },
    )
}

fn words_in_l2(role: &'static str, offset: u64, count: u64) -> Operand {
    plain(
        role,
        Precision::Float32.code(),
        Region {
            address: L2_BASE.saturating_add(offset),
            shape: [1, 1, 1, count],
            strides: [0, 0, 0, 4],
            element_bytes: 4,
        },
    )
}

fn matrix(role: &'static str, address: u64, precision: u64, rows: u64, lanes: u64, columns: u64) -> Operand {
    let size = precision_bytes(precision);
    let row_bytes = (columns * size).next_multiple_of(ROW_ALIGN_BYTES as u64);
    let pitch = row_bytes * (start_lane(address) + lanes).div_ceil(LANE_COUNT as u64);
    plain(
        role,
        precision,
        Region {
            address,
            shape: [rows, lanes, 1, columns],
            strides: [pitch, row_bytes, 0, size],
            element_bytes: size,
        },
    )
}

fn explicit(code: u64, words: [u64; 4]) -> Option<[u64; 4]> {
    (StrideCode::from_code(code) == StrideCode::Explicit).then_some(words)
}

fn result_of(command: &TiuCommand, access: Access) -> Operand {
    TiuTensor {
        role: "result",
        access,
        address: command.res0_addr(),
        precision: command.opt_res0_prec(),
        shape: result_shape(command),
        strides: explicit(
            command.short_res0_str(),
            [
                command.res0_n_str(),
                command.res0_c_str(),
                command.res0_h_str(),
                command.res0_w_str(),
            ],
        ),
    }
    .operand()
}

fn result_shape(command: &TiuCommand) -> [u64; 4] {
    [
        command.res0_n(),
        command.res0_c(),
        command.res0_h(),
        command.res0_w(),
    ]
}

/// Operand 0 with the given shape, or its constant.
fn operand0(command: &TiuCommand, shape: [u64; 4], aligned: bool) -> Operand {
    if command.opt_opd0_const() == 1 {
        return constant("input", command.opd0_addr(), command.opt_opd0_prec());
    }
    let words = [
        command.opd0_n_str(),
        command.opd0_c_str(),
        command.opd0_h_str(),
        command.opd0_w_str(),
    ];
    let strides = if aligned {
        None
    } else {
        explicit(command.short_opd0_str(), words)
    };
    let single = command.opd0_neq1() == 1 && !aligned && command.opt_opd0_prec() != Precision::Float32.code();
    TiuTensor {
        role: "input",
        access: Access::Read,
        address: command.opd0_addr(),
        precision: command.opt_opd0_prec(),
        shape: [if single { 1 } else { shape[0] }, shape[1], shape[2], shape[3]],
        strides,
    }
    .operand()
}

fn operand1(command: &TiuCommand, shape: [u64; 4], aligned: bool) -> Operand {
    if command.opt_opd1_const() == 1 {
        return constant("operand1", command.opd1_addr(), command.opt_opd1_prec());
    }
    let words = [
        command.opd1_n_str(),
        command.opd1_c_str(),
        command.opd1_h_str(),
        command.opd1_w_str(),
    ];
    let strides = if aligned {
        None
    } else {
        explicit(command.short_opd1_str(), words)
    };
    let single = command.opd1_neq1() == 1 && !aligned && command.opt_opd1_prec() != Precision::Float32.code();
    TiuTensor {
        role: "operand1",
        access: Access::Read,
        address: command.opd1_addr(),
        precision: command.opt_opd1_prec(),
        shape: [if single { 1 } else { shape[0] }, shape[1], shape[2], shape[3]],
        strides,
    }
    .operand()
}

/// A further aligned f32 tensor of the result's shape, or a constant.
fn aligned_or_constant(
    role: &'static str,
    is_constant: u64,
    address: u64,
    precision: u64,
    shape: [u64; 4],
    access: Access,
) -> Operand {
    if is_constant == 1 {
        return constant(role, address, precision);
    }
    TiuTensor {
        role,
        access,
        address,
        precision,
        shape,
        strides: None,
    }
    .operand()
}

/// The result of a convolution or window: aligned; four batches of 16-bit results of 8-bit inputs lie together in two words.
fn window_result(command: &TiuCommand) -> Operand {
    let [n, c, h, w] = result_shape(command);
    let mut operand = aligned_or_constant(
        "result",
        0,
        command.res0_addr(),
        command.opt_res0_prec(),
        [n, c, h, w],
        Access::Write,
    );
    let together = command.opt_opd0_prec() == Precision::Int8.code()
        && command.opt_res0_prec() == Precision::Int16.code();
    if let (true, Content::Tensor(region)) = (together, &mut operand.content) {
        region.shape[0] = n.div_ceil(4);
        region.strides = region.strides.map(|stride| stride.saturating_mul(2));
        region.element_bytes = n.clamp(1, 4) * 2;
    }
    operand
}

/// Operands and results of a TIU command; empty when its operation is unknown.
#[must_use]
pub fn tiu_operands(command: &TiuCommand) -> Vec<Operand> {
    let Some(op) = command.op() else {
        return Vec::new();
    };
    let shape = result_shape(command);
    let [_, channels, _, _] = shape;
    let taps = command.opd1_h() * command.opd1_w();
    let has_bias = command.tsk_opd_num() == 3;
    let input_shape = |channels| [shape[0], channels, command.opd0_h(), command.opd0_w()];
    let bias = || compact("bias", command.opd2_addr(), bias_precision(command), channels, 1);
    let mut operands = Vec::with_capacity(5);
    match op {
        TiuOp::Conv => {
            operands.push(operand0(command, input_shape(command.opd0_c()), false));
            operands.push(conv_weights(command, channels));
            if has_bias {
                operands.push(bias());
            }
            operands.push(window_result(command));
        }
        TiuOp::Depthwise | TiuOp::MaxPool => {
            operands.push(operand0(command, input_shape(channels), true));
            if op == TiuOp::Depthwise {
                operands.push(if command.opt_opd1_const() == 1 {
                    constant("weights", command.opd1_addr(), command.opt_opd1_prec())
                } else {
                    compact(
                        "weights",
                        command.opd1_addr(),
                        command.opt_opd1_prec(),
                        channels,
                        taps,
                    )
                });
                if has_bias {
                    operands.push(bias());
                }
            }
            operands.push(window_result(command));
        }
        TiuOp::MatMul => matrices(command, has_bias, &mut operands),
        TiuOp::OuterMul
        | TiuOp::OuterAdd
        | TiuOp::OuterSub
        | TiuOp::OuterMax
        | TiuOp::OuterMin
        | TiuOp::OuterDivide => outer(command, &mut operands),
        TiuOp::Lut => {
            operands.push(operand0(command, shape, false));
            operands.push(words_in_l2("table", command.opd1_addr(), 256));
            operands.push(result_of(command, Access::Write));
        }
        TiuOp::Taylor => {
            operands.push(operand0(command, shape, false));
            operands.push(words_in_l2("coefficients", command.opd1_addr(), command.opd1_n()));
            operands.push(result_of(command, Access::Write));
        }
        TiuOp::FloatToInt | TiuOp::IntNormalize | TiuOp::FloatNormalize | TiuOp::Rsqrt | TiuOp::Copy => {
            operands.push(operand0(command, shape, false));
            operands.push(result_of(command, Access::Write));
        }
        TiuOp::LinearMac | TiuOp::LinearSumSquare | TiuOp::LinearDifferenceSquare => {
            operands.push(operand0(command, shape, false));
            let float = Precision::Float32.code();
            let per_channel = |role, is_constant, address| {
                if is_constant == 1 {
                    constant(role, address, float)
                } else {
                    compact(role, address, float, channels, 1)
                }
            };
            operands.push(per_channel(
                "addend",
                command.opt_opd1_const(),
                command.opd1_addr(),
            ));
            if op == TiuOp::LinearMac {
                operands.push(per_channel(
                    "factor",
                    command.opt_opd2_const(),
                    command.opd2_addr(),
                ));
            }
            operands.push(result_of(command, Access::Write));
        }
        TiuOp::Compare | TiuOp::Select | TiuOp::CompareSelect => {
            let precision = command.opt_opd0_prec();
            let tensor = |role, is_constant, address, access| {
                aligned_or_constant(role, is_constant, address, precision, shape, access)
            };
            operands.push(tensor(
                "input",
                command.opt_opd0_const(),
                command.opd0_addr(),
                Access::Read,
            ));
            operands.push(operand1(command, shape, false));
            operands.push(tensor(
                "operand2",
                command.opt_opd2_const(),
                command.opd2_addr(),
                Access::Read,
            ));
            operands.push(tensor(
                "operand3",
                command.opt_opd3_const(),
                command.opd3_addr(),
                Access::Read,
            ));
            if op != TiuOp::Select {
                operands.push(tensor("result", 0, command.res0_addr(), Access::Write));
            }
            if op != TiuOp::Compare {
                operands.push(tensor("result1", 0, command.res1_addr(), Access::Write));
            }
        }
        _ => {
            operands.push(operand0(command, shape, false));
            operands.push(operand1(command, shape, false));
            let access = if op == TiuOp::Mac {
                Access::Update
            } else {
                Access::Write
            };
            operands.push(result_of(command, access));
            if op == TiuOp::Mac && command.opt_res0_prec() == Precision::Int8.code() {
                // The old result is read as 16 bit.
                let mut old = *command;
                let info = TiuField::OptRes0Prec;
                let _ = old.set(info, Precision::Int16.code());
                operands.push(Operand {
                    role: "old result",
                    ..result_of(&old, Access::Read)
                });
            }
        }
    }
    operands
}

/// An integer bias is 16 bits wide, also when the command says 8.
fn bias_precision(command: &TiuCommand) -> u64 {
    match command.opt_opd2_prec() {
        0 => Precision::Int16.code(),
        other => other,
    }
}

fn conv_weights(command: &TiuCommand, channels: u64) -> Operand {
    let precision = command.opt_opd1_prec();
    if command.opt_opd1_const() == 1 {
        return constant("weights", command.opd1_addr(), precision);
    }
    let (group, size) = if precision == Precision::Float32.code() {
        (2, 4)
    } else {
        (4, 1)
    };
    let unit = group * size;
    let stride = |units: u64| units.saturating_mul(unit);
    let (kh, kw) = (command.opd1_h(), command.opd1_w());
    let [n, c, h, w] = if command.short_opd1_str() == StrideCode::Explicit.code() {
        [
            command.opd1_n_str(),
            command.opd1_c_str(),
            command.opd1_h_str(),
            command.opd1_w_str(),
        ]
    } else {
        // Without holes: groups of input channels, in each the rows of output channels, in each the taps.
        let rows = (start_lane(command.opd1_addr()) + channels).div_ceil(LANE_COUNT as u64);
        [rows * kh * kw, kh * kw, kw, 1]
    };
    plain(
        "weights",
        precision,
        Region {
            address: command.opd1_addr(),
            // One "batch" is a group of input channels.
            shape: [command.opd0_c().div_ceil(group), channels, kh, kw],
            strides: [stride(n), stride(c), stride(h), stride(w)],
            element_bytes: unit,
        },
    )
}

fn matrices(command: &TiuCommand, has_bias: bool, operands: &mut Vec<Operand>) {
    let (lanes, columns) = (command.res0_c(), command.res0_w());
    let over_lanes = command.opd0_c().saturating_sub(1) * command.opd0_w() + command.opd1_w();
    let (rows, depth) = if command.opt_left_tran() == 1 {
        (over_lanes, command.opd0_n())
    } else {
        (command.opd0_n(), over_lanes)
    };
    operands.push(matrix(
        "left",
        command.opd0_addr(),
        command.opt_opd0_prec(),
        command.opd0_n(),
        command.opd0_c(),
        command.opd0_w(),
    ));
    operands.push(matrix(
        "right",
        command.opd1_addr(),
        command.opt_opd1_prec(),
        depth,
        lanes,
        columns,
    ));
    if has_bias {
        operands.push(matrix(
            "bias",
            command.opd2_addr(),
            bias_precision(command),
            1,
            lanes,
            columns,
        ));
    }
    let result = matrix(
        "result",
        command.res0_addr(),
        command.opt_res0_prec(),
        rows,
        lanes,
        columns,
    );
    let adds = command.opt_res_add() == 1;
    if adds && command.opt_res0_prec() == Precision::Int8.code() {
        let precision = Precision::Int16.code();
        let old = matrix("old result", command.res0_addr(), precision, rows, lanes, columns);
        operands.push(old);
    }
    operands.push(Operand {
        access: if adds { Access::Update } else { Access::Write },
        ..result
    });
}

fn outer(command: &TiuCommand, operands: &mut Vec<Operand>) {
    let precision = Precision::Float32.code();
    let rows = command.opd0_c().saturating_sub(1) * command.opd0_w() + command.opd1_w();
    let (lanes, columns) = (command.res0_c(), command.res0_w());
    let (address, left_lanes) = (command.opd0_addr(), command.opd0_c());
    operands.push(matrix(
        "left",
        address,
        precision,
        1,
        left_lanes,
        command.opd0_w(),
    ));
    operands.push(matrix("right", command.opd1_addr(), precision, 1, lanes, columns));
    operands.push(Operand {
        access: Access::Write,
        ..matrix("result", command.res0_addr(), precision, rows, lanes, columns)
    });
}
