# pexd: what an operator or a developer says.  GNU make and bmake.
# The build itself is mk/build.mk, once per build directory.

R = build/release
A = build/asan
F = build/fuzz
PREFIX = /usr/local
DESTDIR =
CONFIGURE_ARGS =

all: release

build/release/config.mk: configure
	./configure -o build/release --prefix=$(PREFIX) $(CONFIGURE_ARGS)
build/asan/config.mk: configure
	./configure -o build/asan --variant=asan $(CONFIGURE_ARGS)
build/fuzz/config.mk: configure
	./configure -o build/fuzz --variant=fuzz CC=clang $(CONFIGURE_ARGS)

release: build/release/config.mk
	@sh mk/rules.sh . $(R)
	@$(MAKE) -f mk/build.mk O=$(R) programs
asan: build/asan/config.mk
	@sh mk/rules.sh . $(A)
	@$(MAKE) -f mk/build.mk O=$(A) programs unit

clean:
	rm -rf build

.PHONY: all release asan clean
