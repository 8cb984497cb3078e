# The only task runner. `make` alone lists the targets.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

export PORT ?= 8790

NATIVE := --locked --release -p waypost-gateway -p waypost-testkit
# Folders stand for the files that left them.
SHARED_SOURCES := web/package.json web/tsconfig.base.json
CLIENT_SOURCES := $(SHARED_SOURCES) CHANGELOG.md $(shell find web/client -mindepth 1 \( -name node_modules -o -path web/client/packaging -o -path web/client/dist -o -path web/client/wasm -o -name '*.tsbuildinfo' -o -name 'LICENSE-*' -o -name CHANGELOG.md \) -prune -o -print)
APP_SOURCES := $(SHARED_SOURCES) $(shell find web/app -mindepth 1 \( -name node_modules -o -path web/app/dist -o -name '*.tsbuildinfo' -o -name 'LICENSE-*' \) -prune -o -print)
STAMPS := target/stamps

.PHONY: help setup build run serve test check unit e2e node browser soak soak-gateway bench size fuzz docs package deb clean \
	native wasm web site tools bench-imap bench-pop3 bench-gateway bench-store bench-js bench-start fuzz-short screenshot

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1|/' | column -t -s '|'

setup: tools ## install what building and testing need: Debian packages, the wasm target, npm packages
	@scripts/packages.sh build run test
	@scripts/servers.sh
	@scripts/wasm.sh --setup
	@$(MAKE) $(STAMPS)/npm $(STAMPS)/npm-site $(STAMPS)/npm-browser $(STAMPS)/npm-packaging

build: native web ## build the gateway, the wasm core, the npm package and the web app

run: tools ## start gateway, web app and a sample mailbox on a real Dovecot (PORT=8790)
	@scripts/packages.sh build run
	@node scripts/run.mjs --check
	@$(MAKE) build
	@node scripts/run.mjs

serve: tools ## start gateway and web app for people with a real account (CONFIG=FILE, PORT=8790)
	@scripts/packages.sh build
	@node scripts/run.mjs --serve --check
	@$(MAKE) build
	@node scripts/run.mjs --serve $(if $(CONFIG),--config $(CONFIG))

test: tools ## everything that CI checks: check, unit, e2e, node, browser, package, a short fuzz
	@$(MAKE) setup
	@node scripts/test.mjs check unit e2e node browser package fuzz-short

check: $(STAMPS)/npm $(STAMPS)/npm-site web ## formatting, lints, types, dependencies
	cargo fmt --check
	cargo clippy --locked --all-targets --quiet -- -D warnings
	@scripts/wasm.sh --clippy
	@cargo metadata --locked --format-version 1 --manifest-path tests/fuzz/Cargo.toml >/dev/null
	@scripts/cargo-deny.sh
	@npm --prefix web run --silent check
	@npm --prefix web/site run --silent check
	@npm --prefix tests/browser run --silent check
	@node scripts/check-tree.mjs

unit: $(STAMPS)/npm $(STAMPS)/npm-site ## unit, property and transcript tests, in Rust and TypeScript
	cargo test --locked --workspace --exclude waypost-e2e --exclude waypost-bindgen --exclude waypost-bench --quiet
	npm --prefix web run --silent test
	npm --prefix web/site run --silent test

e2e: tools ## the native engine and client against real mail servers
	@scripts/packages.sh build run
	@scripts/servers.sh
	cargo test --locked -p waypost-e2e --quiet

node: build ## the npm package in Node against real mail servers, and its examples
	@scripts/packages.sh run
	@scripts/servers.sh
	npm --prefix web/client run --silent test:servers

browser: build site $(STAMPS)/npm-browser ## the web app and the documentation's examples in real browsers against gateway and Dovecot
	@scripts/packages.sh run test
	npm --prefix tests/browser run --silent test

# Some ten minutes; SEED repeats what an earlier run chose.
soak: build $(STAMPS)/npm-browser ## break POP3 downloads with deletion in Chromium at chosen moments, and look for lost mail (ROUNDS=220 SEED=N)
	@scripts/packages.sh run test
	SOAK_ROUNDS=$(or $(ROUNDS),220) SOAK_SEED=$(or $(SEED),$$(date +%s)) npm --prefix tests/browser run --silent test -- specs/soak.spec.ts

soak-gateway: tools ## open, stall and kill tunnels at random, and look for growth (SECONDS=600 SEED=N)
	@SOAK_SECONDS=$(or $(SECONDS),600) $(if $(SEED),SOAK_SEED=$(SEED)) cargo test --locked --release --quiet -p waypost-gateway --test soak -- --nocapture

bench: bench-imap bench-pop3 bench-gateway bench-store bench-js bench-start ## all benchmarks; each prints a table and writes target/bench/NAME.json

bench-imap: tools $(STAMPS)/npm ## parse IMAP responses, beside the other Rust parsers and in wasm under Node
	@tests/bench/wasm.sh
	@cargo build --locked --release --quiet -p waypost-bench
	@target/release/waypost-bench imap

bench-pop3: tools web $(STAMPS)/npm-bench ## take all mail over POP3, natively, under Node and in Chromium, beside other programs
	@scripts/packages.sh run bench
	@tests/bench/wasm.sh
	@cargo build --locked --release --quiet -p waypost-bench
	@target/release/waypost-bench pop3

# Some minutes; for a part of it: target/release/waypost-bench gateway --quick down-64k haproxy waypost
bench-gateway: tools ## relay octets through the gateway, beside other relays and none
	@scripts/packages.sh bench
	@cargo build --locked --release --quiet -p waypost-bench -p waypost-gateway
	@target/release/waypost-bench gateway

bench-store: tools $(STAMPS)/npm $(STAMPS)/npm-browser ## the store in Chromium on a disk: opening, lists, counts, writing
	@scripts/packages.sh test
	@scripts/wasm.sh --probe
	@node tests/bench/store/main.mjs

bench-start: web $(STAMPS)/npm-packaging ## how long a page waits for the package in Chromium, from the browser's cache
	@scripts/packages.sh test
	@node web/client/packaging/start.mjs

# Some ten minutes; for a part of it: node tests/bench/js/main.mjs --quick A F
bench-js: native web $(STAMPS)/npm-bench ## the package's clients under Node and in Chromium, beside other JavaScript clients
	@scripts/packages.sh run bench test
	@cargo build --locked --release --quiet -p waypost-bench
	@node tests/bench/js/main.mjs

size: web ## sizes of the wasm and the scripts, raw and compressed, held against their budget
	@node scripts/size.mjs

# Ten libFuzzer targets and the mutator's eleven: 33 minutes in all.
fuzz: tools ## fuzz the protocol machines, with libFuzzer and by mutated transcripts (SECONDS=95 for each of 22)
	@cargo run --locked --release --quiet -p waypost-bench -- fuzz seeds target/fuzz/seeds
	@tests/fuzz/run.sh $(or $(SECONDS),95)
	@cargo run --locked --release --quiet -p waypost-bench -- fuzz $(or $(SECONDS),95) clock

fuzz-short: tools
	@cargo run --locked --quiet -p waypost-bench -- fuzz 3

docs: site ## build the documentation: a site about the npm package (target/site), and of the Rust crates
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --quiet
	@echo "target/doc/waypost_sync/index.html"

site: web $(STAMPS)/npm-site
	@npm --prefix web/site run --silent build

package: web $(STAMPS)/npm-browser $(STAMPS)/npm-packaging ## the npm package from its tarball: linters, bundlers, runtimes, browsers; the gateway with the app in it
	@scripts/packages.sh test
	@npm --prefix web run --silent package
	cargo test --locked -p waypost-gateway --features app --test gateway --quiet -- embedded

deb: web ## build the Debian package of the gateway, with the app in it, and try it
	@scripts/deb.sh --try

screenshot: build $(STAMPS)/npm-browser ## make docs/images/ from the running app
	@scripts/packages.sh run test picture
	npm --prefix tests/browser run --silent screenshot

clean: ## remove everything that was built
	rm -rf target web/node_modules web/*/node_modules web/client/LICENSE-* web/client/CHANGELOG.md web/client/packaging/node_modules web/client/dist web/client/wasm web/app/dist tests/bench/node_modules tests/browser/node_modules tests/browser/results

tools:
	@scripts/tools.sh

native: tools
	@cargo build $(NATIVE)

wasm: tools $(STAMPS)/npm
	@scripts/wasm.sh

web: wasm $(STAMPS)/client $(STAMPS)/app

$(STAMPS)/npm: web/package-lock.json | tools
	npm --prefix web ci --silent
	@mkdir -p $(@D) && touch $@

$(STAMPS)/npm-site: web/site/package-lock.json | tools
	npm --prefix web/site ci --silent
	@mkdir -p $(@D) && touch $@

$(STAMPS)/npm-browser: tests/browser/package-lock.json | tools
	npm --prefix tests/browser ci --silent
	@mkdir -p $(@D) && touch $@

$(STAMPS)/npm-packaging: web/client/packaging/package-lock.json | tools
	npm --prefix web/client/packaging ci --silent
	@mkdir -p $(@D) && touch $@

$(STAMPS)/npm-bench: tests/bench/package-lock.json | tools
	npm --prefix tests/bench ci --silent
	@mkdir -p $(@D) && touch $@

$(STAMPS)/client: web/client/wasm/waypost.wasm $(CLIENT_SOURCES) $(STAMPS)/npm
	npm --prefix web/client run --silent build
	@mkdir -p $(@D) && touch $@

$(STAMPS)/app: $(STAMPS)/client $(APP_SOURCES)
	npm --prefix web/app run --silent build
	@mkdir -p $(@D) && touch $@

web/client/wasm/waypost.wasm: wasm ;
