# The build proper: one build directory O, configured before.  Works in GNU
# make and bmake.  Called by the top Makefile as make -f mk/build.mk O=DIR.

include $(O)/config.mk
all: programs

# What the rules name has to be known before they are read.
LIB_COMMON = $(O)/libcommon.a
LIB_WIRE = $(O)/libwire.a
LIB_BOOK = $(O)/libbook.a
LIB_POLICY = $(O)/libpolicy.a
LIB_REGRESS = $(O)/libregress.a
LIB_TESTED = $(O)/libtested.a

# Tests may link what is pure or below a process, never a whole process:
# the objects named here are those that stand for themselves.
include mk/testobjs.mk
TEST_LIBS = $(LIB_REGRESS) $(LIB_TESTED) $(LIB_BOOK) $(LIB_POLICY) \
	$(LIB_WIRE) $(LIB_COMMON)
TEST_LDLIBS = $(LIBS_ATF) $(LIBS_NANOPB) $(LIBS_CRYPTO) $(LIBS_SQLITE) \
	$(LIBS_JANSSON) $(LIBS_EVDNS) $(BASE_LIBS) -lm

include $(O)/rules.mk

PROGRAMS = $(O)/pexd/pexd $(O)/pexctl/pexctl \
	$(O)/libexec/engine $(O)/libexec/dialer $(O)/libexec/addrbookd

programs: $(PROGRAMS)

$(LIB_COMMON): $(OBJS_common) $(OBJS_compat)
	rm -f $@; ar rcs $@ $(OBJS_common) $(OBJS_compat)
$(LIB_WIRE): $(OBJS_wire)
	rm -f $@; ar rcs $@ $(OBJS_wire)
$(LIB_BOOK): $(OBJS_addrbookd_book)
	rm -f $@; ar rcs $@ $(OBJS_addrbookd_book)
$(LIB_POLICY): $(OBJS_dialer_policy)
	rm -f $@; ar rcs $@ $(OBJS_dialer_policy)
$(LIB_REGRESS): $(OBJS_regress_lib)
	rm -f $@; ar rcs $@ $(OBJS_regress_lib)

$(LIB_TESTED): $(TEST_OBJS)
	rm -f $@; ar rcs $@ $(TEST_OBJS)

BASE_LIBS = $(LIBS_SECCOMP) $(LIBS_EVENT) $(LIBS_BSD)

# Each program links its own folder and only the libraries it needs.  pexd
# starts no children that others may write to, whatever the umask is here.
OURS_ALONE = @chmod go-w $(O)/libexec $@
$(O)/pexd/pexd: $(OBJS_pexd) $(LIB_COMMON)
	$(CC) $(LDFLAGS) -o $@ $(OBJS_pexd) $(LIB_COMMON) \
	    $(LIBS_CRYPTO) $(BASE_LIBS)
$(O)/libexec/engine: $(OBJS_engine) $(LIB_WIRE) $(LIB_COMMON)
	@mkdir -p $(O)/libexec
	$(CC) $(LDFLAGS) -o $@ $(OBJS_engine) $(LIB_WIRE) $(LIB_COMMON) \
	    $(LIBS_NANOPB) $(LIBS_CRYPTO) $(BASE_LIBS)
	$(OURS_ALONE)
# The same with another table of reactors, for the tests: regress/engine.
$(O)/regress/engine/engine: $(OBJS_engine) $(OBJS_regress_engine) $(LIB_WIRE) \
    $(LIB_COMMON)
	$(CC) $(LDFLAGS) -o $@ \
	    $(OBJS_engine:/engine/reactors.o=/regress/engine/reactors.o) \
	    $(O)/regress/engine/echo.o $(O)/regress/engine/accept.o \
	    $(LIB_WIRE) $(LIB_COMMON) \
	    $(LIBS_NANOPB) $(LIBS_CRYPTO) $(BASE_LIBS)
$(O)/libexec/dialer: $(OBJS_dialer) $(LIB_POLICY) $(LIB_COMMON)
	@mkdir -p $(O)/libexec
	$(CC) $(LDFLAGS) -o $@ $(OBJS_dialer) $(LIB_POLICY) $(LIB_COMMON) \
	    $(LIBS_EVDNS) $(BASE_LIBS)
	$(OURS_ALONE)
$(O)/libexec/addrbookd: $(OBJS_addrbookd) $(LIB_BOOK) $(LIB_COMMON)
	@mkdir -p $(O)/libexec
	$(CC) $(LDFLAGS) -o $@ $(OBJS_addrbookd) $(LIB_BOOK) $(LIB_COMMON) \
	    $(LIBS_SQLITE) $(BASE_LIBS) -lm
	$(OURS_ALONE)
$(O)/pexctl/pexctl: $(OBJS_pexctl) $(LIB_COMMON)
	$(CC) $(LDFLAGS) -o $@ $(OBJS_pexctl) $(LIB_COMMON) \
	    $(LIBS_JANSSON) $(LIBS_CRYPTO) $(BASE_LIBS)

$(O)/regress/sim/sim: $(OBJS_regress_sim) $(TEST_LIBS)
	$(CC) $(LDFLAGS) -o $@ $(OBJS_regress_sim) $(TEST_LIBS) \
	    $(TEST_LDLIBS)

unit: $(PROGS_regress_unit) $(PROGS_regress_fake) $(O)/regress/engine/engine
bench: $(PROGS_regress_bench)
sim: $(O)/regress/sim/sim
fuzz: $(PROGS_regress_fuzz)
