#!/usr/bin/env bash
# Runs each target under libFuzzer for so many seconds: tests/fuzz/run.sh SECONDS [TARGET...]
# The flags are those of `cargo fuzz run -s none`, which works here too; none of them needs a nightly compiler.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:?"run.sh SECONDS [TARGET...]"}
shift
if [ $# -eq 0 ]; then
    set -- framing grammar encoder server hostile frames tunnel proxy config requests messages
fi
if ! command -v c++ >/dev/null; then
    echo "skipped: libFuzzer needs a C++ compiler (g++)"
    exit 0
fi
work=../../target/fuzz
RUSTFLAGS="--cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares" \
    cargo build --locked --release --quiet --target-dir "$work" --target "$(rustc -vV | sed -n 's/^host: //p')" --bins
for target in "$@"; do
    mkdir -p "$work/corpus/$target" "$work/crashes/$target"
    echo "$target, $seconds seconds"
    # A run that takes a gigabyte, or half a minute for 64 KiB, is a fault like a panic.
    "$work"/*/release/"$target" -max_total_time="$seconds" -max_len=65536 -timeout=30 -rss_limit_mb=1024 -verbosity=0 \
        -print_final_stats=1 -artifact_prefix="$work/crashes/$target/" "$work/corpus/$target" "$work/seeds" 2>&1 |
        { grep -E "stat::|ERROR|SUMMARY|panicked|Test unit" || true; }
done
