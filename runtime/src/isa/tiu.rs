//! The TIU command: table of fields.
//!
//! Columns: variant, register name, lowest bit, width, default, meaning. Bits above the last row are zero.

use super::codes::TiuOp;
use super::field::{
    COMMAND_BYTES, COMMAND_WORDS, Engine, FieldInfo, FieldOverflow, check_table, command_table,
};

command_table! {
    /// Every field of a TIU command.
    fields TiuField;
    /// One encoded TIU command: 1024 bits, little endian.
    command TiuCommand;
    engine Engine::Tiu;

    CmdEn cmd_en 0 1 1 "command enabled; 1 in every command";
    CmdEnd cmd_end 1 1 0 "last command of the stream";
    CmdIdEn cmd_id_en 2 1 1 "the command takes part in id synchronisation; 1 in every command";
    CmdIdTpu cmd_id_tpu 3 16 0 "own id, counting from 1 (low 16 bits)";
    CmdIdGdma cmd_id_gdma 19 16 0 "id of the last GDMA command that must be done first";
    CmdKeep cmd_keep 35 1 0 "unused; 0";
    CmdIntrEn cmd_intr_en 36 1 0 "raise an interrupt when done; 0";
    TskTyp tsk_typ 37 4 0 "task type, see `TiuOp`";
    TskEuTyp tsk_eu_typ 41 5 0 "operation inside the task type, see `TiuOp`";
    TskOpdNum tsk_opd_num 46 2 0 "number of operands; 3 on convolution, pooling and matmul means that a bias is read";
    OptRightShift opt_right_shift 48 5 0 "rounding right shift of integer results";
    OptLeftShift opt_left_shift 53 5 0 "left shift of the old result in accumulating operations";
    OptShiftTyp opt_shift_typ 58 1 0 "1 arithmetic, 0 logical; matters for the shift operation only";
    OptResAdd opt_res_add 59 1 0 "matmul: add the old result";
    OptRelu opt_relu 60 1 0 "integer convolution, pooling, matmul: clamp at 0 and saturate unsigned";
    OptLeftTran opt_left_tran 61 1 0 "matmul: the left matrix is stored turned over";
    OptWinograd opt_winograd 62 1 0 "convolution: Winograd weights; never set";
    OptKernelRotate opt_kernel_rotate 63 1 0 "convolution: kernel rotated by 180 degrees";
    OptOpd0Sign opt_opd0_sign 64 1 0 "operand 0 is signed";
    OptOpd1Sign opt_opd1_sign 65 1 0 "operand 1 is signed";
    OptOpd2Sign opt_opd2_sign 66 1 0 "operand 2 is signed";
    OptRes0Prec opt_res0_prec 67 3 0 "precision of the result, see `Precision`";
    OptOpd0Prec opt_opd0_prec 70 3 0 "precision of operand 0";
    OptOpd1Prec opt_opd1_prec 73 3 0 "precision of operand 1";
    OptOpd2Prec opt_opd2_prec 76 3 0 "precision of operand 2";
    OptOpd0Const opt_opd0_const 79 1 0 "operand 0 is the value in its address field";
    OptOpd1Const opt_opd1_const 80 1 0 "operand 1 is the value in its address field";
    OptOpd2Const opt_opd2_const 81 1 0 "operand 2 is the value in its address field";
    ShortRes0Str short_res0_str 82 3 0 "layout of the result, see `StrideCode`";
    ShortOpd0Str short_opd0_str 85 3 0 "layout of operand 0, see `StrideCode`";
    ShortOpd1Str short_opd1_str 88 3 0 "layout of operand 1, see `StrideCode`";
    ShortOpd2Str short_opd2_str 91 3 2 "layout of operand 2, see `StrideCode`";
    Opd0XIns0 opd0_x_ins0 94 4 0 "zeros inserted between input columns";
    Opd0YIns0 opd0_y_ins0 98 4 0 "zeros inserted between input rows";
    Opd1XIns0 opd1_x_ins0 102 4 0 "kernel dilation - 1, horizontal";
    Opd1YIns0 opd1_y_ins0 106 4 0 "kernel dilation - 1, vertical";
    Opd0UpPad opd0_up_pad 110 4 0 "padding rows above";
    Opd0DnPad opd0_dn_pad 114 4 0 "padding rows below";
    Opd0LfPad opd0_lf_pad 118 4 0 "padding columns left";
    Opd0RtPad opd0_rt_pad 122 4 0 "padding columns right";
    ResOpXStr res_op_x_str 126 4 1 "window step, horizontal";
    ResOpYStr res_op_y_str 130 4 1 "window step, vertical";
    TskLaneNum tsk_lane_num 134 64 0xffff_ffff_ffff_ffff "lane mask; all ones";
    Res0N res0_n 198 16 1 "batches of the result";
    Res0C res0_c 214 12 1 "channels of the result";
    Res0H res0_h 226 16 1 "rows of the result";
    Res0W res0_w 242 16 1 "columns of the result";
    Opd0N opd0_n 258 16 1 "batches of operand 0";
    Opd0C opd0_c 274 12 1 "channels of operand 0";
    Opd0H opd0_h 286 16 1 "rows of operand 0";
    Opd0W opd0_w 302 16 1 "columns of operand 0";
    Opd1N opd1_n 318 12 1 "batches of operand 1";
    Opd1C opd1_c 330 12 1 "channels of operand 1";
    Opd1H opd1_h 342 16 1 "rows of operand 1";
    Opd1W opd1_w 358 16 1 "columns of operand 1";
    Res0HShift res0_h_shift 374 4 0 "unused; 0";
    Res0WShift res0_w_shift 378 4 0 "unused; 0";
    Opd0HShift opd0_h_shift 382 4 0 "unused; 0";
    Opd0WShift opd0_w_shift 386 4 0 "unused; 0";
    Opd1HShift opd1_h_shift 390 4 0 "unused; 0";
    Opd1WShift opd1_w_shift 394 4 0 "unused; 0";
    Res0NStr res0_n_str 398 19 1 "distance between batch groups of the result, in 4-byte words";
    Res0CStr res0_c_str 417 19 1 "distance between lane rows of the result, in 4-byte words";
    Opd0NStr opd0_n_str 436 19 1 "distance between batch groups of operand 0, in 4-byte words";
    Opd0CStr opd0_c_str 455 19 1 "distance between lane rows of operand 0, in 4-byte words";
    Opd1NStr opd1_n_str 474 19 1 "distance between batch groups of operand 1, in 4-byte words";
    Opd1CStr opd1_c_str 493 19 1 "distance between lane rows of operand 1, in 4-byte words";
    Opd2NStr opd2_n_str 512 19 1 "distance between batch groups of operand 2, in 4-byte words";
    Opd2CStr opd2_c_str 531 19 1 "distance between lane rows of operand 2, in 4-byte words";
    OptResAddSign opt_res_add_sign 550 1 0 "the old result is signed";
    Opd0Neq1 opd0_neq1 551 1 0 "operand 0 has one batch, read by every result batch";
    Opd1Neq1 opd1_neq1 552 1 0 "operand 1 has one batch, read by every result batch";
    OptOpd3Const opt_opd3_const 553 1 0 "operand 3 is the value in its address field";
    Rsvd0 rsvd0 554 22 0 "reserved; 0";
    Res0Addr res0_addr 576 32 0 "address of the result";
    Opd0Addr opd0_addr 608 32 0 "address of operand 0, or its value when constant";
    Opd1Addr opd1_addr 640 32 0 "address of operand 1, or its value when constant";
    Opd2Addr opd2_addr 672 32 0 "address of operand 2, or its value when constant";
    Res0HStr res0_h_str 704 32 1 "distance between rows of the result, in 4-byte words";
    Res0WStr res0_w_str 736 32 1 "distance between columns of the result, in 4-byte words";
    Opd0HStr opd0_h_str 768 32 1 "distance between rows of operand 0, in 4-byte words";
    Opd0WStr opd0_w_str 800 32 1 "distance between columns of operand 0, in 4-byte words";
    Opd1HStr opd1_h_str 832 32 1 "distance between rows of operand 1, in 4-byte words";
    Opd1WStr opd1_w_str 864 32 1 "distance between columns of operand 1, in 4-byte words";
    Opd2HStr opd2_h_str 896 32 1 "distance between rows of operand 2, in 4-byte words";
    Opd2WStr opd2_w_str 928 32 1 "distance between columns of operand 2, in 4-byte words";
    Res1Addr res1_addr 960 32 0 "address of the second result";
    Opd3Addr opd3_addr 992 32 0 "address of operand 3, or its value when constant";
}

impl TiuCommand {
    /// The operation, when task type and operation code are known ones.
    #[must_use]
    pub const fn op(&self) -> Option<TiuOp> {
        TiuOp::from_codes(self.tsk_typ(), self.tsk_eu_typ())
    }

    /// Writes task type and operation code.
    pub fn set_op(&mut self, op: TiuOp) -> &mut Self {
        let (task, eu) = op.codes();
        TiuField::TskTyp.info().write(&mut self.0, task);
        TiuField::TskEuTyp.info().write(&mut self.0, eu);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_keeps_its_value_and_leaves_the_others() {
        for &field in TiuField::ALL {
            let mut command = TiuCommand([0; COMMAND_WORDS]);
            command.set(field, field.info().max_value()).unwrap();
            for &other in TiuField::ALL {
                let expected = if other == field {
                    field.info().max_value()
                } else {
                    0
                };
                assert_eq!(
                    command.get(other),
                    expected,
                    "{} after writing {}",
                    other.name(),
                    field.name()
                );
            }
            assert_eq!(TiuCommand::from_bytes(&command.to_bytes()), command);
            assert_eq!(TiuField::from_name(field.name()), Some(field));
        }
    }

    #[test]
    fn a_value_too_large_is_refused() {
        let error = TiuCommand::new().set(TiuField::Res0C, 4096).unwrap_err();
        assert_eq!(
            error.to_string(),
            "tiu field 'res0_c' is 12 bits wide and cannot hold 4096"
        );
    }

    #[test]
    fn every_operation_reads_back() {
        for &op in TiuOp::ALL {
            assert_eq!(TiuCommand::new().set_op(op).op(), Some(op));
        }
    }
}
