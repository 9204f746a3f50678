//! From the top dialect to the tpu dialect.
