# make run    opens the window; where there is no screen, labels the demo into a video instead
# make test   checks the style and runs every test
# Both first set up everything that they need: system libraries (told before they are installed), .venv.
# ARGS is handed on: make run ARGS="--source clip.mp4"

BIN := .venv/bin
SCREEN := $(DISPLAY)$(WAYLAND_DISPLAY)$(filter-out Linux,$(shell uname))

.PHONY: run test setup clean

run: setup
ifeq ($(SCREEN)$(ARGS),)
	@echo "There is no screen here, so the drawn demo is labelled into a video instead of a window."
	$(BIN)/happysad-live analyze demo --overlay --out out
	@echo "The result is in out/: demo.labelled.mp4 shows it, demo.labels.jsonl, .csv and .vtt tell it."
else
	$(BIN)/happysad-live $(ARGS)
endif

# The files go in their order, in which the slow ones of tests/end_to_end come first. By itself, xdist begins
# with those of most tests, and leaves these, of few, to the end, where all processes but one would idle.
test: export HAPPYSAD_SETUP = test
test: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -m "not timed" --numprocesses auto --maxprocesses 4 --dist loadfile \
		--no-loadscope-reorder
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -m timed tests/gui tests/end_to_end

setup:
	@scripts/setup.sh

clean:
	rm -rf .venv build dist out .pytest_cache .mypy_cache .ruff_cache
