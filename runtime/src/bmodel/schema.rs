//! Code generated from `bmodel.fbs`.
#![allow(clippy::all, clippy::pedantic, missing_docs, unused, unsafe_code)]

include!(concat!(env!("OUT_DIR"), "/bmodel_schema.rs"));
