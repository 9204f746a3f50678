//! What both command tables share: field descriptions, bit access, and the macro that turns a table into code.

use std::fmt;

/// Bytes of one command of either engine.
pub const COMMAND_BYTES: usize = 128;
/// 64-bit words of one command of either engine.
pub const COMMAND_WORDS: usize = COMMAND_BYTES / 8;

/// The two command-driven engines of the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Engine {
    /// Tensor instruction unit: computes inside local memory.
    Tiu,
    /// Global DMA: moves between DDR, L2 and local memory.
    Dma,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Engine::Tiu => "tiu",
            Engine::Dma => "gdma",
        })
    }
}

/// One row of a command table.
#[derive(Clone, Copy, Debug)]
pub struct FieldInfo {
    /// Register name as used in the vendor's public field lists.
    pub name: &'static str,
    /// Position of the least significant bit in the 1024-bit little-endian command.
    pub lowest_bit: u32,
    /// Width in bits, 1 to 64.
    pub width: u32,
    /// Value most commands carry; fields holding it are left out of listings.
    pub default: u64,
    /// What the field does, in one phrase.
    pub meaning: &'static str,
}

impl FieldInfo {
    /// Largest value the field can hold.
    #[must_use]
    pub const fn max_value(&self) -> u64 {
        if self.width >= 64 {
            u64::MAX
        } else {
            (1 << self.width) - 1
        }
    }

    /// Reads the field from a command's words.
    #[inline]
    pub(super) const fn read(&self, words: &[u64; COMMAND_WORDS]) -> u64 {
        let word = (self.lowest_bit / 64) as usize;
        let shift = self.lowest_bit % 64;
        let mut value = words[word] >> shift;
        if shift + self.width > 64 {
            value |= words[word + 1] << (64 - shift);
        }
        value & self.max_value()
    }

    /// Writes `value`, which must fit, into a command's words.
    #[inline]
    pub(super) const fn write(&self, words: &mut [u64; COMMAND_WORDS], value: u64) {
        let word = (self.lowest_bit / 64) as usize;
        let shift = self.lowest_bit % 64;
        let mask = self.max_value();
        words[word] = (words[word] & !(mask << shift)) | (value << shift);
        if shift + self.width > 64 {
            let low_bits = 64 - shift;
            words[word + 1] = (words[word + 1] & !(mask >> low_bits)) | (value >> low_bits);
        }
    }
}

/// A value that does not fit the field it was meant for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{engine} field '{field}' is {width} bits wide and cannot hold {value}")]
pub struct FieldOverflow {
    /// Engine of the command.
    pub engine: Engine,
    /// Name of the field.
    pub field: &'static str,
    /// Width of the field in bits.
    pub width: u32,
    /// The value that was refused.
    pub value: u64,
}

/// Build-time check of a table: rows in ascending order, no overlap, no gap, all inside the command.
/// Returns the first bit after the last row.
pub(super) const fn check_table(table: &[FieldInfo]) -> u32 {
    let mut next = 0;
    let mut index = 0;
    while index < table.len() {
        assert!(
            table[index].width >= 1 && table[index].width <= 64,
            "field width must be 1 to 64 bits"
        );
        assert!(
            table[index].lowest_bit >= next,
            "field overlaps the one before it"
        );
        assert!(table[index].lowest_bit <= next, "gap before field");
        assert!(
            table[index].default <= table[index].max_value(),
            "default does not fit its field"
        );
        next += table[index].width;
        index += 1;
    }
    assert!(
        next as usize <= COMMAND_BYTES * 8,
        "table is longer than a command"
    );
    next
}

/// Turns one table of rows `Variant name lowest_bit width default "meaning"` into the field enum, the command type,
/// its accessors and the build-time checks.
macro_rules! command_table {
    (
        $(#[$field_doc:meta])* fields $field:ident;
        $(#[$command_doc:meta])* command $command:ident;
        engine $engine:expr;
        $( $variant:ident $name:ident $bit:literal $width:literal $default:literal $meaning:literal; )+
    ) => {
        $(#[$field_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $field { $( #[doc = $meaning] $variant ),+ }

        impl $field {
            const TABLE: &'static [FieldInfo] = &[ $( FieldInfo {
                name: stringify!($name),
                lowest_bit: $bit,
                width: $width,
                default: $default,
                meaning: $meaning,
            } ),+ ];

            /// Every field, lowest bit first.
            pub const ALL: &'static [$field] = &[ $( $field::$variant ),+ ];

            /// The field's row in the table.
            #[inline]
            #[must_use]
            pub const fn info(self) -> &'static FieldInfo { &Self::TABLE[self as usize] }

            /// The register name.
            #[must_use]
            pub const fn name(self) -> &'static str { self.info().name }

            /// Looks a field up by its register name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|field| field.name() == name)
            }
        }

        const _: u32 = check_table($field::TABLE);

        $(#[$command_doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $command(pub [u64; COMMAND_WORDS]);

        impl $command {
            /// A command with every field at its table default (see [`FieldInfo::default`]).
            #[must_use]
            pub const fn new() -> Self {
                let mut words = [0; COMMAND_WORDS];
                let mut index = 0;
                while index < $field::TABLE.len() {
                    $field::TABLE[index].write(&mut words, $field::TABLE[index].default);
                    index += 1;
                }
                Self(words)
            }

            /// Reads a command from its encoded bytes. Every bit pattern is accepted here; what it means is
            /// checked by whoever executes it.
            #[must_use]
            pub fn from_bytes(bytes: &[u8; COMMAND_BYTES]) -> Self {
                let mut words = [0; COMMAND_WORDS];
                for (word, chunk) in words.iter_mut().zip(bytes.as_chunks::<8>().0) {
                    *word = u64::from_le_bytes(*chunk);
                }
                Self(words)
            }

            /// The encoded bytes.
            #[must_use]
            pub fn to_bytes(&self) -> [u8; COMMAND_BYTES] {
                let mut bytes = [0; COMMAND_BYTES];
                for (word, chunk) in self.0.iter().zip(bytes.as_chunks_mut::<8>().0) {
                    *chunk = word.to_le_bytes();
                }
                bytes
            }

            /// Value of a field, zero-extended.
            #[inline]
            #[must_use]
            pub const fn get(&self, field: $field) -> u64 { field.info().read(&self.0) }

            /// Writes a field; chainable.
            ///
            /// # Errors
            /// [`FieldOverflow`] when `value` needs more bits than the field has; the command is unchanged.
            pub fn set(&mut self, field: $field, value: u64) -> Result<&mut Self, FieldOverflow> {
                let info = field.info();
                if value > info.max_value() {
                    return Err(FieldOverflow { engine: $engine, field: info.name, width: info.width, value });
                }
                info.write(&mut self.0, value);
                Ok(self)
            }

            /// The fields that differ from their table default, lowest bit first.
            pub fn non_default_fields(&self) -> impl Iterator<Item = ($field, u64)> + '_ {
                $field::ALL
                    .iter()
                    .map(|&field| (field, self.get(field)))
                    .filter(|(field, value)| *value != field.info().default)
            }

            $(
                #[doc = $meaning]
                #[inline]
                #[must_use]
                pub const fn $name(&self) -> u64 { self.get($field::$variant) }
            )+
        }

        impl Default for $command {
            fn default() -> Self { Self::new() }
        }
    };
}
pub(super) use command_table;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_across_a_word_border_reads_back() {
        let field = FieldInfo {
            name: "x",
            lowest_bit: 60,
            width: 19,
            default: 0,
            meaning: "",
        };
        for value in [0, 1, 0x7_ffff, 0x5_5555, 0x2_aaaa] {
            for fill in [0, u64::MAX] {
                let mut words = [fill; COMMAND_WORDS];
                field.write(&mut words, value);
                assert_eq!(field.read(&words), value);
                assert_eq!(words[0] & ((1 << 60) - 1), fill & ((1 << 60) - 1));
                assert_eq!(words[1] >> 15, fill >> 15);
            }
        }
    }
}
