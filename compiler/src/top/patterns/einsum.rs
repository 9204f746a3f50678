//! Rewrites that start at `top.Einsum`: matrix products of rearranged operands, for the equations that TPU-MLIR knows.

use super::{insert_after, insert_before, new_weight, replace, reshape_weight, shape_of, weight_values};
use crate::program::Program;
use crate::top::infer::none_before;
use tpuc_dialects::ir::{Op, OpView, Value};
use tpuc_dialects::top::Einsum;

/// The matrix product that an equation is.
pub fn to_matmul(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let einsum = Einsum::new_unchecked(op);
    let &[left, right] = einsum.inputs(ctx) else {
        return false;
    };
    let equation = einsum.mode(ctx).replace(' ', "");
    let (Some(l), Some(r)) = (shape_of(ctx, left), shape_of(ctx, right)) else {
        return false;
    };
    let Some(equation) = renamed(&equation).filter(|_| fits(&equation, [&l, &r])) else {
        return false;
    };
    let mut rewrite = Rewrite {
        program,
        op,
        done: true,
    };
    match equation.as_str() {
        "a,b->ab" => {
            let left = rewrite.reshape(left, "to2dim", &[l[0], 1]);
            let right = rewrite.reshape(right, "to2dim", &[1, r[0]]);
            rewrite.product(left, right, None);
        }
        "ab,ab->a" => {
            let left = rewrite.reshape(left, "to3dim", &[l[0], 1, l[1]]);
            let right = rewrite.reshape(right, "to3dim", &[r[0], r[1], 1]);
            rewrite.product(left, right, Some(&[l[0], 1, 1]));
        }
        "ab,acb->ac" => {
            let left = rewrite.reshape(left, "to4dim", &[l[0], 1, 1, l[1]]);
            let right = rewrite.reshape(right, "to4dim", &[r[0], r[1], r[2], 1]);
            rewrite.product(left, right, Some(&[l[0], r[1], 1, 1]));
        }
        "ab,abc->ac" => {
            let left = rewrite.reshape(left, "to3dim", &[l[0], 1, l[1]]);
            rewrite.product(left, right, Some(&[l[0], 1, r[2]]));
        }
        "ab,cdb->acd" => {
            let left = rewrite.reshape(left, "to3dim", &[1, l[0], l[1]]);
            let flat = rewrite.reshape(right, "to3dim", &[1, r[0] * r[1], r[2]]);
            let name = rewrite.name(right, "trans");
            let moved = rewrite.permute(flat, &name, &[0, 2, 1]);
            rewrite.product(left, moved, Some(&[1, l[0], r[0] * r[1]]));
        }
        "abc,db->adc" => {
            let right = rewrite.reshape(right, "to3dim", &[1, r[0], r[1]]);
            rewrite.product(right, left, None);
        }
        "abcd,abce->acde" => {
            let (left_name, right_name) = (rewrite.name(left, "permute"), rewrite.name(right, "permute"));
            let left = rewrite.permute(left, &left_name, &[0, 2, 3, 1]);
            let right = rewrite.permute(right, &right_name, &[0, 2, 1, 3]);
            rewrite.product(left, right, None);
        }
        // A product with the transposed of each matrix.
        "ab,cb->ac" | "abc,adc->abd" | "abcd,abed->abce" => {
            let name = rewrite.name(right, "permute");
            let rank = r.len();
            let mut order: Vec<i64> = (0..rank as i64).collect();
            order.swap(rank - 1, rank - 2);
            let right = rewrite.permute(right, &name, &order);
            rewrite.product(left, right, None);
        }
        "abcd,aeb->aecd" => {
            let flat = rewrite.reshape(left, "reshape", &[l[0], l[1], l[2] * l[3]]);
            rewrite.product(right, flat, Some(&[l[0], r[1], l[2] * l[3]]));
        }
        // A plain product.
        "ab,bc->ac" | "abc,acd->abd" | "abcd,abde->abce" => rewrite.product(left, right, None),
        "abcd,cde->abe" => {
            let rows = [l[0] * l[1], l[2] * l[3]];
            let columns = [r[0] * r[1], r[2]];
            let left = rewrite.reshape(left, "to2dim", &rows);
            // A constant takes its new shape in place.
            let right = if weight_values(rewrite.program, right).is_some()
                && reshape_weight(rewrite.program, right, &columns)
            {
                right
            } else {
                rewrite.reshape(right, "to2dim", &columns)
            };
            rewrite.product(left, right, Some(&[rows[0], columns[1]]));
        }
        _ => return rewrite.general(&equation, [left, right], [&l, &r]),
    }
    rewrite.done
}

/// The equation with its letters renamed to a, b, c, ... in the order in which they occur.
fn renamed(equation: &str) -> Option<String> {
    let mut seen: Vec<char> = Vec::new();
    let mut text = String::with_capacity(equation.len());
    for letter in equation.chars() {
        if !letter.is_ascii_alphabetic() {
            text.push(letter);
            continue;
        }
        let index = seen.iter().position(|other| *other == letter).unwrap_or_else(|| {
            seen.push(letter);
            seen.len() - 1
        });
        text.push(char::from(b'a' + u8::try_from(index).ok()?));
    }
    Some(text)
}

/// Whether every letter stands for one size, and no size 1 stands for another.
fn fits(equation: &str, shapes: [&[i64]; 2]) -> bool {
    let Some((terms, _)) = equation.split_once("->") else {
        return false;
    };
    let mut sizes: Vec<(char, i64)> = Vec::new();
    let mut count = 0;
    for (term, shape) in terms.split(',').zip(shapes) {
        count += 1;
        if term.chars().count() != shape.len() {
            return false;
        }
        for (letter, size) in term.chars().zip(shape) {
            match sizes.iter().find(|(other, _)| *other == letter) {
                Some((_, known)) if known != size => return false,
                Some(_) => {}
                None => sizes.push((letter, *size)),
            }
        }
    }
    count == 2 && terms.matches(',').count() == 1
}

struct Rewrite<'p> {
    program: &'p mut Program,
    op: Op,
    done: bool,
}

impl Rewrite<'_> {
    fn name(&self, value: Value, suffix: &str) -> String {
        format!("{}_r_{suffix}", self.program.ctx.value_name(value))
    }

    /// A reshape right behind what makes the value; a constant is reshaped at once.
    fn reshape(&mut self, value: Value, suffix: &str, shape: &[i64]) -> Value {
        if let (Some(values), Some(maker)) = (
            weight_values(self.program, value),
            self.program.ctx.defining_op(value),
        ) {
            let dims: Vec<usize> = shape.iter().map(|dim| *dim as usize).collect();
            if let Ok(values) = values
                .as_standard_layout()
                .into_owned()
                .into_shape_with_order(dims)
            {
                return new_weight(self.program, maker, "folder", values);
            }
        }
        let name = self.name(value, suffix);
        let made = insert_after(
            self.program,
            value,
            "top.Reshape",
            &name,
            &[value],
            shape,
            |builder| builder,
        );
        self.done &= made.is_some();
        made.unwrap_or(value)
    }

    fn permute(&mut self, value: Value, name: &str, order: &[i64]) -> Value {
        let Some(shape) = shape_of(&self.program.ctx, value) else {
            self.done = false;
            return value;
        };
        let shape: Vec<i64> = order.iter().map(|dim| shape[*dim as usize]).collect();
        let made = insert_after(
            self.program,
            value,
            "top.Permute",
            name,
            &[value],
            &shape,
            |builder| builder.i64s("order", order),
        );
        self.done &= made.is_some();
        made.unwrap_or(value)
    }

    /// The product in the place of the equation; a product of another shape goes through a reshape.
    fn product(&mut self, left: Value, right: Value, shape: Option<&[i64]>) {
        let none = none_before(self.program, self.op);
        let operands = [left, right, none];
        match shape {
            None => {
                replace(self.program, self.op, "top.MatMul", &operands, |builder| builder);
            }
            Some(shape) => {
                let name = format!("{}_r_matmul", self.program.ctx.name(self.op));
                let product = insert_before(
                    self.program,
                    self.op,
                    "top.MatMul",
                    &name,
                    &operands,
                    shape,
                    |builder| builder,
                );
                replace(self.program, self.op, "top.Reshape", &[product], |builder| {
                    builder
                });
            }
        }
    }

    /// A sum over the first operand's last dimensions and the second operand's first ones.
    fn general(&mut self, equation: &str, values: [Value; 2], shapes: [&[i64]; 2]) -> bool {
        let Some((terms, result)) = equation.split_once("->") else {
            return false;
        };
        let Some((first, second)) = terms.split_once(',') else {
            return false;
        };
        let Some(common) = (1..=first.len().min(second.len()))
            .find(|count| first[first.len() - count..] == second[..*count])
        else {
            return false;
        };
        let (rows, columns) = (&first[..first.len() - common], &second[common..]);
        let plain = !rows.is_empty() && !columns.is_empty() && result == format!("{rows}{columns}");
        let distinct = !rows.contains(|letter| columns.contains(letter))
            && !rows.contains(|letter| second[..common].contains(letter));
        if !plain || !distinct {
            return false;
        }
        let inner: i64 = shapes[1][..common].iter().product();
        let row_count: i64 = shapes[0][..rows.len()].iter().product();
        let column_count: i64 = shapes[1][common..].iter().product();
        let left = self.reshape(values[0], "to2dim", &[row_count, inner]);
        let right = self.reshape(values[1], "to2dim", &[inner, column_count]);
        self.product(left, right, Some(&[row_count, column_count]));
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_renamed() {
        assert_eq!(renamed("ijk,lj->ilk").as_deref(), Some("abc,db->adc"));
    }

    #[test]
    fn sizes_of_a_letter_agree() {
        assert!(fits("ab,bc->ac", [&[2, 3], &[3, 4]]));
        assert!(!fits("ab,bc->ac", [&[2, 3], &[1, 4]]));
        assert!(!fits("ab->ba", [&[2, 3], &[3, 4]]));
    }
}
