# Objects of program folders that unit tests and fuzzers link.
TEST_OBJS = $(O)/pexd/parse.o $(O)/pexd/lex.o \
	$(O)/pexd/lex_file.o $(O)/pexd/macro.o \
	$(O)/pexd/build.o $(O)/pexd/options.o $(O)/pexd/syntax.o \
	$(O)/pexd/printconf.o
TEST_OBJS += $(O)/pexctl/banset.o $(O)/pexctl/command.o \
	$(O)/pexctl/entry_json.o $(O)/pexctl/export.o \
	$(O)/pexctl/export_comet.o $(O)/pexctl/human.o \
	$(O)/pexctl/import.o $(O)/pexctl/import_comet.o \
	$(O)/pexctl/import_refusal.o \
	$(O)/pexctl/import_lines.o $(O)/pexctl/import_list.o \
	$(O)/pexctl/jslice.o $(O)/pexctl/jsonw.o $(O)/pexctl/nodekey_json.o \
	$(O)/pexctl/output_json.o $(O)/pexctl/output_openmetrics.o \
	$(O)/pexctl/output_text.o $(O)/pexctl/rfc3339.o $(O)/pexctl/summary.o
TEST_OBJS += $(O)/engine/announce_choose.o $(O)/engine/ban.o $(O)/engine/buckets.o $(O)/engine/limits.o \
	$(O)/engine/pace.o $(O)/engine/rate.o $(O)/engine/refusal.o \
	$(O)/engine/tally.o $(O)/engine/wheel.o
TEST_OBJS += $(O)/dialer/outcome.o
TEST_OBJS += $(O)/addrbookd/answers.o
TEST_OBJS += $(O)/addrbookd/store.o $(O)/addrbookd/store_aside.o \
	$(O)/addrbookd/store_begin.o \
	$(O)/addrbookd/store_check.o $(O)/addrbookd/store_comb.o \
	$(O)/addrbookd/store_db.o $(O)/addrbookd/store_file.o \
	$(O)/addrbookd/store_jobs.o $(O)/addrbookd/store_load.o \
	$(O)/addrbookd/store_look.o $(O)/addrbookd/store_memory.o \
	$(O)/addrbookd/store_merge.o \
	$(O)/addrbookd/store_migrate.o \
	$(O)/addrbookd/store_node.o $(O)/addrbookd/store_open.o \
	$(O)/addrbookd/store_queue.o $(O)/addrbookd/store_rows.o \
	$(O)/addrbookd/store_salvage.o $(O)/addrbookd/store_still.o \
	$(O)/addrbookd/store_writer.o
TEST_OBJS += $(O)/pexd/listen.o $(O)/pexd/loadconf.o $(O)/pexd/logsink.o \
	$(O)/pexd/places.o $(O)/pexd/reload_check.o $(O)/pexd/resolvconf.o
