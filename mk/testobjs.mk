# Objects of program folders that unit tests and fuzzers link.
TEST_OBJS =
TEST_OBJS += $(O)/engine/ban.o $(O)/engine/buckets.o $(O)/engine/limits.o \
	$(O)/engine/pace.o $(O)/engine/rate.o $(O)/engine/refusal.o \
	$(O)/engine/tally.o $(O)/engine/wheel.o
