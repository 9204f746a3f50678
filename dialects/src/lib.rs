//! What programs look like.
