# SPDX-License-Identifier: GPL-2.0
#
# Each entry point is one call of bench/umwalk, which installs what is missing.
# Make turns every failure into 2; call bench/umwalk for the exact exit status.

KERNEL ?= stock
# A command may hold $ for the guest's shell: not for make to expand.
override CMD := $(value CMD)
export LINUX_SRC BUILD RESULTS CMD

UMWALK := bench/umwalk
PYTHON = $$(bench/python.sh numpy scipy matplotlib pytest)
PYTEST = $(PYTHON) -m pytest -p no:cacheprovider
SCRIPTS := .ci/run bench/umwalk $(wildcard bench/*.sh tests/*.sh workloads/selftests/*.sh)
# The name of a test says what it is for; a fixture is asked for by its name.
FINE_IN_TESTS := missing-function-docstring,redefined-outer-name,unused-argument,$\
	protected-access,use-implicit-booleaness-not-comparison,unbalanced-tuple-unpacking,$\
	consider-using-with,unspecified-encoding

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help deps deps-test doctor build bench bench-boot bench-proof contract count golden mutants profile scale run shell selftests lint check test clean

help: ## print this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
	@echo
	@echo 'Variables: KERNEL= (stock, baseline, patched, fixed), LINUX_SRC= (tarball or tree'
	@echo 'of Linux 6.12), BUILD= (build folder), RESULTS= (folder that runs land in).'
	@echo 'bench/umwalk SUBCOMMAND --help says more.'

deps: ## install what is missing, or say how; every target does it by itself
	@bench/deps.sh

deps-test:
	@bench/deps.sh test

doctor: ## try whether this machine can build and boot; say what mends it
	@$(UMWALK) doctor

build: ## build all kernels
	@$(UMWALK) build

bench: ## compare two kernels: KERNELS='baseline patched' PROFILE=full BUDGET= WITHIN= PLACEMENTS= ROWS= TIME=all
	@$(UMWALK) bench $(KERNELS) $(if $(PROFILE),--profile=$(PROFILE)) \
		$(if $(BUDGET),--budget=$(BUDGET)) $(if $(WITHIN),--within=$(WITHIN)) \
		$(if $(PLACEMENTS),--placements=$(PLACEMENTS)) $(if $(filter all,$(TIME)),--time-all) \
		$(if $(ROWS),--rows $(ROWS))

bench-proof: ## how small a change bench sees; hours, goes on where it was stopped; ROW=, NULL=1
	@$(UMWALK) bench-proof $(if $(ROW),--row=$(ROW)) $(if $(NULL),--null)

bench-boot: ## time boot, a trivial job and halt, and what system calls, faults, signals cost; BOOTS=n
	@$(UMWALK) bench-boot --kernel=$(KERNEL) $(if $(BOOTS),--boots=$(BOOTS))

contract: ## check every rule of the page-walk contract on every kernel; CONFIG=, KERNELS='a b'
	@$(UMWALK) contract $(addprefix --kernel=,$(KERNELS)) $(if $(CONFIG),--config=$(CONFIG))

count: ## count the instructions of every walk: totals and lines; KERNELS=, LAYOUT=, WALK=, BOOTS=n
	@$(UMWALK) count $(addprefix --kernel=,$(KERNELS)) $(addprefix --layout=,$(LAYOUT)) \
		$(if $(WALK),--walk=$(WALK)) $(if $(BOOTS),--boots=$(BOOTS))

golden: ## replay recorded walks on baseline and patched; CASES=file
	@$(UMWALK) golden $(if $(CASES),--cases='$(CASES)')

mutants: ## judge wrong changes of the walker: which check kills each; PATCHES=folder
	@$(UMWALK) mutants $(if $(PATCHES),--patches=$(PATCHES))

profile: ## where the time of a walk goes, by perf; LAYOUT= WALK= AGAINST= SECONDS=n
	@$(UMWALK) profile --kernel=$(KERNEL) $(if $(AGAINST),--against=$(AGAINST)) \
		$(if $(LAYOUT),--layout=$(LAYOUT)) $(if $(WALK),--walk=$(WALK)) \
		$(if $(SECONDS),--seconds=$(SECONDS))

run: ## run a command of the host inside a kernel; CMD='cat /proc/self/smaps'
	@$(if $(CMD),,echo "make run: say what to run: CMD='cat /proc/self/smaps'" >&2; exit 2;) \
	$(UMWALK) run --kernel=$(KERNEL) -- sh -c "$$CMD"

shell: ## a prompt inside a kernel
	@$(UMWALK) shell --kernel=$(KERNEL)

scale: ## what a walk costs against VMAs, pages, holes, tables, huge pages; QUICK=1, KERNELS=
	@$(UMWALK) scale $(addprefix --kernel=,$(KERNELS)) $(if $(QUICK),--quick)

selftests: ## the kernel tree's own hugetlb selftests, in the guest
	@$(UMWALK) selftests --kernel=$(KERNEL)

lint: deps-test ## pylint and shellcheck
	@shellcheck $(SCRIPTS)
	@$(PYTHON) -m pylint bench/appliance bench/main.py
	@$(PYTHON) -m pylint --disable=$(FINE_IN_TESTS) tests

check: lint ## test umwalk itself without a kernel, after lint: seconds
	@$(PYTEST) -q -m 'not boots' tests

test: lint ## the same and all tests with real boots
	@$(PYTEST) --must-boot tests

clean: ## remove all that was built; results/ stays
	rm -rf $(or $(BUILD),build)
