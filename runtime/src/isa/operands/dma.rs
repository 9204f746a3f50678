//! Operands of GDMA commands.

use super::{Access, Content, Operand, Region, start_lane};
use crate::isa::memory_map::{LANE_COUNT, Memory, ROW_ALIGN_BYTES};
use crate::isa::{DmaCommand, DmaFormat, DmaFunction};

/// Operands of a GDMA command; empty when function or formats are unknown.
#[must_use]
pub fn dma_operands(command: &DmaCommand) -> Vec<Operand> {
    let (Some(function), Some(source), Some(destination)) = (
        command.function(),
        DmaFormat::from_code(command.src_data_format()),
        DmaFormat::from_code(command.dst_data_format()),
    ) else {
        return Vec::new();
    };
    let source_shape = [
        command.src_nsize(),
        command.src_csize(),
        command.src_hsize(),
        command.src_wsize(),
    ];
    let mut destination_shape = [
        command.dst_nsize(),
        command.dst_csize(),
        command.dst_hsize(),
        command.dst_wsize(),
    ];
    let source_strides = [
        command.src_nstride(),
        command.src_cstride(),
        command.src_hstride(),
        command.src_wstride(),
    ];
    let destination_strides = [
        command.dst_nstride(),
        command.dst_cstride(),
        command.dst_hstride(),
        command.dst_wstride(),
    ];
    if function == DmaFunction::TransposeNc {
        let [n, c, h, w] = source_shape;
        destination_shape = [c, n, h, w];
    }
    let strided = command.stride_enable() == 1;
    let side = |role, access, address, format: DmaFormat, shape: [u64; 4], strides: [u64; 4]| {
        let is_local = matches!(Memory::of_address(address), Some((Memory::Local, _)));
        let element_bytes = format.bytes() as u64;
        let [n, c, h, w] = shape;
        let strides = if command.sys_mem_type() == 1 && !is_local {
            // A matrix: rows and columns, a pitch between rows.
            [0, 0, strides[2], 1]
        } else if strided {
            strides
        } else if is_local {
            let rows = (start_lane(address) + c).div_ceil(LANE_COUNT as u64);
            let c_stride = (h * w).next_multiple_of(ROW_ALIGN_BYTES as u64 / element_bytes);
            [c_stride.saturating_mul(rows), c_stride, w, 1]
        } else {
            [c * h * w, h * w, w, 1]
        };
        Operand {
            role,
            access,
            batches: n,
            element: format.name(),
            content: Content::Tensor(Region {
                address,
                shape,
                strides: strides.map(|stride| stride.saturating_mul(element_bytes)),
                element_bytes,
            }),
        }
    };
    let mut operands = Vec::with_capacity(2);
    if function == DmaFunction::Constant {
        operands.push(Operand {
            role: "source",
            access: Access::Read,
            batches: 1,
            element: destination.name(),
            content: Content::Constant((command.constant_value() & 0xffff_ffff) as u32),
        });
    } else {
        operands.push(side(
            "source",
            Access::Read,
            command.source_address(),
            source,
            source_shape,
            source_strides,
        ));
    }
    let access = if command.acc_write_enable() == 1 {
        Access::Update
    } else {
        Access::Write
    };
    operands.push(side(
        "destination",
        access,
        command.destination_address(),
        destination,
        destination_shape,
        destination_strides,
    ));
    operands
}
