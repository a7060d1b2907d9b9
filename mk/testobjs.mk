# Objects of program folders that unit tests and fuzzers link.
TEST_OBJS =
