#!/usr/bin/env bash
# Installs what building and testing need and the machine lacks: a C compiler with headers and LLVM's FileCheck (Debian's
# or Ubuntu's packages), and Rust.
# Does nothing, and says nothing, where everything is there. With the word "filecheck" also LLVM's FileCheck, for the tests;
# with the word "jit" also LLVM 14, where the distribution has it: without it the JIT's tests are skipped, nothing fails;
# with the word "browser" also a headless Chromium, likewise, for the report's tests.
set -euo pipefail

as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
    echo "make: '$*' needs root: run it yourself, then make again" >&2
    exit 1
  fi
}

missing=()
command -v cc >/dev/null || missing+=(gcc)
command -v make >/dev/null || missing+=(make)
[[ -e /usr/include/stdlib.h ]] || missing+=(libc6-dev)
# The lit tests use LLVM's FileCheck.
filecheck=$(command -v FileCheck || compgen -G '/usr/lib/llvm-*/bin/FileCheck' || true)
[[ -n $filecheck ]] || missing+=(llvm-tools)
rust_is_new_enough() {
  command -v cargo >/dev/null || return 1
  local minor
  minor=$(rustc --version | sed -E 's/^rustc 1\.([0-9]+).*/\1/')
  [[ $minor =~ ^[0-9]+$ ]] && ((minor >= 95))
}
if ! rust_is_new_enough && ! command -v rustup >/dev/null; then
  missing+=(rustup)
fi
if [[ " $* " == *" filecheck "* ]] && ! command -v FileCheck >/dev/null && ! compgen -G '/usr/lib/llvm-*/bin/FileCheck' >/dev/null; then
  package=$(apt-cache search --names-only '^llvm-[0-9]+-tools$' 2>/dev/null | awk '{print $1}' | sort -V | head -n 1)
  if [[ -z $package ]]; then
    as_root apt-get update -q
    package=$(apt-cache search --names-only '^llvm-[0-9]+-tools$' | awk '{print $1}' | sort -V | head -n 1)
  fi
  missing+=("${package:-llvm-14-tools}")
fi
if ((${#missing[@]})); then
  command -v apt-get >/dev/null || { echo "make: please install ${missing[*]} and make again" >&2; exit 1; }
  echo "installing ${missing[*]}"
  as_root apt-get update -q
  # No package has that name: the newest of the distribution's llvm-NN-tools is meant.
  newest=$(apt-cache search --names-only '^llvm-[0-9]+-tools$' | awk '{print $1}' | sort -V | tail -1)
  missing=("${missing[@]/#llvm-tools/$newest}")
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" ||
    { echo "make: could not install ${missing[*]}; where the distribution has no package 'rustup', install Rust 1.95 or newer by hand" >&2; exit 1; }
fi
if ! rust_is_new_enough; then
  rustup toolchain install stable --profile minimal --component rustfmt
  rustup default stable
fi
if [[ " $* " == *" jit "* ]] && ! command -v llvm-config-14 >/dev/null; then
  # g++ brings the C++ library that LLVM is linked with.
  [[ -n $(apt-cache search --names-only '^llvm-14-dev$' 2>/dev/null) ]] || (as_root apt-get update -q) || true
  if [[ -n $(apt-cache search --names-only '^llvm-14-dev$' 2>/dev/null) ]]; then
    (as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends llvm-14-dev g++) ||
      echo "make: could not install llvm-14-dev: the JIT's tests will be skipped" >&2
  fi
fi
if [[ " $* " == *" browser "* ]]; then
  found=${TPUC_CHROMIUM:-}
  for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
    [[ -n $found ]] || found=$(command -v "$name" || true)
  done
  if [[ -z $found ]]; then
    # The smaller package first; Ubuntu's chromium is a stub that needs snap, which is of no use to the tests.
    for package in chromium-headless-shell chromium; do
      if [[ -z $(apt-cache search --names-only "^$package\$" 2>/dev/null) ]]; then (as_root apt-get update -q) || true; fi
      [[ -n $(apt-cache search --names-only "^$package\$" 2>/dev/null) ]] || continue
      [[ $package != chromium || $(apt-cache depends chromium 2>/dev/null) != *snapd* ]] || continue
      as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$package" && found=$package && break
    done
    [[ -n $found ]] || echo "make: could not install a Chromium: the report's tests in a browser will be skipped" >&2
  fi
fi
