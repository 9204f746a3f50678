//! The suite.
#[test]
fn builds() {}
