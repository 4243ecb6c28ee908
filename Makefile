# `make faces` trains the face generator, `make test` runs the test suite; both set up what they need first.
#
#   make faces PYTHON=python3.12          another interpreter (3.9 to 3.13)
#   make test STACK=coursework            TensorFlow 2.15.0 and NumPy 1.25.2 (Python 3.9 to 3.11)
#   make faces ARGS="--steps 400"         options for face_generator.py

PYTHON ?= python3
# TensorFlow's newest release needs Python 3.10; on 3.9 the coursework stack is the only one.
STACK ?= $(shell $(PYTHON) -c 'import sys; print("coursework" if sys.version_info < (3, 10) else "current")')
VENV = $(if $(filter current,$(STACK)),.venv,.venv-$(STACK))
READY = $(VENV)/ready

.PHONY: faces test lint notebooks clean

faces: $(READY)
	$(VENV)/bin/python face_generator.py $(ARGS)

test: $(READY)
	$(VENV)/bin/python -m pytest tests -n 2 --dist worksteal $(ARGS)

lint: $(READY)
	$(VENV)/bin/python -m ruff check .
	$(VENV)/bin/python -m ruff format --check .
	$(VENV)/bin/python -m mypy

# From the pages in lessons/; run it after changing one.
notebooks: $(READY)
	$(VENV)/bin/python lessons/make_notebooks.py

# Built anew whenever the project's requirements or the tested versions change.
$(READY): pyproject.toml setup.py constraints/$(STACK).txt
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 9) <= sys.version_info < (3, 14) else "Python 3.9 to 3.13 is needed, and $(PYTHON) is " + sys.version.split()[0] + "; name another one: make PYTHON=python3.12")'
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints/$(STACK).txt --editable ".[test,lint,labs,notebooks]"
	touch $@

clean:
	rm -rf .venv .venv-* outputs build *.egg-info
