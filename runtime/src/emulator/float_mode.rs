//! Flush-to-zero and denormals-are-zero, as the chip's floating-point units work.
//!
//! The mode is the host's own: MXCSR on x86-64, FPCR on AArch64. A [`FlushDenormals`] guard switches it on for the
//! current thread and restores the old mode when it is dropped. Kernels are separate functions that are not inlined
//! and take their data through memory, so that the compiler cannot move floating-point work across the switch.
//! On other architectures the guard does nothing and results that involve denormals differ.
#![allow(unsafe_code)]

/// While it lives, denormal operands count as zero and denormal results become zero on this thread.
pub(super) struct FlushDenormals {
    previous: usize,
}

#[cfg(target_arch = "x86_64")]
mod host {
    use std::arch::asm;

    /// Flush-to-zero (bit 15) and denormals-are-zero (bit 6).
    const FLUSH: u32 = 0x8040;

    pub(super) fn read() -> usize {
        let mut value = 0u32;
        // SAFETY: STMXCSR writes the four bytes at the address it is given, which is a live local.
        unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut value, options(nostack)) };
        value as usize
    }

    pub(super) fn write(mode: usize) {
        let value = u32::try_from(mode).unwrap_or(0x1f80);
        // SAFETY: the value was read from MXCSR, with at most the two flush bits added, so no reserved bit and no
        // unmasked exception is set. The asm block may touch memory as far as the compiler knows, which keeps loads
        // and stores of the kernels on their side of it.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const value, options(nostack)) };
    }

    pub(super) fn flushing(mode: usize) -> usize {
        mode | FLUSH as usize
    }
}

#[cfg(target_arch = "aarch64")]
mod host {
    use std::arch::asm;

    pub(super) fn read() -> usize {
        let value: u64;
        // SAFETY: reads the floating-point control register.
        unsafe { asm!("mrs {}, fpcr", out(reg) value, options(nostack)) };
        value as usize
    }

    pub(super) fn write(mode: usize) {
        // SAFETY: the value was read from FPCR, with at most the flush bit (24) added.
        unsafe { asm!("msr fpcr, {}", in(reg) mode as u64, options(nostack)) };
    }

    pub(super) fn flushing(mode: usize) -> usize {
        mode | 1 << 24
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod host {
    pub(super) fn read() -> usize {
        0
    }
    pub(super) fn write(_mode: usize) {}
    pub(super) fn flushing(mode: usize) -> usize {
        mode
    }
}

impl FlushDenormals {
    /// Switches the mode on for this thread.
    pub(super) fn new() -> Self {
        let previous = host::read();
        host::write(host::flushing(previous));
        Self { previous }
    }
}

impl Drop for FlushDenormals {
    fn drop(&mut self) {
        host::write(self.previous);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    fn multiply(a: f32, b: f32) -> f32 {
        std::hint::black_box(a) * std::hint::black_box(b)
    }

    #[test]
    fn denormals_are_zero_only_while_the_guard_lives() {
        let tiny = f32::from_bits(0x1234);
        assert_ne!(multiply(tiny, 1.0), 0.0);
        {
            let _flush = FlushDenormals::new();
            assert_eq!(multiply(tiny, 1.0).to_bits(), 0);
            assert_eq!(multiply(-1e-30, 1e-30).to_bits(), 0x8000_0000);
        }
        assert_ne!(multiply(tiny, 1.0), 0.0);
    }
}
