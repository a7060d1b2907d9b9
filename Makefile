# pexd: what an operator or a developer says.  GNU make and bmake.
# The build itself is mk/build.mk, once per build directory.

R = build/release
A = build/asan
F = build/fuzz
PREFIX =
DESTDIR =
CONFIGURE_ARGS =

all: release

# --- building ---------------------------------------------------------------

configured:
	@sh mk/configured.sh $(R) -- $(PREFIX:%=--prefix=%) $(CONFIGURE_ARGS)

release: configured
	@sh mk/rules.sh . $(R)
	@$(MAKE) -f mk/build.mk O=$(R) programs
asan:
	@sh mk/configured.sh $(A) --variant=asan -- $(CONFIGURE_ARGS)
	@sh mk/rules.sh . $(A)
	@$(MAKE) -f mk/build.mk O=$(A) programs unit sim
tests: release
	@$(MAKE) -f mk/build.mk O=$(R) unit bench sim
fuzzers:
	@sh mk/configured.sh $(F) --variant=fuzz CC=clang -- $(CONFIGURE_ARGS)
	@sh mk/rules.sh . $(F)
	@$(MAKE) -f mk/build.mk O=$(F) fuzz

# Real CometBFT peers to test against; where there is no Go it says so.
cometpeers:
	@sh regress/interop/build.sh $(R)/interop

deps:
	@sh mk/deps.sh run
deps-check:
	@sh mk/deps.sh check

# --- using ------------------------------------------------------------------

run: deps
	@sh mk/jobs.sh $(MAKE) release
	@sh mk/run.sh $(R)

install: release
	@sh mk/install.sh $(R) "$(DESTDIR)"

# --- proving ----------------------------------------------------------------

check: deps-check
	@sh mk/jobs.sh $(MAKE) release asan fuzzers tests cometpeers
	@sh mk/check.sh short
check-long: deps-check
	@sh mk/jobs.sh $(MAKE) release asan fuzzers tests cometpeers
	@sh mk/check.sh long
interop: deps-check
	@sh mk/jobs.sh $(MAKE) release tests cometpeers
	@sh mk/check.sh interop
vectors: configured
	@sh mk/rules.sh . $(R)
	@$(MAKE) -f mk/build.mk O=$(R) $(R)/regress/unit/vectors_test
	@sh mk/vectors.sh $(R)
bench: deps-check
	@$(MAKE) release tests
	@sh regress/bench/bench.sh $(R)
sim: deps-check
	@$(MAKE) release
	@$(MAKE) -f mk/build.mk O=$(R) sim
	@$(R)/regress/sim/sim -o build/sim
fuzz: deps-check
	@$(MAKE) fuzzers
	@sh mk/fuzz.sh $(F)
lint: deps-check
	@sh mk/lint.sh

clean:
	rm -rf build

.PHONY: all configured release asan tests fuzzers cometpeers deps deps-check run install check \
	check-long interop vectors bench sim fuzz lint clean
