//! Passes on the tpu dialect before code generation.
