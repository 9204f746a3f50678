# make demo · make test: each installs what a fresh Debian or Ubuntu machine lacks.
SHELL := /bin/bash
export PATH := $(HOME)/.cargo/bin:$(PATH)
export CARGO_TERM_COLOR ?= auto
BIN := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)/release

.PHONY: demo test test-golden build lint tools test-tools clean

demo: build
	examples/digits/demo.sh "$(BIN)"

# The whole workspace, so that the tests find the crates compiled with the features that they need.
build: tools
	cargo build --release --locked --workspace --bins

test: test-tools build
	cargo test --release --locked --workspace
	scripts/test-jit.sh
	cargo fmt --all --check

# The slow tests too: every golden file, every method.
test-golden: test-tools build
	cargo test --release --locked -p tpuc-tests -- --include-ignored

lint: tools
	cargo clippy --release --locked --workspace --all-targets -- -D warnings

tools:
	@scripts/install-tools.sh

test-tools:
	@scripts/install-tools.sh filecheck jit browser

clean:
	cargo clean
