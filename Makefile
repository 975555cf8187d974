# SPDX-License-Identifier: GPL-2.0
#
# Each entry point is one call of bench/umwalk, which installs what is missing.
# Make turns every failure into 2; call bench/umwalk for the exact exit status.

KERNEL ?= stock
# A command may have $ for the guest's shell, which make must not expand.
override CMD := $(value CMD)
export LINUX_SRC BUILD RESULTS SANDBOX CMD

UMWALK := bench/umwalk
# Refused, with what to type instead.
old-row = $(if $(WALK),--walk)
PYTHON = $$(bench/python.sh numpy scipy matplotlib jinja2 pytest jsonschema xdist junitparser)
PYTEST = $(PYTHON) -m pytest -p no:cacheprovider -n auto
SCRIPTS := .ci/run bench/umwalk rootfs/disk.sh $(wildcard bench/*.sh tests/*.sh workloads/*/*.sh)
# A test needs no docstring, since its name says what it is for, and takes fixtures by name.
FINE_IN_TESTS := missing-function-docstring,redefined-outer-name,unused-argument,$\
	protected-access,use-implicit-booleaness-not-comparison,unbalanced-tuple-unpacking,$\
	consider-using-with,unspecified-encoding
# All C has the kernel's style. What is left out where it is no part of the kernel asks
# for macros and functions that a program in user space does not have.
C_FILES := $(wildcard bench/runner/*.[ch] bench/appliance/commands/*/*.c rootfs/*.[ch] workloads/*.[ch] workloads/*/*.[ch])
KERNEL_FILES := $(shell find kernel-patches/files -name '*.[ch]')
# And folders: one is newer if a file of it is gone, which others may import.
PYTHON_FILES := $(shell find bench/*.py bench/appliance tests -name __pycache__ -prune -o \( -type d -o -name '*.py' \) -print)
LINT := $(or $(BUILD),build)/lint
CHECKPATCH := perl $(LINT)/checkpatch.pl --no-tree --terse --no-summary --quiet --show-types
LINTED := $(foreach what,c kernel scripts python,$(LINT)/$(what)-passed)
NOT_IN_USER_SPACE := ARRAY_SIZE,ENOSYS,PREFER_DEFINED_ATTRIBUTE_MACRO,$\
	STATIC_CONST_CHAR_ARRAY,STRCPY

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help deps deps-test doctor build bench bench-boot bench-fio bench-proof contract count coverage dashboard external fuzz golden mutants nightly patches patches-build profile scale run shell selftests stress validate lint check test test-long clean

help: ## print this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24
	@echo
	@echo 'A and B are kernels; there are stock, baseline, patched, fixed, and yours.'
	@echo 'All targets: LINUX_SRC= tarball or tree of Linux $(file <kernel-patches/version), BUILD= build folder,'
	@echo 'RESULTS= folder of results. bench/umwalk SUBCOMMAND --help explains each option.'

deps: ## install what is missing, or print how, as every target does
	@bench/deps.sh

deps-test:
	@bench/deps.sh test

doctor: ## try whether this machine can build and boot, and say what mends it
	@$(UMWALK) doctor

build: ## build kernels, all of them by default
	@$(UMWALK) build

bench: ## compare the time and the truth of every walk on two kernels; KERNELS='A B' PROFILE= BUDGET= WITHIN= PLACEMENTS= ROWS= LAYOUT= TIME=all
	@$(UMWALK) bench $(KERNELS:%=--kernel='%') $(if $(PROFILE),--profile='$(PROFILE)') \
		$(if $(BUDGET),--budget='$(BUDGET)') $(if $(WITHIN),--within='$(WITHIN)') \
		$(if $(PLACEMENTS),--placements='$(PLACEMENTS)') $(if $(filter all,$(TIME)),--time-all) \
		$(if $(ROWS),--rows $(ROWS:%='%')) $(LAYOUT:%=--layout='%')

bench-fio: ## walk the memory of fio while it runs: how long walks take, and what they cost fio; KERNELS='A B' CONFIG= BUDGET=
	@$(UMWALK) bench-fio $(KERNELS:%=--kernel='%') $(if $(CONFIG),--config='$(CONFIG)') \
		$(if $(BUDGET),--budget='$(BUDGET)')

bench-proof: ## measure how small a change bench sees, and how often it is wrong; ROW= LAYOUT= NULL=1 SHARD=1/3
	@$(UMWALK) bench-proof $(if $(ROW),--row='$(ROW)') $(if $(NULL),--null) $(LAYOUT:%=--layout='%') \
		$(if $(SHARD),--shard='$(SHARD)')

bench-boot: ## time a boot, and what system calls, faults and signals cost in the guest; KERNEL= BOOTS=
	@$(UMWALK) bench-boot --kernel='$(KERNEL)' $(if $(BOOTS),--boots='$(BOOTS)')

contract: ## check every rule of the page-walk contract on every kernel; KERNELS='A B' CONFIG= LAYOUT=
	@$(UMWALK) contract $(KERNELS:%=--kernel='%') $(if $(CONFIG),--config='$(CONFIG)') \
		$(LAYOUT:%=--layout='%')

count: ## count the instructions of every walk, by function and line; KERNELS='A B' ROWS= LAYOUT= BOOTS=
	@$(UMWALK) count $(KERNELS:%=--kernel='%') $(if $(ROWS),--rows $(ROWS:%='%')) \
		$(LAYOUT:%=--layout='%') $(old-row) $(if $(BOOTS),--boots='$(BOOTS)')

coverage: ## say which lines of the walker and its readers nothing here reaches; KERNEL=
	@$(UMWALK) coverage $(if $(KERNEL),--kernel='$(KERNEL)')

dashboard: ## write the pages that show the history of nights
	@$(UMWALK) dashboard

external: ## check every kernel by tests and tools that nobody here wrote; KERNELS='A B' LIBHUGETLBFS_SRC=
	@$(UMWALK) external $(KERNELS:%=--kernel='%') \
		$(if $(LIBHUGETLBFS_SRC),--libhugetlbfs='$(LIBHUGETLBFS_SRC)')

fuzz: ## look for faults by random address spaces and reads of them; KERNELS='A B' DIFF=A:B SECONDS= SEED= SHARD=1/3
	@$(UMWALK) fuzz $(KERNELS:%=--kernel='%') $(if $(DIFF),--diff='$(DIFF)') \
		$(if $(SECONDS),--seconds='$(SECONDS)') $(if $(SEED),--seed='$(SEED)') \
		$(if $(SHARD),--shard='$(SHARD)')

golden: ## replay recorded walks and compare every call of a callback; CASES=
	@$(UMWALK) golden $(if $(CASES),--cases='$(CASES)')

mutants: ## say which check finds each of many wrong changes of the walker; PATCHES= SHARD=1/3
	@$(UMWALK) mutants $(if $(PATCHES),--patches='$(PATCHES)') $(if $(SHARD),--shard='$(SHARD)')

nightly: ## observe a tree, add the night to the history, and say what moved; TREE= KERNELS='A B' BUDGET= ROWS= LAYOUT=
	@$(if $(TREE),LINUX_SRC='$(TREE)') $(UMWALK) nightly $(KERNELS:%=--kernel='%') \
		$(if $(BUDGET),--budget='$(BUDGET)') $(if $(ROWS),--rows $(ROWS:%='%')) $(LAYOUT:%=--layout='%')

patches: ## write a kernel's patches as they would be posted, into a new folder; KERNEL= FOLDER=
	@$(UMWALK) patches --kernel='$(KERNEL)' $(if $(FOLDER),'$(FOLDER)')

patches-build: ## build kernels after each of their patches, and name those that fail or warn; KERNELS='A B'
	@$(UMWALK) patches-build $(KERNELS:%=--kernel='%')

profile: ## show where the time of one walk goes, with perf; KERNEL= AGAINST= ROW= LAYOUT= SECONDS=
	@$(UMWALK) profile --kernel='$(KERNEL)' $(if $(AGAINST),--against='$(AGAINST)') \
		$(if $(ROW),--row='$(ROW)') $(LAYOUT:%=--layout='%') $(old-row) \
		$(if $(SECONDS),--seconds='$(SECONDS)')

run: ## run a command of the host inside a kernel, with the host's files read-only; KERNEL= CMD='cat /proc/self/smaps'
	@$(if $(CMD),,echo "make run: say what to run: CMD='cat /proc/self/smaps'" >&2; exit 2;) \
	$(UMWALK) run --kernel='$(KERNEL)' -- sh -c "$$CMD"

shell: ## open a prompt inside a kernel, with the host's files read-only; KERNEL=
	@$(UMWALK) shell --kernel='$(KERNEL)'

scale: ## measure what one VMA, page, hole, table or huge page adds to a walk; KERNELS='A B' LAYOUT= QUICK=1
	@$(UMWALK) scale $(KERNELS:%=--kernel='%') $(LAYOUT:%=--layout='%') $(if $(QUICK),--quick)

selftests: ## run the kernel tree's own selftests in the guest; KERNELS='A B'
	@$(UMWALK) selftests $(KERNELS:%=--kernel='%')

stress: ## read smaps, pagemap and others of processes whose memory changes all the time; KERNEL= CONFIG= SECONDS=
	@$(UMWALK) stress --kernel='$(KERNEL)' $(if $(CONFIG),--config='$(CONFIG)') \
		$(if $(SECONDS),--seconds='$(SECONDS)')

validate: ## check a series of patches before it is posted; SERIES= REPO= RANGE= BASE= LAYOUT= ONLY= KEEP_GOING=1 DEBUG=1
	@$(UMWALK) validate $(if $(REPO),--repository='$(REPO)' --range='$(RANGE)',$(SERIES:%='%')) \
		$(if $(BASE),--base='$(BASE)') $(if $(KEEP_GOING),--keep-going) $(if $(DEBUG),--debug) \
		$(LAYOUT:%=--layout='%') $(if $(ONLY),--only='$(ONLY)')

$(LINT)/checkpatch.pl:
	@tests/checkpatch.sh $(LINT)

$(LINT)/c-passed: $(C_FILES) | $(LINT)/checkpatch.pl
	@$(CHECKPATCH) --ignore=$(NOT_IN_USER_SPACE) -f $?
	@touch $@

$(LINT)/kernel-passed: $(KERNEL_FILES) | $(LINT)/checkpatch.pl
	@$(CHECKPATCH) -f $?
	@touch $@

$(LINT)/scripts-passed: $(SCRIPTS) | $(LINT)/checkpatch.pl
	@shellcheck $(SCRIPTS)
	@touch $@

$(LINT)/python-passed: $(PYTHON_FILES) mypy.ini pylintrc Makefile | $(LINT)/checkpatch.pl
	@mypy --no-error-summary -p appliance
	@mypy --no-error-summary bench/warden.py
	@$(PYTHON) -m pylint bench/appliance bench/main.py bench/warden.py
	@$(PYTHON) -m pylint --disable=$(FINE_IN_TESTS) tests
	@touch $@

lint: deps-test $(LINTED) ## run pylint, mypy, shellcheck and checkpatch on what has changed

check: lint ## run lint and the tests that need no kernel and no browser, in three minutes
	@$(PYTEST) -q -m 'not boots and not browser' tests

test: lint ## run lint and the tests, with real boots
	@$(PYTEST) --must-boot -m 'not long' tests

test-long: deps-test ## run the tests that take too long for make test
	@$(PYTEST) --must-boot -m long tests

clean: ## remove all that was built, but not results/
	rm -rf '$(or $(BUILD),build)'
